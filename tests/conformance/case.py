# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The list of cases: each is named after the rows of docs/conformance.md that
it is about, sends something, and expects one answer."""

CASES = []


class Case:
    """SEND(world) returns the Answer that EXPECTATION is about."""

    def __init__(self, name, send, expectation):
        self.name, self.send, self.expectation = name, send, expectation


def case(name, expectation, send):
    assert all(one.name != name for one in CASES), name
    CASES.append(Case(name, send, expectation))


def sends(name, expectation, path="/open", **more):
    """A case of one message with MORE otherwise than usual."""
    case(name, expectation,
         lambda world: world.post(world.message(**more), path))


def asks(name, expectation, query, path="/open", method="GET"):
    """A case of one plain query."""
    case(name, expectation, lambda world: world.http(method, path, query))
