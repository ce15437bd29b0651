# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What would keep a server from starting is found by `httpd -t`, as far as
that may look: it changes nothing, asks for nothing and connects to nothing."""
import os

import pytest

import scepclient as scep
from httpdserver import (CA_USAGE, ENCRYPT, SIGN, Pair, key_pem, make_cert,
                         pem, test_ca)
from test_config import refused

test_ca.__test__ = False

SINGLE = "ScepChallenge single\n"
OWN_CA = ("ScepCACertificateFile vpn-ca.crt\nScepCAKey vpn-ca.key\n"
          "ScepRACertificateFile vpn-ra.crt\nScepRAKey vpn-ra.key\n")


def host(*lines):
    return "\n".join(("<VirtualHost *:*>", "ServerName vpn.example", *lines,
                      "</VirtualHost>\n"))


def vpn_files():
    """A CA besides the server's."""
    keys = scep.shared_key(10), scep.shared_key(11)
    ca = Pair(make_cert("VPN CA", keys[0], ca=True, usage=CA_USAGE + (SIGN,)),
              keys[0])
    ra = make_cert("VPN RA", keys[1], ca, usage=(SIGN, ENCRYPT))
    return {"vpn-ca.crt": (pem(ca.cert), 0o644),
            "vpn-ca.key": (key_pem(keys[0]), 0o600),
            "vpn-ra.crt": (pem(ra), 0o644),
            "vpn-ra.key": (key_pem(keys[1]), 0o600),
            "new-ra.crt": (pem(make_cert("New RA", keys[1], test_ca()[0],
                                         usage=(SIGN, ENCRYPT))), 0o644),
            "new-ra.key": (key_pem(keys[1]), 0o600)}


@pytest.fixture(name="make")
def fixture_make(httpd):
    """make(extra): a server that is not started, with another CA's files."""
    return lambda extra="", **more: httpd(start=False, extra=extra,
                                          files=vpn_files(), **more)


def accepted(server):
    """By -t; and then it starts."""
    status, said = server.check()
    assert (status, said.strip()) == (0, "Syntax OK")
    server.start()


# ---- the master password's file ----

def test_master_file_of_two_cas(make):
    """One file cannot be encrypted to two RAs."""
    server = make(SINGLE, vhosts=host(OWN_CA))
    refused(server, "SCEP0001", "virtual host vpn.example (",
            f"ScepMasterPasswordFile {server.path('state')}"
            "/master-password.cms is that of main server, too",
            "a ScepMasterPasswordFile of its own")
    server.expect("SCEP0001", "AH00014")
    server.start_fails()


@pytest.mark.parametrize("line", (
    "ScepMasterPasswordFile vpn.cms",  # the cure
    "ScepEngine Off"))
def test_master_file_of_each_ca(make, line):
    server = make(SINGLE, vhosts=host(OWN_CA + line))
    accepted(server)


def test_master_file_of_two_hosts_with_one_ca(make):
    accepted(make(SINGLE, vhosts=host("ScepCRLValidity 1d")
                  + host("ScepRetryWindow 1m")))


def test_master_file_of_two_cas_without_single(make):
    accepted(make(vhosts=host(OWN_CA)))


def test_master_file_named_for_a_section_and_its_server(make):
    section = (f"<ScepCA vpn>\n{OWN_CA}ScepMasterPasswordFile "
               "master-password.cms\n</ScepCA>\n")
    refused(make(SINGLE + section), "<ScepCA vpn> at ",
            "master-password.cms is that of main server, too")
    accepted(make(SINGLE + section.replace(
        "master-password.cms", "other.cms")))


def test_master_file_while_the_ra_is_renewed(make):
    """Each knows the other's newest pair: both can read what either wrote."""
    other = "ScepRACertificateFile new-ra.crt\nScepRAKey new-ra.key\n"
    own = "ScepRACertificateFile ra.crt\nScepRAKey ra.key\n"
    server = make(SINGLE + other, vhosts=host(other + own))
    accepted(server)
    assert server.draw()


def test_master_file_for_another_ra(make):
    server = make(SINGLE)
    server.start()
    server.stop()
    server.replace_conf("ra.crt", "vpn-ra.crt")
    server.replace_conf("ra.key", "vpn-ra.key")
    server.expect("SCEP0011")
    refused(server, "ScepMasterPasswordFile", "master-password.cms")


@pytest.mark.parametrize("mode, data", ((0o600, "garbage\n"), (0o644, None)))
def test_master_file_damaged(make, mode, data):
    server = make(SINGLE)
    server.start()
    server.stop()
    path = server.path("state", "master-password.cms")
    if data is not None:
        server.write("state/master-password.cms", data, mode)
    os.chmod(path, mode)
    refused(server, "ScepMasterPasswordFile", path)


def test_master_file_without_directory(make):
    refused(make(SINGLE + "ScepMasterPasswordFile /nonexistent/x.cms\n"),
            "ScepMasterPasswordFile /nonexistent/x.cms",
            "no directory /nonexistent", "make it")
