"""What a running JVM's settings must say before start() calls a plan in force."""

from __future__ import annotations

import re

import pytest
from fakes.target_plans import named, refusing

from spark_xacct import targets
from spark_xacct.plan import Plan

OURS = "io.sparkxacct.s3a.S3ARoleCredentialsProvider"
ANONYMOUS = "org.apache.hadoop.fs.s3a.AnonymousAWSCredentialsProvider"
GLOBAL = "fs.s3a.aws.credentials.provider"


def in_force(plan: Plan) -> dict[str, str]:
    """The provider settings of a plan as a JVM would have them."""
    settings = targets.settings_for(plan, "spark-4")
    return {item.name: item.value for item in settings.hadoop if re.fullmatch(targets.PROVIDER_SETTINGS, item.name)}


def problem(plan: Plan, hadoop: dict[str, str]) -> str | None:
    return targets.problem_with(targets.settings_for(plan, "spark-4"), hadoop)


@pytest.mark.parametrize("plan", [named(), refusing()], ids=["per bucket", "global"])
def test_the_rendered_settings_are_good(plan: Plan) -> None:
    assert problem(plan, in_force(plan)) is None


def test_a_missing_line_is_named_with_its_value() -> None:
    plan = refusing()
    hadoop = in_force(plan)
    del hadoop[GLOBAL]
    assert str(problem(plan, hadoop)).startswith(f"{GLOBAL} must be {OURS} and is not set (")


def test_a_list_that_holds_others_beside_ours_is_not_ours() -> None:
    plan = refusing()
    hadoop = in_force(plan) | {GLOBAL: f"{OURS},{ANONYMOUS}"}
    assert str(problem(plan, hadoop)).startswith(f"{GLOBAL} must be {OURS} and is {OURS},{ANONYMOUS} (")


def test_somebody_elses_provider_of_a_declared_bucket_is_refused() -> None:
    plan = refusing()
    bucket = next(item.bucket.text for item in plan.access_map.bindings if not item.bucket.is_pattern)
    name = f"fs.s3a.bucket.{bucket}.aws.credentials.provider"
    assert problem(plan, in_force(plan) | {name: ANONYMOUS}) == (
        f"{name} is {ANONYMOUS}: bucket {bucket} is served by it and not by the plan; take it out"
    )


def test_somebody_elses_provider_of_a_bucket_that_the_plan_refuses_is_refused() -> None:
    name = "fs.s3a.bucket.stranger.aws.credentials.provider"
    assert "bucket stranger is served by it" in str(problem(refusing(), in_force(refusing()) | {name: ANONYMOUS}))


def test_a_bucket_left_to_the_platform_may_have_its_own_provider() -> None:
    name = "fs.s3a.bucket.stranger.aws.credentials.provider"
    assert problem(named(), in_force(named()) | {name: ANONYMOUS}) is None


@pytest.mark.parametrize("name", ["fs.s3a.delegation.token.binding", "fs.s3a.bucket.{}.delegation.token.binding"])
def test_delegation_tokens_would_go_past_the_plan(name: str) -> None:
    plan = refusing()
    bucket = next(item.bucket.text for item in plan.access_map.bindings if not item.bucket.is_pattern)
    found = str(problem(plan, in_force(plan) | {name.format(bucket): "corp.Binding"}))
    assert "by delegation tokens and not by the plan; take it out" in found


def test_an_empty_delegation_binding_is_hadoops_default() -> None:
    assert problem(refusing(), in_force(refusing()) | {"fs.s3a.delegation.token.binding": " "}) is None
