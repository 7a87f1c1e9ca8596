"""What a role must be allowed for its bindings and grants, as IAM statements.

The same statements make the role's identity policy (``iam``) and its declared session policy: one list, two documents.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Dict

from spark_xacct.errors import ModelError
from spark_xacct.model.binding import Binding
from spark_xacct.model.role import Grant

# Evaluated at run time, and Python 3.7 has no dict[...].
Statement = Dict[str, Any]

# Multipart actions belong to write: S3A's committers and block uploads fail at commit without them.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
BUCKET_ACTIONS = {
    "read": ("s3:GetBucketLocation", "s3:ListBucket"),
    "write": ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"),
}
# s3:GetObject belongs to write: S3A looks for a file by HEAD before it creates one, and renames by a copy, which reads.
# https://hadoop.apache.org/docs/stable/hadoop-aws/tools/hadoop-aws/assumed_roles.html#Write_Access_Permissions
OBJECT_ACTIONS = {
    "read": ("s3:GetObject",),
    "write": (
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "s3:GetObject",
        "s3:ListMultipartUploadParts",
        "s3:PutObject",
    ),
}
KMS_READ_ACTIONS = ("kms:Decrypt",)
# A multipart upload decrypts its own parts: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuAndPermissions.html
KMS_WRITE_ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey")

# Services a grant may name; an unknown one is refused instead of guessed.
GRANT_ACTIONS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "sqs": {
        "read": (
            "sqs:ChangeMessageVisibility",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:GetQueueUrl",
            "sqs:ReceiveMessage",
        ),
        "write": ("sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"),
    },
    "sns": {"read": ("sns:GetTopicAttributes",), "write": ("sns:Publish",)},
    "dynamodb": {
        "read": (
            "dynamodb:BatchGetItem",
            "dynamodb:DescribeTable",
            "dynamodb:GetItem",
            "dynamodb:Query",
            "dynamodb:Scan",
        ),
        "write": (
            "dynamodb:BatchWriteItem",
            "dynamodb:DeleteItem",
            "dynamodb:DescribeTable",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
        ),
    },
    "kms": {"read": KMS_READ_ACTIONS, "write": KMS_WRITE_ACTIONS},
    "secretsmanager": {
        "read": ("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"),
        "write": ("secretsmanager:PutSecretValue",),
    },
    "glue": {
        "read": ("glue:GetDatabase", "glue:GetPartitions", "glue:GetTable", "glue:GetTables"),
        "write": ("glue:BatchCreatePartition", "glue:CreateTable", "glue:UpdateTable"),
    },
    "kinesis": {
        "read": (
            "kinesis:DescribeStreamSummary",
            "kinesis:GetRecords",
            "kinesis:GetShardIterator",
            "kinesis:ListShards",
        ),
        "write": ("kinesis:PutRecord", "kinesis:PutRecords"),
    },
}


def grant_actions(grant: Grant) -> tuple[str, ...]:
    """The actions of one grant; raises ModelError for a service that has no row here."""
    by_access = GRANT_ACTIONS.get(grant.arn.service)
    if by_access is None:
        raise ModelError(
            'a grant for service "{}" is not known; known are {}'.format(
                grant.arn.service, ", ".join(sorted(GRANT_ACTIONS))
            )
        )
    return _union(by_access, grant.access)


def statements_for(bindings: Iterable[Binding], grants: Iterable[Grant], partition: str) -> list[Statement]:
    """The Allow statements for these bindings and grants. Buckets that need the same actions share a statement."""
    bucket_resources: dict[tuple[tuple[str, ...], str | None, tuple[str, ...]], list[str]] = {}
    object_resources: dict[tuple[tuple[str, ...], str | None], list[str]] = {}
    keys: dict[str, tuple[str, ...]] = {}
    for binding in bindings:
        arn = f"arn:{partition}:s3:::{binding.bucket}"
        listed: tuple[str, ...] = ()
        if binding.prefix:
            listed = (binding.prefix, binding.prefix[:-1], binding.prefix + "*")
        actions = _union(BUCKET_ACTIONS, binding.access)
        bucket_resources.setdefault((actions, binding.owner, listed), []).append(arn)
        # S3A asks for the prefix without its slash as well (HEAD of the "directory").
        objects = [arn + "/" + binding.prefix + "*"] + ([arn + "/" + binding.prefix[:-1]] if binding.prefix else [])
        object_actions = _union(OBJECT_ACTIONS, binding.access)
        if binding.acl is not None and binding.writes:
            object_actions = tuple(sorted((*object_actions, "s3:PutObjectAcl")))
        object_resources.setdefault((object_actions, binding.owner), []).extend(objects)
        for key in binding.kms_read if binding.reads else ():
            keys[key] = tuple(sorted(set(keys.get(key, ()) + KMS_READ_ACTIONS)))
        if binding.kms_write is not None and binding.writes:
            keys[binding.kms_write] = tuple(sorted(set(keys.get(binding.kms_write, ()) + KMS_WRITE_ACTIONS)))
    result: list[Statement] = []
    for (actions, owner, listed), resources in bucket_resources.items():
        if listed:
            rest = tuple(action for action in actions if action != "s3:ListBucket")
            result.append(_allow(rest, resources, _owned_by(owner)))
            result.append(
                _allow(
                    ("s3:ListBucket",),
                    resources,
                    _merged(_owned_by(owner), {"StringLike": {"s3:prefix": list(listed)}}),
                )
            )
        else:
            result.append(_allow(actions, resources, _owned_by(owner)))
    result += [_allow(actions, resources, _owned_by(owner)) for (actions, owner), resources in object_resources.items()]
    by_actions: dict[tuple[str, ...], list[str]] = {}
    for key, actions in keys.items():
        by_actions.setdefault(actions, []).append(key)
    result += [_allow(actions, resources, None) for actions, resources in by_actions.items()]
    result += [_allow(grant_actions(grant), [str(grant.arn)], None) for grant in grants]
    return result


def session_policy(bindings: Sequence[Binding], grants: Sequence[Grant], partition: str) -> str:
    """The declared session policy of a role: the union of its bindings and grants, as the shortest JSON text."""
    document = {"Version": "2012-10-17", "Statement": statements_for(bindings, grants, partition)}
    return json.dumps(document, separators=(",", ":"))


def _union(by_access: Mapping[str, tuple[str, ...]], access: str) -> tuple[str, ...]:
    names = ("read", "write") if access == "readwrite" else (access,)
    return tuple(sorted({action for name in names for action in by_access[name]}))


def _owned_by(owner: str | None) -> Statement | None:
    # Keeps a bucket that was deleted and made anew by a stranger out of reach.
    return {"StringEquals": {"aws:ResourceAccount": owner}} if owner is not None else None


def _merged(left: Statement | None, right: Statement) -> Statement:
    return dict(left or {}, **right)


def _allow(actions: Sequence[str], resources: Sequence[str], condition: Statement | None) -> Statement:
    statement: Statement = {"Effect": "Allow", "Action": _single(actions), "Resource": _single(resources)}
    if condition:
        statement["Condition"] = condition
    return statement


def _single(values: Sequence[str]) -> Any:
    return values[0] if len(values) == 1 else list(values)
