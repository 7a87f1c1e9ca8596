"""Declarations for tests: one section a line, so that a table can say on which line a problem stands."""

from __future__ import annotations

from typing import Any

import pytest

READER = "arn:aws:iam::444455556666:role/reader"
HUB = "arn:aws:iam::111122223333:role/hub"

_SECTIONS = {
    "version": "1",
    "base": "irsa",
    "sts": "{region: eu-west-1}",
    "roles": f'{{partner: {{arn: "{READER}"}}}}',
    "buckets": "{partner-data: partner}",
}


def written(**sections: str | None) -> str:
    """A good declaration of five lines in which sections are replaced, left out (None), or added from line 6 on."""
    lines = {**_SECTIONS, **sections}
    return "".join(f"{name}: {text}\n" for name, text in lines.items() if text is not None)


def role(fields: str) -> str:
    """The section ``roles`` with one role, partner, that has more fields."""
    return f'{{partner: {{arn: "{READER}", {fields}}}}}'


def hub_and_partner(hub: str = "", partner: str = "") -> str:
    """The section ``roles`` with partner behind hub, each with more fields."""
    of_hub = f'hub: {{{", ".join(filter(None, [f"""arn: "{HUB}" """.strip(), hub]))}}}'
    of_partner = f'partner: {{{", ".join(filter(None, [f"""arn: "{READER}", via: hub""", partner]))}}}'
    return f"{{{of_hub}, {of_partner}}}"


def case(name: str, says: list[str], text: str | None = None, environment: str | None = None, **sections: Any) -> Any:
    """One row of a table of bad input: the declaration, and all that is said about it, without the file's name."""
    return pytest.param(text or written(**sections), environment, says, id=name)
