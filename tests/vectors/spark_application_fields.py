"""Reads the fields of a SparkApplication out of the operator's CRD: names, types, what is required, enums and bounds.

    git clone --depth 1 --branch v2.5.2 https://github.com/kubeflow/spark-operator
    python tests/vectors/spark_application_fields.py spark-operator v2.5.2 > tests/vectors/spark_application_fields.json

Descriptions are left out. What occurs more than once (containers, affinities) stands once, under ``shared``.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

FILE = "charts/spark-operator-chart/crds/sparkoperator.k8s.io_sparkapplications.yaml"
KEPT = ("type", "enum", "required", "minimum", "maximum", "pattern")
FLAGS = {"x-kubernetes-int-or-string": "int_or_string", "x-kubernetes-preserve-unknown-fields": "open"}
# What is shorter than this is not worth a reference.
SHARED_CHARACTERS = 120


def fields(node: Mapping[str, Any]) -> dict[str, Any]:
    """One node of the schema, without prose."""
    found: dict[str, Any] = {name: node[name] for name in KEPT if name in node}
    found.update({short: True for name, short in FLAGS.items() if node.get(name)})
    if "properties" in node:
        found["properties"] = {name: fields(below) for name, below in node["properties"].items()}
    for name in ("items", "additionalProperties"):
        if isinstance(node.get(name), Mapping):
            found[name] = fields(node[name])
    return found


def _written(node: Any) -> str:
    return json.dumps(node, sort_keys=True)


def _below(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from node.get("properties", {}).values()
    yield from (node[name] for name in ("items", "additionalProperties") if name in node)


def _count(node: Mapping[str, Any], counted: Counter[str]) -> None:
    counted[_written(node)] += 1
    if counted[_written(node)] == 1:
        for below in _below(node):
            _count(below, counted)


def _with_references(node: Mapping[str, Any], names: Mapping[str, str], at_top: bool = False) -> Any:
    if not at_top and _written(node) in names:
        return names[_written(node)]
    result = dict(node)
    if "properties" in node:
        result["properties"] = {name: _with_references(below, names) for name, below in node["properties"].items()}
    for name in ("items", "additionalProperties"):
        if name in node:
            result[name] = _with_references(node[name], names)
    return result


def document(crd: Mapping[str, Any], version: str) -> dict[str, Any]:
    (served,) = [one for one in crd["spec"]["versions"] if one["name"] == "v1beta2"]
    schema = fields(served["schema"]["openAPIV3Schema"])
    counted: Counter[str] = Counter()
    _count(schema, counted)
    shared = [text for text, times in counted.items() if times > 1 and len(text) > SHARED_CHARACTERS]
    names = {text: f"shared-{number}" for number, text in enumerate(shared, 1)}
    return {
        "about": "Field names, types, required fields, enums and bounds of sparkoperator.k8s.io/v1beta2 SparkApplication; made by "
        "spark_application_fields.py",
        "source": f"https://github.com/kubeflow/spark-operator/blob/{version}/{FILE}",
        "version": version,
        "licence": "Apache-2.0",
        "group": crd["spec"]["group"],
        "kind": crd["spec"]["names"]["kind"],
        "schema": _with_references(schema, names),
        "shared": {name: _with_references(json.loads(text), names, at_top=True) for text, name in names.items()},
    }


def lines(told: Mapping[str, Any]) -> Iterator[str]:
    """The document as JSON, a line for each member and each shared node, so that differences can be read."""
    shared = [f"{json.dumps(name)}:{_compact(node)}" for name, node in told["shared"].items()]
    members = [f"{json.dumps(name)}:{_compact(value)}" for name, value in told.items() if name != "shared"]
    yield "{" + ",\n".join(members) + ","
    yield '"shared":{\n' + ",\n".join(shared) + "\n}}"


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


if __name__ == "__main__":
    folder, tag = sys.argv[1:3]
    print("\n".join(lines(document(YAML(typ="safe").load(Path(folder) / FILE), tag))))
