"""hadoop-aws in Spark's own class path and the jar in spark.jars alone: S3A's class loader does not see our classes."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from running import DECLARATION, SparkRunner

from spark_xacct import keys, plan, targets
from spark_xacct.declaration import load
from spark_xacct.lab.lab import Lab


@pytest.fixture
def hadoop_aws_apart(runner: SparkRunner) -> Mapping[str, str]:
    path = os.pathsep.join(str(jar) for jar in runner.jars.glob("*.jar"))
    return {"spark.jars": "", "spark.driver.extraClassPath": path, "spark.executor.extraClassPath": path}


def test_the_plugin_puts_the_provider_beside_s3a_in_driver_and_executors(
    runner: SparkRunner, lab: Lab, hadoop_aws_apart: Mapping[str, str]
) -> None:
    configuration = runner.configuration("apart", hadoop_aws_apart, master="local-cluster[2,1,1024]")
    lab.clear_calls()
    finished = runner.run("jvm_only.py", str(DECLARATION), environment=runner.environment(configuration))
    assert (finished.results["read"], finished.results["written"]) == ([100] * 5, 100)
    roles = {call.role for call in lab.calls() if call.bucket is not None and call.bucket.startswith("partner-b")}
    assert roles == {"arn:aws:iam::444455556666:role/reader"}
    logs = [Path(path).read_text() for path in runner.executor_logs(finished.results["application"])]
    executors = [text for text in logs if "Started daemon" in text]
    provider = keys.S3A_V1_PROVIDER if runner.line == "3.5" else keys.S3A_PROVIDER
    hook = keys.S3A_V1_HOOK if runner.line == "3.5" else keys.S3A_HOOK
    said = f"{provider} and {hook} were put beside S3A, whose class loader does not see this jar"
    assert Counter(said in text for text in executors) == Counter({True: 2})


def test_without_the_plugin_the_class_loaders_are_named(
    runner: SparkRunner, lab: Lab, hadoop_aws_apart: Mapping[str, str]
) -> None:
    settings = dict(targets.settings_for(plan.encode(load(DECLARATION).access_map)).spark)
    del settings["spark.plugins.defaultList"]
    configuration = runner.configuration("apart-bare", {**settings, **hadoop_aws_apart})
    results = runner.run("broken_settings.py", environment=runner.environment(configuration)).results
    provider = keys.S3A_V1_PROVIDER if runner.line == "3.5" else keys.S3A_PROVIDER
    assert results["error"] == (
        "the spark-xacct jar and hadoop-aws are in different class loaders: org.apache.hadoop.fs.s3a.S3AFileSystem does not "
        f"see {provider}; load the plugin, which puts it there (spark.plugins.defaultList={keys.PLUGIN}), or put both on "
        "spark.jars, or both into Spark's jars folder"
    )
