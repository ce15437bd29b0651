# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Rounds: several devices use the same one-time password at the same time, and
most of the children are killed in the middle. Each round ends with exactly one
certificate: never two, and the password is not lost.

SCEP_ROUNDS is the number of rounds (60). They run with the event MPM and
without sanitizers, which would slow them down."""
import os
import random
import signal
import threading
import time

import pytest

import scepclient as scep

ROUNDS = int(os.environ.get("SCEP_ROUNDS", "60"))
SIDES = 3  # rounds that go on at the same time
DEVICES = 4  # with one password
# Few children, so that a kill hits some request; one is left to answer.
CONF = """ScepFailureLimit off
StartServers 4
ServerLimit 8
ThreadsPerChild 8
MaxRequestWorkers 64
MinSpareThreads 32
MaxSpareThreads 64
"""
LOST = (OSError, scep.http.client.HTTPException)


class Rounds:
    """What all sides share."""

    def __init__(self, server, count):
        self.server, self.left = server, count
        self.lock = threading.Lock()
        self.kills = self.lost = 0
        self.took = 0.05  # seconds that a round takes, about
        self.problems = []
        serving = set(server.children())
        self.others = self.of_parent() - serving  # mod_cgid's daemon

    def of_parent(self):
        pid = self.server.process.pid
        with open(f"/proc/{pid}/task/{pid}/children",
                  encoding="ascii") as file:
            return {int(word) for word in file.read().split()}

    def kill_some(self):
        """All but one or two of those that are there."""
        with self.lock:
            children = sorted(self.of_parent() - self.others)
            count = max(len(children) - random.choice((1, 2)), 0)
            for pid in random.sample(children, count):
                os.kill(pid, signal.SIGKILL)
            self.kills += count

    def until_answered(self, job):
        """JOB's result, again and again while its server is killed."""
        end = time.monotonic() + 60
        while True:
            try:
                return job()
            except LOST:
                with self.lock:
                    self.lost += 1
                if time.monotonic() > end:
                    raise
                time.sleep(0.02)

    def work(self):
        while True:
            with self.lock:
                self.left -= 1
                if self.left < 0 or self.problems:
                    return
                number = self.left
            try:
                self.one(number)
            except Exception as error:  # pylint: disable=broad-except
                with self.lock:
                    self.problems.append(f"round {number}: {error!r}")

    def one(self, number):
        server = self.server
        password = self.until_answered(server.draw)
        requests = [scep.Request(server.ra_cert, password, f"{number}-{i}",
                                 key=scep.shared_key(i))
                    for i in range(DEVICES)]
        messages = [request.der() for request in requests]
        replies = [None] * DEVICES

        def ask(i):
            answer = server.endpoint().post(messages[i])
            if answer[0] == 503:  # the slots of the killed are found out later
                raise OSError("come again")
            return server.reply(answer, requests[i])

        def enrol(i):
            replies[i] = self.until_answered(lambda: ask(i))

        threads = [threading.Thread(target=enrol, args=(i,))
                   for i in range(DEVICES)]
        for thread in threads:
            thread.start()
        began = time.monotonic()
        # half of the kills come while the requests are under way, also where a
        # busy machine lets a round take long
        time.sleep(random.uniform(0, random.choice((0.03, self.took))))
        self.kill_some()
        for thread in threads:
            thread.join()
        self.took += (time.monotonic() - began - self.took) / 8
        for reply in replies:
            assert reply.status == scep.SUCCESS or (
                reply.fail_text == "The request was not authorized.")
        issued = [reply.certs[0] for reply in replies
                  if reply.status == scep.SUCCESS]
        assert len(issued) == 1, f"{len(issued)} certificates"


def test_rounds(httpd):
    if os.environ.get("SCEP_TEST_MPM", "event") != "event":
        pytest.skip("with the event MPM alone")
    server = httpd(start=False, mpm="event", extra=CONF)
    if server.sanitized:
        pytest.skip("a sanitizer makes them slow")
    server.expect("SCEP0127", "SCEP0153", "SCEP0155", "SCEP0156",
                  "exit signal Killed",
                  "children are killed successively")
    server.start()
    rounds = Rounds(server, ROUNDS)
    threads = [threading.Thread(target=rounds.work) for _ in range(SIDES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rounds.problems == []
    assert rounds.kills > ROUNDS and rounds.lost > 0
    assert server.count_certificates() == ROUNDS
    assert server.spent_twice() == []
    print(f"{ROUNDS} rounds, {rounds.kills} kills, {rounds.lost} requests "
          "lost their server")
