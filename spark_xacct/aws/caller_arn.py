"""Who an ARN is that STS answers. Needs no botocore: drivers without it compare too."""

from __future__ import annotations

import re

from spark_xacct.model import Arn

_ROLE_SESSION = re.compile(r"arn:([^:]+):sts::(\d+):assumed-role/([^/]+)/.+\Z")


def is_caller(actual: str, declared: Arn) -> bool:
    """Whether the ARN that STS answers is the declared one. A role session is its role; STS leaves the role's path out."""
    session = _ROLE_SESSION.match(actual)
    if session and not declared.is_user:
        return session.groups() == (declared.partition, declared.account, declared.resource_name)
    return actual == str(declared)


def without_session(actual: str) -> str:
    """The ARN that STS answers, without the name of a role session: the same for all sessions of one role."""
    return actual.rsplit("/", 1)[0] if _ROLE_SESSION.match(actual) else actual
