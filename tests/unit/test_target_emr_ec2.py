"""Target emr-ec2: requests that the API takes, settings in their places, what is refused. Its scripts are run beside."""

from __future__ import annotations

import ast
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fakes.target_plans import access_map, bound, large, named, plain_refusing, role

from spark_xacct import declaration, keys, targets
from spark_xacct import plan as plans
from spark_xacct.cli.application import cli
from spark_xacct.errors import SparkStartError, TargetError
from spark_xacct.model import Arn, Base, BaseKind, DecisionKind, ExternalId, Location, Pattern
from spark_xacct.plan import Plan
from spark_xacct.spark import jar as spark_jar
from spark_xacct.targets import Job, aws_model, releases
from spark_xacct.targets.job import JAR_NAME

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "emr-ec2-emrfs"
GLOBAL_ONLY = ("emr-5.36.0", "emr-6.5.0")
WITHOUT_EMRFS = ("emr-spark-8.0.0", "emr-spark-8.1.0")
LABELS = (*GLOBAL_ONLY, "emr-6.15.0", "emr-7.0.0", "emr-7.9.0", "emr-7.10.0", "emr-7.14.0", *WITHOUT_EMRFS)
SHA256 = "0123456789ab" + "c" * 52
STAGING = "s3://corp-dev-code/xacct"
STAGED = f"{STAGING}/{JAR_NAME}"
INSTALLED = f"/usr/lib/spark/jars/{JAR_NAME}"
AUXLIB = "/usr/share/aws/emr/emrfs/auxlib"
ETL, RUNTIME = "arn:aws:iam::111122223333:role/team/etl", "arn:aws:iam::111122223333:role/runtime"
JOB = Job(
    name="daily",
    entry_point="s3://corp-dev-code/job.py",
    arguments=("--day", "a b"),
    staging=f"{STAGING}/",
    jar_sha256=SHA256,
)


def plan_of(kind: BaseKind = BaseKind.INSTANCE_PROFILE, arn: str | None = ETL, **more: Any) -> Plan:
    base = Base(
        kind,
        Arn.parse_principal(arn) if arn else None,
        profile="etl" if kind is BaseKind.PROFILE else None,
        class_name="a.B" if kind is BaseKind.CLASS else None,
    )
    bindings = (bound("partner-data", "partner"), bound("scratch", None))
    return plans.encode(access_map(*bindings, base=base, python_default_role=None, **more))


def render(plan: Plan, release: str = "emr-7.12.0", flavour: str | None = None, **job: Any) -> targets.Rendered:
    chosen = targets.Flavour(flavour) if flavour else None
    return targets.render("emr-ec2", plan, release, job=replace(JOB, **job), flavour=chosen)


def refusal(plan: Plan, release: str = "emr-7.12.0", **job: Any) -> list[str]:
    with pytest.raises(TargetError) as error:
        render(plan, release, **job)
    return str(error.value).splitlines()


def carried(release: str) -> Plan:
    return plain_refusing() if release in GLOBAL_ONLY else named()


def by_classification(content: Any) -> dict[str, dict[str, str]]:
    return {one["Classification"]: one["Properties"] for one in content["configurations"]}


def arguments(step: Any) -> list[str]:
    return list(step["HadoopJarStep"]["Args"])


def options(step: Any) -> dict[str, str]:
    """Settings and options of a spark-submit step, by name."""
    words = arguments(step)
    words = words[: words.index(JOB.entry_point)]
    pairs = zip(words[3::2], words[4::2], strict=True)
    return dict(value.split("=", 1) if name == "--conf" else (name, value) for name, value in pairs)


# Requests


@pytest.mark.parametrize("on", [None, "j-1ABC"], ids=["new cluster", "running"])
@pytest.mark.parametrize("release", LABELS)
def test_every_request_is_one_that_the_api_takes(release, on):
    operations = {"create_cluster": "RunJobFlow", "add_install": "AddJobFlowSteps", "add_steps": "AddJobFlowSteps"}
    for plan in (carried(release), plain_refusing()):
        data = render(plan, release, on=on).data
        requests = {name: data[name] for name in operations if name in data}
        assert list(requests) == (["create_cluster", "add_steps"] if on is None else ["add_install", "add_steps"])
        for name, request in requests.items():
            assert list(aws_model.problems("emr", operations[name], request)) == []


def test_the_request_for_a_new_cluster_is_whole():
    data = render(plan_of(), "emr-7.9.0", logs="s3://corp-dev-logs/emr/").data
    request = data["create_cluster"]
    assert {name: value for name, value in request.items() if name not in ("Steps", "Configurations")} == {
        "Name": "daily",
        "ReleaseLabel": "emr-7.9.0",
        "Applications": [{"Name": "Hadoop"}, {"Name": "Spark"}],
        "Instances": {
            "InstanceGroups": [
                {
                    "Name": name,
                    "InstanceRole": name,
                    "InstanceType": "m5.xlarge",
                    "InstanceCount": count,
                    "Market": "ON_DEMAND",
                }
                for name, count in (("MASTER", 1), ("CORE", 2))
            ],
            "KeepJobFlowAliveWhenNoSteps": True,
            "TerminationProtected": False,
        },
        "AutoTerminationPolicy": {"IdleTimeout": 3600},
        "JobFlowRole": "etl",
        "ServiceRole": "EMR_DefaultRole",
        "VisibleToAllUsers": True,
        "Tags": [{"Key": "spark-xacct-plan", "Value": plan_of().id}],
        "BootstrapActions": [
            {
                "Name": "Fetch spark-xacct",
                "ScriptBootstrapAction": {
                    "Path": f"{STAGING}/{JAR_NAME.removesuffix('.jar')}/bootstrap.sh",
                    "Args": [STAGED, SHA256, AUXLIB],
                },
            }
        ],
        "LogUri": "s3://corp-dev-logs/emr/",
    }
    assert request["Configurations"] == data["configurations"]
    install, job = request["Steps"]
    assert (install["Name"], install["ActionOnFailure"]) == ("Install spark-xacct", "CANCEL_AND_WAIT")
    assert install["HadoopJarStep"]["Jar"] == job["HadoopJarStep"]["Jar"] == "command-runner.jar"
    assert arguments(install)[:2] == ["bash", "-c"]
    assert arguments(install)[3:] == [
        f"{STAGING}/{JAR_NAME.removesuffix('.jar')}/install.sh",
        STAGED,
        SHA256,
        "/usr/lib/spark/jars",
        AUXLIB,
    ]
    assert job == data["step"] == data["add_steps"]["Steps"][0]
    assert (job["Name"], job["ActionOnFailure"]) == ("daily", "CONTINUE")
    assert arguments(job) == [
        "spark-submit",
        "--deploy-mode",
        "cluster",
        "s3://corp-dev-code/job.py",
        "--day",
        "a b",
    ]
    assert data["add_steps"]["JobFlowId"] == "<cluster id>"


@pytest.mark.parametrize("release", LABELS)
def test_emrfs_gets_its_file_and_its_folder_where_it_is(release):
    data = render(carried(release), release).data
    emrfs = release not in WITHOUT_EMRFS
    (action,) = data["create_cluster"]["BootstrapActions"]
    assert (AUXLIB in action["ScriptBootstrapAction"]["Args"]) is emrfs
    assert (AUXLIB in arguments(data["create_cluster"]["Steps"][0])) is emrfs
    assert list(by_classification(data)) == ["core-site", *(["emrfs-site"] if emrfs else []), "spark-defaults"]
    assert {one["Name"] for one in data["create_cluster"]["Applications"]} == {"Spark"} | (
        {"Hadoop"} if emrfs else set()
    )


# Settings in their places


@pytest.mark.parametrize("release", LABELS)
def test_each_reader_finds_the_same_values_and_none_twice(release):
    rendered = render(carried(release), release)
    sites = by_classification(rendered.data)
    spark = sites.pop("spark-defaults")
    prefix = keys.SPARK_HADOOP_PREFIX
    hadoop = {name.removeprefix(prefix): value for name, value in spark.items() if name.startswith(prefix)}
    assert sum(map(len, sites.values())) == len(hadoop)
    assert {name: value for site in sites.values() for name, value in site.items()} == hadoop
    assert all(name.startswith("fs.s3.") for name in sites.get("emrfs-site", {}))
    assert not [name for name in sites["core-site"] if name.startswith("fs.s3.")]
    assert plans.from_settings(sites["core-site"], "").id == rendered.settings.plan.id
    assert plans.from_settings(spark, prefix).id == rendered.settings.plan.id
    for environment in ("spark.executorEnv.", "spark.yarn.appMasterEnv."):
        assert spark[environment + keys.PLAN_ENVIRONMENT].startswith("z1:")
    assert spark["spark.submit.pyFiles"] == INSTALLED
    assert spark.get("spark.plugins.defaultList") == (None if release == "emr-5.36.0" else keys.PLUGIN)
    assert not [name for name in spark if "extraClassPath" in name or "kubernetes" in name or name == "spark.jars"]


def test_the_step_for_a_running_cluster_carries_what_a_new_cluster_would():
    new, running = render(named(), "emr-7.9.0").data, render(named(), "emr-7.9.0", on="j-1ABC").data
    carried_by_step = options(running["step"])
    carried_by_step["spark.submit.pyFiles"] = carried_by_step.pop("--py-files")
    assert carried_by_step == by_classification(new)["spark-defaults"]
    assert running["add_steps"] == {"JobFlowId": "j-1ABC", "Steps": [running["step"]]}
    (install,) = running["add_install"]["Steps"]
    # CANCEL_AND_WAIT is refused on a cluster that runs steps side by side.
    assert (install["ActionOnFailure"], running["add_install"]["JobFlowId"]) == ("CONTINUE", "j-1ABC")
    assert arguments(install) == arguments(new["create_cluster"]["Steps"][0])


def test_by_spark_jars_nothing_is_installed():
    rendered = render(plan_of(), "emr-7.12.0", on="j-1ABC", spark_jars=True)
    step = options(rendered.data["step"])
    assert (step["--jars"], step["--py-files"]) == (STAGED, STAGED)
    assert step["spark.plugins.defaultList"] == keys.PLUGIN
    assert "add_install" not in rendered.data
    assert list(rendered.files()) == ["README.md", "step.json", "add-steps.json", "add-steps.sh"]
    assert "install.sh" not in rendered.text()
    placeholder = render(plan_of(), "emr-7.12.0", spark_jars=True).data
    assert placeholder["add_steps"]["JobFlowId"] == "<cluster id>"


def test_flavour_hadoop_needs_no_jar():
    plan = plans.encode(
        access_map(bound("finance-data", "finance"), base=Base(BaseKind.INSTANCE_PROFILE), python_default_role=None)
    )
    rendered = render(plan, "emr-7.12.0", flavour="hadoop")
    assert [arguments(step)[0] for step in rendered.data["create_cluster"]["Steps"]] == ["spark-submit"]
    assert "BootstrapActions" not in rendered.data["create_cluster"]
    assert list(by_classification(rendered.data)) == ["core-site", "spark-defaults"]
    assert not [name for name in rendered.files() if name in ("bootstrap.sh", "install.sh")]
    assert JAR_NAME not in rendered.text()
    assert not re.search("stag", rendered.text())
    assert "add_install" not in render(plan, "emr-7.12.0", flavour="hadoop", on="j-1").data


@pytest.mark.parametrize(
    ("on", "parameters", "expected"),
    [
        (None, ("--num-executors", "4"), ["--num-executors", "4"]),
        (None, ("--py-files", "s3://corp-dev-code/lib.zip", "--verbose"), ["--py-files", f"s3://corp-dev-code/lib.zip,{INSTALLED}", "--verbose"]),
        (None, ("--py-files=lib.zip",), ["--py-files", f"lib.zip,{INSTALLED}"]),
        (None, ("--conf", "spark.plugins.defaultList=a.B"), ["--conf", f"spark.plugins.defaultList=a.B,{keys.PLUGIN}"]),
        (None, ("--conf", "spark.sql.x=1", "-c", "spark.xacct.python.required=false"), ["--conf", "spark.sql.x=1", "-c", "spark.xacct.python.required=false"]),
        (None, ("--conf spark.hadoop.fs.s3a.endpoint.region=x --jars a.jar",), ["--conf", "spark.hadoop.fs.s3a.endpoint.region=x", "--jars", "a.jar"]),
        ("j-1ABC", ("--jars", "a.jar", "--py-files=b.py", "--num-executors", "4"), ["--py-files", f"b.py,{INSTALLED}"]),
    ],
)  # fmt: skip
def test_the_user_s_lists_are_joined_with_ours(on, parameters, expected):
    step = arguments(render(plan_of(), on=on, parameters=parameters).data["step"])
    assert step[3 : 3 + len(expected)] == expected
    assert step[-3:] == [JOB.entry_point, *JOB.arguments]
    if on is not None:
        assert step[-7:-3] == ["--jars", "a.jar", "--num-executors", "4"]
        assert f"spark.plugins.defaultList={keys.PLUGIN}" in step
    elif "--conf" not in expected:
        assert len(step) == 3 + len(expected) + 3


# Runtime roles


@pytest.mark.parametrize(
    ("plan", "role"),
    [
        (plan_of(BaseKind.EMR_RUNTIME_ROLE, RUNTIME), None),
        (plan_of(BaseKind.EMR_RUNTIME_ROLE, RUNTIME), RUNTIME),
        (plan_of(BaseKind.CLASS, None), RUNTIME),
    ],
    ids=["by base.arn", "both", "a class of the user's"],
)
def test_a_runtime_role_is_that_of_the_job_and_not_of_the_install(plan, role):
    new, running = render(plan, role=role), render(plan, role=role, on="j-1ABC")
    cluster = new.data["create_cluster"]
    assert cluster["SecurityConfiguration"] == "spark-xacct-runtime-roles"
    assert cluster["JobFlowRole"] == "EMR_EC2_DefaultRole"
    assert [step["Name"] for step in cluster["Steps"]] == ["Install spark-xacct"]
    assert "StepExecutionRoleArn" not in cluster
    assert new.data["security_configuration"] == {
        "AuthorizationConfiguration": {"IAMConfiguration": {"EnableApplicationScopedIAMRole": True}}
    }
    for data in (new.data, running.data):
        assert data["add_steps"]["ExecutionRoleArn"] == RUNTIME
    assert (
        "runtime role: the cluster's security configuration must have runtime roles switched on"
        in running.data["notes"]
    )
    assert "ExecutionRoleArn" not in running.data["add_install"]
    assert "security-configuration.json" in new.files()
    assert [note for note in new.data["notes"] if note.startswith("runtime role: ")] == [
        "runtime role: steps cannot reach the instance metadata service; whose credentials a credentials provider finds there is not "
        "documented, so base.arn is compared with what STS says before anything is served; not tested"
    ]


def test_without_a_runtime_role_nothing_of_it_is_there():
    rendered = render(plan_of())
    assert "runtime" not in rendered.text().lower()
    assert "SecurityConfiguration" not in rendered.data["create_cluster"]


# External ids


VARIABLES = ("spark.yarn.appMasterEnv.PARTNER_EXTERNAL_ID", "spark.executorEnv.PARTNER_EXTERNAL_ID")


def of_external_id(external_id: ExternalId) -> Plan:
    roles = {"partner": role("partner", "444455556666", external_id=external_id)}
    return plan_of(roles=roles, python_roles=("partner",))


@pytest.mark.parametrize("flavour", ["shim", "hadoop"])
def test_the_variable_of_an_external_id_is_set_in_the_driver_and_the_executors(flavour):
    plan = plan_of() if flavour == "shim" else hadoops_own()
    spark = by_classification(render(plan, flavour=flavour).data)["spark-defaults"]
    assert {name: spark.get(name) for name in VARIABLES} == dict.fromkeys(VARIABLES, "<external id of role partner>")
    step = options(render(plan, flavour=flavour, on="j-1ABC").data["step"])
    assert {name: step.get(name) for name in VARIABLES} == dict.fromkeys(VARIABLES, "<external id of role partner>")


def hadoops_own() -> Plan:
    """A role that Python alone asks for, whose external id Hadoop's provider never sees."""
    bindings = (bound("finance-data", "finance"),)
    return plans.encode(
        access_map(*bindings, base=Base(BaseKind.INSTANCE_PROFILE), python_default_role=None, python_roles=("partner",))
    )


def test_a_value_that_the_user_says_stays_and_the_other_is_still_asked_for():
    step = arguments(render(plan_of(), on="j-1ABC", parameters=(f"--conf {VARIABLES[0]}=mine",)).data["step"])
    said = [word for word in step if word.startswith(VARIABLES)]
    assert said == [f"{VARIABLES[1]}=<external id of role partner>", f"{VARIABLES[0]}=mine"]


def test_a_file_with_an_external_id_must_lie_on_the_nodes_and_somebody_is_told():
    for job in ({}, {"on": "j-1ABC"}):
        rendered = render(of_external_id(ExternalId(file="/etc/ids/partner")), **job)
        assert rendered.data["external_ids"] == {"variables": {}, "files": {"/etc/ids/partner": "partner"}}
        note = (
            "external id of role partner: /etc/ids/partner must lie on every node at this path, readable for the user of the containers; "
            "a bootstrap action of yours brings it"
        )
        assert f"## Mind\n\n{''.join(f'- {one}' + chr(10) for one in rendered.data['notes'])}" in rendered.text()
        assert note in rendered.data["notes"]


def test_an_external_id_that_is_text_needs_nothing():
    rendered = render(of_external_id(ExternalId(literal="partner-7")))
    assert "external id" not in rendered.text()
    assert rendered.data["external_ids"] == {"variables": {}, "files": {}}


# What people are told


READS = (
    "whoever may describe {} reads it (to AWS it is no secret); whoever sends the JSON writes it instead of <external id of role "
    "partner>. What runs without Spark's settings, and a driver in client mode, needs PARTNER_EXTERNAL_ID exported on its node"
)


def test_notes_say_what_somebody_must_see_to():
    notes = render(plan_of(BaseKind.IRSA)).data["notes"]
    assert notes == [
        "base irsa: a node of EMR on EC2 has no such identity by itself; declare base: instance-profile, or bring it to every container",
        f"unverified: whether {AUXLIB} is on the class path of hadoop fs, Hive and distcp here; where it is not, they refuse declared "
        "buckets (the class is not found)",
        "unverified: EMR's own S3A on a cluster: not tested",
        "unverified: EMR on EC2 as a whole, not tested; Spark on YARN with the jar in Spark's jars folder, and by spark.jars, is "
        "tested with Apache's own",
        f"external id of role partner: create-cluster.sh and submit take it from PARTNER_EXTERNAL_ID of your shell into the cluster's "
        f"settings, where {READS.format('the cluster')}",
    ]
    assert render(plan_of(), on="j-1ABC").data["notes"][-1] == (
        "external id of role partner: add-steps.sh and submit take it from PARTNER_EXTERNAL_ID of your shell into the step, where "
        + READS.format("steps")
    )
    assert render(plan_of(), "emr-7.9.0").data["notes"][:2] == [
        "JobFlowRole names an instance profile, here by the name of the role in base.arn, etl; write the profile's own name where it has "
        "another",
        "unverified: EMRFS on a cluster: not tested",
    ]
    assert (
        "hadoop fs and distcp: no folder is known that is on their class path, so they refuse all buckets (the class is not found); Spark, "
        "Thrift Server and History Server have it"
    ) in render(plain_refusing(), "emr-spark-8.1.0").data["notes"]
    assert (
        "the step's options win over the cluster's spark-defaults.conf: where spark.plugins.defaultList or spark.submit.pyFiles stand "
        "there, say them with --parameter too, and the values are joined"
    ) in render(plan_of(), on="j-1ABC").data["notes"]
    assert render(plan_of(BaseKind.ENV), role=RUNTIME, on="j-1ABC", logs="s3://logs/").data["notes"][1:3] == [
        f"base env: the step is {RUNTIME} by itself; declare base: {{kind: emr-runtime-role, arn: {RUNTIME}}} to begin with it",
        "--logs: a cluster that runs writes its logs where it was told when it was created",
    ]


def test_the_rendered_page_names_every_file_and_says_the_comments():
    for job in ({}, {"on": "j-1ABC"}, {"on": "j-1ABC", "spark_jars": True}):
        rendered = render(plan_of(), **job)
        page = rendered.files()["README.md"]
        assert {name for name in rendered.files() if f"| {name} |" in page} == set(rendered.files()) - {"README.md"}
        assert all(f"- {line}\n" in page for line in (*rendered.settings.comments, *rendered.data["notes"]))


def test_json_files_hold_the_content_and_nothing_is_left_out():
    rendered = render(plan_of(BaseKind.EMR_RUNTIME_ROLE, RUNTIME))
    files = {name: json.loads(text) for name, text in rendered.files().items() if name.endswith(".json")}
    for_people = ("notes", "external_ids")
    content = {
        f"{name.replace('_', '-')}.json": value for name, value in rendered.content.items() if name not in for_people
    }
    assert files == content


def test_without_a_jar_here_the_place_of_its_digest_is_rendered():
    rendered = targets.render("emr-ec2", plan_of())
    assert "<sha256 of the jar>" in arguments(rendered.data["create_cluster"]["Steps"][0])
    assert rendered.job.placeholders == ("entry_point", "staging")


# Limits


@pytest.mark.parametrize(
    "plan", [large("aws-us-gov", "us-gov-west-1"), large("aws-cn", "cn-north-1")], ids=["gov", "china"]
)
@pytest.mark.parametrize("release", [label for label in LABELS if label not in GLOBAL_ONLY])
def test_60_buckets_and_10_roles_fit_a_new_cluster_and_are_refused_for_a_running_one(release, plan):
    spark = by_classification(render(plan, release).data)["spark-defaults"]
    assert all(any(binding.bucket.text in name for name in spark) for binding in plan.access_map.bindings)
    (problem,) = refusal(plan, release, on="j-1ABC")
    number = problem.split(" has ")[1].split(" ")[0]
    assert int(number.replace(",", "")) > 10_240
    assert problem == (
        f"emr-ec2: step daily has {number} characters, and 10,240 is the limit; take a declaration with the buckets of this job only, "
        "declare otherwise: deny, which needs one key for all buckets, or leave out --on and let a new cluster carry the settings"
    )


def test_60_buckets_and_10_roles_fit_a_step_where_undeclared_buckets_are_refused():
    bindings = tuple(bound(f"data-{number:03d}", f"team-{number % 10}") for number in range(60))
    whole = large("aws", "eu-west-1").access_map
    refusing = replace(whole, bindings=bindings, own=(Pattern("corp-dev-*"),), deny_undeclared=True)
    step = render(plans.encode(refusing), "emr-7.9.0", on="j-1ABC").data["step"]
    assert len("command-runner.jar") + sum(map(len, arguments(step))) < 10_240


@pytest.mark.parametrize(
    ("job", "problems"),
    [
        (
            {"name": "n" * 257},
            ["RunJobFlow.Name has 257 characters, and 256 is the limit", "RunJobFlow.Steps[1].Name has 257 characters, and 256 is the limit"],
        ),
        (
            {"arguments": ("x" * 10_240,)},
            ["step daily has 10,315 characters, and 10,240 is the limit; put long arguments of the program into a file"],
        ),
    ],
)  # fmt: skip
def test_what_the_api_would_refuse_is_refused_with_the_number(job, problems):
    assert refusal(plan_of(), **job) == [f"emr-ec2: {problem}" for problem in problems]


# What is refused


@pytest.mark.parametrize(
    ("plan", "release", "job", "problems"),
    [
        (plan_of(), "emr-7.12.0-latest", {}, ["release emr-7.12.0-latest is not a label of EMR on EC2; write emr-7.12.0"]),
        (plan_of(), "notebook-spark/emr-7.12.0", {}, ["release notebook-spark/emr-7.12.0 is not a label of EMR on EC2; write emr-7.12.0"]),
        (
            plan_of(), "emr-7.12.0", {"role": RUNTIME},
            [f"base instance-profile: a step with --role {RUNTIME} is that role and cannot reach the instance metadata service; declare "
             f"base: {{kind: emr-runtime-role, arn: {RUNTIME}}}, or leave out --role"],
        ),
        (
            plan_of(), "emr-7.12.0", {"image": "example/spark"},
            ["--image: EMR on EC2 takes the jar from a step, not from an image; leave it out"],
        ),
        (
            plan_of(BaseKind.EMR_RUNTIME_ROLE, ETL), "emr-7.12.0", {"role": RUNTIME},
            [f"base.arn is {ETL} and the step would run as {RUNTIME}, which is refused at run time; let --role and base.arn say one role"],
        ),
        (
            plans.encode(replace(plain_refusing().access_map, base=Base(BaseKind.EMR_RUNTIME_ROLE, Arn.parse_role(RUNTIME)))),
            "emr-6.5.0", {},
            ["release emr-6.5.0 has no runtime roles, which came with emr-6.7.0; take a newer one, or base: instance-profile without --role"],
        ),
        (
            plan_of(), "emr-7.12.0", {"staging": "s3://partner-data/code"},
            ["--staging s3://partner-data/code: bucket partner-data is declared behind a role, and nodes fetch the jar as the instance "
             "profile; take a bucket of the cluster's own account"],
        ),
        (
            plain_refusing(), "emr-7.12.0", {"entry_point": "s3://code/job.py", "parameters": ("--py-files", "x.py,s3a://libs/y.zip")},
            ["s3://code/job.py: bucket code is not declared, and otherwise: deny refuses it; list it under own",
             "s3a://libs/y.zip: bucket libs is not declared, and otherwise: deny refuses it; list it under own"],
        ),
        (
            plan_of(), "emr-7.9.0", {"spark_jars": True},
            ["--spark-jars: s3:// of emr-7.9.0 is EMRFS, which is not known to find its provider in spark.jars; leave it out, and the jar is "
             "installed"],
        ),
        (
            plain_refusing(), "emr-5.36.0", {"spark_jars": True},
            ["--spark-jars: Spark 2.4.8 of emr-5.36.0 has no plugins, which put the providers where S3A looks; leave it out, and the jar is "
             "installed",
             "--spark-jars: s3:// of emr-5.36.0 is EMRFS, which is not known to find its provider in spark.jars; leave it out, and the jar "
             "is installed",
             "--spark-jars: with otherwise: deny, or patterns, ours is the only provider, and spark-submit opens S3 before it has the jar; "
             "leave it out, and the jar is installed"],
        ),
        (
            plan_of(own=(Pattern("corp-dev-code"),)), "emr-7.12.0", {"spark_jars": True, "entry_point": "s3://partner-data/job.py"},
            [f"--spark-jars: {uri}: bucket {bucket} is declared, so our provider serves it, and spark-submit opens it before it has the "
             "jar; put the file into a bucket that is not declared, or leave out --spark-jars"
             for uri, bucket in ((STAGED, "corp-dev-code"), ("s3://partner-data/job.py", "partner-data"))],
        ),
        (
            plan_of(), "emr-7.12.0", {"parameters": ("--conf", "spark.hadoop.fs.s3a.bucket.partner-data.aws.credentials.provider=a.B")},
            ["--parameter: spark.hadoop.fs.s3a.bucket.partner-data.aws.credentials.provider was a.B; the plan needs "
             f"{keys.S3A_PROVIDER} (bucket partner-data: role partner, read); take it out"],
        ),
        (plan_of(), "emr-7.12.0", {"logs": "nots3"}, ["--logs is nots3, and takes an S3 URI; write s3://BUCKET/PREFIX/"]),
        (
            plan_of(), "emr-7.12.0", {"logs": "s3://partner-data/logs/"},
            ["--logs is s3://partner-data/logs/, and bucket partner-data is bound to role partner; nodes write logs as the instance "
             "profile, so take a bucket of the job's own account"],
        ),
        (
            plan_of(), "emr-7.12.0", {"role": "notanarn"},
            ['--role: "notanarn" is not an ARN (arn:partition:service:region:account:resource); give the ARN of a role'],
        ),
        (
            plan_of(), "emr-7.12.0", {"role": "arn:aws:iam::111122223333:user/etl"},
            ['--role: "arn:aws:iam::111122223333:user/etl" is not the ARN of a role (arn:aws:iam::123456789012:role/NAME); give the ARN '
             "of a role"],
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_run_is_refused_by_name(plan, release, job, problems):
    assert refusal(plan, release, **job) == [f"emr-ec2: {problem}" for problem in problems]


def test_flavour_hadoop_with_spark_jars_is_refused():
    plan = plans.encode(
        access_map(bound("finance-data", "finance"), base=Base(BaseKind.INSTANCE_PROFILE), python_default_role=None)
    )
    with pytest.raises(TargetError) as error:
        render(plan, "emr-7.12.0", flavour="hadoop", spark_jars=True)
    assert str(error.value) == "emr-ec2: --spark-jars: flavour hadoop needs no jar; leave it out"


def test_labels_where_emrfs_is_not_known_to_read_bucket_keys_need_otherwise_deny():
    assert refusal(named(), "emr-6.14.0")[0].startswith(
        "otherwise: platform on emr-6.14.0: EMRFS on AWS SDK v1 is not known to read "
    )


@pytest.mark.parametrize("release", ["spark-4", "glue-5.1"])
def test_releases_of_other_places_are_refused(release):
    assert refusal(plan_of(), release) == [
        f"emr-ec2: release {releases.resolve(release).name} is not one of its own; take a label of emr, emr-spark"
    ]


def test_an_own_pattern_is_left_to_the_platform_and_may_hold_the_staged_jar():
    plan = plan_of(own=(Pattern("corp-dev-*"),))
    assert options(render(plan, "emr-7.12.0", spark_jars=True).data["step"])["--jars"] == STAGED


# On the command line


def command(folder: Path, *arguments: str) -> Any:
    whole = ["render", "emr-ec2", "--config", str(EXAMPLE / "xacct.yaml"), "--to", str(folder / "out"), *arguments]
    return CliRunner().invoke(cli, whole)


def digest_in(folder: Path) -> str:
    step = json.loads((folder / "out" / "create-cluster.json").read_text(encoding="utf-8"))["Steps"][0]
    return arguments(step)[5]


@pytest.mark.parametrize("named_one", [True, False], ids=["--jar", "of this installation"])
def test_the_digest_is_that_of_the_jar_here(tmp_path, monkeypatch, named_one):
    path = tmp_path / "x.jar"
    path.write_bytes(b"jar")
    monkeypatch.setattr(spark_jar, "find", lambda environment: path)
    more = ["--jar", str(path)] if named_one else ["--jar", "/opt/on-a-node.jar"]
    result = command(tmp_path, *more, "--entry-point", "s3://code/job.py", "--staging", "s3://code/xacct")
    assert (result.exit_code, digest_in(tmp_path)) == (0, hashlib.sha256(b"jar").hexdigest())
    assert "still to be filled in" not in result.stderr
    assert (tmp_path / "out" / "create-cluster.sh").stat().st_mode & 0o111


def test_without_a_jar_somebody_is_told_what_is_missing(tmp_path, monkeypatch):
    def find(environment: Any) -> Path:
        raise SparkStartError("the jar is missing; make it")

    monkeypatch.setattr(spark_jar, "find", find)
    monkeypatch.setattr("spark_xacct.cli.render._is_packaged", lambda: False)
    result = command(tmp_path)
    assert (result.exit_code, digest_in(tmp_path)) == (0, "<sha256 of the jar>")
    assert [line for line in result.stderr.splitlines() if not line.startswith("wrote ")] == [
        "the jar is missing; make it; until then write its sha256 instead of <sha256 of the jar>",
        "still to be filled in: --entry-point, --staging",
    ]


def test_spark_jars_is_an_option_of_the_job(tmp_path):
    result = command(tmp_path, "--spark-jars", "--entry-point", "s3://code/job.py", "--on", "j-1ABC", "--jar", "x.jar")
    assert result.exit_code == 0, result.stderr
    assert not (tmp_path / "out" / "install.sh").exists()


# The example and the page


@pytest.mark.parametrize("release", ["emr-6.15.0", "emr-7.9.0"])
def test_the_example_reads_each_bucket_by_emrfs_under_a_provider_of_its_own(release):
    plan = declaration.load(EXAMPLE / "xacct.yaml").compiled()
    emrfs = by_classification(render(plan, release).data)["emrfs-site"]
    program = (EXAMPLE / "job.py").read_text(encoding="utf-8")
    ast.parse(program)
    locations = [Location.parse(uri) for uri in re.findall(r"s3://[^\"]+", program)]
    assert len(locations) == 3
    for location in locations:
        assert plan.access_map.decide(location).kind in (DecisionKind.ROLE, DecisionKind.BASE)
        assert emrfs[f"fs.s3.bucket.{location.bucket}.customAWSCredentialsProvider"] == keys.EMRFS_PROVIDER


def test_error_texts_on_the_page_are_those_that_people_see():
    page = (ROOT / "docs" / "emr-on-ec2.md").read_text(encoding="utf-8").partition("## Troubleshooting")[2]
    sources = [
        *(ROOT / "conf_templates" / "emr-ec2").glob("*.j2"),
        *(ROOT / "spark_xacct" / "targets").glob("emr_ec2*.py"),
    ]
    said = " ".join(path.read_text(encoding="utf-8") for path in sources).replace('\\"', '"')
    ours = [
        text
        for text in re.findall(r"^### `(.+?)`", page, re.MULTILINE)
        if not text.startswith(("java.", "Custom ", "XACCT"))
    ]
    assert len(ours) >= 7
    for text in ours:
        pieces = [piece.strip() for piece in re.split(r"…|10,240|\"<sha256 of the jar>\"|spark-xacct install:", text)]
        assert [piece for piece in pieces if len(piece) > 3 and piece not in said] == []


REGION_OF_ALL = "spark.hadoop.fs.s3a.endpoint.region"


@pytest.mark.parametrize(
    "parameters",
    [
        ("--conf", f"{REGION_OF_ALL}=eu-central-1"),
        (f"--conf {REGION_OF_ALL}=eu-central-1",),
        (f'--conf "{REGION_OF_ALL}=eu-central-1"', "--verbose"),
    ],
    ids=["two texts", "one text", "quoted"],
)
def test_the_users_own_value_stands_where_ours_is_only_a_default(parameters):
    step = arguments(render(plan_of(), "emr-7.0.0", parameters=parameters).data["step"])
    assert [one for one in step if REGION_OF_ALL in one] == [f"{REGION_OF_ALL}=eu-central-1"]
    assert ("--verbose" in step) == ("--verbose" in parameters)


def test_a_setting_against_the_plan_is_found_in_one_text_as_well():
    name = "spark.hadoop.fs.s3a.bucket.partner-data.aws.credentials.provider"
    (line,) = refusal(plan_of(), on="j-1", parameters=(f"--conf {name}=corp.Provider",))
    assert line.startswith(f"emr-ec2: --parameter: {name} was corp.Provider; the plan needs ")


def test_an_open_quote_is_refused():
    assert refusal(plan_of(), parameters=('--conf "a=b',)) == [
        "emr-ec2: --parameter cannot be taken apart (No closing quotation); close the quotes of its values"
    ]
