"""Target ``livy``: what a notebook tells Livy before its session begins, as a ``%%configure`` cell and as a ``POST /sessions`` body.

https://livy.apache.org/docs/latest/rest-api.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from spark_xacct.errors import ModelError, TargetError
from spark_xacct.model import DecisionKind, Location
from spark_xacct.targets import channels, external_ids, job_runs, merging, templates, unused
from spark_xacct.targets.connectors import EMRFS
from spark_xacct.targets.job import Job, is_placeholder
from spark_xacct.targets.registry import Delivery, Rendered, Target, register
from spark_xacct.targets.releases import Release
from spark_xacct.targets.setting import Channel
from spark_xacct.targets.settings import (
    DRIVER_ENVIRONMENTS,
    EXECUTOR_ENVIRONMENT,
    JARS,
    PYTHON_FILES,
    Flavour,
    Settings,
)

CELL = "configure.txt"
SESSION = "sessions.json"
FIRST_CELL = "first_cell.py"
# Settings that Livy has fields of their own for.
FIELDS = {JARS: "jars", PYTHON_FILES: "pyFiles"}
# Livy starts sessions on YARN, on Kubernetes and on EMR Serverless; each leaves the names of the others aside.
DRIVER = (*DRIVER_ENVIRONMENTS, "spark.emr-serverless.driverEnv.")
# What EMR Serverless runs a session as: https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/interactive-workloads-livy-endpoints.html
SERVERLESS_ROLE = "emr-serverless.session.executionRoleArn"
# Without a role it is not said whose Livy it is.
CHANNEL = Channel(
    f"YARN, spark.authenticate with spark.network.crypto.enabled, or {channels.INTERNODE_TLS.name} on EMR Serverless"
)
# One of these in a request, and Livy makes no session. The first six are the list that Livy ships, which an administrator may make
# longer; the last is in its code, as the deploy mode is: livy.server.session.allow-custom-classpath.
# https://github.com/apache/incubator-livy/blob/v0.9.0-incubating/conf/spark-blacklist.conf.template
BLOCKED = frozenset(
    {
        "spark.master",
        "spark.submit.deployMode",
        "spark.yarn.jar",
        "spark.yarn.jars",
        "spark.yarn.archive",
        "livy.rsc.server.idle-timeout",
        "spark.submit.proxyUser.allowCustomClasspathInClusterMode",
    }
)
UNUSED = {"parameters": "Livy takes no options of spark-submit; put settings into conf"}
# What other targets take of a job, and a session has not: said in the cell where somebody gives it.
LEFT_ASIDE = ("entry_point", "arguments", "on", "logs")


def content(settings: Settings, job: Job) -> Mapping[str, Any]:
    unused.check(TARGET.name, job, UNUSED)
    job_runs.check_role(TARGET.name, job)
    problems = list(_opened(settings, job))
    if problems:
        raise TargetError("\n".join(f"{TARGET.name}: {problem}" for problem in problems))
    ids = external_ids.as_settings(settings, (*DRIVER, EXECUTOR_ENVIRONMENT))
    rendered = (*settings.spark_settings(driver=DRIVER), *ids)
    blocked = [setting.name for setting in rendered if setting.name in BLOCKED]
    if blocked:
        raise TargetError(
            f"livy: {', '.join(blocked)}: Livy makes no session with it; set it on the server, in livy.conf or spark-defaults.conf"
        )
    fields = {FIELDS[item.name]: merging.entries(item.value) for item in rendered if item.name in FIELDS}
    role = {SERVERLESS_ROLE: job.role} if job.role else {}
    conf = {**role, **{item.name: item.value for item in rendered if item.name not in FIELDS}}
    # Livy refuses a second session of a name, and all notebooks would have the same.
    name = {"name": job.name} if job.name != Job().name else {}
    return {
        "session": {"kind": "pyspark", **name, **fields, "conf": conf},
        "external_ids": external_ids.references(settings),
    }


def write(rendered: Rendered) -> Mapping[str, str]:
    session = rendered.content["session"]
    # The kernel of the notebook says which kind it is.
    configured = {name: value for name, value in session.items() if name != "kind"}
    return {
        CELL: f"%%configure -f\n{json.dumps(configured, indent=2)}\n",
        SESSION: json.dumps(session, indent=2) + "\n",
        FIRST_CELL: templates.fill(TARGET.name, "first_cell.py.j2", _for_people(rendered)),
    }


def _opened(settings: Settings, job: Job) -> Iterator[str]:
    """Why the submitter could not read what the session begins with, under the very settings that are rendered."""
    if settings.flavour is Flavour.HADOOP:
        return
    release, bucket = settings.release, _bucket(job.staging)
    if job.spark_jars and not release.has_plugins:
        yield f"--spark-jars: Spark of {release.name} has no plugins, which put the providers where S3A looks; leave it out, and install the jar"
    if job.spark_jars and EMRFS in release.default_connectors:
        yield f"--spark-jars: EMRFS of {release.name} is not known to find its provider in spark.jars; leave it out, and install the jar"
    if job.spark_jars and settings.is_global:
        yield (
            "--spark-jars: with otherwise: deny, or patterns, ours is the only provider, and the jar itself is fetched before it is there; "
            "leave it out, and install the jar"
        )
    if bucket is None:
        return
    kind = settings.plan.access_map.decide(Location("s3a", bucket)).kind
    served = {connector.bucket_key(bucket, connector.bucket_provider_key) for connector in release.connectors}
    if kind is DecisionKind.ROLE:
        yield f"--staging {job.staging}: bucket {bucket} is declared behind a role; take a bucket of the account that runs Spark"
    elif kind is DecisionKind.DENIED:
        yield f"--staging {job.staging}: bucket {bucket} is not declared, and otherwise: deny refuses it; list it under own"
    elif job.spark_jars and served & {setting.name for setting in settings.hadoop}:
        yield (
            f"--spark-jars: bucket {bucket} is declared, so our provider serves it, and the jar is fetched from it before it is there; stage "
            "it in a bucket that is not declared, or leave out --spark-jars"
        )


def _bucket(uri: str) -> str | None:
    """The bucket of an S3 URI, None where somebody must still say it."""
    try:
        bucket = Location.parse(uri).bucket
    except ModelError:
        return None
    return None if is_placeholder(bucket) else bucket


def _for_people(rendered: Rendered) -> dict[str, Any]:
    settings = rendered.settings
    access_map, session = settings.plan.access_map, rendered.content["session"]
    ours = settings.flavour is Flavour.SHIM
    return {
        "comments": settings.comments,
        "plan": settings.plan.id,
        "ours": ours,
        "has_user": settings.user is None and any("{user}" in role.session_name for role in access_map.roles.values()),
        "by_spark_jars": "jars" in session,
        "left_aside": ", ".join(map(unused.option_of, unused.given(rendered.job, LEFT_ASIDE))),
        "external_ids": rendered.content["external_ids"],
        "buckets": [] if ours else sorted({binding.bucket.text for binding in access_map.bindings}),
    }


def _delivery(job: Job) -> Delivery:
    return Delivery(jar=job.staged_jar, installed=not job.spark_jars)


def _channel(release: Release, job: Job) -> Channel:
    """A role is for EMR Serverless only."""
    return channels.of_emr_serverless(release) if job.role else CHANNEL


TARGET = register(
    Target(
        name="livy",
        doc="a %%configure cell and the body of POST /sessions: notebooks on EMR and other Livy servers",
        content=content,
        write=write,
        limits="none known; some settings are refused by the server",
        # Not the pyspark found: a notebook's settings are rendered away from its cluster, and what plain Spark needs would turn s3:// of an
        # EMR label over to S3A.
        default_release="emr-7.14.0",
        families=("emr", "emr-spark", "spark"),
        delivery=_delivery,
        channel=_channel,
        takes_job=True,
    )
)
