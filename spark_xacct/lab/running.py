"""The lab that `lab up` left running: one a user and machine, remembered in a file of mode 0600 in the cache."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from spark_xacct.lab.cache import cache_folder, labs_folder, locked
from spark_xacct.lab.control_client import ControlClient
from spark_xacct.lab.errors import LabError
from spark_xacct.lab.process import LabProcess

_STATE = "running-lab.json"


@dataclass(frozen=True)
class RunningLab:
    """Where it is, what its processes are, and the exports that lead to it."""

    folder: Path
    process: LabProcess
    environment: Mapping[str, str]
    spark_properties: Mapping[str, str]

    def control(self) -> ControlClient:
        return ControlClient(self.process.port, self.process.token)

    def answers(self) -> bool:
        """Whether this very lab is there: another process with its pid or port does not know its token."""
        try:
            return bool(self.control().ask("ping") == "pong")
        except LabError:
            return False


def remember(lab: RunningLab) -> None:
    """Writes the state file; raises LabError when another lab runs already."""
    path = cache_folder() / _STATE
    with locked(path.with_suffix(".lock")):
        other = _read(path)
        if other is not None and other.answers():
            raise LabError(
                f"a lab runs already (pid {other.process.pid}, {other.folder}); end it with: spark-xacct lab down"
            )
        value = {
            "folder": str(lab.folder),
            "process": lab.process.to_json(),
            "environment": dict(lab.environment),
            "spark_properties": dict(lab.spark_properties),
        }
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(value, file)


def find() -> RunningLab | None:
    """The lab that runs, None when there is none. Forgets one that is gone."""
    path = cache_folder() / _STATE
    with locked(path.with_suffix(".lock")):
        lab = _read(path)
        if lab is not None and not lab.answers():
            path.unlink(missing_ok=True)
            return None
        return lab


def end(lab: RunningLab) -> None:
    """Stops a running lab, removes its folder and forgets it."""
    lab.process.stop()
    shutil.rmtree(lab.folder, ignore_errors=True)
    (cache_folder() / _STATE).unlink(missing_ok=True)


def _read(path: Path) -> RunningLab | None:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        folder = Path(value["folder"])
        process = LabProcess(**value["process"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    # Its folder is removed at the end: nothing outside the cache is ever taken for one.
    if folder.parent != labs_folder():
        return None
    return RunningLab(folder, process, value["environment"], value["spark_properties"])
