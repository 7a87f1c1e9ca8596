"""A hundred role sessions really end while the JVM and four workers use them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from running import DECLARATION, SparkRunner

from spark_xacct.lab.lab import Lab

LIFE_SECONDS = 8
ROLES = ("arn:aws:iam::444455556666:role/reader", "arn:aws:iam::777788889999:role/writer")
EXPIRIES = 100


@pytest.mark.slow
def test_a_hundred_expiries_under_load_fail_nothing(runner: SparkRunner, lab: Lab, tmp_path: Path) -> None:
    declaration = tmp_path / "xacct.yaml"
    declaration.write_text(DECLARATION.read_text() + "python: {default_role: partner}\n")
    environment = runner.environment(runner.configuration("under-load", master="local[8]"))
    lab.clear_calls()
    rows = "".join(json.dumps({"id": number}) + "\n" for number in range(100))
    lab.put("s3://partner-out/events/part-0.json", rows.encode())
    # Each role's session is renewed at half of its life at the latest; the last ones are still alive at the end.
    seconds = EXPIRIES / len(ROLES) * LIFE_SECONDS / 2 + 3 * LIFE_SECONDS
    with lab.short_lives(LIFE_SECONDS):
        results = runner.run("under_load.py", str(declaration), str(seconds), environment=environment).results
    assert (results["failed"], results["failures"]) == ([], [])
    assert results["reads"] > 0
    assert len(results["calls"]) == 4
    calls = lab.calls()
    assert {str(call.error) for call in calls if call.status >= 400 and call.status != 404} == set()
    keys = {call.access_key_id for call in calls if call.role in ROLES}
    print(
        f"{len(keys)} sessions in {seconds:.0f} s, {results['reads']} reads, {sum(results['calls'])} calls of workers, 0 failed"
    )
    assert len(keys) >= EXPIRIES + len(ROLES)
