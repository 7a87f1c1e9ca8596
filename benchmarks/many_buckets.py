"""Ten thousand buckets in one declaration: reading it, compiling the plan, deciding for each bucket."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from ruamel.yaml import YAML

from benchmarks import machine
from benchmarks.report import microseconds, seconds, share, table
from benchmarks.running import tell
from spark_xacct.declaration import load
from spark_xacct.model import Location
from spark_xacct.plan import encode

BUCKETS, ROLES, PATTERNS, TIMES = 10_000, 100, 50, 3
YAML_ALONE, LOAD, COMPILE, TOGETHER = (
    "reading the YAML, ruamel.yaml alone",
    "load",
    "compile the plan",
    "load and compile",
)
EXACT, BY_PATTERN = "decide, one bucket by name", "decide, one bucket by pattern"
COLUMNS = ("step", "time", "beside ruamel.yaml alone", "load")


@dataclass(frozen=True)
class Large:
    """Seconds of each step, once a repetition; the last two for one decision."""

    yaml: tuple[float, ...]
    load: tuple[float, ...]
    compile: tuple[float, ...]
    exact: tuple[float, ...]
    by_pattern: tuple[float, ...]
    plan_characters: int
    machine_load: float


def declaration() -> str:
    """The declaration that is read."""
    roles = "".join(f'  role-{n}: {{arn: "arn:aws:iam::444455556666:role/role-{n}"}}\n' for n in range(ROLES))
    names = "".join(f"  bucket-{n:05}: role-{n % ROLES}\n" for n in range(BUCKETS))
    patterns = "".join(f'  "tenant-{n:02}-*": role-{n % ROLES}\n' for n in range(PATTERNS))
    head = 'version: 1\nbase: {kind: irsa, arn: "arn:aws:iam::111122223333:role/etl"}\nsts: {region: us-east-1}\notherwise: deny\n'
    return f"{head}roles:\n{roles}buckets:\n{names}{patterns}"


def measure() -> Large:
    tell(f"  {BUCKETS:,} buckets, {TIMES} times")
    at_start = machine.load()
    exact = [Location.parse(f"s3a://bucket-{n:05}/part-0") for n in range(BUCKETS)]
    by_pattern = [Location.parse(f"s3a://tenant-{n % PATTERNS:02}-{n}/part-0") for n in range(BUCKETS)]
    times: dict[str, list[float]] = {name: [] for name in ("yaml", "load", "compile", "exact", "by_pattern")}
    with tempfile.TemporaryDirectory(prefix="xacct-bench-") as folder:
        file = Path(folder) / "xacct.yaml"
        file.write_text(declaration(), encoding="utf-8")
        for _ in range(TIMES):
            times["yaml"].append(_timed(lambda: YAML(typ="safe").load(file)))
            times["load"].append(_timed(lambda: load(file)))
        access_map = load(file).access_map
    access_map.decide(exact[0])
    for _ in range(TIMES):
        times["compile"].append(_timed(lambda: encode(access_map)))
        times["exact"].append(_timed(lambda: [access_map.decide(one) for one in exact]) / BUCKETS)
        times["by_pattern"].append(_timed(lambda: [access_map.decide(one) for one in by_pattern]) / BUCKETS)
    found = {name: tuple(values) for name, values in times.items()}
    return Large(plan_characters=len(encode(access_map).text), machine_load=at_start, **found)


def _timed(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def text(measured: Large) -> str:
    """The table. The plan's length stands below it."""
    alone = median(measured.yaml)
    together = tuple(map(sum, zip(measured.load, measured.compile, strict=True)))
    at = f"{measured.machine_load:.1f}"
    whole = [
        [name, seconds(values), "" if name == YAML_ALONE else share(median(values), alone), at]
        for name, values in (
            (YAML_ALONE, measured.yaml),
            (LOAD, measured.load),
            (COMPILE, measured.compile),
            (TOGETHER, together),
        )
    ]
    single = [
        [name, microseconds(values), "", at]
        for name, values in ((EXACT, measured.exact), (BY_PATTERN, measured.by_pattern))
    ]
    length = f"\nThe plan's text has {measured.plan_characters:,} characters.\n"
    return table(COLUMNS, [*whole, *single]) + length
