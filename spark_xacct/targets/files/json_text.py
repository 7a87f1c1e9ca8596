"""Texts of JSON: read with their line and column, written as they were indented, shown without secrets."""

from __future__ import annotations

import json
import re
from typing import Any

from spark_xacct.targets import secrets
from spark_xacct.targets.files.existing import FileRefused

_DEEPEST = 100


def parsed(name: str, text: str) -> Any:
    """The JSON of a text. Raises FileRefused for what is none."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise FileRefused(
                f'{name}: the key "{twice}" stands twice in one object, and readers differ in which counts; take one out'
            )
        return result

    try:
        data = json.loads(text, object_pairs_hook=unique)
        _check_depth(data, 0)
        return data
    except json.JSONDecodeError as error:
        raise FileRefused(
            f"{name}:{error.lineno}:{error.colno}: this is not JSON: {error.msg}; mend it there"
        ) from None
    except RecursionError:
        raise FileRefused(f"{name}: its JSON is nested too deep to read") from None


def _check_depth(data: Any, depth: int) -> None:
    """Raises RecursionError for what is deeper than any request."""
    if depth > _DEEPEST:
        raise RecursionError
    for member in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        _check_depth(member, depth + 1)


def rewritten(text: str, data: Any) -> str:
    """``data`` as ``text`` is written: its indentation, its letters, its end."""
    end = text[len(text.rstrip()) :]
    return json.dumps(data, indent=_indent(text), ensure_ascii=text.isascii()) + end


def _indent(text: str) -> int | str:
    found = re.search(r"[\[{]\s*\n([ \t]+)\S", text)
    return (found.group(1) if "\t" in found.group(1) else len(found.group(1))) if found else 2


def texts_of(properties: Any) -> dict[str, str]:
    """Values as EMR reads them; what is no text there is none of ours to change."""
    if not isinstance(properties, dict):
        return {}
    return {str(name): value if isinstance(value, str) else json.dumps(value) for name, value in properties.items()}


def without_secrets(data: Any) -> Any:
    """The same data with the values of secret names masked."""
    if isinstance(data, dict):
        named = data.get("name") or data.get("Name") or data.get("Key")
        return {
            key: _shown(named if key in ("value", "Value") and isinstance(named, str) else key, value)
            for key, value in data.items()
        }
    if isinstance(data, list):
        result: list[Any] = []
        for at, item in enumerate(data):
            option = data[at - 1] if at and isinstance(data[at - 1], str) and data[at - 1].startswith("--") else ""
            result.append(_shown(option, item))
        return result
    return secrets.inside(data) if isinstance(data, str) else data


def _shown(name: str, value: Any) -> Any:
    return secrets.shown(name, value) if isinstance(value, str) else without_secrets(value)
