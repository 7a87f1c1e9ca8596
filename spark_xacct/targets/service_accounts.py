"""The Kubernetes service accounts that EMR on EKS makes for a job run: each carries the name of the execution role in base 36.

https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/iam-execution-role.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from spark_xacct.errors import TargetError
from spark_xacct.model import Arn

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
# Each of the three pods of a job run has one.
PODS = ("client", "driver", "executor")
_NAME = re.compile(r"^emr-containers-sa-[a-z*-]+-(?P<account>[0-9]{12})-(?P<role>[0-9a-z]+)\Z")
_ROLE_NAME = re.compile(r"^[A-Za-z0-9_+=,.@-]{1,64}\Z")
_AUDIENCE = "sts.amazonaws.com"


def encoded(role_name: str) -> str:
    """A role's name, without its path, as one number in base 36."""
    number = int.from_bytes(role_name.encode("utf-8"), "big")
    digits = ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits or "0"


def decoded(text: str) -> str:
    """The name that ``encoded`` made a text of. Raises TargetError for what is no base 36 or no text."""
    try:
        number = int(text, len(_DIGITS)) if re.fullmatch("[0-9a-z]+", text) else -1
        return number.to_bytes((number.bit_length() + 7) // 8, "big").decode("utf-8")
    except (OverflowError, UnicodeDecodeError):
        raise TargetError(f'"{text}" is not the name of a role in base 36') from None


def names(account: str, role_name: str) -> dict[str, str]:
    """The name for each pod of a job run. ``account`` is that of the EKS cluster."""
    return {pod: f"emr-containers-sa-spark-{pod}-{account}-{encoded(role_name)}" for pod in PODS}


def pattern(account: str, role_name: str) -> str:
    """What a trust policy says: it fits job runs, interactive endpoints and the like under this role."""
    return f"emr-containers-sa-*-*-{account}-{encoded(role_name)}"


def web_identity_trust(role: Arn, issuer: str, namespace: str, account: str) -> Mapping[str, Any]:
    """The trust statement for IRSA. ``issuer``: host and path of the cluster's OIDC provider, known in the role's account too."""
    subject = f"system:serviceaccount:{namespace}:{pattern(account, role.resource_name)}"
    return {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:{role.partition}:iam::{role.account}:oidc-provider/{issuer}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{issuer}:aud": _AUDIENCE}, "StringLike": {f"{issuer}:sub": subject}},
    }


def pod_identity_trust() -> Mapping[str, Any]:
    """The trust statement for Pod Identity; which service accounts get the role is said by associations."""
    return {
        "Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }


def problem_with(name: str, role_name: str) -> str | None:
    """Why the service account ``name``, of a trust policy or an association, is not one of this role; None where it is."""
    found = _NAME.match(name)
    if found is None:
        return f"{name} is not a service account of EMR on EKS (emr-containers-sa-...-ACCOUNT-ROLE)"
    try:
        says = decoded(found["role"])
    except TargetError as error:
        return f"{name}: {error}"
    if says == role_name:
        return None
    should = name[: found.start("role")] + encoded(role_name)
    if says.endswith("\n") and says.rstrip("\n") == role_name:
        # So does the example at
        # https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/setting-up-enable-IAM.html
        return (
            f"{name} encodes {role_name} with a line break behind it, as `echo` without -n gives it: no job run has this service "
            f"account; write {should}"
        )
    shown = says if _ROLE_NAME.match(says) else "no role name"
    return f"{name} encodes {shown} and not {role_name}; write {should}"
