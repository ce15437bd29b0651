# Licensed under the Apache License, Version 2.0; see LICENSE.
"""`httpd -t` finds what would keep a server from starting, as far as it can
without changing anything, asking for anything or connecting to anything."""
import os
import pwd
import shutil

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

import scepclient as scep
from httpdserver import (CA_USAGE, ENCRYPT, ROOT, SIGN, USER, Pair, key_pem,
                         make_cert, pem, test_ca)
from test_config import ec_ca, refused

pytestmark = pytest.mark.any_mpm(
    reason="read by the parent, before there are children")

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
    refused(server, "SCEP0001", "virtual host vpn.example, ",
            f"ScepMasterPasswordFile {server.path('state')}"
            "/master-password.cms is also that of main server",
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
    refused(make(SINGLE + section), "<ScepCA vpn> of main server, ",
            "master-password.cms is also that of main server")
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


# ---- who decrypts ----

@pytest.mark.parametrize("passphrase", (None, "secret words"))
def test_ec_ca_needs_an_ra(make, passphrase):
    """Whatever its key is, the certificate tells."""
    ca = ec_ca()
    server = make(pairs=(ca, None))
    server.write("ca.key", key_pem(ca.key, passphrase), 0o600)
    refused(server, "no RSA key here", "ScepRACertificateFile")


def test_rsa_ca_with_a_passphrase_may_do_without(make):
    key = scep.shared_key("alone")
    ca = Pair(make_cert("CA alone", key, ca=True,
                        usage=CA_USAGE + (SIGN, ENCRYPT)), key)
    server = make("ScepPassPhraseDialog exec:/bin/false\n", pairs=(ca, None))
    server.write("ca.key", key_pem(key, "secret words"), 0o600)
    status, said = server.check()
    assert (status, said.strip()) == (0, "Syntax OK")


def test_ra_that_only_signs_with_an_ec_ca(make):
    ca = ec_ca()
    key = scep.shared_key("ra")
    server = make(pairs=(ca, Pair(make_cert("Signer", key, ca,
                                            usage=(SIGN,)), key)))
    refused(server, "no RSA key here", "ScepRACertificateFile")


# ---- the state directory ----

@pytest.mark.skipif(not ROOT, reason="needs users to choose from")
def test_foreign_state_dir(make):
    server = make("ScepStateDir foreign\n")
    server.write("foreign/file", "something\n")
    refused(server, f"ScepStateDir {server.path('foreign')} belongs to uid 0",
            "chown")


def test_state_dir_with_other_files(make):
    server = make("ScepStateDir own\n")
    server.write("own/file", "something\n")
    os.chmod(server.path("own"), 0o755)
    if ROOT:
        os.chown(server.path("own"), pwd.getpwnam(USER).pw_uid, -1)
    refused(server, f"ScepStateDir {server.path('own')} has mode 755", "chmod")


@pytest.mark.parametrize("content, mode, text", (
    (b"short", 0o600, "has 5 octets instead of 32"),
    (b"0" * 32, 0o644, "chmod it to 600")))
def test_password_key(make, content, mode, text):
    server = make()
    server.start()
    server.stop()
    server.write("state/challenge.key", content, mode)
    refused(server, "ScepStateDir", server.path("state/challenge.key"), text)


# ---- the database ----

def link_away(path):
    os.rename(path, path + ".real")
    os.symlink(path + ".real", path)


def second_name(path):
    os.link(path, path + ".second")


def garbage(path):
    with open(path, "r+b") as file:
        file.write(b"garbage instead of the head of the file")


def folder(path):
    os.unlink(path)
    os.mkdir(path)


def owner(path):
    os.chown(path, pwd.getpwnam("nobody").pw_uid, -1)


@pytest.mark.parametrize("harm, text", (
    (link_away, "symbolic link; name the file itself"),
    (second_name, "hard links"), (garbage, "is no SQLite database"),
    (folder, "is not a regular file"),
    pytest.param(owner, "chown it", marks=pytest.mark.skipif(
        not ROOT, reason="needs users to choose from"))))
def test_database(make, harm, text):
    server = make()
    server.start()
    server.stop()
    harm(server.path("state", "scep.db"))
    refused(server, "ScepDatabase sqlite3", server.path("state/scep.db"), text)


def test_journal(make):
    server = make()
    server.start()
    server.stop()
    os.symlink("/etc/passwd", server.path("state", "scep.db-wal"))
    refused(server, "ScepDatabase sqlite3", "scep.db-wal", "symbolic link")
    os.unlink(server.path("state", "scep.db-wal"))
    accepted(server)


# ---- keys and certificates in other forms ----

FILES = {"ScepCACertificateFile": "ca.crt", "ScepCAKey": "ca.key",
         "ScepRACertificateFile": "ra.crt", "ScepRAKey": "ra.key",
         "ScepCAChainFile": "chain.crt", "ScepRenewalTrust": "trust.crt",
         "ScepNextCACertificateFile": "next.crt", "ScepNextCAKey": "next.key"}


def pfx():
    ca = test_ca()[0]
    return pkcs12.serialize_key_and_certificates(
        b"CEP", ca.key, ca.cert, None,
        serialization.BestAvailableEncryption(b"pw"))


@pytest.mark.parametrize("directive", FILES)
def test_forms_of_files(make, directive):
    """They are recognised for each directive, and the cure is named."""
    server = make("ScepCAChainFile chain.crt\nScepRenewalTrust trust.crt\n" + (
        "ScepNextCACertificateFile next.crt\nScepNextCAKey next.key\n"
        if "Next" in directive else ""))
    for name in ("chain.crt", "trust.crt", "next.crt"):
        shutil.copy(server.path("ca.crt"), server.path(name))
    shutil.copy(server.path("ca.key"), server.path("next.key"))
    key = directive.endswith("Key")
    for data, said in (
            (pfx(), "openssl pkcs12 -in "),
            (pem(test_ca()[0].cert).decode("ascii").encode("utf-16"),
             "iconv -f UTF-16"),
            (b"-----BEGIN OPENSSH PRIVATE KEY-----\n", "OpenSSH"),
            (b"-----BEGIN CERTIFICATE REQUEST-----\n", "(CSR)"),
            (pem(test_ca()[0].cert) if key else key_pem(test_ca()[0].key),
             "name the private key's file" if key
             else "name the certificate's file")):
        server.write(FILES[directive], data, 0o600)
        refused(server, directive, FILES[directive], said)


# ---- the CAs of ScepRenewalTrust ----

def two_trusts(first, second):
    return (f"ScepRenewalTrust {first}\n<Location /x>\nSetHandler scep\n"
            f"ScepRenewalTrust ca.crt\nScepRenewalTrust {second}\n"
            "</Location>\n")


@pytest.mark.parametrize("extra, vhosts, line", (
    (two_trusts("nothing.crt", "ca.crt"), "", "nothing.crt"),
    (two_trusts("ca.crt", "nothing.crt"), "", "nothing.crt"),
    (two_trusts("ca.crt", "ra.crt"), "", "ra.crt"),
    ("", host(two_trusts("ra.crt", "ca.crt")), "ra.crt")))
def test_renewal_trust(make, extra, vhosts, line):
    server = make(extra, vhosts=vhosts)
    said = refused(server, "SCEP0029", "ScepRenewalTrust: ",
                   f"{server.path('httpd.conf')}:", server.path(line),
                   "No such file" if line == "nothing.crt" else
                   "is no CA's certificate; name the CAs")
    assert said.count("SCEP0029") == 1
    server.expect("SCEP0029", "AH00014")
    assert "SCEP0029" in server.start_fails()


def test_renewal_trust_of_hosts_that_say_nothing(make):
    """They share the record of the main server, which reads its own."""
    said = refused(make("ScepRenewalTrust nothing.crt\n",
                        vhosts=2 * host()), "SCEP0029")
    assert said.count("SCEP0029") == 1


# ---- the legacy level ----

def test_legacy_level_where_nothing_is_served(make, monkeypatch):
    """A server without ScepEngine On needs no provider of OpenSSL's."""
    server = make(vhosts=host("ScepEngine Off", "ScepAlgorithms legacy"))
    server.replace_conf("SetHandler scep\nScepAlgorithms legacy",
                        "SetHandler scep")
    environment = server.environment()
    monkeypatch.setattr(server, "environment", lambda: {
        **environment, "OPENSSL_MODULES": server.dir})
    accepted(server)
