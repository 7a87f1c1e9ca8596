"""What a role must be allowed for its bindings and grants."""

from __future__ import annotations

import json
from typing import Any

import pytest

from spark_xacct.errors import ModelError
from spark_xacct.model import Arn, Binding, Grant, Pattern
from spark_xacct.model.permissions import grant_actions, session_policy, statements_for

READ_BUCKET = ["s3:GetBucketLocation", "s3:ListBucket"]
WRITE_BUCKET = [*READ_BUCKET, "s3:ListBucketMultipartUploads"]
WRITE_OBJECT = [
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:GetObject",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
]


def bucket(name: str = "b-1", **fields: Any) -> Binding:
    return Binding(Pattern(name), "partner", **fields)


def allow(actions: Any, resources: Any, condition: Any = None) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return statement if condition is None else {**statement, "Condition": condition}


@pytest.mark.parametrize(
    ("bindings", "expected"),
    [
        ([bucket()], [allow(READ_BUCKET, "arn:aws:s3:::b-1"), allow("s3:GetObject", "arn:aws:s3:::b-1/*")]),
        (
            [bucket(access="write")],
            [allow(WRITE_BUCKET, "arn:aws:s3:::b-1"), allow(WRITE_OBJECT, "arn:aws:s3:::b-1/*")],
        ),
        (
            [bucket(access="readwrite", acl="bucket-owner-full-control")],
            [
                allow(WRITE_BUCKET, "arn:aws:s3:::b-1"),
                allow(sorted([*WRITE_OBJECT, "s3:PutObjectAcl"]), "arn:aws:s3:::b-1/*"),
            ],
        ),
        (
            [bucket("b-1", owner="444455556666"), bucket("b-*", owner="444455556666")],
            [
                allow(
                    READ_BUCKET,
                    ["arn:aws:s3:::b-1", "arn:aws:s3:::b-*"],
                    {"StringEquals": {"aws:ResourceAccount": "444455556666"}},
                ),
                allow(
                    "s3:GetObject",
                    ["arn:aws:s3:::b-1/*", "arn:aws:s3:::b-*/*"],
                    {"StringEquals": {"aws:ResourceAccount": "444455556666"}},
                ),
            ],
        ),
        (
            [bucket(prefix="f/")],
            [
                allow(["s3:GetBucketLocation"][0], "arn:aws:s3:::b-1"),
                allow("s3:ListBucket", "arn:aws:s3:::b-1", {"StringLike": {"s3:prefix": ["f/", "f", "f/*"]}}),
                allow("s3:GetObject", ["arn:aws:s3:::b-1/f/*", "arn:aws:s3:::b-1/f"]),
            ],
        ),
        (
            [bucket(access="readwrite", kms_write="k1", kms_read=("k1", "k2"))],
            [
                allow(WRITE_BUCKET, "arn:aws:s3:::b-1"),
                allow(WRITE_OBJECT, "arn:aws:s3:::b-1/*"),
                allow(["kms:Decrypt", "kms:GenerateDataKey"], "k1"),
                allow("kms:Decrypt", "k2"),
            ],
        ),
        (
            [bucket(access="read", kms_write="k1", kms_read=("k2",))],
            [
                allow(READ_BUCKET, "arn:aws:s3:::b-1"),
                allow("s3:GetObject", "arn:aws:s3:::b-1/*"),
                allow("kms:Decrypt", "k2"),
            ],
        ),
    ],
    ids=["read", "write", "with an ACL", "owned, together", "prefix", "keys", "write key of what is only read"],
)
def test_statements_for_bindings(bindings: list[Binding], expected: list[dict[str, Any]]) -> None:
    assert statements_for(bindings, [], "aws") == expected


def test_grant_becomes_a_statement_of_its_service() -> None:
    queue = Grant(Arn.parse("arn:aws-cn:sqs:cn-north-1:444455556666:events"), "write")

    assert statements_for([], [queue], "aws-cn") == [
        allow(["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"], str(queue.arn))
    ]


def test_grant_for_unknown_service_is_refused() -> None:
    with pytest.raises(ModelError) as raised:
        grant_actions(Grant(Arn.parse("arn:aws:ec2:eu-west-1:444455556666:instance/i-1"), "read"))

    assert str(raised.value) == (
        'a grant for service "ec2" is not known; known are dynamodb, glue, kinesis, kms, secretsmanager, sns, sqs'
    )


def test_session_policy_is_the_shortest_json_of_the_same_statements() -> None:
    text = session_policy([bucket()], [], "aws")

    assert " " not in text
    assert json.loads(text) == {"Version": "2012-10-17", "Statement": statements_for([bucket()], [], "aws")}
