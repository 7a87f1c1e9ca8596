"""The half that runs in workers: light to import, Python 3.7, standard library and boto3 only."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "spark_xacct"
WORKER_HALF = [
    *(PACKAGE / name for name in ("__init__.py", "errors.py", "keys.py", "version.py")),
    *(path for name in ("aws", "model", "plan", "worker") for path in sorted((PACKAGE / name).rglob("*.py"))),
]
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


def oldest_interpreter() -> str | None:
    """A real Python 3.7, on the path or among those of pyenv."""
    found = shutil.which("python3.7")
    if found is not None and subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0:
        return found
    candidates = sorted(Path.home().glob(".pyenv/versions/3.7.*/bin/python"))
    return str(candidates[-1]) if candidates else None


@pytest.fixture(scope="module")
def python37() -> str:
    interpreter = oldest_interpreter()
    if interpreter is None:
        pytest.skip(
            "no Python 3.7 on this machine (python3.7 on the path, or pyenv install 3.7): syntax checked by vermin only"
        )
    return interpreter


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
        [vermin, "--target=3.7-", "--no-tips", "--violations", *map(str, WORKER_HALF)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stdout


def test_every_file_compiles_on_a_real_python_3_7(python37: str) -> None:
    program = "import sys\nfor path in sys.argv[1:]: compile(open(path, encoding='utf-8').read(), path, 'exec')\nprint(len(sys.argv) - 1)"

    assert run(python37, program, *map(str, WORKER_HALF)) == str(len(WORKER_HALF))


def test_shared_vectors_hold_on_a_real_python_3_7(python37: str) -> None:
    folder = ROOT / "tests" / "vectors"
    decide = json.loads((folder / "decide.json").read_text(encoding="utf-8"))["cases"]
    others = [json.loads((folder / name).read_text(encoding="utf-8")) for name in ("session_names.json", "plans.json")]

    assert run(python37, VECTORS_PROGRAM, str(folder)) == str(len(decide) + sum(map(len, others)))
