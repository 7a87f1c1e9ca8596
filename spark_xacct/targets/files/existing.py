"""A file of settings as people have it: where settings stand in it, what it says besides, and how it looks with some changed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from spark_xacct import keys
from spark_xacct.errors import XacctError
from spark_xacct.targets.files.forms import Form


class FileRefused(XacctError):
    """A file that cannot be read as settings, or that cannot take them: which file, why, and what to do."""

    exit_code = 2


class Names(str, Enum):
    """Whose names the settings of a place have."""

    SPARK = "spark"
    HADOOP = "hadoop"
    ENVIRONMENT = "environment"
    OTHER = "other"


@dataclass(frozen=True)
class Place:
    """A part of a file that holds settings.

    ``where`` is for people. ``above``: whether it wins over the file's main place of the same names; ``everywhere``: whether it
    does so for all that the main place is for, and not for one step or group of machines only. ``path`` leads the file to it.
    ``most``: how many settings it takes, and of how many characters, None where no limit is known.
    """

    where: str
    names: Names
    settings: Mapping[str, str]
    path: tuple[Any, ...] = ()
    classification: str = ""
    above: bool = False
    everywhere: bool = False
    most: tuple[int, int] | None = None

    def hadoop(self) -> dict[str, str]:
        """Its settings that Hadoop sees, by Hadoop's names."""
        if self.names is Names.HADOOP:
            return dict(self.settings)
        if self.names is not Names.SPARK:
            return {}
        prefix = keys.SPARK_HADOOP_PREFIX
        return {name[len(prefix) :]: value for name, value in self.settings.items() if name.startswith(prefix)}


@dataclass(frozen=True)
class Change:
    """One setting of one place: its new value, None to take it out."""

    place: Place
    name: str
    value: str | None


@dataclass(frozen=True)
class ExistingFile(ABC):
    """One file. ``name`` is what people call it, ``kind`` what it is in words, ``text`` what stands in it.

    ``remarks`` name what is left alone because it is not understood. ``release``: the label that the file itself names.
    """

    name: str
    kind: str
    text: str = field(repr=False)
    places: tuple[Place, ...]
    remarks: tuple[str, ...] = ()
    release: str | None = None

    def of(self, names: Names) -> tuple[Place, ...]:
        """The places with these names, the main one first."""
        return tuple(sorted((place for place in self.places if place.names is names), key=lambda place: place.above))

    @property
    @abstractmethod
    def forms(self) -> tuple[Form, ...]:
        """Which form it has; of a list without a request around it each that it may have. Empty where none is known."""

    @abstractmethod
    def with_changes(self, changes: Iterable[Change], about: str) -> str:
        """The text with these settings; everything else stays as it is. ``about`` is a comment, where comments may stand."""

    @abstractmethod
    def masked(self, text: str) -> str:
        """``text``, this file's or a changed one, as it may be printed."""

    def unfit(self, form: Form | None) -> tuple[str, ...]:
        """What a service would refuse in it, or read as something else: a line for each. ``form``: the service's, None for any."""
        return ()

    def has(self, name: str, entry: str) -> bool:
        """Whether a member of its own, beside its settings, holds this entry of the list ``name``."""
        return False

    def new_place(self, names: Names, classification: str) -> Place | None:
        """A place that the file does not have yet; None where it can have none."""
        return None
