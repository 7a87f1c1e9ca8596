"""Build hook: the wheel carries the jar of its own version and source, or there is no wheel.

``python hatch_build.py stamp DIGEST`` is what ``make jar`` calls after Maven: it copies the jar into the package and
writes beside it the digest of the sources, taken before Maven began. A jar is stale when that digest is not the one of
the sources here, or when the Python files in it are others than these.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
import zipfile
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
    files = [shim / "pom.xml", shim / "shim" / "pom.xml", *(path for path, _ in packaged_files())]
    files += (shim / "shim" / "src" / "main").rglob("*")
    digest = hashlib.sha256()
    for path in sorted(files):
        if path.is_file():
            digest.update(f"{path.relative_to(ROOT).as_posix()}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def stamp(digest: str) -> Path:
    """Puts Maven's jar into the package, alone, with the digest that its sources had when Maven began."""
    name = f"spark-xacct-{version()}.jar"
    built = ROOT / "jvm_shim" / "shim" / "target" / name
    if not built.is_file():
        raise SystemExit(
            f"Maven did not build {built.relative_to(ROOT)}: the version in jvm_shim/pom.xml and in spark_xacct/version.py "
            f"({version()}) must be one"
        )
    JARS.mkdir(exist_ok=True)
    for old in JARS.glob("*.jar"):
        old.unlink()
    shutil.copyfile(built, JARS / name)
    DIGEST_FILE.write_text(digest + "\n", encoding="ascii")
    found = problem()
    if found:
        raise SystemExit(found)
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
    other = _other_python(JARS / wanted)
    if other:
        return f"spark_xacct/jars/{wanted} holds another {other} than this one; run: make jar"
    return None


def _other_python(jar: Path) -> str | None:
    """The first file of the Python package or of the templates that is not the same in the jar."""
    with zipfile.ZipFile(jar) as archive:
        names = set(archive.namelist())
        for path, name in packaged_files():
            if name not in names or archive.read(name) != path.read_bytes():
                return name
    return None


def packaged_files() -> list[tuple[Path, str]]:
    """Every file of the Python package and of the templates, with its name in the jar."""
    package = [(path, path.relative_to(ROOT).as_posix()) for path in (ROOT / "spark_xacct").rglob("*")]
    templates = [
        (path, f"spark_xacct/{path.relative_to(ROOT).as_posix()}") for path in (ROOT / "conf_templates").rglob("*")
    ]
    return sorted(
        (path, name)
        for path, name in package + templates
        if path.is_file() and JARS not in path.parents and "__pycache__" not in path.parts
    )


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
    match sys.argv[1:]:
        case ["digest"]:
            print(sources_digest())
        case ["stamp", given]:
            print(stamp(given).relative_to(ROOT))
        case ["check"]:
            sys.exit(problem())
        case _:
            sys.exit("usage: python hatch_build.py digest|stamp DIGEST|check")
