"""Access: what one declaration grants, as one object for Spark, for boto3 and for questions."""

from __future__ import annotations

import os
from typing import Any

from spark_xacct import declaration
from spark_xacct.access.explanation import Explanation, explain
from spark_xacct.aws import RoleSessions, in_force, sessions_of
from spark_xacct.model import AccessMap
from spark_xacct.plan import Plan, decode

ENVIRONMENT = "SPARK_XACCT_ENV"


class Access:
    """What one declaration grants. Immutable, thread-safe, pickles to its plan text; holds no credentials itself.

    ``run`` and ``user`` fill the placeholders of session names, here and in the application that ``start`` starts; by
    default they come from the environment.
    """

    def __init__(self, plan: Plan, run: str | None = None, user: str | None = None) -> None:
        self.plan = plan
        self._run, self._user = run, user
        # Shared by every Access of this plan: each task of a worker unpickles its own.
        self._role_sessions = sessions_of(plan, run, user)

    @property
    def access_map(self) -> AccessMap:
        return self.plan.access_map

    @property
    def role_sessions(self) -> RoleSessions:
        """The role sessions of this process under this plan: of the running application's run where the plan is in force."""
        return in_force(self.plan) or self._role_sessions

    def boto3_session(self, role: str | None = None, uri: str | None = None) -> Any:
        """A boto3.Session of a role, or of the role that serves ``uri``. Raises UndeclaredError, RoleSessionError."""
        return self.role_sessions.boto3_session(role=role, uri=uri)

    def client(self, service: str, role: str | None = None, uri: str | None = None, **arguments: Any) -> Any:
        """A boto3 client of a role, or of the role that serves ``uri``. Raises UndeclaredError, RoleSessionError."""
        return self.role_sessions.client(service, role=role, uri=uri, **arguments)

    def storage_options(self, uri: str, library: str) -> Any:
        """What an S3 library takes to work under the role that serves ``uri``. Raises as ``spark_xacct.storage_options``."""
        return self.role_sessions.storage_options(uri, library)

    def explain(self, uri: str) -> Explanation:
        """Who serves a location under this plan, and why."""
        return explain(self.plan, uri)

    def configure(self, builder: Any) -> Any:
        """The builder with every setting of this plan. Raises SparkStartError when a JVM already runs."""
        from spark_xacct.access import starting

        return starting.configure(builder, self.plan, self._run, self._user)

    def start(self, builder: Any) -> Any:
        """A checked SparkSession in which this plan is in force. Raises SparkStartError."""
        from spark_xacct.access import starting

        return starting.start(builder, self.plan, self._run, self._user)

    def __reduce__(self) -> tuple[Any, ...]:
        return (_unpickled, (self.plan.text, self.role_sessions.run, self.role_sessions.user))

    def __repr__(self) -> str:
        return f"Access({self.plan.about!r})"


def load(file: str | os.PathLike[str], environment: str | None = None) -> Access:
    """The access of a declaration, or of a plan file (``z1:`` text or the plan's JSON), told apart by what stands in it.

    ``environment`` chooses an overlay of a declaration; None is the one that SPARK_XACCT_ENV names, if any. A plan file has
    none, and needs neither pydantic nor ruamel.yaml: it is for places where no declaration can be read. Raises
    DeclarationError with every problem, or PlanError.
    """
    found = declaration.load(file, environment, default_environment=os.environ.get(ENVIRONMENT) or None)
    return Access(found.compiled())


def _unpickled(text: str, run: str | None, user: str | None) -> Access:
    return Access(decode(text), run, user)
