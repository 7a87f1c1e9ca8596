"""Who serves a location."""

from __future__ import annotations

from typing import Any

import model_strategies as strategies
import pytest
import shared_vectors
from hypothesis import example, given

from spark_xacct import plan
from spark_xacct.errors import ModelError, UndeclaredError
from spark_xacct.model import AccessMap, Base, BaseKind, Binding, Decision, Location, Pattern, Role, Sts

VECTORS = shared_vectors.read("decide.json")
MAPS = {name: plan.decode(plan.text.canonical(document)).access_map for name, document in VECTORS["plans"].items()}
HUB = Role("hub", strategies.role_arn("111122223333", "hub"))
PARTNER = Role("partner", strategies.role_arn("444455556666", "reader"), via="hub")


def access_map(**fields: Any) -> AccessMap:
    values: dict[str, Any] = {
        "base": Base(BaseKind.IRSA),
        "sts": Sts("eu-west-1"),
        "roles": {"hub": HUB, "partner": PARTNER},
        "bindings": (Binding(Pattern("partner-data"), "partner"),),
    }
    return AccessMap(**{**values, **fields})


@pytest.mark.parametrize(
    "case", VECTORS["cases"], ids=lambda case: "{plan} {scheme}://{bucket}/{key} -> {kind}".format(**case)
)
def test_decision_of_shared_vector(case: dict[str, Any]) -> None:
    decision = MAPS[case["plan"]].decide(Location(case["scheme"], case["bucket"], case["key"]))

    assert (decision.kind.value, decision.role, decision.binding, decision.reason) == (
        case["kind"],
        case["role"],
        case["binding"],
        case["reason"],
    )


def test_chain_goes_from_the_first_hop_to_the_role() -> None:
    decision = access_map().decide(Location.parse("s3a://partner-data/x"))

    assert decision.chain == (HUB.arn, PARTNER.arn)


@given(strategies.access_maps(), strategies.locations)
@example(access_map(own=(Pattern("a-*"), Pattern("*-a")), bindings=()), Location("s3", "a-a"))
def test_decision_is_that_of_the_naive_oracle(given_map: AccessMap, location: Location) -> None:
    assert summary(given_map.decide(location)) == oracle(given_map, location)


def summary(decision: Decision) -> tuple[str, str | None, str | None]:
    return decision.kind.value, decision.role, decision.binding


def oracle(given_map: AccessMap, location: Location) -> tuple[str, str | None, str | None]:
    """Every candidate with its rank, best first; no index, no early way out."""
    candidates: list[tuple[tuple[Any, ...], tuple[str, str | None, str | None]]] = []
    for binding in given_map.bindings:
        text = binding.bucket.text
        answer = ("base" if binding.role is None else "role", binding.role, binding.key)
        if "*" in text:
            if matches(text, location.bucket):
                candidates.append(((2, -len(text.replace("*", "")), 0, text), answer))
        elif text == location.bucket and under(binding.prefix, location.key):
            candidates.append(((0, -len(binding.prefix)), answer))
    for own in given_map.own:
        if "*" in own.text and matches(own.text, location.bucket):
            candidates.append(((2, -len(own.text.replace("*", "")), 1, own.text), ("base", None, f"own: {own}")))
        elif own.text == location.bucket:
            candidates.append(((1,), ("base", None, f"own: {own}")))
    candidates.append(((3,), ("denied" if given_map.deny_undeclared else "platform", None, None)))
    return min(candidates)[1]


def under(prefix: str, key: str) -> bool:
    return not prefix or key.startswith(prefix) or f"{key}/" == prefix


def matches(pattern: str, name: str) -> bool:
    if not pattern:
        return not name
    if pattern[0] == "*":
        return any(matches(pattern[1:], name[start:]) for start in range(len(name) + 1))
    return name[:1] == pattern[0] and matches(pattern[1:], name[1:])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"roles": {"partner": PARTNER}}, 'role partner goes via "hub", which is not declared'),
        (
            {"roles": {"hub": Role("hub", HUB.arn, via="partner"), "partner": PARTNER}},
            "role hub goes via itself: hub -> partner -> hub",
        ),
        (
            {"bindings": (Binding(Pattern("b-1"), "ghost"),)},
            'bucket b-1 is bound to role "ghost", which is not declared',
        ),
        ({"python_roles": ("ghost",)}, 'python.roles names "ghost", which is not declared'),
        ({"python_default_role": "hub"}, 'python.default_role "hub" is not among python.roles'),
        ({"own": (Pattern("partner-data"),)}, "bucket partner-data is declared twice"),
    ],
    ids=["via unknown", "cycle", "binding unknown", "python role unknown", "python default not listed", "twice"],
)
def test_impossible_map_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError) as raised:
        access_map(**fields)

    assert str(raised.value) == message


def test_unknown_role_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UndeclaredError) as raised:
        access_map().chain("ghost")

    assert str(raised.value) == 'role "ghost" is not declared; declared are: hub, partner'


def test_order_of_writing_makes_no_difference() -> None:
    one, two = Binding(Pattern("b-1"), "hub"), Binding(Pattern("b-2"), "hub")

    assert access_map(bindings=(one, two)) == access_map(bindings=(two, one))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, False),
        ({"deny_undeclared": True}, True),
        ({"bindings": (Binding(Pattern("b-*"), "hub"),)}, True),
    ],
    ids=["named buckets", "deny", "a pattern"],
)
def test_global_mode_is_needed_for_what_keys_of_buckets_cannot_hold(fields: dict[str, Any], expected: bool) -> None:
    assert access_map(**fields).needs_global_mode is expected
