# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The guide's sections on installing, the master password and RA renewal,
typed in as they are written."""
import json
import os
import re
import shlex
import shutil
import subprocess
import time

import guide

MASTER = "The master password"
RA = "Renewing the RA, and changing the CA"
CONF = "/etc/apache2/conf-available/scep.conf"
IN_USE = "/var/lib/mod_scep/in-use.json"


def page(machine):
    """The password on the admin page, whichever kind it is."""
    return machine.draw()


def typed(machine, text, answers):
    """Run TEXT, which asks for passwords, without a terminal of ours."""
    return machine.run("setsid -w bash -e -o pipefail -c " + shlex.quote(text),
                       stdin=answers)


def reloaded(machine, text):
    """Run TEXT, which reloads httpd, and wait until that has taken place."""
    before = os.stat(machine.path(IN_USE)).st_ino
    machine.run(text)
    for _ in range(400):
        if os.stat(machine.path(IN_USE)).st_ino != before:
            return
        time.sleep(0.05)
    raise AssertionError("httpd was not reloaded\n" + machine.error_log())


def in_use(machine):
    with open(machine.path(IN_USE), encoding="ascii") as file:
        return json.load(file)


def add_conf(machine, line):
    with open(machine.path(CONF), "a", encoding="ascii") as file:
        file.write(line + "\n")


def test_install(machine):
    """Sections 2 and 3, as they are written."""
    said = machine.run(guide.block("Make a CA and an RA", "scepctl init"))
    assert 'ScepCACertificateFile "/etc/mod_scep/ca.crt"' in said
    typed(machine, guide.block("Configure httpd", "cp "), "secret\nsecret\n")
    assert re.fullmatch("[0-9A-F]{16}", page(machine))
    assert "POSTPKIOperation" in machine.run(
        "curl -s 'http://localhost/certsrv/mscep/mscep.dll"
        "?operation=GetCACaps'")
    # what scepctl then does needs no option
    assert "challenge-drawn" in machine.run("scepctl audit")
    assert machine.run("scepctl certs list") == ""
    assert machine.run("scepctl requests list") == ""


def rows(text):
    """The commands in a table."""
    return re.findall(r"^\| `(scepctl [^`]*)` \|", text, re.M)


def test_master_password(machine):
    machine.set_up()
    text = "\n".join(guide.section(MASTER))
    add_conf(machine, guide.block(MASTER, "ScepUseSinglePassword"))
    reloaded(machine, "apachectl configtest && systemctl reload apache2")
    first = page(machine)
    show, rotate, put, rekey = rows(text)
    assert machine.run(show).strip() == first
    assert machine.run(rotate).strip() == page(machine) != first
    machine.run(put, stdin="ABCDEF0123456789\n")
    assert page(machine) == "ABCDEF0123456789"
    machine.run(rekey.replace("FILE", "/etc/mod_scep/ra.crt"))
    assert page(machine) == "ABCDEF0123456789"
    said = machine.run(guide.block(MASTER, "scepctl master rotate --overlap"))
    last = said.splitlines()[-1]
    assert page(machine) == last
    recovered = machine.run(guide.block(MASTER, "openssl cms")).splitlines()
    assert recovered[0] == last
    assert recovered[1].startswith("previous ABCDEF0123456789 until ")
    machine.run("apachectl configtest")


def test_ra_renewal(machine):
    """With the master password, which httpd must be able to open all the
    time; the timer's service has nothing to do then."""
    machine.set_up()
    add_conf(machine, "ScepUseSinglePassword On")
    reloaded(machine, "systemctl reload apache2")
    password = page(machine)
    said = machine.run(guide.block(RA, "scepctl ra renew"))
    assert "Took /etc/mod_scep/ra.crt along" in said
    reloaded(machine, guide.block(RA, "sed -i"))
    (ca,) = in_use(machine)["cas"]
    assert ca["raDirectory"] == "/etc/mod_scep/ra.d"
    assert [os.path.dirname(pair["certificate"]) for pair in ca["pairs"]
            if not pair["own"]] == 2 * ["/etc/mod_scep/ra.d"]
    for name in "ra.crt", "ra.key":
        os.unlink(machine.path("/etc/mod_scep/" + name))
    assert page(machine) == password
    password = machine.run("scepctl master rotate").strip()
    assert page(machine) == password
    reloaded(machine, "apachectl configtest && systemctl reload apache2")
    assert page(machine) == password
    machine.run("mkdir -p /etc/systemd/system")
    machine.run(guide.block(RA, "cp "))
    unit = machine.path("/etc/systemd/system/scep-ra-renew.service")
    with open(unit, encoding="ascii") as file:
        start = re.search("^ExecStart=(.*)$", file.read(), re.M)[1]
    assert "nothing to do" in machine.run(start)
    assert "Made /etc/mod_scep/ra.d/" in machine.run(start + " --force")
    reloaded(machine, "systemctl reload apache2")
    assert page(machine) == password


def test_units():
    """systemd understands them."""
    if shutil.which("systemd-analyze") is None:
        import pytest  # pylint: disable=import-outside-toplevel
        pytest.skip("needs systemd-analyze")
    folder = os.path.join(guide.TOP, "conf.d", "systemd")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no",
         *(os.path.join(folder, name) for name in sorted(os.listdir(folder)))],
        capture_output=True, text=True, check=False, timeout=60)
    said = [line for line in done.stderr.splitlines()
            if "scep" in line and "is not executable" not in line]
    assert said == []
