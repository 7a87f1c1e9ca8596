"""What launching commands print: the job's stdout on stdout, everything else on stderr; as JSON one object on stdout."""

from __future__ import annotations

import os
import shlex
from typing import Any

from spark_xacct.cli import output
from spark_xacct.launch import Launcher, LaunchError, Run, State, staging
from spark_xacct.launch.submission import Prepared
from spark_xacct.targets import sts_calls

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
STS_QUOTA_A_SECOND = 600
# As a shell says it of a command that wrote to a pipe which nobody reads.
NOBODY_READS = 141


class Told:
    """Who waits for a job hears this. ``is_json``: stdout is for the one answer at the end.

    On a terminal the last row is the progress, and is written over. It ends as any line, so whatever else is printed has a row of
    its own.
    """

    # https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
    _UP, _CLEAR = "\x1b[A", "\x1b[J"

    def __init__(self, is_json: bool) -> None:
        self._is_json = is_json
        self._is_terminal = output.hears_a_terminal() and os.environ.get("TERM", "dumb") != "dumb"
        self._progress = ""

    def say(self, text: str) -> None:
        output.talk(f"{self._over()}{text}")

    def line(self, name: str, text: str) -> None:
        if name == "stdout" and not self._is_json:
            self.progress("", False)
            output.data(text)
        else:
            self.say(text)

    def progress(self, text: str, is_due: bool) -> None:
        if not self._is_terminal:
            if is_due:
                output.talk(text)
            return
        if text == self._progress:
            return
        # Talk ends its row; where nothing is to stand in this one, that is the row above.
        output.talk(f"{self._over()}{output.one_row(text) or self._UP}")
        self._progress = text

    def _over(self) -> str:
        is_shown, self._progress = bool(self._progress), ""
        return f"\r{self._UP}{self._CLEAR}" if is_shown else ""


def resume_command(run: Run, region: str | None) -> str:
    """What a person types to come back."""
    words = ["spark-xacct", "submit", run.target, "--resume", run.text]
    return shlex.join([*words, "--region", region] if region and run.on else words)


def result(launcher: Launcher, run: Run, state: State | None, token: str | None) -> dict[str, Any]:
    """The answer for programs. ``token`` None: of a run that was resumed. ``run`` may be given to --resume as it is; ``session_run`` is {run} in names of role sessions."""
    told: dict[str, Any] = {"run": run.to_json(), "session_run": launcher.session_run(run)}
    if token is not None:
        told["token"] = token
    if state is not None:
        told |= {"phase": str(state.phase), "state": state.word, "reason": state.reason, "code": state.code}
    return told


def refused(error: LaunchError, token: str | None) -> dict[str, Any]:
    """The answer for programs where there is no run to tell of, and perhaps none at all."""
    return {"run": None, "error": str(error), **({} if token is None else {"token": token})}


def dry_run(prepared: Prepared, launcher: Launcher) -> dict[str, Any]:
    """Everything that a submit would do, as data."""
    plan = prepared.rendered.settings.plan
    calls = sts_calls.an_hour(plan.access_map)
    return {
        "target": launcher.target,
        "release": prepared.rendered.settings.release.name,
        "plan": plan.id,
        "run": prepared.submission.run,
        "requests": [
            {"service": call.service, "operation": call.operation, "request": call.request} for call in prepared.calls
        ],
        "staging": [
            {"uri": one.uri, "sha256": one.sha256, "bytes": one.size, "private": one.is_private}
            for one in prepared.staged
        ],
        "kms_key": prepared.key,
        "actions": list(
            dict.fromkeys(
                (
                    *launcher.actions(prepared.rendered.job),
                    *staging.actions(prepared.staged, prepared.key),
                    *log_actions(launcher, prepared),
                )
            )
        ),
        "sts": {
            "calls_an_hour": calls,
            "without_driver": calls * (sts_calls.EXAMPLE_EXECUTORS + 1),
            "executors": sts_calls.EXAMPLE_EXECUTORS,
            "quota_a_second": STS_QUOTA_A_SECOND,
        },
    }


def log_actions(launcher: Launcher, prepared: Prepared) -> list[str]:
    """What following the log needs."""
    if launcher.is_local:
        return []
    if prepared.submission.log_group is not None:
        return ["logs:DescribeLogStreams", "logs:GetLogEvents"]
    return ["s3:ListBucket", "s3:GetObject"] if launcher.has_log(prepared.rendered.job) else []


def print_dry_run(told: dict[str, Any]) -> None:
    for call in told["requests"]:
        output.data(f"==> {call['service'] or 'this machine'} {call['operation']} <==")
        output.json_data(call["request"])
    output.data("==> staging <==")
    rows = [
        (one["uri"], one["sha256"], f"{one['bytes']:,}", "removed after the job" if one["private"] else "shared, kept")
        for one in told["staging"]
    ]
    if rows:
        output.table(("object", "sha256", "bytes", "life"), rows)
    else:
        output.data("nothing")
    output.data("==> IAM actions of the launcher <==")
    output.data("\n".join(told["actions"]) or "none")
    sts = told["sts"]
    output.data("==> STS <==")
    output.data(
        f"about {sts['calls_an_hour']} calls an hour where the driver gives role sessions, about {sts['without_driver']} where a driver and "
        f"{sts['executors']} executors ask by themselves; an account may ask {sts['quota_a_second']} times a second in a Region"
    )
