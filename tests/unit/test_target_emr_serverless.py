"""emr-serverless: job run and application against all of AWS's model, the channel, and the policies beside them."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes.commands import calls_of
from fakes.target_plans import access_map, bound, large, named, plain_refusing

from spark_xacct import plan as plans
from spark_xacct import targets
from spark_xacct.errors import TargetError
from spark_xacct.model import Arn, Base, BaseKind
from spark_xacct.plan import Plan
from spark_xacct.targets import Flavour, Job, emr_serverless, job_runs

IMAGE = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/team/spark@sha256:" + "0" * 64
ETL = "arn:aws:iam::111122223333:role/etl"
JAR = "spark-xacct-0.1.0.jar"
JOB = Job(
    name="the daily one",
    entry_point="s3://code/job.py",
    on="00abcdef",
    logs="s3://corp-logs/emr/",
    staging="s3://staging/xacct",
)
TLS = "spark.ssl.internode.enabled"
SERVICE = {"Service": "emr-serverless.amazonaws.com"}


def of_base(plan: Plan, kind: BaseKind = BaseKind.EMR_RUNTIME_ROLE, arn: str | None = ETL, **more: Any) -> Plan:
    base = Base(kind, Arn.parse_principal(arn) if arn else None, **more)
    return plans.encode(replace(plan.access_map, base=base))


NAMED = of_base(named())


def render(plan: Plan = NAMED, release: str | None = None, job: Job = JOB, **how: Any) -> targets.Rendered:
    return targets.render("emr-serverless", plan, release, job=job, **how)


def refusal(plan: Plan = NAMED, release: str | None = None, job: Job = JOB, **how: Any) -> str:
    with pytest.raises(TargetError) as error:
        render(plan, release, job, **how)
    return str(error.value)


def defaults(rendered: targets.Rendered) -> dict[str, str]:
    (found,) = rendered.data["request"]["configurationOverrides"]["applicationConfiguration"]
    assert found["classification"] == "spark-defaults"
    return found["properties"]


def parameters(rendered: targets.Rendered) -> str:
    return rendered.data["request"]["jobDriver"]["sparkSubmit"].get("sparkSubmitParameters", "")


# The job run


def test_the_request_says_what_the_job_is_and_carries_every_setting():
    rendered = render(job=replace(JOB, arguments=("a b",), parameters=("--conf spark.executor.cores=2",)), run="run-1")
    request = json.loads(rendered.files()["start-job-run.json"])
    (configuration,) = request["configurationOverrides"].pop("applicationConfiguration")

    assert request == {
        "applicationId": "00abcdef",
        "name": "the daily one",
        "executionRoleArn": ETL,
        "jobDriver": {
            "sparkSubmit": {
                "entryPoint": "s3://code/job.py",
                "entryPointArguments": ["a b"],
                "sparkSubmitParameters": f"--conf {TLS}=true --conf spark.executor.cores=2",
            }
        },
        "configurationOverrides": {
            "monitoringConfiguration": {"s3MonitoringConfiguration": {"logUri": "s3://corp-logs/emr/"}}
        },
    }
    told = configuration["properties"]
    ours = {one.name: one.value for one in rendered.settings.spark_settings(("spark.emr-serverless.driverEnv.",))}
    assert ours.pop(TLS) == "true"
    placeholder = "<external id of role partner>"
    ids = {f"spark.{where}.PARTNER_EXTERNAL_ID" for where in ("executorEnv", "emr-serverless.driverEnv")}
    assert told == {**ours, **dict.fromkeys(ids, placeholder)}
    assert not [name for name in told if name.startswith(("spark.kubernetes.", "spark.yarn.")) or "ClassPath" in name]
    assert not [name for name in told if name == "spark.authenticate"]


@pytest.mark.parametrize(
    ("release", "is_there"),
    [
        ("emr-6.14.0", False),
        ("emr-6.15.0", True),
        ("emr-7.12.0", True),
        ("emr-spark-8.0.0", True),
        ("emr-spark-8.1.0", True),
    ],
)
def test_the_channel_is_tls_between_workers_from_the_label_that_has_it(release, is_there):
    plan = of_base(plain_refusing())
    job = replace(JOB, on=None, name="daily", image=IMAGE, entry_point="s3://corp-dev-code/job.py")
    rendered = render(plan, release, job)
    application = json.loads(rendered.files()["create-application.json"])
    configured = [{"classification": "spark-defaults", "properties": {TLS: "true"}}]

    assert TLS not in defaults(rendered)
    assert parameters(rendered) == (f"--conf {TLS}=true" if is_there else "")
    assert application.get("runtimeConfiguration") == (configured if is_there else None)
    assert ("came with emr-6.15" in rendered.files()["submit.sh"]) != is_there


@pytest.mark.parametrize(
    ("release", "label"),
    [(None, "emr-7.12.0"), ("emr-7.12.0-latest", "emr-7.12.0"), ("emr-spark-8.0.0", "emr-spark-8.0.0")],
)
def test_a_label_is_the_release_alone(release, label):
    found = render(release=release, job=replace(JOB, name="daily", on=None)).data["application"]
    assert (found["releaseLabel"], found["type"]) == (label, "SPARK")


REFUSED_LABELS = {
    "emr-7.12.0-java11-latest": "label emr-7.12.0-java11-latest is one of EMR on EKS; take it without what stands around emr-X.Y.Z",
    "notebook-spark/emr-7.12.0": "label notebook-spark/emr-7.12.0 is one of EMR on EKS; take it without what stands around emr-X.Y.Z",
    "emr-5.36.0": "EMR Serverless needs emr-6.6.0 and later, and this is emr-5.36.0; take a newer label",
    "emr-6.6.0": "an image (--image) needs emr-6.9.0 and later, and this is emr-6.6.0; take a newer label",
}


@pytest.mark.parametrize("release", REFUSED_LABELS)
def test_a_label_that_the_service_does_not_have_is_refused(release):
    job = replace(JOB, image=IMAGE, entry_point="s3://corp-dev-code/job.py")
    assert refusal(of_base(plain_refusing()), release, job) == f"emr-serverless: {REFUSED_LABELS[release]}"


@pytest.mark.parametrize(
    "kind", [BaseKind.IRSA, BaseKind.POD_IDENTITY, BaseKind.CONTAINER, BaseKind.INSTANCE_PROFILE, BaseKind.ENV]
)
def test_a_base_that_a_job_run_does_not_have_is_refused_by_name(kind):
    assert refusal(of_base(named(), kind)) == (
        f"emr-serverless: base {kind} is not what a job run has, which is the job's role, by the default chain of each SDK; declare "
        "base: {kind: emr-runtime-role, arn: ARN of the job's role}"
    )


def test_a_class_of_the_users_own_may_be_the_base():
    plan = of_base(named(), BaseKind.CLASS, arn=None, class_name="corp.Provider")
    assert render(plan, job=replace(JOB, role=ETL)).data["request"]["executionRoleArn"] == ETL


def test_the_jobs_role_is_the_base_identity():
    assert refusal(job=replace(JOB, role="arn:aws:iam::111122223333:role/other")) == (
        "emr-serverless: --role is arn:aws:iam::111122223333:role/other and base.arn arn:aws:iam::111122223333:role/etl, which the "
        "driver must be before the first hop; make them one"
    )


BROKEN = {
    "entry point": (
        replace(JOB, entry_point="s3://code/" + "x" * 4090),
        "emr-serverless: StartJobRun.jobDriver.sparkSubmit.entryPoint has 4,100 characters, and 4,096 is the limit; give a shorter "
        "--entry-point",
    ),
    "name": (
        replace(JOB, name="x" * 257),
        "emr-serverless: StartJobRun.name has 257 characters, and 256 is the limit; give another --name",
    ),
    "name of a new application": (
        replace(JOB, on=None),
        'emr-serverless: CreateApplication.name is "the daily one", which does not match [A-Za-z0-9._/#-]+; give another --name',
    ),
    "application": (
        replace(JOB, on="My-Application"),
        'emr-serverless: StartJobRun.applicationId is "My-Application", which does not match [0-9a-z]+; give the id of the application '
        "as --on",
    ),
    "logs behind a role": (
        replace(JOB, logs="s3://partner-data/logs"),
        "emr-serverless: --logs is s3://partner-data/logs, and bucket partner-data is bound to role partner; the platform writes logs "
        "as the job's role, so take a bucket of the job's own account",
    ),
    "staging behind a role": (
        replace(JOB, staging="s3://partner-data/x"),
        "emr-serverless: --staging is s3://partner-data/x, and bucket partner-data is bound to role partner; jars and scripts are "
        "fetched as the job's role, before there are role sessions, so take a bucket of the job's own account",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_aws_would_refuse_is_refused_here_with_number_limit_and_way_out(case):
    job, message = BROKEN[case]
    assert refusal(job=job) == message


def test_an_image_elsewhere_than_in_ecr_is_refused():
    text = refusal(job=replace(JOB, image="docker.io/team/spark:1"))
    assert text.startswith(
        'emr-serverless: CreateApplication.imageConfiguration.imageUri is "docker.io/team/spark:1", which does not match '
    )
    assert text.endswith("; give an image of Amazon ECR with its tag or digest as --image")


MUTATED = [
    ("StartJobRun", {"mode": "SOMETIMES"}, 'StartJobRun.mode is "SOMETIMES"; known are BATCH, STREAMING'),
    ("StartJobRun", {"mainClass": "x"}, "StartJobRun.mainClass is not known; known are applicationId, *"),
    ("StartJobRun", {"tags": {"ä": "x"}}, "the key ä of StartJobRun.tags is *"),
    (
        "CreateApplication",
        {"architecture": "RISC"},
        'CreateApplication.architecture is "RISC"; known are ARM64, X86_64',
    ),
]


@pytest.mark.parametrize(("operation", "more", "message"), MUTATED)
def test_the_check_of_a_request_knows_members_patterns_and_enums(operation, more, message):
    rendered = render(job=replace(JOB, name="daily", on=None))
    request = rendered.data["request" if operation == "StartJobRun" else "application"]
    with pytest.raises(TargetError) as error:
        job_runs.check("emr-serverless", "emr-serverless", operation, {**request, **more}, emr_serverless.WAYS_OUT)
    assert str(error.value).startswith(f"emr-serverless: {message.rstrip('*')}")


@pytest.mark.parametrize("release", ["emr-6.15.0", "emr-7.12.0", "emr-7.14.0", "emr-spark-8.0.0", "emr-spark-8.1.0"])
@pytest.mark.parametrize(("partition", "region"), [("aws-us-gov", "us-gov-west-1"), ("aws-cn", "cn-north-1")])
def test_60_buckets_and_10_roles_of_another_partition_fit(release, partition, region):
    arn = f"arn:{partition}:iam::111122223333:role/etl"
    rendered = render(of_base(large(partition, region), arn=arn), release)
    told = parameters(rendered).split(" ")
    found = defaults(rendered) | dict(one.split("=", 1) for one in told[1::2])
    ours = {one.name: one.value for one in rendered.settings.spark_settings(("spark.emr-serverless.driverEnv.",))}
    assert found == ours
    assert rendered.data["job_role_trust"]["Statement"][0]["Condition"]["ArnLike"] == {
        "aws:SourceArn": f"arn:{partition}:emr-serverless:{region}:111122223333:/applications/00abcdef"
    }


# The application, its image and the policies


def test_the_application_has_the_image_and_the_name_of_its_first_job():
    new = render(job=replace(JOB, name="daily", on=None, image=IMAGE))
    assert json.loads(new.files()["create-application.json"]) == {
        "name": "daily",
        "releaseLabel": "emr-7.12.0",
        "type": "SPARK",
        "imageConfiguration": {"imageUri": IMAGE},
        "runtimeConfiguration": [{"classification": "spark-defaults", "properties": {TLS: "true"}}],
    }
    old = render(job=replace(JOB, image=IMAGE)).data["application"]
    assert old == {name: value for name, value in new.data["application"].items() if name != "name"}
    assert "imageConfiguration" not in render(job=replace(JOB, name="daily", on=None)).data["application"]


def test_files_have_no_token_that_makes_a_second_call_the_first_one():
    files = render(job=replace(JOB, name="daily", on=None)).files()
    assert [name for name, text in files.items() if name.endswith(".json") and "clientToken" in text] == []


def test_with_an_image_the_jar_is_there_and_without_one_it_is_fetched():
    fetched, installed = (defaults(render(job=replace(JOB, image=image))) for image in (None, IMAGE))
    staged = f"s3://staging/xacct/{JAR}"
    assert (fetched["spark.jars"], fetched["spark.submit.pyFiles"]) == (staged, staged)
    assert "spark.jars" not in installed
    assert installed["spark.submit.pyFiles"] == f"local:///usr/lib/spark/jars/{JAR}"


def test_without_an_image_our_provider_cannot_be_the_only_one():
    assert refusal(of_base(plain_refusing())) == (
        "emr-serverless: otherwise: deny and patterns make our provider the only one, and spark-submit needs it to fetch the jar that "
        "brings it; give --image with the jar in it, or declare otherwise: platform and name the buckets"
    )


def instructions(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_the_image_adds_the_jar_and_nothing_else():
    files = render(job=replace(JOB, image=IMAGE)).files()
    assert instructions(files["Dockerfile"]) == [
        "FROM public.ecr.aws/emr-serverless/spark/emr-7.12.0@sha256:<digest of the base image>",
        "USER root",
        f"COPY --chmod=0644 {JAR} /usr/lib/spark/jars/{JAR}",
        "USER hadoop:hadoop",
    ]
    assert instructions(files["Dockerfile.fragment"]) == [
        "FROM <your image>@sha256:<its digest>",
        f"COPY --chmod=0644 {JAR} /usr/lib/spark/jars/{JAR}",
    ]


def test_the_service_may_fetch_the_image_for_applications_of_this_account_in_the_images_region():
    files = render(job=replace(JOB, image=IMAGE)).files()
    assert json.loads(files["repository-policy.json"])["Statement"] == [
        {
            "Sid": "EmrServerless",
            "Effect": "Allow",
            "Principal": SERVICE,
            "Action": ["ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer"],
            "Condition": {
                "ArnLike": {"aws:SourceArn": "arn:aws:emr-serverless:eu-central-1:111122223333:/applications/00abcdef"}
            },
        }
    ]
    assert "repository-policy.json" not in render().files()


def test_the_jobs_role_trusts_the_service_for_its_own_account():
    files = render(job=replace(JOB, name="daily", on=None)).files()
    assert json.loads(files["job-role-trust.json"]) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": SERVICE,
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": "111122223333"},
                    "ArnLike": {"aws:SourceArn": "arn:aws:emr-serverless:eu-west-1:111122223333:/applications/*"},
                },
            }
        ],
    }


def test_hadoops_own_provider_needs_no_jar_no_image_and_no_channel():
    one_hop = of_base(plans.encode(access_map(bound("finance-data", "finance"), python_default_role=None)))
    rendered = render(one_hop, job=replace(JOB, image=IMAGE), flavour=Flavour.HADOOP)
    assert not {"Dockerfile", "Dockerfile.fragment"} & set(rendered.files())
    assert parameters(rendered) == ""
    assert not set(defaults(rendered)) & {"spark.jars", "spark.submit.pyFiles", "spark.plugins.defaultList", TLS}


# Scripts


FAKES = {"aws": "", "docker": ""}
JOBS = {
    "new": replace(JOB, name="daily", on=None),
    "new with an image": replace(JOB, name="daily", on=None, image=IMAGE),
    "old": JOB,
    "old with an image": replace(JOB, image=IMAGE),
}


def written(rendered: targets.Rendered, folder: Path) -> Path:
    for name, text in rendered.files().items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("shell", ["sh", "bash", "dash"])
@pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)
def test_scripts_are_shell(shell, job):
    files = render(job=job).files()
    for name in ("setup.sh", "submit.sh"):
        found = subprocess.run([shell, "-n"], input=files[name], text=True, capture_output=True, check=False)
        assert (found.returncode, found.stderr) == (0, "")


SERVERLESS = ["aws", "emr-serverless"]
APPLICATIONS = {
    "new": [*SERVERLESS, "create-application", "--cli-input-json", "file://create-application.json"],
    "new with an image": [*SERVERLESS, "create-application", "--cli-input-json", "file://create-application.json"],
    "old": [*SERVERLESS, "get-application", "--application-id", "00abcdef"],
    "old with an image": [
        *SERVERLESS, "update-application", "--application-id", "00abcdef", "--image-configuration", f"imageUri={IMAGE}",
    ],
}  # fmt: skip


@pytest.mark.parametrize("case", APPLICATIONS)
def test_setup_makes_or_changes_the_application(tmp_path, case):
    folder = written(render(job=JOBS[case]), tmp_path)
    assert calls_of(folder / "setup.sh", ["application"], {}, FAKES) == (0, [APPLICATIONS[case]], "")


@pytest.mark.parametrize("has_policy", [True, False])
def test_setup_of_the_image_replaces_no_policy_that_is_there(tmp_path, monkeypatch, has_policy):
    folder = written(render(job=replace(JOB, image=IMAGE)), tmp_path)
    (folder / "Dockerfile").write_text("FROM base@sha256:1\n", encoding="utf-8")
    # Named from where the script is called, and not from where it lies.
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    Path("the.jar").write_text("jar", encoding="utf-8")
    aws = "" if has_policy else '[ "$2" != get-repository-policy ]'
    code, calls, said = calls_of(folder / "setup.sh", ["image"], {"SPARK_XACCT_JAR": "the.jar"}, {**FAKES, "aws": aws})

    assert code == 0
    tag = IMAGE.partition("@")[0]
    assert calls[:3] == [
        ["docker", "build", "--tag", tag, "."],
        ["docker", "push", tag],
        ["aws", "ecr", "get-repository-policy", "--repository-name", "team/spark"],
    ]
    setting = ["aws", "ecr", "set-repository-policy", "--repository-name", "team/spark", "--policy-text", "file://repository-policy.json"]  # fmt: skip
    assert calls[3:] == ([] if has_policy else [setting])
    assert ("see that it holds the statement of repository-policy.json" in said) == has_policy


def test_submit_stages_the_jar_and_starts_the_job_run(tmp_path):
    plan = of_base(
        plans.encode(access_map(bound("finance-data", "finance"), python_default_role=None, roles=finance()))
    )
    folder = written(render(plan), tmp_path)
    code, calls, said = calls_of(folder / "submit.sh", [], {"SPARK_XACCT_JAR": "/a b.jar"}, FAKES)
    assert (code, said) == (0, "")
    assert calls == [
        ["aws", "s3", "cp", "/a b.jar", f"s3://staging/xacct/{JAR}"],
        [*SERVERLESS, "start-job-run", "--cli-input-json", "file://start-job-run.json"],
    ]


def finance() -> dict[str, Any]:
    roles = named().access_map.roles
    return {"finance": roles["finance"], "partner": replace(roles["partner"], via=None, external_id=None)}


def test_submit_does_nothing_while_an_external_id_is_to_be_filled_in(tmp_path):
    folder = written(render(), tmp_path)
    code, calls, said = calls_of(folder / "submit.sh", [], {}, FAKES)
    assert (code, calls) == (2, [])
    assert '"spark.executorEnv.PARTNER_EXTERNAL_ID": "<external id of role partner>"' in said
