"""Single values: ARNs, names, durations, limits."""

from __future__ import annotations

import pytest
from declaration_texts import READER, case, role

from spark_xacct import declaration
from spark_xacct.errors import DeclarationError

ELEVEN_POLICIES = ", ".join(f'"arn:aws:iam::aws:policy/P{n}"' for n in range(11))


@pytest.mark.parametrize(
    ("text", "environment", "says"),
    [
        case(
            "profile without its name",
            base="profile",
            says=["2:7: base: kind profile has no profile; write {kind: profile, profile: NAME}"],
        ),
        case(
            "class without its name",
            base="{kind: class}",
            says=["2:1: base: kind class has no class; write {kind: class, class: a.b.C}"],
        ),
        case(
            "name of a profile for another kind",
            base="{kind: irsa, profile: etl}",
            says=["2:1: base: kind irsa takes no profile; remove profile, or write kind: profile"],
        ),
        case(
            "default chains without the name of who they must find",
            base="emr-runtime-role",
            says=[
                "2:7: base: kind emr-runtime-role has no arn, and its providers are default chains that take whoever they find first; write {kind: emr-runtime-role, arn: arn:aws:iam::ACCOUNT:role/NAME}"
            ],
        ),
        case(
            "default chains in the long form",
            base="{kind: emr-runtime-role}",
            says=[
                "2:1: base: kind emr-runtime-role has no arn, and its providers are default chains that take whoever they find first; write {kind: emr-runtime-role, arn: arn:aws:iam::ACCOUNT:role/NAME}"
            ],
        ),
        case(
            "class that is none",
            base="{kind: class, class: Provider}",
            says=[
                '2:28: base.class: "Provider" is not the name of a Java class; write it with its package: com.example.Provider'
            ],
        ),
        case(
            "base that is an instance profile",
            base='{kind: irsa, arn: "arn:aws:iam::111122223333:instance-profile/etl"}',
            says=[
                '2:25: base.arn: "arn:aws:iam::111122223333:instance-profile/etl" is not the ARN of a role or of a user (arn:aws:iam::123456789012:role/NAME); copy the ARN from IAM; not that of an instance profile or a session'
            ],
        ),
        case(
            "region that is none",
            sts="{region: europe}",
            says=['3:15: sts.region: "europe" is not a region; write one such as eu-west-1'],
        ),
        case(
            "endpoint that is no URL",
            sts="{region: eu-west-1, endpoint: sts.local}",
            says=[
                '3:36: sts.endpoint: the address of STS "sts.local" is not valid: it needs the form https://HOST; write https://HOST, or leave it out for the regional endpoint'
            ],
        ),
        case(
            "endpoint of no port",
            sts='{region: eu-west-1, endpoint: "https://sts.local:99999"}',
            says=[
                '3:36: sts.endpoint: the address of STS "https://sts.local:99999" is not valid: its port is not among 1 to 65535; write https://HOST, or leave it out for the regional endpoint'
            ],
        ),
        case(
            "ARN of something else",
            roles='{partner: {arn: "arn:aws:s3:::partner-data"}}',
            says=[
                '4:24: roles.partner.arn: "arn:aws:s3:::partner-data" is not the ARN of a role (arn:aws:iam::123456789012:role/NAME); copy the role\'s ARN from IAM'
            ],
        ),
        case(
            "ARN of no account",
            roles='{partner: {arn: "arn:aws:iam::4444:role/reader"}}',
            says=[
                '4:24: roles.partner.arn: "arn:aws:iam::4444:role/reader" has the account "4444", which is not 12 digits; copy the role\'s ARN from IAM'
            ],
        ),
        case(
            "name of a role with a capital",
            roles=f'{{Partner: {{arn: "{READER}"}}}}',
            buckets="{}",
            says=[
                '4:9: roles.Partner: "Partner" cannot name a role; write a small letter, then up to 31 of a-z 0-9 _ -'
            ],
        ),
        case(
            "reserved name of a role",
            roles=f'{{deny: {{arn: "{READER}"}}}}',
            buckets="{}",
            says=['4:9: roles.deny: "deny" is a reserved word and cannot name a role; choose another name'],
        ),
        case(
            "duration too long",
            roles=role("duration: 13h"),
            says=[
                "4:75: roles.partner.duration: 13h (46800 s) is outside 15m (900 s) to 12h (43200 s); write 1h, the most that role chaining allows"
            ],
        ),
        case(
            "duration too short",
            roles=role("duration: 899s"),
            says=[
                "4:75: roles.partner.duration: 899s (899 s) is outside 15m (900 s) to 12h (43200 s); write 1h, the most that role chaining allows"
            ],
        ),
        case(
            "duration without a unit",
            roles=role("duration: 3600"),
            says=["4:75: roles.partner.duration is a number (3600); write 3600s"],
        ),
        case(
            "duration in words",
            roles=role("duration: one hour"),
            says=['4:75: roles.partner.duration: "one hour" is not a duration; write 15m, 1h or 3600s'],
        ),
        case(
            "session name with a blank",
            roles=role('session_name: "my job"'),
            says=[
                '4:79: roles.partner.session_name: session name "my job" has characters that STS refuses; it takes letters, digits and _+=,.@-; write for example {run}-{user}'
            ],
        ),
        case(
            "session name too long",
            roles=role('session_name: "%s"' % ("x" * 65)),
            says=[
                '4:79: roles.partner.session_name: session name "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" has 65 characters; STS takes 2 to 64; write for example {run}-{user}'
            ],
        ),
        case(
            "external id too short",
            roles=role("external_id: x"),
            says=[
                "4:78: roles.partner.external_id: the external id does not fit STS: 2 to 1224 letters, digits and _+=,.@:/-; ask the role's owner for the exact value"
            ],
        ),
        case(
            "external id that is a number",
            roles=role("external_id: 0042"),
            says=['4:78: roles.partner.external_id is a number (42); write it in quotes: "0042"'],
        ),
        case(
            "external id that names two references",
            roles=role("external_id: {env: ID, file: /run/id}"),
            says=[
                "4:65: roles.partner.external_id: an external id is a text, {env: NAME} or {file: PATH}; write exactly one of env and file"
            ],
        ),
        case(
            "external id that names none",
            roles=role("external_id: {}"),
            says=[
                "4:65: roles.partner.external_id: an external id is a text, {env: NAME} or {file: PATH}; write exactly one of env and file"
            ],
        ),
        case(
            "external id of a variable without name",
            roles=role('external_id: {env: ""}'),
            says=[
                '4:84: roles.partner.external_id.env: "" is not the name of an environment variable: letters, digits and _, no digit first; write {env: NAME}'
            ],
        ),
        case(
            "external id of a variable with its dollar",
            roles=role('external_id: {env: "$ID"}'),
            says=[
                '4:84: roles.partner.external_id.env: "$ID" is not the name of an environment variable: letters, digits and _, no digit first; write {env: NAME}'
            ],
        ),
        case(
            "external id in a relative file",
            roles=role('external_id: {file: "rel.txt"}'),
            says=[
                '4:85: roles.partner.external_id.file: "rel.txt" is not an absolute path; write {file: /PATH}, the same on every host'
            ],
        ),
        case(
            "tag with a wrong character",
            roles=role('tags: {team: "a,b"}'),
            says=[
                '4:65: roles.partner.tags: the value of tag "team" does not fit STS: up to 256 letters, digits, spaces and _.:/=+-@; change or remove it'
            ],
        ),
        case(
            "tags that differ in case only",
            roles=role("tags: {team: a, Team: b}"),
            says=[
                "4:65: roles.partner.tags: two session tags differ in case only, and STS takes them for one; change or remove it"
            ],
        ),
        case(
            "source identity that AWS reserves",
            roles=role('source_identity: "aws:x"'),
            says=[
                '4:82: roles.partner.source_identity: source identity "aws:x" does not fit STS: 2 to 64 letters, digits and _+=,.@-; write for example a user name'
            ],
        ),
        case(
            "session policy that is no JSON",
            roles=role("session_policy: {inline: 'x'}"),
            says=[
                "4:90: roles.partner.session_policy.inline: the session policy is not JSON: Expecting value: line 1 column 1 (char 0); write it as a mapping here"
            ],
        ),
        case(
            "session policy without statement",
            roles=role("session_policy: {inline: {Version: x}}"),
            says=[
                '4:82: roles.partner.session_policy.inline: the session policy has no Statement; write {Version: "2012-10-17", Statement: [...]}'
            ],
        ),
        case(
            "policy of JSON with a number that JSON has not",
            roles=role('session_policy: {inline: \'{"Statement": [], "x": NaN}\'}'),
            says=[
                "4:90: roles.partner.session_policy.inline: the session policy has a number that JSON cannot hold; write a smaller one"
            ],
        ),
        case(
            "policy with a number beyond all bounds",
            roles=role("session_policy: {inline: {Statement: [], x: 1e999}}"),
            says=[
                "4:82: roles.partner.session_policy.inline: the session policy has a number that JSON cannot hold; write a smaller one"
            ],
        ),
        case(
            "policy of JSON nested too deep",
            roles=role(f"session_policy: {{inline: '{'[' * 100_000}'}}"),
            says=[
                "4:90: roles.partner.session_policy.inline: the session policy is nested too deep to read; write it as a mapping here"
            ],
        ),
        *(
            case(
                f"empty session policy {text}",
                roles=role(f"session_policy: {text}"),
                says=[
                    "4:65: roles.partner.session_policy: the session policy is empty; write inline: or arns: in it, or session_policy: none"
                ],
            )
            for text in ("{}", "{arns: []}", "{inline: null}")
        ),
        case(
            "session policy of what is no policy",
            roles=role(f'session_policy: {{arns: ["{READER}"]}}'),
            says=[
                '4:89: roles.partner.session_policy.arns[1]: "arn:aws:iam::444455556666:role/reader" is not the ARN of a managed policy; write arn:aws:iam::ACCOUNT:policy/NAME'
            ],
        ),
        case(
            "bucket with a capital",
            buckets="{Partner: partner}",
            says=[
                '5:11: buckets.Partner: "Partner" is not a bucket name: 3 to 63 small letters, digits, dots and hyphens; write the bare name, without s3:// and without a key'
            ],
        ),
        case(
            "bucket with its scheme",
            buckets='{"s3://partner-data": partner}',
            says=[
                '5:11: buckets.s3://partner-data: "s3://partner-data" is not a bucket name: 3 to 63 small letters, digits, dots and hyphens; write the bare name, without s3:// and without a key'
            ],
        ),
        case(
            "bucket with a key",
            buckets="{partner-data/x/: partner}",
            says=[
                '5:11: buckets.partner-data/x/: "partner-data/x/" is not a bucket name: 3 to 63 small letters, digits, dots and hyphens; write the bare name, without s3:// and without a key'
            ],
        ),
        case(
            "access in other words",
            buckets="{b-1: {role: partner, access: read-write}}",
            says=[
                '5:40: buckets.b-1.access: "read-write" is not one of read, write, readwrite; did you mean "readwrite"?'
            ],
        ),
        case(
            "owner that is a number",
            buckets="{b-1: {role: partner, owner: 012345678901}}",
            says=['5:39: buckets.b-1.owner is a number (12345678901); write it in quotes: "012345678901"'],
        ),
        case(
            "owner that is no account",
            buckets='{b-1: {role: partner, owner: "123"}}',
            says=['5:39: buckets.b-1.owner: "123" is not an account; write its 12 digits in quotes: "444455556666"'],
        ),
        case(
            "key that is none of KMS",
            buckets="{b-1: {role: partner, kms: {write: alias/x}}}",
            says=[
                '5:45: buckets.b-1.kms.write: "alias/x" is not an ARN (arn:partition:service:region:account:resource); write arn:aws:kms:REGION:ACCOUNT:key/ID'
            ],
        ),
        case(
            "read keys that are no list",
            buckets='{b-1: {role: partner, kms: {read: "arn:aws:kms:eu-west-1:444455556666:key/1"}}}',
            says=[
                '5:44: buckets.b-1.kms.read is a text ("arn:aws:kms:eu-west-1:444455556666:key/1"); write a list: [one, another]'
            ],
        ),
        case(
            "requester pays in words",
            buckets="{b-1: {role: partner, s3: {requester_pays: yes}}}",
            says=['5:53: buckets.b-1.s3.requester_pays is a text ("yes"); write true or false'],
        ),
        case(
            "access point that is none",
            buckets='{b-1: {role: partner, s3: {access_point: "arn:aws:s3:::b-1"}}}',
            says=[
                '5:51: buckets.b-1.s3.access_point: "arn:aws:s3:::b-1" is not the ARN of an access point; write arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME'
            ],
        ),
        case(
            "prefix without its slash",
            buckets="{b-1: {role: partner, prefixes: {finance: base}}}",
            says=[
                '5:43: buckets.b-1.prefixes.finance: "finance" is not a prefix: it ends at a "/", begins with none and holds no *; write "finance/"'
            ],
        ),
        case(
            "prefix with a star",
            buckets='{b-1: {role: partner, prefixes: {"f*/": base}}}',
            says=[
                '5:43: buckets.b-1.prefixes.f*/: "f*/" is not a prefix: it ends at a "/", begins with none and holds no *; write "f/"'
            ],
        ),
        case(
            "own that is a text",
            own="corp-logs",
            says=['6:6: own is a text ("corp-logs"); write a list: [one, another]'],
        ),
        case(
            "otherwise in other words",
            otherwise="forbid",
            says=['6:12: otherwise: "forbid" is not one of platform, deny; write one of them'],
        ),
        case(
            "documents of a wrong type",
            documents="{eks_account: 111122223333}",
            says=['6:26: documents.eks_account is a number (111122223333); write it in quotes: "111122223333"'],
        ),
    ],
)
def test_wrong_value_is_refused(text: str, environment: str | None, says: list[str]) -> None:
    with pytest.raises(DeclarationError) as raised:
        declaration.loads(text, environment=environment)

    assert str(raised.value).splitlines() == [f"xacct.yaml:{line}" for line in says]
