"""emr-eks: the request against all of AWS's model, and what must not be in it."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from fakes.eks_jobs import ETL, IMAGE, JAR, JOB, defaults, of_base, parameters, refusal, render
from fakes.target_plans import large, named, plain_refusing, refusing

from spark_xacct.errors import TargetError
from spark_xacct.model import BaseKind
from spark_xacct.targets import Flavour, emr_eks, job_runs

LABELS = ("emr-5.36.0", "emr-6.5.0", "emr-6.15.0", "emr-7.2.0", "emr-7.12.0", "emr-7.14.0", "emr-spark-8.0.0", "emr-spark-8.1.0")  # fmt: skip


# The request


def test_the_request_says_what_the_job_is_and_carries_every_setting():
    rendered = render(run="run-1")
    request = json.loads(rendered.files()["start-job-run.json"])
    (configuration,) = request["configurationOverrides"].pop("applicationConfiguration")

    assert request == {
        "name": "daily",
        "virtualClusterId": "abc123",
        "executionRoleArn": ETL,
        "releaseLabel": "emr-7.12.0-latest",
        "jobDriver": {
            "sparkSubmitJobDriver": {
                "entryPoint": "s3://code/job.py",
                "entryPointArguments": ["--day", "2026 11 22"],
            }
        },
        "configurationOverrides": {
            "monitoringConfiguration": {"s3MonitoringConfiguration": {"logUri": "s3://corp-logs/emr/"}}
        },
    }
    assert configuration["classification"] == "spark-defaults"
    ours = {one.name: one.value for one in rendered.settings.spark_settings(("spark.kubernetes.driverEnv.",))}
    more = {f"spark.kubernetes.{pod}.secretKeyRef.PARTNER_EXTERNAL_ID" for pod in ("driver", "executor")}
    assert {name: value for name, value in configuration["properties"].items() if name not in more} == ours
    assert not [name for name in ours if name.startswith("spark.yarn.")]
    assert not [name for name in ours if "extraClassPath" in name]
    assert ours["spark.authenticate"] == ours["spark.network.crypto.enabled"] == "true"


def test_without_an_image_the_jar_comes_from_staging_and_with_one_it_is_there():
    fetched, installed = (defaults(render(job=replace(JOB, image=image))) for image in (None, IMAGE))
    staged = f"s3://staging/xacct/{JAR}"

    assert (fetched["spark.jars"], fetched["spark.submit.pyFiles"]) == (staged, staged)
    assert "spark.kubernetes.container.image" not in fetched
    assert "spark.jars" not in installed
    assert installed["spark.submit.pyFiles"] == f"local:///usr/lib/spark/jars/{JAR}"
    assert installed["spark.kubernetes.container.image"] == IMAGE


@pytest.mark.parametrize(
    ("release", "image", "flavour", "expected"),
    [
        ("emr-7.12.0", IMAGE, Flavour.SHIM, {"jobsubmitter.container.image": IMAGE}),
        ("emr-spark-8.0.0", IMAGE, Flavour.SHIM, {"jobsubmitter.container.image": IMAGE}),
        ("emr-6.5.0", IMAGE, Flavour.SHIM, None),
        ("emr-7.12.0", None, Flavour.SHIM, None),
    ],
)
def test_the_submitter_gets_the_image_too_because_its_spark_submit_needs_the_provider_class(
    release, image, flavour, expected
):
    plan = plain_refusing() if image else named()
    job = replace(JOB, image=image, entry_point="s3://corp-dev-code/job.py")
    found = render(plan, release, job, flavour=flavour).data["request"]["configurationOverrides"][
        "applicationConfiguration"
    ]
    told = {one["classification"]: one["properties"] for one in found}
    assert told.get("emr-job-submitter") == expected


def test_a_second_call_with_the_same_file_is_a_second_job_run():
    assert "clientToken" not in render().files()["start-job-run.json"]


@pytest.mark.parametrize(
    ("release", "label", "base"),
    [
        (None, "emr-7.12.0-latest", "public.ecr.aws/emr-on-eks/spark/emr-7.12.0"),
        ("emr-6.15.0", "emr-6.15.0-latest", "public.ecr.aws/emr-on-eks/spark/emr-6.15.0"),
        ("emr-7.12.0-latest", "emr-7.12.0-latest", "public.ecr.aws/emr-on-eks/spark/emr-7.12.0"),
        ("emr-7.12.0-java11-latest", "emr-7.12.0-java11-latest", "public.ecr.aws/emr-on-eks/spark/emr-7.12.0"),
        ("emr-7.10.0-20250801", "emr-7.10.0-20250801", "public.ecr.aws/emr-on-eks/spark/emr-7.10.0"),
        ("emr-spark-8.0.0", "emr-spark-8.0.0-latest", "public.ecr.aws/emr-on-eks/spark/emr-spark-8.0.0"),
        ("emr-spark-8.1.0", "emr-spark-8.1.0-latest", "public.ecr.aws/emr-on-eks/spark/emr-spark-8.1.0"),
    ],
)
def test_a_label_without_a_suffix_is_the_latest_of_its_release(release, label, base):
    rendered = render(release=release, job=replace(JOB, image=IMAGE))
    assert rendered.data["request"]["releaseLabel"] == label
    assert f"FROM {base}@sha256:<digest of the base image>\n" in rendered.files()["Dockerfile"]


def test_a_label_of_interactive_endpoints_is_refused():
    assert refusal(release="notebook-spark/emr-7.12.0") == (
        "emr-eks: label notebook-spark/emr-7.12.0 is for interactive endpoints; take emr-7.12.0"
    )


# Limits


@pytest.mark.parametrize("release", LABELS)
@pytest.mark.parametrize(("partition", "region"), [("aws-us-gov", "us-gov-west-1"), ("aws-cn", "cn-north-1")])
@pytest.mark.parametrize("image", [None, IMAGE])
def test_60_buckets_and_10_roles_of_another_partition_fit_or_are_refused_by_name(release, partition, region, image):
    plan = large(partition, region)
    job = replace(JOB, image=image)
    if release in ("emr-5.36.0", "emr-6.5.0"):
        assert refusal(plan, release, job).startswith(
            f"otherwise: platform on {release}: EMRFS on AWS SDK v1 is not known"
        )
        return
    rendered = render(plan, release, job)
    told = parameters(rendered).split(" ")
    assert told[::2] == ["--conf"] * (len(told) // 2)
    found = defaults(rendered) | dict(one.split("=", 1) for one in told[1::2])
    ours = {one.name: one.value for one in rendered.settings.spark_settings(("spark.kubernetes.driverEnv.",))}
    assert ours.items() <= found.items()
    assert found["spark.hadoop.fs.xacct.plan"] == defaults(rendered)["spark.hadoop.fs.xacct.plan"]


BROKEN = {
    "entry point": (
        replace(JOB, entry_point="s3://code/" + "x" * 250),
        "emr-eks: StartJobRun.jobDriver.sparkSubmitJobDriver.entryPoint has 260 characters, and 256 is the limit; give a shorter "
        "--entry-point",
    ),
    "name": (
        replace(JOB, name="the daily one"),
        'emr-eks: StartJobRun.name is "the daily one", which does not match [\\.\\-_/#A-Za-z0-9]+; give another --name',
    ),
    "long name": (
        replace(JOB, name="x" * 65),
        "emr-eks: StartJobRun.name has 65 characters, and 64 is the limit; give another --name",
    ),
    "cluster": (
        replace(JOB, on="arn:aws:emr-containers:::/virtualclusters/abc"),
        'emr-eks: StartJobRun.virtualClusterId is "arn:aws:emr-containers:::/virtualclusters/abc", which does not match [0-9a-z]+; '
        "give the id of the virtual cluster as --on",
    ),
    "argument": (
        replace(JOB, arguments=("",)),
        "emr-eks: StartJobRun.jobDriver.sparkSubmitJobDriver.entryPointArguments[0] has 0 characters, and 1 is the least; give "
        "another --argument, or a file that the program reads\n"
        'emr-eks: StartJobRun.jobDriver.sparkSubmitJobDriver.entryPointArguments[0] is "", which does not match .*\\S.*; give another '
        "--argument, or a file that the program reads",
    ),
    "role": (
        replace(JOB, role="etl"),
        "emr-eks: --role is etl and base.arn arn:aws:iam::111122223333:role/etl, which the driver must be before the first hop; make "
        "them one",
    ),
    "logs": (
        replace(JOB, logs="/var/log"),
        "emr-eks: --logs is /var/log, and takes an S3 URI; write s3://BUCKET/PREFIX/",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_aws_would_refuse_is_refused_here_with_number_limit_and_way_out(case):
    job, message = BROKEN[case]
    assert refusal(job=job) == message


def changed(request: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    result = copy.deepcopy(request)
    *way, last = path.split(".")
    node: Any = result
    for name in way:
        node = node[int(name)] if name.isdigit() else node[name]
    node[last] = value
    return result


MUTATED = {
    ("image", "x"): "StartJobRun.image is not known; known are name, virtualClusterId, *",
    ("configurationOverrides.monitoringConfiguration.persistentAppUI", "MAYBE"): (
        'StartJobRun.configurationOverrides.monitoringConfiguration.persistentAppUI is "MAYBE"; known are ENABLED, DISABLED'
    ),
    ("executionRoleArn", "arn:aws:iam::1:role/etl-of-the-team"): (
        'StartJobRun.executionRoleArn is "arn:aws:iam::1:role/etl-of-the-team", which does not match *; give the ARN of a role as '
        "--role, or as base.arn"
    ),
    ("releaseLabel", "emr 7"): 'StartJobRun.releaseLabel is "emr 7", which does not match *; give another --release',
}


@pytest.mark.parametrize("case", MUTATED)
def test_the_check_of_a_request_knows_members_patterns_and_enums(case):
    request = changed(render().data["request"], *case)
    with pytest.raises(TargetError) as error:
        job_runs.check("emr-eks", "emr-containers", "StartJobRun", request, emr_eks.WAYS_OUT)
    before, star, behind = MUTATED[case].partition("*")
    assert str(error.value).startswith(f"emr-eks: {before}")
    assert str(error.value).endswith(behind)
    assert star or str(error.value) == f"emr-eks: {before}"


# Who the job is


REFUSED_BASES = {
    BaseKind.INSTANCE_PROFILE: "instance-profile is the role of the node on EKS, which every pod of the node shares",
    BaseKind.CONTAINER: "container is for ECS; the agent of EKS Pod Identity is base pod-identity",
    BaseKind.EMR_RUNTIME_ROLE: "emr-runtime-role is for EMR on EC2 and EMR Serverless",
}


@pytest.mark.parametrize("kind", REFUSED_BASES)
def test_a_base_that_a_pod_of_emr_does_not_have_is_refused_by_name(kind):
    assert refusal(of_base(kind)) == f"emr-eks: base {REFUSED_BASES[kind]}; take base irsa or pod-identity"


@pytest.mark.parametrize(
    ("release", "is_there"), [("emr-7.2.0", False), ("emr-7.3.0", True), ("emr-spark-8.0.0", True)]
)
def test_pod_identity_begins_with_the_label_that_has_it(release, is_there):
    plan = of_base(BaseKind.POD_IDENTITY)
    if is_there:
        assert render(plan, release).data["request"]["executionRoleArn"] == ETL
        return
    assert {line.partition(":")[0] for line in refusal(plan, release).splitlines()} == {"base pod-identity"}


def test_another_base_is_not_the_jobs_role_so_that_must_be_given():
    plan = of_base(BaseKind.PROFILE, arn=None, profile="etl")
    assert render(plan).data["request"]["executionRoleArn"] == "<arn of the role that the job runs as>"
    rendered = render(plan, job=replace(JOB, role=ETL))
    assert rendered.data["request"]["executionRoleArn"] == ETL
    assert rendered.data["notes"] == [
        "base profile is not the job's role: image or pod templates must bring it to driver and executors, the request must not"
    ]
    assert f"# {rendered.data['notes'][0]}\n" in rendered.files()["setup.sh"]
    assert render().data["notes"] == []


# What is fetched before there are role sessions


DENY = "emr-eks: otherwise: deny and patterns make our provider the only one, and spark-submit needs it to fetch the jar that brings it; give --image with the jar in it, or declare otherwise: platform and name the buckets"
FETCHED = "jars and scripts are fetched as the job's role, before there are role sessions, so take a bucket of the job's own account"
ARTEFACTS = {
    "staging behind a role": (
        named(),
        {"staging": "s3://partner-data/x"},
        f"emr-eks: --staging is s3://partner-data/x, and bucket partner-data is bound to role partner; {FETCHED}",
    ),
    "entry point behind a role": (
        named(),
        {"entry_point": "s3a://partner-out/job.py", "image": IMAGE},
        f"emr-eks: --entry-point is s3a://partner-out/job.py, and bucket partner-out is bound to role partner; {FETCHED}",
    ),
    "logs behind a role": (
        named(),
        {"logs": "s3://partner-out/logs/"},
        "emr-eks: --logs is s3://partner-out/logs/, and bucket partner-out is bound to role partner; the platform writes logs as the "
        "job's role, so take a bucket of the job's own account",
    ),
    "own without an image": (
        named(),
        {"entry_point": "s3://corp-code/job.py"},
        "emr-eks: --entry-point is s3://corp-code/job.py, and our provider serves bucket corp-code (bucket corp-code is listed in own: "
        "the base identity serves it), but comes with the jar that is fetched first; give --image with the jar in it, or take a "
        "bucket that the declaration does not name",
    ),
    "own with an image": (named(), {"entry_point": "s3://corp-code/job.py", "image": IMAGE}, None),
    "in the image": (named(), {"entry_point": "local:///opt/job.py", "image": IMAGE}, None),
    "everything refused, no image": (refusing(), {}, DENY),
    "undeclared, with an image": (
        refusing(),
        {"image": IMAGE},
        "emr-eks: --entry-point is s3://code/job.py, and the plan refuses bucket code; list it under own",
    ),
    "own pattern, with an image": (refusing(), {"entry_point": "s3://corp-dev-1/job.py", "image": IMAGE}, None),
    "unused staging, with an image": (named(), {"staging": "s3://partner-data/x", "image": IMAGE}, None),
}  # fmt: skip


@pytest.mark.parametrize("case", ARTEFACTS)
def test_artefacts_lie_where_the_jobs_role_alone_reaches_them(case):
    plan, more, message = ARTEFACTS[case]
    job = replace(JOB, **more)
    if message is None:
        assert render(plan, job=job)
    else:
        assert refusal(plan, job=job) == message


def test_a_bucket_that_use_leaves_out_holds_no_artefacts_either():
    job = replace(JOB, entry_point="s3://partner-out/job.py")
    assert refusal(job=job, use=["partner-data"]) == (
        "emr-eks: --entry-point is s3://partner-out/job.py, and the plan refuses bucket partner-out; list it under own"
    )


# Options of the user's own


PARAMETERS = {
    "none of ours": (
        ("--conf spark.executor.instances=2", "--conf", 'spark.driver.extraJavaOptions="-Da=b c"'),
        '--conf spark.executor.instances=2 --conf spark.driver.extraJavaOptions="-Da=b c"',
        {},
    ),
    "jars": (
        ("--jars", "s3://u/a.jar", "--conf spark.executor.cores=2"),
        "--conf spark.executor.cores=2",
        {"spark.jars": f"s3://u/a.jar,s3://staging/xacct/{JAR}"},
    ),
    "lists": (
        ("--conf=spark.plugins.defaultList=a.B", "--py-files=s3://u/b.zip", '--conf "spark.x=a \\"b\\""'),
        '--conf "spark.x=a \\"b\\""',
        {
            "spark.plugins.defaultList": "a.B,io.sparkxacct.spark.CrossAccountPlugin",
            "spark.submit.pyFiles": f"s3://u/b.zip,s3://staging/xacct/{JAR}",
        },
    ),
    "the same": (("--conf", "spark.authenticate=true"), "", {"spark.authenticate": "true"}),
}


@pytest.mark.parametrize("case", PARAMETERS)
def test_lists_that_both_want_are_joined_and_the_rest_stays_as_it_was_written(case):
    given, left, joined = PARAMETERS[case]
    rendered = render(job=replace(JOB, parameters=given))
    assert parameters(rendered) == left
    assert joined.items() <= defaults(rendered).items()


def test_what_contradicts_the_plan_is_refused_and_shown():
    given = (
        "--conf spark.authenticate=false",
        "--conf spark.hadoop.fs.s3a.bucket.partner-data.aws.credentials.provider=a.B",
    )
    assert refusal(job=replace(JOB, parameters=given)) == (
        "emr-eks: --parameter: spark.authenticate was false; the plan needs true (executors get role sessions over a channel that is "
        "authenticated); take it out\n"
        "emr-eks: --parameter: spark.hadoop.fs.s3a.bucket.partner-data.aws.credentials.provider was a.B; the plan needs "
        "io.sparkxacct.s3a.S3ARoleCredentialsProvider (bucket partner-data: role partner, read); take it out"
    )


def test_a_default_of_ours_gives_way_to_the_users_own():
    key = "spark.hadoop.fs.s3a.endpoint.region"
    job = replace(JOB, parameters=(f"--conf {key}=cn-northwest-1",))
    rendered = render(large("aws-cn", "cn-north-1"), job=job)
    assert key not in defaults(rendered)
    assert parameters(rendered).count(f"{key}=") == 1


def test_an_open_quote_is_refused():
    assert refusal(job=replace(JOB, parameters=('--conf "a=b',))) == (
        "emr-eks: --parameter cannot be taken apart (No closing quotation); close the quotes of its values"
    )


@pytest.mark.parametrize("given", ["--properties-file s3://code/other.conf", "--properties-file=other.conf"])
def test_a_file_that_stands_in_place_of_the_plans_settings_is_refused(given):
    assert refusal(job=replace(JOB, parameters=("--verbose", given))) == (
        "emr-eks: --parameter: the file of --properties-file stands in place of spark-defaults, which carries the plan; give its lines "
        "as --conf"
    )


@pytest.mark.parametrize(
    ("option", "named"),
    [
        ("--py-files s3://corp-lib/a.zip,s3://partner-data/lib.zip", "--py-files"),
        ("--jars=s3://partner-data/lib.zip", "--jars"),
        ("--conf spark.archives=s3://partner-data/lib.zip", "spark.archives"),
        (
            "--conf spark.kubernetes.driver.podTemplateFile=s3://partner-data/lib.zip",
            "spark.kubernetes.driver.podTemplateFile",
        ),
    ],
)
def test_files_that_options_name_lie_where_the_jobs_role_alone_reaches_them(option, named):
    assert refusal(job=replace(JOB, parameters=(option,))) == (
        f"emr-eks: --parameter {named} is s3://partner-data/lib.zip, and bucket partner-data is bound to role partner; jars and scripts "
        "are fetched as the job's role, before there are role sessions, so take a bucket of the job's own account"
    )


def test_an_option_that_this_place_has_no_use_for_is_refused():
    assert refusal(job=replace(JOB, spark_jars=True)) == (
        "emr-eks: --spark-jars: without --image spark.jars brings the jar, with it the image does; leave it out"
    )
