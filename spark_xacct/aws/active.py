"""Which plan Python code of this process runs under."""

from __future__ import annotations

import os
import platform
import socket
from collections.abc import Mapping

from spark_xacct import keys
from spark_xacct.aws import endpoint
from spark_xacct.aws.failure import PLAN
from spark_xacct.aws.role_sessions import RoleSessions, sessions_of
from spark_xacct.errors import RoleSessionError
from spark_xacct.plan import Plan, decode, text
from spark_xacct.version import __version__

_activated: RoleSessions | None = None
_from_endpoint: tuple[str, RoleSessions] | None = None
_from_environment: tuple[str, RoleSessions] | None = None


def activate(role_sessions: RoleSessions) -> None:
    """Makes these the role sessions that this process's Python asks, until others are activated: for the driver."""
    global _activated
    _activated = role_sessions


def deactivate() -> None:
    """Forgets what was activated; the environment's plan, if any, is found again."""
    global _activated
    _activated = None


def in_force(plan: Plan) -> RoleSessions | None:
    """The role sessions that were activated in this process, if they are of this plan."""
    return _activated if _activated is not None and _activated.plan.id == plan.id else None


def current() -> RoleSessions:
    """The role sessions of this process: those activated, else of the credentials endpoint of its JVM, else of the plan in
    SPARK_XACCT_PLAN, else RoleSessionError.

    Nothing else is looked at, above all not boto3's default chain.
    """
    if _activated is not None:
        return _activated
    found = _of_endpoint(os.environ) or _of_environment(os.environ)
    if found is None:
        raise RoleSessionError(
            f"no plan here: neither {keys.ENDPOINT_ENVIRONMENT} nor {keys.PLAN_ENVIRONMENT} is set in the environment of this process "
            f"(host {socket.gethostname()}, Python {platform.python_version()}) and none was started in it; on the driver call "
            "spark_xacct.start(builder, file), for workers copy the lines that spark-xacct render spark-submit prints",
            PLAN,
        )
    return found


def _of_endpoint(environment: Mapping[str, str]) -> RoleSessions | None:
    global _from_endpoint
    folder = endpoint.folder_named(environment)
    if folder is None:
        return None
    if _from_endpoint is None or _from_endpoint[0] != folder:
        found = endpoint.read(folder)
        plan = decode(found.plan_text)
        if plan.id != found.plan_id:
            raise RoleSessionError(
                f"the jar and the Python package differ: the plan in {folder} is {plan.id} to spark-xacct {__version__} on host "
                f"{socket.gethostname()}, and {found.plan_id} to the jar ({found.jar}); install the package of the jar's version "
                "there",
                PLAN,
            )
        _from_endpoint = (folder, sessions_of(plan, found.run, found.user))
    return _from_endpoint[1]


def _of_environment(environment: Mapping[str, str]) -> RoleSessions | None:
    global _from_environment
    plan_text = text.joined(environment, keys.PLAN_ENVIRONMENT, "_")
    if plan_text is None:
        return None
    if _from_environment is None or _from_environment[0] != plan_text:
        _from_environment = (plan_text, sessions_of(decode(plan_text)))
    return _from_environment[1]
