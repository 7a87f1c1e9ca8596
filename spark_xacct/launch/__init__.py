"""What acts: staging, submitting, waiting, logs. ``targets`` says what a job is; here it is started and followed."""

from __future__ import annotations

import importlib
import pkgutil

from spark_xacct.launch.aws_errors import LaunchError
from spark_xacct.launch.clients import Clients
from spark_xacct.launch.launcher import Call, Launcher, Submission, is_local, names, open_launcher, register, unregister
from spark_xacct.launch.run import LogSource, Phase, Run, State

__all__ = [
    "Call",
    "Clients",
    "LaunchError",
    "Launcher",
    "LogSource",
    "Phase",
    "Run",
    "State",
    "Submission",
    "is_local",
    "names",
    "open_launcher",
    "register",
    "unregister",
]

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
