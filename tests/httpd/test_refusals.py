# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Every refusal of docs/refusals.md, provoked through httpd: its HTTP status,
its failInfo, its public text, and the log line with its number."""
import contextlib
import datetime
import functools
import os
import re
import sqlite3
import threading
import time

import pytest
from asn1crypto import cms, core
from cryptography.hazmat.primitives.asymmetric import ec

import scepclient as scep
from httpdserver import TOP

FAIL_INFO = {"badAlg": scep.BAD_ALG, "badMessageCheck": scep.BAD_MESSAGE_CHECK,
             "badRequest": scep.BAD_REQUEST, "badTime": scep.BAD_TIME,
             "badCertId": scep.BAD_CERT_ID, "-": None}
# No request can provoke these with this version's directives: a fault or an
# outage inside, or a part that only other modules bring. number -> unit test
# that has the symbol.
INSIDE = {"SCEP0125": ("test_authorize", "SCEP_R_TABLE_FULL"),
          "SCEP0126": ("test_crl_issue", "SCEP_R_OVERTAKEN"),
          "SCEP0139": ("test_result", "SCEP_R_CSR_POLICY"),
          "SCEP0150": ("test_draw", "SCEP_R_NO_CHALLENGE_SOURCE"),
          "SCEP0160": ("test_pkcsreq", "SCEP_R_CA_REFUSED"),
          "SCEP0170": ("test_pkcsreq", "SCEP_R_CA_UNAVAILABLE"),
          "SCEP0172": ("test_pkcsreq", "SCEP_R_LOCK"),
          "SCEP0173": ("test_certrep", "SCEP_R_INTERNAL")}
# Those that need more than one request are provoked where the rest of their
# story is told. file -> numbers
ELSEWHERE = {"test_renewal": range(143, 150), "test_getcert": range(161, 164),
             "test_transactions": (164,), "test_approval": range(166, 170), "test_admin_auth": (183,),
             "test_api": (184, 185, 186, 187, 188, 193), "test_form": (189,),
             "test_limits": (190, 191, 192, 194)}
CASES = {}
EXTRA = """ScepPasswordMax 16
<Location /unique>
    SetHandler scep
    ScepDuplicateSubject refuse
</Location>
<Location /discreet>
    SetHandler scep
    ScepClearChallenge refuse
</Location>
<Location /punctual>
    SetHandler scep
    ScepSigningTimeTolerance 1d
</Location>
<Location /short>
    SetHandler scep-admin
    ScepPasswordValidity 1s
    AuthType Basic
    AuthName admin
    AuthUserFile htpasswd
    Require valid-user
</Location>
<Location /single>
    SetHandler scep-admin
    ScepUseSinglePassword On
    AuthType Basic
    AuthName admin
    AuthUserFile htpasswd
    Require valid-user
</Location>
<Location /refuse>
    SetHandler scep
    ScepFailureLimit 2/10m refuse
</Location>
<Location /wait>
    SetHandler scep
    ScepFailureLimit 1/10m delay
</Location>
<Location /open>
    SetHandler scep-admin
    Require all granted
</Location>
"""
VHOSTS = """<VirtualHost *>
    ServerName on.example
</VirtualHost>
<VirtualHost *>
    ServerName off.example
    ScepEngine Off
    <Location /handler>
        SetHandler scep
    </Location>
</VirtualHost>
"""


@functools.lru_cache(maxsize=None)
def documented():
    """number -> (HTTP status, failInfo, text) of docs/refusals.md."""
    rows = {}
    with open(os.path.join(TOP, "docs", "refusals.md"),
              encoding="utf-8") as file:
        for line in file:
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if re.fullmatch(r"SCEP\d{4}", cells[0]):
                rows[cells[0]] = (int(cells[1]), FAIL_INFO[cells[2]], cells[3])
    return rows


def case(number):
    """Register a function that provokes NUMBER and gives (answer, request):
    an (HTTP status, headers, body), and the Request it answers or None."""
    def register(function):
        CASES[number] = function
        return function
    return register


@pytest.fixture(name="running", scope="module")
def fixture_running(make_server):
    server = make_server(extra=EXTRA, vhosts=VHOSTS)
    server.expect("SCEP0171", "SCEP0174", "SCEP0175", "SCEP0181",
                  "SCEP0216", "SCEP0217",
                  "SCEP0047",  # an admin page without AuthType
                  "SCEP0251")  # the test holds the database's lock
    return server


def new_request(running, challenge="0" * 16, number=1, **more):
    return scep.Request(running.ra_cert, challenge, "refused",
                        key=scep.shared_key(number), **more)


def post(running, request, content=None):
    return running.endpoint().post(request.der(content)), request


# ---- HTTP ----

@case("SCEP0101")
def method(running):
    return running.endpoint().http("PUT", body=b"x"), None


@case("SCEP0102")
def too_large(running):
    return running.endpoint().post(b"0" * 65537), None


@case("SCEP0103")
def body(running):
    said = running.raw(b"POST /cgi-bin/pkiclient.exe HTTP/1.1\r\nHost: x\r\n"
                       b"Connection: close\r\nContent-Length: 10\r\n\r\nabc")
    head, _, content = said.partition(b"\r\n\r\n")
    return (int(head.split()[1]), {}, content), None


@case("SCEP0104")
def no_operation(running):
    return running.endpoint().http("POST", body=b""), None


def getter(query):
    return lambda running: (running.endpoint().http("GET", query), None)


case("SCEP0105")(getter("operation=Odd"))
case("SCEP0106")(getter("operation=GetCACaps&message=%zz"))
case("SCEP0107")(getter("operation=PKIOperation&message=%21"))
case("SCEP0108")(getter("operation=PKIOperation"))
case("SCEP0109")(getter("operation=GetNextCACert"))


# ---- the message ----

@case("SCEP0120")
def syntax(running):
    return running.endpoint().post(b"0\x03\x02\x01\x00"), None


@case("SCEP0121")
def limits(running):
    request = new_request(running)
    der = scep.sign(request.envelope(), request.key, request.cert,
                    scep.scep_attributes(19, "1", b"n" * 16),
                    certs=[request.cert] * 9)
    return running.endpoint().post(der), None


def without(running, *oids):
    request = new_request(running)
    attributes = [a for a in scep.scep_attributes(19, request.transaction_id,
                                                  request.nonce)
                  if a["type"].dotted not in oids]
    return scep.sign(request.envelope(), request.key, request.cert,
                     attributes), request


@case("SCEP0122")
def transaction_id(running):
    return running.endpoint().post(without(running,
                                           scep.TRANSACTION_ID)[0]), None


@case("SCEP0123")
def sender_nonce(running):
    return running.endpoint().post(without(running,
                                           scep.SENDER_NONCE)[0]), None


@case("SCEP0128")
def clear_challenge(running):
    request = new_request(running)
    request.extra = [scep.attribute(scep.CHALLENGE, core.PrintableString(
        "0" * 16))]
    return running.endpoint("/discreet").post(request.der()), request


@case("SCEP0129")
def signing_time(running):
    request = new_request(running)
    request.extra = [scep.attribute(scep.SIGNING_TIME, cms.Time(
        {"utc_time": datetime.datetime(2001, 1, 1, tzinfo=datetime.timezone.utc)
         }))]
    return running.endpoint("/punctual").post(request.der()), request


@case("SCEP0130")
def outer_alg(running):
    request = new_request(running)
    request.digest = "md5"
    answer = running.endpoint().post(request.der())
    return answer, request


@case("SCEP0131")
def signature(running):
    request = new_request(running)
    der = bytearray(request.der())
    der[-1] ^= 1  # the signature comes last
    return running.endpoint().post(bytes(der)), request


@case("SCEP0132")
def attributes(running):
    der, request = without(running, scep.MESSAGE_TYPE)
    return running.endpoint().post(der), request


@case("SCEP0133")
def message_type(running):
    request = new_request(running)
    request.message_type = 18  # once UpdateReq, of no draft that was kept
    return post(running, request)


@case("SCEP0134")
def envelope(running):
    return post(running, new_request(running), b"no envelope")


@case("SCEP0135")
def envelope_alg(running):
    request = new_request(running)
    request.cipher = "des"
    return post(running, request)


@case("SCEP0136")
def recipient(running):
    request = new_request(running)
    request.recipients = [request.cert]
    return post(running, request)


@case("SCEP0137")
def content(running):
    request = new_request(running)
    request.csr = b"0\x03\x02\x01\x00"
    return post(running, request)


# ---- the CSR ----

@case("SCEP0110")
def no_name(running):
    request = new_request(running)
    request.csr = scep.x509.CertificateSigningRequestBuilder().subject_name(
        scep.x509.Name([])).add_attribute(
            scep.AttributeOID.CHALLENGE_PASSWORD,
            running.draw().encode()).sign(
                request.key, scep.hashes.SHA256()).public_bytes(
                    scep.serialization.Encoding.DER)
    return post(running, request)


@case("SCEP0138")
def csr_key(running):
    return post(running, scep.Request(running.ra_cert, "0" * 16, "short",
                                      key=scep.shared_key(1, 1024)))


@case("SCEP0140")
def signer_key(running):
    request = new_request(running)
    request.csr = scep.new_csr(scep.shared_key(2), "other", "0" * 16)
    return post(running, request)


@case("SCEP0141")
def reply_key(running):
    key = ec.generate_private_key(ec.SECP256R1())
    return post(running, scep.Request(running.ra_cert, None, "ec", key=key))


@case("SCEP0142")
def transaction_reused(running):
    first = new_request(running, running.draw(), 1)
    assert running.reply(running.endpoint().post(first.der()),
                         first).status == scep.SUCCESS
    return post(running, new_request(running, running.draw(), 2,
                                     transaction_id=first.transaction_id))


@case("SCEP0165")
def duplicate_subject(running):
    assert running.enrol(running.draw(), "unique").status == scep.SUCCESS
    request = scep.Request(running.ra_cert, running.draw(), "unique",
                           key=scep.shared_key(3))
    return running.endpoint("/unique").post(request.der()), request


# ---- the password ----

@case("SCEP0151")
def challenge_missing(running):
    return post(running, new_request(running, None))


@case("SCEP0152")
def challenge_syntax(running):
    return post(running, new_request(running, "x" * 8193))


@case("SCEP0153")
def challenge_unknown(running):
    return post(running, new_request(running))


@case("SCEP0154")
def challenge_expired(running):
    password = running.draw("/short")
    time.sleep(1.2)
    return post(running, new_request(running, password))


@case("SCEP0155")
def challenge_spent(running):
    password = running.draw()
    assert running.enrol(password).status == scep.SUCCESS
    return post(running, new_request(running, password, 5))


@case("SCEP0156")
def challenge_busy(running):
    """Many with one password, again and again until two overlap."""
    for _ in range(50):
        password = running.draw()
        before = running.count("SCEP0156")
        requests = [new_request(running, password, number)
                    for number in range(8)]
        messages = [request.der() for request in requests]
        barrier = threading.Barrier(len(requests))
        answers = [None] * len(requests)

        def work(number):
            barrier.wait()
            answers[number] = running.endpoint().post(messages[number])

        threads = [threading.Thread(target=work, args=(number,))
                   for number in range(len(requests))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if running.count("SCEP0156") > before:
            refused = [(answer, request)
                       for answer, request in zip(answers, requests)
                       if running.reply(answer, request).status
                       == scep.FAILURE]
            return refused[0]
    raise AssertionError("no two clients ever overlapped")


# ---- guessing ----

def refuse_from(running, host, password):
    """(answer, None) to a request from the address 127.0.0.HOST."""
    endpoint = running.endpoint("/refuse")
    endpoint.source = f"127.0.0.{host}"
    return endpoint.post(new_request(running, password).der()), None


@case("SCEP0157")
def too_many_failures(running):
    for _ in range(2):
        assert refuse_from(running, 7, "0" * 16)[0][0] == 200
    return refuse_from(running, 7, "0" * 16)


@case("SCEP0158")
def password_locked(running):
    """Of a drawn password, from ever other addresses."""
    password = running.draw()
    assert running.enrol(password).status == scep.SUCCESS
    for host in (21, 22):
        assert refuse_from(running, host, password)[0][0] == 200
    return refuse_from(running, 23, password)


@case("SCEP0159")
def too_many_waiting(running):
    """Two wait, and who comes meanwhile does not."""
    answers = []
    message = new_request(running).der()

    def work():
        answers.append(running.endpoint("/wait").post(message))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = [answer for answer in answers if answer[0] == 429]
    assert 1 <= len(told) <= len(answers) - 2
    return told[0], None


# ---- our side ----

@case("SCEP0171")
def store_unavailable(running):
    request = new_request(running, running.draw())
    with contextlib.closing(sqlite3.connect(
            running.path("state", "scep.db"), isolation_level=None)) as lock:
        lock.execute("BEGIN IMMEDIATE")
        answer = running.endpoint().post(request.der())
        lock.execute("ROLLBACK")
    # the password was given back
    assert running.reply(running.endpoint().post(request.der()),
                         request).status == scep.SUCCESS
    return answer, None


@case("SCEP0174")
def not_set_up(running):
    return running.http("GET", "/handler?operation=GetCACaps",
                        headers={"Host": "off.example"}), None


@case("SCEP0175")
def no_master_password(running):
    with open(running.path("state", "master-password.cms"), "w",
              encoding="ascii") as file:
        file.write("no CMS\n")
    return running.admin("/single"), None


@case("SCEP0180")
def admin_no_user(running):
    return running.http("GET", "/open"), None


@case("SCEP0181")
def cache_full(running):
    for _ in range(16):
        answer = running.admin()
        if b"f\0u\0l\0l\0." in answer.body:
            break
    return running.admin(), None


@case("SCEP0182")
def admin_cross_site(running):
    return running.admin(headers={"Sec-Fetch-Site": "cross-site"}), None


@case("SCEP0195")
def admin_path(running):
    return running.admin("/certsrv/mscep_admin/favicon.ico"), None


# SCEP0181 last: it leaves no room for passwords.
@pytest.mark.parametrize("number", sorted(CASES, key=lambda n: (
    n == "SCEP0181", n)))
def test_refusal(running, number):
    status, fail_info, text = documented()[number]
    before = running.count(number)
    certificates = running.count_certificates()
    answer, request = CASES[number](running)
    assert answer[0] == status
    assert running.count(number) > before
    if request is not None:
        reply = running.reply(answer, request)
        assert (reply.status, reply.fail_info) == (scep.FAILURE, fail_info)
        assert reply.fail_text == text
        assert reply.certs == []
    elif number == "SCEP0181":  # NDES's page
        assert text in answer[2].decode("utf-16")
    else:
        assert fail_info is None
        assert text in answer[2].decode()
    if status in (429, 503):
        assert int(answer[1]["Retry-After"]) > 0
    if number not in ("SCEP0142", "SCEP0155", "SCEP0156", "SCEP0158",
                      "SCEP0165", "SCEP0171"):
        assert running.count_certificates() == certificates


def test_the_log_tells_no_secret(running):
    """Not even a password that was refused is in a log."""
    password = "0123456789ABCDEF"
    request = new_request(running, password)
    running.endpoint().get(request.der())
    request.csr = scep.new_csr(request.key, "again", password)
    post(running, request)
    logs = running.error_log() + running.access_log()
    assert password not in logs
    assert "MII" not in logs  # nor a message


def test_every_refusal_is_tried():
    others = ""  # which have what it takes to provoke the rest
    folder = os.path.dirname(os.path.abspath(__file__))
    for name in sorted(os.listdir(folder)):
        if name.startswith("test_") and name != os.path.basename(__file__):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                others += file.read()
    rest = set(documented()) - set(CASES) - set(INSIDE)
    assert {number for number in rest if number not in others} == set()
    assert set(CASES) | set(INSIDE) <= set(documented())
    assert not set(CASES) & set(INSIDE)
    for test, symbol in INSIDE.values():
        with open(os.path.join(TOP, "tests", "unit", test + ".c"),
                  encoding="utf-8") as file:
            assert symbol in file.read(), (test, symbol)
