# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The page with forms, and who may do what (ScepAdminRequire)."""
import html
import json
import re
import urllib.parse

import pytest

import scepclient as scep
from httpdserver import ADMIN, SECRET

pytestmark = pytest.mark.any_mpm(
    reason="decided from one request and the database")

PAGE = "/certsrv/mscep_admin/"
FORM = PAGE + "form/"
TYPE = {"Content-Type": "application/x-www-form-urlencoded"}
AUTH = ("SetHandler scep-admin\nAuthType Basic\nAuthName admin\n"
        "AuthUserFile htpasswd\nRequire valid-user\n")


def location(path, require):
    return (f"<Location {path}>\n{AUTH}ScepAdminRequire \"{require}\"\n"
            "</Location>\n")


@pytest.fixture(name="running", scope="module")
def fixture_running(make_server):
    server = make_server(extra=(
        location("/yes", f"%{{REMOTE_USER}} == '{ADMIN}'") +
        location("/no", "%{REMOTE_USER} == 'root'") +
        location("/draw", "reqenv('SCEP_ADMIN_ACTION') == 'draw'") +
        location("/list", "reqenv('SCEP_ADMIN_ACTION') == 'list'") +
        location("/label", "reqenv('SCEP_DRAW_LABEL') =~ /^lab-/ && "
                 "reqenv('SCEP_DRAW_USES') -le 3 && "
                 "reqenv('SCEP_DRAW_VALIDITY') -le 600") +
        location("/subject", "reqenv('SCEP_DRAW_SUBJECT') =~ "
                 "/^CN=lab-[^,]*$/ && reqenv('SCEP_DRAW_PROFILE') == "
                 "'device' && reqenv('SCEP_DRAW_LIMITS') !~ /networks/") +
        location("/broken", "file('/nonexistent') == 'x'") +
        f"<Location /group>\n{AUTH}AuthGroupFile groups\n"
        "Require group admins\n</Location>\n"
        "<Location /no/inside>\nSetHandler scep-admin\nScepAdminRequire true\n</Location>\n"),
        modules=("authz_groupfile",))
    return server


def form(server, path=FORM, **more):
    """(the page's text, its token)"""
    answer = server.admin(path, **more)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    text = answer.body.decode("utf-8")
    return text, re.search('name="token" value="([^"]*)"', text).group(1)


def send(server, fields, path=FORM, headers=None, user=f"{ADMIN}:{SECRET}"):
    return server.http("POST", path, urllib.parse.urlencode(fields),
                       {**TYPE, **(headers or {})}, user=user)


def next_page(server, answer, path=FORM, **more):
    """The page to which the ANSWER to a form at PATH leads a browser."""
    assert (answer.status, answer.body) == (303, b""), answer.body
    cookie = answer.headers["Set-Cookie"].split(";")[0]
    return server.admin(urllib.parse.urljoin(path, answer.headers["Location"]),
                        headers={"Cookie": cookie}, **more)


def challenge(page):
    """The password on a page, or None."""
    assert page.status == 200, page.body
    found = re.search('<code id="challenge">([^<]*)</code>',
                      page.body.decode())
    return html.unescape(found.group(1)) if found else None


def drawn(server, fields, path=FORM):
    """The password for FIELDS."""
    answer = send(server, {"action": "draw", "token": form(server)[1],
                           **fields}, path)
    return challenge(next_page(server, answer, path))


def add_user(server, name):
    with open(server.path("htpasswd"), "a+", encoding="ascii") as file:
        file.write(f"{name}:{{SHA}}5en6G6MezRroT3XKqkdPOmY/BfQ=\n")  # secret


def passwords(server):
    return server.query("SELECT COUNT(*) FROM challenges")[0][0]


def denials(server):
    return server.query("SELECT actor, reason, detail FROM audit WHERE event "
                        "= 'admin-denied' ORDER BY seq")


# ---- the forms ----

def test_body_too_large(running):
    answer = send(running, {"label": "x" * 65536})
    assert answer.status == 413
    (line,) = [line for line in running.error_log().splitlines()
               if "SCEP0102" in line]
    assert "more than 65536 octets" in line and "the form takes" in line
    assert "ScepMaxRequestSize" not in line


def test_headers(running):
    before = passwords(running)
    answer = running.admin(FORM)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert b"<script" not in answer.body.lower()
    assert running.admin(FORM, "HEAD").body == b""
    assert running.admin(FORM[:-1]).status == 200
    assert running.admin("/CertSrv/mscep_admin/FORM").status == 200
    assert passwords(running) == before


def test_draw(running):
    password = drawn(running, {"label": "", "minutes": "", "uses": "",
                               "subject": "", "profile": ""})
    assert re.fullmatch("[0-9A-F]{16}", password)
    assert running.enrol(password, "form").status == scep.SUCCESS


def test_draw_with_limits(running):
    label = "<script>alert(\"1\")</script>&amp; 'ü'"
    password = drawn(running, {"label": label, "minutes": "5", "uses": "3"})
    assert re.fullmatch("[0-9A-F]{16}", password)
    rows = running.query("SELECT label, uses, expires - created, drawn_by "
                         "FROM challenges WHERE uses = 3")
    assert rows == [(label, 3, 300 * 1000000, ADMIN)]
    text = form(running)[0]
    assert "<script" not in text and label in html.unescape(text)
    assert password not in text


def test_draw_for_a_device(running):
    password = drawn(running, {
        "subject": "CN=the-printer,O=Tests", "networks": "127.0.0.0/8",
        "profile": "device"})
    assert "CN=the-printer" in form(running)[0]
    assert running.enrol(password, "another").status == scep.FAILURE
    assert running.enrol(password, "the-printer").status == scep.SUCCESS


# ---- what one page hands over to the next ----

def test_redirect(running):
    answer = send(running, {"action": "draw", "token": form(running)[1]})
    assert re.fullmatch(r"\./\?drawn=[0-9a-f]{16}", answer.headers["Location"])
    assert re.fullmatch(
        r"scep_form_[0-9a-f]{16}=[0-9a-f]+; Max-Age=60; HttpOnly; "
        r"SameSite=Strict", answer.headers["Set-Cookie"])
    assert answer.headers["Cache-Control"] == "no-store"
    page = next_page(running, answer)
    assert re.fullmatch(r"scep_form_[0-9a-f]{16}=; Max-Age=0; HttpOnly; "
                        r"SameSite=Strict", page.headers["Set-Cookie"])
    password = challenge(page)
    for text in (str(answer.headers), running.error_log(),
                 running.access_log()):
        assert password not in text
        assert password.encode().hex() not in text


def test_is_shown_once(running):
    """Also to who has kept the cookie, and after a graceful restart."""
    answer = send(running, {"action": "draw", "token": form(running)[1]})
    running.graceful()
    assert challenge(next_page(running, answer)) is not None
    page = next_page(running, answer)
    assert challenge(page) is None
    assert b"A password is shown once." in page.body


def test_is_shown_to_who_has_drawn_it(running):
    add_user(running, "other")
    answer = send(running, {"action": "draw", "token": form(running)[1]})
    cookie = answer.headers["Set-Cookie"].split(";")[0]
    where = FORM + answer.headers["Location"][2:]
    ticket = where.rpartition("=")[2]
    page = running.http("GET", where, headers={"Cookie": cookie},
                        user="other:secret")
    assert challenge(page) is None
    for path, headers in (
            (where, {}), (FORM, {"Cookie": cookie}),
            (where, {"Cookie": cookie[:-1]}),
            (where, {"Cookie": cookie[:-1] + "x"}),
            (where[:-1], {"Cookie": cookie}),
            (FORM + "?drawn=" + 16 * "0", {"Cookie": cookie.replace(
                ticket, 16 * "0")}),
            (FORM + "?drawn=%0d%0aX:y", {"Cookie": cookie}),
            (where, {"Cookie": cookie, "Sec-Purpose": "prefetch"}),
            (where, {"Cookie": cookie, "Sec-Fetch-Site": "cross-site"})):
        assert challenge(running.admin(path, headers=headers)) is None
    assert running.admin(where, "HEAD", headers={"Cookie": cookie}).body == b""
    assert challenge(next_page(running, answer)) is not None


@pytest.mark.parametrize("path, location", (
    ("/certsrv/mscep_admin/form", "./form?"),
    ("/CertSrv/MSCEP_ADMIN/Form/", "./?"),
    ("/certsrv/mscep_admin/form?a=b/c", "./form?"), ("/yes/form", "./form?")))
def test_redirect_stays_on_the_path(running, path, location):
    answer = send(running, {"action": "draw", "token": form(running)[1]},
                  path)
    assert answer.headers["Location"].startswith(location)
    assert challenge(next_page(running, answer, path)) is not None


# ---- cancelled ----

def test_cancel(running):
    password = drawn(running, {"label": "to-cancel"})
    name = running.query("SELECT LOWER(HEX(hash)) FROM challenges WHERE label = "
                         "'to-cancel'")[0][0]
    text, token = form(running)
    assert f'value="{name}"' in text
    answer = send(running, {"token": token, "action": "cancel", "id": name})
    page = next_page(running, answer)
    assert f"Cancelled: {name}".encode() in page.body
    assert f'value="{name}"'.encode() not in page.body
    assert running.enrol(password, "cancelled").status == scep.FAILURE
    answer = send(running, {"token": token, "action": "cancel", "id": name})
    assert answer.status == 409
    assert "SCEP0187" in running.error_log()
    answer = send(running, {"token": token, "action": "cancel", "id": "<b>"})
    assert answer.status == 404 and b"<b>" not in answer.body


def test_cancel_many(running):
    label = "several <b>&\"ü"
    passwords = [drawn(running, {"label": label}) for _ in range(3)]
    kept = drawn(running, {"label": "kept"})
    _text, token = form(running)
    base = {"token": token, "action": "cancel-many"}
    for fields in ({}, {"cancelAll": "1", "cancelLabel": label},
                   {"cancelUser": "", "cancelLabel": ""}):
        answer = send(running, {**base, **fields})
        assert answer.status == 400 and b"Nothing was done." in answer.body
    assert label.replace("&", "&amp;").replace("<", "&lt;").replace(
        ">", "&gt;").replace('"', "&quot;").encode() in send(
            running, {**base, "cancelAll": "1", "cancelLabel": label}).body
    answer = send(running, {**base, "cancelLabel": label})
    assert answer.status == 303
    assert b"Cancelled: 3 passwords" in next_page(running, answer).body
    assert running.enrol(passwords[2], "gone").status == scep.FAILURE
    assert running.enrol(kept, "kept").status == scep.SUCCESS
    answer = send(running, {**base, "cancelUser": ADMIN, "token": "x"})
    assert answer.status == 403


# ---- wrong ----

WRONG = (("label", "x" * 300, "longer than 256"),
         ("minutes", "0", "a whole number from 1 to 527040"),
         ("minutes", "9" * 30, "a whole number"),
         ("uses", "-1", "a whole number from 1 to 100000"),
         ("uses", "<b>", "a whole number"), ("subject", "no-name", ""),
         ("subjectAltNames", "printer", ""), ("networks", "<b>nowhere", ""),
         ("profile", "other", "there is no such profile"))


@pytest.mark.parametrize("name, value, said", WRONG)
def test_wrong_field(running, name, value, said):
    """It is named, and what was typed is still there."""
    before = passwords(running)
    typed = {"label": "Büro <3>", "minutes": "7", "uses": "2",
             "subject": "CN=a", "subjectAltNames": "DNS:a.example",
             "networks": "192.0.2.0/24", "profile": "device", name: value}
    answer = send(running, {"action": "draw", "token": form(running)[1],
                            **typed})
    assert answer.status == 400
    text = answer.body.decode()
    assert "<b>" not in text
    inputs = {html.unescape(found[1]): found[0] for found in re.finditer(
        r'<input name="([^"]*)"[^>]*>', text)}
    for field, content in typed.items():
        assert f'value="{html.escape(content)}"' in inputs[field]
        assert ("aria-invalid" in inputs[field]) == (field == name)
    problem = re.search('role="alert"><strong>(.*?)</strong>', text).group(1)
    beside = re.search('<strong id="fault">(.*?)</strong>', text).group(1)
    assert problem.startswith("Nothing was done. ")
    assert problem.endswith(f": {beside}.") and said in beside
    assert passwords(running) == before


@pytest.mark.parametrize("fields", (
    {"action": "drawn"}, {}, {"action": "draw", "uses": "0"},
    {"action": "draw", "uses": "x"}, {"action": "draw", "minutes": "-1"},
    {"action": "draw", "minutes": "9" * 30}, {"action": "cancel"},
    {"action": "draw", "label": "x" * 300},
    {"action": "draw", "label": "a\0b"}))
def test_malformed(running, fields):
    before = passwords(running)
    answer = send(running, {"token": form(running)[1], **fields})
    assert answer.status == 400
    assert passwords(running) == before


def test_token(running):
    """No form that we have not given out does anything."""
    _text, token = form(running)
    before = passwords(running)
    for wrong in (None, "", token[:-1], token + "0", "0-" + 64 * "0",
                  token.replace(token[-1], "x")):
        fields = {"action": "draw", "token": wrong}
        answer = send(running, {key: value for key, value in fields.items()
                                if value is not None})
        assert answer.status == 403
    assert passwords(running) == before
    assert "SCEP0189" in running.error_log()


def test_token_of_another_user(running):
    add_user(running, "other")
    _text, token = form(running)
    answer = send(running, {"action": "draw", "token": token},
                  user="other:secret")
    assert answer.status == 403


@pytest.mark.parametrize("headers", (
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"}, {"Origin": "null"},
    {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
    {"Referer": "https://evil.example/"}))
def test_other_sites(running, headers):
    before = passwords(running)
    answer = send(running, {"action": "draw", "token": form(running)[1]},
                  headers=headers)
    assert answer.status == 403
    assert passwords(running) == before


@pytest.mark.parametrize("headers", (
    {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
    {"Origin": "http://127.0.0.1:@PORT@", "Sec-Fetch-Site": "same-origin",
     "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document",
     "Sec-Fetch-User": "?1", "Referer": "http://127.0.0.1:@PORT@" + FORM},
    {"Origin": "http://127.0.0.1:@PORT@"}, {}))
def test_own_page(running, headers):
    """What browsers send with our form, by HTTP and HTTPS."""
    headers = {name: value.replace("@PORT@", str(running.port))
               for name, value in headers.items()}
    answer = send(running, {"action": "draw", "token": form(running)[1]},
                  headers=headers)
    assert challenge(next_page(running, answer)) is not None


@pytest.mark.parametrize("site", ("cross-site", "same-site", "none"))
def test_linked_from_elsewhere(running, site):
    """A link of an intranet page opens the form."""
    headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate",
               "Sec-Fetch-Dest": "document",
               "Referer": "https://intranet.example/"}
    assert running.admin(FORM, headers=headers).status == 200


def test_list_is_bounded(httpd):
    server = httpd()
    for _ in range(101):
        server.draw()
    text, _token = form(server)
    assert text.count(">Cancel</button>") == 100
    assert "There are more" in text


def test_master(httpd):
    server = httpd(extra="ScepUseSinglePassword On\n")
    answer = send(server, {"action": "draw", "token": form(server)[1]})
    page = next_page(server, answer)
    assert re.fullmatch("[0-9A-F]{32}", challenge(page))
    assert b"will not expire" in page.body


# ---- ScepAdminRequire ----

def page(server, path):
    answer = server.admin(path)
    assert answer.status == 200
    return answer.body.decode("utf-16")


def test_allowed(running):
    assert "password is: <B>" in page(running, "/yes")


def test_denied_page(running):
    before, rows = passwords(running), len(denials(running))
    text = page(running, "/no")
    assert ("You do not have sufficient permission to enroll with SCEP.  "
            "Please contact your system administrator.") in text
    assert "password is" not in text
    assert running.admin("/no", "HEAD").body == b""
    assert passwords(running) == before
    assert denials(running)[rows:] == [(ADMIN, 183, "draw")]
    assert "SCEP0183" in running.error_log()


def test_denied_everywhere(running):
    before = passwords(running)
    answer = running.admin("/no?operation=NDESGenerateChallenge")
    assert (answer.status, answer.body) == (
        403, b"You have no permission to do this.\n")
    headers = {"Content-Type": "application/json"}
    for method, path, action in (
            ("POST", "challenges", "draw"), ("GET", "challenges", "list"),
            ("DELETE", f"challenges/{64 * '0'}", "cancel"),
            ("POST", "master/rotate", "rotate"), ("GET", "status", "status")):
        answer = running.admin(f"/no/api/{path}", method, headers=headers,
                               body="{}" if method == "POST" else None)
        assert answer.status == 403
        assert json.loads(answer.body) == {"error": {
            "id": "SCEP0183", "text": "You have no permission to do this."}}
        assert denials(running)[-1] == (ADMIN, 183, action)
    text, token = form(running, "/no/form")
    assert "Outstanding" not in text
    for fields in ({"action": "draw"}, {"action": "cancel",
                                        "id": 64 * "0"}):
        answer = send(running, {"token": token, **fields}, "/no/form")
        assert answer.status == 403
    assert passwords(running) == before


def test_by_action(running):
    running.draw("/draw")
    assert "Outstanding" not in form(running, "/draw/form")[0]
    assert "Outstanding" in form(running, "/list/form")[0]
    assert "sufficient permission" in page(running, "/list")
    assert running.admin("/draw/api/challenges").status == 403
    assert running.admin("/list/api/challenges").status == 200


@pytest.mark.parametrize("status, body", (
    (201, {"label": "lab-7", "uses": 3, "validity": 600}),
    (403, {"label": "lab-7", "uses": 4, "validity": 600}),
    (403, {"label": "lab-7", "validity": 601}), (403, {"label": "lab-7"}),
    (403, {"label": "x", "uses": 1, "validity": 600}), (403, {})))
def test_by_limits(running, status, body):
    answer = running.admin("/label/api/challenges", "POST",
                           body=json.dumps(body),
                           headers={"Content-Type": "application/json"})
    assert answer.status == status


@pytest.mark.parametrize("status, limits", (
    (201, {"subject": "CN=lab-1", "profile": "device"}),
    (403, {"subject": "CN=lab-1"}), (403, {"profile": "device"}),
    (403, {"subject": "CN=lab-1,O=x", "profile": "device"}),
    (403, {"subject": "CN=lab-1", "profile": "device",
           "networks": ["127.0.0.1"]}), (403, {})))
def test_by_device(running, status, limits):
    answer = running.admin("/subject/api/challenges", "POST",
                           body=json.dumps({"limits": limits}),
                           headers={"Content-Type": "application/json"})
    assert answer.status == status


def test_nearest_counts(running):
    """A section inside another replaces the expression."""
    assert "password is: <B>" in page(running, "/no/inside")


def test_not_evaluable_is_no(running):
    running.expect("Evaluation of expression")
    before = passwords(running)
    assert "sufficient permission" in page(running, "/broken")
    assert passwords(running) == before


def test_bad_expression(httpd):
    server = httpd(start=False, extra='ScepAdminRequire "%{REMOTE_USER} =="\n')
    status, said = server.check()
    assert status != 0
    assert "ScepAdminRequire" in said and "an expression" in said
