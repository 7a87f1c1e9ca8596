"""One lab for all JVMs without Spark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hadoop_jvm import DECLARATION, ROOT, HadoopJvm
from readers import SparkInstallation

from spark_xacct.declaration import load
from spark_xacct.lab.lab import Lab
from spark_xacct.version import __version__


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.lab)


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    with Lab(load(DECLARATION).access_map) as lab:
        for part in range(3):
            lab.put(f"s3://partner-data/events/part-{part}.txt", f"row {part}\n".encode())
        lab.create_bucket("stranger", "444455556666")
        yield lab


@pytest.fixture(scope="session")
def jar() -> Path:
    jar = ROOT / "spark_xacct" / "jars" / f"spark-xacct-{__version__}.jar"
    assert jar.is_file(), "make jar builds it"
    return jar


@pytest.fixture
def hadoop(spark: SparkInstallation, lab: Lab, jar: Path, tmp_path: Path) -> HadoopJvm:
    """A JVM of the Hadoop of ``spark``, with the core-site.xml that the declaration renders to."""
    jvm = HadoopJvm(spark, lab, jar, tmp_path / "site")
    jvm.render()
    lab.clear_calls()
    return jvm
