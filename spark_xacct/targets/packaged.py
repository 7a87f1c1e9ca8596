"""Files of this package that are no Python, wherever it was imported from: a folder, or a jar, which is a zip."""

from __future__ import annotations

import pkgutil


def text(name: str) -> str:
    """The text of a file, named from the package's folder on. Raises OSError where there is none."""
    data = pkgutil.get_data("spark_xacct", name)
    if data is None:
        raise OSError(f"spark_xacct/{name} cannot be read: the loader of this package reads no files")
    return data.decode("utf-8")
