"""A fake STS on loopback: gives sessions out, keeps every form, refuses as it is told. Python 3.7 syntax."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from fakes.http import LoopbackServer, Request

NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
BASE_KEY = "AKIABASE"


class FakeSts(LoopbackServer):
    """Roles are trusted unless refused. Access keys are ``ASIA`` + the role's name in capitals + a counter.

    ``base_arn``: who BASE_KEY is. ``life``: seconds of a session whatever was asked, None for what was asked.
    """

    def __init__(self, base_arn: str = "arn:aws:sts::111122223333:assumed-role/etl/i-0") -> None:
        self.arns = {BASE_KEY: base_arn}
        self.life: float | None = None
        self.delay = 0.0
        self.clock_ahead = 0.0
        self.now = lambda: datetime.now(timezone.utc)
        self.calls: list[dict[str, str]] = []
        self.signers: list[str | None] = []
        self._refusals: dict[str, tuple[int, str, str]] = {}
        super().__init__()

    def refuse(self, name: str, code: str, message: str = "", status: int = 403) -> None:
        """``name``: the last element of a role's ARN, or an action."""
        self._refusals[name] = (status, code, message)

    def allow(self, name: str) -> None:
        del self._refusals[name]

    def actions(self, action: str = "AssumeRole") -> list[dict[str, str]]:
        return [call for call in self.calls if call["Action"] == action]

    def assumed(self) -> list[str]:
        """The names of the roles that were assumed, in order."""
        return [call["RoleArn"].rsplit("/", 1)[-1] for call in self.actions()]

    def answer(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        form = dict(parse_qsl(request.body.decode("utf-8"), keep_blank_values=True, strict_parsing=True))
        with self.lock:
            self.calls.append(form)
            self.signers.append(request.signer)
        time.sleep(self.delay)
        action, role = form["Action"], form.get("RoleArn", "").rsplit("/", 1)[-1]
        refusal = self._refusals.get(role) or self._refusals.get(action)
        if refusal is not None:
            return _error(*refusal)
        if action == "GetCallerIdentity":
            return self._caller_identity(str(request.signer))
        if action == "AssumeRole" and request.signer not in self.arns:
            return _error(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
        return self._session(action, form, role)

    def _caller_identity(self, signer: str) -> tuple[int, dict[str, str], bytes]:
        arn = self.arns[signer]
        return _xml(f"<Arn>{arn}</Arn><UserId>AROAFAKE</UserId><Account>111122223333</Account>", "GetCallerIdentity")

    def _session(self, action: str, form: dict[str, str], role: str) -> tuple[int, dict[str, str], bytes]:
        life = self.life if self.life is not None else float(form.get("DurationSeconds", 3600))
        expires = self.now() + timedelta(seconds=life - self.clock_ahead)
        account = form["RoleArn"].split(":")[4]
        arn = f"arn:aws:sts::{account}:assumed-role/{role}/{form['RoleSessionName']}"
        with self.lock:
            key = f"ASIA{role.upper()}{len(self.arns)}"
            self.arns[key] = arn
        return _xml(
            f"<Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>PLANTED-SECRET-{key}</SecretAccessKey>"
            f"<SessionToken>PLANTED-TOKEN-{key}</SessionToken><Expiration>{expires:%Y-%m-%dT%H:%M:%S.%fZ}</Expiration>"
            f"</Credentials><AssumedRoleUser><AssumedRoleId>AROAFAKE:x</AssumedRoleId><Arn>{arn}</Arn></AssumedRoleUser>",
            action,
        )


def _xml(result: str, action: str) -> tuple[int, dict[str, str], bytes]:
    text = f'<{action}Response xmlns="{NAMESPACE}"><{action}Result>{result}</{action}Result></{action}Response>'
    return 200, {"Content-Type": "text/xml"}, text.encode("utf-8")


def _error(status: int, code: str, message: str) -> tuple[int, dict[str, str], bytes]:
    body = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    text = f'<ErrorResponse xmlns="{NAMESPACE}">{body}<RequestId>fake</RequestId></ErrorResponse>'
    return status, {"Content-Type": "text/xml"}, text.encode("utf-8")
