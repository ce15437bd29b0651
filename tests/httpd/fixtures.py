# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Fixtures of all tests against a real httpd; a folder's conftest.py takes
them with `from fixtures import *`.

httpd: makes servers. The test fails if one of them logs a warning or error
       that was not declared with server.expect("SCEPnnnn").
server, make_server: for tests that provoke refusals on purpose and judge by
       the record. Refusals (SCEP01nn at level warn) need not be declared.
"""
import pytest

from httpdserver import Server

__all__ = ["fixture_httpd", "fixture_make_server", "fixture_server"]


def finish(servers, lenient):
    """Stop and remove SERVERS; fail if their logs hold unexpected lines."""
    complaints = []
    for server in servers:
        try:
            if server.running():
                server.stop()
        except Exception as error:  # pylint: disable=broad-except
            complaints.append(f"does not stop: {error}")
        lines = server.unexpected()
        if lenient:
            lines = [line for line in lines
                     if not (":warn]" in line and "SCEP01" in line)]
        else:
            complaints += server.faults()
        complaints += lines
        server.close()
    assert complaints == [], "\n".join(complaints)


@pytest.fixture(name="httpd")
def fixture_httpd():
    """httpd(**Server's arguments) gives a server that runs; with
    start=False one that does not."""
    servers = []

    def make(start=True, **arguments):
        server = Server(**arguments)
        servers.append(server)
        if start:
            server.start()
        return server

    yield make
    finish(servers, False)


@pytest.fixture(name="make_server", scope="module")
def fixture_make_server():
    """make_server(mpm) gives a server that runs until the module's end."""
    servers = []

    def make(mpm=None, **arguments):
        server = Server(mpm, **arguments)
        servers.append(server)
        return server.start()

    yield make
    finish(servers, True)


@pytest.fixture(name="server")
def fixture_server():
    """A server of this test alone, in the MPM that SCEP_TEST_MPM says."""
    server = Server()
    server.start()
    yield server
    finish([server], True)
