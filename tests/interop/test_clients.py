# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The distribution's SCEP clients enrol, and are refused with a wrong password:
in every MPM, before, during and after a graceful restart, with Debian's
serve-cgi-bin configuration enabled."""
import threading
import time

import pytest

from clients import CLIENTS, available

MPMS = ("prefork", "worker", "event")
# scepclient uses single DES whatever is announced
PATHS = {"scepclient": "/legacy"}


@pytest.fixture(scope="module", params=MPMS)
def running(request, make_server):
    """A server of each MPM with a legacy endpoint and serve-cgi-bin."""
    return make_server(request.param)


@pytest.fixture(params=sorted(CLIENTS))
def client(request):
    one = CLIENTS[request.param]
    if not available(*one.programs):
        pytest.fail(f"{one.name} is not installed")
    return one


def enrol(running, client, folder, password):
    """The certificate or None, and what the client said."""
    folder.mkdir()
    path = PATHS.get(client.name, "/cgi-bin/pkiclient.exe")
    return client.enrol(running.url(path), folder, password)


def check(running, result):
    cert, said = result
    assert cert is not None, said + running.error_log()[-4000:]
    assert f"{cert.serial_number:X}" in running.serials()
    running.verify(cert)


def test_enrols(running, client, tmp_path):
    check(running, enrol(running, client, tmp_path / "c", running.draw()))


def test_wrong_password(running, client, tmp_path):
    before = running.count_certificates()
    refusals = running.count("SCEP0153")
    cert, said = enrol(running, client, tmp_path / "c", "0123456789ABCDEF")
    assert cert is None, said
    assert running.count_certificates() == before
    assert running.count("SCEP0153") > refusals, said


def test_used_password(running, client, tmp_path):
    password = running.draw()
    check(running, enrol(running, client, tmp_path / "first", password))
    refusals = running.count("SCEP0155")
    cert, said = enrol(running, client, tmp_path / "second", password)
    assert cert is None, said
    assert running.count("SCEP0155") > refusals, said


def test_across_graceful(running, client, tmp_path):
    """Restarts come every 0.2 s while the client is at work; then one more
    enrolment follows them."""
    done = threading.Event()

    def restart():
        while not done.wait(0.2):
            running.graceful()

    thread = threading.Thread(target=restart)
    thread.start()
    try:
        check(running, enrol(running, client, tmp_path / "during",
                             running.draw()))
    finally:
        done.set()
        thread.join()
    time.sleep(0.2)
    check(running, enrol(running, client, tmp_path / "after", running.draw()))


@pytest.mark.parametrize("content, state", (
    ("auto", "CA_REJECTED"), ("never", "CA_UNREACHABLE")))
def test_certmonger_reads_a_refusal(make_server, tmp_path, content, state):
    """It cannot without an eContent, as RFC 8894 has it, and takes the CA to
    be away; what it sends tells that it is certmonger, and so it gets an empty
    one (R22)."""
    running = make_server("event", extra=f"ScepEmptyContent {content}\n")
    cert, said = CLIENTS["certmonger"].enrol(running.url(), tmp_path, "0" * 16)
    assert cert is None
    assert f"final state: {state}" in said, said
    running.stop()
