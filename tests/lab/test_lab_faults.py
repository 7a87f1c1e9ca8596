"""Faults: each kind, for exactly the calls that were named, exactly as often as was said."""

from __future__ import annotations

import time

import pytest
from botocore.exceptions import ConnectionClosedError
from fakes.lab_clients import Callers, refused

from spark_xacct.lab import Lab, LabError


@pytest.mark.parametrize(
    ("kind", "service", "code", "status"),
    [
        ("throttle", "sts", "Throttling", 400),
        ("throttle", "s3", "SlowDown", 503),
        ("denied", "sts", "AccessDenied", 403),
        ("denied", "s3", "AccessDenied", 403),
        ("error", "sts", "InternalFailure", 500),
        ("error", "s3", "InternalError", 500),
    ],
)
def test_a_fault_strikes_and_then_is_over(callers: Callers, lab: Lab, kind: str, service: str, code: str, status: int):
    hub, partner = callers.hub(), callers.partner()

    def call() -> None:
        if service == "sts":
            hub.assume("partner")
        else:
            partner.read("partner-data")

    with lab.faults(kind, service=service, times=2):
        for _ in range(2):
            with refused(code, status):
                call()
        call()
    with lab.faults(kind, service=service), refused(code, status):
        call()
    call()


def test_a_reset_breaks_the_connection(callers: Callers, lab: Lab):
    partner = callers.partner()

    with lab.faults("reset", operation="GetObject", times=1):
        with pytest.raises(ConnectionClosedError):
            partner.read("partner-data")
        assert partner.read("partner-data") == b"partner's"
    assert [call.status for call in lab.calls(operation="GetObject")] == [0, 200]


def test_a_delay_lets_the_call_pass_later(callers: Callers, lab: Lab):
    partner = callers.partner()

    with lab.faults("delay", operation="GetObject", delay_seconds=0.5, times=1):
        start = time.monotonic()
        assert partner.read("partner-data") == b"partner's"
        assert time.monotonic() - start >= 0.5


def test_a_fault_finds_the_role_that_is_asked_for_and_the_one_that_calls(callers: Callers, lab: Lab):
    base, hub, partner = callers.base(), callers.hub(), callers.partner()

    with lab.faults("throttle", operation="AssumeRole", role="partner"):
        base.assume("hub")
        with refused("Throttling"):
            hub.assume("partner")
    with lab.faults("denied", service="s3", role="partner"):
        assert base.read("our-data") == b"ours"
        with refused("AccessDenied"):
            partner.read("partner-data")
    with lab.faults("denied", bucket="our-data"):
        assert partner.read("partner-data") == b"partner's"
        with refused("AccessDenied"):
            base.read("our-data")


def test_faults_that_nobody_knows_are_refused(lab: Lab):
    with pytest.raises(LabError) as refusal, lab.faults("explode"):
        pass

    assert str(refusal.value) == (
        'the lab refused arm: fault "explode" is not one of throttle, denied, error, reset, delay'
    )
