"""STS as AWS runs it: the limits, token checks and short lives that the server behind the front does not know."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from spark_xacct.lab import aws_request, session_rules
from spark_xacct.lab.aws_request import AwsRequest
from spark_xacct.lab.refusals import refusal
from spark_xacct.lab.sessions import Identities, Identity
from spark_xacct.lab.web_identity import TokenIssuer, TokenRefusedError
from spark_xacct.lab.wire import Message
from spark_xacct.model import limits

# No role may have less: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
MAXIMUM_SESSION_DURATION_DEFAULT_SECONDS = 3_600


class Directory(session_rules.Policies, Protocol):
    """What the gate reads from the accounts behind it."""

    def maximum_session_duration(self, role_arn: str) -> int:
        """Of a role that exists."""

    def client_ids(self, account: str, issuer: str) -> list[str] | None:
        """The audiences of an OIDC provider, None where the account has no such provider."""


@dataclass(frozen=True)
class ShortLife:
    """Sessions of ``role`` (an ARN, None for every role) end after ``seconds`` although more was asked for."""

    seconds: float
    role: str | None = None


class StsGate:
    """Refuses before and after the server behind the front, and remembers every session that comes out."""

    def __init__(
        self,
        identities: Identities,
        tokens: TokenIssuer,
        directory: Directory,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._identities, self._tokens, self._directory, self._clock = identities, tokens, directory, clock
        self._lock = threading.Lock()
        self._short_lives: list[ShortLife] = []

    def set_short_lives(self, lives: list[ShortLife]) -> None:
        """Replaces all short lives; the first that fits a session counts. Sessions that are out keep theirs."""
        with self._lock:
            self._short_lives = list(lives)

    def life_seconds(self, role_arn: str, usual: float) -> float:
        """How long a session of a role lasts that is given out now."""
        life = next((life for life in self._short_lives if life.role in (None, role_arn)), None)
        return usual if life is None else min(life.seconds, usual)

    def before(self, request: AwsRequest) -> Message | None:
        """A refusal that AWS would give before it looks at who may assume the role."""
        if request.operation not in ("AssumeRole", "AssumeRoleWithWebIdentity"):
            return None
        out_of_range = _out_of_range(request.form.get("DurationSeconds"))
        if out_of_range:
            return refusal(request, 400, "ValidationError", out_of_range)
        if request.operation == "AssumeRoleWithWebIdentity":
            return self._check_token(request)
        return None

    def after(self, request: AwsRequest, answer: Message, caller: Identity | None) -> tuple[Message, str | None]:
        """The answer that the caller gets, and the access key id that came out with it."""
        if answer.status != 200 or not request.operation.startswith(("AssumeRole", "GetSessionToken")):
            return answer, None
        issued = _Issued.read(answer.body)
        if issued is None:
            return answer, None
        role_arn = request.form.get("RoleArn")
        if role_arn is None:
            arn = caller.arn if caller else "unknown"
            self._identities.add(Identity(arn, issued.access_key_id, issued.secrets))
            return answer, issued.access_key_id
        refused = self._refused_after_all(request, role_arn, caller)
        if refused is not None:
            # The session behind this answer reaches nobody: its key is neither given out nor known here.
            return refused, None
        # All ends are kept here: the server forgets a key that has ended, and then says that it never existed.
        life = self.life_seconds(role_arn, _duration(request))
        expires = self._clock() + life
        if life < _duration(request):
            _rewrite_expiration(answer, expires)
        self._identities.add(_identity(request.form, issued, role_arn, caller, expires))
        return answer, issued.access_key_id

    def _check_token(self, request: AwsRequest) -> Message | None:
        account = request.form.get("RoleArn", "").split(":")[4:5]
        try:
            self._tokens.verify(
                request.form.get("WebIdentityToken", ""),
                lambda issuer: self._directory.client_ids(account[0], issuer) if account else None,
            )
        except TokenRefusedError as error:
            return refusal(request, 400, error.code, str(error))
        return None

    def _refused_after_all(self, request: AwsRequest, role_arn: str, caller: Identity | None) -> Message | None:
        if request.operation == "AssumeRole" and caller is not None:
            try:
                session_rules.check(request.form, caller, self._directory)
            except session_rules.SessionRefusedError as error:
                return refusal(request, error.status, error.code, str(error))
        too_long = self._too_long(request, role_arn, caller)
        return refusal(request, 400, "ValidationError", too_long) if too_long else None

    def _too_long(self, request: AwsRequest, role_arn: str, caller: Identity | None) -> str | None:
        duration = _duration(request)
        if duration <= MAXIMUM_SESSION_DURATION_DEFAULT_SECONDS:
            return None
        if request.operation == "AssumeRole" and caller is not None and caller.is_session:
            return "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
        if duration > self._directory.maximum_session_duration(role_arn):
            return "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        return None


def _duration(request: AwsRequest) -> int:
    return int(request.form.get("DurationSeconds", MAXIMUM_SESSION_DURATION_DEFAULT_SECONDS))


def _out_of_range(duration: str | None) -> str | None:
    if duration is None:
        return None
    start = f"1 validation error detected: Value '{duration}' at 'durationSeconds' failed to satisfy constraint: "
    if not duration.isdigit() or int(duration) < limits.DURATION_MINIMUM_SECONDS:
        return f"{start}Member must have value greater than or equal to {limits.DURATION_MINIMUM_SECONDS}"
    if int(duration) > limits.DURATION_MAXIMUM_SECONDS:
        return f"{start}Member must have value less than or equal to {limits.DURATION_MAXIMUM_SECONDS}"
    return None


@dataclass(frozen=True)
class _Issued:
    arn: str
    access_key_id: str
    secrets: tuple[str, ...]

    @classmethod
    def read(cls, body: bytes) -> _Issued | None:
        text = body.decode("utf-8", "replace")
        found = {
            name: re.search(f"<{name}>([^<]+)</{name}>", text)
            for name in ("Arn", "AccessKeyId", "SecretAccessKey", "SessionToken")
        }
        values = {name: match.group(1) for name, match in found.items() if match}
        if "AccessKeyId" not in values:
            return None
        secrets = tuple(values[name] for name in ("SecretAccessKey", "SessionToken") if name in values)
        return cls(values.get("Arn", ""), values["AccessKeyId"], secrets)


def _identity(
    form: Mapping[str, str], issued: _Issued, role_arn: str, caller: Identity | None, expires: float
) -> Identity:
    own = aws_request.tags(form)
    inherited = dict(caller.transitive_tags) if caller else {}
    keys = aws_request.members(form, "TransitiveTagKeys")
    transitive = {**inherited, **{key: own[key] for key in keys if key in own}}
    return Identity(
        arn=issued.arn,
        access_key_id=issued.access_key_id,
        secrets=issued.secrets,
        role=role_arn,
        session_name=form.get("RoleSessionName"),
        expires=expires,
        tags=tuple(sorted({**inherited, **own}.items())),
        transitive_tags=tuple(sorted(transitive.items())),
        source_identity=(caller.source_identity if caller else None) or form.get("SourceIdentity"),
    )


def requested(form: Mapping[str, str]) -> dict[str, Any]:
    """What an AssumeRole asked for, for the log. Session policies are named by length, tokens not at all."""
    values: dict[str, Any] = {
        "RoleArn": form.get("RoleArn"),
        "RoleSessionName": form.get("RoleSessionName"),
        "DurationSeconds": int(form["DurationSeconds"]) if form.get("DurationSeconds", "").isdigit() else None,
        "ExternalId": form.get("ExternalId"),
        "SourceIdentity": form.get("SourceIdentity"),
        "Tags": aws_request.tags(form) or None,
        "TransitiveTagKeys": aws_request.members(form, "TransitiveTagKeys") or None,
        "PolicyCharacters": len(form["Policy"]) if form.get("Policy") else None,
        "PolicyArns": [value for name, value in form.items() if name.startswith("PolicyArns.")] or None,
    }
    return {name: value for name, value in values.items() if value is not None}


def _rewrite_expiration(answer: Message, expires: float) -> None:
    text = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(expires)).encode()
    answer.body = re.sub(rb"<Expiration>[^<]*<", b"<Expiration>" + text + b"<", answer.body)
