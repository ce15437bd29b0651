# Licensed under the Apache License, Version 2.0; see LICENSE.
"""httpd is stopped as soon as a device has its certificate."""
import socket
import threading
import time

import pytest

import scepclient as scep
from httpdserver import CC


@pytest.mark.skipif(CC is None, reason="needs a C compiler")
def test_worker_still_lets_go(httpd, monkeypatch):
    """The client has everything; its worker is not done yet."""
    server = httpd(mpm="event", start=False)
    server.preload_source("slow_worker.c")
    server.start()
    at_signal = []
    send = server.process.send_signal
    monkeypatch.setattr(
        server.process, "send_signal",
        lambda number: (at_signal.append(server.thread_states()),
                        send(number)))
    assert server.enrol(server.draw()).status == scep.SUCCESS
    server.wait_for(lambda: not server.connections())
    server.stop()
    assert len(at_signal) == 1 and "D" not in at_signal[0]
    assert server.faults() == []


def test_open_connections_are_waited_for(httpd):
    server = httpd(extra="KeepAliveTimeout 60\n")
    server.settle()
    with socket.create_connection(("127.0.0.1", server.port)) as link:
        link.sendall(b"GET /index.html HTTP/1.1\r\nHost: a\r\n\r\n")
        assert link.recv(1000).startswith(b"HTTP/1.1 200 ")
        assert server.connections() == 1
        start = time.monotonic()
        timer = threading.Timer(0.5, lambda: link.shutdown(socket.SHUT_RDWR))
        timer.start()
        server.settle()
        assert 0.4 < time.monotonic() - start
        timer.join()
    assert server.connections() == 0


def test_held_connections_do_not_hinder_it(httpd):
    server = httpd(extra="KeepAliveTimeout 60\n")
    with socket.create_connection(("127.0.0.1", server.port)) as link:
        link.sendall(b"GET /index.html HTTP/1.1\r\nHost: a\r\n\r\n")
        assert link.recv(1000).startswith(b"HTTP/1.1 200 ")
        server.stop()
    assert not server.running()
