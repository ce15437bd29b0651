# Licensed under the Apache License, Version 2.0; see LICENSE.
"""A machine of its own to follow the guide on: mod_scep is installed, httpd is
Debian's, and commands run as they are written.

It is a mount and a network namespace: /etc is a copy; /var, /run, /usr/local
and httpd's folder of modules are new; port 80 is free. There is no systemd:
`systemctl' calls apachectl. SCEP_BUILD_DIR is the build tree.
"""
import os
import re
import shutil
import subprocess
import tempfile
import time

from guide import TOP

BUILD = os.environ.get("SCEP_BUILD_DIR", os.path.join(TOP, "build"))
MODULES = "/usr/lib/apache2/modules"
PLACES = ("/etc", "/var", "/run", "/usr/local", MODULES)
TIMEOUT = 60  # seconds, for each command
SYSTEMCTL = """#!/bin/sh
# `systemctl VERB apache2' without systemd, which waits as systemd does
case $1 in
stop)
    pid=$(cat /run/apache2/apache2.pid 2>/dev/null) || exit 0
    apachectl stop
    while [ -e "/proc/$pid" ]; do sleep 0.05; done
    ;;
reload) apachectl graceful ;;
restart) "$0" stop apache2 && "$0" start apache2 ;;
start)
    apachectl start || exit
    for i in $(seq 100); do [ -s /run/apache2/apache2.pid ] && exit; sleep 0.05; done
    exit 1
    ;;
esac
"""
LOOPBACK = """
import fcntl, socket, struct
with socket.socket() as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 1))
"""


def possible():
    """Namespaces can be had, and this is a Debian with httpd."""
    return (os.geteuid() == 0 and os.path.isdir(MODULES)
            and shutil.which("apache2ctl") is not None
            and subprocess.run(["unshare", "-m", "-n", "true"], check=False,
                               capture_output=True).returncode == 0)


class Machine:
    """MACHINE.run(text) types TEXT in; MACHINE.path("/etc/x") is where the
    test finds that file."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="scep-guide-")
        os.chmod(self.dir, 0o755)
        self.make_places()
        self.install()
        self.holder = subprocess.Popen(
            ["unshare", "-m", "-n", "sh", "-c",
             "mount --make-rprivate / && " + "".join(
                 f"mount --bind {self.path(place)} {place} && "
                 for place in PLACES) + "echo ready && exec cat"],  # until this process ends
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.holder.stdout.readline() == "ready\n"
        self.run(f"/usr/bin/python3 - <<'END'{LOOPBACK}END")

    def path(self, path):
        return self.dir + path

    def make_places(self):
        shutil.copytree("/etc", self.path("/etc"), symlinks=True)
        shutil.copytree(MODULES, self.path(MODULES))
        for name in ("var/lib", "var/log/apache2", "var/backups", "var/cache",
                     "var/www/html", "run/apache2", "run/lock",
                     "usr/local/bin", "usr/local/sbin", "usr/local/share/doc"):
            os.makedirs(self.path("/" + name))
        os.makedirs(self.path("/var/tmp"), 0o1777)
        os.symlink("/run", self.path("/var/run"))
        os.symlink("/run/lock", self.path("/var/lock"))
        for name in os.listdir(self.path("/etc/apache2/sites-enabled")):
            if name.startswith("scep"):
                os.unlink(self.path("/etc/apache2/sites-enabled/" + name))
        self.write("/etc/apache2/conf-enabled/name.conf",
                   "ServerName localhost\n")

    def install(self):
        """As `make install' does."""
        shutil.copy(os.path.join(BUILD, ".libs", "mod_scep.so"),
                    self.path(MODULES))
        shutil.copy(os.path.join(BUILD, "scepctl"),
                    self.path("/usr/local/bin"))
        doc = self.path("/usr/local/share/doc/mod_scep")
        os.mkdir(doc)
        shutil.copytree(os.path.join(TOP, "conf.d"),
                        os.path.join(doc, "conf.d"))
        self.write("/usr/local/sbin/systemctl", SYSTEMCTL, 0o755)

    def write(self, path, text, mode=0o644):
        with open(self.path(path), "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)

    def try_to(self, text, stdin=""):
        """Type TEXT in, stop at the first line that fails: the finished
        process, its output and errors together in stdout."""
        return subprocess.run(
            ["nsenter", "-t", str(self.holder.pid), "-m", "-n",
             "bash", "-e", "-o", "pipefail", "-c", text],
            input=stdin, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False, timeout=TIMEOUT, cwd="/",
            env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
                         "/sbin:/bin", "HOME": "/root", "LC_ALL": "C"})

    def run(self, text, stdin=""):
        """The same, and it must succeed: what it printed."""
        done = self.try_to(text, stdin)
        assert done.returncode == 0, (
            f"{text}\n-> status {done.returncode}\n{done.stdout}"
            f"\n{self.error_log()}")
        return done.stdout

    def fails(self, text, stdin=""):
        """The same, and it must fail."""
        done = self.try_to(text, stdin)
        assert done.returncode != 0, f"{text}\n{done.stdout}"
        return done.stdout

    def error_log(self):
        try:
            with open(self.path("/var/log/apache2/error.log"),
                      encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def set_up(self):
        """Sections 2 and 3 of the guide, in short: a CA, and an httpd that
        serves, with a user `admin' whose password is `secret'."""
        self.run("""
            scepctl init --subject "CN=Device CA,O=Example"
            cp /usr/local/share/doc/mod_scep/conf.d/scep-minimal.conf \
                /etc/apache2/conf-available/scep.conf
            sed -i 's,modules/mod_scep,/usr/lib/apache2/modules/mod_scep,' \
                /etc/apache2/conf-available/scep.conf
            htpasswd -bc /etc/mod_scep/htpasswd admin secret
            chgrp www-data /etc/mod_scep/htpasswd
            chmod 640 /etc/mod_scep/htpasswd
            a2enconf scep
            systemctl start apache2""")
        return self

    def draw(self):
        """A one-time password."""
        page = self.run("curl -s -u admin:secret http://localhost/certsrv/"
                        "mscep_admin/ | iconv -f UTF-16 -t UTF-8")
        return re.search(r"password is: <B> ([0-9A-F]+)", page)[1]

    def close(self):
        self.try_to("systemctl stop apache2")
        self.holder.stdin.close()
        self.holder.wait(TIMEOUT)
        self.holder.stdout.close()
        for _ in range(20):  # processes that still end may write
            shutil.rmtree(self.dir, ignore_errors=True)
            if not os.path.exists(self.dir):
                return
            time.sleep(0.05)
