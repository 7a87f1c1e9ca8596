"""How often STS is asked: the number that decides whether a plan is friendly to the account's quota.

The JVM says it at its start by the same rule, which tests/vectors/sts_calls.json holds for both.
"""

from __future__ import annotations

import math
from fractions import Fraction

from spark_xacct.model import AccessMap, Role
from spark_xacct.targets.releases import Release
from spark_xacct.targets.setting import Channel

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


def describe(access_map: AccessMap, release: Release, channel: Channel) -> str:
    """One line for people. ``channel``: by what a driver may tell executors there; Spark before 3.0 has no plugin that could."""
    count, calls = len(hops(access_map)), an_hour(access_map)
    if not count:
        return "STS: no hop, no calls"
    about = f"STS: {count} hop{'' if count == 1 else 's'}, about {calls} calls an hour"
    in_all = f"(a driver and {EXAMPLE_EXECUTORS} executors: about {calls * (EXAMPLE_EXECUTORS + 1)})"
    why_not = channel.why_not if release.has_plugins else f"Spark of {release.name} has no plugins"
    if why_not:
        return f"{about} in each JVM, because the driver tells executors nothing: {why_not} {in_all}"
    return f"{about} where the driver may tell executors ({channel.words}), else as many in each JVM {in_all}"
