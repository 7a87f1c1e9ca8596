"""A fake credentials endpoint of a JVM: its folder, and its server on loopback. Python 3.7 syntax."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from fakes.http import LoopbackServer, Request
from spark_xacct.plan import Plan


class FakeEndpoint(LoopbackServer):
    """Serves the roles that Python may ask for under the plan. Access keys are ``ASIA`` + the role's name in capitals + a counter.

    ``life``: seconds of the sessions it gives. ``delay``: seconds before each answer. ``environment``: what the JVM's own
    environment has of it. Nothing of the folder is taken away by ``close``; ``remove`` does that, as the end of a JVM.
    """

    def __init__(
        self, folder: Path, plan: Plan, roles: Iterable[str] | None = None, run: str = "run-jvm", user: str = "ana"
    ) -> None:
        super().__init__()
        self.life = 3_600.0
        self.delay = 0.0
        self.now = lambda: datetime.now(timezone.utc)
        self.requests: list[Request] = []
        self.folder = folder
        self.environment = {"SPARK_XACCT_ENDPOINT": str(folder)}
        self._answers: dict[str, tuple[int, Any]] = {}
        self._given = 0
        names = list(plan.access_map.python_roles if roles is None else roles)
        self._paths = {f"/{os.urandom(8).hex()}/{name}": name for name in names}
        self.tokens = {name: f"PLANTED-ENDPOINT-TOKEN-{name}-{os.urandom(8).hex()}" for name in names}
        self.description: dict[str, Any] = {
            "v": 1,
            "plan": plan.id,
            "plan_text": plan.text,
            "jar": "0.1.0",
            "run": run,
            "user": user,
            "base": plan.access_map.base.kind.value,
            "region": plan.access_map.sts.region,
            "address": self.url,
            "roles": {
                name: {"path": path, "token_file": f"{name}.token"} for path, name in sorted(self._paths.items())
            },
        }
        if plan.access_map.python_default_role is not None:
            self.description["default_role"] = plan.access_map.python_default_role
        folder.mkdir(mode=0o700)
        for name, token in self.tokens.items():
            self.write(f"{name}.token", token)
        self.describe()

    def describe(self, **changes: Any) -> None:
        """Writes endpoint.json, with ``changes``."""
        self.description.update(changes)
        self.write("endpoint.json", json.dumps(self.description))

    def write(self, name: str, content: str) -> None:
        """Writes a file of the folder as the JVM does."""
        path = self.folder / name
        if path.exists():
            path.unlink()
        file = os.open(str(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "w", encoding="utf-8") as stream:
            stream.write(content)

    def fail(self, served: str, **fields: Any) -> None:
        """Answers 503 for a role with these fields of a failure, such as kind="DENIED", hop__role="hub"."""
        failure = {name.replace("__", "."): str(value) for name, value in fields.items()}
        content = {"code": failure.get("kind"), "message": failure.get("problem"), "failure": failure}
        self.answer_with(served, 503, content)

    def answer_with(self, role: str, status: int, content: Any) -> None:
        """Answers this for a role: a JSON value, or bytes as they are."""
        self._answers[role] = (status, content)

    def serve(self, role: str) -> None:
        """Ends what ``fail`` or ``answer_with`` began."""
        self._answers.pop(role, None)

    def remove(self) -> None:
        """What the end of a JVM or of its SparkContext leaves: nothing."""
        self.close()
        for path in self.folder.iterdir():
            path.unlink()
        self.folder.rmdir()

    def asked(self) -> list[str | None]:
        """The role of each request, in order; None for a path that is no role's."""
        return [self._paths.get(request.path) for request in self.requests]

    def answer(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        with self.lock:
            self.requests.append(request)
        time.sleep(self.delay)
        role = self._paths.get(request.path)
        if request.method != "GET" or role is None:
            return 404, {}, b""
        if request.headers.get("authorization") != self.tokens[role]:
            return 401, {}, b""
        status, content = self._answers.get(role) or (200, self._session(role))
        body = content if isinstance(content, bytes) else json.dumps(content).encode("utf-8")
        return status, {"Content-Type": "application/json"}, body

    def _session(self, role: str) -> dict[str, str]:
        with self.lock:
            self._given += 1
            key = f"ASIA{role.upper()}{self._given}"
        return {
            "AccessKeyId": key,
            "SecretAccessKey": f"PLANTED-SECRET-{key}",
            "Token": f"PLANTED-TOKEN-{key}",
            "Expiration": f"{self.now() + timedelta(seconds=self.life):%Y-%m-%dT%H:%M:%SZ}",
            "RoleArn": f"arn:aws:iam::444455556666:role/{role}",
        }
