"""What lets a JVM and a Python of the cluster start fast: kept in the cache, since most CPU of these tests goes into starts."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyspark
from running import java_home

from spark_xacct.lab.cache import cache_folder, made_once

# Writes beside each module of a zip its compiled form, which Python finds there and nowhere else.
_COMPILE = """
import importlib._bootstrap_external as external, sys, time, warnings, zipfile
warnings.simplefilter("ignore")
for source, made in zip(sys.argv[1::2], sys.argv[2::2]):
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(made, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            new.writestr(entry, content)
            if entry.filename.endswith(".py") and "/tests/" not in entry.filename:
                code = compile(content, entry.filename, "exec", dont_inherit=True)
                changed = int(time.mktime((*entry.date_time, 0, 0, -1)))
                new.writestr(entry.filename + "c", external._code_to_timestamp_pyc(code, changed, entry.file_size))
"""


def spark_home(python: Path) -> Path:
    """The Spark of a cluster's nodes: PySpark's own files, with its Python compiled for ``python``."""
    version = subprocess.run([str(python), "-VV"], capture_output=True, text=True, check=True).stdout

    def fill(folder: Path) -> None:
        installed = Path(pyspark.__file__).parent
        shutil.copytree(installed / "bin", folder / "bin")
        shutil.copytree(installed / "jars", folder / "jars", copy_function=_linked)
        zips = folder / "python" / "lib"
        zips.mkdir(parents=True)
        pairs = [str(path) for old in (installed / "python" / "lib").glob("*.zip") for path in (old, zips / old.name)]
        subprocess.run([str(python), "-c", _COMPILE, *pairs], check=True)

    return made_once(f"spark-home-{pyspark.__version__}-{_digest([version])}", fill)


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def compiled(source: Path, class_path: str, *more: Path) -> Path:
    """The folder with the classes of a Java source. ``more``: files beside it whose change compiles it again."""

    def fill(folder: Path) -> None:
        command = [str(java_home() / "bin" / "javac"), "-nowarn", "-cp", class_path, "-d", str(folder), str(source)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
        assert done.returncode == 0, done.stderr[-3000:]

    contents = [path.read_bytes().hex() for path in (source, *more)]
    return made_once(f"mini-yarn-{source.stem}-{_digest([class_path, *contents])}", fill)


@dataclass(frozen=True)
class SharedClasses:
    """An archive of the classes that the JVMs of one class path load, already parsed and verified, in the cache.

    Java reads it where the class path *begins* with ``jars/*``, and tells by their times that the jars are the same:
    https://docs.oracle.com/en/java/javase/17/vm/class-data-sharing.html. The first run has none and records what to put in.
    """

    name: str
    jars: Path
    recorded: Path

    @property
    def option(self) -> str:
        """The option of Java that uses the archive or, where there is none yet, records."""
        if self._archive.exists():
            return f"-XX:SharedArchiveFile={self._archive}"
        self.recorded.mkdir(exist_ok=True)
        return f"-XX:DumpLoadedClassList={self.recorded}/{self.name}-%p.list"

    def keep(self) -> None:
        """Makes the archive of what a run recorded, once."""
        lists = sorted(self.recorded.glob(f"{self.name}-*.list"))
        if not self._archive.exists() and lists:
            made_once(self._folder.name, lambda folder: self._dump(folder, lists))

    def _dump(self, folder: Path, lists: Iterable[Path]) -> None:
        for old in folder.parent.glob(f"{self.name}-classes-*"):
            if old != folder:
                shutil.rmtree(old, ignore_errors=True)
        # A JVM that was killed has left half a line.
        lines = dict.fromkeys(line for one in lists for line in one.read_text().rpartition("\n")[0].splitlines())
        merged = folder / "classes.list"
        merged.write_text("".join(f"{line}\n" for line in lines))
        command = [str(java_home() / "bin" / "java"), "-Xshare:dump", f"-XX:SharedClassListFile={merged}"]
        command += [f"-XX:SharedArchiveFile={folder / self._archive.name}", "-cp", f"{self.jars}/*"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout[-3000:]

    @property
    def _archive(self) -> Path:
        return self._folder / "classes.jsa"

    @property
    def _folder(self) -> Path:
        files = [java_home() / "lib" / "modules", *sorted(self.jars.glob("*.jar"))]
        stamps = [f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in files]
        return cache_folder() / f"{self.name}-classes-{_digest(stamps)}"


def _digest(texts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:12]
