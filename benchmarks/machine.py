"""Where and when something was measured."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path


@dataclass(frozen=True)
class Machine:
    """What of this machine bears on the figures."""

    processor: str
    cores: int
    memory_gigabytes: int
    system: str
    python: str
    java: str

    def __str__(self) -> str:
        return (
            f"{self.processor}, {self.cores} cores, {self.memory_gigabytes} GB, {self.system}; Python {self.python}, "
            f"JDK {self.java}"
        )


def this_machine() -> Machine:
    """This machine, as far as it tells."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Machine(
        _processor(),
        os.cpu_count() or 1,
        round(memory / 2**30),
        f"{platform.system()} {platform.release().partition('-')[0]}",
        platform.python_version(),
        _java(),
    )


def load() -> float:
    """The load average of the last minute."""
    return os.getloadavg()[0]


def circumstances(machine: Machine, versions: str, when: datetime, loads: tuple[float, float]) -> str:
    """The sentence under a table."""
    moment = when.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    before, after = loads
    return (
        f"{versions}. {machine}. {moment}; load average {before:.1f} before and {after:.1f} after, "
        f"where {machine.cores} is a busy machine."
    )


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def _java() -> str:
    home = os.environ.get("JAVA_HOME")
    command = [f"{home}/bin/java" if home else "java", "-version"]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "([^"]+)"', told)
    return found[1] if found else "unknown"
