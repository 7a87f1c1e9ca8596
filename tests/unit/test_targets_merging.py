"""Merging: what is there stays, lists grow, and a value against the plan is shown."""

from __future__ import annotations

import pytest
from fakes.target_plans import access_map, bound, large, named, refusing
from hypothesis import given
from hypothesis import strategies as st

from spark_xacct import plan as plans
from spark_xacct import targets
from spark_xacct.targets import How, Setting, merge
from spark_xacct.targets.merging import LISTS, entries

JAR = "/opt/spark-xacct-0.1.0.jar"
PROVIDER = "io.sparkxacct.s3a.S3ARoleCredentialsProvider"
PARTNER_DATA = "spark.hadoop.fs.s3a.bucket.partner-data.aws.credentials.provider"


def ours(plan=None, release="spark-4"):
    return targets.settings_for(plan or named(), release, jar=JAR).spark_settings(driver=())


@pytest.mark.parametrize("name", sorted(LISTS))
@pytest.mark.parametrize(
    ("there", "merged", "log"),
    [
        (None, "/x", "appended /x to {name} (because)"),
        ("", "/x", "appended /x to {name} (because)"),
        ("/x", "/x", None),
        ("/a,/b", "/a,/b,/x", "appended /x to {name} after 2 of others (because)"),
        ("/a, /x ,/b", "/a, /x ,/b", None),
    ],
    ids=["absent", "empty", "ours", "others", "both"],
)
def test_lists_grow_at_their_end(name, there, merged, log):
    existing = {} if there is None else {name: there}
    result = merge(existing, [Setting(name, "/x", "because", How.APPEND)])
    assert result.settings == {name: merged}
    assert list(result.log) == ([] if log is None else [log.format(name=name)])
    assert (name in result.changed) == (log is not None)
    assert result.conflicts == ()


ALL_HOOKS = "spark.hadoop.fs.s3a.audit.execution.interceptors"
HOOKS = "spark.hadoop.fs.s3a.bucket.scratch.audit.execution.interceptors"


@pytest.mark.parametrize("name", [ALL_HOOKS, HOOKS, HOOKS.replace("execution.interceptors", "request.handlers")])
def test_hooks_are_a_list_whichever_bucket_they_are_of(name):
    result = merge({name: "corp.Hook"}, [Setting(name, "our.Hook", "because")])
    assert result.settings == {name: "corp.Hook,our.Hook"}
    assert list(result.log) == [f"appended our.Hook to {name} after 1 of others (because)"]
    assert result.conflicts == ()


@pytest.mark.parametrize(
    ("there", "merged"),
    [
        ({ALL_HOOKS: "corp.Hook"}, {HOOKS: "corp.Hook,our.Hook"}),
        ({ALL_HOOKS: "corp.Hook,our.Hook"}, {}),
        ({ALL_HOOKS: "corp.Hook", HOOKS: "corp.Other"}, {HOOKS: "corp.Other,our.Hook"}),
        ({ALL_HOOKS: "corp.Hook", HOOKS: "our.Hook"}, {}),
    ],
    ids=["of all buckets", "ours of all buckets", "of the bucket", "ours of the bucket"],
)
def test_a_bucket_keeps_the_hooks_of_all_buckets_which_its_own_list_hides(there, merged):
    result = merge(there, [Setting(HOOKS, "our.Hook", "because", How.APPEND)])
    assert result.changed == merged
    assert merge(result.settings, [Setting(HOOKS, "our.Hook", "because", How.APPEND)]).changed == {}


def test_a_list_is_never_replaced_even_when_a_setting_forgets_to_say_append():
    assert merge({"spark.jars": "/a"}, [Setting("spark.jars", "/x", "because")]).settings == {"spark.jars": "/a,/x"}


def test_into_nothing_everything_is_set_with_a_line_each():
    result = merge({}, ours())
    assert result.settings == result.changed == {setting.name: setting.value for setting in ours()}
    assert len(result.log) == len(result.changed)
    assert result.conflicts == ()
    assert f"set {PARTNER_DATA} = {PROVIDER} (bucket partner-data: role partner, read)" in result.log


def test_the_log_shows_no_plan_text_and_no_key():
    text = "\n".join(merge({}, ours()).log)
    assert "z1:" not in text
    assert "set spark.hadoop.fs.s3a.bucket.partner-out.encryption.key = (" in text
    assert "arn:aws:kms" not in text


def test_the_settings_of_others_stay():
    existing = {
        "spark.app.name": "daily",
        "spark.executor.extraClassPath": "/emr/*",
        "spark.hadoop.fs.s3a.bucket.x.acl.default": "Private",
    }
    assert existing.items() <= merge(existing, ours()).settings.items()
    assert not existing.keys() & merge(existing, ours()).changed.keys()


def test_a_provider_of_others_for_a_declared_bucket_is_replaced_and_shown():
    result = merge({PARTNER_DATA: "corp.Provider"}, ours())
    assert result.changed[PARTNER_DATA] == PROVIDER
    assert result.conflicts == (
        f"{PARTNER_DATA} was corp.Provider; the plan needs {PROVIDER} (bucket partner-data: role partner, read)",
    )


def test_the_old_value_of_an_encryption_key_is_not_shown():
    name = "spark.hadoop.fs.s3a.bucket.partner-out.encryption.key"
    (conflict,) = merge({name: "c2VjcmV0LWtleQ=="}, ours()).conflicts
    assert conflict == (
        f"{name} was (16 characters, not shown); the plan needs (75 characters, not shown) (bucket partner-out: kms_write)"
    )


def test_a_file_system_that_somebody_chose_for_a_scheme_stays_and_is_shown():
    name = "spark.hadoop.fs.s3.impl"
    result = merge({name: "com.amazon.ws.emr.hadoop.fs.EmrFileSystem"}, ours())
    assert name not in result.changed
    assert result.conflicts == (
        f"{name} stays com.amazon.ws.emr.hadoop.fs.EmrFileSystem: it was set before, and "
        "org.apache.hadoop.fs.s3a.S3AFileSystem is only our default",
    )


def test_a_shorter_plan_ends_before_the_parts_of_a_longer_one_and_empties_them():
    long = merge({}, ours(large("aws-us-gov", "us-gov-west-1")))
    result = merge(long.settings, ours())
    for name in ("spark.hadoop.fs.xacct.plan.", "spark.executorEnv.SPARK_XACCT_PLAN_"):
        assert (result.settings[f"{name}2"], result.settings[f"{name}3"]) == (".", "")
    assert plans.from_settings(result.settings, "spark.hadoop.").id == named().id
    environment = {name[18:]: value for name, value in result.settings.items() if name.startswith("spark.executorEnv.")}
    assert plans.from_environment(environment).id == named().id


@pytest.mark.parametrize("same", [True, False], ids=["the same plan", "an older one"])
def test_what_a_running_drivers_environment_was_made_of_stays_while_it_is_the_same_plan(same):
    submitted = targets.settings_for(named() if same else large("aws", "eu-west-1"), "spark-4", jar=JAR).spark
    changed = merge(submitted, ours()).changed
    name = "spark.yarn.appMasterEnv.SPARK_XACCT_PLAN"
    assert submitted[name]
    assert changed.get(name) == (None if same else "")


def test_another_plan_of_ours_replaces_the_first_without_a_conflict():
    first = merge({}, ours())
    other = plans.encode(
        access_map(*[b for b in named().access_map.bindings if b.bucket.text != "scratch"], bound("more", "hub"))
    )
    assert merge(first.settings, ours(other)).conflicts == (
        "spark.hadoop.fs.s3a.bucket.scratch.aws.credentials.provider stays from an earlier plan: bucket scratch is refused "
        "unless the plan declares it; take it out",
        "spark.hadoop.fs.s3a.bucket.corp-code.aws.credentials.provider stays from an earlier plan: bucket corp-code is refused "
        "unless the plan declares it; take it out",
    )


def test_a_refusing_plan_shows_every_bucket_that_others_still_serve():
    existing = {
        "spark.hadoop.fs.s3a.bucket.legacy.aws.credentials.provider": "corp.Provider",
        "spark.hadoop.fs.s3a.bucket.a.b.delegation.token.binding": "corp.Tokens",
        "spark.hadoop.fs.s3a.aws.credentials.provider": "corp.One,corp.Two",
    }
    result = merge(existing, ours(refusing()))
    assert result.settings["spark.hadoop.fs.s3a.aws.credentials.provider"] == PROVIDER
    assert result.conflicts == (
        f"spark.hadoop.fs.s3a.aws.credentials.provider was corp.One,corp.Two; the plan needs {PROVIDER} (the only provider of "
        "S3A on AWS SDK v2: undeclared buckets are refused)",
        "spark.hadoop.fs.s3a.bucket.legacy.aws.credentials.provider = corp.Provider stays: bucket legacy is served by it and not "
        "by the plan; take it out",
        "spark.hadoop.fs.s3a.bucket.a.b.delegation.token.binding = corp.Tokens stays: S3A then asks the delegation token and not "
        "the plan's provider; take it out",
    )


def test_providers_of_undeclared_buckets_are_nobodys_business_when_the_platform_serves_them():
    existing = {"spark.hadoop.fs.s3a.bucket.legacy.aws.credentials.provider": "corp.Provider"}
    assert merge(existing, ours()).conflicts == ()


def test_two_versions_of_the_jar_are_shown():
    result = merge({"spark.jars": "/a.jar,s3://code/spark-xacct-0.0.9.jar"}, ours())
    assert result.settings["spark.jars"] == f"/a.jar,s3://code/spark-xacct-0.0.9.jar,{JAR}"
    assert result.conflicts == (
        "spark.jars holds s3://code/spark-xacct-0.0.9.jar as well: of two versions the first one wins; take it out",
    )


NAMES = st.sampled_from(
    [
        *sorted(LISTS),
        *(setting.name for setting in ours()),
        "spark.app.name",
        "spark.hadoop.fs.xacct.plan.7",
        "spark.hadoop.fs.s3a.bucket.z.aws.credentials.provider",
    ]
)
VALUES = st.one_of(
    st.just(JAR),
    st.just("corp.Provider"),
    st.just(""),
    st.lists(st.sampled_from(["/a", "/b", "/c", JAR, " /d "]), max_size=6).map(",".join),
)


@given(existing=st.dictionaries(NAMES, VALUES), plan=st.sampled_from([named(), refusing()]))
def test_merging_twice_is_merging_once_and_keeps_every_order(existing, plan):
    once = merge(existing, ours(plan))
    twice = merge(once.settings, ours(plan))
    assert twice.settings == once.settings
    assert twice.changed == {}
    assert twice.log == ()
    assert {**existing, **once.changed} == once.settings
    assert len(once.log) == len(once.changed)
    for name in LISTS:
        before, after = entries(existing.get(name)), entries(once.settings.get(name))
        assert after[: len(before)] == before
        mine = [entry for setting in ours(plan) if setting.name == name for entry in entries(setting.value)]
        assert set(after) == set(before) | set(mine)
    for name, value in existing.items():
        if (
            name not in {setting.name for setting in ours(plan)}
            and "SPARK_XACCT" not in name
            and "xacct.plan" not in name
        ):
            assert once.settings[name] == value
