"""Why there is no role session, in the words that the JVM uses too."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from spark_xacct.errors import RoleSessionError
from spark_xacct.model import Arn

DENIED = "DENIED"
THROTTLED = "THROTTLED"
UNREACHABLE = "UNREACHABLE"
BASE_MISSING = "BASE_MISSING"
UNDECLARED = "UNDECLARED"
PLAN = "PLAN"

_THROTTLING = {
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "SlowDown",
}
_DEAD_SIGNER = ("ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException")
_CLOCK = ("RequestExpired", "RequestTimeTooSkewed", "InvalidSignatureException")
_ASSUME_ROLE = "sts:AssumeRole"
_ACTION = re.compile("not authorized to perform: (sts:[A-Za-z]+)")


@dataclass(frozen=True)
class Hop:
    """One step of a role chain as messages name it. ``number`` counts from 1.

    ``has_external_id``: the role is asked for with one, which may be the wrong one.
    """

    role: str
    number: int
    arn: Arn
    has_external_id: bool = False


@dataclass(frozen=True)
class Failure:
    """What happened, at which hop, and who must change what. Text only; holds no secret."""

    kind: str
    problem: str
    advice: str | None = None
    hop: Hop | None = None
    code: str | None = None
    sts_message: str | None = None
    attempts: int = 0
    retry_after: datetime | None = None

    def first_line(self, reader: str | None, hops: int) -> str:
        """``reader`` is what was asked for: "bucket partner-data", "role partner", None for the base identity."""
        line = f"{reader}: " if reader else ""
        if self.hop is not None:
            line += f"hop {self.hop.number} of {hops} ({self.hop.arn})" + (" " if self.kind == DENIED else ": ")
        line += self.problem
        if self.kind == THROTTLED and self.attempts:
            line += " after {} attempt{}".format(self.attempts, "" if self.attempts == 1 else "s")
        if self.advice:
            line += f"; {self.advice}"
        if self.retry_after is not None:
            line += f"; retry after {self.retry_after.astimezone(timezone.utc):%H:%M:%S} UTC"
        return line


class SessionFailed(RoleSessionError):
    """A Failure on its way to a reader. Pickles to a plain RoleSessionError with the same text."""

    def __init__(self, failure: Failure, reader: str | None = None, hops: int = 0) -> None:
        first = failure.first_line(reader, hops)
        super().__init__(
            f"{first}\n{failure.sts_message}" if failure.sts_message else first, failure.kind, failure.code
        )
        self.failure = failure
        self.hops = hops

    def read_as(self, reader: str | None, hops: int | None = None) -> SessionFailed:
        """The same failure as another reader sees it, whose chain has ``hops`` hops (None: as many as here)."""
        return SessionFailed(self.failure, reader, self.hops if hops is None else hops)

    def __reduce__(self) -> tuple[Any, ...]:
        return (RoleSessionError, (self.args[0], self.kind, self.code))


class FailureMemory:
    """Remembers a failure until STS may be asked again, so that readers cost STS a bounded number of calls.

    Denials: 30, 60, then 120 s. Throttling and outages: full jitter under a ceiling that doubles from 2 to 60 s. While a
    session still serves, one probe a minute, sooner for lives of seconds.
    """

    def __init__(self, now: Callable[[], datetime], jitter: Callable[[], float] = random.random) -> None:
        self._now = now
        self._jitter = jitter
        self._failure: Failure | None = None
        self._until = now()
        self._count = 0

    def remembered(self) -> Failure | None:
        return self._failure if self._now() < self._until else None

    def remember(self, failure: Failure, life_of_valid_session: float | None = None) -> Failure:
        """The failure with the time of the next attempt; unchanged where nothing is held back."""
        if failure.retry_after is None:
            self._count += 1
            delay = self._delay(failure, life_of_valid_session)
            failure = replace(failure, retry_after=self._now() + timedelta(seconds=delay)) if delay else failure
        # Else the failure of a hop before this one, which says itself when STS may be asked again.
        self._failure = failure
        self._until = failure.retry_after or self._now()
        return failure

    def clear(self) -> None:
        self._failure, self._count = None, 0
        self._until = self._now()

    def _delay(self, failure: Failure, life: float | None) -> float:
        if life is not None and failure.kind not in (THROTTLED, UNREACHABLE):
            return min(60.0, max(1.0, life / 4))
        if failure.kind in (DENIED, BASE_MISSING):
            return (30.0, 60.0, 120.0)[min(self._count, 3) - 1]
        if failure.kind in (THROTTLED, UNREACHABLE):
            return 1.0 + (min(60.0, 2.0 ** min(self._count, 6)) - 1.0) * self._jitter()
        return 0.0


def answered(status: int, code: str, message: str, hop: Hop | None, caller: Arn | None, endpoint: str) -> Failure:
    """An error answer of STS. ``caller``: who signed the call, None when that is not known."""
    if status == 429 or code in _THROTTLING:
        return Failure(THROTTLED, f"STS throttled ({code})", hop=hop, code=code, sts_message=message)
    # 407 and 408 come from a proxy. IDPCommunicationError is an HTTP 400, but means that STS could not reach the token's
    # issuer just now.
    if status >= 500 or status in (407, 408) or code == "IDPCommunicationError":
        problem = f"STS at {endpoint} answered {status} ({code})"
        return Failure(UNREACHABLE, problem, hop=hop, code=code, sts_message=message)
    advice = _advice(code, message, hop, caller) if hop is not None else None
    return Failure(DENIED, f"refused by STS: {code}", advice, hop, code, message)


def unreachable(endpoint: str, cause: str, hop: Hop | None) -> Failure:
    """No answer of STS at all."""
    return Failure(UNREACHABLE, f"STS at {endpoint} cannot be reached: {cause}", hop=hop)


def _advice(code: str, message: str, hop: Hop, caller: Arn | None) -> str | None:
    if code in ("AccessDenied", "AccessDeniedException"):
        found = _ACTION.search(message)
        action = found.group(1) if found else _ASSUME_ROLE
        permission = "assume it" if action == _ASSUME_ROLE else f"call {action} on it"
        payer = "the account of the base identity" if caller is None else f"account {caller.account}"
        return (
            f"account {hop.arn.account} must let {_named(caller)} {permission} (trust policy), "
            f"or {payer} must allow {action} on it"
        ) + (
            "; STS gives the same answer to a wrong external id"
            if hop.has_external_id and action == _ASSUME_ROLE
            else ""
        )
    if _is_clock(code, message):
        return "set the clock of this host: STS refuses requests whose time is minutes off"
    if code == "ValidationError" and "DurationSeconds exceeds" in message:
        shorter = f"shorten duration of role {hop.role}"
        if "MaxSessionDuration" not in message:
            return shorter
        return f"{shorter}, or account {hop.arn.account} must raise the role's MaxSessionDuration"
    if code in _DEAD_SIGNER:
        return f"the credentials of {_named(caller)} that signed the call are expired or revoked"
    if code == "RegionDisabledException":
        return f"account {hop.arn.account} must activate STS in the Region of sts.region"
    if code == "PackedPolicyTooLarge":
        return f"shorten session_policy or tags of role {hop.role}"
    return None


def _is_clock(code: str, message: str) -> bool:
    return code in _CLOCK or (
        code == "SignatureDoesNotMatch" and message.startswith(("Signature expired", "Signature not yet current"))
    )


def _named(caller: Arn | None) -> str:
    return "the base identity" if caller is None else str(caller)
