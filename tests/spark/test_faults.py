"""What breaks while an application runs: no other identity, no executor that starts again and again, no hang, and one line that says it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from running import DECLARATION, PROTECTED, Finished, SparkRunner

from spark_xacct.lab.lab import Lab

pytestmark = pytest.mark.slow
READER = "arn:aws:sts::444455556666:assumed-role/reader/"
CLUSTER = "local-cluster[1,2,1024]"


@pytest.fixture(scope="module")
def declaration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("faults") / "xacct.yaml"
    path.write_text(DECLARATION.read_text() + "python: {default_role: partner}\n")
    return path


@pytest.fixture(autouse=True)
def nobody_else_reads(lab: Lab) -> Any:
    lab.clear_calls()
    yield
    callers = {call.role for call in lab.calls() if call.bucket == "partner-data" and call.status < 300}
    assert callers <= {"arn:aws:iam::444455556666:role/reader"}, callers


def environment(runner: SparkRunner, fault: str, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    settings = {**PROTECTED, **(extra or {})}
    return runner.environment(runner.configuration(fault, settings, master=CLUSTER, identity=False))


def run(runner: SparkRunner, declaration: Path, fault: str, extra: Mapping[str, str] | None = None) -> Finished:
    return runner.run("faults.py", str(declaration), fault, environment=environment(runner, fault, extra))


def executors(runner: SparkRunner, finished: Finished) -> int:
    return len({path.parent for path in runner.executor_logs(finished.results["application"])})


def test_an_executor_that_is_killed_is_replaced_and_the_next_one_has_the_sessions(
    runner: SparkRunner, lab: Lab, declaration: Path
) -> None:
    finished = run(runner, declaration, "executor_killed", {"spark.task.maxFailures": "1"})
    after = finished.results["after"]
    assert after["jvm"] == {"value": 100}
    assert [arn.startswith(READER) for arn in [*after["plain"]["value"], *after["named"]["value"]]] == [True, True]
    assert executors(runner, finished) == 2, "the killed one and the one in its place"
    assumed = [call.requested["RoleArn"] for call in lab.calls() if call.operation == "AssumeRole"]
    assert len(assumed) == len(set(assumed)), "the new executor asks the driver, not STS"


def test_a_token_file_that_is_gone_fails_python_and_nothing_else(runner: SparkRunner, declaration: Path) -> None:
    results = run(runner, declaration, "token_file_removed").results
    assert results["before"][0].startswith(READER)
    assert results["after"]["jvm"] == {"value": 100}
    assert "No such file or directory: " in results["after"]["plain"]["error"]
    assert "partner.token" in results["after"]["plain"]["error"]


def test_where_the_hook_cannot_be_installed_python_tasks_fail_with_the_reason_and_the_jvm_reads_on(
    runner: SparkRunner, declaration: Path
) -> None:
    closed = "--add-opens=java.base/java.util=ALL-UNNAMED"
    configuration = runner.configuration(
        "hook-refused", PROTECTED, master=CLUSTER, identity=False, without_option=closed
    )
    environment = runner.environment(configuration)
    finished = runner.run("faults.py", str(declaration), "hook_refused", environment=environment)
    after = finished.results["after"]
    assert after["jvm"] == {"value": 100}
    assert (
        "spark-xacct: Python tasks fail on purpose, because plain boto3 would not be role partner here"
        in after["plain"]["error"]
    )
    assert executors(runner, finished) == 1, "the executor lives on"


def test_a_slow_sts_is_waited_for(runner: SparkRunner, lab: Lab, declaration: Path) -> None:
    with lab.faults("delay", service="sts", operation="AssumeRole", delay_seconds=5):
        results = run(runner, declaration, "slow_sts").results
    assert results["after"]["jvm"] == {"value": 100}
    assert results["after"]["plain"]["value"][0].startswith(READER)


def test_a_denied_refresh_serves_to_the_end_of_the_session_and_then_names_the_hop(
    runner: SparkRunner, lab: Lab, declaration: Path
) -> None:
    with (
        lab.short_lives(16),
        runner.started(
            "faults.py", str(declaration), "denied_on_refresh", environment=environment(runner, "denied_on_refresh")
        ) as program,
    ):
        program.wait_ready()
        with lab.without(role="partner", action="sts:AssumeRole"):
            program.go_on()
            results = program.finish().results
    assert results["before"] == 100
    assert results["rounds"] >= 1
    why = (
        "hop 2 of 2 (arn:aws:iam::444455556666:role/reader) refused by STS: AccessDenied; account 444455556666 must let"
    )
    for place in ("jvm", "plain", "driver"):
        assert why in results["after"][place]["error"], results["after"][place]


def test_a_role_that_was_made_anew_is_assumed_anew(runner: SparkRunner, lab: Lab, declaration: Path) -> None:
    with runner.started(
        "faults.py", str(declaration), "role_made_anew", environment=environment(runner, "role_made_anew")
    ) as program:
        program.wait_ready()
        assert lab.expire_now("partner") > 0
        program.go_on()
        results = program.finish().results
    assert results["after"]["jvm"] == {"value": 100}
