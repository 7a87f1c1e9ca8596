"""Trust documents: who may assume a role, and with what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from spark_xacct.errors import ModelError
from spark_xacct.iam.chains import ASSUME_ROLE, Assumption, sid_word
from spark_xacct.iam.explained import Explained, explained, sid, with_different_sids
from spark_xacct.model import Arn, BaseKind, ExternalId, Role
from spark_xacct.model.bases import row_of

STS_AUDIENCE = "sts.amazonaws.com"


def of_role(hops: Iterable[Assumption], external_ids: Mapping[str, str]) -> tuple[Explained, ...]:
    """The trust statements of one role: for each caller one statement an action, so that each can be judged alone.

    AWS's own examples split them too: a condition on sts:ExternalId says nothing about sts:TagSession.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_permissions-required
    """
    return with_different_sids(statement for hop in hops for statement in _of_hop(hop, external_ids))


def _of_hop(hop: Assumption, external_ids: Mapping[str, str]) -> Iterable[Explained]:
    role = hop.role
    caller = "the base identity" if hop.caller_name == "base" else f"role {hop.caller_name}"

    known = {
        ASSUME_ROLE: (f"{caller} assumes role {role.name}", _external_id_condition(role, external_ids)),
        "sts:TagSession": (f"{caller} sends session tags: {_tag_reason(hop)}", _tag_condition(hop)),
        "sts:SetSourceIdentity": (
            f"the chain carries the source identity {hop.source_identity}",
            {"StringEquals": {"sts:SourceIdentity": hop.source_identity}},
        ),
    }
    for action in hop.actions:
        reason, condition = known.get(action, (f"{caller} sends what needs {action}", None))
        yield explained(
            sid(sid_word(action), role.name),
            reason,
            Effect="Allow",
            Principal={"AWS": str(hop.caller)},
            Action=action,
            Condition=condition,
        )


def _external_id_condition(role: Role, external_ids: Mapping[str, str]) -> dict[str, Any] | None:
    if role.external_id is None:
        return None
    value = external_ids.get(role.name) or role.external_id.literal or _unknown(role.external_id)
    return {"StringEquals": {"sts:ExternalId": value}}


def _unknown(external_id: ExternalId) -> str:
    # No caller can send "<": a document that was applied without filling this in refuses everyone.
    return f"<the value of {external_id}>"


def _tag_reason(hop: Assumption) -> str:
    parts = []
    if hop.role.tags:
        parts.append("its own " + ", ".join(key for key, _ in hop.role.tags))
    if hop.inherited_tags:
        parts.append("inherited " + ", ".join(hop.inherited_tags))
    if hop.tagged_by_base:
        parts.append("those of EKS Pod Identity")
    return "; ".join(parts)


def _tag_condition(hop: Assumption) -> dict[str, Any] | None:
    condition: dict[str, Any] = {}
    if hop.role.tags:
        condition["StringEquals"] = {f"aws:RequestTag/{key}": value for key, value in hop.role.tags}
    if hop.role.transitive_tags:
        condition["ForAllValues:StringEquals"] = {"sts:TransitiveTagKeys": list(hop.role.transitive_tags)}
    return condition or None


def of_base(kind: BaseKind, arn: Arn, details: Mapping[str, Any]) -> tuple[Explained, ...]:
    """The trust statement of a base role; empty where ``documents:`` does not tell enough or there is none to write."""
    trusted = row_of(kind).trust
    if trusted == "web-identity":
        return _of_web_identity(arn, details)
    if trusted is None:
        return ()
    # Pod Identity tags every session it gives out.
    actions = ["sts:AssumeRole", "sts:TagSession"] if kind is BaseKind.POD_IDENTITY else "sts:AssumeRole"
    reason = f"the platform gives the base identity out as {kind}"
    return (explained(sid("Platform"), reason, Effect="Allow", Principal={"Service": trusted}, Action=actions),)


def _of_web_identity(arn: Arn, details: Mapping[str, Any]) -> tuple[Explained, ...]:
    if not details.get("oidc_provider") or not details.get("namespace"):
        return ()
    issuer = oidc_issuer(str(details["oidc_provider"]))
    account = details.get("service_account")
    subject = f"system:serviceaccount:{details['namespace']}:{account or '*'}"
    equal = {f"{issuer}:aud": STS_AUDIENCE}
    condition: dict[str, Any] = {"StringEquals": equal}
    if account and "*" not in account:
        equal[f"{issuer}:sub"] = subject
    else:
        condition["StringLike"] = {f"{issuer}:sub": subject}
    return (
        explained(
            sid("ServiceAccount"),
            f"pods under {subject} are the base identity",
            Effect="Allow",
            Principal={"Federated": f"arn:{arn.partition}:iam::{arn.account}:oidc-provider/{issuer}"},
            Action="sts:AssumeRoleWithWebIdentity",
            Condition=condition,
        ),
    )


def oidc_issuer(text: str) -> str:
    """The issuer as IAM writes it (host and path), from an issuer URL, the provider's ARN, or itself."""
    issuer = text.split("oidc-provider/", 1)[-1].split("://", 1)[-1].rstrip("/")
    if not issuer or " " in issuer:
        raise ModelError(f'"{text}" is not an OIDC provider; write its URL or ARN')
    return issuer
