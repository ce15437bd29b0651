# Licensed under the Apache License, Version 2.0; see LICENSE.
"""in-use.json: httpd writes what it uses, and scepctl works with it."""
import contextlib
import json
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import time

import pytest
from cryptography import x509

import scepclient as scep
from httpdserver import (CA_USAGE, ENCRYPT, GROUP, ROOT, SIGN, USER, Pair,
                         key_pem, make_cert, module, pem)
from test_cas import CONF as VPN_CONF

pytestmark = pytest.mark.any_mpm(reason="written by the parent")

SINGLE = "ScepUseSinglePassword On\n"
NAME = "in-use.json"


def scepctl(server, *words, say=None, state=True):
    """The finished process; told nothing but the state directory."""
    path = os.path.join(os.path.dirname(os.path.dirname(module())), "scepctl")
    where = ["--state-dir", server.path("state")] if state else []
    return subprocess.run([path, *words, *where], input=say, text=True,
                          capture_output=True, check=False, timeout=60)


def good(done):
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def refused(done, number):
    assert done.returncode == 2 and number in done.stderr, (
        done.returncode, done.stderr)
    return done.stderr


def in_use(server, folder="state"):
    with open(server.path(folder, NAME), encoding="ascii") as file:
        return json.load(file)


def enrol_to(server, ra, password, number):
    """An enrolment by a client that holds the certificate RA."""
    request = scep.Request(ra, password, f"device{number}",
                           key=scep.shared_key(number))
    body = server.endpoint().post(request.der())[2]
    shown = [c for c in server.endpoint().ca_certs()]
    return scep.Reply(body, request, [ra, *shown])


def new_pair(server, name, subject="Test RA", issuer=None, usage=(SIGN, ENCRYPT)):
    pair = Pair(make_cert(subject, scep.shared_key(50), issuer or server.ca,
                          usage=usage), scep.shared_key(50))
    server.write(f"{name}.crt", pem(pair.cert))
    server.write(f"{name}.key", key_pem(pair.key), 0o600)
    return pair


def use_directory(server):
    server.replace_conf("ScepRACertificateFile ra.crt\nScepRAKey ra.key\n",
                        "ScepRADirectory ra.d\n")


def vpn_files():
    ca_key, ra_key = scep.shared_key(10), scep.shared_key(11)
    ca = Pair(make_cert("VPN CA", ca_key, ca=True, usage=CA_USAGE + (SIGN,)),
              ca_key)
    ra = Pair(make_cert("VPN RA", ra_key, ca, usage=(SIGN, ENCRYPT)), ra_key)
    files = {}
    for name, pair in ("vpn-ca", ca), ("vpn-ra", ra):
        files[name + ".crt"] = pem(pair.cert), 0o644
        files[name + ".key"] = key_pem(pair.key), 0o600
    return files


# ---- what httpd writes ----


def test_what_it_tells(httpd):
    server = httpd(extra=SINGLE)
    told = in_use(server)
    (ca,) = told["cas"]
    assert told["stateDir"] == server.path("state")
    assert told["configuration"][0]["path"] == server.path("httpd.conf")
    assert ca["name"] == "main" and ca["servers"] == ["main server"]
    assert ca["certificate"] == server.path("ca.crt")
    assert ca["key"] == server.path("ca.key")
    assert [(p["certificate"], p["key"]) for p in ca["pairs"]
            if not p["own"]] == [(server.path("ra.crt"),
                                  server.path("ra.key"))]
    assert ca["database"] == server.path("state", "scep.db")
    assert ca["masterPasswordFile"] == server.path("state",
                                                   "master-password.cms")
    assert ca["masterPasswordUsed"] is True
    info = os.stat(server.path("state", NAME))
    assert stat.S_IMODE(info.st_mode) == 0o640 and info.st_uid == os.geteuid()
    if ROOT:
        import grp  # pylint: disable=import-outside-toplevel
        assert told["user"] == USER
        assert info.st_gid == grp.getgrnam(GROUP).gr_gid
    before = info.st_ino
    server.graceful()
    assert os.stat(server.path("state", NAME)).st_ino != before
    assert [n for n in os.listdir(server.path("state"))
            if n.startswith(NAME)] == [NAME]


def test_no_secret(httpd):
    """Neither a PIN in a URI nor a database's password."""
    server = httpd(start=False, extra=SINGLE)
    password = "s3cret-of-the-database"
    server.write("secret.conf", 'ScepDatabase pgsql "host=/nowhere dbname=scep'
                 f' user=scep password={password}"\n', 0o600)
    server.replace_conf("ScepUseSinglePassword On\n", "")
    server.start()
    server.expect("SCEP0014")
    server.replace_conf("ScepStateDir state\n",
                        "ScepStateDir state\nInclude secret.conf\n")
    server.graceful()
    (ca,) = in_use(server)["cas"]
    assert ca["databaseDriver"] == "pgsql" and ca["databasePasswordLeftOut"]
    assert "dbname='scep'" in ca["database"] and "user='scep'" in ca["database"]
    with open(server.path("state", NAME), encoding="ascii") as file:
        assert password not in file.read()
    assert "SCEP0580" in scepctl(server, "audit").stderr


def test_several_servers(httpd):
    """Virtual hosts with the same CA are one; another state directory has a
    file of its own."""
    vhosts = "".join(
        f"<VirtualHost 127.0.0.1:@PORT@>\nServerName {name}\n{conf}"
        "</VirtualHost>\n" for name, conf in (
            ("a.example", ""), ("b.example", "ScepStateDir state-b\n"),
            ("c.example", "ScepEngine Off\n")))
    server = httpd(start=False)
    server.vhosts = vhosts.replace("@PORT@", str(server.port))
    server.write_conf()
    server.start()
    (ca,) = in_use(server)["cas"]
    assert [name.split(" (")[0] for name in ca["servers"]][0] == "main server"
    assert "a.example" in ca["servers"][1] and len(ca["servers"]) == 2
    (other,) = in_use(server, "state-b")["cas"]
    assert other["name"] == "b.example"
    assert in_use(server)["stateDirs"] == [server.path("state"),
                                           server.path("state-b")]


def test_not_writable(httpd):
    """It is no reason not to serve; but an old file must not mislead."""
    server = httpd()
    assert os.path.exists(server.path("state", NAME))
    os.unlink(server.path("state", NAME))
    os.mkdir(server.path("state", NAME))
    server.expect("SCEP0036")
    server.graceful()
    assert server.count("SCEP0036") == 1
    assert server.enrol(server.draw()).status == scep.SUCCESS


def test_two_httpds(httpd):
    """Both serve, but whoever starts the second one is told."""
    one, two = httpd(), httpd(start=False)
    two.replace_conf("ScepStateDir state\n",
                     f"ScepStateDir {one.path('state')}\n")
    two.expect("SCEP0433")
    two.start()
    (line,) = [line for line in two.error_log().splitlines()
               if "SCEP0433" in line]
    assert f"(process {one.process.pid})" in line
    assert two.path("httpd.conf") + ":" in line
    assert two.enrol(one.draw()).status == scep.SUCCESS
    for server in one, two:
        server.graceful()
    assert two.count("SCEP0433") == 1 and one.count("SCEP0433") == 0
    one.stop()
    two.stop()
    two.start()
    assert two.count("SCEP0433") == 1


def test_directory_that_is_not_ours(httpd):
    """A restart with a wrong ScepStateDir writes nothing there."""
    server = httpd()
    server.write("other/file", "x")
    os.chmod(server.path("other"), 0o755)
    server.expect("SCEP0014", "SCEP0171")
    for name in "other", "none/none":
        server.replace_conf("ScepStateDir ", f"ScepStateDir {name}#")
        server.replace_conf(f"{name}#", f"{name}\n#")
        server.graceful()
        assert server.count("SCEP0036") == 0
    assert os.listdir(server.path("other")) == ["file"]


def test_ra_that_is_gone_at_a_restart(httpd):
    """httpd goes on with 503; scepctl makes no master password for an RA of
    which httpd knows nothing, and helps with what it does know."""
    server = httpd(extra=SINGLE)
    os.rename(server.path("ra.crt"), server.path("ra.crt.old"))
    server.expect("SCEP0014")
    server.graceful()
    assert in_use(server)["cas"][0]["pairs"] == []
    refused(scepctl(server, "master", "rotate"), "SCEP0574")
    refused(scepctl(server, "master", "show"), "SCEP0574")
    good(scepctl(server, "audit"))
    os.rename(server.path("ra.crt.old"), server.path("ra.crt"))
    server.graceful()
    good(scepctl(server, "master", "rotate"))


# ---- the RA is renewed ----


def test_renewal_with_a_master_password(httpd):
    """By the guide: the directory takes the place of the directives; clients
    that hold the old RA go on, and httpd can open the master password."""
    server = httpd(extra=SINGLE)
    first = server.draw()
    folder = server.path("ra.d")
    said = good(scepctl(server, "ra", "renew", "--dir", folder))
    assert said.startswith("Made ") and f"ScepRADirectory {folder}" in said
    assert f"Took {server.path('ra.crt')} along" in said
    names = sorted(os.listdir(folder))
    assert len(names) == 4 and names[0] == "0-01-ra.crt"
    assert stat.S_IMODE(os.stat(f"{folder}/0-01-ra.key").st_mode) == 0o600
    # before the configuration is changed
    second = good(scepctl(server, "master", "rotate", "--overlap",
                          "1h")).strip()
    assert server.draw() == second
    os.rename(server.path("ra.crt"), server.path("ra.crt.old"))
    os.rename(server.path("ra.key"), server.path("ra.key.old"))
    use_directory(server)
    code, said = server.check()
    assert code == 0, said
    server.graceful()
    assert server.draw() == second
    third = good(scepctl(server, "master", "rotate", "--overlap",
                         "1h")).strip()
    assert server.draw() == third
    code, said = server.check()
    assert code == 0, said
    old = server.ra_cert
    with open(f"{folder}/{names[2]}", "rb") as file:
        new = x509.load_pem_x509_certificate(file.read())
    assert new in server.endpoint().ca_certs()
    assert old not in server.endpoint().ca_certs()
    for number, ra in enumerate((old, new)):
        assert enrol_to(server, ra, third, number).status == scep.SUCCESS
    assert first != second != third
    # from now on a timer needs no option, and copies nothing twice
    time.sleep(1.1)
    said = good(scepctl(server, "ra", "renew"))
    assert "nothing to do" in said and "Took" not in said
    assert sorted(os.listdir(folder)) == names
    good(scepctl(server, "ra", "renew", "--force"))
    assert len(os.listdir(folder)) == 6
    fourth = good(scepctl(server, "master", "rotate")).strip()
    assert server.draw() == fourth  # of which httpd has no new pair yet
    server.graceful()
    assert server.draw() == fourth
    assert good(scepctl(server, "master", "show")).strip() == fourth
    assert good(scepctl(server, "ra", "list")).count("\n") == 3


def test_an_older_renewal_left_the_pair_behind(httpd):
    server = httpd(start=False)
    good(scepctl(server, "ra", "renew", "--dir", server.path("ra.d"),
                 "--ca-cert", server.path("ca.crt"), "--ca-key",
                 server.path("ca.key")))
    assert len(os.listdir(server.path("ra.d"))) == 2
    server.start()
    said = good(scepctl(server, "ra", "renew", "--dir", server.path("ra.d")))
    assert "nothing to renew" in said and "Took" in said
    use_directory(server)
    server.graceful()
    assert enrol_to(server, server.ra_cert, server.draw(),
                    0).status == scep.SUCCESS


def test_passphrase_and_order_are_kept(httpd):
    """Keys are copied as they are; the newest of the old ones stays newer."""
    server = httpd(start=False)
    new_pair(server, "older")
    server.replace_conf("ScepRAKey ra.key\n", "ScepRAKey ra.key\n"
                        "ScepRACertificateFile older.crt\nScepRAKey older.key\n")
    server.write("ra.key", key_pem(server.ra.key, "open"), 0o600)
    server.write("say", "#!/bin/sh\necho open\n", 0o700)
    server.replace_conf("ScepEngine On\n", "ScepEngine On\n"
                        f"ScepPassPhraseDialog exec:{server.path('say')}\n")
    server.start()
    good(scepctl(server, "ra", "renew", "--dir", server.path("ra.d")))
    names = sorted(os.listdir(server.path("ra.d")))
    assert names[:4] == ["0-01-older.crt", "0-01-older.key", "0-02-ra.crt",
                         "0-02-ra.key"]
    for copy, name in ("0-02-ra.key", "ra.key"), ("0-01-older.crt",
                                                  "older.crt"):
        with open(server.path("ra.d", copy), "rb") as one, \
                open(server.path(name), "rb") as other:
            assert one.read() == other.read()


def test_rollover_of_the_ca(httpd):
    """The next CA's pair goes into the directory just before the restart that
    makes it the current one."""
    server = httpd(start=False, extra=SINGLE + "ScepNextCACertificateFile "
                   "next.crt\nScepNextCAKey next.key\n")
    good(scepctl(server, "ra", "renew", "--dir", server.path("ra.d"),
                 "--ca-cert", server.path("ca.crt"), "--ca-key",
                 server.path("ca.key")))
    use_directory(server)
    key = scep.shared_key(30)
    ca = Pair(make_cert("Next CA", key, ca=True, usage=CA_USAGE + (SIGN,)),
              key)
    server.write("next.crt", pem(ca.cert))
    server.write("next.key", key_pem(ca.key), 0o600)
    server.start()
    password = server.draw()
    time.sleep(1.1)
    good(scepctl(server, "ra", "renew", "--force", "--ca-cert",
                 server.path("next.crt")))
    server.replace_conf("ScepNextCACertificateFile next.crt\n"
                        "ScepNextCAKey next.key\n", "")
    server.replace_conf("ScepCACertificateFile ca.crt\nScepCAKey ca.key",
                        "ScepCACertificateFile next.crt\nScepCAKey next.key")
    server.graceful()
    assert server.count("SCEP0011") == 0
    assert server.draw() == password
    again = good(scepctl(server, "master", "rotate")).strip()
    assert server.draw() == again


def test_wrong_directory_and_ca(httpd):
    server = httpd(extra=VPN_CONF, files=vpn_files())
    said = scepctl(server, "ra", "renew")
    assert said.returncode == 2 and "SCEP0561" in said.stderr
    assert "main: CN=Test CA,O=Tests" in said.stderr
    assert "vpn: CN=VPN CA,O=Tests" in said.stderr
    said = scepctl(server, "ra", "renew", "--ca", "vpn")
    assert said.returncode == 1 and "--dir" in said.stderr
    refused(scepctl(server, "ra", "renew", "--ca", "nobody", "--dir",
                    server.path("x.d")), "SCEP0562")
    refused(scepctl(server, "ra", "renew", "--ca", "vpn", "--ca-cert",
                    server.path("ca.crt"), "--dir", server.path("x.d")),
            "SCEP0576")
    good(scepctl(server, "ra", "renew", "--ca", "vpn", "--dir",
                 server.path("vpn.d")))
    server.replace_conf("    ScepRACertificateFile vpn-ra.crt\n"
                        "    ScepRAKey vpn-ra.key\n",
                        "    ScepRADirectory vpn.d\n")
    server.graceful()
    for options in (("--ca", "main", "--dir", server.path("vpn.d")),
                    ("--ca", "vpn", "--dir", server.path("x.d"))):
        refused(scepctl(server, "ra", "renew", "--force", *options),
                "SCEP0575")
    time.sleep(1.1)
    good(scepctl(server, "ra", "renew", "--force", "--dir",
                 server.path("vpn.d")))  # that says which CA
    good(scepctl(server, "ra", "renew", "--ignore-httpd", "--dir",
                 server.path("x.d"), "--ca-cert", server.path("ca.crt"),
                 "--ca-key", server.path("ca.key")))
    with open(server.path("vpn.d", sorted(os.listdir(
            server.path("vpn.d")))[-2]), "rb") as file:
        cert = x509.load_pem_x509_certificate(file.read())
    assert cert.issuer.rfc4514_string() == "CN=VPN CA,O=Tests"


# ---- the master password ----


def test_master_of_several_cas(httpd):
    server = httpd(extra=VPN_CONF + "<Location /vpn-single>\nSetHandler scep\n"
                   "ScepCA vpn\nScepUseSinglePassword On\n</Location>\n",
                   files=vpn_files())
    # single is on for the server, and so for all its CAs
    refused(scepctl(server, "master", "show"), "SCEP0561")
    one = good(scepctl(server, "master", "rotate", "--ca", "vpn"))
    other = good(scepctl(server, "master", "rotate", "--ca", "main"))
    assert good(scepctl(server, "master", "show", "--ca", "vpn")) == one
    assert good(scepctl(server, "master", "show", "--ca", "main")) == other
    code, said = server.check()
    assert code == 0, said
    server.graceful()


def test_recipient_that_httpd_does_not_have(httpd):
    server = httpd(extra=SINGLE)
    password = server.draw()
    new_pair(server, "new")
    new = ("--ra-cert", server.path("new.crt"), "--ra-key",
           server.path("new.key"))
    for words in (("rotate", *new), ("set", *new),
                  ("rekey", "--to", server.path("new.crt"))):
        refused(scepctl(server, "master", *words, say="Correct-Horse!\n"),
                "SCEP0567")
    refused(scepctl(server, "master", "rotate", "--file",
                    server.path("state", "other.cms")), "SCEP0569")
    assert server.draw() == password
    # the right way: the new pair goes first, and a restart does the rest
    server.replace_conf("ScepRACertificateFile ra.crt\nScepRAKey ra.key\n",
                        "ScepRACertificateFile new.crt\nScepRAKey new.key\n"
                        "ScepRACertificateFile ra.crt\nScepRAKey ra.key\n")
    server.graceful()
    assert server.draw() == password
    good(scepctl(server, "master", "rekey", "--to", server.path("new.crt")))
    good(scepctl(server, "master", "set", say="ABCDEF0123456789\n"))
    assert server.draw() == "ABCDEF0123456789"
    # what an operator asks for all the same
    good(scepctl(server, "master", "rotate", "--ignore-httpd", "--file",
                 server.path("x.cms"), *new))


def test_file_that_was_replaced_in_place(httpd):
    server = httpd(extra=SINGLE)
    old = [server.path("ra.crt"), server.path("ra.key")]
    for path in old:
        shutil.copy(path, path + ".old")
    new_pair(server, "ra")
    refused(scepctl(server, "master", "rotate"), "SCEP0568")
    refused(scepctl(server, "ra", "renew", "--dir", server.path("ra.d")),
            "SCEP0577")
    server.stop()
    # nothing is said but what is true: httpd will load these at its start
    done = scepctl(server, "master", "rotate")
    assert "SCEP0565" in done.stderr
    password = good(done).strip()
    server.start()
    assert server.draw() == password


def test_master_without_an_ra(httpd):
    """The CA's own pair decrypts."""
    server = httpd(start=False, extra=SINGLE)
    ca = Pair(make_cert("Test CA", scep.shared_key(60), ca=True,
                        usage=CA_USAGE + (SIGN, ENCRYPT)), scep.shared_key(60))
    server.write("ca.crt", pem(ca.cert))
    server.write("ca.key", key_pem(ca.key), 0o600)
    server.replace_conf("ScepRACertificateFile ra.crt\nScepRAKey ra.key\n", "")
    server.start()
    password = good(scepctl(server, "master", "rotate")).strip()
    assert server.draw() == password


def test_split_ra(httpd):
    """The pair that only signs opens nothing."""
    server = httpd(start=False, extra=SINGLE)
    new_pair(server, "sign", usage=(SIGN,))
    server.replace_conf("ScepRACertificateFile ra.crt\nScepRAKey ra.key\n",
                        "ScepRACertificateFile sign.crt\nScepRAKey sign.key\n"
                        "ScepRACertificateFile ra.crt\nScepRAKey ra.key\n")
    server.start()
    password = good(scepctl(server, "master", "rotate")).strip()
    assert server.draw() == password
    refused(scepctl(server, "master", "rotate", "--ra-cert",
                    server.path("sign.crt")), "SCEP0567")


# ---- the database ----


def test_database_elsewhere(httpd):
    """ScepDatabase is found; another one is read, but not written."""
    server = httpd(start=False)
    os.mkdir(server.path("db"), 0o700)
    if ROOT:
        shutil.chown(server.path("db"), USER, GROUP)
    path = server.path("db", "x.db")
    server.replace_conf("ScepStateDir state\n", "ScepStateDir state\n"
                        f"ScepDatabase sqlite3 {path}\n")
    server.start()
    reply = server.enrol(server.draw())
    serial = format(reply.certs[0].serial_number, "X")
    for words in (("certs", "list"), ("certs", "show", serial),
                  ("audit", "--event", "issued")):
        assert serial in good(scepctl(server, *words)).replace(":", "")
    good(scepctl(server, "requests", "list"))
    other = server.path("state", "scep.db")
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("VACUUM INTO ?", (other,))
    if ROOT:
        shutil.chown(other, USER, GROUP)
    for database in other, f"sqlite3 {other}", f'ScepDatabase sqlite3 "{other}"':
        assert serial in good(scepctl(server, "certs", "list", "--database",
                                      database)).replace(":", "")
        for words in (("certs", "revoke", serial),
                      ("requests", "approve", "x"), ("requests", "reject",
                                                     "x")):
            refused(scepctl(server, *words, "--database", database),
                    "SCEP0564")
            # found by the file beside it, too
            refused(scepctl(server, *words, "--database", other,
                            state=False), "SCEP0564")
    good(scepctl(server, "certs", "revoke", serial, "--database", path))
    assert server.endpoint().http("GET", "operation=GetCACaps")[0] == 200
    get = scep.Request(server.ra_cert, key=scep.shared_key(0))
    get.message_type = scep.GETCRL
    get.csr = scep.issuer_and_serial(reply.certs[0].issuer,
                                     reply.certs[0].serial_number)
    get.cert = reply.certs[0]
    server.endpoint().post(get.der())
    assert "BEGIN X509 CRL" in good(scepctl(server, "crl"))
    # the file beside a database says whose it is
    assert "BEGIN X509 CRL" in good(scepctl(server, "crl", "--database", path,
                                            "--ca-cert",
                                            server.path("ca.crt"), state=False))


# ---- a backup ----


def backup(server, folder, name, *words, status=0):
    """(standard error, names of the files) of a backup of FOLDER."""
    done = scepctl(server, "backup", "--state-dir", server.path(folder),
                   "--conf-dir", server.path(), *words, server.path(name),
                   state=False)
    assert done.returncode == status, done.stderr
    return done.stderr, {line for line in done.stdout.splitlines()
                         if line.startswith(("state/", "conf/"))}


def test_backup_of_each_state_directory(httpd):
    """Database and master password have the names that httpd uses; they come
    back under them, and httpd starts with them."""
    server = httpd(start=False)
    server.vhosts = (f"<VirtualHost 127.0.0.1:{server.port}>\n"
                     "ServerName b.example\nScepStateDir state2\n"
                     "ScepDatabase sqlite3 other.db\n"
                     "ScepUseSinglePassword On\n"
                     "ScepMasterPasswordFile "
                     f"{server.path('state2/master.bin')}\n"
                     "</VirtualHost>\n")
    server.write_conf()
    server.start()
    assert os.path.exists(server.path("state2/master.bin"))
    said, names = backup(server, "state", "backup1")
    assert {"state/scep.db", "state/challenge.key", "conf/ca.crt"} <= names
    assert f"not saved: {server.path('state2')}, " in said
    said, names = backup(server, "state2", "backup2")
    assert {"state/other.db", "state/challenge.key",
            "state/master.bin"} <= names
    assert "state/scep.db" not in names
    assert f"not saved: {server.path('state')}, " in said
    assert "SCEP0610" not in said
    server.stop()
    with open(server.path("state2/master.bin"), "rb") as file:
        master = file.read()
    shutil.rmtree(server.path("state2"))
    good(scepctl(server, "restore", "--state-dir", server.path("state2"),
                 "--conf-dir", server.path("conf2"), server.path("backup2"),
                 state=False))
    server.start()
    with open(server.path("state2/master.bin"), "rb") as file:
        assert file.read() == master


def test_backup_tells_what_lies_elsewhere(httpd):
    server = httpd(start=False, extra=SINGLE)
    os.mkdir(server.path("db"), 0o700)
    if ROOT:
        shutil.chown(server.path("db"), USER, GROUP)
    server.replace_conf("ScepStateDir state\n", "ScepStateDir state\n"
                        f"ScepDatabase sqlite3 {server.path('db/x.db')}\n"
                        f"ScepMasterPasswordFile {server.path('db/m.cms')}\n")
    os.mkdir(server.path("elsewhere"))
    for name in "ra.crt", "ra.key":
        os.rename(server.path(name), server.path("elsewhere", name))
    server.replace_conf("ScepRACertificateFile ra.crt\nScepRAKey ra.key\n",
                        "ScepRACertificateFile elsewhere/ra.crt\n"
                        "ScepRAKey elsewhere/ra.key\n")
    server.start()
    said, names = backup(server, "state", "backup1", status=2)
    assert not {name for name in names if name.endswith((".db", ".cms"))}
    for name in "db/x.db", "db/m.cms", "elsewhere/ra.crt":
        assert said.count(f"not saved: {server.path(name)}, ") == 1, said
    assert ".backup" in said and "elsewhere/ra.key" not in said
    said, names = backup(server, "state", "backup2", "--with-keys",
                         "--database", server.path("db/x.db"), status=2)
    assert "state/scep.db" in names and "db/x.db" not in said
    assert f"not saved: {server.path('elsewhere/ra.key')}, " in said
    # the master password is saved by hand: all that is left are certificates
    os.rename(server.path("db/m.cms"), server.path("by-hand"))
    said, _names = backup(server, "state", "backup3", "--database",
                          server.path("db/x.db"))
    assert f"not saved: {server.path('elsewhere/ra.crt')}, " in said


def test_crl_and_unknown_certificates(httpd):
    server = httpd(extra=VPN_CONF, files=vpn_files())
    refused(scepctl(server, "crl"), "SCEP0561")
    refused(scepctl(server, "certs", "revoke", "AB12", "--unknown"),
            "SCEP0561")
    new_pair(server, "stranger")
    refused(scepctl(server, "certs", "revoke", "AB12", "--unknown",
                    "--ca-cert", server.path("stranger.crt")), "SCEP0563")
    good(scepctl(server, "certs", "revoke", "AB12", "--unknown", "--ca",
                 "vpn"))
    assert good(scepctl(server, "certs", "list", "--ca", "vpn")) == ""


# ---- a file that is old, damaged or somebody else's ----


def test_stale(httpd):
    server = httpd()
    assert scepctl(server, "audit").stderr == ""
    server.write("httpd.conf", open(server.path("httpd.conf"), "rb").read()
                 + b"# changed\n")
    done = scepctl(server, "audit")
    assert done.returncode == 0 and "SCEP0566" in done.stderr
    assert server.path("httpd.conf") in done.stderr
    server.graceful()
    assert scepctl(server, "audit").stderr == ""
    server.kill_all()
    done = scepctl(server, "audit")
    assert done.returncode == 0 and "SCEP0565" in done.stderr
    server.start()
    assert scepctl(server, "audit").stderr == ""
    server.replace_conf("ScepStateDir state\n", "ScepStateDir other\n")
    server.graceful()
    assert "SCEP0565" in scepctl(server, "audit").stderr
    server.replace_conf("ScepEngine On\n", "ScepEngine Off\n")
    server.graceful()
    done = subprocess.run([os.path.join(os.path.dirname(os.path.dirname(
        module())), "scepctl"), "audit", "--state-dir", server.path("other")],
        capture_output=True, check=False, text=True)
    assert "SCEP0565" in done.stderr


@pytest.mark.parametrize("damage", [
    "cut", "empty", "array", "number", "relative", "format", "huge", "binary",
    "link", "fifo", "mode", "deep", "null", "elsewhere"])
def test_hostile_file(httpd, damage):
    server = httpd(extra=SINGLE)
    password = server.draw()
    path = server.path("state", NAME)
    told = in_use(server)
    with open(path, "rb") as file:
        text = file.read()
    if damage == "number":
        told["cas"][0]["masterPasswordFile"] = 7
    elif damage == "relative":
        told["cas"][0]["masterPasswordFile"] = "etc/passwd"
    elif damage == "format":
        told["format"] = 99
    elif damage == "null":
        told["cas"][0]["pairs"] = None
    elif damage == "elsewhere":
        told["stateDir"] = server.path("htdocs")
    text = {"cut": text[:len(text) // 2], "empty": b"", "array": b"[]\n",
            "huge": b" " * (5 << 20) + text, "binary": bytes(range(256)) * 9,
            "deep": b"[" * 100000}.get(damage, json.dumps(told).encode())
    os.unlink(path)
    if damage == "fifo":
        os.mkfifo(path, 0o600)
    elif damage == "link":
        server.write("elsewhere.json", text)
        os.symlink(server.path("elsewhere.json"), path)
    else:
        server.write("state/" + NAME, text,
                     0o666 if damage == "mode" else 0o640)
    for words in (("master", "rotate"), ("master", "show"), ("audit",),
                  ("certs", "list"), ("crl",), ("requests", "list"),
                  ("ra", "renew"), ("backup", server.path("backup"))):
        said = refused(scepctl(server, *words), "SCEP0560")
        assert NAME in said and "--ignore-httpd" in said
        assert ("run scepctl as root" in said) == (not ROOT)
        assert ("restart httpd as root" in said) == ROOT
    assert not os.path.exists(server.path("backup"))
    assert server.draw() == password
    good(scepctl(server, "audit", "--ignore-httpd"))
    good(scepctl(server, "backup", "--ignore-httpd", server.path("backup")))


@pytest.mark.skipif(not ROOT, reason="needs root")
def test_file_of_another_user(httpd):
    """httpd's children may write in the directory: what they put there makes
    root do nothing."""
    server = httpd(extra=SINGLE)
    shutil.chown(server.path("state", NAME), USER, GROUP)
    assert "uid" in refused(scepctl(server, "master", "rotate"), "SCEP0560")


def test_without_the_file(httpd):
    """httpd of an older version has not written it: no guess for what
    writes."""
    server = httpd(extra=SINGLE)
    password = server.draw()
    os.unlink(server.path("state", NAME))
    for words in (("master", "rotate"), ("master", "set"),
                  ("ra", "renew", "--dir", server.path("ra.d"))):
        refused(scepctl(server, *words, say="Correct-Horse!\n"), "SCEP0578")
    assert not os.path.exists(server.path("ra.d"))
    good(scepctl(server, "audit"))
    assert scepctl(server, "audit", "--ca", "main").returncode == 1
    assert good(scepctl(server, "master", "show", "--ra-cert",
                        server.path("ra.crt"), "--ra-key",
                        server.path("ra.key"))).strip() == password
    assert re.fullmatch("[0-9A-F]{32}\n", good(scepctl(
        server, "master", "rotate", "--ra-cert", server.path("ra.crt"))))


@pytest.mark.skipif(not ROOT, reason="needs root")
def test_httpds_user_may_read_it(httpd):
    server = httpd()
    path = os.path.join(os.path.dirname(os.path.dirname(module())), "scepctl")
    done = subprocess.run(
        ["setpriv", "--reuid", USER, "--regid", GROUP, "--clear-groups", path,
         "audit", "--state-dir", server.path("state")], capture_output=True,
        text=True, check=False)
    if "Permission denied" in done.stderr and not done.stdout:
        pytest.skip("the program is in a folder of root's")
    assert (done.returncode, done.stderr) == (0, "")
