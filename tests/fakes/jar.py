"""A jar as ours is to Python: the package and its templates, and the version that the JVM's half says."""

from __future__ import annotations

import zipfile
from pathlib import Path

from spark_xacct import __version__

ROOT = Path(__file__).parents[2]
NAME = f"spark-xacct-{__version__}.jar"
# What pom.xml puts there, and under which name.
SOURCES = {ROOT / "spark_xacct": "spark_xacct", ROOT / "conf_templates": "spark_xacct/conf_templates"}


def packed(folder: Path) -> Path:
    """The jar, written into a folder."""
    path = folder / NAME
    with zipfile.ZipFile(path, "w") as jar:
        jar.writestr("io/sparkxacct/version.properties", f"version={__version__}\n")
        for source, inside in SOURCES.items():
            for file in sorted(source.rglob("*")):
                if file.is_file() and file.suffix in (".py", ".j2", ".md", ".json"):
                    jar.write(file, f"{inside}/{file.relative_to(source).as_posix()}")
    return path
