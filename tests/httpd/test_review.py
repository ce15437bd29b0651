# Licensed under the Apache License, Version 2.0; see LICENSE.
"""-t and each start warn once of settings that are legal but hardly meant, with
their line; and the server then does what the warning says."""
import datetime
import os
import re
import signal
import subprocess
import sys

import pytest
from cryptography import x509

import scepclient as scep
from httpdserver import (ADMIN, CA_USAGE, ENCRYPT, GROUP, ROOT, SECRET, SIGN,
                         USER, Pair, free_port, key_pem, make_cert, pem)
from test_config_start import OWN_CA, host, vpn_files
from test_places import HERE, base, mark, named

pytestmark = pytest.mark.any_mpm(
    reason="said by the parent, before there are children")

ADMIN_CONF = ("AuthType Basic\nAuthName admin\nAuthUserFile htpasswd\n"
              "Require valid-user\n")
PAGE = f"<Location /certsrv/mscep_admin>\n{ADMIN_CONF}</Location>\n"


@pytest.fixture(name="make")
def fixture_make(httpd):
    """make(**Server's arguments) is not started; the lines that end with HERE
    are in `server.places`."""
    def make(scep_conf=base() + PAGE, **more):
        server = httpd(start=False, scep_conf=scep_conf, files=vpn_files(),
                       **more)
        server.places = []
        mark(server, "httpd.conf")
        return server
    return make


def lines_of(text, number):
    return [line for line in text.splitlines() if number in line]


def told(server, number, *texts, start=True):
    """-t accepts it but tells, once for each of `server.places`, and so does
    a start, and a restart again."""
    status, said = server.check()
    assert status == 0, said
    lines = lines_of(said, number)
    if server.places:
        assert sorted(named(server, "\n".join(lines))) == sorted(
            server.places), said
    assert lines, said
    for text in texts:
        assert text in said, said
    if start:
        server.expect(number)
        server.start()
        assert len(lines_of(server.error_log(), number)) == len(lines)
        server.graceful()
        assert len(lines_of(server.error_log(), number)) == 2 * len(lines)
    return said


def told_at_start(server, number, *texts):
    """Only a start tells: what is missing may stand elsewhere."""
    assert server.check() == (0, "Syntax OK\n")
    server.expect(number)
    server.start()
    lines = lines_of(server.error_log(), number)
    assert len(lines) == max(1, len(server.places))
    for text in texts:
        assert text in "\n".join(lines)


def silent(server, start=False):
    status, said = server.check()
    assert (status, said.strip()) == (0, "Syntax OK")
    if start:
        server.start()


# ---- LimitRequestLine ----

def hosts(port, *limits, before=""):
    """Virtual hosts h0, h1, .. of one address; the last serves SCEP."""
    text = before
    for number, limit in enumerate(limits):
        text += f"<VirtualHost 127.0.0.1:{port}>\nServerName h{number}\n"
        text += f"LimitRequestLine {limit}\n" if limit else ""
        if number == len(limits) - 1:
            text += base() + PAGE
        text += "</VirtualHost>\n"
    return text


def status_of_long_get(server, name, port=None):
    """What a GET of 9,000 octets for host NAME is answered."""
    line = f"GET /cgi-bin/pkiclient.exe?operation=PKIOperation&message={'A' * 9000}"
    port, server.port = server.port, port or server.port
    try:
        return int(server.raw(f"{line} HTTP/1.1\r\nHost: {name}\r\n"
                              "Connection: close\r\n\r\n".encode(),
                              end=False).split()[1])
    finally:
        server.port = port


def test_no_limit(make):
    server = make()
    server.replace_conf("LimitRequestLine 65536\n", "\n")
    told(server, "SCEP0046", "httpd takes 8190 octets", "answers 414",
         "set LimitRequestLine 65536")
    server.expect("SCEP01", "AH00565")
    assert status_of_long_get(server, "x") == 414


def test_limit_of_main_server_is_enough(make):
    silent(make())


@pytest.mark.parametrize("limits, first, status", (
    ((None, None), "h0", 414), ((None, 65536), "h0", 414),
    ((None, None, 65536), "h0", 414), ((65536, None), None, 400),
    ((65536, None, None), None, 400), ((None,), "h0", 414),
    ((65536,), None, 400), ((4000, 65536), "h0", 414)))
def test_limit_of_hosts(make, limits, first, status):
    """It is the first one's of the address that counts, and is named."""
    port = free_port()
    server = make(scep_conf="", extra=f"Listen 127.0.0.1:{port}\n",
                  vhosts=hosts(port, *limits))
    server.replace_conf("LimitRequestLine 65536\n", "\n") if (
        65536 not in limits) else server.replace_conf(
            '"\nLimitRequestLine 65536\n', '"\n\n')
    if first:
        told(server, "SCEP0046",
             f"in virtual host {first} ({server.path('httpd.conf')}:")
    else:
        silent(server, start=True)
    server.expect("SCEP01", "AH00565")
    assert status_of_long_get(server, f"h{len(limits) - 1}", port) == status


def test_limit_of_another_address_does_not_count(make):
    one, other = free_port(), free_port()
    server = make(scep_conf="", extra=f"Listen 127.0.0.1:{one}\n"
                  f"Listen 127.0.0.1:{other}\n", vhosts=hosts(
                      one, 65536, before=f"<VirtualHost 127.0.0.1:{other}>\n"
                      "LimitRequestLine 100\n</VirtualHost>\n"))
    server.replace_conf('"\nLimitRequestLine 65536\n', '"\n\n')
    silent(server)


def test_limit_after_the_hosts(make):
    """A virtual host has what the main server said before it."""
    port = free_port()
    server = make(scep_conf="", extra=f"Listen 127.0.0.1:{port}\n",
                  vhosts=hosts(port, None) + "LimitRequestLine 65536\n")
    server.replace_conf('"\nLimitRequestLine 65536\n', '"\n\n')
    told(server, "SCEP0046", "httpd takes 8190 octets", start=False)


# ---- who may draw ----

@pytest.mark.parametrize("conf", (
    "", "<Location /certsrv/mscep_admin>\nAuthType Basic\n</Location>\n",
    "<Location /certsrv/mscep_admin>\nRequire ip 127.0.0.1\n</Location>\n",
    "<Location /certsrv/mscep_admin>\nAuthType None\nRequire valid-user\n"
    "</Location>\n",
    f"<Location /certsrv/mscep_admin/form>\n{ADMIN_CONF}</Location>\n",
    f"<Location /other>\n{ADMIN_CONF}</Location>\n",
    f"<VirtualHost *:1>\n{PAGE}</VirtualHost>\n"))
def test_page_without_user(make, conf):
    server = make(scep_conf=base(ScepEngine="On" + HERE) + conf)
    server.replace_conf("<VirtualHost *:1>", "<VirtualHost *:1>\n"
                        "ScepEngine Off\n") if "Virtual" in conf else None
    texts = ("SCEP0047", "at /certsrv/mscep_admin/", "AuthType and Require")
    if "<Location /certsrv/mscep_admin>" in conf and "Virtual" not in conf:
        told(server, *texts)
    else:
        told_at_start(server, *texts)
    server.expect("SCEP0180", "AH01627")
    if "valid-user" not in conf:
        assert server.http("GET", "/certsrv/mscep_admin/").status in (403, 500)


@pytest.mark.parametrize("conf", (
    PAGE, f"<Location />\n{ADMIN_CONF}</Location>\n",
    f"<LocationMatch ^/certsrv/mscep_admin>\n{ADMIN_CONF}</LocationMatch>\n",
    "<Location /certsrv>\nAuthType Basic\nAuthName x\n</Location>\n"
    "<Location /certsrv/mscep_admin>\nRequire user admin\n</Location>\n",
    "<Location /certsrv/mscep_admin>\n<If \"true\">\nAuthType Basic\n</If>\n"
    "<RequireAll>\nRequire ip 127.0.0.1\nRequire valid-user\n</RequireAll>\n"
    "</Location>\n",
    "<Location /certsrv/mscep_admin>\nRequire all denied\n</Location>\n",
    "ScepChallenge authn:file\n",
    "<Location /certsrv/mscep_admin>\nScepChallenge exec:/bin/true\n"
    "</Location>\n"))
def test_page_with_user(make, conf):
    silent(make(scep_conf=base() + conf))


def test_page_of_a_handler(make):
    own = "<Location /passwords>\nSetHandler scep-admin\n@CONF@</Location>\n"
    server = make(extra=own.replace("/passwords>", "/passwords>" + HERE)
                  .replace("@CONF@", ""))
    told(server, "SCEP0047", "at /passwords")
    silent(make(extra=own.replace("@CONF@", ADMIN_CONF)))
    silent(make(extra=own.replace("@CONF@", "") + "<Directory />\n"
                f"{ADMIN_CONF}</Directory>\n"))


def test_page_of_each_host(make):
    """What the main server says holds for a virtual host, not vice versa."""
    silent(make(vhosts=host("ScepRetryWindow 1m")))
    server = make(scep_conf=base(ScepEngine="Off"), vhosts=host(
        "ScepEngine On" + HERE) + host("ScepEngine On", PAGE))
    told_at_start(server, "SCEP0047", "virtual host vpn.example")


# ---- handlers ----

@pytest.mark.parametrize("handler", ("scep", "scep-admin", "scep-crl",
                                     '"scep"'))
@pytest.mark.parametrize("section", (
    "<Location /x>", "<Directory /x>", "<Files x>", "<LocationMatch ^/x>", ""))
@pytest.mark.parametrize("inside", (False, True))
def test_handler_without_engine(make, handler, section, inside):
    line = f"SetHandler {handler}{HERE}\n"
    name = section[1:].split()[0] if section else ""
    conf = f"{section}\n{line}</{name}>\n" if section else line
    server = make(scep_conf="" if not inside else base() + PAGE, vhosts=(
        host("ScepEngine Off", conf) if inside else conf))
    status, said = server.check()
    assert status != 0 or inside, said
    assert "SCEP0050" in said and "ScepEngine On" in said
    assert named(server, said) == server.places


def test_handler_in_a_condition(make):
    server = make(scep_conf="", extra="<Location /x>\n<If \"true\">\n"
                  f"SetHandler scep{HERE}\n</If>\n</Location>\n")
    assert named(server, server.check()[1]) == server.places


def test_handler_that_one_host_serves(make):
    """A section of the main server is for all hosts."""
    silent(make(scep_conf="<Location /x>\nSetHandler scep\n</Location>\n",
                vhosts=host(base(), PAGE) + host()))
    silent(make(vhosts=host("ScepEngine Off"), extra="<Location /x>\n"
                "SetHandler scep\n</Location>\n"))
    silent(make(scep_conf="", extra="<Location /x>\nSetHandler none\n"
                "</Location>\n"))


@pytest.mark.parametrize("path", ("/pw", "/pw/deep", "/pw/deep/er"))
def test_what_is_below_a_page_of_a_handler(make, path):
    """Its form and API are there, however deep the section is, and whatever
    lies in the file system."""
    server = make(extra=f"<Location {path}>\nSetHandler scep-admin\n"
                  f"{ADMIN_CONF}</Location>\n")
    os.makedirs(server.path("htdocs/pw/deep"))
    server.start()
    assert b"<form" in server.admin(path + "/form").body
    assert server.admin(path + "/api/status").headers[
        "Content-Type"].startswith("application/json")
    assert server.query("SELECT COUNT(*) FROM challenges") == [(0,)]


@pytest.mark.parametrize("section, names", (
    ("Directory @DIR@/htdocs/pw", ("", "/")),
    ("Directory @DIR@/htdocs/*", ("", "/")),
    ("DirectoryMatch /htdocs/p[a-z]*", ("", "/")),
    ("Directory @DIR@/htdocs/pw/", ("", "/", "/mscep.dll"))))
def test_what_is_below_a_page_of_a_directory(make, section, names):
    """Whether it is a file or none, nothing but the page draws."""
    server = make(extra=f"<{section}>\nSetHandler scep-admin\n"
                  f"{ADMIN_CONF}</{section.split()[0]}>\n")
    server.write("htdocs/pw/x.html", "x")
    server.start()
    server.expect("SCEP01")
    for name in ("/x.html", "/x.html/", "/favicon.ico", "/x.html/favicon.ico"):
        assert server.admin("/pw" + name).status == 404, name
    assert b"<form" in server.admin("/pw/form").body
    assert server.query("SELECT COUNT(*) FROM challenges") == [(0,)]
    for number, name in enumerate(names, 1):
        assert server.admin("/pw" + name).status == 200, name
        assert server.query("SELECT COUNT(*) FROM challenges") == [(number,)]


# ---- the legacy level ----

LEGACY = "<Location /old>\nSetHandler scep\nScepAlgorithms legacy@\n" \
    "</Location>\n"
VPN = OWN_CA + "ScepStateDir vpn\n"


def make_with_token(make, **more):
    """One whose virtual hosts with VPN have an RA key that is like one in a
    token (token_key.c)."""
    server = make(**more)
    key = scep.shared_key(0, 3072)
    ca = vpn_files()
    issuer = Pair(x509.load_pem_x509_certificate(ca["vpn-ca.crt"][0]),
                  scep.shared_key(10))
    server.write("vpn-ca.crt", ca["vpn-ca.crt"][0])
    server.write("vpn-ra.crt", pem(make_cert("VPN RA", key, issuer,
                                             usage=(SIGN, ENCRYPT))))
    server.write("vpn-ra.key", key_pem(key), 0o600)
    server.preload_source("token_key.c")
    return server


def caps(server, path="/cgi-bin/pkiclient.exe"):
    return server.http("GET", path + "?operation=GetCACaps").status


def test_legacy_of_one_host_is_its_own(make):
    """Another one's key stays where it is."""
    server = make_with_token(make, scep_conf=base() + PAGE, vhosts=host(
        VPN, PAGE).replace("*:*", "*:1") + host(LEGACY.replace("@", "")))
    silent(server, start=True)
    assert caps(server, "/old") == 200


def test_legacy_with_a_key_that_cannot_be_copied(make):
    """-t tells, with the line; and so does a start."""
    server = make_with_token(make, vhosts=host(VPN, PAGE, LEGACY.replace(
        "@", HERE)))
    status, said = server.check()
    assert status != 0 and "keys for that level must be in files" in said
    assert named(server, said) == server.places
    server.expect("SCEP0001", "AH00014")
    server.start_fails()


def test_legacy_of_the_main_server(make):
    """Its section holds for a host which cannot serve it: that answers 503
    there, and serves all else."""
    server = make_with_token(make, extra=LEGACY.replace("@", HERE),
                             vhosts=host(VPN, PAGE))
    told(server, "SCEP0044", "answers 503")
    assert caps(server) == 200
    server.expect("SCEP0170")
    assert caps(server, "/old") == 503


def test_legacy_of_one_ca(make):
    """A <ScepCA> for old routers beside a CA whose key is in a token."""
    old = "<ScepCA old>\nScepCACertificateFile ca.crt\nScepCAKey ca.key\n" \
        "ScepRACertificateFile ra.crt\nScepRAKey ra.key\n</ScepCA>\n"
    conf = base() + PAGE
    for name in ("ca.crt", "ca.key", "ra.crt", "ra.key"):
        conf = conf.replace(" " + name, " vpn-" + name)
    server = make_with_token(make, scep_conf=conf + old + LEGACY.replace(
        "@", "\nScepCA old"))
    silent(server, start=True)
    assert caps(server, "/old") == 200 and caps(server) == 200
    server = make_with_token(make, scep_conf=conf + old + LEGACY.replace(
        "@", HERE))
    status, said = server.check()
    assert status != 0 and named(server, said) == server.places


# ---- what is open ----

OPEN = (("SCEP0019", "ScepChallenge none"),
        ("SCEP0019", "ScepChallenge one-time none"),
        ("SCEP0048", "ScepDisableRenewalSubjectNameMatch On"))


@pytest.mark.parametrize("number, line", OPEN)
def test_open(make, number, line):
    """In the server, in a section, in a file that is included; and once,
    however many hosts have it."""
    server = make(scep_conf=base() + PAGE + line + HERE + "\n"
                  f"<Location /x>\nSetHandler scep\n{line}{HERE}\n</Location>\n",
                  vhosts=2 * host("ScepRetryWindow 1m")
                  + host(f"<Location /y>\n{line}{HERE}\n</Location>"))
    told(server, number, line.split()[0])


def test_open_in_an_included_file(make):
    server = make(extra="Include @DIR@/open.conf\n")
    server.write("open.conf", f"<Location /x>\nScepChallenge none{HERE}\n"
                 "</Location>\n")
    mark(server, "open.conf")
    told(server, "SCEP0019")


@pytest.mark.parametrize("conf", (
    "ScepChallenge none\nScepApproval manual\n",
    "ScepApproval manual\n<Location /x>\nScepChallenge none\n</Location>\n",
    "ScepDisableRenewalSubjectNameMatch On\nScepRenewal Off\n",
    "ScepDisableRenewalSubjectNameMatch On\nScepApproval manual\n",
    "ScepDisableRenewalSubjectNameMatch Off\n",
    "ScepChallenge one-time\n"))
def test_not_open(make, conf):
    silent(make(scep_conf=base() + PAGE + conf))


def test_open_where_nothing_is_served(make):
    silent(make(scep_conf=base() + PAGE, vhosts=host(
        "ScepEngine Off", "ScepChallenge none")))


# ---- CAs ----

def ca_of(days=90, start=datetime.timedelta(hours=-1), usage=CA_USAGE):
    key = scep.shared_key("alone")
    return Pair(make_cert("CA alone", key, ca=True,
                          usage=tuple(usage) + (SIGN, ENCRYPT), days=days,
                          start=start), key), None


@pytest.mark.parametrize("number, text, ca", (
    ("SCEP0351", "expired", dict(days=-1, start=datetime.timedelta(days=-9))),
    ("SCEP0352", "not valid yet", dict(start=datetime.timedelta(days=9)))))
def test_ca_that_cannot_issue(make, number, text, ca):
    """It is told, and nobody gets a password that would be of no use."""
    conf = base(ScepRACertificateFile=None, ScepRAKey=None,
                ScepCACertificateFile="ca.crt" + HERE) + PAGE
    server = make(scep_conf=conf, pairs=ca_of(**ca))
    told(server, number, text)
    server.expect("SCEP0170")
    user = f"{ADMIN}:{SECRET}"
    assert server.http("GET", "/certsrv/mscep_admin/", user=user).status == 503
    for path in ("?operation=NDESGenerateChallenge", "api/challenges"):
        answer = server.http(
            "POST" if "api" in path else "GET", "/certsrv/mscep_admin/" + path,
            "{}" if "api" in path else None,
            {"Content-Type": "application/json"}, user=user)
        assert answer.status == 503, path
    assert text in lines_of(server.error_log(), "SCEP0170")[0]
    assert server.query("SELECT COUNT(*) FROM challenges") == [(0,)]


def test_ca_that_signs_no_crl(make):
    conf = base(ScepCRLDistributionPoint="http://a.example/x.crl" + HERE,
                ScepRACertificateFile=None, ScepRAKey=None) + PAGE
    told(make(scep_conf=conf, pairs=ca_of(usage=("key_cert_sign",))),
         "SCEP0049", "lacks cRLSign")


def test_ca_that_may_not_sign(make):
    server = make(scep_conf=base(ScepCACertificateFile="ca.crt" + HERE) + PAGE,
                  pairs=ca_of(usage=("crl_sign",)))
    status, said = server.check()
    assert status != 0 and "is no CA certificate" in said
    assert named(server, said) == server.places


# ---- the memory of children ----

READ = """
import os, sys
for pid in sys.argv[1:]:
    try:
        with open(f"/proc/{pid}/mem", "rb") as file:
            with open(f"/proc/{pid}/maps") as maps:
                file.seek(int(maps.readline().split("-")[0], 16))
            print(pid, len(file.read(16)))
    except OSError as error:
        print(pid, "no")
"""


def readable(server):
    """Processes of httpd's user whose memory another one of that user can
    read; and all of them."""
    uid = str(__import__("pwd").getpwnam(USER).pw_uid)
    pids = []
    for pid in server.group():
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            if re.search(r"^Uid:\s+" + uid, file.read(), re.M):
                pids.append(str(pid))
    said = subprocess.run([sys.executable, "-c", READ, *pids], text=True,
                          user=USER, group=GROUP, extra_groups=[], cwd="/",
                          check=True, stdout=subprocess.PIPE).stdout
    return [line for line in said.splitlines() if "no" not in line], pids


@pytest.mark.skipif(not ROOT, reason="needs another user")
@pytest.mark.parametrize("mpm", ("prefork", "worker", "event"))
def test_memory_is_hidden(make, mpm):
    """CoreDumpDirectory would open it, also that of mod_cgid's daemon, which
    is made anew, with all that its parent knows, when a CGI kills it."""
    server = make(mpm=mpm, extra=f"CoreDumpDirectory @DIR@{HERE}\n")
    told(server, "SCEP0045", "CoreDumpDirectory has no effect")
    assert server.places
    server.wait_for(server.children)
    open_, all_ = readable(server)
    assert all_ and open_ == []
    if mpm != "prefork":
        daemon, = [pid for pid in map(int, all_)
                   if pid not in server.children()]
        server.expect("AH01240", "AH01239", "cgid daemon")
        os.kill(daemon, signal.SIGKILL)
        server.wait_for(lambda: len(readable(server)[1]) >= len(all_)
                        and str(daemon) not in readable(server)[1])
        assert readable(server)[0] == []


@pytest.mark.skipif(not ROOT, reason="needs another user")
def test_memory_without_engine_is_httpds_affair(make):
    server = make(scep_conf="", extra="CoreDumpDirectory @DIR@\n")
    silent(server, start=True)
    server.wait_for(server.children)
    assert readable(server)[0] != []
