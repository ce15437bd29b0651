# Licensed under the Apache License, Version 2.0; see LICENSE.
"""kill -9 of a child and of the whole server at random moments under load.
Every certificate that a client received was recorded, no password yields two
certificates, and a password that was not spent still works."""
import os
import random
import signal
import threading
import time

import pytest

import scepclient as scep
from httpdserver import Server

SECONDS = float(os.environ.get("SCEP_CRASH_SECONDS", "8"))
THREADS = 6


class Attempt:
    """One drawn password, and what became of it."""

    def __init__(self, request, message, password):
        self.request, self.message = request, message
        self.password = password
        self.cert = None


class Load:
    """Threads that draw and enrol until told to stop; a request that got no
    answer is left as it is, to be looked at later."""

    def __init__(self, server):
        self.server = server
        self.ra = server.ra_cert
        self.attempts = []
        self.refused = []
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self.work, args=(number,))
                        for number in range(THREADS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def work(self, number):
        while not self.stop.is_set():
            try:
                password = self.server.draw()
            except (OSError, ValueError):
                time.sleep(0.05)  # the server is just dead
                continue
            request = scep.Request(self.ra, password, f"load-{number}",
                                   key=scep.shared_key(number))
            attempt = Attempt(request, request.der(), password)
            self.attempts.append(attempt)
            try:
                self.server.send(attempt)
            except (OSError, scep.http.client.HTTPException):
                pass  # killed while it answered
            except ValueError as error:
                self.refused.append(error)


def settle(server, load):
    """After the last kill: everybody asks again with the same message, and
    must get a certificate: the recorded one, or a new one."""
    unanswered = [a for a in load.attempts if a.cert is None]
    for attempt in unanswered:
        server.send(attempt)
    serials = [f"{a.cert.serial_number:X}" for a in load.attempts]
    recorded = server.serials()
    assert set(serials) <= set(recorded)
    assert len(set(serials)) == len(serials)
    # nobody else got one, so no password has yielded two
    assert len(recorded) == len(serials)
    assert server.spent_twice() == []
    # a spent password is spent
    attempt = random.choice(load.attempts)
    again = scep.Request(load.ra, attempt.password, "thief",
                         key=scep.shared_key(99))
    reply = server.reply(server.endpoint().post(again.der()), again)
    assert (reply.status, reply.fail_info) == (scep.FAILURE, scep.BAD_REQUEST)
    return len(unanswered)


def test_kill_children(server):
    server.expect("children are killed successively")  # as httpd puts it
    end = time.monotonic() + SECONDS
    kills = 0
    with Load(server) as load:
        while time.monotonic() < end:
            time.sleep(random.uniform(0.05, 0.4))
            children = server.children()
            if children:
                os.kill(random.choice(children), signal.SIGKILL)
                kills += 1
    assert kills > 5 and len(load.attempts) > 20
    assert load.refused == []
    settle(server, load)


@pytest.mark.parametrize("mechanism", (
    "pthread", "sysvsem", "flock:@DIR@", "fcntl:@DIR@"))
def test_lock_outlives_its_owner(mechanism):
    """Whoever is killed with the lock in hand, the others get it."""
    server = Server(extra=f"Mutex {mechanism} scep-challenge\n")
    server.start()
    try:
        end = time.monotonic() + SECONDS / 3
        with Load(server) as load:
            while time.monotonic() < end:
                time.sleep(random.uniform(0.02, 0.1))
                for pid in server.children()[:1]:
                    os.kill(pid, signal.SIGKILL)
        assert len(load.attempts) > 10
        assert load.refused == []
        settle(server, load)
    finally:
        server.close()


def test_kill_everything(server):
    outstanding = [server.draw() for _ in range(3)]
    end = time.monotonic() + SECONDS
    kills = 0
    with Load(server) as load:
        while time.monotonic() < end:
            time.sleep(random.uniform(0.3, 1.0))
            server.kill_all()
            server.start()
            kills += 1
    assert kills > 3 and len(load.attempts) > 20
    assert load.refused == []
    settle(server, load)
    for number, password in enumerate(outstanding):
        request = scep.Request(load.ra, password, f"late-{number}",
                               key=scep.shared_key(number))
        attempt = Attempt(request, request.der(), password)
        server.send(attempt)
        assert attempt.cert is not None
