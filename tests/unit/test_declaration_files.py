"""Where a declaration comes from: YAML files, plan files, and places where none can be read."""

from __future__ import annotations

import platform
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from declaration_texts import written

from spark_xacct import declaration, plan
from spark_xacct.errors import DeclarationError, MissingDependencyError, PlanError


@pytest.fixture
def compiled() -> plan.Plan:
    return plan.encode(declaration.loads(written()).access_map)


def test_yaml_file_is_read_with_its_name_in_problems(tmp_path: Path) -> None:
    file = tmp_path / "conf.yaml"
    file.write_text("\ufeff" + written(own="[3]"), encoding="utf-8")

    with pytest.raises(DeclarationError) as raised:
        declaration.load(file)

    assert str(raised.value) == f'{file}:6:7: own[1] is a number (3); write it in quotes: "3"'


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("plan.json", lambda compiled: compiled.canonical_json()),
        ("xacct.plan", lambda compiled: compiled.text + "\n"),
        ("xacct.yaml", lambda compiled: compiled.text),
    ],
    ids=["JSON", "text", "text under another name"],
)
def test_plan_file_is_read(tmp_path: Path, compiled: plan.Plan, name: str, form: Callable[[plan.Plan], str]) -> None:
    (tmp_path / name).write_text(form(compiled), encoding="utf-8")

    found = declaration.load(tmp_path / name)
    assert (found, found.compiled()) == (declaration.Declaration(compiled.access_map, plan=compiled), compiled)


def test_environment_of_a_plan_file_is_refused(tmp_path: Path, compiled: plan.Plan) -> None:
    file = tmp_path / "xacct.plan"
    file.write_text(compiled.text, encoding="utf-8")

    with pytest.raises(PlanError) as raised:
        declaration.load(file, "prod")

    assert str(raised.value) == (
        f'{file} is a plan: its environment was chosen when it was rendered; render it again for "prod", or choose none'
    )


def test_missing_file_is_a_problem_with_a_fix(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError) as raised:
        declaration.load(tmp_path / "no.yaml")

    assert str(raised.value) == (
        f"{tmp_path}/no.yaml:1:1: there is no such file; create it, or name another one (--config, SPARK_XACCT_CONFIG)"
    )


def test_folder_is_a_problem_with_a_fix(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError) as raised:
        declaration.load(tmp_path)

    assert (
        str(raised.value) == f"{tmp_path}:1:1: it cannot be read: Is a directory; make it readable, or name another one"
    )


def test_file_that_is_not_utf_8_is_a_problem_with_a_fix(tmp_path: Path) -> None:
    (tmp_path / "xacct.yaml").write_bytes(b"version: 1 # \xe9\n")

    with pytest.raises(DeclarationError) as raised:
        declaration.load(tmp_path / "xacct.yaml")

    assert str(raised.value) == f"{tmp_path}/xacct.yaml:1:1: byte 14 is not UTF-8; save it as UTF-8"


@pytest.mark.parametrize(
    ("module", "ask"),
    [
        ("pydantic", "declaration.loads('version: 1')"),
        ("ruamel.yaml", "declaration.loads('version: 1')"),
        ("pydantic", "declaration.schema()"),
    ],
)
def test_missing_library_is_named_with_both_ways_out(module: str, ask: str) -> None:
    said = without(
        module,
        f"""
from spark_xacct import declaration
from spark_xacct.errors import MissingDependencyError
try:
    {ask}
except MissingDependencyError as error:
    print(error)
""",
    )

    assert said == (
        f"a declaration cannot be read on host {socket.gethostname()}: {module} is not installed; "
        "compile it first, where spark-xacct is installed: spark-xacct render plan > xacct.plan, and use that file here; "
        "or: pip install pydantic ruamel.yaml"
    )


def test_an_old_python_is_named_before_libraries_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declaration, "PYTHON_SINCE", (9, 9))

    with pytest.raises(MissingDependencyError) as raised:
        declaration.loads("version: 1")

    assert str(raised.value) == (
        f"a declaration cannot be read on host {socket.gethostname()}: this is Python {platform.python_version()}, and it takes 9.9 or "
        "newer; compile it first, where spark-xacct is installed: spark-xacct render plan > xacct.plan, and use that file here"
    )


def test_declarations_take_the_python_of_the_wheel() -> None:
    project = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")

    assert f'requires-python = ">={declaration.PYTHON_SINCE[0]}.{declaration.PYTHON_SINCE[1]}"' in project


def test_plan_file_needs_neither_library(tmp_path: Path, compiled: plan.Plan) -> None:
    (tmp_path / "xacct.plan").write_text(compiled.text, encoding="utf-8")
    program = f"""
from spark_xacct import declaration, plan
print(plan.encode(declaration.load({str(tmp_path / "xacct.plan")!r}).access_map).id)
"""

    assert without("pydantic", "import sys; sys.modules['ruamel.yaml'] = None" + program) == compiled.id


def without(module: str, program: str) -> str:
    """What a program prints where ``module`` is not installed."""
    hidden = f"import sys; sys.modules[{module!r}] = None\n{program}"
    return subprocess.run([sys.executable, "-c", hidden], capture_output=True, text=True, check=True).stdout.strip()
