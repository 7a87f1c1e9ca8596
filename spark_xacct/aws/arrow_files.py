"""A pyarrow file system on one role session. Needs pyarrow; imported where pyarrow is asked for."""

from __future__ import annotations

import os
import threading
import weakref
from typing import Any

from pyarrow.fs import FileSelector, FileSystemHandler, PyFileSystem, S3FileSystem

from spark_xacct.model.location import SCHEMES


def role_files(credentials: Any, region: str, address: str | None) -> PyFileSystem:
    """The file system of whoever ``credentials`` are; takes paths with and without ``s3://``."""
    return PyFileSystem(RoleFiles(credentials, region, address))


class RoleFiles(FileSystemHandler):
    """pyarrow's S3FileSystem, which takes its keys once, made anew when the role session is another.

    An open file stays with the session it was opened under: a session has at least 15 minutes left then, or half its life.
    Thread-safe; goes through a fork; pickles to the plan, where S3FileSystem would pickle its keys.
    """

    def __init__(self, credentials: Any, region: str, address: str | None) -> None:
        self._arguments = (credentials, region, address)
        self._lock = threading.Lock()
        self._made_for: tuple[int, str] | None = None
        self._files: Any = None
        _LIVE[id(self)] = self

    def renew_lock(self) -> None:
        """For the child of a fork: another thread of the parent may have held the lock."""
        self._lock = threading.Lock()

    def _current(self) -> S3FileSystem:
        credentials, region, address = self._arguments
        frozen = credentials.frozen()
        # A fork leaves the child without the threads that pyarrow's client has.
        key = (os.getpid(), frozen.access_key)
        with self._lock:
            if self._made_for != key:
                scheme, _, host = (address or "https://").partition("://")
                self._files = S3FileSystem(
                    access_key=frozen.access_key,
                    secret_key=frozen.secret_key,
                    session_token=frozen.token,
                    region=region,
                    scheme=scheme,
                    endpoint_override=host.rstrip("/") or None,
                )
                self._made_for = key
            return self._files

    def get_type_name(self) -> str:
        return "spark-xacct"

    def normalize_path(self, path: str) -> str:
        return _path(path)

    def get_file_info(self, paths: list[str]) -> Any:
        return self._current().get_file_info([_path(path) for path in paths])

    def get_file_info_selector(self, selector: Any) -> Any:
        below = FileSelector(_path(selector.base_dir), selector.allow_not_found, selector.recursive)
        return self._current().get_file_info(below)

    def create_dir(self, path: str, recursive: bool) -> None:
        self._current().create_dir(_path(path), recursive=recursive)

    def delete_dir(self, path: str) -> None:
        self._current().delete_dir(_path(path))

    def delete_dir_contents(self, path: str, missing_dir_ok: bool = False) -> None:
        self._current().delete_dir_contents(_path(path), missing_dir_ok=missing_dir_ok)

    def delete_root_dir_contents(self) -> None:
        raise NotImplementedError("all buckets at once are not emptied; name one")

    def delete_file(self, path: str) -> None:
        self._current().delete_file(_path(path))

    def move(self, source: str, destination: str) -> None:
        self._current().move(_path(source), _path(destination))

    def copy_file(self, source: str, destination: str) -> None:
        self._current().copy_file(_path(source), _path(destination))

    def open_input_stream(self, path: str) -> Any:
        return self._current().open_input_stream(_path(path), compression=None)

    def open_input_file(self, path: str) -> Any:
        return self._current().open_input_file(_path(path))

    def open_output_stream(self, path: str, metadata: Any) -> Any:
        return self._current().open_output_stream(_path(path), compression=None, metadata=metadata)

    def open_append_stream(self, path: str, metadata: Any) -> Any:
        return self._current().open_append_stream(_path(path), compression=None, metadata=metadata)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RoleFiles) and self._arguments == other._arguments

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self._arguments)

    def __repr__(self) -> str:
        return f"RoleFiles({self._arguments[0]!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (RoleFiles, self._arguments)


def _path(text: str) -> str:
    """pyarrow's path of a location: the bucket, a slash, the key."""
    scheme, separator, rest = text.partition("://")
    return rest if separator and scheme.lower() in SCHEMES else text


def _after_fork_in_child() -> None:
    for files in list(_LIVE.values()):
        files.renew_lock()


# By identity: a set would keep one only of those that are equal.
_LIVE: weakref.WeakValueDictionary[int, RoleFiles] = weakref.WeakValueDictionary()
os.register_at_fork(after_in_child=_after_fork_in_child)
