"""A plan of ours that stands in settings already: everything that the plan knows comes back."""

from __future__ import annotations

from spark_xacct.importing.draft import BASE, Draft, DraftBase, DraftBucket, DraftRole
from spark_xacct.model import AccessMap, Binding, Role
from spark_xacct.model import session_name as session_names


def into(draft: Draft, access_map: AccessMap) -> None:
    """Fills the draft. Grants, documents and environments are no part of a plan."""
    base = access_map.base
    draft.base = DraftBase(str(base.kind), str(base.arn) if base.arn else None, base.profile, base.class_name)
    draft.region, draft.endpoint = access_map.sts.region, access_map.sts.endpoint
    draft.roles = {name: _role(role) for name, role in access_map.roles.items()}
    whole = {binding.bucket.text: _bucket(access_map, binding) for binding in access_map.bindings if not binding.prefix}
    for binding in access_map.bindings:
        if binding.prefix and binding.bucket.text in whole:
            whole[binding.bucket.text].prefixes[binding.prefix] = (binding.role or BASE, binding.access)
    draft.buckets, draft.knows_access = whole, True
    draft.own = [pattern.text for pattern in access_map.own]
    draft.is_denying = access_map.deny_undeclared
    draft.python_default = access_map.python_default_role
    draft.python_roles = list(access_map.python_roles)


def _role(role: Role) -> DraftRole:
    name = role.session_name
    return DraftRole(
        str(role.arn),
        role.via,
        role.external_id.to_plan() if role.external_id else None,
        role.duration_seconds,
        None if name == session_names.DEFAULT_TEMPLATE else name,
        role.tags,
        role.transitive_tags,
        role.source_identity,
        role.policy,
        role.policy_arns,
    )


def _bucket(access_map: AccessMap, binding: Binding) -> DraftBucket:
    account = access_map.role(binding.role).arn.account if binding.role else None
    return DraftBucket(
        binding.role or BASE,
        binding.access,
        None if binding.owner == account else binding.owner,
        binding.region,
        binding.kms_write,
        binding.kms_read,
        binding.acl,
        binding.requester_pays,
        binding.access_point,
    )
