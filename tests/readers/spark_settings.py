"""What a rendered target says to Spark, out of the files that people apply: properties, options of spark-submit, bodies of requests."""

from __future__ import annotations

import itertools
import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ruamel.yaml import YAML

from spark_xacct.spark import properties
from spark_xacct.targets import Rendered

OPTIONS = {"--jars": "spark.jars", "--py-files": "spark.submit.pyFiles"}
HADOOP = "spark.hadoop."


def spark_settings(rendered: Rendered) -> dict[str, str]:
    """Every setting by its name in Spark; where a target says one twice, both must be the same."""
    if "config" in rendered.content:
        return dict(rendered.content["config"])
    found: dict[str, str] = {}
    for name, text in rendered.files().items():
        for group in _groups(name, text):
            differing = {key for key in group.keys() & found.keys() if group[key] != found[key]}
            assert not differing, f"{rendered.target.name}: {name} says something else of {sorted(differing)}"
            found.update(group)
    return found


def _groups(name: str, text: str) -> Iterator[dict[str, str]]:
    if name.endswith(".json"):
        yield from _in_json(json.loads(text))
    elif name.endswith((".yaml", ".yml")):
        for document in YAML(typ="safe").load_all(text):
            yield from _in_json(document)
    elif name.endswith(".conf"):
        yield properties.parse(text)
    elif name == "submit.sh":
        yield options(shlex.split(text.replace("\\\n", " "), comments=True))


def _in_json(value: Any) -> Iterator[dict[str, str]]:
    if isinstance(value, Mapping):
        lower = {str(key).lower(): item for key, item in value.items()}
        if "classification" in lower and isinstance(lower.get("properties"), Mapping):
            prefix = {"spark-defaults": "", "core-site": HADOOP, "emrfs-site": HADOOP}.get(lower["classification"])
            if prefix is not None:
                yield {prefix + key: item for key, item in lower["properties"].items()}
        for key, item in value.items():
            if key in ("sparkConf", "conf") and isinstance(item, Mapping):
                yield {str(name): str(told) for name, told in item.items()}
            elif key == "sparkSubmitParameters":
                yield options(shlex.split(item))
            elif key in ("jars", "pyFiles") and isinstance(item, list):
                yield {{"jars": "spark.jars", "pyFiles": "spark.submit.pyFiles"}[key]: ",".join(item)}
            elif key == "Args" and isinstance(item, list) and "spark-submit" in item:
                yield options(item)
            else:
                yield from _in_json(item)
    elif isinstance(value, list):
        for item in value:
            yield from _in_json(item)


def options(arguments: Sequence[str]) -> dict[str, str]:
    """The settings among arguments of spark-submit."""
    found: dict[str, str] = {}
    for option, value in itertools.pairwise(arguments):
        if option == "--conf":
            name, _, told = value.partition("=")
            found[name] = told
        elif option in OPTIONS:
            found[OPTIONS[option]] = value
    return found
