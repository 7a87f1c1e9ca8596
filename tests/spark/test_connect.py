"""Spark Connect: the server has the plan, clients ask and their functions run under it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from running import DECLARATION, ROOT, Finished, SparkRunner

from spark_xacct import plan, targets
from spark_xacct.declaration import load
from spark_xacct.lab.lab import Lab
from spark_xacct.spark import jar

READER = "arn:aws:sts::444455556666:assumed-role/reader/"
WRITER = "arn:aws:sts::777788889999:assumed-role/writer/"
START_SECONDS = 120
# pyspark 3.5 brings no server; of its line this is the newest that Maven Central has.
SERVER_3_5 = "org.apache.spark:spark-connect_2.12:3.5.7"


@pytest.fixture(scope="module")
def declarations(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("connect")
    text = DECLARATION.read_text() + "python: {default_role: partner}\n"
    (folder / "xacct.yaml").write_text(text)
    (folder / "other.yaml").write_text(text.replace("  partner-b1: partner\n", ""))
    return folder / "xacct.yaml", folder / "other.yaml"


@pytest.fixture(scope="module")
def client(runner: SparkRunner, lab: Lab, declarations: tuple[Path, Path]) -> Finished:
    worker = ROOT / ".cache" / "worker-arrow" / "bin" / "python"
    (packages,) = (worker.parents[1] / "lib").glob("python*/site-packages")
    with server(runner, declarations[0], worker) as port:
        environment = runner.environment(
            runner.folder / "no-settings", PYTHONPATH=str(packages), SPARK_REMOTE=f"sc://127.0.0.1:{port}"
        )
        return runner.run("connect_client.py", *map(str, declarations), environment=environment)


@contextmanager
def server(runner: SparkRunner, declaration: Path, worker: Path) -> Iterator[int]:
    """A Connect server with what `render spark-defaults` writes, and its port."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    ours = dict(targets.settings_for(plan.encode(load(declaration).access_map), jar=str(jar.find({}))).spark)
    jars = [*runner.jars.glob("*.jar"), *([server_of_3_5()] if runner.line == "3.5" else [])]
    ours["spark.jars"] = ",".join([ours["spark.jars"], *map(str, jars)])
    ours |= {"spark.connect.grpc.binding.port": str(port), "spark.connect.grpc.binding.address": "127.0.0.1"}
    environment = runner.environment(runner.configuration("connect", ours), PYSPARK_PYTHON=str(worker))
    log = runner.folder / "connect-server.log"
    submit = shutil.which("spark-submit", path=str(Path(sys.executable).parent))
    name = "org.apache.spark.sql.connect.service.SparkConnectServer"
    with log.open("w") as output:
        process = subprocess.Popen(
            [str(submit), "--class", name, "spark-internal"],
            env=environment,
            cwd=runner.folder,
            stdout=output,
            stderr=output,
        )
    try:
        end = time.monotonic() + START_SECONDS
        while not _listens(port):
            assert process.poll() is None, f"the server ended:\n{log.read_text()[-4000:]}"
            assert time.monotonic() < end, f"the server does not listen:\n{log.read_text()[-4000:]}"
            time.sleep(0.5)
        yield port
    finally:
        process.terminate()
        process.wait(60)


def server_of_3_5() -> Path:
    _, artifact, version = SERVER_3_5.split(":")
    path = ROOT / ".cache" / "connect" / f"{artifact}-{version}.jar"
    if not path.is_file():
        copy = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
        command = ["mvn", "-q", "-B", "-ntp", copy, f"-Dartifact={SERVER_3_5}", f"-DoutputDirectory={path.parent}"]
        subprocess.run(command, check=True, timeout=300)
    return path


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_reads_and_functions_of_a_client_run_under_the_servers_plan(client: Finished) -> None:
    assert client.results["read"] == 100
    (answer,) = client.results["udf"]
    assert [arn.rpartition("/")[0] + "/" for arn in answer.split()] == [READER, WRITER]


def test_for_each_batch_runs_beside_the_server_and_asks_by_name(client: Finished) -> None:
    (answer,) = client.results["foreach_batch"]
    assert answer.startswith(WRITER)


def test_start_says_that_the_settings_are_the_servers(client: Finished) -> None:
    assert client.results["start"]["error"] == (
        "Spark Connect takes its settings from the server: put the lines of `spark-xacct render spark-defaults` into the "
        "server's spark-defaults.conf and restart it"
    )


def test_whoami_compares_the_plan_and_leaves_out_the_drivers_jvm(
    client: Finished, declarations: tuple[Path, Path]
) -> None:
    found = client.results["identities"]
    assert found["as_declared"] is True
    assert {row["driver_jvm"] for row in found["identities"]} == {"-"}
    by_name = {row["bucket"]: row for row in found["identities"]}
    assert by_name["partner-data"]["executor_jvm"].startswith(READER)
    assert by_name["boto3.client()"]["python_worker"].startswith(READER)
    ids = [plan.encode(load(file).access_map).about for file in declarations]
    assert client.results["other"] == {"error": f"{ids[0]} is in force, and {ids[1]} was asked for"}
