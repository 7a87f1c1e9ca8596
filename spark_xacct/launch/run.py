"""Values of the launcher: what was submitted, how it stands, and where it writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import Enum
from typing import Any


class Phase(str, Enum):
    """How far a job is, in the launcher's own words; each service has more of its own."""

    WAITING = "waiting"
    RUNNING = "running"
    GOOD = "good"
    FAILED = "failed"
    CANCELLED = "cancelled"

    def __str__(self) -> str:
        return str(self.value)

    @property
    def is_terminal(self) -> bool:
        return self in (Phase.GOOD, Phase.FAILED, Phase.CANCELLED)


@dataclass(frozen=True)
class State:
    """``word`` is the service's own, ``reason`` what it says about it. ``code``: the job's own code, where there is one."""

    phase: Phase
    word: str
    reason: str = ""
    code: str | int | None = None


@dataclass(frozen=True)
class LogSource:
    """A log to follow. ``name``: stdout or stderr. ``kind``: s3, cloudwatch or file.

    ``address``: ``s3://bucket/key``, ``group:stream`` or a path; ``*`` stands for anything within one part of a key or stream.
    ``only_on_failure``: of the client that submits, which matters where there was no driver.
    """

    name: str
    kind: str
    address: str
    only_on_failure: bool = False


@dataclass(frozen=True)
class Run:
    """What was submitted, enough to come back to it from another machine.

    ``id`` and ``on`` are the service's; ``run`` is what role-session names and tags carry; ``private``: staged objects that nobody
    else uses.
    """

    target: str
    id: str
    on: str | None = None
    run: str | None = None
    private: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """As ``--resume`` takes it."""
        return self.id if self.on is None else f"{self.on}/{self.id}"

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "private": list(self.private)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Run:
        """Raises ValueError for what is no run."""
        names = set(cls.__dataclass_fields__)
        if not isinstance(value, Mapping) or not {"target", "id"} <= set(value) <= names:
            raise ValueError("a run has target and id, and may have on, run and private")
        private = value.get("private", ())
        if not all(isinstance(value.get(name), str) for name in ("target", "id")):
            raise ValueError("target and id of a run are texts")
        if not all(isinstance(value.get(name), (str, type(None))) for name in ("on", "run")):
            raise ValueError("on and run of a run are texts or null")
        if not isinstance(private, (list, tuple)) or not all(isinstance(one, str) for one in private):
            raise ValueError("private of a run is a list of texts")
        return replace(cls(**value), private=tuple(private))

    @classmethod
    def parse(cls, target: str, text: str) -> Run:
        """From the text after ``--resume``: ON/ID, ID, or the JSON that was printed. Raises ValueError."""
        if text.lstrip().startswith("{"):
            found = cls.from_json(json.loads(text))
            if found.target != target:
                raise ValueError(f"it was submitted to {found.target}")
            return found
        on, slash, identity = text.strip().rpartition("/")
        if not identity or (slash and not on):
            raise ValueError("write ON/ID as submit printed it")
        return cls(target, identity, on or None)
