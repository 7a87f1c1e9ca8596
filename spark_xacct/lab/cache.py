"""What the lab keeps between runs: one folder, made once, under a file lock."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from spark_xacct.lab.errors import LabUsageError

CACHE_ENVIRONMENT = "SPARK_XACCT_CACHE"
_READY = ".ready"


def cache_folder(environment: Mapping[str, str] | None = None) -> Path:
    """``$SPARK_XACCT_CACHE``, else ``~/.cache/spark-xacct``; made with mode 0700. Raises LabUsageError."""
    values = os.environ if environment is None else environment
    folder = Path(values.get(CACHE_ENVIRONMENT) or Path(values.get("HOME", "~")).expanduser() / ".cache/spark-xacct")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise LabUsageError(
            f"the folder {folder} cannot be made: {error.strerror}; name another one for the cache ({CACHE_ENVIRONMENT})"
        ) from None
    return folder.resolve()


def labs_folder() -> Path:
    """Where each lab has a folder of its own while it runs."""
    folder = cache_folder() / "labs"
    folder.mkdir(exist_ok=True, mode=0o700)
    return folder


def talk(text: str) -> None:
    """One line of progress on stderr, where a person looks at it."""
    if sys.stderr.isatty():
        print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds an exclusive lock on ``path`` against other processes of this machine."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def made_once(name: str, fill: Callable[[Path], None], folder: Path | None = None) -> Path:
    """The folder ``name`` of the cache, filled by the first who needs it; others wait. A failed fill leaves nothing."""
    parent = folder or cache_folder()
    target = parent / name
    if (target / _READY).exists():
        return target
    with locked(parent / f".{name}.lock"):
        if not (target / _READY).exists():
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir(parents=True)
            try:
                fill(target)
            except BaseException:
                shutil.rmtree(target, ignore_errors=True)
                raise
            (target / _READY).touch()
    return target
