"""Every target on the labels that people run: files that their real readers take, requests that AWS's models allow, and in the JVM the
decisions of ``explain``."""

from __future__ import annotations

import json
import re
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from fakes.target_plans import large, named, one_hop, plain_refusing, refusing
from readers import SPARKS, decide, needs_java, read

from spark_xacct import plan as plans
from spark_xacct import targets
from spark_xacct.model import Location
from spark_xacct.plan import Plan
from spark_xacct.spark import jar as spark_jar
from spark_xacct.targets import Flavour, Job, aws_model, releases

EC2 = ("emr-5.36.0", "emr-6.5.0", "emr-6.15.0", "emr-7.0.0", "emr-7.9.0", "emr-7.10.0", "emr-7.14.0")
EMR_SPARK = ("emr-spark-8.0.0", "emr-spark-8.1.0")
LABELS: dict[str, tuple[str, ...]] = {
    "emr-ec2": (*EC2, *EMR_SPARK),
    "emr-eks": ("emr-7.12.0-latest", *EMR_SPARK),
    "emr-serverless": ("emr-7.12.0", *EMR_SPARK),
    "glue": ("glue-5.1",),
}
ANYWHERE = ("spark-3.5", "spark-4", *EC2, "emr-7.12.0", *EMR_SPARK)
# The request that each file of a target is, as service and operation.
REQUESTS = {
    ("emr-ec2", "create-cluster.json"): ("emr", "RunJobFlow"),
    ("emr-ec2", "add-steps.json"): ("emr", "AddJobFlowSteps"),
    ("emr-eks", "start-job-run.json"): ("emr-containers", "StartJobRun"),
    ("emr-serverless", "start-job-run.json"): ("emr-serverless", "StartJobRun"),
    ("emr-serverless", "create-application.json"): ("emr-serverless", "CreateApplication"),
    ("glue", "create-job.json"): ("glue", "CreateJob"),
}
JOB = Job(
    name="daily",
    entry_point="s3://corp-code/jobs/daily.py",
    arguments=("--day", "2026-11-28"),
    role="arn:aws:iam::111122223333:role/etl",
    on="j-1ABCDEFGHIJKL",
    logs="s3://corp-logs/emr/",
    staging="s3://corp-code/spark-xacct",
    jar_sha256="0" * 64,
)
ON = {"emr-eks": "abc123def456", "emr-serverless": "00abcdef12345678"}


def plan_for(target: str, release: str) -> Plan:
    """The fullest plan that a label carries."""
    found = releases.resolve(release)
    if targets.find(target).flavours[0] is Flavour.HADOOP:
        return one_hop()
    if not found.has_plugins:
        return plain_refusing()
    return refusing() if found.global_only else named()


def cases() -> Iterator[tuple[str, str]]:
    for name in targets.names():
        for release in LABELS.get(name, ANYWHERE):
            resolved = releases.resolve(release)
            if name == "emrfs-site" and "emrfs" not in [connector.name for connector in resolved.connectors]:
                continue
            if targets.find(name).families and resolved.family not in targets.find(name).families:
                continue
            yield name, release


CASES = list(cases())


def rendered(target: str, release: str, plan: Plan | None = None) -> targets.Rendered:
    job = Job(**{**JOB.__dict__, "on": ON.get(target, JOB.on)}) if targets.find(target).takes_job else None
    return targets.render(
        target, plan or plan_for(target, release), release, jar="/opt/spark-xacct.jar", run="run-1", user="ada", job=job
    )


def test_the_twelve_labels_are_rendered_by_the_targets_that_have_them() -> None:
    assert {name for name, _ in CASES} == set(targets.names())
    twelve = {*EC2, "emr-7.12.0-latest", "emr-7.12.0", *EMR_SPARK, "glue-5.1"}
    assert twelve <= {release for _, release in CASES}


@pytest.mark.parametrize(("name", "release"), CASES)
def test_requests_pass_all_of_the_services_models(name: str, release: str) -> None:
    files = rendered(name, release).files()
    for file, text in files.items():
        if file.endswith(".json"):
            request = json.loads(text)
            service = REQUESTS.get((name, file))
            assert service is None or list(aws_model.problems(*service, request)) == []
    known = {file for target, file in REQUESTS if target == name}
    assert known <= set(files)


@pytest.mark.parametrize(("name", "release"), CASES)
def test_shell_scripts_are_read_by_bash(name: str, release: str) -> None:
    for file, text in rendered(name, release).files().items():
        if text.startswith("#!"):
            done = subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True, check=False)
            assert (done.returncode, done.stderr) == (0, ""), file


def hadoop_settings(name: str, value: Any) -> Iterator[dict[str, str]]:
    """Every group of settings in JSON that carries a plan: properties of any casing, conf of Livy, parameters of spark-submit."""
    if isinstance(value, Mapping):
        flat = {str(key): item for key, item in value.items() if isinstance(item, str)}
        if any(key.endswith("fs.xacct.plan") for key in flat):
            yield flat
        for item in value.values():
            yield from hadoop_settings(name, item)
    elif isinstance(value, list):
        arguments = [item for item in value if isinstance(item, str) and "=" in item]
        if any("fs.xacct.plan=" in item for item in arguments):
            yield dict(item.split("=", 1) for item in arguments)
        for item in value:
            yield from hadoop_settings(name, item)


def as_hadoop(settings: Mapping[str, str]) -> dict[str, str]:
    return {name.removeprefix("spark.hadoop."): value for name, value in settings.items()}


def locations(plan: Plan) -> list[tuple[str, str, str]]:
    buckets = [binding.bucket.text.replace("*", "x7") for binding in plan.access_map.bindings]
    buckets += [own.text.replace("*", "x7") for own in plan.access_map.own]
    return [(scheme, bucket, "a/b.parquet") for scheme in ("s3", "s3a") for bucket in [*buckets, "stranger"]]


def settings_of_files(name: str, release: str, plan: Plan, folder: Path) -> list[dict[str, str]]:
    """What the real readers make of each file of a target that carries a plan."""
    found: list[dict[str, str]] = []
    for file, text in rendered(name, release, plan).files().items():
        if file.endswith(".json"):
            found += map(as_hadoop, hadoop_settings(name, json.loads(text)))
            continue
        path = folder / f"{name}-{release}-{file}"
        path.write_text(text, encoding="utf-8")
        if file.endswith(".xml"):
            ElementTree.fromstring(text)
            found += read([("hadoop", path)], SPARKS[0])
        elif file.endswith(".conf"):
            found += map(as_hadoop, read([("spark", path)], SPARKS[0]))
    return [settings for settings in found if "fs.xacct.plan" in settings]


@needs_java
@pytest.mark.spark
def test_the_jvm_decides_as_explain_does_from_what_each_file_says(tmp_path: Path) -> None:
    """One JVM for all: the settings of each file go through the plan's reader in the shipped jar."""
    questions: list[tuple[dict[str, str], list[tuple[str, str, str]]]] = []
    expected = []
    named_files = set()
    for name, release in CASES:
        if targets.find(name).flavours[0] is Flavour.HADOOP:
            continue
        plan = plan_for(name, release)
        for settings in settings_of_files(name, release, plan, tmp_path):
            named_files.add(name)
            questions.append((settings, locations(plan)))
            expected.append((plan, locations(plan)))
    answers = decide(questions, spark_jar.find({}))
    assert named_files >= {
        "core-site",
        "emrfs-site",
        "spark-defaults",
        "emr-ec2",
        "emr-eks",
        "emr-serverless",
        "livy",
    } & set(targets.names())
    for (plan, asked), (plan_id, decisions) in zip(expected, answers, strict=True):
        assert plan_id == plan.id
        for (scheme, bucket, key), found in zip(asked, decisions, strict=True):
            told = plan.access_map.decide(Location(scheme, bucket, key))
            assert (found.kind, found.role, found.binding, found.reason) == (
                told.kind.value,
                told.role,
                told.binding,
                told.reason,
            )


@pytest.mark.parametrize(("partition", "region"), [("aws-us-gov", "us-gov-west-1"), ("aws-cn", "cn-north-1")])
@pytest.mark.parametrize(("name", "release"), CASES)
def test_60_buckets_and_10_roles_fit_or_are_refused_with_the_number(
    name: str, release: str, partition: str, region: str
) -> None:
    plan = large(partition, region)
    try:
        files = rendered(name, release, plan).files()
    except targets.TargetError as refused:
        assert re.search(
            r"and [\d,]+ is the limit|emr-6\.15\.0; declare otherwise: deny|has it from Hadoop", str(refused)
        ), refused
        return
    text = "\n".join(files.values())
    assert all(binding.bucket.text in text for binding in plan.access_map.bindings) or plan.access_map.needs_global_mode
