"""How often STS is asked: the number that decides whether a plan is friendly to the account's quota.

The JVM says it at its start by the same rule, which tests/vectors/sts_calls.json holds for both.
"""

from __future__ import annotations

import math
from fractions import Fraction

from spark_xacct.model import AccessMap, Role

# A role session is renewed when half of its life is over.
RENEWALS_A_LIFE = 2
SECONDS_AN_HOUR = 3_600
EXAMPLE_EXECUTORS = 10


def hops(access_map: AccessMap) -> dict[str, Role]:
    """The roles that the JVM assumes for the bindings, by name: those bound and those on the way to them."""
    bound = [binding.role for binding in access_map.bindings if binding.role is not None]
    return {role.name: role for name in bound for role in access_map.chain(name)}


def an_hour(access_map: AccessMap) -> int:
    """Calls an hour of one JVM that uses every bucket, rounded up."""
    lives = (role.duration_seconds for role in hops(access_map).values())
    return math.ceil(sum(Fraction(RENEWALS_A_LIFE * SECONDS_AN_HOUR, life) for life in lives))


def describe(access_map: AccessMap) -> str:
    """One line for people."""
    count, calls = len(hops(access_map)), an_hour(access_map)
    if not count:
        return "STS: no hop, no calls"
    return (
        f"STS: {count} hop{'' if count == 1 else 's'}, about {calls} calls an hour where the driver may tell executors (YARN, or "
        "spark.authenticate with spark.network.crypto.enabled), else as many in each JVM "
        f"(a driver and {EXAMPLE_EXECUTORS} executors: about {calls * (EXAMPLE_EXECUTORS + 1)})"
    )
