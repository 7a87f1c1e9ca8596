"""The exports and properties make a process the base identity, and nothing in its surroundings gets in the way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from fakes.two_accounts import A

from spark_xacct.lab import Lab
from spark_xacct.lab.environment import IN_THE_WAY

WHO = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"


def test_the_exports_are_these(lab: Lab):
    folder = lab.folder

    assert lab.environment() == {
        "AWS_ENDPOINT_URL": lab.endpoint,
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(folder / "aws-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "aws-config"),
        "AWS_ROLE_ARN": f"arn:aws:iam::{A}:role/etl",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(folder / "web-identity-token"),
        "SPARK_CONF_DIR": str(folder / "spark-conf"),
    }


def test_spark_finds_the_lab_by_its_conf_folder_alone(lab: Lab):
    text = (Path(lab.environment()["SPARK_CONF_DIR"]) / "spark-defaults.conf").read_text(encoding="utf-8")

    executor = {name: value for name, value in lab.environment().items() if name != "SPARK_CONF_DIR"}
    assert dict(line.split(" ", 1) for line in text.splitlines()) == {
        "spark.hadoop.fs.s3a.endpoint": lab.endpoint,
        "spark.hadoop.fs.s3a.endpoint.region": "eu-west-1",
        "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.hadoop.fs.s3a.connection.ssl.enabled": "false",
        **{f"spark.executorEnv.{name}": value for name, value in executor.items()},
    }


def test_a_process_is_the_base_identity_whatever_stood_in_its_environment(lab: Lab):
    inherited = {
        "PATH": "/usr/bin:/bin",
        "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:1",
        **dict.fromkeys(IN_THE_WAY, "wrong"),
    }

    done = subprocess.run(
        [sys.executable, "-c", WHO], env=lab.process_environment(inherited), capture_output=True, text=True, check=True
    )

    assert done.stdout.startswith(f"arn:aws:sts::{A}:assumed-role/etl/")
    assert set(lab.process_environment(inherited)) == {"PATH", *lab.environment()}
