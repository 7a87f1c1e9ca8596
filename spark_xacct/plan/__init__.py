"""The plan: the compiled, resolved, closed form of a declaration that machines carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from spark_xacct import keys
from spark_xacct.model import AccessMap
from spark_xacct.plan import document, text


@dataclass(frozen=True)
class Plan:
    """One plan: its access map, text and id. Immutable; holds no secret, but may hold a literal external id."""

    access_map: AccessMap
    text: str = field(repr=False)
    id: str

    @property
    def about(self) -> str:
        """For people: ``plan 7f3ac0112233: 2 roles, 5 buckets, base irsa``."""
        roles, buckets = len(self.access_map.roles), len({binding.bucket for binding in self.access_map.bindings})
        return "plan {}: {} role{}, {} bucket{}, base {}".format(
            self.id, roles, "" if roles == 1 else "s", buckets, "" if buckets == 1 else "s", self.access_map.base.kind
        )

    def settings(self) -> list[tuple[str, str]]:
        """The Hadoop settings that carry it: ``fs.xacct.plan``, ``fs.xacct.plan.2``, ..., ``fs.xacct.about``."""
        return [*text.settings(self.text), (keys.ABOUT, self.about)]

    def environment(self) -> list[tuple[str, str]]:
        """The environment variables that carry it: ``SPARK_XACCT_PLAN``, ``SPARK_XACCT_PLAN_2``, ..."""
        return text.environment(self.text)

    def canonical_json(self) -> str:
        """The whole plan as canonical JSON, to read or to put into a file."""
        return text.canonical(document.to_document(self.access_map))


def encode(access_map: AccessMap) -> Plan:
    """The plan of an access map."""
    content = document.to_document(access_map)
    return Plan(access_map, text.pack(content), text.plan_id(content))


def decode(plan_text: str) -> Plan:
    """The plan in a text (``z1:``), a ``file:`` reference or bare JSON. Raises PlanError."""
    content = text.unpack(plan_text)
    return Plan(document.from_document(content), text.pack(content), text.plan_id(content))


def from_environment(environment: Mapping[str, str]) -> Plan | None:
    """The plan in an environment, None where there is none. Raises PlanError for a damaged one."""
    joined = text.joined(environment, keys.PLAN_ENVIRONMENT, "_")
    return None if joined is None else decode(joined)


def from_settings(settings: Mapping[str, str], prefix: str = "") -> Plan | None:
    """The plan in Hadoop settings (``prefix`` "spark.hadoop." for Spark's), None where there is none."""
    joined = text.joined(settings, prefix + keys.PLAN, ".")
    return None if joined is None else decode(joined)
