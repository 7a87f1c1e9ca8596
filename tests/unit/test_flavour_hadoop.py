"""Flavour hadoop: S3A's own provider where it can carry the role, and a refusal by field where it cannot."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.target_plans import access_map, bound, named, role

from spark_xacct import plan as plans
from spark_xacct import targets
from spark_xacct.errors import TargetError
from spark_xacct.model import Base, BaseKind, ExternalId, Pattern, Sts
from spark_xacct.plan import Plan

PROVIDER = "org.apache.hadoop.fs.s3a.auth.AssumedRoleCredentialProvider"
IRSA_V1 = "com.amazonaws.auth.WebIdentityTokenCredentialsProvider"
IRSA_V2 = "software.amazon.awssdk.auth.credentials.WebIdentityTokenFileCredentialsProvider"
HADOOP = targets.Flavour.HADOOP


def one_hop(*bindings: Any, role_fields: dict[str, Any] | None = None, **more: Any) -> Plan:
    values: dict[str, Any] = {
        "roles": {"reader": role("reader", "444455556666", **(role_fields or {}))},
        "python_default_role": None,
        "python_roles": (),
        **more,
    }
    return plans.encode(access_map(*(bindings or (bound("partner-data", "reader"),)), **values))


def hadoop(plan: Plan, release: str, **more: Any) -> dict[str, str]:
    settings = targets.settings_for(plan, release, flavour=HADOOP, **more)
    return {item.name: item.value for item in settings.hadoop if item.name.startswith("fs.s3a.bucket.")}


@pytest.mark.parametrize(
    ("release", "base", "external_id"), [("spark-3.5", IRSA_V1, None), ("emr-7.12.0", IRSA_V2, "partner-7")]
)
def test_a_role_of_one_hop_is_s3as_own_provider_for_its_bucket(
    release: str, base: str, external_id: str | None
) -> None:
    given = {"external_id": ExternalId(literal=external_id)} if external_id else {}
    expected = {
        "aws.credentials.provider": PROVIDER,
        "assumed.role.arn": "arn:aws:iam::444455556666:role/reader",
        "assumed.role.session.duration": "3600s",
        "assumed.role.session.name": "xacct-run-1",
        "assumed.role.credentials.provider": base,
        "assumed.role.sts.endpoint": "sts.eu-west-1.amazonaws.com",
        "assumed.role.sts.endpoint.region": "eu-west-1",
        **({"assumed.role.external.id": external_id} if external_id else {}),
    }
    assert hadoop(one_hop(role_fields=given), release, run="run-1") == {
        f"fs.s3a.bucket.partner-data.{name}": value for name, value in expected.items()
    }


def test_the_base_identity_serves_its_buckets_by_its_own_class() -> None:
    plan = one_hop(bound("scratch", None), own=(Pattern("corp-code"), Pattern("corp-*")))
    assert hadoop(plan, "spark-4") == {
        "fs.s3a.bucket.scratch.aws.credentials.provider": IRSA_V2,
        "fs.s3a.bucket.corp-code.aws.credentials.provider": IRSA_V2,
    }


def test_no_jar_no_plugin_and_no_plan_for_the_jvm() -> None:
    settings = targets.settings_for(one_hop(), "emr-7.12.0", jar="/opt/a.jar", flavour=HADOOP)
    assert not [name for name in settings.spark if "io.sparkxacct" in settings.spark[name] or "fs.xacct.plan" in name]
    assert not {"spark.jars", "spark.plugins.defaultList", "spark.submit.pyFiles"} & settings.spark.keys()
    assert plans.from_environment(settings.environment_by_name).id == one_hop().id
    assert settings.comments[1] == (
        "STS: flavour hadoop assumes the role once for each bucket in each JVM, and again before each session ends; flavour shim "
        "once for the application"
    )


def test_another_partition_has_its_own_sts() -> None:
    plan = one_hop(
        base=Base(BaseKind.INSTANCE_PROFILE), sts=Sts("cn-north-1"),
        roles={"reader": role("reader", "444455556666", partition="aws-cn")},
    )  # fmt: skip
    settings = hadoop(plan, "spark-4")
    assert settings["fs.s3a.bucket.partner-data.assumed.role.sts.endpoint"] == "sts.cn-north-1.amazonaws.com.cn"


REFUSALS = {
    "chain": (
        one_hop(
            bound("partner-data", "partner"),
            roles={"hub": role("hub", "111122223333"), "partner": role("partner", "444455556666", via="hub")},
        ),
        "emr-7.12.0",
        "role partner: via makes 2 hops (hub, partner), and Hadoop's provider makes one; let the base identity assume the role "
        "itself, or take flavour shim",
    ),
    "tags": (
        one_hop(role_fields={"tags": (("team", "ads"),)}),
        "emr-7.12.0",
        "role reader: tags: Hadoop's provider cannot send Tags; leave it out, or take flavour shim",
    ),
    "external id before 3.4.1": (
        one_hop(role_fields={"external_id": ExternalId(literal="partner-7")}),
        "spark-3.5",
        "role reader: external_id: Hadoop's provider has it from 3.4.1 on, spark-3.5 has 3.3.4; leave it out, or take flavour shim",
    ),
    "reference": (
        one_hop(role_fields={"external_id": ExternalId(env="X")}),
        "spark-4",
        "role reader: external_id is a reference (environment variable X), and Hadoop's provider takes the text itself; write it, or "
        "take flavour shim",
    ),
    "session name": (
        one_hop(role_fields={"session_name": "job-{user}"}),
        "spark-4",
        "role reader: session_name job-{user} is filled in at run time, which Hadoop's provider cannot; write a name without {run} "
        "and {user}, or take flavour shim",
    ),
    "deny": (
        one_hop(deny_undeclared=True),
        "spark-4",
        "otherwise: deny and patterns: flavour hadoop has a provider for named buckets only; declare otherwise: platform and name the "
        "buckets, or take flavour shim",
    ),
    "default role": (
        one_hop(python_default_role="reader", python_roles=("reader",)),
        "spark-4",
        "python.default_role: flavour hadoop has no plugin that gives plain boto3.client() a role; leave it out and name the role: "
        "xacct.client(service, role=...), or take flavour shim",
    ),
    "emrfs": (
        one_hop(),
        "emr-7.9.0",
        "flavour hadoop on emr-7.9.0: s3:// is served by EMRFS, which does not know Hadoop's provider; take emr-7.10.0 or later, or "
        "take flavour shim",
    ),
    "emrfs of glue": (
        one_hop(),
        "glue-5.0",
        "flavour hadoop on glue-5.0: s3:// is served by EMRFS, which does not know Hadoop's provider; take glue-5.1 or later",
    ),
    "endpoint of STS without TLS": (
        one_hop(sts=Sts("eu-west-1", "http://127.0.0.1:1")),
        "spark-4",
        "sts.endpoint http://127.0.0.1:1: Hadoop's provider calls STS by https only; leave it out, or take flavour shim",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_hadoops_provider_cannot_carry_is_refused_by_field(case: str) -> None:
    plan, release, message = REFUSALS[case]
    with pytest.raises(TargetError) as error:
        targets.settings_for(plan, release, flavour=HADOOP)
    assert str(error.value) == message


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(TargetError) as error:
        targets.settings_for(named(), "spark-4", flavour=HADOOP)
    assert [line.split(":")[0] for line in str(error.value).splitlines()] == [
        "python.default_role",
        "role partner",
        "role partner",
    ]


def test_buckets_that_use_leaves_out_cannot_be_refused_and_so_nothing_is_rendered() -> None:
    plan = one_hop(bound("partner-data", "reader"), bound("other", "reader"))
    with pytest.raises(TargetError) as error:
        targets.settings_for(plan, "spark-4", flavour=HADOOP, use=["partner-data"])
    assert str(error.value) == (
        "--use: flavour hadoop cannot refuse the buckets that are left out (other); take flavour shim, or a declaration without them"
    )


@pytest.mark.parametrize("name", ["spark.hadoop.fs.s3.impl", "spark.hadoop.fs.s3n.impl"])
def test_emrfs_switched_on_again_is_a_conflict_because_it_does_not_ask_hadoops_provider(name: str) -> None:
    there = {name: "com.amazon.ws.emr.hadoop.fs.EmrFileSystem"}
    by_flavour = {
        flavour: targets.merge(
            there, targets.settings_for(one_hop(), "emr-7.12.0", flavour=flavour).spark_settings()
        ).conflicts
        for flavour in targets.Flavour
    }
    assert by_flavour == {
        targets.Flavour.SHIM: (),
        HADOOP: (
            f"{name} = com.amazon.ws.emr.hadoop.fs.EmrFileSystem stays: s3:// is EMRFS then, which does not ask Hadoop's provider; take "
            "it out, or take flavour shim",
        ),
    }
