# Licensed under the Apache License, Version 2.0; see LICENSE.
"""A reply is signed by the pair that its request was encrypted to, if that may
still sign: clients verify by the certificate that they have."""
import datetime

import pytest
from asn1crypto import core
from cryptography.hazmat.primitives.asymmetric import ec

import scepclient as scep
from fixtures import finish
from httpdserver import (CA_USAGE, ENCRYPT, SIGN, Pair, Server, key_pem,
                         make_cert, pem)
from test_rollover import NEXT_CONF, next_ca

pytestmark = pytest.mark.any_mpm(reason="decided from one request alone")

BOTH = (SIGN, ENCRYPT)
PLACES = """
<Location /manual>
    SetHandler scep
    ScepApproval manual
    ScepChallenge none
</Location>
<Location /open>
    SetHandler scep
    ScepChallenge none
</Location>
<Location /modern>
    SetHandler scep
    ScepAlgorithms modern
    ScepChallenge none
    ScepSigningTimeTolerance 60
    ScepClearChallenge refuse
</Location>
"""


def pair(number, ca, usage=BOTH, **more):
    key = scep.shared_key(number)
    return Pair(make_cert(f"RA {number}", key, ca, usage=usage, **more), key)


def new_ca(usage=CA_USAGE + (SIGN,), key=None):
    key = key or scep.shared_key(40)
    return Pair(make_cert("Test CA", key, ca=True, usage=usage), key)


class World:
    """A server with RA pairs by name, the newest first, of CA."""

    def __init__(self, ca, pairs, extra="", files=None):
        files = dict(files or {})
        conf = ("ScepEngine On\nScepStateDir state\n"
                "ScepCACertificateFile ca.crt\nScepCAKey ca.key\n")
        for name, one in pairs.items():
            conf += (f"ScepRACertificateFile {name}.crt\n"
                     f"ScepRAKey {name}.key\n")
            files[name + ".crt"] = pem(one.cert), 0o644
            files[name + ".key"] = key_pem(one.key), 0o600
        self.pairs = {"ca": ca, **pairs}
        self.server = Server(
            scep_conf=conf + "<Location /legacy>\nSetHandler scep\n"
            "ScepAlgorithms legacy\nScepChallenge none\n</Location>\n"
            + Server.admin_conf(), extra=PLACES + extra, files=files,
            pairs=(ca, None))
        self.server.expect("SCEP0019", "SCEP0351", "SCEP0350", "SCEP0163",
                           "SCEP0011", "SCEP0301")
        self.server.start()

    def request(self, recipient, message_type=scep.PKCSREQ, csr=None, **more):
        request = scep.Request(recipient.cert, key=scep.shared_key(0), **more)
        request.message_type = message_type
        request.csr = csr or request.csr
        return request

    def signer(self, request, path="/open", message=None, status=None):
        """The name of the pair that signed the reply."""
        http, _, body = self.server.endpoint(path).post(
            message or request.der())
        assert http == 200, body
        reply = scep.Reply(body, request,
                           [one.cert for one in self.pairs.values()])
        if status is not None:
            assert reply.status == status, (reply.fail_info, reply.fail_text)
        return next(name for name, one in self.pairs.items()
                    if one.cert == reply.signed_by)


def other_type(world, recipient, message_type, csr, **more):
    return world.signer(world.request(recipient, message_type, csr, **more))


def certpoll(world, to):
    request = world.request(to)
    assert world.signer(request, "/manual", status=scep.PENDING)
    poll = world.request(to, scep.CERTPOLL, core.OctetString(b"x").dump(),
                         transaction_id=request.transaction_id)
    return world.signer(poll, "/manual", status=scep.PENDING)


def get_cert(world, to):
    request = world.request(to)
    cert = scep.Reply(world.server.endpoint("/open").post(request.der())[2],
                      request, [one.cert for one in
                                world.pairs.values()]).certs[0]
    return world.signer(world.request(
        to, scep.GETCERT, scep.issuer_and_serial(
            cert.issuer, cert.serial_number)), status=scep.SUCCESS)


def get_crl(world, to):
    return world.signer(world.request(
        to, scep.GETCRL, scep.issuer_and_serial(
            world.pairs["ca"].cert.subject, 1)), status=scep.SUCCESS)


def renewal(world, to):
    request = world.request(to)
    cert = scep.Reply(world.server.endpoint("/open").post(request.der())[2],
                      request, [one.cert for one in
                                world.pairs.values()]).certs[0]
    request = world.request(to, scep.RENEWALREQ)
    request.cert = cert
    return world.signer(request, status=scep.SUCCESS)


def damaged(world, to):
    """What cannot be decrypted is answered by the same pair."""
    request = world.request(to)
    content = bytearray(request.envelope())
    content[-1] ^= 1
    return world.signer(request, message=request.der(bytes(content)),
                        status=scep.FAILURE)


def bad_signature(world, to):
    request = world.request(to)
    message = bytearray(request.der())
    message[-1] ^= 1
    return world.signer(request, message=bytes(message), status=scep.FAILURE)


def bad_digest(world, to):
    request = world.request(to)
    request.digest = "sha1"
    return world.signer(request, "/modern", status=scep.FAILURE)


def bad_cipher(world, to):
    request = world.request(to)
    request.cipher = "des3"
    return world.signer(request, "/modern", status=scep.FAILURE)


def in_clear(world, to):
    request = world.request(to)
    request.extra = [scep.attribute("1.2.840.113549.1.9.7",
                                    core.PrintableString("secret"))]
    return world.signer(request, "/modern", status=scep.FAILURE)


KINDS = {
    "success": lambda world, to: world.signer(world.request(to),
                                              status=scep.SUCCESS),
    "legacy": lambda world, to: world.signer(world.request(to), "/legacy",
                                             status=scep.SUCCESS),
    "failure": lambda world, to: world.signer(
        world.request(to), "/cgi-bin/pkiclient.exe", status=scep.FAILURE),
    "pending": lambda world, to: world.signer(
        world.request(to), "/manual", status=scep.PENDING),
    "garbage": lambda world, to: world.signer(
        world.request(to, csr=b"garbage"), status=scep.FAILURE),
    "another message type": lambda world, to: world.signer(
        world.request(to, 18), status=scep.FAILURE),
    "certpoll": certpoll, "getcert": get_cert, "getcrl": get_crl,
    "renewal": renewal, "damaged": damaged, "bad signature": bad_signature,
    "bad digest": bad_digest, "bad cipher": bad_cipher, "in clear": in_clear,
}


def worlds():
    ca = new_ca()
    old = datetime.timedelta(days=-50)
    split = {"s1": pair(41, ca, (SIGN,)), "e1": pair(42, ca, (ENCRYPT,)),
             "s0": pair(43, ca, (SIGN,)), "e0": pair(44, ca, (ENCRYPT,))}
    return {
        # name: (World's arguments, {recipient: signer})
        "renewed": ((ca, {"new": pair(41, ca), "old": pair(42, ca),
                          "over": pair(43, ca, start=old, days=-1),
                          "later": pair(44, ca, start=-old)},
                     "ScepCACertType ca\n"),
                    {"new": "new", "old": "old", "ca": "ca",
                     "over": "new", "later": "new"}),
        "split": ((ca, split), {"e1": "s1", "e0": "s0", "ca": "ca"}),
        "was split": ((ca, {"new": pair(45, ca), **split}),
                      {"new": "new", "e1": "s1", "e0": "s0"}),
        "partner is over": ((ca, {
            **split, "s0": pair(43, ca, (SIGN,), start=old, days=-1)}),
                            {"e1": "s1", "e0": "s1"}),
        "ca may not sign": ((new_ca(CA_USAGE + (ENCRYPT,)),
                             {"new": pair(41, new_ca())}), {"ca": "new"}),
        "ca alone": ((ca, {}), {"ca": "ca"}),
    }


@pytest.mark.parametrize("name", worlds())
def test_signer(name):
    arguments, expected = worlds()[name]
    world = World(*arguments)
    try:
        found = {(kind, to): ask(world, world.pairs[to])
                 for kind, ask in KINDS.items() for to in expected}
    finally:
        finish([world.server], True)
    assert found == {(kind, to): expected[to]
                     for kind in KINDS for to in expected}


def test_ec_ca():
    ca = new_ca(key=ec.generate_private_key(ec.SECP256R1()))
    world = World(ca, {"new": pair(41, ca), "old": pair(42, ca)})
    try:
        found = [world.signer(world.request(world.pairs[to]),
                              status=scep.SUCCESS) for to in ("new", "old")]
    finally:
        finish([world.server], True)
    assert found == ["new", "old"]


def test_several_cas_at_one_address():
    ca, vpn = new_ca(), new_ca(key=scep.shared_key(46))
    vpn = Pair(make_cert("VPN CA", vpn.key, ca=True, usage=CA_USAGE + (SIGN,)),
               vpn.key)
    more = {"vpn1": pair(47, vpn), "vpn0": pair(48, vpn)}
    files = {"vpn.crt": (pem(vpn.cert), 0o644),
             "vpn.key": (key_pem(vpn.key), 0o600)}
    conf = ("<ScepCA vpn>\nScepCACertificateFile vpn.crt\n"
            "ScepCAKey vpn.key\n")
    for name, one in more.items():
        conf += f"ScepRACertificateFile {name}.crt\nScepRAKey {name}.key\n"
        files[name + ".crt"] = pem(one.cert), 0o644
        files[name + ".key"] = key_pem(one.key), 0o600
    conf += ("</ScepCA>\n<Location /both>\nSetHandler scep\n"
             "ScepCAIdent vpn vpn\nScepChallenge none\n</Location>\n")
    world = World(ca, {"new": pair(41, ca), "old": pair(42, ca)}, conf, files)
    world.pairs.update(more, vpn=vpn)
    try:
        found = {name: world.signer(world.request(one), "/both",
                                    status=scep.SUCCESS)
                 for name, one in world.pairs.items()}
        for name in ("vpn0", "old"):  # refused before it is opened
            request = world.request(world.pairs[name])
            message = bytearray(request.der())
            message[-1] ^= 1
            assert world.signer(request, "/both", bytes(message)) == name
    finally:
        finish([world.server], True)
    assert found == {name: name for name in world.pairs}


def test_next_ca():
    """sscep and strongSwan verify by the current signer."""
    ca, after = new_ca(), next_ca()
    world = World(ca, {"new": pair(41, ca), "old": pair(42, ca),
                       "nextra": pair(43, after)}, NEXT_CONF, {
                           "next.crt": (pem(after.cert), 0o644),
                           "next.key": (key_pem(after.key), 0o600)})
    world.pairs["next"] = after
    try:
        found = {name: world.signer(world.request(one), status=scep.SUCCESS)
                 for name, one in world.pairs.items()}
    finally:
        finish([world.server], True)
    assert found == {"new": "new", "old": "old", "ca": "ca", "next": "new",
                     "nextra": "new"}
