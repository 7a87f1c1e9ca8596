"""``submit`` from end to end: a service that walks through states while its log appears, and everything that can go wrong."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from fakes.launching import LOST, StubAws

from spark_xacct.cli import submit as command
from spark_xacct.cli.application import cli
from spark_xacct.launch import staging, waiting

DECLARATION = """
version: 1
base: {kind: irsa, arn: "arn:aws:iam::111122223333:role/etl"}
sts: {region: us-east-1}
roles: {reader: {arn: "arn:aws:iam::444455556666:role/reader"}}
buckets: {partner-data: reader}
"""
IMAGE = "111122223333.dkr.ecr.us-east-1.amazonaws.com/spark:1"
ON_EKS = (
    "emr-eks",
    "--on",
    "vc1",
    "--entry-point",
    "s3://own/job.py",
    "--image",
    IMAGE,
    "--logs",
    "s3://logs/",
    "--log-wait",
    "0",
)
DRIVER = "vc1/jobs/01/containers/spark-01/spark-01-driver"
CI = "arn:aws:sts::111122223333:assumed-role/ci/job-7"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "xacct.yaml").write_text(DECLARATION)
    (tmp_path / "job.py").write_text("print(1)\n")
    monkeypatch.setattr(waiting.RealClock, "sleep", lambda self, seconds: None)
    return tmp_path


@pytest.fixture
def s3(moto: Any, moto_url: str, stub: StubAws, monkeypatch: pytest.MonkeyPatch) -> Any:
    """moto's S3, while the stub is all other services."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", moto_url)
    monkeypatch.setenv("AWS_ENDPOINT_URL", stub.url)
    client = moto("s3")
    for bucket in ("logs", "own"):
        client.create_bucket(Bucket=bucket)
    return client


def submit(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["submit", *arguments], prog_name="spark-xacct")


def job(state: str, **more: Any) -> dict[str, Any]:
    overrides = {"monitoringConfiguration": {"s3MonitoringConfiguration": {"logUri": "s3://logs/"}}}
    return {"jobRun": {"id": "01", "state": state, "configurationOverrides": overrides, **more}}


def walks(stub: StubAws, *states: Any) -> None:
    stub.answers["emr-containers:StartJobRun"] = [{"id": "01", "virtualClusterId": "vc1", "name": "n", "arn": "a"}]
    # What it is asked for the second time is where the log is.
    stub.answers["emr-containers:DescribeJobRun"] = [states[0], *states]


def test_a_job_walks_to_its_good_end_while_its_log_appears(s3: Any, stub: StubAws) -> None:
    def write(**contents: bytes) -> Any:
        def answer(body: Any) -> dict[str, Any]:
            for name, content in contents.items():
                s3.put_object(Bucket="logs", Key=f"{DRIVER}/{name}.gz", Body=gzip.compress(content))
            return job("RUNNING")

        return answer

    walks(stub, job("PENDING"), write(stderr=b"INFO 1\n"), write(stdout=b"a\nb\n", stderr=b"INFO 1\nINFO 2\n"),
          write(stdout=b"a\nb\nc\n"), job("COMPLETED"))  # fmt: skip

    result = submit(*ON_EKS)

    assert (result.exit_code, result.stdout) == (0, "a\nb\nc\n")
    run = stub.bodies("emr-containers:StartJobRun")[0]["tags"]["spark-xacct-run"]
    token = result.stderr.partition("--token ")[2][:32]
    back = "spark-xacct submit emr-eks --resume vc1/01 --region us-east-1"
    assert result.stderr.splitlines() == [
        f"as {CI} in Region us-east-1, run {run}, --token {token}",
        "submitted vc1/01; {run} in names of role sessions is spark-01",
        f"Ctrl-C does not end the job; come back to it: {back}",
        "vc1/01: PENDING",
        "vc1/01: RUNNING",
        f"==> s3://logs/{DRIVER}/stderr.gz <==",
        "INFO 1",
        f"==> s3://logs/{DRIVER}/stdout.gz <==",
        f"==> s3://logs/{DRIVER}/stderr.gz <==",
        "INFO 2",
        f"==> s3://logs/{DRIVER}/stdout.gz <==",
        "vc1/01: COMPLETED",
    ]


FAILED = job("FAILED", failureReason="USER_ERROR", stateDetails="Driver exited with code 7")
ENDS = {
    "failed": (
        FAILED,
        1,
        {"phase": "failed", "state": "FAILED", "reason": "Driver exited with code 7", "code": "USER_ERROR"},
    ),
    "cancelled": (
        job("CANCELLED", stateDetails="by ops"),
        1,
        {"phase": "cancelled", "state": "CANCELLED", "reason": "by ops", "code": None},
    ),
    "good": (job("COMPLETED"), 0, {"phase": "good", "state": "COMPLETED", "reason": "", "code": None}),
}


@pytest.mark.parametrize("case", ENDS)
def test_programs_get_code_and_reason_and_a_run_to_resume(case: str, s3: Any, stub: StubAws) -> None:
    ended, exit_code, expected = ENDS[case]
    walks(stub, ended)
    s3.put_object(Bucket="logs", Key=f"{DRIVER}/stdout.gz", Body=b"a result\n")

    result = submit(*ON_EKS, "--format", "json")

    told = json.loads(result.stdout)
    assert result.exit_code == exit_code
    assert {name: told[name] for name in expected} == expected
    assert told["session_run"] == "spark-01"
    assert "a result" in result.stderr.splitlines(), "stdout is for the answer alone"
    assert f"--token {told['token']}" in result.stderr.splitlines()[0]
    again = submit("emr-eks", "--resume", json.dumps(told["run"]), "--log-wait", "0")
    assert (again.exit_code, again.stdout) == (exit_code, "a result\n")


def test_a_job_whose_log_is_refused_is_followed_to_its_end(stub: StubAws) -> None:
    walks(stub, job("RUNNING"), job("COMPLETED"))
    stub.answers["ListObjectsV2"] = [(403, "AccessDenied", "Access Denied")]

    result = submit(*ON_EKS)

    assert (result.exit_code, result.stdout) == (0, "")
    shown = [line for line in result.stderr.splitlines() if "not shown" in line]
    assert shown[0] == (
        f"the job's log is not shown: AWS refused s3:ListBucket on the log in s3://logs/vc1/jobs/01/containers/spark-*/spark-*-driver/stdout.gz to {CI}: "
        "Access Denied; allow it there (--dry-run lists what the launcher needs); its state is followed all the same"
    )
    assert len(shown) == 2, "once for each of stdout and stderr"


def test_a_connection_that_is_lost_for_a_while_is_survived(s3: Any, stub: StubAws) -> None:
    walks(
        stub,
        job("RUNNING"),
        *[LOST] * 5,
        (400, "ThrottlingException", "Rate exceeded"),
        job("RUNNING"),
        job("COMPLETED"),
    )

    result = submit(*ON_EKS)

    assert result.exit_code == 0
    assert "answers again" in result.stderr
    assert "no answer for the moment: emr-containers does not answer in Region us-east-1 (" in result.stderr


REFUSALS: dict[str, tuple[Any, str]] = {
    "expired credentials": (
        (403, "ExpiredTokenException", "The security token included in the request is expired"),
        f"the AWS credentials of {CI} have expired (ExpiredTokenException); log in again",
    ),
    "denied": (
        (
            403,
            "AccessDeniedException",
            "User: ci is not authorized to perform: emr-containers:StartJobRun on resource: vc1",
        ),
        f"AWS refused emr-containers:StartJobRun on virtual cluster vc1 to {CI}: User: ci is not authorized to perform: "
        "emr-containers:StartJobRun on resource: vc1; allow it there (--dry-run lists what the launcher needs)",
    ),
    "throttled": (
        (400, "ThrottlingException", "Rate exceeded"),
        "AWS throttles StartJobRun (ThrottlingException: Rate exceeded); submit again with the same --token, which makes no second job",
    ),
    "missing virtual cluster, or wrong Region": (
        (404, "ResourceNotFoundException", "Virtual cluster vc1 doesn't exist."),
        f"virtual cluster vc1 is not there in Region us-east-1, or not for {CI}: Virtual cluster vc1 doesn't exist; correct the id, or --region",
    ),
    "bad request": (
        (400, "ValidationException", "Release label emr-9 is invalid."),
        "AWS refused StartJobRun on virtual cluster vc1 (ValidationException): Release label emr-9 is invalid",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_submit_that_aws_refuses_ends_with_4_and_one_line(case: str, stub: StubAws) -> None:
    answer, expected = REFUSALS[case]
    stub.answers["emr-containers:StartJobRun"] = [answer]

    result = submit(*ON_EKS)

    assert (result.exit_code, result.stdout) == (4, "")
    assert result.stderr.splitlines()[1:] == [expected]


def test_a_submit_that_is_refused_names_what_was_staged_for_it(s3: Any, stub: StubAws) -> None:
    stub.answers["emr-containers:StartJobRun"] = [(400, "ValidationException", "no")]

    result = submit("emr-eks", "--on", "vc1", "--entry-point", "job.py", "--staging", "s3://own/x", "--image", IMAGE)

    (key,) = [one["Key"] for one in s3.list_objects_v2(Bucket="own")["Contents"]]
    assert result.stderr.splitlines()[-1] == (
        f"AWS refused StartJobRun on virtual cluster vc1 (ValidationException): no; left, and to be removed: s3://own/{key}"
    )


def test_a_lost_answer_says_that_the_job_may_run_and_removes_nothing(s3: Any, stub: StubAws) -> None:
    stub.answers["emr-containers:StartJobRun"] = [LOST]

    result = submit("emr-eks", "--on", "vc1", "--entry-point", "job.py", "--staging", "s3://own/x", "--image", IMAGE,
                    "--token", "nightly", "--format", "json")  # fmt: skip

    (key,) = [one["Key"] for one in s3.list_objects_v2(Bucket="own")["Contents"]]
    assert result.exit_code == 4
    assert result.stderr.splitlines()[-1].endswith(
        "; the job may have been started; submit again with --token nightly, which makes no second job; "
        f"staged for it: s3://own/{key}"
    )
    assert json.loads(result.stdout) == {
        "run": None,
        "error": result.stderr.splitlines()[-1],
        "token": "nightly",
    }


def test_a_token_that_was_used_for_another_program_starts_nothing_and_says_so(
    s3: Any, stub: StubAws, folder: Path
) -> None:
    walks(stub, job("COMPLETED"))
    arguments = ("emr-eks", "--on", "vc1", "--entry-point", "job.py", "--staging", "s3://own/x", "--image", IMAGE,
                 "--token", "nightly", "--detach")  # fmt: skip
    assert submit(*arguments).exit_code == 0
    request = stub.bodies("emr-containers:StartJobRun")[0]
    first = request["jobDriver"]["sparkSubmitJobDriver"]["entryPoint"]
    stub.answers["emr-containers:DescribeJobRun"] = [
        job("COMPLETED", tags=request["tags"], jobDriver=request["jobDriver"])
    ]
    (folder / "job.py").write_text("print('edited')\n")

    again = submit(*arguments)

    second = stub.bodies("emr-containers:StartJobRun")[1]["jobDriver"]["sparkSubmitJobDriver"]["entryPoint"]
    assert (again.exit_code, again.stdout) == (2, "")
    assert again.stderr.splitlines()[-1] == (
        f"vc1/01 has this --token and another program ({first}); nothing was started; take another --token; left, and to be removed: {second}"
    )


def test_ctrl_c_while_a_run_is_looked_for_is_no_failed_job(stub: StubAws) -> None:
    def late(body: Any) -> dict[str, Any]:
        _ctrl_c()
        time.sleep(0.5)
        return job("RUNNING")

    stub.answers["emr-containers:DescribeJobRun"] = [late]

    result = submit("emr-eks", "--resume", "vc1/01")

    assert (result.exit_code, result.stderr) == (
        130,
        "interrupted before vc1/01 was found; whatever it does, it goes on\n",
    )


def test_a_pipe_that_nobody_reads_ends_the_waiting_and_says_how_to_come_back(s3: Any, stub: StubAws) -> None:
    walks(stub, job("RUNNING"))
    s3.put_object(Bucket="logs", Key=f"{DRIVER}/stdout.gz", Body=gzip.compress(b"line\n" * 100_000))
    root = Path(command.__file__).parents[2]
    program = [sys.executable, "-m", "spark_xacct", "submit", *ON_EKS]
    waits = subprocess.Popen(
        program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(root)}
    )
    assert waits.stdout is not None
    assert waits.stderr is not None
    assert waits.stdout.readline() == "line\n"
    waits.stdout.close()
    said = waits.stderr.read().splitlines()

    assert (waits.wait(30), said[-1]) == (
        141,
        "nobody reads stdout any more; vc1/01 goes on; come back to it: spark-xacct submit emr-eks --resume vc1/01 --region us-east-1",
    )


def test_a_missing_application_of_emr_serverless(stub: StubAws, folder: Path) -> None:
    (folder / "xacct.yaml").write_text(DECLARATION.replace("kind: irsa", "kind: emr-runtime-role"))
    stub.answers["emr-serverless:StartJobRun"] = [(404, "ResourceNotFoundException", "Application app1 does not exist")]

    result = submit("emr-serverless", "--on", "app1", "--entry-point", "s3://own/job.py", "--image", IMAGE)

    assert result.exit_code == 4
    assert result.stderr.splitlines()[-1] == (
        f"application app1 is not there in Region us-east-1, or not for {CI}: Application app1 does not exist; correct the id, or --region"
    )


REGIONS = {
    "the option": ("eu-north-1", "eu-west-1", "eu-north-1"),
    "AWS_REGION": (None, "eu-west-1", "eu-west-1"),
    "AWS_DEFAULT_REGION": (None, None, "us-east-1"),
}


@pytest.mark.parametrize("case", REGIONS)
def test_the_region_is_that_of(case: str, stub: StubAws, monkeypatch: pytest.MonkeyPatch) -> None:
    option, variable, expected = REGIONS[case]
    if variable:
        monkeypatch.setenv("AWS_REGION", variable)
    walks(stub, job("COMPLETED"))

    result = submit(*ON_EKS, "--detach", *(("--region", option) if option else ()))

    back = f"wait for it: spark-xacct submit emr-eks --resume vc1/01 --region {expected}"
    assert result.stderr.splitlines()[-1] == back


def _ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def _sigterm() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize(("stop", "code"), [(_ctrl_c, 130), (_sigterm, 143)])
def test_who_is_stopped_while_submitting_hears_how_to_find_out(stop: Any, code: int, s3: Any, stub: StubAws) -> None:
    def late(body: Any) -> dict[str, Any]:
        stop()
        time.sleep(0.5)
        return {"id": "01", "virtualClusterId": "vc1", "name": "n", "arn": "a"}

    stub.answers["emr-containers:StartJobRun"] = [late]

    result = submit("emr-eks", "--on", "vc1", "--entry-point", "job.py", "--staging", "s3://own/x", "--image", IMAGE,
                    "--token", "of the night")  # fmt: skip

    (key,) = [one["Key"] for one in s3.list_objects_v2(Bucket="own")["Contents"]]
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (
        code,
        "submit was interrupted, and the job may have been started; submit again with --token 'of the night', which makes no second job; "
        f"staged for it: s3://own/{key}",
    )
    assert len(stub.bodies("emr-containers:StartJobRun")) == 1


@pytest.mark.parametrize(("stop", "code"), [(_ctrl_c, 130), (_sigterm, 143)])
def test_who_is_stopped_before_anything_was_started_hears_that(stop: Any, code: int, stub: StubAws) -> None:
    def late(body: Any) -> dict[str, Any]:
        stop()
        time.sleep(0.5)
        return {}

    stub.answers["GetCallerIdentity"] = [late]

    result = submit(*ON_EKS)

    assert (result.exit_code, result.stderr) == (code, "submit was interrupted before anything was started\n")
    assert stub.bodies("emr-containers:StartJobRun") == []


@pytest.mark.parametrize(("state", "code"), [("COMPLETED", 0), ("FAILED", 1)])
def test_sigterm_after_the_jobs_end_ends_with_the_jobs_code(
    state: str, code: int, s3: Any, stub: StubAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    walks(stub, job(state))
    monkeypatch.setattr(waiting.RealClock, "sleep", lambda self, seconds: _sigterm())

    result = submit(*ON_EKS[:-2], "--log-wait", "60", "--format", "json")

    assert (result.exit_code, json.loads(result.stdout)["state"]) == (code, state)
    assert "the rest of the log was not waited for" in result.stderr.splitlines()


def test_missing_credentials_end_with_4(stub: StubAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")

    result = submit(*ON_EKS)

    assert (result.exit_code, result.stderr) == (
        4,
        "no AWS credentials were found to ask for GetCallerIdentity; set AWS_PROFILE, log in (aws sso login), or run where a role is attached\n",
    )


def test_a_missing_profile_ends_with_4(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")

    result = submit(*ON_EKS)

    assert (result.exit_code, result.stderr) == (
        4,
        "The config profile (nobody) could not be found; correct AWS_PROFILE\n",
    )


def test_the_same_token_is_the_same_client_token_and_another_is_not(stub: StubAws) -> None:
    walks(stub, job("COMPLETED"))
    for token in ("a", "a", "b"):
        assert submit(*ON_EKS, "--token", token, "--detach").exit_code == 0
    drawn = json.loads(submit(*ON_EKS, "--detach", "--format", "json").stdout)["token"]
    submit(*ON_EKS, "--token", drawn, "--detach")
    assert submit(*ON_EKS, "--token", "a", "--argument", "x", "--detach").exit_code == 0

    tokens = [body["clientToken"] for body in stub.bodies("emr-containers:StartJobRun")]
    assert tokens[0] == tokens[1]
    assert tokens[3] == tokens[4], "the one that was drawn is told"
    assert len(set(tokens)) == 4, "another token, or another job, is another client token"


# Usage

USAGE = {
    "no cluster": (("emr-eks", "--entry-point", "s3://own/job.py", "--image", IMAGE),
                   "emr-eks: still to be said: <id of the virtual cluster>; give --entry-point, --on, --staging, --role as they are asked for"),
    "no program": (("emr-eks", "--on", "vc1", "--image", IMAGE),
                   "emr-eks: still to be said: <entry point>; give --entry-point, --on, --staging, --role as they are asked for"),
    "a program that is not there": (("emr-eks", "--on", "vc1", "--image", IMAGE, "--entry-point", "nope.py"),
                                    "emr-eks: --entry-point nope.py is neither a URI nor a file here; write s3://BUCKET/KEY, local:///PATH in the image, or the path of a file"),
    "nowhere to stage": (("emr-eks", "--on", "vc1", "--image", IMAGE, "--entry-point", "job.py"),
                         "--staging is missing; give a folder of a bucket of your own account, as s3://BUCKET/spark-xacct"),
    "a declared bucket to stage in": (("emr-eks", "--on", "vc1", "--image", IMAGE, "--entry-point", "job.py", "--staging", "s3://partner-data/x"),
                                      "--staging is s3://partner-data/x, and bucket partner-data is bound to role reader; the platform fetches from there as itself, so "
                                      "take a bucket of its own account that the declaration does not bind, or lists under own"),
}  # fmt: skip


@pytest.mark.parametrize("case", USAGE)
def test_what_lacks_is_said_before_anybody_is_asked(case: str, stub: StubAws) -> None:
    arguments, expected = USAGE[case]

    result = submit(*arguments)

    assert (result.exit_code, result.stderr) == (2, expected + "\n")
    assert stub.asked == []


CLICK_USAGE = {
    "a target that launches nothing": (("builder",), "Invalid value for 'TARGET': \"builder\" is not one of emr-ec2, emr-eks, emr-serverless, spark-submit"),
    "a run that is none": (("emr-eks", "--resume", "vc1/"), "--resume vc1/: write ON/ID as submit printed it"),
    "a run without the place": (("emr-eks", "--resume", "01"), "--resume 01: write ON/ID as submit printed it"),
    "resume and a job": (("emr-eks", "--resume", "vc1/01", "--name", "x"), "--resume waits for a job that was started before; leave out the options of a job"),
    "resume and a token": (("emr-eks", "--resume", "vc1/01", "--token", "x"), "--resume waits for a job that was started before; leave out --token"),
    "resume and a key": (("emr-eks", "--resume", "vc1/01", "--kms-key", "x"), "--resume waits for a job that was started before; leave out --kms-key"),
    "resume and detach": (("emr-eks", "--resume", "vc1/01", "--detach"), "--resume waits for a job that was started before; leave out --detach"),
    "a run with an id of another type": (("emr-eks", "--resume", '{"target": "emr-eks", "id": 1}'),
                                         '--resume {"target": "emr-eks", "id": 1}: target and id of a run are texts'),
    "a run with a place of another type": (("emr-eks", "--resume", '{"target": "emr-eks", "id": "1", "on": []}'),
                                           '--resume {"target": "emr-eks", "id": "1", "on": []}: on and run of a run are texts or null'),
    "a run with private of another type": (("emr-eks", "--resume", '{"target": "emr-eks", "id": "1", "private": 5}'),
                                           '--resume {"target": "emr-eks", "id": "1", "private": 5}: private of a run is a list of texts'),
    "an empty token": (("emr-eks", "--token", " "), "--token is empty; give it a value, or leave it out"),
    "an empty key": (("emr-eks", "--kms-key", ""), "--kms-key is empty; give it a value, or leave it out"),
    "an empty Region": (("emr-eks", "--region", ""), "--region is empty; give it a value, or leave it out"),
    "resume and a log group, and a release": (("emr-eks", "--resume", "vc1/01", "--log-group", "x", "--release", "emr-7.9.0"),
                                              "--resume waits for a job that was started before; leave out --release, --log-group"),
    "a log group where there is none": (("emr-ec2", "--log-group", "x"), "--log-group is not for emr-ec2"),
    "use of nothing": (("emr-eks", "--use", ""), "--use is empty; give it a value, or leave it out"),
    "use of commas": (("emr-eks", "--use", ","), "--use names no bucket; write --use BUCKET,..., or leave it out for every bucket"),
}  # fmt: skip


@pytest.mark.parametrize("case", CLICK_USAGE)
def test_wrong_usage(case: str) -> None:
    arguments, expected = CLICK_USAGE[case]

    result = submit(*arguments)

    assert (result.exit_code, result.stderr.splitlines()[-1]) == (2, f"Error: {expected}")


def test_an_external_id_comes_from_the_environment_of_who_submits(
    stub: StubAws, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = DECLARATION.replace("kind: irsa", "kind: emr-runtime-role")
    text = text.replace('role/reader"}', 'role/reader", external_id: {env: PARTNER_ID}}')
    (folder / "xacct.yaml").write_text(text)
    stub.answers["emr-serverless:StartJobRun"] = [{"applicationId": "app1", "jobRunId": "00f1", "arn": "a"}]
    arguments = ("emr-serverless", "--on", "app1", "--entry-point", "s3://own/job.py", "--image", IMAGE, "--detach")

    without = submit(*arguments)
    monkeypatch.setenv("PARTNER_ID", "partner-7")
    with_id = submit(*arguments)

    assert (without.exit_code, without.stderr) == (
        2,
        "PARTNER_ID, which external id of role reader is read from, is not set here; export it before submit\n",
    )
    assert with_id.exit_code == 0, with_id.output
    properties = stub.bodies("emr-serverless:StartJobRun")[0]["configurationOverrides"]["applicationConfiguration"][0][
        "properties"
    ]
    assert properties["spark.executorEnv.PARTNER_ID"] == "partner-7"


ON_EC2 = ("emr-ec2", "--on", "j-1", "--entry-point", "s3://own/job.py", "--staging", "s3://own/x")
EC2_NAMES = ("spark.yarn.appMasterEnv.PARTNER_ID", "spark.executorEnv.PARTNER_ID")
EXTERNAL_IDS = {
    "emr-ec2, running": (ON_EC2, EC2_NAMES),
    "emr-ec2, new": ((ON_EC2[0], *ON_EC2[3:]), EC2_NAMES),
    "spark-submit": (
        ("spark-submit", "--release", "spark-4", "--jar", "/opt/x.jar", "--entry-point", "job.py"),
        (*EC2_NAMES, "spark.kubernetes.driverEnv.PARTNER_ID"),
    ),
}


@pytest.mark.parametrize("case", EXTERNAL_IDS)
def test_an_external_id_is_filled_in_by_submit_and_stands_in_no_file_of_render(
    case: str, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    arguments, names = EXTERNAL_IDS[case]
    (tmp_path / "x.jar").write_bytes(b"jar")
    arguments = tuple(str(tmp_path / "x.jar") if one == "/opt/x.jar" else one for one in arguments)
    text = DECLARATION.replace('{kind: irsa, arn: "arn:aws:iam::111122223333:role/etl"}', "instance-profile")
    (folder / "xacct.yaml").write_text(text.replace('role/reader"}', 'role/reader", external_id: {env: PARTNER_ID}}'))

    without = submit(*arguments, "--dry-run")
    monkeypatch.setenv("PARTNER_ID", "partner-7")
    told = submit(*arguments, "--dry-run", "--format", "json")
    of_render = [one for one in arguments if one not in ("--jar", str(tmp_path / "x.jar"))]
    if arguments[0] == "spark-submit":
        of_render = of_render[:3]
    rendered = CliRunner().invoke(cli, ["render", *of_render, "--to", str(tmp_path / "files")], prog_name="spark-xacct")

    assert (without.exit_code, without.stderr.splitlines()[-1]) == (
        2,
        "PARTNER_ID, which external id of role reader is read from, is not set here; export it before submit",
    )
    assert told.exit_code == 0, told.stderr
    said = json.dumps(json.loads(told.stdout)["requests"])
    assert "<external id" not in said
    assert [name for name in names if f'{name}=partner-7"' not in said and f'"{name}": "partner-7"' not in said] == []
    assert rendered.exit_code == 0, rendered.stderr
    files = {path.name: path.read_text() for path in (tmp_path / "files").iterdir()}
    assert [name for name, content in files.items() if "partner-7" in content] == []
    assert any("external id of role reader" in content for content in files.values())


# Dry run


def test_a_dry_run_asks_nobody_and_tells_everything(stub: StubAws) -> None:
    arguments = (
        "emr-eks",
        "--on",
        "vc1",
        "--entry-point",
        "job.py",
        "--staging",
        "s3://own/x",
        "--dry-run",
        "--token",
        "t",
    )

    told = json.loads(
        submit(*arguments, "--format", "json", "--kms-key", "arn:aws:kms:us-east-1:111122223333:key/k").stdout
    )
    text = submit(*arguments).stdout

    assert stub.asked == []
    program, jar = sorted(told["staging"], key=lambda one: one["bytes"])
    content = staging.address({"job.py": b"print(1)\n"})
    assert (program["uri"], program["bytes"], program["private"]) == (
        f"s3://own/x/runs/{told['run']}/{content}/job.py",
        9,
        True,
    )
    assert jar["uri"].startswith("s3://own/x/artifacts/")
    assert not jar["private"]
    assert [call["operation"] for call in told["requests"]] == ["StartJobRun"]
    assert told["requests"][0]["request"]["jobDriver"]["sparkSubmitJobDriver"]["entryPoint"] == program["uri"]
    assert told["actions"] == [
        "emr-containers:StartJobRun", "emr-containers:TagResource", "emr-containers:DescribeJobRun", "emr-containers:CancelJobRun",
        "s3:PutObject", "s3:GetObject", "s3:DeleteObject", "kms:GenerateDataKey", "kms:Decrypt",
    ]  # fmt: skip
    assert told["sts"] == {"calls_an_hour": 2, "without_driver": 22, "executors": 10, "quota_a_second": 600}
    assert text.splitlines()[-1] == (
        "about 2 calls an hour where the driver gives role sessions, about 22 where a driver and 10 executors ask by themselves; an account may "
        "ask 600 times a second in a Region"
    )
    assert program["sha256"] in text
    assert jar["sha256"] in text


# Ctrl-C and SIGTERM, and coming back


def test_ctrl_c_without_a_terminal_detaches_and_says_how_to_come_back(
    s3: Any, stub: StubAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    walks(stub, job("RUNNING"))

    def interrupted(self: Any, seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(waiting.RealClock, "sleep", interrupted)
    result = submit(*ON_EKS, "--format", "json")

    assert result.exit_code == 130
    told = json.loads(result.stdout)
    assert (told["run"]["id"], "phase" in told) == ("01", False), "programs get the run to come back to"
    assert result.stderr.splitlines()[-1] == (
        "vc1/01 goes on; come back to it: spark-xacct submit emr-eks --resume vc1/01 --region us-east-1"
    )
    assert stub.bodies("emr-containers:CancelJobRun") == []


@pytest.mark.parametrize(("answer", "exit_code", "cancels"), [("y\n", 1, 1), ("n\n", 130, 0), ("", 130, 0)])
def test_ctrl_c_on_a_terminal_asks(
    answer: str, exit_code: int, cancels: int, s3: Any, stub: StubAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    walks(stub, job("RUNNING"))

    def cancelled(body: Any) -> dict[str, Any]:
        stub.answers["emr-containers:DescribeJobRun"] = [job("CANCELLED")]
        return {"id": "01", "virtualClusterId": "vc1"}

    stub.answers["emr-containers:CancelJobRun"] = [cancelled]
    interrupts = iter([KeyboardInterrupt()])

    def sleep(self: Any, seconds: float) -> None:
        for interrupt in interrupts:
            raise interrupt

    monkeypatch.setattr(waiting.RealClock, "sleep", sleep)
    monkeypatch.setattr(command, "_can_answer", lambda: True)
    result = CliRunner().invoke(cli, ["submit", *ON_EKS], input=answer, prog_name="spark-xacct")

    assert (result.exit_code, len(stub.bodies("emr-containers:CancelJobRun"))) == (exit_code, cancels)
    assert "cancel vc1/01? (no: it goes on without this command) [y/N]: " in result.stderr


def test_what_was_staged_for_the_run_is_removed_after_its_end_and_not_before(s3: Any, stub: StubAws) -> None:
    there: list[int] = []

    def look(body: Any) -> dict[str, Any]:
        there.append(s3.list_objects_v2(Bucket="own")["KeyCount"])
        return job("RUNNING")

    walks(stub, look, look, job("COMPLETED"))
    arguments = ("emr-eks", "--on", "vc1", "--entry-point", "job.py", "--staging", "s3://own/x", "--log-wait", "0")

    result = submit(*arguments)

    assert result.exit_code == 0, result.output
    assert set(there) == {2}, "the jar and the program"
    (key,) = [one["Key"] for one in s3.list_objects_v2(Bucket="own")["Contents"]]
    assert key.startswith("x/artifacts/")
    assert "removed s3://own/x/runs/" in result.stderr


def test_what_was_staged_may_be_kept(s3: Any, stub: StubAws) -> None:
    walks(stub, job("COMPLETED"))

    result = submit(
        "emr-eks", "--on", "vc1", "--entry-point", "job.py", "--staging", "s3://own/x", "--log-wait", "0", "--keep"
    )

    assert "kept s3://own/x/runs/" in result.stderr
    assert s3.list_objects_v2(Bucket="own")["KeyCount"] == 2


def test_a_detached_run_is_resumed_by_its_id_and_cleaned_up(s3: Any, stub: StubAws) -> None:
    walks(stub, job("RUNNING"))
    started = submit(
        "emr-eks", "--on", "vc1", "--entry-point", "job.py", "--staging", "s3://own/x", "--image", IMAGE, "--detach"
    )
    request = stub.bodies("emr-containers:StartJobRun")[0]
    told = {"tags": request["tags"], "jobDriver": request["jobDriver"]}
    stub.answers["emr-containers:DescribeJobRun"] = [job("COMPLETED", **told)]

    result = submit("emr-eks", "--resume", started.stdout.strip(), "--log-wait", "0")

    assert (started.stdout, result.exit_code) == ("vc1/01\n", 0)
    assert s3.list_objects_v2(Bucket="own")["KeyCount"] == 0


def test_a_run_that_is_not_there_cannot_be_resumed(stub: StubAws) -> None:
    stub.answers["emr-containers:DescribeJobRun"] = [(404, "ResourceNotFoundException", "Job run 01 doesn't exist.")]

    result = submit("emr-eks", "--resume", "vc1/01", "--region", "eu-west-1")

    assert (result.exit_code, result.stderr) == (
        4,
        "job run 01 of virtual cluster vc1 is not there in Region eu-west-1, or not for the launcher's credentials: Job run 01 doesn't exist; "
        "correct the id, or --region\n",
    )


def test_sigterm_ends_the_waiting_and_says_how_to_come_back(s3: Any, stub: StubAws, folder: Path) -> None:
    walks(stub, job("RUNNING"))
    program = [sys.executable, "-m", "spark_xacct", "submit", *ON_EKS]
    root = Path(command.__file__).parents[2]
    waits = subprocess.Popen(program, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(root)})
    assert waits.stderr is not None
    seen = []
    for line in waits.stderr:
        seen.append(line)
        if "RUNNING" in line:
            break
    time.sleep(0.2)
    waits.send_signal(signal.SIGTERM)
    seen += list(waits.stderr)

    assert waits.wait(30) == 143, seen
    assert (
        seen[-1] == "vc1/01 goes on; come back to it: spark-xacct submit emr-eks --resume vc1/01 --region us-east-1\n"
    )


def test_sigterm_while_a_service_is_asked_ends_the_waiting_too(s3: Any, stub: StubAws) -> None:
    def late(body: Any) -> dict[str, Any]:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.5)
        return job("RUNNING")

    walks(stub, job("RUNNING"), late, job("COMPLETED"))

    result = submit(*ON_EKS)

    assert (result.exit_code, result.stderr.splitlines()[-1]) == (
        143,
        "vc1/01 goes on; come back to it: spark-xacct submit emr-eks --resume vc1/01 --region us-east-1",
    )


def test_spark_submit_asks_nobody_of_aws_and_needs_no_profile(
    stub: StubAws, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = folder / "spark" / "bin" / "spark-submit"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho to stdout\necho to stderr >&2\nexit 6\n")
    program.chmod(0o755)
    monkeypatch.setenv("SPARK_HOME", str(folder / "spark"))
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
    monkeypatch.setenv("AWS_PROFILE", "nobody")

    result = submit("spark-submit", "--release", "spark-4", "--entry-point", "job.py")

    assert (result.exit_code, result.stdout) == (6, "to stdout\n")
    first, second = result.stderr.splitlines()[:2]
    run = second.removeprefix("submitted ").partition(";")[0]
    assert first.startswith(f"run {run}, --token ")
    assert result.stderr.splitlines()[-1] == f"{run}: EXITED 6: exit code 6"
    assert "to stderr" in result.stderr.splitlines()
    back = next(line for line in result.stderr.splitlines() if line.startswith("Ctrl-C does not end the job"))
    again = submit(*back.partition("come back to it: spark-xacct submit ")[2].split())
    assert (again.exit_code, again.stdout) == (6, "to stdout\n"), again.exception
    assert stub.asked == []
