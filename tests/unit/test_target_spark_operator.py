"""spark-operator: every field of what we write is one of the operator's CRD, and says what the settings say."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes.target_plans import access_map, bound, large, named, refusing, role
from ruamel.yaml import YAML

from spark_xacct import plan as plans
from spark_xacct import targets
from spark_xacct.errors import TargetError
from spark_xacct.model import Arn, Base, BaseKind, ExternalId
from spark_xacct.plan import Plan
from spark_xacct.targets import Flavour, Job

VECTORS = Path(__file__).parents[1] / "vectors" / "spark_application_fields.json"
CRD = json.loads(VECTORS.read_text(encoding="utf-8"))
IMAGE = "registry.example/team/spark@sha256:" + "0" * 64
JAR = "spark-xacct-0.1.0.jar"
JOB = Job(name="daily", entry_point="s3a://code/job.py", arguments=("2026", "true"), staging="s3a://staging/xacct")
DRIVER = ("spark.kubernetes.driverEnv.",)


def render(plan: Plan | None = None, release: str | None = None, job: Job = JOB, **how: Any) -> targets.Rendered:
    return targets.render("spark-operator", plan or named(), release, job=job, **how)


def refusal(plan: Plan | None = None, job: Job = JOB, **how: Any) -> str:
    with pytest.raises(TargetError) as error:
        render(plan, job=job, **how)
    return str(error.value)


def loaded(rendered: targets.Rendered) -> dict[str, Any]:
    return YAML(typ="safe").load(rendered.files()["spark-application.yaml"])


# The CRD


TYPES = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict, "number": (int, float)}


def problems(node: Any, value: Any, where: str) -> Iterator[str]:
    """What a value has that the CRD does not, one line each."""
    node = CRD["shared"][node] if isinstance(node, str) else node
    kind = node.get("type")
    if node.get("int_or_string"):
        if not isinstance(value, (int, str)):
            yield f"{where} is neither a number nor a text"
        return
    if kind and (not isinstance(value, TYPES[kind]) or (kind == "integer" and isinstance(value, bool))):
        yield f"{where} is no {kind}"
        return
    if "enum" in node and value not in node["enum"]:
        yield f"{where} is {value}"
    if "pattern" in node and not re.search(node["pattern"], value):
        yield f"{where} is {value}"
    if value_below := [f"{where} is {value}" for bound in ("minimum",) if bound in node and value < node[bound]]:
        yield from value_below
    if isinstance(value, list):
        for number, member in enumerate(value):
            yield from problems(node["items"], member, f"{where}[{number}]")
    if isinstance(value, dict):
        yield from _members(node, value, where)


def _members(node: Mapping[str, Any], value: Mapping[str, Any], where: str) -> Iterator[str]:
    known, others = node.get("properties", {}), node.get("additionalProperties")
    yield from (f"{where}.{name} is missing" for name in node.get("required", ()) if name not in value)
    for name, member in value.items():
        if name in known:
            yield from problems(known[name], member, f"{where}.{name}")
        elif others is not None:
            yield from problems(others, member, f"{where}.{name}")
        elif not node.get("open") and where != "application.metadata":
            yield f"{where}.{name} is not known"


FILE = plans.encode(
    access_map(
        bound("partner-data", "partner"),
        roles={"partner": role("partner", "444455556666", external_id=ExternalId(file="/etc/xacct/partner-id"))},
        python_roles=("partner",),
        python_default_role=None,
    )
)
APPLICATIONS = {
    "python": (named(), JOB),
    "image": (refusing(), replace(JOB, image=IMAGE, entry_point="local:///opt/job.py")),
    "file": (FILE, JOB),
    "class": (named(), replace(JOB, entry_point="s3a://code/job.jar", parameters=("--class a.Main",))),
    "large": (large("aws-cn", "cn-north-1"), JOB),
}


@pytest.mark.parametrize("release", ["spark-3.5", "spark-4", "emr-7.12.0", "emr-spark-8.1.0"])
@pytest.mark.parametrize("case", APPLICATIONS)
def test_every_field_is_one_of_the_crd(case, release):
    plan, job = APPLICATIONS[case]
    rendered = render(plan, release, job)
    application = loaded(rendered)

    assert list(problems(CRD["schema"], application, "application")) == []
    assert application == rendered.data["application"]
    assert application["apiVersion"].partition("/")[0] == CRD["group"]
    assert application["kind"] == CRD["kind"]


MISTAKES = {
    "unknown": (["spec", "driver", "serviceAccountName"], "x", "application.spec.driver.serviceAccountName is not known"),
    "enum": (["spec", "mode"], "clusters", "application.spec.mode is clusters"),
    "type": (["spec", "executor", "instances"], "2", "application.spec.executor.instances is no integer"),
    "bound": (["spec", "executor", "cores"], 0, "application.spec.executor.cores is 0"),
    "truth": (["spec", "sparkConf", "spark.authenticate"], True, "application.spec.sparkConf.spark.authenticate is no string"),
    "deep": (["spec", "driver", "volumeMounts"], [{"name": "a", "mountPaths": "/b"}], "application.spec.driver.volumeMounts[0].mountPath is missing"),
}  # fmt: skip


@pytest.mark.parametrize("case", MISTAKES)
def test_the_walk_over_the_crd_finds_mistakes(case):
    way, value, message = MISTAKES[case]
    application = loaded(render())
    node = application
    for name in way[:-1]:
        node = node[name]
    node[way[-1]] = value
    assert message in list(problems(CRD["schema"], application, "application"))


# What it says


def test_the_settings_of_a_job_are_its_spark_conf_and_its_dependencies():
    rendered = render(run="run-1", user="ada")
    spec = loaded(rendered)["spec"]
    ours = {one.name: one.value for one in rendered.settings.spark_settings(DRIVER)}
    staged = f"s3a://staging/xacct/{JAR}"
    assert (ours.pop("spark.jars"), ours.pop("spark.submit.pyFiles")) == (staged, staged)
    ids = {f"spark.kubernetes.{pod}.secretKeyRef.PARTNER_EXTERNAL_ID" for pod in ("driver", "executor")}

    assert spec.pop("sparkConf") == {**ours, **dict.fromkeys(ids, "spark-xacct-external-ids:PARTNER_EXTERNAL_ID")}
    assert ours["spark.authenticate"] == ours["spark.network.crypto.enabled"] == "true"
    assert not [name for name in ours if name.startswith("spark.yarn.") or "ClassPath" in name]
    assert spec == {
        "type": "Python",
        "mode": "cluster",
        "sparkVersion": "4.0.0",
        "image": "<image with Spark and hadoop-aws>",
        "mainApplicationFile": "s3a://code/job.py",
        "arguments": ["2026", "true"],
        "deps": {"jars": [staged], "pyFiles": [staged]},
        "driver": {"serviceAccount": "<service account>", "cores": 1, "memory": "2g"},
        "executor": {"serviceAccount": "<service account>", "instances": 2, "cores": 1, "memory": "2g"},
    }


@pytest.mark.parametrize(("release", "folder"), [("spark-4", "/opt/spark/jars"), ("emr-7.12.0", "/usr/lib/spark/jars")])
def test_the_image_has_the_jar_where_its_spark_looks(release, folder):
    rendered = render(release=release, job=replace(JOB, image=IMAGE))
    spec = loaded(rendered)["spec"]
    assert (spec["image"], spec["deps"]) == (IMAGE, {"pyFiles": [f"local://{folder}/{JAR}"]})
    lines = [line for line in rendered.files()["Dockerfile.fragment"].splitlines() if not line.startswith("#")]
    assert lines == ["FROM <your image>@sha256:<its digest>", f"COPY --chmod=0644 {JAR} {folder}/{JAR}"]


@pytest.mark.parametrize(
    ("release", "version"),
    [
        ("spark-4", "4.0.0"),
        ("spark-3.5.9", "3.5.9"),
        ("spark-4.1", "4.1.0"),
        ("emr-7.12.0", "3.5.6"),
        ("emr-spark-8.1.0", "4.1.1"),
    ],
)
def test_the_version_of_spark_has_three_numbers(release, version):
    assert loaded(render(release=release))["spec"]["sparkVersion"] == version


def test_names_of_the_namespace_come_from_the_declaration():
    plan = named()
    documents = {"namespace": "spark", "service_account": "etl"}
    application = loaded(render(replace(plan, access_map=replace(plan.access_map, documents=documents))))
    assert application["metadata"] == {"name": "daily", "namespace": "spark"}
    assert {application["spec"][pod]["serviceAccount"] for pod in ("driver", "executor")} == {"etl"}


def test_a_pattern_is_no_service_account():
    plan = named()
    plan = replace(plan, access_map=replace(plan.access_map, documents={"service_account": "etl-*"}))
    assert loaded(render(plan))["spec"]["driver"]["serviceAccount"] == "<service account>"


def test_options_of_the_user_become_fields_and_settings():
    given = ("--class a.Main", "--conf spark.executor.instances=9", "--jars s3a://u/a.jar", "--conf spark.x=1")
    spec = loaded(render(job=replace(JOB, entry_point="s3a://code/job.jar", parameters=given)))["spec"]
    assert (spec["type"], spec["mainClass"]) == ("Scala", "a.Main")
    assert spec["deps"]["jars"] == ["s3a://u/a.jar", f"s3a://staging/xacct/{JAR}"]
    assert (spec["sparkConf"]["spark.executor.instances"], spec["sparkConf"]["spark.x"]) == ("9", "1")
    assert "instances" not in spec["executor"]


def test_a_file_with_an_external_id_is_mounted_in_both_pods():
    spec = loaded(render(FILE))["spec"]
    assert spec["volumes"] == [
        {"name": "spark-xacct-external-ids", "secret": {"secretName": "spark-xacct-external-ids"}}
    ]
    mount = {
        "name": "spark-xacct-external-ids",
        "mountPath": "/etc/xacct/partner-id",
        "subPath": "partner",
        "readOnly": True,
    }
    assert [spec[pod]["volumeMounts"] for pod in ("driver", "executor")] == [[mount], [mount]]


def test_one_command_puts_every_external_id_into_the_one_secret():
    roles = {
        "partner": role("partner", "444455556666", external_id=ExternalId(env="PARTNER_ID")),
        "finance": role("finance", "777788889999", external_id=ExternalId(env="FINANCE_ID")),
        "reader": role("reader", "777788889999", external_id=ExternalId(file="/etc/ids/the reader")),
    }
    more = {"roles": roles, "python_roles": ("reader",), "python_default_role": None}
    plan = plans.encode(access_map(bound("a-1", "partner"), bound("a-2", "finance"), **more))
    plan = replace(plan, access_map=replace(plan.access_map, documents={"namespace": "spark"}))
    lines = render(plan).files()["spark-application.yaml"].splitlines()
    first = lines.index("# First, and again when one of them changes, the external ids, in one Secret:") + 1
    command = "\n".join(
        line.removeprefix("#")
        for line in lines[first : lines.index("apiVersion: sparkoperator.k8s.io/v1beta2")]
        if line.startswith("#   ")
    )
    assert command.count("create secret") == 1
    assert shlex.split(command.replace("\\\n", " ")) == [
        "kubectl", "--namespace", "spark", "create", "secret", "generic", "spark-xacct-external-ids", "--dry-run=client", "--output", "yaml",
        "--from-literal=PARTNER_ID=$PARTNER_ID", "--from-literal=FINANCE_ID=$FINANCE_ID", "--from-file=reader=/etc/ids/the reader",
        "|", "kubectl", "--namespace", "spark", "apply", "--filename", "-",
    ]  # fmt: skip
    assert "create secret" not in render(large("aws", "eu-west-1")).text()


def test_hadoops_own_provider_needs_no_jar_and_no_channel():
    one_hop = plans.encode(access_map(bound("finance-data", "finance"), python_default_role=None))
    rendered = render(one_hop, job=replace(JOB, image=IMAGE), flavour=Flavour.HADOOP)
    spec = loaded(rendered)["spec"]
    assert list(rendered.files()) == ["spark-application.yaml"]
    assert "deps" not in spec
    assert "spark.authenticate" not in spec["sparkConf"]
    assert "spark.authenticate.secret.file" not in rendered.text()
    assert "Executors begin chains" not in rendered.text()
    assert "Executors begin chains" in render().text()


def test_the_role_of_the_node_is_rendered_with_a_word():
    plan = plans.encode(replace(named().access_map, base=Base(BaseKind.INSTANCE_PROFILE, Arn.parse_principal("arn:aws:iam::111122223333:role/node"))))  # fmt: skip
    assert (
        "# base instance-profile is the role of the node, which every pod of the node shares; irsa and pod-identity are a pod's own\n"
        in render(plan).text()
    )
    assert "instance-profile" not in render().text()


RUNTIME = plans.encode(
    replace(
        named().access_map,
        base=Base(BaseKind.EMR_RUNTIME_ROLE, Arn.parse_principal("arn:aws:iam::111122223333:role/etl")),
    )
)
REFUSED = {
    "name": (
        named(),
        replace(JOB, name="The daily"),
        "spark-operator: --name is The daily, and takes at most 63 of a-z, 0-9 and -, a letter first and no - last; give another",
    ),
    "base": (
        RUNTIME,
        JOB,
        "spark-operator: base emr-runtime-role is for EMR on EC2 and EMR Serverless; take base irsa or pod-identity",
    ),
    "option": (
        named(),
        replace(JOB, parameters=("--num-executors 3",)),
        "spark-operator: --parameter --num-executors has no place in a SparkApplication; write it as --conf KEY=VALUE, or into the file",
    ),
    "staging": (
        named(),
        replace(JOB, staging="s3a://partner-data/x"),
        "spark-operator: --staging is s3a://partner-data/x, and bucket partner-data is bound to role partner; jars and scripts are "
        "fetched as the job's role, before there are role sessions, so take a bucket of the job's own account",
    ),
    "no image": (
        refusing(),
        JOB,
        "spark-operator: otherwise: deny and patterns make our provider the only one, and spark-submit needs it to fetch the jar that "
        "brings it; give --image with the jar in it, or declare otherwise: platform and name the buckets",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_the_operator_cannot_hold_is_refused_by_name(case):
    plan, job, message = REFUSED[case]
    assert refusal(plan, job) == message


def test_more_than_a_config_map_holds_is_refused_with_number_limit_and_way_out():
    plan = plans.encode(access_map(*[bound(f"bucket-{number:05d}-{'x' * 40}", "partner") for number in range(4_000)]))
    with pytest.raises(TargetError) as error:
        targets.render("spark-operator", plan, "spark-4", job=Job(image="registry/spark:1"))
    assert re.fullmatch(
        r"spark-operator: the settings have 1,\d\d\d,\d\d\d bytes, and 1,048,576 is the limit of a ConfigMap; declare otherwise: deny, "
        r"which needs one key for all buckets, or take a declaration with the buckets of this job only",
        str(error.value),
    )


def test_characters_beyond_16_bits_are_yaml_too():
    made = targets.render(
        "spark-operator", named(), "spark-4", job=Job(image="registry/spark:1", arguments=("\U0001f600",))
    )
    application = YAML(typ="safe").load(made.files()["spark-application.yaml"])
    assert application["spec"]["arguments"] == ["\U0001f600"]
