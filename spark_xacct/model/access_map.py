"""The access map: every role and binding of one declaration, and the decision for one location."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from spark_xacct.errors import ModelError, UndeclaredError
from spark_xacct.model.arn import Arn
from spark_xacct.model.base import Base, Sts
from spark_xacct.model.binding import Binding, Pattern
from spark_xacct.model.location import Location
from spark_xacct.model.role import Role


class DecisionKind(str, Enum):
    """Who serves a location."""

    ROLE = "role"
    BASE = "base"
    PLATFORM = "platform"
    DENIED = "denied"

    def __str__(self) -> str:
        return str(self.value)


@dataclass(frozen=True)
class Decision:
    """The answer for one location, with its reason in words. ``binding`` is the key of what matched, if anything."""

    location: Location
    kind: DecisionKind
    role: str | None
    chain: tuple[Arn, ...]
    binding: str | None
    reason: str


@dataclass(frozen=True)
class AccessMap:
    """Everything that one declaration says, resolved and closed. Immutable; safe to share between threads.

    ``python_roles`` is what Python code may ask for. ``documents`` feeds IAM documents only and is no part of the plan.
    """

    base: Base
    sts: Sts
    roles: Mapping[str, Role]
    bindings: tuple[Binding, ...]
    own: tuple[Pattern, ...] = ()
    deny_undeclared: bool = False
    python_default_role: str | None = None
    python_roles: tuple[str, ...] = ()
    documents: Mapping[str, Any] = field(default_factory=dict)
    _index: _Index = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # One order for one meaning: two maps that say the same are equal, whatever order they were written in.
        object.__setattr__(self, "bindings", tuple(sorted(self.bindings, key=lambda binding: binding.key)))
        object.__setattr__(self, "own", tuple(sorted(self.own, key=str)))
        object.__setattr__(self, "python_roles", tuple(sorted(self.python_roles)))
        for name, role in self.roles.items():
            if role.via is not None and role.via not in self.roles:
                raise ModelError(f'role {name} goes via "{role.via}", which is not declared')
            self._check_cycle(name)
        for binding in self.bindings:
            if binding.role is not None and binding.role not in self.roles:
                raise ModelError(f'bucket {binding.key} is bound to role "{binding.role}", which is not declared')
        for name in self.python_roles:
            if name not in self.roles:
                raise ModelError(f'python.roles names "{name}", which is not declared')
        if self.python_default_role is not None and self.python_default_role not in self.python_roles:
            raise ModelError(f'python.default_role "{self.python_default_role}" is not among python.roles')
        seen: set[str] = set()
        for key in [binding.key for binding in self.bindings] + [own.text for own in self.own]:
            if key in seen:
                raise ModelError(f"bucket {key} is declared twice")
            seen.add(key)
        object.__setattr__(self, "_index", _Index(self))

    def _check_cycle(self, name: str) -> None:
        seen: list[str] = []
        current: str | None = name
        while current is not None:
            if current in seen:
                raise ModelError("role {} goes via itself: {}".format(name, " -> ".join([*seen, current])))
            seen.append(current)
            if current not in self.roles:
                return
            current = self.roles[current].via

    def role(self, name: str) -> Role:
        """Raises UndeclaredError with the names that exist."""
        if name not in self.roles:
            raise UndeclaredError(
                'role "{}" is not declared; declared are: {}'.format(name, ", ".join(sorted(self.roles)) or "none")
            )
        return self.roles[name]

    def chain(self, name: str) -> tuple[Role, ...]:
        """The roles of a chain, first hop to the role itself."""
        hops = [self.role(name)]
        while hops[0].via is not None:
            hops.insert(0, self.roles[hops[0].via])
        return tuple(hops)

    def decide(self, location: Location) -> Decision:
        """Who serves ``location``, and why. Never raises for a well-formed location."""
        return self._index.decide(location)

    @property
    def has_prefixes(self) -> bool:
        return any(binding.prefix for binding in self.bindings)

    @property
    def needs_global_mode(self) -> bool:
        """Whether our provider must be the only one of a connector: per-bucket keys cannot hold patterns or a refusal."""
        return self.deny_undeclared or any(binding.bucket.is_pattern for binding in self.bindings)


class _Index:
    """Matching without a walk over all bindings: exact names in a dict, patterns in their order of precedence."""

    def __init__(self, access_map: AccessMap) -> None:
        self._map = access_map
        self._exact: dict[str, list[Binding]] = {}
        patterns: list[tuple[int, int, str, Binding | None, Pattern]] = []
        for binding in access_map.bindings:
            if binding.bucket.is_pattern:
                patterns.append((-binding.bucket.literal_length, 0, binding.bucket.text, binding, binding.bucket))
            else:
                self._exact.setdefault(binding.bucket.text, []).append(binding)
        for bindings in self._exact.values():
            bindings.sort(key=lambda binding: -len(binding.prefix))
        self._own = {pattern.text for pattern in access_map.own if not pattern.is_pattern}
        patterns += [(-own.literal_length, 1, own.text, None, own) for own in access_map.own if own.is_pattern]
        self._patterns = sorted(patterns, key=lambda item: item[:3])

    def decide(self, location: Location) -> Decision:
        bucket = location.bucket
        for binding in self._exact.get(bucket, ()):
            if not binding.prefix:
                return self._bound(location, binding, f"bucket {bucket} is bound to {_target(binding)}")
            if location.key.startswith(binding.prefix) or location.key == binding.prefix[:-1]:
                reason = f"prefix {binding.prefix} of bucket {bucket} is bound to {_target(binding)}"
                return self._bound(location, binding, reason)
        if bucket in self._own:
            return self._served_by_base(location, bucket, f"bucket {bucket} is listed in own")
        for _, _, text, matched, pattern in self._patterns:
            if not pattern.matches(bucket):
                continue
            if matched is None:
                return self._served_by_base(location, text, f"bucket {bucket} matches own pattern {text}")
            reason = f"bucket {bucket} matches pattern {text}, bound to {_target(matched)}"
            return self._bound(location, matched, reason)
        if self._map.deny_undeclared:
            reason = f"bucket {bucket} is not declared; otherwise: deny refuses it"
            return Decision(location, DecisionKind.DENIED, None, (), None, reason)
        reason = f"bucket {bucket} is not declared; otherwise: platform leaves it to the platform's settings"
        return Decision(location, DecisionKind.PLATFORM, None, (), None, reason)

    def _bound(self, location: Location, binding: Binding, reason: str) -> Decision:
        if binding.role is None:
            return Decision(location, DecisionKind.BASE, None, (), binding.key, reason)
        chain = tuple(role.arn for role in self._map.chain(binding.role))
        return Decision(location, DecisionKind.ROLE, binding.role, chain, binding.key, reason)

    @staticmethod
    def _served_by_base(location: Location, own: str, reason: str) -> Decision:
        reason += ": the base identity serves it"
        return Decision(location, DecisionKind.BASE, None, (), f"own: {own}", reason)


def _target(binding: Binding) -> str:
    return "the base identity" if binding.role is None else f"role {binding.role}"
