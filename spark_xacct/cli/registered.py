"""Arguments that name something of a registry, which is asked each time because anyone may add to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click


class Registered(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.2 only, and 8.1 is good enough for us
    """One of the names that a registry has now."""

    name = "target"

    def __init__(self, names: Callable[[], Sequence[str]]) -> None:
        self._names = names

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        names = self._names()
        if value not in names:
            self.fail(f'"{value}" is not one of {", ".join(names)}', param, ctx)
        return value
