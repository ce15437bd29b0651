# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The admin page and its forms in real browsers: what draws, and what other
sites' pages cannot make their visitors draw."""
import base64
import collections
import os
import re
import time

import pytest

import browsers
import scepclient as scep
from fixtures import fixture_make_server  # noqa: F401
from httpdserver import ADMIN, SECRET, free_port, key_pem, make_cert, pem

PAGE = "/certsrv/mscep_admin/"
FORM = PAGE + "form"
NAMES = ("scep.corp.test", "wiki.corp.test", "evil.example")
BROWSERS = {"chromium": browsers.Chromium, "firefox": browsers.Firefox}
# ours, a host of the same site, and one of another site
Sites = collections.namedtuple("Sites", "own sibling other")

# A page whose parts do all that makes a browser send a request. @T@ is what
# they ask for, each with a query of its own.
PARTS = """<!DOCTYPE html><title>parts</title>
<link rel="stylesheet" href="@T@?style"><link rel="prefetch" href="@T@?prefetch">
<img src="@T@?img"><img src="@T@?img-hidden" referrerpolicy="no-referrer">
<script src="@T@?script-hidden" referrerpolicy="no-referrer"></script>
<p style="background: url(@T@?css)">x</p>
"""
ARRIVE = {"style", "img", "img-hidden", "script-hidden", "css"}
# By plain HTTP browsers do not tell these from what a user asks for, when they
# come from our own host.
MORE_PARTS = """<link rel="preload" as="image" href="@T@?preload">
<link rel="prerender" href="@T@?prerender"><link rel="icon" href="@T@?icon">
<script type="speculationrules">{"prefetch": [{"source": "list", "urls":
["@T@?rules"], "eagerness": "immediate"}], "prerender": [{"source": "list",
"urls": ["@T@?rules-prerender"], "eagerness": "immediate"}]}</script>
<script src="@T@?script"></script>
<script type="module" src="@T@?module"></script>
<iframe src="@T@?iframe"></iframe><iframe sandbox src="@T@?sandbox"></iframe>
<embed src="@T@?embed"><object data="@T@?object"></object>
<video src="@T@?video" preload="auto"></video>
<audio src="@T@?audio" preload="auto"></audio>
<form id="f" method="post" action="@T@?frame-post" target="frame">@FIELDS@</form>
<iframe name="frame"></iframe>
<script>
const body = new URLSearchParams(new FormData(f));
f.submit();
fetch("@T@?fetch", {mode: "no-cors", credentials: "include"});
fetch("@T@?fetch-post", {method: "POST", mode: "no-cors",
                         credentials: "include", body});
</script>"""
MORE_ARRIVE = {"script", "iframe", "frame-post", "fetch", "fetch-post"}
# A script of our own host may read what it gets: these are for others'.
SCRIPT = """<script>
fetch("@T@?fetch-hidden", {mode: "no-cors", credentials: "include",
                           referrerPolicy: "no-referrer"});
fetch("@T@?fetch-cors", {credentials: "include"});
navigator.sendBeacon("@T@?beacon", body);
new EventSource("@T@?events", {withCredentials: true});
</script>"""
SCRIPT_ARRIVE = {"fetch-hidden", "fetch-cors", "beacon", "events"}

# And one that leads there; the query says how.
WAYS = """<!DOCTYPE html><title>ways</title>
<a id="link" href="@T@?link">x</a>
<form id="get" action="@T@"><input name="get"></form>
<form id="post" method="post" action="@T@?post">@FIELDS@</form>
<form id="text" method="post" enctype="text/plain" action="@T@?text">@FIELDS@
</form>
<script>
const go = {
    link: () => document.getElementById("link").click(),
    location: () => { location = "@T@?location" },
    get: () => document.getElementById("get").submit(),
    post: () => document.getElementById("post").submit(),
    text: () => document.getElementById("text").submit(),
    open: () => { open("@T@?open") },
    redirect: () => { location = "/away?@T@" },
    refresh: () => { document.head.insertAdjacentHTML("beforeend",
        '<meta http-equiv="refresh" content="0; url=@T@?refresh">') }};
onload = () => setTimeout(go[location.search.slice(1)], 0);
</script>"""
LINKS = ("link", "location", "get", "open", "redirect", "refresh")
WAYS_IN = (*LINKS, "post", "text")
REDIRECT = ("RewriteEngine On\n"
            "RewriteRule ^/away$ %{QUERY_STRING}?redirect [R,L,QSD]\n")


class World:
    """A server on three ports: one that asks for a password; and by HTTP and
    HTTPS, two that know who it is without asking, as with Kerberos."""

    def __init__(self, make_server):
        self.ports = [free_port() for _ in range(2)]
        known = base64.b64encode(f"{ADMIN}:{SECRET}".encode()).decode()
        hosts = "".join(
            f"Listen 127.0.0.1:{port}\n<VirtualHost 127.0.0.1:{port}>\n"
            "ServerName scep.corp.test\n"
            f'RequestHeader set Authorization "Basic {known}" early\n{REDIRECT}'
            f"{more}"
            "</VirtualHost>\n"
            for port, more in zip(self.ports, (
                "", "SSLEngine On\nSSLCertificateFile tls.crt\n"
                "SSLCertificateKeyFile tls.key\n")))
        key = scep.new_key()
        self.server = make_server(
            modules=("ssl", "headers", "rewrite"),
            vhosts=hosts,
            extra='CustomLog sent.log "%U%q %>s %u"\n' + REDIRECT,
            files={"tls.crt": (pem(make_cert("scep.corp.test", key)), 0o644),
                   "tls.key": (key_pem(key), 0o600)})
        self.server.expect("AH01909", "AH01873")  # no name, no cache

    def sites(self, kind):
        if kind == "local":  # by HTTP, but browsers trust it
            port = self.ports[0]
            return Sites(f"http://127.0.0.1:{port}",
                         f"http://127.0.0.1:{self.server.port}",
                         f"http://localhost:{port}")
        port = self.ports[kind == "https"]
        return Sites(*(f"{kind}://{name}:{port}" for name in NAMES))

    def passwords(self):
        return self.server.query("SELECT COUNT(*) FROM challenges WHERE "
                                 "state = 0")[0][0]

    def sent(self, path):
        """{query without ?: HTTP status} of requests to PATH by the user."""
        with open(self.server.path("sent.log"), encoding="utf-8") as file:
            lines = [line.split() for line in file]
        return {url.rpartition("?")[2].rstrip("="): int(status)
                for url, status, user in lines
                if url.startswith(path + "?") and user == ADMIN}

    def forget(self):
        os.truncate(self.server.path("sent.log"), 0)

    def wait(self, path, wanted):
        """What was sent to PATH, once WANTED has arrived."""
        end = time.monotonic() + ARRIVAL
        while not wanted <= (sent := self.sent(path)).keys():
            assert time.monotonic() < end, (
                f"{wanted - sent.keys()} did not arrive, but {sent}")
            time.sleep(0.02)
        return sent

    def attack(self, text, target, fields=()):
        """Put the page TEXT there; the same for all hosts."""
        inputs = "".join(f'<input name="{name}" value="{value}">'
                         for name, value in dict(fields).items())
        self.server.write("htdocs/attack.html", text.replace(
            "@FIELDS@", inputs).replace("@T@", target))
        self.forget()

    def token(self):
        """One of the user's that is good: let us say it has leaked."""
        return re.search('name="token" value="([^"]*)"', self.server.admin(
            FORM).body.decode()).group(1)

    def newest(self):
        return self.server.query("SELECT LOWER(HEX(hash)) FROM challenges "
                                 "WHERE state = 0 ORDER BY created DESC LIMIT 1")[0][0]


@pytest.fixture(name="world", scope="module")
def fixture_world(make_server):
    return World(make_server)


@pytest.fixture(name="browser", scope="module", params=BROWSERS)
def fixture_browser(request, world):  # pylint: disable=unused-argument
    """Closed before the server is stopped: it holds connections."""
    browser = BROWSERS[request.param](NAMES)
    yield browser
    browser.close()


@pytest.fixture(name="kind", params=("http", "https", "local"))
def fixture_kind(request):
    return request.param


# ---- the form ----

def draw(browser, url, **fields):
    """The password that the form at URL gives."""
    browser.open(url)
    browser.fill(**fields)
    browser.click("form:has([value=draw]) button")
    return browser.text("#challenge")


def test_draw(browser, world, kind):
    own = world.sites(kind).own
    before = world.passwords()
    password = draw(browser, own + FORM, label="Büro <3>", uses="2")
    assert re.fullmatch("[0-9A-F]{16}", password)
    assert world.passwords() == before + 1
    assert password not in browser.url()
    assert "Büro <3>" in browser.text("table")
    assert world.server.enrol(password, "browser").status == scep.SUCCESS
    for load in (browser.reload, lambda: browser.open(browser.url())):
        load()
        assert browser.text("#challenge") is None
        assert password not in browser.text()
        assert "A password is shown once" in browser.text("[role=alert]")
    browser.open(own + "/index.html")
    browser.back()
    assert browser.text("#challenge") is None
    assert world.passwords() == before + 1


def test_cancel(browser, world, kind):
    own = world.sites(kind).own
    password = draw(browser, own + FORM, label=f"cancel-{kind}")
    before = world.passwords()
    browser.click(f"form:has([value='{world.newest()}']) button")
    assert browser.text("[role=status]").startswith("Cancelled: ")
    assert world.passwords() == before - 1
    assert world.server.enrol(password, "cancelled").status == scep.FAILURE
    browser.reload()
    assert browser.text("[role=status]") is None
    assert browser.text("[role=alert]") is None
    assert world.passwords() == before - 1


def test_cancel_many(browser, world, kind):
    own = world.sites(kind).own
    label = f"several-{kind}"
    draw(browser, own + FORM, label="kept")
    password = draw(browser, own + FORM, label=label)
    draw(browser, own + FORM, label=label)
    before = world.passwords()
    browser.fill(cancelLabel=label)
    browser.click("form:has([name=cancelLabel]) button")
    assert browser.text("[role=status]") == "Cancelled: 2 passwords"
    assert world.passwords() == before - 2
    assert world.server.enrol(password, "cancelled").status == scep.FAILURE
    browser.reload()
    assert browser.text("[role=status]") is None
    browser.click("form:has([name=cancelLabel]) button")
    assert browser.text("[role=alert]").startswith("Nothing was done.")
    assert world.passwords() == before - 2


def test_wrong_field(browser, world, kind):
    before = world.passwords()
    draw(browser, world.sites(kind).own + FORM, label="ä \"<b>\" &amp;",
         minutes="5", networks="the cellar")
    assert browser.text("[role=alert]").startswith(
        "Nothing was done. Network of the device")
    assert browser.value("label") == "ä \"<b>\" &amp;"
    assert browser.value("minutes") == "5"
    assert browser.value("networks") == "the cellar"
    assert browser.run("return document.querySelector('[aria-invalid]').name"
                       ) == "networks"
    assert world.passwords() == before
    browser.fill(networks="192.0.2.0/24")
    browser.click("form:has([value=draw]) button")
    assert browser.text("#challenge")
    assert world.passwords() == before + 1
    assert world.server.query(
        "SELECT label FROM challenges ORDER BY created DESC LIMIT 1") == [
            ("ä \"<b>\" &amp;",)]


def test_two_forms_at_once(browser, world):
    """Each tab shows its own password, whichever is loaded last."""
    own = world.sites("https").own
    shown = [draw(browser, own + FORM) for _ in range(2)]
    assert shown[0] and shown[1] and shown[0] != shown[1]


def test_basic_authentication(browser, world):
    """Of the server that asks for it, with name and password in the URL."""
    before = world.passwords()
    assert draw(browser, f"http://{ADMIN}:{SECRET}@scep.corp.test:"
                f"{world.server.port}{FORM}")
    assert world.passwords() == before + 1


def test_linked_from_the_intranet(browser, world, kind):
    """From another host a link opens the form, and that then draws."""
    sites = world.sites(kind)
    for host in (sites.sibling, sites.other):
        world.attack(WAYS, sites.own + FORM)
        before = world.passwords()
        browser.open(host + "/attack.html?link")
        browser.wait_for("return location.search == '?link' && "
                         "document.querySelector('[name=token]')")
        browser.click("form:has([value=draw]) button")
        assert browser.text("#challenge")
        assert world.passwords() == before + 1


# ---- the page that draws when it is loaded ----

def test_typed(browser, world, kind):
    """As with NDES: so does a reload, and going back, unless the browser has
    kept the page itself."""
    own = world.sites(kind).own
    before = world.passwords()
    browser.open(own + PAGE)
    shown = [re.search("[0-9A-F]{16}", browser.text()).group()]
    browser.reload()
    shown.append(re.search("[0-9A-F]{16}", browser.text()).group())
    assert world.passwords() == before + 2
    browser.open(own + "/index.html")
    browser.back()
    shown.append(re.search("[0-9A-F]{16}", browser.text()).group())
    assert shown[0] != shown[1]
    assert world.passwords() == before + len(set(shown))


def test_link_on_the_same_host(browser, world, kind):
    own = world.sites(kind).own
    before = world.passwords()
    browser.open(own + "/certsrv/mscep/")
    browser.click("a")
    assert re.search("[0-9A-F]{16}", browser.text())
    assert world.passwords() == before + 1


# ---- pages of others ----

ALL_PARTS = PARTS + MORE_PARTS + SCRIPT
ALL_ARRIVE = ARRIVE | MORE_ARRIVE | SCRIPT_ARRIVE
ARRIVAL = 40  # seconds


@pytest.mark.parametrize("host", ("sibling", "other"))
def test_parts_of_pages(browser, world, kind, host):
    sites = world.sites(kind)
    before = world.passwords()
    world.attack(ALL_PARTS, sites.own + PAGE)
    browser.open(getattr(sites, host) + "/attack.html")
    sent = world.wait(PAGE, ALL_ARRIVE)
    assert set(sent.values()) == {403}, sent
    assert world.passwords() == before


def test_loaded_ahead(browser, world, kind):
    """Once a page is idle; of one with many parts that may be never."""
    sites = world.sites(kind)
    before = world.passwords()
    for host in sites:
        world.attack('<!DOCTYPE html><link rel="prefetch" href="@T@?prefetch">',
                     sites.own + PAGE)
        browser.open(host + "/attack.html")
        assert world.wait(PAGE, {"prefetch"}) == {"prefetch": 403}
    assert world.passwords() == before


def test_parts_of_pages_of_our_host(browser, world, kind):
    sites = world.sites(kind)
    before = world.passwords()
    by_http = kind == "http"
    world.attack(PARTS if by_http else PARTS + MORE_PARTS, sites.own + PAGE)
    browser.open(sites.own + "/attack.html")
    sent = world.wait(PAGE, ARRIVE if by_http else ARRIVE | MORE_ARRIVE
                      - {"frame-post"})
    sent.pop("frame-post", None)  # the page that a form leads to
    assert set(sent.values()) == {403}, sent
    assert world.passwords() == before


def test_parts_with_the_form(browser, world, kind):
    """Parts load the form, which does nothing, but cannot send it."""
    sites = world.sites(kind)
    before = world.passwords()
    for host in (sites.sibling, sites.other):
        world.attack(ALL_PARTS, sites.own + FORM, {
            "token": world.token(), "action": "draw"})
        browser.open(host + "/attack.html")
        sent = world.wait(FORM + "/", ALL_ARRIVE)
        for name in ("frame-post", "fetch-post", "beacon"):
            assert sent[name] == 403
        assert world.passwords() == before


@pytest.mark.parametrize("action", ("draw", "cancel"))
def test_ways_to_the_form(browser, world, kind, action):
    """Not even with a token that is good."""
    sites = world.sites(kind)
    draw(browser, sites.own + FORM)
    before = world.passwords()
    fields = {"token": world.token(), "action": action, "id": world.newest()}
    for host in (sites.sibling, sites.other):
        for way in ("post", "text"):
            world.attack(WAYS, sites.own + FORM, fields)
            browser.open(f"{host}/attack.html?{way}")
            assert world.wait(FORM + "/", {way})[way] == 403
    assert world.passwords() == before


@pytest.mark.parametrize("way", WAYS_IN)
def test_ways_to_the_page(browser, world, kind, way):
    sites = world.sites(kind)
    before = world.passwords()
    for host in (sites.sibling, sites.other):
        world.attack(WAYS, sites.own + PAGE)
        browser.open(f"{host}/attack.html?{way}")
        assert world.wait(PAGE, {way})[way] == 403
    assert world.passwords() == before
