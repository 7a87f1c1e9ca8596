"""Values that cannot be are refused where they are made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import botocore.utils
import pytest

from spark_xacct.errors import ModelError
from spark_xacct.model import Arn, Base, BaseKind, Binding, ExternalId, Grant, Location, Pattern, Role, Sts
from spark_xacct.model.base import problem_with_address

ARN = Arn.parse_role("arn:aws:iam::444455556666:role/reader")
BUCKET = Pattern("partner-data")
NOT_A_ROLE = "is not the ARN of a role (arn:aws:iam::123456789012:role/NAME)"
NOT_A_VARIABLE = "is not the name of an environment variable: letters, digits and _, no digit first"
NOT_A_BUCKET = "is not a bucket name: 3 to 63 small letters, digits, dots and hyphens"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Arn.parse("role/x"), '"role/x" is not an ARN (arn:partition:service:region:account:resource)'),
        (
            lambda: Arn.parse("arn:aws:iam::1:"),
            '"arn:aws:iam::1:" is not an ARN (arn:partition:service:region:account:resource)',
        ),
        (lambda: Arn.parse("arn:awz:s3:::b"), '"arn:awz:s3:::b" names the unknown partition "awz"'),
        (lambda: Arn.parse("arn:aws:s3::12:b"), '"arn:aws:s3::12:b" has the account "12", which is not 12 digits'),
        (lambda: Arn.parse_role("arn:aws:s3:::b"), f'"arn:aws:s3:::b" {NOT_A_ROLE}'),
        (lambda: Arn.parse_role("arn:aws:iam:::role/x"), f'"arn:aws:iam:::role/x" {NOT_A_ROLE}'),
        (
            lambda: Arn.parse_role("arn:aws:iam::444455556666:role/a/"),
            f'"arn:aws:iam::444455556666:role/a/" {NOT_A_ROLE}',
        ),
        (
            lambda: Arn.parse_role("arn:aws:iam::444455556666:role/a b"),
            f'"arn:aws:iam::444455556666:role/a b" {NOT_A_ROLE}',
        ),
        (
            lambda: Arn.parse_role("arn:aws:iam::444455556666:role/a\n"),
            f'"arn:aws:iam::444455556666:role/a\n" {NOT_A_ROLE}',
        ),
        (
            lambda: Arn.parse_principal("arn:aws:iam::444455556666:instance-profile/x"),
            '"arn:aws:iam::444455556666:instance-profile/x" is not the ARN of a role or of a user (arn:aws:iam::123456789012:role/NAME)',
        ),
        (
            lambda: Location.parse("https://b/k"),
            '"https://b/k" is not an S3 location; write s3a://BUCKET/KEY (or s3://, s3n://)',
        ),
        (lambda: Location.parse("s3a:///k"), '"s3a:///k" names no bucket; write s3a://BUCKET/KEY'),
        (
            lambda: Location.parse("s3a://role@b/k"),
            '"s3a://role@b/k" has a user name before the bucket; roles are declared, not written in URIs',
        ),
        (lambda: Pattern("ab"), f'"ab" {NOT_A_BUCKET}'),
        (lambda: Pattern("Partner"), f'"Partner" {NOT_A_BUCKET}'),
        (lambda: Pattern("a..b"), f'"a..b" {NOT_A_BUCKET}'),
        (lambda: Pattern("10.0.0.1"), f'"10.0.0.1" {NOT_A_BUCKET}'),
        (lambda: Pattern("partner\n"), f'"partner\n" {NOT_A_BUCKET}'),
        (lambda: Pattern("*"), '"*" is not a bucket pattern: small letters, digits, dots, hyphens and *'),
        (lambda: Pattern("A*"), '"A*" is not a bucket pattern: small letters, digits, dots, hyphens and *'),
        (lambda: Binding(BUCKET, "r", prefix="f"), 'prefix "f" must end at a "/" and not begin with one'),
        (lambda: Binding(BUCKET, "r", prefix="/f/"), 'prefix "/f/" must end at a "/" and not begin with one'),
        (lambda: Binding(Pattern("a-*"), "r", prefix="f/"), "a pattern cannot have prefixes; name the bucket a-*"),
        (lambda: Binding(BUCKET, "r", access="rw"), 'access "rw" is not one of read, write, readwrite'),
        (lambda: Binding(BUCKET, "r", owner="12"), 'owner "12" is not an account of 12 digits'),
        (lambda: Binding(BUCKET, "r", region="eu"), '"eu" is not a region'),
        (
            lambda: Binding(BUCKET, "r", acl="open"),
            'acl "open" is not one of private, public-read, public-read-write, aws-exec-read, authenticated-read, '
            "bucket-owner-read, bucket-owner-full-control, log-delivery-write",
        ),
        (lambda: Grant(ARN, "use"), 'access "use" is not one of read, write, readwrite'),
        (lambda: ExternalId(), "an external id is one of a literal, {env: NAME} or {file: PATH}"),
        (lambda: ExternalId("x1", env="Y"), "an external id is one of a literal, {env: NAME} or {file: PATH}"),
        (lambda: ExternalId("x"), "the external id does not fit STS: 2 to 1224 letters, digits and _+=,.@:/-"),
        (lambda: ExternalId("a\\b"), "the external id does not fit STS: 2 to 1224 letters, digits and _+=,.@:/-"),
        (lambda: ExternalId(env=""), f'"" {NOT_A_VARIABLE}'),
        (lambda: ExternalId(env="1D"), f'"1D" {NOT_A_VARIABLE}'),
        (lambda: ExternalId(env="\u0399D"), f'"\u0399D" {NOT_A_VARIABLE}'),
        (lambda: ExternalId(env="ID\n"), f'"ID\n" {NOT_A_VARIABLE}'),
        (lambda: ExternalId(file="rel.txt"), '"rel.txt" is not an absolute path'),
        (lambda: ExternalId(file=""), '"" is not an absolute path'),
        (lambda: Sts("europe"), '"europe" is not a region'),
        (
            lambda: Sts("eu-west-1", "sts"),
            'the address of STS "sts" is not valid: it needs the form https://HOST; write https://HOST',
        ),
        (lambda: Base(BaseKind.IRSA, profile="x"), "base kind profile needs profile: NAME, and no other kind takes it"),
        (lambda: Base(BaseKind.PROFILE), "base kind profile needs profile: NAME, and no other kind takes it"),
        (lambda: Base(BaseKind.CLASS), "base kind class needs class: a.b.C, and no other kind takes it"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_value_is_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(ModelError) as raised:
        make()

    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"name": "Partner"},
            '"Partner" cannot name a role: a small letter, then up to 31 of a-z 0-9 _ -, and not base, deny, own, platform',
        ),
        (
            {"name": "base"},
            '"base" cannot name a role: a small letter, then up to 31 of a-z 0-9 _ -, and not base, deny, own, platform',
        ),
        ({"duration_seconds": 899}, "duration 899 s is outside 15m (900 s) to 12h (43200 s)"),
        ({"duration_seconds": 43_201}, "duration 43201 s is outside 15m (900 s) to 12h (43200 s)"),
        ({"tags": (("", "x"),)}, 'tag key "" does not fit STS: 1 to 128 letters, digits, spaces and _.:/=+-@'),
        (
            {"tags": (("k" * 129, "x"),)},
            'tag key "{}" does not fit STS: 1 to 128 letters, digits, spaces and _.:/=+-@'.format("k" * 129),
        ),
        (
            {"tags": (("k", "v" * 257),)},
            'the value of tag "k" does not fit STS: up to 256 letters, digits, spaces and _.:/=+-@',
        ),
        (
            {"tags": (("k", "#"),)},
            'the value of tag "k" does not fit STS: up to 256 letters, digits, spaces and _.:/=+-@',
        ),
        ({"tags": (("Team", "a"), ("team", "b"))}, "two session tags differ in case only, and STS takes them for one"),
        ({"tags": tuple((f"k{n}", "v") for n in range(51))}, "51 session tags are more than the 50 that STS takes"),
        ({"transitive_tags": ("team",)}, 'transitive tag "team" is not among the tags of the role'),
        ({"source_identity": "a"}, 'source identity "a" does not fit STS: 2 to 64 letters, digits and _+=,.@-'),
        ({"source_identity": "aws:x"}, 'source identity "aws:x" does not fit STS: 2 to 64 letters, digits and _+=,.@-'),
        (
            {"policy": "x" * 2049},
            "the session policy has 2049 characters, STS takes 2048; "
            "bind fewer buckets to the role, or use managed policies (session_policy: {arns: [...]})",
        ),
        ({"policy_arns": ("a",) * 11}, "11 session policy ARNs are more than the 10 that STS takes; remove some"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_role_that_sts_would_refuse_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError) as raised:
        Role(**{"name": "partner", "arn": ARN, **fields})

    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("text", "scheme", "bucket", "key"),
    [
        ("s3a://b-1/a/b", "s3a", "b-1", "a/b"),
        ("S3://b-1", "s3", "b-1", ""),
        ("s3n://b-1//a", "s3n", "b-1", "/a"),
    ],
)
def test_location_is_taken_apart(text: str, scheme: str, bucket: str, key: str) -> None:
    assert Location.parse(text) == Location(scheme, bucket, key)


def test_no_secret_looking_value_is_hidden_in_an_external_id_because_aws_does_not_call_it_secret() -> None:
    assert [str(ExternalId("acme-42")), str(ExternalId(env="ID")), str(ExternalId(file="/run/id"))] == [
        "acme-42",
        "environment variable ID",
        "file /run/id",
    ]


@pytest.mark.parametrize(
    "address",
    [
        "https://sts.eu-west-1.amazonaws.com",
        "HTTPS://STS.internal.",
        "http://127.0.0.1:5000/",
        "http://localhost:1",
        "http://[::1]:65535",
        "https://vpce-0a1b-xyz.sts.eu-west-1.vpce.amazonaws.com/path",
    ],
)
def test_address_of_sts(address: str) -> None:
    assert Sts("eu-west-1", address).endpoint == address
    assert botocore.utils.is_valid_endpoint_url(address) or botocore.utils.is_valid_ipv6_endpoint_url(address)


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("", "it needs the form https://HOST"),
        ("https://", "it needs the form https://HOST"),
        ("https:///path", "it needs the form https://HOST"),
        ("sts.internal:443", "it needs the form https://HOST"),
        ("ftp://sts.internal", "it needs the form https://HOST"),
        ("ftp://[::1]", "it needs the form https://HOST"),
        ("http://[::1", "it needs the form https://HOST"),
        ("http://[gg::1]", "it needs the form https://HOST"),
        ("https://sts_internal", "it needs the form https://HOST"),
        ("https://sts..internal", "it needs the form https://HOST"),
        ("https://-sts", "it needs the form https://HOST"),
        (" https://sts.internal", "it needs the form https://HOST"),
        ("https://sts.internal\n", "it needs the form https://HOST"),
        ("https://" + "a" * 64, "it needs the form https://HOST"),
        ("https://" + "a." * 127 + "ab", "it needs the form https://HOST"),
        ("https://sts.internal:99999", "its port is not among 1 to 65535"),
        ("https://sts.internal:0", "its port is not among 1 to 65535"),
        ("https://sts.internal:https", "its port is not among 1 to 65535"),
        ("https://sts.internal:-1", "its port is not among 1 to 65535"),
    ],
)
def test_address_that_nobody_can_ask(address: str, problem: str) -> None:
    assert problem_with_address(address) == f'the address of STS "{address}" is not valid: {problem}'
