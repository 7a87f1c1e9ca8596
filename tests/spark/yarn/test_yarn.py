"""On a real YARN: the driver obtains each hop once, executors without an identity get role sessions from it, sealed."""

from __future__ import annotations

import getpass
from collections import Counter

import pytest
from submissions import ROLES, Application, assumed

from spark_xacct.lab.lab import Lab

pytestmark = pytest.mark.slow

SEALED = "messages are sealed with a key that YARN carries to the application's containers"
FROM_DRIVER = "role sessions come from the driver"
FROM_STS = "role sessions come from STS"


@pytest.mark.parametrize("mode", ["cluster", "client"])
def test_a_job_reads_and_writes_with_one_call_of_sts_a_hop(
    applications: dict[str, Application], mode: str, lab: Lab, report: list[str]
) -> None:
    application = applications[mode]
    results = application.finish().results
    assert results["read"] == [100, 100]
    assert results["written"] == 100
    calls = assumed(lab.calls(), results["run"])
    report.append(f"YARN, {mode} mode: {calls.total()} AssumeRole calls, {len(ROLES)} hops")
    assert calls == Counter(dict.fromkeys(ROLES, 1)), "one call a hop in the whole application"
    assert set(results["python"]) == {partner(results["run"])}, "Python of the driver and of workers"
    readers = {
        call.who
        for call in lab.calls()
        if call.operation == "GetObject"
        and results["run"] in (call.session_name or "")
        and call.bucket != "partner-out"
    }
    assert readers == {partner(results["run"])}


@pytest.mark.parametrize("mode", ["cluster", "client"])
def test_executors_have_a_plan_and_a_key_and_no_identity(applications: dict[str, Application], mode: str) -> None:
    application = applications[mode]
    application.finish()
    driver = application.log if mode == "client" else application.containers[0].said
    assert SEALED in driver
    assert FROM_STS in driver
    master, *executors = application.containers
    assert len(executors) == 1
    for executor in executors:
        assert FROM_DRIVER in executor.said
        assert FROM_STS not in executor.said
        assert executor.seal_key is not None
        assert not executor.variables & {"AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ACCESS_KEY_ID"}
        assert {"SPARK_XACCT_PLAN", "AWS_ENDPOINT_URL"} <= executor.variables
    # In cluster mode the key is made in the application master; in client mode before it starts.
    assert (master.seal_key is None) == (mode == "cluster")


def test_who_comes_after_a_kill_gets_sessions_from_the_driver(applications: dict[str, Application], lab: Lab) -> None:
    application = applications["killed"]
    results = application.finish().results
    assert [results["read"], results["read after a kill"], results["written"]] == [100, 100, 100]
    for attempt in (1, 2):
        executors = [one for one in application.containers if one.attempt == attempt and one.number > 1]
        assert len(executors) == (2 if attempt == 1 else 1), "the replacement of the one that was killed"
        assert all(FROM_DRIVER in executor.said for executor in executors)
    assert assumed(lab.calls(), results["run"]) == Counter(dict.fromkeys(ROLES, 2)), "a call a hop and a driver"


def test_each_attempt_has_a_key_of_its_own(applications: dict[str, Application]) -> None:
    application = applications["killed"]
    application.finish()
    keys = {(container.attempt, container.seal_key) for container in application.containers if container.number > 1}
    assert sorted(attempt for attempt, _ in keys) == [1, 2]
    assert len({key for _, key in keys}) == 2


def test_workers_send_messages_under_the_role_in_every_attempt(applications: dict[str, Application], lab: Lab) -> None:
    run = applications["killed"].finish().results["run"]
    sent = lab.messages("events")
    assert Counter(message.partition("-")[0] for message in sent) == {"1": 8, "2": 4}
    senders = {call.who for call in lab.calls(operation="SendMessage") if run in (call.session_name or "")}
    assert senders == {partner(run)}


def partner(run: str) -> str:
    """The role session of a run, as AWS names it."""
    return f"arn:aws:sts::444455556666:assumed-role/reader/{run}-{getpass.getuser()}"
