"""The main job on what each target renders: a local cluster that has those settings and, by a list, what the platform itself brings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from readers.spark_settings import spark_settings
from running import DECLARATION, PROTECTED, SparkRunner
from test_main_job import HOPS, assumed

from spark_xacct import plan, targets
from spark_xacct.declaration import load
from spark_xacct.lab.lab import Lab
from spark_xacct.spark import jar
from spark_xacct.targets import Flavour, Job

pytestmark = pytest.mark.slow

# What means nothing outside its platform.
CLOUD_ONLY = {
    r"spark\.kubernetes\..*": "Kubernetes starts the driver and the executors",
    r"spark\.yarn\..*": "YARN starts the driver and the executors",
    r"spark\.emr-serverless\..*": "EMR Serverless starts the driver and the executors",
    r"spark\.authenticate\.secret\.file|spark\.authenticate\.executor\.secret\.file": "a mounted secret of Kubernetes",
}
# The platform's own channel, and what stands in its place here.
CHANNELS = {"spark.ssl.internode.enabled": PROTECTED}
S3A = "org.apache.hadoop.fs.s3a.S3AFileSystem"
# EMR's own default for s3://, or its EMRFS, which nobody has outside EMR.
PLATFORM = {"spark.hadoop.fs.s3.impl": S3A}
# (target, release, kind of base, image) on each Spark line.
IMAGE = "111122223333.dkr.ecr.us-east-1.amazonaws.com/spark@sha256:" + "0" * 64
CASES = {
    "3.5": [
        ("builder", "spark-3.5", "irsa", None),
        ("spark-defaults", "spark-3.5", "irsa", None),
        ("spark-submit", "spark-3.5", "irsa", None),
        ("livy", "emr-7.3.0", "irsa", None),
        # The default chain of SDK v1 asks AWS's own STS for a web identity, whatever stands in the environment.
        ("emr-ec2", "emr-7.3.0", "irsa", None),
        ("emr-eks", "emr-7.3.0-latest", "irsa", IMAGE),
        ("spark-operator", "spark-3.5", "irsa", IMAGE),
    ],
    "4": [
        ("builder", "spark-4", "irsa", None),
        ("spark-defaults", "spark-4", "irsa", None),
        ("spark-submit", "spark-4", "irsa", None),
        ("livy", "emr-spark-8.1.0", "irsa", None),
        ("emr-ec2", "emr-7.12.0", "emr-runtime-role", None),
        ("emr-eks", "emr-7.12.0-latest", "irsa", IMAGE),
        ("emr-serverless", "emr-spark-8.0.0", "emr-runtime-role", IMAGE),
        ("spark-operator", "spark-4", "irsa", IMAGE),
    ],
}
IDS = {"emr-eks": "abc123def456", "emr-serverless": "00abcdef12345678"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        import pyspark

        line = "3.5" if pyspark.__version__.startswith("3.") else "4"
        metafunc.parametrize("case", CASES[line], ids=lambda case: f"{case[0]} {case[1]}")


def test_every_target_of_flavour_shim_is_run_here() -> None:
    """core-site and emrfs-site are for JVMs without Spark: tests/jvm runs core-site, and nothing outside EMR has EMRFS."""
    known = map(targets.find, targets.names())
    shims = {target.name for target in known if target.flavours[0] is Flavour.SHIM and not target.python_only}
    assert {target for target, *_ in CASES["4"]} == shims - {"core-site", "emrfs-site"}


def test_the_main_job_passes_on_what_a_target_renders(
    case: tuple[str, str, str, str | None], runner: SparkRunner, lab: Lab, tmp_path: Path
) -> None:
    target, release, base, image = case
    declaration = tmp_path / "xacct.yaml"
    declaration.write_text(DECLARATION.read_text().replace("kind: irsa", f"kind: {base}"), encoding="utf-8")
    settings = rendered(target, release, declaration, image)
    kept, left_out = without_the_cloud(settings)
    print(f"{target} {release}: left out {left_out}")
    configuration = runner.configuration(
        f"{target}-{release}", {**PLATFORM, **channel(settings)}, master="local-cluster[2,1,1024]", identity=False
    )
    options = [part for name, value in kept.items() for part in ("--conf", f"{name}={value}")]
    lab.clear_calls()
    finished = runner.submit(
        "main_job.py", str(declaration), lab.queue_url("events"),
        environment=runner.environment(configuration, **driver_environment(settings)), options=options,
    )  # fmt: skip
    assert finished.code == 0, finished.err[-6000:]
    assert finished.results["read"] == {f"partner-{name}": 100 for name in ("data", "b1", "b2", "b3", "b4")}
    assert (finished.results["read_s3"], finished.results["sent"], finished.results["ids"]) == (100, 100, 100)
    found = assumed(lab.calls())
    print(f"{target} {release}: {found.total()} AssumeRole calls, {len(HOPS)} hops")
    assert found == Counter(dict.fromkeys(HOPS, 1))


def rendered(target: str, release: str, declaration: Path, image: str | None) -> dict[str, str]:
    job = Job(
        entry_point="s3://job-scratch/job.py", role="arn:aws:iam::111122223333:role/etl", on=IDS.get(target),
        staging="s3://job-scratch/spark-xacct", image=image, jar_sha256="0" * 64,
    )  # fmt: skip
    compiled = plan.encode(load(declaration).access_map)
    takes_job = targets.find(target).takes_job
    return spark_settings(
        targets.render(target, compiled, release, jar=str(jar.find({})), job=job if takes_job else None)
    )


def without_the_cloud(settings: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The settings that mean something here, and the names of the others. The jar comes by --jars, as hadoop-aws does here."""
    left_out = [name for name in settings if any(re.fullmatch(pattern, name) for pattern in CLOUD_ONLY)]
    left_out += [name for name in ("spark.jars", "spark.submit.pyFiles", *CHANNELS) if name in settings]
    # A file of one platform or another, fetched from a bucket or an image.
    return {name: value for name, value in settings.items() if name not in left_out and "<" not in value}, left_out


def channel(settings: Mapping[str, str]) -> dict[str, str]:
    """What makes the driver's channel safe here: the settings that were rendered, or what stands for the platform's own."""
    if settings.get("spark.authenticate") == "true":
        print("the channel is the rendered one, with the secret that the platform makes")
        return {"spark.authenticate.secret": PROTECTED["spark.authenticate.secret"]}
    for name, instead in CHANNELS.items():
        if name in settings:
            print(f"{name} is the platform's own; instead of it {sorted(instead)}")
            return dict(instead)
    print(f"the platform brings the channel; instead of it {sorted(PROTECTED)}")
    return dict(PROTECTED)


def driver_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """What the platform would put into the driver's environment."""
    found = {}
    for name, value in settings.items():
        match = re.match(
            r"spark\.(?:yarn\.appMasterEnv|kubernetes\.driverEnv|emr-serverless\.driverEnv)\.(SPARK_XACCT_.*)", name
        )
        if match:
            found[match.group(1)] = value
    return found
