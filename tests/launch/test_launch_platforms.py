"""What each service says, as the launcher takes it: states, reasons, logs, cancelling. Over the wire, from a stub."""

from __future__ import annotations

import gzip
import os
import signal
import time
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.exceptions import IncompleteReadError
from fakes.launching import LOST, StubAws

from spark_xacct.launch import (
    Clients,
    LaunchError,
    LogSource,
    Phase,
    Run,
    State,
    is_local,
    names,
    open_launcher,
    stopping,
)
from spark_xacct.launch.emr_ec2 import EmrEc2
from spark_xacct.launch.launcher import Call, Submission
from spark_xacct.targets import Job

EKS, SERVERLESS, EC2 = Run("emr-eks", "01", "vc1"), Run("emr-serverless", "00f1", "app1"), Run("emr-ec2", "s-1", "j-1")


def s3(name: str, address: str, only_on_failure: bool = False) -> LogSource:
    return LogSource(name, "s3", address, only_on_failure)


def watched(name: str, address: str) -> LogSource:
    return LogSource(name, "cloudwatch", address)


# EMR on EKS

EKS_STATES = {
    "PENDING": ({"state": "PENDING"}, State(Phase.WAITING, "PENDING")),
    "SUBMITTED": ({"state": "SUBMITTED"}, State(Phase.WAITING, "SUBMITTED")),
    "RUNNING": ({"state": "RUNNING", "stateDetails": "Jobrun is running"}, State(Phase.RUNNING, "RUNNING")),
    "CANCEL_PENDING": ({"state": "CANCEL_PENDING"}, State(Phase.RUNNING, "CANCEL_PENDING")),
    "CANCELLED": ({"state": "CANCELLED", "stateDetails": "JobRun CANCELLED successfully."}, State(Phase.CANCELLED, "CANCELLED", "JobRun CANCELLED successfully.")),
    "COMPLETED": ({"state": "COMPLETED", "stateDetails": "JobRun completed successfully."}, State(Phase.GOOD, "COMPLETED")),
    "FAILED": (
        {"state": "FAILED", "failureReason": "USER_ERROR", "stateDetails": "Exit code 1.\n See driver log"},
        State(Phase.FAILED, "FAILED", "Exit code 1. See driver log", "USER_ERROR"),
    ),
    "FAILED without details": ({"state": "FAILED", "failureReason": "CLUSTER_UNAVAILABLE"}, State(Phase.FAILED, "FAILED", "CLUSTER_UNAVAILABLE", "CLUSTER_UNAVAILABLE")),
    "a word that is new": ({"state": "PREPARING"}, State(Phase.RUNNING, "PREPARING")),
}  # fmt: skip


@pytest.mark.parametrize("case", EKS_STATES)
def test_states_of_emr_on_eks(case: str, stub: StubAws, clients: Clients) -> None:
    told, expected = EKS_STATES[case]
    stub.answers["emr-containers:DescribeJobRun"] = [{"jobRun": told}]

    assert open_launcher("emr-eks", clients).state(EKS) == expected


CONTAINERS = "vc1/jobs/01/containers"
EKS_LOGS: dict[str, tuple[dict[str, Any], list[LogSource]]] = {
    "S3": (
        {"s3MonitoringConfiguration": {"logUri": "s3://logs/x/"}},
        [
            s3("stdout", f"s3://logs/x/{CONTAINERS}/spark-*/spark-*-driver/stdout.gz"),
            s3("stderr", f"s3://logs/x/{CONTAINERS}/spark-*/spark-*-driver/stderr.gz"),
            s3("stderr", f"s3://logs/x/{CONTAINERS}/01-*/stderr.gz", only_on_failure=True),
        ],
    ),
    "CloudWatch": (
        {"cloudWatchMonitoringConfiguration": {"logGroupName": "/eks", "logStreamNamePrefix": "ads"}},
        [
            watched("stdout", f"/eks:ads/{CONTAINERS}/spark-*/spark-*-driver/stdout"),
            watched("stderr", f"/eks:ads/{CONTAINERS}/spark-*/spark-*-driver/stderr"),
        ],
    ),
    "nowhere": ({}, []),
}


@pytest.mark.parametrize("case", EKS_LOGS)
def test_logs_of_emr_on_eks(case: str, stub: StubAws, clients: Clients) -> None:
    monitoring, expected = EKS_LOGS[case]
    told = {"state": "RUNNING", "configurationOverrides": {"monitoringConfiguration": monitoring}}
    stub.answers["emr-containers:DescribeJobRun"] = [{"jobRun": told}]

    assert open_launcher("emr-eks", clients).logs(EKS) == expected


# EMR Serverless

SERVERLESS_STATES = {
    "SUBMITTED": ({"state": "SUBMITTED", "stateDetails": ""}, State(Phase.WAITING, "SUBMITTED")),
    "PENDING": ({"state": "PENDING", "stateDetails": "PENDING"}, State(Phase.WAITING, "PENDING")),
    "QUEUED": (
        {"state": "QUEUED", "stateDetails": "behind 3 others"},
        State(Phase.WAITING, "QUEUED", "behind 3 others"),
    ),
    "SCHEDULED": ({"state": "SCHEDULED", "stateDetails": ""}, State(Phase.WAITING, "SCHEDULED")),
    "RUNNING": ({"state": "RUNNING", "stateDetails": ""}, State(Phase.RUNNING, "RUNNING")),
    "CANCELLING": ({"state": "CANCELLING", "stateDetails": ""}, State(Phase.RUNNING, "CANCELLING")),
    "CANCELLED": ({"state": "CANCELLED", "stateDetails": ""}, State(Phase.CANCELLED, "CANCELLED")),
    "SUCCESS": ({"state": "SUCCESS", "stateDetails": ""}, State(Phase.GOOD, "SUCCESS")),
    "FAILED": (
        {
            "state": "FAILED",
            "stateDetails": "Job failed, please check complete logs in configured logging destination.",
        },
        State(Phase.FAILED, "FAILED", "Job failed, please check complete logs in configured logging destination."),
    ),
}


def job_run(**told: Any) -> dict[str, Any]:
    required = {
        "applicationId": "app1",
        "jobRunId": "00f1",
        "arn": "a",
        "createdBy": "c",
        "createdAt": 0,
        "updatedAt": 0,
    }
    return {
        "jobRun": {
            **required,
            "executionRole": "r",
            "releaseLabel": "emr-7.12.0",
            "jobDriver": {"sparkSubmit": {"entryPoint": "s3://own/job.py"}},
            **told,
        }
    }


@pytest.mark.parametrize("case", SERVERLESS_STATES)
def test_states_of_emr_serverless(case: str, stub: StubAws, clients: Clients) -> None:
    told, expected = SERVERLESS_STATES[case]
    stub.answers["emr-serverless:GetJobRun"] = [job_run(**told)]

    assert open_launcher("emr-serverless", clients).state(SERVERLESS) == expected


PATH = "applications/app1/jobs/00f1"
IN_S3 = {"s3MonitoringConfiguration": {"logUri": "s3://logs/"}}
ONE_ATTEMPT = [
    s3("stdout", f"s3://logs/{PATH}/SPARK_DRIVER/stdout.gz"),
    s3("stderr", f"s3://logs/{PATH}/SPARK_DRIVER/stderr.gz"),
]
ATTEMPTS = [
    s3("stdout", f"s3://logs/{PATH}/attempts/*/SPARK_DRIVER/stdout.gz"),
    s3("stderr", f"s3://logs/{PATH}/attempts/*/SPARK_DRIVER/stderr.gz"),
]
SERVERLESS_LOGS: dict[str, tuple[dict[str, Any], dict[str, Any], list[LogSource]]] = {
    "S3": (IN_S3, {}, ONE_ATTEMPT),
    "S3 of a job that is retried": (IN_S3, {"retryPolicy": {"maxAttempts": 3}}, ONE_ATTEMPT + ATTEMPTS),
    "S3 of a stream": (IN_S3, {"mode": "STREAMING"}, ONE_ATTEMPT + ATTEMPTS),
    "CloudWatch": (
        {"cloudWatchLoggingConfiguration": {"enabled": True, "logStreamNamePrefix": "ads"}},
        {},
        [watched(name, f"/aws/emr-serverless:ads/{PATH}/SPARK_DRIVER/{name}") for name in ("stdout", "stderr")],
    ),
    "CloudWatch, turned off": ({"cloudWatchLoggingConfiguration": {"enabled": False}}, {}, []),
    "kept by the service": ({"managedPersistenceMonitoringConfiguration": {"enabled": True}}, {}, []),
}


@pytest.mark.parametrize("case", SERVERLESS_LOGS)
def test_logs_of_emr_serverless(case: str, stub: StubAws, clients: Clients) -> None:
    monitoring, more, expected = SERVERLESS_LOGS[case]
    overrides = {"monitoringConfiguration": monitoring}
    stub.answers["emr-serverless:GetJobRun"] = [
        job_run(state="RUNNING", stateDetails="", configurationOverrides=overrides, **more)
    ]

    assert open_launcher("emr-serverless", clients).logs(SERVERLESS) == expected


# EMR on EC2


def step(
    state: str, arguments: list[str] | None = None, name: str = "job [0123456789ab]", **status: Any
) -> dict[str, Any]:
    return {
        "Step": {"Id": "s-1", "Name": name, "Config": {"Args": arguments or []}, "Status": {"State": state, **status}}
    }


def cluster(state: str, message: str | None = None, log: str | None = "s3n://logs/emr/") -> dict[str, Any]:
    reason = {"StateChangeReason": {"Code": "BOOTSTRAP_FAILURE", "Message": message}} if message else {}
    return {"Cluster": {"Id": "j-1", "Status": {"State": state, **reason}, **({"LogUri": log} if log else {})}}


EC2_STATES = {
    "PENDING on a cluster that starts": (step("PENDING"), cluster("BOOTSTRAPPING"), State(Phase.WAITING, "PENDING, cluster BOOTSTRAPPING")),
    "PENDING on a cluster that has failed": (
        step("PENDING"),
        cluster("TERMINATED_WITH_ERRORS", "On the master instance, bootstrap action 1 returned a non-zero return code"),
        State(Phase.FAILED, "PENDING, cluster TERMINATED_WITH_ERRORS",
              "On the master instance, bootstrap action 1 returned a non-zero return code", "TERMINATED_WITH_ERRORS"),
    ),
    "RUNNING": (step("RUNNING"), None, State(Phase.RUNNING, "RUNNING")),
    "CANCEL_PENDING": (step("CANCEL_PENDING"), None, State(Phase.RUNNING, "CANCEL_PENDING")),
    "COMPLETED": (step("COMPLETED"), None, State(Phase.GOOD, "COMPLETED")),
    "INTERRUPTED": (step("INTERRUPTED"), None, State(Phase.FAILED, "INTERRUPTED")),
    "FAILED": (
        step("FAILED", FailureDetails={"Reason": "Unknown Error.", "Message": "Exit 1", "LogFile": "s3://logs/j-1/steps/s-1/stderr.gz"}),
        None,
        State(Phase.FAILED, "FAILED", "Unknown Error. Exit 1; log: s3://logs/j-1/steps/s-1/stderr.gz", "Unknown Error."),
    ),
    "FAILED, of which only the log is known": (
        step("FAILED", FailureDetails={"LogFile": "s3://logs/j-1/steps/s-1/stderr.gz"}),
        None,
        State(Phase.FAILED, "FAILED", "log: s3://logs/j-1/steps/s-1/stderr.gz"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", EC2_STATES)
def test_states_of_a_step(case: str, stub: StubAws, clients: Clients) -> None:
    told, of_cluster, expected = EC2_STATES[case]
    stub.answers |= {"DescribeStep": [told], "DescribeCluster": [of_cluster]}

    assert open_launcher("emr-ec2", clients).state(EC2) == expected


def other_step(action: str, ended_at: int, state: str = "FAILED", added_at: int = 1000) -> dict[str, Any]:
    status = {"State": state, "Timeline": {"CreationDateTime": added_at, "EndDateTime": ended_at}}
    return {"Id": "s-0", "Name": "Install spark-xacct", "ActionOnFailure": action, "Status": status}


ADDED_AT = 2000
CANCELLED = step("CANCELLED", StateChangeReason={"Message": "by ops"}, Timeline={"CreationDateTime": ADDED_AT})
CANCELLED_BY = "step s-0 Install spark-xacct, which was before it, failed"
WHY_CANCELLED = {
    "another failed meanwhile": (other_step("CANCEL_AND_WAIT", ADDED_AT + 5), CANCELLED_BY),
    "another failed, which ends the cluster": (other_step("TERMINATE_CLUSTER", ADDED_AT + 5), CANCELLED_BY),
    "another failed, and others go on": (other_step("CONTINUE", ADDED_AT + 5), "by ops"),
    "another failed before it was added": (other_step("CANCEL_AND_WAIT", ADDED_AT - 5), "by ops"),
    "another failed that was added later": (
        other_step("CANCEL_AND_WAIT", ADDED_AT + 9, added_at=ADDED_AT + 5),
        "by ops",
    ),
    "no other failed": (other_step("CANCEL_AND_WAIT", ADDED_AT + 5, "COMPLETED"), "by ops"),
}


@pytest.mark.parametrize("case", WHY_CANCELLED)
def test_a_step_is_cancelled_by_one_that_failed_before_it_or_by_somebody(
    case: str, stub: StubAws, clients: Clients
) -> None:
    other, expected = WHY_CANCELLED[case]
    stub.answers["DescribeStep"] = [CANCELLED]
    stub.answers["ListSteps"] = [{"Steps": [other]}]

    assert open_launcher("emr-ec2", clients).state(EC2) == State(Phase.CANCELLED, "CANCELLED", expected)


WAITING_CANCELLED = {
    "Id": "s-3",
    "Name": "x",
    "Status": {"State": "CANCELLED", "Timeline": {"EndDateTime": ADDED_AT - 9}},
}
# The newest page of steps -> how many pages are read. What failed stands on the second one.
LOOKED_THROUGH = {
    "one ran to its end before it was added": ([other_step("CONTINUE", ADDED_AT - 5, "COMPLETED")], 1, "by ops"),
    "one failed before it was added": ([other_step("CANCEL_AND_WAIT", ADDED_AT - 5)], 1, "by ops"),
    "one ended after it was added": ([other_step("CONTINUE", ADDED_AT + 1, "COMPLETED")], 2, CANCELLED_BY),
    "one was cancelled before it ran": ([WAITING_CANCELLED], 2, CANCELLED_BY),
}  # fmt: skip


@pytest.mark.parametrize("case", LOOKED_THROUGH)
def test_what_cancelled_a_step_is_looked_for_as_long_as_it_may_be_there(
    case: str, stub: StubAws, clients: Clients
) -> None:
    newest, pages, expected = LOOKED_THROUGH[case]
    stub.answers["DescribeStep"] = [CANCELLED]
    stub.answers["ListSteps"] = [
        {"Steps": newest, "Marker": "m"},
        {"Steps": [other_step("CANCEL_AND_WAIT", ADDED_AT + 5)]},
    ]

    assert open_launcher("emr-ec2", clients).state(EC2).reason == expected
    assert len(stub.bodies("ListSteps")) == pages


CLUSTER_MODE = ["spark-submit", "--deploy-mode", "cluster", "s3://own/job.py"]
STEP_LOG, CONTAINER_LOG = "s3://logs/emr/j-1/steps/s-1", "s3://logs/emr/j-1/containers"
CLIENTS_LOG = gzip.compress(b"INFO Submitted application application_1_0007\nINFO report for application_1_0007\n")
NOT_YET = (404, "NoSuchKey", "The specified key does not exist.")


def listed_logs(stub: StubAws, clients: Clients, arguments: list[str], client: Any) -> list[LogSource]:
    stub.answers |= {"DescribeStep": [step("RUNNING", arguments)], "DescribeCluster": [cluster("RUNNING")]}
    stub.answers["GET /logs/emr/j-1/steps/s-1/stderr.gz"] = [client]
    return list(open_launcher("emr-ec2", clients).logs(EC2))


def test_in_cluster_mode_the_log_is_that_of_the_application_master(stub: StubAws, clients: Clients) -> None:
    assert listed_logs(stub, clients, CLUSTER_MODE, CLIENTS_LOG) == [
        s3("stdout", f"{STEP_LOG}/stdout.gz", only_on_failure=True),
        s3("stderr", f"{STEP_LOG}/stderr.gz", only_on_failure=True),
        s3("stdout", f"{CONTAINER_LOG}/application_1_0007/container_*_000001/stdout.gz"),
        s3("stderr", f"{CONTAINER_LOG}/application_1_0007/container_*_000001/stderr.gz"),
    ]


def test_a_clients_log_that_breaks_off_is_for_a_later_time(
    stub: StubAws, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(self: Any) -> bytes:
        raise IncompleteReadError(actual_bytes=3, expected_bytes=9)

    monkeypatch.setattr("botocore.response.StreamingBody.read", cut)

    with pytest.raises(LaunchError) as raised:
        listed_logs(stub, clients, CLUSTER_MODE, CLIENTS_LOG)

    assert raised.value.is_transient
    assert str(raised.value) == (
        "the log in s3n://logs/emr/ could not be read to its end (3 read, but total bytes expected is 9.)"
    )


def test_until_the_client_has_told_its_application_there_is_only_its_own_log(stub: StubAws, clients: Clients) -> None:
    names = [source.address for source in listed_logs(stub, clients, CLUSTER_MODE, NOT_YET)]
    assert names == [f"{STEP_LOG}/stdout.gz", f"{STEP_LOG}/stderr.gz"]


CLIENT_MODE = {
    "said once": ["spark-submit", "--deploy-mode", "client", "x.py"],
    "said last, as by --parameter": ["spark-submit", "--deploy-mode", "cluster", "--deploy-mode", "client", "x.py"],
    "not said": ["spark-submit", "x.py"],
    "said by the program's own arguments only": ["spark-submit", "x.py", "--deploy-mode", "cluster"],
    "another command": ["bash", "-c", "x", "--deploy-mode", "cluster"],
}


@pytest.mark.parametrize("case", CLIENT_MODE)
def test_in_client_mode_the_log_is_that_of_the_step(case: str, stub: StubAws, clients: Clients) -> None:
    assert listed_logs(stub, clients, CLIENT_MODE[case], CLIENTS_LOG) == [
        s3("stdout", f"{STEP_LOG}/stdout.gz"),
        s3("stderr", f"{STEP_LOG}/stderr.gz"),
    ]


def test_a_cluster_without_a_log_folder_has_no_log(stub: StubAws, clients: Clients) -> None:
    stub.answers |= {"DescribeStep": [step("RUNNING")], "DescribeCluster": [cluster("RUNNING", log=None)]}

    assert open_launcher("emr-ec2", clients).logs(EC2) == []


def calls(*operations: tuple[str, dict[str, Any]]) -> list[Call]:
    return [Call("emr", operation, request) for operation, request in operations]


SUBMISSION = Submission("0123456789ab" + "0" * 20)
INSTALL = {"JobFlowId": "j-1", "Steps": [{"Name": "Install spark-xacct", "HadoopJarStep": {"Jar": "j", "Args": []}}]}
JOB = {
    "JobFlowId": "j-1",
    "Steps": [
        {"Name": "job [0123456789ab]", "HadoopJarStep": {"Jar": "j", "Args": ["s3://own/runs/0123456789ab/job.py"]}}
    ],
}
NEW = {"Name": "job [0123456789ab]", "Instances": {}, "Steps": JOB["Steps"]}


def test_a_step_that_was_not_added_names_what_was(stub: StubAws, clients: Clients) -> None:
    stub.answers["ListSteps"] = [{"Steps": []}]
    stub.answers["AddJobFlowSteps"] = [
        {"StepIds": ["s-0"]},
        (400, "ValidationException", "Maximum number of active steps exceeded"),
    ]

    with pytest.raises(LaunchError) as raised:
        open_launcher("emr-ec2", clients).submit(
            calls(("AddJobFlowSteps", INSTALL), ("AddJobFlowSteps", JOB)), SUBMISSION
        )

    assert str(raised.value) == (
        "AWS refused AddJobFlowSteps on cluster j-1 (ValidationException): Maximum number of active steps exceeded; step s-0 Install "
        "spark-xacct was added to cluster j-1; the same --token goes on from there"
    )


def stopped_by(number: int) -> Any:
    """An answer that comes after whoever asked was sent a signal."""

    def answer(body: Any) -> Any:
        os.kill(os.getpid(), number)
        time.sleep(0.3)
        return LOST

    return answer


CTRL_C, SIGTERM = stopped_by(signal.SIGINT), stopped_by(signal.SIGTERM)
NO_STEPS, NO_CLUSTERS = {"Steps": []}, {"Clusters": []}
NEW_ALONE = {"Name": "job [0123456789ab]", "Instances": {}}
# answers, calls -> exit code, text, whether the job may have been started
STOPPED: dict[str, tuple[dict[str, Any], list[Call], int, str, bool]] = {
    "while clusters are listed": (
        {"ListClusters": CTRL_C}, calls(("RunJobFlow", NEW)), 130,
        "submit was interrupted before it started anything", False,
    ),
    "while a cluster is created": (
        {"ListClusters": NO_CLUSTERS, "RunJobFlow": CTRL_C}, calls(("RunJobFlow", NEW)), 130,
        "submit was interrupted; cluster job [0123456789ab] may have been created", True,
    ),
    "while its steps are listed": (
        {"ListClusters": NO_CLUSTERS, "RunJobFlow": {"JobFlowId": "j-1"}, "ListSteps": SIGTERM}, calls(("RunJobFlow", NEW)), 143,
        "submit was interrupted; cluster j-1 was created with the job and stays until it has been idle for its time; the same --token goes on "
        "from there", False,
    ),
    "while a step is added to it": (
        {"ListClusters": NO_CLUSTERS, "RunJobFlow": {"JobFlowId": "j-1"}, "ListSteps": NO_STEPS, "AddJobFlowSteps": CTRL_C},
        calls(("RunJobFlow", NEW_ALONE), ("AddJobFlowSteps", JOB)), 130,
        "submit was interrupted; cluster j-1 was created and stays until it has been idle for its time; step job [0123456789ab] may have "
        "been added to cluster j-1", True,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", STOPPED)
def test_a_submit_that_is_stopped_names_what_it_made(
    case: str, stub: StubAws, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, asked, exit_code, expected, may_be_done = STOPPED[case]
    stub.answers |= {name: [answer] for name, answer in answers.items()}
    before = signal.getsignal(signal.SIGTERM)
    stopping.on_sigterm()

    try:
        # What is stopped without a word would end the test run as well.
        with pytest.raises((LaunchError, *stopping.STOPPED)) as raised:
            open_launcher("emr-ec2", clients).submit(asked, SUBMISSION)
    finally:
        signal.signal(signal.SIGTERM, before)

    assert isinstance(raised.value, LaunchError)
    assert (str(raised.value), raised.value.exit_code, raised.value.may_be_done) == (expected, exit_code, may_be_done)


TODAY = datetime(2026, 11, 28, tzinfo=timezone.utc)


def of_cluster(identity: str, state: str) -> dict[str, Any]:
    return {"Id": identity, "Name": NEW["Name"], "Status": {"State": state}}


def at(step: dict[str, Any], **ago: float) -> dict[str, Any]:
    """A listed step that was added so long ago."""
    timeline = {"CreationDateTime": (TODAY - timedelta(**ago)).timestamp()}
    return {**step, "Status": {"State": "COMPLETED", "Timeline": timeline}}


ADDED, INSTALLED = {"Id": "s-9", "Name": "job [0123456789ab]"}, {"Id": "s-1", "Name": "Install spark-xacct"}
LATER_CALLS = calls(("RunJobFlow", NEW_ALONE), ("AddJobFlowSteps", JOB))
# clusters of that name, steps of each -> the run, clusters made
CLUSTERS: dict[str, tuple[list[dict[str, Any]], dict[str, list[Any]], tuple[str, str], int]] = {
    "one that runs": ([of_cluster("j-1", "WAITING")], {}, ("j-1", "s-new"), 0),
    "one that has ended without the job": ([of_cluster("j-1", "TERMINATED")], {"j-1": [INSTALLED]}, ("j-new", "s-new"), 1),
    "one that is ending without the job": ([of_cluster("j-1", "TERMINATING")], {}, ("j-new", "s-new"), 1),
    "one that has failed before the job": ([of_cluster("j-1", "TERMINATED_WITH_ERRORS")], {}, ("j-new", "s-new"), 1),
    "one that has ended with the job": ([of_cluster("j-1", "TERMINATED")], {"j-1": [ADDED]}, ("j-1", "s-9"), 0),
    "one that is ending with the job": ([of_cluster("j-1", "TERMINATING")], {"j-1": [ADDED]}, ("j-1", "s-9"), 0),
    "one that has ended, and its successor": (
        [of_cluster("j-1", "TERMINATED"), of_cluster("j-2", "WAITING")], {}, ("j-2", "s-new"), 0,
    ),
    "one that has ended with the job, and another": (
        [of_cluster("j-2", "WAITING"), of_cluster("j-1", "TERMINATED")], {"j-1": [ADDED]}, ("j-1", "s-9"), 0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CLUSTERS)
def test_a_job_is_added_to_no_cluster_that_has_ended_and_never_twice(
    case: str, stub: StubAws, clients: Clients
) -> None:
    there, steps, expected, made = CLUSTERS[case]
    stub.answers |= {
        "ListClusters": [{"Clusters": there}],
        "ListSteps": [lambda body: {"Steps": steps.get(body["ClusterId"], [])}],
        "RunJobFlow": [{"JobFlowId": "j-new"}],
        "AddJobFlowSteps": [{"StepIds": ["s-new"]}],
    }

    run = EmrEc2(clients, lambda: TODAY).submit(LATER_CALLS, SUBMISSION)

    assert (run.on, run.id) == expected
    assert len(stub.bodies("RunJobFlow")) == made
    assert [body["JobFlowId"] for body in stub.bodies("AddJobFlowSteps")] == ([run.on] if run.id == "s-new" else [])


def test_a_cluster_whose_answer_was_lost_is_not_one_that_had_ended_before(stub: StubAws, clients: Clients) -> None:
    ended, failed = of_cluster("j-1", "TERMINATED"), of_cluster("j-2", "TERMINATED_WITH_ERRORS")
    stub.answers |= {
        "ListClusters": [{"Clusters": [ended]}, {"Clusters": [ended, failed]}],
        "ListSteps": [NO_STEPS, {"Steps": [ADDED]}],
        "RunJobFlow": [LOST],
    }

    run = EmrEc2(clients, lambda: TODAY, lambda seconds: None).submit(calls(("RunJobFlow", NEW)), SUBMISSION)

    assert (run.on, run.id) == ("j-2", "s-9"), "one that failed at once has the job as well"
    assert len(stub.bodies("RunJobFlow")) == 1


# The newest page of steps -> how many pages are read
PAGES: dict[str, tuple[list[dict[str, Any]], int]] = {
    "the job is on it": ([at(ADDED, days=1)], 1),
    "it ends within the days of a token": ([at(INSTALLED, days=6)], 2),
    "it reaches further back": ([at(INSTALLED, days=6), at(INSTALLED, days=8)], 1),
}


@pytest.mark.parametrize("case", PAGES)
def test_steps_are_looked_through_as_far_as_a_token_reaches(case: str, stub: StubAws, clients: Clients) -> None:
    newest, pages = PAGES[case]
    stub.answers |= {
        "ListSteps": [{"Steps": newest, "Marker": "m"}, {"Steps": [at(ADDED, days=6, hours=1)]}],
        "AddJobFlowSteps": [{"StepIds": ["s-new"]}],
    }

    run = EmrEc2(clients, lambda: TODAY).submit(calls(("AddJobFlowSteps", JOB)), SUBMISSION)

    assert len(stub.bodies("ListSteps")) == pages
    assert run.id == ("s-new" if case == "it reaches further back" else "s-9")


def test_a_cluster_that_was_made_before_is_found_on_a_later_page(stub: StubAws, clients: Clients) -> None:
    other = {"Id": "j-0", "Name": "other"}
    stub.answers["ListClusters"] = [
        {"Clusters": [other], "Marker": "m"},
        {"Clusters": [{"Id": "j-9", "Name": NEW["Name"]}]},
    ]
    stub.answers["ListSteps"] = [{"Steps": [{"Id": "s-9", "Name": "job [0123456789ab]"}]}]
    launcher = EmrEc2(clients, lambda: datetime(2026, 11, 28, tzinfo=timezone.utc))

    run = launcher.submit(calls(("RunJobFlow", NEW)), SUBMISSION)

    assert run == Run("emr-ec2", "s-9", "j-9", "0123456789ab", ("s3://own/runs/0123456789ab/job.py",))
    assert [name for name, _ in stub.asked] == ["ListClusters", "ListClusters", "ListSteps"]
    assert stub.bodies("ListClusters")[0]["CreatedAfter"] == datetime(2026, 11, 21, tzinfo=timezone.utc).timestamp()


NOTHING: dict[str, Any] = {"Steps": []}
THERE = {"Steps": [{"Id": "s-9", "Name": "job [0123456789ab]"}]}
OLD_INSTALL = {"Id": "s-1", "Name": "Install spark-xacct"}
NO_CLUSTER: dict[str, Any] = {"Clusters": []}
# answers, calls -> what was asked
LOST_ANSWERS: dict[str, tuple[dict[str, list[Any]], list[Call], list[str]]] = {
    "of a step that was added": (
        {"AddJobFlowSteps": [LOST, {"StepIds": ["s-2"]}], "ListSteps": [NOTHING, THERE]},
        calls(("AddJobFlowSteps", JOB)),
        ["ListSteps", "AddJobFlowSteps", "ListSteps"],
    ),
    "of a step that was not": (
        {"AddJobFlowSteps": [LOST, {"StepIds": ["s-9"]}], "ListSteps": [NOTHING]},
        calls(("AddJobFlowSteps", JOB)),
        ["ListSteps", "AddJobFlowSteps", "ListSteps", "AddJobFlowSteps"],
    ),
    "of a step that installs, as one did before": (
        {
            "AddJobFlowSteps": [LOST, {"StepIds": ["s-9"]}],
            "ListSteps": [{"Steps": [OLD_INSTALL]}, {"Steps": [{**OLD_INSTALL, "Id": "s-2"}, OLD_INSTALL]}],
        },
        calls(("AddJobFlowSteps", INSTALL), ("AddJobFlowSteps", JOB)),
        ["ListSteps", "AddJobFlowSteps", "ListSteps", "AddJobFlowSteps"],
    ),
    "of a cluster that was made": (
        {
            "RunJobFlow": [LOST, {"JobFlowId": "j-2"}],
            "ListClusters": [NO_CLUSTER, {"Clusters": [{"Id": "j-1", "Name": NEW["Name"]}]}],
            "ListSteps": [THERE],
        },
        calls(("RunJobFlow", NEW)),
        ["ListClusters", "RunJobFlow", "ListClusters", "ListSteps"],
    ),
}


@pytest.mark.parametrize("case", LOST_ANSWERS)
def test_a_lost_answer_is_looked_for_before_anything_is_made_again(case: str, stub: StubAws, clients: Clients) -> None:
    answers, asked, expected = LOST_ANSWERS[case]
    stub.answers |= {name: list(script) for name, script in answers.items()}
    slept: list[float] = []

    run = EmrEc2(clients, sleep=slept.append).submit(asked, SUBMISSION)

    assert (run.on, run.id) == ("j-1", "s-9")
    assert [name for name, _ in stub.asked] == expected
    assert slept == [2.0]


def test_a_step_whose_answers_are_all_lost_is_given_up_after_a_while(stub: StubAws, clients: Clients) -> None:
    stub.answers |= {"ListSteps": [NOTHING], "AddJobFlowSteps": [LOST]}
    slept: list[float] = []

    with pytest.raises(LaunchError) as raised:
        EmrEc2(clients, sleep=slept.append).submit(calls(("AddJobFlowSteps", JOB)), SUBMISSION)

    assert (raised.value.is_transient, raised.value.may_be_done) == (True, True)
    assert str(raised.value).endswith("; step job [0123456789ab] may have been added to cluster j-1")
    assert (slept, len(stub.bodies("AddJobFlowSteps"))) == ([2.0, 4.0, 8.0], 4)


# Cancelling, finding, actions

CANCELS: dict[str, tuple[Run, str, Any]] = {
    "emr-eks": (EKS, "emr-containers:CancelJobRun", {"id": "01", "virtualClusterId": "vc1"}),
    "emr-serverless": (SERVERLESS, "emr-serverless:CancelJobRun", {"applicationId": "app1", "jobRunId": "00f1"}),
    "emr-ec2": (EC2, "CancelSteps", {"CancelStepsInfoList": [{"StepId": "s-1", "Status": "SUBMITTED"}]}),
}


@pytest.mark.parametrize("target", CANCELS)
def test_cancelling_asks_for_the_one_job(target: str, stub: StubAws, clients: Clients) -> None:
    run, operation, answer = CANCELS[target]
    stub.answers[operation] = [answer]

    open_launcher(target, clients).cancel(run)

    (asked,) = stub.bodies(operation)
    assert str(run.on) in str(asked)
    assert run.id in str(asked)


def test_a_step_that_is_not_cancelled_says_why(stub: StubAws, clients: Clients) -> None:
    told = {"StepId": "s-1", "Status": "FAILED", "Reason": "The step has already finished"}
    stub.answers["CancelSteps"] = [{"CancelStepsInfoList": [told]}]

    with pytest.raises(LaunchError) as raised:
        open_launcher("emr-ec2", clients).cancel(EC2)

    assert str(raised.value) == "step s-1 of cluster j-1 is not cancelled: The step has already finished"


PROGRAM, OTHER = "s3://own/x/runs/0123456789ab/job.py", "s3://own/jobs/job.py"
TAGS = {"spark-xacct-run": "0123456789ab"}
FOUND: dict[str, tuple[Run, str, dict[str, Any]]] = {
    "emr-eks": (EKS, "emr-containers:DescribeJobRun", {"jobRun": {"tags": TAGS, "jobDriver": {"sparkSubmitJobDriver": {"entryPoint": "URI"}}}}),
    "emr-serverless": (SERVERLESS, "emr-serverless:GetJobRun", job_run(tags=TAGS, state="RUNNING", jobDriver={"sparkSubmit": {"entryPoint": "URI"}})),
    "emr-ec2": (EC2, "DescribeStep", step("RUNNING", ["spark-submit", "URI"])),
}  # fmt: skip


@pytest.mark.parametrize("program", [PROGRAM, OTHER])
@pytest.mark.parametrize("target", FOUND)
def test_a_run_that_is_known_by_its_id_tells_the_rest(
    target: str, program: str, stub: StubAws, clients: Clients
) -> None:
    run, operation, told = FOUND[target]
    stub.answers[operation] = [_with_uri(told, program)]

    found = open_launcher(target, clients).find(run)

    private = (PROGRAM,) if program == PROGRAM else ()
    assert found == Run(run.target, run.id, run.on, "0123456789ab", private), (
        "only what was staged for this run is private"
    )


def _with_uri(value: Any, uri: str) -> Any:
    if isinstance(value, dict):
        return {name: _with_uri(member, uri) for name, member in value.items()}
    if isinstance(value, list):
        return [_with_uri(member, uri) for member in value]
    return uri if value == "URI" else value


ACTIONS = {
    ("emr-eks", "vc1"): ("emr-containers:StartJobRun", "emr-containers:TagResource", "emr-containers:DescribeJobRun", "emr-containers:CancelJobRun"),
    ("emr-serverless", "app1"): ("emr-serverless:StartJobRun", "emr-serverless:TagResource", "emr-serverless:GetJobRun", "emr-serverless:CancelJobRun", "iam:PassRole"),
    ("emr-ec2", "j-1"): tuple(f"elasticmapreduce:{name}" for name in ("ListSteps", "AddJobFlowSteps", "DescribeStep", "DescribeCluster", "CancelSteps")),
    ("emr-ec2", None): (
        *(f"elasticmapreduce:{name}" for name in ("RunJobFlow", "AddTags", "PutAutoTerminationPolicy", "ListClusters", "ListSteps", "AddJobFlowSteps", "DescribeStep", "DescribeCluster", "CancelSteps")),
        "iam:PassRole",
    ),
    ("spark-submit", None): (),
}  # fmt: skip


@pytest.mark.parametrize(("target", "on"), ACTIONS)
def test_the_actions_that_a_launcher_needs(target: str, on: str | None, clients: Clients) -> None:
    assert open_launcher(target, clients).actions(Job(on=on)) == ACTIONS[target, on]


ENDED = {
    "good": (State(Phase.GOOD, "X", "", 0), 0, 0),
    "failed with a code of its own": (State(Phase.FAILED, "X", "", 7), 1, 7),
    "failed with a word": (State(Phase.FAILED, "X", "", "USER_ERROR"), 1, 1),
    "failed without a code": (State(Phase.FAILED, "LOST"), 1, 1),
    "cancelled": (State(Phase.CANCELLED, "X", "", 143), 1, 1),
}


@pytest.mark.parametrize("case", ENDED)
def test_what_whoever_waited_exits_with(case: str, clients: Clients) -> None:
    state, elsewhere, here = ENDED[case]
    found = {name: open_launcher(name, clients).exit_code(state) for name in names()}
    assert found == {"emr-ec2": elsewhere, "emr-eks": elsewhere, "emr-serverless": elsewhere, "spark-submit": here}


def test_which_launchers_ask_nobody_of_aws(clients: Clients) -> None:
    expected = {"emr-ec2": False, "emr-eks": False, "emr-serverless": False, "spark-submit": True}
    assert {name: open_launcher(name, clients).is_local for name in names()} == expected
    assert {name: is_local(name) for name in names()} == expected, "before there are clients, too"


def test_what_run_is_in_session_names(clients: Clients) -> None:
    runs = {
        run.target: open_launcher(run.target, clients).session_run(run)
        for run in (EKS, Run("emr-ec2", "s-1", "j-1", "aabb"))
    }
    assert runs == {"emr-eks": "spark-01", "emr-ec2": "aabb"}
