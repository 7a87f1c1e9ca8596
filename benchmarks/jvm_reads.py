"""Reads of a session inside the JVM: calls the JMH project and takes over what it prints."""

from __future__ import annotations

import re
import subprocess

from benchmarks.report import share
from benchmarks.running import JAR, ROOT, ProgramFailed, tell

COMMAND = ("mvn", "-q", "-B", "-ntp", "-f", "benchmarks/jmh/pom.xml", f"-Dshim.jar={JAR}", "compile", "exec:exec")
JMH_SECONDS = 400
_READ = re.compile(r"^\s*(?P<who>spark-xacct|SDK)\b.* ns/op$", re.MULTILINE)
_SCORE = re.compile(r"([0-9.]+) ns/op")
_THREADS = re.compile(r"\d+ threads?\b")
# Maven resets its colours even where it prints none.
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def measure() -> str:
    """What the JMH project printed. Raises ProgramFailed."""
    tell("  JMH, two minutes")
    try:
        done = subprocess.run(COMMAND, cwd=ROOT, capture_output=True, text=True, timeout=JMH_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise ProgramFailed(f"the JMH project did not end within {JMH_SECONDS} s") from None
    if done.returncode or "ns/op" not in done.stdout:
        raise ProgramFailed(f"{' '.join(COMMAND)} ended with {done.returncode}:\n{(done.stdout + done.stderr)[-4000:]}")
    return _COLOUR.sub("", done.stdout).strip()


def sides(printed: str) -> dict[str, list[float]]:
    """Nanoseconds of a read by side, for each number of threads."""
    return {found["who"]: [float(score) for score in _SCORE.findall(found[0])] for found in _READ.finditer(printed)}


def text(printed: str) -> str:
    """What was printed as it is, and below it the ratios of reads where both sides are in it."""
    block, found, threads = f"```text\n{printed}\n```\n", sides(printed), _THREADS.findall(printed)
    if set(found) != {"spark-xacct", "SDK"}:
        return block
    ratios = (share(ours, sdk) for ours, sdk in zip(found["spark-xacct"], found["SDK"], strict=True))
    beside = ", ".join(f"{ratio} with {count}" for ratio, count in zip(ratios, threads, strict=True))
    return f"{block}\nOf the time that the SDK's provider takes for a read, ours takes {beside}.\n"
