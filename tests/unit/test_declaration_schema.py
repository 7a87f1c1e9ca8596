"""The JSON Schema for editors says what the loader says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from spark_xacct import declaration
from spark_xacct.declaration.sections import RoleSection
from spark_xacct.model import sts_fields
from spark_xacct.model.bases import BASES

SCHEMA = declaration.schema()
# Fields of the model that a declaration writes under another name.
WRITTEN_AS = {"duration_seconds": "duration", "policy": "session_policy", "policy_arns": "session_policy"}


def properties() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, section in {"": SCHEMA, **SCHEMA["$defs"]}.items():
        for field, value in section.get("properties", {}).items():
            yield f"{name}.{field}", value


def test_every_field_has_a_description() -> None:
    assert [path for path, field in properties() if not field.get("description")] == []


def test_unknown_keys_are_refused_everywhere() -> None:
    sections = [SCHEMA, *SCHEMA["$defs"].values()]

    assert all(section["additionalProperties"] is False for section in sections)


def test_version_base_and_sts_are_required() -> None:
    assert SCHEMA["required"] == ["version", "base", "sts"]


def test_words_of_a_closed_list_are_offered() -> None:
    offered = {path: field["enum"] for path, field in properties() if "enum" in field}

    assert offered["BaseSection.kind"] == [kind.value for kind in BASES]
    assert offered["BucketSection.access"] == ["read", "write", "readwrite"]
    assert offered[".otherwise"] == ["platform", "deny"]


def test_every_sts_field_of_a_role_can_be_declared() -> None:
    declared = RoleSection.field_names()

    assert {WRITTEN_AS.get(name, name) for name in sts_fields()} <= declared
