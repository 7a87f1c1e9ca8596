"""The declaration: ``xacct.yaml`` to an access map. Needs pydantic, ruamel.yaml and Python 3.10; a plan file needs none of them."""

from __future__ import annotations

import json
import os
import platform
import re
import socket
import sys
from dataclasses import dataclass
from typing import Any

from spark_xacct.errors import DeclarationError, MissingDependencyError, PlanError, Problem
from spark_xacct.model import AccessMap
from spark_xacct.plan import Plan, decode, encode

__all__ = ["PYTHON_SINCE", "Declaration", "load", "loads", "schema"]

# What declarations and the command line need. Drivers import this module too, from Python 3.7.
PYTHON_SINCE = (3, 10)

_PLAN_TEXT = re.compile(r"z[0-9]+:")


@dataclass(frozen=True)
class Declaration:
    """What a file says: the access map, and notes on what is legal but probably not meant; of a plan file, the plan."""

    access_map: AccessMap
    notes: tuple[Problem, ...] = ()
    plan: Plan | None = None

    def compiled(self) -> Plan:
        """The plan of the declaration. That of a plan file is the one in it, with its id, though it could be written shorter."""
        return self.plan or encode(self.access_map)


def load(
    path: str | os.PathLike[str], environment: str | None = None, default_environment: str | None = None
) -> Declaration:
    """The declaration in a YAML file, or the plan in a plan file (text that begins with ``z1:``, or the plan's JSON).

    ``environment`` chooses an overlay, which a plan file has not; ``default_environment`` is one for declarations where
    none is chosen. Raises DeclarationError with every problem, PlanError for a damaged plan.
    """
    file = os.fspath(path)
    text = _content(file)
    if _is_plan(file, text):
        if environment is not None:
            raise PlanError(
                f'{file} is a plan: its environment was chosen when it was rendered; render it again for "{environment}", or choose none'
            )
        plan = decode(text)
        return Declaration(plan.access_map, plan=plan)
    return loads(text, file, default_environment if environment is None else environment)


def loads(text: str, file: str = "xacct.yaml", environment: str | None = None) -> Declaration:
    """The declaration in a YAML text; ``file`` is its name in problems. Raises DeclarationError with every problem."""
    if sys.version_info < PYTHON_SINCE:
        since = ".".join(map(str, PYTHON_SINCE))
        raise _unreadable(f"this is Python {platform.python_version()}, and it takes {since} or newer")
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


def _is_plan(file: str, text: str) -> bool:
    """By what stands in it, whatever it is called; a declaration may be written as JSON too."""
    if _PLAN_TEXT.match(text.lstrip()):
        return True
    try:
        document = json.loads(text) if text.lstrip().startswith("{") else None
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict):
        return "v" in document or ("version" not in document and file.endswith(".json"))
    return file.endswith(".json")


def _missing(error: ImportError) -> MissingDependencyError:
    name = (error.name or str(error)).split(".")[0]
    if name == "spark_xacct":
        raise error
    library = {"ruamel": "ruamel.yaml"}.get(name, name)
    return _unreadable(f"{library} is not installed", "; or: pip install pydantic ruamel.yaml")


def _unreadable(reason: str, other_way: str = "") -> MissingDependencyError:
    return MissingDependencyError(
        f"a declaration cannot be read on host {socket.gethostname()}: {reason}; "
        "compile it first, where spark-xacct is installed: spark-xacct render plan > xacct.plan, and use that file here"
        + other_way
    )
