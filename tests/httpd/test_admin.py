# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The admin page: its octets, and which requests draw a password."""
import base64
import concurrent.futures
import hashlib
import json
import re
import urllib.parse

import pytest
from cryptography.hazmat.primitives import serialization

import scepclient as scep
from httpdserver import (ADMIN, CA_USAGE, SECRET, SIGN, Pair, make_cert, pem)

PAGE = "/certsrv/mscep_admin/"
USER = f"{ADMIN}:{SECRET}"


@pytest.fixture(name="running", scope="module")
def fixture_running(make_server):
    """With the page in UTF-8, and one that is open to all, besides."""
    server = make_server(extra=(
        "AddDefaultCharset utf-8\n"
        "<Location /utf8>\nSetHandler scep-admin\nAuthType Basic\n"
        "AuthName admin\nAuthUserFile htpasswd\nRequire valid-user\n"
        "ScepAdminPageEncoding utf-8\nScepPasswordLength 16\n"
        "ScepPasswordValidity 90s\n</Location>\n"
        "<Location /open>\nSetHandler scep-admin\nRequire all granted\n"
        "</Location>\n"
        "<ScepProfile sign>\nScepCertKeyUsage digitalSignature\n"
        "</ScepProfile>\n"
        "<Location /single>\nSetHandler scep-admin\nAuthType Basic\n"
        "AuthName admin\nAuthUserFile htpasswd\nRequire valid-user\n"
        "ScepProfileByKeyUsage sign sign sign\n"
        "ScepChallenge single\n</Location>\n"))
    server.expect("SCEP0047")  # of /open
    return server


def thumbprint(cert):
    digest = hashlib.md5(cert.public_bytes(
        serialization.Encoding.DER)).hexdigest().upper()
    return " ".join(digest[at:at + 8] for at in range(0, 32, 8))


def passwords(server):
    return server.query("SELECT COUNT(*) FROM challenges")[0][0]


def page_text(answer):
    """The text of a page as NDES encodes it."""
    assert answer.status == 200
    assert answer.body[:2] == b"\xff\xfe"
    assert answer.body[-2:] == b"\0\0"
    text = answer.body.decode("utf-16")
    assert text.endswith("</HTML>\0")
    assert text.count("\0") == 1
    return text


# ---- octets ----

def test_octets_around_the_password(running):
    text = page_text(running.admin())
    password = re.search("password is: <B> ([0-9A-F]{16}) </B>", text).group(1)
    assert (
        "The thumbprint (hash value) for the CA certificate is: <B> "
        f"{thumbprint(running.ca_cert)} </B> <P> "
        f"The enrollment challenge password is: <B> {password} </B> <P> "
        "This password can be used only once and will expire within 60 "
        "minutes. <P> Each enrollment requires a new challenge password. You "
        "can refresh this web page to obtain a new challenge password. </P>"
    ) in text


def test_marks_of_the_page(running):
    text = page_text(running.admin())
    title = "Network Device Enrollment Service"
    assert f"<TITLE>{title}</TITLE>" in text
    assert text.count(title) >= 2
    for name in ("locPageFont", "locMSCertSrv", "locPageTitle",
                 "locPageDesc"):
        assert re.search(f'ID="?{name}"?[ >]', text)
    assert "charset=UTF-8" in text  # of the meta tag, wrong as NDES's is
    assert "67852" in text
    assert "<SCRIPT" not in text.upper()


def test_octets_are_stable(running):
    """All but the password is the same each time."""
    pages = [page_text(running.admin()) for _ in range(2)]
    passwords_of = [re.search("<B> ([0-9A-F]{16}) </B>", page).group(1)
                    for page in pages]
    assert passwords_of[0] != passwords_of[1]
    assert (pages[0].replace(passwords_of[0], "")
            == pages[1].replace(passwords_of[1], ""))


# Expressions that programs use on NDES's page, each on the text as that
# program decodes it.
SCRAPERS = (
    r"(?i)The enrollment challenge password is: <B> (?P<password>\S*)",
    r"challenge password is: <B> ([A-Z0-9]{16,32}) </B>",
    r"challenge password is: <B> ([a-zA-Z0-9_\-]+)",
    r"The enrollment challenge password is: <B> (.*?) </B> <P> This password "
    r"can be used only once",
    r"(?<![0-9A-F])([A-F0-9]{16})",
    r"(?s)challenge password.*?([0-9A-Fa-f]{8,64})")


@pytest.mark.parametrize("pattern", SCRAPERS)
def test_scrapers(running, pattern):
    text = page_text(running.admin())
    found = re.search(pattern, text).group(1)
    reply = running.enrol(found, "scraped")
    assert reply.status == scep.SUCCESS


def test_headers(running):
    answer = running.admin(headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Type"] == "text/html"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Content-Encoding"] is None
    assert answer.headers["ETag"] is None
    assert int(answer.headers["Content-Length"]) == len(answer.body)


def test_utf_8(running):
    answer = running.admin("/utf8")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    text = answer.body.decode("ascii")
    assert text.startswith("<HTML>") and text.endswith("</HTML>")
    assert re.search("password is: <B> [0-9A-F]{32} </B>", text)
    assert "will expire within 2 minutes." in text
    assert running.enrol(running.draw("/utf8"), "long").status == scep.SUCCESS


def test_thumbprint_is_the_roots(httpd):
    root = Pair(make_cert("Root", scep.shared_key("root"), ca=True,
                          usage=CA_USAGE), scep.shared_key("root"))
    key = scep.shared_key("issuing")
    issuing = Pair(make_cert("Issuing", key, root, ca=True,
                             usage=CA_USAGE + (SIGN,)), key)
    server = httpd(pairs=(issuing, None), start=False,
                   extra="ScepCAChainFile chain.crt\n")
    server.expect("SCEP0350")  # the CA's own key decrypts
    server.write("chain.crt", pem(root.cert))
    server.start()
    text = page_text(server.admin())
    assert thumbprint(root.cert) in text
    assert thumbprint(issuing.cert) not in text


# ---- methods and paths ----

def test_redirect(running):
    before = passwords(running)
    for method in ("GET", "HEAD"):
        answer = running.admin(PAGE[:-1] + "?a=b%20c&d", method)
        assert answer.status == 301
        assert answer.headers["Location"] == running.url(PAGE) + "?a=b%20c&d"
    assert running.admin("/CertSrv/MSCEP_admin").headers[
        "Location"] == running.url(PAGE)
    assert passwords(running) == before


def test_redirect_after_authentication(running):
    answer = running.http("GET", PAGE[:-1])
    assert answer.status == 401
    assert answer.headers["Location"] is None


def test_post_is_get(running):
    """HPE's script posts a form that names an operation."""
    for path in (PAGE, PAGE[:-1]):
        before = passwords(running)
        answer = running.admin(path, "POST", body=b"operation=GetCACaps",
                               headers={"Content-Type": "application/"
                                        "x-www-form-urlencoded"})
        assert "The enrollment challenge password is" in page_text(answer)
        assert passwords(running) == before + 1


def test_unknown_operation_draws_nothing(running):
    before = passwords(running)
    answer = running.admin(PAGE + "?operation=NDESGenerateChallenges")
    assert answer.status == 400
    assert passwords(running) == before


# ---- NDES's own operations ----

NDES = "?operation=NDESGenerateChallenge"


@pytest.mark.parametrize("path", (
    PAGE, PAGE[:-1], PAGE + "mscep.dll", "/CertSrv/MSCEP_ADMIN", "/utf8"))
@pytest.mark.parametrize("method", ("GET", "POST"))
def test_generate_challenge(running, path, method):
    answer = running.admin(path + NDES.lower(), method)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/plain"
    assert answer.headers["Cache-Control"] == "no-store"
    password = answer.body.decode("ascii")
    assert re.fullmatch("[0-9A-F]{32}" if path == "/utf8" else
                        "[0-9A-F]{16}", password)
    if method == "GET":
        assert running.enrol(password, "ndes").status == scep.SUCCESS


def test_generate_challenge_with_parameters(running):
    for usage in ("80", "20", "A0", "0xa0"):
        answer = running.admin(f"{PAGE}{NDES}&keyUsage={usage}&params="
                               "printer+3%20%3Cb%3E")
        assert answer.status == 200
    rows = running.query("SELECT label FROM challenges WHERE label IS NOT NULL")
    assert rows == [("printer 3 <b>",)] * 4


def test_generate_challenge_of_the_master_password(running):
    """NDES gives it whatever is asked for."""
    master = running.draw("/single/")
    for more in ("", "&params=printer+3", "&keyUsage=80", "&params=&keyUsage=A0",
                 "&keyUsage=20&params=" + 300 * "x"):
        for path in ("/single/", "/single"):
            answer = running.admin(path + NDES + more)
            assert (answer.status, answer.body.decode()) == (200, master), more


def test_generate_challenge_for_a_profile(httpd):
    """keyUsage chooses among the profiles of ScepProfileByKeyUsage."""
    server = httpd(extra=(
        "<ScepProfile sign>\nScepCertKeyUsage digitalSignature\n"
        "</ScepProfile>\n<ScepProfile encrypt>\n"
        "ScepCertKeyUsage keyEncipherment\n</ScepProfile>\n"
        "ScepProfileByKeyUsage sign encrypt device\n"))
    for usage in ("80", "0x20", "a0"):
        assert server.admin(f"{PAGE}{NDES}&keyUsage={usage}").status == 200
    assert server.admin(PAGE + NDES).status == 200
    rows = server.query("SELECT limits FROM challenges ORDER BY created")
    assert rows == [('{"profile":"sign"}',), ('{"profile":"encrypt"}',),
                    ('{"profile":"device"}',), (None,)]


@pytest.mark.parametrize("more", (
    "&keyUsage=", "&keyUsage=1", "&keyUsage=x", "&keyUsage=-80",
    "&keyUsage=80&keyUsage=80", "&keyUsage=0x0x80", "&keyUsage=00080",
    "&params=" + 300 * "x"))
def test_generate_challenge_malformed(running, more):
    before = passwords(running)
    assert running.admin(PAGE + NDES + more).status == 400
    assert passwords(running) == before


def test_head_generates_nothing(running):
    before = passwords(running)
    answer = running.admin(PAGE + NDES, "HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert passwords(running) == before


def test_get_thumbprint(running):
    before = passwords(running)
    for path in (PAGE, PAGE[:-1]):
        answer = running.admin(path + "?operation=NDESGetCACertThumbprint")
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/plain"
        assert answer.body.decode() == thumbprint(running.ca_cert)
    assert passwords(running) == before


@pytest.mark.parametrize("operation", ("NDESGenerateChallenge",
                                       "NDESGetCACertThumbprint"))
def test_not_for_devices(running, operation):
    for path in ("/certsrv/mscep/mscep.dll", "/cgi-bin/pkiclient.exe"):
        answer = running.http("GET", f"{path}?operation={operation}",
                              user=USER)
        assert answer.status == 400
    for path in ("/open", "/open/"):
        answer = running.http("GET", f"{path}?operation={operation}")
        assert answer.status == 403
    assert running.http("GET",
                        f"{PAGE}?operation={operation}").status == 401
    assert running.admin(f"{PAGE}?operation={operation}", headers={
        "Sec-Fetch-Site": "cross-site"}).status == 403


def test_scep_operations_under_the_page(running):
    for path in (PAGE, PAGE[:-1], PAGE + "mscep.dll", "/utf8"):
        answer = running.admin(path + "?operation=GetCACaps&message=x")
        assert (answer.status, answer.headers["Content-Type"]) == (
            200, "text/plain")
        assert b"POSTPKIOperation" in answer.body
        answer = running.admin(path + "?operation=GetCACert")
        assert answer.headers["Content-Type"] == (
            "application/x-x509-ca-ra-cert")
    request = scep.Request(running.ra_cert, running.draw(), "by-get",
                           key=scep.shared_key(1))
    message = base64.b64encode(request.der()).decode()
    answer = running.admin(f"{PAGE}?operation=PKIOperation&message="
                           + urllib.parse.quote(message, ""))
    assert running.reply(answer, request).status == scep.SUCCESS


def test_enrols_under_the_admin_path(running):
    request = scep.Request(running.ra_cert, running.draw(), "under",
                           key=scep.shared_key(1))
    answer = running.admin(PAGE + "mscep.dll?operation=PKIOperation",
                           "POST", body=request.der())
    assert running.reply(answer, request).status == scep.SUCCESS


# ---- who ----

def test_wrong_credentials(running):
    running.expect("AH01617")
    before = passwords(running)
    assert running.http("GET", PAGE, user=f"{ADMIN}:wrong").status == 401
    assert running.http("GET", PAGE).status == 401
    assert passwords(running) == before


@pytest.mark.parametrize("method", ("GET", "POST", "HEAD"))
def test_nobody_authenticated(running, method):
    """Fail closed: credentials that nobody has checked are none."""
    before = passwords(running)
    for user in (None, USER):
        answer = running.http(method, "/open", user=user)
        assert answer.status == 403
        assert answer.body == (b"" if method == "HEAD" else
                               b"This page needs an authenticated user.\n")
    assert passwords(running) == before
    assert "SCEP0180" in running.error_log()


def test_satisfied_without_user(httpd):
    """`Require` is satisfied by the address: there still is no user."""
    server = httpd(scep_conf="", start=False)
    server.scep_conf = ("ScepEngine On\n" + server.ca_conf() +
                        "<Location /certsrv/mscep_admin>\nAuthType Basic\n"
                        "AuthName admin\nAuthUserFile htpasswd\n<RequireAny>\n"
                        "Require ip 127.0.0.1\nRequire valid-user\n"
                        "</RequireAny>\n</Location>\n")
    server.write_conf()
    server.start()
    server.expect("SCEP0180")
    assert server.http("GET", PAGE).status == 403
    assert server.query("SELECT COUNT(*) FROM challenges") == [(0,)]


CHROMIUM = {  # a page whose address was typed in, by HTTPS
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, "
    "like Gecko) Chrome/150.0.0.0 Safari/537.36", "Accept-Language": "de",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,"
    "image/avif,image/webp,*/*;q=0.8", "Upgrade-Insecure-Requests": "1"}
TYPED = {**CHROMIUM, "Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate",
         "Sec-Fetch-User": "?1", "Sec-Fetch-Dest": "document"}
OWN = "http://127.0.0.1:@PORT@/x"
ON_PURPOSE = (
    {}, CHROMIUM, TYPED, {**TYPED, "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "Same-Origin"}, {"Referer": OWN},
    {"Referer": OWN.replace("http:", "https:")}, {"Origin": OWN[:-2]},
    {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
    {"Origin": "http://scep.example", "Host": "scep.example"},
    {"Origin": "http://SCEP.example", "Host": "scep.EXAMPLE:80"},
    {"Origin": "https://scep.example:443", "Host": "scep.example"},
    {"Referer": "http://[::1]:8080/", "Host": "[::1]:8080"},
    {"Sec-Fetch-Mode": "cors", "Accept-Language": "*", "Accept": "*/*",
     "User-Agent": "node"},
    {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors",
     "Sec-Fetch-Dest": "empty"},
    {**CHROMIUM, "Accept": "application/json", "Referer": OWN},
    # programs that call themselves a browser
    {"Accept": "*/*", "User-Agent": CHROMIUM["User-Agent"]},
    {"Accept": "*/*", "Accept-Language": "en-us", "User-Agent":
     "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0)"},
    {"Accept": "image/gif, image/jpeg, */*", "Accept-Language": "en-us",
     "User-Agent": "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)"},
    {"Referer": "", "Origin": "", "Sec-Purpose": ""})
NOT_ON_PURPOSE = (
    *({**TYPED, "Sec-Fetch-Site": site}
      for site in ("cross-site", "same-site", "Cross-Site", "other",
                   "none, cross-site")),
    {"Sec-Fetch-Site": "same-site"},
    *({**TYPED, "Sec-Fetch-Dest": dest}
      for dest in ("image", "script", "style", "iframe", "frame", "embed",
                   "object", "video", "prefetch", "report", "document2")),
    *({"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": mode}
      for mode in ("no-cors", "websocket")),
    {"Sec-Purpose": "prefetch"}, {"Sec-Purpose": "prefetch;prerender"},
    {**TYPED, "Sec-Purpose": "prefetch"}, {"Purpose": "prefetch"},
    {"X-Moz": "prefetch"}, {"X-Purpose": "preview"},
    *({"Origin": origin}
      for origin in ("https://evil.example", "null", "http://127.0.0.1",
                     "http://127.0.0.1:1", "127.0.0.1:@PORT@", "http://",
                     "http://127.0.0.1:@PORT@.evil.example",
                     "http://127.0.0.1:@PORT@, http://evil.example",
                     "http://x@127.0.0.1:@PORT@")),
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
    {"Origin": "https://scep.example", "Host": "scep.example:80"},
    *({"Referer": referer}
      for referer in ("https://evil.example/", "about:blank", "x",
                      "http://evil.example/http://127.0.0.1:@PORT@/",
                      "http://evil.example?//127.0.0.1:@PORT@/",
                      "http://127.0.0.1.evil.example:@PORT@/",
                      "android-app://org.example/")),
    {"Referer": "https://evil.example/", "Sec-Fetch-Site": "same-origin"},
    # of a page that hides itself, by HTTP
    *({**CHROMIUM, "Accept": accept}
      for accept in ("*/*", "image/avif,image/webp,*/*;q=0.8",
                     "text/css,*/*;q=0.1")),
    {**CHROMIUM, "Accept": "image/avif,image/webp,*/*;q=0.8", "Referer": OWN},
    {**CHROMIUM, "Accept": "text/css,*/*;q=0.1", "Referer": OWN})


def with_port(server, headers):
    return {name: value.replace("@PORT@", str(server.port))
            for name, value in headers.items()}


@pytest.mark.parametrize("headers", ON_PURPOSE)
def test_drawn_on_purpose(running, headers):
    headers = with_port(running, headers)
    for method, path in (("GET", PAGE), ("POST", PAGE),
                         ("GET", PAGE + NDES)):
        before = passwords(running)
        assert running.admin(path, method, headers=headers).status == 200
        assert passwords(running) == before + 1


@pytest.mark.parametrize("headers", NOT_ON_PURPOSE)
def test_not_drawn_on_purpose(running, headers):
    headers = with_port(running, headers)
    before, log = passwords(running), running.count("SCEP0182")
    for path in (PAGE, PAGE[:-1], PAGE + "mscep.dll", PAGE + NDES):
        for method in ("GET", "POST"):
            answer = running.admin(path, method, headers=headers)
            assert answer.status == 403
            assert b"Open this page by its own address" in answer.body
    assert passwords(running) == before
    assert running.count("SCEP0182") == log + 8


@pytest.mark.parametrize("headers,proxy", (
    ({"Origin": "https://inside.example"}, True),
    ({"Referer": "https://inside.example/"}, True),
    ({"Origin": "null"}, False), ({"Purpose": "prefetch"}, False),
    ({"Sec-Fetch-Site": "cross-site"}, False),
    ({**CHROMIUM, "Accept": "image/avif,image/webp,*/*;q=0.8"}, False)))
def test_blames_a_proxy_only_for_a_host(running, headers, proxy):
    """A proxy that changes Host makes Origin and Referer look foreign, and
    nothing else."""
    before = running.count("ProxyPreserveHost")
    assert running.admin(headers=headers).status == 403
    assert running.count("ProxyPreserveHost") == before + proxy


# ---- full ----

def test_cache_full(httpd):
    server = httpd(extra="ScepPasswordMax 16\n")
    drawn = [server.draw() for _ in range(16)]
    server.expect("SCEP0181")
    answer = server.admin()
    text = page_text(answer)
    assert "<P> The password cache is full. </P>" in text
    assert "challenge password is" not in text
    assert server.count("SCEP0181") == 1
    assert passwords(server) == 16
    # one is used: there is room for one
    assert server.enrol(drawn[0]).status == scep.SUCCESS
    assert server.draw()
    assert "The password cache is full." in page_text(server.admin())


def test_expired_ones_make_room(httpd):
    server = httpd(extra="ScepPasswordMax 16\nScepPasswordValidity 2s\n")
    drawn = [server.draw() for _ in range(16)]
    server.expect("SCEP0181", "SCEP0154", "SCEP0153")
    server.wait_for(lambda: b"p\0a\0s\0s\0w\0o\0r\0d\0 \0i\0s\0:" in
                    server.admin().body)
    assert server.enrol(drawn[0]).status == scep.FAILURE


def test_most_of_a_user(httpd):
    """However many draw at once, each user gets as many as may be; the place
    at which there is no limit is not concerned."""
    server = httpd(extra=(
        "ScepPasswordMaxPerUser 5\n<Location /more>\nSetHandler scep-admin\n"
        "ScepPasswordMaxPerUser off\nAuthType Basic\nAuthName x\n"
        "AuthUserFile htpasswd\nRequire valid-user\n</Location>\n"))
    with open(server.path("htpasswd"), "r+", encoding="ascii") as file:
        file.write(file.read().replace(ADMIN, "bob", 1))
    server.expect("SCEP0176")

    def draw(number):
        user = "bob" if number % 2 else ADMIN
        return user, page_text(server.http("GET", PAGE, user=f"{user}:{SECRET}"))

    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        pages = list(pool.map(draw, range(64)))
    for user in ("bob", ADMIN):
        got = [text for who, text in pages
               if who == user and "challenge password is" in text]
        assert len(got) == 5
    refused = [text for _user, text in pages
               if "<P> The password cache is full. </P>" in text]
    assert len(refused) == 54
    assert all("ScepPasswordMaxPerUser" in text for text in refused)
    assert passwords(server) == 10
    log = [line for line in server.error_log().splitlines()
           if "SCEP0176" in line]
    assert log and all("5 passwords outstanding" in line for line in log)

    answer = server.http("GET", PAGE + "?operation=NDESGenerateChallenge",
                         user=USER)
    assert answer.status == 429 and b"unused passwords" in answer.body
    answer = server.http("POST", PAGE + "api/challenges", "{}",
                         {"Content-Type": "application/json"}, user=USER)
    fault = json.loads(answer.body)["error"]
    assert (answer.status, fault["id"]) == (429, "SCEP0176")
    assert "ScepPasswordMaxPerUser" in fault["detail"]
    assert server.draw("/more")
    assert passwords(server) == 11


def test_nothing_secret_in_the_logs(httpd):
    server = httpd(extra="LogLevel trace8\n")
    server.expect("SCEP0155")
    password = server.draw()
    assert server.enrol(password, "secret").status == scep.SUCCESS
    assert server.enrol(password, "again", number=1).status == scep.FAILURE
    for line in (server.error_log() + server.access_log()).splitlines():
        if "[scep:" in line or " admin" in line:
            assert password not in line.upper(), line
