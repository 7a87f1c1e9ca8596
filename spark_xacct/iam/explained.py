"""A policy statement with the reason why it is there."""

from __future__ import annotations

import re
from collections import Counter
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
    parts = [part for word in words for part in re.findall(r"[A-Za-z0-9]+", word)]
    return "Xacct" + "".join(part[0].upper() + part[1:] for part in parts)


def with_different_sids(statements: Iterable[Explained]) -> tuple[Explained, ...]:
    """The same statements; a Sid that came before gets a number. IAM wants them different within a policy."""
    result: list[Explained] = []
    seen: Counter[str] = Counter()
    for item in statements:
        seen[item.sid] += 1
        name = item.sid if seen[item.sid] == 1 else f"{item.sid}{seen[item.sid]}"
        result.append(Explained({**item.statement, "Sid": name}, item.reason))
    return tuple(result)


def single(value: Any) -> Any:
    """The only element of a one-element list; everything else as it is."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return value[0] if len(value) == 1 else list(value)
    return value
