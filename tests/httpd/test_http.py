# Licensed under the Apache License, Version 2.0; see LICENSE.
"""HTTP as such: methods, bodies, headers, versions."""
import base64
import re
import subprocess
import urllib.parse

import pytest

import scepclient as scep

PATH = "/cgi-bin/pkiclient.exe"
CAPS = f"{PATH}?operation=GetCACaps"
PKI = f"{PATH}?operation=PKIOperation"
ADMIN = "/certsrv/mscep_admin/"


@pytest.fixture(name="running", scope="module")
def fixture_running(make_server):
    server = make_server(modules=("http2", "deflate"), extra=(
        "Protocols h2c http/1.1\nSetOutputFilter DEFLATE\n"
        "AddDefaultCharset utf-8\n"
        "<Location /small>\nSetHandler scep\nScepMaxRequestSize 4096\n"
        "</Location>\n"
        "<Location /limited>\nSetHandler scep\nLimitRequestBody 1000\n"
        "</Location>\n"))
    server.expect("AH10034")  # mod_http2 would rather not have prefork
    return server


def message(running, name="http", number=1):
    request = scep.Request(running.ra_cert, running.draw(), name,
                           key=scep.shared_key(number))
    return request, request.der()


def passwords(running):
    return running.query("SELECT COUNT(*) FROM challenges")[0][0]


def check_error(answer, status, text):
    assert answer.status == status
    assert answer.headers["Content-Type"] == "text/plain"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.body == text + b"\n"


# ---- methods ----

@pytest.mark.parametrize("path", (CAPS, PKI, PATH, ADMIN, ADMIN + "form"))
@pytest.mark.parametrize("method", ("PUT", "DELETE", "PATCH", "PROPFIND",
                                    "TRACE", "FOO"))
def test_other_methods(running, method, path):
    answer = running.admin(path, method, body=None if method == "TRACE"
                           else b"body")
    check_error(answer, 405, b"Use GET or POST.")
    assert answer.headers["Allow"] == "GET, HEAD, POST, OPTIONS"
    assert f"method {method}" in running.error_log()
    assert "SCEP0101" in running.error_log()


@pytest.mark.parametrize("path", (CAPS, PATH, ADMIN, ADMIN + "form"))
def test_options(running, path):
    answer = running.admin(path, "OPTIONS")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["Allow"] == "GET, HEAD, POST, OPTIONS"


@pytest.mark.parametrize("operation", ("GetCACaps", "GetCACert"))
def test_head_is_get_without_body(running, operation):
    path = f"{PATH}?operation={operation}"
    get, head = running.http("GET", path), running.http("HEAD", path)
    assert get.status == head.status == 200 and head.body == b""
    for name in ("Content-Type", "Content-Length", "X-Content-Type-Options"):
        assert get.headers[name] == head.headers[name] is not None
    assert int(get.headers["Content-Length"]) == len(get.body)


def test_head_enrols_nobody(running):
    request, der = message(running)
    before = running.count_certificates()
    query = urllib.parse.quote(base64.b64encode(der), safe="")
    answer = running.http("HEAD", f"{PKI}&message={query}")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["Content-Type"] == "application/x-pki-message"
    assert running.count_certificates() == before
    # and the password is still good
    reply = running.reply(running.endpoint().post(der), request)
    assert reply.status == scep.SUCCESS


def test_head_draws_nothing(running):
    before = passwords(running)
    answer = running.admin(method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["Content-Type"] == "text/html"
    assert answer.headers["Cache-Control"] == "no-store"
    assert passwords(running) == before


# ---- headers ----

@pytest.mark.parametrize("operation, kind", (
    ("GetCACaps", "text/plain"),
    ("GetCACert", "application/x-x509-ca-ra-cert")))
def test_headers(running, operation, kind):
    answer = running.http("GET", f"{PATH}?operation={operation}",
                          headers={"Accept-Encoding": "gzip, deflate, br"})
    assert answer.headers["Content-Type"] == kind
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["ETag"] is None
    assert answer.headers["Content-Encoding"] is None
    assert int(answer.headers["Content-Length"]) == len(answer.body)
    assert "Microsoft" not in answer.headers["Server"]


def test_headers_of_a_reply(running):
    _, der = message(running)
    answer = running.http("POST", PKI, der, {"Accept-Encoding": "gzip"})
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/x-pki-message"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Encoding"] is None
    assert int(answer.headers["Content-Length"]) == len(answer.body)


def test_deflate_would_be_on(running):
    """The filter that the tests above must not meet is there."""
    running.write("htdocs/index.html", "hello\n" * 200)
    answer = running.http("GET", "/index.html",
                          headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"


# ---- cut off on the way ----

def last_line(running, number):
    return [line for line in running.error_log().splitlines()
            if number in line][-1]


@pytest.mark.parametrize("digits", (900, 901, 902, 903))
def test_cut_off_query(running, digits):
    _, der = message(running)
    text = base64.b64encode(der).decode()[:digits].replace("+", "%2B")
    answer = running.http("GET", f"{PKI}&message={text}")
    assert answer.status == 400
    number = "SCEP0107" if digits % 4 == 1 else "SCEP0120"
    assert f"incomplete: {digits * 3 // 4} of {len(der)} octets" in \
        last_line(running, number)


def test_cut_off_escape(running):
    assert running.http("GET", f"{PKI}&message=MII%2").status == 400
    assert "incomplete" in last_line(running, "SCEP0106")


def test_cut_off_body(running):
    _, der = message(running)
    assert running.http("POST", PKI, der[:1000]).status == 400
    assert f"incomplete: 1000 of {len(der)} octets" in \
        last_line(running, "SCEP0120")
    assert running.http("POST", PKI, der + b"more").status == 400
    assert f"4 octets follow the message, which has {len(der)}" in \
        last_line(running, "SCEP0120")
    running.raw(post_head(len(der)) + der[:1000])
    running.wait_until(lambda: "1000 of %d octets" % len(der) in
                       last_line(running, "SCEP0103"), 5)


# ---- no, unknown and odd operations ----

def test_page_for_browsers(running):
    answer = running.http("GET", PATH)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert b'href="/certsrv/mscep_admin/"' in answer.body
    assert b"<script" not in answer.body


BAD_QUERIES = (
    ("operation=Odd", b"Unknown SCEP operation.", "SCEP0105"),
    ("operation=", b"Unknown SCEP operation.", "SCEP0105"),
    ("operation=GetCACaps&operation=GetCACert",
     b"The query string is malformed.", "SCEP0106"),
    ("operation=%00", b"The query string is malformed.", "SCEP0106"))
BAD_MESSAGES = (
    ("", b"The message is missing.", "SCEP0108"),
    ("&message=", b"The message is missing.", "SCEP0108"),
    ("&message=%21", b"The message is not valid base64.", "SCEP0107"),
    ("&message=MAAA", b"The message is not a SCEP pkiMessage.", "SCEP0120"))


@pytest.mark.parametrize("query, text, number", BAD_QUERIES + tuple(
    ("operation=PKIOperation" + query, text, number)
    for query, text, number in BAD_MESSAGES))
def test_bad_queries(running, query, text, number):
    before = running.count(number)
    check_error(running.http("GET", f"{PATH}?{query}"), 400, text)
    assert running.count(number) == before + 1


@pytest.mark.parametrize("query, text, number", BAD_QUERIES)
def test_bad_queries_of_head(running, query, text, number):
    before = running.count(number)
    answer = running.http("HEAD", f"{PATH}?{query}")
    assert (answer.status, answer.body) == (400, b"")
    assert int(answer.headers["Content-Length"]) == len(text) + 1
    assert running.count(number) == before + 1


def test_next_ca(running):
    check_error(running.http("GET", f"{PATH}?operation=GetNextCACert"), 404,
                b"There is no next CA certificate.")


def test_error_document_is_not_used(httpd):
    server = httpd(extra="ErrorDocument 400 /index.html\n"
                   f"ErrorDocument 404 {CAPS}\n")
    server.expect("SCEP0105")
    check_error(server.http("GET", f"{PATH}?operation=Odd"), 400,
                b"Unknown SCEP operation.")
    # and no error page of another path is made by us
    answer = server.http("GET", "/none")
    assert answer.status == 404
    assert b"POSTPKIOperation" not in answer.body


# ---- bodies ----

@pytest.mark.parametrize("query", (
    "", "?operation=PKIOperation", "?operation=PKIOperation&message=ignored",
    "?operation=pkioperation&message=", "?OPERATION=PKIOperation&x=y"))
@pytest.mark.parametrize("kind", (None, "application/x-pki-message",
                                  "application/octet-stream", "text/plain"))
def test_post(running, query, kind):
    request, der = message(running)
    # urllib and http.client add no type by themselves
    answer = running.http("POST", PATH + query, der,
                          {"Content-Type": kind} if kind else {})
    assert running.reply(answer, request).status == scep.SUCCESS


@pytest.mark.parametrize("operation", ("GetCACaps", "GetCACert"))
@pytest.mark.parametrize("body", (None, b""))
def test_post_without_body_is_get(running, operation, body):
    path = f"{PATH}?operation={operation}"
    assert (running.http("POST", path, body).body
            == running.http("GET", path).body)


def test_post_of_nothing(running):
    check_error(running.http("POST", PATH, b""), 400,
                b"The SCEP operation is missing.")
    assert "SCEP0104" in running.error_log()


def chunked(body, size):
    for at in range(0, len(body), size):
        yield body[at:at + size]


@pytest.mark.parametrize("size", (1000, 1, 100000))
def test_chunked(running, size):
    request, der = message(running)
    # http.client sends an iterator in chunks
    answer = running.http("POST", PKI, chunked(der, size))
    assert running.reply(answer, request).status == scep.SUCCESS


@pytest.mark.parametrize("path, limit", ((PKI, 65536), ("/small", 4096)))
@pytest.mark.parametrize("in_chunks", (False, True))
def test_body_limit(running, path, limit, in_chunks):
    def post(size):
        body = b"0" * size
        return running.http("POST", path,
                            chunked(body, 1000) if in_chunks else body)

    check_error(post(limit), 400, b"The message is not a SCEP pkiMessage.")
    before = running.count("SCEP0102")
    check_error(post(limit + 1), 413, b"The request is too large.")
    assert running.count("SCEP0102") == before + 1
    assert (f"more than {limit} octets (ScepMaxRequestSize)"
            in running.error_log())


@pytest.mark.parametrize("in_chunks", (False, True))
def test_limit_request_body(running, in_chunks):
    """httpd's own limit, if lower, is answered by httpd."""
    before = running.count("SCEP0402")
    running.expect("SCEP0402")
    body = b"0" * 2000
    answer = running.http("POST", "/limited",
                          chunked(body, 100) if in_chunks else body)
    assert answer.status == 413
    assert running.count("SCEP0402") == before + 1


def post_head(length, more=""):
    return (f"POST {PKI} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n"
            f"{more}\r\n").encode()


def test_too_large_is_not_read(running):
    """Refused by its Content-Length, before any of it comes, and without the
    100 that would ask for it."""
    said = running.raw(post_head(10 ** 9, "Expect: 100-continue\r\n"), False)
    assert said.startswith(b"HTTP/1.1 413 ")
    assert b"100 Continue" not in said
    assert re.search(rb"\r\nConnection: .*\bclose\r\n", said)


def test_expect_continue(running):
    request, der = message(running)
    head = post_head(len(der), "Expect: 100-continue\r\nConnection: close\r\n")
    said = running.raw(head + der, False)
    assert said.startswith(b"HTTP/1.1 100 Continue\r\n")
    body = said.partition(b"HTTP/1.1 200 OK")[2].partition(b"\r\n\r\n")[2]
    assert scep.Reply(body, request, running.signers).status == scep.SUCCESS


def test_body_cut_off(running):
    """Nothing is issued for a part of a message, whole as it may look."""
    _, der = message(running)
    before = running.count_certificates()
    bad = running.count("SCEP0103")
    said = running.raw(post_head(len(der) + 1) + der)
    assert said.startswith(b"HTTP/1.1 400 ")
    assert b"The request body could not be read." in said
    assert running.count_certificates() == before
    assert running.count("SCEP0103") == bad + 1


@pytest.mark.parametrize("tail", (b"", b"0\r\n", b"zz\r\n", b"5\r\nab"))
def test_chunks_cut_off_or_bad(running, tail):
    _, der = message(running)
    before = running.count_certificates()
    said = running.raw(
        f"POST {PKI} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        f"{len(der):x}\r\n".encode() + der + b"\r\n" + tail)
    assert said.startswith(b"HTTP/1.1 400 ")
    assert running.count_certificates() == before


def test_pipelined_after_a_refused_body(running):
    """What follows a refused body is never taken for a request."""
    smuggled = f"GET {CAPS} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    said = running.raw(f"PUT {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: "
                       f"{len(smuggled)}\r\n\r\n".encode() + smuggled)
    assert said.count(b"HTTP/1.1 ") == 1
    assert b"POSTPKIOperation" not in said


def test_keep_alive_over_refusals(running):
    connection = scep.http.client.HTTPConnection("127.0.0.1", running.port)
    for _ in range(3):
        connection.request("GET", f"{PATH}?operation=Odd")
        answer = connection.getresponse()
        assert answer.status == 400
        answer.read()
    for _ in range(3):
        connection.request("GET", CAPS)
        answer = connection.getresponse()
        assert answer.status == 200
        answer.read()
    connection.close()


# ---- versions ----

def test_http_1_0_without_host(running):
    said = running.raw(f"GET {CAPS} HTTP/1.0\r\n\r\n".encode())
    assert said.startswith(b"HTTP/1.1 200 ")
    assert b"POSTPKIOperation" in said


def test_http_1_0_post_without_host(running):
    request, der = message(running)
    said = running.raw(f"POST {PKI} HTTP/1.0\r\nContent-Length: {len(der)}"
                       "\r\n\r\n".encode() + der)
    body = said.partition(b"\r\n\r\n")[2]
    assert scep.Reply(body, request, running.signers).status == scep.SUCCESS


def curl(*arguments):
    return subprocess.run(
        ["curl", "--silent", "--show-error", "--http2-prior-knowledge",
         "--max-time", "30", *arguments], check=True,
        stdout=subprocess.PIPE).stdout


def test_http_2(running, tmp_path):
    url = f"http://127.0.0.1:{running.port}"
    assert b"HTTP/2 200" in curl("--include", url + CAPS)
    request, der = message(running)
    (tmp_path / "message").write_bytes(der)
    body = curl("--data-binary", f"@{tmp_path}/message", "-H",
                "Content-Type: application/x-pki-message", url + PKI)
    assert scep.Reply(body, request, running.signers).status == scep.SUCCESS


def test_http_2_without_length(running, tmp_path):
    """DATA frames alone tell how long it is."""
    request, der = message(running)
    (tmp_path / "message").write_bytes(der)
    body = curl("--data-binary", f"@{tmp_path}/message", "-H",
                "Content-Length:", f"http://127.0.0.1:{running.port}{PKI}")
    assert scep.Reply(body, request, running.signers).status == scep.SUCCESS


@pytest.mark.parametrize("method, status", (("POST", 413), ("PUT", 405)))
def test_http_2_refusals(running, tmp_path, method, status):
    """httpd then resets the stream, and not every curl shows the answer."""
    (tmp_path / "large").write_bytes(b"0" * 200000)
    path = f"{PATH}/{method}"
    subprocess.run(["curl", "--silent", "--http2-prior-knowledge", "-X",
                    method, "--data-binary", f"@{tmp_path}/large",
                    f"http://127.0.0.1:{running.port}{path}"
                    "?operation=PKIOperation"], check=False,
                   stdout=subprocess.DEVNULL)
    running.wait_for(lambda: path in running.access_log())
    assert f"{method} {path} {status} " in running.access_log()


def test_long_get(running):
    """12 KB: more than httpd takes unless LimitRequestLine is raised."""
    request = scep.Request(running.ra_cert, running.draw(), "long",
                           key=scep.shared_key(1))
    request.extra = [scep.attribute("1.3.6.1.4.1.99999.1",
                                    scep.core.OctetString(b"x" * 7000))]
    answer = running.endpoint().get(request.der())
    assert running.reply(answer, request).status == scep.SUCCESS


def test_no_sub_request_gets_through(httpd):
    """An include must neither enrol nor draw, whoever is logged in."""
    server = httpd(modules=("include",), extra=(
        "<Directory @DIR@/htdocs>\nOptions +Includes\n</Directory>\n"
        "<Location /page.shtml>\nSetOutputFilter INCLUDES\n"
        "AuthType Basic\nAuthName admin\nAuthUserFile htpasswd\n"
        "Require valid-user\n</Location>\n"))
    server.write("htdocs/page.shtml",
                 'a<!--#include virtual="/certsrv/mscep_admin/" -->'
                 f'b<!--#include virtual="{CAPS}" -->c\n')
    server.expect("unable to include")
    answer = server.admin("/page.shtml")
    assert answer.status == 200
    assert server.count("unable to include") == 2
    assert b"password" not in answer.body.replace(b"\0", b"")
    assert b"POSTPKIOperation" not in answer.body
    assert server.query("SELECT COUNT(*) FROM challenges") == [(0,)]
