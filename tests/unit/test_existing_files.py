"""Files that are there: recognised by content, joined with ours; what is others' stays."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from fakes.existing_files import (
    CLASS_PATH,
    CORE_SITE,
    EC2,
    EKS,
    EMR_7_1,
    FILES,
    FOREIGN,
    GLUE,
    HADOOP_PROVIDER,
    JAR,
    LIVY,
    ONE,
    PROVIDER,
    RUN_JOB_FLOW,
    S3A,
    SERVERLESS,
    is_of_another_service,
    merged,
    rendered,
    settings,
)
from fakes.target_jobs import IMAGE
from fakes.target_plans import access_map, bound, large, named, refusing
from hypothesis import given
from hypothesis import strategies as st
from readers import each_spark, needs_java
from readers import read as read_in_java

from spark_xacct import plan as plans
from spark_xacct import targets
from spark_xacct.errors import TargetError
from spark_xacct.model import Base, BaseKind
from spark_xacct.plan import Plan
from spark_xacct.targets import Rendered
from spark_xacct.targets.files import FileRefused, submit_parameters
from spark_xacct.targets.merging import LISTS

# Joining: every file, every target that can go into it


def one_hop() -> Plan:
    """What flavour hadoop carries too."""
    return plans.encode(access_map(bound("partner-data", "finance"), python_default_role=None, python_roles=()))


def pairs() -> list[Any]:
    """Every file with every target that registers; what does not go together is refused, and tested beside."""
    releases = {"emrfs-site": "emr-7.9.0"}
    found = []
    for target in targets.names():
        registered = targets.find(target)
        label = releases.get(target) or registered.default_release or "emr-7.12.0"
        carries_chains = registered.python_only or registered.flavours[0] is targets.Flavour.SHIM
        cases = {"named": named(), "refusing": refusing()} if carries_chains else {"one hop": one_hop()}
        for name, text in {**FILES, "create-job.json": GLUE}.items():
            if not is_of_another_service(target, name):
                for case, plan in cases.items():
                    found.append(pytest.param(target, label, name, text, plan, id=f"{target}-{name}-{case}"))
    return found


@pytest.mark.parametrize(("target", "release", "name", "text", "plan"), pairs())
def test_merging_twice_is_merging_once_and_nothing_of_others_is_lost(target, release, name, text, plan):
    flavours = targets.find(target).flavours
    refused = ""
    try:
        by = rendered(target, plan, release, flavour=flavours[0])
        first = merged(text, name, by)
    except FileRefused as error:
        refused = str(error)
    if refused:
        assert re.search(r"name .+\.xml|place for settings|has no settings of Spark or Hadoop|do not go into", refused)
        return
    again = merged(first.text, name, by)
    assert (again.text, again.diff, again.log) == (first.text, "", ())
    before, after = settings(text), settings(first.text)
    for setting, value in before.items():
        assert after[setting] == value or after[setting].startswith(value.rstrip() + ","), setting
    assert [line for line in first.conflicts if "; say --release " not in line] == []
    if flavours[0] is targets.Flavour.SHIM:
        assert plans.text.parts(by.settings.plan.text)[0] in after.values()


def test_each_file_takes_the_settings_that_its_readers_read():
    everything = rendered(plan=named())
    spark, hadoop = everything.settings.spark, {item.name: item.value for item in everything.settings.hadoop}
    for name in ("spark-defaults.conf", "configurations.json", "start-job-run.json", "serverless.json", "cell.txt"):
        after = settings(merged(FILES[name], name, everything).text)
        lists = {key for key, value in spark.items() if after.get(key) != value}
        assert lists <= {"spark.jars", "spark.plugins.defaultList", "spark.yarn.dist.files"}
        assert all(spark[key] in after[key].split(",") for key in lists)
    after = settings(merged(CORE_SITE, "core-site.xml", everything).text)
    hooks = {
        key: f"corp.Hook,{value}" if key.endswith("execution.interceptors") else value for key, value in hadoop.items()
    }
    assert {key: after[key] for key in hadoop} == hooks


@given(
    lines=st.lists(
        st.sampled_from(
            ["", "# a note", "! another", "spark.a 1", "spark.b=2", "  spark.c :  x\\\n  y", "spark.a\t3", "spark.jars /a.jar, /b.jar", "spark.e ä\\u00e4"]
        ),
        max_size=12,
    ),
    end=st.sampled_from(["\n", "\r\n"]),
    is_ended=st.booleans(),
)  # fmt: skip
def test_lines_that_are_not_ours_stay_as_they_are_and_in_their_order(lines, end, is_ended):
    text = end.join(lines) + (end if is_ended and lines else "")
    result = merged(text, "spark-defaults.conf")
    kept = [line for line in re.split(r"\r?\n", text) if "spark.jars" not in line]
    rest = iter(re.split(r"\r?\n", result.text))
    assert all(line in rest for line in kept if line)
    assert ("\r\n" in result.text) == ("\r\n" in text)
    assert merged(result.text, "spark-defaults.conf").text == result.text


def test_defaults_of_a_7_1_cluster_keep_their_class_path_of_1186_characters():
    result = merged(EMR_7_1, "spark-defaults.conf", rendered(release="emr-7.1.0"))
    before, after = EMR_7_1.splitlines(), result.text.splitlines()
    assert len(CLASS_PATH) == 1_186
    assert [line for line in after if "extraClassPath" in line] == [line for line in before if "extraClassPath" in line]
    changed = [line for line in before if line not in after]
    assert changed == [
        "spark.jars=/opt/corp/lineage.jar,\\",
        "  /opt/corp/metrics.jar",
        "spark.plugins.defaultList : corp.Lineage",
    ]
    assert f"spark.jars /opt/corp/lineage.jar,/opt/corp/metrics.jar,{JAR}" in after
    assert "spark.plugins.defaultList : corp.Lineage,io.sparkxacct.spark.CrossAccountPlugin" in after
    assert not [line for line in result.diff.splitlines() if line[:1] in "+-" and "extraClassPath" in line]
    assert after[len(before) - 1 :][:2] == ["", "# added by spark-xacct"]


def test_a_jar_in_arguments_of_a_step_and_of_machines_is_joined_there_too():
    data = json.loads(merged(RUN_JOB_FLOW).text)
    assert data["Steps"][0]["HadoopJarStep"]["Args"][3:5] == ["--jars", f"s3://corp/step.jar,{JAR}"]
    core = data["Instances"]["InstanceGroups"][0]["Configurations"][0]["Properties"]
    assert core == {"spark.jars": f"s3://corp/core.jar,{JAR}"}
    assert data["Configurations"][0]["Properties"]["spark.jars"] == f"s3://corp/all.jar,{JAR}"


def test_parameters_above_everything_get_what_stands_there_and_the_rest_goes_below():
    data = json.loads(merged(EKS).text)
    assert data["jobDriver"]["sparkSubmitJobDriver"]["sparkSubmitParameters"] == (
        f's3://corp/lineage.jar,{JAR}  --conf spark.executor.memory=4g --conf "spark.app.name=a b"'.join(
            ["--jars ", ""]
        )
    )
    defaults, *others = data["configurationOverrides"]["applicationConfiguration"]
    assert "spark.jars" not in defaults["properties"]
    assert set(defaults) == {"classification", "properties"}
    assert others == [{"classification": "emrfs-site", "properties": {"fs.s3.maxConnections": "100"}}]


def test_a_request_without_configurations_gets_them_in_the_casing_of_its_service():
    data = json.loads(merged(SERVERLESS).text)
    (made,) = data["configurationOverrides"]["applicationConfiguration"]
    assert (made["classification"], PROVIDER in str(made["properties"])) == ("spark-defaults", True)
    flow = json.loads(merged('{"Name": "x", "Instances": {}}').text)
    assert [item["Classification"] for item in flow["Configurations"]] == ["spark-defaults"]


def test_indentation_and_letters_of_json_are_those_of_the_file():
    text = '[\n\t{\n\t\t"Classification": "spark-defaults",\n\t\t"Properties": {\n\t\t\t"spark.app.name": "ä"\n\t\t}\n\t}\n]\n'
    result = merged(text).text
    assert result.startswith(text[: text.index("\n\t\t}")] + ",\n\t\t\t")
    assert result.endswith("]\n")


# Names of Hadoop below, names of Spark above


class Layered:
    """A target that spreads its settings as a cluster does: Hadoop's in core-site, the rest in spark-defaults."""

    @staticmethod
    def rendered(plan: Plan = ONE) -> Rendered:
        found = rendered(plan=plan).settings
        configurations = [
            {"Classification": "core-site", "Properties": {item.name: item.value for item in found.hadoop}},
            {"Classification": "spark-defaults", "Properties": {item.name: item.value for item in found.spark_only}},
        ]
        target = replace(
            targets.find("spark-defaults"),
            name="layered",
            content=lambda settings, job: {"configurations": configurations},
        )
        return target.render(found)


def test_a_target_that_spreads_its_settings_does_so_in_the_file():
    result = merged(EC2, by=Layered.rendered())
    core, defaults = json.loads(result.text)[1:]
    assert core["Properties"][PROVIDER] == S3A
    assert core["Properties"]["fs.s3.maxConnections"] == "200"
    assert not [name for name in defaults["Properties"] if name.startswith("spark.hadoop.")]
    assert defaults["Properties"]["spark.jars"] == f"s3://corp/lineage.jar,{JAR}"
    assert result.conflicts == ()


def test_a_setting_of_spark_that_wins_over_ours_in_core_site_is_a_conflict():
    configurations = json.loads(EC2)
    configurations[2]["Properties"][f"spark.hadoop.{PROVIDER}"] = "corp.Provider"
    result = merged(json.dumps(configurations), "conf.json", Layered.rendered())
    assert result.conflicts == (
        f"conf.json: spark-defaults of the list: spark.hadoop.{PROVIDER} is corp.Provider and wins over core-site of the list, where the "
        f"plan needs {S3A} (bucket partner-data: role partner, read); take it out",
    )


def test_hooks_of_core_site_are_joined_where_ours_in_spark_defaults_would_hide_them():
    configurations = json.loads(EC2)
    configurations[1]["Properties"]["fs.s3a.audit.execution.interceptors"] = "corp.Hook"
    after = settings(merged(json.dumps(configurations)).text)
    assert after["spark.hadoop.fs.s3a.bucket.partner-data.audit.execution.interceptors"] == (
        "corp.Hook,io.sparkxacct.s3a.RoleInterceptor"
    )


# What others have set


WHERE = {
    "ec2.json": "ec2.json: spark-defaults of the list",
    "livy.json": "livy.json: conf",
    "job.json": "job.json: jobDriver.sparkSubmit.sparkSubmitParameters",
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_value_of_others_for_a_key_of_the_plan_is_shown_and_stays_unless_somebody_says_replace(name):
    key = PROVIDER if name.endswith(".xml") else f"spark.hadoop.{PROVIDER}"
    result, replaced = merged(FOREIGN[name], name), merged(FOREIGN[name], name, replace=True)
    where = WHERE.get(name, name)
    assert result.conflicts == (
        f"{where}: {key} is {HADOOP_PROVIDER} and stays; the plan needs {S3A} (bucket partner-data: role partner, read); take it out, "
        "or say --replace",
    )
    assert settings(result.text)[key] == HADOOP_PROVIDER
    assert result.text.count(HADOOP_PROVIDER) == 1
    assert (settings(replaced.text)[key], replaced.conflicts) == (S3A, ())
    assert (
        f"{where}: replaced {key}, which was {HADOOP_PROVIDER} (bucket partner-data: role partner, read)"
        in replaced.log
    )


def test_what_works_against_the_plan_is_a_conflict_and_our_default_that_gives_way_is_a_note():
    text = (
        "spark.hadoop.fs.s3a.bucket.partner-data.delegation.token.binding corp.Tokens\n"
        "spark.hadoop.fs.s3.impl com.amazon.ws.emr.hadoop.fs.EmrFileSystem\n"
    )
    result = merged(text, "my.conf", rendered(release="spark-4"))
    assert result.conflicts == (
        "my.conf: spark.hadoop.fs.s3a.bucket.partner-data.delegation.token.binding = corp.Tokens stays: S3A then asks the delegation "
        "token and not the plan's provider; take it out",
    )
    assert result.notes == (
        "my.conf: spark.hadoop.fs.s3.impl stays com.amazon.ws.emr.hadoop.fs.EmrFileSystem: it was set before, and "
        "org.apache.hadoop.fs.s3a.S3AFileSystem is only our default",
    )


NODE = Base(BaseKind.INSTANCE_PROFILE)
IRSA = plans.encode(access_map(bound("partner-data", "partner"), python_default_role=None, python_roles=("partner",)))


def older(**more: Any) -> Plan:
    return plans.encode(
        access_map(
            bound("partner-data", "partner", region="us-east-1"),
            bound("gone", "partner"),
            python_default_role=None,
            python_roles=(),
            **more,
        )
    )


@pytest.mark.parametrize(
    ("target", "name"),
    [
        (target, name)
        for target in ("spark-defaults", "emr-ec2")
        for name in FILES
        if not is_of_another_service(target, name)
    ],
)
@pytest.mark.parametrize(
    "earlier", [older(), large("aws", "eu-west-1"), refusing()], ids=["one more bucket", "60 buckets", "deny"]
)
def test_what_an_earlier_plan_has_left_goes_without_a_question(name, earlier, target):
    newer = plans.encode(
        access_map(
            bound("partner-data", "partner", region="eu-west-1"), python_default_role=None, python_roles=(), base=NODE
        )
    )
    before = merged(FILES[name], name, rendered(target, earlier))
    by = rendered(target, newer)
    result, alone = merged(before.text, name, by), merged(FILES[name], name, by)
    assert result.conflicts == ()
    assert settings(result.text) == settings(alone.text)
    assert merged(result.text, name, by).log == ()


@pytest.mark.parametrize("name", FILES)
def test_another_flavour_of_a_plan_goes_without_a_question_as_well(name):
    plan = plans.encode(
        access_map(bound("partner-data", "finance"), python_default_role=None, python_roles=("finance",), base=NODE)
    )
    shim, hadoop = (rendered("spark-defaults", plan, flavour=flavour) for flavour in targets.Flavour)
    text = FILES[name]
    # XML holds no plan in flavour hadoop, so whose settings these are cannot be told there.
    for first, second in ((shim, hadoop), (hadoop, shim))[: 1 if name.endswith(".xml") else 2]:
        result = merged(merged(text, name, first).text, name, second)
        assert result.conflicts == ()
        expected = settings(merged(text, name, second).text)
        # The plugin and the jar do no harm, and somebody else may have put them there.
        lists = {key for key in settings(result.text) if key in LISTS}
        assert {key: value for key, value in settings(result.text).items() if key not in lists} == {
            key: value for key, value in expected.items() if key not in lists
        }


def test_settings_of_people_that_say_the_same_as_ours_would_stay_theirs():
    by_hand = "".join(
        f"spark.hadoop.fs.s3a.bucket.partner-data.assumed.role.{key} {value}\n"
        for key, value in {"arn": "arn:aws:iam::777788889999:role/finance", "session.duration": "900s"}.items()
    )
    plan = plans.encode(
        access_map(bound("partner-data", "finance"), python_default_role=None, python_roles=("finance",))
    )
    first = merged(by_hand, "my.conf", rendered(plan=plan))
    again = merged(first.text, "my.conf", rendered(plan=plan))
    assert first.text.startswith(by_hand)
    assert again.log == ()


def test_classes_of_ours_that_no_plan_names_any_more_go_even_without_that_plan():
    text = (
        "spark.hadoop.fs.s3.bucket.gone.customAWSCredentialsProvider io.sparkxacct.emrfs.EmrfsRoleCredentialsProvider\n"
    )
    result = merged(text, "my.conf", rendered(release="spark-4"))
    assert "gone" not in result.text
    assert (
        "my.conf: took out spark.hadoop.fs.s3.bucket.gone.customAWSCredentialsProvider (left from an earlier plan)"
        in result.log
    )
    assert result.conflicts == ()


STEP = {
    "Name": "job",
    "HadoopJarStep": {"Jar": "command-runner.jar", "Args": ["spark-submit", "--jars", "/a.jar", "s3://corp/job.py"]},
}


@pytest.mark.parametrize("data", [{"JobFlowId": "j-1", "Steps": [STEP, STEP]}, [STEP, STEP]], ids=["request", "list"])
def test_steps_for_a_running_cluster_carry_the_settings_themselves(data):
    text = json.dumps(data)
    result = merged(text, "steps.json")
    after = json.loads(result.text)
    for step in after["Steps"] if isinstance(after, dict) else after:
        given = submit_parameters.given(step["HadoopJarStep"]["Args"])
        assert given["spark.jars"] == f"/a.jar,{JAR}"
        assert set(rendered().settings.spark) <= set(given)
        assert step["HadoopJarStep"]["Args"][-1] == "s3://corp/job.py"
    assert result.conflicts == ()
    assert "Configurations" not in result.text
    assert merged(result.text).log == ()


def test_other_classifications_that_a_target_needs_are_joined_as_well():
    found = rendered("emr-eks", IRSA)
    assert "emr-job-submitter" in json.dumps(found.content)
    data = json.loads(merged(EKS, by=found).text)
    made = {
        item["classification"]: item["properties"]
        for item in data["configurationOverrides"]["applicationConfiguration"]
    }
    assert made["emr-job-submitter"] == {"jobsubmitter.container.image": IMAGE}
    assert made["spark-defaults"]["spark.kubernetes.container.image"] == IMAGE


@pytest.mark.parametrize("name", ["spark-defaults.conf", "serverless.json", "cell.txt"])
def test_the_driver_s_environment_is_called_as_the_target_calls_it(name):
    after = settings(merged(FILES[name], name, rendered("emr-serverless", IRSA)).text)
    plan = {key.rpartition("Env.")[0] for key in after if key.endswith("Env.SPARK_XACCT_PLAN")}
    assert plan == {"spark.executor", "spark.emr-serverless.driver"}


@pytest.mark.parametrize("name", FILES)
def test_a_target_without_settings_for_a_jvm_goes_into_no_file(name):
    with pytest.raises(FileRefused) as error:
        merged(FILES[name], name, rendered("aws-profile", IRSA, "spark-4"))
    assert str(error.value) == (
        f"{name}: aws-profile has no settings of Spark or Hadoop; drop --with, or name another target"
    )


def test_a_damaged_plan_in_the_file_is_told_and_replaced():
    result = merged("spark.hadoop.fs.xacct.plan z1:abc\n", "my.conf")
    assert result.notes == (
        "my.conf: the plan in it cannot be read: the plan text is cut or damaged (6 characters arrived); copy it again in full",
    )
    assert plans.from_settings(settings(result.text), "spark.hadoop.").id == ONE.id


# What a file cannot hold


def test_more_than_100_properties_of_a_job_go_into_its_parameters():
    plan = plans.encode(access_map(*[bound(f"bucket-{number:03d}", "partner") for number in range(40)]))
    result = merged(EKS, "job.json", rendered(plan=plan))
    data = json.loads(result.text)
    properties = data["configurationOverrides"]["applicationConfiguration"][0]["properties"]
    parameters = data["jobDriver"]["sparkSubmitJobDriver"]["sparkSubmitParameters"]
    given = submit_parameters.settings(parameters)
    assert len(properties) == 100
    assert set(rendered(plan=plan).settings.spark) <= {*properties, *given}
    assert "spark.hadoop.fs.xacct.plan" in properties
    assert merged(result.text, "job.json", rendered(plan=plan)).log == ()


def test_more_than_100_properties_without_parameters_are_refused_with_number_limit_and_way_out():
    plan = plans.encode(access_map(*[bound(f"bucket-{number:03d}", "partner") for number in range(40)]))
    text = '[{"classification": "spark-defaults", "properties": {"spark.a": "1"}}]'
    with pytest.raises(TargetError) as error:
        merged(text, "list.json", rendered(plan=plan))
    number = len(rendered(plan=plan).settings.spark) + 1
    assert str(error.value) == (
        f"list.json: spark-defaults of the list: there would be {number} properties, and 100 is the limit; name a request with "
        "sparkSubmitParameters, declare otherwise: deny, which needs one key for all buckets, or take a declaration with the buckets of this job only"
    )


def test_a_list_past_1024_characters_is_refused_with_the_number():
    jars = ",".join(f"s3://corp/{number:03d}.jar" for number in range(60))
    text = json.dumps([{"classification": "spark-defaults", "properties": {"spark.jars": jars}}])
    with pytest.raises(TargetError) as error:
        merged(text, "list.json")
    assert str(error.value) == (
        f"list.json: spark-defaults of the list: spark.jars would have {len(jars) + 1 + len(JAR):,} characters, and 1,024 is the limit; "
        "put it into sparkSubmitParameters of the request"
    )


@pytest.mark.parametrize(
    ("target", "release", "text", "says"),
    [
        ("core-site", "emr-7.12.0", EMR_7_1, "my.file: properties of Spark, which nobody reads but Spark, and core-site is for JVMs without it; name core-site.xml, or take render spark-defaults"),
        ("core-site", "emr-7.12.0", LIVY, "my.file: JSON of Livy has no place for settings; name spark-defaults.conf, core-site.xml, or the JSON of configurations or a request"),
        ("spark-defaults", "emr-7.12.0", '{"AuthorizationConfiguration": {"EmrFsConfiguration": {"RoleMappings": [{"Role": "x"}]}}}', "my.file: security configuration of EMR has no place for settings; name spark-defaults.conf, core-site.xml, or the JSON of configurations or a request"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_hold_a_target_is_refused(target, release, text, says):
    with pytest.raises(FileRefused) as error:
        merged(text, "my.file", rendered(target, release=release))
    assert str(error.value) == says


def test_what_xml_cannot_hold_is_told():
    assert merged(CORE_SITE, "core-site.xml").notes == (
        "core-site.xml: Hadoop XML cannot hold Spark's own settings (spark.jars, spark.submit.pyFiles, spark.plugins.defaultList); take "
        "render spark-defaults for these",
    )
    assert merged(CORE_SITE, "core-site.xml", rendered("core-site")).notes == ()


@pytest.mark.parametrize(
    ("label", "release", "says"),
    [
        ("emr-7.12.0-latest", "emr-7.12.0", ()),
        ("emr-7.11.0", "emr-7.12.0", ()),
        ("emr-7.9.0", "emr-7.12.0", ("job.json: it names emr-7.9.0, and these settings are for emr-7.12.0; say --release emr-7.9.0",)),
        ("emr-spark-8.0.0", "emr-7.12.0", ("job.json: it names emr-spark-8.0.0, and these settings are for emr-7.12.0; say --release emr-spark-8.0.0",)),
    ],
)  # fmt: skip
def test_a_request_for_a_release_that_needs_other_settings_is_a_conflict(label, release, says):
    text = EKS.replace("emr-7.12.0-latest", label)
    assert merged(text, "job.json", rendered(release=release)).conflicts == says


# What the real readers make of it


@each_spark
@needs_java
@pytest.mark.spark
def test_java_spark_and_hadoop_read_the_joined_files_as_we_do(tmp_path, spark):
    expected, written_files = [], []
    for number, plan in enumerate([named(), refusing(), large("aws-cn", "cn-north-1")]):
        by = rendered(plan=plan, release=spark.release)
        for reader, name in (
            ("properties", "spark-defaults.conf"),
            ("spark", "spark-defaults.conf"),
            ("hadoop", "core-site.xml"),
        ):
            path = tmp_path / f"{number}-{reader}"
            text = merged(FILES[name], name, by).text
            path.write_text(text, encoding="utf-8")
            written_files.append((reader, path))
            expected.append(settings(text))
    assert read_in_java(written_files, spark) == expected
