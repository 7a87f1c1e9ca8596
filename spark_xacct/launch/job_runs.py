"""What job runs of EMR on EKS and of EMR Serverless have in common for the launcher."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from spark_xacct.launch.clients import Clients
from spark_xacct.launch.launcher import PLAN_TAG, RUN_TAG, Submission
from spark_xacct.launch.logs import s3_address
from spark_xacct.launch.run import LogSource, Phase, Run, State
from spark_xacct.targets import Job, Rendered


class JobRuns(ABC):
    """What both launchers of job runs are alike in."""

    is_local = False
    takes_log_group = True
    longest_delay_seconds = 30.0
    log_delay_seconds = 120.0

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._logs: dict[str, list[LogSource]] = {}

    def logs(self, run: Run) -> Sequence[LogSource]:
        # Where they are is part of the request, and does not change.
        if run.id not in self._logs:
            self._logs[run.id] = self._sources(run, self._described(run))
        return self._logs[run.id]

    def has_log(self, job: Job) -> bool:
        return job.logs is not None

    def exit_code(self, state: State) -> int:
        return exit_code(state)

    @abstractmethod
    def _described(self, run: Run) -> dict[str, Any]:
        """What the service says of a job run."""

    @abstractmethod
    def _sources(self, run: Run, described: Mapping[str, Any]) -> list[LogSource]:
        """Where its log is, by what the service says of it."""


def request(rendered: Rendered, submission: Submission, watched: Mapping[str, Any]) -> dict[str, Any]:
    """The rendered request with what makes it this submission's. ``watched``: what asks for CloudWatch Logs there."""
    tags = {PLAN_TAG: rendered.settings.plan.id, RUN_TAG: submission.run}
    told = {**rendered.content["request"], "clientToken": submission.token, "tags": tags}
    if submission.log_group is not None:
        overrides = told.get("configurationOverrides", {})
        monitoring = {**overrides.get("monitoringConfiguration", {}), **watched}
        told["configurationOverrides"] = {**overrides, "monitoringConfiguration": monitoring}
    return told


def found(run: Run, described: Mapping[str, Any], entry_point: str) -> Run:
    """The run as its tags and its program tell."""
    named = described.get("tags", {}).get(RUN_TAG)
    return Run(run.target, run.id, run.on, named, private_of(named, [entry_point]))


def private_of(run: str | None, uris: list[str]) -> tuple[str, ...]:
    """Those of the URIs that were staged for this run alone."""
    return tuple(uri for uri in uris if run and uri.startswith("s3://") and f"/runs/{run}/" in uri)


def state(phases: Mapping[str, Phase], word: str, reason: str | None, code: str | None = None) -> State:
    """A word that the service has since added is one of a job that goes on."""
    return State(phases.get(word, Phase.RUNNING), word, " ".join((reason or "").split()), code)


def exit_code(state: State) -> int:
    """Of a service whose jobs have no exit code of their own."""
    return 0 if state.phase is Phase.GOOD else 1


def monitoring(described: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = described.get("configurationOverrides", {}).get("monitoringConfiguration", {})
    return found


def s3_logs(folder: str, path: str, only_on_failure: bool = False) -> list[LogSource]:
    """stdout and stderr of one container, packed by gzip."""
    names = ("stderr",) if only_on_failure else ("stdout", "stderr")
    return [LogSource(name, "s3", s3_address(folder, path, f"{name}.gz"), only_on_failure) for name in names]


def streams(group: str, path: str) -> list[LogSource]:
    return [LogSource(name, "cloudwatch", f"{group}:{path}/{name}") for name in ("stdout", "stderr")]
