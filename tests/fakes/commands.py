"""Commands that only write down how they were called, for scripts that are run without what they would call."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

# Written down apart and added whole: commands of one pipe run at once, and the shell writes a line of many arguments in parts.
_FAKE = """#!/bin/sh
{{ printf '%s\\0' {name} "$@"; printf '\\n'; }} > "$CALLS.$$"
cat "$CALLS.$$" >> "$CALLS" && rm "$CALLS.$$"
{body}
"""


def calls_of(
    script: Path,
    arguments: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    fakes: Mapping[str, str] | None = None,
    shell: str = "sh",
) -> tuple[int, list[list[str]], str]:
    """Runs a script in its folder: (exit code, calls of the fakes in order, what it said).

    ``fakes``: the body of each fake command, by its name.
    """
    folder = script.parent / ".fakes"
    folder.mkdir(exist_ok=True)
    for name, body in (fakes or {}).items():
        fake = folder / name
        fake.write_text(_FAKE.format(name=name, body=body), encoding="utf-8")
        fake.chmod(0o755)
    log = folder / "calls"
    log.write_text("", encoding="utf-8")
    done = subprocess.run(
        [shell, str(script), *arguments],
        env={"PATH": f"{folder}:{os.environ['PATH']}", "CALLS": str(log), **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    lines = log.read_text(encoding="utf-8").split("\0\n")[:-1]
    return done.returncode, [line.split("\0") for line in lines], done.stdout
