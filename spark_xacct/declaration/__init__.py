"""The declaration: ``xacct.yaml`` to an access map. Needs pydantic and ruamel.yaml; a plan file needs neither."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import Any

from spark_xacct import plan
from spark_xacct.errors import DeclarationError, MissingDependencyError, PlanError, Problem
from spark_xacct.model import AccessMap

__all__ = ["Declaration", "load", "loads", "schema"]


@dataclass(frozen=True)
class Declaration:
    """What a file says: the access map, and notes on what is legal but probably not meant."""

    access_map: AccessMap
    notes: tuple[Problem, ...] = ()


def load(path: str | os.PathLike[str], environment: str | None = None) -> Declaration:
    """The declaration in a YAML file, or the plan in a plan file (``.json``, or text that begins with ``z1:``).

    ``environment`` chooses an overlay. Raises DeclarationError with every problem, PlanError for a damaged plan.
    """
    file = os.fspath(path)
    text = _content(file)
    if file.endswith(".json") or text.lstrip().startswith("z1:"):
        if environment is not None:
            raise PlanError(
                f'{file} is a plan: its environment was chosen when it was rendered; render it again for "{environment}", or choose none'
            )
        return Declaration(plan.decode(text).access_map)
    return loads(text, file, environment)


def loads(text: str, file: str = "xacct.yaml", environment: str | None = None) -> Declaration:
    """The declaration in a YAML text; ``file`` is its name in problems. Raises DeclarationError with every problem."""
    try:
        from spark_xacct.declaration import reading
    except ImportError as error:
        raise _missing(error) from None
    access_map, notes = reading.read(text, file, environment)
    return Declaration(access_map, notes)


def schema() -> dict[str, Any]:
    """JSON Schema of a declaration, for editors."""
    try:
        from spark_xacct.declaration.sections import json_schema
    except ImportError as error:
        raise _missing(error) from None
    return json_schema()


def _content(file: str) -> str:
    try:
        with open(file, encoding="utf-8-sig") as stream:
            return stream.read()
    except FileNotFoundError:
        problem = Problem(
            file, 1, 1, "there is no such file", "create it, or name another one (--config, SPARK_XACCT_CONFIG)"
        )
    except UnicodeDecodeError as error:
        problem = Problem(file, 1, 1, f"byte {error.start + 1} is not UTF-8", "save it as UTF-8")
    except OSError as error:
        problem = Problem(file, 1, 1, f"it cannot be read: {error.strerror}", "make it readable, or name another one")
    raise DeclarationError([problem])


def _missing(error: ImportError) -> MissingDependencyError:
    name = (error.name or str(error)).split(".")[0]
    if name == "spark_xacct":
        raise error
    library = {"ruamel": "ruamel.yaml"}.get(name, name)
    return MissingDependencyError(
        f"a declaration cannot be read on host {socket.gethostname()}: {library} is not installed; "
        "compile it first, where spark-xacct is installed: spark-xacct render plan > xacct.plan, and use that file here; "
        "or: pip install pydantic ruamel.yaml"
    )
