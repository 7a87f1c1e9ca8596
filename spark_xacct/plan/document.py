"""AccessMap <-> plan document. Defaults and empty fields are left out, so a plan is as short as what it says."""

from __future__ import annotations

from collections.abc import Mapping
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
from spark_xacct.model.bases import BASES
from spark_xacct.plan.fields import Fields
from spark_xacct.version import __version__

VERSION = 1


def to_document(access_map: AccessMap) -> dict[str, Any]:
    """The plan document of an access map: what is resolved at compile time, and nothing that only documents need."""
    base = access_map.base
    classes = base.provider_classes
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


def from_document(document: Any) -> AccessMap:
    """The access map in a plan. Raises PlanError for a newer version, an unknown field or an impossible value."""
    top = Fields(document)
    version = top.required_number("v")
    if version != VERSION:
        raise PlanError(
            f"the plan has version {version}; spark-xacct {__version__} reads plan version {VERSION}; update spark-xacct here"
        )
    try:
        return _access_map(top)
    except ModelError as error:
        raise PlanError(f"the plan cannot be used: {error}") from None


def _access_map(top: Fields) -> AccessMap:
    otherwise = top.required_text("otherwise")
    if otherwise not in (keys.OTHERWISE_DENY, keys.OTHERWISE_PLATFORM):
        raise PlanError(f'the plan says otherwise: "{otherwise}"; known are "@platform" and "@deny"')
    top.required("roles")
    top.required("buckets")
    python = Fields(top.required("python"), "python")
    roles = {name: _role_from_document(name, value) for name, value in top.object("roles").items()}
    access_map = AccessMap(
        base=_base_from_document(Fields(top.required("base"), "base")),
        sts=_sts_from_document(Fields(top.required("sts"), "sts")),
        roles=roles,
        bindings=tuple(_binding_from_document(key, value, roles) for key, value in top.object("buckets").items()),
        own=tuple(Pattern(text) for text in top.texts("own")),
        deny_undeclared=otherwise == keys.OTHERWISE_DENY,
        python_default_role=python.text("default_role"),
        python_roles=python.texts("roles"),
    )
    python.refuse_the_rest()
    top.refuse_the_rest()
    return access_map


def _base_from_document(base: Fields) -> Base:
    text = base.required_text("kind")
    if text not in [kind.value for kind in BASES]:
        known = ", ".join(kind.value for kind in BASES)
        raise PlanError(f'the plan has the base identity "{text}"; spark-xacct {__version__} knows {known}')
    kind, arn, v1, v2 = BaseKind(text), base.text("arn"), base.text("v1"), base.text("v2")
    result = Base(
        kind=kind,
        arn=Arn.parse_principal(arn) if arn is not None else None,
        profile=base.text("profile"),
        class_name=(v2 or v1) if kind is BaseKind.CLASS else None,
    )
    base.refuse_the_rest()
    return result


def _sts_from_document(sts: Fields) -> Sts:
    result = Sts(sts.required_text("region"), sts.text("endpoint"))
    sts.refuse_the_rest()
    return result


def _role_to_document(role: Role) -> dict[str, Any]:
    """Under STS's own parameter names: what is a new field of ``Role`` is a new field here."""
    document = {
        str(metadata["sts"]): _written(getattr(role, name), metadata["form"]) for name, metadata in sts_fields().items()
    }
    return _without_empty(dict(document, via=role.via))


def _written(value: Any, form: str) -> Any:
    if value is None or form in ("text", "number"):
        return value
    if form == "arn":
        return str(value)
    if form == "external_id":
        return value.to_plan()
    return dict(value) if form == "tags" else list(value)


def _role_from_document(name: str, value: Any) -> Role:
    role = Fields(value, f"roles.{name}")
    try:
        values = {field: _read(role, metadata) for field, metadata in sts_fields().items()}
        result = Role(name=name, via=role.text("via"), **values)
    except ModelError as error:
        raise ModelError(f"roles.{name}: {error}") from None
    role.refuse_the_rest()
    return result


def _read(role: Fields, metadata: Mapping[str, Any]) -> Any:
    parameter, form = str(metadata["sts"]), metadata["form"]
    if form == "number":
        return role.required_number(parameter)
    if form == "texts":
        return role.texts(parameter)
    if form == "tags":
        tags = Fields(role.object(parameter), role.join(parameter))
        return tuple(sorted((key, tags.required_text(key)) for key in role.object(parameter)))
    if form == "external_id":
        return _external_id(role.value(parameter), role.join(parameter))
    if form == "arn":
        return Arn.parse_role(role.required_text(parameter))
    return role.required_text(parameter) if parameter == "RoleSessionName" else role.text(parameter)


def _external_id(value: Any, path: str) -> ExternalId | None:
    if value is None or isinstance(value, str):
        return None if value is None else ExternalId(literal=value)
    reference = Fields(value, path)
    variable, file = reference.text("env"), reference.text("file")
    reference.refuse_the_rest()
    if (variable is None) == (file is None):
        raise PlanError(f'the plan has no external id at {path}: one of "env" and "file" is needed')
    return ExternalId(env=variable, file=file)


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
    fields = Fields({"role": value} if isinstance(value, str) else value, f"buckets.{key}")
    bucket, slash, prefix = key.partition("/")
    target = fields.required_text("role")
    role = None if target == keys.TARGET_BASE else target
    try:
        if slash and not prefix:
            raise ModelError("a bucket without prefix is written without a slash")
        binding = Binding(
            bucket=Pattern(bucket),
            prefix=prefix,
            role=role,
            access=fields.text("access") or "read",
            owner=fields.text("owner") or _owner_by_role(roles, role),
            region=fields.text("region"),
            kms_write=fields.text("kms_write"),
            kms_read=fields.texts("kms_read"),
            acl=fields.text("acl"),
            requester_pays=fields.flag("requester_pays"),
            access_point=fields.text("access_point"),
        )
    except ModelError as error:
        raise ModelError(f"buckets.{key}: {error}") from None
    fields.refuse_the_rest()
    return binding


def _owner_by_role(roles: Mapping[str, Role], role: str | None) -> str | None:
    return roles[role].arn.account if role is not None and role in roles else None


def _without_empty(values: Mapping[str, Any], **always: Any) -> dict[str, Any]:
    result = {name: value for name, value in values.items() if value not in (None, False, (), [], {})}
    result.update(always)
    return result
