"""A guest leaves the host's things alone: other plugins, a daemon module, Python files and PYTHONPATH stay, ours join them."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pyspark
import pytest
from running import DECLARATION, SparkRunner, java_home

from spark_xacct import keys, plan, targets
from spark_xacct.declaration import load
from spark_xacct.spark import jar

pytestmark = pytest.mark.slow
GUESTS = Path(__file__).parent / "guests"
READER = "arn:aws:sts::444455556666:assumed-role/reader/"
CORP = "corp.CorpPlugin"


@pytest.fixture(scope="module")
def corp_jar(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corp")
    spark = Path(pyspark.__file__).parent / "jars" / "*"
    command = [java_home() / "bin" / "javac", "-cp", spark, "-d", folder, GUESTS / "CorpPlugin.java"]
    subprocess.run(command, check=True, timeout=120)
    with zipfile.ZipFile(folder / "corp.jar", "w") as archive:
        for path in folder.rglob("*.class"):
            archive.write(path, path.relative_to(folder))
    return folder / "corp.jar"


def theirs(corp_jar: Path) -> dict[str, str]:
    return {
        "spark.plugins.defaultList": CORP,
        "spark.driver.extraClassPath": str(corp_jar),
        "spark.python.daemon.module": "corp_daemon",
        "spark.executorEnv.PYTHONPATH": str(GUESTS),
        "spark.submit.pyFiles": str(GUESTS / "corp_py_file.py"),
    }


OURS = {"spark.plugins.defaultList": keys.PLUGIN, "spark.submit.pyFiles": str(jar.find({}))}


@pytest.mark.parametrize("there", ["nothing", "ours", "theirs", "both"])
def test_what_is_there_stays_and_ours_is_there_once(
    runner: SparkRunner, corp_jar: Path, tmp_path: Path, there: str
) -> None:
    host = theirs(corp_jar)
    both = {**host, **{name: f"{host[name]},{value}" for name, value in OURS.items()}}
    settings: dict[str, str] = {"nothing": {}, "ours": OURS, "theirs": host, "both": both}[there]
    declaration = tmp_path / "xacct.yaml"
    declaration.write_text(DECLARATION.read_text() + "python: {default_role: partner}\n")
    environment = runner.environment(runner.configuration(f"guests-{there}", settings, master="local[1]"))
    results = runner.run("guests.py", str(declaration), environment=environment).results
    has_theirs = there in ("theirs", "both")
    mark, found = ("ran", "found") if has_theirs else (None, None)
    assert results["plugins"] == (f"{CORP},{keys.PLUGIN}" if has_theirs else keys.PLUGIN)
    assert (results["driver"], results["executor"]) == (mark, mark)
    worker = results["worker"]["value"]
    assert worker.pop("plain").startswith(READER)
    assert worker == {"daemon": mark, "on_path": found, "py_file": found}
    files = [name for name in results["files"].split(",") if name]
    assert sum(Path(name).name == jar.JAR_NAME for name in files) == 1
    assert any(name.endswith("corp_py_file.py") for name in files) == has_theirs


# The modules whose doctests PySpark ships and runs by themselves, by their names on each line.
DOCTESTS = {
    "3.5": ("pyspark.rdd", "pyspark.sql.udf", "pyspark.sql.udtf", "pyspark.sql.pandas.map_ops", "pyspark.sql.pandas.group_ops"),
    "4": ("pyspark.core.rdd", "pyspark.sql.udf", "pyspark.sql.udtf", "pyspark.sql.pandas.map_ops", "pyspark.sql.pandas.group_ops"),
}  # fmt: skip


@pytest.mark.parametrize("number", range(5))
def test_pysparks_own_doctests_pass_with_the_plugin_on(runner: SparkRunner, tmp_path: Path, number: int) -> None:
    module = DOCTESTS[runner.line][number]
    declaration = tmp_path / "xacct.yaml"
    declaration.write_text(DECLARATION.read_text() + "python: {default_role: partner}\n")
    settings = dict(targets.settings_for(plan.encode(load(declaration).access_map), jar=str(jar.find({}))).spark)
    settings["spark.jars"] += "," + ",".join(map(str, runner.jars.glob("*.jar")))
    # As PySpark's own scripts set it.
    more = {"PYTHONHASHSEED": "0"}
    # Those of RDDs need no pandas, and with numpy 2 they print numbers in another way than Spark 3.5 expects.
    if not module.endswith(".rdd"):
        worker = Path(__file__).parents[2] / ".cache" / "worker-arrow"
        (packages,) = (worker / "lib").glob("python*/site-packages")
        more |= {"PYSPARK_PYTHON": str(worker / "bin" / "python"), "PYTHONPATH": str(packages)}
    environment = runner.environment(runner.configuration(f"doctest-{number}", settings, master="local[4]"), **more)
    done = runner.run_command([sys.executable, "-m", module], environment)
    assert done.code == 0, f"{module}:\n{done.out[-4000:]}\n{done.err[-4000:]}"
