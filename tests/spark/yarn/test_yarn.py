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


def test_a_client_job_reads_and_writes_with_one_call_of_sts_a_hop(
    applications: dict[str, Application], lab: Lab, report: list[str]
) -> None:
    results = applications["client"].finish().results
    assert results["read"] == [100, 100]
    assert results["written"] == 100
    calls = assumed(lab.calls(), results["run"])
    report.append(f"YARN, client mode: {calls.total()} AssumeRole calls, {len(ROLES)} hops")
    assert calls == Counter(dict.fromkeys(ROLES, 1)), "one call a hop in the whole application"
    assert set(results["python"]) == {partner(results["run"])}, "Python of the driver and of workers"
    assert readers(lab, results["run"]) == {partner(results["run"])}


def test_a_cluster_job_does_so_in_each_attempt(
    applications: dict[str, Application], lab: Lab, report: list[str]
) -> None:
    results = applications["cluster"].finish().results
    session = [partner(results["run"])]
    for attempt in ("attempt 1", "attempt 2"):
        assert results[attempt] == {"read": [100, 100], "written": 100, "python": session * 2}
    calls = assumed(lab.calls(), results["run"])
    report.append(f"YARN, cluster mode: {calls.total()} AssumeRole calls, {len(ROLES)} hops in 2 attempts")
    assert calls == Counter(dict.fromkeys(ROLES, 2)), "a call a hop and a driver"
    assert readers(lab, results["run"]) == set(session)


def test_who_comes_after_a_kill_gets_sessions_from_the_driver(applications: dict[str, Application]) -> None:
    application = applications["cluster"]
    results = application.finish().results
    assert results["after a kill"] == {"read": [100, 100], "python": [partner(results["run"])]}
    executors = [one.attempt for one in application.containers if one.number > 1]
    assert executors == [1, 1, 2], "the replacement of the one that was killed, and the one of the second attempt"


@pytest.mark.parametrize("mode", ["cluster", "client"])
def test_executors_have_a_plan_and_a_key_and_no_identity(applications: dict[str, Application], mode: str) -> None:
    application = applications[mode]
    application.finish()
    masters = [container for container in application.containers if container.number == 1]
    executors = [container for container in application.containers if container.number > 1]
    for driver in [application.log] if mode == "client" else [master.said for master in masters]:
        assert SEALED in driver
        assert FROM_STS in driver
    assert len(executors) == (1 if mode == "client" else 3)
    for executor in executors:
        assert FROM_DRIVER in executor.said
        assert FROM_STS not in executor.said
        assert executor.seal_key is not None
        assert not executor.variables & {"AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ACCESS_KEY_ID"}
        assert {"SPARK_XACCT_PLAN", "AWS_ENDPOINT_URL"} <= executor.variables
    assert len(masters) == (1 if mode == "client" else 2)
    for master in masters:
        # In cluster mode the key is made in the application master; in client mode before it starts.
        assert (master.seal_key is None) == (mode == "cluster")


def test_each_attempt_has_a_key_of_its_own(applications: dict[str, Application]) -> None:
    application = applications["cluster"]
    application.finish()
    keys = {(container.attempt, container.seal_key) for container in application.containers if container.number > 1}
    assert sorted(attempt for attempt, _ in keys) == [1, 2]
    assert len({key for _, key in keys}) == 2


def test_workers_send_messages_under_the_role_in_every_attempt(applications: dict[str, Application], lab: Lab) -> None:
    run = applications["cluster"].finish().results["run"]
    # Other jobs of the session send to this queue as well.
    sent = [message for message in lab.messages("events") if message.startswith("attempt ")]
    assert Counter(message.partition(",")[0] for message in sent) == {"attempt 1": 8, "attempt 2": 4}
    senders = {call.who for call in lab.calls(operation="SendMessage") if run in (call.session_name or "")}
    assert senders == {partner(run)}


def readers(lab: Lab, run: str) -> set[str | None]:
    """Who read what was not written by the run itself."""
    return {
        call.who
        for call in lab.calls()
        if call.operation == "GetObject" and run in (call.session_name or "") and call.bucket != "partner-out"
    }


def partner(run: str) -> str:
    """The role session of a run, as AWS names it."""
    return f"arn:aws:sts::444455556666:assumed-role/reader/{run}-{getpass.getuser()}"
