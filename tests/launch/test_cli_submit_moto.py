"""``submit`` against moto: what arrives at the services, and what lies in S3 after it, byte by byte."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from spark_xacct.cli import submit as command
from spark_xacct.cli.application import cli
from spark_xacct.launch import Clients, staging, waiting
from spark_xacct.spark import jar

ACCOUNT = "123456789012"  # of everybody in moto
DECLARATION = """
version: 1
base: {{kind: {base}, arn: "arn:aws:iam::123456789012:role/etl"}}
sts: {{region: us-east-1}}
roles: {{reader: {{arn: "arn:aws:iam::444455556666:role/reader"}}}}
buckets: {{partner-data: reader}}
"""
IMAGE = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/spark:1"
PROGRAM = b"print('a job of ours')\n"
ADDRESS = staging.address({"job.py": PROGRAM})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "job.py").write_bytes(PROGRAM)
    return tmp_path


def declare(base: str) -> None:
    Path("xacct.yaml").write_text(DECLARATION.format(base=base))


def submit(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["submit", *arguments], prog_name="spark-xacct")


@pytest.fixture
def s3(moto: Any) -> Any:
    client = moto("s3")
    client.create_bucket(Bucket="own")
    return client


def objects(s3: Any) -> dict[str, bytes]:
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket="own").get("Contents", ())]
    return {key: s3.get_object(Bucket="own", Key=key)["Body"].read() for key in keys}


# EMR on EKS


@pytest.fixture
def virtual_cluster(moto: Any) -> str:
    moto("eks").create_cluster(name="spark", roleArn=f"arn:aws:iam::{ACCOUNT}:role/eks", resourcesVpcConfig={})
    provider = {"type": "EKS", "id": "spark", "info": {"eksInfo": {"namespace": "spark"}}}
    return str(moto("emr-containers").create_virtual_cluster(name="spark", containerProvider=provider)["id"])


def test_emr_eks_starts_describes_and_stages(moto: Any, s3: Any, virtual_cluster: str) -> None:
    declare("irsa")

    result = submit(
        "emr-eks", "--on", virtual_cluster, "--entry-point", "job.py", "--staging", "s3://own/x", "--image", IMAGE,
        "--logs", "s3://own/logs/", "--argument", "2026-01-01", "--detach", "--token", "nightly",
    )  # fmt: skip

    assert result.exit_code == 0, result.output
    on, identity = result.stdout.strip().split("/")
    described = moto("emr-containers").describe_job_run(id=identity, virtualClusterId=on)["jobRun"]
    run = described["tags"]["spark-xacct-run"]
    assert described["clientToken"].startswith(run)
    program = f"x/runs/{run}/{ADDRESS}/job.py"
    assert described["jobDriver"]["sparkSubmitJobDriver"]["entryPoint"] == f"s3://own/{program}"
    assert described["jobDriver"]["sparkSubmitJobDriver"]["entryPointArguments"] == ["2026-01-01"]
    assert described["executionRoleArn"] == f"arn:aws:iam::{ACCOUNT}:role/etl"
    assert objects(s3) == {program: PROGRAM}
    assert result.stderr.splitlines()[1:] == [
        f"staged s3://own/{program} (23 bytes, sha256 {described_digest(PROGRAM)})",
        f"submitted {on}/{identity}; {{run}} in names of role sessions is spark-{identity}",
        f"wait for it: spark-xacct submit emr-eks --resume {on}/{identity} --region us-east-1",
    ]


def described_digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def test_without_an_image_the_jar_is_staged_by_its_content(moto: Any, s3: Any, virtual_cluster: str) -> None:
    declare("irsa")
    arguments = ["emr-eks", "--on", virtual_cluster, "--entry-point", "job.py", "--staging", "s3://own/x", "--detach"]

    first, second = submit(*arguments), submit(*arguments)

    assert first.exit_code == second.exit_code == 0, first.output + second.output
    found = objects(s3)
    (key,) = [name for name in found if name.startswith("x/artifacts/")]
    folder, name = key.split("/")[2:]
    assert (len(folder), name) == (12, jar.JAR_NAME)
    assert found[key] == jar.find(os.environ).read_bytes()
    assert f"is there s3://own/{key} (" in second.stderr
    assert len([name for name in found if name.startswith("x/runs/")]) == 2, "each run has its own program"
    on, identity = first.stdout.strip().split("/")
    described = moto("emr-containers").describe_job_run(id=identity, virtualClusterId=on)["jobRun"]
    assert f"s3://own/{key}" in json.dumps(described["configurationOverrides"])


# EMR Serverless


@pytest.fixture
def application(moto: Any) -> str:
    made = moto("emr-serverless").create_application(name="spark", releaseLabel="emr-7.12.0", type="SPARK")
    return str(made["applicationId"])


def test_emr_serverless_starts_and_tells_its_run(moto: Any, s3: Any, application: str) -> None:
    declare("emr-runtime-role")

    result = submit(
        "emr-serverless", "--on", application, "--entry-point", "s3://own/job.py", "--staging", "s3://own/x", "--detach", "--format",
        "json", "--log-group", "/spark",
    )  # fmt: skip

    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    described = moto("emr-serverless").get_job_run(applicationId=application, jobRunId=told["run"]["id"])["jobRun"]
    properties = described["configurationOverrides"]["applicationConfiguration"][0]["properties"]
    assert told == {
        "run": {
            "target": "emr-serverless",
            "id": described["jobRunId"],
            "on": application,
            "run": told["session_run"],
            "private": [],
        },
        "session_run": properties["spark.hadoop.fs.xacct.run"],
        "token": told["token"],
    }
    assert properties["spark.executorEnv.SPARK_XACCT_RUN"] == told["session_run"]
    assert described["configurationOverrides"]["monitoringConfiguration"] == {
        "cloudWatchLoggingConfiguration": {"enabled": True, "logGroupName": "/spark"}
    }


# EMR on EC2


@pytest.fixture
def cluster(moto: Any) -> str:
    instances = {
        "MasterInstanceType": "m5.xlarge",
        "SlaveInstanceType": "m5.xlarge",
        "InstanceCount": 2,
        "KeepJobFlowAliveWhenNoSteps": True,
    }
    made = moto("emr").run_job_flow(
        Name="there", Instances=instances, LogUri="s3n://own/logs/", ReleaseLabel="emr-7.12.0", VisibleToAllUsers=True
    )
    return str(made["JobFlowId"])


def recorded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What the launcher asks for from now on."""
    asked: list[tuple[str, dict[str, Any]]] = []
    ask = Clients._asked

    def recording(self: Clients, client: Any, service: str, method: str, about: str, request: Any) -> Any:
        asked.append((method, dict(request)))
        return ask(self, client, service, method, about, request)

    monkeypatch.setattr(Clients, "_asked", recording)
    return asked


def steps(moto: Any, cluster: str) -> list[dict[str, Any]]:
    return list(reversed(moto("emr").list_steps(ClusterId=cluster)["Steps"]))


def test_emr_ec2_adds_steps_to_a_running_cluster_once_for_a_token(moto: Any, s3: Any, cluster: str) -> None:
    declare("instance-profile")
    arguments = [
        "emr-ec2",
        "--on",
        cluster,
        "--entry-point",
        "job.py",
        "--staging",
        "s3://own/x",
        "--detach",
        "--token",
        "once",
    ]

    first, second = submit(*arguments), submit(*arguments)

    assert (first.exit_code, second.exit_code) == (0, 0), first.output + second.output
    assert first.stdout == second.stdout, "the same token is the same job"
    install, job = steps(moto, cluster)
    on, identity = first.stdout.strip().split("/")
    assert (on, identity) == (cluster, job["Id"])
    assert install["Name"] == "Install spark-xacct"
    run = job["Name"].removeprefix("spark-xacct [").removesuffix("]")
    program = f"x/runs/{run}/{ADDRESS}/job.py"
    assert job["Config"]["Args"][-1] == f"s3://own/{program}"
    staged = objects(s3)
    assert staged.pop(program) == PROGRAM
    assert sorted(name.rpartition("/")[2] for name in staged) == ["install.sh", jar.JAR_NAME]
    named = {uri.removeprefix("s3://own/") for uri in install["Config"]["Args"] if uri.startswith("s3://")}
    assert named == set(staged), "every object that a step fetches is there, and no other"


def test_emr_ec2_gives_a_runtime_role_to_the_job_and_not_to_the_installing_step(
    moto: Any, s3: Any, cluster: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare("emr-runtime-role")
    asked = recorded(monkeypatch)

    result = submit(
        "emr-ec2", "--on", cluster, "--entry-point", "s3://own/job.py", "--staging", "s3://own/x", "--detach"
    )

    assert result.exit_code == 0, result.output
    install, job = steps(moto, cluster)
    # moto takes the role and does not tell it.
    roles = {
        one["Steps"][0]["Name"]: one.get("ExecutionRoleArn") for name, one in asked if name == "add_job_flow_steps"
    }
    assert roles == {install["Name"]: None, job["Name"]: f"arn:aws:iam::{ACCOUNT}:role/etl"}


@pytest.mark.parametrize("base", ["instance-profile", "emr-runtime-role"])
def test_emr_ec2_makes_a_cluster_once_for_a_token(base: str, moto: Any, s3: Any) -> None:
    declare(base)
    arguments = [
        "emr-ec2",
        "--entry-point",
        "job.py",
        "--staging",
        "s3://own/x",
        "--logs",
        "s3://own/logs/",
        "--detach",
        "--token",
        "once",
    ]
    if base == "emr-runtime-role":
        moto("emr").create_security_configuration(Name="spark-xacct-runtime-roles", SecurityConfiguration="{}")

    first, second = submit(*arguments), submit(*arguments)

    assert (first.exit_code, second.exit_code) == (0, 0), first.output + second.output
    assert first.stdout == second.stdout
    (one,) = moto("emr").list_clusters()["Clusters"]
    on, identity = first.stdout.strip().split("/")
    described = moto("emr").describe_cluster(ClusterId=on)["Cluster"]
    tags = {tag["Key"]: tag["Value"] for tag in described["Tags"]}
    job = moto("emr").describe_step(ClusterId=on, StepId=identity)["Step"]
    assert (one["Id"], one["Name"]) == (on, f"spark-xacct [{tags['spark-xacct-run']}]")
    assert job["Name"] == f"spark-xacct [{tags['spark-xacct-run']}]"
    assert len(steps(moto, on)) == 2
    assert {name.rpartition("/")[2] for name in objects(s3)} == {"bootstrap.sh", "install.sh", jar.JAR_NAME, "job.py"}


# Waiting, coming back, cancelling


@pytest.fixture
def place(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A target and what it runs on, of moto."""
    target = str(request.param)
    fixture, base = {"emr-eks": ("virtual_cluster", "irsa"), "emr-serverless": ("application", "emr-runtime-role")}[
        target
    ]
    declare(base)
    return target, str(request.getfixturevalue(fixture))


@pytest.mark.parametrize("place", ["emr-eks", "emr-serverless"], indirect=True)
def test_a_job_is_waited_for_cancelled_on_ctrl_c_and_found_again(
    place: tuple[str, str], moto: Any, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, on = place
    slept: list[float] = []

    def sleep(self: Any, seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            raise KeyboardInterrupt
        assert len(slept) < 10, "it waits for ever"

    monkeypatch.setattr(waiting.RealClock, "sleep", sleep)
    # moto's jobs have ended where they begin.
    monkeypatch.setattr("moto.emrserverless.models.JOB_STATUS", "RUNNING")
    monkeypatch.setattr(command, "_can_answer", lambda: True)
    monkeypatch.setattr(command, "_ask", lambda question: True)

    result = submit(target, "--on", on, "--entry-point", "job.py", "--staging", "s3://own/x", "--log-wait", "0", "--format", "json")  # fmt: skip

    told = json.loads(result.stdout)
    assert (result.exit_code, told["phase"], told["state"]) == (1, "cancelled", "CANCELLED")
    assert f"{on}/{told['run']['id']}: asked to cancel it; Ctrl-C again: wait no longer" in result.stderr.splitlines()
    assert [key for key in objects(s3) if key.startswith("x/runs/")] == [], "removed after the end"
    again = submit(target, "--resume", f"{on}/{told['run']['id']}", "--log-wait", "0", "--format", "json")
    assert (again.exit_code, json.loads(again.stdout)["run"]) == (1, told["run"])


def test_a_job_of_emr_serverless_is_waited_for(moto: Any, s3: Any, application: str) -> None:
    declare("emr-runtime-role")

    result = submit(
        "emr-serverless", "--on", application, "--entry-point", "job.py", "--staging", "s3://own/x", "--log-wait", "0"
    )

    assert result.exit_code == 0, result.output
    (said,) = [line for line in result.stderr.splitlines() if "SUCCESS" in line]
    assert said.startswith(f"{application}/")
    assert [key for key in objects(s3) if key.startswith("x/runs/")] == [], "removed after the end"
