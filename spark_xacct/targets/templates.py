"""Texts with comments come from ``conf_templates/<target>/``, which people can read and copy from as well."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spark_xacct.errors import MissingDependencyError
from spark_xacct.targets import packaged


def read(target: str, file: str) -> str:
    """One file of ``conf_templates``: inside the package in wheel and jar, beside it in a checkout."""
    name = f"conf_templates/{target}/{file}"
    try:
        return packaged.text(name)
    except OSError:
        return (Path(__file__).parents[2] / name).read_text(encoding="utf-8")


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
