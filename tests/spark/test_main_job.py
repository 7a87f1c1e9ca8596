"""The main job on a local cluster whose executors see only what was rendered, and have no identity of their own."""

from __future__ import annotations

from collections import Counter

import pytest
from running import DECLARATION, PROTECTED, Finished, SparkRunner

from spark_xacct.lab.call_log import Call
from spark_xacct.lab.lab import Lab

READER = "arn:aws:sts::444455556666:assumed-role/reader/"
WRITER = "arn:aws:sts::777788889999:assumed-role/writer/"
JVM, PYTHON = "Hadoop", "Boto3"
HOPS = ("111122223333:role/hub", "444455556666:role/reader", "777788889999:role/writer")


@pytest.fixture(scope="module")
def main_job(runner: SparkRunner, lab: Lab) -> tuple[Finished, list[Call]]:
    """One run, for all tests of this module, and the calls that the server logged meanwhile."""
    lab.clear_calls()
    extra = {
        **PROTECTED,
        "spark.hadoop.fs.s3a.multipart.size": "5M",
        "spark.hadoop.fs.s3a.multipart.threshold": "5M",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": "s3a://partner-out/event-log/",
        "spark.eventLog.compress": "false",
        "spark.eventLog.rolling.enabled": "false",
    }
    lab.put("s3://partner-out/event-log/.there", b"")
    configuration = runner.configuration("main-job", extra, master="local-cluster[2,1,1024]", identity=False)
    finished = runner.run(
        "main_job.py", str(DECLARATION), lab.queue_url("events"), environment=runner.environment(configuration)
    )
    return finished, lab.calls()


def who(calls: list[Call], agent: str, *operations: str, bucket: str | None = None) -> set[str]:
    """The role sessions behind the successful calls of these operations, by the server's log."""
    return {
        str(call.who)
        for call in calls
        if call.operation in operations
        and call.status < 300
        and call.user_agent.startswith(agent)
        and (bucket is None or call.bucket == bucket)
    }


def test_every_row_is_read_written_and_sent(main_job: tuple[Finished, list[Call]]) -> None:
    results = main_job[0].results
    assert results["read"] == {f"partner-{name}": 100 for name in ("data", "b1", "b2", "b3", "b4")}
    assert (results["read_s3"], results["sent"], results["ids"]) == (100, 100, 100)
    assert (results["big"], results["renamed"]) == (200_000, True)


def test_jvm_and_workers_are_the_same_role_session(main_job: tuple[Finished, list[Call]]) -> None:
    finished, calls = main_job
    jvm = who(calls, JVM, "GetObject", bucket="partner-data")
    assert len(jvm) == 1
    assert jvm == who(calls, PYTHON, "SendMessage")
    assert next(iter(jvm)).startswith(READER + finished.results["run"] + "-")
    assert finished.results["udf"] == sorted(jvm)
    assert finished.results["driver"] in jvm


@pytest.mark.parametrize(
    "operations",
    [
        ["PutObject"],
        ["UploadPart"],
        ["CompleteMultipartUpload"],
        # A file is renamed by one or by many requests.
        ["CopyObject", "UploadPartCopy"],
        ["DeleteObject", "DeleteObjects"],
    ],
    ids=" or ".join,
)
def test_two_roles_in_one_application(main_job: tuple[Finished, list[Call]], operations: list[str]) -> None:
    callers = who(main_job[1], JVM, *operations, bucket="partner-out")
    assert len(callers) == 1
    assert callers.pop().startswith(WRITER)


def test_an_event_log_on_a_declared_bucket_is_complete_after_stop(
    main_job: tuple[Finished, list[Call]], lab: Lab
) -> None:
    """Spark closes it after the plugins are shut down."""
    names = [key for key in lab.keys("s3://partner-out/event-log/") if main_job[0].results["application"] in key]
    assert len(names) == 1
    assert not names[0].endswith(".inprogress")
    last = lab.get(f"s3://partner-out/{names[0]}").decode().splitlines()[-1]
    assert '"Event":"SparkListenerApplicationEnd"' in last


def test_access_write_is_enough_for_a_spark_write(main_job: tuple[Finished, list[Call]]) -> None:
    callers = who(main_job[1], JVM, "PutObject", "CopyObject", bucket="partner-in")
    assert len(callers) == 1
    assert callers.pop().startswith(WRITER)


def test_no_other_identity_touches_a_declared_bucket(main_job: tuple[Finished, list[Call]]) -> None:
    declared = [call for call in main_job[1] if call.bucket is not None]
    assert declared
    sinks = ("partner-out", "partner-in")
    assert {str(call.who)[: len(READER)] for call in declared if call.bucket not in sinks} == {READER}
    assert {str(call.who)[: len(WRITER)] for call in declared if call.bucket in sinks} == {WRITER}


def assumed(calls: list[Call]) -> Counter[str]:
    """AssumeRole calls of the whole application, by role; none may come from Python, nor be for any other role."""
    return Counter(call.requested["RoleArn"].partition("iam::")[2] for call in calls if call.operation == "AssumeRole")


def test_the_whole_application_costs_one_assume_role_a_hop(main_job: tuple[Finished, list[Call]]) -> None:
    found = assumed(main_job[1])
    print(f"AssumeRole calls of driver, 2 executors and their workers, 7 buckets: {dict(found)}")
    assert found == Counter(dict.fromkeys(HOPS, 1))


def test_each_refresh_costs_one_assume_role_a_hop_and_no_row_is_lost(runner: SparkRunner, lab: Lab) -> None:
    life, seconds = 12, 48
    configuration = runner.configuration("expiry", PROTECTED, master="local-cluster[2,1,1024]", identity=False)
    since = lab.calls()[-1].number if lab.calls() else 0
    with lab.short_lives(life):
        finished = runner.run(
            "expiry.py",
            str(DECLARATION),
            lab.queue_url("events"),
            str(seconds),
            environment=runner.environment(configuration),
        )
    calls = lab.calls(since)
    results = finished.results
    assert results["rows"] == 100 * results["rounds"]
    assert results["sent"] > 0
    assert {str(call.error) for call in calls if call.status >= 400 and call.status != 404} == set()
    for agent, operation in ((JVM, "GetObject"), (PYTHON, "SendMessage")):
        made = [call for call in calls if call.operation == operation and call.user_agent.startswith(agent)]
        keys = {call.access_key_id for call in made}
        # Sessions of 12 s are renewed after 6, and a call must have seen the end of most.
        assert seconds / life <= len(keys), f"no session expired under {operation}"
        assert {call.who for call in made} == set(results["callers"]), f"another identity behind {operation}"
    found = assumed(calls)
    print(
        f"AssumeRole calls in {results['lasted']:.0f} s with sessions of {life} s, renewed at half their life: {dict(found)}"
    )
    assert set(found) == set(HOPS)
    # One at the start, then one in each half life; 45 % of a life is the earliest.
    most = 1 + results["lasted"] / (life * 0.45)
    assert all(count <= most for count in found.values()), (found, most)
