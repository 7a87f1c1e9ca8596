"""Target ``spark-operator``: a SparkApplication of the Kubeflow Spark operator."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from spark_xacct.errors import TargetError
from spark_xacct.model import BaseKind
from spark_xacct.targets import channels, external_ids, grouping, job_runs, limits, submit_options, templates, unused
from spark_xacct.targets.files import forms
from spark_xacct.targets.job import INSTALLED_FOLDER, JAR_NAME, Job
from spark_xacct.targets.registry import Rendered, Target, register
from spark_xacct.targets.setting import Setting
from spark_xacct.targets.settings import JARS, PYTHON_FILES, Flavour, Settings

NAME = "spark-operator"
UNUSED = {
    "on": "the operator runs it where the SparkApplication is applied; leave it out",
    "spark_jars": "without --image spark.jars brings the jar, with it the image does; leave it out",
}
DRIVER = ("spark.kubernetes.driverEnv.",)
SIZES: Mapping[str, Mapping[str, Any]] = {
    "driver": {"cores": 1, "memory": "2g"},
    "executor": {"instances": 2, "cores": 1, "memory": "2g"},
}
# Where Spark's own images have their jars; those of EMR have them elsewhere.
SPARK_FOLDER = "/opt/spark/jars"
# The operator's webhook takes names of a service only: RFC 1035.
_NAME = re.compile(r"^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")
# What the objects of a namespace may be called: RFC 1123.
_OBJECT = re.compile(r"^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\Z")
NODE_ROLE = "base instance-profile is the role of the node, which every pod of the node shares; irsa and pod-identity are a pod's own"


def content(settings: Settings, job: Job) -> Mapping[str, Any]:
    kind = settings.plan.access_map.base.kind
    if kind is BaseKind.EMR_RUNTIME_ROLE:
        raise TargetError(f"{NAME}: base {kind} is for EMR on EC2 and EMR Serverless; take base irsa or pod-identity")
    unused.check(NAME, job, UNUSED)
    if not _NAME.match(job.name):
        raise TargetError(
            f"{NAME}: --name is {job.name}, and takes at most 63 of a-z, 0-9 and -, a letter first and no - last; give another"
        )
    artefacts = {"--entry-point": job.entry_point, **({"--staging": job.staging} if job.image is None else {})}
    job_runs.check_artefacts(NAME, settings, job, artefacts)
    # External ids as settings of Spark and not as env of the pods, which the operator's webhook has to add.
    ours = (*external_ids.from_secret(settings), *settings.spark_settings(DRIVER))
    spark, parameters = submit_options.as_text(NAME, ours, job.parameters)
    theirs, main_class = _of_user(parameters)
    entries = [*spark, *(Setting(name, value, "an option of the job") for name, value in theirs.items())]
    conf = [one for one in entries if one.name not in (JARS, PYTHON_FILES)]
    limits.check_config_map(NAME, ((one.name, one.value) for one in conf))
    folder = _folder(settings)
    return {
        "application": _application(settings, job, main_class, _dependencies(entries, folder), conf),
        "reasons": [[reason, [one.name for one in group]] for reason, group in grouping.by_reason(conf)],
        "image": {"folder": folder, "jar": JAR_NAME}
        if job.image is not None and settings.flavour is Flavour.SHIM
        else None,
        "external_ids": external_ids.references(settings),
        "notes": [NODE_ROLE] if kind is BaseKind.INSTANCE_PROFILE else [],
    }


def _of_user(parameters: tuple[str, ...]) -> tuple[dict[str, str], str | None]:
    """The settings among the options that nothing of ours meets, and the main class."""
    theirs, rest = submit_options.taken_apart(NAME, parameters)
    main_class = None
    if rest[:1] == ["--class"] and len(rest) > 1:
        main_class, rest = rest[1], rest[2:]
    if rest:
        raise TargetError(
            f"{NAME}: --parameter {rest[0]} has no place in a SparkApplication; write it as --conf KEY=VALUE, or into the file"
        )
    return theirs, main_class


def _folder(settings: Settings) -> str:
    return INSTALLED_FOLDER if settings.release.family.startswith("emr") else SPARK_FOLDER


def _dependencies(entries: Iterable[Setting], folder: str) -> dict[str, list[str]]:
    """What the operator gives to spark-submit as --jars and --py-files, which would win over sparkConf."""
    found = {setting.name: setting.value for setting in entries}
    fields = {"jars": found.get(JARS), "pyFiles": found.get(PYTHON_FILES)}
    moved = (f"local://{INSTALLED_FOLDER}/{JAR_NAME}", f"local://{folder}/{JAR_NAME}")
    return {field: value.replace(*moved).split(",") for field, value in fields.items() if value}


def _application(
    settings: Settings, job: Job, main_class: str | None, dependencies: Mapping[str, Any], conf: Iterable[Setting]
) -> dict[str, Any]:
    documents = settings.plan.access_map.documents
    account = _declared(documents, "service_account", "<service account>")
    spec: dict[str, Any] = {
        "type": "Scala" if main_class is not None or job.entry_point.endswith(".jar") else "Python",
        "mode": "cluster",
        "sparkVersion": _spark_version(settings),
        "image": job.image or "<image with Spark and hadoop-aws>",
    }
    if main_class is not None:
        spec["mainClass"] = main_class
    spec["mainApplicationFile"] = job.entry_point
    if job.arguments:
        spec["arguments"] = list(job.arguments)
    if dependencies:
        spec["deps"] = dict(dependencies)
    spec["sparkConf"] = {setting.name: setting.value for setting in conf}
    files = external_ids.references(settings)["files"]
    if files:
        spec["volumes"] = [{"name": external_ids.SECRET, "secret": {"secretName": external_ids.SECRET}}]
    mounts = [
        {"name": external_ids.SECRET, "mountPath": file, "subPath": role, "readOnly": True}
        for file, role in files.items()
    ]
    mounted = {"volumeMounts": mounts} if mounts else {}
    for pod, sizes in SIZES.items():
        # The operator's fields win over settings: none for what the user's options say.
        left = {name: size for name, size in sizes.items() if f"spark.{pod}.{name}" not in spec["sparkConf"]}
        spec[pod] = {"serviceAccount": account, **left, **mounted}
    return {
        "apiVersion": "sparkoperator.k8s.io/v1beta2",
        "kind": "SparkApplication",
        "metadata": {"name": job.name, "namespace": _declared(documents, "namespace", "<namespace>")},
        "spec": spec,
    }


def _declared(documents: Mapping[str, Any], name: str, otherwise: str) -> str:
    text = str(documents.get(name) or "")
    return text if _OBJECT.match(text) else otherwise


def _spark_version(settings: Settings) -> str:
    """Three numbers: of a label what its row says, of Spark's own releases what was asked for."""
    asked = re.fullmatch(r"(?:spark-)?([0-9]+\.[0-9]+\.[0-9]+)", settings.release.name)
    if asked is not None:
        return asked.group(1)
    numbers = (*settings.release.spark, 0, 0, 0)[:3]
    return ".".join(map(str, numbers))


def write(rendered: Rendered) -> Mapping[str, str]:
    application, told = rendered.content["application"], rendered.content
    spec = application["spec"]
    lines = {
        field: _yaml(value)
        for field, value in spec.items()
        if field not in ("deps", "sparkConf", "volumes", "driver", "executor")
    }
    values = {
        "comments": [*rendered.settings.comments, *told["notes"]],
        "metadata": {name: _yaml(value) for name, value in application["metadata"].items()},
        "lines": lines,
        "is_fetched": rendered.job.image is None and rendered.settings.flavour is Flavour.SHIM,
        "has_channel": any(name == "spark.authenticate" for name in spec["sparkConf"]),
        "dependencies": {field: [_yaml(one) for one in uris] for field, uris in spec.get("deps", {}).items()},
        "conf": [
            (reason, [(_yaml(name), _yaml(spec["sparkConf"][name])) for name in names])
            for reason, names in told["reasons"]
        ],
        "volumes": [_yaml(volume) for volume in spec.get("volumes", ())],
        "pods": {pod: {name: _yaml(value) for name, value in spec[pod].items()} for pod in external_ids.PODS},
        "external_ids": told["external_ids"],
        "secret": external_ids.SECRET,
        "secrets": external_ids.secret_options(told["external_ids"]),
        "image": told["image"],
        "is_shim": rendered.settings.flavour is Flavour.SHIM,
    }
    files = {"spark-application.yaml": templates.fill(NAME, "spark-application.yaml.j2", values)}
    if told["image"] is not None:
        files["Dockerfile.fragment"] = templates.fill(NAME, "Dockerfile.fragment.j2", values)
    return files


def _yaml(value: Any) -> str:
    """JSON is YAML, and quotes what YAML would read as something else."""
    return json.dumps(value, ensure_ascii=False)


TARGET = register(
    Target(
        name=NAME,
        doc="a SparkApplication for the Spark operator on Kubernetes",
        content=content,
        write=write,
        limits=f"{limits.CONFIG_MAP_MAXIMUM_BYTES:,} bytes of settings: Spark makes a ConfigMap of them",
        default_release="spark-4",
        families=("spark", "emr", "emr-spark"),
        delivery=job_runs.delivery,
        channel=lambda release, job: channels.AUTHENTICATED,
        takes_job=True,
        goes_into=(forms.Form.PROPERTIES, forms.Form.HADOOP_XML),
    )
)
