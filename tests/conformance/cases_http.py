# Licensed under the Apache License, Version 2.0; see LICENSE.
"""HTTP and operations without a message: paths, queries, base64, GetCACaps,
GetCACert, GetCACertChain, GetNextCACert."""
import urllib.parse

import cms
import der
import reply
from case import asks, case
from expect import (BAD_REQUEST, Answer, Bag, Caps, Check, Failure, Http,
                    Issued, Refused, common_name)

CA, RA, CHAIN, NEXT = (f"application/x-x509-{kind}" for kind in (
    "ca-cert", "ca-ra-cert", "ca-ra-cert-chain", "next-ca-cert"))
BUNDLE = ["RA", "Issuing", "Root"]
COMPATIBLE = ["AES", "DES3", "SHA-1", "SHA-256", "SHA-512", "POSTPKIOperation",
              "Renewal", "SCEPStandard"]


# ---- GetCACaps (R48 to R57) ----

asks("R51-R52-getcacaps", Caps(COMPATIBLE, ["GetNextCACert"]),
     "operation=GetCACaps")
asks("R50-no-des-nor-md5", Caps(["AES"], ["DES", "MD5"]),
     "operation=GetCACaps", "/legacy")
asks("R48-modern-caps", Caps(["AES", "SHA-256", "SCEPStandard"],
                             ["DES3", "SHA-1"]),
     "operation=GetCACaps", "/modern")
asks("R56-legacy-is-not-scepstandard",
     Caps(["AES", "DES3", "SHA-1"], ["SCEPStandard"]),
     "operation=GetCACaps", "/legacy")
asks("R8-renewal-not-announced", Caps(["AES"], ["Renewal"]),
     "operation=GetCACaps", "/off")
asks("R65-next-ca-announced", Caps(["GetNextCACert"]),
     "operation=GetCACaps", "/rolling")
asks("R55-Q50-caps-lines", Caps(["AES"], (), Check(
    "body", lambda body: b"\r" not in body and body.endswith(b"\n")
    and b"\n\n" not in body, b"AES\r\nDES3")), "operation=GetCACaps")
asks("Q26-caps-of-default", Caps(COMPATIBLE),
     "operation=GetCACaps&message=default")


# ---- GetCACert (R3, R64) ----

asks("R3-R64-bundle", Bag(RA, BUNDLE, Check("signers", [], ["x"]),
                          Check("content", None, b"")),
     "operation=GetCACert")
asks("R3-bare-ca", Bag(CA, ["Issuing"]), "operation=GetCACert", "/bare")
asks("Q18-single-root", Bag(CA, ["other"]), "operation=GetCACert", "/other")
asks("Q32-ca-first", Bag(RA, ["Issuing", "Root", "RA"]),
     "operation=GetCACert", "/full")
asks("Q2-trustpoint", Bag(RA, BUNDLE),
     "operation=GetCACert&message=trustpoint")
asks("Q45-ident-0", Bag(RA, BUNDLE), "operation=GetCACert&message=0")
asks("Q45-ident-32", Bag(RA, BUNDLE), "operation=GetCACert&message=32")
asks("Q58-dummy-ident", Bag(RA, BUNDLE),
     "operation=GetCACert&message=DummyCAIdentity")
asks("Q60-ident-literal", Bag(CA, ["other"]),
     "operation=GetCACert&message=other", "/idents")
asks("Q60-ident-base64", Bag(CA, ["other"]),
     "operation=GetCACert&message=" + der.base64_of(b"other"), "/idents")
asks("Q58-unknown-ident", Bag(RA, BUNDLE),
     "operation=GetCACert&message=unknown", "/idents")
asks("Q45-getcacertchain", Bag(CHAIN, ["Issuing", "Root"]),
     "operation=GetCACertChain")
asks("Q43-no-charset", Bag(RA, BUNDLE, Check(
    "headers", lambda sent: "charset" not in sent["Content-Type"],
    {"Content-Type": RA + "; charset=utf-8"})), "operation=GetCACert")
asks("Q50-content-length", Bag(RA, BUNDLE, Check(
    "headers", lambda sent: int(sent["Content-Length"] or 0) > 1000
    and "Transfer-Encoding" not in sent and "Content-Encoding" not in sent,
    {"Content-Length": None})), "operation=GetCACert")


def next_ca(body):
    """R65: in both places, signed by the current CA, which comes last."""
    certs, content, signers = reply.bag(body)
    inner = reply.bag(content)[0]
    names = [common_name(cms.subject_of(one)) for one in certs]
    parts = signers[0].children
    cms.public_key(certs[-1]).verify(
        parts[5].body, der.tlv(der.SET, parts[3].body),
        reply.padding.PKCS1v15(), cms.DIGESTS["sha256"][3]())
    return (names == ["next", "rolling"] and inner == certs[:1]
            and parts[1].raw == cms.issuer_and_serial(certs[-1]))


class Next(Bag):
    """GetNextCACert"""

    def facts(self, answer):
        return dict(super().facts(answer), next=next_ca(answer.body))


asks("R65-getnextcacert", Next(NEXT, ["next", "rolling"],
                               Check("next", True, False)),
     "operation=GetNextCACert", "/rolling")
asks("R65-no-next-ca", Refused(404, "SCEP0109"), "operation=GetNextCACert")


# ---- paths and queries (R58, R61, R63) ----

for number, path in enumerate((
        "/cgi-bin/pkiclient.exe", "/cgi-bin/pkiclient.exe/",
        "/certsrv/mscep", "/certsrv/mscep/", "/certsrv/mscep/mscep.dll",
        "/certsrv/mscep/mscep.dll/pkiclient.exe", "/CertSrv/MSCEP/mscep.DLL",
        "/open/", "/open/pkiclient.exe", "/open/any/thing")):
    asks(f"R58-path-{number}", Bag(RA, BUNDLE), "operation=GetCACert", path)
asks("R63-operation-any-case", Bag(RA, BUNDLE), "OPERATION=getcacert")
asks("Q56-more-parameters", Bag(RA, BUNDLE), "a=1&operation=GetCACert&x&y=")
# What a URL with something at its end, and what is between, make of a query.
for number, query in enumerate((
        "?operation=GetCACert", "??operation=GetCACert&message=x",
        "%3foperation=GetCACert", "ca=1?operation=GetCACert?message=x",
        "&&operation=GetCACert&&", "x&amp;operation=GetCACert",
        "operation=GetCACert%0d%0a", "operation=GetCACert/",
        "operation=GetCACert&operation=getcacert",
        "message=&operation=GetCACert&message=x&message=",
        "operation=GetCACert&x=%zz&%00=%")):
    asks(f"Q56-query-{number}", Bag(RA, BUNDLE), query)
for number, query in enumerate((
        "operation=GetCACert?operation=GetCACaps",
        "?operation=GetCACert&amp;operation=GetCACaps",
        "operation=GetCACert&message=a?message=b")):
    asks(f"R63-two-differ-{number}", Refused(400, "SCEP0106"), query)
for number, pre in enumerate(("?operation=PKIOperation&message=",
                              "%3FOperation=PKIOperation&?message=",
                              "ca=1?operation=PKIOperation&amp;message=")):
    case(f"Q56-enrols-{number}", Issued(), lambda world, pre=pre: world.get(
        world.message(), before=pre))
case("Q3-encoded-twice", Issued(), lambda world: world.get(
    world.message(), encode=lambda text: urllib.parse.quote(
        urllib.parse.quote(text, safe=""), safe="")))
asks("R63-unknown-operation", Refused(400, "SCEP0105"), "operation=GetCert")
asks("R63-no-operation", Refused(400, "SCEP0104"), "message=x")
asks("R63-two-operations", Refused(400, "SCEP0106"),
     "operation=GetCACert&operation=GetCACaps")
asks("R63-bad-escape", Refused(400, "SCEP0106"), "operation=GetCA%4")
asks("R63-nul", Refused(400, "SCEP0106"), "operation=GetCACert%00")
asks("R60-no-message", Refused(400, "SCEP0108"), "operation=PKIOperation")
asks("R60-no-base64", Refused(400, "SCEP0107"),
     "operation=PKIOperation&message=MII*")
asks("R60-padding-inside", Refused(400, "SCEP0107"),
     "operation=PKIOperation&message=MI==MIIA")
for method in ("PUT", "DELETE", "PATCH"):
    asks(f"R66-{method.lower()}", Refused(405, "SCEP0101", Check(
        "headers", lambda sent: "POST" in (sent["Allow"] or ""),
        {"Allow": None})), "operation=GetCACert", method=method)
asks("R66-options", Http(200, Check("body", b"", b"x"), Check(
    "headers", lambda sent: sent["Allow"] == "GET, HEAD, POST, OPTIONS",
    {"Allow": "TRACE"}), content_type="text/plain"), "", method="OPTIONS")
asks("R63-browser", Http(200, Check(
    "body", lambda body: b"<title>SCEP</title>" in body, b"x"),
    content_type="text/html"), "")
asks("R63-head", Http(200, Check("body", b"", b"x"), content_type=RA),
     "operation=GetCACert", method="HEAD")


# ---- messages by GET and POST (R59 to R62, Q1 to Q4, Q39, Q51) ----

def lines(text):
    return "".join(text[i:i + 64] + "%0A" for i in range(0, len(text), 64))


def posted(name, expectation, query="operation=PKIOperation", **headers):
    def send(world):
        message = world.message()
        return world.http("POST", "/open", query, message.der(), message,
                          headers)
    case(name, expectation, send)


NO_STORE = Check("headers", lambda sent: "no-store" in (
    sent["Cache-Control"] or ""), {"Cache-Control": None})
ENCODINGS = {
    "R60-get-escaped": None,
    "Q1-line-breaks": lines,
    "Q1-crlf": lambda t: lines(t).replace("%0A", "%0D%0A"),
    "Q3-plus-raw": lambda t: t,
    "Q3-plus-as-blank": lambda t: t.replace("+", "%20"),
    "Q16-only-equals-escaped": lambda t: t.replace("=", "%3D"),
    "Q40-lines-and-2b": lambda t: lines(t).replace("+", "%2B"),
    "Q4-base64url": lambda t: t.translate({43: "-", 47: "_"}),
    "Q4-no-padding": lambda t: urllib.parse.quote(t.rstrip("="), safe=""),
}
for title, how in ENCODINGS.items():
    case(title, Issued(NO_STORE), lambda world, how=how: world.get(
        world.message(), encode=how))
posted("R59-post", Issued(NO_STORE))
posted("R61-post-without-operation", Issued(), "")
posted("R61-post-with-empty-message", Issued(),
       "operation=PKIOperation&message=")
posted("Q39-empty-content-type", Issued(), **{"Content-Type": ""})
posted("Q74-octet-stream", Issued(),
       **{"Content-Type": "application/octet-stream"})
posted("R64-pki-message", Issued(),
       **{"Content-Type": "application/x-pki-message"})
posted("R61-form", Issued(),
       **{"Content-Type": "application/x-www-form-urlencoded"})
asks("R60-post-of-nothing", Refused(400, "SCEP0108"),
     "operation=PKIOperation", method="POST")
case("R62-get-of-12-kilobytes", Issued(), lambda world: world.get(
    world.message(extra=[cms.attribute("1.3.6.1.4.1.99999.1",
                                       der.octets(b"x" * 7000))])))
case("S23-body-of-64-kilobytes", Refused(413, "SCEP0102"),
     lambda world: world.http("POST", "/open", "operation=PKIOperation",
                              b"\x30" * 65537))
case("S23-body-by-endpoint", Refused(413, "SCEP0102"),
     lambda world: world.post(world.message(extra=[cms.attribute(
         "1.3.6.1.4.1.99999.1", der.octets(b"x" * 4000))]), "/small"))
case("S23-get-by-endpoint", Refused(413, "SCEP0102"),
     lambda world: world.get(world.message(extra=[cms.attribute(
         "1.3.6.1.4.1.99999.1", der.octets(b"x" * 4000))]), "/small"))
case("R66-Q22-failure-is-http-200", Failure(BAD_REQUEST, "SCEP0153"),
     lambda world: world.post(world.message(challenge="0" * 16), "/bound"))


def raw(request):
    """Answer to octets on the line."""
    def send(world):
        text = world.server.raw(request.encode(), end=False)
        head, _, body = text.partition(b"\r\n\r\n")
        words = head.decode().split("\r\n")
        fields = dict(word.split(": ", 1) for word in words[1:])
        return Answer(int(words[0].split()[1]), fields["Content-Type"], body,
                      headers=fields)
    return send


case("Q1-Q84-http-1.0-without-host", Bag(RA, BUNDLE), raw(
    "GET /cgi-bin/pkiclient.exe?operation=GetCACert&message=x HTTP/1.0\r\n"
    "User-Agent: Mozilla/4.0 (compatible; MSIE 5.0; Cisco PKI)\r\n\r\n"))
case("Q84-http-1.0-caps", Caps(COMPATIBLE), raw(
    "GET /open/?operation=GetCACaps HTTP/1.0\r\n\r\n"))
case("Q40-http-1.1-without-host", Http(400), raw(
    "GET /open?operation=GetCACaps HTTP/1.1\r\nConnection: close\r\n\r\n"))
asks("R46-Q64-crl-over-http", Http(200, Check(
    "body", lambda body: der.parse(body).child(0).child(0).integer == 1,
    b"\x30\x05\x30\x03\x02\x01\x00"), content_type="application/pkix-crl"),
    "", "/crl")
