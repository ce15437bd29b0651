# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Every case: first the test shows that the case can fail, then it runs it."""
import os
import re

import pytest

import cms
import der
import wrong
from case import CASES
from expect import BAD_REQUEST, Failure

# pylint: disable=unused-import
import cases_algorithms  # noqa: F401
import cases_http  # noqa: F401
import cases_issue  # noqa: F401
import cases_message  # noqa: F401
import cases_transactions  # noqa: F401

ALL = pytest.mark.parametrize("case", CASES, ids=[one.name for one in CASES])


TABLE = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))), "docs", "conformance.md")


def test_table_of_record():
    """docs/conformance.md names cases as they are, but for "-by-17" and
    "-by-19" of renewals; and there are enough."""
    assert len(CASES) >= 150
    names = {re.sub(r"-by-(17|19)$", "", one.name) for one in CASES}
    with open(TABLE, encoding="utf-8") as file:
        text = file.read()
    named = set(re.findall(r"`((?:[RQS]\d+-)+\w[^`]*)`", text))
    assert named and named <= names
    rows = set(re.findall(r"^\| ([RQS]\d+) ", text, re.M))
    assert {row for name in names
            for row in re.match(r"(?:[RQS]\d+-)+", name)[0].split("-")
            if row} <= rows


@ALL
def test_can_fail(case):
    """No server is needed: its expectation is shown wrong answers, made to
    have one fault each, and has to complain of every one. The right answer,
    where it can be made here, passes the checks of its form."""
    wanted = case.expectation
    passed = [what for what, answer in wrong.wrong_answers(wanted)
              if not wanted.complaints(answer)]
    assert passed == []
    for check in wanted.checks:
        assert not check.holds(check.wrong), check.fact


@pytest.mark.parametrize("case", [
    one for one in CASES if wrong.can_be_right(one.expectation)],
    ids=lambda one: one.name)
def test_is_fair(case):
    """What was shown to it above is wrong by the one fault alone."""
    wanted = case.expectation
    facts = wanted.facts(wrong.right_answer(wanted))
    formal = {"http", "type", "status", "digest", "fail_info", "cipher",
              "transport", "certs"}
    assert [check.fact for check in wanted.checks if check.fact in formal
            and not check.holds(facts[check.fact])] == []


@ALL
def test_conforms(world, case):
    answer = case.send(world)
    assert case.expectation.complaints(answer) == []


def test_every_messagetype(world):
    """S1: each type 0 to 255; only what is listed reaches what issues."""
    served = (17, 19, 20, 21, 22)
    wanted = Failure(BAD_REQUEST, "SCEP0133")
    message = world.message()
    for number in set(range(256)) - set(served):
        again = message.again(message_type=number)
        assert wanted.complaints(world.post(again)) == [], number


def test_own_encoder():
    """The reader finds what the writer wrote, and nothing else."""
    cert = cms.certificate(cms.key_of(1))
    assert der.parse(cert).raw == cert
    for bad in (cert + b"\0", cert[:-1], der.indefinite(0x30, der.null()),
                b"\x30\x81\x02\x05\x00", b""):
        with pytest.raises(der.NotDER):
            der.parse(bad)
    for dotted in (cms.MESSAGE_TYPE, cms.DATA, "1.3.14.3.2.7"):
        assert der.parse(der.oid(dotted)).oid == dotted
    for number in (0, 1, 127, 128, -1, -129, 1 << 64):
        assert der.parse(der.integer(number)).integer == number
