"""Files of the services of AWS, through the command: casing, limits and members are those of the service that the target is for."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from click.testing import CliRunner, Result
from declaration_texts import role, written

from spark_xacct.cli.application import cli
from spark_xacct.targets import aws_model, files
from spark_xacct.targets.files import submit_parameters
from spark_xacct.targets.files.forms import EC2, JOBS

ARN = "arn:aws:iam::111122223333:role/etl"
STAGING = "s3://corp-code/spark-xacct"
JAR = f"{STAGING}/spark-xacct-0.1.0.jar"
OF_JOBS = "classification, properties, configurations"
OF_EC2 = "Classification, Properties, Configurations"
TLS = "spark.ssl.internode.enabled"
BASES = {"emr-ec2": "instance-profile", "emr-eks": "irsa", "spark-operator": "irsa", "livy": "irsa"}
JOB_ROLE = f'{{kind: emr-runtime-role, arn: "{ARN}"}}'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("CONFIG", "ENV", "FORMAT", "JAR"):
        monkeypatch.delenv(f"SPARK_XACCT_{name}", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def render(target: str, file: str, content: Any, *options: str, buckets: int = 0, **sections: str) -> Result:
    """``render TARGET --with FILE`` under a declaration that the target can carry."""
    text = content if isinstance(content, str) else json.dumps(content, indent=2)
    Path(file).write_text(text, encoding="utf-8")
    names = {f"bucket-{number:03d}": "partner" for number in range(buckets)} or {"partner-data": "partner"}
    Path("xacct.yaml").write_text(
        written(base=BASES.get(target, JOB_ROLE), buckets=json.dumps(names), **sections), encoding="utf-8"
    )
    launching = () if target == "spark-defaults" else ("--staging", STAGING)
    release = () if target == "glue" else ("--release", "emr-7.12.0")
    return CliRunner().invoke(
        cli, ["render", target, "--with", file, *launching, *release, *options], prog_name="spark-xacct"
    )


def made(target: str, file: str, content: Any, *options: str, buckets: int = 0) -> Any:
    """What the command writes, which it does without a question."""
    result = render(target, file, content, "--to", "out", "--overwrite", *options, buckets=buckets)
    assert (result.exit_code, "conflict:" in result.stderr) == (0, False), result.stderr
    return json.loads(Path("out", file).read_text(encoding="utf-8"))


def item(casing: str, name: str = "spark-defaults", **properties: str) -> dict[str, Any]:
    return {"Classification": name, "Properties": properties} if casing == "EC2" else {"classification": name, "properties": properties}  # fmt: skip


def job(overrides: Any = None, parameters: str | None = None, driver: str = "sparkSubmitJobDriver", **more: Any) -> dict[str, Any]:  # fmt: skip
    inside = {"entryPoint": "s3://corp/job.py"} | ({} if parameters is None else {"sparkSubmitParameters": parameters})
    request = {"executionRoleArn": ARN, "jobDriver": {driver: inside}, **more}
    return request if overrides is None else request | {"configurationOverrides": {"applicationConfiguration": overrides}}  # fmt: skip


def eks(overrides: Any = None, parameters: str | None = None, **more: Any) -> dict[str, Any]:
    return job(overrides, parameters, virtualClusterId="0123456789abcdef", releaseLabel="emr-7.12.0-latest", **more)


def serverless(overrides: Any = None, parameters: str | None = None, **more: Any) -> dict[str, Any]:
    return job(overrides, parameters, "sparkSubmit", applicationId="00fabcdefg", **more)


# Another casing, another service


def spelled(what: str, where: str, of: str) -> str:
    titles = {"EC2": f"EMR on EC2 does it ({OF_EC2})", "jobs": f"EMR on EKS and Serverless does it ({OF_JOBS})"}
    takes = {"EC2": f"EMR on EC2 takes ({OF_EC2})", "jobs": f"EMR on EKS and Serverless takes ({OF_JOBS})"}[of]
    return f"{where} is spelled as {titles[what]}, and {takes}: it is left alone; write it so"


def not_spelled(where: str, of: str) -> str:
    title = f"EMR on EC2 does it ({OF_EC2})" if of == "EC2" else f"EMR on EKS and Serverless does it ({OF_JOBS})"
    return f"{where} is not spelled as {title}: it is left alone; write it so"


def of_service(what: str, of: str) -> str:
    return f"this is a request of {what}, and these settings are for {of}: it is left alone; name a request of {of}, or the target of {what}"


def no_member(where: str, meant: str) -> str:
    return f"{where} is not a known member; write {meant}"


APPLICATION = "configurationOverrides.applicationConfiguration"
CLOUD_FORMATION = [{"Classification": "spark-defaults", "ConfigurationProperties": {"spark.jars": "/a"}}]
NESTED = [{"classification": "hadoop-env", "properties": {}, "configurations": [item("EC2", "export", A="b")]}]
RUN_JOB_FLOW = {"Name": "x", "ReleaseLabel": "emr-7.12.0", "Instances": {}}


@pytest.mark.parametrize(
    ("target", "content", "says"),
    [
        ("emr-eks", [item("EC2")], [spelled("EC2", "the list", "jobs")]),
        ("emr-eks", [item("EC2"), item("jobs", "core-site")], [not_spelled("[0]", "jobs")]),
        ("emr-eks", [item("jobs"), item("EC2", "core-site")], [not_spelled("[1]", "jobs")]),
        ("emr-eks", [item("jobs"), {"classification": "core-site", "Properties": {}}], [not_spelled("[1]", "jobs")]),
        ("emr-eks", [item("jobs"), "text"], [not_spelled("[1]", "jobs")]),
        ("emr-eks", NESTED, [spelled("EC2", "[0].configurations", "jobs")]),
        ("emr-eks", [item("jobs", "Spark-Defaults")], ['[0]: "Spark-Defaults" is spark-defaults in another casing: it is left alone; write it so']),
        ("emr-eks", eks([item("EC2")]), [spelled("EC2", APPLICATION, "jobs")]),
        ("emr-eks", eks([item("jobs"), item("EC2")]), [not_spelled(f"{APPLICATION}[1]", "jobs")]),
        ("emr-eks", eks(configurationoverrides={"applicationconfiguration": [item("jobs")]}), [no_member("configurationoverrides", "configurationOverrides"), no_member("configurationoverrides.applicationconfiguration", "applicationConfiguration")]),
        ("emr-eks", eks([item("jobs")], ReleaseLabel="emr-7.12.0"), [no_member("ReleaseLabel", "releaseLabel")]),
        ("emr-eks", {"virtualClusterId": "x", "JobDriver": {}, "configurationOverrides": {"applicationConfiguration": [item("jobs")]}}, [no_member("JobDriver", "jobDriver")]),
        ("emr-eks", serverless(), [of_service("EMR Serverless", "EMR on EKS")]),
        ("emr-eks", RUN_JOB_FLOW | {"Configurations": [item("EC2")]}, [of_service("EMR on EC2", "EMR on EKS")]),
        ("emr-eks", [{"Type": "Spark", "Name": "x", "Args": ["spark-submit", "s3://a.py"]}], [of_service("EMR on EC2", "EMR on EKS")]),
        ("emr-serverless", [item("EC2")], [spelled("EC2", "the list", "jobs")]),
        ("emr-serverless", eks(), [of_service("EMR on EKS", "EMR Serverless")]),
        ("emr-serverless", {"releaseLabel": "emr-7.12.0", "runtimeConfiguration": [item("EC2")]}, [spelled("EC2", "runtimeConfiguration", "jobs")]),
        ("emr-ec2", [item("jobs")], [spelled("jobs", "the list", "EC2")]),
        ("emr-ec2", [item("EC2"), item("jobs", "core-site")], [not_spelled("[1]", "EC2")]),
        ("emr-ec2", RUN_JOB_FLOW | {"Configurations": [item("jobs")]}, [spelled("jobs", "Configurations", "EC2")]),
        ("emr-ec2", RUN_JOB_FLOW | {"configurations": [item("jobs")]}, [spelled("jobs", "configurations", "EC2"), no_member("configurations", "Configurations")]),
        ("emr-ec2", eks(), [of_service("EMR on EKS", "EMR on EC2")]),
        ("emr-ec2", [{"Type": "Spark", "Args": ["spark-submit", "s3://a.py"], "name": "x"}], [no_member("[0].name", "Name")]),
        ("spark-defaults", eks([item("EC2")]), [spelled("EC2", APPLICATION, "jobs")]),
        ("spark-defaults", [item("jobs"), item("EC2", "core-site")], [not_spelled("[1]", "jobs")]),
        ("spark-defaults", CLOUD_FORMATION, [not_spelled("[0]", "EC2")]),
        ("spark-defaults", eks([item("jobs")], tags={"Name": "a user's own"}, Name="x"), [no_member("Name", "name")]),
    ],
)  # fmt: skip
def test_what_the_service_would_refuse_is_a_conflict_and_nothing_is_joined(target, content, says, folder):
    shown = render(target, "file.json", content)
    written_ = render(target, "file.json", content, "--to", "out")

    kind = files.read("file.json", json.dumps(content)).kind
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert shown.stderr.splitlines()[: len(says) + 1] == [
        *(f"conflict: file.json: {line}" for line in says),
        f"file.json: {kind}, nothing is changed: {len(says)} to be decided first",
    ]
    assert (written_.exit_code, (folder / "out").exists()) == (1, False)
    assert written_.stderr.splitlines()[0] == f"out/file.json was not written: {len(says)} to be decided first"


def test_nothing_of_casing_is_decided_by_replace_and_programs_get_the_file_as_it_is(folder):
    answer = json.loads(render("emr-eks", "a.json", [item("EC2")], "--replace", "--format", "json").stdout)
    assert (answer["merged"], answer["log"], answer["notes"]) == ([item("EC2")], [], [])
    assert answer["conflicts"] == ["a.json: " + spelled("EC2", "the list", "jobs")]


@pytest.mark.parametrize(
    ("target", "content", "casing"),
    [
        ("emr-eks", [item("jobs")], "jobs"),
        ("emr-eks", eks(), "jobs"),
        ("emr-eks", job([item("jobs")], name="x"), "jobs"),
        ("emr-eks", eks([], tags={"Name": "a user's own", "ReleaseLabel": "x"}), "jobs"),
        ("emr-serverless", serverless(), "jobs"),
        ("emr-serverless", {"releaseLabel": "emr-7.12.0", "type": "SPARK", "runtimeConfiguration": []}, "jobs"),
        ("emr-ec2", [item("EC2")], "EC2"),
        ("emr-ec2", RUN_JOB_FLOW, "EC2"),
        ("spark-defaults", [item("EC2")], "EC2"),
        ("spark-defaults", [item("jobs")], "jobs"),
    ],
)  # fmt: skip
def test_what_the_service_takes_is_joined_in_its_casing(target, content, casing, folder):
    text = json.dumps(made(target, "file.json", content))
    assert ('"Classification"' in text, '"classification"' in text) == (casing == "EC2", casing == "jobs")
    assert "io.sparkxacct.s3a.S3ARoleCredentialsProvider" in text


def _members(shape: Any, seen: tuple[str, ...] = ()) -> set[str]:
    if shape.name in seen:
        return set()
    if shape.type_name == "list":
        return _members(shape.member, (*seen, shape.name))
    inside = shape.members if shape.type_name == "structure" else {}
    return set(inside).union(*(_members(member, (*seen, shape.name)) for member in inside.values()))


@pytest.mark.parametrize(
    ("casing", "operations"),
    [
        (EC2, {"emr": ("RunJobFlow", "AddJobFlowSteps")}),
        (JOBS, {"emr-containers": ("StartJobRun", "CreateJobTemplate"), "emr-serverless": ("StartJobRun", "CreateApplication")}),
    ],
    ids=["EC2", "jobs"],
)  # fmt: skip
def test_members_that_are_known_are_those_of_aws_models(casing, operations):
    models = {name: ServiceModel(Loader().load_service_model(name, "service-2"), name) for name in operations}
    known = set().union(
        *(_members(models[name].operation_model(one).input_shape) for name in operations for one in operations[name])
    )
    assert casing.members | casing.keys <= known


# Limits


@pytest.mark.parametrize("parameters", [None, "", "--conf spark.executor.memory=4g"])
def test_a_request_for_many_buckets_is_divided_as_the_target_s_own_is(parameters, folder):
    """40 buckets are more than 100 properties, whether or not the request has parameters of spark-submit."""
    result = made("emr-eks", "job.json", eks([item("jobs", **{"spark.a": "b"})], parameters), buckets=40)
    (defaults,) = result["configurationOverrides"]["applicationConfiguration"]
    given = submit_parameters.settings(result["jobDriver"]["sparkSubmitJobDriver"]["sparkSubmitParameters"])

    assert len(defaults["properties"]) == 100
    assert {"spark.a", "spark.hadoop.fs.xacct.plan", "spark.plugins.defaultList"} <= set(defaults["properties"])
    assert {f"spark.hadoop.fs.s3a.bucket.bucket-{number:03d}.aws.credentials.provider" for number in range(40)} <= {
        *defaults["properties"],
        *given,
    }
    assert list(aws_model.problems("emr-containers", "StartJobRun", {**result, "clientToken": "x"})) == []
    assert made("emr-eks", "job.json", result, buckets=40) == result


def test_a_list_for_many_buckets_is_refused_with_the_number(folder):
    classifications = [item("jobs", **{"spark.a": "b"})]
    whole = made("emr-eks", "job.json", eks(classifications), buckets=40)
    by_option = submit_parameters.settings(whole["jobDriver"]["sparkSubmitJobDriver"]["sparkSubmitParameters"])
    result = render("emr-eks", "list.json", classifications, buckets=40)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.splitlines()[0] == (
        f"list.json: spark-defaults of the list: there would be {100 + len(by_option)} properties, and 100 is the limit; name a request with "
        "sparkSubmitParameters, declare otherwise: deny, which needs one key for all buckets, or take a declaration with the buckets of this job only"
    )


def test_a_cluster_takes_as_many_properties_as_there_are(folder):
    result = made("emr-ec2", "list.json", [item("EC2")], buckets=40)
    assert [len(one["Properties"]) > 100 for one in result if one["Classification"] == "spark-defaults"] == [True]


def test_parameters_past_their_limit_are_refused_with_the_number(folder):
    full = "--conf spark.a=" + "x" * 102_380
    result = render("emr-serverless", "job.json", serverless(parameters=full))
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.splitlines()[0] == (
        f"job.json: jobDriver.sparkSubmit.sparkSubmitParameters would have {len(full) + len(f' --conf {TLS}=true'):,} characters, and 102,400 "
        "is the limit; declare otherwise: deny, which needs one key for all buckets, or take a declaration with the buckets of this job only"
    )


# What a target gives to spark-submit by itself


@pytest.mark.parametrize(
    ("content", "parameters"),
    [
        (serverless(), f"--conf {TLS}=true"),
        (serverless(parameters="--conf spark.a=b"), f"--conf spark.a=b --conf {TLS}=true"),
        (serverless([item("jobs", **{TLS: "true"})]), f"--conf {TLS}=true"),
        (serverless(parameters=f"--conf {TLS}=true"), f"--conf {TLS}=true"),
    ],
    ids=["no parameters", "parameters", "below already", "there already"],
)
def test_internode_tls_of_a_job_run_is_an_option_of_spark_submit(content, parameters, folder):
    result = made("emr-serverless", "job.json", content)
    (defaults,) = result["configurationOverrides"]["applicationConfiguration"]
    assert result["jobDriver"]["sparkSubmit"]["sparkSubmitParameters"] == parameters
    assert (TLS in defaults["properties"]) == (TLS in json.dumps(content.get("configurationOverrides", {})))
    assert list(aws_model.problems("emr-serverless", "StartJobRun", {**result, "clientToken": "x"})) == []
    assert made("emr-serverless", "job.json", result) == result


@pytest.mark.parametrize("where", ["classification", "parameters"])
def test_internode_tls_that_somebody_has_switched_off_is_a_conflict(where, folder):
    content = serverless([item("jobs", **{TLS: "false"})]) if where == "classification" else serverless(parameters=f"--conf {TLS}=false")  # fmt: skip
    place = f"spark-defaults of {APPLICATION}" if where == "classification" else "jobDriver.sparkSubmit.sparkSubmitParameters"  # fmt: skip
    reason = "executors get role sessions over a channel with certificates at both ends"
    result = render("emr-serverless", "job.json", content)
    assert result.exit_code == 1
    assert [line for line in result.stderr.splitlines() if line.startswith("conflict")] == [
        f"conflict: job.json: {place}: {TLS} is false and stays; the plan needs true ({reason}); take it out, or say --replace"
    ]
    assert f"{TLS}=true" not in result.stdout
    replaced = made("emr-serverless", "job.json", content, "--replace")
    assert replaced["jobDriver"]["sparkSubmit"]["sparkSubmitParameters"] == f"--conf {TLS}=true"


def test_a_list_without_parameters_says_what_a_job_run_needs_besides(folder):
    result = render("emr-serverless", "list.json", [item("jobs")])
    assert result.exit_code == 0
    assert result.stderr.splitlines()[0] == (
        f"note: list.json: spark-defaults of the list: {TLS}: emr-serverless gives this to a job run in sparkSubmitParameters, which this "
        "file does not have; say it there as well"
    )


@pytest.mark.parametrize("options", [(), ("--spark-jars",)], ids=["installed", "by spark.jars"])
def test_lists_that_livy_has_members_for_are_not_lost(options, folder):
    conf = made("livy", "livy.json", {"kind": "pyspark", "conf": {"spark.executor.memory": "4g"}}, *options)["conf"]
    assert (conf["spark.submit.pyFiles"], conf.get("spark.jars")) == (JAR, JAR if options else None)
    own = {"kind": "pyspark", "jars": [JAR], "pyFiles": [JAR], "conf": conf | {"spark.jars": "/a", "spark.submit.pyFiles": "/a"}}  # fmt: skip
    assert made("livy", "livy.json", own, *options) == own


# What is left for somebody to fill in


@pytest.mark.parametrize("target", ["emr-ec2", "livy"])
def test_an_external_id_that_somebody_has_filled_in_stays_without_a_word(target, folder):
    roles = role("external_id: {env: PARTNER_ID}")
    first = render(target, "spark-defaults.conf", "spark.executor.memory 4g\n", "--to", "out", roles=roles)
    to_fill_in = Path("out", "spark-defaults.conf").read_text(encoding="utf-8")
    filled_in = to_fill_in.replace("<external id of role partner>", "id-1")
    again = render(target, "spark-defaults.conf", filled_in, roles=roles)
    assert first.exit_code == 0
    assert "spark.executorEnv.PARTNER_ID <external id of role partner>\n" in to_fill_in
    assert (again.exit_code, again.stdout) == (0, "")
    assert re.fullmatch(
        r"spark-defaults\.conf: properties of Spark, nothing to change: plan \S+ is in it\n", again.stderr
    )


# Files that nobody reads there


@pytest.mark.parametrize(
    ("target", "file", "content", "says"),
    [
        ("glue", "base.conf", "spark.a b\n", "settings of glue do not go into properties of Spark; name JSON of AWS Glue (CreateJob)"),
        ("glue", "core-site.xml", "<configuration/>", "settings of glue do not go into Hadoop XML; name JSON of AWS Glue (CreateJob)"),
        ("glue", "list.json", [item("EC2")], "settings of glue do not go into JSON of EMR on EC2; name JSON of AWS Glue (CreateJob)"),
        ("glue", "livy.json", {"conf": {}}, "settings of glue do not go into JSON of Livy; name JSON of AWS Glue (CreateJob)"),
        ("spark-operator", "list.json", [item("jobs")], "settings of spark-operator do not go into JSON of EMR on EKS and Serverless; name spark-defaults.conf or Hadoop XML"),
        ("emr-eks", "create-job.json", {"Name": "x", "DefaultArguments": {}}, "settings of emr-eks do not go into JSON of AWS Glue; name spark-defaults.conf or Hadoop XML or JSON of Livy or JSON of EMR on EKS"),
    ],
)  # fmt: skip
def test_a_file_that_nobody_reads_at_the_target_is_refused_with_those_that_are(target, file, content, says, folder):
    result = render(target, file, content)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"{file}: {says}\n")


# Glue's own request

WHEEL, PLAN = f"{STAGING}/spark_xacct-0.1.0-py3-none-any.whl", f"{STAGING}/xacct.plan"
PROVIDER = "spark.hadoop.fs.s3a.bucket.partner-data.aws.credentials.provider"
REGION = "spark.hadoop.fs.s3a.endpoint.region"
ASSUMED_ROLE = "org.apache.hadoop.fs.s3a.auth.AssumedRoleCredentialProvider"


def glue(**arguments: str) -> dict[str, Any]:
    named = {f"--{name.replace('_', '-')}": value for name, value in arguments.items()}
    command = {"Name": "glueetl", "ScriptLocation": "s3://corp/job.py"}
    return {"Name": "x", "Role": ARN, "Command": command, "GlueVersion": "5.1", "DefaultArguments": named}


def test_a_request_of_glue_gets_one_conf_and_the_other_arguments(folder):
    before = glue(conf="spark.a=b --conf spark.c=d", extra_files="s3://corp/a.json", job_language="python")
    result = made("glue", "create-job.json", before)
    arguments = result["DefaultArguments"]
    given = submit_parameters.settings(f"--conf {arguments.pop('--conf')}")

    assert (given["spark.a"], given["spark.c"], given[REGION], given[PROVIDER]) == ("b", "d", "eu-west-1", ASSUMED_ROLE)
    assert not [name for name in given if "appMasterEnv" in name]
    assert arguments == {
        "--extra-files": f"s3://corp/a.json,{PLAN}",
        "--job-language": "python",
        "--additional-python-modules": WHEEL,
        "--python-modules-installer-option": "--no-deps",
    }
    assert {**result, "DefaultArguments": None} == {**before, "DefaultArguments": None}


def test_a_request_of_glue_that_has_everything_has_nothing_to_change(folder):
    result = made("glue", "create-job.json", {**glue(), "DefaultArguments": None})
    assert list(aws_model.problems("glue", "CreateJob", result)) == []
    again = render("glue", "create-job.json", result)
    assert (again.exit_code, again.stdout) == (0, "")
    assert "create-job.json: JSON of AWS Glue, nothing to change: plan " in again.stderr


def test_settings_of_an_earlier_plan_leave_a_request_of_glue(folder):
    earlier = made("glue", "create-job.json", glue(conf="spark.a=b"), buckets=2)
    later = made("glue", "create-job.json", earlier)
    assert "bucket-001" not in json.dumps(later)
    only = made("glue", "create-job.json", glue(conf="spark.a=b"))
    of_later, of_only = (
        submit_parameters.settings(f"--conf {one['DefaultArguments'].pop('--conf')}") for one in (later, only)
    )
    assert (of_later, later) == (of_only, only)


def test_modules_of_others_keep_their_dependencies(folder):
    result = render("glue", "create-job.json", glue(additional_python_modules="pandas==2.2"), "--to", "out")
    arguments = json.loads(Path("out/create-job.json").read_text(encoding="utf-8"))["DefaultArguments"]
    assert arguments["--additional-python-modules"] == f"pandas==2.2,{WHEEL}"
    assert "--python-modules-installer-option" not in arguments
    assert (
        "note: create-job.json: --python-modules-installer-option --no-deps was left out, as it would hold for pandas==2.2 too: what the "
        "wheel of spark-xacct depends on is installed with it"
    ) in result.stderr.splitlines()


def test_an_option_for_the_installer_of_others_stays(folder):
    result = render("glue", "create-job.json", glue(python_modules_installer_option="--upgrade"))
    assert (result.exit_code, "--no-deps" in result.stdout) == (0, False)
    assert result.stderr.splitlines()[0] == (
        "note: create-job.json: DefaultArguments: --python-modules-installer-option stays --upgrade: it was set before, and --no-deps is "
        "only our default"
    )


def test_conf_of_glue_begins_with_a_setting():
    file = files.read("create-job.json", json.dumps(glue(conf="spark.a=b --jars /a.jar")))
    with pytest.raises(files.FileRefused) as error:
        file.with_changes([files.Change(file.places[0], "spark.a", None)], "ours")
    assert str(error.value) == (
        "create-job.json: DefaultArguments.--conf would begin with --jars, which is not a setting; put one of yours first"
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (glue(conf=f"{PROVIDER}=corp.Provider"), f"DefaultArguments.--conf: {PROVIDER} is corp.Provider and stays; the plan needs {ASSUMED_ROLE} (bucket partner-data: role partner, read, by Hadoop's own provider); take it out, or say --replace"),
        ({**glue(), "GlueVersion": "4.0"}, "it names glue-4.0, and these settings are for glue-5.1; say --release glue-4.0"),
        ({**glue(), "role": ARN}, no_member("role", "Role")),
    ],
)  # fmt: skip
def test_what_a_request_of_glue_says_against_the_plan_is_a_conflict(content, says, folder):
    result = render("glue", "create-job.json", content)
    assert result.exit_code == 1
    assert [line for line in result.stderr.splitlines() if line.startswith("conflict")] == [f"conflict: create-job.json: {says}"]  # fmt: skip


def test_arguments_of_glue_past_their_limit_are_refused_with_the_number(folder):
    result = render("glue", "create-job.json", glue(more="x" * 260_000))
    assert (result.exit_code, result.stdout) == (3, "")
    whole = made("glue", "create-job.json", glue(more=""))["DefaultArguments"]
    size = sum(len(name) + len(value) for name, value in whole.items()) + 260_000
    assert result.stderr == (
        f"create-job.json: DefaultArguments would have {size:,} bytes, and 260,000 is the limit; declare fewer buckets for this job\n"
    )
