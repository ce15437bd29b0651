# Licensed under the Apache License, Version 2.0; see LICENSE.
"""scepctl decode."""
import base64
import os
import shutil
import subprocess
import urllib.parse

import pytest
from asn1crypto import cms, core
from cryptography import x509
from cryptography.hazmat.primitives import serialization

import scepclient as scep

SECRET = "Tr0ub4dor and 3"


def openssl(*arguments, **options):
    done = subprocess.run(["openssl", *map(str, arguments)],
                          capture_output=True, check=False, **options)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


class Pki:
    """A CA and an RA by scepctl init, and a request to them."""

    def __init__(self, top):
        done = subprocess.run(
            [os.environ["SCEPCTL"], "init", "--dir", top, "--key", "ec:p256",
             "--subject", "CN=Test CA"], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        self.top = top
        (self.ra,) = scep.load_certs(os.path.join(top, "ra.crt"))
        self.request = scep.Request(
            self.ra, challenge=SECRET, common_name="router 7",
            key=scep.shared_key(1), transaction_id="id-4711",
            san=[x509.DNSName("router7.example")])
        self.options = ("--ra-cert", top / "ra.crt", "--ra-key", top / "ra.key")

    def file(self, name, data):
        path = self.top / name
        path.write_bytes(data)
        return path


@pytest.fixture(name="pki", scope="module")
def fixture_pki(tmp_path_factory):
    return Pki(tmp_path_factory.mktemp("pki") / "scep")


def test_the_outer_layer_of_a_request(scepctl, pki):
    run = scepctl("decode", pki.file("r.der", pki.request.der()))
    assert run.status == 0, run
    assert run.value("Signature") == "good"
    assert run.value("Accepted") == "so far, with ScepAlgorithms modern"
    assert run.value("Digest") == "sha256"
    assert run.value("messageType") == "19 (PKCSReq)"
    assert run.value("transactionID") == '"id-4711"'
    assert run.value("senderNonce") == pki.request.nonce.hex().upper()
    assert run.value("Key transport") == "rsaEncryption"
    assert run.value("Cipher") == "aes-128-cbc"
    assert f'serial number {pki.ra.serial_number:X} of "CN=Test CA"' in run.out
    assert run.value("Encrypted") == "--ra-cert and --ra-key would open it"
    assert "router7.example" not in run.out


def test_the_inner_layer_with_the_ras_key(scepctl, pki):
    path = pki.file("r.der", pki.request.der())
    run = scepctl("decode", *pki.options, path)
    assert run.status == 0, run
    inner = run.out[run.out.index("Decrypted: PKCS#10"):]
    assert "CN=router 7,O=Tests" in inner
    assert "DNS:router7.example" in inner
    assert "present, %d octets" % len(SECRET) in inner
    assert SECRET not in run.out + run.err
    run = scepctl("decode", "--show-challenge", *pki.options, path)
    assert run.value("Challenge") == f'"{SECRET}"'


def test_oaep_and_des(scepctl, pki):
    request = scep.Request(pki.ra, key=scep.shared_key(1))
    request.oaep, request.cipher = True, "des3"
    run = scepctl("decode", *pki.options, pki.file("o.der", request.der()))
    assert run.status == 0, run
    assert run.value("Key transport") == "rsaesOaep"
    assert run.value("Cipher") == "des-ede3-cbc"
    assert run.value("Challenge") == "none"


def test_legacy_algorithms(scepctl, pki):
    # single DES: TripleDES with one key thrice has another OID
    data = pki.file("plain", pki.request.csr)
    sealed = openssl("cms", "-encrypt", "-binary", "-des-cbc", "-outform", "DER",
                     "-provider", "legacy", "-provider", "default", "-in", data,
                     pki.top / "ra.crt")
    request = scep.Request(pki.ra, key=scep.shared_key(1))
    request.digest = "md5"
    run = scepctl("decode", *pki.options,
                  pki.file("l.der", request.der(sealed)))
    assert run.status == 0, run
    assert run.value("Accepted") == "so far, with ScepAlgorithms legacy"
    assert run.value("Digest") == "md5"
    assert run.value("Cipher") == "des-cbc"
    assert "CN=router 7" in run.out


def test_another_recipients_key(scepctl, pki, tmp_path):
    other = Pki(tmp_path / "other")
    path = pki.file("r.der", pki.request.der())
    run = scepctl("decode", *other.options, path)
    assert run.status == 2
    assert "to none of the certificates" in run.value("Encrypted")
    run = scepctl("decode", *other.options, *pki.options, path)
    assert run.status == 0, run


def test_a_bad_signature(scepctl, pki):
    der = bytearray(pki.request.der())
    der[-1] ^= 1
    run = scepctl("decode", *pki.options, pki.file("b.der", bytes(der)))
    assert run.status == 2
    assert run.value("Signature").startswith("BAD")
    assert run.value("Refused").startswith("SCEP0131, failInfo badMessageCheck")
    assert "CN=router 7" in run.out  # it reads on


def test_an_envelope_that_does_not_open(scepctl, pki):
    envelope = bytearray(pki.request.envelope())
    at = envelope.index(b"\x04\x82\x01\x00") + 20  # the encrypted key
    envelope[at] ^= 0xff
    run = scepctl("decode", *pki.options, pki.file("e.der", bytes(envelope)))
    assert run.status == 2
    assert run.value("Cipher") == "aes-128-cbc"


@pytest.mark.parametrize("wrap", ["pem", "base64", "stdin", "crlf"])
def test_wrappings(scepctl, pki, wrap):
    der = pki.request.der()
    text = base64.encodebytes(der)
    if wrap == "pem":
        text = b"-----BEGIN PKCS7-----\n" + text + b"-----END PKCS7-----\n"
    if wrap == "crlf":
        text = text.replace(b"\n", b"\r\n")
    run = (scepctl("decode", "-", stdin=text) if wrap == "stdin"
           else scepctl("decode", pki.file("w.txt", text)))
    assert run.status == 0, run
    assert run.value("transactionID") == '"id-4711"'


@pytest.mark.parametrize("line", [
    "{}",
    "http://ca.example/cgi-bin/pkiclient.exe?{}",
    "GET /cgi-bin/pkiclient.exe?{} HTTP/1.0",
    '10.0.0.7 - - [01/Jan/2026:00:00:00 +0000] "GET /certsrv/mscep/mscep.dll'
    '?{} HTTP/1.1" 200 2001 "-" "Cisco"'])
def test_request_lines(scepctl, pki, line):
    query = "operation=PKIOperation&message=" + urllib.parse.quote(
        base64.b64encode(pki.request.der()).decode(), safe="")
    line = line.format(query)
    runs = [scepctl("decode", *pki.options, line),
            scepctl("decode", *pki.options, "-", stdin=line.encode()),
            scepctl("decode", *pki.options,
                    pki.file("line.log", line.encode() + b"\n"))]
    for run in runs:
        assert run.status == 0, run
        assert run.value("Operation") == "PKIOperation"
        assert "CN=router 7" in run.out


def test_request_lines_without_a_message(scepctl):
    run = scepctl("decode", "GET /x?OPERATION=GetCACert&message=my%22ca HTTP/1.1")
    assert run.status == 0, run
    assert run.value("Operation") == "GetCACert"
    assert run.value("CA identifier") == r'"my\x22ca"'
    run = scepctl("decode", "POST /x?operation=PKIOperation HTTP/1.1")
    assert run.status == 0
    assert "POST" in run.value("Message")
    run = scepctl("decode", "/x?operation=Nonsense")
    assert run.status == 2 and "SCEP0105" in run.err
    run = scepctl("decode", "/x?operation=PKIOperation&message=%zz")
    assert run.status == 2 and "SCEP0106" in run.err


def test_a_reply(scepctl, pki, data):
    del pki
    folder = ("messages", "rfc-author-2018")
    run = scepctl("decode", data(*folder, "scep_resp2.der"))
    assert run.status == 0, run
    assert run.value("messageType") == "3 (CertRep)"
    assert run.value("pkiStatus") == "0 (SUCCESS)"
    assert "Certificate 2 of 2" in run.out
    assert run.value("Accepted") is None  # that is for requests
    run = scepctl("decode", data(*folder, "scep_resp0.der"))
    assert run.status == 0
    assert run.out.startswith("DER: certs-only SignedData, 839 octets")
    assert "CN=Test SCEP PKI user" in run.value("Subject")


def test_a_failure(scepctl, pki):
    key, cert = pki.request.key, pki.request.cert

    def text(oid, value):
        return scep.attribute(oid, core.PrintableString(value))
    der = scep.sign(b"", key, cert, [
        text(scep.MESSAGE_TYPE, "3"), text(scep.PKI_STATUS, "2"),
        text(scep.FAIL_INFO, "1"), text(scep.TRANSACTION_ID, "t"),
        scep.attribute(scep.FAIL_INFO_TEXT, core.UTF8String("no\n\u20ac")),
        scep.attribute(scep.RECIPIENT_NONCE, core.OctetString(b"\1\2"))])
    run = scepctl("decode", pki.file("f.der", der))
    assert run.status == 0, run
    assert run.value("pkiStatus") == "2 (FAILURE)"
    assert run.value("failInfo") == "1 (badMessageCheck)"
    assert run.value("failInfoText") == r'"no\x0a\xe2\x82\xac"'
    assert run.value("recipientNonce") == "0102"
    assert run.value("Content") == "0 octets"
    info = cms.ContentInfo.load(der)
    info["content"]["encap_content_info"] = {"content_type": "data"}
    run = scepctl("decode", pki.file("f.der", info.dump(force=True)))
    assert run.status == 0, run
    assert run.value("Signature") == "good"
    assert run.value("Content") == "none"


def test_odd_attributes(scepctl, pki):
    request = scep.Request(pki.ra, key=scep.shared_key(1))
    request.extra = [
        scep.attribute("1.2.840.113549.1.9.7", core.UTF8String(SECRET)),  # Q23
        scep.attribute("1.2.3.4.5", core.UTF8String(SECRET)),
        scep.attribute(scep.FAIL_INFO, core.Integer(4)),
        scep.attribute(scep.RECIPIENT_NONCE, core.OctetString(b"1"),
                       core.OctetString(b"2"))]
    run = scepctl("decode", pki.file("a.der", request.der()))
    assert run.status == 2
    assert run.value("challengePassword") == "(not printed)"
    assert run.value("Attribute") == "1.2.3.4.5 (not printed)"
    assert run.value("failInfo") == "of a wrong type"
    assert run.value("recipientNonce") == "2 values"
    assert SECRET not in run.out + run.err


@pytest.mark.parametrize("message_type, word", [
    (17, "RenewalReq"), (20, "CertPoll"), (21, "GetCert"), (22, "GetCRL"),
    (18, "unknown")])
def test_message_types(scepctl, pki, message_type, word):
    request = scep.Request(pki.ra, key=scep.shared_key(1))
    request.message_type = message_type
    run = scepctl("decode", pki.file("t.der", request.der()))
    assert run.value("messageType") == f"{message_type} ({word})"
    assert run.status == (2 if word == "unknown" else 0)


def name_der(common_name):
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME,
                                         common_name)]).public_bytes()


def sequence(body):
    return b"\x30" + bytes([len(body)]) + body


def test_what_polls_and_look_ups_refer_to(scepctl, pki):
    inner = sequence(name_der("The CA") + b"\x02\x02\x12\x34")
    sealed = scep.encrypt(inner, [pki.ra])
    run = scepctl("decode", *pki.options, pki.file("g.der", sealed))
    assert run.status == 0, run
    assert "Decrypted: IssuerAndSerialNumber" in run.out
    assert run.value("Issuer") == "CN=The CA"
    assert run.value("Serial number") == "1234"
    inner = sequence(name_der("The CA") + name_der("device"))
    run = scepctl("decode", pki.file("p.der", inner))
    assert run.status == 0, run
    assert "DER: IssuerAndSubject" in run.out
    assert run.value("Subject") == "CN=device"


def test_certificates_and_requests(scepctl, pki):
    run = scepctl("decode", pki.top / "ra.crt")
    assert run.status == 0, run
    assert run.value("Subject") == "CN=Test CA RA"
    assert run.value("Key") == "RSA 2048"
    assert "Key Usage (critical): Digital Signature, Key Enc" in run.out
    digest = openssl("x509", "-in", pki.top / "ra.crt", "-noout",
                     "-fingerprint", "-sha256").decode().split("=")[1]
    assert run.value("SHA256") == digest.strip().replace(":", "")
    run = scepctl("decode", pki.file("c.der", pki.request.csr))
    assert run.status == 0, run
    assert run.value("Signature") == "good"
    assert run.value("Challenge").startswith("present")


def test_several_pem_blocks_and_a_key(scepctl, pki):
    pem = ((pki.top / "ca.crt").read_bytes() + (pki.top / "ra.key").read_bytes()
           + (pki.top / "ra.crt").read_bytes())
    run = scepctl("decode", pki.file("m.pem", pem))
    assert run.status == 0, run
    assert run.out.count("PEM CERTIFICATE: certificate") == 2
    run = scepctl("decode", pki.top / "ra.key")
    assert run.status == 2
    assert "private keys" in run.err


def test_a_broken_request(scepctl, pki):
    csr = bytearray(pki.request.csr)
    csr[-1] ^= 1
    run = scepctl("decode", pki.file("c.der", bytes(csr)))
    assert run.status == 2
    assert run.value("Refused") and "signature" in run.value("Refused")
    assert SECRET not in run.out


def test_names_are_escaped(scepctl, pki):
    key = scep.shared_key(1)
    csr = scep.new_csr(key, "a\x1b[31m\n\u20ac")
    run = scepctl("decode", pki.file("n.der", csr))
    assert run.status == 0, run
    assert "\x1b" not in run.out
    assert run.value("Subject") == "CN=a\\1B[31m\\0A\u20ac,O=Tests"


def nested(pki, layers):
    content = pki.request.csr
    for _ in range(layers):
        content = scep.sign(content, pki.request.key, pki.request.cert, [])
    return content


def test_nesting_is_bounded(scepctl, pki):
    run = scepctl("decode", pki.file("d.der", nested(pki, 4)))
    assert "CN=router 7" in run.out
    run = scepctl("decode", pki.file("d.der", nested(pki, 8)))
    assert run.status == 2
    assert "nested too deeply" in run.out


def test_captured_messages(scepctl, data, tmp_path):
    apple = ("messages", "apple-2016")
    key = tmp_path / "key"
    shutil.copy(data(*apple, "ca-test-only.key"), key)
    os.chmod(key, 0o600)
    run = scepctl("decode", "--ra-cert", data(*apple, "ca.crt"), "--ra-key",
                  key, data(*apple, "PKCSReq.der"))
    assert run.status == 0, run
    assert run.value("Accepted") == "so far, with ScepAlgorithms compatible"
    assert "CN=com.apple.security.scep.063D7953" in run.out
    assert run.value("Challenge") == "none"
    run = scepctl("decode", data("messages", "windows-oaep", "PKCSReq.der"))
    assert run.status == 0, run
    assert run.value("Key transport") == "rsaesOaep"


@pytest.mark.parametrize("content, words", [
    (b"", "neither DER nor text"),
    (b"\xff\xfe", "neither DER nor text|no DER"),
    (b"hello, world", "no DER, PEM, base64"),
    (b"-----BEGIN CMS-----\nMIIB\n", "no complete PEM block"),
    (b"text\0text", "neither DER nor text")])
def test_what_is_nothing(scepctl, tmp_path, content, words):
    path = tmp_path / "x"
    path.write_bytes(content)
    run = scepctl("decode", path)
    assert run.status == 2
    assert any(word in run.err for word in words.split("|")), run


def test_der_that_is_nothing_known(scepctl, pki):
    run = scepctl("decode", pki.file("x", bytes.fromhex("3003020105")))
    assert run.status == 2
    assert "no CMS message, PKCS#10 or certificate" in run.out
    der = pki.request.der()
    run = scepctl("decode", pki.file("x", der[:-5]))  # cut off
    assert run.status == 2
    run = scepctl("decode", pki.file("x", der + b"\0\0"))  # and longer
    assert run.status == 2
    digested = openssl("cms", "-digest_create", "-outform", "DER", "-in",
                       pki.top / "ra.crt")
    run = scepctl("decode", pki.file("x", digested))
    assert run.status == 2 and "SCEP does not use" in run.out


def test_keys_that_do_not_fit(scepctl, pki):
    path = pki.file("r.der", pki.request.der())
    run = scepctl("decode", "--ra-cert", pki.top / "ra.crt", path)
    assert run.status == 1 and "as many --ra-key" in run.err
    run = scepctl("decode", "--ra-cert", pki.top / "ca.crt", "--ra-key",
                  pki.top / "ra.key", path)
    assert run.status == 2 and "is not the key of" in run.err
    run = scepctl("decode", "--ra-cert", pki.top / "ra.crt", "--ra-key",
                  pki.top / "absent", path)
    assert run.status == 2 and "absent" in run.err
    loose = pki.top / "loose.key"
    shutil.copy(pki.top / "ra.key", loose)
    os.chmod(loose, 0o644)
    run = scepctl("decode", "--ra-cert", pki.top / "ra.crt", "--ra-key", loose,
                  path)
    assert run.status == 2 and "chmod" in run.err


def test_an_encrypted_key_without_a_terminal(scepctl, pki):
    (key,) = [scep.serialization.load_pem_private_key(
        (pki.top / "ra.key").read_bytes(), None)]
    locked = pki.file("locked.key", key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret")))
    os.chmod(locked, 0o600)
    run = scepctl("decode", "--ra-cert", pki.top / "ra.crt", "--ra-key", locked,
                  pki.file("r.der", pki.request.der()), start_new_session=True)
    assert run.status == 2 and "locked.key" in run.err
    assert "Passphrase" not in run.out


def test_the_command_line(scepctl, tmp_path):
    run = scepctl("decode")
    assert run.status == 1 and "name one file" in run.err
    run = scepctl("decode", "a", "b")
    assert run.status == 1
    run = scepctl("decode", "--colour", "a")
    assert run.status == 1 and "no option `--colour'" in run.err
    run = scepctl("decode", tmp_path / "absent")
    assert run.status == 2 and "cannot open" in run.err
    run = scepctl("decode", tmp_path)
    assert run.status == 2 and "not a regular file" in run.err


def test_mutations_do_no_harm(scepctl, pki):
    """The wrapper fails on a signal or a sanitizer's report."""
    der = pki.request.der()
    for step in range(60):
        broken = bytearray(der)
        at = step * len(der) // 60
        broken[at] ^= 1 << (step % 8)
        scepctl("decode", *pki.options, "-", stdin=bytes(broken))


# ---- what people paste ----

def grouped(text, size):
    return [text[at:at + size] for at in range(0, len(text), size)]


def xxd(data, name):
    tool = shutil.which(name[0])
    if tool is None:
        pytest.skip(f"needs {name[0]}")
    return subprocess.run([tool, *name[1:]], input=data, capture_output=True,
                          check=True).stdout.decode()


def by_hand(data, style):
    """A dump as hexdump -C, xxd or tcpdump -X prints it."""
    lines = []
    for at in range(0, len(data), 16):
        row = data[at:at + 16]
        text = "".join(chr(c) if 32 <= c < 127 else "." for c in row)
        pairs = " ".join(grouped(row.hex(), 4))
        if style == "hexdump":
            left, right = row[:8].hex(" "), row[8:].hex(" ")
            lines.append(f"{at:08x}  {left + '  ' + right:<48}  |{text}|")
        elif style == "xxd":
            lines.append(f"{at:08x}: {pairs:<39}  {text}")
        else:
            lines.append(f"\t0x{at:04x}:  {pairs:<39}  {text}")
    return "\n".join(lines) + "\n"


def pasted(pki):
    """name: text around a PKCS#10."""
    der = pki.request.csr
    digits, text = der.hex(), base64.b64encode(der).decode()
    lines = base64.encodebytes(der).decode()
    return {
        "hex": digits, "hex-upper": digits.upper() + "\n",
        "hex-lines": "\n".join(grouped(digits, 77)),
        "hex-pairs": der.hex(" "), "hex-colons": der.hex(":"),
        "hex-0x": ", ".join(f"0x{c:02x}" for c in der),
        "c-string": '"' + "".join(f"\\x{c:02x}" for c in der) + '"',
        "hexdump": by_hand(der, "hexdump"), "xxd": by_hand(der, "xxd"),
        "tcpdump": "19:30:01.1 IP 10.0.0.1.80 > 10.0.0.2.5: tcp 900\n"
                   + by_hand(b"E" * 40 + der, "tcpdump"),
        "cisco": "*Mar  1 00:01:02.003: CRYPTO_PKI: PKCS#10 request\n"
                 + "\n".join("  " + " ".join(row) for row in grouped(grouped(
                     digits.upper(), 8), 8)) + "\n*Mar  1: CRYPTO_PKI: done\n",
        "sscep": "sscep: hexdump request payload\n" + digits
                 + "\n sscep: hexdump payload 900\nsscep: done\n",
        "hex-in-json": f'{{"level":"debug","csr":"{digits}","n":1}}',
        "base64-in-log": "Nov 29 host scep: request:\n" + lines
                         + "Nov 29 host scep: bad password\n",
        "base64-prefixed": "".join(f"Nov 29 12:00:00 host scep: {line}\n"
                                   for line in lines.split()),
        "base64-quoted": "".join(f"> {line}\n" for line in lines.split()),
        "base64-in-json": '{"csr":"' + lines.replace("\n", "\\n") + '"}',
        "base64-one-line": f"csr={text};x=1\n",
        "base64-noise": "--\n\n" + lines + "\n--\nregards\n",
        "pem-in-json": '{"csr":"-----BEGIN CERTIFICATE REQUEST-----\\n'
                       + lines.replace("\n", "\\n")
                       + '-----END CERTIFICATE REQUEST-----\\n"}',
        "utf-16": ("-----BEGIN CERTIFICATE REQUEST-----\n" + lines
                   + "-----END CERTIFICATE REQUEST-----\n").encode("utf-16")}


PASTED = ("hex", "hex-upper", "hex-lines", "hex-pairs", "hex-colons", "hex-0x",
          "c-string", "hexdump", "xxd", "tcpdump", "cisco", "sscep",
          "hex-in-json", "base64-in-log", "base64-prefixed", "base64-quoted",
          "base64-in-json", "base64-one-line", "base64-noise", "pem-in-json",
          "utf-16")


@pytest.mark.parametrize("form", PASTED)
def test_pasted(scepctl, pki, form):
    text = pasted(pki)[form]
    data = text if isinstance(text, bytes) else text.encode()
    for run in (scepctl("decode", pki.file("pasted", data)),
                scepctl("decode", "-", stdin=data.replace(b"\n", b"\r\n")
                        if form != "utf-16" else data)):
        assert run.status == 0, (data[:200], run)
        assert run.value("Subject") == "CN=router 7,O=Tests"
        assert run.value("Signature") == "good"


def test_pasted_as_the_argument(scepctl, pki):
    der = pki.request.csr
    for text in (der.hex(), base64.b64encode(der).decode()):
        run = scepctl("decode", text)
        assert run.status == 0, run
        assert run.value("Signature") == "good"
    run = scepctl("decode", "no-such-file")
    assert run.status == 2 and "No such file" in run.err
    run = scepctl("decode", "no such file " * 9)
    assert run.status == 2 and "no DER, PEM" in run.err


@pytest.mark.parametrize("tool", (("xxd",), ("xxd", "-p"), ("xxd", "-i"),
                                  ("hexdump", "-C"), ("od", "-An", "-tx1")),
                         ids=" ".join)
def test_dumps_of_real_tools(scepctl, pki, tool):
    text = xxd(pki.request.csr, tool)
    run = scepctl("decode", "-", stdin=text.encode())
    assert run.status == 0, run
    assert run.value("Signature") == "good"


def http(pki, form):
    der = pki.request.der()
    query = urllib.parse.quote(base64.b64encode(der), safe="")
    get = f"/scep?operation=PKIOperation&message={query}"
    post = (b"POST /scep?operation=PKIOperation HTTP/1.1\r\nHost: x\r\n"
            b"Content-Type: application/x-pki-message\r\n")
    chunks = b"".join(b"%x;a=b\r\n%s\r\n" % (len(part), part) for part in (
        der[:1000], der[1000:])) + b"0\r\n\r\n"
    escaped = get.replace("&", "\\u0026")
    return {
        "get": f"GET {get} HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
        "post": post + b"Content-Length: %d\r\n\r\n" % len(der) + der,
        "chunked": post + b"Transfer-Encoding: chunked\r\n\r\n" + chunks,
        "reply": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + der,
        "json": f'{{"method":"GET","path":"{escaped}","status":200}}'.encode(),
        "html": f"<a href='http://x{get.replace('&', '&amp;')}'>".encode(),
        "two-marks": f"GET ?{get} HTTP/1.0".encode(),
        "packet": b"\x45\x00\x01\x02" + post + b"\r\n" + der,
        "packet-in-hex": by_hand(b"E\0" * 20 + post + b"\r\n" + der,
                                 "tcpdump").encode()}[form]


@pytest.mark.parametrize("form", (
    "get", "post", "chunked", "reply", "json", "html", "two-marks", "packet",
    "packet-in-hex"))
def test_http(scepctl, pki, form):
    run = scepctl("decode", pki.file("http", http(pki, form)))
    assert run.status == 0, run
    assert run.value("transactionID") == '"id-4711"'
    assert run.value("Signature") == "good"


@pytest.mark.parametrize("content, words", [
    (b"\xd4\xc3\xb2\xa1\x02\0", "tshark"), (b"\x1f\x8b\x08", "gunzip"),
    (b"\x0a\x0d\x0d\x0a", "packet capture"), (b"\x16\x03\x01\0", "TLS"),
    (b"HTTP/1.1 200 OK\r\n\r\nhello", "no SCEP message"),
    (b"\xfe\xed\xfe\xed\0", "keytool"), (b"<!DOCTYPE html>", "web page"),
    (b"hello", "xxd -r -p")])
def test_what_it_looks_like(scepctl, pki, content, words):
    run = scepctl("decode", pki.file("other", content))
    assert run.status == 2
    assert words in run.err


def test_cut_off(scepctl, pki):
    der = pki.request.der()
    run = scepctl("decode", pki.file("cut.der", der[:1000]))
    assert run.status == 2
    assert f"incomplete: 1000 of {len(der)} octets" in run.out


def test_pfx(scepctl, pki):
    path = pki.top / "ra.pfx"
    openssl("pkcs12", "-export", "-in", pki.top / "ra.crt", "-inkey",
            pki.top / "ra.key", "-passout", "pass:x", "-out", path)
    run = scepctl("decode", path)
    assert run.status == 2 and "openssl pkcs12 -in" in run.out + run.err


def test_private_keys_are_never_explained(scepctl, pki):
    key = (pki.top / "ra.key").read_bytes()
    for text in (key, b"x\n" + key[:-40], b"log: " + key.replace(
            b"\n", b"\\n")):
        run = scepctl("decode", "-", stdin=text)
        assert run.status == 2 and not run.out, run


def test_hostile_texts(scepctl, pki):
    """Cut, mixed and flipped; it says something, and in time."""
    texts = [text if isinstance(text, bytes) else text.encode()
             for text in pasted(pki).values()]
    texts += [http(pki, "chunked"), b"M" * 100000, b"0" * 100000,
              b"\x30\x82" * 50000, b"\\u00" * 9999, b"%" * 999,
              b"0000: 30\n" * 9999, b"HTTP/1.1\r\n\r\n" * 999,
              b"HTTP/1.1\nTransfer-Encoding: chunked\n\nffffff\nx",
              b"-----BEGIN PRIVATE KEY-----" * 99, b"\xff\xfe" + b"0\0" * 999,
              b"operation=PKIOperation&message=" * 99, b"\n" * 9999]
    for number, text in enumerate(texts):
        for cut in (text, text[:len(text) // 2], text[1::2], text[::-1]):
            run = scepctl("decode", "-", stdin=cut)
            assert run.status in (0, 2), (number, run)
