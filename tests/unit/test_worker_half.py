"""What the jar carries to clusters, light to import and Python 3.7: the half that runs in workers, which needs the standard
library and boto3 only, and what a driver runs besides."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from interpreters import python

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "spark_xacct"
WORKER_HALF = [
    *(PACKAGE / name for name in ("__init__.py", "errors.py", "keys.py", "version.py")),
    *(path for name in ("aws", "model", "plan", "worker") for path in sorted((PACKAGE / name).rglob("*.py"))),
]
# What a driver runs besides; of declarations and the command line what says that they need a newer Python.
DRIVER_HALF = [
    *(PACKAGE / name for name in ("__main__.py", "cli/__init__.py", "declaration/__init__.py")),
    *(path for name in ("access", "iam", "spark", "targets") for path in sorted((PACKAGE / name).rglob("*.py"))),
]
BOTH = [*WORKER_HALF, *DRIVER_HALF]
# Methods that Python 3.7 has not. Vermin cannot see them, since it does not know what they are methods of.
LATER_METHODS = {"is_relative_to", "readlink", "removeprefix", "removesuffix", "with_stem"}
# Reads the shared vectors with nothing but the standard library, and prints how many it read.
VECTORS_PROGRAM = """
import json, sys
from spark_xacct import plan
from spark_xacct.errors import PlanError
from spark_xacct.model import Location, session_name

folder, read = sys.argv[1], 0
def cases(name):
    with open(folder + "/" + name, encoding="utf-8") as file:
        return json.load(file)
decide = cases("decide.json")
maps = {name: plan.decode(json.dumps(document)).access_map for name, document in decide["plans"].items()}
for case in decide["cases"]:
    decision = maps[case["plan"]].decide(Location(case["scheme"], case["bucket"], case["key"]))
    assert [decision.kind.value, decision.role, decision.reason] == [case["kind"], case["role"], case["reason"]], case
    read += 1
for case in cases("session_names.json"):
    assert session_name.fill(case["template"], case["run"], case["user"]) == case["name"], case
    read += 1
for case in cases("plans.json"):
    try:
        answer = {"id": plan.from_settings(case["parts"]).id}
    except PlanError as error:
        answer = {"error": case.get("error") if case.get("error", "never") in str(error) else str(error)}
    assert answer.items() <= case.items(), (case["name"], answer)
    read += 1
print(read)
"""


@pytest.fixture(scope="module")
def python37() -> str:
    return python("3.7")


def run(interpreter: str, program: str, *arguments: str) -> str:
    result = subprocess.run(
        [interpreter, "-c", program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


@pytest.mark.parametrize(
    "module",
    [
        "spark_xacct",
        "spark_xacct.plan",
        "spark_xacct.model",
        "spark_xacct.declaration",
        "spark_xacct.cli",
        "spark_xacct.worker.daemon",
    ],
)
def test_import_is_light(module: str) -> None:
    heavy = ("boto3", "botocore", "pyspark", "py4j", "pydantic", "ruamel", "click", "rich", "jinja2")
    program = f"import sys, {module}; print([name for name in {heavy!r} if name in sys.modules])"

    assert run(sys.executable, program) == "[]"


def test_syntax_and_library_are_those_of_python_3_7() -> None:
    vermin = shutil.which("vermin", path=str(Path(sys.executable).parent)) or shutil.which("vermin")
    assert vermin is not None, "vermin is not installed: make setup"

    result = subprocess.run(
        [vermin, "--target=3.7-", "--no-tips", "--violations", *map(str, BOTH)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stdout


def test_no_method_is_one_of_a_later_python() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.attr}"
        for path in BOTH
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in LATER_METHODS
    ]
    assert found == []


@pytest.mark.parametrize(("name", "half"), [("WORKER_HALF", WORKER_HALF), ("DRIVER_HALF", DRIVER_HALF)])
def test_make_lint_holds_the_same_files(name: str, half: list[Path]) -> None:
    listed = re.search(rf"^{name} := (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert listed is not None
    found = [
        path
        for entry in map(ROOT.joinpath, listed.group(1).split())
        for path in (entry.rglob("*.py") if entry.is_dir() else [entry])
    ]
    assert sorted(found) == sorted(half)


def test_every_file_compiles_on_a_real_python_3_7(python37: str) -> None:
    program = "import sys\nfor path in sys.argv[1:]: compile(open(path, encoding='utf-8').read(), path, 'exec')\nprint(len(sys.argv) - 1)"

    assert run(python37, program, *map(str, BOTH)) == str(len(BOTH))


def test_shared_vectors_hold_on_a_real_python_3_7(python37: str) -> None:
    folder = ROOT / "tests" / "vectors"
    decide = json.loads((folder / "decide.json").read_text(encoding="utf-8"))["cases"]
    others = [json.loads((folder / name).read_text(encoding="utf-8")) for name in ("session_names.json", "plans.json")]

    assert run(python37, VECTORS_PROGRAM, str(folder)) == str(len(decide) + sum(map(len, others)))
