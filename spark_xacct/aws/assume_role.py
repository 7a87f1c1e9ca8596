"""The parameters of one AssumeRole: a role's fields with run-time values, checked before anything is sent."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ParamValidationError
from botocore.validate import ParamValidator

from spark_xacct.errors import ModelError
from spark_xacct.model import ExternalId, Role, session_name, sts_fields


def parameters(role: Role, run: str, user: str) -> dict[str, Any]:
    """The parameters of a role under STS's names. An external id that is a reference is left out: see ``external_id``."""
    filled: dict[str, Any] = {}
    for name, metadata in sts_fields().items():
        value = getattr(role, name)
        if value is None or value == ():
            continue
        parameter = str(metadata["sts"])
        if parameter == "RoleSessionName":
            filled[parameter] = session_name.fill(value, run, user)
        elif parameter != "ExternalId":
            filled[parameter] = _SPELLED.get(parameter, _plain)(value)
    return filled


def external_id(reference: ExternalId, environment: Mapping[str, str]) -> str:
    """The value of an external id on this host, without the blanks around it. Read at each call, because files change. Raises Unresolved."""
    if reference.literal is not None:
        return reference.literal
    if reference.env is not None:
        value = environment.get(reference.env, "").strip()
        if not value:
            raise Unresolved(
                f"environment variable {reference.env} is not set", "set it there, or use external_id: {file: PATH}"
            )
        return value
    try:
        with open(str(reference.file), encoding="utf-8") as file:
            value = file.read().strip()
    except (OSError, ValueError):
        raise Unresolved(f"file {reference.file} cannot be read", "put it there") from None
    if not value:
        raise Unresolved(f"file {reference.file} is empty", "write it there")
    return value


class Unresolved(Exception):
    """A reference to an external id that does not resolve on this host."""

    def __init__(self, what: str, advice: str) -> None:
        self.problem = f"the external id cannot be resolved: {what} on host {socket.gethostname()}"
        self.advice = advice
        super().__init__(self.problem)


def check(filled: Mapping[str, Any], shape: Any) -> None:
    """Raises ModelError where STS would refuse, by the service model: types and minima by botocore, the rest here."""
    try:
        report = ParamValidator().validate(dict(filled), shape)
        if report.has_errors():
            raise ParamValidationError(report=report.generate_report())
    except ParamValidationError as error:
        raise ModelError(str(error)) from None
    problems = list(_problems(filled, shape, ""))
    if problems:
        raise ModelError("; ".join(problems))


def _problems(value: Any, shape: Any, name: str) -> Iterator[str]:
    """What botocore's own validator leaves to the service: maxima and patterns. Never says the value itself."""
    if shape.type_name == "structure":
        for member in value:
            yield from _problems(value[member], shape.members[member], f"{name}.{member}".lstrip("."))
        return
    size = value if shape.type_name in ("integer", "long") else len(value)
    maximum = shape.metadata.get("max")
    if maximum is not None and size > maximum:
        unit = {"string": " characters", "list": " entries"}.get(shape.type_name, "")
        yield (
            f"{name} has {size}{unit}, STS takes {maximum}" if unit else f"{name} is {size}, STS takes up to {maximum}"
        )
    if shape.type_name == "list":
        for entry in value:
            yield from _problems(entry, shape.member, name)
    pattern = shape.metadata.get("pattern")
    if pattern and shape.type_name == "string" and not _compiled(pattern).match(value):
        yield f"{name} has characters that STS refuses (pattern {pattern})"


def _compiled(pattern: str) -> Any:
    # Java's classes for letters, spaces and digits, which Python's re does not know.
    translated = pattern.replace(r"\p{L}", r"\w").replace(r"\p{Z}", r"\s").replace(r"\p{N}", r"\d")
    return re.compile(rf"(?:{translated})\Z")


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value if isinstance(value, int) else str(value)


_SPELLED: Mapping[str, Callable[[Any], Any]] = {
    "Tags": lambda tags: [{"Key": key, "Value": value} for key, value in sorted(tags)],
    "PolicyArns": lambda arns: [{"arn": arn} for arn in arns],
}
