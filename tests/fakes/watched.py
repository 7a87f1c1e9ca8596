"""A process and what others on this machine see of it meanwhile."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path


def watched(command: Sequence[str], environment: Mapping[str, str]) -> tuple[str, str, str]:
    """Its output, its errors, and the arguments and environments of it and of all that it started, as /proc shows them."""
    seen: set[str] = set()
    process = subprocess.Popen(
        command, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while process.poll() is None:
        seen |= _shown(process.pid)
        time.sleep(0.02)
    out, err = process.communicate()
    return out, err, "\n".join(seen)


def _shown(pid: int) -> set[str]:
    family, seen = {str(pid)}, set()
    for stat in sorted(Path("/proc").glob("[0-9]*/stat"), key=lambda path: int(path.parent.name)):
        with contextlib.suppress(OSError):
            if stat.read_text().rpartition(")")[2].split()[1] in family:
                family.add(stat.parent.name)
    for one in family:
        for name in ("cmdline", "environ"):
            with contextlib.suppress(OSError):
                seen.add(Path("/proc", one, name).read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
    return seen
