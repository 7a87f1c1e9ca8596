"""A fake ``aws`` on PATH: remembers each command line, and copies between a folder that stands for S3 and files."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

_AWS = r"""#!/bin/sh
# One line of JSON-safe text a call: arguments, each ended by a zero byte, then a line end that no argument holds.
for argument in "$@"; do printf '%s\0' "$argument" >> "$FAKE_AWS/calls"; done
printf '\1' >> "$FAKE_AWS/calls"
case "$1 $2" in
  "s3 cp")
    case ${FAKE_AWS_DOES:-copies} in
      fails) echo "fatal error: Unable to locate credentials" >&2; exit 1;;
      breaks) printf half > "$5"; exit 1;;
      hangs) sleep 60; exit 1;;
    esac
    from=$4 to=$5
    case $from in s3://*) from=$FAKE_AWS/s3/${from#s3://};; esac
    case $to in s3://*) to=$FAKE_AWS/s3/${to#s3://}; mkdir -p "$(dirname "$to")";; esac
    cp "$from" "$to";;
  "emr add-steps") echo s-1;;
  "emr create-cluster")
    # A script may remove the file when it ends.
    for argument in "$@"; do
      case $argument in file:///*) cp "${argument#file://}" "$FAKE_AWS/kept";; esac
    done;;
  "emr wait") exit "${FAKE_AWS_WAIT:-0}";;
esac
"""
# Those who are not root get what they ask for as well; it is remembered that they asked.
_SUDO = """#!/bin/sh
echo "$*" >> "$FAKE_AWS/sudo"
[ "$1" = -n ] && shift
exec "$@"
"""


class AwsCommand:
    """The folder ``bin`` goes first on PATH. ``does``: copies, fails, breaks (half a file, then an error), hangs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.s3 = folder / "s3"
        for made in (self.bin, self.s3):
            made.mkdir(parents=True)
        self.command("aws", _AWS)
        self.command("sudo", _SUDO)

    def command(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text, encoding="utf-8")
        (self.bin / name).chmod(0o755)

    def put(self, uri: str, content: bytes) -> None:
        path = self.s3 / uri.removeprefix("s3://")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def get(self, uri: str) -> bytes:
        return (self.s3 / uri.removeprefix("s3://")).read_bytes()

    def run(
        self, command: Sequence[str], does: str = "copies", environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """A process that finds this ``aws`` and has nothing of ours in its environment."""
        values = {
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "TMPDIR": str(self.temporary()),
            "FAKE_AWS": str(self.folder),
            "FAKE_AWS_DOES": does,
            **(environment or {}),
        }
        return subprocess.run(
            command, env=values, cwd=self.folder, capture_output=True, text=True, check=False, timeout=60
        )

    def temporary(self) -> Path:
        folder = self.folder / "tmp"
        folder.mkdir(exist_ok=True)
        return folder

    @property
    def kept(self) -> Path:
        """The file that a call named by its whole path."""
        return self.folder / "kept"

    def calls(self) -> list[list[str]]:
        """The arguments of each call so far."""
        path = self.folder / "calls"
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        return [call.split("\0")[:-1] for call in text.split("\1")[:-1]]


def cluster_request(arguments: Sequence[str], folder: Path, kept: Path) -> dict[str, object]:
    """The RunJobFlow request that ``aws emr create-cluster`` makes of its options: the part of it that our script uses. ``folder``: where
    it ran; ``kept``: what AwsCommand kept of a file that it named by its whole path.

    https://github.com/aws/aws-cli/blob/develop/awscli/customizations/emr/createcluster.py
    """
    values = _options(arguments[2:])
    attributes = json.loads(values["ec2-attributes"][0])
    groups = [
        {
            "Name": group["Name"],
            "InstanceRole": group["InstanceGroupType"],
            "InstanceType": group["InstanceType"],
            "InstanceCount": group["InstanceCount"],
            "Market": "ON_DEMAND",
        }
        for group in json.loads(values["instance-groups"][0])
    ]
    named = values["configurations"][0].removeprefix("file://")
    request: dict[str, object] = {
        "Name": values["name"][0],
        "ReleaseLabel": values["release-label"][0],
        "Applications": [{"Name": one.removeprefix("Name=")} for one in values["applications"]],
        "Configurations": json.loads((kept if named.startswith("/") else folder / named).read_text("utf-8")),
        "Instances": {"InstanceGroups": groups, "KeepJobFlowAliveWhenNoSteps": True, "TerminationProtected": False},
        "AutoTerminationPolicy": json.loads(values["auto-termination-policy"][0]),
        "JobFlowRole": attributes["InstanceProfile"],
        "ServiceRole": values["service-role"][0],
        "VisibleToAllUsers": True,
        "Tags": [dict(zip(("Key", "Value"), tag.split("=", 1), strict=True)) for tag in values["tags"]],
    }
    for option, name in {"log-uri": "LogUri", "security-configuration": "SecurityConfiguration"}.items():
        if option in values:
            request[name] = values[option][0]
    if "bootstrap-actions" in values:
        request["BootstrapActions"] = [
            {"Name": one["Name"], "ScriptBootstrapAction": {"Path": one["Path"], "Args": one["Args"]}}
            for one in json.loads(values["bootstrap-actions"][0])
        ]
    if "steps" in values:
        request["Steps"] = steps(values["steps"][0])
    return request


def steps_request(arguments: Sequence[str]) -> dict[str, object]:
    """The AddJobFlowSteps request that ``aws emr add-steps`` makes of its options."""
    values = _options(arguments[2:])
    request: dict[str, object] = {"JobFlowId": values["cluster-id"][0], "Steps": steps(values["steps"][0])}
    if "execution-role-arn" in values:
        request["ExecutionRoleArn"] = values["execution-role-arn"][0]
    return request


def steps(text: str) -> list[dict[str, object]]:
    return [
        {
            "Name": step["Name"],
            "ActionOnFailure": step["ActionOnFailure"],
            "HadoopJarStep": {"Jar": step["Jar"], "Args": step["Args"]},
        }
        for step in json.loads(text)
    ]


def _options(arguments: Sequence[str]) -> dict[str, list[str]]:
    """Values by option; of an option that stands twice the last one counts."""
    found: dict[str, list[str]] = {}
    name = ""
    for word in arguments:
        if word.startswith("--"):
            name = word[2:]
            found[name] = []
        else:
            found[name].append(word)
    return found
