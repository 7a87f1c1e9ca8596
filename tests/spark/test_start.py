"""start(): the situations it meets, and the text a user gets in each that cannot work."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from running import DECLARATION, SparkRunner

from spark_xacct import plan, targets
from spark_xacct.declaration import load
from spark_xacct.lab.lab import Lab
from spark_xacct.spark import jar

QUEUE = "events"


def edited(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    text = DECLARATION.read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path = tmp_path / "edited.yaml"
    path.write_text(text)
    return path


def test_a_notebook_follows_its_edited_declaration(runner: SparkRunner, lab: Lab, tmp_path: Path) -> None:
    # The second declaration drops partner-b1 and names its sessions otherwise, which the server's log shows.
    second = edited(
        tmp_path, ("  partner-b1: partner\n", ""), ('session_name: "{run}-{user}"', 'session_name: "second-{run}"')
    )
    configuration = runner.configuration("notebook")
    since = lab.calls()[-1].number if lab.calls() else 0
    results = runner.run(
        "notebook.py",
        str(DECLARATION),
        str(second),
        lab.queue_url(QUEUE),
        environment=runner.environment(configuration),
    ).results
    assert results["first"] == [100, 100]
    assert results["same_session"] is True
    first, *lines = results["other"]["error"].splitlines()
    ids = [plan.encode(load(file).access_map).about for file in (DECLARATION, second)]
    assert first == (
        f"a SparkContext is already active under {ids[0]}, and {ids[1]} was asked for; stop the session and call start() again, or "
        "have whoever starts it set these, in its spark-defaults.conf or as --conf of spark-submit:"
    )
    assert [line.partition("=")[0].strip() for line in lines] == [
        "spark.hadoop.fs.xacct.plan", "spark.hadoop.fs.xacct.about", "spark.executorEnv.SPARK_XACCT_PLAN"
    ]  # fmt: skip
    assert results["kept"] == 100
    assert "bucket partner-b1 is not declared; otherwise: deny refuses it" in results["removed"]["error"]
    assert "bucket partner-b1 is not declared; otherwise: deny refuses it" in results["removed_python"]["error"]
    reads = [call.session_name or "" for call in lab.calls(since) if call.operation == "GetObject"]
    assert reads[-1].startswith("second-")
    assert not reads[0].startswith("second-")


@pytest.mark.parametrize("buckets", [0, 60])
def test_rendered_spark_submit_runs_a_plain_script(runner: SparkRunner, lab: Lab, tmp_path: Path, buckets: int) -> None:
    declaration = DECLARATION if not buckets else many(tmp_path, buckets)
    configuration = runner.configuration(f"submit-{buckets}", master="local-cluster[2,1,1024]")
    environment = runner.environment(configuration)
    lab.clear_calls()
    command = [sys.executable, "-m", "spark_xacct", "--config", str(declaration), "render", "spark-submit"]
    rendered = runner.run_command(command, environment)
    assert rendered.code == 0, rendered.err
    script = tmp_path / "submit.sh"
    script.write_text(rendered.out)
    # What the script exports is for the driver in client mode. A local cluster hands it on to the executors, which must get
    # theirs by the options as on a real cluster; this driver does without.
    (tmp_path / "spark-submit").write_text(
        f'#!/bin/sh\nunset $(env | grep -o "^SPARK_XACCT_[A-Z0-9_]*")\nexec {Path(sys.executable).parent}/spark-submit "$@"\n'
    )
    (tmp_path / "spark-submit").chmod(0o755)
    environment["PATH"] = f"{tmp_path}{os.pathsep}{environment['PATH']}"
    # As the script's own comment says: a second --jars replaces the first, so hadoop-aws joins ours.
    jars = ",".join([str(jar.find({})), *(str(path) for path in runner.jars.glob("*.jar"))])
    program = str(Path(__file__).parent / "programs" / "plain_job.py")
    finished = runner.run_command(["sh", str(script), "--jars", jars, program, lab.queue_url(QUEUE)], environment)
    assert finished.code == 0, finished.err[-4000:]
    assert [finished.results[name] for name in ("s3a", "s3", "sent")] == [100, 100, 10]
    readers = {call.who for call in lab.calls() if call.operation == "GetObject"}
    assert readers == {call.who for call in lab.calls() if call.operation == "SendMessage"}
    assert len(readers) == 1, "driver, executors and workers are one role session by name"


@pytest.mark.parametrize("given", ["a declaration", "the submitted plan", "nothing"])
def test_start_under_spark_submit(runner: SparkRunner, lab: Lab, given: str) -> None:
    environment = runner.environment(runner.configuration("submitted"))
    declared = [str(DECLARATION)] if given == "a declaration" else []
    options = []
    if given == "the submitted plan":
        for name, value in targets.settings_for(plan.encode(load(DECLARATION).access_map)).spark.items():
            options += ["--conf", f"{name}={value}"]
    finished = runner.submit("submitted.py", lab.queue_url(QUEUE), *declared, environment=environment, options=options)
    assert finished.code == 0, finished.err[-4000:]
    assert "pyspark.zip" in finished.results["pyspark"], "pyspark did not come from its zip, as it does on a cluster"
    if given == "nothing":
        assert finished.results["error"].startswith("no plan is in force: give start() a declaration")
    else:
        assert finished.results.get("value") == [100, 10], finished.results


def test_start_under_spark_submit_without_the_jar_says_how(runner: SparkRunner) -> None:
    environment = runner.environment(runner.configuration("submitted-bare"))
    program = Path(__file__).parent / "programs" / "start_only.py"
    command = [str(Path(sys.executable).parent / "spark-submit"), str(program), str(DECLARATION)]
    results = runner.run_command(command, environment).results
    path = jar.find({})
    assert results["error"] == (
        "the JVM has not loaded the spark-xacct jar (class io.sparkxacct.plan.JarVersion is not there); the JVM was "
        f"started by spark-submit: its class path is fixed. Submit with: --jars {path} --py-files {path}"
    )


def test_a_file_system_from_before_start_serves_nobody_else(runner: SparkRunner, lab: Lab) -> None:
    lab.clear_calls()
    environment = runner.environment(runner.configuration("early"))
    finished = runner.submit("early_file_system.py", str(DECLARATION), environment=environment)
    assert finished.results == {"value": 100}, finished.err[-3000:]
    assert {call.role for call in lab.calls() if call.bucket == "partner-data"} == {
        "arn:aws:iam::444455556666:role/reader"
    }


def test_a_file_system_of_an_earlier_context_serves_nobody_under_another_identity(
    runner: SparkRunner, lab: Lab
) -> None:
    lab.put("s3://job-scratch/notes/part-0.json", b'{"id": 1}\n')
    lab.clear_calls()
    jars = ",".join([str(jar.find({})), *(str(path) for path in runner.jars.glob("*.jar"))])
    extra = {"spark.jars": jars, "spark.submit.pyFiles": str(jar.find({}))}
    environment = runner.environment(runner.configuration("earlier", extra))
    results = runner.run("earlier_context.py", str(DECLARATION), environment=environment).results
    first, *lines = results["without_a_plan"]["error"].splitlines()
    assert first == (
        "a SparkContext is already active, without a plan; stop it and call start() again, or have whoever starts it set these, "
        "in its spark-defaults.conf or as --conf of spark-submit:"
    )
    assert f"  spark.hadoop.fs.xacct.plan={plan.encode(load(DECLARATION).access_map).text}" in lines
    assert results["value"] == 1
    assert {call.role for call in lab.calls() if call.bucket == "job-scratch"} == {"arn:aws:iam::111122223333:role/etl"}


@pytest.mark.parametrize("where", ["spark-defaults.conf", "core-site.xml"])
def test_somebody_elses_provider_of_a_declared_bucket_stops_start(
    runner: SparkRunner, lab: Lab, where: str, tmp_path: Path
) -> None:
    lab.clear_calls()
    name = "fs.s3a.bucket.partner-data.aws.credentials.provider"
    value = "org.apache.hadoop.fs.s3a.AnonymousAWSCredentialsProvider"
    extra = (
        {f"spark.hadoop.{name}": value}
        if where == "spark-defaults.conf"
        else {"spark.driver.extraClassPath": str(tmp_path)}
    )
    (tmp_path / "core-site.xml").write_text(
        f"<configuration><property><name>{name}</name><value>{value}</value></property></configuration>"
    )
    environment = runner.environment(runner.configuration(f"other-{where}", extra))
    results = runner.run("start_only.py", str(DECLARATION), environment=environment).results
    assert (
        results["error"] == f"{name} is {value}: bucket partner-data is served by it and not by the plan; take it out"
    )
    assert not [call for call in lab.calls() if call.bucket == "partner-data"]


IVY = """<ivysettings><settings defaultResolver="files"/><caches defaultCacheDir="{folder}/ivy"/><resolvers>
<ibiblio name="files" m2compatible="true" root="{repository}"/></resolvers></ivysettings>"""
POM = "<project><modelVersion>4.0.0</modelVersion><groupId>hadoop-aws</groupId><artifactId>{name}</artifactId><version>1</version></project>"


def test_jars_of_packages_reach_executors_beside_ours(runner: SparkRunner, lab: Lab, tmp_path: Path) -> None:
    """hadoop-aws by spark.jars.packages, as our own error texts say, out of a Maven repository in a folder."""
    repository = tmp_path / "repository"
    for path in runner.jars.glob("*.jar"):
        folder = repository / "hadoop-aws" / path.stem / "1"
        folder.mkdir(parents=True)
        (folder / f"{path.stem}-1.jar").write_bytes(path.read_bytes())
        (folder / f"{path.stem}-1.pom").write_text(POM.format(name=path.stem))
    (tmp_path / "ivy.xml").write_text(IVY.format(folder=tmp_path, repository=repository.as_uri()))
    extra = {
        "spark.jars": "",
        "spark.jars.packages": ",".join(f"hadoop-aws:{path.stem}:1" for path in runner.jars.glob("*.jar")),
        "spark.jars.ivySettings": str(tmp_path / "ivy.xml"),
        "spark.jars.ivy": str(tmp_path / "ivy"),
    }
    environment = runner.environment(runner.configuration("packages", extra, master="local-cluster[1,1,1024]"))
    results = runner.run("packages.py", str(DECLARATION), environment=environment).results
    assert results == {"value": 100, "submit_arguments": None}, results.get("error")


def many(tmp_path: Path, buckets: int) -> Path:
    roles = "".join(f'  team{n}: {{arn: "arn:aws:iam::444455556666:role/team-{n}", via: hub}}\n' for n in range(7))
    names = "".join(f"  team-bucket-{n:02}.corp: team{n % 7}\n" for n in range(buckets))
    return edited(tmp_path, ("buckets:\n", roles + "buckets:\n" + names))


def test_a_cut_plan_is_named(runner: SparkRunner) -> None:
    text = plan.encode(load(DECLARATION).access_map).text
    configuration = runner.configuration("cut", {"spark.hadoop.fs.xacct.plan": text[:-1]})
    results = runner.run("start_only.py", environment=runner.environment(configuration)).results
    assert (
        results["error"]
        == f"the plan text is cut or damaged ({len(text) - 1} characters arrived); copy it again in full"
    )


def test_a_missing_jar_is_named(runner: SparkRunner, tmp_path: Path) -> None:
    environment = runner.environment(runner.configuration("no-jar"), SPARK_XACCT_JAR=str(tmp_path / "none.jar"))
    results = runner.run("start_only.py", str(DECLARATION), environment=environment).results
    assert results["error"] == (
        f"the jar spark-xacct-0.1.0.jar is missing: looked at {tmp_path}/none.jar; install the spark-xacct wheel, name the "
        "jar in SPARK_XACCT_JAR, or in a checkout run: make jar"
    )


def test_missing_hadoop_aws_is_named_with_its_coordinates(runner: SparkRunner) -> None:
    environment = runner.environment(runner.configuration("no-hadoop-aws", {"spark.jars": ""}))
    results = runner.run("start_only.py", str(DECLARATION), environment=environment).results
    assert results["error"].startswith(
        "hadoop-aws is not on the class path, so s3a:// cannot be opened; add it in Hadoop's"
    )
    assert "spark.jars.packages=org.apache.hadoop:hadoop-aws:3." in results["error"]


def test_a_missing_sts_module_is_named(runner: SparkRunner) -> None:
    jars = ",".join(str(path) for path in runner.jars.glob("*.jar") if "sts" not in path.name)
    environment = runner.environment(runner.configuration("no-sts", {"spark.jars": jars}))
    results = runner.run("start_only.py", str(DECLARATION), environment=environment).results
    assert results["error"].startswith("the AWS SDK beside hadoop-aws lacks its STS module (")


def test_no_plan_at_all_is_named(runner: SparkRunner) -> None:
    environment = runner.environment(runner.configuration("no-plan"))
    results = runner.run("start_only.py", environment=environment).results
    assert results["error"] == (
        "no plan is in force: give start() a declaration or a plan file, or submit with the lines of "
        "`spark-xacct render spark-submit`"
    )
