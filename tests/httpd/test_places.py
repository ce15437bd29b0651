# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Each message about the configuration names the line of the directive at
fault, wherever it stands, and is given once for all servers it concerns."""
import datetime
import os
import re

import pytest

from httpdserver import ENCRYPT, SIGN, make_cert, pem
from test_config_start import OWN_CA, host, vpn_files

pytestmark = pytest.mark.any_mpm(
    reason="read by the parent, before there are children")

# Nobody is to draw passwords here, or a warning would tell of the page.
CLOSED = "<Location /certsrv/mscep_admin>\nRequire all denied\n</Location>\n"
HERE = "#here"  # ends the line that is to be named


@pytest.fixture(name="make")
def fixture_make(httpd):
    """make(**Server's arguments) is not started, has another CA's files, and
    the lines that end with HERE noted in `server.places`."""
    def make(**more):
        server = httpd(start=False, files=vpn_files(), extra=CLOSED, **more)
        server.places = []
        for name in os.listdir(server.dir):
            if name.endswith(".conf"):
                mark(server, name)
        return server
    return make


def mark(server, name):
    with open(server.path(name), encoding="ascii") as file:
        lines = file.read().split("\n")
    server.places += [f"{server.path(name)}:{number}"
                      for number, line in enumerate(lines, 1)
                      if line.endswith(HERE)]
    server.write(name, "\n".join(line.removesuffix(HERE) for line in lines))


def named(server, said):
    """Places in what SAID of ours."""
    return [place for line in said.splitlines() if "SCEP0" in line
            for place in re.findall(re.escape(server.dir) + r"/\w+\.conf:\d+",
                                    line)]


def base(**changes):
    """The server's directives, each on a line; CHANGES by name."""
    lines = {"ScepEngine": "On", "ScepStateDir": "state",
             "ScepCACertificateFile": "ca.crt", "ScepCAKey": "ca.key",
             "ScepRACertificateFile": "ra.crt", "ScepRAKey": "ra.key"}
    lines.update(changes)
    return "".join(f"{name} {value}\n" for name, value in lines.items()
                   if value is not None)


FAULTS = {
    "backend": base(ScepCABackend="acme" + HERE),
    "certificate": base(ScepCACertificateFile="nothing.crt" + HERE),
    "key": base(ScepCAKey="nothing.key" + HERE),
    "key of another": base(ScepCAKey="vpn-ca.key" + HERE),
    "no key": base(ScepCAKey=None, ScepCACertificateFile="ca.crt" + HERE),
    "nothing": "ScepEngine On" + HERE + "\n",
    "chain": base(ScepCAChainFile="vpn-ca.crt" + HERE),
    "second RA": base() + f"ScepRACertificateFile nothing.crt{HERE}\n"
    "ScepRAKey ra.key\n",
    "second RA's key": base() + "ScepRACertificateFile new-ra.crt\n"
    f"ScepRAKey ra.key{HERE}\n",
    "unpaired RA": base() + f"ScepRAKey vpn-ra.key{HERE}\n",
    "RA directory": base(ScepRADirectory="nothing" + HERE),
    "next CA": base(ScepNextCACertificateFile="nothing.crt" + HERE),
    "next CA alone": base(ScepNextCAKey="vpn-ca.key" + HERE),
    "state": base(ScepStateDir="/nonexistent/a/b" + HERE),
    "database": base(ScepDatabase="sqlite3 /nonexistent/x.db" + HERE),
    "profile": base(ScepProfile="missing" + HERE),
    "CA": base(ScepCA="missing" + HERE),
    "trust": base() + "ScepRenewalTrust ca.crt\n"
    f"ScepRenewalTrust nothing.crt{HERE}\n",
    "source": base(ScepChallenge=f"one-time exec:/nonexistent{HERE}"),
    "in a location": base() + "ScepProfile device\n<Location /x>\n"
    f"ScepProfile missing{HERE}\n</Location>\n",
    "section": base() + f"<Location /CertSrv/mscep>{HERE}\n</Location>\n",
    "second section": base() + "<Location /certsrv/mscep>\n</Location>\n"
    f"<LocationMatch \"pkiclient[.]exe$\">{HERE}\n</LocationMatch>\n",
    "section for a CA": base() + "<ScepCA vpn>\n" + OWN_CA.replace(
        "vpn-ca.key", "ca.key" + HERE) + "</ScepCA>\n",
}


@pytest.mark.parametrize("how", ("main", "host", "include", "hosts"))
@pytest.mark.parametrize("fault", FAULTS)
def test_line(make, fault, how):
    conf = FAULTS[fault]
    if how == "main":
        server = make(scep_conf=conf)
    elif how == "host":
        server = make(scep_conf="ScepCRLValidity 1d\n", vhosts=host(conf))
    elif how == "include":
        server = make(scep_conf="Include @DIR@/own.conf\n")
        server.write("own.conf", conf)
        mark(server, "own.conf")
    else:  # all of them have it from the main server
        server = make(scep_conf=conf, vhosts=host("ScepCRLValidity 2d")
                      + host("ScepRetryWindow 1m") + host())
    status, said = server.check()
    assert status != 0 and len(server.places) == 1, said
    assert named(server, said) == server.places, said
    if how == "main":  # and so does a start
        server.expect("SCEP00", "AH00014", "AH00020")
        assert set(named(server, server.start_fails())) == set(server.places)


# What only a start finds. Nobody can make a file in /proc.
AT_A_START = {
    "database": base(ScepDatabase="sqlite3 /proc/x.db" + HERE),
    "master password": base(ScepUseSinglePassword="On",
                            ScepMasterPasswordFile="/proc/x.cms" + HERE),
}


@pytest.mark.parametrize("fault", AT_A_START)
def test_line_at_a_start(make, fault):
    server = make(scep_conf=AT_A_START[fault])
    server.expect("SCEP00", "AH00014", "AH00020")
    assert set(named(server, server.start_fails())) == set(server.places)


def test_line_of_the_default_database(make):
    """It belongs to the state directory where no ScepDatabase is set."""
    server = make(scep_conf=base(ScepStateDir="state" + HERE))
    server.write("state/scep.db", "no database\n", 0o600)
    server.write("state/first-start", "", 0o600)
    os.chmod(server.path("state"), 0o700)
    status, said = server.check()
    assert status != 0 and "is no SQLite database" in said, said
    assert named(server, said) == server.places, said


def test_what_a_host_replaces(make):
    """A host with a CA of its own has nothing of the main server's, and one
    that only says another key has that line."""
    server = make(scep_conf=base(), vhosts=host(
        f"ScepCACertificateFile vpn-ca.crt{HERE}"))
    said = server.check()[1]
    assert "ScepCAKey is not set" in said
    assert named(server, said) == server.places
    server = make(scep_conf=base(), vhosts=host(f"ScepCAKey ra.key{HERE}"))
    assert named(server, server.check()[1]) == server.places


def test_each_fault_of_several_hosts(make):
    server = make(scep_conf="", vhosts=host(base(ScepCAKey="no.key" + HERE))
                  + host(base(ScepStateDir="/nonexistent/a/b" + HERE)))
    assert sorted(named(server, server.check()[1])) == sorted(server.places)


def test_warning(make):
    """Told once, by -t and by a start, of what several hosts have."""
    server = make(scep_conf=base(
        ScepRACertificateFile=f"ra.crt{HERE}"), vhosts=2 * host(
            "ScepRetryWindow 1m"))
    server.write("ra.crt", pem(make_cert(
        "Old RA", server.ra.key, server.ca, usage=(SIGN, ENCRYPT), days=-1,
        start=datetime.timedelta(days=-9))))
    server.expect("SCEP0351")
    status, said = server.check()
    assert status == 0 and said.count("SCEP0351") == 1, said
    assert named(server, said) == server.places
    server.start()
    lines = [line for line in server.error_log().splitlines()
             if "SCEP0351" in line]
    assert named(server, "\n".join(lines)) == server.places


def test_restart(make):
    """SCEP0014, too."""
    server = make(scep_conf=base(ScepCAKey=f"ca.key{HERE}"))
    server.start()
    os.rename(server.path("ca.key"), server.path("away"))
    server.expect("SCEP0014")
    server.graceful()
    lines = [line for line in server.error_log().splitlines()
             if "SCEP0014" in line]
    assert named(server, "\n".join(lines)) == server.places
