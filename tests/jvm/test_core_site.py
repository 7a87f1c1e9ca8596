"""`hadoop fs` with a rendered core-site.xml: the bucket's role, by the server's log, in a JVM that has no Spark."""

from __future__ import annotations

import re
import subprocess

import pytest
from hadoop_jvm import HadoopJvm
from readers import each_spark, needs_java

from spark_xacct.lab import Lab

pytestmark = [pytest.mark.slow, needs_java, each_spark]
HUB = "arn:aws:iam::111122223333:role/hub"
READER = "arn:aws:iam::444455556666:role/reader"


def fs(hadoop: HadoopJvm, *arguments: str) -> subprocess.CompletedProcess[str]:
    settings = [f"-D{name}={value}" for name, value in hadoop.lab_settings().items()]
    return hadoop.run("org.apache.hadoop.fs.FsShell", *settings, *arguments)


def test_a_declared_bucket_is_listed_and_read_under_its_role(hadoop: HadoopJvm, lab: Lab) -> None:
    listed = fs(hadoop, "-ls", "s3a://partner-data/events/")
    read = fs(hadoop, "-cat", "s3://partner-data/events/*")

    assert re.findall(r"\S+$", listed.stdout, re.MULTILINE)[1:] == [
        f"s3a://partner-data/events/part-{part}.txt" for part in range(3)
    ], listed.stderr
    assert read.stdout == "row 0\nrow 1\nrow 2\n", read.stderr
    calls = lab.calls(service="s3")
    assert {(call.role, call.bucket) for call in calls} == {(READER, "partner-data")}
    assert not [call for call in calls if call.refused]
    assert {call.operation for call in calls} >= {"ListObjectsV2", "GetObject"}
    hops = [call.requested["RoleArn"] for call in lab.calls(operation="AssumeRole")]
    assert hops == [HUB, READER] * 2


def test_an_undeclared_bucket_is_refused_in_words_and_asked_for_nothing(hadoop: HadoopJvm, lab: Lab) -> None:
    refused = fs(hadoop, "-ls", "s3a://stranger/")

    assert refused.returncode == 1
    assert "bucket stranger is not declared; otherwise: deny refuses it" in refused.stderr
    assert lab.calls(service="s3") == []
