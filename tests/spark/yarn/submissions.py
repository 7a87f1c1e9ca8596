"""Applications submitted to YARN as users do it: by the script of `render spark-submit`, some at a time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mini_yarn import Container, MiniYarn, application_of
from quick_start import SharedClasses, spark_home
from running import DECLARATION, PROGRAMS, QUICK_JAVA, Finished, SparkRunner, results

from spark_xacct.lab.call_log import Call
from spark_xacct.spark import jar

ROLES = ("111122223333:role/hub", "444455556666:role/reader", "777788889999:role/writer")
SUBMIT_SECONDS = 400
TELLING = PROGRAMS / "telling.py"

# What a small machine needs to hold several applications, and to start them fast.
SMALL: Mapping[str, str] = {
    "spark.driver.memory": "512m",
    "spark.driver.memoryOverhead": "128m",
    "spark.executor.memory": "512m",
    "spark.executor.memoryOverhead": "128m",
    "spark.executor.instances": "1",
    "spark.yarn.am.memory": "384m",
    "spark.yarn.report.interval": "500ms",
    "spark.yarn.scheduler.heartbeat.interval-ms": "500",
}


@dataclass(frozen=True)
class Delivery:
    """A way in which users bring hadoop-aws and our jar to a cluster of YARN."""

    options: Sequence[str]
    settings: Mapping[str, str]


def alone(runner: SparkRunner, jars: Path) -> Delivery:
    """hadoop-aws on the nodes, our jar by nothing but the script's --jars: in another class loader than S3A."""
    return Delivery((), {"spark.yarn.jars": f"local:{jars}/*,local:{runner.jars}/*", "spark.jars": ""})


def installed_and_by_jars(runner: SparkRunner, jars: Path) -> Delivery:
    """Both by --jars, and on the nodes in Spark's jars folder too: in client mode the driver has them by --jars alone."""
    paths = ",".join([str(jar.find({})), *(str(path) for path in sorted(runner.jars.glob("*.jar")))])
    folders = f"local:{jars}/*,local:{runner.jars}/*,local:{jar.find({})}"
    return Delivery(("--jars", paths), {"spark.yarn.jars": folders})


@dataclass
class Application:
    """A submitted application. ``folder`` holds what spark-submit said."""

    name: str
    yarn: MiniYarn
    process: subprocess.Popen[bytes]
    folder: Path
    finished: Finished | None = field(default=None)

    @property
    def log(self) -> str:
        """What spark-submit says: in client mode the driver's own log."""
        return (self.folder / "submit.err").read_text(errors="replace")

    @property
    def id(self) -> str:
        return application_of(self.log)

    @property
    def containers(self) -> list[Container]:
        return self.yarn.containers(self.id)

    def wait_until(self, path: Path) -> None:
        while not path.exists():
            assert self.process.poll() is None, f"{self.name} ended early:\n{self._end()}"
            time.sleep(0.2)

    def finish(self) -> Finished:
        """What it left, once it has ended well. In cluster mode its output is that of the last application master."""
        if self.finished is None:
            code = self.process.wait(SUBMIT_SECONDS)
            assert code == 0, f"{self.name} ended with {code}:\n{self._end()}"
            out = (self.folder / "submit.out").read_text()
            masters = [container for container in self.containers if container.number == 1]
            out += "".join((master.logs / "stdout").read_text() for master in masters)
            self.finished = Finished(code, out, self.log, results(out))
        return self.finished

    def _end(self) -> str:
        logs = [container.said[-3000:] for container in self.containers] if "application_" in self.log else []
        return "\n".join([self.log[-3000:], *logs])


@dataclass
class Submissions:
    """Submits programs of ``tests/spark/programs`` to one cluster, against one lab."""

    runner: SparkRunner
    yarn: MiniYarn
    applications: list[Application] = field(default_factory=list)
    home: Path = field(init=False)
    shared: SharedClasses = field(init=False)
    script: Path = field(init=False)

    def __post_init__(self) -> None:
        self.home = spark_home(self.runner.worker_python)
        self.shared = SharedClasses(f"spark-{self.runner.line}", self.jars, self.runner.folder / "recorded")
        self.script = self._script()

    @property
    def jars(self) -> Path:
        """Spark's own, on every node."""
        return self.home / "jars"

    @property
    def java(self) -> str:
        """Options of Java for drivers and executors."""
        return f"{QUICK_JAVA} {self.shared.option}"

    def quick(self) -> dict[str, str]:
        """Settings with which drivers and executors start fast."""
        # A class path that begins with Spark's jars is what an archive of classes is for; YARN's own begins with folders.
        paths = {f"spark.{process}.extraClassPath": f"{self.jars}/*" for process in ("driver", "executor")}
        return {
            **paths,
            **{f"spark.{process}.extraJavaOptions": self.java for process in ("driver", "executor", "yarn.am")},
        }

    def submit(
        self,
        name: str,
        mode: str,
        delivery: Delivery,
        program: str,
        *arguments: str,
        settings: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> Application:
        """``mode``: client or cluster. Only the driver has the base identity."""
        folder = self.runner.folder / name
        staging = folder / "staging"
        staging.mkdir(parents=True)
        own = {"spark.yarn.stagingDir": staging.as_uri(), **SMALL, **self.quick(), **self._containers_need(mode)}
        configuration = self.runner.configuration(
            name, {**own, **delivery.settings, **(settings or {})}, master="yarn", identity=False
        )
        environment = self.runner.environment(
            configuration,
            HADOOP_CONF_DIR=str(self.yarn.client_configuration),
            SPARK_HOME=str(self.home),
            # A cluster's Python has boto3 at best, on the driver too; spark-submit hands this on to the application master.
            PYSPARK_DRIVER_PYTHON=str(self.runner.worker_python),
        )
        # spark-submit is a JVM of its own in cluster mode.
        environment["SPARK_SUBMIT_OPTS"] = QUICK_JAVA
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
        command = ["sh", str(self.script), "--deploy-mode", mode, *delivery.options, *options]
        # A second --py-files replaces the script's.
        command += ["--py-files", f"{jar.find({})},{TELLING}", str(PROGRAMS / program), *arguments]
        with (folder / "submit.out").open("wb") as out, (folder / "submit.err").open("wb") as err:
            process = subprocess.Popen(
                command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                start_new_session=True,
            )  # fmt: skip
        application = Application(name, self.yarn, process, folder)
        self.applications.append(application)
        return application

    def stop(self) -> None:
        """Ends what still runs on this side; containers end with the cluster."""
        for application in self.applications:
            if application.process.poll() is None:
                # The shell of the script and all that it has started.
                os.killpg(application.process.pid, signal.SIGTERM)
                application.process.wait(60)

    def _script(self) -> Path:
        path = self.runner.folder / "submit.sh"
        command = [sys.executable, "-m", "spark_xacct", "--config", str(DECLARATION), "render", "spark-submit"]
        rendered = self.runner.run_command(command, self.runner.environment(self.runner.folder))
        assert rendered.code == 0, rendered.err
        path.write_text(rendered.out)
        return path

    def _containers_need(self, mode: str) -> dict[str, str]:
        """What a node of a real cluster has, and in cluster mode the driver's base identity."""
        needed = {"SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": str(self.runner.worker_python)}
        driver = {**needed, **(self.runner.lab.environment() if mode == "cluster" else {})}
        driver.pop("SPARK_CONF_DIR", None)
        return {
            **{f"spark.yarn.appMasterEnv.{name}": value for name, value in driver.items()},
            **{f"spark.executorEnv.{name}": value for name, value in needed.items()},
        }


def assumed(calls: Sequence[Call], run: str) -> Counter[str]:
    """AssumeRole calls of one run, whoever made them, by role."""
    found = [call.requested for call in calls if call.operation == "AssumeRole"]
    return Counter(
        role for asked in found for role in ROLES if asked["RoleArn"].endswith(role) and run in asked["RoleSessionName"]
    )
