"""Target ``glue``: a CreateJob request for AWS Glue, with Hadoop's own provider, which needs no jar.

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from spark_xacct import keys
from spark_xacct.errors import TargetError
from spark_xacct.model import AccessMap, BaseKind
from spark_xacct.targets import aws_model, unused
from spark_xacct.targets.files import forms
from spark_xacct.targets.files.glue_json import (
    ARGUMENTS,
    ARGUMENTS_MAXIMUM_BYTES,
    CONF,
    FILES,
    INSTALLER_OPTION,
    MODULES,
    check_size,
)
from spark_xacct.targets.job import Job
from spark_xacct.targets.registry import Rendered, Target, register
from spark_xacct.targets.setting import Setting
from spark_xacct.targets.settings import Flavour, Settings
from spark_xacct.version import __version__

WHEEL = f"spark_xacct-{__version__}-py3-none-any.whl"
PLAN_FILE = "xacct.plan"
REGION = "fs.s3a.endpoint.region"
OURS = (CONF, MODULES, INSTALLER_OPTION, FILES)
# "AWS Glue uses the following arguments internally and you should never use them", the same page.
INTERNAL = ("--debug", "--mode", "--JOB_NAME", "--endpoint")
# One value holds all settings, "a=b --conf c=d", and nothing says how blanks and quotes within it are read.
_NOT_IN_CONF = re.compile(r"[\s\"'\\$`]")
# What a Glue job cannot begin as: it has neither pods nor profiles.
NOT_THERE = (BaseKind.IRSA, BaseKind.POD_IDENTITY, BaseKind.ENV, BaseKind.PROFILE)
UNUSED = {
    "parameters": "Glue takes no options of spark-submit; add settings to --conf in create-job.json",
    "image": "Glue runs no images; leave it out",
    "spark_jars": "flavour hadoop needs no jar; leave it out",
}


def content(settings: Settings, job: Job) -> Mapping[str, Any]:
    unused.check(TARGET.name, job, UNUSED)
    problems = [*_identity(settings.plan.access_map, job), *_arguments_of(job)]
    conf = [*_region(settings), *(item for item in settings.spark_settings(driver=()) if not _is_for_people(item))]
    problems += [
        f"{item.name} ({item.reason}) holds blanks or quotes, and AWS does not say how --conf reads them; leave out what it is for"
        for item in conf
        if _NOT_IN_CONF.search(item.value)
    ]
    if problems:
        raise TargetError("\n".join(f"{TARGET.name}: {problem}" for problem in problems))
    request = _request(settings, job, conf)
    check_size("glue: the job's arguments", request[ARGUMENTS])
    aws_model.check(TARGET.name, "glue", "CreateJob", request)
    return {"request": request, "plan_text": settings.plan.text}


def write(rendered: Rendered) -> Mapping[str, str]:
    return {
        "create-job.json": json.dumps(rendered.content["request"], indent=2) + "\n",
        PLAN_FILE: rendered.content["plan_text"] + "\n",
    }


def _request(settings: Settings, job: Job, conf: list[Setting]) -> dict[str, Any]:
    staging = job.staging.rstrip("/")
    # The Spark UI's event logs are the one kind of log that a job can send elsewhere than to CloudWatch.
    logs = {"--enable-spark-ui": "true", "--spark-event-logs-path": job.logs} if job.logs else {}
    return {
        "Name": job.name,
        "Role": job.role or str(settings.plan.access_map.base.arn),
        "Command": {"Name": "glueetl", "ScriptLocation": job.entry_point, "PythonVersion": "3"},
        "GlueVersion": re.sub("^glue-", "", settings.release.name),
        "WorkerType": "G.1X",
        "NumberOfWorkers": 2,
        ARGUMENTS: {
            CONF: f" {CONF} ".join(f"{item.name}={item.value}" for item in conf),
            # Installed on every node, where --extra-py-files is documented for the driver; boto3 is there.
            MODULES: f"{staging}/{WHEEL}",
            INSTALLER_OPTION: "--no-deps",
            FILES: f"{staging}/{PLAN_FILE}",
            **logs,
            **dict(_named(job)),
        },
    }


def _region(settings: Settings) -> Iterator[Setting]:
    """Without it S3A of Glue 5.1 asks us-east-2 first: https://docs.aws.amazon.com/glue/latest/dg/migrating-version-51.html"""
    if REGION not in {item.name for item in settings.hadoop}:
        yield Setting(keys.SPARK_HADOOP_PREFIX + REGION, settings.plan.access_map.sts.region, "S3A's region here")


def _is_for_people(setting: Setting) -> bool:
    return setting.name == keys.SPARK_HADOOP_PREFIX + keys.ABOUT


def _identity(access_map: AccessMap, job: Job) -> Iterator[str]:
    base = access_map.base
    if base.kind in NOT_THERE:
        yield (
            f"base {base.kind}: a job of Glue is its job role; declare base: {{kind: {BaseKind.EMR_RUNTIME_ROLE}, arn: ...}}, which takes "
            "what the platform gives and compares it"
        )
    if job.role is None and base.arn is None:
        yield "a job needs a role: declare base.arn, or say --role"
    elif job.role is not None and base.arn is not None and job.role != str(base.arn):
        yield f"--role {job.role} is not {base.arn} (base.arn), which the declared roles trust; make them one"


def _named(job: Job) -> Iterator[tuple[str, str]]:
    """The arguments by name, written --NAME=VALUE or --NAME VALUE; the name is empty for what has none."""
    waiting = list(job.arguments)
    while waiting:
        name, separator, value = waiting.pop(0).partition("=")
        if not name.startswith("--"):
            yield "", name + separator + value
        elif separator:
            yield name, value
        elif waiting and not waiting[0].startswith("--"):
            yield name, waiting.pop(0)
        else:
            yield "", name


def _arguments_of(job: Job) -> Iterator[str]:
    for name, value in _named(job):
        if not name:
            yield f'--argument "{value}": Glue takes named arguments with a value only; write --argument=--NAME=VALUE'
        elif name in OURS:
            yield f"--argument {name}: the request has it already; add to it in create-job.json"
        elif name in INTERNAL:
            yield f"--argument {name}: Glue keeps it for itself; call it otherwise"


TARGET = register(
    Target(
        name="glue",
        doc="a CreateJob request for AWS Glue 5.1 and later",
        content=content,
        write=write,
        limits=f"one hop (flavour hadoop), no prefixes, patterns or session policies; {ARGUMENTS_MAXIMUM_BYTES:,} bytes of arguments",
        default_release="glue-5.1",
        families=("glue",),
        flavours=(Flavour.HADOOP,),
        takes_job=True,
        goes_into=(forms.Form.GLUE,),
    )
)
