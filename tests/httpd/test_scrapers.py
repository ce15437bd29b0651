# Licensed under the Apache License, Version 2.0; see LICENSE.
"""How real software reads the admin page: each program's way of reading NDES's
page is repeated here and tried on the live page in each of its states.

A reader gets the octets (and the length of passwords). It returns the
password, or FULL or DENIED if the program knows that state, or None.
"""
import codecs
import html.parser
import re
import urllib.request

import pytest

import scepclient as scep
from httpdserver import ADMIN, SECRET

pytestmark = pytest.mark.any_mpm(reason="decided from one request alone")

FULL, DENIED = "full", "denied"
LEAD = "The enrollment challenge password is: <B> "
TITLE = "Network Device Enrollment Service"
PERMISSION = "You do not have sufficient permission"


def found(pattern, text, flags=0):
    match = re.search(pattern, text, flags)
    return match.group(match.lastindex) if match else None


# ---- decodings ----

def by_bom(octets, otherwise):
    """As libraries do that take a byte order mark over what they were told."""
    for bom, name in ((codecs.BOM_UTF16_LE, "utf-16-le"),
                      (codecs.BOM_UTF16_BE, "utf-16-be")):
        if octets.startswith(bom):
            return octets[len(bom):].decode(name)
    return octets.decode(otherwise)


def dot_net_unicode(octets):
    """Encoding.Unicode of .NET and PowerShell: the BOM stays as U+FEFF."""
    return octets.decode("utf-16-le")


# ---- readers ----

def fleet_bom(octets, _digits):
    """First generation: UTF-16, big-endian unless a BOM says otherwise."""
    return fleet(by_bom(octets, "utf-16-be"))


def fleet_guess(octets, _digits):
    """Second: UTF-16LE if every other octet is zero, else UTF-8."""
    zeros = octets[1:200:2].count(0)
    return fleet(octets.decode("utf-16-le" if zeros > 50 else "utf-8"))


def fleet(text):
    if "The password cache is full." in text:
        return FULL
    if "You do not have sufficient permission to enroll with SCEP." in text:
        return DENIED
    return found(r"(?i)The enrollment challenge password is: <B> "
                 r"(?P<password>\S*)", text)


def zentral(octets, _digits):
    return found(r"challenge password is: <B> ([A-Z0-9]{16,32}) </B>",
                 octets.decode("utf-16"))


def zentral_octets(octets, _digits):
    """Its other variant, for a page of single octets."""
    return found(r"challenge password is: <B> ([a-zA-Z0-9_\-]+)",
                 octets.decode("windows-1252", "replace"))


def manage_engine(octets, _digits):
    """Java's names: UTF-16 is by BOM or big-endian."""
    for decode in (lambda: by_bom(octets, "utf-16-be"),
                   lambda: octets.decode("utf-8"),
                   lambda: octets.decode("ascii"),
                   lambda: octets.decode("utf-16-be"),
                   lambda: octets.decode("utf-16-le"),
                   lambda: octets.decode("latin-1")):
        try:
            text = decode()
        except UnicodeDecodeError:
            continue
        if "The password cache is full" in text:
            return FULL
        if LEAD in text:
            rest = text[text.index(LEAD) + len(LEAD):]
            for end in (" </B> <P> This password can be used only once",
                        " </B> <P> This password can be used multiple times "
                        "and will not expire."):
                if end in rest:
                    return rest[:rest.index(end)]
    return None


def psndes(octets, digits):
    """PowerShell's -match: case does not count."""
    return found(f"([A-F0-9]{{{digits}}})", dot_net_unicode(octets),
                 re.IGNORECASE)


def hpe(octets, _digits):
    text = dot_net_unicode(octets)
    if "The password cache is full" in text:
        return FULL
    for token in text.split(" "):
        if re.match("[A-F0-9]{16}", token):
            return token
    return None


class Lower(html.parser.HTMLParser):
    """What BeautifulSoup writes: tags in lower case, the text as it was."""

    def __init__(self, text):
        super().__init__(convert_charrefs=False)
        self.out = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.out += f"<{tag}" + "".join(
            f' {name}="{value}"' for name, value in attrs) + ">"

    def handle_endtag(self, tag):
        self.out += f"</{tag}>"

    def handle_data(self, data):
        self.out += data


def junos(octets, _digits):
    return found(r"The enrollment challenge password is: <b> ([A-Z0-9]+) ",
                 Lower(octets.decode("utf-16")).out)


def flask_helper(octets, _digits):
    text = octets.decode("utf-16")
    if "cache is full" in text:
        return FULL
    parts = text.split(">")
    for part, after in zip(parts, parts[1:]):
        if "The enrollment challenge password is: <B" in part:
            return after[1:].split(" ")[0] if after[0] == " " else None
    return None


def relay(octets, _digits):
    """Also the thumbprint and how long the password is good."""
    if len(octets) % 2:
        octets = octets[:-1]
    text = octets.decode("utf-16")
    assert TITLE in text
    if PERMISSION in text:
        return DENIED
    if "The password cache is full" in text:
        return FULL
    if "will not expire" not in text:
        assert int(text.split("will expire within ")[1].split(
            " minutes")[0]) == 60
    return text.split("password is: <B> ")[1].split(" ")[0]


TAIL = (" </B> <P> This password can be used only once and will expire within "
        "60 minutes. <P> Each enrollment requires a new challenge password. "
        "You can refresh this web page to obtain a new challenge password. "
        "</P> <P ID=locPageDesc> For more information see  <A HREF="
        "http://go.microsoft.com/fwlink/?LinkId=67852>Using Network Device "
        "Enrollment Service </A>. </P> <P></Font></Body></HTML>\0")


def cut_tail(octets, digits):
    """.NET's StreamReader follows the BOM; what is left ends with it."""
    text = by_bom(octets, "utf-8").replace(TAIL, "")
    return text[-digits:]


def test_client(octets, _digits):
    return found("challenge password.*?([0-9A-Fa-f]{8,64})",
                 by_bom(octets, "utf-8"), re.IGNORECASE | re.DOTALL)


test_client.__test__ = False  # it is no test


def one_liner(octets, _digits):
    """iconv and grep -oP '...\\K\\w*'."""
    return found(r"challenge password is: <B> (\w*)", octets.decode("utf-16"))


WIDE = (fleet_bom, fleet_guess, zentral, manage_engine, psndes, hpe, junos,
        flask_helper, relay, test_client, one_liner)
ONLY_ONE_TIME = (cut_tail,)
NARROW = (fleet_guess, zentral_octets, manage_engine)
KNOW_FULL = (fleet_bom, fleet_guess, manage_engine, hpe, flask_helper, relay)
KNOW_DENIED = (fleet_bom, fleet_guess, relay)


def name_of(value):
    return getattr(value, "__name__", None)


# ---- the page in its states ----

@pytest.fixture(name="running", scope="module")
def fixture_running(make_server):
    auth = ("SetHandler scep-admin\nAuthType Basic\nAuthName admin\n"
            "AuthUserFile htpasswd\nRequire valid-user\n")
    server = make_server(extra=(
        "ScepPasswordMax 16\n"
        f"<Location /single>\n{auth}ScepChallenge single\n"
        "ScepPasswordLength 16\n</Location>\n"
        "<Location /device>\nSetHandler scep\nScepChallenge single one-time\n"
        "</Location>\n"
        f"<Location /narrow>\n{auth}ScepAdminPageEncoding utf-8\n</Location>\n"
        f"<Location /narrow-single>\n{auth}ScepAdminPageEncoding utf-8\n"
        "ScepChallenge single\n</Location>\n"
        f"<Location /denied>\n{auth}ScepAdminRequire false\n</Location>\n"
        f"<Location /narrow-denied>\n{auth}ScepAdminPageEncoding utf-8\n"
        "ScepAdminRequire false\n</Location>\n"))
    server.number = 0
    return server


def page(server, path, method="GET"):
    body = b"operation=GetCACaps" if method == "POST" else None
    answer = server.admin(path, method, body=body, headers={
        "Content-Type": "application/x-www-form-urlencoded"} if body else {})
    assert answer.status == 200
    return answer.body


def is_good(server, password):
    """It enrols; nothing else would prove that a program has read well."""
    reply = server.enrol(password, f"scraped-{server.number}", "/device")
    server.number += 1
    return reply.status == scep.SUCCESS


@pytest.mark.parametrize("reader", WIDE + ONLY_ONE_TIME, ids=name_of)
@pytest.mark.parametrize("method", ("GET", "POST"))
def test_one_time(running, reader, method):
    for path in ("/certsrv/mscep_admin/", "/certsrv/MSCEP_ADMIN/mscep.dll"):
        password = reader(page(running, path, method), 16)
        assert re.fullmatch("[0-9A-F]{16}", password or "")
        assert is_good(running, password)


@pytest.mark.parametrize("reader", WIDE, ids=name_of)
def test_single(running, reader):
    password = reader(page(running, "/single"), 32)
    assert re.fullmatch("[0-9A-F]{32}", password or "")
    assert is_good(running, password)


@pytest.mark.parametrize("reader", NARROW, ids=name_of)
@pytest.mark.parametrize("path, digits", (("/narrow", 16),
                                          ("/narrow-single", 32)))
def test_utf_8(running, reader, path, digits):
    password = reader(page(running, path), digits)
    assert re.fullmatch(f"[0-9A-F]{{{digits}}}", password or "")
    assert is_good(running, password)


@pytest.mark.parametrize("reader, path", [
    (reader, "/denied") for reader in WIDE] + [
    (reader, "/narrow-denied") for reader in NARROW], ids=name_of)
def test_denied(running, reader, path):
    """Nobody takes anything on that page for a password."""
    got = reader(page(running, path), 16)
    if reader in KNOW_DENIED:
        assert got == DENIED
    else:
        assert got is None


@pytest.fixture(name="full", scope="module")
def fixture_full(running):
    """All places are taken: the last test of the module."""
    running.expect("SCEP0181")
    while b"f\0u\0l\0l\0.\0" not in page(running, "/certsrv/mscep_admin/"):
        pass
    return running


@pytest.mark.parametrize("reader", WIDE, ids=name_of)
def test_full(full, reader):
    got = reader(page(full, "/certsrv/mscep_admin/"), 16)
    if reader in KNOW_FULL:
        assert got == FULL
    else:
        assert got is None


@pytest.mark.parametrize("reader", NARROW, ids=name_of)
def test_full_utf_8(full, reader):
    assert reader(page(full, "/narrow"), 16) == (
        FULL if reader in KNOW_FULL else None)


@pytest.mark.parametrize("path", ("/certsrv/mscep_admin/", "/single",
                                  "/denied"))
def test_all_states_have_one_shell(running, path):
    octets = page(running, path)
    assert octets.startswith(b"\xff\xfe") and octets.endswith(b">\0\0\0")
    text = octets.decode("utf-16")
    assert text.startswith("<HTML>") and text.endswith("</HTML>\0")
    assert text.endswith(TAIL[TAIL.index("<P ID="):])
    assert text.count("\0") == 1 and text.isascii()


def test_thumbprint_is_found(running):
    text = page(running, "/single").decode("utf-16")
    match = re.search(r"The thumbprint \(hash value\) for the CA certificate "
                      r"is: <B> ((?:[0-9A-F]{8} ){3}[0-9A-F]{8}) </B> <P> "
                      r"The enrollment challenge password is: <B> ", text)
    assert match


def test_wrong_credentials(running):
    running.expect("AH01617")
    for user in ("", f"{ADMIN}:x"):
        request = urllib.request.Request(
            running.url("/certsrv/mscep_admin/"), headers={
                "Authorization": "Basic " + codecs.encode(
                    user.encode(), "base64").decode().strip()} if user else {})
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(request, timeout=30)
        assert error.value.code == 401
    assert running.http("GET", "/single", user=f"{ADMIN}:{SECRET}").status == (
        200)
