"""The documents each account must hold, with the reason of every statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Dict

from spark_xacct.iam import permissions, trust
from spark_xacct.iam.chains import Assumption, assumptions, base_arn
from spark_xacct.iam.explained import Explained, policy
from spark_xacct.model import AccessMap, Arn

Document = Dict[str, Any]


@dataclass(frozen=True)
class PrincipalDocuments:
    """What an account must hold for one role or user.

    ``names``: the declared roles with this ARN, or ("base",). ``trust`` is None where none is ours to write: a user has
    none, and that of a base identity belongs to its platform unless ``documents:`` tells enough.
    """

    arn: Arn
    names: tuple[str, ...]
    trust_statements: tuple[Explained, ...]
    permission_statements: tuple[Explained, ...]

    @property
    def trust(self) -> Document | None:
        return policy(self.trust_statements) if self.trust_statements else None

    @property
    def permissions(self) -> Document | None:
        return policy(self.permission_statements) if self.permission_statements else None

    @property
    def reasons(self) -> dict[str, str]:
        """Sid -> why the statement is there. Sids are unique within one principal."""
        return {item.sid: item.reason for item in (*self.trust_statements, *self.permission_statements)}


@dataclass(frozen=True)
class BucketDocuments:
    """The bucket policy that the owner of a bucket must add for a role of another account."""

    bucket: str
    statements: tuple[Explained, ...]

    @property
    def policy(self) -> Document:
        return policy(self.statements)

    @property
    def reasons(self) -> dict[str, str]:
        return {item.sid: item.reason for item in self.statements}


@dataclass(frozen=True)
class AccountDocuments:
    """Everything that one account's owner must apply."""

    account: str
    principals: tuple[PrincipalDocuments, ...] = ()
    buckets: tuple[BucketDocuments, ...] = ()


def documents(access_map: AccessMap, external_ids: Mapping[str, str] | None = None) -> tuple[AccountDocuments, ...]:
    """The documents of an access map, the base identity's account first, the others in order of their numbers.

    ``external_ids``: role name -> value, for external ids that are references; where one is missing, its place holds a
    text that says what to put there and that no caller can send. Raises ModelError when ``base.arn`` is not declared.
    """
    hops = assumptions(access_map)
    base = base_arn(access_map)
    principals = [_of_base(access_map, base, hops)]
    arns = sorted({hop.role.arn for hop in hops} - {base})
    principals += [_of_role(access_map, arn, hops, external_ids or {}) for arn in arns]
    bucket_policies = permissions.bucket_policies(access_map, base)
    accounts = {principal.arn.account for principal in principals} | set(bucket_policies)
    return tuple(
        AccountDocuments(
            account,
            tuple(principal for principal in principals if principal.arn.account == account),
            tuple(BucketDocuments(*item) for item in sorted(bucket_policies.get(account, {}).items())),
        )
        for account in sorted(accounts, key=lambda account: (account != base.account, account))
    )


def _of_base(access_map: AccessMap, base: Arn, hops: tuple[Assumption, ...]) -> PrincipalDocuments:
    calls = tuple(hop for hop in hops if hop.caller == base)
    bound = [binding for binding in access_map.bindings if binding.role is None]
    trusted: tuple[Explained, ...] = ()
    if not base.is_user:
        trusted = trust.of_base(access_map.base.kind, base, access_map.documents)
    return PrincipalDocuments(
        base,
        ("base",),
        trusted,
        (*permissions.to_assume(calls), *permissions.to_use(bound, (), base.partition, "the base identity")),
    )


def _of_role(
    access_map: AccessMap, arn: Arn, hops: tuple[Assumption, ...], external_ids: Mapping[str, str]
) -> PrincipalDocuments:
    here = tuple(hop for hop in hops if hop.role.arn == arn)
    calls = tuple(hop for hop in hops if hop.caller == arn)
    names = tuple(sorted(hop.role.name for hop in here))
    bound = [binding for binding in access_map.bindings if binding.role in names]
    grants = tuple(dict.fromkeys(grant for hop in here for grant in hop.role.grants))
    user = " and ".join(f"role {name}" for name in names)
    return PrincipalDocuments(
        arn,
        names,
        trust.of_role(here, external_ids),
        (*permissions.to_assume(calls), *permissions.to_use(bound, grants, arn.partition, user)),
    )
