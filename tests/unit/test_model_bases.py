"""Base identities are rows: one more is one more row, found by declaration, schema and plan."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from spark_xacct import declaration, plan
from spark_xacct.errors import DeclarationError, PlanError, TargetError
from spark_xacct.model import Base, BaseKind, Role, bases, sts_fields
from spark_xacct.version import __version__

DECLARATION = """
version: 1
base: nomad
sts: {region: eu-west-1}
roles: {partner: {arn: "arn:aws:iam::444455556666:role/reader"}}
buckets: {partner-data: partner}
"""


@pytest.fixture
def nomad(monkeypatch: pytest.MonkeyPatch) -> BaseKind:
    """A base identity that no file of the package knows."""
    kind = str.__new__(BaseKind, "nomad")
    kind._name_, kind._value_ = "NOMAD", "nomad"
    monkeypatch.setitem(BaseKind._value2member_map_, "nomad", kind)
    monkeypatch.setitem(bases.BASES, kind, bases.BaseIdentity(None, "com.example.Nomad", ("container-role",)))  # type: ignore[arg-type]
    return kind


def test_new_row_is_declared_planned_and_in_the_schema(nomad: BaseKind) -> None:
    compiled = plan.encode(declaration.loads(DECLARATION).access_map)

    assert compiled.about.endswith("base nomad")
    assert '"base":{"kind":"nomad","v2":"com.example.Nomad"}' in compiled.canonical_json()
    assert plan.decode(compiled.text).access_map.base == Base(nomad)
    assert "nomad" in declaration.schema()["$defs"]["BaseSection"]["properties"]["kind"]["enum"]


def test_without_its_row_it_is_refused_by_declaration_and_plan() -> None:
    known = "irsa, pod-identity, container, instance-profile, emr-runtime-role, env, profile, class"
    with pytest.raises(DeclarationError) as declared:
        declaration.loads(DECLARATION)
    document = plan.encode(declaration.loads(DECLARATION.replace("nomad", "irsa")).access_map).canonical_json()
    with pytest.raises(PlanError) as planned:
        plan.decode(document.replace('"kind":"irsa"', '"kind":"nomad"'))

    assert str(declared.value) == f'xacct.yaml:3:7: base: "nomad" is not one of {known}; write one of them'
    assert str(planned.value) == f'the plan has the base identity "nomad"; spark-xacct {__version__} knows {known}'


@pytest.mark.parametrize("kind", list(BaseKind), ids=str)
def test_every_kind_has_its_row(kind: BaseKind) -> None:
    assert bases.row_of(kind) is bases.BASES[kind]


@pytest.mark.parametrize("kind", [kind for kind in BaseKind if kind not in (BaseKind.POD_IDENTITY,)], ids=str)
@pytest.mark.parametrize("sdk", ["v1", "v2"])
def test_connector_can_serve(kind: BaseKind, sdk: str) -> None:
    fields: dict[str, Any] = {"profile": {"profile": "etl"}, "class": {"class_name": "a.B"}}.get(kind.value, {})
    access_map = declaration.loads(DECLARATION.replace("nomad", "irsa")).access_map

    declaration.check_connector(dataclasses.replace(access_map, base=Base(kind, **fields)), sdk)


def test_connector_on_old_sdk_cannot_serve_pod_identity() -> None:
    access_map = declaration.loads(DECLARATION.replace("nomad", "pod-identity")).access_map
    declaration.check_connector(access_map, "v2")

    with pytest.raises(TargetError) as raised:
        declaration.check_connector(access_map, "v1")

    assert str(raised.value) == (
        "AWS SDK v1 (EMRFS, S3A of Hadoop 3.3) cannot serve the base identity pod-identity; use a release whose connector is on "
        "AWS SDK v2 (S3A of Hadoop 3.4 and newer), or one of these base identities: "
        "irsa, container, instance-profile, emr-runtime-role, env, profile"
    )


def test_role_fields_are_fixed_by_the_model_and_cannot_be_added_from_outside() -> None:
    with pytest.raises(TypeError):
        Role(name="partner", arn=None, favourite_colour="blue")  # type: ignore[arg-type, call-arg]

    assert {name: field["sts"] for name, field in sts_fields().items()} == {
        "arn": "RoleArn",
        "session_name": "RoleSessionName",
        "duration_seconds": "DurationSeconds",
        "external_id": "ExternalId",
        "tags": "Tags",
        "transitive_tags": "TransitiveTagKeys",
        "source_identity": "SourceIdentity",
        "policy": "Policy",
        "policy_arns": "PolicyArns",
    }
    assert all(field["doc"] for field in sts_fields().values())
