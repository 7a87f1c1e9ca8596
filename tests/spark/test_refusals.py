"""Fails closed, and says whose fault it is: one JVM, one broken thing after the other."""

from __future__ import annotations

import pytest
from running import DECLARATION, Finished, SparkRunner

from spark_xacct.lab.lab import Lab

LOCATIONS = {
    "trust": "s3a://partner-data/events/",
    "mended": "s3a://partner-data/events/",
    "undeclared": "s3a://stranger/",
    "external_id": "s3a://partner-out/",
}


def said(outcome: dict[str, str]) -> str:
    """The line a user reads first: the Java exception's, under py4j's own first line."""
    lines = outcome["error"].splitlines()
    return next((line for line in lines[:2] if "Exception: " in line), lines[0])


@pytest.fixture(scope="module")
def refused(runner: SparkRunner, lab: Lab) -> Finished:
    environment = runner.environment(runner.configuration("refused"), SINK_EXTERNAL_ID="wrong-external-id")
    arguments = [f"{name}={location}" for name, location in LOCATIONS.items()]
    with runner.started("refused.py", str(DECLARATION), *arguments, environment=environment) as program:
        # From before the start: the driver fetches at once.
        with lab.without(role="partner", action="sts:AssumeRole"):
            program.wait_ready()
            program.go_on()  # trust
            program.wait_ready()
        program.go_on()  # mended: remembered for a while
        program.wait_ready()
        program.go_on()  # undeclared
        program.wait_ready()
        program.go_on()  # external_id
        return program.finish()


def test_an_undeclared_bucket_is_refused_with_the_decisions_reason(refused: Finished) -> None:
    assert "bucket stranger is not declared; otherwise: deny refuses it" in said(refused.results["undeclared"])


def test_a_hop_without_trust_names_hop_role_and_both_accounts(refused: Finished) -> None:
    first = said(refused.results["trust"])
    assert (
        "bucket partner-data: hop 2 of 2 (arn:aws:iam::444455556666:role/reader) refused by STS: AccessDenied; "
        "account 444455556666 must let arn:aws:iam::111122223333:role/hub assume it (trust policy), or account "
        "111122223333 must allow sts:AssumeRole on it"
    ) in first
    assert refused.results["trust"]["seconds"] < 20, "a refusal must not be retried by S3A"


def test_a_denial_is_remembered_and_says_until_when(refused: Finished) -> None:
    assert "retry after " in said(refused.results["mended"])


def test_a_wrong_external_id_is_a_denied_hop(refused: Finished) -> None:
    first = said(refused.results["external_id"])
    assert "hop 1 of 1 (arn:aws:iam::777788889999:role/writer) refused by STS: AccessDenied" in first


def test_without_the_provider_line_start_says_so(runner: SparkRunner, lab: Lab) -> None:
    from spark_xacct import plan, targets
    from spark_xacct.declaration import load

    settings = dict(targets.settings_for(plan.encode(load(DECLARATION).access_map)).spark)
    removed = settings.pop("spark.hadoop.fs.s3a.aws.credentials.provider")
    configuration = runner.configuration("no-provider", {name: v for name, v in settings.items() if "fs.xacct" in name})
    jars = ",".join(str(path) for path in runner.jars.glob("*.jar"))
    results = runner.run(
        "broken_settings.py", environment=runner.environment(configuration, HADOOP_AWS_JARS=jars)
    ).results
    assert results["error"].startswith(f"fs.s3a.aws.credentials.provider must be {removed} and is ")
