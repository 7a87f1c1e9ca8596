"""The commands: what goes to stdout and stderr, and the exit code."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner, Result
from declaration_texts import HUB, READER, hub_and_partner, role, written

from spark_xacct import declaration, plan, targets, version
from spark_xacct.cli import output
from spark_xacct.cli.application import COMMANDS, cli
from spark_xacct.errors import RoleSessionError, SparkStartError
from spark_xacct.lab import Lab
from spark_xacct.spark import jar
from spark_xacct.version import __version__

SOURCES = Path(output.__file__).parent
GOOD = written(
    roles=hub_and_partner(partner="session_name: '{run}-{user}'"), buckets="{partner-data: partner, scratch: base}"
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a good declaration, and no setting of the tool in the environment."""
    for name in ("CONFIG", "ENV", "FORMAT", "JAR"):
        monkeypatch.delenv(f"SPARK_XACCT_{name}", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "xacct.yaml").write_text(GOOD, encoding="utf-8")
    return tmp_path


@pytest.fixture
def compiled() -> plan.Plan:
    return plan.encode(declaration.loads(GOOD).access_map)


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(cli, arguments, env=environment, prog_name="spark-xacct")


def test_check_sums_a_good_declaration_up(compiled: plan.Plan) -> None:
    result = run("check")

    assert (result.exit_code, result.stdout, result.stderr) == (0, f"xacct.yaml: good: {compiled.about}\n", "")


def test_check_prints_notes_before_the_sum(folder: Path) -> None:
    (folder / "xacct.yaml").write_text(written(roles=role("duration: 2h")), encoding="utf-8")

    lines = run("check").stdout.splitlines()

    assert lines[0] == (
        "xacct.yaml:4:65: note: roles.partner: duration 2h is clamped to 1h: the hop is made by a base identity that is no IAM user; "
        "write 1h, or leave it out"
    )
    assert lines[1].startswith("xacct.yaml: good: plan ")


def test_check_of_a_bad_declaration_prints_every_problem_to_stderr(folder: Path) -> None:
    (folder / "xacct.yaml").write_text(written(base="isra", sts=None), encoding="utf-8")

    result = run("check")

    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.splitlines() == [
        "xacct.yaml:1:1: the declaration has no sts; add sts: {region: eu-west-1}",
        'xacct.yaml:2:7: base: "isra" is not one of irsa, pod-identity, container, instance-profile, emr-runtime-role, env, '
        'profile, class; did you mean "irsa"?',
    ]


def test_check_answers_programs(folder: Path, compiled: plan.Plan) -> None:
    good = json.loads(run("check", "--format", "json").stdout)
    (folder / "xacct.yaml").write_text(written(sts=None), encoding="utf-8")
    bad = run("check", "--format", "json")

    assert good == {"file": "xacct.yaml", "environment": None, "plan": compiled.id, "problems": [], "notes": []}
    assert (bad.exit_code, bad.stderr) == (3, "")
    assert json.loads(bad.stdout)["problems"] == [
        {
            "file": "xacct.yaml",
            "line": 1,
            "column": 1,
            "what": "the declaration has no sts",
            "fix": "add sts: {region: eu-west-1}",
        }
    ]


def test_schema_is_that_of_the_declaration() -> None:
    assert json.loads(run("schema").stdout) == declaration.schema()


def test_explain_a_location(compiled: plan.Plan) -> None:
    result = run("explain", "s3a://partner-data/events/")

    assert (result.exit_code, result.stdout.splitlines()) == (
        0,
        [
            "location          s3a://partner-data/events/",
            "decision          role",
            "role              partner",
            f"hop 1 of 2        {HUB}",
            f"hop 2 of 2        {READER}",
            "binding           partner-data",
            "reason            bucket partner-data is bound to role partner",
            "access            read",
            "owner             444455556666",
            "session name      {run}-{user}",
            "duration seconds  3600 s",
            f"plan              {compiled.id}",
        ],
    )


@pytest.mark.parametrize(
    ("uri", "otherwise", "decision", "reason"),
    [
        ("s3://scratch", "deny", "base", "bucket scratch is bound to the base identity"),
        (
            "s3n://x-1/a",
            "platform",
            "platform",
            "bucket x-1 is not declared; otherwise: platform leaves it to the platform's settings",
        ),
        ("s3a://x-1/a", "deny", "denied", "bucket x-1 is not declared; otherwise: deny refuses it"),
    ],
)
def test_every_decision_is_an_answer_with_exit_code_0(
    uri: str, otherwise: str, decision: str, reason: str, folder: Path
) -> None:
    (folder / "xacct.yaml").write_text(GOOD + f"otherwise: {otherwise}\n", encoding="utf-8")

    result = run("explain", uri, "--format", "json")
    answer = json.loads(result.stdout)

    assert (result.exit_code, answer["decision"], answer["role"], answer["chain"]) == (0, decision, None, [])
    assert answer["reason"] == reason


def test_explain_a_plan_text_without_any_declaration(folder: Path, compiled: plan.Plan) -> None:
    (folder / "xacct.yaml").unlink()

    location = run("explain", "s3a://partner-data/x", "--plan", compiled.text)
    whole = run("explain", "--plan", compiled.text)

    assert f"plan              {compiled.id}" in location.stdout
    assert whole.stdout.splitlines() == [
        compiled.about,
        "base       irsa, whoever that is",
        "sts        eu-west-1",
        "otherwise  platform",
        "own        none",
        "python     partner",
        "",
        "role     arn                                    via   session name  duration  external id",
        f"hub      {HUB}     base  xacct-{{run}}   3600 s    none",
        f"partner  {READER}  hub   {{run}}-{{user}}  3600 s    none",
        "",
        "bucket        role     access  owner         region",
        "partner-data  partner  read    444455556666",
        "scratch       base     read",
    ]


@pytest.mark.parametrize("name", ["xacct.plan", "./xacct.plan", "{folder}/xacct.plan"])
def test_explain_a_plan_file_as_the_shell_names_it(name: str, folder: Path, compiled: plan.Plan) -> None:
    (folder / "xacct.plan").write_text(compiled.text, encoding="utf-8")

    result = run("explain", "--plan", "file:" + name.format(folder=folder))

    assert (result.exit_code, result.stdout.splitlines()[:1]) == (0, [compiled.about])


def test_explain_a_whole_plan_to_programs(compiled: plan.Plan) -> None:
    answer = json.loads(run("--format", "json", "explain").stdout)

    assert answer == {"id": compiled.id, "plan": json.loads(compiled.canonical_json())}


def test_render_plan_is_what_load_takes(folder: Path, compiled: plan.Plan) -> None:
    for name, arguments in {"xacct.plan": (), "plan.json": ("--format", "json")}.items():
        result = run("render", "plan", *arguments)
        (folder / name).write_text(result.stdout, encoding="utf-8")

        assert declaration.load(folder / name).access_map == compiled.access_map
        assert run("check", "--config", name).stdout == f"{name}: good: {compiled.about}\n"


class FakeRendered:
    """Two files, one of them a script."""

    def __init__(self, jar: str, job: targets.Job | None, target: Any) -> None:
        self.data = {"jar": jar}
        self.job = job or targets.Job()
        self.target = target
        self.settings = SimpleNamespace(release=SimpleNamespace(notes=()))

    def files(self) -> dict[str, str]:
        return {"fax.txt": f"jar {self.data['jar']}\n", "send.sh": "#!/bin/sh\n"}

    def text(self) -> str:
        return f"jar {self.data['jar']}\n" + (self.job.staging if self.target.takes_job else "")


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A registry of targets with one, fax, that remembers what it was asked."""
    asked: list[dict[str, Any]] = []

    fax = SimpleNamespace(
        default_release="spark-4", check=lambda *_: None, flavours=(targets.Flavour.SHIM,), takes_job=False
    )

    def render(name: str, compiled: plan.Plan, **how: Any) -> FakeRendered:
        asked.append(
            {"name": name, "plan": compiled.id, **{key: value for key, value in how.items() if value is not None}}
        )
        return FakeRendered(how["jar"], how["job"], fax)

    monkeypatch.setattr(targets, "names", lambda: ["fax"])
    monkeypatch.setattr(targets, "find", lambda name: fax)
    monkeypatch.setattr(targets, "render", render)
    monkeypatch.setattr(jar, "find", lambda environment: Path("/lib/spark-xacct.jar"))
    return asked


@pytest.fixture
def no_jar(rendered: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An installation without its jar."""

    def find(environment: Mapping[str, str]) -> Path:
        raise SparkStartError("the jar is missing; make it")

    monkeypatch.setattr(jar, "find", find)
    monkeypatch.setattr(version, "__file__", str(tmp_path / "version.py"))


def test_render_a_target(rendered: list[dict[str, Any]], compiled: plan.Plan) -> None:
    text = run(
        "render",
        "fax",
        "--release",
        "spark-4",
        "--use",
        "scratch,scratch",
        "--use",
        "partner-data",
        "--jar",
        "/opt/x.jar",
        "--flavour",
        "hadoop",
    )
    data = run("render", "fax", "--format", "json")

    assert (text.stdout, json.loads(data.stdout)) == ("jar /opt/x.jar\n", {"jar": "/lib/spark-xacct.jar"})
    assert rendered == [
        {
            "name": "fax",
            "plan": compiled.id,
            "release": "spark-4",
            "use": ("scratch", "scratch", "partner-data"),
            "jar": "/opt/x.jar",
            "flavour": targets.Flavour.HADOOP,
        },
        {"name": "fax", "plan": compiled.id, "use": (), "jar": "/lib/spark-xacct.jar"},
    ]


def test_files_of_a_target_are_written_and_none_that_says_something_else_is_replaced_unasked(
    rendered: list[dict[str, Any]], folder: Path
) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "fax.txt").write_text("mine\n", encoding="utf-8")
    refused = run("render", "fax", "--jar", "a.jar", "--to", "out")
    files = {path.name: path.read_text(encoding="utf-8") for path in (folder / "out").iterdir()}
    written = [run("render", "fax", "--jar", "a.jar", "--to", "out", "--overwrite") for _ in range(2)]

    assert (refused.exit_code, refused.stdout, files) == (2, "", {"fax.txt": "mine\n"})
    assert "--to out: fax.txt is there with another content; compare the two, then say --overwrite" in refused.stderr
    assert [(one.exit_code, one.stdout, one.stderr) for one in written] == [
        (0, "", "wrote out/fax.txt\nwrote out/send.sh\n")
    ] * 2
    assert (folder / "out" / "fax.txt").read_text(encoding="utf-8") == "jar a.jar\n"
    assert [os.access(folder / "out" / name, os.X_OK) for name in ("fax.txt", "send.sh")] == [False, True]


def test_one_file_of_a_target_is_printed_alone(rendered: list[dict[str, Any]]) -> None:
    result = run("render", "fax", "--file", "send.sh")
    other = run("render", "fax", "--file", "fax.sh")

    assert (result.exit_code, result.stdout) == (0, "#!/bin/sh\n")
    assert (other.exit_code, other.stdout) == (2, "")
    assert '--file: there is no "fax.sh"; there are fax.txt, send.sh' in other.stderr


def test_options_of_a_job_make_a_job_for_targets_that_launch(rendered: list[dict[str, Any]]) -> None:
    arguments = ("render", "fax", "--name", "daily", "--argument", "a b", "--argument=-x", "--on", "j-1")
    refused = run(*arguments)
    targets.find("fax").takes_job = True
    result = run(*arguments)

    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "fax launches nothing, so it takes no options of a job; those that do are " in refused.stderr
    assert [one["job"] for one in rendered] == [targets.Job(name="daily", arguments=("a b", "-x"), on="j-1")]
    assert result.stderr == "still to be filled in: --staging\n"


@pytest.mark.parametrize("arguments", [(), ("--format", "json")], ids=["for people", "for programs"])
def test_without_any_jar_the_place_of_its_path_is_rendered_and_told(arguments: tuple[str, ...], no_jar: None) -> None:
    result = run("render", "fax", *arguments)

    assert (result.exit_code, "<jar>" in result.stdout) == (0, True)
    assert result.stderr == "the jar is missing; make it; until then write its path instead of <jar>\n"


def test_text_without_the_place_of_a_jar_needs_no_jar(no_jar: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeRendered, "text", lambda _: "core-site\n")
    result = run("render", "fax")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "core-site\n", "")


def test_wrong_jar_that_was_named_is_refused(no_jar: None) -> None:
    result = run("render", "fax", SPARK_XACCT_JAR="/no/such.jar")

    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "the jar is missing; make it\n")


def test_wrong_jar_of_the_installation_is_refused(no_jar: None, folder: Path) -> None:
    (folder / "jars").mkdir()
    (folder / "jars" / jar.JAR_NAME).touch()
    result = run("render", "fax")

    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "the jar is missing; make it\n")


def test_only_the_look_up_of_the_jar_knows_its_variable() -> None:
    naming = [
        path.name
        for path in SOURCES.parent.rglob("*.py")
        if re.search(r'"SPARK_XACCT_JAR"|\bjar: Path', path.read_text(encoding="utf-8"))
    ]

    assert naming == ["jar.py"]


def test_target_and_release_registered_anywhere_stand_in_the_help(rendered: list[dict[str, Any]]) -> None:
    targets.releases.register(replace(targets.releases.resolve("emr-7.12.0"), name="acme-9"))
    try:
        shown = re.sub(r"\s+", " ", run("render", "--help").stdout)
    finally:
        targets.releases.unregister("acme-9")
    assert " Targets: plan, fax Releases: spark-3.3 to spark-4.3, emr-5.36.0 to " in shown
    assert shown.endswith(" glue-4.0 to glue-5.1, acme-9 ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("render", "telex"), """Invalid value for 'TARGET': "telex" is not one of plan, fax"""),
        (("render", "plan", "--release", "spark-4"), "the plan is the same for every release and jar and holds every bucket; drop --release, --use, --jar and the like"),
        (("render", "fax", "--release", "spark-1"), "--release: release spark-1 is too old; the oldest that is known is spark-3.3"),
        (("render", "fax", "--release", "7.9"), '--release: release "7.9" is not known; write emr-7.9.0'),
        (("render", "fax", "--use", "scratch,other"), '--use: nothing serves bucket "other"; declared are partner-data, scratch'),
        (("render", "fax", "--release", ""), "--release is empty; name a release, or leave it out for the default"),
        (("render", "fax", "--entry-point", ""), "--entry-point is empty; give it a value, or leave it out"),
        (("render", "fax", "--jar", "a.jar", "--to", "xacct.yaml/x"), "--to xacct.yaml/x: Not a directory: xacct.yaml/x"),
        (("render", "fax", "--use", ""), "--use names no bucket; write --use BUCKET,..., or leave it out for every bucket"),
        (("render", "fax", "--use", " ,", "--use", ","), "--use names no bucket; write --use BUCKET,..., or leave it out for every bucket"),
        (("lab", "jars", "--release", "2.4", "--to", "jars"), '--release: no jars are known for release "2.4"; known are 3.5, '),
        (("render", "fax", "--release", "spark-" + "4" * 5000), '--release: release "spark-' + "4" * 5000 + '" is not known; known are spark-3.3 to '),
        (("lab", "put", "xacct.yaml", "s3://partner-data"), '"s3://partner-data" names no object; write s3://BUCKET/KEY'),
        (("lab", "put", "xacct.yaml", "partner-data/x"), '"partner-data/x" is not an S3 location; write s3a://BUCKET/KEY (or s3://, s3n://)'),
        (("explain", "https://x"), """Invalid value for '[URI]': "https://x" is not an S3 location; write s3a://BUCKET/KEY (or s3://, s3n://)"""),
        (("chekc",), "No such command 'chekc'."),
        (("check", "--format", "xml"), "Invalid value for '--format': 'xml' is not one of 'text', 'json'."),
    ],
    ids=["unknown target", "release of a plan", "release too old", "unknown release", "unknown bucket", "empty release", "empty entry point", "no folder", "empty bucket", "only commas", "unknown release of jars", "release that is no number", "no key to put to", "no location to put to", "no S3 location", "unknown command", "unknown format"],
)  # fmt: skip
def test_wrong_usage_ends_with_2(arguments: tuple[str, ...], says: str, rendered: list[dict[str, Any]]) -> None:
    result = run(*arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr


def test_lab_that_refuses_an_object_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        def put(self, uri: str, content: bytes) -> None:
            answer = {"Error": {"Code": "KeyTooLongError", "Message": "Your key is too long"}}
            raise ClientError(answer, "PutObject")

    monkeypatch.setattr(Lab, "attach", lambda _: Refusing())
    result = run("lab", "put", "xacct.yaml", "s3://partner-data/x")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "s3://partner-data/x was not written: KeyTooLongError (Your key is too long); if the declaration has changed since, "
        "start the lab anew: spark-xacct lab down, spark-xacct lab up\n"
    )


def test_without_pyspark_the_release_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets.releases.installed, "find", lambda **_: None)
    result = run("render", "spark-defaults", "--jar", "/opt/x.jar")

    assert (result.exit_code, result.stdout) == (2, "")
    assert "no pyspark is installed here, so the release is not known; say --release spark-3.5" in result.stderr


def test_what_a_target_cannot_carry_is_the_declaration_s(folder: Path) -> None:
    (folder / "xacct.yaml").write_text(written(base="pod-identity"), encoding="utf-8")
    result = run("render", "spark-defaults", "--release", "spark-3.5", "--jar", "/opt/x.jar")

    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith("base pod-identity: S3A on AWS SDK v1 on spark-3.5 has AWS SDK v1 1.12.262, ")


def test_error_of_ours_is_its_text_and_its_exit_code_without_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RoleSessionError("role partner: hop 1 of 1 refused by STS: AccessDenied")

    monkeypatch.setattr(declaration, "load", refuse)
    result = run("check")

    assert (result.exit_code, result.stdout) == (4, "")
    assert result.stderr == "role partner: hop 1 of 1 refused by STS: AccessDenied\n"


def test_damaged_plan_ends_with_3() -> None:
    result = run("explain", "--plan", "z1:abc")

    assert (result.exit_code, result.stderr) == (
        3,
        "the plan text is cut or damaged (6 characters arrived); copy it again in full\n",
    )


def test_missing_declaration_says_how_to_name_one(folder: Path) -> None:
    (folder / "xacct.yaml").unlink()
    result = run("render", "plan")

    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == (
        "xacct.yaml:1:1: there is no such file; create it, or name another one (--config, SPARK_XACCT_CONFIG)\n"
    )


@pytest.mark.parametrize("before", [True, False], ids=["before the command", "after the command"])
def test_declaration_that_cannot_be_read_is_told_in_our_words(before: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    # What click asks, and what it is told about a file without permission; root may read everything.
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    result = run(*(("--config", ".", "check") if before else ("check", "--config", ".")))

    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == ".:1:1: it cannot be read: Is a directory; make it readable, or name another one\n"


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        ((), {}, ("xacct.yaml", None)),
        ((), {"SPARK_XACCT_CONFIG": "other.yaml", "SPARK_XACCT_ENV": "prod"}, ("other.yaml", "prod")),
        (("--config", "third.yaml"), {"SPARK_XACCT_CONFIG": "other.yaml"}, ("third.yaml", None)),
        (("--env", "test"), {"SPARK_XACCT_ENV": "prod"}, ("xacct.yaml", "test")),
        ((), {"SPARK_XACCT_CONFIG": "", "SPARK_XACCT_ENV": ""}, ("xacct.yaml", None)),
    ],
    ids=["defaults", "environment", "option beats environment", "option beats environment for env", "empty is unset"],
)
@pytest.mark.parametrize("before", [True, False], ids=["before the command", "after the command"])
def test_settings_come_from_options_then_environment(
    arguments: tuple[str, ...],
    environment: dict[str, str],
    expected: tuple[str, str | None],
    before: bool,
    folder: Path,
) -> None:
    for name in ("xacct.yaml", "other.yaml", "third.yaml"):
        (folder / name).write_text(GOOD + "environments: {prod: {}, test: {}}\n", encoding="utf-8")
    line = (*arguments, "--format", "json", "check") if before else ("check", "--format", "json", *arguments)

    answer = json.loads(run(*line, **environment).stdout)

    assert (answer["file"], answer["environment"]) == expected


def test_setting_that_cannot_be_names_its_variable() -> None:
    result = run("check", SPARK_XACCT_FORMAT="xml")

    assert (result.exit_code, result.stdout) == (2, "")
    assert "SPARK_XACCT_FORMAT=xml: Input should be 'text' or 'json'" in result.stderr


def test_help_names_commands_and_exit_codes() -> None:
    text = run("--help").stdout

    assert all(re.search(rf"^  {name} ", text, re.MULTILINE) for name in ("check", "explain", "render", "schema"))
    assert text.endswith(
        "Exit codes: 0 good (an explained denial too), 1 a check or the job failed,\n  2 usage, 3 bad declaration, 4 AWS refused.\n"
    )


@pytest.mark.parametrize("name", [name for name in COMMANDS if (SOURCES / f"{name}.py").exists()])
def test_every_command_has_help(name: str) -> None:
    assert run(name, "--help").exit_code == 0


def test_only_one_module_prints() -> None:
    printing = re.compile(r"(?<![\w.])print\(|click\.(s?echo)|sys\.std(out|err)|Console\(")
    found = {path.name for path in SOURCES.glob("*.py") if printing.search(path.read_text(encoding="utf-8"))}

    assert found == {"output.py"}


def test_process_keeps_data_and_talk_apart(folder: Path, compiled: plan.Plan) -> None:
    def process(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "spark_xacct", *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(SOURCES.parents[1])},
        )

    good, bad = process("render", "plan"), process("check", "--config", "no.yaml")

    assert (good.returncode, good.stdout, good.stderr) == (0, compiled.text + "\n", "")
    assert (bad.returncode, bad.stdout) == (3, "")
    assert bad.stderr.startswith("no.yaml:1:1: there is no such file; ")


def test_version_is_that_of_the_package() -> None:
    assert run("--version").stdout == f"spark-xacct, version {__version__}\n"


def test_table_has_lines_on_a_terminal_only(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [("partner", "[bold]read"), ("hub", None)]
    output.table(("role", "access"), rows)
    piped = capsys.readouterr().out
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    output.table(("role", "access"), rows)

    assert piped == "role     access\npartner  [bold]read\nhub\n"
    assert "[bold]read" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [("schema",), ("import", "emrfs", "x.conf"), ("import", "aws-profile", "x"), ("lab", "status"), ("lab", "demo")],
    ids=" ".join,
)
@pytest.mark.parametrize("option", ["--config", "--env"])
def test_a_command_that_reads_no_declaration_takes_no_option_of_one(arguments: tuple[str, ...], option: str) -> None:
    result = run(*arguments, option, "x")

    assert (result.exit_code, result.stdout) == (2, "")
    # Versions of click differ in the marks around the name.
    assert re.search(rf"No such option:? '?{option}'?", result.stderr)
