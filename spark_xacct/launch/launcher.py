"""The registry of launchers. A launcher is one module here, for the target of its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from spark_xacct.launch.aws_errors import LaunchError
from spark_xacct.launch.clients import Clients
from spark_xacct.launch.run import LogSource, Run, State
from spark_xacct.targets import Job, Rendered

# The tags of a job run, and of a cluster.
RUN_TAG = "spark-xacct-run"
PLAN_TAG = "spark-xacct-plan"


@dataclass(frozen=True)
class Submission:
    """What one submit is known by. ``token``: the same one makes no second job; ``run``: its short form, for people and names.

    ``log_group``: of CloudWatch Logs, where the log goes there.
    """

    token: str
    log_group: str | None = None

    @property
    def run(self) -> str:
        return self.token[:12]


@dataclass(frozen=True)
class Call:
    """One request to a service, before it is made; ``service`` is None for a command of this machine."""

    service: str | None
    operation: str
    request: Mapping[str, Any]


class Launcher(Protocol):
    """Starts, watches and cancels jobs of one target. Every failure is a LaunchError."""

    target: str
    # Whether jobs run by a command of this machine: nobody of AWS is asked, files of this machine are within its reach.
    is_local: bool
    # Whether role-session names get the submission's run id, instead of one that the platform makes.
    names_run: bool
    # Whether a log group can be asked for with the job.
    takes_log_group: bool
    # How long to leave it alone where nothing changes.
    longest_delay_seconds: float
    # How long after the end of a job its last log may still come.
    log_delay_seconds: float

    def calls(self, rendered: Rendered, submission: Submission) -> Sequence[Call]:
        """The requests of a submit, pure: nobody is asked."""
        ...

    def submit(self, calls: Sequence[Call], submission: Submission) -> Run:
        """Makes those requests. With the same submission again it is the same job."""
        ...

    def find(self, run: Run) -> Run:
        """The run with what the service knows of it: ``run``, ``private``. For one of which only the id was said."""
        ...

    def state(self, run: Run) -> State: ...

    def logs(self, run: Run) -> Sequence[LogSource]:
        """Where its log is, as far as that is known by now."""
        ...

    def has_log(self, job: Job) -> bool:
        """Whether the job as it is asked for has a log to follow, but for a log group."""
        ...

    def cancel(self, run: Run) -> None: ...

    def exit_code(self, state: State) -> int:
        """What whoever waited exits with, once the run has ended so."""
        ...

    def session_run(self, run: Run) -> str | None:
        """What ``{run}`` is in its role-session names, None where that is not known."""
        ...

    def actions(self, job: Job) -> tuple[str, ...]:
        """The IAM actions that the launcher itself needs."""
        ...


Factory = Callable[[Clients], Launcher]
_factories: dict[str, Factory] = {}
_local: set[str] = set()


def register(target: str, factory: Factory, is_local: bool = False) -> Factory:
    """Adds the launcher of a target; a second one of the same name is a programming error. ``is_local``: as it says of itself."""
    if target in _factories:
        raise ValueError(f"the launcher of {target} is registered twice")
    _factories[target] = factory
    if is_local:
        _local.add(target)
    return factory


def unregister(target: str) -> None:
    _factories.pop(target, None)
    _local.discard(target)


def is_local(target: str) -> bool:
    """What ``Launcher.is_local`` is, before there are clients to open it with."""
    return target in _local


def names() -> list[str]:
    return sorted(_factories)


def open_launcher(target: str, clients: Clients) -> Launcher:
    """Raises LaunchError that names what can be launched on."""
    if target not in _factories:
        raise LaunchError(f'nothing launches "{target}"; known are {", ".join(names())}', exit_code=2)
    return _factories[target](clients)
