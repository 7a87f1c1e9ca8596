"""AccessMap <-> plan document. Defaults and empty fields are left out, so a plan is as short as what it says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from spark_xacct import keys
from spark_xacct.errors import ModelError, PlanError
from spark_xacct.model import (
    AccessMap,
    Arn,
    Base,
    BaseKind,
    Binding,
    ExternalId,
    Pattern,
    Role,
    Sts,
    sts_fields,
)
from spark_xacct.model.bases import provider_classes
from spark_xacct.version import __version__

VERSION = 1
_TOP = {"v", "base", "sts", "otherwise", "roles", "buckets", "own", "python"}
_BASE = {"kind", "arn", "profile", "v1", "v2"}
_STS = {"region", "endpoint"}
_ROLE = {str(metadata["sts"]) for metadata in sts_fields().values()} | {"via"}
_BUCKET = {"role", "access", "owner", "region", "acl", "requester_pays", "access_point", "kms_write", "kms_read"}
_PYTHON = {"default_role", "roles"}


def to_document(access_map: AccessMap) -> dict[str, Any]:
    """The plan document of an access map: what is resolved at compile time, and nothing that only documents need."""
    base = access_map.base
    classes = provider_classes(base)
    python: dict[str, Any] = {"roles": list(access_map.python_roles)}
    return _without_empty(
        {
            "v": VERSION,
            "base": _without_empty(
                {
                    "kind": base.kind.value,
                    "arn": str(base.arn) if base.arn else None,
                    "profile": base.profile,
                    "v1": classes["v1"],
                    "v2": classes["v2"],
                }
            ),
            "sts": _without_empty({"region": access_map.sts.region, "endpoint": access_map.sts.endpoint}),
            "otherwise": keys.OTHERWISE_DENY if access_map.deny_undeclared else keys.OTHERWISE_PLATFORM,
            "own": [pattern.text for pattern in access_map.own],
        },
        roles={name: _role_to_document(role) for name, role in access_map.roles.items()},
        buckets={binding.key: _binding_to_document(access_map, binding) for binding in access_map.bindings},
        python=dict(python, default_role=access_map.python_default_role) if access_map.python_default_role else python,
    )


def from_document(document: Mapping[str, Any]) -> AccessMap:
    """The access map in a plan. Raises PlanError for a newer version, an unknown field or an impossible value."""
    version = document.get("v")
    if isinstance(version, bool) or version != VERSION:
        raise PlanError(
            f"the plan has version {version}; spark-xacct {__version__} reads plan version 1; update spark-xacct here"
        )
    _check_fields(document, _TOP, "the plan")
    try:
        return _from_document(document)
    except KeyError as error:
        raise PlanError(f"the plan lacks the field {error}; render it again") from None
    except (ModelError, TypeError, AttributeError, ValueError) as error:
        raise PlanError(f"the plan cannot be used: {error}") from None


def _from_document(document: Mapping[str, Any]) -> AccessMap:
    base, sts, python = document["base"], document["sts"], document["python"]
    _check_fields(base, _BASE, "base")
    _check_fields(sts, _STS, "sts")
    _check_fields(python, _PYTHON, "python")
    otherwise = document["otherwise"]
    if otherwise not in (keys.OTHERWISE_DENY, keys.OTHERWISE_PLATFORM):
        raise PlanError(f'the plan says otherwise: "{otherwise}"; known are @platform and @deny')
    roles = {name: _role_from_document(name, value) for name, value in document["roles"].items()}
    kind = BaseKind(base["kind"])
    return AccessMap(
        base=Base(
            kind=kind,
            arn=Arn.parse_principal(base["arn"]) if "arn" in base else None,
            profile=base.get("profile"),
            class_name=(base.get("v2") or base.get("v1")) if kind is BaseKind.CLASS else None,
        ),
        sts=Sts(sts["region"], sts.get("endpoint")),
        roles=roles,
        bindings=tuple(_binding_from_document(key, value, roles) for key, value in document["buckets"].items()),
        own=tuple(Pattern(text) for text in document.get("own", ())),
        deny_undeclared=otherwise == keys.OTHERWISE_DENY,
        python_default_role=python.get("default_role"),
        python_roles=tuple(python["roles"]),
    )


def _role_to_document(role: Role) -> dict[str, Any]:
    return _without_empty(
        {
            "RoleArn": str(role.arn),
            "RoleSessionName": role.session_name,
            "DurationSeconds": role.duration_seconds,
            "ExternalId": role.external_id.to_plan() if role.external_id else None,
            "Tags": dict(role.tags),
            "TransitiveTagKeys": list(role.transitive_tags),
            "SourceIdentity": role.source_identity,
            "Policy": role.policy,
            "PolicyArns": list(role.policy_arns),
            "via": role.via,
        }
    )


def _role_from_document(name: str, value: Mapping[str, Any]) -> Role:
    _check_fields(value, _ROLE, f"roles.{name}")
    return Role(
        name=name,
        arn=Arn.parse_role(value["RoleArn"]),
        via=value.get("via"),
        session_name=value["RoleSessionName"],
        duration_seconds=value["DurationSeconds"],
        external_id=ExternalId.from_plan(value["ExternalId"]) if "ExternalId" in value else None,
        tags=tuple(sorted(value.get("Tags", {}).items())),
        transitive_tags=tuple(value.get("TransitiveTagKeys", ())),
        source_identity=value.get("SourceIdentity"),
        policy=value.get("Policy"),
        policy_arns=tuple(value.get("PolicyArns", ())),
    )


def _binding_to_document(access_map: AccessMap, binding: Binding) -> Any:
    target = keys.TARGET_BASE if binding.role is None else binding.role
    more = _without_empty(
        {
            "access": binding.access if binding.access != "read" else None,
            "owner": binding.owner if binding.owner != _owner_by_role(access_map.roles, binding.role) else None,
            "region": binding.region,
            "acl": binding.acl,
            "requester_pays": binding.requester_pays,
            "access_point": binding.access_point,
            "kms_write": binding.kms_write,
            "kms_read": list(binding.kms_read),
        }
    )
    return dict(more, role=target) if more else target


def _binding_from_document(key: str, value: Any, roles: Mapping[str, Role]) -> Binding:
    if isinstance(value, str):
        value = {"role": value}
    _check_fields(value, _BUCKET, f"buckets.{key}")
    bucket, _, prefix = key.partition("/")
    role = None if value["role"] == keys.TARGET_BASE else value["role"]
    return Binding(
        bucket=Pattern(bucket),
        prefix=prefix,
        role=role,
        access=value.get("access", "read"),
        owner=value.get("owner", _owner_by_role(roles, role)),
        region=value.get("region"),
        kms_write=value.get("kms_write"),
        kms_read=tuple(value.get("kms_read", ())),
        acl=value.get("acl"),
        requester_pays=value.get("requester_pays", False),
        access_point=value.get("access_point"),
    )


def _owner_by_role(roles: Mapping[str, Role], role: str | None) -> str | None:
    return roles[role].arn.account if role is not None and role in roles else None


def _without_empty(values: Mapping[str, Any], **always: Any) -> dict[str, Any]:
    result = {name: value for name, value in values.items() if value not in (None, False, (), [], {})}
    result.update(always)
    return result


def _check_fields(value: Any, known: set[str], where: str) -> None:
    if not isinstance(value, Mapping):
        raise PlanError(f"the plan cannot be used: {where} is not an object")
    unknown = sorted(_unknown(value, known))
    if unknown:
        raise PlanError(
            f'the plan has the field "{unknown[0]}" at {where} that spark-xacct {__version__} does not know; it reads plan version 1; '
            "update spark-xacct here"
        )


def _unknown(value: Iterable[str], known: set[str]) -> list[str]:
    return [name for name in value if name not in known]
