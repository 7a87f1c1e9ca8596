"""whoami(spark): what AWS says of each place, beside what the declaration says."""

from __future__ import annotations

from pathlib import Path

from running import DECLARATION, SparkRunner

from spark_xacct import plan
from spark_xacct.declaration import load
from spark_xacct.lab.lab import Lab

READER, WRITER = "arn:aws:iam::444455556666:role/reader", "arn:aws:iam::777788889999:role/writer"


def test_each_place_is_the_declared_identity_by_one_call_a_role(runner: SparkRunner, lab: Lab, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(DECLARATION.read_text().replace("  partner-b1: partner\n", ""))
    configuration = runner.configuration("whoami", master="local-cluster[1,1,1024]")
    lab.clear_calls()
    results = runner.run(
        "who_am_i.py", str(DECLARATION), str(other), environment=runner.environment(configuration)
    ).results
    found = results["identities"]
    assert found["as_declared"] is True
    rows = {row["bucket"]: row for row in found["identities"]}
    assert list(rows) == ["partner-b1", "partner-b2", "partner-b3", "partner-b4", "partner-data", "partner-in", "partner-out", "job-scratch"]  # fmt: skip
    for bucket, role in (("partner-b1", "reader"), ("partner-out", "writer"), ("job-scratch", "etl")):
        row = rows[bucket]
        places = [row[place] for place in ("driver_jvm", "executor_jvm", "python_worker")]
        assert all(f":assumed-role/{role}/" in place for place in places), row
    assert (rows["partner-b1"]["declared"], rows["partner-out"]["declared"]) == (READER, WRITER)
    assert results["table"].splitlines()[0].split() == [
        "bucket",
        "declared",
        "driver",
        "JVM",
        "executor",
        "JVM",
        "Python",
        "worker",
    ]
    assert results["html"].count("<tr>") == 1 + len(rows)
    ids = [plan.encode(load(file).access_map).about for file in (DECLARATION, other)]
    assert results["other"] == {"error": f"{ids[0]} is in force, and {ids[1]} was asked for"}
    asked = [call for call in lab.calls() if call.operation == "GetCallerIdentity" and call.role == READER]
    assert len(asked) == 3, "one for each place"
