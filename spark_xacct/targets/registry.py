"""The registry of targets. A target is one module here: importing the package registers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from spark_xacct.errors import TargetError
from spark_xacct.targets.settings import Settings


@dataclass(frozen=True)
class Rendered:
    """What a target made of settings. ``data`` is JSON-able; ``text()`` is what people copy, made last."""

    target: str
    settings: Settings
    content: Mapping[str, Any]
    write: Callable[[Rendered], str]

    @property
    def data(self) -> dict[str, Any]:
        """JSON-able: target, release, plan id, comments, and the target's own content."""
        return {
            "target": self.target,
            "release": self.settings.release.name,
            "plan": self.settings.plan.id,
            "comments": list(self.settings.comments),
            **self.content,
        }

    def text(self) -> str:
        """The target's own text; the same settings always give the same text."""
        return self.write(self)


@dataclass(frozen=True)
class Target:
    """A place that settings are rendered for.

    ``content`` turns settings into JSON-able data and raises TargetError for what the place cannot hold. ``write`` makes
    the text. ``default_release`` stands in where no release is named, None for the pyspark found.
    """

    name: str
    doc: str
    content: Callable[[Settings], Mapping[str, Any]]
    write: Callable[[Rendered], str]
    limits: str = ""
    default_release: str | None = None

    def render(self, settings: Settings) -> Rendered:
        return Rendered(self.name, settings, self.content(settings), self.write)


_targets: dict[str, Target] = {}


def register(target: Target) -> Target:
    """Adds a target; a second one of the same name is a programming error."""
    if target.name in _targets:
        raise ValueError(f"target {target.name} is registered twice")
    _targets[target.name] = target
    return target


def unregister(name: str) -> None:
    _targets.pop(name, None)


def names() -> list[str]:
    return sorted(_targets)


def find(name: str) -> Target:
    """Raises TargetError that names what is known."""
    if name not in _targets:
        raise TargetError(f'target "{name}" is not known; known are {", ".join(names())}')
    return _targets[name]


def table() -> list[dict[str, str]]:
    """The rows of the targets page: name, what it is, what it can hold."""
    return [
        {"target": target.name, "what": target.doc, "limits": target.limits}
        for target in (_targets[name] for name in names())
    ]
