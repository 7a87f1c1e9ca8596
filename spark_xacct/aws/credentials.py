"""Credentials that refresh themselves: botocore's own refreshable class, told to serve a valid session through failures."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NoReturn

from botocore.credentials import DeferredRefreshableCredentials
from botocore.utils import parse_timestamp

from spark_xacct.aws.failure import Failure, FailureMemory, SessionFailed

METHOD = "spark-xacct"
LOG = logging.getLogger("spark_xacct.aws")

# What must be left when a request is signed; also what botocore's own defaults would be for a session of an hour.
REFRESH_AHEAD_SECONDS = 15 * 60
WAIT_AHEAD_SECONDS = 60
# No real session lives shorter; one that seems to was dated by a clock ahead of STS's.
SHORTEST_LIFE_SECONDS = 1


class SessionCredentials(DeferredRefreshableCredentials):
    """One role session of this process, shared by every boto3 session and client that is built on it.

    Refreshed in the second half of its life, at the latest 15 minutes before its end; one thread refreshes while the others
    go on. A failure is raised only when no valid session is left. Thread-safe; never pickled, never printed.
    """

    def __init__(
        self,
        name: str,
        plan_id: str,
        fetch: Callable[[], dict[str, Any]],
        duration_seconds: int,
        now: Callable[[], datetime],
        hops: int = 0,
    ) -> None:
        """``fetch`` raises SessionFailed. ``duration_seconds``: what STS is asked for. ``hops``: how long the role's chain is."""
        super().__init__(refresh_using=self._fetch_or_keep, method=METHOD, time_fetcher=now)
        self.name = name
        self._logged = f"plan {plan_id}: {name}"
        self._hops = hops
        self._fetch = fetch
        self._duration = timedelta(seconds=duration_seconds)
        self._now = now
        self._memory = FailureMemory(now)
        self._served: dict[str, Any] | None = None
        self._ends: datetime | None = None
        self._life = 0.0

    def refresh_needed(self, refresh_in: int | None = None) -> bool:
        """As botocore asks it; False while a failure is remembered and the session in use is valid."""
        if self._is_valid() and self._memory.remembered() is not None:
            return False
        return bool(super().refresh_needed(refresh_in))

    def get_frozen_credentials(self) -> Any:
        """The three values of one session. Raises SessionFailed only when no valid session is left."""
        if not self._is_valid():
            # Before botocore, which logs the traceback of every refresh that fails.
            self._raise_remembered()
        return super().get_frozen_credentials()

    @property
    def ends(self) -> datetime | None:
        """When the session in use ends by this machine's clock; None before there is one."""
        return self._ends

    def renew_lock(self) -> None:
        """For the child of a fork: another thread of the parent may have held the lock. The session stays in use."""
        self._refresh_lock = threading.Lock()

    def _is_valid(self) -> bool:
        return self._ends is not None and self._now() < self._ends

    def _fetch_or_keep(self) -> dict[str, Any]:
        self._raise_remembered()
        started = self._now()
        try:
            fetched = self._fetch()
        except SessionFailed as failed:
            if self._served is None or not self._is_valid():
                raise self._failed(self._memory.remember(failed.failure)) from None
            held_back = self._memory.remember(failed.failure, self._life)
            LOG.warning(
                "%s: %s; the session in use ends at %s",
                self._logged,
                held_back.first_line(None, self._hops),
                self._ends,
            )
            return self._served
        self._memory.clear()
        return self._accepted(fetched, started)

    def _raise_remembered(self) -> None:
        remembered = self._memory.remembered()
        if remembered is not None:
            raise self._failed(remembered)

    def _failed(self, failure: Failure) -> SessionFailed:
        return SessionFailed(failure, self.name if self._hops else None, self._hops)

    def _accepted(self, fetched: dict[str, Any], started: datetime) -> dict[str, Any]:
        """What botocore's fetcher answered, with its end by this machine's clock: the earlier of STS's word and the life asked for."""
        stated = parse_timestamp(fetched["expiry_time"])
        longest = started + self._duration
        if (stated - started).total_seconds() < SHORTEST_LIFE_SECONDS:
            LOG.warning(
                "%s: STS says that a new session ends at %s, but it is %s here: this machine's clock is wrong",
                self._logged,
                stated,
                started,
            )
            stated = longest
        ends = min(stated, longest)
        self._life = (ends - started).total_seconds()
        self._advisory_refresh_timeout = min(REFRESH_AHEAD_SECONDS, self._life / 2)
        self._mandatory_refresh_timeout = min(WAIT_AHEAD_SECONDS, self._life / 10)
        self._ends = ends
        self._served = dict(fetched, expiry_time=ends.isoformat())
        LOG.debug("%s: a new session, valid until %s", self._logged, ends)
        return self._served

    def __repr__(self) -> str:
        return f"SessionCredentials({self.name})"

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError(f"the credentials of {self.name} do not travel; ask for them where they are used")
