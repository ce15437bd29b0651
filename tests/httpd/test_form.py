# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The page with forms, and who may do what (ScepAdminRequire)."""
import html
import json
import re
import urllib.parse

import pytest

import scepclient as scep
from httpdserver import ADMIN, SECRET

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
        "<Location /no/inside>\nScepAdminRequire true\n</Location>\n"),
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


def drawn(answer):
    """The password on the page."""
    assert answer.status == 200, answer.body
    return html.unescape(re.search('<code id="challenge">([^<]*)</code>',
                                   answer.body.decode()).group(1))


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
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert b"<script" not in answer.body.lower()
    assert running.admin(FORM, "HEAD").body == b""
    assert running.admin(FORM[:-1]).status == 200
    assert running.admin("/CertSrv/mscep_admin/FORM").status == 200
    assert passwords(running) == before


def test_draw(running):
    _text, token = form(running)
    password = drawn(send(running, {
        "token": token, "action": "draw", "label": "", "minutes": "",
        "uses": "", "subject": "", "profile": ""}))
    assert re.fullmatch("[0-9A-F]{16}", password)
    assert running.enrol(password, "form").status == scep.SUCCESS


def test_draw_with_limits(running):
    _text, token = form(running)
    label = "<script>alert(\"1\")</script>&amp; 'ü'"
    answer = send(running, {"token": token, "action": "draw", "label": label,
                            "minutes": "5", "uses": "3"})
    assert re.fullmatch("[0-9A-F]{16}", drawn(answer))
    rows = running.query("SELECT label, uses, expires - created, drawn_by "
                         "FROM challenges WHERE uses = 3")
    assert rows == [(label, 3, 300 * 1000000, ADMIN)]
    for text in (answer.body.decode(), form(running)[0]):
        assert "<script" not in text
        assert html.escape(label, quote=False) in text or html.escape(
            label) in text or label in html.unescape(text)
    assert drawn(answer) not in form(running)[0]


def test_draw_for_a_device(running):
    _text, token = form(running)
    password = drawn(send(running, {
        "token": token, "action": "draw", "subject": "CN=the-printer,O=Tests",
        "networks": "127.0.0.0/8", "profile": "device"}))
    assert "CN=the-printer" in form(running)[0]
    assert running.enrol(password, "another").status == scep.FAILURE
    assert running.enrol(password, "the-printer").status == scep.SUCCESS
    answer = send(running, {"token": token, "action": "draw",
                            "networks": "<b>nowhere"})
    assert answer.status == 400 and b"<b>nowhere" not in answer.body


def test_cancel(running):
    _text, token = form(running)
    password = drawn(send(running, {"token": token, "action": "draw",
                                    "label": "to-cancel"}))
    name = running.query("SELECT hash FROM challenges WHERE label = "
                         "'to-cancel'")[0][0]
    assert f'value="{name}"' in form(running)[0]
    answer = send(running, {"token": token, "action": "cancel", "id": name})
    assert answer.status == 200
    assert f'value="{name}"' not in form(running)[0]
    assert running.enrol(password, "cancelled").status == scep.FAILURE
    answer = send(running, {"token": token, "action": "cancel", "id": name})
    assert answer.status == 409
    assert "SCEP0187" in running.error_log()
    answer = send(running, {"token": token, "action": "cancel", "id": "<b>"})
    assert answer.status == 404 and b"<b>" not in answer.body


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
    with open(running.path("htpasswd"), "a", encoding="ascii") as file:
        file.write("other:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n")  # secret
    _text, token = form(running)
    answer = send(running, {"action": "draw", "token": token},
                  user="other:secret")
    assert answer.status == 403


@pytest.mark.parametrize("headers", (
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"}, {"Origin": "null"}))
def test_other_sites(running, headers):
    before = passwords(running)
    answer = send(running, {"action": "draw", "token": form(running)[1]},
                  headers=headers)
    assert answer.status == 403
    assert passwords(running) == before


def test_list_is_bounded(httpd):
    server = httpd()
    for _ in range(101):
        server.draw()
    text, _token = form(server)
    assert text.count(">Cancel</button>") == 100
    assert "There are more" in text


def test_master(httpd):
    server = httpd(extra="ScepUseSinglePassword On\n")
    _text, token = form(server)
    answer = send(server, {"action": "draw", "token": token})
    assert re.fullmatch("[0-9A-F]{32}", drawn(answer))
    assert b"will not expire" in answer.body


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
