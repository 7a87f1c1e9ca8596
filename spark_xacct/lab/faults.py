"""Faults on request: what goes wrong, for which calls, how often."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from spark_xacct.lab.aws_request import AwsRequest

KINDS = ("throttle", "denied", "error", "reset", "delay")


@dataclass(frozen=True)
class Fault:
    """One fault.

    ``operation``: name or pattern ("AssumeRole", "Get*"). ``role``: the ARN asked for (AssumeRole) or the ARN of the role
    whose session signed (everything else). ``times``: how often, None for always. ``delay_seconds`` comes first, whatever
    the kind; kind "delay" then lets the call pass.
    """

    kind: str
    operation: str = "*"
    service: str = "*"
    role: str | None = None
    bucket: str | None = None
    times: int | None = None
    delay_seconds: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f'fault "{self.kind}" is not one of {", ".join(KINDS)}')

    def matches(self, request: AwsRequest, signer_role: str | None) -> bool:
        role = request.form.get("RoleArn", signer_role) if request.service == "sts" else signer_role
        return (
            fnmatchcase(request.operation, self.operation)
            and fnmatchcase(request.service, self.service)
            and self.role in (None, role)
            and self.bucket in (None, request.bucket)
        )


@dataclass
class _Armed:
    fault: Fault
    hits: int = 0


@dataclass
class Faults:
    """The armed faults of one lab, counted. Shared by the threads of the front."""

    _armed: dict[int, _Armed] = field(default_factory=dict)
    _next: int = 1
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def arm(self, fault: Fault) -> int:
        """Returns a number to disarm it by."""
        with self._lock:
            number, self._next = self._next, self._next + 1
            self._armed[number] = _Armed(fault)
            return number

    def disarm(self, number: int) -> int:
        """Returns how often it struck."""
        with self._lock:
            armed = self._armed.pop(number, None)
            return armed.hits if armed else 0

    def strike(self, request: AwsRequest, signer_role: str | None) -> Fault | None:
        """The first armed fault that this call meets, counted; None for a call that goes well."""
        if not self._armed:
            return None
        with self._lock:
            for armed in self._armed.values():
                spent = armed.fault.times is not None and armed.hits >= armed.fault.times
                if not spent and armed.fault.matches(request, signer_role):
                    armed.hits += 1
                    return armed.fault
        return None
