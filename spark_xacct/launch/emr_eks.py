"""Job runs of EMR on EKS: https://docs.aws.amazon.com/emr-on-eks/latest/APIReference/"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from spark_xacct.launch import job_runs
from spark_xacct.launch.launcher import Call, Submission, register
from spark_xacct.launch.run import LogSource, Phase, Run, State
from spark_xacct.targets import Job, Rendered

NAME = "emr-eks"
SERVICE = "emr-containers"
PHASES = {
    "PENDING": Phase.WAITING,
    "SUBMITTED": Phase.WAITING,
    "RUNNING": Phase.RUNNING,
    "CANCEL_PENDING": Phase.RUNNING,
    "COMPLETED": Phase.GOOD,
    "FAILED": Phase.FAILED,
    "CANCELLED": Phase.CANCELLED,
}


class EmrEks(job_runs.JobRuns):
    target = NAME
    # Spark's application is "spark-" and the id of the job run there, and {run} is Spark's application on Kubernetes.
    names_run = False

    def calls(self, rendered: Rendered, submission: Submission) -> Sequence[Call]:
        watched = {"cloudWatchMonitoringConfiguration": {"logGroupName": submission.log_group}}
        return [Call(SERVICE, "StartJobRun", job_runs.request(rendered, submission, watched))]

    def submit(self, calls: Sequence[Call], submission: Submission) -> Run:
        (call,) = calls
        on = call.request["virtualClusterId"]
        answer = self._clients.ask(SERVICE, "start_job_run", f"virtual cluster {on}", **call.request)
        driver = call.request["jobDriver"]["sparkSubmitJobDriver"]
        private = job_runs.private_of(submission.run, [driver["entryPoint"]])
        return Run(NAME, answer["id"], on, submission.run, private)

    def find(self, run: Run) -> Run:
        described = self._described(run)
        entry_point = described.get("jobDriver", {}).get("sparkSubmitJobDriver", {}).get("entryPoint", "")
        return job_runs.found(run, described, entry_point)

    def state(self, run: Run) -> State:
        described = self._described(run)
        code = described.get("failureReason")
        reason = described.get("stateDetails") if described["state"] in ("FAILED", "CANCELLED") else None
        return job_runs.state(PHASES, described["state"], reason or code, code)

    def cancel(self, run: Run) -> None:
        self._clients.ask(SERVICE, "cancel_job_run", _about(run), id=run.id, virtualClusterId=run.on)

    def session_run(self, run: Run) -> str | None:
        return f"spark-{run.id}"

    def actions(self, job: Job) -> tuple[str, ...]:
        operations = ("StartJobRun", "TagResource", "DescribeJobRun", "CancelJobRun")
        return tuple(f"{SERVICE}:{operation}" for operation in operations)

    def _described(self, run: Run) -> dict[str, Any]:
        answer = self._clients.ask(SERVICE, "describe_job_run", _about(run), id=run.id, virtualClusterId=run.on)
        return dict(answer["jobRun"])

    def _sources(self, run: Run, described: Mapping[str, Any]) -> list[LogSource]:
        told = job_runs.monitoring(described)
        # https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/emr-eks-jobs-s3.html
        containers = f"{run.on}/jobs/{run.id}/containers"
        driver = f"{containers}/spark-*/spark-*-driver"
        watched = told.get("cloudWatchMonitoringConfiguration", {})
        if watched.get("logGroupName"):
            prefix = watched.get("logStreamNamePrefix")
            return job_runs.streams(watched["logGroupName"], f"{prefix}/{driver}" if prefix else driver)
        folder = told.get("s3MonitoringConfiguration", {}).get("logUri")
        if not folder:
            return []
        return [
            *job_runs.s3_logs(folder, driver),
            *job_runs.s3_logs(folder, f"{containers}/{run.id}-*", only_on_failure=True),
        ]


def _about(run: Run) -> str:
    return f"job run {run.id} of virtual cluster {run.on}"


register(NAME, EmrEks)
