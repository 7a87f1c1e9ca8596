"""AWS profiles of a plan's roles: what the two targets that write an AWS configuration file share."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from spark_xacct.errors import TargetError
from spark_xacct.model import AccessMap, BaseKind
from spark_xacct.targets.registry import Rendered

PROCESS = "aws-profile-process"
DEFAULT = "default"
PREFIX = "xacct-"
SERVICES = "xacct"
# Where the examples on pages and in the files put it.
FOLDER = "/etc/spark-xacct/aws"
PATH = f"{FOLDER}/config"
# What botocore takes before a profile that the program does not name: one with role_arn, one with credential_process. See
# create_credential_resolver in botocore/credentials.py.
BEFORE_ASSUMED_ROLE: Mapping[BaseKind, str] = {BaseKind.ENV: "the keys in the environment"}
BEFORE_PROCESS: Mapping[BaseKind, str] = {**BEFORE_ASSUMED_ROLE, BaseKind.IRSA: "the pod's web identity"}
# Begins a comment within a value, for SDKs that follow https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
_COMMENT = re.compile(r"\s[#;]")


def roles(target: str, access_map: AccessMap) -> tuple[str, ...]:
    """The names of the roles that get profiles. Raises TargetError where there are none."""
    if not access_map.python_roles:
        raise TargetError(
            f"{target}: python.roles is empty, and profiles are for what Python may ask for; bind a bucket to a role, or name roles "
            "under python"
        )
    return access_map.python_roles


def name_of(role: str) -> str:
    """What a program calls the profile of a role."""
    return PREFIX + role


def section(role: str) -> str:
    """The section of a role's profile in an AWS configuration file."""
    return f"profile {name_of(role)}"


def where(access_map: AccessMap) -> dict[str, str]:
    """Which STS is asked, always the regional one, and the region of clients."""
    custom = {} if access_map.sts.endpoint is None else {"services": SERVICES}
    return {"region": access_map.sts.region, "sts_regional_endpoints": "regional", **custom}


def services(access_map: AccessMap) -> dict[str, dict[str, dict[str, str]]]:
    """The section that names STS's endpoint, where one is declared."""
    endpoint = access_map.sts.endpoint
    return {} if endpoint is None else {f"services {SERVICES}": {"sts": {"endpoint_url": endpoint}}}


def problems(access_map: AccessMap) -> Iterator[str]:
    """What no profile can be, whichever kind."""
    base = access_map.base
    if base.kind is BaseKind.CLASS:
        yield f"base class: {base.class_name} is a class of the JVM, which no AWS profile can run; declare a base that Python has too"
    if base.profile is None:
        return
    if base.profile.startswith(PREFIX):
        yield f'base profile "{base.profile}" begins as the profiles of roles do ({PREFIX}); call it otherwise'
    if base.profile == DEFAULT and access_map.python_default_role is not None:
        yield (
            "python.default_role becomes [default], which base is already: it would be its own source; give base a profile of another "
            "name, or leave default_role out"
        )
    if base.profile != base.profile.strip() or not base.profile.isprintable() or _COMMENT.search(base.profile):
        yield f"base profile {base.profile!r} does not survive a configuration file; call it otherwise"


def lines(sections: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, list[str]]]:
    """(section, lines) in order; a value that has values of its own is written below its name."""
    return [(name, [line for item in content.items() for line in _lines(*item)]) for name, content in sections.items()]


def _lines(name: str, value: Any) -> list[str]:
    if isinstance(value, str):
        return [f"{name} = {value}"]
    return [f"{name} =", *(f"  {inner} = {text}" for inner, text in value.items())]


def for_people(rendered: Rendered, before: Mapping[BaseKind, str]) -> dict[str, Any]:
    """What both templates take. ``before``: what is taken before a profile that is not named."""
    access_map = rendered.settings.plan.access_map
    sections = rendered.content["sections"]
    return {
        "about": rendered.settings.plan.about,
        "path": PATH,
        "sections": lines(sections),
        "is_irsa": access_map.base.kind is BaseKind.IRSA,
        "before": before.get(access_map.base.kind),
        "default_role": access_map.python_default_role,
        "has_default": DEFAULT in sections,
        "example": name_of(access_map.python_default_role or access_map.python_roles[0]),
    }
