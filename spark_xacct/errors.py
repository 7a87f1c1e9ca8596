"""The exceptions of spark-xacct. One line first: what, where, what to do; details on the lines after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class XacctError(Exception):
    """Base of every error that spark-xacct raises itself. Its text never holds a secret.

    ``exit_code`` is what the command line ends with: 1 a check failed, 2 usage, 3 bad declaration, 4 AWS refused.
    """

    exit_code = 1


class ModelError(XacctError, ValueError):
    """A value that cannot be: a bad ARN, bucket name, duration, chain. Raised by the constructors of ``model``."""

    exit_code = 3


class PlanError(XacctError):
    """A plan text that cannot be read: cut, a part missing, of a newer version, or with an unknown field."""

    exit_code = 3


class Problem:
    """One finding in a declaration: where (file:line:column), what, and what to do about it."""

    __slots__ = ("column", "file", "fix", "line", "what")

    def __init__(self, file: str, line: int, column: int, what: str, fix: str) -> None:
        self.file, self.line, self.column, self.what, self.fix = file, line, column, what, fix

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.what}; {self.fix}"

    def __repr__(self) -> str:
        return f"Problem({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Problem) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))


class DeclarationError(XacctError):
    """A declaration that is refused, with every problem found in it."""

    exit_code = 3

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[Any, ...]:
        return (DeclarationError, (self.problems,))


class TargetError(XacctError):
    """What was declared does not fit the target: the field or the limit, the number, and the way out."""

    exit_code = 3


class RoleSessionError(XacctError):
    """No role session could be had: which role or bucket, which hop, whose fault, and what to do."""

    exit_code = 4

    def __init__(self, message: str, kind: str = "DENIED", code: str | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.code = code

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.args[0], self.kind, self.code))


class UndeclaredError(RoleSessionError):
    """A bucket or role that the plan does not allow to be asked for."""

    def __init__(self, message: str, kind: str = "UNDECLARED", code: str | None = None) -> None:
        super().__init__(message, kind, code)


class SparkStartError(XacctError):
    """Spark runs or would run without this plan in force; says what is in force and which lines go where."""


class MissingDependencyError(XacctError, ImportError):
    """A library, or a newer Python, that this part needs is not here; says which, on which host, and what to do."""
