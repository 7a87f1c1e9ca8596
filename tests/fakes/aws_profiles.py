"""AWS profiles of a declaration beside a lab."""

from __future__ import annotations

import sys
from pathlib import Path

from spark_xacct import plan as plans
from spark_xacct import targets
from spark_xacct.lab import Lab
from spark_xacct.model import AccessMap
from spark_xacct.targets.aws_profile import WEB_IDENTITY_TOKEN_FILE

ROOT = Path(__file__).parents[2]


def config(lab: Lab, folder: Path, target: str, access_map: AccessMap) -> dict[str, str]:
    """The environment of the base identity with this target's file, and with our command on its PATH."""
    environment = lab.process_environment()
    text = targets.render(target, plans.encode(access_map)).files()["config"]
    token = environment.get("AWS_WEB_IDENTITY_TOKEN_FILE", "")
    file = folder / "aws-config"
    file.write_text(text.replace(WEB_IDENTITY_TOKEN_FILE, token), encoding="utf-8")
    command = folder / "bin" / "spark-xacct"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m spark_xacct "$@"\n', encoding="utf-8")
    command.chmod(0o700)
    return {**environment, "AWS_CONFIG_FILE": str(file), "PATH": f"{command.parent}:{environment['PATH']}"}
