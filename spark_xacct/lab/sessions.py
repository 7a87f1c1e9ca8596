"""Who is behind an access key: the users the lab made and every role session that STS gave out through the front."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Identity:
    """What the front knows about one access key. The secrets are kept for leak scans and never shown in a repr."""

    arn: str
    access_key_id: str
    secrets: tuple[str, ...] = field(default=(), repr=False)
    role: str | None = None
    session_name: str | None = None
    expires: float | None = None
    tags: tuple[tuple[str, str], ...] = ()
    transitive_tags: tuple[tuple[str, str], ...] = ()
    source_identity: str | None = None

    @property
    def is_session(self) -> bool:
        return self.role is not None


class Identities:
    """All identities of one lab. Shared by the threads of the front."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self._by_key: dict[str, Identity] = {}

    def add(self, identity: Identity) -> None:
        with self._lock:
            self._by_key[identity.access_key_id] = identity

    def find(self, access_key_id: str | None) -> Identity | None:
        return self._by_key.get(access_key_id) if access_key_id else None

    def is_expired(self, identity: Identity) -> bool:
        return identity.expires is not None and self._clock() >= identity.expires

    def expire_now(self, role: str | None) -> int:
        """Ends every live session of a role (None: of all roles) at once; returns how many."""
        with self._lock:
            ended = 0
            for key, identity in self._by_key.items():
                if identity.is_session and role in (None, identity.role) and not self.is_expired(identity):
                    self._by_key[key] = replace(identity, expires=self._clock())
                    ended += 1
            return ended

    def secrets(self) -> list[str]:
        """Every secret key and session token that was given out."""
        with self._lock:
            return [secret for identity in self._by_key.values() for secret in identity.secrets]
