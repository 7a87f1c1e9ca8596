"""Target glue: a CreateJob request by Hadoop's own provider, checked against botocore's model and Glue's own rules."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fakes.target_plans import access_map, bound, named, role

from spark_xacct import plan as plans
from spark_xacct import targets
from spark_xacct.errors import TargetError
from spark_xacct.model import Arn, Base, BaseKind, ExternalId, Sts
from spark_xacct.plan import Plan
from spark_xacct.targets import Job, aws_model, glue

ETL = "arn:aws:iam::111122223333:role/glue-etl"
JOB = Job(entry_point="s3://scripts/job.py", staging="s3://own/xacct/")


def base(kind: BaseKind = BaseKind.EMR_RUNTIME_ROLE, arn: str | None = ETL, **more: Any) -> Base:
    return Base(kind, arn and Arn.parse_principal(arn), **more)


def one_hop(*bindings: Any, role_fields: dict[str, Any] | None = None, **more: Any) -> Plan:
    values: dict[str, Any] = {
        "base": base(),
        "roles": {"reader": role("reader", "444455556666", **(role_fields or {}))},
        "python_default_role": None,
        "python_roles": ("reader",),
        **more,
    }
    return plans.encode(access_map(*(bindings or (bound("partner-data", "reader"),)), **values))


def request(plan: Plan, release: str | None = None, **more: Any) -> dict[str, Any]:
    rendered = targets.render("glue", plan, release, **{"job": JOB, **more})
    text = json.loads(rendered.files()["create-job.json"])
    assert text == rendered.data["request"]
    return text


def conf(plan: Plan, **more: Any) -> dict[str, str]:
    """What Spark gets of the one value, split as a shell splits it."""
    chained = "--conf " + request(plan, **more)["DefaultArguments"]["--conf"]
    words = chained.split()
    assert words[::2] == ["--conf"] * (len(words) // 2)
    return dict(word.split("=", 1) for word in words[1::2])


def refusal(plan: Plan, release: str | None = None, **more: Any) -> list[str]:
    with pytest.raises(TargetError) as error:
        targets.render("glue", plan, release, **{"job": JOB, **more})
    return str(error.value).splitlines()


def test_the_request_is_whole_and_glues() -> None:
    plan = one_hop()
    made = request(plan)
    arguments = made.pop("DefaultArguments")
    assert made == {
        "Name": "spark-xacct",
        "Role": ETL,
        "Command": {"Name": "glueetl", "ScriptLocation": "s3://scripts/job.py", "PythonVersion": "3"},
        "GlueVersion": "5.1",
        "WorkerType": "G.1X",
        "NumberOfWorkers": 2,
    }
    assert {name: value for name, value in arguments.items() if name != "--conf"} == {
        "--additional-python-modules": "s3://own/xacct/spark_xacct-0.1.0-py3-none-any.whl",
        "--python-modules-installer-option": "--no-deps",
        "--extra-files": "s3://own/xacct/xacct.plan",
    }
    assert not list(aws_model.problems("glue", "CreateJob", {**made, "DefaultArguments": arguments}))


def test_one_conf_holds_every_setting_of_hadoops_provider() -> None:
    plan = one_hop(role_fields={"external_id": ExternalId(literal="partner-7")})
    prefix = "spark.hadoop.fs.s3a.bucket.partner-data."
    rendered = {name: value for name, value in conf(plan).items() if not name.startswith("spark.executorEnv.")}
    assert rendered == {
        "spark.hadoop.fs.s3a.endpoint.region": "eu-west-1",
        prefix + "aws.credentials.provider": "org.apache.hadoop.fs.s3a.auth.AssumedRoleCredentialProvider",
        prefix + "assumed.role.arn": "arn:aws:iam::444455556666:role/reader",
        prefix + "assumed.role.session.duration": "3600s",
        prefix + "assumed.role.external.id": "partner-7",
        prefix
        + "assumed.role.credentials.provider": "software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider",
        prefix + "assumed.role.sts.endpoint": "sts.eu-west-1.amazonaws.com",
        prefix + "assumed.role.sts.endpoint.region": "eu-west-1",
    }


def test_python_gets_the_plan_in_a_file_and_in_the_executors_environment() -> None:
    plan = one_hop()
    prefix = "spark.executorEnv."
    environment = {name.removeprefix(prefix): value for name, value in conf(plan).items() if name.startswith(prefix)}
    assert plans.from_environment(environment).id == plan.id
    assert plans.decode(targets.render("glue", plan, job=JOB).files()["xacct.plan"]).id == plan.id


@pytest.mark.parametrize(("region", "expected"), [("eu-west-1", "eu-west-1"), ("us-gov-west-1", "us-gov-west-1")])
def test_s3as_region_is_set_once(region: str, expected: str) -> None:
    chained = request(one_hop(sts=Sts(region)))["DefaultArguments"]["--conf"]
    assert chained.count("spark.hadoop.fs.s3a.endpoint.region=") == 1
    assert conf(one_hop(sts=Sts(region)))["spark.hadoop.fs.s3a.endpoint.region"] == expected


def test_arguments_of_the_program_are_named_ones() -> None:
    given = ("--day=2026-01-01", "--note=a=b c", "--hour", "12", "--empty=")
    arguments = request(one_hop(), job=Job(arguments=given))["DefaultArguments"]
    assert {name: arguments[name] for name in ("--day", "--note", "--hour", "--empty")} == {
        "--day": "2026-01-01",
        "--note": "a=b c",
        "--hour": "12",
        "--empty": "",
    }
    job = Job(arguments=("2026-01-01", "--conf=spark.x=y", "--JOB_NAME", "x", "--flag", "--last"))
    named_only = "Glue takes named arguments with a value only; write --argument=--NAME=VALUE"
    assert refusal(one_hop(), job=job) == [
        f'glue: --argument "2026-01-01": {named_only}',
        "glue: --argument --conf: the request has it already; add to it in create-job.json",
        "glue: --argument --JOB_NAME: Glue keeps it for itself; call it otherwise",
        f'glue: --argument "--flag": {named_only}',
        f'glue: --argument "--last": {named_only}',
    ]


def test_logs_are_those_of_the_spark_ui() -> None:
    arguments = request(one_hop(), job=Job(logs="s3://corp-logs/glue/"))["DefaultArguments"]
    assert (arguments["--enable-spark-ui"], arguments["--spark-event-logs-path"]) == ("true", "s3://corp-logs/glue/")
    assert "--enable-spark-ui" not in request(one_hop())["DefaultArguments"]


@pytest.mark.parametrize("release", ["glue-4.0", "glue-5.0"])
def test_glue_with_emrfs_is_refused_by_name(release: str) -> None:
    (line,) = refusal(one_hop(), release)
    assert line.startswith(
        f"flavour hadoop on {release}: s3:// is served by EMRFS, which does not know Hadoop's provider; "
    )


def test_a_newer_glue_is_asked_for_by_its_version_with_a_note() -> None:
    assert request(one_hop(), "glue-6.0")["GlueVersion"] == "6.0"
    assert targets.render("glue", one_hop(), "glue-6.0", job=JOB).data["comments"][-1] == (
        "release glue-6.0 is newer than this table; it is taken for glue-5.1 and later"
    )


def test_a_label_of_emr_and_our_own_provider_are_refused() -> None:
    assert refusal(one_hop(), "emr-7.12.0") == ["glue: release emr-7.12.0 is not one of its own; take a label of glue"]
    assert refusal(one_hop(), flavour=targets.Flavour.SHIM) == ["glue: flavour shim is not for it; take flavour hadoop"]


def test_chains_and_default_roles_are_refused_before_anything_of_glue() -> None:
    lines = refusal(named())
    assert [line.split(":")[0] for line in lines] == ["python.default_role", "role partner", "role partner"]


@pytest.mark.parametrize("kind", glue.NOT_THERE, ids=str)
def test_a_base_that_a_job_of_glue_cannot_be_is_refused(kind: BaseKind) -> None:
    plan = one_hop(base=base(kind, profile="jobs" if kind is BaseKind.PROFILE else None))
    assert refusal(plan) == [
        f"glue: base {kind}: a job of Glue is its job role; declare base: {{kind: emr-runtime-role, arn: ...}}, which takes what the "
        "platform gives and compares it"
    ]


def test_the_job_role_is_the_base_identity() -> None:
    other = "arn:aws:iam::111122223333:role/other"
    assert request(one_hop(), job=Job(role=ETL))["Role"] == ETL
    assert request(one_hop(base=base(BaseKind.CONTAINER, None)), job=Job(role=other))["Role"] == other
    assert refusal(one_hop(), job=Job(role=other)) == [
        f"glue: --role {other} is not {ETL} (base.arn), which the declared roles trust; make them one"
    ]
    assert refusal(one_hop(base=base(BaseKind.CONTAINER, None))) == [
        "glue: a job needs a role: declare base.arn, or say --role"
    ]


def test_a_session_policy_does_not_go_through_conf() -> None:
    policy = '{"Version":"2012-10-17","Statement":[]}'
    assert refusal(one_hop(role_fields={"policy": policy})) == [
        "glue: spark.hadoop.fs.s3a.bucket.partner-data.assumed.role.policy (bucket partner-data: role reader, read, by Hadoop's own "
        "provider) holds blanks or quotes, and AWS does not say how --conf reads them; leave out what it is for"
    ]


def test_options_of_a_job_that_glue_has_no_use_for_are_refused() -> None:
    assert refusal(one_hop(), job=Job(parameters=("--verbose",), image="registry/x", spark_jars=True)) == [
        "glue: --parameter: Glue takes no options of spark-submit; add settings to --conf in create-job.json",
        "glue: --image: Glue runs no images; leave it out",
        "glue: --spark-jars: flavour hadoop needs no jar; leave it out",
    ]


def test_what_the_service_would_refuse_is_refused_with_its_limit() -> None:
    assert refusal(one_hop(), job=Job(name="x" * 256)) == [
        "glue: CreateJob.Name has 256 characters, and 255 is the limit"
    ]


@pytest.mark.parametrize(("partition", "region"), [("aws-us-gov", "us-gov-west-1"), ("aws-cn", "cn-north-1")])
def test_60_buckets_and_10_roles_fit_and_many_more_do_not(partition: str, region: str) -> None:
    roles = {
        f"team-{number}": role(f"team-{number}", f"{444455556660 + number}", partition=partition)
        for number in range(10)
    }

    def plan(count: int) -> Plan:
        buckets = [bound(f"data-{number:03d}.example-company.com", f"team-{number % 10}") for number in range(count)]
        arn = f"arn:{partition}:iam::111122223333:role/glue-etl"
        return one_hop(*buckets, base=base(arn=arn), sts=Sts(region), roles=roles, python_roles=("team-1",))

    found = conf(plan(60))
    assert len([name for name in found if name.endswith(".assumed.role.arn")]) == 60
    (line,) = refusal(plan(600))
    assert line.endswith(" bytes, and 260,000 is the limit; declare fewer buckets for this job")
