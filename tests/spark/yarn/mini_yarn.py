"""A real YARN on loopback: one ResourceManager and one NodeManager, whose containers are processes of this machine."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import xml.etree.ElementTree as xml
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from quick_start import SharedClasses, compiled
from running import QUICK_JAVA, java_home

from spark_xacct.lab.cache import made_once

SOURCES = Path(__file__).parent / "cluster"
HADOOP = "3.4.2"
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
STOP_SECONDS = 30
OPEN = ("--add-opens=java.base/java.lang=ALL-UNNAMED", "--add-opens=java.base/java.util=ALL-UNNAMED")
KEY_NAME = b"io.sparkxacct.broker.key"
KEY_BYTES = 32

SETTINGS: Mapping[str, str] = {
    "fs.defaultFS": "file:///",
    "yarn.resourcemanager.hostname": "127.0.0.1",
    "yarn.resourcemanager.bind-host": "127.0.0.1",
    "yarn.nodemanager.hostname": "127.0.0.1",
    "yarn.nodemanager.bind-host": "127.0.0.1",
    # Memory is that of a small machine; containers are small too, and nobody looks at how much they take.
    "yarn.minicluster.yarn.nodemanager.resource.memory-mb": "8192",
    "yarn.nodemanager.resource.memory-mb": "8192",
    "yarn.nodemanager.resource.cpu-vcores": "16",
    "yarn.nodemanager.vmem-check-enabled": "false",
    "yarn.nodemanager.pmem-check-enabled": "false",
    "yarn.nodemanager.container-monitor.enabled": "false",
    "yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage": "99.5",
    "yarn.scheduler.minimum-allocation-mb": "64",
    "yarn.scheduler.capacity.root.queues": "default",
    "yarn.scheduler.capacity.root.default.capacity": "100",
    "yarn.scheduler.capacity.maximum-am-resource-percent": "0.9",
    # Containers start at a heartbeat.
    "yarn.nodemanager.heartbeat.interval-ms": "200",
    "yarn.resourcemanager.nodemanagers.heartbeat-interval-ms": "200",
    "yarn.nodemanager.sleep-delay-before-sigkill.ms": "250",
    # Tests look at what containers had in their folders.
    "yarn.nodemanager.delete.debug-delay-sec": "3600",
    # An application master that outlives a killed ResourceManager looks for it no longer than this.
    "yarn.resourcemanager.connect.max-wait.ms": "10000",
    "yarn.resourcemanager.connect.retry-interval.ms": "1000",
    "yarn.application.classpath": "",
}


@dataclass(frozen=True)
class Container:
    """What one container had and wrote. ``number`` is 1 for the application master of its attempt."""

    logs: Path
    tokens: Path

    @property
    def attempt(self) -> int:
        return int(self.logs.name.split("_")[-2])

    @property
    def number(self) -> int:
        return int(self.logs.name.split("_")[-1])

    @property
    def pid(self) -> int:
        """The process that it was started as, whether it lives or not."""
        return int((self.tokens.parent / f"{self.logs.name}.pid").read_text())

    @property
    def said(self) -> str:
        return "".join(path.read_text(errors="replace") for path in sorted(self.logs.iterdir()))

    @property
    def variables(self) -> set[str]:
        """The names of the environment that YARN made for it."""
        script = (self.logs / "launch_container.sh").read_text()
        return set(re.findall(r"^export (\w+)=", script, re.MULTILINE))

    @property
    def seal_key(self) -> bytes | None:
        """The broker's key among the container's tokens; None where it was not given along."""
        _, found, rest = self.tokens.read_bytes().partition(KEY_NAME)
        # Hadoop writes a value after its length, which is one byte for a short one.
        return rest[1 : 1 + KEY_BYTES] if found else None


@dataclass(frozen=True)
class MiniYarn:
    """A running cluster. ``folder`` holds everything of it."""

    folder: Path
    process: subprocess.Popen[str]

    def wait_ready(self) -> None:
        """Returns when containers can be started."""
        waited = self.folder / "waited"
        if not waited.exists():
            assert self.process.stdout is not None
            ready = any(line.strip() == "READY" for line in self.process.stdout)
            assert ready, f"the cluster did not start:\n{_log(self.folder).read_text()[-4000:]}"
            waited.touch()

    @property
    def client_configuration(self) -> Path:
        """The HADOOP_CONF_DIR of clients."""
        return self.folder / "client"

    def containers(self, application: str) -> list[Container]:
        """All containers that an application has had, by attempt and number."""
        found = self.folder.glob(f"target/**/*logDir*/{application}/container_*")
        return [Container(logs, self._tokens_of(logs.name)) for logs in sorted(found, key=lambda logs: logs.name)]

    def _tokens_of(self, container: str) -> Path:
        """The NodeManager's own copy, which outlives the container's."""
        return next(self.folder.glob(f"target/**/nmPrivate/*/{container}/{container}.tokens"))

    def token_files(self) -> list[Path]:
        """Where YARN keeps what it carries to containers: theirs, and its own private copies."""
        return [*self.folder.glob("target/**/container_tokens"), *self.folder.glob("target/**/*.tokens")]


def jars() -> Path:
    """The cluster's jars, some 100 MB, in the cache; fetched by Maven the first time."""
    return made_once(f"hadoop-minicluster-{HADOOP}", _fetch)


def _fetch(folder: Path) -> None:
    command = ["mvn", "-q", "-B", "-ntp", "-f", str(SOURCES / "pom.xml"), COPY, f"-DoutputDirectory={folder}"]
    done = subprocess.run([*command, "-DincludeScope=runtime"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"Maven could not fetch the minicluster:\n{(done.stdout or done.stderr)[-2000:]}"


@contextmanager
def starting(folder: Path) -> Iterator[MiniYarn]:
    """A cluster with its data in ``folder``, before it is ready; at the end neither it nor a container of it runs."""
    configuration = folder / "server"
    for made in (configuration, folder / "client"):
        made.mkdir(parents=True)
    _write(configuration / "yarn-site.xml", SETTINGS)
    _write(folder / "client" / "core-site.xml", {"fs.defaultFS": SETTINGS["fs.defaultFS"]})
    hadoop = f"{jars()}/*"
    shared = SharedClasses("mini-yarn", jars(), folder / "recorded")
    path = os.pathsep.join(map(str, (hadoop, compiled(SOURCES / "MiniYarn.java", hadoop), configuration, SOURCES)))
    command = [str(java_home() / "bin/java"), "-Xmx512m", *QUICK_JAVA.split(), "-Djava.net.preferIPv4Stack=true"]
    # Containers inherit the NodeManager's environment; on a node it holds nothing of an application.
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "JAVA_HOME": str(java_home()), "LANG": "C.UTF-8"}
    with _log(folder).open("w") as stderr:
        process = subprocess.Popen(
            [*command, shared.option, *OPEN, "-cp", path, "MiniYarn", str(folder / "client")],
            env=environment, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, text=True,
            start_new_session=True,
        )  # fmt: skip
    cluster = MiniYarn(folder, process)
    try:
        yield cluster
    finally:
        _stop(cluster)
    shared.keep()


def _log(folder: Path) -> Path:
    return folder / "cluster.log"


def _stop(cluster: MiniYarn) -> None:
    assert cluster.process.stdin is not None
    cluster.process.stdin.close()
    try:
        cluster.process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        cluster.process.kill()
        cluster.process.wait()
    for pid in _running_in(cluster.folder):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for folder in cluster.folder.glob("target/**/*localDir*"):
        shutil.rmtree(folder, ignore_errors=True)


def _running_in(folder: Path) -> list[int]:
    """The processes of containers: nothing else runs in the cluster's folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.readlink(process / "cwd").startswith(f"{folder}/"):
                found.append(int(process.name))
    return found


def _write(path: Path, settings: Mapping[str, str]) -> None:
    root = xml.Element("configuration")
    for name, value in settings.items():
        one = xml.SubElement(root, "property")
        xml.SubElement(one, "name").text = name
        xml.SubElement(one, "value").text = value
    xml.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def application_of(log: str) -> str:
    """The id of the application that spark-submit's log names."""
    found = re.search(r"application_\d+_\d+", log)
    assert found, f"no application in:\n{log[-4000:]}"
    return found.group()
