"""Target livy: Livy's own fields for lists, nothing that Livy refuses, and JSON that reads back as it was meant."""

from __future__ import annotations

import ast
import json
from types import SimpleNamespace
from typing import Any

import pytest
from fakes.target_plans import access_map, bound, large, named, refusing, role

from spark_xacct import plan as plans
from spark_xacct import targets
from spark_xacct.errors import TargetError
from spark_xacct.model import ExternalId, Pattern
from spark_xacct.plan import Plan
from spark_xacct.targets import Job, livy

STAGING = "s3://corp-dev-1/xacct"
JAR = STAGING + "/spark-xacct-0.1.0.jar"
STAGED = Job(staging=STAGING)
ROLE = "arn:aws:iam::111122223333:role/etl"
PLANS = {
    "named": named(),
    "refusing": refusing(),
    "gov": large("aws-us-gov", "us-gov-west-1"),
    "china": large("aws-cn", "cn-north-1"),
}
EACH_PLAN = pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)


def render(plan: Plan, release: str | None = None, **more: Any) -> targets.Rendered:
    return targets.render("livy", plan, release, **{"job": STAGED, **more})


def cell(rendered: targets.Rendered) -> tuple[str, dict[str, Any]]:
    """The magic of the cell, and the JSON that it is given."""
    magic, _, text = rendered.files()["configure.txt"].partition("\n")
    return magic, json.loads(text)


def body(rendered: targets.Rendered) -> dict[str, Any]:
    return json.loads(rendered.files()["sessions.json"])


@EACH_PLAN
def test_cell_and_body_say_the_same_and_the_kernel_says_its_kind(plan: Plan) -> None:
    rendered = render(plan)
    magic, configured = cell(rendered)
    assert magic == "%%configure -f"
    assert "kind" not in configured
    assert body(rendered) == {"kind": "pyspark", **configured} == rendered.data["session"]
    assert next(iter(rendered.files())) == "configure.txt"


@EACH_PLAN
def test_lists_stand_in_livys_fields_and_everything_else_in_conf(plan: Plan) -> None:
    session = body(render(plan))
    expected = render(plan).settings.spark_settings(driver=livy.DRIVER)
    lists = {item.name: item.value.split(",") for item in expected if item.name in livy.FIELDS}
    assert lists == {"spark.submit.pyFiles": [JAR]}
    assert (session["pyFiles"], "jars" in session) == ([JAR], False)
    conf = {name: value for name, value in session["conf"].items() if not name.endswith("Env.PARTNER_EXTERNAL_ID")}
    assert conf == {item.name: item.value for item in expected if item.name not in lists}


@EACH_PLAN
def test_the_plan_reaches_hadoop_executors_and_the_driver_of_each_cluster_manager(plan: Plan) -> None:
    conf = body(render(plan))["conf"]
    assert plans.from_settings(conf, "spark.hadoop.").id == plan.id
    for prefix in (
        "spark.executorEnv.",
        "spark.yarn.appMasterEnv.",
        "spark.kubernetes.driverEnv.",
        "spark.emr-serverless.driverEnv.",
    ):
        environment = {name.removeprefix(prefix): value for name, value in conf.items() if name.startswith(prefix)}
        assert plans.from_environment(environment).id == plan.id


def test_the_variable_of_an_external_id_is_set_in_the_driver_of_each_cluster_manager_and_in_executors() -> None:
    rendered = render(named())
    found = {name: value for name, value in body(rendered)["conf"].items() if "PARTNER_EXTERNAL_ID" in name}
    prefixes = ("spark.yarn.appMasterEnv.", "spark.kubernetes.driverEnv.", "spark.emr-serverless.driverEnv.")
    names = [prefix + "PARTNER_EXTERNAL_ID" for prefix in (*prefixes, "spark.executorEnv.")]
    assert found == dict.fromkeys(names, "<external id of role partner>")
    assert (
        "# Before the session: in the %%configure cell write the external id in place of <external id of role partner>; AWS calls it no "
        "secret.\n# A driver in client mode (livy.spark.deploy-mode) gets its environment from Livy: there PARTNER_EXTERNAL_ID must be "
        "exported for Livy itself.\n"
    ) in first_cell(named())


def test_where_a_file_with_an_external_id_must_lie_is_said_in_the_first_cell() -> None:
    roles = {"reader": role("reader", "444455556666", external_id=ExternalId(file="/etc/ids/reader"))}
    plan = plans.encode(access_map(bound("a-1", "reader"), roles=roles, python_default_role=None, python_roles=()))
    told = "# The external id of role reader is read from /etc/ids/reader, which must lie on every node at this path.\n"
    assert told in first_cell(plan)
    assert "external id" not in first_cell(large("aws", "eu-west-1"))


TLS = "spark.ssl.internode.enabled"


@pytest.mark.parametrize(
    ("release", "role_arn", "value", "told"),
    [
        ("emr-7.12.0", ROLE, "true", f"where the driver may tell executors ({TLS})"),
        ("emr-6.15.0", ROLE, "true", f"where the driver may tell executors ({TLS})"),
        ("emr-spark-8.1.0", ROLE, "true", f"where the driver may tell executors ({TLS})"),
        ("emr-7.12.0", None, None, f"(YARN, spark.authenticate with spark.network.crypto.enabled, or {TLS} on EMR Serverless)"),
        ("emr-6.14.0", ROLE, None, f"in each JVM, because the driver tells executors nothing: {TLS} came with emr-6.15 ("),
    ],
)  # fmt: skip
def test_a_session_with_a_role_is_one_of_emr_serverless_whose_tls_makes_the_drivers_channel(
    release: str, role_arn: str | None, value: str | None, told: str
) -> None:
    rendered = render(one_bucket(), release, job=Job(staging=STAGING, role=role_arn))
    assert body(rendered)["conf"].get(TLS) == value
    assert told in first_cell(one_bucket(), release, job=Job(staging=STAGING, role=role_arn))


def one_bucket() -> Plan:
    """What each of these labels carries."""
    return plans.encode(access_map(bound("a-*", "finance"), deny_undeclared=True, own=(Pattern("corp-dev-*"),)))


def test_a_role_that_is_none_is_refused() -> None:
    with pytest.raises(TargetError) as refusal:
        render(named(), job=Job(role="notanarn"))
    assert str(refusal.value) == (
        'livy: --role: "notanarn" is not an ARN (arn:partition:service:region:account:resource); give the ARN of a role'
    )


def test_values_survive_json_whatever_they_hold() -> None:
    nasty = "a\"b\\c'd<e>&{f}%g ü 😀"
    rendered = render(named(), run=nasty)
    assert cell(rendered)[1]["conf"]["spark.hadoop.fs.xacct.run"] == nasty
    assert rendered.files()["configure.txt"].isascii()


@pytest.mark.parametrize(
    "release", ["emr-5.36.0", "emr-6.15.0", "emr-7.9.0", "emr-7.14.0", "emr-spark-8.1.0", "spark-3.5", "spark-4"]
)
def test_nothing_is_rendered_that_livy_refuses(release: str) -> None:
    plan = plans.encode(access_map(bound("*-x", "finance"), deny_undeclared=True, python_default_role=None))
    assert body(render(plan, release, job=Job()))["conf"]
    assert not livy.BLOCKED & set(body(render(plan, release, job=Job()))["conf"])


def test_what_livy_would_refuse_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(livy, "BLOCKED", {"spark.plugins.defaultList"})
    with pytest.raises(TargetError) as refusal:
        render(named())
    assert str(refusal.value) == (
        "livy: spark.plugins.defaultList: Livy makes no session with it; set it on the server, in livy.conf or spark-defaults.conf"
    )


def test_no_class_path_and_no_file_system_of_the_platform_is_replaced() -> None:
    rendered = render(named())
    assert rendered.data["release"] == "emr-7.14.0"
    assert not [name for name in body(rendered)["conf"] if "extraClassPath" in name or name.endswith(".impl")]


def test_spark_jars_bring_the_jar_where_none_is_installed() -> None:
    session = body(render(named(), job=Job(staging=STAGING, spark_jars=True)))
    assert (session["jars"], session["pyFiles"]) == ([JAR], [JAR])
    assert not {"spark.jars", "spark.submit.pyFiles"} & session["conf"].keys()


def test_the_staging_folder_is_left_to_fill_in() -> None:
    assert body(render(named(), job=Job()))["pyFiles"] == ["s3://<staging bucket>/spark-xacct/spark-xacct-0.1.0.jar"]


@pytest.mark.parametrize(
    ("plan", "release", "job", "line"),
    [
        (
            named(),
            "emr-7.9.0",
            Job(staging=STAGING, spark_jars=True),
            "--spark-jars: EMRFS of emr-7.9.0 is not known to find its provider in spark.jars; leave it out, and install the jar",
        ),
        (
            refusing(),
            "emr-7.14.0",
            Job(staging=STAGING, spark_jars=True),
            "--spark-jars: with otherwise: deny, or patterns, ours is the only provider, and the jar itself is fetched before it is "
            "there; leave it out, and install the jar",
        ),
        (
            named(),
            "emr-7.14.0",
            Job(staging="s3://corp-code/xacct", spark_jars=True),
            "--spark-jars: bucket corp-code is declared, so our provider serves it, and the jar is fetched from it before it is there; "
            "stage it in a bucket that is not declared, or leave out --spark-jars",
        ),
        (
            named(),
            "emr-7.14.0",
            Job(staging="s3://partner-data/xacct"),
            "--staging s3://partner-data/xacct: bucket partner-data is declared behind a role; take a bucket of the account that runs "
            "Spark",
        ),
        (
            refusing(),
            "emr-7.14.0",
            Job(staging="s3://elsewhere/xacct"),
            "--staging s3://elsewhere/xacct: bucket elsewhere is not declared, and otherwise: deny refuses it; list it under own",
        ),
    ],
)
def test_what_the_session_begins_with_must_be_readable_under_its_own_settings(
    plan: Plan, release: str, job: Job, line: str
) -> None:
    with pytest.raises(TargetError) as refusal:
        render(plan, release, job=job)
    assert str(refusal.value) == f"livy: {line}"


def test_spark_2_has_no_plugins_for_spark_jars() -> None:
    plan = plans.encode(access_map(bound("a-*", "finance"), deny_undeclared=True, python_default_role=None))
    with pytest.raises(TargetError) as refusal:
        render(plan, "emr-5.36.0", job=Job(spark_jars=True))
    assert str(refusal.value).splitlines()[0] == (
        "livy: --spark-jars: Spark of emr-5.36.0 has no plugins, which put the providers where S3A looks; leave it out, and install the jar"
    )


def test_a_session_has_a_name_and_a_role_only_where_somebody_gave_them() -> None:
    assert "name" not in body(render(named()))
    session = cell(render(named(), job=Job(name="jane-1", role=ROLE)))[1]
    assert (session["name"], session["conf"]["emr-serverless.session.executionRoleArn"]) == ("jane-1", ROLE)


def test_options_that_would_be_lost_are_refused_and_others_are_said_in_the_cell() -> None:
    with pytest.raises(TargetError) as refusal:
        render(named(), job=Job(parameters=("--verbose",)))
    assert str(refusal.value) == "livy: --parameter: Livy takes no options of spark-submit; put settings into conf"
    given = Job(entry_point="s3://x/a.py", arguments=("1",), on="j-1", logs="s3://logs/")
    assert (
        "# A session runs no program, and its server says where it runs: --entry-point, --argument, --on, --logs had no effect.\n"
        in (first_cell(named(), job=given))
    )
    assert "had no effect" not in first_cell(named())


def test_labels_of_glue_are_refused() -> None:
    with pytest.raises(TargetError) as refusal:
        render(named(), "glue-5.1")
    assert str(refusal.value) == "livy: release glue-5.1 is not one of its own; take a label of emr, emr-spark, spark"


# The first cell


def first_cell(plan: Plan, release: str | None = None, **more: Any) -> str:
    text = render(plan, release, **more).files()["first_cell.py"]
    ast.parse(text)
    return text


def test_first_cell_starts_the_session_of_the_notebook_and_asks_the_jvm() -> None:
    text = first_cell(named())
    assert text.startswith(f"# {named().about}\n# STS: ")
    assert "spark = xacct.start(SparkSession.builder)\n" in text
    assert "java_method('io.sparkxacct.Status', 'json')" in text
    assert f"It names plan {named().id}." in text


@pytest.mark.parametrize("release", ["emr-6.15.0", "emr-7.0.0", "spark-3.5"])
def test_first_cell_is_the_same_on_releases_with_an_old_python(release: str) -> None:
    code = ast.unparse(ast.parse(first_cell(named(), release)))
    assert code == ast.unparse(ast.parse(first_cell(named())))


@pytest.mark.parametrize(
    ("name", "user", "told"),
    [("xacct-{run}", None, False), ("{run}-{user}", None, True), ("{run}-{user}", "jane", False)],
)
def test_it_is_said_that_the_user_is_livys_where_names_carry_it(name: str, user: str | None, told: bool) -> None:
    roles = {"reader": role("reader", "444455556666", session_name=name)}
    plan = plans.encode(
        access_map(bound("a-1", "reader"), roles=roles, python_default_role=None, python_roles=("reader",))
    )
    assert ("livy.impersonation.enabled" in first_cell(plan, user=user)) == told


def test_with_hadoops_provider_the_first_cell_shows_it_for_each_bucket(capsys: pytest.CaptureFixture[str]) -> None:
    roles = {"reader": role("reader", "444455556666")}
    plan = plans.encode(access_map(bound("a-1", "reader"), roles=roles, python_default_role=None, python_roles=()))
    rendered = render(plan, "emr-7.12.0", flavour=targets.Flavour.HADOOP)
    session, conf = body(rendered), body(rendered)["conf"]
    hadoop = SimpleNamespace(get=lambda name: conf["spark.hadoop." + name])
    context = SimpleNamespace(_jsc=SimpleNamespace(hadoopConfiguration=lambda: hadoop))
    # Rendered by us from a plan of this file: that it runs is what is tested.
    exec(rendered.files()["first_cell.py"], {"spark": SimpleNamespace(sparkContext=context)})  # noqa: S102
    assert not {"jars", "pyFiles"} & session.keys()
    assert capsys.readouterr().out == "a-1 org.apache.hadoop.fs.s3a.auth.AssumedRoleCredentialProvider\n"
