# Licensed under the Apache License, Version 2.0; see LICENSE.
"""One password, at most one certificate: many clients at once, in every MPM,
also while httpd restarts gracefully."""
import threading
import time

import pytest

import scepclient as scep

CLIENTS = 32


def at_once(jobs, delays=None):
    """Run JOBS at the same moment, each in a thread, or each after its delay;
    their results in order. An exception is a result, too."""
    results = [None] * len(jobs)
    barrier = threading.Barrier(len(jobs))

    def work(number, job):
        barrier.wait()
        if delays:
            time.sleep(delays[number])
        try:
            results[number] = job()
        except Exception as error:  # pylint: disable=broad-except
            results[number] = error

    threads = [threading.Thread(target=work, args=pair)
               for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def requests_for(server, passwords, first=0):
    """One request for each password, each of a device of its own."""
    ra = server.ra_cert
    return [scep.Request(ra, password, f"device-{number}",
                         key=scep.shared_key(number % CLIENTS))
            for number, password in enumerate(passwords, first)]


def senders(server, requests):
    endpoint = server.endpoint()
    messages = [(request, request.der()) for request in requests]
    return [lambda r=request, m=message: server.reply(endpoint.post(m), r)
            for request, message in messages]


def certificates(results):
    """The certificates of all SUCCESSes; the others must be refusals for the
    challenge, and nobody may have gone without an answer."""
    found = []
    for result in results:
        assert isinstance(result, scep.Reply), result
        if result.status == scep.SUCCESS:
            found.append(result.certs[0])
        else:
            assert result.fail_info == scep.BAD_REQUEST
            assert result.fail_text == "The request was not authorized."
    return found


@pytest.mark.parametrize("clients", (CLIENTS, 2 * CLIENTS))
def test_one_password_for_many(server, clients):
    password = server.draw()
    before = server.count_certificates()
    results = at_once(senders(server, requests_for(server,
                                                   [password] * clients)))
    assert len(certificates(results)) == 1
    assert server.count_certificates() == before + 1


@pytest.mark.parametrize("moment", (0.0, 0.1, 0.3))
def test_one_password_for_many_across_graceful(server, moment):
    password = server.draw()
    before = server.count_certificates()
    jobs = senders(server, requests_for(server, [password] * CLIENTS))
    delays = [number * 0.5 / CLIENTS for number in range(CLIENTS)]
    results = at_once(jobs + [server.graceful], delays + [moment])
    assert len(certificates(results[:-1])) == 1
    assert server.count_certificates() == before + 1
    # and the new generation knows that it is spent
    after = at_once(senders(server, requests_for(server, [password],
                                                 first=CLIENTS)))
    assert certificates(after) == []


def test_a_password_each_across_graceful(server):
    passwords = [server.draw() for _ in range(CLIENTS)]
    jobs = senders(server, requests_for(server, passwords))
    delays = [number * 0.5 / CLIENTS for number in range(CLIENTS)]
    results = at_once(jobs + [server.graceful], delays + [0.2])
    found = certificates(results[:-1])
    assert len({cert.serial_number for cert in found}) == CLIENTS


def test_the_same_message_many_times_gets_one_certificate(server):
    """A retry is answered, not refused, even while the first runs."""
    password = server.draw()
    before = server.count_certificates()
    (job,) = senders(server, requests_for(server, [password]))
    found = certificates(at_once([job] * 16))
    assert len(found) == 16
    assert len({cert.serial_number for cert in found}) == 1
    assert server.count_certificates() == before + 1
