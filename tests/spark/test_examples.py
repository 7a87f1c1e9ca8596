"""The programs of examples/, unchanged, on what their READMEs render: who called, by the log of the lab's servers."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from readers.spark_settings import spark_settings
from running import ROOT, SparkRunner
from test_targets import PLATFORM, channel, driver_environment, without_the_cloud

from spark_xacct import plan, targets
from spark_xacct.declaration import load
from spark_xacct.lab.lab import Lab
from spark_xacct.spark import jar
from spark_xacct.targets import Job

EXAMPLES = ROOT / "examples"
LABELS = {
    "emr-eks": {"3.5": "emr-7.3.0-latest", "4": "emr-7.12.0-latest"},
    "emr-ec2": {"3.5": "emr-7.3.0", "4": "emr-7.12.0"},
}
CLIENT = "arn:aws:sts::444455556666:assumed-role/client-role-2/"
MAKE = "import pyarrow, pyarrow.parquet, sys; pyarrow.parquet.write_table(pyarrow.table({'id': list(range(20))}), sys.argv[1])"


@pytest.fixture
def chain(runner: SparkRunner) -> Iterator[SparkRunner]:
    yield from with_lab(runner, "emr-eks-chain")


@pytest.fixture
def emrfs(runner: SparkRunner) -> Iterator[SparkRunner]:
    yield from with_lab(runner, "emr-ec2-emrfs")


def with_lab(runner: SparkRunner, example: str) -> Iterator[SparkRunner]:
    with Lab(load(EXAMPLES / example / "xacct.yaml").access_map) as lab:
        yield replace(runner, lab=lab)


def submitted(runner: SparkRunner, example: str, target: str, program: str, *arguments: str, master: str) -> str:
    """Submits a program of an example with what ``target`` renders for its declaration; what it printed."""
    compiled = plan.encode(load(EXAMPLES / example / "xacct.yaml").access_map)
    job = Job(
        entry_point=f"s3://code/{program}", arguments=arguments, staging="s3://code/xacct", jar_sha256="0" * 64,
        on="abc123" if target == "emr-eks" else None,
    )  # fmt: skip
    made = targets.render(target, compiled, LABELS[target][runner.line], jar=str(jar.find({})), job=job)
    settings = spark_settings(made)
    kept, _ = without_the_cloud(settings)
    configuration = runner.configuration(
        example, {**PLATFORM, **channel(settings)}, master=master, identity=not master.startswith("local-cluster")
    )
    options = [part for name, value in kept.items() for part in ("--conf", f"{name}={value}")]
    runner.lab.clear_calls()
    finished = runner.submit(
        str(EXAMPLES / example / program), *arguments,
        environment=runner.environment(configuration, **driver_environment(settings)), options=options,
    )  # fmt: skip
    assert finished.code == 0, finished.err[-6000:]
    return finished.out


def test_spark_and_plain_boto3_of_the_chain_guide_are_one_role_session(chain: SparkRunner, tmp_path: Path) -> None:
    lab = chain.lab
    subprocess.run([ROOT / ".cache/worker-arrow/bin/python", "-c", MAKE, tmp_path / "rows.parquet"], check=True)
    lab.put("s3://client-data/events/part-0.parquet", (tmp_path / "rows.parquet").read_bytes())
    out = submitted(
        chain, "emr-eks-chain", "emr-eks", "spark_and_boto3.py", "s3://client-data/events/", lab.queue_url("events"), "us-east-1",
        master="local-cluster[2,1,1024]",
    )  # fmt: skip
    (said,) = re.findall(r"^sent=20 as=(\S+)$", out, re.MULTILINE)
    assert said.startswith(CLIENT)
    calls = lab.calls()
    for operation in ("GetObject", "SendMessage", "GetCallerIdentity"):
        callers = {
            call.who
            for call in calls
            if call.operation == operation and call.user_agent.startswith(("Hadoop", "Boto3"))
        }
        assert callers == {said}, operation
    assert sorted(json.loads(message)["id"] for message in lab.messages("events")) == list(range(20))
    assumed = [call.requested["RoleArn"] for call in calls if call.operation == "AssumeRole"]
    assert assumed == ["arn:aws:iam::444455556666:role/client-role-2"], "one call for driver, executors and workers"


@pytest.mark.slow
def test_three_accounts_of_the_emrfs_example_are_each_reached_under_its_role(emrfs: SparkRunner) -> None:
    """s3:// is S3A's here: EMRFS exists on EMR only. What is run is the declaration, the rendered settings and the job."""
    lab = emrfs.lab
    lab.put("s3://research-data/products/1.json", b'{"product": 1, "team": "x"}\n{"product": 2, "team": "y"}\n')
    lab.put("s3://customer-service-data/tickets/1.json", b'{"product": 1}\n{"product": 1}\n{"product": 2}\n')
    out = submitted(emrfs, "emr-ec2-emrfs", "emr-ec2", "job.py", master="local[2]")
    assert "products=2 tickets=3 written=2" in out
    callers = {
        bucket: {
            str(call.who).rpartition("/")[0] for call in lab.calls() if call.bucket == bucket and call.status < 300
        }
        for bucket in ("research-data", "marketing-reports", "customer-service-data")
    }
    assert callers == {
        "research-data": {"arn:aws:sts::444455556666:assumed-role/research-reader"},
        "marketing-reports": {"arn:aws:sts::777788889999:assumed-role/report-writer"},
        "customer-service-data": {"arn:aws:sts::111122223333:assumed-role/EMR_EC2_DefaultRole"},
    }
    external_ids = {
        call.requested.get("ExternalId")
        for call in lab.calls(operation="AssumeRole")
        if "research" in str(call.requested)
    }
    assert external_ids == {"customer-service-emr"}
