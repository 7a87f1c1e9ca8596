"""Plain boto3 is the default role, and xacct.client another one, in every kind of Python code that Spark runs."""

from __future__ import annotations

import pytest
from running import DECLARATION, ROOT, Finished, SparkRunner

from spark_xacct.lab.lab import Lab
from spark_xacct.spark import jar

READER = "arn:aws:sts::444455556666:assumed-role/reader/"
WRITER = "arn:aws:sts::777788889999:assumed-role/writer/"
BASE = "arn:aws:sts::111122223333:assumed-role/etl/"
BOTH, NAMED = (READER, WRITER), (WRITER,)
# What plans for Spark beside the driver has no environment of ours: plain boto3 is the driver's base identity there.
PLANNED = (BASE, WRITER)
# Kind -> the identities it shows, and the first Spark that has it. NAMED alone where the environment is empty.
KINDS = {
    "rdd": (BOTH, 3),
    "map_partitions": (BOTH, 3),
    "subprocess_of_a_worker": (BOTH, 3),
    "pipe": (NAMED, 3),
    "udf": (BOTH, 3),
    "arrow_optimised_udf": (BOTH, 3),
    "pandas_udf": (BOTH, 3),
    "grouped_pandas_udf": (BOTH, 3),
    "arrow_udf": (BOTH, 4),
    "map_in_pandas": (BOTH, 3),
    "map_in_arrow": (BOTH, 3),
    "apply_in_pandas": (BOTH, 3),
    "cogrouped_apply_in_pandas": (BOTH, 3),
    "udtf": (BOTH, 3),
    "udtf_analyze": (PLANNED, 4),
    "data_source": ((*BOTH, *PLANNED), 4),
    "foreach_batch": (BOTH, 3),
    "foreach": (BOTH, 3),
    "driver": (BOTH, 3),
}
ASSUMED = ("111122223333:role/hub", "444455556666:role/reader", "777788889999:role/writer")


@pytest.fixture(scope="module")
def all_kinds(runner: SparkRunner, lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> tuple[Finished, list[str]]:
    """One run in local mode, and the roles that were assumed meanwhile, in order."""
    declaration = tmp_path_factory.mktemp("kinds") / "xacct.yaml"
    declaration.write_text(DECLARATION.read_text() + "python: {default_role: partner}\n")
    worker = ROOT / ".cache" / "worker-arrow" / "bin" / "python"
    assert worker.is_file(), "make .cache/worker-arrow/.ready makes it"
    (packages,) = (worker.parents[1] / "lib").glob("python*/site-packages")
    configuration = runner.configuration("kinds")
    environment = runner.environment(configuration, PYSPARK_PYTHON=str(worker), PYTHONPATH=str(packages))
    lab.clear_calls()
    finished = runner.run("kinds.py", str(declaration), str(jar.find({})), environment=environment)
    return finished, [call.requested["RoleArn"] for call in lab.calls() if call.operation == "AssumeRole"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_python_code_has_the_roles_of_the_declaration(
    all_kinds: tuple[Finished, list[str]], kind: str
) -> None:
    results = all_kinds[0].results
    expected, since = KINDS[kind]
    if int(results["spark"].split(".")[0]) < since:
        pytest.skip(f"Spark {results['spark']} has no {kind}")
    assert "error" not in results[kind], results[kind]["error"]
    shown = {arn for answer in results[kind]["value"] for arn in answer.split()}
    assert {arn.rpartition("/")[0] + "/" for arn in shown} == set(expected)


def test_all_of_them_together_cost_one_call_a_hop(all_kinds: tuple[Finished, list[str]]) -> None:
    assert sorted(arn.partition("iam::")[2] for arn in all_kinds[1]) == sorted(ASSUMED)
