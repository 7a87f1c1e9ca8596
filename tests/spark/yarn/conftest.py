"""One YARN for a Spark line, and the applications that all its tests look at: they start together and take a while."""

from __future__ import annotations

from collections.abc import Iterator

import mini_yarn
import pytest
from looking import PLANTED, Seen, look
from running import QUICK_JAVA, SparkRunner, java_home
from submissions import Application, Submissions, alone, by_jars, installed

from spark_xacct.lab.lab import Lab

REPORT = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[REPORT] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash[REPORT]:
        terminalreporter.write_line(line)


@pytest.fixture
def report(pytestconfig: pytest.Config) -> list[str]:
    """Lines that the run prints at its end."""
    return pytestconfig.stash[REPORT]


@pytest.fixture(scope="session")
def yarn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mini_yarn.MiniYarn]:
    with mini_yarn.running(tmp_path_factory.mktemp("yarn"), java_home()) as yarn:
        yield yarn


@pytest.fixture(scope="session")
def submitted(runner: SparkRunner, lab: Lab, yarn: mini_yarn.MiniYarn) -> Iterator[dict[str, Application]]:
    """All applications; the one in cluster mode stays up until its folder ``told`` says "go on"."""
    submissions = Submissions(runner, yarn)
    told, events = (runner.folder / name for name in ("told", "events"))
    told.mkdir()
    events.mkdir()
    searched = {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.compress": "false",
        "spark.eventLog.dir": events.as_uri(),
        "spark.executorEnv.TEST_PLANTED": PLANTED,
        "spark.yarn.appMasterEnv.TEST_PLANTED": PLANTED,
        "spark.executor.extraJavaOptions": f"{QUICK_JAVA} -Dtest.planted={PLANTED}",
    }
    try:
        yield {
            "cluster": submissions.submit(
                "cluster", "cluster", installed(runner), "yarn_job.py", "cluster", str(told), settings=searched,
                options=("--verbose",),
            ),
            "client": submissions.submit("client", "client", by_jars(runner), "yarn_job.py", "client"),
            "killed": submissions.submit(
                "killed", "cluster", alone(runner), "yarn_killed.py", lab.queue_url("events"),
                settings={"spark.yarn.maxAppAttempts": "2"},
            ),
        }  # fmt: skip
    finally:
        submissions.stop()


@pytest.fixture(scope="session")
def seen(submitted: dict[str, Application], runner: SparkRunner) -> Seen:
    """What others see of the application in cluster mode while all of it is up."""
    told = runner.folder / "told"
    try:
        submitted["cluster"].wait_until(told / "ready")
        return look(submitted["cluster"], runner.folder / "events", runner.folder / "stranger")
    finally:
        (told / "go on").touch()


@pytest.fixture(scope="session")
def applications(submitted: dict[str, Application], seen: Seen) -> dict[str, Application]:
    return submitted
