"""One object of a plan, read strictly: wrong types, missing and unknown fields are refused with their place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spark_xacct.errors import PlanError
from spark_xacct.version import __version__


class Fields:
    """Reads the fields of one object and remembers which were read. A field that is null counts as absent.

    ``path`` is dotted; empty for the plan itself. The same rules and words as ``io.sparkxacct.plan.Fields``.
    """

    def __init__(self, value: Any, path: str = "") -> None:
        self.path = path
        self.place = path or "the top"
        if not isinstance(value, Mapping):
            raise PlanError(f"the plan has no object at {self.place}")
        self._values = value
        self._unread = set(value)

    def value(self, name: str) -> Any:
        self._unread.discard(name)
        return self._values.get(name)

    def required(self, name: str) -> Any:
        value = self.value(name)
        if value is None:
            raise PlanError(f'the plan lacks field "{name}" at {self.place}')
        return value

    def text(self, name: str) -> str | None:
        value = self.value(name)
        if value is not None and not isinstance(value, str):
            raise self._wrong_type(name, "string")
        return value

    def required_text(self, name: str) -> str:
        self.required(name)
        return str(self.text(name))

    def required_number(self, name: str) -> int:
        value = self.required(name)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise self._wrong_type(name, "whole number")
        return value

    def flag(self, name: str) -> bool:
        value = self.value(name)
        if value is not None and not isinstance(value, bool):
            raise self._wrong_type(name, "true or false")
        return value is True

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.value(name)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._wrong_type(name, "list of strings")
        return tuple(value)

    def object(self, name: str) -> Mapping[str, Any]:
        """An object of any field names; empty when absent."""
        value = self.value(name)
        return {} if value is None else Fields(value, self.join(name))._values

    def join(self, name: str) -> str:
        """The path of a field of this object."""
        return f"{self.path}.{name}" if self.path else name

    def refuse_the_rest(self) -> None:
        """Refuses what nobody has read: a newer plan may mean something by it that must not be lost."""
        if self._unread:
            raise PlanError(
                f'the plan has field "{min(self._unread)}" at {self.place} that spark-xacct {__version__} does not know; '
                "it reads plan version 1; update spark-xacct here"
            )

    def _wrong_type(self, name: str, wanted: str) -> PlanError:
        return PlanError(f'the plan has no {wanted} in field "{name}" at {self.place}')
