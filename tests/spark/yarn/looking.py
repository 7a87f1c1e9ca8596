"""What others see of an application on YARN while it runs: a JVM that is no executor, and whoever reads files and processes."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mini_yarn import SOURCES
from quick_start import SharedClasses, compiled
from running import DECLARATION, QUICK_JAVA, family, java_home
from submissions import Application

from spark_xacct import plan
from spark_xacct.declaration import load
from spark_xacct.spark import jar

PLANTED = "planted-9c1e-this-must-be-found-everywhere"
# Spark's RPC reaches into the JDK; spark-submit opens it for its own JVMs.
OPEN = ("java.lang", "java.nio", "java.util", "sun.nio.ch")


@dataclass(frozen=True)
class Seen:
    """``answers``: what the stranger was told, by question. ``places``: all bytes of each place that was searched.

    ``holders`` are the files of the cluster that hold the key of the broker, and ``token_files`` those where YARN keeps tokens;
    ``endpoint_tokens`` open the endpoints of its JVMs.
    """

    answers: dict[str, str]
    places: dict[str, bytes]
    key: bytes
    holders: frozenset[Path]
    token_files: frozenset[Path]
    endpoint_tokens: tuple[str, ...]

    def holding(self, secrets: Iterable[str]) -> set[str]:
        return {
            place for place, content in self.places.items() if any(one.encode() in content for one in secrets if one)
        }

    def holding_the_key(self) -> set[str]:
        return {place for place, content in self.places.items() if holds_key(content, self.key)}


def look(application: Application, events: Path, shared: SharedClasses) -> Seen:
    key = application.containers[1].seal_key
    assert key is not None
    yarn = application.yarn
    # Before the stranger comes: it brings the key into no file, and its own processes are none of the application's.
    places = _places(application, events)
    files = [path for path in yarn.folder.rglob("*") if path.is_file()]
    holders = frozenset(path for path in files if holds_key(_content(path), key))
    endpoints = tuple(path.read_text() for path in yarn.folder.glob("target/**/spark-xacct-*/*.token"))
    return Seen(_stranger(application, shared), places, key, holders, frozenset(yarn.token_files()), endpoints)


def plan_id() -> str:
    return plan.encode(load(DECLARATION).access_map).id


def holds_key(content: bytes, key: bytes) -> bool:
    spellings = (key, key.hex().encode(), base64.b64encode(key), base64.urlsafe_b64encode(key).rstrip(b"="))
    return any(spelling in content for spelling in spellings)


def _places(application: Application, events: Path) -> dict[str, bytes]:
    yarn = application.yarn.folder
    pids = [member for container in application.containers for member in family(container.pid)]
    assert len(pids) >= 4, "driver JVM and its Python, executor, and what started them"
    return {
        "container logs": _joined(yarn.glob(f"target/**/*logDir*/{application.id}/*/std*")),
        "launch scripts": _joined(yarn.glob(f"target/**/{application.id}/*/launch_container.sh")),
        "localised files": _joined(yarn.glob("target/**/usercache/*/filecache/**/*")),
        "environments": _joined(Path(f"/proc/{pid}/environ") for pid in pids),
        "command lines": _joined(Path(f"/proc/{pid}/cmdline") for pid in pids),
        "event log": _joined(events.rglob("*")),
        "log of spark-submit": _joined(application.folder.glob("submit.*")),
    }


def _joined(paths: Iterable[Path]) -> bytes:
    return b"\n".join(_content(path) for path in paths)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.is_file() else b""
    except OSError:
        return b""


def _stranger(application: Application, shared: SharedClasses) -> dict[str, str]:
    # The first RESULT line of an application that still runs.
    out = (application.containers[0].logs / "stdout").read_text()
    host, port = json.loads(out.partition("RESULT ")[2].splitlines()[0])["driver"]
    path = os.pathsep.join((f"{shared.jars}/*", str(jar.find({}))))
    classes = compiled(SOURCES / "Stranger.java", path, jar.find({}))
    asked = [str(java_home() / "bin" / "java"), *QUICK_JAVA.split(), shared.option]
    asked += [f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in OPEN]
    asked += ["-cp", f"{path}{os.pathsep}{classes}", "io.sparkxacct.spark.Stranger", host, port, plan_id(), "partner"]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    lines = [line.partition(": ") for line in done.stdout.splitlines()]
    return {question: answer for question, _, answer in lines}
