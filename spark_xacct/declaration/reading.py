"""Declaration text to access map: overlay, variables, shape, references, compilation; every problem at once."""

from __future__ import annotations

from spark_xacct.declaration import compiling, findings, overlay, references, source
from spark_xacct.declaration.problems import Problems
from spark_xacct.declaration.source import Fields, Scalar
from spark_xacct.errors import Problem
from spark_xacct.model import AccessMap
from spark_xacct.version import __version__

VERSION = 1


def read(text: str, file: str, environment: str | None) -> tuple[AccessMap, tuple[Problem, ...]]:
    """The access map of a declaration, and notes on it. Raises DeclarationError with every problem."""
    problems = Problems(file)
    tree = source.read(text, problems)
    _check_version(tree, problems)
    result = _compiled(tree, environment, problems)
    for name, entry in overlay.environments(tree).items():
        if name != environment:
            # What is wrong in an overlay is wrong today, and not first on the day it is chosen.
            others = Problems(file)
            _compiled(tree, name, others)
            problems.take(others, {entry.place, *source.places(entry.node)})
    problems.raise_any()
    if result is None:
        raise AssertionError("no access map although nothing is wrong")
    return result, problems.notes


def _check_version(tree: Fields, problems: Problems) -> None:
    node = tree.node("version")
    if node is None or (isinstance(node, Scalar) and node.value is None):
        return
    if not isinstance(node, Scalar) or isinstance(node.value, bool) or node.value != VERSION:
        written = f'"{node.value}"' if isinstance(node, Scalar) and isinstance(node.value, str) else source.plain(node)
        problems.add(
            node.place,
            f"version {written} is not known: spark-xacct {__version__} reads version {VERSION}",
            "write version: 1, or update spark-xacct",
        )
        problems.raise_any()


def _compiled(tree: Fields, environment: str | None, problems: Problems) -> AccessMap | None:
    filled = overlay.with_variables(overlay.with_environment(tree, environment, problems), problems)
    section = findings.section_of(filled, problems)
    references.check(filled, problems)
    if section is None or problems:
        return None
    return compiling.access_map(section, filled, problems)
