"""The driver obtains each hop once; executors get role sessions from it, over a channel that nobody else can use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pytest
from running import DECLARATION, PROTECTED, Finished, SparkRunner

from spark_xacct import plan, targets
from spark_xacct.declaration import load
from spark_xacct.lab.call_log import Call
from spark_xacct.lab.lab import Lab

ON_PURPOSE = {"spark.xacct.broker.unauthenticated": "true"}
ROLES = ("111122223333:role/hub", "444455556666:role/reader", "777788889999:role/writer")
CLUSTER = "local-cluster[2,1,1024]"


def ran(
    runner: SparkRunner, lab: Lab, name: str, extra: Mapping[str, str], identity: bool
) -> tuple[Finished, list[Call]]:
    lab.clear_calls()
    environment = runner.environment(runner.configuration(name, extra, master=CLUSTER, identity=identity))
    finished = runner.run("jvm_only.py", str(DECLARATION), environment=environment)
    assert finished.results["read"] == [100] * 5
    assert finished.results["written"] == 100
    return finished, lab.calls()


def assumed(calls: list[Call]) -> Counter[str]:
    """AssumeRole calls of JVMs, by role."""
    asked = [call for call in calls if call.operation == "AssumeRole" and call.user_agent.startswith("aws-sdk-java")]
    return Counter(role for call in asked for role in ROLES if call.requested["RoleArn"].endswith(role))


def logs(runner: SparkRunner, finished: Finished) -> str:
    return finished.err + "".join(path.read_text() for path in runner.executor_logs(finished.results["application"]))


@pytest.mark.parametrize("extra", [PROTECTED, ON_PURPOSE], ids=["protected", "on purpose"])
def test_executors_without_an_identity_read_and_write_with_the_drivers_sessions(
    runner: SparkRunner, lab: Lab, extra: dict[str, str], request: pytest.FixtureRequest
) -> None:
    finished, calls = ran(runner, lab, f"broker-{request.node.callspec.id.replace(' ', '-')}", extra, identity=False)
    assert assumed(calls) == Counter(dict.fromkeys(ROLES, 1)), "one call a hop in the whole application"
    readers = {call.who for call in calls if call.operation == "GetObject" and call.bucket == "partner-data"}
    assert readers == {f"arn:aws:sts::444455556666:assumed-role/reader/{finished.results['run']}-root"}
    assert "role sessions come from the driver" in logs(runner, finished)


def test_an_open_channel_carries_nothing_and_executors_ask_sts(runner: SparkRunner, lab: Lab) -> None:
    finished, calls = ran(runner, lab, "no-channel", {}, identity=True)
    asked = assumed(calls)
    assert set(asked) == set(ROLES)
    assert all(2 <= count <= 3 for count in asked.values()), asked
    said = logs(runner, finished)
    assert "executors ask STS themselves, 6 STS calls an hour in each JVM: Spark's RPC is not authenticated" in said
    assert "role sessions come from the driver" not in said


def test_without_the_plugin_the_same_job_has_the_same_identities_by_direct_sts_and_says_what_it_costs(
    runner: SparkRunner, lab: Lab
) -> None:
    settings = dict(targets.settings_for(plan.encode(load(DECLARATION).access_map)).spark)
    del settings["spark.plugins.defaultList"]
    options = [part for name, value in settings.items() for part in ("--conf", f"{name}={value}")]
    lab.clear_calls()
    environment = runner.environment(runner.configuration("bare", master=CLUSTER))
    finished = runner.submit("plain_job.py", lab.queue_url("events"), environment=environment, options=options)
    assert finished.code == 0, finished.err[-4000:]
    results = finished.results
    assert (results["s3a"], results["s3"], results["sent"]) == (100, 100, 10)
    calls = lab.calls()
    roles = {call.role for call in calls if call.operation in ("GetObject", "SendMessage")}
    assert roles == {"arn:aws:iam::444455556666:role/reader"}
    hops = Counter(call.requested["RoleArn"].partition("iam::")[2] for call in calls if call.operation == "AssumeRole")
    assert hops["444455556666:role/reader"] > 1, "each JVM and each worker asks for itself"
    logs = "".join(path.read_text() for path in runner.executor_logs(results["application"]))
    assert "calls an hour of this JVM, if it reads everything: 6" in logs
