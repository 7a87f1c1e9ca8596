"""What users get: the wheel in an empty virtual environment, outside the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from spark_xacct.lab.jars import jar_set
from spark_xacct.version import __version__

ROOT = Path(__file__).parents[2]
JAR = f"spark_xacct/jars/spark-xacct-{__version__}.jar"
TARGETS = (
    "aws-profile",
    "builder",
    "core-site",
    "emr-ec2",
    "emr-eks",
    "emrfs-site",
    "livy",
    "spark-defaults",
    "spark-submit",
)
# Of these, those that take any release.
ANYWHERE = ("builder", "core-site", "spark-defaults", "spark-submit")
PROGRAM = """
import sys
from pyspark.sql import SparkSession
import spark_xacct as xacct
assert "site-packages" in xacct.__file__, xacct.__file__
builder = SparkSession.builder.master("local[2]").config("spark.jars", sys.argv[1]).config("spark.ui.enabled", "false")
spark = xacct.start(builder, "xacct.yaml")
print("rows", spark.read.text("s3a://partner-data/events/").count())
spark.stop()
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an environment that holds the wheel, its dependencies, and the pyspark of .cache/spark-4."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    venv.create(folder, with_pip=True)
    subprocess.run([folder / "bin" / "pip", "install", "--quiet", str(wheel)], check=True)
    packages = next((folder / "lib").glob("python3*/site-packages"))
    spark = next((ROOT / ".cache" / "spark-4" / "lib").glob("python3*/site-packages"))
    for name in ("pyspark", "py4j"):
        (packages / name).symlink_to(spark / name)
    return folder / "bin"


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workplace")
    (folder / "xacct.yaml").write_bytes((ROOT / "examples" / "two-accounts" / "xacct.yaml").read_bytes())
    return folder


def run(installed: Path, workplace: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SPARK_", "PYTHON"))
    }
    environment.update(more, PATH=f"{installed}{os.pathsep}{environment['PATH']}")
    return subprocess.run(list(arguments), cwd=workplace, env=environment, capture_output=True, text=True, timeout=600)


def test_the_wheel_carries_jar_templates_example_and_types(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {JAR, "spark_xacct/py.typed", "spark_xacct/examples/two-accounts/job.py"} <= names
    assert {f"spark_xacct/conf_templates/{target}/README.md" for target in TARGETS} <= names
    assert [name for name in names if name.endswith(".jar")] == [JAR]
    assert not [name for name in names if "__pycache__" in name or name.startswith("tests/")]


def test_the_jar_carries_the_whole_package_and_never_itself(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = {name for name in archive.namelist() if name.startswith("spark_xacct/") and "/examples/" not in name}
        jar = zipfile.ZipFile(archive.extract(JAR, tmp_path))
        in_jar = {name for name in jar.namelist() if name.startswith("spark_xacct/") and not name.endswith("/")}
        assert in_wheel - {JAR, "spark_xacct/jars/sources.sha256"} == in_jar
        assert all(archive.read(name) == jar.read(name) for name in in_jar)
    assert "io/sparkxacct/s3a/S3ARoleCredentialsProvider.class" in jar.namelist()
    assert not [name for name in jar.namelist() if name.endswith(".jar") or name.startswith("META-INF/services/")]


@pytest.mark.parametrize(
    ("arguments", "begins"),
    [
        (("check",), "xacct.yaml: "),
        (("explain", "s3a://partner-data/events/"), "location"),
        (("schema",), "{"),
        *((("render", target, "--release", "spark-4"), "") for target in TARGETS if target in ANYWHERE),
        (("render", "emr-ec2", "--format", "json"), "{"),
        (("render", "emrfs-site"), ""),
        (("render", "plan"), "z1:"),
    ],
)
def test_commands_work_from_the_wheel(
    installed: Path, workplace: Path, arguments: tuple[str, ...], begins: str
) -> None:
    done = run(installed, workplace, "spark-xacct", *arguments)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(begins), done.stdout[:200]
    assert done.stdout.strip()


@pytest.fixture
def lab(installed: Path, workplace: Path) -> Iterator[dict[str, str]]:
    done = run(installed, workplace, "spark-xacct", "lab", "up", "--format", "json")
    assert done.returncode == 0, done.stderr
    try:
        yield json.loads(done.stdout)["environment"]
    finally:
        down = run(installed, workplace, "spark-xacct", "lab", "down")
        assert down.returncode == 0, down.stderr


def test_a_user_reads_the_lab_with_the_wheel_and_a_folder_of_jars(
    installed: Path, workplace: Path, lab: dict[str, str]
) -> None:
    (workplace / "rows.txt").write_text("a\nb\nc\n")
    put = run(installed, workplace, "spark-xacct", "lab", "put", "rows.txt", "s3://partner-data/events/rows.txt")
    assert put.returncode == 0, put.stderr
    (workplace / "program.py").write_text(PROGRAM)
    jars = ",".join(str(path) for path in jar_set("4").glob("*.jar"))
    python = str(installed / "python")
    done = run(installed, workplace, python, "program.py", jars, **lab, PYSPARK_PYTHON=python)
    assert done.returncode == 0, done.stderr[-4000:]
    assert "rows 3" in done.stdout


def test_a_stale_jar_does_not_ship(tmp_path: Path) -> None:
    import shutil

    names = (
        "hatch_build.py",
        "spark_xacct",
        "conf_templates",
        "jvm_shim/pom.xml",
        "jvm_shim/shim/pom.xml",
        "jvm_shim/shim/src/main",
    )
    for name in names:
        source, target = ROOT / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    check = [sys.executable, "hatch_build.py", "check"]
    fresh = subprocess.run(check, cwd=tmp_path, capture_output=True, text=True)
    assert (fresh.returncode, fresh.stderr) == (0, "")
    with (tmp_path / "spark_xacct" / "keys.py").open("a") as file:
        file.write("# changed\n")
    stale = subprocess.run(check, cwd=tmp_path, capture_output=True, text=True)
    assert stale.returncode == 1
    assert stale.stderr.strip() == f"{JAR} was made from other sources than these; run: make jar"
    # Not even with a digest of these sources: the files in the jar are compared.
    digest = subprocess.run([*check[:2], "digest"], cwd=tmp_path, capture_output=True, text=True).stdout
    (tmp_path / "spark_xacct" / "jars" / "sources.sha256").write_text(digest)
    forged = subprocess.run(check, cwd=tmp_path, capture_output=True, text=True)
    assert forged.stderr.strip() == f"{JAR} holds another spark_xacct/keys.py than this one; run: make jar"
    (tmp_path / JAR).unlink()
    missing = subprocess.run(check, cwd=tmp_path, capture_output=True, text=True)
    assert "holds no jar" in missing.stderr
