"""Steps of Amazon EMR on EC2, on a new cluster or a running one: https://docs.aws.amazon.com/emr/latest/APIReference/

Its API has no client token: clusters and steps are looked for by a name that ends in the run id before one is made. Two submits
of one token at the very same time can still make two.
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from spark_xacct.launch import job_runs
from spark_xacct.launch.aws_errors import LaunchError
from spark_xacct.launch.clients import Clients
from spark_xacct.launch.launcher import RUN_TAG, Call, Submission, register
from spark_xacct.launch.logs import bucket_and_prefix, read_object, s3_address, unpacked
from spark_xacct.launch.run import LogSource, Phase, Run, State
from spark_xacct.targets import Job, Rendered

NAME = "emr-ec2"
SERVICE = "emr"
# Listings name every cluster of two months; a token is not used for so long.
CLUSTERS_SINCE = timedelta(days=7)
PHASES = {
    "PENDING": Phase.WAITING,
    "RUNNING": Phase.RUNNING,
    "CANCEL_PENDING": Phase.RUNNING,
    "COMPLETED": Phase.GOOD,
    "FAILED": Phase.FAILED,
    "INTERRUPTED": Phase.FAILED,
    "CANCELLED": Phase.CANCELLED,
}
# Stands for the id of a cluster that is yet to be made.
LATER = "(the new cluster)"
_ENDED_CLUSTERS = ("TERMINATED", "TERMINATED_WITH_ERRORS")
_NAME_CHARACTERS = 256
# How long to wait before looking whether a request whose answer was lost has been carried out, each time.
LOOK_SECONDS = (2.0, 4.0, 8.0)
_NAMED = re.compile(r" \[([0-9a-f]{12})\]\Z")
_APPLICATION = re.compile(rb"\bapplication_[0-9]+_[0-9]+\b")


class EmrEc2:
    target = NAME
    is_local = False
    names_run = True
    takes_log_group = False
    longest_delay_seconds = 30.0
    # Logs go to S3 every five minutes: https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-manage-view-web-log-files.html
    log_delay_seconds = 330.0

    def __init__(
        self,
        clients: Clients,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        sleep: Callable[[float], None] = lambda seconds: time.sleep(seconds),
    ) -> None:
        self._clients = clients
        self._now = now
        self._sleep = sleep
        self._folders: dict[str, str | None] = {}
        self._applications: dict[str, list[str]] = {}

    def calls(self, rendered: Rendered, submission: Submission) -> Sequence[Call]:
        told, run = rendered.content, submission.run
        step = told["step"]["Name"]
        found = []
        if "create_cluster" in told:
            request = _with_named_step(told["create_cluster"], step, run)
            tags = [*request.get("Tags", ()), {"Key": RUN_TAG, "Value": run}]
            found.append(Call(SERVICE, "RunJobFlow", {**request, "Name": _named(request["Name"], run), "Tags": tags}))
            if any(one["Name"] == _named(step, run) for one in request.get("Steps", ())):
                return found
        if "add_install" in told:
            found.append(Call(SERVICE, "AddJobFlowSteps", told["add_install"]))
        add = _with_named_step(told["add_steps"], step, run)
        found.append(
            Call(
                SERVICE,
                "AddJobFlowSteps",
                {**add, "JobFlowId": LATER} if found and found[0].operation == "RunJobFlow" else add,
            )
        )
        return found

    def submit(self, calls: Sequence[Call], submission: Submission) -> Run:
        job = next(
            one for call in calls for one in call.request.get("Steps", ()) if _run_in(one["Name"]) == submission.run
        )
        first, later = calls[0].request, list(calls)
        made = []
        if calls[0].operation == "RunJobFlow":
            cluster, is_new = self._cluster(first)
            made += [f"cluster {cluster} was created and stays until it has been idle for its time"] if is_new else []
            later = later[1:]
        else:
            cluster = str(first["JobFlowId"])
        try:
            there = self._steps(cluster)
            step = _step_named(there, job["Name"])
            earlier = {str(one["Id"]) for one in there}
            for call in later if step is None else ():
                step = self._added(cluster, {**call.request, "JobFlowId": cluster}, earlier)
                made.append(f"step {step} {call.request['Steps'][0]['Name']} was added")
        except LaunchError as error:
            if not made:
                raise
            told = f"{error}; {'; '.join(made)}; the same --token goes on from there"
            raise LaunchError(told, error.exit_code, is_transient=error.is_transient) from error
        if step is None:
            raise LaunchError(
                f"cluster {cluster} was created, and {job['Name']} is not among its steps; the same --token looks again"
            )
        private = job_runs.private_of(submission.run, job["HadoopJarStep"]["Args"])
        return Run(NAME, step, cluster, submission.run, private)

    def find(self, run: Run) -> Run:
        described = self._described(run)
        label = _run_in(described["Name"])
        return Run(NAME, run.id, run.on, label, job_runs.private_of(label, list(described["Config"].get("Args", ()))))

    def state(self, run: Run) -> State:
        described = self._described(run)["Status"]
        word = described["State"]
        failure = described.get("FailureDetails", {})
        change = described.get("StateChangeReason", {})
        reason = " ".join(filter(None, (failure.get("Reason"), failure.get("Message")))) or change.get("Message")
        if failure.get("LogFile"):
            reason = f"{reason}; log: {failure['LogFile']}"
        if word == "PENDING":
            return self._while_pending(run)
        if word == "CANCELLED":
            reason = self._why_cancelled(run) or reason
        return job_runs.state(PHASES, word, reason, failure.get("Reason") or change.get("Code"))

    def logs(self, run: Run) -> Sequence[LogSource]:
        described = self._described(run)
        folder = described.get("LogUri") or self._log_folder(run)
        if not folder:
            return []
        step = f"{run.on}/steps/{run.id}"
        is_cluster_mode = _follows(described["Config"].get("Args", ()), "--deploy-mode", "cluster")
        sources = [LogSource("stdout", "s3", s3_address(folder, step, "stdout.gz"), only_on_failure=is_cluster_mode)]
        sources.append(
            LogSource("stderr", "s3", s3_address(folder, step, "stderr.gz"), only_on_failure=is_cluster_mode)
        )
        for application in self._applications_of(run, folder) if is_cluster_mode else ():
            # The first container of an attempt is the application master, which is the driver.
            path = f"{run.on}/containers/{application}/container_*_000001"
            sources += job_runs.s3_logs(folder, path)
        return sources

    def cancel(self, run: Run) -> None:
        answer = self._clients.ask(SERVICE, "cancel_steps", _about(run), ClusterId=run.on, StepIds=[run.id])
        for told in answer.get("CancelStepsInfoList", ()):
            if told.get("Status") == "FAILED":
                raise LaunchError(f"{_about(run)} is not cancelled: {told.get('Reason', 'no reason given')}")

    def exit_code(self, state: State) -> int:
        return job_runs.exit_code(state)

    def session_run(self, run: Run) -> str | None:
        return run.run

    def actions(self, job: Job) -> tuple[str, ...]:
        operations = ["ListSteps", "AddJobFlowSteps", "DescribeStep", "DescribeCluster", "CancelSteps"]
        if job.on is None:
            operations = ["RunJobFlow", "AddTags", "ListClusters", *operations]
        found = tuple(f"elasticmapreduce:{operation}" for operation in operations)
        return (*found, "iam:PassRole") if job.on is None else found

    def _cluster(self, request: Mapping[str, Any]) -> tuple[str, bool]:
        found = self._cluster_named(request["Name"])
        if found is not None:
            return found, False
        return self._made(
            lambda: str(self._clients.ask_once(SERVICE, "run_job_flow", "a new cluster", **request)["JobFlowId"]),
            lambda: self._cluster_named(request["Name"]),
        ), True

    def _cluster_named(self, name: str) -> str | None:
        since = self._now() - CLUSTERS_SINCE
        pages = self._clients.pages(SERVICE, "list_clusters", "clusters", CreatedAfter=since)
        return next((str(one["Id"]) for page in pages for one in page["Clusters"] if one["Name"] == name), None)

    def _added(self, cluster: str, request: Mapping[str, Any], earlier: Collection[str]) -> str:
        """``earlier``: the steps that were there before; one that installs the jar has the same name each time."""
        about = f"cluster {cluster}"
        return self._made(
            lambda: str(self._clients.ask_once(SERVICE, "add_job_flow_steps", about, **request)["StepIds"][-1]),
            lambda: _step_named(self._steps(cluster), request["Steps"][-1]["Name"], earlier),
        )

    def _made(self, make: Callable[[], str], look: Callable[[], str | None]) -> str:
        """What is made once: where the answer was lost it is looked for before it is asked for again."""
        for seconds in LOOK_SECONDS:
            try:
                return make()
            except LaunchError as error:
                if not error.is_transient:
                    raise
            self._sleep(seconds)
            found = look()
            if found is not None:
                return found
        return make()

    def _steps(self, cluster: str) -> list[dict[str, Any]]:
        pages = self._clients.pages(SERVICE, "list_steps", f"cluster {cluster}", ClusterId=cluster)
        return [one for page in pages for one in page["Steps"]]

    def _while_pending(self, run: Run) -> State:
        """A step waits for its cluster, and for ever where that has ended."""
        status = self._described_cluster(run)["Status"]
        reason = status.get("StateChangeReason", {}).get("Message")
        if status["State"] in _ENDED_CLUSTERS:
            return State(Phase.FAILED, f"PENDING, cluster {status['State']}", reason or "", status["State"])
        return State(Phase.WAITING, f"PENDING, cluster {status['State']}", "")

    def _why_cancelled(self, run: Run) -> str | None:
        """The step whose failure cancelled all that waited behind it, where there was one."""
        steps = self._steps(str(run.on))
        added = next((_time_of(one, "CreationDateTime") for one in steps if one["Id"] == run.id), None)
        for one in steps:
            ended = _time_of(one, "EndDateTime")
            is_since = added is None or ended is None or ended >= added
            if one["Status"]["State"] == "FAILED" and one.get("ActionOnFailure") != "CONTINUE" and is_since:
                return f"step {one['Id']} {one['Name']}, which was before it, failed"
        return None

    def _applications_of(self, run: Run, folder: str) -> list[str]:
        """YARN's applications of a step, as its client tells."""
        if run.id not in self._applications:
            bucket, key = bucket_and_prefix(s3_address(folder, str(run.on), "steps", run.id, "stderr.gz"))
            content = read_object(self._clients, f"the log in {folder}", bucket, key)
            found = _APPLICATION.findall(unpacked(content or b""))
            if not found:
                return []
            self._applications[run.id] = sorted({one.decode("ascii") for one in found})
        return self._applications[run.id]

    def _log_folder(self, run: Run) -> str | None:
        if str(run.on) not in self._folders:
            self._folders[str(run.on)] = self._described_cluster(run).get("LogUri")
        return self._folders[str(run.on)]

    def _described(self, run: Run) -> dict[str, Any]:
        answer = self._clients.ask(SERVICE, "describe_step", _about(run), ClusterId=run.on, StepId=run.id)
        return dict(answer["Step"])

    def _described_cluster(self, run: Run) -> dict[str, Any]:
        return dict(self._clients.ask(SERVICE, "describe_cluster", f"cluster {run.on}", ClusterId=run.on)["Cluster"])


def _named(name: str, run: str) -> str:
    mark = f" [{run}]"
    return name[: _NAME_CHARACTERS - len(mark)] + mark


def _step_named(steps: Sequence[Mapping[str, Any]], name: str, earlier: Collection[str] = ()) -> str | None:
    return next((str(one["Id"]) for one in steps if one["Name"] == name and one["Id"] not in earlier), None)


def _run_in(name: str) -> str | None:
    found = _NAMED.search(name)
    return found[1] if found else None


def _with_named_step(request: Mapping[str, Any], step: str, run: str) -> dict[str, Any]:
    if "Steps" not in request:
        return dict(request)
    steps = [{**one, "Name": _named(step, run)} if one["Name"] == step else one for one in request["Steps"]]
    return {**request, "Steps": steps}


def _time_of(step: Mapping[str, Any], name: str) -> Any:
    return step["Status"].get("Timeline", {}).get(name)


def _follows(arguments: Sequence[str], option: str, value: str) -> bool:
    return (option, value) in itertools.pairwise(arguments) or f"{option}={value}" in arguments


def _about(run: Run) -> str:
    return f"step {run.id} of cluster {run.on}"


register(NAME, EmrEc2)
