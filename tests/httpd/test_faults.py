# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Faults of the server are answered with 503, logged, and over when the cause
is gone. Faults of peers leave no OpenSSL error behind that mod_ssl would see."""
import base64
import http.client
import os
import re
import ssl

import pytest

import scepclient as scep
from httpdserver import (ADMIN, CC, ROOT, SECRET, TIMEOUT, key_pem, make_cert,
                         pem)


def alarms(server):
    """What an operator sees of mod_scep without LogLevel info."""
    return [line for line in server.error_log().splitlines()
            if re.search(r"\[scep:(warn|error|crit|alert|emerg)\]", line)]


def test_replaced_database_is_told_once(httpd):
    server = httpd(extra="LogLevel scep:info\n")
    server.expect("SCEP0256")
    os.rename(server.path("state/scep.db"), server.path("state/aside.db"))
    for _ in range(40):
        assert server.admin().status == 503
    lines = alarms(server)
    assert len(lines) == 1 and "SCEP0256: " in lines[0], lines
    assert "until httpd is restarted" in lines[0]
    assert server.count("SCEP0171: ") == 40


def test_provider_out_is_told_once(httpd):
    """It has no other line than the request's."""
    server = httpd(start=False, extra="""LogLevel scep:info
<Location /out>
SetHandler scep
ScepChallenge exec:@DIR@/out
</Location>
""")
    server.write("out", "#!/bin/sh\nexit 75\n", 0o755)
    server.start()
    server.expect("SCEP0194")
    message = scep.Request(server.ra_cert, "0" * 16, "out",
                           key=scep.shared_key(0)).der()
    for _ in range(40):
        assert server.http("POST", "/out", message).status == 503
    lines = alarms(server)
    assert len(lines) == 1 and "SCEP0194: " in lines[0], lines
    assert "run it by hand" in lines[0]


@pytest.mark.skipif(not ROOT, reason="an owner cannot lock himself out")
def test_no_database(httpd):
    """The children cannot get at the database: nobody enrols, nobody draws,
    and when it is there again nothing is lost."""
    server = httpd(extra="LogLevel scep:info\n")
    server.expect("SCEP0253", "children are killed successively")
    request = scep.Request(server.ra_cert, server.draw(), "down",
                           key=scep.shared_key(0))
    message = request.der()
    state = os.stat(server.path("state"))
    os.chown(server.path("state"), 0, 0)
    server.kill_children()
    for answer in (server.http("POST", "/certsrv/mscep", message),
                   server.admin()):
        assert answer.status == 503
        assert answer.headers["Retry-After"] == "5"
        assert answer.headers["Content-Type"] == "text/plain"
        assert answer.body == b"The service is temporarily unavailable.\n"
    for _ in range(40):
        assert server.http("POST", "/certsrv/mscep", message).status == 503
    # one line, with the cure; the requests' own lines are informational
    lines = alarms(server)
    assert len(lines) == 1 and "SCEP0253: " in lines[0], lines
    assert "see that its disk or server is up" in lines[0]
    assert server.count("SCEP0171: ") == 42
    os.chown(server.path("state"), state.st_uid, state.st_gid)
    server.kill_children()
    reply = server.reply(server.endpoint().post(message), request)
    assert reply.status == scep.SUCCESS


def test_lines_of_one_client(httpd):
    """One client fills no log, and takes no line from another."""
    server = httpd(extra="LogLevel scep:info\n")
    server.expect("SCEP0120", "SCEP0065")

    def bad(host, times):
        endpoint = server.endpoint()
        endpoint.source = f"127.0.0.{host}"
        for _ in range(times):
            assert endpoint.post(b"0")

    bad(2, 130)
    assert server.count("SCEP0120: request from 127.0.0.2") == 120
    bad(3, 1)
    assert server.count("SCEP0120: request from 127.0.0.3") == 1


@pytest.mark.skipif(CC is None, reason="needs a C compiler")
def test_old_openssl(httpd):
    """The library that runs is judged, once and not at each restart."""
    server = httpd(start=False)
    server.preload_source("other_openssl.c", "-DPATCH=1")
    assert server.check() == (0, "Syntax OK\n")
    server.start()
    server.graceful()
    server.graceful()
    lines = [line for line in server.error_log().splitlines()
             if "SCEP0028" in line]
    assert len(lines) == 1
    assert ":info]" in lines[0] and ".1; " in lines[0]
    assert "releases before" in lines[0]


@pytest.mark.skipif(CC is None, reason="needs a C compiler")
def test_new_openssl(httpd):
    server = httpd(start=False)
    server.preload_source("other_openssl.c", "-DPATCH=99")
    server.start()
    assert "SCEP0028" not in server.error_log()


class Tls:
    """One kept-alive connection over TLS."""

    def __init__(self, server):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.connection = http.client.HTTPSConnection(
            "127.0.0.1", server.port, timeout=TIMEOUT, context=context)
        self.connection.connect()
        self.sock = self.connection.sock

    def ask(self, method, path, body=None, headers=None):
        self.connection.request(method, path, body, headers or {})
        answer = self.connection.getresponse()
        result = answer.status, answer.headers, answer.read()
        assert self.connection.sock is self.sock, "the connection was closed"
        return result


def test_beside_mod_ssl(httpd):
    """What OpenSSL remembers of bad messages must not end the connection that
    they came over."""
    server = httpd(start=False, modules=("ssl", "socache_shmcb"),
                   extra="SSLEngine On\nSSLCertificateFile tls.crt\n"
                   "SSLCertificateKeyFile tls.key\nKeepAliveTimeout 20\n")
    key = scep.shared_key("tls")
    server.write("tls.crt", pem(make_cert("127.0.0.1", key)))
    server.write("tls.key", key_pem(key), 0o600)
    server.expect("SCEP0131", "SCEP0153", "AH01909", "AH01873")
    server.start()
    credentials = base64.b64encode(f"{ADMIN}:{SECRET}".encode()).decode()
    link = Tls(server)
    for number in range(3):
        request = scep.Request(server.ra_cert, "0" * 16, "tls",
                               key=scep.shared_key(number))
        good = request.der()
        # a signature that fails, and a password that nobody knows
        for der in (good[:-1] + bytes([good[-1] ^ 1]), good):
            status, _, body = link.ask("POST", "/certsrv/mscep", der)
            assert status == 200
            reply = scep.Reply(body, None, server.signers)
            assert reply.status == scep.FAILURE
        status, _, page = link.ask("GET", "/certsrv/mscep_admin/", None, {
            "Authorization": "Basic " + credentials})
        assert status == 200
        password = page.decode("utf-16").split("password is: <B> ")[1][:16]
        request = scep.Request(server.ra_cert, password, "tls",
                               key=scep.shared_key(number))
        answer = link.ask("POST", "/certsrv/mscep", request.der())
        assert server.reply(answer, request).status == scep.SUCCESS


def test_redirect_keeps_tls(httpd):
    server = httpd(extra="UseCanonicalName On\n")
    server.replace_conf("ServerName 127.0.0.1", "ServerName https://scep.test")
    server.graceful()
    answer = server.admin("/certsrv/mscep_admin")
    assert answer.headers["Location"] == (
        f"https://scep.test:{server.port}/certsrv/mscep_admin/")
