"""What the documents of an access map leave out, in words for those who apply them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from spark_xacct.iam import trust
from spark_xacct.iam.chains import base_arn
from spark_xacct.model import AccessMap, Arn, BaseKind, Binding, limits
from spark_xacct.model.bases import row_of

NO_DECLARATION_KNOWS = (
    "no declaration knows policies of KMS keys and VPC endpoints, Deny statements of buckets, service control policies and "
    "permissions boundaries, which must let the same through; a bucket without owner: is taken for one of its role's account"
)


@dataclass(frozen=True)
class LeftOut:
    """One sentence, and the account whose owner must look; None where that is every one."""

    text: str
    account: str | None = None


def left_out(access_map: AccessMap) -> tuple[LeftOut, ...]:
    """What to look at besides the documents, what is true of all of them first. Raises ModelError without ``base.arn``."""
    base = base_arn(access_map)
    found = [
        LeftOut(NO_DECLARATION_KNOWS),
        *_of_base(access_map, base),
        *(item for name in sorted(access_map.roles) for item in _of_role(access_map, name, base)),
        *(item for binding in access_map.bindings for item in _of_binding(access_map, binding, base)),
    ]
    return tuple(dict.fromkeys(found))


def _of_base(access_map: AccessMap, base: Arn) -> Iterator[LeftOut]:
    kind, details = access_map.base.kind, access_map.documents
    trusted = row_of(kind).trust
    if kind is BaseKind.EMR_RUNTIME_ROLE and not base.is_user:
        # https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-steps-runtime-roles.html
        # https://docs.aws.amazon.com/glue/latest/dg/create-an-iam-role.html
        yield LeftOut(
            f"the trust policy of {base} is that of EMR Serverless; on EMR on EC2 it names the role of the instance profile instead, "
            "with sts:AssumeRole and sts:TagSession, which that role must be allowed too; in Glue it names glue.amazonaws.com",
            base.account,
        )
    elif not base.is_user and not trust.of_base(kind, base, details):
        why = (
            "declare documents: {oidc_provider: ..., namespace: ..., service_account: ...}, and it is"
            if trusted == "web-identity"
            else f"base {kind} does not tell who gives the role out"
        )
        yield LeftOut(f"the trust policy of {base} is not written: {why}", base.account)
    if details.get("execution_roles"):
        yield LeftOut(
            f"documents.execution_roles ({', '.join(details['execution_roles'])}) get no documents, base.arn does; declare an "
            "environment for each, with its own base",
            base.account,
        )
    if access_map.own:
        yield LeftOut(
            f"own ({', '.join(map(str, access_map.own))}): what {base} may do there already is left as it is",
            base.account,
        )


def _of_role(access_map: AccessMap, name: str, base: Arn) -> Iterator[LeftOut]:
    role = access_map.roles[name]
    if role.arn == base:
        yield LeftOut(
            f"role {name} is the base identity itself: neither its trust in itself nor what it needs for its buckets is "
            "written; drop the role and bind its buckets to base",
            base.account,
        )
    if role.duration_seconds > limits.CHAINED_DURATION_MAXIMUM_SECONDS:
        yield LeftOut(
            f"role {name} is assumed for {role.duration_seconds} s: MaxSessionDuration of {role.arn} must allow that",
            role.arn.account,
        )
    for grant in role.grants:
        if grant.arn.account not in ("", role.arn.account):
            yield LeftOut(
                f"{grant.arn} is not of the account of role {name}: its own policy must let {role.arn} in",
                grant.arn.account,
            )


def _of_binding(access_map: AccessMap, binding: Binding, base: Arn) -> Iterator[LeftOut]:
    user = base if binding.role is None else access_map.roles[binding.role].arn
    if binding.owner is None:
        yield LeftOut(
            f"bucket {binding.key} is bound to base and has no owner: where it is of another account than {base.account}, "
            "declare owner: and its bucket policy is written",
            base.account,
        )
    elif binding.bucket.is_pattern and binding.owner != user.account:
        yield LeftOut(
            f"{binding.key} is a pattern, and a bucket policy belongs to one bucket: each one there must let {user} in",
            binding.owner,
        )
    if binding.access_point is not None:
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html
        yield LeftOut(
            f"bucket {binding.key} is reached by {binding.access_point}: add it to the resources in the permissions of {user}, "
            "and let it in by the access point's own policy",
            user.account,
        )
    read = binding.kms_read if binding.reads else ()
    written = (binding.kms_write,) if binding.kms_write is not None and binding.writes else ()
    for key in sorted({*read, *written}):
        yield from _of_key(key, user)


def _of_key(key: str, user: Arn) -> Iterator[LeftOut]:
    arn = Arn.parse(key)
    if arn.resource.startswith("alias/"):
        # https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
        yield LeftOut(f"{key} is an alias, by which no policy allows the use of a key: declare the key", user.account)
    elif arn.account != user.account:
        yield LeftOut(f"{key} is not of the account of {user}: its key policy must name it", arn.account)
