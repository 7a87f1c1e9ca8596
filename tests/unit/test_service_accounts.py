"""Names of EMR's service accounts: base 36 of the role's name, there and back, and AWS's own wrong example."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spark_xacct.errors import TargetError
from spark_xacct.model import Arn
from spark_xacct.targets import service_accounts

# The first was computed by AWS's CLI, the last is of a cluster that somebody published.
ENCODED = {
    "JobExecutionRoleIRSAv2": "c7ohmynrs14q04uudoef8n97xdufwajzua",
    "example_iam_role": "609ftmrwo4ivym4h6hmdhdqhx",
    "a": "2p",
    "": "0",
    "EMRContainers-JobExecutionRole": "189nnyj7mn9w2lqiewgg1u0l3jhmo0z69yjkj9u6qhosj8l",
}
# https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/setting-up-enable-IAM.html says this of the first.
OF_AWS = "2eum5fah1jc1kwyjc19ikdhdkdegh1n26vbe"
PREFIX = "emr-containers-sa-spark-driver-111122223333-"


@pytest.mark.parametrize(("name", "text"), ENCODED.items())
def test_a_roles_name_is_one_number_in_base_36(name, text):
    assert service_accounts.encoded(name) == text
    assert service_accounts.decoded(text) == name


@given(st.text("abcXYZ019_+=,.@-", max_size=64))
def test_every_role_name_comes_back(name):
    assert service_accounts.decoded(service_accounts.encoded(name)) == name


def test_the_longest_name_of_a_role_makes_a_name_that_kubernetes_takes():
    names = service_accounts.names("111122223333", "z" * 64)
    assert max(map(len, names.values())) <= 253


@pytest.mark.parametrize("text", ["C7", "", "a-b", "73", "\n"])
def test_what_nothing_was_made_of_is_refused(text):
    with pytest.raises(TargetError) as error:
        service_accounts.decoded(text)
    assert str(error.value) == f'"{text}" is not the name of a role in base 36'


def test_aws_own_example_is_the_name_with_a_line_break():
    assert service_accounts.decoded(OF_AWS) == "JobExecutionRoleIRSAv2\n"


ROLE = "JobExecutionRoleIRSAv2"
RIGHT = PREFIX + ENCODED[ROLE]
PROBLEMS = {
    RIGHT: None,
    "emr-containers-sa-*-*-111122223333-" + ENCODED[ROLE]: None,
    PREFIX + OF_AWS: (
        f"{PREFIX}{OF_AWS} encodes JobExecutionRoleIRSAv2 with a line break behind it, as `echo` without -n gives it: no job run has "
        f"this service account; write {RIGHT}"
    ),
    PREFIX + ENCODED["a"]: f"{PREFIX}2p encodes a and not JobExecutionRoleIRSAv2; write {RIGHT}",
    PREFIX + "1": f"{PREFIX}1 encodes no role name and not JobExecutionRoleIRSAv2; write {RIGHT}",
    PREFIX + "73": f'{PREFIX}73: "73" is not the name of a role in base 36',
    "spark": "spark is not a service account of EMR on EKS (emr-containers-sa-...-ACCOUNT-ROLE)",
}


@pytest.mark.parametrize(("name", "problem"), PROBLEMS.items())
def test_a_service_account_that_is_not_the_roles_is_told_apart(name, problem):
    assert service_accounts.problem_with(name, ROLE) == problem


def test_each_pod_of_a_job_run_has_its_name():
    assert service_accounts.names("111122223333", "a") == {
        "client": "emr-containers-sa-spark-client-111122223333-2p",
        "driver": "emr-containers-sa-spark-driver-111122223333-2p",
        "executor": "emr-containers-sa-spark-executor-111122223333-2p",
    }


def test_the_trust_statement_names_the_provider_in_the_roles_account_and_the_clusters_account_in_the_pattern():
    role = Arn.parse_role("arn:aws-us-gov:iam::111122223333:role/team/a")
    assert service_accounts.web_identity_trust(role, "oidc.example/id/1", "spark", "999900001111") == {
        "Effect": "Allow",
        "Principal": {"Federated": "arn:aws-us-gov:iam::111122223333:oidc-provider/oidc.example/id/1"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {"oidc.example/id/1:aud": "sts.amazonaws.com"},
            "StringLike": {
                "oidc.example/id/1:sub": "system:serviceaccount:spark:emr-containers-sa-*-*-999900001111-2p"
            },
        },
    }
