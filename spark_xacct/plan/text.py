"""The plan's text: how a closed access map travels through settings, environments and files.

``z1:`` + base64url without padding of zlib(canonical JSON): one spelling that survives every shell, property file and
limit. Raw JSON loses backslashes in spark-defaults.conf and ``${...}`` in Hadoop.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import re
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from spark_xacct import keys
from spark_xacct.errors import PlanError

PREFIX = "z1:"
FILE_PREFIX = "file:"
PART_MAXIMUM_CHARACTERS = 1_000
# Written after the last part: settings come in layers, and a longer plan below would lend its further parts to a shorter
# one. Not a blank, because Hadoop drops a property whose <value></value> is empty, and with it what hides the one below.
END = "."
# A plan of ten thousand buckets has about a megabyte; more is a broken or hostile text.
DOCUMENT_MAXIMUM_BYTES = 16 * 1024 * 1024
# As parts are numbered: from 2, in ASCII, without a leading zero. Whatever else stands there is not ours, as for the JVM.
_PART_NUMBER = re.compile(r"(?:[2-9]|[1-9][0-9]{1,8})\Z")


def canonical(document: Mapping[str, Any]) -> str:
    """The one JSON spelling of a document. ``$`` is escaped because Hadoop expands ``${...}`` in values."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True).replace("$", "\\u0024")


def plan_id(document: Mapping[str, Any]) -> str:
    """First 12 hex digits of the sha256 of the canonical JSON (never of the text: zlib builds pack differently)."""
    return hashlib.sha256(canonical(document).encode("ascii")).hexdigest()[:12]


def pack(document: Mapping[str, Any]) -> str:
    packed = zlib.compress(canonical(document).encode("ascii"), 9)
    return PREFIX + base64.urlsafe_b64encode(packed).rstrip(b"=").decode("ascii")


def unpack(text: str) -> dict[str, Any]:
    """The document in a text, in a ``file:`` reference, or in bare JSON. Raises PlanError that says what to do."""
    text = text.strip()
    if text.startswith(FILE_PREFIX):
        return _unpack_file(text[len(FILE_PREFIX) :])
    if text.startswith("{"):
        return _parse(text, "the plan")
    if not text.startswith(PREFIX):
        raise PlanError(
            f'the plan text starts with "{text[:12]}"; it must start with "z1:" or "file:"; it is of another version, or not a plan'
        )
    body = text[len(PREFIX) :]
    try:
        packed = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
        decompressor = zlib.decompressobj()
        content = decompressor.decompress(packed, DOCUMENT_MAXIMUM_BYTES)
        if not decompressor.eof or decompressor.unused_data:
            raise zlib.error("incomplete")
    except (binascii.Error, ValueError, zlib.error):
        raise PlanError(
            f"the plan text is cut or damaged ({len(text)} characters arrived); copy it again in full"
        ) from None
    return _parse(content.decode("utf-8", "replace"), "the plan")


def parts(text: str) -> list[str]:
    """The text in parts of at most 1,000 characters, as targets with short values need it."""
    return [text[start : start + PART_MAXIMUM_CHARACTERS] for start in range(0, len(text), PART_MAXIMUM_CHARACTERS)]


def settings(text: str, name: str = keys.PLAN, separator: str = ".") -> list[tuple[str, str]]:
    """The parts and the end with their names: ``fs.xacct.plan``, ``fs.xacct.plan.2``, ..."""
    return [(keys.plan_part(name, number, separator), part) for number, part in enumerate([*parts(text), END], 1)]


def environment(text: str) -> list[tuple[str, str]]:
    """The parts and the end with their names in an environment: ``SPARK_XACCT_PLAN``, ``SPARK_XACCT_PLAN_2``, ..."""
    return settings(text, keys.PLAN_ENVIRONMENT, "_")


def joined(values: Mapping[str, str], name: str = keys.PLAN, separator: str = ".") -> str | None:
    """The text put together from settings or an environment; None where there is no first part, or a blank one.

    A further part that is blank or the end ends it: what stands behind is of another plan. Raises PlanError when a part in
    the middle is missing.
    """
    found = {
        number: values[keys.plan_part(name, number, separator)].strip()
        for number in _part_numbers(values, name, separator)
    }
    if not found.get(1):
        found.pop(1, None)
    result = []
    for expected, number in enumerate(sorted(found), 1):
        if number != expected:
            raise PlanError(
                f"the plan has a gap: {keys.plan_part(name, number, separator)} is set and "
                f"{keys.plan_part(name, expected, separator)} is not; set all parts again"
            )
        if number > 1 and found[number] in ("", END):
            break
        result.append(found[number])
    return "".join(result) if result else None


def _part_numbers(values: Mapping[str, str], name: str, separator: str) -> Iterator[int]:
    for key in values:
        if key == name:
            yield 1
        elif key.startswith(name + separator) and _PART_NUMBER.match(key, len(name) + len(separator)):
            yield int(key[len(name) + len(separator) :])


def _unpack_file(path: str) -> dict[str, Any]:
    if not os.path.isabs(path):
        raise PlanError(f'the plan file "{path}" is not an absolute path; write file:/path/to/plan')
    try:
        with open(path, encoding="utf-8") as file:
            content = file.read(DOCUMENT_MAXIMUM_BYTES).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(f"the plan file {path} cannot be read: {error}") from None
    if content.startswith(FILE_PREFIX):
        raise PlanError(f"the plan file {path} names another file; put the plan itself there")
    return unpack(content)


def _parse(content: str, what: str) -> dict[str, Any]:
    try:
        document = json.loads(
            content, object_pairs_hook=_without_duplicates, parse_float=_not_whole, parse_constant=_not_whole
        )
    except (ValueError, RecursionError) as error:
        raise PlanError(f"{what} is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise PlanError(f"{what} is not a JSON object")
    return document


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in pairs:
        if name in result:
            raise ValueError(f'field "{name}" stands twice in one object')
        result[name] = value
    return result


def _not_whole(text: str) -> Any:
    raise ValueError(f"{text} is not a whole number")
