"""One lab for all tests that change nothing in it, with roles for every feature."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fakes.lab_clients import Callers
from fakes.two_accounts import B, C, hub, partner, role_arn, two_accounts, writer

from spark_xacct.lab import Lab
from spark_xacct.model import Binding, Pattern, Role


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.lab)


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    roles = (
        Role("tagged", role_arn(B, "tagged"), tags=(("team", "ads"), ("env", "dev")), transitive_tags=("team",)),
        Role("beyond", role_arn(C, "beyond"), via="tagged"),
        Role("sourced", role_arn(B, "sourced"), source_identity="jane"),
        Role("after", role_arn(C, "after"), via="sourced"),
        Role("finance", role_arn(B, "finance"), via="hub"),
        Role("long", role_arn(B, "long"), duration_seconds=7200),
    )
    bindings = (
        *two_accounts().bindings,
        Binding(Pattern("third-data"), "partner", owner=C),
        Binding(Pattern("third-in"), "writer", access="write", owner=C),
        Binding(Pattern("partner-out"), "partner", owner=B, access="readwrite"),
        Binding(Pattern("partner-out"), "finance", prefix="finance/", owner=B, access="readwrite"),
        Binding(Pattern("tenant-*"), "partner", owner=B),
        Binding(Pattern("american-data"), "partner", owner=B, region="us-west-2"),
    )
    own = (Pattern("corp-*"), Pattern("corp-logs"))
    with Lab(two_accounts(hub(), partner(), writer(), *roles, bindings=bindings, own=own), tls=True) as lab:
        lab.put("s3://partner-data/in/a.txt", b"partner's")
        lab.put("s3://our-data/in/a.txt", b"ours")
        lab.put("s3://third-data/in/a.txt", b"third's")
        yield lab


@pytest.fixture
def callers(lab: Lab) -> Callers:
    lab.clear_calls()
    return Callers(lab)
