"""One YARN for a Spark line, and the applications that all its tests look at: they start together and take a while."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass

import mini_yarn
import pyspark
import pytest
from looking import PLANTED, Seen, look
from running import SparkRunner
from submissions import Application, Submissions, alone, installed_and_by_jars

from spark_xacct.lab.lab import Lab

REPORT = pytest.StashKey[list[str]]()
STARTED = pytest.StashKey[dict[str, "Moment"]]()
STEP = "emr-ec2"


@dataclass(frozen=True)
class Moment:
    """A time of the run. ``cpu``: seconds that it and all its processes that have ended took so far."""

    seconds: float
    cpu: float
    load: float

    @classmethod
    def now(cls) -> Moment:
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return cls(time.monotonic(), sum(one.ru_utime + one.ru_stime for one in used), os.getloadavg()[0])


def pytest_configure(config: pytest.Config) -> None:
    config.stash[REPORT] = []
    config.stash[STARTED] = {}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # It counts messages and forgets calls that the others look at.
    items.sort(key=lambda item: _part(item) == STEP)


def pytest_runtest_setup(item: pytest.Item) -> None:
    item.config.stash[STARTED].setdefault(_part(item), Moment.now())


def _part(item: pytest.Item) -> str:
    return STEP if item.path.stem == "test_emr_ec2" else "both modes"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash[REPORT]:
        terminalreporter.write_line(line)
    starts, end = config.stash[STARTED], Moment.now()
    if starts:
        (first, *_), ends = starts.values(), [*starts.values(), end][1:]
        parts = [f"{one} {end.seconds - starts[one].seconds:.0f} s" for one, end in zip(starts, ends, strict=True)]
        terminalreporter.write_line(
            f"YARN, Spark {pyspark.__version__}: {', '.join(parts)}, {end.cpu - first.cpu:.0f} s of CPU; "
            f"load {first.load:.1f} before, {end.load:.1f} after, {os.cpu_count()} cores"
        )


@pytest.fixture
def report(pytestconfig: pytest.Config) -> list[str]:
    """Lines that the run prints at its end."""
    return pytestconfig.stash[REPORT]


@pytest.fixture(scope="session")
def yarn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mini_yarn.MiniYarn]:
    """It starts while the lab does: see ``wait_ready``."""
    with mini_yarn.starting(tmp_path_factory.mktemp("yarn")) as yarn:
        yield yarn


@pytest.fixture(scope="session")
def submissions(yarn: mini_yarn.MiniYarn, runner: SparkRunner) -> Iterator[Submissions]:
    submissions = Submissions(runner, yarn)
    try:
        yield submissions
    finally:
        submissions.stop()
    submissions.shared.keep()


@pytest.fixture(scope="session")
def submitted(submissions: Submissions, lab: Lab) -> dict[str, Application]:
    """All applications; the one in cluster mode waits before its kills until its folder ``told`` says "go on"."""
    runner, jars = submissions.runner, submissions.jars
    told, events = (runner.folder / name for name in ("told", "events"))
    told.mkdir()
    events.mkdir()
    attempts = {
        "spark.yarn.maxAppAttempts": "2",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.compress": "false",
        "spark.eventLog.dir": events.as_uri(),
        "spark.executorEnv.TEST_PLANTED": PLANTED,
        "spark.yarn.appMasterEnv.TEST_PLANTED": PLANTED,
        "spark.executor.extraJavaOptions": f"{submissions.java} -Dtest.planted={PLANTED}",
    }
    submissions.yarn.wait_ready()
    return {
        "cluster": submissions.submit(
            "cluster", "cluster", alone(runner, jars), "yarn_attempts.py", lab.queue_url("events"), str(told),
            settings=attempts, options=("--verbose",),
        ),
        "client": submissions.submit("client", "client", installed_and_by_jars(runner, jars), "yarn_job.py"),
    }  # fmt: skip


@pytest.fixture(scope="session")
def seen(submitted: dict[str, Application], submissions: Submissions) -> Seen:
    """What others see of the application in cluster mode while all of its first attempt is up."""
    told, events = (submissions.runner.folder / name for name in ("told", "events"))
    try:
        submitted["cluster"].wait_until(told / "ready")
        return look(submitted["cluster"], events, submissions.shared)
    finally:
        (told / "go on").touch()


@pytest.fixture(scope="session")
def applications(submitted: dict[str, Application], seen: Seen) -> dict[str, Application]:
    return submitted
