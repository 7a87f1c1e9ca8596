"""What refers to what: chains, bindings, names, limits of what is bound together."""

from __future__ import annotations

import pytest
from declaration_texts import READER, case, hub_and_partner, role

from spark_xacct import declaration
from spark_xacct.errors import DeclarationError

MANY_BUCKETS = "{" + ", ".join(f"a-bucket-with-a-rather-long-name-{n:02}: partner" for n in range(30)) + "}"
ELEVEN_POLICIES = ", ".join(f'"arn:aws:iam::aws:policy/P{n}"' for n in range(11))


@pytest.mark.parametrize(
    ("text", "environment", "says"),
    [
        case(
            "unknown kind of base",
            base="pod-identiy",
            says=[
                '2:7: base: "pod-identiy" is not one of irsa, pod-identity, container, instance-profile, emr-runtime-role, env, profile, class; did you mean "pod-identity"?'
            ],
        ),
        case(
            "unknown kind in the long form",
            base="{kind: lambda}",
            says=[
                '2:14: base.kind: "lambda" is not one of irsa, pod-identity, container, instance-profile, emr-runtime-role, env, profile, class; write one of them'
            ],
        ),
        case(
            "via that is not declared",
            roles=role("via: hup"),
            says=['4:70: roles.partner: via "hup" is not declared; declare it'],
        ),
        case(
            "via the base identity",
            roles=role("via: base"),
            says=["4:70: roles.partner: via names the base identity; remove via: every chain begins there"],
        ),
        case(
            "via itself",
            roles=role("via: partner"),
            says=["4:70: roles.partner goes via itself: partner -> partner; remove one of these via"],
        ),
        case(
            "cycle of two",
            roles=hub_and_partner("via: partner"),
            says=["4:63: roles.hub goes via itself: hub -> partner -> hub; remove one of these via"],
        ),
        case(
            "session name with an unknown placeholder",
            roles=role('session_name: "{run}-{usr}"'),
            says=['4:79: the variable "usr" is not declared; did you mean {user}?'],
        ),
        case(
            "tag that is a number",
            roles=role("tags: {cost: 42}"),
            says=['4:78: roles.partner.tags.cost is a number (42); write it in quotes: "42"'],
        ),
        case(
            "transitive tag that is none",
            roles=role("tags: {team: a}, transitive_tags: [tema]"),
            says=['4:100: roles.partner: transitive tag "tema" is not among its tags; did you mean "team"?'],
        ),
        case(
            "tag that the hub passes on",
            roles=hub_and_partner("tags: {team: a}, transitive_tags: [team]", "tags: {Team: b}"),
            says=[
                '4:174: roles.partner: tag "Team" is passed on by role hub already, and STS refuses it a second time; remove it here, or from transitive_tags there'
            ],
        ),
        case(
            "tag that Pod Identity passes on",
            base="pod-identity",
            roles=role("tags: {kubernetes-namespace: a}"),
            says=[
                '4:72: roles.partner: tag "kubernetes-namespace" is passed on by EKS Pod Identity already, and STS refuses it a second time; remove it here, or from transitive_tags there'
            ],
        ),
        case(
            "source identity that changes",
            roles=hub_and_partner("source_identity: ana", "source_identity: bob"),
            says=[
                '4:164: roles.partner: source identity "bob" differs from "ana" of role hub, which its chain has set for good; remove one of the two'
            ],
        ),
        case(
            "session policy in unknown words",
            roles=role("session_policy: declare"),
            says=[
                '4:81: roles.partner.session_policy: "declare" is not one of none, declared; did you mean "declared"?'
            ],
        ),
        case(
            "eleven session policies",
            roles=role(f"session_policy: {{arns: [{ELEVEN_POLICIES}]}}"),
            says=["4:65: roles.partner: 11 session policy ARNs are more than the 10 that STS takes; remove some"],
        ),
        case(
            "session policy too long",
            roles=role("session_policy: declared"),
            buckets=MANY_BUCKETS,
            says=[
                "4:65: roles.partner: the session policy has 3432 characters, STS takes 2048; bind fewer buckets to the role, or use managed policies (session_policy: {arns: [...]})"
            ],
        ),
        case(
            "declared session policy of a hub",
            roles=hub_and_partner("session_policy: declared"),
            says=[
                "4:58: roles.hub: a declared session policy would forbid its sessions to assume partner; write session_policy: none"
            ],
        ),
        case(
            "declared session policy of nothing",
            roles=role("session_policy: declared"),
            buckets="{}",
            says=[
                "4:65: roles.partner: a declared session policy is empty, no bucket is bound to the role and nothing is granted to it; bind a bucket, or write session_policy: none"
            ],
        ),
        case(
            "grant for an unknown service",
            roles=role('grants: [{arn: "arn:aws:ec2:eu-west-1:444455556666:instance/i-1"}]'),
            says=[
                '4:80: roles.partner.grants[1].arn: a grant for service "ec2" is not known; known are dynamodb, glue, kinesis, kms, secretsmanager, sns, sqs'
            ],
        ),
        case(
            "grant with an unknown access",
            roles=role('grants: [{arn: "arn:aws:sqs:eu-west-1:444455556666:q", access: send}]'),
            says=[
                '4:128: roles.partner.grants[1].access: "send" is not one of read, write, readwrite; write one of them'
            ],
        ),
        case(
            "chain that leaves its partition",
            base='{kind: irsa, arn: "arn:aws:iam::111122223333:role/etl"}',
            roles='{partner: {arn: "arn:aws-cn:iam::444455556666:role/reader"}}',
            says=[
                "4:24: roles.partner is in partition aws-cn, base is in aws: no chain leaves its partition; use a role of the same partition, or a declaration of its own"
            ],
        ),
        case(
            "bucket of a role that is not declared",
            buckets="{partner-data: partnr}",
            says=['5:25: buckets.partner-data: role "partnr" is not declared; did you mean "partner"?'],
        ),
        case(
            "bucket of an ARN",
            buckets=f'{{partner-data: "{READER}"}}',
            says=[
                '5:25: buckets.partner-data: role "arn:aws:iam::444455556666:role/reader" is not declared; known here are base, partner'
            ],
        ),
        case(
            "unknown ACL",
            buckets="{b-1: {role: partner, s3: {acl: bucket-owner}}}",
            says=[
                '5:42: buckets.b-1.s3.acl: "bucket-owner" is not one of private, public-read, public-read-write, aws-exec-read, authenticated-read, bucket-owner-read, bucket-owner-full-control, log-delivery-write; did you mean "bucket-owner-read"?'
            ],
        ),
        case(
            "prefix of a role that is not declared",
            buckets="{b-1: {role: partner, prefixes: {f/: finance}}}",
            says=['5:47: buckets.b-1.prefixes.f/: role "finance" is not declared; known here are base, partner'],
        ),
        case(
            "prefix of a pattern",
            buckets='{"b-*": {role: partner, prefixes: {f/: base}}}',
            otherwise="deny",
            says=["5:34: buckets.b-*: a pattern cannot have prefixes; name the bucket"],
        ),
        case(
            "pattern under platform",
            buckets='{"b-*": partner}',
            says=[
                "5:11: buckets.b-*: a pattern needs otherwise: deny, settings of single buckets cannot hold it; add otherwise: deny, or name the buckets"
            ],
        ),
        case(
            "pattern of own under platform",
            own='["corp-*"]',
            says=[
                "6:7: own: corp-*: a pattern needs otherwise: deny, settings of single buckets cannot hold it; add otherwise: deny, or name the buckets"
            ],
        ),
        case(
            "own and buckets",
            own="[partner-data]",
            says=["6:7: own: partner-data is declared in buckets on line 5 already; remove one of the two"],
        ),
        case(
            "twice in own",
            own="[corp-logs, corp-logs]",
            says=["6:18: own: corp-logs is declared in own on line 6 already; remove one of the two"],
        ),
        case(
            "dotted bucket beside its first label",
            buckets="{partner.data.raw: partner, partner: partner}",
            says=[
                "5:11: buckets: the settings fs.s3a.bucket.partner.data.raw.* are read for bucket partner too (line 5); declare one of the two here, and the other in a declaration and job of its own"
            ],
        ),
        case(
            "dotted bucket beside its first labels in own",
            buckets="{partner.data.raw: partner}",
            own="[partner.data]",
            says=[
                "5:11: buckets: the settings fs.s3a.bucket.partner.data.raw.* are read for bucket partner.data too (line 6); declare one of the two here, and the other in a declaration and job of its own"
            ],
        ),
        case(
            "python role that is not declared",
            python="{roles: [partnr]}",
            says=['6:18: python.roles: role "partnr" is not declared; did you mean "partner"?'],
        ),
        case(
            "python default role that is not declared",
            python="{default_role: partnr}",
            says=['6:24: python.default_role: role "partnr" is not declared; did you mean "partner"?'],
        ),
        case(
            "python default role that is not among the roles",
            roles=hub_and_partner(),
            python="{default_role: hub, roles: [partner]}",
            says=['6:24: python.default_role: "hub" is not among python.roles; add it there'],
        ),
    ],
)
def test_contradiction_is_refused(text: str, environment: str | None, says: list[str]) -> None:
    with pytest.raises(DeclarationError) as raised:
        declaration.loads(text, environment=environment)

    assert str(raised.value).splitlines() == [f"xacct.yaml:{line}" for line in says]
