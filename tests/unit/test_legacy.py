"""Settings that do nothing on a release: named where they are there, silent where they count."""

from __future__ import annotations

import json
import re

import pytest
from fakes.target_plans import access_map, bound

from spark_xacct import plan as plans
from spark_xacct import targets
from spark_xacct.targets import files, legacy

PLAN = plans.encode(access_map(bound("partner-data", "partner"), python_default_role=None, python_roles=()))
MIGRATION = "https://docs.aws.amazon.com/emr/latest/ReleaseGuide/emr-s3a-migrate.html"
JOBS = "https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/jobs-s3-access.html"
SDK = "https://hadoop.apache.org/docs/stable/hadoop-aws/tools/hadoop-aws/aws_sdk_upgrade.html"
EMRFS_CLASS = "com.amazon.ws.emr.hadoop.fs.EmrFileSystem"
V1_WEB = "com.amazonaws.auth.WebIdentityTokenCredentialsProvider"
NOTHING = "S3A is active for s3:// on {}: it does nothing"


def lines(settings: dict[str, str], release: str, plan: plans.Plan = PLAN) -> list[str]:
    text = "".join(
        f"spark.hadoop.{name} {value}\n" if name.startswith("fs.") else f"{name} {value}\n"
        for name, value in settings.items()
    )
    return list(legacy.found(files.read("my.conf", text), targets.settings_for(plan, release)))  # fmt: skip


def named(settings: dict[str, str], release: str) -> list[str]:
    """The names of the settings that a line is about."""
    return [re.match(r"my\.conf: legacy (\S+) present, ", line).group(1) for line in lines(settings, release)]


ON_S3A = ["emr-7.10.0", "emr-7.14.0", "emr-spark-8.0.0", "glue-5.1", "spark-4", "spark-3.5"]
ON_EMRFS = ["emr-6.15.0", "emr-7.9.0"]
OF_EMRFS = {
    "fs.s3.customAWSCredentialsProvider": "corp.Provider",
    "fs.s3.bucket.b.customAWSCredentialsProvider": "corp.Provider",
    "fs.s3.bucketLevelAssumeRoleMapping": "b->arn:aws:iam::444455556666:role/reader",
    "spark.executorEnv.ASSUME_ROLE_CREDENTIALS_ROLE_ARN": "arn:aws:iam::444455556666:role/reader",
    "fs.s3.consistent": "true",
    "fs.s3.consistent.metadata.tableName": "t",
    "fs.s3.requestHandler.classNames": "corp.Handler",
    "fs.s3.multipart.clean.enabled": "true",
    "fs.s3.instanceProfile.retryCount": "3",
    "fs.s3.region.retryCount": "3",
}


@pytest.mark.parametrize("name", OF_EMRFS)
@pytest.mark.parametrize("release", ON_S3A)
def test_keys_of_emrfs_do_nothing_where_s3a_serves_s3(name, release):
    assert named({name: OF_EMRFS[name]}, release) == [name.rpartition("Env.")[2]]


@pytest.mark.parametrize("name", OF_EMRFS)
@pytest.mark.parametrize("release", ON_EMRFS)
def test_and_nothing_is_said_where_emrfs_does(name, release):
    assert lines({name: OF_EMRFS[name]}, release) == []


@pytest.mark.parametrize("name", OF_EMRFS)
def test_or_where_the_file_switches_back_to_it(name):
    assert lines({name: OF_EMRFS[name], "fs.s3.impl": EMRFS_CLASS}, "emr-7.12.0") == []


@pytest.mark.parametrize(
    ("settings", "release", "says"),
    [
        ({"fs.s3.customAWSCredentialsProvider": "corp.X"}, "emr-7.12.0", f"my.conf: legacy fs.s3.customAWSCredentialsProvider present, {NOTHING.format('emr-7.12.0')}, and the job's own role is used; take it out, the declaration names the roles (by AWS's table of what is carried over, not tested; {MIGRATION})"),
        ({"fs.s3.bucketLevelAssumeRoleMapping": "b->r"}, "emr-spark-8.1.0", f"my.conf: legacy fs.s3.bucketLevelAssumeRoleMapping present, {NOTHING.format('emr-spark-8.1.0')}; spark-xacct import emrfs makes a declaration of it (by AWS's table of what is carried over, not tested; {JOBS})"),
        ({"spark.kubernetes.driverEnv.ASSUME_ROLE_CREDENTIALS_ROLE_ARN": "r"}, "emr-7.12.0", f"my.conf: legacy ASSUME_ROLE_CREDENTIALS_ROLE_ARN present, S3A is active for s3:// on emr-7.12.0: only com.amazonaws.emr.AssumeRoleAWSCredentialsProvider reads it, which EMRFS asks; take it out (not tested; {JOBS})"),
        ({"fs.s3.canned.acl": "Private", "fs.s3a.emrfs.compatibility.enable": "false"}, "emr-7.12.0", f"my.conf: legacy fs.s3.canned.acl present, {NOTHING.format('emr-7.12.0')}, because fs.s3a.emrfs.compatibility.enable is false; name the key of S3A ({MIGRATION})"),
        ({"fs.s3.canned.acl": "Private"}, "spark-4", f"my.conf: legacy fs.s3.canned.acl present, {NOTHING.format('spark-4')}, because only EMR's own S3A reads keys of EMRFS; name the key of S3A ({MIGRATION})"),
        ({"fs.s3.impl": EMRFS_CLASS}, "emr-spark-8.0.0", "my.conf: legacy fs.s3.impl present, emr-spark-8.0.0 has no EMRFS: every s3:// location fails to open; take it out (not tested; https://docs.aws.amazon.com/emr/latest/ReleaseGuide/emr-spark800-release.html)"),
        ({"fs.s3a.bucket.b.aws.credentials.provider": V1_WEB}, "emr-spark-8.0.0", f"my.conf: legacy fs.s3a.bucket.b.aws.credentials.provider present, emr-spark-8.0.0 has no AWS SDK v1, so S3A cannot load {V1_WEB}; write software.amazon.awssdk.auth.credentials.WebIdentityTokenFileCredentialsProvider ({SDK})"),
        ({"fs.s3a.assumed.role.credentials.provider": "com.amazonaws.corp.X"}, "spark-4", f"my.conf: legacy fs.s3a.assumed.role.credentials.provider present, spark-4 has no AWS SDK v1, so S3A cannot load com.amazonaws.corp.X; take a class for SDK v2 ({SDK})"),
        ({"fs.s3a.audit.request.handlers": "corp.Handler"}, "emr-7.4.0", f"my.conf: legacy fs.s3a.audit.request.handlers present, S3A on emr-7.4.0 has AWS SDK v2 and calls fs.s3a.audit.execution.interceptors in its place; take it out ({SDK})"),
        ({"fs.s3a.metadatastore.impl": "x"}, "emr-7.4.0", "my.conf: legacy fs.s3a.metadatastore.impl present, emr-7.4.0 has no S3Guard, and S3A may refuse to start with it; take it out (https://hadoop.apache.org/docs/stable/hadoop-aws/tools/hadoop-aws/s3guard.html)"),
        ({"fs.s3a.bucket.partner-data.assumed.role.arn": "r"}, "spark-4", "my.conf: legacy fs.s3a.bucket.partner-data.assumed.role.arn present, the plan's provider serves this, and asks none of these keys; take it out (https://hadoop.apache.org/docs/stable/hadoop-aws/tools/hadoop-aws/assumed_roles.html)"),
        ({"fs.s3a.session.token": "t"}, "spark-3.5", "my.conf: legacy fs.s3a.session.token present, keys of a session in settings end after some hours, nobody renews them, and everyone who sees the settings has them; take them out, the declaration names a base identity (https://hadoop.apache.org/docs/stable/hadoop-aws/tools/hadoop-aws/index.html)"),
    ],
)  # fmt: skip
def test_a_line_says_what_does_nothing_since_when_and_what_to_do(settings, release, says):
    assert says in lines(settings, release)


@pytest.mark.parametrize(
    ("settings", "release"),
    [
        ({"fs.s3.canned.acl": "Private"}, "emr-7.12.0"),
        ({"fs.s3.customAWSCredentialsProvider": "io.sparkxacct.emrfs.EmrfsRoleCredentialsProvider"}, "emr-7.12.0"),
        ({"spark.executorEnv.ASSUME_ROLE_CREDENTIALS_ROLE_ARN": "r", "fs.s3a.aws.credentials.provider": "com.amazonaws.emr.AssumeRoleAWSCredentialsProvider"}, "emr-7.12.0"),
        ({"fs.s3a.aws.credentials.provider": V1_WEB}, "emr-7.12.0"),
        ({"fs.s3a.aws.credentials.provider": V1_WEB}, "glue-5.1"),
        ({"fs.s3a.aws.credentials.provider": V1_WEB}, "spark-3.5"),
        ({"fs.s3a.aws.credentials.provider": "com.amazonaws.auth.InstanceProfileCredentialsProvider"}, "spark-4"),
        ({"fs.s3a.audit.request.handlers": "corp.Handler"}, "spark-3.5"),
        ({"fs.s3a.metadatastore.impl": "x"}, "spark-3.5"),
        ({"fs.s3a.bucket.another.assumed.role.arn": "r"}, "spark-4"),
        ({"fs.s3.impl": EMRFS_CLASS}, "emr-7.12.0"),
        ({"fs.s3.consistent": ""}, "emr-7.12.0"),
    ],
    ids=["EMR maps it", "ours", "S3A asks it", "both SDKs", "SDK v1", "SDK v1 is not known", "S3A maps it", "SDK v1 has handlers", "Hadoop 3.3", "not of the plan", "EMRFS is there", "empty"],
)  # fmt: skip
def test_nothing_is_said_of_what_counts(settings, release):
    assert lines(settings, release) == []


def test_in_global_mode_no_bucket_asks_for_keys_of_hadoop_s_provider():
    everything = plans.encode(access_map(bound("partner-data", "partner"), deny_undeclared=True))
    keys = {"fs.s3a.assumed.role.arn": "r"}
    assert (len(lines(keys, "spark-4", everything)), lines(keys, "spark-4")) == (1, [])


@pytest.mark.parametrize(
    ("release", "says"),
    [
        ("emr-7.12.0", []),
        ("emr-spark-8.0.0", ["c.json: emrfs-site of the list present, and emr-spark-8.0.0 has no EMRFS: it does nothing, or is refused (not tested); take it out (https://docs.aws.amazon.com/emr/latest/ReleaseGuide/emr-spark800-release.html)"]),
    ],
)  # fmt: skip
def test_a_classification_that_a_release_has_no_reader_for_is_named(release, says):
    text = json.dumps([{"Classification": "emrfs-site", "Properties": {"fs.s3.maxConnections": "100"}}])
    assert list(legacy.found(files.read("c.json", text), targets.settings_for(PLAN, release))) == says


def test_every_row_has_a_threshold_a_source_and_says_one_line():
    assert len(legacy.table()) == len(legacy.ROWS) >= 14
    for row in legacy.table():
        assert row["names"]
        assert row["since"]
        assert re.match(r"https://(docs\.aws\.amazon\.com|hadoop\.apache\.org)/", row["source"])


def test_values_do_not_stand_in_the_lines():
    secret = "wJalrXUtnFEMI/K7MDENG"
    keys = {"fs.s3a.secret.key": secret, "fs.s3a.session.token": secret, "fs.s3a.bucket.b.secret.key": secret}
    assert len(lines(keys, "spark-4")) == 3
    assert secret not in "".join(lines(keys, "spark-4"))
