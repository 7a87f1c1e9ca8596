"""Rendered AWS profiles against a lab: a script that knows boto3 only, and the server's log of who it was."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.aws_profiles import config
from fakes.two_accounts import ETL, A, two_accounts, writer
from fakes.watched import watched

from spark_xacct.lab import Lab
from spark_xacct.model import AccessMap, Arn, Base, BaseKind, ExternalId

ROOT = Path(__file__).parents[2]
# What somebody wrote who has never heard of spark-xacct. Path style, because the lab has no names of buckets in DNS.
SCRIPT = """
import boto3, sys
from botocore.config import Config
profile = sys.argv[1] if len(sys.argv) > 1 else None
s3 = boto3.Session(profile_name=profile).client("s3", config=Config(s3={"addressing_style": "path"}))
print(s3.get_object(Bucket="partner-data", Key="in/a.txt")["Body"].read().decode())
"""
READS_ACROSS_AN_END = """
import boto3, time
from botocore.config import Config
s3 = boto3.Session(profile_name="xacct-partner").client("s3", config=Config(s3={"addressing_style": "path"}))
def key():
    s3.get_object(Bucket="partner-data", Key="in/a.txt")
    return s3._request_signer._credentials.get_frozen_credentials().access_key
first = key()
time.sleep(7)
print(first != key())
"""


@pytest.fixture(scope="module")
def pods() -> Iterator[Lab]:
    """A lab of its own: its declaration has a role for plain boto3, and one that a profile cannot carry."""
    roles = (writer(external_id=ExternalId(env="WRITER_ID"), source_identity="jane"),)
    with Lab(two_accounts(*roles, python_default_role="partner")) as lab:
        lab.put("s3://partner-data/in/a.txt", b"partner's")
        lab.put("s3://third-out/in/a.txt", b"third's")
        yield lab


def without_writer(access_map: AccessMap) -> AccessMap:
    """What a plain profile can carry of it."""
    roles = {name: role for name, role in access_map.roles.items() if name != "writer"}
    bindings = tuple(binding for binding in access_map.bindings if binding.role != "writer")
    return replace(access_map, roles=roles, bindings=bindings, python_roles=("partner",))


def run(script: str, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)


def chain_in_the_log(lab: Lab) -> list[tuple[str, str | None, str | None]]:
    """Each call of STS and S3: what it was, the role or user that signed it, and the role asked for."""
    return [
        (call.operation, _name(call.role or call.who), _name(call.requested.get("RoleArn"))) for call in lab.calls()
    ]


def _name(arn: str | None) -> str | None:
    return None if arn is None else arn.rpartition("/")[2]


def test_plain_boto3_is_the_default_role_by_a_chain_of_profiles(pods: Lab, tmp_path: Path) -> None:
    environment = config(pods, tmp_path, "aws-profile", without_writer(pods.access_map))
    pods.clear_calls()
    done = run(SCRIPT, environment)
    assert (done.stdout, done.stderr) == ("partner's\n", "")
    assert chain_in_the_log(pods) == [
        ("AssumeRoleWithWebIdentity", None, "etl"),
        ("AssumeRole", "etl", "hub"),
        ("AssumeRole", "hub", "reader"),
        ("GetObject", "reader", None),
    ]
    assert [call.session_name for call in pods.calls(service="s3")] == ["xacct-profile"]


def test_without_the_file_the_same_script_is_the_base_identity(pods: Lab, tmp_path: Path) -> None:
    pods.clear_calls()
    done = run(SCRIPT, pods.process_environment())
    assert "AccessDenied" in done.stderr
    assert pods.callers("s3://partner-data/") == {"base"}


def test_a_denied_hop_is_denied_and_nobody_else_reads(pods: Lab, tmp_path: Path) -> None:
    environment = config(pods, tmp_path, "aws-profile", without_writer(pods.access_map))
    with pods.without(role="partner", action="sts:AssumeRole", document="trust"):
        pods.clear_calls()
        done = run(SCRIPT, environment)
    assert "AccessDenied" in done.stderr
    assert pods.callers("s3://partner-data/") == set()


def test_credential_process_carries_what_a_profile_cannot(pods: Lab, tmp_path: Path) -> None:
    environment = config(pods, tmp_path, "aws-profile-process", pods.access_map)
    pods.clear_calls()
    done = run(SCRIPT.replace("partner-data", "third-out"), environment, "xacct-writer")
    assert (done.stdout, done.stderr) == ("third's\n", "")
    assert pods.callers("s3://third-out/") == {"writer"}
    (call,) = pods.calls(operation="AssumeRole")
    assert (call.requested["SourceIdentity"], call.requested["ExternalId"]) == ("jane", environment["WRITER_ID"])


def test_credential_process_goes_on_across_the_end_of_a_session_and_shows_no_secret(pods: Lab, tmp_path: Path) -> None:
    environment = config(pods, tmp_path, "aws-profile-process", pods.access_map)
    pods.clear_calls()
    with pods.short_lives(6, "partner"):
        out, err, seen = watched([sys.executable, "-c", READS_ACROSS_AN_END], environment)
    assert (out, err) == ("True\n", "")
    assert [call.status for call in pods.calls(service="s3")] == [200, 200]
    assert pods.callers("s3://partner-data/") == {"partner"}
    assert "-m spark_xacct credentials --role partner" in seen
    assert "AWS_ROLE_ARN=" in seen
    secrets = pods.secrets()
    assert [secret for secret in secrets if secret in seen] == []
    _, _, control = watched([sys.executable, "-c", "import time; time.sleep(0.5)"], {"KEY": secrets[0]})
    assert secrets[0] in control


@pytest.mark.parametrize(
    ("target", "base"),
    [
        ("aws-profile", Base(BaseKind.CONTAINER, ETL)),
        ("aws-profile", Base(BaseKind.POD_IDENTITY, ETL)),
        ("aws-profile", Base(BaseKind.INSTANCE_PROFILE, ETL)),
        ("aws-profile-process", Base(BaseKind.INSTANCE_PROFILE, ETL)),
        ("aws-profile", Base(BaseKind.PROFILE, Arn.parse_principal(f"arn:aws:iam::{A}:user/etl"), profile="jobs")),
        ("aws-profile", Base(BaseKind.ENV, Arn.parse_principal(f"arn:aws:iam::{A}:user/etl"))),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value.kind),
)
def test_every_other_base_is_the_source_of_the_chain(target: str, base: Base, tmp_path: Path) -> None:
    # Keys in the environment come before any default profile; by its name the profile is taken.
    named = ["xacct-partner"] if base.kind is BaseKind.ENV else []
    with Lab(two_accounts(base=base, python_default_role="partner")) as lab:
        lab.put("s3://partner-data/in/a.txt", b"partner's")
        environment = config(lab, tmp_path, target, without_writer(lab.access_map))
        done = run(SCRIPT, environment, *named)
        assert (done.stdout, done.stderr) == ("partner's\n", "")
        assert chain_in_the_log(lab)[-3:] == [
            ("AssumeRole", "etl", "hub"),
            ("AssumeRole", "hub", "reader"),
            ("GetObject", "reader", None),
        ]
