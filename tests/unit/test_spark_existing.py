"""What is set before ours: every source, the later one winning."""

from __future__ import annotations

from pathlib import Path

import pytest

from spark_xacct.errors import SparkStartError
from spark_xacct.spark import existing


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "spark-defaults.conf").write_text("spark.jars  /opt/a.jar\nspark.master=yarn\n# no\nspark.x: 1\n")
    return {"SPARK_CONF_DIR": str(tmp_path)}


def test_the_builder_wins_over_submit_arguments_and_those_over_the_defaults_file(environment: dict[str, str]) -> None:
    environment["PYSPARK_SUBMIT_ARGS"] = "--master local[2] --conf spark.x=2 --conf=spark.y=3 pyspark-shell"
    assert existing.settings({"spark.y": 4}, environment) == {
        "spark.jars": "/opt/a.jar",
        "spark.master": "local[2]",
        "spark.x": "2",
        "spark.y": "4",
    }


def test_a_properties_file_of_the_command_line_stands_for_the_defaults_file(
    environment: dict[str, str], tmp_path: Path
) -> None:
    other = tmp_path / "other.conf"
    other.write_text("spark.z 9\n")
    environment["PYSPARK_SUBMIT_ARGS"] = f"--properties-file {other} pyspark-shell"
    assert existing.settings({}, environment) == {"spark.z": "9"}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("pyspark-shell", "pyspark-shell"),
        ("--jars a.jar,b.jar pyspark-shell", "pyspark-shell"),
        ("--jars=a.jar --py-files x.zip --master 'local[2]' pyspark-shell", "--master 'local[2]' pyspark-shell"),
        ("--conf 'spark.x=a b' --jars a.jar pyspark-shell", "--conf 'spark.x=a b' pyspark-shell"),
        ("--conf spark.jars=a.jar --conf=spark.jars=b.jar -c spark.submit.pyFiles=c.zip pyspark-shell", "pyspark-shell"),
        ("--conf spark.jars.packages=g:a:1 --packages g:b:2 pyspark-shell",
         "--conf spark.jars.packages=g:a:1 --packages g:b:2 pyspark-shell"),
        ("--verbose --files f pyspark-shell", "--verbose --files f pyspark-shell"),
    ],
)  # fmt: skip
def test_a_merged_list_is_an_option_of_the_command_line_and_stands_nowhere_else(given: str, kept: str) -> None:
    lists = {"spark.jars": "a.jar,b c.jar", "spark.submit.pyFiles": "x.zip"}
    assert existing.with_lists(given, lists) == f"--jars 'a.jar,b c.jar' --py-files x.zip {kept}"
    assert existing.with_lists(given, dict.fromkeys(lists, "")) == kept


def test_a_command_line_with_an_open_quote_is_named(environment: dict[str, str]) -> None:
    environment["PYSPARK_SUBMIT_ARGS"] = "--conf 'spark.hadoop.fs.s3a.secret.key=1"
    with pytest.raises(SparkStartError) as raised:
        existing.settings({}, environment)
    assert str(raised.value) == (
        "PYSPARK_SUBMIT_ARGS is not a command line (No closing quotation, 40 characters); mend its quotes"
    )


def test_a_defaults_file_that_is_not_utf8_is_named(environment: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "spark-defaults.conf"
    path.write_bytes(b"spark.x caf\xe9\n")
    with pytest.raises(SparkStartError, match=f"^{path} cannot be read as a properties file in UTF-8: "):
        existing.settings({}, environment)
