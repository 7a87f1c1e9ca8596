"""EMRFS's role mappings of a security configuration: a prefix of S3 is a bucket or a prefix of a declaration, users and groups are not.

https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-emrfs-iam-roles.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from spark_xacct.importing.draft import BASE, Draft, DraftBucket, DraftRole, holds_variable, role_arn_problem
from spark_xacct.model import limits

_IDENTIFIER = re.compile(r"s3[an]?://(?P<bucket>[^/]+)(?:/(?P<prefix>.*))?\Z")


def into(draft: Draft, name: str, mappings: Iterable[Mapping[str, Any]]) -> None:
    """Adds buckets and prefixes. EMR takes the first mapping that matches, a declaration the longest prefix."""
    seen: list[str] = []
    for mapping in mappings:
        arn, kind, identifiers = mapping.get("Role"), mapping.get("IdentifierType"), mapping.get("Identifiers")
        problem = role_arn_problem(arn) if isinstance(arn, str) else "a mapping has no Role"
        if problem is not None:
            draft.leave(f"{name}: {problem}; nothing was carried of it")
            continue
        texts = [text for text in identifiers if isinstance(text, str)] if isinstance(identifiers, list) else []
        if kind != "Prefix":
            draft.leave(
                f"{name}: {kind} {', '.join(texts)} with {arn}: a declaration has no users and groups, one application is one identity; start "
                "each of them with a declaration of its own"
            )
            continue
        for text in texts:
            _add(draft, name, str(arn), text, seen)


def _add(draft: Draft, name: str, arn: str, text: str, seen: list[str]) -> None:
    found = _IDENTIFIER.match(text)
    if found is None or not limits.BUCKET_NAME.match(found["bucket"]) or holds_variable(text):
        draft.leave(f'{name}: "{text}" is not of the form s3://BUCKET or s3://BUCKET/PREFIX; nothing was carried of it')
        return
    earlier = next((before for before in seen if text.startswith(before)), None)
    if earlier is not None:
        draft.leave(
            f"{name}: {text} with {arn} never matched, since {earlier} stands before it; nothing was carried of it"
        )
        return
    seen.append(text)
    role = draft.role_named(DraftRole(arn))
    bucket = draft.buckets.get(found["bucket"])
    prefix = (found["prefix"] or "").strip("/")
    if not prefix:
        if bucket is not None and bucket.role not in (BASE, role):
            draft.leave(
                f"{name}: {text}: bucket {found['bucket']} has the role {bucket.role} by other settings already; it stays"
            )
        elif bucket is not None:
            bucket.role = role
        else:
            draft.buckets[found["bucket"]] = DraftBucket(role)
        return
    if "*" in prefix:
        draft.leave(f'{name}: "{text}" holds a *, which a prefix of a declaration cannot; nothing was carried of it')
        return
    if bucket is None:
        bucket = draft.buckets[found["bucket"]] = DraftBucket(BASE)
    bucket.prefixes[f"{prefix}/"] = (role, "read")
    if not (found["prefix"] or "").endswith("/"):
        draft.leave(f"{name}: {text} matched every key that begins so; what lies below {prefix}/ was written")
    draft.leave(
        f"{name}: {text}: prefixes are planned and explained, and no connector carries them yet: render and start refuse them"
    )
