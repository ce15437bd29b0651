# Licensed under the Apache License, Version 2.0; see LICENSE.
"""`httpd -t`: it refuses what is wrong, with directive, file and cure, and
leaves no trace."""
import datetime
import os
import pwd
import re

import pytest

import scepclient as scep
from httpdserver import (CA_USAGE, ENCRYPT, ROOT, SIGN, USER, Pair, key_pem,
                         make_cert, pem, test_ca)

pytestmark = pytest.mark.any_mpm(
    reason="read by the parent, before there are children")

test_ca.__test__ = False
TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
DIRECTIVES = re.compile(r'^    [A-Z]+\((?:\w+, )?"(Scep\w+)"', re.M)


def refused(server, *texts):
    """-t refuses, and says all of TEXTS."""
    status, said = server.check()
    assert status != 0, said
    for text in texts:
        assert text in said, said
    return said


@pytest.fixture(name="make")
def fixture_make(httpd):
    """make(extra): a server that is not started."""
    return lambda extra="", **more: httpd(start=False, extra=extra, **more)


def test_good(make):
    server = make()
    status, said = server.check()
    assert (status, said.strip()) == (0, "Syntax OK")
    # and nothing was made
    assert not os.path.exists(server.path("state"))
    assert not os.path.exists(server.path("error.log"))


LONG = "x" * 5000  # as a path
LIMITS = [
    ("ScepEngine Maybe", "ScepEngine must be On or Off"),
    ("ScepStateDir", "ScepStateDir takes one argument"),
    (f"ScepStateDir {LONG}", "that is no valid path"),
    ("ScepDatabase mysql x", "ScepDatabase mysql: the driver must be sqlite3 "
     "or pgsql"),
    ("ScepDatabase pgsql", "ScepDatabase pgsql: parameters are wanted, as in "
     '"host=db.example.com dbname=scep user=scep"'),
    ('ScepDatabase pgsql "dbname=x password=hush"', "a password stands in"),
    ("ScepDatabase a b c", "ScepDatabase takes 1-2 arguments"),
    ("ScepCABackend", "the name of a CA backend is wanted"),
    ("ScepCACertificateFile a b", "takes one argument"),
    (f"ScepCAKey {LONG}", "that is no valid path"),
    (f"ScepCAChainFile {LONG}", "that is no valid path"),
    (f"ScepRACertificateFile {LONG}", "that is no valid path"),
    (f"ScepRAKey {LONG}", "that is no valid path"),
    (f"ScepRADirectory {LONG}", "that is no valid path"),
    (f"ScepNextCACertificateFile {LONG}", "that is no valid path"),
    (f"ScepNextCAKey {LONG}", "that is no valid path"),
    ("ScepCRLValidity 59s", "a time"),
    ("ScepCRLDistributionPoint https://a/b", "http:// or ldap:// URL"),
    ('ScepCRLDistributionPoint "http://a b"', "http:// or ldap:// URL"),
    ("ScepPassPhraseDialog maybe", "builtin or exec:/path is wanted"),
    ("ScepPassPhraseDialog exec:", "that is no valid path"),
    ("ScepPasswordMax 15", "a number from 16 to 1000000 is wanted"),
    ("ScepPasswordMax 1000001", "a number from 16 to 1000000 is wanted"),
    ("ScepPasswordMax 20x", "a number from 16 to 1000000 is wanted"),
    ("ScepAlgorithms old", "modern, compatible or legacy is wanted"),
    ("ScepExecTimeout 0s", "a time"),
    ("ScepExecTimeout 2d", "a time"),
    ("ScepExecWorkers 0", "a number from 1 to 1000 is wanted"),
    ("ScepExecWorkers 1001", "a number from 1 to 1000 is wanted"),
    (f"ScepChallenge {' '.join(f'authn:{i}' for i in range(9))}",
     "the list is too long"),
    ("ScepChallenge single single", "that source is in the list already"),
    ("ScepChallenge none single", "nothing can come after none"),
    ("ScepChallenge single\nScepUseSinglePassword On", "keep one of the two"),
    ("ScepUseSinglePassword On\nScepChallenge single", "keep one of the two"),
    ("ScepUseSinglePassword maybe", "must be On or Off"),
    ("ScepMasterPasswordFile a b", "takes one argument"),
    ("ScepPasswordLength 7", "a number from 8 to 64 is wanted"),
    ("ScepPasswordLength 65", "a number from 8 to 64 is wanted"),
    ("ScepPasswordLength 99999999999999999999", "from 8 to 64 is wanted"),
    ("ScepPasswordMaxPerUser 0", "a number from 1 to 1000000 is wanted"),
    ("ScepPasswordMaxPerUser 1000001", "from 1 to 1000000 is wanted"),
    ("ScepPasswordMaxPerUser none", "a number from 1 to 1000000 is wanted"),
    ("ScepPasswordMaxPerUser 5 6", "takes one argument"),
    ("ScepPasswordValidity 0", "a time from 1 seconds to 366 days"),
    ("ScepPasswordValidity 367d", "a time from 1 seconds to 366 days"),
    ("ScepPasswordValidity soon", "such as 90s, 20m, 8h, 2d or 1w"),
    ("ScepPasswordValidity -1", "such as 90s, 20m, 8h, 2d or 1w"),
    ("ScepPasswordValidity 1x", "such as 90s, 20m, 8h, 2d or 1w"),
    ("ScepPasswordValidity 1hx", "such as 90s"),
    ("ScepPasswordValidity 1hours2", "such as 90s"),
    ("ScepPasswordValidity 1.5h", "such as 90s"),
    ('ScepPasswordValidity "1 h"', "such as 90s"),
    ("ScepPasswordValidity 100ms", "such as 90s"),
    ("ScepPasswordValidity 99999999999999999999d", "such as 90s"),
    ("ScepFailureLimit 100/10mx", "ScepFailureLimit 100/10mx: a time"),
    ("ScepRenewalWindow 30d%", "ScepRenewalWindow 30d%: a number"),
    ("ScepRenewalWindow 20%%", "a number from 1 to 99 is wanted"),
    ("ScepRenewalWindow 2x%", "a number from 1 to 99 is wanted"),
    ("ScepRenewalWindow +20%", "a number from 1 to 99 is wanted"),
    ("ScepPasswordLength +9", "a number from 8 to 64 is wanted"),
    ('ScepPasswordLength " 9"', "a number from 8 to 64 is wanted"),
    ("ScepMaxRequestSize 64k", "a number from 4096 to 1048576 is wanted"),
    ("ScepMaxRequestSize 18446744073709617152", "a number from 4096 to"),
    ("ScepPasswordValidity xd", "such as 90s, 20m, 8h, 2d or 1w"),
    ("ScepRetryWindow 8d", "a time from 0 seconds to 7 days"),
    ("ScepRetryWindow m", "a time from 0 seconds to 7 days"),
    ("ScepProfileByKeyUsage a a a\nScepProfile a", "keep one of the two"),
    ("ScepProfile a\nScepProfileByKeyUsage a a a", "keep one of the two"),
    ("<ScepCA a>\nScepEngine On\n</ScepCA>", "ScepEngine cannot stand in it"),
    ("<ScepCA a>\n</ScepCA>", "ScepCACertificateFile (or ScepCABackend) must"),
    ("<ScepCA>\n</ScepCA>", "one name of letters"),
    ("ScepCAIdent x a\nScepCAIdent x b", "it stands for a CA already"),
    ("ScepECReply rsa", "password, key-agreement or refuse is wanted"),
    ("ScepNameRelax lenghts", "none, lengths or syntax is wanted"),
    ("ScepNameRelax none lengths", "none alone, or lengths, syntax or both"),
    ("ScepNameRelax", "none alone, or lengths, syntax or both"),
    ("<ScepProfile a>\nScepCertKeyTypes DSA\n</ScepProfile>",
     "ScepCertKeyTypes DSA"),
    ("<ScepProfile a>\nScepCertOtherSigner maybe\n</ScepProfile>",
     "must be On or Off"),
    ("ScepAdminRequire \"%{\"", "ScepAdminRequire"),
    ("ScepReplyChain all", "none, issuer or full is wanted"),
    ("ScepCACertType pem", "auto, bundle or ca is wanted"),
    ("ScepCACertOrder root-first", "ra-first or ca-first is wanted"),
    ("ScepSenderNonce no", "required or optional is wanted"),
    ("ScepClearChallenge off", "accept or refuse is wanted"),
    ("ScepSigningTimeTolerance never", "a time from 1 seconds"),
    ("ScepEmptyContent sometimes", "auto, never or always is wanted"),
    ("ScepNDESErrors perhaps", "must be On or Off"),
    ("ScepCertValidity 1d", "can only stand in <ScepProfile>"),
    ("<ScepProfile>\n</ScepProfile>", "one name of letters"),
    ("<ScepProfile a b>\n</ScepProfile>", "one name of letters"),
    ("<ScepProfile a>\n</ScepProfile>\n<ScepProfile a>\n</ScepProfile>",
     "one of that name already"),
    ("<ScepProfile a>\nScepRetryWindow 1m\n</ScepProfile>",
     "ScepRetryWindow cannot stand in it"),
    ("<ScepProfile a>\nScepCertMinRSABits 512\n</ScepProfile>",
     "ScepCertMinRSABits 512: a number from 1024"),
    ("<ScepProfile a>\nScepCertKeyUsage keyCertSign\n</ScepProfile>",
     "ScepCertKeyUsage keyCertSign: digitalSignature"),
    ("<ScepProfile a>\nScepCertExtKeyUsage commonName\n</ScepProfile>",
     "ScepCertExtKeyUsage commonName: a usage"),
    ("<ScepProfile a>\nScepCertDigest MD5\n</ScepProfile>",
     "ScepCertDigest MD5: SHA256"),
    ("<ScepProfile a>\nScepCertBackdate 400d\n</ScepProfile>",
     "ScepCertBackdate 400d: a time"),
    ("ScepMaxConcurrent many", "ScepMaxConcurrent many: a number from 0"),
    ("<ScepProfile a>\nScepCertValidityJitter 51%\n</ScepProfile>",
     "ScepCertValidityJitter 51%: a number from 0 to 50 is wanted before %"),
    ("<ScepProfile a>\nScepCertValidityJitter 5\n</ScepProfile>",
     "a number from 0 to 50 is wanted before %"),
    ("<ScepProfile a>\nScepCertValidity 0\n</ScepProfile>",
     "ScepCertValidity 0: a time"),
    ("ScepDuplicateSubject Off", "allow, revoke or refuse is wanted"),
    ("ScepApproval never", "automatic or manual is wanted"),
    ("ScepApprovalExpiry 0", "a time from 1 seconds to 366 days is wanted"),
    ("ScepApprovalMax 0", "a number from 1 to 100000 is wanted"),
    ("ScepApprovalMaxPerAddress 0", "a number from 1 to 100000 is wanted"),
    ("ScepApprovalMaxPerKey none", "a number from 1 to 100000 is wanted"),
    ("ScepRenewal Perhaps", "must be On or Off"),
    ("ScepRenewalExpired never", "such as 90s, 20m, 8h, 2d or 1w; or On, or Off"),
    ("ScepDisableRenewalSubjectNameMatch 1", "must be On or Off"),
    ("ScepRenewalProfile device", "kept or endpoint is wanted"),
    ("ScepRenewalChallenge On", "ignore or require is wanted"),
    ("ScepRenewalWindow 100%", "a number from 1 to 99 is wanted"),
    ("ScepRenewalWindow soon", "or a part of the validity such as 20%"),
    ("ScepRenewalRevokeOld -1", "or On, or Off"),
    ("ScepRenewalDigest sha512", "md5, sha1 or sha256 is wanted"),
    (f"ScepRenewalTrust {LONG}", "that is no valid path"),
    ("ScepFailureLimit 100", "off is wanted, or a number and a time"),
    ("ScepFailureLimit 0/10m", "0/10m: a number from 1 to 100000 is wanted"),
    ("ScepFailureLimit /10m", "a number from 1 to 100000 is wanted"),
    ("ScepFailureLimit 100/2d", "a time from 1 seconds to 1 days"),
    ("ScepFailureLimit 5000/1s", "more than one in a millisecond"),
    ("ScepFailureLimit 100/10m wait", "delay or refuse is wanted"),
    ("ScepFailureLimit off refuse", "nothing can come after off"),
    ("ScepAuditRefusals -1", "a number from 0 to 100000 is wanted"),
    ("ScepAuditRefusals many", "a number from 0 to 100000 is wanted"),
    ("ScepRetention revocations 90d",
     "passwords, refusals, audit, messages, requests, transactions or "
     "certificates is wanted"),
    ("ScepRetention certificates 6d", "a time from 604800 seconds to 3660 days"),
    ("ScepRetention transactions 6d", "a time from 604800 seconds to 3660 days"),
    ("ScepRetention audit 23h", "audit 23h: a time from 86400 seconds to 3660 days"),
    ("ScepRetention audit 3661d", "a time from 86400 seconds to 3660 days"),
    ("ScepRetention audit 0", "a time from 86400 seconds to 3660 days"),
    ("ScepRetention audit never", "a time from 86400 seconds to 3660 days"),
    ("ScepECReply maybe", "password, key-agreement or refuse is wanted"),
    ("ScepAdminRequire (",
     "an expression in the syntax of httpd's <If> is wanted"),
    ("<ScepProfile a>\nScepCertKeyTypes DSA\n</ScepProfile>",
     "rsa, ec, rsa-pss, ed25519 and ed448 can be given"),
    ("<ScepProfile a>\nScepCertOtherSigner maybe\n</ScepProfile>",
     "ScepCertOtherSigner must be On or Off"),
    ("ScepAdminPageEncoding latin1", "utf-16 or utf-8 is wanted"),
    ("ScepMaxRequestSize 4095", "a number from 4096 to 1048576 is wanted"),
    ("ScepMaxRequestSize 1048577", "a number from 4096 to 1048576 is wanted"),
]


def named(line):
    """The directive that is at fault: the last that is opened."""
    return re.findall(r"^<?(Scep\w+)", line, re.M)[-1]


@pytest.mark.parametrize("line, text", LIMITS,
                         ids=[one[:40] for one, _ in LIMITS])
def test_bad_values(make, line, text):
    server = make(line + "\n")
    said = refused(server, named(line), text)
    assert re.search(r"Syntax error on line \d+ of " + re.escape(
        server.path("httpd.conf")), said)


def test_every_directive_has_a_bad_value():
    with open(os.path.join(TOP, "mod_scep", "httpd", "config",
                           "scep_directives.c"),
              encoding="ascii") as file:
        known = set(DIRECTIVES.findall(file.read()))
    assert len(known) > 15
    assert known == {named(line) for line, _ in LIMITS}


@pytest.mark.parametrize("section", ("ScepCA", "ScepProfile"))
def test_misspelt_in_a_section(make, section):
    server = make(f"<{section} a>\nScepCertFoo 1\n</{section}>\n")
    refused(server, "Invalid command 'ScepCertFoo'")
    server = make(f"<{section} a>\nOptions None\n</{section}>\n")
    refused(server, "Options cannot stand in it")


@pytest.mark.parametrize("line, text", (
    ("ScepProfile server", "main server, @CONF@: ScepProfile: there is no "
     "profile server; define it by <ScepProfile server>"),
    ("<Location /x>\nScepProfile server\n</Location>",
     "there is no profile server"),
    ("ScepCA other", "main server, @CONF@: ScepCA: there is no CA other "
     "here; define it by <ScepCA other>"),
    ("ScepCAIdent x other", "there is no CA other"),
    ("<ScepCA a>\nScepCACertificateFile nothing.crt\nScepCAKey ca.key\n"
     "</ScepCA>", "<ScepCA a> of main server, @CONF@: ScepCACertificateFile"),
    ("ScepProfileByKeyUsage device nothing device",
     "@CONF@: ScepProfileByKeyUsage: there is no profile "
     "nothing"),
))
def test_name_that_is_not_defined(make, line, text):
    server = make(line + "\n")
    said = refused(server, "SCEP0001")
    place = re.escape(server.path("httpd.conf")) + r":\d+"
    assert re.search(re.escape(text).replace("@CONF@", place), said), said


@pytest.mark.parametrize("line", (
    "ScepAlgorithms modern", "ScepAlgorithms Compatible",
    "ScepAlgorithms legacy", "ScepChallenge one-time",
    "ScepChallenge one-time single none", "ScepUseSinglePassword Off",
    "ScepPasswordLength 8", "ScepPasswordLength 64",
    "ScepPasswordValidity 1", "ScepPasswordValidity 90s",
    "ScepPasswordValidity 60m", "ScepPasswordValidity 60min",
    "ScepPasswordValidity 8h", "ScepPasswordValidity 366d",
    "ScepPasswordValidity 1hour", "ScepPasswordValidity 1day",
    "ScepPasswordValidity 2w", "ScepPasswordValidity 90Seconds",
    "ScepFailureLimit 100/10minutes", "ScepRenewalExpired 2weeks",
    "ScepRetryWindow 0", "ScepRetryWindow 20m", "ScepRetryWindow 7d",
    "ScepFailureLimit Off", "ScepFailureLimit 1/1d",
    "ScepFailureLimit 100000/10m Refuse", "ScepFailureLimit 20/60 delay",
    "ScepApproval manual", "ScepApproval Automatic",
    "ScepApprovalExpiry 30d", "ScepApprovalMax 100000",
    "ScepApprovalMaxPerAddress 1", "ScepApprovalMaxPerKey 100000",
    "ScepRenewal On", "ScepRenewal off", "ScepRenewalExpired On",
    "ScepRenewalExpired Off", "ScepRenewalExpired 30d",
    "ScepDisableRenewalSubjectNameMatch On", "ScepRenewalWindow any",
    "ScepRenewalWindow 20%", "ScepRenewalWindow 30d",
    "ScepRenewalRevokeOld On", "ScepRenewalRevokeOld 1d",
    "ScepRenewalDigest sha256", "ScepRenewalTrust ca.crt",
    "ScepProfile device", "ScepAdminPageEncoding UTF-8",
    "ScepAdminPageEncoding utf-16", "ScepMaxRequestSize 4096",
    "ScepMaxRequestSize 1048576"))
def test_good_policy_in_server_and_location(make, line):
    server = make(f"{line}\n<Location /x>\n{line}\n</Location>\n")
    assert server.check()[0] == 0


@pytest.mark.parametrize("line", (
    "ScepPasswordMax 16", "ScepPasswordMax 1000000",
    "ScepAuditRefusals 0", "ScepAuditRefusals 100000",
    "ScepRetention passwords 1d", "ScepRetention passwords off",
    "ScepRetention audit 3660d", "ScepRetention refusals 26w",
    "ScepRetention messages 1d", "ScepRetention Requests 1w",
    "ScepRetention transactions 7d", "ScepRetention certificates Off",
    "ScepExecTimeout 30s", "ScepExecWorkers 1", "ScepChallenge authn:file",
    "ScepPassPhraseDialog builtin", "ScepPassPhraseDialog exec:/bin/true",
    "ScepDatabase sqlite3", "ScepDatabase sqlite3 other.db",
    "ScepCABackend local", "ScepEngine on"))
def test_good_server_settings(make, line):
    assert make(line + "\n").check()[0] == 0


@pytest.mark.parametrize("line", (
    "ScepEngine On", "ScepStateDir x", "ScepDatabase sqlite3",
    "ScepCABackend local", "ScepCACertificateFile x", "ScepCAKey x",
    "ScepCAChainFile x", "ScepRACertificateFile x", "ScepRAKey x",
    "ScepPassPhraseDialog builtin", "ScepPasswordMax 100",
    "ScepAuditRefusals 10", "ScepRetention audit 90d"))
def test_server_settings_have_no_place_in_a_location(make, line):
    refused(make(f"<Location /x>\n{line}\n</Location>\n"),
            f"{line.split()[0]} not allowed in <Location> context")


@pytest.mark.parametrize("section", ("Directory /x", "Files x"))
def test_policy_has_no_place_by_file(make, section):
    refused(make(f"<{section}>\nScepAlgorithms modern\n"
                 f"</{section.split()[0]}>\n"), "ScepAlgorithms",
            "cannot occur within")


def test_password_max_is_one_for_all(make):
    refused(make(vhosts="<VirtualHost *:*>\nServerName x\n"
                 "ScepPasswordMax 100\n</VirtualHost>\n"),
            "ScepPasswordMax", "cannot occur within <VirtualHost>")


def test_nothing_in_htaccess(httpd):
    server = httpd(extra="<Directory @DIR@/htdocs>\nAllowOverride All\n"
                   "</Directory>\n")
    server.expect("not allowed here")
    server.write("htdocs/.htaccess", "ScepAlgorithms modern\n")
    assert server.http("GET", "/index.html").status == 500
    assert "ScepAlgorithms not allowed here" in server.error_log()


# ---- what the directives amount to ----

def test_no_ca(make):
    server = make(scep_conf="ScepEngine On\n")
    said = refused(server, "SCEP0001", "ScepCACertificateFile is not set",
                   "scepctl init", "main server")
    assert f"{server.path('httpd.conf')}:" in said


def test_virtual_host_is_named(make):
    server = make(scep_conf="", vhosts=(
        "<VirtualHost *:*>\nServerName scep.example\nScepEngine On\n"
        "</VirtualHost>\n"))
    refused(server, "virtual host scep.example, ", "httpd.conf:",
            "scepctl init")


def test_provider_of_virtual_hosts_that_say_nothing(make):
    """They share the record of the main server, which starts its own."""
    host = "<VirtualHost *:*>\nServerName x\n</VirtualHost>\n"
    server = make("ScepChallenge exec:/nonexistent\n", vhosts=host + host)
    status, said = server.check()
    assert status != 0 and said.count("SCEP0025") == 1


def test_unknown_backend(make):
    refused(make("ScepCABackend acme\n"), "ScepCABackend acme is not known",
            "there is: ", "local", "exec")


def test_backend_with_arguments(make):
    refused(make("ScepCABackend local more\n"), "ScepCABackend local",
            "no arguments")


def test_state_dir_without_parent(make):
    refused(make("ScepStateDir /nonexistent/state\n"),
            "ScepStateDir /nonexistent/state", "make it")


def test_state_dir_is_a_file(make):
    refused(make("ScepStateDir ca.crt\n"), "ScepStateDir", "is no directory")


def test_state_dir_is_a_link(make):
    server = make("ScepStateDir link\n")
    os.symlink(server.path("state"), server.path("link"))
    refused(server, "ScepStateDir", "symbolic link: name what it points to")


def test_database_without_directory(make):
    refused(make("ScepDatabase sqlite3 /nonexistent/x.db\n"),
            "ScepDatabase /nonexistent/x.db", "no directory /nonexistent")


@pytest.mark.parametrize("name, directive", (
    ("ca.crt", "ScepCACertificateFile"), ("ca.key", "ScepCAKey"),
    ("ra.crt", "ScepRACertificateFile"), ("ra.key", "ScepRAKey")))
@pytest.mark.parametrize("how", ("missing", "garbage", "open", "link to open"))
def test_bad_files(make, name, directive, how):
    server = make()
    path = server.path(name)
    if how == "missing":
        os.unlink(path)
    elif how == "garbage":
        server.write(name, "garbage\n", 0o600)
    elif not name.endswith(".key"):
        return  # certificates are public
    elif how == "open":
        os.chmod(path, 0o640)
    else:
        os.chmod(path, 0o640)
        os.rename(path, path + ".real")
        os.symlink(path + ".real", path)
    refused(server, directive, path)


def test_key_of_another_certificate(make):
    server = make()
    server.write("ra.key", key_pem(scep.shared_key("stranger")), 0o600)
    refused(server, "ScepRAKey", "does not belong to", server.path("ra.crt"))
    server.write("ra.key", key_pem(server.ra.key), 0o600)
    server.write("ca.key", key_pem(scep.shared_key("stranger")), 0o600)
    refused(server, "ScepCAKey", server.path("ca.key"))


def test_unpaired_ra(make):
    refused(make("ScepRACertificateFile ra.crt\n"),
            "2 ScepRACertificateFile but 1 ScepRAKey", "same order")
    refused(make("ScepRAKey ra.key\n"),
            "1 ScepRACertificateFile but 2 ScepRAKey")


def ra_with(server, usage, key=None):
    key = key or scep.shared_key("ra")
    server.write("ra.crt", pem(make_cert("Odd RA", key, server.ca,
                                         usage=usage)))
    server.write("ra.key", key_pem(key), 0o600)
    return server


def test_ra_that_may_do_nothing(make):
    refused(ra_with(make(), ("data_encipherment",)), "ScepRACertificateFile",
            "neither digitalSignature nor keyEncipherment")


def test_ra_that_cannot_sign(make):
    refused(ra_with(make(), (ENCRYPT,)),
            "no ScepRACertificateFile may sign", "digitalSignature")


def test_ra_of_an_elliptic_curve(make):
    from cryptography.hazmat.primitives.asymmetric import ec
    refused(ra_with(make(), (SIGN, ENCRYPT), ec.generate_private_key(
        ec.SECP256R1())), "ScepRACertificateFile", "not RSA")


def ec_ca():
    from cryptography.hazmat.primitives.asymmetric import ec
    key = ec.generate_private_key(ec.SECP256R1())
    return Pair(make_cert("EC CA", key, ca=True, usage=CA_USAGE + (SIGN,)),
                key)


def test_ec_ca_needs_an_ra(make):
    server = make(pairs=(ec_ca(), None))
    server.expect("SCEP0001", "AH00014")
    said = server.start_fails()
    assert "no RSA key here" in said and "ScepRACertificateFile" in said
    assert "SCEP0001" in said


def test_ra_of_another_ca_is_warned_of(httpd):
    server = httpd(start=False)
    stranger = Pair(make_cert("Stranger", scep.shared_key("stranger"),
                              ca=True, usage=CA_USAGE),
                    scep.shared_key("stranger"))
    server.write("ra.crt", pem(make_cert("Other RA", server.ra.key, stranger,
                                         usage=(SIGN, ENCRYPT))))
    server.expect("SCEP0011")
    assert "SCEP0011" in server.check()[1]
    server.start()
    assert server.count("SCEP0011") == 1


def test_expired_ra_is_warned_of(httpd):
    server = httpd(start=False)
    server.write("ra.crt", pem(make_cert(
        "Old RA", server.ra.key, server.ca, usage=(SIGN, ENCRYPT), days=-1,
        start=datetime.timedelta(days=-9))))
    server.expect("SCEP0351")
    server.start()
    assert server.count("SCEP0351") == 1


def test_expired_ca_lets_the_server_start(httpd):
    """Other sites go on, and devices are told to come again."""
    key = scep.shared_key("alone")
    server = httpd(pairs=(Pair(make_cert(
        "Old CA", key, ca=True, usage=CA_USAGE + (SIGN, ENCRYPT), days=-1,
        start=datetime.timedelta(days=-9)), key), None), start=False,
        extra="<Location /open>\nSetHandler scep\nScepChallenge none\n"
        "</Location>\n")
    server.expect("SCEP0351", "SCEP0170", "SCEP0019")
    server.start()
    assert server.count("SCEP0351") == 1
    assert server.http("GET", "/index.html").status == 200
    assert server.admin().status == 503
    assert "CA certificate has expired" in server.error_log()
    request = scep.Request(server.ra_cert, None, "device")
    assert server.endpoint("/open").post(request.der())[0] == 503
    assert server.count("SCEP0170") == 2


def rsa_ca(*usage):
    key = scep.shared_key("alone")
    return Pair(make_cert("CA alone", key, ca=True, usage=CA_USAGE + usage),
                key)


def test_ca_without_ra_is_warned_of(httpd):
    server = httpd(pairs=(rsa_ca(SIGN), None), start=False)
    server.expect("SCEP0350")
    server.start()
    assert "keyUsage lacks keyEncipherment" in server.error_log()
    assert server.count("SCEP0350") == 1


def test_ca_that_can_do_without_ra(httpd):
    assert httpd(pairs=(rsa_ca(SIGN, ENCRYPT), None)).count("SCEP0350") == 0


# ---- sections ----

@pytest.mark.parametrize("section", (
    "Location /CertSrv/mscep_admin", "Location /CertSrv", "Location /certSrv/",
    "Location /certsrv/mscep/MSCEP.DLL", "Location /CGI-BIN/pkiclient.exe",
    "Location /CertSrv/*", "LocationMatch ^/CertSrv/",
    "LocationMatch MSCEP_ADMIN", 'Location ~ "^/CertSrv/mscep_admin"',
    "LocationMatch ^/cErtsrv/mscep_admin", "LocationMatch ^/CGI-BIN/",
    "LocationMatch /PkiClient[.]exe", "LocationMatch [.]EXE",
    "LocationMatch ^/certsrv/mscep_admin/Mscep[.]dll", "LocationMatch [A-Z]",
    "Location /certsrv/mscep/PKICLIENT.exe/", "Location /CertSrv/mscep_*"))
def test_sections_that_would_not_apply(make, section):
    server = make(f"<{section}>\nRequire all denied\n"
                  f"</{section.split()[0]}>\n")
    refused(server, "would never apply", "lower case")


@pytest.mark.parametrize("section", (
    "Location /certsrv/mscep/", "Location /cgi-bin/pkiclient.exe/",
    "Location /certsrv/mscep/mscep.dll/", "Location /certsrv/*",
    "Location /certsrv/mscep_admin/*", "Location /certsrv/mscep_admi?",
    "LocationMatch ^/certsrv/mscep_admin$",
    "LocationMatch ^/certsrv/mscep_admin/$",
    "LocationMatch ^/certsrv/mscep_admin/?$",
    "LocationMatch ^/certsrv/mscep_admin/(mscep[.]dll/)?$",
    "LocationMatch ^/certsrv/mscep_admin/mscep[.]dll$",
    "LocationMatch pkiclient[.]exe$"))
def test_sections_that_would_apply_in_part(make, section):
    server = make(f"<{section}>\nRequire all denied\n"
                  f"</{section.split()[0]}>\n")
    refused(server, f"<{section}> would apply to ", "but not to")


@pytest.mark.parametrize("section", (
    "Location /certsrv/mscep_admin", "Location /certsrv", "Location /",
    "Location /certsrv/", "Location /certsrv/mscep_admin/",
    "Location /Other", "LocationMatch (?i)^/CertSrv/",
    "LocationMatch (?-i)[A-Z]", "LocationMatch ^/[Cc]ert[Ss]rv/",
    "LocationMatch ^/certsrv/mscep_admin/", "LocationMatch ^/certsrv/mscep/",
    "Location /c*", "Location /certsrv/mscep/Mine",
    "Location /certsrv/mscep_admin/mscep.dll"))
def test_sections_that_apply(make, section):
    server = make(f"<{section}>\nRequire all granted\n"
                  f"</{section.split()[0]}>\n")
    status, said = server.check()
    assert status == 0, said


# ---- the lock ----

@pytest.mark.parametrize("line", (
    "Mutex posixsem scep-challenge", "Mutex sem scep-challenge",
    "Mutex posixsem default", "Mutex posixsem"))
def test_lock_that_does_not_outlive_its_owner(make, line):
    server = make(line + "\n")
    refused(server, "SCEP0015", "Mutex posixsem", "scep-challenge",
            "sysvsem")
    server.expect("SCEP0015", "AH00014")
    assert "SCEP0015" in server.start_fails()


@pytest.mark.parametrize("mechanism", (
    "default", "pthread", "sysvsem", "flock:@DIR@/locks",
    "fcntl:@DIR@/locks", "file:@DIR@/locks"))
def test_lock_that_does(make, mechanism):
    """Other modules' locks may be what they are."""
    server = make(f"Mutex {mechanism} scep-challenge\n"
                  "Mutex posixsem rewrite-map\n", modules=("rewrite",))
    os.mkdir(server.path("locks"))
    status, said = server.check()
    assert (status, said.strip()) == (0, "Syntax OK")
    assert os.listdir(server.path("locks")) == []


def test_lock_does_not_matter_without_engine(make):
    server = make("Mutex posixsem\n", scep_conf="")
    assert server.check()[0] == 0


# ---- modes ----

@pytest.mark.parametrize("option", (
    ("-S",), ("-M",), ("-L",), ("-D", "DUMP_VHOSTS"), ("-D", "DUMP_MODULES"),
    ("-D", "DUMP_RUN_CFG"), ("-D", "DUMP_INCLUDES")))
def test_dumps_touch_no_files(make, option):
    server = make("ScepRenewalTrust nothing.crt\n<Location /x>\n"
                  "ScepRenewalTrust ra.crt\n</Location>\n"
                  "ScepChallenge one-time exec:/nonexistent\n")
    for name in ("ca.crt", "ca.key", "ra.crt", "ra.key"):
        os.unlink(server.path(name))
    status, said = server.check(*option)
    assert status == 0, said


def test_a_test_asks_for_no_passphrase(make):
    server = make("ScepPassPhraseDialog exec:/bin/false\n")
    server.write("ra.key", key_pem(server.ra.key, "secret words"), 0o600)
    server.write("ca.key", key_pem(server.ca.key, "secret words"), 0o600)
    assert server.check()[0] == 0


@pytest.mark.skipif(not ROOT, reason="needs users to choose from")
def test_foreign_state_dir_is_not_taken_over(make):
    """A slip such as `ScepStateDir /etc` must not cost that its owner."""
    server = make("ScepStateDir foreign\n")
    server.write("foreign/file", "something\n")
    os.chmod(server.path("foreign"), 0o755)
    server.expect("SCEP0001", "AH00014")
    said = server.start_fails()
    assert "ScepStateDir" in said and "not empty" in said
    assert os.stat(server.path("foreign")).st_uid == 0
    assert os.stat(server.path("foreign")).st_mode & 0o777 == 0o755


def own_folder(server, mode, *names):
    """A state directory that is httpd's user's, with files in it."""
    server.stop()
    for name in names:
        server.write(f"own/{name}", b"0" * 32, 0o600)
    os.makedirs(server.path("own"), exist_ok=True)
    os.chmod(server.path("own"), mode)
    if ROOT:
        owner = pwd.getpwnam(USER)
        os.chown(server.path("own"), owner.pw_uid, owner.pw_gid)


def mode_of(server, name):
    return os.stat(server.path(name)).st_mode & 0o7777


def test_other_files_keep_their_folder_open(make):
    """Nor one such as `ScepStateDir /home/www`."""
    server = make("ScepStateDir own\n")
    own_folder(server, 0o755, "something")
    server.expect("SCEP0001", "AH00014")
    said = server.start_fails()
    assert "ScepStateDir" in said and "mode 755" in said and "chmod" in said
    assert mode_of(server, "own") == 0o755
    assert os.listdir(server.path("own")) == ["something"]
    # the cure
    os.chmod(server.path("own"), 0o700)
    server.start()
    assert server.draw()


@pytest.mark.parametrize("names", (
    (), ("challenge.key", "first-start"),
    ("challenge.key", "first-start", "something")))
def test_own_state_dir_is_closed(make, names):
    server = make("ScepStateDir own\n")
    own_folder(server, 0o750, *names)
    server.start()
    assert mode_of(server, "own") == 0o700
    assert server.draw()


def test_own_state_dir_is_known_by_its_database(make):
    server = make("ScepStateDir own\nScepDatabase sqlite3 my.db\n")
    server.start()
    own_folder(server, 0o755)
    os.unlink(server.path("own", "challenge.key"))
    server.write("own/first-start", "", 0o600)
    server.start()
    assert mode_of(server, "own") == 0o700


def test_what_start_makes(httpd):
    server = httpd()
    owner = pwd.getpwnam(USER).pw_uid if ROOT else os.geteuid()
    for name, uid, mode in (("state", owner, 0o700),
                            ("state/challenge.key", os.geteuid(), 0o600),
                            ("state/scep.db", owner, 0o600)):
        found = os.stat(server.path(name))
        assert (found.st_uid, found.st_mode & 0o777) == (uid, mode), name


@pytest.mark.parametrize("content, mode, text", (
    (b"short", 0o600, "has 5 octets instead of 32"),
    (b"0" * 32, 0o644, "chmod")))
def test_bad_password_key(httpd, content, mode, text):
    server = httpd()
    server.stop()
    server.write("state/challenge.key", content, mode)
    server.expect("SCEP0001", "AH00014")
    assert text in server.start_fails()


# ---- what is shipped ----

def shipped(name):
    """A file of conf.d, with the paths of a test."""
    with open(os.path.join(TOP, "conf.d", name), encoding="ascii") as file:
        text = file.read()
    assert "LimitRequestLine 65536" in text
    for old, new in (("/var/lib/mod_scep", "@DIR@"),
                     ("/etc/mod_scep/chain.crt", "@DIR@/ca.crt"),
                     ("/etc/mod_scep", "@DIR@")):
        text = text.replace(old, new)
    return text


def test_minimal_conf(httpd):
    server = httpd(scep_conf=shipped("scep-minimal.conf")
                   + "ScepStateDir state\n")
    request = scep.Request(server.ra_cert, server.draw(), "long",
                           key=scep.shared_key(1))
    request.extra = [scep.attribute("1.3.6.1.4.1.99999.1",
                                    scep.core.OctetString(b"x" * 7000))]
    answer = server.endpoint().get(request.der())
    assert server.reply(answer, request).status == scep.SUCCESS


def test_full_conf_as_shipped(httpd):
    """It loads the module, and that serves nothing yet."""
    server = httpd(scep_conf=shipped("scep.conf"))
    assert server.http("GET", "/certsrv/mscep").status == 404


def test_full_conf_with_all_of_it(make):
    text = re.sub(r"(?m)^#(?=(    )?[A-Z<])", "", shipped("scep.conf"))
    text = text.replace("ScepStateDir @DIR@", "ScepStateDir @DIR@/state")
    text = text.replace("ScepPassPhraseDialog builtin",
                        "ScepPassPhraseDialog exec:/bin/false")
    # one of the two before it is enough in one place
    text = text.replace(
        "\nScepProfileByKeyUsage", "\n<Location /by-usage>\n"
        "ScepProfileByKeyUsage").replace(
            "device device device\n", "device device device\n</Location>\n")
    server = make(scep_conf=text)
    server.write("ca-chain.crt", pem(server.ca.cert))
    key = scep.shared_key(30)
    server.write("next-ca.crt", pem(make_cert("Next CA", key, ca=True,
                                              usage=CA_USAGE)))
    server.write("next-ca.key", key_pem(key), 0o600)
    server.write("ra.d/2026.crt", pem(server.ra.cert))
    server.write("ra.d/2026.key", key_pem(server.ra.key), 0o600)
    status, said = server.check()
    assert status == 0, said
    assert set(re.findall(r"(?m)^ *(Scep\w+)", text)) == {
        named(line) for line, _ in LIMITS}
    server.expect("AH01630")
    server.start()
    for path in ("/cgi-bin/pkiclient.exe", "/scep-legacy"):
        assert server.http("GET", path + "?operation=GetCACaps").status == (
            403 if "legacy" in path else 200)
    assert server.draw("/scep-password")
