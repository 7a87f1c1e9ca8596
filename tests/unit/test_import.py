"""Existing settings to a declaration: it loads again, it says what they said, and a line names what it cannot say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fakes.settings_to_import import (
    EMR,
    HADOOP,
    NO_BASE,
    READER,
    SECRET,
    SERVERLESS,
    V1_WEB,
    WRITER,
    assumed,
    conf,
    imported,
    roles_of,
)
from fakes.target_plans import KEY, role
from hypothesis import given
from hypothesis import strategies as st

from spark_xacct import declaration
from spark_xacct.importing import NothingImported, from_emrfs
from spark_xacct.importing.bucket_keys import _EMRFS_KEYS, _S3A_KEYS
from spark_xacct.importing.draft import role_name
from spark_xacct.importing.providers import Meaning, base_kind, listed, meaning
from spark_xacct.model.bases import BASES

# EMRFS and S3A


def test_what_is_printed_is_a_commented_declaration():
    settings = {
        "fs.s3a.bucket.partner-data.aws.credentials.provider": HADOOP,
        "fs.s3a.bucket.partner-data.assumed.role.arn": READER,
        "fs.s3a.bucket.partner-data.assumed.role.credentials.provider": V1_WEB,
        "fs.s3a.bucket.partner-data.assumed.role.external.id": "contract-7",
        "fs.s3a.bucket.partner-data.assumed.role.sts.endpoint.region": "eu-west-1",
        "fs.s3a.bucket.partner-out.aws.credentials.provider": HADOOP,
        "fs.s3a.bucket.partner-out.assumed.role.arn": WRITER,
        "fs.s3a.bucket.partner-out.assumed.role.session.duration": "30m",
        "fs.s3a.bucket.partner-out.assumed.role.session.name": "nightly",
        "fs.s3a.bucket.partner-out.endpoint.region": "us-east-1",
        "fs.s3a.bucket.partner-out.acl.default": "BucketOwnerFullControl",
        "fs.s3a.bucket.partner-out.encryption.key": KEY,
        "fs.s3a.bucket.corp.aws.credentials.provider": "corp.Provider",
    }
    made = from_emrfs([("my.conf", conf(settings))])
    assert made.text == (
        "# Made by spark-xacct import emrfs of my.conf.\n"
        "# Read it before you use it; spark-xacct check and spark-xacct explain say what it means.\n"
        "version: 1\n"
        "base: irsa    # from my.conf: fs.s3a.bucket.partner-data.assumed.role.credentials.provider\n"
        "sts: {region: eu-west-1}\n"
        "roles:\n"
        "  reader:\n"
        f'    arn: "{READER}"\n'
        "    external_id: contract-7\n"
        "  writer:\n"
        f'    arn: "{WRITER}"\n'
        '    duration: "30m"\n'
        "    session_name: nightly\n"
        "# Settings do not say which access is needed: read, or readwrite where a key or an ACL is for writing. Change what is not so.\n"
        "buckets:\n"
        "  partner-data: reader\n"
        "  partner-out:\n"
        "    role: writer\n"
        "    access: readwrite\n"
        "    region: us-east-1\n"
        f'    kms: {{write: "{KEY}"}}\n'
        "    s3: {acl: bucket-owner-full-control}\n"
        "#   corp: ROLE    # corp.Provider decided it\n"
    )
    assert made.left == (
        "my.conf: fs.s3a.bucket.corp.aws.credentials.provider: corp.Provider is a class of your own; what it does stands in its code, so "
        "declare the role by hand",
    )


@pytest.mark.parametrize(
    ("settings", "buckets"),
    [
        ({"fs.s3.bucket.b-1.customAWSCredentialsProvider": EMR, "spark.executorEnv.ASSUME_ROLE_CREDENTIALS_ROLE_ARN": READER}, {"b-1": READER}),
        ({"fs.s3.bucket.b-1.customAWSCredentialsProvider": EMR, "spark.emr-serverless.driverEnv.ASSUME_ROLE_CREDENTIALS_ROLE_ARN": READER}, {"b-1": READER}),
        ({"fs.s3a.bucket.b-1.aws.credentials.provider": EMR, "spark.yarn.appMasterEnv.ASSUME_ROLE_CREDENTIALS_ROLE_ARN": READER}, {"b-1": READER}),
        ({"fs.s3.customAWSCredentialsProvider": SERVERLESS, "fs.s3.bucketLevelAssumeRoleMapping": f"b-1->{READER}; b.2->{WRITER};"}, {"b-1": READER, "b.2": WRITER}),
        ({"fs.s3a.aws.credentials.provider": HADOOP, "fs.s3a.assumed.role.arn": READER, "fs.s3a.bucket.b-1.endpoint.region": "us-east-1"}, {"b-1": READER}),
        ({"fs.s3a.aws.credentials.provider": HADOOP, "fs.s3a.assumed.role.arn": READER, "fs.s3a.bucket.b-1.assumed.role.arn": WRITER}, {"b-1": WRITER}),
        ({"fs.s3a.bucket.b-1.aws.credentials.provider": V1_WEB}, {"b-1": None}),
        ({"fs.s3a.bucket.b-1.endpoint.region": "us-east-1"}, {"b-1": None}),
        ({"fs.s3a.bucket.a.dotted.name.aws.credentials.provider": HADOOP, "fs.s3a.bucket.a.dotted.name.assumed.role.arn": READER}, {"a.dotted.name": READER}),
    ],
    ids=["EMRFS, executors", "EMRFS, driver", "EMR's class in S3A", "mapping of Serverless", "role of all", "role of its own", "base", "base by a native key", "dots"],
)  # fmt: skip
def test_a_bucket_keeps_who_serves_it(settings, buckets):
    found = roles_of(imported(settings)[0])
    assert found == buckets


@pytest.mark.parametrize(
    ("key", "value", "field", "expected"),
    [
        ("fs.s3a.bucket.b-1.endpoint.region", "us-east-1", "region", "us-east-1"),
        ("fs.s3a.bucket.b-1.endpoint", "s3.us-east-1.amazonaws.com", "region", "us-east-1"),
        ("fs.s3a.bucket.b-1.endpoint", "https://s3.dualstack.us-east-1.amazonaws.com", "region", "us-east-1"),
        ("fs.s3a.bucket.b-1.encryption.key", KEY, "kms_write", KEY),
        ("fs.s3a.bucket.b-1.server-side-encryption.key", KEY, "kms_write", KEY),
        ("fs.s3.bucket.b-1.serverSideEncryption.kms.keyId", KEY, "kms_write", KEY),
        ("fs.s3a.bucket.b-1.acl.default", "BucketOwnerFullControl", "acl", "bucket-owner-full-control"),
        ("fs.s3.bucket.b-1.canned.acl", "PublicRead", "acl", "public-read"),
        ("fs.s3a.bucket.b-1.requester.pays.enabled", "TRUE", "requester_pays", True),
        ("fs.s3.bucket.b-1.useRequesterPaysHeader", "true", "requester_pays", True),
        ("fs.s3a.bucket.b-1.accesspoint.arn", "arn:aws:s3:eu-west-1:444455556666:accesspoint/p", "access_point", "arn:aws:s3:eu-west-1:444455556666:accesspoint/p"),
    ],
)  # fmt: skip
def test_a_bucket_keeps_what_it_needs_besides(key, value, field, expected):
    (binding,) = imported({key: value})[0].bindings
    assert getattr(binding, field) == expected
    assert binding.access == ("readwrite" if field in ("kms_write", "acl") else "read")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({**assumed(), "fs.s3a.bucket.c-1.aws.credentials.provider": "corp.X"}, "my.conf: fs.s3a.bucket.c-1.aws.credentials.provider: corp.X is a class of your own; what it does stands in its code, so declare the role by hand"),
        ({**assumed(), "fs.s3a.bucket.c-1.aws.credentials.provider": "org.apache.hadoop.fs.s3a.AnonymousAWSCredentialsProvider"}, "my.conf: fs.s3a.bucket.c-1.aws.credentials.provider: it is read as nobody (a public bucket), which no declaration says; leave it to your settings"),
        ({**assumed(), "fs.s3a.bucket.c-1.aws.credentials.provider": "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider"}, "my.conf: fs.s3a.bucket.c-1.aws.credentials.provider: keys in settings are not carried; name the role that stands behind them"),
        ({**assumed(), "fs.s3a.bucket.c-1.aws.credentials.provider": "io.sparkxacct.s3a.S3ARoleCredentialsProvider"}, "my.conf: fs.s3a.bucket.c-1.aws.credentials.provider: io.sparkxacct.s3a.S3ARoleCredentialsProvider is ours, and no plan stands beside it; name the file that has fs.xacct.plan"),
        ({**assumed(), "fs.s3.bucket.c-1.customAWSCredentialsProvider": EMR}, "my.conf: fs.s3.bucket.c-1.customAWSCredentialsProvider: ASSUME_ROLE_CREDENTIALS_ROLE_ARN is set nowhere in these files, so its role is not known; declare it by hand"),
        ({**assumed(), "fs.s3a.bucket.c-1.aws.credentials.provider": HADOOP}, "my.conf: fs.s3a.bucket.c-1.aws.credentials.provider: fs.s3a.assumed.role.arn is missing, so it assumes nothing"),
        ({**assumed(), "fs.s3a.bucket.c-1.assumed.role.arn": READER}, "my.conf: fs.s3a.bucket.c-1.assumed.role.arn: nothing assumes it, since the bucket's provider is the default; declare it by hand where it was meant"),
        ({**assumed(), **assumed("c-1", arn="reader")}, 'my.conf: fs.s3a.bucket.c-1.assumed.role.arn: "reader" is not an ARN (arn:partition:service:region:account:resource); nothing was carried of it'),
        ({**assumed(), "fs.s3a.bucket.b-1.aws.credentials.provider": f"{HADOOP},{V1_WEB}"}, f"my.conf: fs.s3a.bucket.b-1.aws.credentials.provider: the list goes on to other identities ({V1_WEB}); a declared bucket is reached under its role or not at all"),
        ({**assumed(), "fs.s3.bucket.b-1.customAWSCredentialsProvider": EMR, "spark.executorEnv.ASSUME_ROLE_CREDENTIALS_ROLE_ARN": WRITER}, f"bucket b-1: s3a:// is read as {READER} and s3:// as {WRITER}; a bucket has one role, the first was written"),
        (assumed(session_duration="13h"), "my.conf: fs.s3a.bucket.b-1.assumed.role.session.duration: 13h is outside 15m to 12h; 1h stands in its place"),
        (assumed(session_name="two words"), "my.conf: fs.s3a.bucket.b-1.assumed.role.session.name: its value does not fit STS or a declaration; nothing stands in its place"),
        (assumed(policy="{}"), "my.conf: fs.s3a.bucket.b-1.assumed.role.policy: its value does not fit STS or a declaration; nothing stands in its place"),
        ({**assumed(), "fs.s3a.bucket.b-1.encryption.key": "alias/key"}, "my.conf: fs.s3a.bucket.b-1.encryption.key: its value is not the ARN of a KMS key, which kms.write needs; write the ARN"),
        ({**assumed(), "fs.s3a.bucket.b-1.endpoint": "https://minio.corp:9000"}, "my.conf: fs.s3a.bucket.b-1.endpoint: a bucket of a declaration has a region and no endpoint; it stays in your settings"),
        ({**assumed(), "fs.s3a.bucket.b-1.endpoint.region": "Ireland"}, 'my.conf: fs.s3a.bucket.b-1.endpoint.region: "Ireland" is not a region; nothing was carried of it'),
        ({**assumed(), "fs.s3a.bucket.b-1.acl.default": "Mine"}, 'my.conf: fs.s3a.bucket.b-1.acl.default: "Mine" is no canned ACL; nothing was carried of it'),
        ({**assumed(), "fs.s3a.bucket.b-1.accesspoint.arn": "p"}, 'my.conf: fs.s3a.bucket.b-1.accesspoint.arn: "p" is not the ARN of an access point; nothing was carried of it'),
        ({**assumed(), "fs.s3.bucket.b-1.cse.kms.keyId": KEY}, "my.conf: fs.s3.bucket.b-1.cse.kms.keyId: encryption by the client stays in your settings"),
        ({**assumed(), "fs.s3a.bucket.B_1.endpoint.region": "us-east-1"}, "my.conf: fs.s3a.bucket.B_1.endpoint.region: B_1 is not a name that a bucket can have today; nothing was carried of it"),
        ({**assumed(), "fs.s3.bucketLevelAssumeRoleMapping": "x"}, 'my.conf: fs.s3.bucketLevelAssumeRoleMapping: "x" is not of the form BUCKET->ARN'),
        ({**assumed(), "fs.s3.customAWSCredentialsProvider": SERVERLESS}, "my.conf: fs.s3.customAWSCredentialsProvider: fs.s3.bucketLevelAssumeRoleMapping is missing, so it assumes nothing"),
        ({**assumed(), "fs.s3a.aws.credentials.provider": HADOOP, "fs.s3a.assumed.role.arn": WRITER}, f"my.conf: fs.s3a.aws.credentials.provider: every bucket was reached as {WRITER} besides those that are written; name under buckets those that need writer, the others stay with your platform's identity"),
        ({**assumed(), "fs.s3a.bucket.b-1.sub.endpoint.region": "us-east-1"}, "bucket b-1.sub: its settings are read for bucket b-1 too; make a declaration and a job of its own for it"),
        ({**assumed(), "fs.s3.canned.acl": "BucketOwnerFullControl"}, "my.conf: fs.s3.canned.acl: it is for every bucket and stays in your settings, beside what is rendered"),
        ({**assumed(), "fs.s3a.secret.key": SECRET}, "my.conf: fs.s3a.secret.key: keys in settings are not carried; the declaration names a base identity"),
        ({**assumed(), "fs.s3a.bucket.b-1.session.token": SECRET}, "my.conf: fs.s3a.bucket.b-1.session.token: keys in settings are not carried; the declaration names a base identity"),
        ({**assumed(), "fs.s3a.access.grants.enabled": "true"}, "my.conf: fs.s3a.access.grants.enabled: S3 Access Grants give credentials by grant and not by role; keep one of the two for a bucket"),
        ({**assumed(), "fs.s3a.bucket.b-1.delegation.token.binding": "corp.T"}, "my.conf: fs.s3a.bucket.b-1.delegation.token.binding: delegation tokens stand in place of providers; take the key out before you start"),
        ({**assumed(), "fs.s3.authorization.roleMapping": "x"}, "my.conf: fs.s3.authorization.roleMapping: role mappings are read from the security configuration; name its JSON beside this file"),
        ({**assumed(), **assumed("c-1", arn="arn:aws-cn:iam::777788889999:role/c")}, "arn:aws-cn:iam::777788889999:role/c: partition aws-cn, and the other roles are in aws; make a declaration of its own for it"),
        ({**assumed(sts_endpoint_region="eu-west-1"), **assumed("c-1", sts_endpoint_region="us-east-1")}, "my.conf: fs.s3a.bucket.c-1.assumed.role.sts.endpoint.region: us-east-1, and a declaration asks STS in one region (eu-west-1)"),
        ({**assumed(credentials_provider=V1_WEB), **assumed("c-1", credentials_provider="com.amazonaws.auth.InstanceProfileCredentialsProvider")}, "my.conf: fs.s3a.bucket.c-1.assumed.role.credentials.provider: base instance-profile, and a declaration has one base (irsa)"),
    ],
)  # fmt: skip
def test_what_cannot_be_carried_is_named_and_the_rest_is_carried(settings, says):
    access, lines = imported(settings, None if "sts_endpoint" in str(settings) else "eu-west-1")
    assert says in lines
    assert roles_of(access)["b-1"] == READER
    assert SECRET not in "\n".join(lines)


@pytest.mark.parametrize(
    ("provider", "kind"),
    [(name, kind) for kind, row in BASES.items() for name in (row.v1, row.v2, *row.sdk_own.values()) if name],
)
def test_each_class_of_a_base_identity_is_known(provider, kind):
    assert meaning(provider) is Meaning.BASE
    shared = {"pod-identity": "container"}
    assert str(base_kind(provider)) in (str(kind), shared.get(str(kind)))


@pytest.mark.parametrize(
    ("request_", "base"),
    [
        ({"virtualClusterId": "v", "executionRoleArn": "arn:aws:iam::111122223333:role/etl"}, ("irsa", "arn:aws:iam::111122223333:role/etl")),
        ({"applicationId": "a", "executionRoleArn": "arn:aws:iam::111122223333:role/etl"}, ("emr-runtime-role", "arn:aws:iam::111122223333:role/etl")),
        ({"jobRun": {"applicationId": "a", "executionRole": "arn:aws:iam::111122223333:role/etl"}}, ("emr-runtime-role", "arn:aws:iam::111122223333:role/etl")),
        ({"JobFlowRole": "EMR_EC2_DefaultRole"}, ("instance-profile", None)),
        ({}, ("instance-profile", None)),
    ],
)  # fmt: skip
def test_a_request_says_what_its_processes_begin_with(request_, base):
    data = {
        **request_,
        "Configurations": [
            {
                "Classification": "spark-defaults",
                "Properties": {f"spark.hadoop.{name}": value for name, value in assumed().items()},
            }
        ],
    }
    found = declaration.loads(from_emrfs([("job.json", json.dumps(data))], "eu-west-1").text).access_map.base
    assert (str(found.kind), str(found.arn) if found.arn else None) == base


def test_several_files_are_read_together_and_spark_counts_above_hadoop():
    xml = (
        "<configuration>"
        + "".join(
            f"<property><name>{name}</name><value>{value}</value></property>"
            for name, value in assumed(arn=WRITER).items()
        )
        + "</configuration>"
    )
    made = from_emrfs(
        [("my.conf", conf({"fs.s3a.bucket.b-1.assumed.role.arn": READER})), ("core-site.xml", xml)], "eu-west-1"
    )
    assert roles_of(declaration.loads(made.text).access_map) == {"b-1": READER}
    assert (
        made.left[0]
        == f"fs.s3a.bucket.b-1.assumed.role.arn is {WRITER} in core-site.xml and {READER} in my.conf: the latter counts"
    )


def test_variables_of_an_export_classification_are_read():
    data = [
        {"Classification": "emrfs-site", "Properties": {"fs.s3.bucket.b-1.customAWSCredentialsProvider": EMR}},
        {
            "Classification": "spark-env",
            "Properties": {},
            "Configurations": [
                {"Classification": "export", "Properties": {"ASSUME_ROLE_CREDENTIALS_ROLE_ARN": READER}}
            ],
        },
    ]
    made = from_emrfs([("c.json", json.dumps(data))], "eu-west-1")
    assert roles_of(declaration.loads(made.text).access_map) == {"b-1": READER}


MAPPINGS = [
    {"Role": "arn:aws:iam::444455556666:role/user", "IdentifierType": "User", "Identifiers": ["u1", "u2"]},
    {"Role": READER, "IdentifierType": "Prefix", "Identifiers": ["s3://first-bucket/", "s3://second-bucket"]},
    {"Role": WRITER, "IdentifierType": "Prefix", "Identifiers": ["s3://first-bucket/late/", "s3://third-bucket/finance/", "s3://third-bucket/x", "direct"]},
    {"Role": READER, "IdentifierType": "Prefix", "Identifiers": ["s3://third-bucket/"]},
    {"IdentifierType": "Prefix", "Identifiers": ["s3://fourth-bucket/"]},
]  # fmt: skip


@pytest.mark.parametrize("is_answer", [False, True], ids=["as written", "as EMR gives it back"])
def test_role_mappings_by_prefix_become_buckets_and_prefixes(is_answer):
    document: dict[str, Any] = {"AuthorizationConfiguration": {"EmrFsConfiguration": {"RoleMappings": MAPPINGS}}}
    text = json.dumps({"Name": "n", "SecurityConfiguration": json.dumps(document)} if is_answer else document)
    made = from_emrfs([("sec.json", text)], "eu-west-1")
    assert roles_of(declaration.loads(made.text).access_map) == {
        "first-bucket": READER,
        "second-bucket": READER,
        "third-bucket": READER,
        "third-bucket/finance/": WRITER,
        "third-bucket/x/": WRITER,
    }
    no_connector = "prefixes are planned and explained, and no connector carries them yet: render and start refuse them"
    assert made.left == (
        NO_BASE,
        "sec.json: User u1, u2 with arn:aws:iam::444455556666:role/user: a declaration has no users and groups, one application is one "
        "identity; start each of them with a declaration of its own",
        f"sec.json: s3://first-bucket/late/ with {WRITER} never matched, since s3://first-bucket/ stands before it; nothing was carried of it",
        f"sec.json: s3://third-bucket/finance/: {no_connector}",
        "sec.json: s3://third-bucket/x matched every key that begins so; what lies below x/ was written",
        f"sec.json: s3://third-bucket/x: {no_connector}",
        'sec.json: "direct" is not of the form s3://BUCKET or s3://BUCKET/PREFIX; nothing was carried of it',
        "sec.json: a mapping has no Role; nothing was carried of it",
    )


def test_a_file_that_is_none_is_told_and_the_others_are_read():
    made = from_emrfs([("notes.txt", "hello world\n"), ("my.conf", conf(assumed()))], "eu-west-1")
    assert made.left[0].startswith("notes.txt: this is not a file that is known here: ")
    assert READER in made.text


def test_where_nothing_was_found_that_is_the_answer():
    with pytest.raises(NothingImported) as error:
        from_emrfs([("a.conf", "spark.master yarn\n"), ("b.txt", "hello\n")])
    first, second, *_ = str(error.value).splitlines()
    assert first == (
        "a.conf, b.txt: no role and no bucket was found; name the files that have fs.s3 and fs.s3a settings, or the security configuration"
    )
    assert second.startswith("b.txt: this is not a file that is known here")


@pytest.mark.parametrize(
    ("arns", "expected"),
    [
        (["role/Reader"], ["reader"]),
        (["role/service/path/Data.Reader+x"], ["data-reader-x"]),
        (["role/reader", "role/other/reader"], ["reader", "reader-2"]),
        (["role/base", "role/OWN"], ["base-role", "own-role"]),
        (["role/123"], ["role-123"]),
        (["role/" + "x" * 60, "role/a/" + "x" * 60], ["x" * 32, "x" * 30 + "-2"]),
    ],
)
def test_roles_get_names_that_a_declaration_takes(arns, expected):
    settings: dict[str, str] = {}
    for number, arn in enumerate(arns):
        settings |= assumed(f"bucket-{number}", arn=f"arn:aws:iam::444455556666:{arn}")
    assert list(imported(settings)[0].roles) == expected


# Whatever people have


BUCKETS = st.sampled_from(["b-1", "a.dotted.name", "b-1.sub", "Bad_Name", "token-x"])
VALUES = st.one_of(
    st.sampled_from(
        [
            READER, WRITER, "arn:aws-cn:iam::777788889999:role/c", "arn:aws:iam::444455556666:user/u", KEY, HADOOP, EMR, SERVERLESS, V1_WEB,
            f"{HADOOP},{V1_WEB}", "us-east-1", "1h", "30m", "900", "10m", "nightly", "a {b} c", "{run}", "true", "BucketOwnerFullControl",
            '{"Statement": []}', '{"Statement": ["{x}"]}', "sts.eu-west-1.amazonaws.com", "vpce-1.sts.eu-west-1.vpce.amazonaws.com", "http://[",
            f"b-1->{READER};c-1->{WRITER}", "x->y", "s3.eu-west-1.amazonaws.com", "corp.Provider", "com.amazonaws.auth.DefaultAWSCredentialsProviderChain",
            "com.amazonaws.auth.profile.ProfileCredentialsProvider",
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)  # fmt: skip
NAMES = st.one_of(
    st.tuples(st.just("fs.s3a.bucket."), BUCKETS, st.sampled_from(_S3A_KEYS)).map(lambda parts: f"{parts[0]}{parts[1]}.{parts[2]}"),
    st.tuples(st.just("fs.s3.bucket."), BUCKETS, st.sampled_from(_EMRFS_KEYS)).map(lambda parts: f"{parts[0]}{parts[1]}.{parts[2]}"),
    st.sampled_from(_S3A_KEYS).map("fs.s3a.{}".format),
    st.sampled_from(
        ["fs.s3.customAWSCredentialsProvider", "fs.s3.bucketLevelAssumeRoleMapping", "fs.s3.sts.endpoint", "spark.executorEnv.ASSUME_ROLE_CREDENTIALS_ROLE_ARN"]
    ),
)  # fmt: skip


@given(st.dictionaries(NAMES, VALUES, max_size=14))
def test_whatever_settings_say_what_is_written_loads_and_holds_no_key(settings):
    secret = ("secret.key", "session.token", "access.key")
    properties = {
        f"spark.hadoop.{name}" if name.startswith("fs.") else name: SECRET if name.endswith(secret) else value
        for name, value in settings.items()
    }
    try:
        made = from_emrfs([("s.json", json.dumps({"conf": properties}))])
    except NothingImported as nothing:
        said = str(nothing).splitlines()
        begin = "s.json: no role and no bucket was found; "
    else:
        access = declaration.loads(made.text).access_map
        said, begin = [made.text, *made.left], "# Made by "
        assert access.roles or access.bindings
        assert not [line for line in made.left if not line.isprintable()]
    assert said[0].startswith(begin)
    assert SECRET not in "\n".join(said)


@given(st.text(st.characters(codec="ascii"), max_size=60))
def test_any_name_becomes_a_name_of_a_role(text):
    role(role_name(text), "444455556666")


def test_a_list_of_providers_may_stand_on_several_lines():
    assert listed(" a.B ,\n  c.D\n") == ["a.B", "c.D"]
