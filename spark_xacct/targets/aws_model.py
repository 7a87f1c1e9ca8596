"""Requests checked against botocore's model of a service: all of it. botocore's own validation leaves out max, pattern and enum."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from spark_xacct.errors import TargetError
from spark_xacct.targets.job import is_placeholder

# Java's classes of Unicode characters and its ranges beyond 16 bits, as Python's expressions spell them.
_JAVA = {
    r"\uD800\uDC00-\uDBFF\uDFFF": "\U00010000-\U0010ffff",
    r"\p{L}": "a-zA-Z\u00aa-\uffdc",
    r"\p{Z}": "\\s",
    r"\p{N}": "0-9",
    r"\p{M}": "\u0300-\u036f",
    r"\p{S}": "$+<=>^`|~",
    r"\p{P}": "!-#%-*,-/:;?@\\[-\\]_{}",
    r"\p{C}": "\\x00-\\x1f",
}


def check(target: str, service: str, operation: str, request: Mapping[str, Any]) -> None:
    """Raises TargetError with everything that the service would refuse in a request, each with its number and limit.

    Placeholders are left for people to fill in: they are not checked against patterns.
    """
    found = list(problems(service, operation, request))
    if found:
        raise TargetError("\n".join(f"{target}: {problem}" for problem in found))


def problems(service: str, operation: str, request: Mapping[str, Any]) -> Iterator[str]:
    """One line for each thing that the model does not allow."""
    shape = _model(service).operation_model(operation).input_shape
    yield from _problems(shape, request, operation)


@lru_cache(maxsize=None)
def _model(service: str) -> Any:
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def _problems(shape: Any, value: Any, where: str) -> Iterator[str]:
    yield from _OF_TYPE[shape.type_name](shape, value, where)


def _structure(shape: Any, value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{where} is not a structure"
        return
    for name in shape.required_members:
        # Clients make these up, one for each request.
        if name not in value and not shape.members[name].metadata.get("idempotencyToken"):
            yield f"{where}.{name} is missing"
    if shape.is_tagged_union and len(value) != 1:
        yield f"{where} has {len(value)} members, and takes one of {', '.join(shape.members)}"
    for name, member in value.items():
        if name in shape.members:
            yield from _problems(shape.members[name], member, f"{where}.{name}")
        else:
            yield f"{where}.{name} is not known; known are {', '.join(shape.members)}"


def _list(shape: Any, value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, (list, tuple)):
        yield f"{where} is not a list"
        return
    yield from _length(shape, len(value), f"{where} has", "entries")
    for number, member in enumerate(value):
        yield from _problems(shape.member, member, f"{where}[{number}]")


def _map(shape: Any, value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{where} is not a map"
        return
    yield from _length(shape, len(value), f"{where} has", "entries")
    for name, member in value.items():
        yield from _problems(shape.key, name, f"the key {name[:60]} of {where}")
        yield from _problems(shape.value, member, f"{where}[{name[:60]}]")


def _string(shape: Any, value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{where} is not text"
        return
    yield from _length(shape, len(value), f"{where} has", "characters")
    if is_placeholder(value):
        return
    if shape.enum and value not in shape.enum:
        yield f'{where} is "{value}"; known are {", ".join(shape.enum)}'
    pattern = shape.metadata.get("pattern")
    if pattern and re.fullmatch(_as_python(pattern), value) is None:
        yield f'{where} is "{value[:60]}", which does not match {pattern}'


def _number(shape: Any, value: Any, where: str) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        yield f"{where} is not a number"
        return
    yield from _length(shape, value, f"{where} is", "")


def _boolean(shape: Any, value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, bool):
        yield f"{where} is neither true nor false"


def _anything(shape: Any, value: Any, where: str) -> Iterator[str]:
    return iter(())


def _length(shape: Any, size: float, subject: str, unit: str) -> Iterator[str]:
    # The model writes "min" of some types as text.
    least, most = (shape.metadata.get(name) for name in ("min", "max"))
    if most is not None and size > int(most):
        yield f"{subject} {size:,} {unit}".rstrip() + f", and {int(most):,} is the limit"
    if least is not None and size < int(least):
        yield f"{subject} {size:,} {unit}".rstrip() + f", and {int(least):,} is the least"


@lru_cache(maxsize=None)
def _as_python(pattern: str) -> str:
    for java, python in _JAVA.items():
        pattern = pattern.replace(java, python)
    return pattern


_OF_TYPE = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "character": _string,
    "integer": _number,
    "long": _number,
    "float": _number,
    "double": _number,
    "boolean": _boolean,
    "timestamp": _anything,
    "blob": _anything,
}
