"""Base identities are rows: one more is one more row, found by declaration, schema and plan."""

from __future__ import annotations

import pytest

from spark_xacct import declaration, plan
from spark_xacct.errors import DeclarationError, PlanError
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
