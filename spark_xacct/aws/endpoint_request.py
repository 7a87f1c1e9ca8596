"""A role session asked of the credentials endpoint of this process's JVM, with the standard library alone."""

from __future__ import annotations

import http.client
import json
import re
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

from spark_xacct.aws import failure
from spark_xacct.aws.endpoint import Endpoint, EndpointGone
from spark_xacct.aws.failure import Failure, Hop, SessionFailed
from spark_xacct.errors import ModelError
from spark_xacct.model import Arn

# The JVM answers within two seconds; while it collects garbage it answers nothing.
TIMEOUT_SECONDS = 10.0
# A session that the JVM is fetching: it says so after a second and a half, and is asked again for as long as this.
PATIENCE_SECONDS = 10.0
PAUSE_SECONDS = 0.2
# What is nearly over would be over when the request is signed.
SHORTEST_LIFE_SECONDS = 1
_KINDS = (
    failure.DENIED,
    failure.THROTTLED,
    failure.UNREACHABLE,
    failure.BASE_MISSING,
    failure.UNDECLARED,
    failure.PLAN,
)
_EXPIRATION = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?Z\Z")
_AGAIN = "if it lasts, look into the log of the JVM beside this process"


class EndpointRequest:
    """Asks an endpoint for one role's session. Raises SessionFailed in the JVM's words, EndpointGone where nobody answers."""

    def __init__(self, endpoint: Endpoint, role: str, now: Callable[[], datetime]) -> None:
        """Raises SessionFailed for a role that the endpoint does not serve."""
        if role not in endpoint.roles:
            raise SessionFailed(
                Failure(
                    failure.PLAN,
                    f"the credentials endpoint in {endpoint.folder} does not serve it",
                    f"the jar ({endpoint.jar}) and the Python package differ; install the package of the jar's version",
                ),
                f"role {role}",
                1,
            )
        self._endpoint = endpoint
        self._role = role
        self._now = now

    def fetch(self) -> dict[str, Any]:
        """A session as botocore's fetchers give it: access_key, secret_key, token, expiry_time."""
        patience_ends = time.monotonic() + PATIENCE_SECONDS
        while True:
            status, body = self._ask()
            if status == 200:
                return self._session(body)
            failed = self._failed(status, body)
            # Every failure that the JVM remembers says when it tries again; this one is a session on its way.
            on_its_way = failed.failure.kind == failure.UNREACHABLE and failed.failure.retry_after is None
            if status != 503 or not on_its_way or time.monotonic() >= patience_ends:
                raise failed
            time.sleep(PAUSE_SECONDS)

    def _ask(self) -> tuple[int, bytes]:
        token = self._endpoint.token(self._role)
        address = urlsplit(self._endpoint.address)
        # Knows no proxy: HTTP_PROXY must not see this token.
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=TIMEOUT_SECONDS)
        try:
            connection.request("GET", self._endpoint.path(self._role), headers={"Authorization": token})
            response = connection.getresponse()
            return response.status, response.read()
        except ConnectionRefusedError:
            raise EndpointGone(f"at {self._endpoint.address} (connection refused)") from None
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(f"does not answer: {_cause(error)}") from None
        finally:
            connection.close()

    def _session(self, body: bytes) -> dict[str, Any]:
        content = _object(body)
        values = [content.get(name) for name in ("AccessKeyId", "SecretAccessKey", "Token", "Expiration")]
        if not all(isinstance(value, str) and value for value in values):
            raise self._not_ours("its answer holds no session")
        key, secret, token, expiration = values
        found = _EXPIRATION.match(str(expiration))
        if found is None:
            raise self._not_ours("its answer has no time of expiry")
        year, month, day, hour, minute, second = map(int, found.groups())
        ends = datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
        if (ends - self._now()).total_seconds() < SHORTEST_LIFE_SECONDS:
            raise self._unreachable(f"has no session that lasts: the one it gave ends at {ends:%H:%M:%S} UTC")
        return {"access_key": key, "secret_key": secret, "token": token, "expiry_time": expiration}

    def _failed(self, status: int, body: bytes) -> SessionFailed:
        if status != 503:
            return self._not_ours(f"it answered {status}")
        fields = _object(body).get("failure")
        try:
            return read_failure(fields if isinstance(fields, dict) else {}, self._now())
        except (KeyError, ValueError, ModelError):
            return self._not_ours("it answered 503 with no failure that is known here")

    def _unreachable(self, what: str) -> SessionFailed:
        problem = f"the credentials endpoint at {self._endpoint.address} {what}"
        return SessionFailed(Failure(failure.UNREACHABLE, problem, _AGAIN))

    def _not_ours(self, what: str) -> SessionFailed:
        problem = f"what listens at {self._endpoint.address} is not the endpoint that {self._endpoint.folder} describes: {what}"
        return SessionFailed(Failure(failure.UNREACHABLE, problem, _AGAIN))


def read_failure(fields: Mapping[str, str], now: datetime) -> SessionFailed:
    """A failure as the JVM's FailureFields writes it. Raises KeyError, ValueError or ModelError for what is none."""
    kind, role = fields["kind"], fields.get("role")
    if kind not in _KINDS:
        raise ValueError("an unknown kind")
    retry_in = fields.get("retryInMillis")
    hop = None
    if "hop.arn" in fields:
        hop = Hop(fields["hop.role"], int(fields["hop.number"]), Arn.parse_role(fields["hop.arn"]))
    found = Failure(
        kind,
        fields["problem"],
        fields.get("advice"),
        hop,
        fields.get("code"),
        fields.get("stsMessage"),
        int(fields.get("attempts", "0")),
        None if retry_in is None else now + timedelta(milliseconds=int(retry_in)),
    )
    return SessionFailed(found, f"role {role}" if role else None, int(fields.get("hop.hops", "0")))


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        content = json.loads(body.decode("utf-8"))
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _cause(error: BaseException) -> str:
    if isinstance(error, OSError):
        # socket.timeout has no strerror, and is no TimeoutError before Python 3.10.
        return error.strerror or str(error) or type(error).__name__
    return type(error).__name__
