"""What target emr-ec2 renders, on a real YARN: the cluster's classifications as its files, and the step's own command."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from mini_yarn import application_of
from running import DECLARATION, PROGRAMS, QUICK_JAVA, SparkRunner, results
from submissions import ROLES, SMALL, SUBMIT_SECONDS, TELLING, Submissions, assumed

from spark_xacct import plan, targets
from spark_xacct.declaration import load
from spark_xacct.lab.lab import Lab
from spark_xacct.spark import jar
from spark_xacct.targets import Job, external_ids

pytestmark = pytest.mark.slow
EXTERNAL_ID = "SINK_EXTERNAL_ID"
LABELS = {"3.5": "emr-7.3.0", "4": "emr-7.12.0"}
# EMR's own settings, and what the jar's step does.
PLATFORM = {"spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem"}


def test_the_main_job_passes_as_a_step_of_a_cluster_that_the_target_configures(
    submissions: Submissions, runner: SparkRunner, lab: Lab, report: list[str], tmp_path: Path
) -> None:
    declaration = tmp_path / "xacct.yaml"
    # The default chain of SDK v1 asks AWS's own STS for a web identity, whatever stands in the environment.
    base = "emr-runtime-role" if runner.line == "4" else "irsa"
    declaration.write_text(DECLARATION.read_text().replace("kind: irsa", f"kind: {base}"), encoding="utf-8")
    compiled = plan.encode(load(declaration).access_map)
    # A cluster's Python reads no YAML.
    (tmp_path / "xacct.plan").write_text(compiled.text, encoding="utf-8")
    files = targets.render(
        "emr-ec2", compiled, LABELS[runner.line],
        job=Job(
            entry_point="s3://job-scratch/job.py", staging="s3://job-scratch/xacct", jar_sha256="0" * 64,
            arguments=(str(tmp_path / "xacct.plan"), lab.queue_url("events")),
        ),
    ).files()  # fmt: skip
    # As create-cluster.sh fills it in.
    said = files["configurations.json"].replace(external_ids.placeholder("sink"), lab.environment()[EXTERNAL_ID])
    classifications = {one["Classification"]: one["Properties"] for one in json.loads(said)}
    yarn = submissions.yarn
    yarn.wait_ready()
    environment = cluster(submissions, classifications, tmp_path)
    arguments = json.loads(files["step.json"])["HadoopJarStep"]["Args"]
    assert arguments[:3] == ["spark-submit", "--deploy-mode", "cluster"]
    # What EMR does before it runs the command: the program is fetched. Lists of options replace those of spark-defaults.
    local = [str(PROGRAMS / "main_job.py") if one == "s3://job-scratch/job.py" else one for one in arguments[1:]]
    lab.clear_calls()
    command = [str(Path(sys.executable).parent / "spark-submit"), "--py-files", f"{jar.find({})},{TELLING}", *local]
    done = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=SUBMIT_SECONDS
    )
    said = "\n".join(container.said for container in yarn.containers(application_of(done.stderr)))
    assert done.returncode == 0, f"{done.stderr[-3000:]}\n{said[-6000:]}"
    (master,) = [one for one in yarn.containers(application_of(done.stderr)) if one.number == 1]
    found = results((master.logs / "stdout").read_text())
    assert found["read"] == {f"partner-{name}": 100 for name in ("data", "b1", "b2", "b3", "b4")}
    assert (found["read_s3"], found["sent"], found["ids"]) == (100, 100, 100)
    calls = assumed(lab.calls(), found["run"])
    report.append(f"YARN, emr-ec2 {LABELS[runner.line]}: {calls.total()} AssumeRole calls, {len(ROLES)} hops")
    assert calls == Counter(dict.fromkeys(ROLES, 1))


def cluster(submissions: Submissions, classifications: Mapping[str, Mapping[str, str]], folder: Path) -> dict[str, str]:
    """The environment of a node whose spark-defaults.conf and core-site.xml the classifications have gone into."""
    assert set(classifications) <= {"core-site", "emrfs-site", "spark-defaults"}
    runner, hadoop = submissions.runner, folder / "hadoop-conf"
    shutil.copytree(submissions.yarn.client_configuration, hadoop)
    core_site = hadoop / "core-site.xml"
    tree = (
        ElementTree.parse(core_site)
        if core_site.exists()
        else ElementTree.ElementTree(ElementTree.Element("configuration"))
    )
    for name, value in classifications["core-site"].items():
        item = ElementTree.SubElement(tree.getroot(), "property")
        ElementTree.SubElement(item, "name").text = name
        ElementTree.SubElement(item, "value").text = value
    tree.write(core_site)
    (folder / "staging").mkdir()
    node = {"SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": str(runner.worker_python)}
    driver = {**node, **runner.lab.environment()}
    driver.pop("SPARK_CONF_DIR", None)
    # The classifications bring it.
    driver.pop(EXTERNAL_ID)
    settings = {
        **SMALL,
        **submissions.quick(),
        **PLATFORM,
        **{f"spark.yarn.appMasterEnv.{name}": value for name, value in driver.items()},
        **{f"spark.executorEnv.{name}": value for name, value in node.items()},
        **classifications["spark-defaults"],
        "spark.yarn.stagingDir": (folder / "staging").as_uri(),
        # The jar where the rendered step puts it: in Spark's jars folder.
        "spark.yarn.jars": f"local:{submissions.jars}/*,local:{runner.jars}/*,local:{jar.find({})}",
        "spark.jars": "",
        "spark.submit.pyFiles": "",
    }
    configuration = runner.configuration("emr-ec2", settings, master="yarn", identity=False)
    environment = runner.environment(
        configuration,
        HADOOP_CONF_DIR=str(hadoop),
        SPARK_HOME=str(submissions.home),
        PYSPARK_DRIVER_PYTHON=str(runner.worker_python),
        SPARK_SUBMIT_OPTS=QUICK_JAVA,
    )
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    return environment
