"""Target ``aws-profile``: an AWS configuration file whose profiles are the roles, for AWS programs that know nothing of us.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from spark_xacct.errors import TargetError
from spark_xacct.model import AccessMap, BaseKind, Role, session_name
from spark_xacct.targets import profiles, templates
from spark_xacct.targets.job import Job
from spark_xacct.targets.registry import Rendered, Target, register
from spark_xacct.targets.settings import Flavour, Settings

# Who signs the first hop, where a profile can name it by itself.
SOURCES: Mapping[BaseKind, str] = {
    BaseKind.POD_IDENTITY: "EcsContainer",
    BaseKind.CONTAINER: "EcsContainer",
    BaseKind.INSTANCE_PROFILE: "Ec2InstanceMetadata",
    BaseKind.ENV: "Environment",
}
# https://docs.aws.amazon.com/eks/latest/userguide/pod-configuration.html : where EKS puts it, in every pod.
WEB_IDENTITY_TOKEN_FILE = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"
# Fits a condition on xacct-*, as sessions of runs do.
SESSION_NAME = session_name.fill(session_name.DEFAULT_TEMPLATE, "profile", "")
BASE = "base"
WAY_OUT = f"take `render {profiles.PROCESS}`, whose profiles run spark-xacct"
# What AssumeRole has and a profile has no key for, as a declaration calls it.
NOT_IN_A_PROFILE = {
    "tags": "tags",
    "transitive_tags": "transitive_tags",
    "source_identity": "source_identity",
    "policy": "session_policy",
    "policy_arns": "session_policy",
}


def content(settings: Settings, job: Job) -> Mapping[str, Any]:
    access_map = settings.plan.access_map
    names = profiles.roles(TARGET.name, access_map)
    roles = {role.name: role for name in names for role in access_map.chain(name)}
    problems = [*_of_base(access_map), *(line for role in roles.values() for line in _of_role(role, settings))]
    if problems:
        raise TargetError("\n".join(f"{TARGET.name}: {problem}" for problem in dict.fromkeys(problems)))
    sections = {
        **_base(access_map),
        **{profiles.section(role.name): _role(role, access_map, settings) for role in roles.values()},
    }
    default = access_map.python_default_role
    if default is not None and access_map.base.kind not in profiles.BEFORE_ASSUMED_ROLE:
        sections[profiles.DEFAULT] = sections[profiles.section(default)]
    return {"sections": {**sections, **profiles.services(access_map)}}


def write(rendered: Rendered) -> Mapping[str, str]:
    settings = rendered.settings
    access_map = settings.plan.access_map
    templates_used = {role.session_name for role in access_map.roles.values()}
    values = {
        **profiles.for_people(rendered, profiles.BEFORE_ASSUMED_ROLE),
        "session_name": SESSION_NAME
        if settings.run is None and session_name.DEFAULT_TEMPLATE in templates_used
        else None,
        "base_profile": access_map.base.profile,
    }
    return {"config": templates.fill(TARGET.name, "config.j2", values)}


def _base(access_map: AccessMap) -> dict[str, dict[str, str]]:
    """The profile that a chain begins with, where the first hop cannot name its source itself."""
    if access_map.base.kind is not BaseKind.IRSA:
        return {}
    return {
        profiles.section(BASE): {
            "role_arn": str(access_map.base.arn),
            "web_identity_token_file": WEB_IDENTITY_TOKEN_FILE,
            "role_session_name": SESSION_NAME,
            **profiles.where(access_map),
        }
    }


def _role(role: Role, access_map: AccessMap, settings: Settings) -> dict[str, str]:
    external_id = {} if role.external_id is None else {"external_id": str(role.external_id.literal)}
    return {
        "role_arn": str(role.arn),
        **_source(role, access_map),
        **external_id,
        "role_session_name": _session_name(role, settings) or "",
        "duration_seconds": str(role.duration_seconds),
        **profiles.where(access_map),
    }


def _source(role: Role, access_map: AccessMap) -> dict[str, str]:
    base = access_map.base
    if role.via is not None:
        return {"source_profile": profiles.name_of(role.via)}
    if base.kind in SOURCES:
        return {"credential_source": SOURCES[base.kind]}
    return {"source_profile": base.profile or profiles.name_of(BASE)}


def _session_name(role: Role, settings: Settings) -> str | None:
    """The name with its placeholders filled in, None where they are not known before the run."""
    template, run, user = role.session_name, settings.run, settings.user
    if template == session_name.DEFAULT_TEMPLATE and run is None:
        return SESSION_NAME
    if ("{run}" in template and run is None) or ("{user}" in template and user is None):
        return None
    return session_name.fill(template, run or "", user or "")


def _of_base(access_map: AccessMap) -> Iterator[str]:
    base = access_map.base
    yield from profiles.problems(access_map)
    if base.kind is BaseKind.IRSA and base.arn is None:
        yield "base irsa: a profile must name the role of the pod; declare base: {kind: irsa, arn: ...}"
    elif base.kind is BaseKind.EMR_RUNTIME_ROLE:
        yield f"base {base.kind}: a profile has no source for what EMR gives a process; {WAY_OUT}"


def _of_role(role: Role, settings: Settings) -> Iterator[str]:
    for field in role.set_fields():
        if field in NOT_IN_A_PROFILE:
            declared = NOT_IN_A_PROFILE[field]
            yield f"role {role.name}: {declared}: a profile has no key for it; {WAY_OUT}, or leave it out"
    if role.external_id is not None and role.external_id.literal is None:
        yield (
            f"role {role.name}: external_id is a reference ({role.external_id}), and a profile takes the text itself; write it, or "
            f"{WAY_OUT}"
        )
    if _session_name(role, settings) is None:
        yield (
            f"role {role.name}: session_name {role.session_name} is filled in at run time, which a profile cannot; write a name "
            f"without {{run}} and {{user}}, or {WAY_OUT}"
        )


TARGET = register(
    Target(
        name="aws-profile",
        doc="an AWS configuration file with chained profiles, for boto3 and other AWS SDKs on the driver",
        content=content,
        write=write,
        limits="no tags, source identity, session policy or external id by reference: AWS profiles have no keys for them",
        # Of no account here.
        default_release="spark-4",
        python_only=True,
        flavours=(Flavour.SHIM,),
    )
)
