"""The IAM documents of an access map, read as whole documents."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.two_accounts import (
    ETL,
    EVENTS,
    EXTERNAL_ID,
    HUB,
    READER,
    WRITER,
    A,
    B,
    C,
    hub,
    partner,
    two_accounts,
    writer,
)

from spark_xacct.errors import ModelError
from spark_xacct.iam import chains, documents
from spark_xacct.model import AccessMap, Arn, Base, BaseKind, Binding, ExternalId, Pattern, Role, Sts, sts_fields

READ_BUCKET = ["s3:GetBucketLocation", "s3:ListBucket"]
WRITE_BUCKET = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"]
READ_WRITE_OBJECTS = [
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:GetObject",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
]


def allow(sid: str, action: Any, resource: Any, owner: str | None = None) -> dict[str, Any]:
    statement = {"Sid": sid, "Effect": "Allow", "Action": action, "Resource": resource}
    return statement | ({"Condition": {"StringEquals": {"aws:ResourceAccount": owner}}} if owner else {})


def trusts(sid: str, principal: Any, action: Any = "sts:AssumeRole", **condition: Any) -> dict[str, Any]:
    named = {"AWS": str(principal)} if isinstance(principal, Arn) else principal
    statement = {"Sid": sid, "Effect": "Allow", "Principal": named, "Action": action}
    return statement | ({"Condition": condition["condition"]} if condition else {})


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def held_by(access_map: AccessMap, arn: Arn, **external_ids: str) -> Any:
    accounts = documents(access_map, external_ids)
    return next(item for account in accounts for item in account.principals if item.arn == arn)


def test_two_accounts_hold_exactly_these_documents():
    access_map = two_accounts(
        documents={"oidc_provider": "https://oidc.eks/id/X", "namespace": "jobs", "service_account": "etl"}
    )

    found = {
        account.account: {str(item.arn): (item.names, item.trust, item.permissions) for item in account.principals}
        for account in documents(access_map)
    }

    assert found == {
        A: {
            str(ETL): (
                ("base",),
                policy(
                    trusts(
                        "XacctServiceAccount",
                        {"Federated": f"arn:aws:iam::{A}:oidc-provider/oidc.eks/id/X"},
                        "sts:AssumeRoleWithWebIdentity",
                        condition={
                            "StringEquals": {
                                "oidc.eks/id/X:aud": "sts.amazonaws.com",
                                "oidc.eks/id/X:sub": "system:serviceaccount:jobs:etl",
                            }
                        },
                    )
                ),
                policy(
                    allow("XacctAssumeRoles", "sts:AssumeRole", [str(HUB), str(WRITER)]),
                    allow("XacctUse1", WRITE_BUCKET, "arn:aws:s3:::our-data", A),
                    allow("XacctUse2", READ_WRITE_OBJECTS, "arn:aws:s3:::our-data/*", A),
                ),
            ),
            str(HUB): (
                ("hub",),
                policy(trusts("XacctAssumeHub", ETL)),
                policy(allow("XacctAssumeRoles", "sts:AssumeRole", str(READER))),
            ),
        },
        B: {
            str(READER): (
                ("partner",),
                policy(trusts("XacctAssumePartner", HUB)),
                policy(
                    allow("XacctUse1", READ_BUCKET, "arn:aws:s3:::partner-data", B),
                    allow("XacctUse2", "s3:GetObject", "arn:aws:s3:::partner-data/*", B),
                    allow(
                        "XacctUse3",
                        [
                            "sqs:ChangeMessageVisibility",
                            "sqs:DeleteMessage",
                            "sqs:GetQueueAttributes",
                            "sqs:GetQueueUrl",
                            "sqs:ReceiveMessage",
                            "sqs:SendMessage",
                        ],
                        EVENTS,
                    ),
                ),
            )
        },
        C: {
            str(WRITER): (
                ("writer",),
                policy(
                    trusts("XacctAssumeWriter", ETL, condition={"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}),
                ),
                policy(
                    allow("XacctUse1", WRITE_BUCKET, "arn:aws:s3:::third-out", C),
                    allow("XacctUse2", READ_WRITE_OBJECTS, "arn:aws:s3:::third-out/*", C),
                ),
            )
        },
    }


def test_every_statement_says_why_it_is_there():
    found = held_by(two_accounts(hub(tags=(("team", "ads"),), transitive_tags=("team",))), READER).reasons

    assert found == {
        "XacctAssumePartner": "role hub assumes role partner",
        "XacctTagPartner": "role hub sends session tags: inherited team",
        "XacctUse1": "role partner uses partner-data (read)",
        "XacctUse2": "role partner uses partner-data (read)",
        "XacctUse3": f"role partner uses {EVENTS} (readwrite)",
    }


def test_accounts_come_with_the_base_account_first():
    low = Role("low", Arn.parse_role("arn:aws:iam::000000000001:role/low"))

    assert [account.account for account in documents(two_accounts(low))] == [A, "000000000001", B, C]


TAGGED = hub(tags=(("team", "ads"), ("env", "dev")), transitive_tags=("team",))
SOURCED = hub(source_identity="jane")


@pytest.mark.parametrize(
    ("roles", "kind", "role", "expected"),
    [
        pytest.param(
            (TAGGED,),
            BaseKind.IRSA,
            HUB,
            [
                trusts("XacctAssumeHub", ETL),
                trusts(
                    "XacctTagHub",
                    ETL,
                    "sts:TagSession",
                    condition={
                        "StringEquals": {"aws:RequestTag/team": "ads", "aws:RequestTag/env": "dev"},
                        "ForAllValues:StringEquals": {"sts:TransitiveTagKeys": ["team"]},
                    },
                ),
            ],
            id="a role's own tags are fixed in its trust",
        ),
        pytest.param(
            (TAGGED,),
            BaseKind.IRSA,
            READER,
            [trusts("XacctAssumePartner", HUB), trusts("XacctTagPartner", HUB, "sts:TagSession")],
            id="a transitive tag of the hub needs TagSession one hop later",
        ),
        pytest.param(
            (TAGGED,),
            BaseKind.IRSA,
            WRITER,
            [trusts("XacctAssumeWriter", ETL, condition={"StringEquals": {"sts:ExternalId": EXTERNAL_ID}})],
            id="another chain does not inherit it",
        ),
        pytest.param(
            (hub(tags=(("team", "ads"),)),),
            BaseKind.IRSA,
            READER,
            [trusts("XacctAssumePartner", HUB)],
            id="a tag that is not transitive ends with its hop",
        ),
        pytest.param(
            (),
            BaseKind.POD_IDENTITY,
            READER,
            [trusts("XacctAssumePartner", HUB), trusts("XacctTagPartner", HUB, "sts:TagSession")],
            id="Pod Identity's tags travel on every hop",
        ),
        pytest.param(
            (SOURCED,),
            BaseKind.IRSA,
            READER,
            [
                trusts("XacctAssumePartner", HUB),
                trusts(
                    "XacctSourceIdentityPartner",
                    HUB,
                    "sts:SetSourceIdentity",
                    condition={"StringEquals": {"sts:SourceIdentity": "jane"}},
                ),
            ],
            id="a source identity stays for the chain",
        ),
    ],
)
def test_trust_of_a_role(roles: tuple[Role, ...], kind: BaseKind, role: Arn, expected: list[dict[str, Any]]):
    assert held_by(two_accounts(*roles, base=Base(kind, ETL)), role).trust == policy(*expected)


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        pytest.param((), {"sts:AssumeRole": [str(HUB), str(WRITER)]}, id="plain"),
        pytest.param(
            (TAGGED,), {"sts:AssumeRole": [str(HUB), str(WRITER)], "sts:TagSession": str(HUB)}, id="tags on one hop"
        ),
        pytest.param(
            (writer(source_identity="jane"),),
            {"sts:AssumeRole": [str(HUB), str(WRITER)], "sts:SetSourceIdentity": str(WRITER)},
            id="a source identity on one hop",
        ),
    ],
)
def test_the_caller_is_allowed_each_hop(roles: tuple[Role, ...], expected: dict[str, Any]):
    statements = held_by(two_accounts(*roles), ETL).permissions["Statement"]

    assert {
        item["Action"]: item["Resource"] for item in statements if str(item["Action"]).startswith("sts:")
    } == expected


def test_a_role_field_that_needs_an_action_gets_it_on_both_sides(monkeypatch: pytest.MonkeyPatch):
    fields = {**sts_fields(), "policy_arns": {"sts": "PolicyArns", "needs": "sts:SetContext"}}
    monkeypatch.setattr(chains, "sts_fields", lambda: fields)
    access_map = two_accounts(writer(policy_arns=("arn:aws:iam::aws:policy/ReadOnlyAccess",), tags=(("team", "ads"),)))

    trusted = [item.statement for item in held_by(access_map, WRITER).trust_statements]
    called = held_by(access_map, ETL).permissions["Statement"]

    assert [item["Action"] for item in trusted] == ["sts:AssumeRole", "sts:TagSession", "sts:SetContext"]
    assert trusted[-1] == {
        "Sid": "XacctSetContextWriter",
        "Effect": "Allow",
        "Principal": {"AWS": str(ETL)},
        "Action": "sts:SetContext",
    }
    assert {
        "Sid": "XacctSetContextRoles",
        "Effect": "Allow",
        "Action": "sts:SetContext",
        "Resource": str(WRITER),
    } in called


def test_an_external_id_that_is_a_reference_is_filled_in_or_refuses_everyone():
    access_map = two_accounts(writer(external_id=ExternalId(env="WRITER_ID")))

    def condition(**external_ids: str) -> str:
        return held_by(access_map, WRITER, **external_ids).trust["Statement"][0]["Condition"]["StringEquals"][
            "sts:ExternalId"
        ]

    assert condition(writer="4711") == "4711"
    assert condition() == "<the value of environment variable WRITER_ID>"


@pytest.mark.parametrize(
    ("kind", "arn", "details", "expected"),
    [
        pytest.param(BaseKind.IRSA, ETL, {}, None, id="irsa, provider not told"),
        pytest.param(
            BaseKind.IRSA,
            ETL,
            {"oidc_provider": f"arn:aws:iam::{A}:oidc-provider/oidc.eks/id/X", "namespace": "jobs"},
            policy(
                trusts(
                    "XacctServiceAccount",
                    {"Federated": f"arn:aws:iam::{A}:oidc-provider/oidc.eks/id/X"},
                    "sts:AssumeRoleWithWebIdentity",
                    condition={
                        "StringEquals": {"oidc.eks/id/X:aud": "sts.amazonaws.com"},
                        "StringLike": {"oidc.eks/id/X:sub": "system:serviceaccount:jobs:*"},
                    },
                )
            ),
            id="irsa, any service account of a namespace",
        ),
        pytest.param(
            BaseKind.POD_IDENTITY,
            ETL,
            {},
            policy(
                trusts("XacctPlatform", {"Service": "pods.eks.amazonaws.com"}, ["sts:AssumeRole", "sts:TagSession"])
            ),
            id="pod identity",
        ),
        pytest.param(
            BaseKind.INSTANCE_PROFILE,
            ETL,
            {},
            policy(trusts("XacctPlatform", {"Service": "ec2.amazonaws.com"})),
            id="instance profile",
        ),
        pytest.param(
            BaseKind.ENV, Arn.parse_principal(f"arn:aws:iam::{A}:user/etl"), {}, None, id="a user has no trust"
        ),
    ],
)
def test_trust_of_the_base(kind: BaseKind, arn: Arn, details: dict[str, Any], expected: dict[str, Any] | None):
    assert held_by(two_accounts(base=Base(kind, arn), documents=details), arn).trust == expected


def test_two_names_of_one_role_share_one_document_for_the_role():
    narrow = Role("narrow", READER, via="hub", external_id=ExternalId(literal="narrow-1"))
    bindings = (Binding(Pattern("partner-data"), "partner", owner=B), Binding(Pattern("more-data"), "narrow", owner=B))

    found = held_by(two_accounts(narrow, bindings=bindings), READER)

    assert found.names == ("narrow", "partner")
    assert found.trust == policy(
        trusts("XacctAssumeNarrow", HUB, condition={"StringEquals": {"sts:ExternalId": "narrow-1"}}),
        trusts("XacctAssumePartner", HUB),
    )
    assert found.permissions["Statement"][0]["Resource"] == ["arn:aws:s3:::more-data", "arn:aws:s3:::partner-data"]


def test_names_that_differ_in_punctuation_only_keep_different_sids():
    roles = [Role(name, READER, via="hub") for name in ("a-b", "a_b")]

    found = held_by(two_accounts(*roles), READER)

    sids = [statement["Sid"] for statement in found.trust["Statement"]]
    assert sids == ["XacctAssumeAB", "XacctAssumeAB2", "XacctAssumePartner"]


def test_a_bucket_of_another_account_than_its_role_needs_a_bucket_policy_there():
    bindings = (Binding(Pattern("third-data"), "partner", owner=C, access="read"),)

    found = documents(two_accounts(bindings=bindings))[-1]

    assert (found.account, [(bucket.bucket, bucket.policy, bucket.reasons) for bucket in found.buckets]) == (
        C,
        [
            (
                "third-data",
                policy(
                    {
                        "Sid": "XacctUse1",
                        "Effect": "Allow",
                        "Principal": {"AWS": str(READER)},
                        "Action": READ_BUCKET,
                        "Resource": "arn:aws:s3:::third-data",
                    },
                    {
                        "Sid": "XacctUse2",
                        "Effect": "Allow",
                        "Principal": {"AWS": str(READER)},
                        "Action": "s3:GetObject",
                        "Resource": "arn:aws:s3:::third-data/*",
                    },
                ),
                {
                    "XacctUse1": "role partner uses third-data (read)",
                    "XacctUse2": "role partner uses third-data (read)",
                },
            )
        ],
    )


def test_documents_need_the_base_identitys_name():
    access_map = AccessMap(Base(BaseKind.IRSA), Sts("eu-west-1"), {"hub": hub()}, ())

    with pytest.raises(ModelError) as refused:
        documents(access_map)

    assert str(refused.value) == (
        "IAM documents need to know who the base identity is; write base: {kind: ..., arn: ...}"
    )


def test_a_role_without_bindings_and_grants_gets_no_permissions():
    assert held_by(two_accounts(partner(grants=()), bindings=()), READER).permissions is None
