"""What ``render`` says beside the answer: notes of a release, options that are missing, and what is refused before anything is rendered."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from spark_xacct.cli.application import cli

DECLARATION = """
version: 1
base: {kind: irsa, arn: "arn:aws:iam::111122223333:role/etl"}
sts: {region: eu-west-1}
roles: {reader: {arn: "arn:aws:iam::444455556666:role/reader"}}
buckets: {partner-data: reader}
"""
NEWER = "release emr-7.99.0 is newer than this table; it is taken for emr-7.14.0 and later"
WHOLE = ("--on", "vc1", "--entry-point", "s3://code/job.py", "--staging", "s3://code/x", "--jar", "x.jar")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "xacct.yaml").write_text(DECLARATION)
    (tmp_path / "x.jar").write_bytes(b"jar")
    (tmp_path / "mine.conf").write_text("spark.app.name mine\n")
    return tmp_path


def render(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["render", *arguments], prog_name="spark-xacct")


FORMS = {
    "one file": ("emr-eks", "--file", "start-job-run.json", *WHOLE),
    "a folder": ("emr-eks", "--to", "out", *WHOLE),
    "programs": ("emr-eks", "--format", "json", *WHOLE),
    "joined": ("spark-defaults", "--with", "mine.conf", "--jar", "x.jar"),
    "text": ("core-site",),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_release_that_is_newer_than_the_table_is_told_in_every_form(form: str) -> None:
    said = render(*FORMS[form], "--release", "emr-7.99.0").stderr.splitlines()

    assert said.count(NEWER) == 1


@pytest.mark.parametrize("form", FORMS)
def test_and_nothing_is_told_of_one_that_is_known(form: str) -> None:
    assert "newer than" not in render(*FORMS[form], "--release", "emr-7.9.0").stderr


MISSING = {
    "nothing": (WHOLE, None),
    "the virtual cluster": (WHOLE[2:], "still to be filled in: --on"),
    "the program and the virtual cluster": (WHOLE[4:], "still to be filled in: --entry-point, --on"),
    "everything": (WHOLE[6:], "still to be filled in: --entry-point, --staging, --on"),
}


@pytest.mark.parametrize("case", MISSING)
def test_what_is_missing_is_named_as_it_is_typed(case: str) -> None:
    arguments, expected = MISSING[case]

    result = render("emr-eks", *arguments)

    assert [line for line in result.stderr.splitlines() if "still to be" in line] == ([expected] if expected else [])


USAGE = {
    "a program of this machine": (
        ("emr-eks", "--entry-point", "job.py"),
        "--entry-point job.py is a path of this machine, which emr-eks does not see; write s3://BUCKET/KEY, or the whole path on the "
        "platform, or take `spark-xacct submit`, which stages it",
    ),
    "a folder and one file": (
        ("emr-eks", "--to", "out", "--file", "start-job-run.json"),
        "--to writes every file and --file prints one: drop one of the two",
    ),
}


@pytest.mark.parametrize("case", USAGE)
def test_wrong_usage_writes_nothing(case: str, folder: Path) -> None:
    arguments, expected = USAGE[case]

    result = render(*arguments)

    assert (result.exit_code, result.stdout, result.stderr.splitlines()[-1]) == (2, "", f"Error: {expected}")
    assert not (folder / "out").exists()


@pytest.mark.parametrize("entry_point", ["s3://code/job.py", "local:///opt/job.py", "/opt/job.py"])
def test_a_program_that_the_platform_may_see_is_taken(entry_point: str) -> None:
    assert render("emr-eks", "--entry-point", entry_point).exit_code == 0
