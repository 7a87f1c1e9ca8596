"""Options of spark-submit that users give are joined with ours by one rule, whether a target writes arguments or one text."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from spark_xacct.errors import TargetError
from spark_xacct.targets import How, Job, Setting, submit_options

PLUGIN = "spark.plugins.defaultList"
AUDIT = "spark.hadoop.fs.s3a.bucket.partner-data.audit.execution.interceptors"
PROVIDER = "spark.hadoop.fs.s3a.bucket.partner-data.aws.credentials.provider"
DEFAULT = "spark.hadoop.fs.s3a.endpoint.region"
OURS = (
    Setting("spark.jars", "ours.jar", "the jar", How.APPEND),
    Setting("spark.submit.pyFiles", "ours.jar", "the package", How.APPEND),
    Setting(PLUGIN, "ours.Plugin", "the plugin", How.APPEND),
    Setting(PROVIDER, "io.sparkxacct.s3a.S3ARoleCredentialsProvider", "bucket partner-data"),
    Setting(AUDIT, "io.sparkxacct.s3a.RoleInterceptor", "hears what S3 refuses", How.APPEND),
    Setting(DEFAULT, "eu-west-1", "a default", How.WHERE_UNSET),
)

# What is given, which of ours say something else then (None: not at all), and what is left of it.
CASES: dict[str, tuple[tuple[str, ...], dict[str, str | None], list[str]]] = {
    "nothing": ((), {}, []),
    "of no account": (("--verbose", "--conf", "spark.x=1", "-c", "y=2"), {}, ["--verbose", "--conf", "spark.x=1", "-c", "y=2"]),
    "a plugin": (("--conf", f"{PLUGIN}=a.B"), {PLUGIN: "a.B,ours.Plugin"}, []),
    "a plugin, in one text": ((f'--conf "{PLUGIN}=a.B" --verbose',), {PLUGIN: "a.B,ours.Plugin"}, ["--verbose"]),
    "a plugin, of which the last counts": (
        ("--conf", f"{PLUGIN}=a.B", f"--conf={PLUGIN}=c.D"), {PLUGIN: "c.D,ours.Plugin"}, [],
    ),
    "jars": (("--jars", "a.jar,b.jar"), {"spark.jars": "a.jar,b.jar,ours.jar"}, []),
    "jars as a setting": (("-c", "spark.jars=a.jar"), {"spark.jars": "a.jar,ours.jar"}, []),
    "py-files": (("--py-files=a.zip", "--name", "x"), {"spark.submit.pyFiles": "a.zip,ours.jar"}, ["--name", "x"]),
    "ours already": (("--jars", "ours.jar"), {}, []),
    "where ours is only a default": (("--conf", f"{DEFAULT}=us-east-1"), {DEFAULT: None}, ["--conf", f"{DEFAULT}=us-east-1"]),
    # Ours stands by bucket and would hide it.
    "interceptors of all buckets": (
        ("--conf", "spark.hadoop.fs.s3a.audit.execution.interceptors=a.B"),
        {AUDIT: "a.B,io.sparkxacct.s3a.RoleInterceptor"},
        ["--conf", "spark.hadoop.fs.s3a.audit.execution.interceptors=a.B"],
    ),
}  # fmt: skip
EVERY_CASE = pytest.mark.parametrize(("given", "changed", "left"), CASES.values(), ids=CASES)


def merged(changed: dict[str, Any]) -> dict[str, str]:
    """Ours, with what the user's options make of them."""
    values = {one.name: changed.get(one.name, one.value) for one in OURS}
    return {name: value for name, value in values.items() if value is not None}


@EVERY_CASE
def test_in_one_text(given, changed, left):
    settings, rest = submit_options.as_text("x", OURS, given)
    assert {one.name: one.value for one in settings} == merged(changed)
    assert shlex.split(" ".join(rest)) == left


@EVERY_CASE
def test_as_arguments(given, changed, left):
    words = submit_options.as_arguments("x", Job(parameters=given), OURS, whole=True)
    assert words == [*options(merged(changed)), *left]


@EVERY_CASE
def test_as_arguments_beside_spark_defaults_that_hold_ours(given, changed, left):
    """Only what the user's options would take out of force, or have joined already."""
    words = submit_options.as_arguments("x", Job(parameters=given), OURS, whole=False)
    named = {"spark.jars"} if given == ("--jars", "ours.jar") else set()
    said = {name: value for name, value in merged(changed).items() if name in changed or name in named}
    assert words == [*options(said), *left]


def options(settings: dict[str, str]) -> list[str]:
    own = {"spark.jars": "--jars", "spark.submit.pyFiles": "--py-files"}
    pairs = [(own[name], value) if name in own else ("--conf", f"{name}={value}") for name, value in settings.items()]
    return [word for pair in pairs for word in pair]


def test_options_that_touch_nothing_of_ours_keep_their_quotes_in_a_text():
    given = ("--conf spark.x='a  b'", "--verbose")
    assert submit_options.as_text("x", OURS, given)[1] == given


FORMS = {
    "text": lambda given: submit_options.as_text("x", OURS, given),
    "arguments": lambda given: submit_options.as_arguments("x", Job(parameters=given), OURS, whole=False),
}


@pytest.mark.parametrize("form", FORMS)
def test_what_contradicts_the_plan_is_refused_with_a_way_out(form):
    with pytest.raises(TargetError) as error:
        FORMS[form](("--conf", f"{PROVIDER}=a.B"))
    assert str(error.value) == (
        f"x: --parameter: {PROVIDER} was a.B; the plan needs io.sparkxacct.s3a.S3ARoleCredentialsProvider (bucket partner-data); take it out"
    )
