"""Access: what is loaded, under which environment, and under which run it goes on."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from declaration_texts import written
from fakes.plans import plan

import spark_xacct
from spark_xacct import aws
from spark_xacct import plan as plans
from spark_xacct.access import Access, starting
from spark_xacct.access import run as runs
from spark_xacct.errors import DeclarationError, PlanError

TEXT = written(
    own='["corp-{env}"]', vars="{env: dev}", environments="{prod: {vars: {env: prod}}, test: {vars: {env: test}}}"
)
BUILDER = SimpleNamespace()


@pytest.fixture(autouse=True)
def nothing_in_force(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("SPARK_XACCT_PLAN", "SPARK_XACCT_RUN", "SPARK_XACCT_USER", "SPARK_XACCT_ENV", "SPARK_USER"):
        monkeypatch.delenv(name, raising=False)
    aws.deactivate()
    yield
    aws.deactivate()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What start and configure were asked for: nothing is started."""
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(starting, "start", lambda *arguments: asked.append(("start", *arguments)))
    monkeypatch.setattr(starting, "configure", lambda *arguments: asked.append(("configure", *arguments)))
    return asked


def own(access: Access) -> list[str]:
    return [pattern.text for pattern in access.access_map.own]


# What is loaded


@pytest.mark.parametrize("name", ["xacct.yaml", "xacct.yml", "xacct", "xacct.conf", "declaration.json.txt"])
@pytest.mark.parametrize(
    ("argument", "variable", "expected"),
    [
        (None, None, "corp-dev"),
        (None, "", "corp-dev"),
        (None, "prod", "corp-prod"),
        ("test", None, "corp-test"),
        ("test", "prod", "corp-test"),
    ],
    ids=["none", "an empty variable", "the variable", "the argument", "the argument beats the variable"],
)
def test_environment_of_a_declaration(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    argument: str | None,
    variable: str | None,
    expected: str,
) -> None:
    (tmp_path / name).write_text("\ufeff" + TEXT, encoding="utf-8")
    if variable is not None:
        monkeypatch.setenv("SPARK_XACCT_ENV", variable)

    assert own(spark_xacct.load(tmp_path / name, argument)) == [expected]


def test_unknown_environment_of_the_variable_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "xacct.yaml").write_text(TEXT, encoding="utf-8")
    monkeypatch.setenv("SPARK_XACCT_ENV", "prdo")

    with pytest.raises(DeclarationError) as raised:
        spark_xacct.load(tmp_path / "xacct.yaml")

    assert str(raised.value) == (
        f'{tmp_path}/xacct.yaml:8:1: the environment "prdo" is not declared; did you mean "prod"?'
    )


FORMS: list[Callable[[plans.Plan], str]] = [
    lambda compiled: compiled.text,
    lambda compiled: f"\ufeff{compiled.text}\n",
    lambda compiled: compiled.canonical_json(),
    lambda compiled: f"\ufeff\n{compiled.canonical_json()}",
]


@pytest.mark.parametrize("name", ["xacct.plan", "plan.json", "plan.yaml", "plan"])
@pytest.mark.parametrize("form", FORMS, ids=["text", "text with BOM", "JSON", "JSON with BOM"])
def test_plan_file_is_told_by_its_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, form: Callable[[plans.Plan], str]
) -> None:
    text = form(plan(None))
    (tmp_path / name).write_text(text, encoding="utf-8")
    # It says nothing of a plan, whose environment was chosen when it was rendered.
    monkeypatch.setenv("SPARK_XACCT_ENV", "prod")

    assert spark_xacct.load(tmp_path / name).plan == plans.decode(text.lstrip("\ufeff"))


@pytest.mark.parametrize("call", [spark_xacct.load, lambda *rest: spark_xacct.start(BUILDER, *rest), lambda *rest: spark_xacct.configure(BUILDER, *rest)], ids=["load", "start", "configure"])  # fmt: skip
def test_environment_of_a_plan_file_is_refused(
    tmp_path: Path, call: Callable[..., Any], started: list[tuple[Any, ...]]
) -> None:
    file = tmp_path / "xacct.plan"
    file.write_text(plan(None).text, encoding="utf-8")

    with pytest.raises(PlanError) as raised:
        call(file, "prod")

    assert (str(raised.value), started) == (
        f'{file} is a plan: its environment was chosen when it was rendered; render it again for "prod", or choose none',
        [],
    )


def test_environment_without_a_file_is_wrong_usage(started: list[tuple[Any, ...]]) -> None:
    with pytest.raises(TypeError) as raised:
        spark_xacct.start(BUILDER, environment="prod")

    assert (str(raised.value), started) == (
        "start() was given environment= and no file; only a declaration has environments",
        [],
    )


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("plan.json", "{", "the plan is not JSON: "),
        ("plan.txt", "z2:abc", 'the plan text starts with "z2:abc"; it must start with "z1:" or "file:"'),
        ("plan.txt", "z1:abc", "the plan text is cut or damaged (6 characters arrived)"),
    ],
    ids=["cut JSON", "a later form", "damaged"],
)
def test_plan_file_that_is_none_is_refused_as_a_plan(tmp_path: Path, name: str, text: str, says: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")

    with pytest.raises(PlanError, match=re.escape(says)):
        spark_xacct.load(tmp_path / name)


def test_declaration_in_json_is_one(tmp_path: Path) -> None:
    (tmp_path / "xacct.json").write_text('{"version": 1, "base": "irsa", "sts": {"region": "eu-west-1"}}')

    assert spark_xacct.load(tmp_path / "xacct.json").access_map.base.kind == "irsa"


def test_plan_file_needs_no_library_that_reads_yaml(tmp_path: Path) -> None:
    (tmp_path / "plan").write_text(plan(None).text, encoding="utf-8")
    program = (
        "import sys; sys.modules['pydantic'] = sys.modules['ruamel.yaml'] = None\n"
        f"import spark_xacct; print(spark_xacct.load({str(tmp_path / 'plan')!r}).plan.id)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == plan(None).id


# Under which run


def test_one_run_is_drawn_for_a_process() -> None:
    access = Access(plan(None))

    assert re.fullmatch("[0-9a-f]{8}", access.role_sessions.run)
    assert runs.find({}, {}).id == access.role_sessions.run == aws.sessions_of(plan(None, otherwise="@deny")).run


def test_another_application_in_a_process_gets_another_run() -> None:
    first = runs.find({}, {}).id
    second = runs.find({}, {"spark.hadoop.fs.xacct.run": first}, anew=True).id

    assert second != first
    assert Access(plan(None)).role_sessions.run == runs.find({}, {}).id == second


SETTINGS = {
    "spark.hadoop.fs.xacct.run": "of-settings",
    "spark.hadoop.fs.xacct.user": "of-settings",
    "spark.yarn.app.id": "application_1",
}
VARIABLES = {"SPARK_XACCT_RUN": "of-environment", "SPARK_XACCT_USER": "of-environment"}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((VARIABLES, SETTINGS, "given", "given"), ("given", "given")),
        ((VARIABLES, SETTINGS), ("of-environment", "of-environment")),
        (({"SPARK_USER": "ana"}, SETTINGS), ("of-settings", "of-settings")),
        (({"SPARK_USER": "ana"}, {"spark.yarn.app.id": "application_1"}), ("application_1", "ana")),
        (({"SPARK_USER": "ana"}, {"spark.app.id": "spark-1", "spark.master": "k8s://x"}), ("spark-1", "ana")),
        (({"SPARK_USER": "ana", "SERVERLESS_EMR_JOB_ID": "00f1"}, {}), ("00f1", "ana")),
        (({"SPARK_USER": "ana"}, SETTINGS, "given", None, True), ("given", "ana")),
        ((VARIABLES, SETTINGS, None, None, True), ("of-environment", "of-environment")),
    ],
    ids=[
        "arguments",
        "environment",
        "settings",
        "YARN",
        "Kubernetes",
        "EMR Serverless",
        "anew with a given run",
        "anew with a named run",
    ],
)
def test_who_names_run_and_user(arguments: tuple[Any, ...], expected: tuple[str, str]) -> None:
    found = runs.find(*arguments)

    assert (found.id, found.user) == expected


def test_run_and_user_go_on_to_start_and_configure(started: list[tuple[Any, ...]]) -> None:
    access = Access(plan(None), run="nightly-7", user="ana")
    access.start(BUILDER)
    access.configure(BUILDER)
    # What was drawn is not given on: the platform may know a better name.
    Access(plan(None)).start(BUILDER)

    assert started == [
        ("start", BUILDER, plan(None), "nightly-7", "ana"),
        ("configure", BUILDER, plan(None), "nightly-7", "ana"),
        ("start", BUILDER, plan(None), None, None),
    ]


def test_access_follows_the_run_in_force_under_its_plan() -> None:
    access, other = Access(plan(None)), Access(plan(None, otherwise="@deny"))
    aws.activate(aws.sessions_of(plan(None), "application_1", "ana"))

    assert (access.role_sessions.run, access.role_sessions.user) == ("application_1", "ana")
    assert access.boto3_session(role="partner") is aws.current().boto3_session(role="partner")
    assert access.client("sqs", role="partner") is aws.current().client("sqs", role="partner")
    assert other.role_sessions.run == runs.find({}, {}).id


def test_access_travels_with_the_run_in_force() -> None:
    access = Access(plan(None))
    aws.activate(aws.sessions_of(plan(None), "application_1", "ana"))
    travelling = pickle.dumps(access)
    # A worker has activated nothing.
    aws.deactivate()
    arrived = pickle.loads(travelling)

    assert (arrived.plan, arrived.role_sessions.run, arrived.role_sessions.user) == (plan(None), "application_1", "ana")
