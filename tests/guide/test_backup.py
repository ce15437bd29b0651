# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The guide's section Backup, as it is written."""
import os
import shutil
import sys

import pytest

import guide
import machine as machines

sys.path.insert(0, os.path.join(guide.TOP, "tests", "httpd"))
# pylint: disable=wrong-import-position
import scepclient as scep  # noqa: E402
from cryptography import x509  # noqa: E402

BACKUP = guide.block("Backup", "scepctl backup")
RESTORE = guide.block("Restore", "systemctl stop")
ELSEWHERE = guide.block("Restore", "scepctl restore --state-dir")
BY_HAND = guide.block("Restore", "sqlite3")
OWNERS = guide.block("Restore", "chown")
ANEW = guide.block("When state is lost", "scepctl begin-anew")
MASTER = "scepctl master show"


def enrol(machine, password, name):
    """A device's certificate, or None."""
    def certificate(path):
        with open(machine.path(path), "rb") as file:
            return x509.load_pem_x509_certificate(file.read())
    ra = certificate("/etc/mod_scep/ra.crt")
    request = scep.Request(ra, password, name)
    with open(machine.path("/var/tmp/request"), "wb") as file:
        file.write(request.der())
    machine.run("curl -s --fail -H 'Content-Type: application/x-pki-message' "
                "--data-binary @/var/tmp/request -o /var/tmp/reply "
                "'http://localhost/cgi-bin/pkiclient.exe"
                "?operation=PKIOperation'")
    with open(machine.path("/var/tmp/reply"), "rb") as file:
        reply = scep.Reply(file.read(), request, [ra])
    return reply.certs[0] if reply.status == scep.SUCCESS else None


class Before:
    """A server that has a past."""

    def __init__(self, machine):
        machine.set_up()
        machine.run("echo 'ScepChallenge one-time single' >>"
                    "/etc/apache2/conf-available/scep.conf && "
                    "systemctl restart apache2")
        self.master = machine.run(MASTER)
        self.password = machine.draw()
        self.spent = machine.draw()
        self.cert = enrol(machine, self.spent, "before")
        assert self.cert
        machine.run(f"scepctl certs revoke {self.cert.serial_number:X} "
                    "--reason keyCompromise")

    def check(self, machine, options=""):
        """All is as it was."""
        file = options and f" --file {options}/master-password.cms"
        assert machine.run(MASTER + file) == self.master
        state = options and f" --state-dir {options}"
        assert "keyCompromise" in machine.run(
            f"scepctl certs show {self.cert.serial_number:X}{state}")
        assert enrol(machine, self.spent, "thief") is None
        assert enrol(machine, self.password, "after")


def test_restored_on_the_same_machine(machine):
    before = Before(machine)
    machine.run(BACKUP)
    assert os.stat(machine.path("/var/backups/mod_scep")
                   ).st_mode & 0o777 == 0o700
    assert enrol(machine, machine.draw(), "lost")  # after the backup
    machine.run(RESTORE)
    before.check(machine)


@pytest.mark.parametrize("user", ("scep", "10077"))
def test_restored_elsewhere_as_another_user(machine, user):
    """A new machine, another state directory, another user of httpd; keys and
    configuration are brought as the guide says."""
    before = Before(machine)
    machine.run(BACKUP)
    other = machines.Machine()
    try:
        other.run("useradd --system --user-group -u 10077 scep && mkdir /var/srv")
        for name in ("conf-available", "conf-enabled"):
            if name == "conf-available":
                shutil.copy(machine.path(f"/etc/apache2/{name}/scep.conf"),
                            other.path(f"/etc/apache2/{name}"))
        shutil.copytree(machine.path("/var/backups/mod_scep"),
                        other.path("/var/backups/mod_scep"))
        os.mkdir(other.path("/etc/mod_scep"))
        for name in ("ca.key", "ra.key", "htpasswd"):
            shutil.copy(machine.path("/etc/mod_scep/" + name),
                        other.path("/etc/mod_scep"))
        machine.run("systemctl stop apache2")
        # /srv is the real machine's
        other.run(ELSEWHERE.replace("/srv", "/var/srv").replace(
            "--user scep --group scep", f"--user {user} --group {user}"))
        other.run("""
            chown root:scep /etc/mod_scep/htpasswd
            sed -i 's/^export APACHE_RUN_\\(USER\\|GROUP\\)=.*/export APACHE_RUN_\\1=scep/' /etc/apache2/envvars
            echo 'ScepStateDir /var/srv/mod_scep' >>/etc/apache2/conf-available/scep.conf
            a2enconf scep
            systemctl start apache2""")
        before.check(other, "/var/srv/mod_scep")
    finally:
        other.close()


def test_restored_by_hand(machine):
    before = Before(machine)
    machine.run(BY_HAND)
    machine.run("""
        systemctl stop apache2
        mv /var/lib/mod_scep /var/old
        mkdir /var/lib/mod_scep
        cp /var/backups/scep.db /var/old/challenge.key /var/old/master-password.cms /var/lib/mod_scep
        """ + OWNERS + "\nsystemctl start apache2")
    before.check(machine)


def test_lost(machine):
    Before(machine)
    machine.run("systemctl stop apache2; rm /var/lib/mod_scep/scep.db*")
    said = machine.fails("apachectl configtest")
    assert "scep.db is gone" in said and ANEW in said
    machine.run(ANEW + "\nsystemctl start apache2")
    assert enrol(machine, machine.draw(), "anew")
