"""Goldens of every target's text. What machines make of them is proven by their real readers, below and beside.

Write them anew with SPARK_XACCT_WRITE_GOLDENS=1, then read the difference.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fakes.target_plans import access_map, bound, large, named, refusing
from readers import each_spark, needs_java, read

from spark_xacct import plan as plans
from spark_xacct import targets
from spark_xacct.errors import TargetError
from spark_xacct.plan import Plan

GOLDENS = Path(__file__).parents[1] / "goldens"
ENDINGS = {"builder": "py", "spark-submit": "sh", "spark-defaults": "conf", "core-site": "xml", "emrfs-site": "xml"}
PLANS = {"named": named(), "refusing": refusing()}
RELEASES = dict.fromkeys(ENDINGS, ("spark-3.5", "spark-4", "emr-7.9.0")) | {"emrfs-site": ("emr-7.9.0",)}
CASES = [(name, case, release) for name in ENDINGS for release in RELEASES[name] for case in PLANS]
LARGE = [large("aws-us-gov", "us-gov-west-1"), large("aws-cn", "cn-north-1")]
SPARK_RELEASES = ["spark-3.5", "spark-4"]


def render(
    name: str, plan: Plan, release: str, jar: str = "/opt/spark xacct/spark-xacct-0.1.0.jar"
) -> targets.Rendered:
    return targets.render(name, plan, release, jar=jar, run="run-1", user="o'neil")


def with_plan_ids(text: str, plan: Plan) -> str:
    """Packed plans replaced by what they say: zlib builds pack the same plan to different bytes."""
    for number, part in reversed(list(enumerate(plans.text.parts(plan.text), 1))):
        assert part in text
        text = text.replace(part, f"<part {number} of plan {plan.id}>")
    assert not re.search(r"z1:", text)
    return text


@pytest.mark.parametrize(("name", "case", "release"), CASES, ids=["-".join(case) for case in CASES])
def test_text_is_the_golden(name, case, release):
    golden = GOLDENS / name / f"{case}-{release}.{ENDINGS[name]}"
    text = with_plan_ids(render(name, PLANS[case], release).text(), PLANS[case])
    if os.environ.get("SPARK_XACCT_WRITE_GOLDENS"):
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_no_golden_is_left_over():
    expected = {GOLDENS / name / f"{case}-{release}.{ENDINGS[name]}" for name, case, release in CASES}
    assert set(GOLDENS.rglob("*.*")) == expected


@pytest.mark.parametrize("plan", LARGE, ids=["gov", "china"])
@pytest.mark.parametrize("name", ENDINGS)
def test_60_buckets_and_10_roles_of_another_partition_fit(name, plan):
    for release in RELEASES[name]:
        text = with_plan_ids(render(name, plan, release).text(), plan)
        assert all(binding.bucket.text in text for binding in plan.access_map.bindings)


# builder


class FakeBuilder:
    """Takes what a SparkSession.builder takes, and remembers it."""

    def __init__(self) -> None:
        self.config_set: dict[str, str] = {}

    def config(self, name: str, value: str) -> FakeBuilder:
        self.config_set[name] = value
        return self


def executed(text: str, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> dict[str, Any]:
    """The names that these lines leave, with a builder that remembers, in an environment of their own."""
    session = type("SparkSession", (), {"builder": FakeBuilder()})
    monkeypatch.setitem(sys.modules, "pyspark", type("pyspark", (), {}))
    monkeypatch.setitem(sys.modules, "pyspark.sql", type("sql", (), {"SparkSession": session}))
    monkeypatch.setattr(os, "environ", dict(environment))
    names: dict[str, Any] = {}
    # Rendered by us from plans of this file: that it runs as Python is what is tested.
    exec(compile(text, "builder.py", "exec"), names)  # noqa: S102
    return names


@pytest.mark.parametrize("plan", [*PLANS.values(), *LARGE], ids=[*PLANS, "gov", "china"])
@pytest.mark.parametrize("release", SPARK_RELEASES)
def test_builder_lines_run_as_python(monkeypatch, plan, release):
    rendered = render("builder", plan, release)
    names = executed(rendered.text(), monkeypatch, {})
    builder = names["builder"]
    assert builder.config_set == rendered.data["config"]
    assert os.environ == rendered.data["environment"]
    assert plans.from_environment(os.environ).id == plan.id
    assert not [name for name in builder.config_set if name.startswith(("spark.yarn.", "spark.kubernetes."))]


@pytest.mark.parametrize(("given", "expected"), [({}, "[0-9a-f]{8}"), ({"SPARK_XACCT_RUN": "nightly 7"}, "nightly 7")])
def test_builder_lines_without_a_run_give_every_process_one_id(monkeypatch, given, expected):
    rendered = targets.render("builder", named(), "spark-4", jar="/opt/a.jar")
    names = executed(rendered.text(), monkeypatch, given)
    found = names["builder"].config_set
    values = {found.pop("spark.hadoop.fs.xacct.run"), found.pop("spark.executorEnv.SPARK_XACCT_RUN")}
    assert values == {os.environ["SPARK_XACCT_RUN"]}
    assert re.fullmatch(expected, os.environ["SPARK_XACCT_RUN"])
    assert found == rendered.data["config"]


# spark-submit


def recorded(text: str, folder: Path, shell: str, more: list[str]) -> tuple[list[str], dict[str, str]]:
    """The arguments and our environment that a spark-submit would get from this script, by running it with a fake one."""
    fake = folder / "spark-submit"
    fake.write_text(
        '#!/bin/sh\nfor argument in "$@"; do printf "%s\\0" "$argument"; done\nenv -0 >&2\n', encoding="utf-8"
    )
    fake.chmod(0o755)
    script = folder / "submit.sh"
    script.write_text(text, encoding="utf-8")
    command = [shell, str(script), *more]
    of_shell = {"PATH": f"{folder}:{os.environ['PATH']}", "PARTNER_EXTERNAL_ID": "partner/7 $x"}
    answer = subprocess.run(command, capture_output=True, check=True, env=of_shell)
    environment = dict(item.split("=", 1) for item in answer.stderr.decode().split("\0") if item)
    ours = {name: value for name, value in environment.items() if name.startswith("SPARK_XACCT_")}
    return answer.stdout.decode().split("\0")[:-1], ours


@pytest.mark.parametrize("plan", [*PLANS.values(), *LARGE], ids=[*PLANS, "gov", "china"])
@pytest.mark.parametrize("shell", ["sh", "bash", "dash"])
def test_spark_submit_text_is_safe_in_posix_shells(tmp_path, shell, plan):
    rendered = render("spark-submit", plan, "spark-4", jar="/opt/a $(touch x) `id` 'q' \"d\" \\ ; & *.jar")
    assert (
        subprocess.run(["bash", "-n"], input=rendered.text(), text=True, check=False, capture_output=True).stderr == ""
    )
    arguments, environment = recorded(rendered.text(), tmp_path, shell, ["job.py", "an argument"])
    written = [word.replace("<external id of role partner>", "partner/7 $x") for word in rendered.data["arguments"]]
    assert arguments == [*written, "job.py", "an argument"]
    assert environment == rendered.data["environment"]
    assert [path.name for path in tmp_path.iterdir() if path.name == "x"] == []


def test_what_linux_would_refuse_is_refused_with_number_limit_and_way_out():
    with pytest.raises(TargetError) as error:
        targets.render("spark-submit", named(), "spark-4", jar="/" + "j" * 131_072)
    assert str(error.value) == (
        "spark-submit: the argument /" + "j" * 79 + " has 131,073 bytes, Linux takes 131,071 in one; take `render "
        "spark-defaults` and give the file to spark-submit as --properties-file, or narrow it with --use"
    )


@pytest.mark.parametrize("name", ["spark-submit", "builder"])
def test_more_than_a_command_line_holds_is_refused_and_a_file_holds_it(name):
    plan = plans.encode(access_map(*[bound(f"bucket-{number:05d}-{'x' * 40}", "partner") for number in range(5_500)]))
    with pytest.raises(TargetError) as error:
        targets.render(name, plan, "spark-4")
    assert re.fullmatch(
        rf"{name}: the arguments have 1,\d\d\d,\d\d\d bytes; Linux takes 2,097,152 for arguments and environment, of which 1,835,008 "
        "are left for these; take `render spark-defaults` and give the file to spark-submit as --properties-file, or narrow "
        "it with --use",
        str(error.value),
    )
    assert targets.render("spark-defaults", plan, "spark-4").text()
    assert targets.render(name, plan, "spark-4", use=["bucket-00001-" + "x" * 40]).text()


@each_spark
@needs_java
@pytest.mark.spark
def test_a_real_spark_submit_takes_the_command_line(tmp_path, spark):
    """The script as it is, with the real spark-submit on PATH: what arrives in the JVM's SparkConf and Hadoop's conf."""
    jar = tmp_path / "spark-xacct.jar"
    jar.write_bytes(b"PK\5\6" + bytes(18))
    rendered = targets.render("spark-submit", LARGE[0], spark.release, jar=str(jar), run="run-1", user="o'neil")
    script = tmp_path / "submit.sh"
    script.write_text(rendered.text(), encoding="utf-8")
    shown = spark.submit(["sh", str(script)], tmp_path, ["an argument"])
    taken = {name: value for name, value in shown["spark"].items() if name in rendered.settings.spark}
    # spark-submit makes URLs of some paths.
    assert {name: value.removeprefix("file://") for name, value in taken.items()} == rendered.settings.spark
    hadoop = {item.name: item.value for item in rendered.settings.hadoop}
    assert {name: shown["hadoop"].get(name) for name in hadoop} == hadoop
    assert "fs.s3a.endpoint" not in shown["hadoop"]
    assert shown["environment"] == rendered.data["environment"]
    assert shown["arguments"] == ["an argument"]


# spark-defaults, core-site, emrfs-site


@each_spark
@needs_java
@pytest.mark.spark
def test_java_spark_and_hadoop_read_the_files_as_they_were_meant(tmp_path, spark):
    readers = {"spark-defaults": ("properties", "spark"), "core-site": ("hadoop",), "emrfs-site": ("hadoop",)}
    files: list[tuple[str, Path]] = []
    expected: list[dict[str, str]] = []
    for name, how in readers.items():
        release = "emr-7.9.0" if name == "emrfs-site" else spark.release
        for number, plan in enumerate([*PLANS.values(), *LARGE]):
            rendered = targets.render(name, plan, release, jar="/opt/ä \\ jär=:#!.jar", user='<o\'neil & "sons"> --')
            file = tmp_path / f"{name}-{number}"
            file.write_text(rendered.text(), encoding="utf-8")
            files += [(reader, file) for reader in how]
            expected += [rendered.data["properties"] for _ in how]
            hadoop_prefix = "spark.hadoop." if name == "spark-defaults" else ""
            assert plans.from_settings(rendered.data["properties"], hadoop_prefix).id == plan.id
    assert read(files, spark) == expected


def test_emrfs_site_holds_only_what_emrfs_reads_and_refuses_releases_without_it():
    properties = targets.render("emrfs-site", named(), "emr-7.10.0").data["properties"]
    assert not [name for name in properties if "s3a" in name]
    assert properties["fs.s3.bucket.partner-data.customAWSCredentialsProvider"].endswith("EmrfsRoleCredentialsProvider")
    with pytest.raises(TargetError) as error:
        targets.render("emrfs-site", named(), "spark-4")
    assert str(error.value) == (
        "emrfs-site: spark-4 has no EMRFS; take `render core-site`, or an EMR label that has it"
    )
