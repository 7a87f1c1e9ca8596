"""Python and Java spell every shared name the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from spark_xacct import keys

JAVA = Path(__file__).parents[2] / "jvm_shim/shim/src/main/java/io/sparkxacct/plan/Keys.java"
# Spark's own prefix: the JVM reads Hadoop's configuration, where it is gone already.
PYTHON_ONLY = {"SPARK_HADOOP_PREFIX"}


def constants_of_java() -> dict[str, str]:
    return dict(re.findall(r'public static final String (\w+) = "([^"]*)";', JAVA.read_text(encoding="utf-8")))


def constants_of_python() -> dict[str, str]:
    return {name: value for name, value in vars(keys).items() if name.isupper() and isinstance(value, str)}


def test_constants_are_those_of_java() -> None:
    python = {name: value for name, value in constants_of_python().items() if name not in PYTHON_ONLY}

    assert python == constants_of_java()


@pytest.mark.parametrize(
    ("number", "separator", "name"),
    [(1, ".", "fs.xacct.plan"), (2, ".", "fs.xacct.plan.2"), (10, "_", "fs.xacct.plan_10")],
)
def test_parts_are_numbered_from_the_second(number: int, separator: str, name: str) -> None:
    assert keys.plan_part(keys.PLAN, number, separator) == name


def test_java_numbers_parts_the_same_way() -> None:
    assert 'return number == 1 ? PLAN : PLAN + "." + number;' in JAVA.read_text(encoding="utf-8")
