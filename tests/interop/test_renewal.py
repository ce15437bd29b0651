# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The distribution's SCEP clients renew, and poll."""
import contextlib
import threading
import time

import pytest

from clients import CLIENTS, available, certificate
from test_rollover import add_pair, ra_conf

CONF = """
<ScepProfile brief>
    ScepCertValidity 3
    ScepCertBackdate 0
</ScepProfile>
<Location /brief>
    SetHandler scep
    ScepProfile brief
</Location>
ScepRenewalProfile endpoint
<Location /manual>
    SetHandler scep
    ScepApproval manual
</Location>
"""


@pytest.fixture(name="running", scope="module")
def fixture_running(make_server):
    return make_server(extra=CONF)


def the(name):
    client = CLIENTS[name]
    if not available(*client.programs):
        pytest.fail(f"{name} is not installed")
    return client


def check(server, old, new, said, same_key):
    assert old is not None and new is not None, (said,
                                                 server.error_log()[-4000:])
    server.verify(new)
    assert new.serial_number != old.serial_number
    assert new.subject == old.subject
    assert (new.public_key().public_numbers()
            == old.public_key().public_numbers()) == same_key
    assert server.query("SELECT renewal_of FROM transactions t JOIN "
                        "certificates c ON c.id = t.certificate_id WHERE "
                        f"c.serial = '{new.serial_number:X}'") == [
                            (f"{old.serial_number:X}",)]


def test_strongswan(running, tmp_path):
    client = the("strongswan")
    old, said = client.enrol(running.url(), tmp_path, running.draw())
    assert old is not None, said
    new, said = client.renew(running.url(), tmp_path)
    check(running, old, new, said, False)


def test_strongswan_expired(running, tmp_path):
    """Waited out, then renewed by a client that knows nothing of it."""
    client = the("strongswan")
    old, said = client.enrol(running.url("/brief"), tmp_path, running.draw())
    assert old is not None, said
    time.sleep(4)
    new, said = client.renew(running.url(), tmp_path)
    check(running, old, new, said, False)


def test_scepclient(running, tmp_path):
    client = the("scepclient")
    old, said = client.enrol(running.url("/legacy"), tmp_path, running.draw())
    assert old is not None, said
    new, said = client.renew(running.url("/legacy"), tmp_path)
    check(running, old, new, said, True)


@pytest.mark.parametrize("again, same_key", (("resubmit", True),
                                             ("rekey", False)))
def test_certmonger(running, tmp_path, again, same_key):
    new, said = the("certmonger").enrol(running.url(), tmp_path,
                                        running.draw(), again)
    check(running, certificate(tmp_path / "old.pem"), new, said, same_key)


@contextlib.contextmanager
def deciding(server, word, when_done=lambda: None):
    """Approve or reject what waits, a while after it began to."""
    def decide():
        while not server.query("SELECT id FROM requests WHERE state = 0"):
            time.sleep(0.1)
        time.sleep(1.5)  # who polls does so once in vain
        (identity,) = server.query("SELECT id FROM requests WHERE state = 0")[0]
        answer = server.admin(
            f"/certsrv/mscep_admin/api/requests/{identity}/{word}", "POST",
            body="{}", headers={"Content-Type": "application/json"})
        assert answer.status == 200, answer
        when_done()

    thread = threading.Thread(target=decide)
    thread.start()
    yield
    thread.join()


def test_strongswan_polls(running, tmp_path):
    """PENDING, then CertPoll until somebody says yes."""
    with deciding(running, "approve"):
        cert, said = the("strongswan").enrol(
            running.url("/manual"), tmp_path, running.draw(),
            more=("--interval", "1"))
    assert cert is not None, (said, running.error_log()[-4000:])
    running.verify(cert)


def test_certmonger_waits(running, tmp_path):
    """PENDING, then its request again."""
    with deciding(running, "approve", (tmp_path / "decided").touch):
        cert, said = the("certmonger").enrol(
            running.url("/manual"), tmp_path, running.draw(), "poll")
    assert cert is not None, (said, running.error_log()[-4000:])
    running.verify(cert)


def open_requests(server):
    return server.query("SELECT id FROM requests WHERE state < 3")


def test_certmonger_is_rejected(running, tmp_path):
    """It polls by its request, which does not queue it anew."""
    with deciding(running, "reject", (tmp_path / "decided").touch):
        cert, said = the("certmonger").enrol(
            running.url("/manual"), tmp_path, running.draw(), "poll")
    assert cert is None
    assert said.count("polled: CA_REJECTED") == 2, said
    assert open_requests(running) == []


@pytest.mark.parametrize("word", ("approve", "reject"))
@pytest.mark.parametrize("again, same_key", (("resubmit", True),
                                             ("rekey", False)))
def test_certmonger_renewal_waits(running, tmp_path, again, same_key, word):
    """It can read PENDING and FAILURE of a renewal, too, although that is not
    signed by an X.509 v1 certificate."""
    with deciding(running, word, (tmp_path / "decided").touch):
        new, said = the("certmonger").enrol(running.url(), tmp_path,
                                            running.draw(), again,
                                            running.url("/manual"))
    assert "asked: CA_WORKING" in said, said
    assert open_requests(running) == []
    old = certificate(tmp_path / "old.pem")
    if word == "approve":
        assert "polled: MONITORING" in said, said
        check(running, old, new, said, same_key)
    else:
        assert "polled: REFUSED" in said and "not permitted" in said, said
        assert new == old



def test_strongswan_knows_an_older_ra(httpd, tmp_path):
    """It encrypts to the RA that it fetched once, and verifies by that."""
    server = httpd(start=False)
    server.scep_conf = ra_conf(server)
    server.write_conf()
    add_pair(server, "2026-01-01", 40)
    server.start()
    client = the("strongswan")
    certs = client.fetch(server.url(), tmp_path)
    add_pair(server, "2027-01-01", 41)
    server.graceful()
    cert, said = client.enrol(server.url(), tmp_path, server.draw(),
                              certs=certs)
    assert cert is not None, said
    server.verify(cert)
