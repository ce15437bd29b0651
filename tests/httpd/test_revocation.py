# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Revocation: by scepctl while the server runs, and the CRL that it serves."""
import base64
import concurrent.futures
import os
import subprocess

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtensionOID

import scepclient as scep
from httpdserver import ENCRYPT, SIGN, Pair, make_cert, module, pem
from test_api import call as api
from test_renewal import first, renew

CRL_CONF = ("<Location /crl/ca.crl>\nSetHandler scep-crl\n</Location>\n"
            "ScepCRLDistributionPoint http://crl.example/ca.crl\n")


SCEPCTL = os.path.join(os.path.dirname(os.path.dirname(module())), "scepctl")


def scepctl(server, *args):
    """What scepctl prints, for SERVER's database."""
    return subprocess.run(
        [SCEPCTL, *args, "--state-dir", server.path("state")], text=True,
        check=True, timeout=60, stdout=subprocess.PIPE).stdout


def enrol(server, common_name="device", number=0):
    return server.enrol(server.draw(), common_name, number=number).certs[0]


def fetch(server, method="GET", headers=None):
    return server.http(method, "/crl/ca.crl", headers=headers)


def crl_of(server):
    status, headers, body = fetch(server)
    assert status == 200
    assert headers["Content-Type"] == "application/pkix-crl"
    crl = x509.load_der_x509_crl(body)
    assert crl.is_signature_valid(server.ca.cert.public_key())
    return crl


def serial(cert):
    return f"{cert.serial_number:X}"


def number(crl):
    return crl.extensions.get_extension_for_oid(
        ExtensionOID.CRL_NUMBER).value.crl_number


def test_revoke_while_the_server_runs(httpd):
    server = httpd(extra=CRL_CONF)
    cert, other = enrol(server), enrol(server, "other", 1)
    first = crl_of(server)
    assert len(first) == 0
    out = scepctl(server, "certs", "revoke", serial(cert), "--reason",
                  "keyCompromise", "--comment", "stolen")
    assert "is revoked" in out
    second = crl_of(server)
    assert number(second) == number(first) + 1
    entry = second.get_revoked_certificate_by_serial_number(
        cert.serial_number)
    assert entry.extensions.get_extension_for_class(
        x509.CRLReason).value.reason == x509.ReasonFlags.key_compromise
    assert second.get_revoked_certificate_by_serial_number(
        other.serial_number) is None
    assert number(crl_of(server)) == number(second)
    assert "keyCompromise: stolen" in scepctl(server, "audit", "--event",
                                              "revoked")


def test_openssl_accepts_the_crl(httpd):
    server = httpd(extra=CRL_CONF)
    certs = {"good": enrol(server), "bad": enrol(server, "bad", 1)}
    scepctl(server, "certs", "revoke", serial(certs["bad"]))
    with open(server.path("crl.der"), "wb") as file:
        file.write(fetch(server)[2])
    subprocess.run(["openssl", "crl", "-inform", "DER", "-in",
                    server.path("crl.der"), "-out", server.path("crl.pem")],
                   check=True)
    for name, cert in certs.items():
        server.write(f"{name}.pem", pem(cert))
        run = subprocess.run(
            ["openssl", "verify", "-crl_check", "-CAfile",
             server.path("ca.crt"), "-CRLfile", server.path("crl.pem"),
             server.path(f"{name}.pem")], check=False, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert (run.returncode == 0) == (name == "good"), run.stdout
        assert ("certificate revoked" in run.stdout) == (name == "bad")


def test_certificates_name_the_crl(httpd):
    server = httpd(extra=CRL_CONF)
    points = enrol(server).extensions.get_extension_for_class(
        x509.CRLDistributionPoints).value
    assert [p.full_name[0].value for p in points] == [
        "http://crl.example/ca.crl"]


def test_crl_over_http(httpd):
    server = httpd(extra=CRL_CONF)
    status, headers, body = fetch(server)
    assert status == 200 and headers["Last-Modified"]
    assert headers["Cache-Control"] == "max-age=300"
    status, head, empty = fetch(server, "HEAD")
    assert status == 200 and empty == b""
    assert int(head["Content-Length"]) == len(body)
    status, _, empty = fetch(server, headers={
        "If-None-Match": headers["ETag"]})
    assert status == 304 and empty == b""
    server.expect("SCEP0101")
    for method in ("POST", "PUT", "DELETE"):
        status, headers, body = fetch(server, method)
        assert (status, body) == (405, b"Use GET.\n")
        assert headers["Allow"] == "GET, HEAD, OPTIONS"
    status, headers, body = fetch(server, "OPTIONS")
    assert (status, body) == (200, b"")
    assert headers["Allow"] == "GET, HEAD, OPTIONS"


def test_many_at_once_get_one_number(httpd):
    server = httpd(extra=CRL_CONF)
    for i in range(3):
        scepctl(server, "certs", "revoke", f"{i + 1:X}", "--unknown",
                "--ca-cert", server.path("ca.crt"))
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            crls = list(pool.map(lambda _: crl_of(server), range(32)))
        assert len({number(crl) for crl in crls}) == 1
        assert {len(crl) for crl in crls} == {i + 1}


def test_ca_that_signs_no_crls(httpd):
    """SCEP0163: keyUsage of the CA lacks cRLSign."""
    server = httpd(extra=CRL_CONF, pairs=ca_without_crls())
    server.expect("SCEP0163", "SCEP0049")
    assert fetch(server)[0] == 404


def ca_without_crls():
    key, ra_key = scep.shared_key(20), scep.shared_key(21)
    ca = Pair(make_cert("No CRL", key, ca=True, usage=("key_cert_sign", SIGN)),
              key)
    return ca, Pair(make_cert("RA", ra_key, ca, usage=(SIGN, ENCRYPT)), ra_key)


def test_by_api(httpd):
    server = httpd(extra=CRL_CONF + "LogLevel scep:debug\n")
    first, second = enrol(server), enrol(server, "other", 1)
    status, page, _ = api(server, "GET", "certs?limit=1")
    assert status == 200
    assert [c["serial"] for c in page["certificates"]] == [serial(second)]
    status, page, _ = api(server, "GET", "certs?limit=1&after="
                          + page["next"])
    assert [c["serial"] for c in page["certificates"]] == [serial(first)]
    assert page["next"] is None
    path = f"certs/{serial(first)}"
    status, shown, _ = api(server, "GET", path)
    assert status == 200 and shown["state"] == "valid"
    assert base64.b64decode(shown["certificate"]) == first.public_bytes(
        serialization.Encoding.DER)
    status, answer, _ = api(server, "POST", path + "/revoke", {
        "reason": "superseded", "comment": "by API"})
    assert status == 200 and answer["state"] == "revoked"
    assert len(crl_of(server)) == 1
    status, shown, _ = api(server, "GET", path)
    assert (shown["state"], shown["reason"], shown["revokedBy"]) == (
        "revoked", "superseded", "admin")
    for state, count in ("valid", 1), ("revoked", 1), ("expired", 0):
        assert len(api(server, "GET", "certs?state=" + state)[1][
            "certificates"]) == count
    assert len(api(server, "GET", "certs?subject=OTHER")[1][
        "certificates"]) == 1


def chain(server):
    """A certificate, its renewal, and the renewal of that."""
    certs = [first(server)]
    for _ in range(2):
        certs += renew(server, certs[-1], number=1).certs
    return certs


def states(*pairs):
    return [{"serial": serial(cert), "state": state} for cert, state in pairs]


def test_successors_by_api(httpd):
    server = httpd(extra=CRL_CONF)
    server.expect("SCEP0187")
    one, two, three = chain(server)
    listed = api(server, "GET", "certs")[1]["certificates"]
    assert [(c["predecessor"], c["successor"]) for c in listed] == [
        (serial(two), None), (serial(one), serial(three)),
        (None, serial(two))]
    shown = api(server, "GET", f"certs/{serial(two)}")[1]
    assert (shown["predecessor"], shown["predecessors"]) == (
        serial(one), states((one, "valid")))
    assert (shown["successor"], shown["successors"]) == (
        serial(three), states((three, "valid")))
    # without the option the answer tells what is valid still, and what to do
    path = f"certs/{serial(one)}/revoke"
    notice = (f"{serial(one)} was renewed, and 2 of its successors are still "
              f"valid: {serial(two)}, {serial(three)}; send the call again "
              'with "withSuccessors": true to revoke all of them')
    assert api(server, "POST", path, {"withSuccessors": False})[:2] == (200, {
        "serial": serial(one), "state": "revoked",
        "successors": states((two, "valid"), (three, "valid")),
        "notice": notice})
    assert len(crl_of(server)) == 1
    status, answer, _ = api(server, "POST", path, {})
    assert status == 409 and notice in str(answer)
    assert api(server, "POST", path, {"withSuccessors": True})[:2] == (200, {
        "serial": serial(one), "state": "revoked",
        "successors": states((two, "revoked"), (three, "revoked"))})
    assert len(crl_of(server)) == 3
    assert "revoked certificate" in server.error_log()
    assert "and 2 of its successors" in server.error_log()
    assert api(server, "POST", path, {"withSuccessors": True})[0] == 409


def test_successors_by_scepctl(httpd):
    server = httpd(extra=CRL_CONF)
    one, two, three = chain(server)
    assert f"predecessor {serial(two)}, valid" in scepctl(
        server, "certs", "show", serial(three))
    out = scepctl(server, "certs", "revoke", serial(one), "--with-successors")
    assert out == (f"{serial(one)} is revoked.\n"
                   f"Its successor {serial(two)} is revoked.\n"
                   f"Its successor {serial(three)} is revoked.\n")
    assert len(crl_of(server)) == 3
    server.expect("SCEP0145")
    assert renew(server, three, number=1).status == scep.FAILURE


def test_what_the_api_refuses(httpd):
    server = httpd()
    cert = enrol(server)
    path = f"certs/{serial(cert)}"
    server.expect("SCEP0184", "SCEP0185", "SCEP0186", "SCEP0187", "SCEP0188",
                  "SCEP0189")
    assert api(server, "POST", path + "/revoke", {})[0] == 200
    for status, method, what, body in (
            (409, "POST", path + "/revoke", {}),
            (404, "POST", "certs/77/revoke", {}),
            (404, "POST", "certs/xyz/revoke", {}),
            (404, "GET", "certs/77", None), (404, "GET", "certs/xyz", None),
            (400, "POST", path + "/revoke", {"reason": "certificateHold"}),
            (400, "POST", path + "/revoke", {"reason": 1}),
            (400, "POST", path + "/revoke", {"comment": 1}),
            (400, "POST", path + "/revoke", {"when": "now"}),
            (400, "POST", path + "/revoke", {"withSuccessors": "true"}),
            (400, "POST", path + "/revoke", {"withSuccessors": None}),
            (409, "POST", path + "/revoke", {"withSuccessors": True}),
            (404, "POST", "certs/77/revoke", {"withSuccessors": True}),
            (400, "GET", "certs?state=good", None),
            (400, "GET", "certs?after=x", None),
            (400, "GET", "certs?limit=0", None)):
        assert api(server, method, what, body)[0] == status, (method, what)
