"""A declaration in the making: what existing settings say, and what they say that no declaration can hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from spark_xacct.errors import ModelError, XacctError
from spark_xacct.model import Arn, ExternalId, limits

BASE = "base"
_VARIABLE = re.compile(r"(?<!\$)\{[A-Za-z_][A-Za-z0-9_-]*\}")


class NothingImported(XacctError):
    """Nothing was found that a declaration could say: what was looked at, and what to name instead."""

    exit_code = 1


@dataclass
class DraftBase:
    """What the process begins with; ``comment`` says where that is from, and stands beside it."""

    kind: str
    arn: str | None = None
    profile: str | None = None
    class_name: str | None = None
    comment: str = ""


@dataclass(frozen=True)
class DraftRole:
    """One role. Two with the same ARN and different fields are two roles."""

    arn: str
    via: str | None = None
    external_id: str | Mapping[str, str] | None = None
    seconds: int | None = None
    session_name: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    transitive_tags: tuple[str, ...] = ()
    source_identity: str | None = None
    policy: str | None = None
    policy_arns: tuple[str, ...] = ()


@dataclass
class DraftBucket:
    """One bucket or pattern. ``role`` is the name of a role, or base."""

    role: str
    access: str = "read"
    owner: str | None = None
    region: str | None = None
    kms_write: str | None = None
    kms_read: tuple[str, ...] = ()
    acl: str | None = None
    requester_pays: bool = False
    access_point: str | None = None
    prefixes: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass
class Draft:
    """Everything that was found. ``left`` has a line for each thing that could not be carried; ``guesses`` for people too."""

    title: str
    base: DraftBase | None = None
    region: str | None = None
    endpoint: str | None = None
    roles: dict[str, DraftRole] = field(default_factory=dict)
    buckets: dict[str, DraftBucket] = field(default_factory=dict)
    # Buckets that somebody must decide about, each with what is known.
    undecided: dict[str, str] = field(default_factory=dict)
    own: list[str] = field(default_factory=list)
    is_denying: bool = False
    python_default: str | None = None
    python_roles: list[str] | None = None
    knows_access: bool = False
    left: list[str] = field(default_factory=list)

    def leave(self, line: str) -> None:
        """Remembers what could not be carried, once."""
        line = one_line(line)
        if line not in self.left:
            self.left.append(line)

    def role_named(self, role: DraftRole, name: str | None = None) -> str:
        """The name of this role here, a new one where it is new. ``name``: the wish of whoever wrote it."""
        for known, there in self.roles.items():
            if there == role and name is None:
                return known
        chosen = self._free(role_name(name or Arn.parse_role(role.arn).resource_name))
        self.roles[chosen] = role
        return chosen

    def _free(self, name: str) -> str:
        number, free = 1, name
        while free in self.roles:
            number += 1
            ending = f"-{number}"
            free = name[: 32 - len(ending)] + ending
        return free


def role_name(text: str) -> str:
    """A name that a declaration takes: small letters, digits, _ and -."""
    name = re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-")
    if not name or not name[0].isalpha():
        name = f"role-{name}".rstrip("-")
    name = name[:32].rstrip("-")
    return f"{name[:27]}-role" if name in limits.RESERVED_ROLE_NAMES else name


def is_external_id(text: str) -> bool:
    """Whether STS takes it."""
    try:
        ExternalId(literal=text)
    except ModelError:
        return False
    return True


def role_arn_problem(text: str) -> str | None:
    """Why this is not the ARN of a role, or None."""
    try:
        Arn.parse_role(text)
    except ModelError as error:
        return str(error)
    return None


def one_line(text: str) -> str:
    """A text that stays on its line, whatever people's settings hold."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def holds_variable(text: str) -> bool:
    """Whether a declaration would take a part of this text for a variable."""
    return _VARIABLE.search(text) is not None
