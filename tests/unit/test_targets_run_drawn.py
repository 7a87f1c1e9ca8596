"""The rendered spark-submit draws one run id, and every process of the run gets that one."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from fakes.target_plans import named

from spark_xacct import targets

FAKE = '#!/bin/sh\nfor argument in "$@"; do printf "%s\\n" "$argument"; done\n'
NAMES = (
    "spark.hadoop.fs.xacct.{hadoop}",
    "spark.executorEnv.{variable}",
    "spark.yarn.appMasterEnv.{variable}",
    "spark.kubernetes.driverEnv.{variable}",
)


@pytest.fixture
def submitted(tmp_path: Path):
    """Runs the rendered script with a spark-submit that prints its arguments; returns them as settings."""
    (tmp_path / "spark-submit").write_text(FAKE)
    (tmp_path / "spark-submit").chmod(0o755)
    script = tmp_path / "submit.sh"

    def run(**environment: str) -> dict[str, str]:
        path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["sh", str(script), "job.py"], capture_output=True, text=True, check=True, env={"PATH": path, **environment}
        )
        return dict(line.split("=", 1) for line in done.stdout.splitlines() if line.startswith("spark."))

    script.write_text(targets.render("spark-submit", named(), "spark-4").text())
    return run


@pytest.mark.parametrize(("hadoop", "variable"), [("run", "SPARK_XACCT_RUN"), ("user", "SPARK_XACCT_USER")])
def test_every_process_gets_the_same_value(submitted, hadoop: str, variable: str) -> None:
    found = submitted()
    values = {found[name.format(hadoop=hadoop, variable=variable)] for name in NAMES}
    assert len(values) == 1
    assert values != {""}


def test_the_run_id_is_8_hex_digits_and_another_each_time(submitted) -> None:
    runs = {submitted()["spark.hadoop.fs.xacct.run"] for _ in range(3)}
    assert len(runs) == 3
    assert all(re.fullmatch("[0-9a-f]{8}", run) for run in runs)


def test_a_run_id_of_the_environment_stays(submitted) -> None:
    found = submitted(SPARK_XACCT_RUN="nightly 7", SPARK_XACCT_USER="o'neil")
    assert found["spark.executorEnv.SPARK_XACCT_RUN"] == "nightly 7"
    assert found["spark.hadoop.fs.xacct.user"] == "o'neil"


def test_a_given_run_id_is_written_out() -> None:
    text = targets.render("spark-submit", named(), "spark-4", run="r-1", user="me").text()
    assert "/dev/urandom" not in text
    assert "--conf spark.hadoop.fs.xacct.run=r-1" in text
