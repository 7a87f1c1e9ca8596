"""Makes the accounts of an access map: identities with the documents of ``spark_xacct.iam``, buckets and queues."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from spark_xacct.iam import AccountDocuments, PrincipalDocuments, documents
from spark_xacct.iam.trust import STS_AUDIENCE, oidc_issuer
from spark_xacct.lab.accounts import REGION, Accounts
from spark_xacct.lab.errors import LabError
from spark_xacct.lab.preparation import Prepared
from spark_xacct.model import AccessMap, Arn, BaseKind, Binding

POLICY_NAME = "spark-xacct"
OWN_POLICY_NAME = "lab-own-buckets"
NO_SUCH_THUMBPRINT = "0" * 40


def seed(accounts: Accounts, prepared: Prepared) -> tuple[AccountDocuments, ...]:
    """Makes everything that the declaration names; returns the documents that were applied."""
    access_map = prepared.access_map
    applied = documents(access_map, prepared.external_ids)
    if access_map.base.kind is BaseKind.IRSA:
        _make_oidc_provider(accounts, access_map)
    longest = max([role.duration_seconds for role in access_map.roles.values()], default=0)
    for account in applied:
        for principal in account.principals:
            make_principal(accounts, principal, longest)
    _allow_own_buckets(accounts, access_map)
    for bucket, owner, region in _buckets(access_map):
        make_bucket(accounts, owner, bucket, region)
    for account in applied:
        for policy in account.buckets:
            text = json.dumps(open_to_accounts(policy.policy))
            accounts.client(account.account, "s3").put_bucket_policy(Bucket=policy.bucket, Policy=text)
    for role in access_map.roles.values():
        for grant in role.grants:
            if grant.arn.service == "sqs":
                make_queue(accounts, grant.arn)
    return applied


def make_principal(accounts: Accounts, principal: PrincipalDocuments, longest_session_seconds: int) -> None:
    iam = accounts.client(principal.arn.account, "iam")
    path, name = path_and_name(principal.arn)
    if principal.arn.is_user:
        iam.create_user(UserName=name, Path=path)
    else:
        iam.create_role(
            RoleName=name,
            Path=path,
            AssumeRolePolicyDocument=json.dumps(principal.trust or trusting_nobody()),
            MaxSessionDuration=max(3600, longest_session_seconds),
        )
    put_permissions(accounts, principal.arn, without_foreign_owners(principal))


def without_foreign_owners(principal: PrincipalDocuments) -> Mapping[str, Any] | None:
    """The permissions without owner conditions that MiniStack would never meet: to it, ``aws:ResourceAccount`` of a
    bucket is always the caller's own account.
    """
    document = principal.permissions
    for statement in document["Statement"] if document else ():
        equal = statement.get("Condition", {}).get("StringEquals", {})
        if equal.get("aws:ResourceAccount") not in (None, principal.arn.account):
            rest = {key: value for key, value in statement["Condition"].items() if key != "StringEquals"}
            statement["Condition"] = rest
    return document


def open_to_accounts(document: Mapping[str, Any]) -> dict[str, Any]:
    """A bucket policy that names the account beside each role of it.

    MiniStack asks a bucket policy twice, the second time with the caller's account as the caller. Roles of that account
    still need what their own permissions say, so this opens the bucket to nobody who may not ask for it.
    """
    statements = []
    for statement in document["Statement"]:
        arn = Arn.parse(statement["Principal"]["AWS"])
        root = f"arn:{arn.partition}:iam::{arn.account}:root"
        statements.append({**statement, "Principal": {"AWS": [str(arn), root]}})
    return {**document, "Statement": statements}


def trusting_nobody() -> dict[str, Any]:
    """A trust document has at least one statement; this one lets nobody in."""
    return {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "Nobody", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
    }


def put_permissions(
    accounts: Accounts, arn: Arn, document: Mapping[str, Any] | None, policy_name: str = POLICY_NAME
) -> None:
    """Sets the permission policy of a role or user; None takes it away."""
    iam = accounts.client(arn.account, "iam")
    kind = "user" if arn.is_user else "role"
    names = {"UserName" if arn.is_user else "RoleName": path_and_name(arn)[1], "PolicyName": policy_name}
    if document is not None:
        getattr(iam, f"put_{kind}_policy")(**names, PolicyDocument=json.dumps(document))
    elif policy_name in getattr(iam, f"list_{kind}_policies")(**dict(list(names.items())[:1]))["PolicyNames"]:
        getattr(iam, f"delete_{kind}_policy")(**names)


def path_and_name(arn: Arn) -> tuple[str, str]:
    """IAM's Path and name from the resource of an ARN: ``role/team/etl`` -> ("/team/", "etl")."""
    middle = arn.resource.split("/", 1)[1].rpartition("/")[0]
    return f"/{middle}/" if middle else "/", arn.resource_name


def make_bucket(accounts: Accounts, owner: str, bucket: str, region: str) -> None:
    """Makes a bucket if it is not there yet."""
    elsewhere = {} if region == REGION else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    accounts.client(owner, "s3", region).create_bucket(Bucket=bucket, **elsewhere)


def make_queue(accounts: Accounts, arn: Arn) -> str:
    """Makes a queue; returns its URL behind the front."""
    return str(accounts.client(arn.account, "sqs", arn.region).create_queue(QueueName=arn.resource)["QueueUrl"])


def owner_of(access_map: AccessMap, binding: Binding) -> str:
    """The account that owns the bucket of a binding: declared, else that of its role, else that of the base."""
    if binding.owner is not None:
        return binding.owner
    arn = access_map.base.arn if binding.role is None else access_map.roles[binding.role].arn
    if arn is None:
        raise LabError(f"nothing tells which account owns bucket {binding.bucket}; write owner: in its binding")
    return arn.account


def _buckets(access_map: AccessMap) -> list[tuple[str, str, str]]:
    """Bucket, owner and region of every bucket with a full name, each once."""
    found: dict[str, tuple[str, str, str]] = {}
    for binding in access_map.bindings:
        if not binding.bucket.is_pattern:
            bucket, region = binding.bucket.text, binding.region or access_map.sts.region
            found.setdefault(bucket, (bucket, owner_of(access_map, binding), region))
    for own in access_map.own:
        if not own.is_pattern and access_map.base.arn is not None:
            found.setdefault(own.text, (own.text, access_map.base.arn.account, access_map.sts.region))
    return list(found.values())


def _make_oidc_provider(accounts: Accounts, access_map: AccessMap) -> None:
    issuer = oidc_issuer(str(access_map.documents["oidc_provider"]))
    assert access_map.base.arn is not None
    accounts.client(access_map.base.arn.account, "iam").create_open_id_connect_provider(
        Url=f"https://{issuer}", ClientIDList=[STS_AUDIENCE], ThumbprintList=[NO_SUCH_THUMBPRINT]
    )


def _allow_own_buckets(accounts: Accounts, access_map: AccessMap) -> None:
    # The platform's own buckets are allowed to the base identity long before spark-xacct comes: no document of ours.
    if not access_map.own or access_map.base.arn is None:
        return
    arn = access_map.base.arn
    resources = [f"arn:{arn.partition}:s3:::{own}{end}" for own in access_map.own for end in ("", "/*")]
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": resources}
    put_permissions(accounts, arn, {"Version": "2012-10-17", "Statement": [statement]}, OWN_POLICY_NAME)
