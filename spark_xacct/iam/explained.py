"""A policy statement with the reason why it is there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Explained:
    """One statement, its Sid first, and its reason in words."""

    statement: Mapping[str, Any]
    reason: str

    @property
    def sid(self) -> str:
        return str(self.statement["Sid"])

    @property
    def actions(self) -> tuple[str, ...]:
        actions = self.statement["Action"]
        return (actions,) if isinstance(actions, str) else tuple(actions)


def explained(sid: str, reason: str, **elements: Any) -> Explained:
    """A statement from its elements; one-element lists become the element, empty ones are left out."""
    statement: dict[str, Any] = {"Sid": sid}
    statement.update({name: single(value) for name, value in elements.items() if value})
    return Explained(statement, reason)


def policy(statements: Iterable[Explained]) -> dict[str, Any]:
    """A policy document of these statements."""
    return {"Version": "2012-10-17", "Statement": [dict(item.statement) for item in statements]}


def sid(*words: str) -> str:
    """A Sid from words. IAM takes letters and digits only."""
    return "Xacct" + "".join(part.capitalize() for word in words for part in re.findall(r"[A-Za-z0-9]+", word))


def single(value: Any) -> Any:
    """The only element of a one-element list; everything else as it is."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return value[0] if len(value) == 1 else list(value)
    return value
