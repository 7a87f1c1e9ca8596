"""Plans for tests of targets."""

from __future__ import annotations

from typing import Any

from spark_xacct import plan as plans
from spark_xacct.model import AccessMap, Arn, Base, BaseKind, Binding, ExternalId, Pattern, Role, Sts
from spark_xacct.plan import Plan

KEY = "arn:aws:kms:us-east-1:444455556666:key/0a1b2c3d-1111-2222-3333-444455556666"


def role(name: str, account: str, via: str | None = None, partition: str = "aws", **more: Any) -> Role:
    return Role(name, Arn.parse_role(f"arn:{partition}:iam::{account}:role/{name}"), via=via, **more)


def bound(bucket: str, to: str | None, **more: Any) -> Binding:
    return Binding(Pattern(bucket), to, **more)


def access_map(*bindings: Binding, **more: Any) -> AccessMap:
    """Hub and partner behind it; base irsa; whatever else ``more`` says."""
    values: dict[str, Any] = {
        "base": Base(BaseKind.IRSA, Arn.parse_principal("arn:aws:iam::111122223333:role/etl")),
        "sts": Sts("eu-west-1"),
        "roles": {
            "hub": role("hub", "111122223333"),
            "partner": role("partner", "444455556666", via="hub", external_id=ExternalId(env="PARTNER_EXTERNAL_ID")),
            "finance": role("finance", "777788889999", duration_seconds=900),
        },
        "bindings": bindings,
        "python_default_role": "partner",
        "python_roles": ("finance", "partner"),
    }
    values.update(more)
    return AccessMap(**values)


def named() -> Plan:
    """Only named buckets: each gets our provider, the rest is the platform's."""
    return plans.encode(
        access_map(
            bound("partner-data", "partner"),
            bound(
                "partner-out",
                "partner",
                access="readwrite",
                region="us-east-1",
                kms_write=KEY,
                acl="bucket-owner-full-control",
            ),
            bound("logs.finance.example", "finance"),
            bound("scratch", None),
            own=(Pattern("corp-code"), Pattern("corp-dev-*")),
        )
    )


def refusing() -> Plan:
    """``otherwise: deny`` with patterns: our provider is the only one."""
    return plans.encode(
        access_map(
            bound("tenant-*-landing", "partner"),
            bound("partner-out", "partner", access="write", region="us-east-1"),
            own=(Pattern("corp-dev-*"),),
            deny_undeclared=True,
        )
    )


def plain_refusing() -> Plan:
    """What every label carries: ``otherwise: deny``, no keys of single buckets, no default role."""
    return plans.encode(
        access_map(
            bound("partner-data", "partner"),
            bound("finance-out", "finance", access="write"),
            bound("scratch", None),
            own=(Pattern("corp-dev-*"),),
            deny_undeclared=True,
            python_default_role=None,
        )
    )


def large(partition: str, region: str) -> Plan:
    """60 buckets, some with dots, and 10 roles in another partition, every native key that all releases have."""
    accounts = [str(100000000000 + 11111111 * number) for number in range(10)]
    roles = {
        f"team-{number}": role(f"team-{number}", account, partition=partition)
        for number, account in enumerate(accounts)
    }
    bindings = [
        bound(
            f"{'data.' if number % 3 else 'data-'}{number:03d}.{region}.example-company.com",
            f"team-{number % 10}",
            access="readwrite",
            region=region,
            acl="bucket-owner-full-control",
            kms_write=f"arn:{partition}:kms:{region}:{accounts[number % 10]}:key/{number:08d}-1111-2222-3333-444455556666",
        )
        for number in range(60)
    ]
    base = Base(BaseKind.IRSA, Arn.parse_principal(f"arn:{partition}:iam::111122223333:role/etl"))
    return plans.encode(
        access_map(
            *bindings, base=base, sts=Sts(region), roles=roles, python_default_role=None, python_roles=("team-1",)
        )
    )


def one_hop() -> Plan:
    """What Hadoop's own provider carries: named buckets, roles of one hop, no default role."""
    return plans.encode(
        access_map(
            bound("partner-data", "reader"),
            bound("partner-out", "reader", access="readwrite", region="us-east-1", kms_write=KEY),
            bound("scratch", None),
            roles={"reader": role("reader", "444455556666", external_id=ExternalId(literal="partner-7"))},
            python_default_role=None,
            python_roles=("reader",),
        )
    )
