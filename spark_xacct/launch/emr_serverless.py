"""Job runs of EMR Serverless: https://docs.aws.amazon.com/emr-serverless/latest/APIReference/"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from spark_xacct.launch import job_runs
from spark_xacct.launch.launcher import Call, Submission, register
from spark_xacct.launch.run import LogSource, Phase, Run, State
from spark_xacct.targets import Job, Rendered

NAME = SERVICE = "emr-serverless"
# https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/logging.html
LOG_GROUP = "/aws/emr-serverless"
PHASES = {
    "SUBMITTED": Phase.WAITING,
    "PENDING": Phase.WAITING,
    "QUEUED": Phase.WAITING,
    "SCHEDULED": Phase.WAITING,
    "RUNNING": Phase.RUNNING,
    "CANCELLING": Phase.RUNNING,
    "SUCCESS": Phase.GOOD,
    "FAILED": Phase.FAILED,
    "CANCELLED": Phase.CANCELLED,
}


class EmrServerless(job_runs.JobRuns):
    target = NAME
    names_run = True

    def calls(self, rendered: Rendered, submission: Submission) -> Sequence[Call]:
        watched = {"cloudWatchLoggingConfiguration": {"enabled": True, "logGroupName": submission.log_group}}
        return [Call(SERVICE, "StartJobRun", job_runs.request(rendered, submission, watched))]

    def submit(self, calls: Sequence[Call], submission: Submission) -> Run:
        (call,) = calls
        on = call.request["applicationId"]
        answer = self._clients.ask(SERVICE, "start_job_run", f"application {on}", **call.request)
        private = job_runs.private_of(submission.run, [call.request["jobDriver"]["sparkSubmit"]["entryPoint"]])
        return Run(NAME, answer["jobRunId"], on, submission.run, private)

    def find(self, run: Run) -> Run:
        described = self._described(run)
        return job_runs.found(
            run, described, described.get("jobDriver", {}).get("sparkSubmit", {}).get("entryPoint", "")
        )

    def state(self, run: Run) -> State:
        described = self._described(run)
        # The word of the state is what the service says where there is nothing to say.
        details = described.get("stateDetails", "")
        return job_runs.state(PHASES, described["state"], None if details == described["state"] else details)

    def cancel(self, run: Run) -> None:
        self._clients.ask(SERVICE, "cancel_job_run", _about(run), applicationId=run.on, jobRunId=run.id)

    def session_run(self, run: Run) -> str | None:
        return run.run

    def actions(self, job: Job) -> tuple[str, ...]:
        operations = ("StartJobRun", "TagResource", "GetJobRun", "CancelJobRun")
        return (*(f"{SERVICE}:{operation}" for operation in operations), "iam:PassRole")

    def _described(self, run: Run) -> dict[str, Any]:
        answer = self._clients.ask(SERVICE, "get_job_run", _about(run), applicationId=run.on, jobRunId=run.id)
        return dict(answer["jobRun"])

    def _sources(self, run: Run, described: Mapping[str, Any]) -> list[LogSource]:
        told = job_runs.monitoring(described)
        driver = f"applications/{run.on}/jobs/{run.id}/SPARK_DRIVER"
        watched = told.get("cloudWatchLoggingConfiguration", {})
        if watched.get("enabled"):
            prefix = watched.get("logStreamNamePrefix")
            group = watched.get("logGroupName", LOG_GROUP)
            return job_runs.streams(group, f"{prefix}/{driver}" if prefix else driver)
        folder = told.get("s3MonitoringConfiguration", {}).get("logUri")
        if not folder:
            return []
        sources = job_runs.s3_logs(folder, driver)
        if _has_attempts(described):
            # https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/jobs-resiliency.html
            sources += job_runs.s3_logs(folder, f"applications/{run.on}/jobs/{run.id}/attempts/*/SPARK_DRIVER")
        return sources


def _has_attempts(described: Mapping[str, Any]) -> bool:
    return described.get("mode") == "STREAMING" or described.get("retryPolicy", {}).get("maxAttempts", 1) > 1


def _about(run: Run) -> str:
    return f"job run {run.id} of application {run.on}"


register(NAME, EmrServerless)
