"""What can be seen of role sessions while an application runs: metrics in Spark's metric system, and the status."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from running import DECLARATION, Finished, SparkRunner

from spark_xacct import keys
from spark_xacct.version import __version__

PROTECTED = {
    "spark.authenticate": "true",
    "spark.authenticate.secret": "a-secret-of-this-test",
    "spark.network.crypto.enabled": "true",
}
ROLES = ("hub", "partner", "sink")


def ran(runner: SparkRunner, name: str, master: str) -> tuple[Finished, Path]:
    folder = runner.folder / f"{name}-metrics"
    folder.mkdir()
    sink = {
        "spark.metrics.conf.*.sink.csv.class": "org.apache.spark.metrics.sink.CsvSink",
        "spark.metrics.conf.*.sink.csv.directory": str(folder),
        "spark.metrics.conf.*.sink.csv.period": "1",
    }
    environment = runner.environment(runner.configuration(name, {**PROTECTED, **sink}, master=master))
    return runner.run("measured.py", str(DECLARATION), environment=environment), folder


def metrics(folder: Path, finished: Finished, process: str) -> dict[str, dict[str, str]]:
    """The last row of each of our metrics, by its name."""
    prefix = f"{finished.results['application']}.{process}.plugin.{keys.PLUGIN}."
    found = {path.name.removeprefix(prefix).removesuffix(".csv"): path for path in folder.glob(f"{prefix}*.csv")}
    return {name: list(csv.DictReader(path.open()))[-1] for name, path in found.items()}


def count(found: dict[str, dict[str, str]], name: str) -> int:
    return int(found[name]["count"])


def healthy(status: dict[str, Any]) -> None:
    assert status["jar"] == __version__
    assert status["plan"] in status["about"]
    assert status["problem"] is None
    assert status["roles"]["partner"]["state"] == "FRESH"
    assert status["roles"]["partner"]["failure"] is None
    assert 3_000 < status["roles"]["partner"]["secondsLeft"] <= 3_600


def test_driver_and_executors_show_what_they_do_and_the_driver_the_sum(runner: SparkRunner) -> None:
    finished, folder = ran(runner, "metrics-cluster", "local-cluster[2,1,1024]")
    assert finished.results["read"] == 100

    assert finished.results["queried"]["process"] in ("executor 0", "executor 1")
    driver = finished.results["driver"]
    # One that came late may have read nothing.
    executor = next(status for status in finished.results["everywhere"] if status["counters"]["asks"])
    for status in (driver, executor):
        healthy(status)
        assert status["channel"] == "PROTECTED"
    assert (driver["plan"], driver["run"]) == (executor["plan"], executor["run"])
    assert driver["process"] == "driver"
    assert driver["source"].startswith("STS at http")
    assert executor["source"] == "the driver"
    assert executor["executors"] is None
    assert executor["counters"]["sts.calls"] == 0, "executors took their sessions from the driver"
    assert driver["counters"]["fetches"] == len(ROLES)
    assert driver["counters"]["sts.calls"] == len(ROLES) + 1, "and GetCallerIdentity, for base.arn"
    told = driver["executors"]
    assert 1 <= told["known"] <= 2
    assert told["counters"]["asks"] == driver["counters"]["asks"] > 0
    assert told["counters"]["fetches"] > 0
    assert driver["channelWords"] == (
        "executors get role sessions from the driver, 6 STS calls an hour in all instead of as many in each JVM: "
        "spark.authenticate and spark.network.crypto.enabled protect Spark's RPC"
    )

    shown = metrics(folder, finished, "driver")
    assert {f"role.{role}.secondsLeft" for role in ROLES} | {"executors.known", "sts.latencyMillis"} <= set(shown)
    assert set(driver["counters"]) | {f"executors.{name}" for name in told["counters"]} <= set(shown)
    assert (count(shown, "fetches"), count(shown, "sts.calls")) == (len(ROLES), len(ROLES) + 1)
    assert count(shown, "executors.fetches") > 0
    assert int(shown["role.partner.secondsLeft"]["value"]) > 3_000
    latency = shown["sts.latencyMillis"]
    assert int(latency["count"]) == len(ROLES) + 1
    assert 0 < float(latency["mean"]) <= float(latency["max"])

    process = executor["process"].removeprefix("executor ")
    own = metrics(folder, finished, process)
    assert count(own, "fetches") == executor["counters"]["fetches"] > 0
    assert not [name for name in own if name.startswith("executors.")]


def test_in_local_mode_there_is_one_set_of_metrics(runner: SparkRunner) -> None:
    finished, folder = ran(runner, "metrics-local", "local[2]")

    status = finished.results["driver"]
    healthy(status)
    assert (status["process"], status["channel"], status["executors"]) == ("driver", "LOCAL", None)
    assert status["counters"]["sessions.served"] > 0, "to Python"
    assert finished.results["queried"]["process"] == "driver"
    ours = [path.name for path in folder.glob(f"*.plugin.{keys.PLUGIN}.fetches.csv")]
    assert ours == [f"{finished.results['application']}.driver.plugin.{keys.PLUGIN}.fetches.csv"]
    assert "already registered" not in finished.err
