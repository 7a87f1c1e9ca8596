"""Permission policies: what a role may do, and bucket policies where the bucket belongs to another account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from spark_xacct.iam.chains import Assumption, every_action, sid_word
from spark_xacct.iam.explained import Explained, explained, sid
from spark_xacct.model import AccessMap, Arn, Binding, Grant
from spark_xacct.model.permissions import statements_for


def to_assume(calls: Sequence[Assumption]) -> tuple[Explained, ...]:
    """What a caller needs for the next hops of its chains: one statement an action."""
    result = []
    for action in every_action():
        hops = [hop for hop in calls if action in hop.actions]
        if hops:
            names = ", ".join(sorted(hop.role.name for hop in hops))
            reason = f"the next hop of its chains: {names}"
            arns = sorted({str(hop.role.arn) for hop in hops})
            result.append(
                explained(sid(sid_word(action), "Roles"), reason, Effect="Allow", Action=action, Resource=arns)
            )
    return tuple(result)


def to_use(bindings: Iterable[Binding], grants: Iterable[Grant], partition: str, user: str) -> tuple[Explained, ...]:
    """What ``user`` needs for its buckets and grants."""
    bindings, grants = list(bindings), list(grants)
    return tuple(
        _numbered(number, statement, _reason(statement, bindings, grants, user))
        for number, statement in enumerate(statements_for(bindings, grants, partition), 1)
    )


def bucket_policies(access_map: AccessMap, base: Arn) -> dict[str, dict[str, tuple[Explained, ...]]]:
    """Account -> bucket -> statements, for every binding whose bucket belongs to another account than its identity.

    A pattern names no bucket, so it has no bucket policy here.
    """
    result: dict[str, dict[str, tuple[Explained, ...]]] = {}
    for binding in access_map.bindings:
        arn = base if binding.role is None else access_map.roles[binding.role].arn
        if binding.owner in (None, arn.account) or binding.bucket.is_pattern:
            continue
        user = "the base identity" if binding.role is None else f"role {binding.role}"
        buckets = result.setdefault(str(binding.owner), {})
        before = buckets.get(binding.bucket.text, ())
        buckets[binding.bucket.text] = before + tuple(
            _for_principal(len(before) + number, statement, arn, _reason(statement, [binding], (), user))
            for number, statement in enumerate(statements_for([binding], (), arn.partition), 1)
            if ":s3:::" in str(statement["Resource"])
        )
    return result


def _numbered(number: int, statement: Mapping[str, Any], reason: str) -> Explained:
    return Explained({"Sid": sid("Use", str(number)), **statement}, reason)


def _for_principal(number: int, statement: Mapping[str, Any], arn: Arn, reason: str) -> Explained:
    elements = {name: value for name, value in statement.items() if name != "Condition"}
    # The owner condition guards the caller's side; the owner knows who owns the bucket.
    condition = {key: value for key, value in statement.get("Condition", {}).items() if key != "StringEquals"}
    return explained(
        sid("Use", str(number)),
        reason,
        Effect=elements["Effect"],
        Principal={"AWS": str(arn)},
        Action=elements["Action"],
        Resource=elements["Resource"],
        Condition=condition,
    )


def _reason(statement: Mapping[str, Any], bindings: Iterable[Binding], grants: Iterable[Grant], user: str) -> str:
    resources = statement["Resource"]
    texts = [resources] if isinstance(resources, str) else list(resources)
    used = [f"{binding.key} ({binding.access})" for binding in bindings if _names(texts, binding)]
    used += [f"{grant.arn} ({grant.access})" for grant in grants if str(grant.arn) in texts]
    return f"{user} uses {', '.join(dict.fromkeys(used))}"


def _names(resources: Iterable[str], binding: Binding) -> bool:
    keys = {*binding.kms_read, binding.kms_write}
    for resource in resources:
        if resource in keys:
            return True
        _, separator, path = resource.partition(":s3:::")
        bucket, _, key = path.partition("/")
        if separator and bucket == binding.bucket.text and (not key or key.startswith(binding.prefix)):
            return True
    return False
