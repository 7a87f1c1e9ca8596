"""A draft as the text of a declaration, with comments for the person who goes on with it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from spark_xacct.importing.draft import Draft, DraftBase, DraftBucket, DraftRole, one_line

_PLAIN = re.compile(r"[a-z][a-z0-9._-]*\Z")
_WORDS = frozenset(["true", "false", "null", "yes", "no", "on", "off", "y", "n"])


def text(draft: Draft) -> str:
    """The YAML of a declaration."""
    return "\n".join(_lines(draft)) + "\n"


def _lines(draft: Draft) -> Iterator[str]:
    assert draft.base is not None
    yield f"# {one_line(draft.title)}"
    yield "# Read it before you use it; spark-xacct check and spark-xacct explain say what it means."
    yield "version: 1"
    yield _commented(f"base: {_base(draft.base)}", draft.base.comment)
    sts = {"region": draft.region, "endpoint": draft.endpoint}
    yield f"sts: {_flow(_given(sts))}"
    if draft.roles:
        yield "roles:"
        for name, role in draft.roles.items():
            yield from _role(name, role)
    if draft.buckets or draft.undecided:
        if draft.buckets and not draft.knows_access:
            yield "# Settings do not say which access is needed: read, or readwrite where a key or an ACL is for writing. Change what is not so."
        yield "buckets:" if draft.buckets else "# buckets:"
        for name, bucket in draft.buckets.items():
            yield from _bucket(name, bucket)
        for name, why in draft.undecided.items():
            yield f"#   {_scalar(name)}: ROLE    # {one_line(why)}"
    if draft.own:
        yield f"own: {_flow(draft.own)}"
    if draft.is_denying:
        yield "otherwise: deny"
    python = {"default_role": draft.python_default, "roles": draft.python_roles}
    if _given(python):
        yield f"python: {_flow(_given(python))}"


def _base(base: DraftBase) -> str:
    more = _given({"arn": base.arn, "profile": base.profile, "class": base.class_name})
    return _flow({"kind": base.kind, **more}) if more else base.kind


def _role(name: str, role: DraftRole) -> Iterator[str]:
    yield f"  {_scalar(name)}:"
    policy: Any = None
    if role.policy is not None or role.policy_arns:
        policy = _given({"inline": role.policy, "arns": list(role.policy_arns) or None})
    fields = {
        "arn": role.arn,
        "via": role.via,
        "external_id": role.external_id,
        "duration": None if role.seconds is None else duration(role.seconds),
        "session_name": role.session_name,
        "tags": dict(role.tags) or None,
        "transitive_tags": list(role.transitive_tags) or None,
        "source_identity": role.source_identity,
        "session_policy": policy,
    }
    for key, value in _given(fields).items():
        yield f"    {key}: {_flow(value)}"


def _bucket(name: str, bucket: DraftBucket) -> Iterator[str]:
    kms = _given({"write": bucket.kms_write, "read": list(bucket.kms_read) or None})
    s3 = _given(
        {"acl": bucket.acl, "requester_pays": bucket.requester_pays or None, "access_point": bucket.access_point}
    )
    prefixes = {
        prefix: role if access == "read" else {"role": role, "access": access}
        for prefix, (role, access) in bucket.prefixes.items()
    }
    more = _given(
        {
            "access": None if bucket.access == "read" else bucket.access,
            "owner": bucket.owner,
            "region": bucket.region,
            "kms": kms or None,
            "s3": s3 or None,
            "prefixes": prefixes or None,
        }
    )
    if not more:
        yield f"  {_scalar(name)}: {_scalar(bucket.role)}"
        return
    yield f"  {_scalar(name)}:"
    yield f"    role: {_scalar(bucket.role)}"
    for key, value in more.items():
        yield f"    {key}: {_flow(value)}"


def duration(seconds: int) -> str:
    """``1h``, ``15m``, ``1000s``."""
    for unit, length in (("h", 3600), ("m", 60)):
        if seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else _scalar(value)


def _scalar(value: str) -> str:
    """A text that YAML reads as this text: in quotes unless nothing else can be read in it."""
    if _PLAIN.match(value) and value not in _WORDS:
        return value
    written = json.dumps(value, ensure_ascii=False)
    # JSON lets some letters pass that YAML refuses.
    return "".join(letter if letter.isprintable() else f"\\U{ord(letter):08x}" for letter in written)


def _commented(line: str, comment: str) -> str:
    return f"{line}    # {one_line(comment)}" if comment else line
