# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The JSON API beside the admin page."""
import json
import os
import re
import subprocess

import pytest

import scepclient as scep
from httpdserver import ADMIN, SECRET, module

pytestmark = pytest.mark.any_mpm(
    reason="decided from one request and the database")

API = "/certsrv/mscep_admin/api/"
USER = f"{ADMIN}:{SECRET}"
SCEPCTL = os.path.join(os.path.dirname(os.path.dirname(module())), "scepctl")
JSON = {"Content-Type": "application/json"}
AUTH = ("AuthType Basic\nAuthName admin\nAuthUserFile htpasswd\n"
        "Require valid-user\n")


@pytest.fixture(name="running", scope="module")
def fixture_running(make_server):
    server = make_server(extra=(
        "LogLevel scep:trace8\n"
        f"<Location /scripts>\nSetHandler scep-admin\n{AUTH}</Location>\n"
        f"<Location /scripts/api>\nRequire user nobody\n</Location>\n"
        f"<Location /htdocs-like/>\nSetHandler scep-admin\n{AUTH}</Location>\n"
        f"<LocationMatch ^/match>\nSetHandler scep-admin\n{AUTH}"
        "</LocationMatch>\n"
        f"<Location /both>\nSetHandler scep-admin\n{AUTH}"
        "ScepChallenge one-time single\n</Location>\n"
        f"<Location /master>\nSetHandler scep-admin\n{AUTH}"
        "ScepChallenge single\n</Location>\n"
        "<Location /open>\nSetHandler scep-admin\nRequire all granted\n"
        "</Location>\n"
        "<Location /master-enrol>\nSetHandler scep\nScepChallenge single\n"
        "</Location>\n"))
    server.expect("SCEP0047")  # of /open
    return server


def call(server, method, path, body=None, headers=None, user=USER, base=API):
    """(HTTP status, parsed answer, headers)"""
    if isinstance(body, (dict, list)):
        body = json.dumps(body)
    if method == "POST" and headers is None:
        headers = JSON
    answer = server.http(method, base + path, body, headers, user=user)
    assert answer.headers["Content-Type"] == "application/json", answer
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    return answer.status, json.loads(answer.body), answer.headers


def draw(server, body=None, **more):
    status, answer, _headers = call(server, "POST", "challenges", body or {},
                                    **more)
    assert status == 201, answer
    return answer


def error(answer):
    """(HTTP status, number) of a refusal."""
    status, body, _headers = answer
    assert set(body) == {"error"}
    assert {"id", "text"} <= set(body["error"]) <= {"id", "text", "detail"}
    return status, body["error"]["id"]


def listed(server, query="", **more):
    status, answer, _headers = call(server, "GET", "challenges" + query,
                                    **more)
    assert status == 200, answer
    return answer


def state(server, one):
    return server.query("SELECT state, cancelled_by FROM challenges WHERE "
                        f"hash = x'{one['id']}'")[0]


# ---- draw ----

def test_draw(running):
    answer = draw(running)
    assert set(answer) == {"challenge", "id", "expires", "uses", "label",
                           "limits", "reusable"}
    assert re.fullmatch("[0-9A-F]{16}", answer["challenge"])
    assert re.fullmatch("[0-9a-f]{64}", answer["id"])
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", answer["expires"])
    assert (answer["uses"], answer["label"], answer["limits"],
            answer["reusable"]) == (1, None, None, False)
    assert running.query("SELECT drawn_by FROM challenges WHERE "
                         f"hash = x'{answer['id']}'") == [(ADMIN,)]
    assert running.enrol(answer["challenge"], "by-api").status == scep.SUCCESS


def test_draw_without_body(running):
    status, answer, _headers = call(running, "POST", "challenges")
    assert status == 201 and answer["challenge"]


def test_draw_with_label_and_uses(running):
    answer = draw(running, {"label": "Büro <1>", "uses": 2, "validity": 120})
    assert (answer["label"], answer["uses"]) == ("Büro <1>", 2)
    found = [one for one in listed(running, "?limit=1000")["challenges"]
             if one["id"] == answer["id"]][0]
    assert (found["label"], found["uses"]) == ("Büro <1>", 2)
    rows = running.query("SELECT expires - created FROM challenges WHERE "
                         f"hash = x'{answer['id']}'")
    assert rows == [(120 * 1000000,)]
    for number in range(2):
        assert running.enrol(answer["challenge"], f"use-{number}",
                             number=number).status == scep.SUCCESS


def test_draw_with_limits(running):
    """The wrong device gets nothing, and the right one still can."""
    limits = {"subject": "CN=right,O=Tests", "networks": ["127.0.0.0/8"]}
    answer = draw(running, {"limits": limits})
    assert answer["limits"] == limits
    found = [one for one in listed(running, "?limit=1000")["challenges"]
             if one["id"] == answer["id"]][0]
    assert found["limits"] == limits
    assert running.enrol(answer["challenge"], "wrong").status == scep.FAILURE
    assert running.enrol(answer["challenge"], "right").status == scep.SUCCESS


@pytest.mark.parametrize("body", (
    {"label": "x" * 257}, {"limits": {"nosubject": "CN=x"}},
    {"limits": {"subject": 1}}, {"limits": {"networks": ["x"]}}))
def test_draw_with_what_does_not_fit(running, body):
    answer = call(running, "POST", "challenges", body)
    assert error(answer) == (400, "SCEP0193")
    assert answer[1]["error"]["detail"]


@pytest.mark.parametrize("body", (
    b"{", b"[]", b"null", b"{} {}", b'{"label":"a","label":"b"}', b"\xff",
    b'{"label":"\xff"}', b'{"label":1}', b'{"nolabel":"x"}', b'{"Label":"x"}',
    b'{"uses":0}', b'{"uses":-1}', b'{"uses":1.5}', b'{"uses":"1"}',
    b'{"uses":1e3}', b'{"uses":99999999999999999999}', b'{"uses":100001}',
    b'{"validity":0}', b'{"validity":31622401}', b'{"validity":true}',
    b'{"limits":[]}', b'{"limits":"x"}', b'{"limits":null}', b'{"label":null}',
    b'{"label":"a\\u0000b"}', b'{"limits":' + b"[" * 30000,
    b'{"limits":' + b'{"a":' * 40 + b"1" + b"}" * 41))
def test_malformed_bodies(running, body):
    before = running.query("SELECT COUNT(*) FROM challenges")
    answer = call(running, "POST", "challenges", body)
    assert error(answer) == (400, "SCEP0184")
    assert answer[1]["error"]["text"] == "The request is malformed."
    assert answer[1]["error"]["detail"]
    assert running.query("SELECT COUNT(*) FROM challenges") == before


def test_body_too_large(running):
    answer = call(running, "POST", "challenges",
                  json.dumps({"label": "x" * 65536}))
    assert error(answer) == (413, "SCEP0102")
    # no directive changes that
    (line,) = [line for line in running.error_log().splitlines()
               if "SCEP0102" in line]
    assert "more than 65536 octets" in line and "the API takes" in line
    assert "ScepMaxRequestSize" not in line


@pytest.mark.parametrize("kind", (
    None, "text/plain", "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x", "application/jsonp", "text/json"))
def test_content_type(running, kind):
    before = running.query("SELECT COUNT(*) FROM challenges")
    answer = call(running, "POST", "challenges", "{}",
                  {"Content-Type": kind} if kind else {})
    assert error(answer) == (415, "SCEP0188")
    assert running.query("SELECT COUNT(*) FROM challenges") == before


def test_content_type_with_charset(running):
    assert call(running, "POST", "challenges", "{}", {
        "Content-Type": "Application/JSON; charset=utf-8"})[0] == 201


def test_master_is_shown(running):
    status, answer, _headers = call(running, "POST", "challenges",
                                    base="/master/api/")
    assert status == 200
    assert answer == {"challenge": running.draw("/master"), "reusable": True} \
        or re.fullmatch("[0-9A-F]{32}", answer["challenge"])


def test_master_takes_a_label_and_no_more(running):
    def ask(**body):
        return call(running, "POST", "challenges", body, base="/master/api/")

    plain = ask()[1]["challenge"]
    status, answer, _headers = ask(label="printer 3")
    assert (status, answer) == (200, {"challenge": plain, "reusable": True})
    for body in ({"uses": 2}, {"validity": 60}, {"label": "x", "uses": 1},
                 {"limits": {"subject": "CN=x"}}):
        status, answer, _headers = ask(**body)
        assert (status, answer["error"]["id"]) == (409, "SCEP0150")


# ---- list ----

def test_list_never_shows_a_password(running):
    one = draw(running)
    answer = listed(running, "?limit=1000")
    found = [item for item in answer["challenges"] if item["id"] == one["id"]]
    assert len(found) == 1
    assert set(found[0]) == {"id", "created", "expires", "drawnBy", "peer",
                             "label", "uses", "limits"}
    assert found[0]["drawnBy"] == ADMIN
    assert found[0]["peer"] == "127.0.0.1"
    assert found[0]["expires"] == one["expires"]
    assert one["challenge"] not in json.dumps(answer).upper()


def test_pages(httpd):
    server = httpd()
    assert listed(server) == {"challenges": [], "next": None}
    drawn = [draw(server)["id"] for _ in range(5)]
    found, after = [], ""
    for _ in range(3):
        page = listed(server, f"?limit=2{after}")
        found += [one["id"] for one in page["challenges"]]
        after = f"&after={page['next']}"
    assert page["next"] is None
    assert found == drawn
    assert len(listed(server, "?limit=5")["challenges"]) == 5
    assert listed(server, "?limit=5")["next"] is None


@pytest.mark.parametrize("query", (
    "?limit=0", "?limit=1001", "?limit=x", "?limit=", "?limit=-1",
    "?limit=1&limit=2", "?after=", "?after=1", "?after=1-0", "?after=x-" +
    64 * "0", "?after=1-" + 64 * "g", "?after=%zz", "?limit=1%00"))
def test_malformed_queries(running, query):
    running.expect("SCEP0184")
    assert error(call(running, "GET", "challenges" + query)) == (
        400, "SCEP0184")


def test_head_lists_nothing(running):
    answer = running.admin(API + "challenges", "HEAD")
    assert answer.status == 200 and answer.body == b""


# ---- cancel ----

def test_cancel(running):
    one = draw(running)
    status, answer, _headers = call(running, "DELETE",
                                    f"challenges/{one['id']}")
    assert (status, answer) == (200, {"id": one["id"], "state": "cancelled"})
    assert state(running, one) == (2, ADMIN)
    assert running.enrol(one["challenge"], "cancelled").status == scep.FAILURE
    assert running.query(
        "SELECT actor, peer FROM audit WHERE event = 'challenge-cancelled' "
        f"AND challenge_hash = x'{one['id']}'") == [(ADMIN, "127.0.0.1")]
    assert error(call(running, "DELETE", f"challenges/{one['id']}")) == (
        409, "SCEP0187")


def test_cancel_of_a_used_one(running):
    one = draw(running)
    assert running.enrol(one["challenge"], "used").status == scep.SUCCESS
    assert error(call(running, "DELETE", f"challenges/{one['id']}")) == (
        409, "SCEP0187")
    assert state(running, one) == (1, None)


@pytest.mark.parametrize("name", ("", "x", 64 * "0", 64 * "g", 65 * "0",
                                  f"{64 * '0'}/x", "%2e%2e", "*"))
def test_cancel_of_what_is_not_there(running, name):
    assert error(call(running, "DELETE", f"challenges/{name}")) == (
        404, "SCEP0185")


def many(server, body, **more):
    return call(server, "POST", "challenges/cancel", body, **more)


def test_cancel_many(httpd):
    """By label, by user, or all; with rows that tell an auditor which."""
    server = httpd(extra=(
        "ScepPasswordMax 16\n"
        f"<Location /kiosk>\nSetHandler scep-admin\n{AUTH}"
        "ScepAdminRequire \"%{reqenv:SCEP_ADMIN_ACTION} in {'draw', "
        "'cancel'}\"\n</Location>\n"
        f"<Location /own>\nSetHandler scep-admin\n{AUTH}"
        "ScepAdminRequire \"%{reqenv:SCEP_ADMIN_ACTION} != 'cancel' || "
        "%{reqenv:SCEP_CANCEL_USER} == %{REMOTE_USER}\"\n</Location>\n"))
    with open(server.path("htpasswd"), "r+", encoding="ascii") as file:
        file.write(file.read().replace(ADMIN, "bob", 1))
    bob = f"bob:{SECRET}"
    labelled = [draw(server, {"label": "Büro"}) for _ in range(3)]
    plain = [draw(server) for _ in range(2)]
    bobs = [draw(server, user=bob) for _ in range(11)]
    assert error(call(server, "POST", "challenges")) == (503, "SCEP0181")
    assert many(server, {"label": "büro"})[1] == {"cancelled": 0}
    assert many(server, {"user": "bob", "label": "Büro"})[1] == {
        "cancelled": 0}
    assert many(server, {"label": "Büro"})[:2] == (200, {"cancelled": 3})
    assert all(state(server, one) == (2, ADMIN) for one in labelled)
    assert server.query(
        "SELECT event, actor, peer, detail FROM audit WHERE event = "
        "'challenges-cancelled'") == [("challenges-cancelled", ADMIN,
                                       "127.0.0.1", '3: label "B\\xc3\\xbcro"')]
    assert {row[0] for row in server.query(
        "SELECT LOWER(HEX(challenge_hash)) FROM audit WHERE event = "
        "'challenge-cancelled'")} == {one["id"] for one in labelled}
    assert server.enrol(labelled[0]["challenge"], "c").status == scep.FAILURE
    draw(server)  # there is room again
    # whoever may not list cancels no more than his own
    kiosk = "/kiosk/api/"
    assert error(many(server, {"user": "bob"}, base=kiosk)) == (
        403, "SCEP0183")
    assert error(many(server, {"all": True}, base=kiosk)) == (403, "SCEP0183")
    assert many(server, {"user": ADMIN}, base=kiosk)[1] == {"cancelled": 3}
    own = "/own/api/"
    assert error(many(server, {"all": True}, base=own)) == (403, "SCEP0183")
    assert error(call(server, "DELETE", f"challenges/{bobs[0]['id']}",
                      base=own)) == (403, "SCEP0183")
    assert call(server, "DELETE", f"challenges/{bobs[0]['id']}", base=own,
                user=bob)[0] == 200
    assert many(server, {"user": "bob"}, base=own, user=bob)[1] == {
        "cancelled": 10}
    assert server.enrol(plain[0]["challenge"], "p").status == scep.FAILURE
    draw(server)
    assert many(server, {"all": True})[1] == {"cancelled": 1}
    assert many(server, {"all": True})[1] == {"cancelled": 0}
    assert listed(server)["challenges"] == []
    server.expect("SCEP0153", "SCEP0181", "SCEP0183")


@pytest.mark.parametrize("body", (
    {}, {"all": False}, {"all": 1}, {"user": ""}, {"label": ""}, {"user": 1},
    {"user": None}, {"all": True, "user": ADMIN}, {"al": True},
    {"all": True, "label": "x"}))
def test_cancel_many_of_what(running, body):
    one = draw(running)
    assert error(many(running, body)) == (400, "SCEP0184")
    assert state(running, one) == (0, None)


def test_cancelled_by_scepctl(httpd):
    """httpd's memory forgets what was cancelled behind its back."""
    server = httpd(extra="ScepPasswordMax 16\n")
    server.expect("SCEP0153", "SCEP0181")
    drawn = [draw(server, {"label": "x"}) for _ in range(16)]
    assert error(call(server, "POST", "challenges")) == (503, "SCEP0181")
    done = subprocess.run(
        [SCEPCTL, "challenge", "cancel", "--label", "x", "--database",
         server.path("state", "scep.db")], capture_output=True, text=True,
        check=False)
    assert (done.returncode, done.stdout) == (0, "cancelled 16 passwords\n"
                                              ), done.stderr
    assert server.enrol(drawn[0]["challenge"], "gone").status == scep.FAILURE
    for _ in range(16):
        draw(server)
    assert error(call(server, "POST", "challenges")) == (503, "SCEP0181")


def test_cancelled_makes_room(httpd):
    server = httpd(extra="ScepPasswordMax 16\n")
    server.expect("SCEP0181")
    drawn = [draw(server) for _ in range(16)]
    answer = call(server, "POST", "challenges")
    assert error(answer) == (503, "SCEP0181")
    assert int(answer[2]["Retry-After"]) > 0
    assert call(server, "DELETE", f"challenges/{drawn[3]['id']}")[0] == 200
    draw(server)


def test_refusals_are_recorded(httpd):
    server = httpd()
    server.expect("SCEP0184")
    assert error(call(server, "POST", "challenges", {"uses": 0})) == (
        400, "SCEP0184")
    server.wait_for(lambda: server.query(
        "SELECT actor, reason FROM audit WHERE event = 'refused'") == [
            (ADMIN, 184)])


# ---- master ----

def test_rotate(running):
    old = call(running, "POST", "challenges", base="/master/api/")[1][
        "challenge"]
    status, answer, _headers = call(running, "POST", "master/rotate",
                                    {"overlap": 3600}, base="/master/api/")
    assert status == 200
    assert set(answer) == {"challenge", "previousUntil"}
    assert re.fullmatch("[0-9A-F]{32}", answer["challenge"])
    assert answer["previousUntil"]
    new = answer["challenge"]
    path = "/master-enrol"
    assert running.enrol(old, "old", path).status == scep.SUCCESS
    assert running.enrol(new, "new", path).status == scep.SUCCESS
    status, answer, _headers = call(running, "POST", "master/rotate",
                                    {"length": 8}, base="/master/api/")
    assert status == 200 and answer["previousUntil"] is None
    assert re.fullmatch("[0-9A-F]{16}", answer["challenge"])
    assert running.enrol(new, "new2", path).status == scep.FAILURE
    assert running.enrol(answer["challenge"], "x", path).status == scep.SUCCESS
    rows = running.query("SELECT actor FROM audit WHERE event = "
                         "'master-rotated'")
    assert rows == [(ADMIN,), (ADMIN,)]
    for secret in (old, new, answer["challenge"]):
        assert secret not in running.error_log().upper()


@pytest.mark.parametrize("body", (
    {"overlap": -1}, {"overlap": "1h"}, {"overlap": 31622401}, {"length": 7},
    {"length": 65}, {"password": "x"}))
def test_rotate_malformed(running, body):
    assert error(call(running, "POST", "master/rotate", body,
                      base="/master/api/")) == (400, "SCEP0184")


def test_rotate_without_master(running):
    assert error(call(running, "POST", "master/rotate", {})) == (
        409, "SCEP0187")


def test_rotate_what_is_damaged(httpd):
    server = httpd(extra="ScepUseSinglePassword On\n")
    server.expect("SCEP0175")
    server.write("state/master-password.cms", "damaged", 0o600)
    assert error(call(server, "POST", "master/rotate", {"overlap": 60})) == (
        503, "SCEP0175")
    assert call(server, "POST", "master/rotate", {})[0] == 200


# ---- status ----

def test_status(httpd):
    server = httpd()
    draw(server)
    status, answer, _headers = call(server, "GET", "status")
    assert status == 200
    assert answer["challenges"] == {"outstanding": 1, "table": 1,
                                    "capacity": 10000}
    assert re.fullmatch("([0-9A-F]{8} ){3}[0-9A-F]{8}", answer["thumbprint"])


# ---- which call ----

@pytest.mark.parametrize("path", ("", "nothing", "challenges/", "Challenges",
                                  "challenges//", "master", "status/x",
                                  "challenges%2f"))
def test_unknown_paths(running, path):
    answer = running.admin(API + path)
    assert answer.status == 404
    if "%2f" not in path:  # that is httpd's to refuse
        assert json.loads(answer.body)["error"]["id"] == "SCEP0185"


ALLOW = {
    "challenges": {"GET", "HEAD", "POST"}, f"challenges/{64 * '0'}": {"DELETE"},
    "master/rotate": {"POST"}, "certs": {"GET", "HEAD"},
    "certs/5A01": {"GET", "HEAD"}, "certs/5A01/revoke": {"POST"},
    "status": {"GET", "HEAD"}, "requests": {"GET", "HEAD"},
    "requests/1": {"GET", "HEAD"}, "requests/1/approve": {"POST"},
    "requests/1/reject": {"POST"}}


def allowed(headers):
    return sorted(headers["Allow"].split(", "))


@pytest.mark.parametrize("path", ALLOW)
def test_methods(running, path):
    """RFC 9110 10.2.1, 15.5.6: all that this path takes, and nothing else."""
    methods = ALLOW[path] | {"OPTIONS"}
    for method in {"GET", "POST", "PUT", "DELETE", "FOO", "TRACE"} - methods:
        answer = call(running, method, path,
                      **({"headers": {}} if method == "TRACE" else {}))
        assert error(answer) == (405, "SCEP0186"), method
        assert allowed(answer[2]) == sorted(methods)
    if "HEAD" not in methods:
        answer = running.admin(API + path, "HEAD")
        assert (answer.status, answer.body) == (405, b"")
        assert allowed(answer.headers) == sorted(methods)
    answer = running.admin(API + path, "OPTIONS")
    assert (answer.status, answer.body) == (200, b"")
    assert allowed(answer.headers) == sorted(methods)


def test_options_of_unknown_paths(running):
    for path in ("", "nothing", "challenges/"):
        answer = running.admin(API + path, "OPTIONS")
        assert (answer.status, answer.headers["Allow"]) == (404, None)


def test_spelling(running):
    """The path counts as lower case, so that a section for it applies."""
    assert call(running, "GET", "status",
                base="/CertSrv/MSCEP_admin/API/")[0] == 200


def test_other_locations(running):
    for base in ("/htdocs-like/api/", "/match/api/", "/both/api/"):
        assert call(running, "GET", "status", base=base)[0] == 200
    # the section for /scripts/api cannot be gone around
    for path in ("/scripts/api/status", "/scripts/api/challenges"):
        assert running.admin(path).status == 401
    assert running.admin("/scripts/x/api/status").status == 404
    running.expect("AH01631")


# ---- who ----

def test_nobody_authenticated(running):
    answer = call(running, "GET", "status", base="/open/api/", user=None)
    assert error(answer) == (403, "SCEP0180")
    assert running.http("GET", API + "status").status == 401


@pytest.mark.parametrize("headers", (
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"}, {"Origin": "null"},
    {"Referer": "https://evil.example/"}, {"Sec-Fetch-Mode": "no-cors"},
    {"Sec-Fetch-Dest": "image"}, {"Sec-Purpose": "prefetch"}))
def test_other_sites(running, headers):
    one = draw(running)
    for method, path in (("POST", "challenges"),
                         ("DELETE", f"challenges/{one['id']}"),
                         ("POST", "master/rotate"), ("GET", "challenges")):
        answer = call(running, method, path, headers={**JSON, **headers})
        assert error(answer) == (403, "SCEP0182")
    assert state(running, one) == (0, None)


def test_own_site(running):
    for headers in ({"Sec-Fetch-Site": "same-origin"},
                    {"Sec-Fetch-Site": "none"},
                    {"Origin": f"http://127.0.0.1:{running.port}"},
                    {"Origin": f"https://127.0.0.1:{running.port}"}):
        draw(running, headers={**JSON, **headers})


def test_no_preflight(running):
    """A script of another site is not told that it may."""
    answer = running.admin(API + "challenges", "OPTIONS", headers={
        "Origin": "https://evil.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type"})
    assert not [name for name in answer.headers if
                name.lower().startswith("access-control")]


# ---- faults ----

def test_store_away(httpd):
    server = httpd()
    one = draw(server)
    server.expect("SCEP0171", "SCEP0256")
    os.rename(server.path("state", "scep.db"), server.path("state", "gone"))
    for method, path in (("GET", "challenges"), ("GET", "status"),
                         ("POST", "challenges"),
                         ("DELETE", f"challenges/{one['id']}")):
        status, answer, _headers = call(server, method, path)
        assert status == 503
        assert set(answer["error"]) == {"id", "text"}
        assert answer["error"]["id"] == "SCEP0171"


def test_nothing_secret_in_the_logs(running):
    secrets = [draw(running)["challenge"] for _ in range(3)]
    log = running.error_log() + running.access_log()
    for secret in secrets:
        assert secret not in log.upper()
