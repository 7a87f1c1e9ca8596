"""The one module that prints: data goes to stdout, talk to stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text


def data(text: str) -> None:
    """One piece of the answer."""
    click.echo(text)


def json_data(value: Any) -> None:
    """The answer for programs."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def nobody_reads() -> None:
    """After a broken pipe: what is still to be written to stdout goes nowhere, instead of failing at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def is_terminal() -> bool:
    """Whether the answer is read by a person, and stands on a screen."""
    return sys.stdout.isatty()


def hears_a_terminal() -> bool:
    """Whether talk stands on a screen."""
    return sys.stderr.isatty()


def one_row(text: str) -> str:
    """As much of a text as stands in one row of the terminal."""
    row = Text(text)
    row.truncate(Console(stderr=True).width - 1, overflow="ellipsis")
    return row.plain


def talk(text: str) -> None:
    """What a person should know beside the answer."""
    click.echo(text, err=True)


def table(columns: Sequence[str], rows: Sequence[Sequence[str | None]]) -> None:
    """Rows under column names; without names, a list of names and values. Lines on a terminal, plain columns in a pipe."""
    cells = [[cell or "" for cell in row] for row in rows]
    if sys.stdout.isatty():
        drawn = Table(*columns, show_header=bool(columns), box=None, pad_edge=False)
        for row in cells:
            drawn.add_row(*row)
        Console(file=sys.stdout, highlight=False, markup=False, soft_wrap=False).print(drawn)
        return
    lines = [list(columns), *cells] if columns else cells
    widths = [max(len(line[index]) for line in lines) for index in range(len(lines[0]))] if lines else []
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
