"""The access map of the two-accounts example: base and hub in A, a partner behind the hub in B, a writer in C."""

from __future__ import annotations

from typing import Any

from spark_xacct.model import AccessMap, Arn, Base, BaseKind, Binding, ExternalId, Grant, Pattern, Role, Sts

A, B, C = "111122223333", "444455556666", "777788889999"
REGION = "eu-west-1"
EVENTS = f"arn:aws:sqs:{REGION}:{B}:events"
EXTERNAL_ID = "two-accounts-4711"


def role_arn(account: str, name: str) -> Arn:
    return Arn.parse_role(f"arn:aws:iam::{account}:role/{name}")


ETL, HUB, READER, WRITER = role_arn(A, "etl"), role_arn(A, "hub"), role_arn(B, "reader"), role_arn(C, "writer")


def hub(**fields: Any) -> Role:
    return Role("hub", HUB, **fields)


def partner(**fields: Any) -> Role:
    return Role("partner", READER, **{"via": "hub", "grants": (Grant(Arn.parse(EVENTS), "readwrite"),), **fields})


def writer(**fields: Any) -> Role:
    return Role("writer", WRITER, **{"external_id": ExternalId(literal=EXTERNAL_ID), **fields})


def two_accounts(*roles: Role, **fields: Any) -> AccessMap:
    """The map; ``roles`` take the place of those with the same names, ``fields`` that of the map's own."""
    every = {role.name: role for role in (hub(), partner(), writer(), *roles)}
    values: dict[str, Any] = {
        "base": Base(BaseKind.IRSA, ETL),
        "sts": Sts(REGION),
        "roles": every,
        "bindings": (
            Binding(Pattern("partner-data"), "partner", owner=B),
            Binding(Pattern("third-out"), "writer", access="readwrite", owner=C),
            Binding(Pattern("our-data"), None, access="readwrite", owner=A),
        ),
        "deny_undeclared": True,
        "python_roles": ("partner", "writer"),
    }
    return AccessMap(**{**values, **fields})
