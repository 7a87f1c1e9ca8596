"""Steps of Amazon EMR on EC2, on a new cluster or a running one: https://docs.aws.amazon.com/emr/latest/APIReference/

Its API has no client token: clusters and steps are looked for by a name that ends in the run id before one is made. Two submits
of one token at the very same time can still make two.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import takewhile
from typing import Any

from spark_xacct.launch import job_runs, stopping
from spark_xacct.launch.aws_errors import LaunchError
from spark_xacct.launch.clients import Clients
from spark_xacct.launch.launcher import RUN_TAG, Call, Submission, register
from spark_xacct.launch.logs import bucket_and_prefix, read_object, s3_address, unpacked
from spark_xacct.launch.run import LogSource, Phase, Run, State
from spark_xacct.targets import Job, Rendered, submit_command

NAME = "emr-ec2"
SERVICE = "emr"
# Listings name every cluster of two months and every step of a cluster; a token is not used for so long.
LOOKS_BACK = timedelta(days=7)
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
# They take no step: https://docs.aws.amazon.com/emr/latest/APIReference/API_AddJobFlowSteps.html
_CLOSED_CLUSTERS = ("TERMINATING", *_ENDED_CLUSTERS)
_NAME_CHARACTERS = 256
# How long to wait before looking whether a request whose answer was lost has been carried out, each time.
LOOK_SECONDS = (2.0, 4.0, 8.0)
_NAMED = re.compile(r" \[([0-9a-f]{12})\]\Z")
_APPLICATION = re.compile(rb"\bapplication_[0-9]+_[0-9]+\b")


@dataclass
class _Progress:
    """How far a submit has come, for whoever is told that it went no further. ``asked``: what may be there, without an answer."""

    done: list[str] = field(default_factory=list)
    asked: str | None = None

    @contextmanager
    def asking(self, what: str) -> Iterator[None]:
        self.asked = what
        try:
            yield
        except LaunchError as error:
            if not error.is_transient:
                self.asked = None
            raise

    @property
    def way_on(self) -> str:
        """Nothing where an answer is missing: that is said of every platform alike."""
        return "; the same --token goes on from there" if self.asked is None else ""

    def made(self, what: str) -> None:
        self.done.append(what)
        self.asked = None

    def __str__(self) -> str:
        return "; ".join([*self.done, *([self.asked] if self.asked else [])])


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
        progress = _Progress()
        try:
            cluster, step = self._submitted(calls, job, progress)
        except LaunchError as error:
            if not str(progress):
                raise
            raise LaunchError(
                f"{error}; {progress}{progress.way_on}",
                error.exit_code,
                is_transient=error.is_transient,
                is_expired=error.is_expired,
                may_be_done=progress.asked is not None,
            ) from error
        except stopping.STOPPED as stopped:
            how_far = f"; {progress}{progress.way_on}" if str(progress) else " before it started anything"
            raise LaunchError(
                f"submit was interrupted{how_far}",
                stopping.exit_code(stopped),
                may_be_done=progress.asked is not None,
            ) from None
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
        described = self._described(run)
        status = described["Status"]
        word = status["State"]
        failure = status.get("FailureDetails", {})
        change = status.get("StateChangeReason", {})
        why = " ".join(filter(None, (failure.get("Reason"), failure.get("Message")))) or change.get("Message")
        log = f"log: {failure['LogFile']}" if failure.get("LogFile") else None
        reason = "; ".join(filter(None, (why, log)))
        if word == "PENDING":
            return self._while_pending(run)
        if word == "CANCELLED":
            reason = self._why_cancelled(run, _time_of(described, "CreationDateTime")) or reason
        return job_runs.state(PHASES, word, reason, failure.get("Reason") or change.get("Code"))

    def logs(self, run: Run) -> Sequence[LogSource]:
        described = self._described(run)
        folder = described.get("LogUri") or self._log_folder(run)
        if not folder:
            return []
        step = f"{run.on}/steps/{run.id}"
        is_cluster_mode = _is_cluster_mode(described["Config"].get("Args", ()))
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

    def has_log(self, job: Job) -> bool:
        # A running cluster has a folder of its own.
        return job.logs is not None or job.on is not None

    def exit_code(self, state: State) -> int:
        return job_runs.exit_code(state)

    def session_run(self, run: Run) -> str | None:
        return run.run

    def actions(self, job: Job) -> tuple[str, ...]:
        operations = ["ListSteps", "AddJobFlowSteps", "DescribeStep", "DescribeCluster", "CancelSteps"]
        if job.on is None:
            # Whoever names a policy in RunJobFlow applies it:
            # https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-auto-termination-policy.html
            operations = ["RunJobFlow", "AddTags", "PutAutoTerminationPolicy", "ListClusters", *operations]
        found = tuple(f"elasticmapreduce:{operation}" for operation in operations)
        return (*found, "iam:PassRole") if job.on is None else found

    def _submitted(self, calls: Sequence[Call], job: Mapping[str, Any], progress: _Progress) -> tuple[str, str | None]:
        """The cluster, and the step of the job."""
        first, later = calls[0], list(calls)
        if first.operation == "RunJobFlow":
            there = self._clusters_named(first.request["Name"])
            open_ones = [one for one in there if not _is_closed(one)]
            # A job that was added to a cluster which has ended since is not added to another one.
            for one in filter(_is_closed, there):
                step = _step_named(self._recent_steps(str(one["Id"])), job["Name"])
                if step is not None:
                    return str(one["Id"]), step
            cluster = str(open_ones[0]["Id"]) if open_ones else self._new_cluster(first.request, job, there, progress)
            later = later[1:]
        else:
            cluster = str(first.request["JobFlowId"])
        earlier = []
        for one in self._recent_steps(cluster):
            if one["Name"] == job["Name"]:
                return cluster, str(one["Id"])
            earlier.append(str(one["Id"]))
        step = None
        for call in later:
            step = self._added({**call.request, "JobFlowId": cluster}, earlier, progress)
        return cluster, step

    def _new_cluster(
        self,
        request: Mapping[str, Any],
        job: Mapping[str, Any],
        earlier: Iterable[Mapping[str, Any]],
        progress: _Progress,
    ) -> str:
        """``earlier``: clusters of that name that have ended."""
        name, before = request["Name"], {one["Id"] for one in earlier}

        def look() -> str | None:
            found = (str(one["Id"]) for one in self._clusters_named(name) if one["Id"] not in before)
            return next(found, None)

        cluster = self._made(
            lambda: str(self._clients.ask_once(SERVICE, "run_job_flow", "a new cluster", **request)["JobFlowId"]),
            look,
            f"cluster {name} may have been created",
            progress,
        )
        with_job = " with the job" if job in request.get("Steps", ()) else ""
        progress.made(f"cluster {cluster} was created{with_job} and stays until it has been idle for its time")
        return cluster

    def _clusters_named(self, name: str) -> list[Mapping[str, Any]]:
        since = self._now() - LOOKS_BACK
        pages = self._clients.pages(SERVICE, "list_clusters", "clusters", CreatedAfter=since)
        return [one for page in pages for one in page["Clusters"] if one["Name"] == name]

    def _added(self, request: Mapping[str, Any], earlier: Collection[str], progress: _Progress) -> str:
        """``earlier``: the steps that were there before; one that installs the jar has the same name each time."""
        cluster, name = request["JobFlowId"], request["Steps"][-1]["Name"]
        about = f"cluster {cluster}"
        step = self._made(
            lambda: str(self._clients.ask_once(SERVICE, "add_job_flow_steps", about, **request)["StepIds"][-1]),
            lambda: _step_named(self._recent_steps(cluster), name, earlier),
            f"step {name} may have been added to {about}",
            progress,
        )
        progress.made(f"step {step} {name} was added to {about}")
        return step

    def _made(self, make: Callable[[], str], look: Callable[[], str | None], what: str, progress: _Progress) -> str:
        """What is made once: where the answer was lost it is looked for before it is asked for again."""
        for seconds in LOOK_SECONDS:
            try:
                with progress.asking(what):
                    return make()
            except LaunchError as error:
                if not error.is_transient:
                    raise
            self._sleep(seconds)
            found = look()
            if found is not None:
                return found
        with progress.asking(what):
            return make()

    def _steps(self, cluster: str) -> Iterator[dict[str, Any]]:
        """From the newest on, page by page: https://docs.aws.amazon.com/emr/latest/APIReference/API_ListSteps.html"""
        pages = self._clients.pages(SERVICE, "list_steps", f"cluster {cluster}", ClusterId=cluster)
        return (one for page in pages for one in page["Steps"])

    def _recent_steps(self, cluster: str) -> Iterator[dict[str, Any]]:
        since = self._now() - LOOKS_BACK
        return takewhile(lambda one: (_time_of(one, "CreationDateTime") or since) >= since, self._steps(cluster))

    def _while_pending(self, run: Run) -> State:
        """A step waits for its cluster, and for ever where that has ended."""
        status = self._described_cluster(run)["Status"]
        reason = status.get("StateChangeReason", {}).get("Message")
        if status["State"] in _ENDED_CLUSTERS:
            return State(Phase.FAILED, f"PENDING, cluster {status['State']}", reason or "", status["State"])
        return State(Phase.WAITING, f"PENDING, cluster {status['State']}", "")

    def _why_cancelled(self, run: Run, added: datetime | None) -> str | None:
        """The step whose failure cancelled all that waited behind it, where there was one."""
        for one in self._steps(str(run.on)):
            created, ended = _time_of(one, "CreationDateTime"), _time_of(one, "EndDateTime")
            is_before = added is None or created is None or created <= added
            is_since = added is None or ended is None or ended >= added
            has_failed = one["Status"]["State"] == "FAILED" and one.get("ActionOnFailure") != "CONTINUE"
            if has_failed and is_before and is_since:
                return f"step {one['Id']} {one['Name']}, which was before it, failed"
            # Where a failure cancels others, steps run one after another: all that are older had ended by then too.
            # https://docs.aws.amazon.com/emr/latest/APIReference/API_StepConfig.html
            if one["Status"]["State"] in ("COMPLETED", "FAILED") and not is_since:
                break
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


def _step_named(steps: Iterable[Mapping[str, Any]], name: str, earlier: Collection[str] = ()) -> str | None:
    return next((str(one["Id"]) for one in steps if one["Name"] == name and one["Id"] not in earlier), None)


def _is_closed(cluster: Mapping[str, Any]) -> bool:
    return cluster.get("Status", {}).get("State") in _CLOSED_CLUSTERS


def _run_in(name: str) -> str | None:
    found = _NAMED.search(name)
    return found[1] if found else None


def _with_named_step(request: Mapping[str, Any], step: str, run: str) -> dict[str, Any]:
    if "Steps" not in request:
        return dict(request)
    steps = [{**one, "Name": _named(step, run)} if one["Name"] == step else one for one in request["Steps"]]
    return {**request, "Steps": steps}


def _time_of(step: Mapping[str, Any], name: str) -> Any:
    return step.get("Status", {}).get("Timeline", {}).get(name)


def _is_cluster_mode(arguments: Sequence[str]) -> bool:
    names = [word.rpartition("/")[2] for word in arguments]
    if "spark-submit" not in names:
        return False
    return submit_command.deploy_mode(arguments[names.index("spark-submit") + 1 :]) == "cluster"


def _about(run: Run) -> str:
    return f"step {run.id} of cluster {run.on}"


register(NAME, EmrEc2)
