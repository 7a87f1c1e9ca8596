"""The platform under a job: gives the base role out as EC2 metadata, container credentials or EKS Pod Identity do."""

from __future__ import annotations

import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from spark_xacct.lab.sessions import Identities, Identity
from spark_xacct.lab.wire import Message, answer

CREDENTIALS_PATH = "/_credentials"
METADATA_PATH = "/latest/"
_ROLE_LIST = METADATA_PATH + "meta-data/iam/security-credentials/"
LIFE_SECONDS = 3600.0

# https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html
POD_IDENTITY_TAGS = {
    "eks-cluster-arn": "arn:aws:eks:eu-west-1:111122223333:cluster/lab",
    "eks-cluster-name": "lab",
    "kubernetes-namespace": "lab",
    "kubernetes-service-account": "spark",
    "kubernetes-pod-name": "lab-driver",
    "kubernetes-pod-uid": "00000000-0000-4000-8000-000000000000",
}


@dataclass(frozen=True)
class Given:
    """A session as the platform got it."""

    arn: str
    access_key_id: str
    secret: str = field(repr=False)
    token: str = field(repr=False)


class Issuer(Protocol):
    """Who can enter a role in the platform's name."""

    def enter(self, role_arn: str, session_name: str, tags: Mapping[str, str]) -> Given:
        """A session of the role; ``tags`` are transitive."""


class Platform:
    """Answers for one base role. Shared by the threads of the front; one session at a time, renewed at half its life."""

    def __init__(
        self,
        identities: Identities,
        issuer: Issuer,
        life_seconds: Callable[[str, float], float],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``life_seconds``: role ARN and the usual life -> how long a session given out now lasts."""
        self._identities, self._issuer, self._life_seconds, self._clock = identities, issuer, life_seconds, clock
        self._lock = threading.Lock()
        self._role: str | None = None
        self._tags: Mapping[str, str] = {}
        self._metadata = False
        self._token = secrets.token_urlsafe(24)
        self._current: tuple[Given, float, float] | None = None

    def give_out(self, role_arn: str, kind: str) -> str:
        """Begins to give a role out; returns the token that container credentials ask for. Kinds are base kinds."""
        with self._lock:
            self._role, self._current = role_arn, None
            self._tags = POD_IDENTITY_TAGS if kind == "pod-identity" else {}
            self._metadata = kind == "instance-profile"
            return self._token

    def answer(self, request: Message) -> Message | None:
        """The answer to a request for credentials; None for a request that is none of the platform's business."""
        path = request.target.partition("?")[0]
        if path == CREDENTIALS_PATH:
            if (
                self._role is None
                or self._metadata
                or not hmac.compare_digest(request.header("Authorization"), self._token)
            ):
                return answer(401, b"", "text/plain")
            return _json({"RoleArn": self._role, **self._credentials(self._role)})
        # A bucket may be called "latest": what is signed is for S3.
        unsigned = not request.header("Authorization")
        if self._metadata and self._role is not None and unsigned and path.startswith(METADATA_PATH):
            return self._metadata_answer(request.method, path, self._role)
        return None

    def _metadata_answer(self, method: str, path: str, role: str) -> Message:
        # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
        name = role.rsplit("/", 1)[-1]
        if method == "PUT" and path == METADATA_PATH + "api/token":
            headers = [("X-aws-ec2-metadata-token-ttl-seconds", "21600")]
            return answer(200, self._token.encode(), "text/plain", headers)
        if path == _ROLE_LIST:
            return answer(200, name.encode(), "text/plain")
        if path == _ROLE_LIST + name:
            return _json(
                {"Code": "Success", "Type": "AWS-HMAC", "LastUpdated": _text(self._clock()), **self._credentials(role)}
            )
        return answer(404, b"", "text/plain")

    def _credentials(self, role: str) -> dict[str, str]:
        with self._lock:
            if self._current is None or self._clock() >= self._current[1]:
                self._current = self._renewed(role)
            given, _, ends = self._current
        return {
            "AccessKeyId": given.access_key_id,
            "SecretAccessKey": given.secret,
            "Token": given.token,
            "Expiration": _text(ends),
        }

    def _renewed(self, role: str) -> tuple[Given, float, float]:
        name = "i-0123456789abcdef0" if self._metadata else "lab-platform"
        given = self._issuer.enter(role, name, self._tags)
        life, now = self._life_seconds(role, LIFE_SECONDS), self._clock()
        tags = tuple(sorted(self._tags.items()))
        self._identities.add(
            Identity(given.arn, given.access_key_id, (given.secret, given.token), role, name, now + life, tags, tags)
        )
        return given, now + life / 2, now + life


def _json(value: Mapping[str, Any]) -> Message:
    return answer(200, json.dumps(value).encode(), "application/json")


def _text(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
