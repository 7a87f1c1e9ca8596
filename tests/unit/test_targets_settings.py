"""Settings: which key, which value, for which release; and what is refused by name."""

from __future__ import annotations

from dataclasses import replace

import pytest
import shared_vectors
from fakes.target_jobs import exists, fitting
from fakes.target_plans import KEY, access_map, bound, large, named, plain_refusing, refusing, role

from spark_xacct import plan as plans
from spark_xacct import targets
from spark_xacct.errors import TargetError
from spark_xacct.model import AccessMap, Base, BaseKind, DecisionKind, Location, Pattern, Sts
from spark_xacct.plan import Plan
from spark_xacct.targets import How, connectors, releases, sts_calls

V1 = "io.sparkxacct.s3av1.S3AV1RoleCredentialsProvider"
V2 = "io.sparkxacct.s3a.S3ARoleCredentialsProvider"
EMRFS = "io.sparkxacct.emrfs.EmrfsRoleCredentialsProvider"
V1_HOOK = "io.sparkxacct.s3av1.RoleRequestHandler"
V2_HOOK = "io.sparkxacct.s3a.RoleInterceptor"
S3A = "org.apache.hadoop.fs.s3a.S3AFileSystem"


EMRFS_ALONE = {"fs.s3.customAWSCredentialsProvider": EMRFS}
S3A_V1_ALONE = {
    "fs.s3a.aws.credentials.provider": V1,
    "fs.s3a.audit.enabled": "true",
    "fs.s3a.audit.request.handlers": V1_HOOK,
}
S3A_V2_ALONE = {"fs.s3a.aws.credentials.provider": V2, "fs.s3a.audit.execution.interceptors": V2_HOOK}

# The buckets that named() serves.
NAMED = ("corp-code", "logs.finance.example", "partner-data", "partner-out", "scratch")


def hadoop(plan: Plan, release: str, **more: str) -> dict[str, str]:
    return {item.name: item.value for item in targets.settings_for(plan, release, **more).hadoop}


def without_plan(settings: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in settings.items() if not name.startswith("fs.xacct.")}


def one(*bindings, **more) -> Plan:
    return plans.encode(access_map(*bindings, **more))


def refusal(plan: Plan, release: str) -> str:
    with pytest.raises(TargetError) as error:
        targets.settings_for(plan, release)
    return str(error.value)


def test_named_buckets_get_our_provider_one_by_one_on_sdk_v1():
    assert without_plan(hadoop(named(), "spark-3.5")) == {
        "fs.s3.impl": S3A,
        "fs.s3n.impl": S3A,
        "fs.s3a.endpoint.region": "eu-west-1",
        "fs.s3a.bucket.corp-code.aws.credentials.provider": V1,
        "fs.s3a.bucket.logs.finance.example.aws.credentials.provider": V1,
        "fs.s3a.bucket.partner-data.aws.credentials.provider": V1,
        "fs.s3a.bucket.partner-out.aws.credentials.provider": V1,
        "fs.s3a.bucket.scratch.aws.credentials.provider": V1,
        **{f"fs.s3a.bucket.{bucket}.audit.enabled": "true" for bucket in NAMED},
        **{f"fs.s3a.bucket.{bucket}.audit.request.handlers": V1_HOOK for bucket in NAMED},
        "fs.s3a.bucket.partner-out.acl.default": "BucketOwnerFullControl",
        "fs.s3a.bucket.partner-out.encryption.algorithm": "SSE-KMS",
        "fs.s3a.bucket.partner-out.encryption.key": KEY,
        "fs.s3a.bucket.partner-out.endpoint.region": "us-east-1",
    }


def test_sdk_v2_gets_its_own_class_and_needs_no_region_for_all_buckets():
    settings = hadoop(named(), "spark-4")
    assert settings["fs.s3a.bucket.partner-data.aws.credentials.provider"] == V2
    assert settings["fs.s3a.bucket.partner-out.endpoint.region"] == "us-east-1"
    assert "fs.s3a.endpoint.region" not in settings
    assert settings["fs.AbstractFileSystem.s3.impl"] == "org.apache.hadoop.fs.s3a.S3A"


def test_a_refusing_plan_makes_our_provider_the_only_one():
    assert without_plan(hadoop(refusing(), "spark-4")) == {
        "fs.s3.impl": S3A,
        "fs.s3n.impl": S3A,
        "fs.AbstractFileSystem.s3.impl": "org.apache.hadoop.fs.s3a.S3A",
        "fs.AbstractFileSystem.s3n.impl": "org.apache.hadoop.fs.s3a.S3A",
        "fs.s3a.aws.credentials.provider": V2,
        "fs.s3a.audit.execution.interceptors": V2_HOOK,
        "fs.s3a.bucket.partner-out.endpoint.region": "us-east-1",
    }


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("emr-6.15.0", EMRFS_ALONE | S3A_V1_ALONE),
        ("emr-7.9.0-latest", EMRFS_ALONE | S3A_V2_ALONE),
        ("emr-7.10.0", EMRFS_ALONE | S3A_V2_ALONE),
        ("livy/emr-spark-8.0.0-latest", S3A_V2_ALONE),
    ],
)
def test_an_emr_label_gets_the_keys_of_every_connector_it_can_carry_and_no_mapping_of_schemes(release, expected):
    assert without_plan(hadoop(one(deny_undeclared=True), release)) == expected


def test_hooks_stand_where_buckets_are_served_and_join_those_of_others():
    hooks = [item for item in targets.settings_for(named(), "spark-4", use=["scratch"]).hadoop if item.value == V2_HOOK]
    assert [(item.name, item.how, item.reason) for item in hooks] == [
        (
            f"fs.s3a.bucket.{bucket}.audit.execution.interceptors",
            How.APPEND,
            f"bucket {bucket}: hears what S3 refuses, and has a session replaced that is dead before its time",
        )
        for bucket in ("scratch", "corp-code")
    ]


def test_auditing_is_switched_on_where_it_is_off_by_itself_and_says_why():
    reasons = {item.name: item.reason for item in targets.settings_for(refusing(), "spark-3.5").hadoop}
    assert reasons["fs.s3a.audit.enabled"] == "S3A on AWS SDK v1 tells nobody what S3 refuses unless this is on"


def test_emrfs_gets_per_bucket_keys_too():
    settings = hadoop(named(), "emr-7.9.0")
    assert settings["fs.s3.bucket.partner-out.customAWSCredentialsProvider"] == EMRFS
    assert settings["fs.s3.bucket.partner-out.enableServerSideEncryption"] == "true"
    assert settings["fs.s3.bucket.partner-out.serverSideEncryption.kms.keyId"] == KEY
    assert settings["fs.s3.bucket.partner-out.canned.acl"] == "BucketOwnerFullControl"
    assert settings["fs.s3a.bucket.partner-out.aws.credentials.provider"] == V2
    assert not [name for name in settings if name.startswith("fs.s3.") and "region" in name]


def test_an_unverified_key_of_emrfs_says_so():
    reasons = {item.name: item.reason for item in targets.settings_for(named(), "emr-7.9.0").hadoop}
    assert reasons["fs.s3.bucket.partner-out.canned.acl"] == (
        "bucket partner-out: acl (AWS documents this key without the bucket only: check it on your release)"
    )
    assert reasons["fs.s3.bucket.partner-out.serverSideEncryption.kms.keyId"] == "bucket partner-out: kms_write"


PLANS = {"named": named(), "refusing": refusing(), "large": large("aws-cn", "cn-north-1"), "plain": plain_refusing()}
# Where EMRFS has no key for one bucket only plans that refuse can be carried, and without plugins no default role.
CARRIED = [
    (release, case)
    for release in releases.names()
    for case in PLANS
    if (case in ("refusing", "plain") or not releases.resolve(release).global_only)
    and (case == "plain" or releases.resolve(release).has_plugins)
]


@pytest.mark.parametrize(("release", "case"), CARRIED)
def test_every_provider_list_has_one_entry(case, release):
    plan = PLANS[case]
    values = [
        value
        for name, value in hadoop(plan, release).items()
        if "redentialsProvider" in name or name.endswith(".provider")
    ]
    assert values
    assert not [value for value in values if "," in value]


def test_requester_pays_and_access_points_where_hadoop_has_them():
    point = "arn:aws:s3:us-east-2:444455556666:accesspoint/shared"
    settings = hadoop(one(bound("shared", "partner", access_point=point, requester_pays=True)), "spark-4")
    assert settings["fs.s3a.bucket.shared.requester.pays.enabled"] == "true"
    assert settings["fs.s3a.bucket.shared.accesspoint.arn"] == point
    assert settings["fs.s3a.bucket.shared.endpoint.region"] == "us-east-2"


@pytest.mark.parametrize(("partition", "region"), [("aws-us-gov", "us-gov-west-1"), ("aws-cn", "cn-north-1")])
def test_another_partition_has_a_region_for_all_buckets(partition, region):
    assert hadoop(large(partition, region), "spark-4")["fs.s3a.endpoint.region"] == region


def test_the_plan_is_in_parts_of_at_most_1000_characters_that_join_again():
    plan = large("aws-us-gov", "us-gov-west-1")
    settings = targets.settings_for(plan, "spark-4")
    parts = [item.value for item in settings.hadoop if item.name.startswith("fs.xacct.plan")]
    assert len(parts) >= 2
    assert max(map(len, parts)) <= 1000
    spark = settings.spark
    assert plans.from_settings(spark, "spark.hadoop.").id == plan.id
    for prefix in ("spark.executorEnv.", "spark.yarn.appMasterEnv.", "spark.kubernetes.driverEnv."):
        environment = {name[len(prefix) :]: value for name, value in spark.items() if name.startswith(prefix)}
        assert plans.from_environment(environment).id == plan.id


def test_run_and_user_travel_to_the_jvm_and_to_python_when_given():
    spark = targets.settings_for(named(), "spark-4", run="run-1", user="ada").spark
    assert {name: value for name, value in spark.items() if value in ("run-1", "ada")} == {
        "spark.hadoop.fs.xacct.run": "run-1",
        "spark.hadoop.fs.xacct.user": "ada",
        "spark.executorEnv.SPARK_XACCT_RUN": "run-1",
        "spark.executorEnv.SPARK_XACCT_USER": "ada",
        "spark.yarn.appMasterEnv.SPARK_XACCT_RUN": "run-1",
        "spark.yarn.appMasterEnv.SPARK_XACCT_USER": "ada",
        "spark.kubernetes.driverEnv.SPARK_XACCT_RUN": "run-1",
        "spark.kubernetes.driverEnv.SPARK_XACCT_USER": "ada",
    }


def test_the_jar_goes_to_the_jvm_and_to_python_and_nowhere_when_it_is_in_place():
    assert {"spark.jars": "/opt/x.jar", "spark.submit.pyFiles": "/opt/x.jar"}.items() <= targets.settings_for(
        named(), "spark-4", jar="/opt/x.jar"
    ).spark.items()
    assert not {"spark.jars", "spark.submit.pyFiles"} & targets.settings_for(named(), "spark-4").spark.keys()


RENDERED = [
    (target.name, release)
    for target in map(targets.find, targets.names())
    for release in releases.names()
    if exists(target.name, release)
    if not target.families or releases.resolve(release).family in target.families
    if target.flavours[0] is targets.Flavour.SHIM
    if target.name != "emrfs-site" or connectors.EMRFS in releases.resolve(release).connectors
]


@pytest.mark.parametrize(("name", "release"), RENDERED)
def test_no_class_path_is_ever_rendered(name, release):
    plan, job = fitting(name, plain_refusing())
    assert "ExtraClassPath".lower() not in targets.render(name, plan, release, job=job).text().lower()


def test_older_hadoop_gets_the_older_names_of_region_and_encryption():
    plan = one(
        bound("partner-out", "partner", region="us-east-1", kms_write=KEY),
        deny_undeclared=True,
        python_default_role=None,
    )
    names = {
        name: value for name, value in hadoop(plan, "emr-6.5.0").items() if "partner-out" in name and "s3a" in name
    }
    assert names == {
        "fs.s3a.bucket.partner-out.endpoint": "s3.us-east-1.amazonaws.com",
        "fs.s3a.bucket.partner-out.server-side-encryption-algorithm": "SSE-KMS",
        "fs.s3a.bucket.partner-out.server-side-encryption.key": KEY,
    }


def test_hooks_and_plugin_are_left_out_where_hadoop_and_spark_have_none():
    settings = targets.settings_for(plain_refusing(), "emr-5.36.0", jar="/opt/a.jar")
    assert "spark.plugins.defaultList" not in settings.spark
    assert not [name for name in settings.spark if "audit" in name]
    assert "spark.plugins.defaultList" in targets.settings_for(plain_refusing(), "emr-6.5.0").spark


def test_pod_identity_is_taken_from_the_sdk_that_knows_it():
    plan = one(bound("partner-data", "partner"), base=Base(BaseKind.POD_IDENTITY))
    assert hadoop(plan, "emr-7.3.0")
    assert refusal(plan, "emr-7.2.0").splitlines() == [
        f"base pod-identity: {title} on emr-7.2.0 has AWS SDK v1 1.12.705, which cannot use it before 1.12.746; take a newer "
        "release, or another base (irsa works on both SDKs)"
        for title in ("EMRFS on AWS SDK v1", "S3A on AWS SDK v1")
    ]


def test_an_installed_jar_is_named_for_python_only():
    settings = targets.settings_for(named(), "emr-7.12.0", jar="s3://code/spark-xacct.jar", installed=True).spark
    assert settings["spark.submit.pyFiles"] == "s3://code/spark-xacct.jar"
    assert "spark.jars" not in settings


POINT = "arn:aws:s3:us-east-2:444455556666:accesspoint/shared"
REFUSALS = {
    "prefix": (
        one(bound("partner-out", "partner"), bound("partner-out", "finance", prefix="finance/")),
        "spark-4",
        "prefix finance/ of bucket partner-out: no connector carries prefixes yet; bind the whole bucket to one role, or use "
        "Python's boto3_session(role=...) for the prefix",
    ),
    "base that this version of SDK v1 cannot use": (
        one(bound("partner-data", "partner"), base=Base(BaseKind.POD_IDENTITY)),
        "spark-3.5",
        "base pod-identity: S3A on AWS SDK v1 on spark-3.5 has AWS SDK v1 1.12.262, which cannot use it before 1.12.746; take a "
        "newer release, or another base (irsa works on both SDKs)",
    ),
    "bucket's key of EMRFS on a label that nobody has seen it on": (
        one(bound("partner-data", "partner")),
        "emr-6.14.0",
        "otherwise: platform on emr-6.14.0: EMRFS on AWS SDK v1 is not known to read fs.s3.bucket.BUCKET.customAWSCredentialsProvider "
        "before emr-6.15.0; declare otherwise: deny with the platform's own buckets under own, which sets "
        "fs.s3.customAWSCredentialsProvider",
    ),
    "default role where Spark has no plugins": (
        one(bound("partner-data", "partner"), deny_undeclared=True),
        "emr-5.36.0",
        "python.default_role: Spark 2.4.8 of emr-5.36.0 has no plugins, so plain boto3.client() in workers stays the base identity; "
        "leave it out and name the role: xacct.client(service, role=...)",
    ),
    "requester pays on Hadoop 3.3.4": (
        one(bound("partner-data", "partner", requester_pays=True)),
        "spark-3.5",
        "bucket partner-data: requester_pays: S3A on AWS SDK v1 has it from Hadoop 3.3.5 on, spark-3.5 has 3.3.4; leave it "
        "out, or take a newer release",
    ),
    "access point on EMRFS": (
        one(bound("partner-data", "partner", access_point=POINT)),
        "emr-7.9.0",
        "bucket partner-data: access_point: EMRFS on AWS SDK v1 on emr-7.9.0 has no key for it; leave it out, or use a release "
        "with S3A for s3://",
    ),
    "native key of a pattern": (
        one(bound("tenant-*", "partner", region="eu-west-3"), deny_undeclared=True),
        "spark-4",
        "bucket tenant-*: region: per-bucket keys cannot hold a pattern; name the buckets that need it",
    ),
    "bucket that is the beginning of a dotted one": (
        one(bound("data", "partner"), bound("data.eu.example", "finance")),
        "spark-4",
        "bucket data.eu.example: its per-bucket keys are read for bucket data as well, and both are declared; declare one of "
        "them only",
    ),
    "region against access point": (
        one(bound("partner-data", "partner", access_point=POINT, region="eu-west-1")),
        "spark-4",
        "bucket partner-data: region eu-west-1 and the access point's region us-east-2 contradict; leave out region",
    ),
}


@pytest.mark.parametrize(("plan", "release", "message"), REFUSALS.values(), ids=REFUSALS.keys())
def test_what_a_release_cannot_carry_is_refused_by_name(plan, release, message):
    assert refusal(plan, release) == message


def test_every_refusal_comes_at_once():
    plan = one(
        bound("partner-data", "partner", requester_pays=True),
        bound("partner-out", "finance", prefix="finance/"),
        base=Base(BaseKind.POD_IDENTITY),
    )
    assert [line.split(":")[0] for line in refusal(plan, "spark-3.5").splitlines()] == [
        "prefix finance/ of bucket partner-out",
        "base pod-identity",
        "bucket partner-data",
    ]


def test_a_base_that_only_the_optional_connector_cannot_use_is_no_refusal():
    assert hadoop(one(bound("partner-data", "partner"), base=Base(BaseKind.POD_IDENTITY)), "emr-7.10.0")


def test_a_role_field_that_the_sdk_cannot_send_is_refused_by_role_and_field():
    old = replace(connectors.S3A_V1, cannot_send=frozenset({"source_identity"}))
    releases.register(releases.Release("old-1", (3, 3, 4), {"s3a": old}))
    try:
        plan = one(
            bound("partner-data", "hub"),
            roles={"hub": role("hub", "111122223333", source_identity="ada")},
            python_default_role=None,
            python_roles=(),
        )
        assert refusal(plan, "old-1") == (
            "role hub: S3A on AWS SDK v1 on old-1 cannot send source_identity; leave it out, or take a newer release"
        )
    finally:
        releases.unregister("old-1")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {"jar": "/a,b.jar"},
            'the path of the jar holds a comma ("/a,b.jar"), which separates the entries of spark.jars; move the jar',
        ),
        ({"run": "a\nb"}, "fs.xacct.run would hold a control character or a line break; take it out of the value"),
        (
            {"user": "${env.HOME}"},
            'fs.xacct.user would hold "${", which Hadoop and Spark expand; take it out of the value',
        ),
        ({"run": " a"}, "fs.xacct.run would begin or end with a blank, which property files lose; take it out"),
    ],
)
def test_values_that_files_and_shells_would_change_are_refused(more, message):
    with pytest.raises(TargetError) as error:
        targets.settings_for(named(), "spark-4", **more)
    assert str(error.value) == message


# --use


def used(access_map: AccessMap, *names: str) -> tuple[list[str], list[str], list[str], str | None]:
    result = targets.narrowed(access_map, names)
    return [b.key for b in result.bindings], sorted(result.roles), list(result.python_roles), result.python_default_role


def test_use_keeps_the_buckets_and_the_roles_on_the_way_to_them():
    whole = named().access_map
    assert used(whole, "partner-data") == (["partner-data"], ["hub", "partner"], ["partner"], "partner")
    assert used(whole, "scratch", "logs.finance.example") == (
        ["logs.finance.example", "scratch"],
        ["finance"],
        ["finance"],
        None,
    )
    assert targets.narrowed(whole, ()) is whole


def test_use_keeps_own_and_the_pattern_that_serves_a_bucket():
    whole = refusing().access_map
    assert used(whole, "tenant-7-landing")[0] == ["tenant-*-landing"]
    assert used(whole, "tenant-*-landing")[0] == ["tenant-*-landing"]
    assert used(whole, "corp-dev-1")[0] == []
    assert targets.narrowed(whole, ["partner-out"]).own == (Pattern("corp-dev-*"),)
    assert targets.narrowed(whole, ["partner-out"]).deny_undeclared


def test_use_of_a_bucket_that_nothing_serves_is_refused():
    with pytest.raises(TargetError) as error:
        targets.narrowed(named().access_map, ["partner-dta"])
    assert str(error.value) == (
        '--use: nothing serves bucket "partner-dta"; declared are logs.finance.example, partner-data, partner-out, scratch'
    )


def test_the_buckets_that_use_leaves_out_are_refused_and_not_left_to_the_platform():
    settings = targets.settings_for(named(), "spark-4", use=["partner-data", "partner-out"])
    reasons = {item.name: item.reason for item in settings.hadoop if item.value == V2}
    assert reasons == {
        "fs.s3a.bucket.partner-data.aws.credentials.provider": "bucket partner-data: role partner, read",
        "fs.s3a.bucket.partner-out.aws.credentials.provider": "bucket partner-out: role partner, readwrite",
        "fs.s3a.bucket.corp-code.aws.credentials.provider": "bucket corp-code: base identity (own)",
        "fs.s3a.bucket.logs.finance.example.aws.credentials.provider": (
            "bucket logs.finance.example: left out by --use, and refused"
        ),
        "fs.s3a.bucket.scratch.aws.credentials.provider": "bucket scratch: left out by --use, and refused",
    }
    assert settings.plan.access_map.decide(Location("s3a", "scratch")).kind is DecisionKind.PLATFORM


def test_use_lifts_a_refusal_that_concerns_another_bucket():
    plan = one(bound("partner-data", "partner"), bound("partner-out", "finance", prefix="finance/"))
    assert hadoop(plan, "spark-4", use=["partner-data"])["fs.s3a.bucket.partner-data.aws.credentials.provider"] == V2


# STS


@pytest.mark.parametrize("case", shared_vectors.read("sts_calls.json"), ids=lambda case: case["name"])
def test_sts_calls_of_shared_vector(case):
    assert sts_calls.an_hour(plans.decode(plans.text.canonical(case["plan"])).access_map) == case["calls"]


CHANNELS = {
    "spark-submit": ("spark-4", "YARN, or spark.authenticate with spark.network.crypto.enabled"),
    "core-site": ("emr-7.12.0", "YARN, or spark.authenticate with spark.network.crypto.enabled"),
    "emr-ec2": ("emr-7.12.0", "YARN"),
    "emr-eks": ("emr-7.12.0", "spark.authenticate with spark.network.crypto.enabled"),
    "spark-operator": ("spark-4", "spark.authenticate with spark.network.crypto.enabled"),
    "emr-serverless": ("emr-7.12.0", "spark.ssl.internode.enabled"),
}
NOTHING_TOLD = {
    ("emr-ec2", "emr-5.36.0"): "Spark of emr-5.36.0 has no plugins",
    ("emr-eks", "emr-5.36.0"): "Spark of emr-5.36.0 has no plugins",
    ("spark-defaults", "emr-5.36.0"): "Spark of emr-5.36.0 has no plugins",
    ("emr-serverless", "emr-6.14.0"): "spark.ssl.internode.enabled came with emr-6.15",
}


def sts_line(name: str, release: str, plan: Plan) -> str:
    plan, job = fitting(name, plan)
    return targets.render(name, plan, release, job=job).data["comments"][1]


@pytest.mark.parametrize("name", CHANNELS)
def test_sts_calls_are_counted_by_hop_and_life_and_the_channel_is_that_of_the_target(name):
    release, channel = CHANNELS[name]
    assert sts_line(name, release, named()) == (
        f"STS: 3 hops, about 12 calls an hour where the driver may tell executors ({channel}), else as many in each JVM (a driver and 10 "
        "executors: about 132)"
    )


@pytest.mark.parametrize(("name", "release"), NOTHING_TOLD)
def test_where_a_driver_tells_nothing_each_jvm_asks_and_it_is_said_why(name, release):
    assert sts_line(name, release, plain_refusing()) == (
        "STS: 3 hops, about 12 calls an hour in each JVM, because the driver tells executors nothing: "
        f"{NOTHING_TOLD[name, release]} (a driver and 10 executors: about 132)"
    )


@pytest.mark.parametrize("release", ["emr-5.36.0", "emr-6.5.0"])
def test_a_channel_without_a_plugin_is_not_rendered(release):
    plan, job = fitting("emr-eks", plain_refusing())
    settings = targets.render("emr-eks", plan, release, job=job).settings
    found = {"spark.authenticate", "spark.network.crypto.enabled"} & {one.name for one in settings.spark_only}
    assert bool(found) == settings.release.has_plugins


def test_no_hop_is_no_call():
    assert targets.settings_for(one(sts=Sts("eu-west-1")), "spark-4").comments[1] == "STS: no hop, no calls"
