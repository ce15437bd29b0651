# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Which paths are endpoints, and that httpd's sections apply to them."""
import os

import pytest

import scepclient as scep

pytestmark = pytest.mark.any_mpm(reason="decided from one request alone")

CAPS = "operation=GetCACaps"
DEVICE_PATHS = (
    "/cgi-bin/pkiclient.exe", "/cgi-bin/pkiclient.exe/",
    "/CGI-BIN/PKIClient.EXE", "/cgi-bin/pkiclient.exe/more/of/it",
    "/certsrv/mscep", "/certsrv/mscep/", "/CertSrv/mscep",
    "/certsrv/mscep/mscep.dll", "/certsrv/mscep/mscep.dll/",
    "/CertSrv/MSCEP/MSCEP.DLL", "/certsrv/mscep/mscep.dll/pkiclient.exe",
    "/CERTSRV/mscep/mscep.dll/PKICLIENT.exe",
    "/certsrv/mscep/pkiclient.exe", "/certsrv/./mscep", "/certsrv/x/../mscep",
    "//certsrv//mscep", "/%63ertsrv/mscep", "/certsrv/mscep/a%20b")
ADMIN_PATHS = (
    "/certsrv/mscep_admin/", "/certsrv/mscep_admin/mscep.dll",
    "/CertSrv/MSCEP_ADMIN/", "/certsrv/mscep_admin/mscep.dll/",
    "/certsrv/MSCEP_admin/MSCEP.dll")
# Of the admin page's folder; nothing is drawn there.
BELOW = ("favicon.ico", "anything", "form/x", "mscep.dll/x", "robots.txt",
         "mscep.dll/pkiclient.exe", "pkiclient.exe", "mscep.dllx", "formx",
         "mscep.dll/form", "a/b", ";x", "mscep.dll;x", "-")
OTHER_PATHS = (
    "/", "/index.html", "/cgi-bin/other", "/cgi-bin/pkiclient.exe2",
    "/certsrv", "/certsrv/", "/certsrv/mscepx", "/certsrv/mscep_adminx",
    "/certsrv/mscep.dll", "/x/certsrv/mscep")


@pytest.fixture(name="running", scope="module")
def fixture_running(make_server):
    return make_server()


@pytest.mark.parametrize("path", DEVICE_PATHS)
def test_device_paths(running, path):
    answer = running.http("GET", f"{path}?{CAPS}")
    assert answer.status == 200
    assert b"POSTPKIOperation" in answer.body


@pytest.mark.parametrize("path", DEVICE_PATHS)
def test_device_paths_draw_nothing(running, path):
    answer = running.admin(path)
    assert answer.status == 200
    assert b"challenge password is" not in answer.body.replace(b"\0", b"")


@pytest.mark.parametrize("path", ADMIN_PATHS)
def test_admin_paths(running, path):
    assert running.http("GET", path).status == 401
    assert running.draw(path)


@pytest.mark.parametrize("name", BELOW)
@pytest.mark.parametrize("more", ("", "?operation=NDESGenerateChallenge"))
def test_nothing_is_drawn_below(running, name, more):
    before = running.query("SELECT COUNT(*) FROM challenges")
    path = f"/certsrv/mscep_admin/{name}{more}"
    assert running.http("GET", path).status == 401
    for method in ("GET", "HEAD", "POST"):
        answer = running.admin(path, method)
        assert answer.status == 404
        assert b"password" not in answer.body.replace(b"\0", b"")
    assert running.query("SELECT COUNT(*) FROM challenges") == before


def test_nothing_is_drawn_below_a_location(httpd):
    """Its path, and its expression, end where the page does."""
    auth = ("SetHandler scep-admin\nAuthType Basic\nAuthName admin\n"
            "AuthUserFile htpasswd\nRequire valid-user\n")
    server = httpd(extra=(
        f"<Location /a>\n{auth}</Location>\n"
        f"<Location /b/c/>\n{auth}</Location>\n"
        f"<Location /d/*>\n{auth}</Location>\n"
        f'<LocationMatch "^/e/(f|g)(/.*)?$">\n{auth}</LocationMatch>\n'
        f"<Location /a/inside>\n{auth}</Location>\n"))
    server.expect("SCEP0195")
    for path in ("/a", "/b/c/", "/d/x", "/e/f", "/e/g/", "/a/inside"):
        assert server.draw(path)
        folder = path.rstrip("/")
        if folder != "/d/x":  # a * fits no slash
            assert server.draw(folder + "/")
            assert server.draw(folder + "/mscep.dll")
            for below in ("favicon.ico", "x/", "mscep.dll/x"):
                assert server.admin(f"{folder}/{below}").status == 404
            assert b"<form" in server.admin(f"{folder}/form").body
            assert server.admin(f"{folder}/api/status").status == 200


@pytest.mark.parametrize("path", ADMIN_PATHS)
def test_scep_on_admin_paths(running, path):
    """jscep is used with these: answered, once httpd knows who asks."""
    assert running.http("GET", f"{path}?{CAPS}").status == 401
    answer = running.admin(f"{path}?{CAPS}")
    assert answer.status == 200
    assert b"POSTPKIOperation" in answer.body


@pytest.mark.parametrize("path", OTHER_PATHS)
def test_other_paths(running, path):
    running.expect("script not found")
    answer = running.http("GET", f"{path}?{CAPS}")
    assert b"POSTPKIOperation" not in answer.body
    if path == "/cgi-bin/other":
        assert (answer.status, answer.body) == (200, b"other\n")
    elif path in ("/", "/index.html"):
        # without mod_dir there is no index for "/"
        assert answer.status in (200, 403, 404)
    else:
        assert answer.status in (403, 404)


def test_cgi_of_the_same_name_is_not_run(running):
    """The folder of ScriptAlias holds a pkiclient.exe, too."""
    answer = running.http("GET", f"/cgi-bin/pkiclient.exe?{CAPS}")
    assert b"POSTPKIOperation" in answer.body
    assert b"other" not in answer.body


def test_enrols_at_every_kind_of_path(running):
    for number, path in enumerate((
            "/cgi-bin/pkiclient.exe", "/CertSrv/mscep/",
            "/certsrv/mscep/mscep.dll/pkiclient.exe", "/legacy")):
        reply = running.enrol(running.draw(), f"path-{number}", path, number)
        assert reply.status == scep.SUCCESS


def test_access_log_has_the_operation(running):
    running.http("GET", f"/cgi-bin/pkiclient.exe?{CAPS}")
    running.draw()
    log = running.access_log()
    assert "GET /cgi-bin/pkiclient.exe 200 - GetCACaps" in log
    assert "GET /certsrv/mscep_admin/ 200 admin admin" in log


def test_engine_off(httpd):
    server = httpd(scep_conf="ScepEngine Off\n")
    assert server.http("GET", f"/certsrv/mscep?{CAPS}").status == 404
    # and /cgi-bin/ is the script's again
    answer = server.http("GET", f"/cgi-bin/pkiclient.exe?{CAPS}")
    assert answer.body == b"other\n"


def test_handler_without_engine(httpd):
    """-t finds it in the configuration, and cannot see an .htaccess."""
    server = httpd(scep_conf="<Directory @DIR@/htdocs>\nAllowOverride FileInfo\n"
                   "</Directory>\n")
    server.write("htdocs/.htaccess", "SetHandler scep\n")
    server.expect("SCEP0174")
    assert server.http("GET", f"/index.html?{CAPS}").status == 500


def test_set_handler(httpd):
    server = httpd(extra="<Location /pki/>\nSetHandler scep\n</Location>\n"
                   "<Location /pki/passwords>\nSetHandler scep-admin\n"
                   "</Location>\n"
                   + 'Redirect /certsrv/mscep http://127.0.0.1/elsewhere\n')
    answer = server.http("GET", f"/pki/x?{CAPS}")
    assert b"POSTPKIOperation" in answer.body
    # no user: no page, although nobody asked for one
    server.expect("SCEP0180", "SCEP0047")
    assert server.http("GET", "/pki/passwords").status == 403
    # mod_alias comes after us
    assert server.http("GET", f"/certsrv/mscep?{CAPS}").status == 200


def test_enclosing_set_handler_and_types(httpd):
    """A handler, a type or a charset that httpd gives by section or extension
    does not reach our answers."""
    server = httpd(extra="<Location />\nSetHandler cgi-script\n</Location>\n"
                   "AddDefaultCharset utf-8\nAddType text/x-odd .exe .dll\n"
                   "AddHandler cgi-script .exe .dll\nAddCharset latin1 .dll\n"
                   "AddEncoding x-odd .exe\nAddLanguage xx .dll\n"
                   "Options +MultiViews +ExecCGI\n",
                   modules=("negotiation",))
    for path in ("/cgi-bin/pkiclient.exe", "/certsrv/mscep/mscep.dll"):
        answer = server.http("GET", f"{path}?{CAPS}")
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/plain"
        assert answer.headers["Content-Encoding"] is None
        assert answer.headers["Content-Language"] is None
    assert server.draw("/certsrv/mscep_admin/mscep.dll")


def test_require_applies_whatever_the_case(httpd):
    server = httpd(extra="<Location /certsrv/mscep>\nRequire all denied\n"
                   "</Location>\n"
                   "<Location /cgi-bin/pkiclient.exe/inner>\n"
                   "Require all denied\n</Location>\n")
    server.expect("AH01630")
    for path in ("/certsrv/mscep", "/CertSrv/mscep", "/CERTSRV/MSCEP/",
                 "/certsrv/MSCEP/mscep.dll", "/certsrv/mscep/mscep.DLL/x"):
        assert server.http("GET", f"{path}?{CAPS}").status == 403, path
    assert server.http("GET", f"/cgi-bin/pkiclient.exe?{CAPS}").status == 200
    assert server.http(
        "GET", f"/CGI-bin/pkiclient.EXE/inner?{CAPS}").status == 403


@pytest.mark.parametrize("section", (
    "Location /certsrv/mscep_admin", "Location /certsrv/mscep_admin/",
    "LocationMatch ^/certsrv/mscep_admin(/|$)"))
def test_stricter_admin_section(httpd, section):
    """Who may come near, but not draw, draws nowhere: with and without a
    slash the path is one."""
    server = httpd(scep_conf="", start=False)
    server.scep_conf = ("ScepEngine On\n" + server.ca_conf()
                        + server.admin_conf("/")
                        + f"<{section}>\nRequire user nobody\n"
                        f"</{section.split()[0]}>\n")
    server.write_conf()
    server.start()
    server.expect("AH01631")
    for path in ADMIN_PATHS + ("/certsrv/mscep_admin",):
        for method in ("GET", "HEAD", "POST"):
            assert server.admin(path, method).status == 401, (method, path)
    assert server.query("SELECT COUNT(*) FROM challenges") == [(0,)]
    assert server.admin(f"/certsrv/mscep?{CAPS}").status == 200


def test_stricter_section_for_the_dll(httpd):
    server = httpd(extra="<Location /certsrv/mscep_admin/mscep.dll/>\n"
                   "Require user nobody\n</Location>\n")
    server.expect("AH01631")
    for path in ("/certsrv/mscep_admin/mscep.dll",
                 "/certsrv/MSCEP_admin/mscep.DLL/"):
        for method in ("GET", "POST"):
            assert server.admin(path, method).status == 401
    assert server.draw()


def test_rewritten_to_us(httpd):
    server = httpd(extra="RewriteEngine On\n"
                   "RewriteRule ^/old/scep$ /certsrv/mscep [PT,QSA]\n"
                   "RewriteRule ^/draw$ /certsrv/mscep_admin/ [PT]\n",
                   modules=("rewrite",))
    assert server.http("GET", f"/old/scep?{CAPS}").status == 200
    assert server.http("GET", f"/certsrv/mscep?{CAPS}").status == 200
    # the sections of the path that it has become are those that count
    assert server.http("GET", "/draw").status == 401
    assert server.draw("/draw")


def test_rewritten_away(httpd):
    """mod_rewrite comes first: what it refuses, redirects or leads elsewhere
    is not ours, however the client spells it."""
    server = httpd(extra="RewriteEngine On\n"
                   "RewriteRule ^/certsrv/mscep_admin/ - [F]\n"
                   "RewriteRule ^/cgi-bin/pkiclient https://%{HTTP_HOST}"
                   "%{REQUEST_URI} [R,L]\n"
                   "RewriteRule ^/certsrv/mscep/mine /nowhere [L]\n",
                   modules=("rewrite",))
    for path in ("/certsrv/mscep_admin", "/certsrv/mscep_admin/",
                 "/CertSrv/MSCEP_admin/", "/certsrv/mscep_admin/mscep.dll"):
        for method in ("GET", "POST"):
            assert server.admin(path, method).status == 403, (method, path)
    assert server.query("SELECT COUNT(*) FROM challenges") == [(0,)]
    answer = server.http("GET", f"/CGI-BIN/pkiclient.exe?{CAPS}")
    assert answer.status == 302
    assert answer.headers["Location"] == (
        f"https://127.0.0.1:{server.port}/cgi-bin/pkiclient.exe?{CAPS}")
    assert server.http("GET", f"/certsrv/mscep/mine?{CAPS}").status == 404
    assert server.http("GET", f"/certsrv/mscep?{CAPS}").status == 200


def test_plain_http_redirected_to_https(httpd):
    """The usual virtual host of port 80, with the devices' path left out."""
    server = httpd(vhosts=vhost("all", "RewriteEngine On\nRewriteRule ^ "
                                "https://%{HTTP_HOST}%{REQUEST_URI} [R]\n")
                   + vhost("some", "RewriteEngine On\n"
                           "RewriteCond %{REQUEST_URI} !^/cgi-bin/pkiclient\n"
                           "RewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} "
                           "[R]\n"), modules=("rewrite",))
    for path in ("/certsrv/mscep_admin/", "/certsrv/mscep", "/index.html",
                 "/cgi-bin/pkiclient.exe"):
        assert caps(server, "all", path) == 302, path
        assert caps(server, "some", path) == (
            200 if "pkiclient" in path else 302), path


def test_sections_redirect_and_deny(httpd):
    """mod_alias's directives and access control in sections."""
    server = httpd(extra="<Location /certsrv/mscep_admin>\n"
                   "Require all granted\n"
                   "Redirect https://scep.test/certsrv/mscep_admin/\n"
                   "</Location>\n"
                   "<Location /certsrv/mscep>\nRequire all denied\n"
                   "</Location>\n")
    server.expect("AH01630")
    for path in ("/certsrv/mscep_admin", "/CertSrv/mscep_admin/",
                 "/certsrv/mscep_admin/mscep.dll"):
        for method in ("GET", "POST"):
            answer = server.http(method, path)
            assert answer.status == 302, (method, path)
            assert answer.headers["Location"] == (
                "https://scep.test/certsrv/mscep_admin/")
    assert server.http("GET", f"/certsrv/mscep?{CAPS}").status == 403
    assert server.http("GET", f"/cgi-bin/pkiclient.exe?{CAPS}").status == 200


def test_proxied_site(httpd):
    """ProxyPass of everything leaves the endpoints where they are."""
    server = httpd(extra="ProxyPass / http://127.0.0.1:9/\n",
                   modules=("proxy", "proxy_http"))
    assert server.http("GET", f"/certsrv/mscep?{CAPS}").status == 200
    server.expect("AH00957", "AH01114")
    assert server.http("GET", "/elsewhere").status == 503


def vhost(name, conf):
    return f"<VirtualHost *:*>\nServerName {name}\n{conf}</VirtualHost>\n"


def caps(server, host, path="/certsrv/mscep"):
    return server.http("GET", f"{path}?{CAPS}", headers={"Host": host}).status


def test_virtual_hosts(httpd):
    server = httpd(
        scep_conf="", start=False)
    server.scep_conf = server.ca_conf()
    server.vhosts = (vhost("first", "") + vhost("on", "ScepEngine On\n")
                     + vhost("too", "ScepEngine On\nScepAlgorithms modern\n"))
    server.write_conf()
    server.expect("SCEP0047")
    server.start()
    assert caps(server, "first") == 404
    assert caps(server, "on") == caps(server, "too") == 200
    words = {name: server.http("GET", f"/certsrv/mscep?{CAPS}", headers={
        "Host": name}).body.split() for name in ("on", "too")}
    assert b"SHA-1" in words["on"] and b"SHA-1" not in words["too"]


def test_engine_is_inherited_and_switched_off(httpd):
    server = httpd(vhosts=vhost("first", "") + vhost("off", "ScepEngine Off\n"))
    assert caps(server, "first") == 200
    assert caps(server, "off") == 404


def test_virtual_host_with_its_own_ca(httpd):
    """Neither key, chain nor RA of the main server are taken over, and a
    password drawn there is worth nothing here."""
    from httpdserver import CA_USAGE, ENCRYPT, SIGN, Pair, key_pem, make_cert
    from httpdserver import pem
    key = scep.shared_key("other-ca")
    other = Pair(make_cert("Other CA", key, ca=True,
                           usage=CA_USAGE + (SIGN, ENCRYPT)), key)
    server = httpd(start=False, vhosts=vhost("first", "") + vhost(
        "other", "ScepCACertificateFile other.crt\nScepCAKey other.key\n"
        "<Location /certsrv/mscep_admin>\nAuthType Basic\nAuthName admin\n"
        "AuthUserFile htpasswd\nRequire valid-user\n</Location>\n"))
    server.write("other.crt", pem(other.cert))
    server.write("other.key", key_pem(other.key), 0o600)
    server.start()
    answer = server.http("GET", "/certsrv/mscep?operation=GetCACert",
                         headers={"Host": "other"})
    assert answer.headers["Content-Type"] == "application/x-x509-ca-cert"
    cert = scep.x509.load_der_x509_certificate(answer.body)
    assert cert == other.cert
    request = scep.Request(cert, server.draw(), "wrong-ca",
                           key=scep.shared_key(1))
    answer = server.endpoint("/certsrv/mscep").post(request.der(),
                                                    {"Host": "other"})
    server.expect("SCEP0153")
    assert scep.Reply(answer[2], request, [cert]).status == scep.FAILURE


TRACED = """TraceEnable extended
TypesConfig /dev/null
<Location /dev>
    SetHandler scep
</Location>
<LocationMatch ^/adm>
    SetHandler scep-admin
    Require all granted
</LocationMatch>
<Location /crl>
    SetHandler scep-crl
</Location>
<Location /chosen>
    SetHandler "%{reqenv:NOTHING}scep"
</Location>
<Directory "@DIR@/htdocs/inside">
    SetHandler scep
</Directory>
<Files pki.exe>
    SetHandler scep
</Files>
AddHandler scep .scep
"""


def test_trace_is_refused(make_server):
    """Whatever TraceEnable says, nothing of ours sends headers back."""
    server = make_server(extra=TRACED)
    os.mkdir(server.path("htdocs", "inside"))
    for name in ("inside/x", "a.scep", "pki.exe"):
        server.write(f"htdocs/{name}", "")
    server.expect("AH01614")  # of the page, for that scheme
    headers = {"Authorization": "Bearer c2VjcmV0", "X-Other": "secret"}
    assert b"c2VjcmV0" in server.http("TRACE", "/static", None, headers).body
    for path in ("/dev", "/dev/pkiclient.exe", "/adm", "/crl",
                 "/chosen", "/inside/x", "/pki.exe", "/a.scep",
                 "/cgi-bin/pkiclient.exe", "/certsrv/mscep_admin/",
                 "/certsrv/mscep/mscep.dll"):
        answer = server.http("TRACE", path, None, headers)
        assert answer.status in (401, 405), path
        assert b"ecret" not in answer.body and b"c2Vj" not in answer.body
