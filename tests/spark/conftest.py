"""One lab for all Spark tests of a run, with the accounts of the example and some more buckets."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

pyspark = pytest.importorskip(
    "pyspark", reason="the Spark tests run with the interpreter of .cache/spark-3.5 or .cache/spark-4"
)

# running imports pyspark itself: without one these tests are skipped with the reason above, not broken.
from running import DECLARATION, EXECUTOR_FOLDERS, ROOT, SparkRunner  # noqa: E402

from spark_xacct.declaration import load  # noqa: E402
from spark_xacct.lab.jars import jar_set  # noqa: E402
from spark_xacct.lab.lab import Lab  # noqa: E402


def pytest_report_header() -> str:
    return f"pyspark {pyspark.__version__}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.spark)


@pytest.fixture(scope="session")
def line() -> str:
    return "3.5" if pyspark.__version__.startswith("3.") else "4"


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    with Lab(load(DECLARATION).access_map) as lab:
        for bucket in ("partner-data", "partner-b1", "partner-b2", "partner-b3", "partner-b4"):
            for part in range(4):
                rows = "".join(json.dumps({"id": 25 * part + n, "bucket": bucket}) + "\n" for n in range(25))
                lab.put(f"s3://{bucket}/events/part-{part}.json", rows.encode())
        lab.create_bucket("stranger", "444455556666")
        yield lab


@pytest.fixture(scope="session")
def runner(lab: Lab, line: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkRunner]:
    worker = ROOT / ".cache" / "worker" / "bin" / "python"
    assert worker.is_file(), "make .cache/worker/.ready makes the workers' environment"
    yield SparkRunner(lab, jar_set(line), worker, tmp_path_factory.mktemp("spark"), line)
    shutil.rmtree(EXECUTOR_FOLDERS, ignore_errors=True)
