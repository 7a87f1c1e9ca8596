"""Measures spark-xacct beside its peers and prints tables of Markdown; ``--write`` puts them into docs/benchmarks.md."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timezone

from benchmarks import (
    jvm_reads,
    latencies,
    machine,
    many_buckets,
    one_process,
    partitions,
    refreshes,
    starts,
    sts_calls,
)
from benchmarks.report import section, with_blocks
from benchmarks.running import ROOT, Bench, ProgramFailed, bench, tell
from spark_xacct.lab.errors import LabError
from spark_xacct.version import __version__

PAGE = ROOT / "docs" / "benchmarks.md"


def _sts(lab: Bench) -> tuple[str, str]:
    found = list(sts_calls.measure(lab))
    return sts_calls.text(found), sts_calls.versions(found)


def _refreshes(lab: Bench) -> tuple[str, str]:
    found = list(refreshes.measure(lab))
    return refreshes.text(found), refreshes.versions(found)


def _partitions(lab: Bench) -> tuple[str, str]:
    found = partitions.measure(lab)
    return partitions.text(found), f"Spark {found.spark}"


def _latencies(lab: Bench) -> tuple[str, str]:
    found = latencies.measure(lab)
    return latencies.text(found), f"Spark {found.spark}"


def _starts(lab: Bench) -> tuple[str, str]:
    found = starts.measure(lab)
    return starts.text(found), f"Spark {found.spark}"


def _process(lab: Bench) -> tuple[str, str]:
    found = one_process.measure(lab)
    return one_process.text(found), f"boto3 {found.boto3}"


def _buckets() -> tuple[str, str]:
    return many_buckets.text(many_buckets.measure()), ""


def _jvm() -> tuple[str, str]:
    return jvm_reads.text(jvm_reads.measure()), ""


# Each gives its tables and the versions they hold for.
IN_LAB: dict[str, Callable[[Bench], tuple[str, str]]] = {
    "sts": _sts,
    "refreshes": _refreshes,
    "partitions": _partitions,
    "latencies": _latencies,
    "process": _process,
    "starts": _starts,
}
ALONE: dict[str, Callable[[], tuple[str, str]]] = {"buckets": _buckets, "jvm": _jvm}
PARTS = (*IN_LAB, *ALONE)


def main(arguments: list[str]) -> int:
    """The exit code: 1 when a part could not be measured; the others are printed and written all the same."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", choices=PARTS, help="this part alone; may be given several times")
    parser.add_argument("--jmh", action="store_true", help="reads inside the JVM too, some two minutes")
    parser.add_argument("--write", action="store_true", help=f"write what was measured into {PAGE.relative_to(ROOT)}")
    options = parser.parse_args(arguments)
    chosen = set(options.only or PARTS) - (set() if options.jmh or options.only else {"jvm"})
    where, start = machine.this_machine(), time.monotonic()
    measured: dict[str, str] = {}
    with ExitStack() as stack:
        try:
            lab = stack.enter_context(bench()) if chosen & set(IN_LAB) else None
        except LabError as failed:
            tell(f"the lab does not start: {failed}")
            return 1
        for name in (part for part in PARTS if part in chosen):
            tell(name)
            before = machine.load()
            try:
                body, versions = IN_LAB[name](lab) if name in IN_LAB and lab is not None else ALONE[name]()
            except (ProgramFailed, LabError) as failed:
                tell(f"{name} was not measured: {failed}")
                continue
            ours = ", ".join(filter(None, (f"spark-xacct {__version__}", versions)))
            now = datetime.now(timezone.utc)
            measured[name] = section(body, machine.circumstances(where, ours, now, (before, machine.load())))
            print(f"## {name}\n{measured[name]}", flush=True)
    if options.write:
        PAGE.write_text(with_blocks(PAGE.read_text(encoding="utf-8"), measured), encoding="utf-8")
    tell(f"{len(measured)} of {len(chosen)} parts in {time.monotonic() - start:.0f} s")
    return 0 if len(measured) == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
