"""Problems and notes of one declaration, collected instead of raised: a person sees all of them at once."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from spark_xacct.errors import DeclarationError, Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


class Place(NamedTuple):
    """Line and column in the file, both from 1."""

    line: int
    column: int


START = Place(1, 1)


class Problems:
    """Collects problems and notes of one file. One place has one problem: what follows from it would only be noise."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._problems: dict[Place, Problem] = {}
        self._notes: list[Problem] = []

    def add(self, place: Place, what: str, fix: str) -> None:
        self._problems.setdefault(place, Problem(self.file, place.line, place.column, what, fix))

    def note(self, place: Place, what: str, fix: str) -> None:
        self._notes.append(Problem(self.file, place.line, place.column, what, fix))

    def take(self, other: Problems, places: Collection[Place] | None = None) -> None:
        """Takes over the problems of ``other``; with ``places``, those that stand at one of them."""
        for place, problem in other._problems.items():
            if places is None or place in places:
                self._problems.setdefault(place, problem)

    def __bool__(self) -> bool:
        return bool(self._problems)

    @property
    def notes(self) -> tuple[Problem, ...]:
        return tuple(sorted(self._notes, key=lambda note: (note.line, note.column)))

    def raise_any(self) -> None:
        """Raises DeclarationError with every problem, in the order of the file."""
        if self._problems:
            raise DeclarationError([self._problems[place] for place in sorted(self._problems)])


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """What to do about an unknown word: the nearest known one, or all of them."""
    names = sorted(set(known))
    near = get_close_matches(word, names, 1)
    if near:
        return f'did you mean "{near[0]}"?'
    return "known here are " + ", ".join(names) if names else "declare it"
