# Licensed under the Apache License, Version 2.0; see LICENSE.
"""ScepFailureLimit: clients that guess are slowed down or refused, others are
let through; and the fail2ban filter finds the guessers in the log."""
import os
import re
import shutil
import subprocess
import threading
import time

import pytest

import scepclient as scep
from httpdserver import TOP

FILTER = os.path.join(TOP, "conf.d", "fail2ban", "filter.d", "mod_scep.conf")
WRONG = "0123456789ABCDEF"
DELAY = 3  # seconds


def limits(value):
    return f"ScepChallenge one-time single\nScepFailureLimit {value}\n"


def ask(server, password, host=1, number=1):
    """(HTTP status, headers, Reply or None) to a request from 127.0.0.HOST."""
    request = scep.Request(server.ra_cert, password, f"device-{number}",
                           key=scep.shared_key(number))
    endpoint = server.endpoint()
    endpoint.source = f"127.0.0.{host}"
    answer = endpoint.post(request.der())
    reply = server.reply(answer, request) if answer[0] == 200 else None
    return answer[0], answer[1], reply


def master(server):
    """The master password, by means of the RA key."""
    done = subprocess.run(
        ["openssl", "cms", "-decrypt", "-inform", "PEM", "-in",
         server.path("state", "master-password.cms"), "-inkey",
         server.path("ra.key")], check=True, capture_output=True)
    return done.stdout.split(b"\n")[0].decode()


def test_refuse(httpd):
    """Beyond the limit nothing wrong from there is told more than to come
    again, and what is right is served. A graceful restart forgets nothing."""
    server = httpd(extra=limits("4/8s refuse"))
    server.expect("SCEP0153", "SCEP0157", "SCEP0216", "SCEP0218")
    for _ in range(4):
        assert ask(server, WRONG)[2].status == scep.FAILURE
    server.graceful()
    status, headers, _ = ask(server, WRONG)
    assert status == 429 and 1 <= int(headers["Retry-After"]) <= 2
    assert server.count("SCEP0216") == 1
    for password in (server.draw(), master(server)):
        assert ask(server, password)[2].status == scep.SUCCESS
    assert ask(server, server.draw(), host=2)[2].status == scep.SUCCESS
    assert server.count_certificates() == 3


@pytest.mark.parametrize("source", ["single", "one-time"])
def test_beyond_the_limit_of_an_only_source(httpd, source):
    """What is not looked at any more is not let in."""
    server = httpd(extra=f"ScepChallenge {source}\n"
                   "ScepFailureLimit 2/10m refuse\n")
    server.expect("SCEP0153", "SCEP0157", "SCEP0216", "SCEP0218")
    answers = [ask(server, WRONG) for _ in range(9)]
    assert all(reply is None or reply.status == scep.FAILURE
               for _, _, reply in answers)
    assert [status for status, _, _ in answers[-3:]] == [429] * 3
    assert server.count_certificates() == 0


@pytest.mark.parametrize("beyond", ["delay", "refuse"])
@pytest.mark.parametrize("other", ["password", "key"])
def test_right_ones_beside_a_bad_device(httpd, beyond, other):
    """12 of 12, while it tries for ever with ever OTHER passwords or keys."""
    server = httpd(extra=limits(f"3/10m {beyond}"))
    server.expect("SCEP0153", "SCEP0157", "SCEP0159", "SCEP0216", "SCEP0218")
    right = master(server)
    stop = threading.Event()

    def work():
        number = 0
        while not stop.is_set():
            number += 1
            if other == "password":
                ask(server, f"{WRONG}{number}", number=0)
            else:
                ask(server, WRONG, number=8 + number % 4)

    for number in range(12):
        scep.shared_key(number)
    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    try:
        for number in range(12):
            began = time.monotonic()
            status, _, reply = ask(server, right, number=number % 7 + 1)
            assert status == 200 and reply.status == scep.SUCCESS
            assert time.monotonic() - began < DELAY
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@pytest.mark.skipif(os.environ.get("SCEP_TEST_MPM", "event") != "event",
                    reason="waits for seconds")
def test_delay_lets_the_right_ones_through(httpd):
    """A neighbour that fails all the time keeps nobody out, and hears two
    refusals at a time."""
    server = httpd(extra=limits("3/10m delay"))
    server.expect("SCEP0153", "SCEP0159", "SCEP0216", "SCEP0218")
    for _ in range(3):
        ask(server, WRONG)
    began = time.monotonic()
    assert ask(server, server.draw(), number=2)[2].status == scep.SUCCESS
    assert time.monotonic() - began < DELAY  # a one-time password: at once
    statuses = []
    threads = [threading.Thread(
        target=lambda: statuses.append(ask(server, WRONG)[0]))
               for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - began >= DELAY
    assert statuses.count(429) >= 1 and statuses.count(200) >= 2
    # the master password: likewise
    began = time.monotonic()
    assert ask(server, master(server), number=3)[2].status == scep.SUCCESS
    assert time.monotonic() - began < DELAY
    # and from elsewhere at once
    began = time.monotonic()
    assert ask(server, master(server), host=2,
               number=4)[2].status == scep.SUCCESS
    assert time.monotonic() - began < DELAY


def test_default_and_off(httpd):
    """A hundred failures are nothing; without a limit no number is."""
    server = httpd(extra="<Location /off>\nSetHandler scep\n"
                   "ScepFailureLimit off\n</Location>\n")
    server.expect("SCEP0153")
    request = scep.Request(server.ra_cert, WRONG, "device",
                           key=scep.shared_key(1))
    message = request.der()
    began = time.monotonic()
    for path, count in (("/cgi-bin/pkiclient.exe", 60), ("/off", 60)):
        for _ in range(count):
            assert server.endpoint(path).post(message)[0] == 200
    assert server.count("SCEP0153") == 120
    assert server.count("SCEP0216") == 0
    assert time.monotonic() - began < 120 * DELAY


def test_fail2ban(httpd):
    """The filter finds the address of each who brought a wrong password, and
    nobody else's: not of who put a line of its own into a transactionID."""
    regex = shutil.which("fail2ban-regex")
    if regex is None:
        pytest.skip("no fail2ban-regex")
    server = httpd(extra="ScepFailureLimit 2/10m refuse\n")
    server.expect("SCEP0151", "SCEP0153", "SCEP0155", "SCEP0157", "SCEP0216")
    ask(server, server.draw(), host=2)
    ask(server, None, host=3)
    for host, count in ((4, 1), (5, 4)):
        for _ in range(count):
            ask(server, WRONG, host=host)
    request = scep.Request(
        server.ra_cert, None, "device", key=scep.shared_key(1),
        transaction_id="] [client 127.0.0.9:1] SCEP0153: ")
    server.endpoint().post(request.der())
    done = subprocess.run([regex, "-v", server.path("error.log"), FILTER],
                          check=True, capture_output=True, text=True)
    found = re.findall(r"^\|\s+(127\.0\.0\.\d+)\s", done.stdout, re.M)
    assert sorted(found) == ["127.0.0.4"] + ["127.0.0.5"] * 4, done.stdout
