"""No live secret is anywhere but in memory; a planted one is found in every place by the same search."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from running import DECLARATION, SparkRunner

from spark_xacct.lab.lab import Lab

PLANTED = "planted-7f3a-this-must-be-found-everywhere"
LOG4J2 = """
rootLogger.level = debug
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %p %c: %m%n%ex
logger.ours.name = io.sparkxacct
logger.ours.level = trace
# These print requests with their signatures and answers with their keys, by design.
logger.sdk.name = software.amazon.awssdk
logger.sdk.level = info
logger.sdk1.name = com.amazonaws
logger.sdk1.level = info
logger.wire.name = org.apache.http
logger.wire.level = info
"""
# Not a place, but what is looked for.
TOKENS = "tokens of the endpoints"
UI_PAGES = ("environment", "allexecutors", "jobs", "stages")


def found_in(places: Mapping[str, str], secrets: Iterable[str]) -> dict[str, int]:
    """How many of these secrets each place holds, for places that hold any."""
    wanted = [secret for secret in secrets if secret]
    counted = {place: sum(secret in text for secret in wanted) for place, text in places.items()}
    return {place: count for place, count in counted.items() if count}


@pytest.fixture(scope="module")
def places(runner: SparkRunner, lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every place that is searched, with its whole text."""
    events = tmp_path_factory.mktemp("events")
    extra = {
        "spark.ui.enabled": "true",
        # A PySpark driver sets the root logger to WARN; this sets it again.
        "spark.log.level": "DEBUG",
        "spark.ui.port": "0",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.compress": "false",
        "spark.eventLog.dir": events.as_uri(),
        "spark.executorEnv.TEST_PLANTED": PLANTED,
    }
    configuration = runner.configuration("secrets", extra, master="local-cluster[1,1,1024]")
    (configuration / "log4j2.properties").write_text(LOG4J2)
    environment = runner.environment(configuration, TEST_PLANTED=PLANTED)
    arguments = (str(DECLARATION), lab.queue_url("events"), PLANTED)
    with runner.started("keeping_secrets.py", *arguments, environment=environment) as program:
        # From before the start: the driver fetches at once.
        with lab.without(role="sink", action="sts:AssumeRole"):
            program.wait_ready()
        results = json.loads("".join(program.out).partition("RESULT ")[2].splitlines()[0])
        result: dict[str, str] = dict(results["places"])
        base = f"{results['ui']}/api/v1/applications/{results['application']}"
        for page in UI_PAGES:
            with urllib.request.urlopen(f"{base}/{page}", timeout=60) as answer:
                result[f"UI {page}"] = answer.read().decode()
        pids = program.family()
        result[TOKENS] = "\n".join(sorted(endpoint_tokens(results["endpoint"], pids)))
        assert len(pids) >= 5, "driver Python, its JVM, executor, Python daemon and worker"
        result["environments"] = _joined(Path(f"/proc/{pid}/environ") for pid in pids)
        result["command lines"] = _joined(Path(f"/proc/{pid}/cmdline") for pid in pids)
        program.go_on()
        finished = program.finish()
    result["log"] = finished.err
    result["executor logs"] = _joined(runner.executor_logs(results["application"]))
    result["output"] = finished.out
    result["event log"] = _joined(path for path in events.rglob("*") if path.is_file())
    return result


def endpoint_tokens(drivers: str, pids: Iterable[int]) -> set[str]:
    """What the credentials endpoints of the driver's JVM and of the executor's want to hear."""
    environments = _joined(Path(f"/proc/{pid}/environ") for pid in pids)
    folders = {drivers, *re.findall(r"SPARK_XACCT_ENDPOINT=([^\0\n]+)", environments)}
    assert len(folders) == 2
    return {path.read_text() for folder in folders for path in Path(folder).glob("*.token")}


def _joined(paths: Iterable[Path]) -> str:
    texts = []
    for path in paths:
        try:
            texts.append(path.read_text(errors="replace"))
        except OSError:
            continue
    return "\n".join(texts)


# Spark shows neither a job's nor an executor's settings on these pages, so nothing can be planted there.
WITHOUT_SETTINGS = {"UI allexecutors", "UI jobs", "UI stages"}


def test_the_search_finds_a_planted_secret_in_every_place(places: dict[str, str]) -> None:
    assert set(found_in(places, [PLANTED])) == set(places) - WITHOUT_SETTINGS - {TOKENS}


def test_the_refusals_that_are_searched_are_what_they_say(places: dict[str, str]) -> None:
    """An exception that never came near a credential proves nothing."""
    said = {name: places[f"exception: {name}"] for name in ("denied hop", "denied hop in Python")}
    assert all("777788889999:role/writer) refused by STS: AccessDenied" in text for text in said.values()), said
    by_s3 = {name: places[f"exception: {name}"] for name in ("denied by S3", "denied by S3 in Python")}
    assert all("AccessDenied" in text and "by STS" not in text for text in by_s3.values()), by_s3


def test_no_live_secret_is_in_any_place(places: dict[str, str], lab: Lab) -> None:
    secrets = lab.secrets()
    assert len(secrets) > 6, "the lab issued too little to look for"
    tokens = places[TOKENS].splitlines()
    assert len(tokens) == 4, "two roles in two JVMs"
    searched = {name: text for name, text in places.items() if name != TOKENS}
    assert found_in(searched, [*secrets, *tokens]) == {}
