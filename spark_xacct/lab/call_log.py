"""What the lab saw: one record a call, with the identity that the server knows the access key by."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

CALLS_KEPT = 200_000


@dataclass(frozen=True)
class Call:
    """One call of STS, S3 or SQS. Access key ids are no secrets; nothing here is.

    ``who`` is the ARN behind the access key (of a role session or user), None for an unsigned or unknown key; ``role``
    the ARN of the role that ``who`` is a session of. For AssumeRole, ``requested`` holds what was asked for and
    ``issued_key_id`` the key that came out.
    """

    number: int
    time: float
    service: str
    operation: str
    status: int
    error: str | None = None
    access_key_id: str | None = None
    who: str | None = None
    role: str | None = None
    session_name: str | None = None
    bucket: str | None = None
    key: str | None = None
    queue: str | None = None
    requested: Mapping[str, Any] = field(default_factory=dict)
    issued_key_id: str | None = None
    user_agent: str = ""

    @property
    def refused(self) -> bool:
        return self.status in (400, 401, 403)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Call:
        return cls(**value)


class CallLog:
    """The calls in order. Shared by the threads of the front."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: list[Call] = []
        self._next = 1

    def add(self, **values: Any) -> None:
        with self._lock:
            self._calls.append(Call(number=self._next, **values))
            self._next += 1
            if len(self._calls) > CALLS_KEPT:
                del self._calls[: CALLS_KEPT // 10]

    def since(self, number: int) -> list[dict[str, Any]]:
        """The calls after number ``number``, ready for JSON."""
        with self._lock:
            calls = [call for call in self._calls if call.number > number]
        return [asdict(call) for call in calls]

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()
