"""Text of measurements: tables of Markdown, ratios, and the page that holds them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from statistics import median

_BLOCK = re.compile(r"(<!-- measured (?P<name>[a-z]+) -->\n)(?P<content>.*?)(<!-- end of measured -->)", re.DOTALL)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown. Every row has as many cells as there are columns."""
    lines = [columns, ["---"] * len(columns), *rows]
    for line in lines:
        if len(line) != len(columns):
            raise ValueError(f"{len(line)} cells under {len(columns)} columns: {list(line)}")
    return "".join("| " + " | ".join(cell or " " for cell in line) + " |\n" for line in lines)


def share(ours: float, peer: float) -> str:
    """What part of the peer's this is: "20 %"; three digits at most."""
    if peer == 0:
        return "none to compare"
    percent = 100 * ours / peer
    return f"{percent:.2g} %" if percent < 10 else f"{percent:.0f} %"


def seconds(values: Iterable[float]) -> str:
    """Median and range: "0.12 s (0.11 to 0.13)"; one value stands alone."""
    return _spread(list(values), "s", ".2f")


def milliseconds(values: Iterable[float]) -> str:
    """Median and range of seconds, in milliseconds."""
    return _spread([1e3 * value for value in values], "ms", ".1f")


def microseconds(values: Iterable[float]) -> str:
    """Median and range of seconds, in microseconds."""
    return _spread([1e6 * value for value in values], "µs", ".1f")


def _spread(values: list[float], unit: str, digits: str) -> str:
    if not values:
        return "none"
    middle = f"{median(values):{digits}} {unit}"
    return middle if len(values) == 1 else f"{middle} ({min(values):{digits}} to {max(values):{digits}})"


def counts(by_role: Mapping[str, int]) -> str:
    """Calls by role: "8: hub 4, reader 4"; "0" for none."""
    total = str(sum(by_role.values()))
    return f"{total}: {', '.join(f'{role} {by_role[role]}' for role in sorted(by_role))}" if by_role else total


def section(body: str, circumstances: str) -> str:
    """One measured block as it stands on the page: tables, then under which circumstances."""
    return f"\n{body}\n{circumstances}\n\n"


def blocks(page: str) -> dict[str, str]:
    """The measured blocks of a page by name."""
    return {found["name"]: found["content"] for found in _BLOCK.finditer(page)}


def with_blocks(page: str, measured: Mapping[str, str]) -> str:
    """The page with these blocks in place of its own; all else stays. Raises ValueError for a block it has no place for."""
    missing = sorted(set(measured) - set(blocks(page)))
    if missing:
        raise ValueError(f"the page has no place for: {', '.join(missing)}")
    return _BLOCK.sub(lambda found: found[1] + measured.get(found["name"], found["content"]) + found[4], page)


def tables(text: str) -> list[list[list[str]]]:
    """The tables in a text: for each its rows of cells, the heading first."""
    found: list[list[list[str]]] = []
    inside = False
    for line in text.splitlines():
        if line.startswith("| ") and line.endswith(" |"):
            if not inside:
                found.append([])
            cells = [cell.strip() for cell in line[2:-2].split(" | ")]
            if set(cells) != {"---"}:
                found[-1].append(cells)
            inside = True
        else:
            inside = False
    return found
