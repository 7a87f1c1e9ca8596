"""The default role of Python workers: every AWS library in them finds it, or the worker does not begin."""

from __future__ import annotations

import importlib.util
import os
import re
import socket
from collections.abc import MutableMapping

from spark_xacct.aws.endpoint import Endpoint
from spark_xacct.aws.environment_before import (
    CONFIG_FILE,
    CREDENTIALS_FILE,
    DEFAULT_ROLE,
    FULL_URI,
    KEPT_PREFIX,
    PROFILES_OFF,
    RELATIVE_URI,
    TOKEN,
    TOKEN_FILE,
    EnvironmentBefore,
)
from spark_xacct.aws.failure import PLAN
from spark_xacct.errors import RoleSessionError
from spark_xacct.model import BaseKind
from spark_xacct.worker import winners

# Of identities that boto3 would take before a container's. It looks for the relative URI even where that is empty.
TAKEN_AWAY = (
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    RELATIVE_URI,
    TOKEN,
)
REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")
# The first botocore that reads the token's file; an older one sends no token and is refused.
READS_TOKEN_FILE = (1, 32)

_VERSION = re.compile(r"""^__version__ = ['"](\d+)\.(\d+)""", re.MULTILINE)


def assume_default_role(
    endpoint: Endpoint, environment: MutableMapping[str, str], place: winners.Place = winners.WORKERS
) -> dict[str, str]:
    """Makes the endpoint's default role the one that AWS libraries find in ``environment``, where the plan has one.

    Returns what was taken away or replaced. The same stands on in ``environment`` under other names, where RoleSessions look
    for the base identity. Raises RoleSessionError, with ``environment`` as it was, where another identity would still win.
    """
    role = endpoint.default_role
    if role is None:
        return {}
    before = EnvironmentBefore(environment)
    is_env, is_profile = endpoint.base_kind == BaseKind.ENV, endpoint.base_kind == BaseKind.PROFILE
    problem = (
        (None if is_env else winners.of_keys(before, place))
        or (None if is_profile else winners.of_profiles(before, place))
        or winners.of_older_boto(before, place)
    )
    if problem is not None:
        raise RoleSessionError(
            f"role {role} (python.default_role) cannot be the identity of {place.whose} on host {socket.gethostname()}: {problem}",
            PLAN,
        )
    token = endpoint.token(role)
    ours = {FULL_URI: endpoint.credentials_uri(role), TOKEN_FILE: endpoint.token_file(role)}
    if is_profile:
        ours.update({CREDENTIALS_FILE: os.devnull, CONFIG_FILE: os.devnull})
    taken_away = TAKEN_AWAY + (winners.STATIC_KEYS if is_env else ())
    kept = {name: before[name] for name in (*taken_away, *ours) if name in before}
    if not any(before.get(name) for name in REGIONS):
        region = winners.region_of_default_profile(before)
        if region is None or is_profile:
            ours["AWS_DEFAULT_REGION"] = region or endpoint.region
    if not _botocore_reads_token_file():
        ours[TOKEN] = token
    stale = (*taken_away, PROFILES_OFF)
    for name in [name for name in environment if name in stale or name.startswith(KEPT_PREFIX)]:
        del environment[name]
    environment.update(ours)
    environment.update({KEPT_PREFIX + name: value for name, value in kept.items()})
    environment[DEFAULT_ROLE] = role
    if is_profile:
        environment[PROFILES_OFF] = "true"
    return kept


def _botocore_reads_token_file() -> bool:
    """By botocore's text: importing it would cost each daemon its time, and its metadata need not travel with it."""
    found = importlib.util.find_spec("botocore")
    get_source = getattr(found.loader, "get_source", None) if found is not None else None
    version = _VERSION.search((get_source and get_source("botocore")) or "")
    return version is None or (int(version.group(1)), int(version.group(2))) >= READS_TOKEN_FILE
