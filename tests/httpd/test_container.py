# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Keys as container platforms mount them, and httpd as a user that owns
nothing: Kubernetes gives a Secret as root's files behind symbolic links,
OpenShift runs the server as any uid of group 0."""
import os
import subprocess

import pytest

import scepclient as scep
from httpdserver import ROOT, TIMEOUT, Server

pytestmark = [
    pytest.mark.skipif(not ROOT, reason="becomes another user"),
    pytest.mark.any_mpm(reason="opened by the parent, before there are children")]
ANY_UID = 1000620000
SECRETS = ("ca.crt", "ca.key", "ra.crt", "ra.key")
CONF = "".join(f"{directive} secret/{name}\n" for directive, name in (
    ("ScepCACertificateFile", "ca.crt"), ("ScepCAKey", "ca.key"),
    ("ScepRACertificateFile", "ra.crt"), ("ScepRAKey", "ra.key")))


class Container(Server):
    """A Server that runs as ANY_UID from the start; its files are root's."""

    def __init__(self, state="volume/scep", mode=0o440, group=0):
        super().__init__(scep_conf="ScepEngine On\n" + CONF +
                         f"ScepStateDir {state}\n" + self.admin_conf())
        self.secret("..2026", mode, group)
        for place in ("volume", ""):
            os.makedirs(self.path(place), exist_ok=True)
            os.chown(self.path(place), 0, group)
            os.chmod(self.path(place), 0o2775)
        self.group_id = group

    def secret(self, version, mode, group):
        """A Secret volume: name -> ..data/name, ..data -> a version."""
        for name in SECRETS:
            path = self.path("secret", version, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            os.rename(self.path(name), path)
            os.chmod(path, mode)
            os.chown(path, 0, group)
            os.symlink(f"..data/{name}", self.path("secret", name))
        os.symlink(version, self.path("secret", "..data"))

    def command(self, *more):
        return ["setpriv", "--reuid", str(ANY_UID), "--regid",
                str(self.group_id), "--clear-groups", "--"
                ] + super().command(*more)


@pytest.fixture(name="container")
def fixture_container():
    made = []

    def make(**arguments):
        made.append(Container(**arguments))
        return made[-1]

    yield make
    for server in made:
        if server.running():
            server.stop()
        left = server.unexpected()
        server.close()
        assert left == []


@pytest.mark.parametrize("mode", (0o440, 0o444, 0o640))
def test_mounted_secret(container, mode):
    server = container(mode=mode)
    if mode & 0o004:
        server.expect("SCEP0061")
    assert server.check() == (0, "Syntax OK\n")
    server.start()
    request = scep.Request(server.ra_cert, server.draw(), "pod",
                           key=scep.shared_key(0))
    assert server.reply(server.endpoint().post(request.der()),
                        request).status == scep.SUCCESS
    assert server.count("SCEP0061") == (2 if mode & 0o004 else 0)


class Locked(Container):
    """As a container with a read-only root: only the server's own folder (log,
    PID file, state) can be written to, and the secret not even there."""
    SCRIPT = """
mount --bind "$1" "$1" && mount --bind "$1/secret" "$1/secret" &&
mount -o remount,bind,ro "$1/secret" && mount -o remount,bind,ro / &&
! touch /tmp/x 2>/dev/null && shift && exec "$@"
"""

    def command(self, *more):
        return ["unshare", "-m", "sh", "-c", self.SCRIPT, "sh", self.dir
                ] + super().command(*more)


def test_read_only_root():
    if subprocess.run(["unshare", "-m", "sh", "-c",
                       "mount -o remount,bind,ro /"], check=False,
                      capture_output=True).returncode != 0:
        pytest.skip("no namespaces here")
    server = Locked()
    try:
        server.start()
        request = scep.Request(server.ra_cert, server.draw(), "locked",
                               key=scep.shared_key(0))
        assert server.reply(server.endpoint().post(request.der()),
                            request).status == scep.SUCCESS
        server.stop()
        assert server.unexpected() == []
    finally:
        server.close()


def test_secret_that_others_can_write(container):
    server = container(mode=0o646)
    status, said = server.check()
    assert status != 0
    assert "ScepCAKey" in said and "chmod it to 440" in said


def test_another_users_key(container):
    """The cure is one that this user has."""
    server = container()
    os.chown(server.path("secret", "ca.key"), 33, 0)
    status, said = server.check()
    assert status != 0
    assert (f"chown it to root or to uid {ANY_UID}, as which this runs, or "
            "mount it read-only") in said


def test_volume_of_another_user(container):
    server = container(state="volume")
    server.run(subprocess.DEVNULL)
    server.process.wait(TIMEOUT)
    said = server.error_log()
    assert "SCEP0003" in said and "name one below it" in said
    assert server.path("volume", "scep") in said or "volume/scep" in said
    server.expect("SCEP0003", "AH00020")


@pytest.mark.parametrize("mode,owner,read_only,fault", (
    (0o440, 0, True, None), (0o444, 0, True, None), (0o400, 33, True, None),
    (0o440, 0, False, "chmod it to 600"), (0o400, 33, False, "chown it")))
def test_read_only_mount(httpd, mode, owner, read_only, fault):
    """Root cannot close what is mounted read-only, nor can anybody change
    it."""
    server = httpd(start=False)
    os.mkdir(server.path("mount"))
    for name in ("ca.key", "ra.key"):
        os.rename(server.path(name), server.path("mount", name))
        os.symlink(server.path("mount", name), server.path(name))
        os.chmod(server.path("mount", name), mode)
        os.chown(server.path("mount", name), owner, 0)
    place = server.path("mount")
    options = "remount,bind,ro" if read_only else "remount,bind"
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", 'mount --bind "$1" "$1" && '
         'mount -o "$2" "$1" && shift 2 && exec "$@"', "sh", place, options]
        + server.command("-t"), text=True, check=False, timeout=TIMEOUT,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=server.environment())
    if "mount:" in done.stdout or "unshare:" in done.stdout:
        pytest.skip("no namespaces here: " + done.stdout)
    if fault:
        assert done.returncode != 0 and fault in done.stdout
    else:
        assert (done.returncode, done.stdout) == (0, "Syntax OK\n")
