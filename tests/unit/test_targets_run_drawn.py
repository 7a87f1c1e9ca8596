"""What the rendered spark-submit takes from the shell: one run id for every process of the run, and external ids."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from fakes.target_plans import access_map, bound, named, role

from spark_xacct import plan as plans
from spark_xacct import targets
from spark_xacct.model import ExternalId

FAKE = '#!/bin/sh\nfor argument in "$@"; do printf "%s\\n" "$argument"; done\necho "spark.of.the.driver=${PARTNER_EXTERNAL_ID-}"\n'
NAMES = (
    "spark.hadoop.fs.xacct.{hadoop}",
    "spark.executorEnv.{variable}",
    "spark.yarn.appMasterEnv.{variable}",
    "spark.kubernetes.driverEnv.{variable}",
)


ID = {"PARTNER_EXTERNAL_ID": "partner/7,a:b"}


@pytest.fixture
def submitted(tmp_path: Path):
    """Runs the rendered script with a spark-submit that prints its arguments and the external id; returns them as settings."""
    (tmp_path / "spark-submit").write_text(FAKE)
    (tmp_path / "spark-submit").chmod(0o755)
    script = tmp_path / "submit.sh"

    def run(**environment: str) -> dict[str, str]:
        path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["sh", str(script), "job.py"],
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": path, **environment},
        )
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return dict(line.split("=", 1) for line in done.stdout.splitlines() if line.startswith("spark."))

    script.write_text(targets.render("spark-submit", named(), "spark-4").text())
    return run


@pytest.mark.parametrize(("hadoop", "variable"), [("run", "SPARK_XACCT_RUN"), ("user", "SPARK_XACCT_USER")])
def test_every_process_gets_the_same_value(submitted, hadoop: str, variable: str) -> None:
    found = submitted(**ID)
    values = {found[name.format(hadoop=hadoop, variable=variable)] for name in NAMES}
    assert len(values) == 1
    assert values != {""}


def test_the_run_id_is_8_hex_digits_and_another_each_time(submitted) -> None:
    runs = {submitted(**ID)["spark.hadoop.fs.xacct.run"] for _ in range(3)}
    assert len(runs) == 3
    assert all(re.fullmatch("[0-9a-f]{8}", run) for run in runs)


def test_a_run_id_of_the_environment_stays(submitted) -> None:
    found = submitted(SPARK_XACCT_RUN="nightly 7", SPARK_XACCT_USER="o'neil", **ID)
    assert found["spark.executorEnv.SPARK_XACCT_RUN"] == "nightly 7"
    assert found["spark.hadoop.fs.xacct.user"] == "o'neil"


def test_a_given_run_id_is_written_out() -> None:
    text = targets.render("spark-submit", named(), "spark-4", run="r-1", user="me").text()
    assert "/dev/urandom" not in text
    assert "--conf spark.hadoop.fs.xacct.run=r-1" in text


def test_the_external_id_of_the_shell_reaches_every_process(submitted) -> None:
    found = submitted(PARTNER_EXTERNAL_ID="partner/7 $x")
    names = [name.format(variable="PARTNER_EXTERNAL_ID") for name in NAMES[1:]]
    assert {found[name] for name in (*names, "spark.of.the.driver")} == {"partner/7 $x"}


def test_without_the_external_id_nothing_is_submitted(submitted) -> None:
    with pytest.raises(RuntimeError) as error:
        submitted()
    assert str(error.value).endswith(" PARTNER_EXTERNAL_ID: is the external id of role partner; export it\n")


def test_where_a_file_with_an_external_id_must_lie_is_said() -> None:
    roles = {"finance": role("finance", "777788889999", external_id=ExternalId(file="/etc/ids/finance"))}
    more = {"roles": roles, "python_roles": (), "python_default_role": None}
    plan = plans.encode(access_map(bound("finance-data", "finance"), **more))
    assert (
        "# The external id of role finance is read from /etc/ids/finance, which must lie on every node at this path, and here in client "
        "mode.\n"
    ) in targets.render("spark-submit", plan, "spark-4").text()


def test_with_hadoops_own_provider_there_is_no_list_to_join() -> None:
    roles = {"reader": role("reader", "444455556666")}
    more = {"roles": roles, "python_roles": (), "python_default_role": None}
    plan = plans.encode(access_map(bound("a-1", "reader"), **more))
    texts = [targets.render("spark-submit", plan, "spark-4", flavour=flavour).text() for flavour in targets.Flavour]
    assert ["--py-files" in text for text in texts] == [True, False]
