"""Texts with comments come from ``conf_templates/<target>/``, which people can read and copy from as well."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Any

from spark_xacct.errors import MissingDependencyError


def read(target: str, file: str) -> str:
    """One file of ``conf_templates``: inside the package in wheel and jar, beside it in a checkout."""
    package = resources.files("spark_xacct")
    packed = package / "conf_templates"
    folder = packed if packed.is_dir() else package / ".." / "conf_templates"
    return (folder / target / file).read_text(encoding="utf-8")


def fill(target: str, file: str, values: Mapping[str, Any], xml: bool = False) -> str:
    """The text of one template. ``xml`` escapes every value for XML."""
    try:
        import jinja2
    except ImportError:
        raise MissingDependencyError(
            "rendering text needs jinja2, which is not installed here: pip install jinja2 (or take --format json)"
        ) from None
    environment = jinja2.Environment(
        autoescape=xml,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.from_string(read(target, file)).render(values)
