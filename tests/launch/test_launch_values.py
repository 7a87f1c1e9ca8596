"""Values of the launcher, its registry, and AWS's refusals in words."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ProfileNotFound
from fakes.launching import LOST, FakeLauncher, StubAws, free_port

from spark_xacct import launch
from spark_xacct.launch import Clients, LaunchError, Phase, Run

RUN = Run("emr-eks", "0001", "vc1", "0123456789ab", ("s3://own/x/runs/0123456789ab/job.py",))


def test_a_run_goes_through_json() -> None:
    assert Run.from_json(RUN.to_json()) == RUN


RUNS = {
    "ON/ID": ("vc1/0001", Run("emr-eks", "0001", "vc1")),
    "ID": ("0001", Run("emr-eks", "0001")),
    "JSON": ('{"target": "emr-eks", "id": "0001", "on": "vc1"}', Run("emr-eks", "0001", "vc1")),
}


@pytest.mark.parametrize("case", RUNS)
def test_a_run_is_read_from(case: str) -> None:
    text, expected = RUNS[case]
    assert Run.parse("emr-eks", text) == expected


NO_RUNS = {
    "": "write ON/ID as submit printed it",
    "/0001": "write ON/ID as submit printed it",
    "vc1/": "write ON/ID as submit printed it",
    '{"id": "1"}': "a run has target and id, and may have on, run and private",
    '{"target": "emr-eks", "id": "1", "key": "x"}': "a run has target and id, and may have on, run and private",
    '{"target": "emr-ec2", "id": "1"}': "it was submitted to emr-ec2",
}


@pytest.mark.parametrize("text", NO_RUNS)
def test_what_is_no_run_is_refused(text: str) -> None:
    with pytest.raises(ValueError) as raised:
        Run.parse("emr-eks", text)
    assert str(raised.value) == NO_RUNS[text]


def test_phases_that_end() -> None:
    assert [str(phase) for phase in Phase if phase.is_terminal] == ["good", "failed", "cancelled"]


def test_launchers_are_found_by_the_name_of_their_target(clients: Clients) -> None:
    assert launch.names() == ["emr-ec2", "emr-eks", "emr-serverless", "spark-submit"]
    launch.register("fake", lambda clients: FakeLauncher([]))
    try:
        assert launch.open_launcher("fake", clients).target == "fake"
        with pytest.raises(ValueError, match="registered twice"):
            launch.register("fake", lambda clients: FakeLauncher([]))
    finally:
        launch.unregister("fake")
    with pytest.raises(LaunchError) as raised:
        launch.open_launcher("glue", clients)
    assert str(raised.value) == 'nothing launches "glue"; known are emr-ec2, emr-eks, emr-serverless, spark-submit'
    assert raised.value.exit_code == 2


CI = "arn:aws:sts::111122223333:assumed-role/ci/job-7"
ANSWERS: dict[str, tuple[Any, str]] = {
    "expired": (
        (403, "ExpiredTokenException", "The security token included in the request is expired"),
        f"the AWS credentials of {CI} have expired (ExpiredTokenException); log in again",
    ),
    "unknown keys": (
        (403, "UnrecognizedClientException", "The security token included in the request is invalid."),
        "AWS does not know these credentials (UnrecognizedClientException: The security token included in the request is invalid); log in "
        "again, or correct AWS_PROFILE",
    ),
    "denied": (
        (
            403,
            "AccessDeniedException",
            "User: x is not authorized to perform: elasticmapreduce:DescribeStep. Encoded authorization failure message: AbC_d",
        ),
        f"AWS refused elasticmapreduce:DescribeStep on step s-1 to {CI}: User: x is not authorized to perform: "
        "elasticmapreduce:DescribeStep; allow it there (--dry-run lists what the launcher needs)",
    ),
    "throttled": (
        (400, "ThrottlingException", "Rate exceeded"),
        "AWS throttles DescribeStep (ThrottlingException: Rate exceeded); submit again with the same --token, which makes no second job",
    ),
    "missing": (
        (404, "ResourceNotFoundException", "Virtual cluster vc1 doesn't exist."),
        f"step s-1 is not there in Region us-east-1, or not for {CI}: Virtual cluster vc1 doesn't exist; correct the id, or --region",
    ),
    "missing, as EMR on EC2 says it": (
        (400, "InvalidRequestException", "Cluster id 'j-1' is not valid."),
        f"step s-1 is not there in Region us-east-1, or not for {CI}: Cluster id 'j-1' is not valid; correct the id, or --region",
    ),
    "bad request": (
        (400, "ValidationException", "ReleaseLabel is not supported."),
        "AWS refused DescribeStep on step s-1 (ValidationException): ReleaseLabel is not supported",
    ),
    "token of another job": (
        (409, "ConflictException", "A job run with this client token exists."),
        "AWS refused DescribeStep: A job run with this client token exists; where --token was used for another job, take another one",
    ),
    "server error": (
        (500, "InternalServerError", "oops"),
        "emr in Region us-east-1 fails (InternalServerError: oops); try again later",
    ),
}
TRANSIENT, EXPIRED = ("throttled", "server error"), ("expired",)


@pytest.mark.parametrize("case", ANSWERS)
def test_a_refusal_of_aws_in_words(case: str, stub: StubAws, clients: Clients) -> None:
    answer, expected = ANSWERS[case]
    stub.answers["DescribeStep"] = [answer]
    clients.identity()

    with pytest.raises(LaunchError) as raised:
        clients.ask("emr", "describe_step", "step s-1", ClusterId="j-1", StepId="s-1")

    assert str(raised.value) == expected
    assert raised.value.exit_code == 4
    assert (raised.value.is_transient, raised.value.is_expired) == (case in TRANSIENT, case in EXPIRED)


def test_throttling_and_lost_connections_are_tried_again_before_anybody_hears(stub: StubAws, clients: Clients) -> None:
    stub.answers["DescribeStep"] = [(400, "ThrottlingException", "Rate exceeded"), LOST, {"Step": {"Id": "s-1"}}]

    answer = clients.ask("emr", "describe_step", "step s-1", ClusterId="j-1", StepId="s-1")

    assert answer["Step"] == {"Id": "s-1"}


def test_a_lost_connection_in_words(stub: StubAws, clients: Clients) -> None:
    stub.answers["DescribeStep"] = [LOST]

    with pytest.raises(LaunchError) as raised:
        clients.ask("emr", "describe_step", "step s-1", ClusterId="j-1", StepId="s-1")

    assert str(raised.value) == (
        f'emr does not answer in Region us-east-1 (Connection was closed before we received a valid response from endpoint URL: "{stub.url}/".); '
        "check the network, --region and AWS_ENDPOINT_URL"
    )
    assert raised.value.is_transient


def test_an_address_where_nobody_listens_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)

    with pytest.raises(LaunchError) as raised:
        Clients(boto3.Session(), "us-east-1").identity()

    assert str(raised.value) == (
        f'sts does not answer in Region us-east-1 (Could not connect to the endpoint URL: "{address}/"); check the network, --region and '
        "AWS_ENDPOINT_URL"
    )


def test_missing_credentials_in_words(stub: StubAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    with pytest.raises(LaunchError) as raised:
        Clients(boto3.Session(), "us-east-1").identity()

    assert str(raised.value) == (
        "no AWS credentials were found to ask for GetCallerIdentity; set AWS_PROFILE, log in (aws sso login), or run where a role is attached"
    )


def test_a_missing_region_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    with pytest.raises(LaunchError) as raised:
        Clients(boto3.Session(), None).client("emr")

    assert (str(raised.value), raised.value.exit_code) == ("no Region is known; say --region", 2)


def test_a_region_that_is_none_in_words() -> None:
    with pytest.raises(LaunchError) as raised:
        Clients(boto3.Session(), "not a region").client("emr")

    assert raised.value.exit_code in (2, 4)
    assert "not a region" in str(raised.value)


def test_a_missing_profile_in_words(clients: Clients) -> None:
    error = clients.failed(ProfileNotFound(profile="x"), "sts", "GetCallerIdentity", "who asks")

    assert str(error) == "The config profile (x) could not be found; correct AWS_PROFILE"


def test_what_is_no_answer_of_aws_in_words(stub: StubAws, clients: Clients) -> None:
    stub.answers["GetCallerIdentity"] = [b"<html>a proxy</html"]

    with pytest.raises(LaunchError) as raised:
        clients.identity()

    assert str(raised.value).startswith("sts in Region us-east-1 answered GetCallerIdentity with something else (")
    assert raised.value.is_transient
