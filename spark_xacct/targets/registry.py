"""The registry of targets. A target is one module here: importing the package registers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from spark_xacct.errors import TargetError
from spark_xacct.targets.files import forms
from spark_xacct.targets.job import Job
from spark_xacct.targets.releases import Release
from spark_xacct.targets.setting import ANY_MASTER, Channel
from spark_xacct.targets.settings import Flavour, Settings


@dataclass(frozen=True)
class Rendered:
    """What a target made of settings. ``data`` is JSON-able; ``text()`` and ``files()`` are what people copy, made last."""

    target: Target
    settings: Settings
    job: Job
    content: Mapping[str, Any]

    @property
    def data(self) -> dict[str, Any]:
        """JSON-able: target, release, plan id, comments, and the target's own content."""
        return {
            "target": self.target.name,
            "release": self.settings.release.name,
            "flavour": str(self.settings.flavour),
            "plan": self.settings.plan.id,
            "comments": list(self.settings.comments),
            **self.content,
        }

    def files(self) -> dict[str, str]:
        """The texts by the names of their files; one file for most targets. The same settings always give the same texts."""
        return dict(self.target.write(self))

    def text(self) -> str:
        """Everything in one text: of several files each under its name."""
        files = self.files()
        if len(files) == 1:
            return next(iter(files.values()))
        return "\n".join(f"==> {name} <==\n{text}" for name, text in files.items())


@dataclass(frozen=True)
class Delivery:
    """How the jar gets there. ``jar``: where Python and spark.jars find it, None where the caller says. ``installed``: whether it
    is on Spark's class path besides, by an image or a step."""

    jar: str | None = None
    installed: bool = False


@dataclass(frozen=True)
class Target:
    """A place that settings are rendered for.

    ``content`` turns settings and a job into JSON-able data and raises TargetError for what the place cannot hold. ``write``
    makes the texts, by file name. ``default_release`` stands in where no release is named, None for the pyspark found.
    ``families``: the families of releases that exist there, none for all. ``flavours``: the default one first. ``delivery``: how
    the jar gets there. ``channel``: by what a driver may tell executors their role sessions. ``takes_job``: whether it launches.
    ``python_only``: whether no JVM reads what is rendered, so that it does not count what the release's connectors can carry.
    ``goes_into``: the forms of files that people have and that are read there; the one of EMR says casing and limits.
    """

    name: str
    doc: str
    content: Callable[[Settings, Job], Mapping[str, Any]]
    write: Callable[[Rendered], Mapping[str, str]]
    limits: str = ""
    default_release: str | None = None
    families: tuple[str, ...] = ()
    flavours: tuple[Flavour, ...] = (Flavour.SHIM, Flavour.HADOOP)
    delivery: Callable[[Job], Delivery] = field(default=lambda job: Delivery())
    channel: Callable[[Release, Job], Channel] = field(default=lambda release, job: ANY_MASTER)
    takes_job: bool = False
    python_only: bool = False
    goes_into: tuple[forms.Form, ...] = forms.USUAL

    def check(self, release: Release, flavour: Flavour) -> None:
        """Raises TargetError for what does not exist at this place."""
        if self.families and release.family and release.family not in self.families:
            raise TargetError(
                f"{self.name}: release {release.name} is not one of its own; take a label of {', '.join(self.families)}"
            )
        if flavour not in self.flavours:
            raise TargetError(
                f"{self.name}: flavour {flavour} is not for it; take flavour {', '.join(map(str, self.flavours))}"
            )

    def render(self, settings: Settings, job: Job | None = None) -> Rendered:
        job = job or Job()
        return Rendered(self, settings, job, self.content(settings, job))


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
    """The rows of the targets page: name, what it is, flavours, and what it can hold."""
    return [
        {
            "target": target.name,
            "what": target.doc,
            "flavours": ", ".join(map(str, target.flavours)),
            "limits": target.limits,
        }
        for target in (_targets[name] for name in names())
    ]
