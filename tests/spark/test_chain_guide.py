"""A script that knows nothing of spark-xacct, submitted with rendered settings: plain boto3 in its workers is the chained role."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from running import DECLARATION, PROTECTED, ROOT, SparkRunner

from spark_xacct import plan, targets
from spark_xacct.declaration import load
from spark_xacct.lab.lab import Lab

READER = "arn:aws:sts::444455556666:assumed-role/reader/"
MAKE = "import pyarrow, pyarrow.parquet, sys; pyarrow.parquet.write_table(pyarrow.table({'id': list(range(20))}), sys.argv[1])"


def test_spark_reads_and_plain_boto3_in_workers_sends_under_the_chained_role(
    runner: SparkRunner, lab: Lab, tmp_path: Path
) -> None:
    subprocess.run([ROOT / ".cache/worker-arrow/bin/python", "-c", MAKE, tmp_path / "rows.parquet"], check=True)
    lab.put("s3://partner-data/guide/part-0.parquet", (tmp_path / "rows.parquet").read_bytes())
    declaration = tmp_path / "xacct.yaml"
    declaration.write_text(DECLARATION.read_text() + "python: {default_role: partner}\n")
    rendered = targets.settings_for(plan.encode(load(declaration).access_map)).spark
    options = [part for name, value in rendered.items() for part in ("--conf", f"{name}={value}")]
    configuration = runner.configuration("guide", PROTECTED, master="local-cluster[2,1,1024]", identity=False)
    lab.clear_calls()
    finished = runner.submit(
        "chain_guide.py", "s3a://partner-data/guide/", lab.queue_url("events"), "us-east-1",
        environment=runner.environment(configuration), options=options,
    )  # fmt: skip
    assert finished.code == 0, finished.err[-4000:]
    assert finished.results["rows"] == 20
    (caller,) = finished.results["callers"]
    assert caller.startswith(READER)
    calls = lab.calls()
    assert {call.who for call in calls if call.operation == "SendMessage"} == {caller}
    assert {call.who for call in calls if call.operation == "GetObject"} == {caller}, (
        "JVM and boto3 are one role session"
    )
    sent = sorted(json.loads(message)["id"] for message in lab.messages("events")[-20:])
    assert sent == list(range(20))
    assumed = [call.requested["RoleArn"] for call in calls if call.operation == "AssumeRole"]
    assert len(assumed) == len(set(assumed)) == 3
