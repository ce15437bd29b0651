# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Enrolment through httpd, and what becomes of a password."""
import scepclient as scep


def test_enrol(httpd):
    server = httpd()
    reply = server.enrol(server.draw(), "one")
    assert reply.status == scep.SUCCESS
    server.verify(reply.certs[0])
    assert server.serials() == [f"{reply.certs[0].serial_number:X}"]
