"""Plain boto3 on the driver is the default role of the application that runs, and nobody's in between."""

from __future__ import annotations

from pathlib import Path

from running import DECLARATION, SparkRunner

READER = "arn:aws:sts::444455556666:assumed-role/reader/"
WRITER = "arn:aws:sts::777788889999:assumed-role/writer/"
BASE = "arn:aws:sts::111122223333:assumed-role/etl/"


def test_the_drivers_plain_boto3_follows_the_application(runner: SparkRunner, tmp_path: Path) -> None:
    files = []
    for name, role in (("first", "partner"), ("second", "sink"), ("without", None)):
        path = tmp_path / f"{name}.yaml"
        path.write_text(DECLARATION.read_text() + (f"python: {{default_role: {role}}}\n" if role else ""))
        files.append(str(path))
    results = runner.run(
        "default_roles.py", *files, environment=runner.environment(runner.configuration("roles"))
    ).results
    assert results["first"].startswith(READER)
    assert results["again"] == results["first"]
    assert "was asked for; stop the session and call start() again" in results["refused"]["error"]
    assert results["after_refusal"][0] == results["first"], "the first application runs on, and so does its role"
    assert results["after_refusal"][1].startswith(WRITER)
    assert ".token" in results["stopped"]["plain"]["error"], "another identity would be worse"
    assert results["stopped"]["named"]["value"].startswith(WRITER)
    assert results["second"].startswith(WRITER)
    assert results["without"].startswith(BASE)
    assert results["restored"] is True
    assert results["ours"] == []
