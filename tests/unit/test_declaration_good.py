"""A good declaration: every field in its long and short form, defaults, clamps, notes."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from declaration_texts import HUB, READER, hub_and_partner, role, written

from spark_xacct import declaration, plan
from spark_xacct.errors import DeclarationError
from spark_xacct.model import AccessMap, Arn, Base, BaseKind, Binding, ExternalId, Grant, Location, Pattern, Role, Sts
from spark_xacct.model.permissions import session_policy

EVERYTHING = """\
version: 1
vars: {env: dev, data: "444455556666"}
base: {kind: irsa, arn: "arn:aws:iam::111122223333:role/etl-{env}"}
sts: {region: eu-west-1, endpoint: "https://sts.example"}
roles:
  hub: {arn: "arn:aws:iam::111122223333:role/hub"}
  finance: {arn: "arn:aws:iam::777788889999:role/finance"}
  partner:
    arn: "arn:aws:iam::{data}:role/reader-{env}"
    via: hub
    external_id: {env: PARTNER_EXTERNAL_ID}
    duration: 15m
    session_name: "{run}-{user}"
    tags: {team: ads, Cost: "42"}
    transitive_tags: [team]
    source_identity: ana
    session_policy: {inline: {Statement: []}, arns: ["arn:aws:iam::aws:policy/ReadOnlyAccess"]}
    grants:
      - {arn: "arn:aws:sqs:eu-west-1:{data}:events", access: write}
buckets:
  partner-data: partner
  partner-out:
    role: partner
    access: readwrite
    owner: "777788889999"
    region: us-east-1
    kms: {write: "arn:aws:kms:us-east-1:777788889999:key/1", read: ["arn:aws:kms:us-east-1:777788889999:key/2"]}
    s3: {acl: bucket-owner-full-control, requester_pays: true, access_point: "arn:aws:s3:us-east-1:777788889999:accesspoint/out"}
    prefixes:
      finance/: finance
      finance/public/: {role: base, access: write}
  scratch: base
  "tenant-*-landing": partner
own: ["corp-{env}-*", corp-logs]
otherwise: deny
python: {default_role: partner, roles: [partner, hub]}
documents: {oidc_provider: "https://oidc.example/id", namespace: etl}
"""
SHARED: dict[str, Any] = {
    "bucket": Pattern("partner-out"),
    "owner": "777788889999",
    "region": "us-east-1",
    "kms_write": "arn:aws:kms:us-east-1:777788889999:key/1",
    "kms_read": ("arn:aws:kms:us-east-1:777788889999:key/2",),
    "acl": "bucket-owner-full-control",
    "requester_pays": True,
    "access_point": "arn:aws:s3:us-east-1:777788889999:accesspoint/out",
}
EXPECTED = AccessMap(
    base=Base(BaseKind.IRSA, Arn.parse_principal("arn:aws:iam::111122223333:role/etl-dev")),
    sts=Sts("eu-west-1", "https://sts.example"),
    roles={
        "hub": Role("hub", Arn.parse_role(HUB)),
        "finance": Role("finance", Arn.parse_role("arn:aws:iam::777788889999:role/finance")),
        "partner": Role(
            name="partner",
            arn=Arn.parse_role("arn:aws:iam::444455556666:role/reader-dev"),
            via="hub",
            external_id=ExternalId(env="PARTNER_EXTERNAL_ID"),
            duration_seconds=900,
            session_name="{run}-{user}",
            tags=(("Cost", "42"), ("team", "ads")),
            transitive_tags=("team",),
            source_identity="ana",
            policy='{"Statement":[]}',
            policy_arns=("arn:aws:iam::aws:policy/ReadOnlyAccess",),
            grants=(Grant(Arn.parse("arn:aws:sqs:eu-west-1:444455556666:events"), "write"),),
        ),
    },
    bindings=(
        Binding(Pattern("partner-data"), "partner", owner="444455556666"),
        Binding(role="partner", access="readwrite", **SHARED),
        Binding(role="finance", prefix="finance/", **SHARED),
        Binding(role=None, prefix="finance/public/", access="write", **SHARED),
        Binding(Pattern("scratch"), None),
        Binding(Pattern("tenant-*-landing"), "partner", owner="444455556666"),
    ),
    own=(Pattern("corp-dev-*"), Pattern("corp-logs")),
    deny_undeclared=True,
    python_default_role="partner",
    python_roles=("partner", "hub"),
    documents={"oidc_provider": "https://oidc.example/id", "namespace": "etl"},
)


def loaded(**sections: str | None) -> declaration.Declaration:
    return declaration.loads(written(**sections))


def test_every_field_arrives() -> None:
    assert declaration.loads(EVERYTHING).access_map == EXPECTED


def test_smallest_declaration_has_defaults() -> None:
    access_map = declaration.loads("version: 1\nbase: env\nsts: {region: eu-west-1}\n").access_map

    assert access_map == AccessMap(Base(BaseKind.ENV), Sts("eu-west-1"), {}, ())


@pytest.mark.parametrize("text", ["", "null", "~"], ids=["empty", "null", "tilde"])
def test_empty_field_is_an_absent_one(text: str) -> None:
    given = loaded(
        roles=role(f"via: {text}, external_id: {text}, tags: {text}, source_identity: {text}, grants: {text}"),
        own=text,
        python=text,
        otherwise=text,
    )

    assert given == loaded()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("literal-42", ExternalId("literal-42")),
        ("{env: ID}", ExternalId(env="ID")),
        ("{file: /run/id}", ExternalId(file="/run/id")),
    ],
)
def test_external_id_is_a_literal_or_a_reference(text: str, expected: ExternalId) -> None:
    assert loaded(roles=role(f"external_id: {text}")).access_map.roles["partner"].external_id == expected


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("pod-identity", Base(BaseKind.POD_IDENTITY)),
        ("{kind: profile, profile: etl}", Base(BaseKind.PROFILE, profile="etl")),
        ("{kind: class, class: com.example.Provider}", Base(BaseKind.CLASS, class_name="com.example.Provider")),
        (
            '{kind: env, arn: "arn:aws:iam::111122223333:user/ana"}',
            Base(BaseKind.ENV, Arn.parse_principal("arn:aws:iam::111122223333:user/ana")),
        ),
    ],
)
def test_base_has_a_short_and_a_long_form(base: str, expected: Base) -> None:
    assert loaded(base=base).access_map.base == expected


@pytest.mark.parametrize(
    ("python", "default", "roles"),
    [
        (None, None, ("partner",)),
        ("{default_role: hub}", "hub", ("hub", "partner")),
        ("{roles: [hub]}", None, ("hub",)),
        ("{roles: []}", None, ()),
    ],
    ids=["what a bucket names", "and the default", "what is listed", "nothing"],
)
def test_python_may_ask_for(python: str | None, default: str | None, roles: tuple[str, ...]) -> None:
    access_map = loaded(roles=hub_and_partner(), python=python).access_map

    assert (access_map.python_default_role, access_map.python_roles) == (default, roles)


@pytest.mark.parametrize(
    ("base", "via_hub", "duration", "seconds", "note"),
    [
        ("irsa", False, "1h", 3600, None),
        ("irsa", False, "2h", 3600, "4:65: roles.partner: duration 2h is clamped to 1h: the hop is made by a base identity that is no IAM user; write 1h, or leave it out"),
        ("env", False, "12h", 3600, "4:65: roles.partner: duration 12h is clamped to 1h: the hop is made by a base identity that is no IAM user; write 1h, or leave it out"),
        ('{kind: env, arn: "arn:aws:iam::111122223333:user/ana"}', False, "12h", 43200, None),
        ('{kind: env, arn: "arn:aws:iam::111122223333:user/ana"}', True, "2h", 3600, "4:125: roles.partner: duration 2h is clamped to 1h: the hop is made by a session of role hub; write 1h, or leave it out"),
    ],
    ids=["an hour", "from a role session", "from nobody known", "from an IAM user", "second hop after an IAM user"],
)  # fmt: skip
def test_duration_is_clamped_to_what_chaining_allows(
    base: str, via_hub: bool, duration: str, seconds: int, note: str | None
) -> None:
    field = f"duration: {duration}"
    given = loaded(base=base, roles=hub_and_partner(partner=field) if via_hub else role(field))

    assert given.access_map.roles["partner"].duration_seconds == seconds
    notes = [str(found) for found in given.notes if found.line == 4]
    assert notes == ([] if note is None else [f"xacct.yaml:{note}"])


def test_declared_session_policy_is_the_union_of_what_the_role_is_for() -> None:
    given = loaded(
        roles=role('session_policy: declared, grants: [{arn: "arn:aws:sqs:eu-west-1:444455556666:q", access: write}]'),
        buckets="{b-1: partner, b-2: {role: partner, access: write}, b-3: base}",
    ).access_map
    grants = (Grant(Arn.parse("arn:aws:sqs:eu-west-1:444455556666:q"), "write"),)

    assert given.roles["partner"].policy == session_policy(given.bindings[:2], grants, "aws")


@pytest.mark.parametrize(
    ("sections", "note"),
    [
        (
            {"base": f'{{kind: irsa, arn: "{READER}"}}'},
            "4:19: roles.partner is the base identity itself (base.arn); drop the role and bind its buckets to base",
        ),
        (
            {"base": f'{{kind: irsa, arn: "{READER}"}}', "roles": hub_and_partner()},
            "4:69: roles.partner is the base identity itself (base.arn); drop the role and its via (hub) and bind its buckets to base",
        ),
        *(
            (
                {"base": base},
                f"2:1: base: kind {kind} without arn is whoever is found on each host, and nobody compares; add arn: ARN to it, and anyone else is refused",
            )
            for kind, base in (
                ("env", "env"),
                ("profile", "{kind: profile, profile: etl}"),
                ("class", "{kind: class, class: a.B}"),
            )
        ),
        ({"buckets": "{}"}, "4:9: roles.partner is used by no bucket, role or python section; use it, or remove it"),
        (
            {"buckets": "{partner.data: partner}"},
            "5:11: buckets: the settings fs.s3a.bucket.partner.data.* are read for a bucket partner too; see that no job of this declaration uses a bucket partner",
        ),
        (
            {"buckets": "{b-1: {role: partner, s3: {acl: bucket-owner-full-control}}}"},
            "5:11: buckets.b-1: acl bucket-owner-full-control where the role's account owns the bucket only adds a need for s3:PutObjectAcl; remove acl",
        ),
        (
            {"buckets": '{b-1: {role: partner, prefixes: {"finance/": base}}}'},
            "5:11: buckets.b-1: no connector carries the role of prefix finance/ yet, so render refuses this bucket; bind the whole bucket to "
            "one role, or leave it out with --use and take xacct.boto3_session(role=...)",
        ),
    ],
    ids=[
        "role is the base",
        "chain back to the base",
        "keys of anyone",
        "profile of anyone",
        "class of anyone",
        "unused role",
        "dotted bucket",
        "ACL of one's own bucket",
        "prefix",
    ],
)
def test_what_is_legal_but_probably_not_meant_is_noted(sections: dict[str, str], note: str) -> None:
    assert [str(found) for found in loaded(**sections).notes] == [f"xacct.yaml:{note}"]


@pytest.mark.parametrize(
    ("sections", "notes"),
    [
        *(({"base": base}, 0) for base in ("irsa", "pod-identity", "container", "instance-profile")),
        ({"base": '{kind: env, arn: "arn:aws:iam::111122223333:user/ana"}'}, 0),
        ({"base": '{kind: emr-runtime-role, arn: "arn:aws:iam::111122223333:role/etl"}'}, 0),
        ({"buckets": "{a.partner: partner}"}, 0),
        ({"buckets": '{b-1: {role: partner, owner: "777788889999", s3: {acl: bucket-owner-full-control}}}'}, 0),
    ],
    ids=[
        *("pod of IRSA", "pod of Pod Identity", "task of a container", "instance"),
        *("keys of somebody", "runtime role of somebody", "no bucket can be called a", "another account's bucket"),
    ],
)
def test_what_is_meant_is_not_noted(sections: dict[str, str], notes: int) -> None:
    assert len(loaded(**sections).notes) == notes


def test_every_problem_is_told_at_once_in_the_order_of_the_file() -> None:
    text = """\
version: 1
base: {kind: isra, arn: "arn:aws:iam::1111:role/etl"}
stss: {region: eu-west-1}
roles:
  hub: {arn: "arn:aws:iam::111122223333:role/hub", via: partner}
  partner:
    arn: "arn:aws:iam::{data}:role/reader"
    via: hub
    duration: 13h
    rol: x
buckets:
  partner-data: parner
  Scratch: base
  "tenant-*": partner
  partner-data: hub
own: [scratch, 3]
"""
    with pytest.raises(DeclarationError) as raised:
        declaration.loads(text, "conf/xacct.yaml")

    assert str(raised.value).splitlines() == [
        "conf/xacct.yaml:1:1: the declaration has no sts; add sts: {region: eu-west-1}",
        'conf/xacct.yaml:2:14: base.kind: "isra" is not one of irsa, pod-identity, container, instance-profile, emr-runtime-role, env, profile, class; did you mean "irsa"?',
        'conf/xacct.yaml:2:25: base.arn: "arn:aws:iam::1111:role/etl" has the account "1111", which is not 12 digits; copy the ARN from IAM; not that of an instance profile or a session',
        'conf/xacct.yaml:3:1: unknown key "stss"; did you mean "sts"?',
        "conf/xacct.yaml:5:57: roles.hub goes via itself: hub -> partner -> hub; remove one of these via",
        'conf/xacct.yaml:7:10: the variable "data" is not declared; add data: to vars:',
        "conf/xacct.yaml:9:15: roles.partner.duration: 13h (46800 s) is outside 15m (900 s) to 12h (43200 s); write 1h, the most that role chaining allows",
        'conf/xacct.yaml:10:5: unknown key "rol" in roles.partner; known here are arn, duration, external_id, grants, session_name, session_policy, source_identity, tags, transitive_tags, via',
        'conf/xacct.yaml:12:17: buckets.partner-data: role "parner" is not declared; did you mean "partner"?',
        'conf/xacct.yaml:13:3: buckets.Scratch: "Scratch" is not a bucket name: 3 to 63 small letters, digits, dots and hyphens; write the bare name, without s3:// and without a key',
        "conf/xacct.yaml:14:3: buckets.tenant-*: a pattern needs otherwise: deny, settings of single buckets cannot hold it; add otherwise: deny, or name the buckets",
        'conf/xacct.yaml:15:3: "partner-data" stands twice here (first on line 12); remove one of them',
        'conf/xacct.yaml:16:16: own[2] is a number (3); write it in quotes: "3"',
    ]
    assert all(problem.what and problem.fix and problem.line for problem in raised.value.problems)


def test_ten_thousand_buckets_take_less_than_two_seconds() -> None:
    pytest.importorskip(
        "_ruamel_yaml", reason="ruamel.yaml.clib is not installed: the Python parser alone takes longer"
    )
    roles = "".join(f'  role-{n}: {{arn: "arn:aws:iam::444455556666:role/r{n}"}}\n' for n in range(100))
    buckets = "".join(f"  partner-data-{n:05}: role-{n % 100}\n" for n in range(10_000))
    text = f"version: 1\nbase: irsa\nsts: {{region: eu-west-1}}\nroles:\n{roles}buckets:\n{buckets}"
    declaration.loads(EVERYTHING)

    start = time.process_time()
    compiled = plan.encode(declaration.loads(text).access_map)
    for number in range(10_000):
        compiled.access_map.decide(Location("s3a", f"partner-data-{number:05}", "x"))

    assert time.process_time() - start < 2
    assert len(json.loads(compiled.canonical_json())["buckets"]) == 10_000
