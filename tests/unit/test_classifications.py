"""Settings divided between spark-defaults and the parameters of spark-submit, and the casing of each service."""

from __future__ import annotations

import pytest

from spark_xacct.errors import TargetError
from spark_xacct.targets.classifications import Classification, divided
from spark_xacct.targets.setting import Setting

EXPORT = Classification("spark-env", nested=(Classification("export", {"A": "1"}),))


def some(count: int, name: str = "spark.hadoop.fs.s3a.bucket.b{}.x", value: str = "v") -> list[Setting]:
    return [Setting(name.format(number), value, "a test") for number in range(count)]


def test_each_service_has_its_casing() -> None:
    assert EXPORT.for_ec2() == {
        "Classification": "spark-env",
        "Properties": {},
        "Configurations": [{"Classification": "export", "Properties": {"A": "1"}}],
    }
    assert EXPORT.for_jobs() == {
        "classification": "spark-env",
        "properties": {},
        "configurations": [{"classification": "export", "properties": {"A": "1"}}],
    }


def test_what_fits_stands_in_spark_defaults_alone() -> None:
    found = divided("t", some(100))
    assert (len(found.properties), found.parameters) == (100, "")


def test_more_than_a_hundred_go_on_as_parameters_and_none_is_lost() -> None:
    settings = some(130)
    found = divided("t", settings, more=["--conf", "spark.executor.instances=2"])
    given = found.parameters.split(" ")

    assert given[-2:] == ["--conf", "spark.executor.instances=2"]
    told = dict(part.split("=", 1) for part in given[1:-2:2])
    assert {**found.properties, **told} == {setting.name: setting.value for setting in settings}
    assert len(found.properties) == 100


def test_plan_and_plugin_come_before_the_keys_of_buckets() -> None:
    late = [
        Setting("spark.plugins.defaultList", "p", "a test"),
        Setting("spark.executorEnv.SPARK_XACCT_PLAN", "z", "a test"),
    ]
    assert {item.name for item in late} <= set(divided("t", [*some(100), *late]).properties)


def test_a_value_that_a_property_cannot_hold_goes_on_as_a_parameter() -> None:
    found = divided("t", some(1, value="v" * 1025))
    assert (found.properties, found.parameters) == ({}, "--conf spark.hadoop.fs.s3a.bucket.b0.x=" + "v" * 1025)


REFUSED = {
    "blanks": (
        some(101, value="a b"),
        "t: spark.hadoop.fs.s3a.bucket.b100.x does not fit into spark-defaults (100 properties of 1,024 characters), and "
        "sparkSubmitParameters cannot hold its blanks or quotes; take a declaration with the buckets of this job only",
    ),
    "too many": (
        some(1_200, value="v" * 60),
        "t: sparkSubmitParameters would have 112,399 characters, and 102,400 is the limit; declare otherwise: deny, which needs one "
        "key for all buckets, or take a declaration with the buckets of this job only",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_neither_holds_is_refused_with_number_limit_and_way_out(case: str) -> None:
    settings, message = REFUSED[case]
    with pytest.raises(TargetError) as error:
        divided("t", settings)
    assert str(error.value) == message
