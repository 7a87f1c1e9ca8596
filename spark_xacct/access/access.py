"""Access: what one declaration grants, as one object for Spark, for boto3 and for questions."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from spark_xacct.access.explanation import Explanation, explain
from spark_xacct.aws import RoleSessions, sessions_of
from spark_xacct.model import AccessMap
from spark_xacct.plan import Plan, decode, encode


class Access:
    """What one declaration grants. Immutable, thread-safe, pickles to its plan text; holds no credentials itself.

    ``run`` and ``user`` fill the placeholders of session names; by default they come from the environment.
    """

    def __init__(self, plan: Plan, run: str | None = None, user: str | None = None) -> None:
        self.plan = plan
        # Shared by every Access of this plan: each task of a worker unpickles its own.
        self._role_sessions = sessions_of(plan, run, user)

    @property
    def access_map(self) -> AccessMap:
        return self.plan.access_map

    @property
    def role_sessions(self) -> RoleSessions:
        """The role sessions of this process under this plan."""
        return self._role_sessions

    def boto3_session(self, role: str | None = None, uri: str | None = None) -> Any:
        """A boto3.Session of a role, or of the role that serves ``uri``. Raises UndeclaredError, RoleSessionError."""
        return self._role_sessions.boto3_session(role=role, uri=uri)

    def client(self, service: str, role: str | None = None, uri: str | None = None, **arguments: Any) -> Any:
        """A boto3 client of a role, or of the role that serves ``uri``. Raises UndeclaredError, RoleSessionError."""
        return self._role_sessions.client(service, role=role, uri=uri, **arguments)

    def explain(self, uri: str) -> Explanation:
        """Who serves a location under this plan, and why."""
        return explain(self.plan, uri)

    def configure(self, builder: Any) -> Any:
        """The builder with every setting of this plan. Raises SparkStartError when a JVM already runs."""
        from spark_xacct.access import starting

        return starting.configure(builder, self.plan)

    def start(self, builder: Any) -> Any:
        """A checked SparkSession in which this plan is in force. Raises SparkStartError."""
        from spark_xacct.access import starting

        return starting.start(builder, self.plan)

    def __reduce__(self) -> tuple[Any, ...]:
        return (_unpickled, (self.plan.text, self._role_sessions.run, self._role_sessions.user))

    def __repr__(self) -> str:
        return f"Access({self.plan.about!r})"


def load(file: str | os.PathLike[str], environment: str | None = None) -> Access:
    """The access of a declaration (``.yaml``) or of a plan file (``z1:`` text or JSON).

    A plan file needs neither pydantic nor ruamel.yaml: it is for places where no declaration can be read.
    Raises DeclarationError with every problem, or PlanError.
    """
    path = Path(file)
    if path.suffix not in (".yaml", ".yml"):
        return Access(decode(f"file:{path.resolve()}"))
    from spark_xacct.declaration import load as load_declaration

    return Access(encode(load_declaration(path, environment).access_map))


def _unpickled(text: str, run: str | None, user: str | None) -> Access:
    return Access(decode(text), run, user)
