"""The answer to "who reads this location, and why", for terminals, notebooks and programs."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

from spark_xacct.model import AccessMap, Decision, DecisionKind, Location
from spark_xacct.plan import Plan


@dataclass(frozen=True)
class Explanation:
    """One decision with what surrounds it. ``str()`` is a table; Jupyter shows it as one."""

    decision: Decision
    plan_id: str
    access: str | None
    owner: str | None
    session_name: str | None
    duration_seconds: int | None

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON. Fields that do not apply are None."""
        return {
            "location": str(self.decision.location),
            "decision": self.decision.kind.value,
            "role": self.decision.role,
            "chain": [str(arn) for arn in self.decision.chain],
            "binding": self.decision.binding,
            "reason": self.decision.reason,
            "access": self.access,
            "owner": self.owner,
            "session_name": self.session_name,
            "duration_seconds": self.duration_seconds,
            "plan": self.plan_id,
        }

    def rows(self) -> list[tuple[str, str]]:
        """Name and value of every field that applies, a chain as one row a hop."""
        result = []
        for name, value in self.to_dict().items():
            if name == "chain":
                hops = len(self.decision.chain)
                result += [(f"hop {number} of {hops}", str(arn)) for number, arn in enumerate(self.decision.chain, 1)]
            elif value is not None:
                result.append((name.replace("_", " "), f"{value} s" if name == "duration_seconds" else str(value)))
        return result

    def __str__(self) -> str:
        rows = self.rows()
        width = max(len(name) for name, _ in rows)
        return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)

    def _repr_html_(self) -> str:
        cells = "".join(
            f"<tr><th>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>" for name, value in self.rows()
        )
        return f"<table>{cells}</table>"


def explain(plan: Plan, uri: str) -> Explanation:
    """Explains one location under a plan. Raises ModelError for what is no S3 location."""
    decision = plan.access_map.decide(Location.parse(uri))
    return _explanation(plan.access_map, plan.id, decision)


def _explanation(access_map: AccessMap, plan_id: str, decision: Decision) -> Explanation:
    binding = next((item for item in access_map.bindings if item.key == decision.binding), None)
    role = access_map.roles[decision.role] if decision.kind is DecisionKind.ROLE and decision.role else None
    return Explanation(
        decision=decision,
        plan_id=plan_id,
        access=binding.access if binding else None,
        owner=binding.owner if binding else None,
        session_name=role.session_name if role else None,
        duration_seconds=role.duration_seconds if role else None,
    )
