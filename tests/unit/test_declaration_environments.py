"""Overlays and variables."""

from __future__ import annotations

from typing import Any

import pytest
from declaration_texts import case, written

from spark_xacct import declaration
from spark_xacct.errors import DeclarationError
from spark_xacct.model import AccessMap, BaseKind


@pytest.mark.parametrize(
    ("text", "environment", "says"),
    [
        case(
            "unknown key of an environment",
            environments="{prod: {bukets: {}}}",
            says=['6:23: unknown key "bukets" in environments.prod; did you mean "buckets"?'],
        ),
        case(
            "missing variable",
            roles='{partner: {arn: "arn:aws:iam::{data}:role/reader"}}',
            says=['4:24: the variable "data" is not declared; add data: to vars:'],
        ),
        case(
            "missing variable in a bucket",
            vars="{envi: dev}",
            buckets='{"b-{env}": partner}',
            says=['5:11: the variable "env" is not declared; did you mean {envi}?'],
        ),
        case(
            "missing variable that an environment has",
            environments='{prod: {vars: {data: "444455556666"}}}',
            roles='{partner: {arn: "arn:aws:iam::{data}:role/reader"}}',
            says=[
                '4:24: the variable "data" is not declared; add data: to vars:, or choose an environment that has it (prod)'
            ],
        ),
        case(
            "run-time placeholder elsewhere",
            buckets='{"b-{run}": partner}',
            says=[
                '5:11: the variable "run" is not declared; {run} is known at run time only, and only session_name may hold it'
            ],
        ),
        case(
            "variable of run time",
            vars="{user: ana}",
            says=["6:8: the variable user is filled in at run time; choose another name"],
        ),
        case(
            "variable that is a number",
            vars="{data: 444455556666}",
            roles='{partner: {arn: "arn:aws:iam::{data}:role/reader"}}',
            says=['6:14: vars.data is a number (444455556666); write it in quotes: "444455556666"'],
        ),
        case(
            "two names that become one",
            vars="{env: dev}",
            buckets='{b-dev: partner, "b-{env}": base}',
            says=['5:27: "b-{env}" becomes "b-dev", which stands on line 5 already; remove one of them'],
        ),
        case(
            "unknown environment",
            environments="{prod: {}, test: {}}",
            environment="prd",
            says=['6:1: the environment "prd" is not declared; did you mean "prod"?'],
        ),
        case(
            "environment of a declaration without",
            environment="prod",
            says=['1:1: the environment "prod" is not declared; add it under environments:, or choose none'],
        ),
        case(
            "environment that is a text",
            environments="{prod: irsa}",
            says=['6:22: environments.prod is a text ("irsa"); write a mapping: {vars: {NAME: value}}'],
        ),
        case(
            "environment that changes the version",
            environments="{prod: {version: 2}}",
            says=[
                '6:23: unknown key "version" in environments.prod; known here are base, buckets, documents, otherwise, own, python, roles, sts, vars'
            ],
        ),
        case(
            "wrong value in an environment that is not chosen",
            environments="{prod: {base: isra}, test: {buckets: {b-2: partnr}}}",
            environment="prod",
            says=[
                '6:29: base: "isra" is not one of irsa, pod-identity, container, instance-profile, emr-runtime-role, env, profile, class; did you mean "irsa"?',
                '6:58: buckets.b-2: role "partnr" is not declared; did you mean "partner"?',
            ],
        ),
    ],
)
def test_wrong_environment_or_variable_is_refused(text: str, environment: str | None, says: list[str]) -> None:
    with pytest.raises(DeclarationError) as raised:
        declaration.loads(text, environment=environment)

    assert str(raised.value).splitlines() == [f"xacct.yaml:{line}" for line in says]


TEXT = written(
    vars='{env: dev, data: "444455556666", run-id: x}',
    environments="""
  prod: {vars: {env: prod, data: "777788889999"}, base: {kind: irsa, arn: "arn:aws:iam::111122223333:role/etl-prod"}}
  test: {roles: {partner: {external_id: test-id, tags: null}}, buckets: {partner-data: null, "test-{env}": partner}, own: [own-test]}
  same:""",
    base='{kind: profile, profile: etl, arn: "arn:aws:iam::111122223333:role/etl-{env}"}',
    roles='{partner: {arn: "arn:aws:iam::{data}:role/reader-{env}", session_name: "{env}-{run}-{user}", tags: {team: ads}}}',
    buckets="""
  partner-data: partner
  "out-{env}": {role: partner, owner: "{data}", kms: {write: "arn:aws:kms:eu-west-1:{data}:key/{env}"}, prefixes: {"{env}/": base}}""",
    own='["corp-{env}"]',
)


def loaded(environment: str | None = None) -> AccessMap:
    return declaration.loads(TEXT, environment=environment).access_map


def test_variables_stand_in_arns_names_keys_and_prefixes() -> None:
    access_map = loaded()

    assert str(access_map.base.arn) == "arn:aws:iam::111122223333:role/etl-dev"
    assert str(access_map.roles["partner"].arn) == "arn:aws:iam::444455556666:role/reader-dev"
    assert [binding.key for binding in access_map.bindings] == ["out-dev", "out-dev/dev/", "partner-data"]
    assert access_map.bindings[0].kms_write == "arn:aws:kms:eu-west-1:444455556666:key/dev"
    assert [own.text for own in access_map.own] == ["corp-dev"]


def test_session_name_keeps_what_is_known_at_run_time_only() -> None:
    assert loaded().roles["partner"].session_name == "dev-{run}-{user}"


def test_environment_changes_variables_and_replaces_base_as_a_whole() -> None:
    access_map = loaded("prod")

    assert (access_map.base.kind, access_map.base.profile) == (BaseKind.IRSA, None)
    assert str(access_map.roles["partner"].arn) == "arn:aws:iam::777788889999:role/reader-prod"


def test_environment_merges_mappings_removes_by_null_and_replaces_lists() -> None:
    access_map = loaded("test")
    partner = access_map.roles["partner"]

    assert (str(partner.external_id), partner.tags) == ("test-id", ())
    assert [binding.key for binding in access_map.bindings] == ["out-dev", "out-dev/dev/", "test-dev"]
    assert [own.text for own in access_map.own] == ["own-test"]


def test_empty_environment_changes_nothing() -> None:
    assert loaded("same") == loaded()


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (
            {"inline": '{Statement: [{Effect: Allow, Resource: "arn:aws:s3:::b/${aws:username}/{env}"}]}'},
            '{"Statement":[{"Effect":"Allow","Resource":"arn:aws:s3:::b/${aws:username}/dev"}]}',
        ),
        (
            {"inline": '{Statement: [{Effect: Allow, Resource: "arn:aws:s3:::b/${env}/{env}/${*}"}]}'},
            '{"Statement":[{"Effect":"Allow","Resource":"arn:aws:s3:::b/${env}/dev/${*}"}]}',
        ),
        ({"inline": "'{\"Statement\": []}'"}, '{"Statement": []}'),
    ],
    ids=["mapping", "name of a variable behind a dollar", "text"],
)
def test_variables_of_iam_stay_in_policies(policy: dict[str, Any], expected: str) -> None:
    roles = (
        f"""{{partner: {{arn: "arn:aws:iam::444455556666:role/r", session_policy: {{inline: {policy["inline"]}}}}}}}"""
    )
    access_map = declaration.loads(written(vars="{env: dev}", roles=roles)).access_map

    assert access_map.roles["partner"].policy == expected
