"""The pytest fixture in somebody else's repository."""

from __future__ import annotations

import subprocess
import sys

import pytest

from spark_xacct.lab.cache import CACHE_ENVIRONMENT, cache_folder

pytest_plugins = ["pytester"]

DECLARATION = """
version: 1
base: irsa
sts: {region: eu-west-1}
roles:
  hub: {arn: "arn:aws:iam::111122223333:role/hub"}
  partner: {arn: "arn:aws:iam::444455556666:role/reader", via: hub}
buckets:
  partner-data: partner
otherwise: deny
"""

USERS_TESTS = """
import os
import boto3
import pytest
import spark_xacct as xacct
from spark_xacct.errors import RoleSessionError

def read():
    access = xacct.load("xacct.yaml")
    client = access.client("s3", uri="s3://partner-data/in.json")
    return client.get_object(Bucket="partner-data", Key="in.json")["Body"].read()

def test_reads_as_partner(xacct_lab):
    xacct_lab.put("s3://partner-data/in.json", b"{}")
    assert read() == b"{}"
    assert xacct_lab.callers("s3://partner-data/") == {"partner"}

def test_log_is_empty_and_base_is_in_the_environment(xacct_lab):
    assert xacct_lab.calls() == []
    assert boto3.client("sts").get_caller_identity()["Arn"].startswith(
        "arn:aws:sts::111122223333:assumed-role/xacct-lab-base/")

def test_without_trust_nothing_is_read(xacct_lab):
    with xacct_lab.without(role="hub", action="sts:AssumeRole"):
        with pytest.raises(Exception, match="arn:aws:iam::111122223333:role/hub"):
            boto3.client("sts").assume_role(RoleArn="arn:aws:iam::111122223333:role/hub", RoleSessionName="me")

def test_environment_is_restored():
    assert os.environ.get("AWS_PROFILE") == "mine"
    assert "AWS_WEB_IDENTITY_TOKEN_FILE" not in os.environ
"""

# pytester gives its runs a home of their own.
CACHE = cache_folder()


@pytest.fixture(autouse=True)
def _the_cache_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_ENVIRONMENT, str(CACHE))


def test_a_users_own_declaration_runs_in_a_lab(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_PROFILE", "mine")
    pytester.makefile(".yaml", xacct=DECLARATION)
    pytester.makepyfile(USERS_TESTS)

    result = pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider")

    result.assert_outcomes(passed=4)


def test_the_declaration_may_have_another_name(pytester: pytest.Pytester):
    pytester.makefile(".yaml", other=DECLARATION)
    pytester.makeini("[pytest]\nxacct_config = other.yaml\n")
    pytester.makepyfile("def test_it(xacct_lab):\n    assert xacct_lab.access_map.deny_undeclared\n")

    pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_a_bad_declaration_is_told_with_its_lines(pytester: pytest.Pytester):
    pytester.makefile(".yaml", xacct=DECLARATION.replace("via: hub", "via: hup"))
    pytester.makepyfile("def test_it(xacct_lab):\n    pass\n")

    result = pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            f'{pytester.path}/xacct.yaml:6:64: roles.partner: via "hup" is not declared; did you mean "hub"?',
            "*1 error in *",
        ]
    )
    result.stdout.no_fnmatch_line("*declaration/reading.py*")


def test_the_plugin_costs_nothing_until_it_is_used():
    code = (
        "import sys, pytest; before = set(sys.modules); import spark_xacct.testing.pytest_plugin; "
        "print(sorted(name for name in set(sys.modules) - before if not name.startswith('_')))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == (
        "['spark_xacct', 'spark_xacct.testing', 'spark_xacct.testing.pytest_plugin', 'spark_xacct.version']"
    )
