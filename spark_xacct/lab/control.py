"""The control path of a running lab: the server's half. Loopback, and only with the lab's own random token."""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from spark_xacct.lab.call_log import CallLog
from spark_xacct.lab.faults import Fault, Faults
from spark_xacct.lab.platform import Platform
from spark_xacct.lab.sessions import Identities, Identity
from spark_xacct.lab.sts_gate import ShortLife, StsGate
from spark_xacct.lab.web_identity import TokenIssuer
from spark_xacct.lab.wire import Message, answer

# No bucket can have this name.
CONTROL_PATH = "/_lab/"
TOKEN_HEADER = "X-Xacct-Lab-Token"
LOG = logging.getLogger(__name__)


class Control:
    """What the owner of a lab may ask of it: one method a command, arguments and results plain JSON."""

    def __init__(
        self,
        token: str,
        identities: Identities,
        tokens: TokenIssuer,
        gate: StsGate,
        faults: Faults,
        log: CallLog,
        platform: Platform,
    ) -> None:
        self._token, self._identities, self._tokens = token, identities, tokens
        self._gate, self._faults, self._log = gate, faults, log
        self._issued_tokens: list[str] = []
        self._commands: Mapping[str, Callable[..., Any]] = {
            "ping": lambda: "pong",
            "calls": self._log.since,
            "clear_calls": self._log.clear,
            "secrets": self._secrets,
            "add_identity": self._add_identity,
            "expire_now": self._identities.expire_now,
            "issue_token": self._issue_token,
            "give_out": platform.give_out,
            "arm": lambda **values: self._faults.arm(Fault(**values)),
            "disarm": self._faults.disarm,
            "short_lives": lambda lives: self._gate.set_short_lives([ShortLife(**life) for life in lives]),
        }

    def answer(self, request: Message) -> Message:
        """The answer to one command; 404 without a word for whoever has not the token."""
        name = request.target[len(CONTROL_PATH) :]
        if not hmac.compare_digest(request.header(TOKEN_HEADER), self._token) or name not in self._commands:
            return answer(404, b"", "text/plain")
        try:
            result = self._commands[name](**json.loads(request.body or b"{}"))
        except (TypeError, ValueError) as error:
            return answer(400, json.dumps({"error": str(error)}).encode(), "application/json")
        return answer(200, json.dumps({"result": result}).encode(), "application/json")

    def _secrets(self) -> list[str]:
        return [*self._identities.secrets(), *self._issued_tokens]

    def _add_identity(self, arn: str, access_key_id: str, secret: str) -> None:
        self._identities.add(Identity(arn, access_key_id, (secret,)))

    def _issue_token(self, **values: Any) -> str:
        token = self._tokens.issue(**values)
        self._issued_tokens.append(token)
        return token
