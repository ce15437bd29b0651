# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Single-password mode: one password for all devices, which never expires."""
import os
import re
import stat
import subprocess
import time

import pytest

import scepclient as scep
from httpdserver import (ADMIN, ENCRYPT, ROOT, SIGN, key_pem, make_cert, module, pem)
from test_admin import page_text, thumbprint

SINGLE = "ScepUseSinglePassword On\n"
FILE = ("state", "master-password.cms")


def scepctl(server, *words, say=None):
    """scepctl master WORDS; its output."""
    path = os.path.join(os.path.dirname(os.path.dirname(module())), "scepctl")
    done = subprocess.run(
        [path, "master", words[0], "--file", server.path(*FILE), "--ra-cert",
         server.path("ra.crt"), "--ra-key", server.path("ra.key"), *words[1:]],
        input=say, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def recovered(server):
    """What openssl makes of the file."""
    done = subprocess.run(
        ["openssl", "cms", "-decrypt", "-inform", "PEM", "-in",
         server.path(*FILE), "-recip", server.path("ra.crt"), "-inkey",
         server.path("ra.key")], text=True, stdout=subprocess.PIPE, check=True)
    return done.stdout.splitlines()


def test_same_password_for_all(httpd):
    server = httpd(extra=SINGLE)
    password = server.draw()
    assert re.fullmatch("[0-9A-F]{32}", password)
    assert server.draw() == password
    for name in ("one", "two", "three"):
        reply = server.enrol(password, name)
        assert reply.status == scep.SUCCESS
        server.verify(reply.certs[0])
    assert server.count_certificates() == 3
    assert server.query("SELECT COUNT(*) FROM challenges") == [(0,)]


def test_showing_it_is_recorded(httpd):
    server = httpd(extra=SINGLE)
    password = server.draw()
    server.draw()
    rows = server.query("SELECT event, actor, peer, challenge_hash FROM audit")
    assert rows == [("master-shown", ADMIN, "127.0.0.1", None)] * 2
    assert password not in str(rows)


def test_not_shown_unrecorded(httpd):
    server = httpd(extra=SINGLE)
    server.expect("SCEP0171", "SCEP0256")
    password = server.draw()
    path = server.path("state", "scep.db")
    os.rename(path, path + ".away")
    answer = server.admin()
    os.rename(path + ".away", path)
    assert answer.status == 503
    assert answer.body == b"The service is temporarily unavailable.\n"
    assert server.draw() == password


def test_wrong_password(httpd):
    server = httpd(extra=SINGLE)
    server.expect("SCEP0153", "SCEP0151")
    password = server.draw()
    for wrong in (password[:-1], password + "0", password.lower(), None):
        reply = server.enrol(wrong)
        assert (reply.status, reply.fail_info) == (scep.FAILURE,
                                                   scep.BAD_REQUEST)
        assert reply.fail_text == "The request was not authorized."
    assert server.count_certificates() == 0


def test_page(httpd):
    server = httpd(extra=SINGLE)
    text = page_text(server.admin())
    password = server.draw()
    assert (
        "The thumbprint (hash value) for the CA certificate is: <B> "
        f"{thumbprint(server.ca_cert)} </B> <P> "
        f"The enrollment challenge password is: <B> {password} </B> <P> "
        "This password can be used multiple times and will not expire."
    ) in text
    assert "only once" not in text


def test_file(httpd):
    server = httpd(extra=SINGLE)
    found = os.lstat(server.path(*FILE))
    assert stat.S_IMODE(found.st_mode) == 0o600
    assert found.st_uid == os.stat(server.path("state")).st_uid
    assert recovered(server) == [server.draw()]
    assert server.count("SCEP0017") == 1


def test_survives_restarts(httpd):
    server = httpd(extra=SINGLE)
    password = server.draw()
    server.graceful()
    assert server.draw() == password
    server.restart()
    assert server.draw() == password
    assert server.enrol(password).status == scep.SUCCESS


def test_rotated_without_a_restart(httpd):
    server = httpd(extra=SINGLE)
    server.expect("SCEP0153")
    old = server.draw()
    scepctl(server, "rotate")
    new = server.draw()
    assert new != old
    # every child, whichever answers
    for number in range(8):
        assert server.enrol(old, f"old{number}").status == scep.FAILURE
        assert server.enrol(new, f"new{number}").status == scep.SUCCESS


def test_rotated_with_overlap(httpd):
    server = httpd(extra=SINGLE)
    server.expect("SCEP0153")
    old = server.draw()
    scepctl(server, "rotate", "--overlap", "3s")
    end = time.time() + 3
    new = server.draw()
    assert server.enrol(old, "a").status == scep.SUCCESS
    assert server.enrol(new, "b").status == scep.SUCCESS
    time.sleep(max(0, end - time.time()) + 1.1)
    assert server.enrol(old, "c").status == scep.FAILURE
    assert server.enrol(new, "d").status == scep.SUCCESS


def test_set(httpd):
    server = httpd(extra=SINGLE)
    scepctl(server, "set", say="Chosen-by-hand-1\n")
    text = page_text(server.admin())
    assert "password is: <B> Chosen-by-hand-1 </B>" in text
    assert server.enrol("Chosen-by-hand-1").status == scep.SUCCESS


def test_new_ra(httpd):
    """The first start with a new RA pair encrypts the file to it."""
    server = httpd(extra=SINGLE)
    password = server.draw()
    server.stop()
    for end in ("crt", "key"):
        os.rename(server.path(f"ra.{end}"), server.path(f"old.{end}"))
    key = scep.new_key()
    server.write("ra.crt", pem(make_cert("New RA", key, server.ca,
                                         usage=(SIGN, ENCRYPT))))
    server.write("ra.key", key_pem(key), 0o600)
    server.replace_conf("ScepRAKey ra.key\n", "ScepRAKey ra.key\n"
                        "ScepRACertificateFile old.crt\nScepRAKey old.key\n")
    server.start()
    assert server.draw() == password
    assert recovered(server) == [password]
    assert server.count("SCEP0018") == 1


@pytest.mark.parametrize("damage", ("octet", "cut", "mode", "link"))
def test_damaged_file_stops_the_start(httpd, damage):
    server = httpd(extra=SINGLE)
    path = server.path(*FILE)
    server.stop()
    if damage == "mode":
        os.chmod(path, 0o644)
    elif damage == "link":
        os.rename(path, path + ".real")
        os.symlink(path + ".real", path)
    else:
        with open(path, encoding="ascii") as file:
            text = file.read()
        middle = len(text) // 2
        other = "A" if text[middle] != "A" else "B"
        text = (text[:middle] + other + text[middle + 1:]
                if damage == "octet" else text[:middle])
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
    server.expect("SCEP0001", "AH00014")
    said = server.start_fails()
    assert "SCEP0001" in said and path in said


def test_damaged_while_running(httpd):
    server = httpd(extra=SINGLE)
    server.expect("SCEP0175")
    password = server.draw()
    with open(server.path(*FILE), "w", encoding="ascii") as file:
        file.write("no CMS\n")
    assert server.admin().status == 503
    request = scep.Request(server.ra_cert, password, "device",
                           key=scep.shared_key(0))
    assert server.endpoint().post(request.der())[0] == 503
    assert server.count_certificates() == 0
    assert server.count("SCEP0175") == 2


def test_both_in_order(httpd):
    server = httpd(extra="ScepChallenge one-time single\n"
                   "<Location /master>\nSetHandler scep-admin\n"
                   "AuthType Basic\nAuthName admin\nAuthUserFile htpasswd\n"
                   "Require valid-user\nScepUseSinglePassword On\n"
                   "</Location>\n")
    server.expect("SCEP0155")
    once, master = server.draw(), server.draw("/master")
    assert len(once) == 16 and len(master) == 32
    for number in range(2):
        assert server.enrol(master, f"m{number}").status == scep.SUCCESS
    assert server.enrol(once, "o").status == scep.SUCCESS
    assert server.enrol(once, "again").status == scep.FAILURE
    assert server.enrol(master, "m").status == scep.SUCCESS


def test_none_is_said_at_start(httpd):
    server = httpd(start=False, extra="<Location /open>\nSetHandler scep\n"
                   "ScepChallenge none\n</Location>\n")
    server.expect("SCEP0019", "SCEP0151")
    server.start()
    assert server.count("SCEP0019") == 1
    assert server.enrol(None, path="/open").status == scep.SUCCESS
    assert server.enrol(None).status == scep.FAILURE


def test_nothing_is_stored_in_clear(httpd):
    server = httpd(extra=SINGLE)
    password = server.draw()
    assert server.enrol(password).status == scep.SUCCESS
    for folder, _, names in os.walk(server.dir):
        for name in names:
            path = os.path.join(folder, name)
            if stat.S_ISREG(os.lstat(path).st_mode):
                with open(path, "rb") as file:
                    assert password.encode() not in file.read(), path


def test_made_for_the_servers_user(httpd):
    if not ROOT:
        pytest.skip("needs root")
    server = httpd(extra=SINGLE)
    assert os.stat(server.path(*FILE)).st_uid != 0
