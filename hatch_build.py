"""Build hook: the wheel carries the jar of its own version and source, or there is no wheel.

``python hatch_build.py stamp`` is what ``make jar`` calls after Maven: it copies the jar into the package and writes
beside it the digest of the sources it was made from. A jar whose digest is not that of the sources here is stale.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
JARS = ROOT / "spark_xacct" / "jars"
DIGEST_FILE = JARS / "sources.sha256"


def version() -> str:
    """The one version of package and jar."""
    text = (ROOT / "spark_xacct" / "version.py").read_text(encoding="utf-8")
    match = re.search(r'__version__ = "([^"]+)"', text)
    if match is None:
        raise SystemExit("spark_xacct/version.py holds no __version__")
    return match.group(1)


def sources_digest() -> str:
    """One sha256 over every file that the jar is made from: Java sources, poms, the Python package, the templates."""
    shim = ROOT / "jvm_shim"
    files = [shim / "pom.xml", shim / "shim" / "pom.xml"]
    files += (shim / "shim" / "src" / "main").rglob("*")
    files += (ROOT / "conf_templates").rglob("*")
    files += [path for path in (ROOT / "spark_xacct").rglob("*") if JARS not in path.parents]
    digest = hashlib.sha256()
    for path in sorted(files):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(f"{path.relative_to(ROOT).as_posix()}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def stamp() -> Path:
    """Puts Maven's jar into the package, alone, with the digest of its sources. Returns the jar's path."""
    name = f"spark-xacct-{version()}.jar"
    built = ROOT / "jvm_shim" / "shim" / "target" / name
    if not built.is_file():
        raise SystemExit(f"{built.relative_to(ROOT)} is not there; run: make jar")
    JARS.mkdir(exist_ok=True)
    for old in JARS.glob("*.jar"):
        old.unlink()
    shutil.copyfile(built, JARS / name)
    DIGEST_FILE.write_text(sources_digest() + "\n", encoding="ascii")
    return JARS / name


def problem() -> str | None:
    """Why the jar in the package may not ship, or None."""
    jars = sorted(path.name for path in JARS.glob("*.jar")) if JARS.is_dir() else []
    wanted = f"spark-xacct-{version()}.jar"
    if jars != [wanted]:
        return f"spark_xacct/jars holds {', '.join(jars) or 'no jar'}, and {wanted} must be there alone; run: make jar"
    recorded = DIGEST_FILE.read_text(encoding="ascii").strip() if DIGEST_FILE.is_file() else ""
    if recorded != sources_digest():
        return f"spark_xacct/jars/{wanted} was made from other sources than these; run: make jar"
    return None


try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # `stamp` runs with any Python; only a build needs hatchling.
    pass
else:

    class JarBuildHook(BuildHookInterface):  # type: ignore[type-arg]
        """Refuses to build a wheel without the right jar. An editable install takes what is there."""

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            found = problem() if version != "editable" else None
            if found:
                raise SystemExit(found)


if __name__ == "__main__":
    if sys.argv[1:] == ["stamp"]:
        print(stamp().relative_to(ROOT))
    elif sys.argv[1:] == ["check"]:
        sys.exit(problem())
    else:
        sys.exit("usage: python hatch_build.py stamp|check")
