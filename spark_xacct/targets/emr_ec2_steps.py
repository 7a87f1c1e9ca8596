"""Steps and bootstrap actions of EMR on EC2, in the API's casing, and as the AWS CLI spells them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from spark_xacct.errors import TargetError
from spark_xacct.targets.connectors import EMRFS
from spark_xacct.targets.job import INSTALLED_FOLDER, JAR_NAME, Job
from spark_xacct.targets.releases import Release
from spark_xacct.targets.setting import Setting
from spark_xacct.targets.submit_options import as_arguments

# On the class path of Hadoop, Hive and Tez where EMRFS is installed:
# https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-plan-credentialsprovider.html
AUXLIB = "/usr/share/aws/emr/emrfs/auxlib"
# "The string values passed into HadoopJarStep object cannot exceed a total of 10240 characters":
# https://docs.aws.amazon.com/emr/latest/APIReference/API_AddJobFlowSteps.html
STEP_MAXIMUM_CHARACTERS = 10_240
_SETTINGS_WAY_OUT = (
    "take a declaration with the buckets of this job only, declare otherwise: deny, which needs one key for all buckets, or leave out "
    "--on and let a new cluster carry the settings"
)
COMMAND_RUNNER = "command-runner.jar"
# Nothing of a user's stands in this text. The script is fetched whole before a line of it runs.
_FETCH_AND_RUN = 'script=$(mktemp) && aws s3 cp --only-show-errors "$0" "$script" && bash "$script" "$@"'


def script(job: Job, name: str) -> str:
    """Where a script lies once it is staged. By version, because nodes that come later fetch it then."""
    return f"{job.staging.rstrip('/')}/{PurePosixPath(JAR_NAME).stem}/{name}"


def has_auxlib(release: Release) -> bool:
    return EMRFS in release.connectors


def bootstrap_action(release: Release, job: Job) -> dict[str, Any]:
    """On every node: fetches the jar and checks it; a copy for Hadoop, Hive and Tez on labels with EMRFS."""
    arguments = [job.staged_jar, job.jar_sha256, *([AUXLIB] if has_auxlib(release) else [])]
    action = {"Path": script(job, "bootstrap.sh"), "Args": arguments}
    return {"Name": "Fetch spark-xacct", "ScriptBootstrapAction": action}


def install_step(release: Release, job: Job, on_failure: str) -> dict[str, Any]:
    """On the primary node, whose Spark takes its jars folder along to every container.

    By command-runner.jar, which is on every node, while script-runner.jar has an address for each Region:
    https://docs.aws.amazon.com/emr/latest/ReleaseGuide/emr-commandrunner.html
    """
    folders = [INSTALLED_FOLDER, *([AUXLIB] if has_auxlib(release) else [])]
    arguments = [script(job, "install.sh"), job.staged_jar, job.jar_sha256, *folders]
    return _step("Install spark-xacct", on_failure, ["bash", "-c", _FETCH_AND_RUN, *arguments])


def spark_step(target: str, job: Job, settings: Sequence[Setting], whole: bool) -> dict[str, Any]:
    """The job. ``whole``: whether it carries the settings, instead of the cluster."""
    options = as_arguments(target, job, settings, whole)
    arguments = ["spark-submit", "--deploy-mode", "cluster", *options, job.entry_point, *job.arguments]
    return _step(job.name, "CONTINUE", arguments)


def _step(name: str, on_failure: str, arguments: list[str]) -> dict[str, Any]:
    return {
        "Name": name,
        "ActionOnFailure": on_failure,
        "HadoopJarStep": {"Jar": COMMAND_RUNNER, "Args": arguments},
    }


def check_length(target: str, steps: Iterable[Mapping[str, Any]], carries_settings: bool) -> None:
    """Raises TargetError for a step that EMR would refuse."""
    for step in steps:
        jar_step = step["HadoopJarStep"]
        length = sum(map(len, (jar_step["Jar"], *jar_step["Args"])))
        if length > STEP_MAXIMUM_CHARACTERS:
            way_out = _SETTINGS_WAY_OUT if carries_settings else "put long arguments of the program into a file"
            raise TargetError(
                f"{target}: step {step['Name']} has {length:,} characters, and {STEP_MAXIMUM_CHARACTERS:,} is the limit; {way_out}"
            )


def as_cli_json(steps: Iterable[Mapping[str, Any]]) -> str:
    """The value of an option ``--steps``."""
    return json.dumps([for_cli(step) for step in steps])


def for_cli(step: Mapping[str, Any]) -> dict[str, Any]:
    """As ``aws emr`` takes a step, which has no command for the API's own form."""
    return {
        "Type": "CUSTOM_JAR",
        "Name": step["Name"],
        "ActionOnFailure": step["ActionOnFailure"],
        "Jar": step["HadoopJarStep"]["Jar"],
        "Args": step["HadoopJarStep"]["Args"],
    }
