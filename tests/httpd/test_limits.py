# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Passwords that are bound to a device, and passwords for several devices."""
import concurrent.futures
import json
import os
import re
import subprocess

import pytest

import httpdserver
import scepclient as scep

from cryptography import x509
from cryptography.x509.oid import NameOID

SCEPCTL = os.path.join(os.path.dirname(os.path.dirname(httpdserver.module())),
                       "scepctl")
API = "/certsrv/mscep_admin/api/"


@pytest.fixture(name="site")
def fixture_site(httpd):
    return httpd()


def draw(server, limits=None, uses=1):
    """A password; its row is changed as an administrator would draw it."""
    password = server.draw()
    server.change("UPDATE challenges SET limits = ?, uses = ? WHERE created = "
                  "(SELECT MAX(created) FROM challenges)",
                  json.dumps(limits) if limits is not None else None, uses)
    return password


def attempt(server, password, name="device", number=0, san=None):
    request = scep.Request(server.ra_cert, password, name,
                           key=scep.shared_key(number), san=san)
    return server.reply(server.endpoint().post(request.der()), request)


def awkward(organization):
    """A subject of whatever has a meaning in a text of it."""
    def one(oid, value):
        return x509.NameAttribute(oid, value)
    return x509.Name([x509.RelativeDistinguishedName(rdn) for rdn in (
        [one(NameOID.DOMAIN_COMPONENT, "com")],
        [one(NameOID.DOMAIN_COMPONENT, "example")],
        [one(NameOID.ORGANIZATION_NAME, organization)],
        [one(x509.ObjectIdentifier("1.2.3.4.5"), "own")],
        [one(NameOID.COMMON_NAME, " #router*7 "),
         one(NameOID.SERIAL_NUMBER, "a=b/c")])])


def api(server, path, body=None):
    answer = server.http("POST" if body is not None else "GET", API + path,
                         None if body is None else json.dumps(body),
                         {"Content-Type": "application/json"},
                         user=f"{httpdserver.ADMIN}:{httpdserver.SECRET}")
    assert answer.status in (200, 201), answer
    return json.loads(answer.body)


def copies(server):
    """The subject of the only certificate, as each place shows it."""
    (row,) = api(server, "certs")["certificates"]
    yield row["subject"]
    shown = subprocess.run(
        [SCEPCTL, "certs", "show", row["serial"], "--state-dir",
         server.path("state")], encoding="utf-8", check=True,
        capture_output=True).stdout
    yield re.search(r"^subject +(.*)$", shown, re.M).group(1)
    yield re.search(r'"([^"]*router[^"]*)"', server.error_log()).group(1)


def refused(server, reason, *arguments, **more):
    server.expect(reason)
    before = server.count(reason)
    reply = attempt(server, *arguments, **more)
    assert reply.status == scep.FAILURE
    assert reply.fail_info == scep.BAD_REQUEST
    assert reply.fail_text == "The request was not authorized."
    assert server.count(reason) == before + 1


def test_bound_to_a_device(site):
    """VU#971035: whoever gets hold of it gets nothing by it."""
    password = draw(site, {"subject": "CN=router-17,O=Tests",
                           "subjectAltNames": ["DNS:router-17.example.com"]})
    refused(site, "SCEP0190", password, "admin")
    refused(site, "SCEP0191", password, "router-17",
            san=[x509.DNSName("vpn.example.com")])
    reply = attempt(site, password, "router-17",
                    san=[x509.DNSName("router-17.example.com")])
    assert reply.status == scep.SUCCESS
    refused(site, "SCEP0155", password, "router-17", number=1)
    assert site.count_certificates() == 1


def test_bound_to_a_network(site):
    password = draw(site, {"networks": ["192.0.2.0/24"]})
    refused(site, "SCEP0192", password)
    assert attempt(site, draw(site, {"networks": ["127.0.0.0/8"]})).status == \
        scep.SUCCESS


def test_copied_subject(site):
    """What a list or the log shows is a limit for that subject alone."""
    wanted = awkward('Ex\xe4mple, "Co" + \\ <x>; 100%')
    other = awkward('Ex\xe4mple, "Co" + \\ <y>; 100%')
    assert attempt(site, site.draw(), wanted).status == scep.SUCCESS
    texts = list(copies(site))
    assert texts[0] == texts[1] != texts[2]
    for number, text in enumerate(texts, 1):
        drawn = api(site, "challenges", {"limits": {"subject": text}})
        refused(site, "SCEP0190", drawn["challenge"], other, number=number)
        assert attempt(site, drawn["challenge"], wanted,
                       number=number).status == scep.SUCCESS, text


def test_star_stays_in_its_host(site):
    drawn = api(site, "challenges", {"limits": {
        "subject": "CN=*,O=Tests", "subjectAltNames": [
            "URI:https://*.example.com/x", "DNS:*.example.com"]}})
    refused(site, "SCEP0191", drawn["challenge"], san=[
        x509.UniformResourceIdentifier("https://evil.com?.example.com/x")])
    site.expect("SCEP0110")  # held to be ill-formed before or after
    reply = attempt(site, drawn["challenge"], san=[
        x509.DNSName("evilcom,DNS:evil2.example.com")])
    assert reply.status == scep.FAILURE
    assert attempt(site, drawn["challenge"], "device", san=[
        x509.DNSName("a.example.com"), x509.UniformResourceIdentifier(
            "https://a.example.com/x")]).status == scep.SUCCESS


def test_malformed_limits_refuse(site):
    site.expect("SCEP0194")
    request = scep.Request(site.ra_cert, draw(site, {"subjects": "CN=a"}),
                           key=scep.shared_key(0))
    assert site.endpoint().post(request.der())[0] == 503
    assert site.count_certificates() == 0


def test_as_many_as_it_has_uses(site):
    password = draw(site, uses=5)
    site.expect("SCEP0155", "SCEP0156")
    scep.shared_key(0)  # not by each thread

    def one(number):
        return attempt(site, password, f"device {number}")

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(one, range(8)))
    assert sorted(reply.status for reply in replies) == \
        [scep.SUCCESS] * 5 + [scep.FAILURE] * 3
    assert site.count_certificates() == 5
    assert site.query("SELECT uses, state FROM challenges") == [(0, 1)]


def test_retry_takes_no_second_use(site):
    """Also long after ScepRetryWindow."""
    password = draw(site, uses=2)
    request = scep.Request(site.ra_cert, password, key=scep.shared_key(0))
    serials = set()
    for age in (0, 0, 3600):
        site.change("UPDATE transactions SET created = created - ?",
                    age * 1000000)
        reply = site.reply(site.endpoint().post(request.der()), request)
        assert reply.status == scep.SUCCESS
        serials.add(reply.certs[0].serial_number)
    assert len(serials) == 1
    assert site.query("SELECT uses, state FROM challenges") == [(1, 0)]
