"""Every target on the labels that people run: files that their real readers take, requests that AWS's models allow, and in the JVM the
decisions of ``explain``."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.target_jobs import exists, fitting
from fakes.target_plans import large, named, one_hop, plain_refusing, refusing
from readers import SPARKS, decide, needs_java, read
from readers.spark_settings import spark_settings

from spark_xacct import plan as plans
from spark_xacct import targets
from spark_xacct.model import Location
from spark_xacct.plan import Plan
from spark_xacct.spark import jar as spark_jar
from spark_xacct.targets import Flavour, Job, TargetError, aws_model, releases
from spark_xacct.targets.job import JAR_NAME

LABEL_GOLDENS = Path(__file__).parents[1] / "goldens-of-labels"

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
    entry_point="s3://corp-dev-code/jobs/daily.py",
    arguments=("--day", "2026-11-28"),
    logs="s3://corp-dev-logs/emr/",
    jar_sha256="0" * 64,
)
IDS = {"emr-eks": "abc123def456", "emr-serverless": "00abcdef12345678"}


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
        families = targets.find(name).families
        for release in LABELS.get(name, ANYWHERE):
            resolved = releases.resolve(release)
            if name == "emrfs-site" and "emrfs" not in [connector.name for connector in resolved.connectors]:
                continue
            if exists(name, release) and (not families or resolved.family in families):
                yield name, release


CASES = list(cases())
EVERY_CASE = pytest.mark.parametrize(("name", "release"), CASES)


def rendered(name: str, release: str, plan: Plan | None = None) -> targets.Rendered:
    plan, job = fitting(name, plan or plan_for(name, release))
    if job is not None:
        given = {item: getattr(JOB, item) for item in ("name", "entry_point", "arguments", "logs", "jar_sha256")}
        job = replace(job, **given, on=IDS.get(name))
    return targets.render(name, plan, release, jar="/opt/spark-xacct.jar", run="run-1", user="ada", job=job)


def test_the_twelve_labels_are_rendered_by_the_targets_that_have_them() -> None:
    assert {name for name, _ in CASES} == set(targets.names())
    twelve = {*EC2, "emr-7.12.0-latest", "emr-7.12.0", *EMR_SPARK, "glue-5.1"}
    assert twelve <= {release for _, release in CASES}


@EVERY_CASE
def test_requests_pass_all_of_the_services_models(name: str, release: str) -> None:
    files = rendered(name, release).files()
    known = {file: service for (target, file), service in REQUESTS.items() if target == name}
    assert set(known) <= set(files)
    for file, (service, operation) in known.items():
        assert list(aws_model.problems(service, operation, json.loads(files[file]))) == []


def test_every_file_that_looks_like_a_request_is_held_against_its_model() -> None:
    verbs = re.compile(r"(create|start|add|run|put|update)-.*\.json")
    found = {
        (name, file) for name, release in CASES for file in rendered(name, release).files() if verbs.fullmatch(file)
    }
    assert found == set(REQUESTS)


@EVERY_CASE
def test_shell_scripts_are_read_by_bash(name: str, release: str) -> None:
    for file, text in rendered(name, release).files().items():
        if text.startswith("#!"):
            done = subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True, check=False)
            assert (done.returncode, done.stderr) == (0, ""), file


def locations(plan: Plan) -> list[tuple[str, str, str]]:
    buckets = [binding.bucket.text.replace("*", "x7") for binding in plan.access_map.bindings]
    buckets += [own.text.replace("*", "x7") for own in plan.access_map.own]
    return [(scheme, bucket, "a/b.parquet") for scheme in ("s3", "s3a") for bucket in [*buckets, "stranger"]]


def settings_of_files(made: Sequence[targets.Rendered], folder: Path) -> list[tuple[targets.Rendered, dict[str, str]]]:
    """What Hadoop's Configuration and Spark read out of the files, and what the requests and scripts say, by Hadoop's names."""
    found = [(one, spark_settings(one)) for one in made]
    written: list[tuple[targets.Rendered, tuple[str, Path]]] = []
    for one in made:
        for file, text in one.files().items():
            reader = {".xml": "hadoop", ".conf": "spark"}.get(Path(file).suffix)
            if reader is not None:
                path = folder / f"{one.target.name}-{one.settings.release.name}-{file}"
                path.write_text(text, encoding="utf-8")
                written.append((one, (reader, path)))
    taken = read([file for _, file in written], SPARKS[0])
    found += [(one, settings) for (one, _), settings in zip(written, taken, strict=True)]
    by_hadoop = [
        (one, {name.removeprefix("spark.hadoop."): value for name, value in group.items()}) for one, group in found
    ]
    return [(one, settings) for one, settings in by_hadoop if "fs.xacct.plan" in settings]


@needs_java
@pytest.mark.spark
@pytest.mark.skipif(not SPARKS, reason="no pyspark in .cache/spark-3.5 or .cache/spark-4")
def test_the_jvm_decides_as_explain_does_from_what_each_file_says(tmp_path: Path) -> None:
    """One JVM for all: the settings of each file go through the plan's reader in the shipped jar."""
    found = settings_of_files([rendered(name, release) for name, release in CASES], tmp_path)
    with_plan = {made.target.name for made, _ in found}
    asked = [(made.settings.plan, settings) for made, settings in found]
    known = map(targets.find, targets.names())
    shims = {target.name for target in known if target.flavours[0] is Flavour.SHIM and not target.python_only}
    assert with_plan == shims
    answers = decide([(settings, locations(plan)) for plan, settings in asked], spark_jar.find({}))
    for (plan, _), (plan_id, decisions) in zip(asked, answers, strict=True):
        told = [plan.access_map.decide(Location(*location)) for location in locations(plan)]
        assert plan_id == plan.id
        assert [(one.kind, one.role, one.binding, one.reason) for one in decisions] == [
            (one.kind.value, one.role, one.binding, one.reason) for one in told
        ]


# Labels whose connectors cannot carry what 60 buckets with keys of their own need.
REFUSES_LARGE = {
    "emr-5.36.0": "emr-6.15.0; declare otherwise: deny",
    "emr-6.5.0": "emr-6.15.0; declare otherwise: deny",
}


@pytest.mark.parametrize(("partition", "region"), [("aws-us-gov", "us-gov-west-1"), ("aws-cn", "cn-north-1")])
@EVERY_CASE
def test_60_buckets_and_10_roles_fit_or_are_refused_in_words(
    name: str, release: str, partition: str, region: str
) -> None:
    plan = large(partition, region)
    if release in REFUSES_LARGE and not targets.find(name).python_only:
        with pytest.raises(TargetError, match=re.escape(REFUSES_LARGE[release])):
            rendered(name, release, plan)
        return
    text = "\n".join(rendered(name, release, plan).files().values())
    named_there = (
        [f"xacct-{role}" for role in plan.access_map.python_roles]
        if targets.find(name).python_only
        else [binding.bucket.text for binding in plan.access_map.bindings]
    )
    assert [one for one in named_there if one not in text] == []


def without_the_plans_text(made: targets.Rendered) -> str:
    """Everything that a target writes, with the packed plan replaced by its id: zlib builds pack the same plan to different bytes."""
    text = made.text()
    for number, part in reversed(list(enumerate(plans.text.parts(made.settings.plan.text), 1))):
        text = text.replace(part, f"<part {number} of plan {made.settings.plan.id}>")
    assert "z1:" not in re.sub(r'"z1:"|z1: *\+|`z1:', "", text)
    return text.replace(JAR_NAME, "spark-xacct-<version>.jar")


# Targets that have goldens of their own in test_targets_goldens.py.
FILES_OF_SPARK = ("builder", "core-site", "emrfs-site", "spark-defaults", "spark-submit")
PINNED = [
    (name, release)
    for name, release in CASES
    if name in LABELS or (name not in FILES_OF_SPARK and release == "emr-7.12.0")
]


@pytest.mark.parametrize(("name", "release"), PINNED)
def test_everything_a_target_writes_is_the_golden(name: str, release: str) -> None:
    golden = LABEL_GOLDENS / name / f"{release}.txt"
    text = without_the_plans_text(rendered(name, release))
    if os.environ.get("SPARK_XACCT_WRITE_GOLDENS"):
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_no_golden_of_a_label_is_left_over() -> None:
    assert {path.relative_to(LABEL_GOLDENS).as_posix() for path in LABEL_GOLDENS.rglob("*.txt")} == {
        f"{name}/{release}.txt" for name, release in PINNED
    }
