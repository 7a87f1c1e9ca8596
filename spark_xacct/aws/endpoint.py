"""The credentials endpoint of this process's JVM: how it is found, and which folders are believed."""

from __future__ import annotations

import errno
import functools
import json
import os
import re
import socket
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from spark_xacct import keys
from spark_xacct.aws.failure import PLAN, UNREACHABLE, Failure, SessionFailed
from spark_xacct.version import __version__

DESCRIPTION = "endpoint.json"
VERSION = 1
# A JVM, its daemon, a worker, a shell and a program or two; more is a loop in what /proc says.
MOST_ANCESTORS = 64

_ADDRESS = re.compile(r"http://127\.0\.0\.1:[0-9]{1,5}\Z")
_PATH = re.compile(r"/[A-Za-z0-9_./-]+\Z")
_FILE_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*\Z")
_PARENT = re.compile(r"^PPid:\s+([0-9]+)$", re.MULTILINE)
_OWNER = re.compile(r"^Uid:\s+[0-9]+\s+([0-9]+)\s", re.MULTILINE)


class EndpointGone(SessionFailed):
    """There is no such endpoint any more: its JVM has ended, or that JVM's SparkContext was stopped."""

    def __init__(self, where: str) -> None:
        problem = f"the credentials endpoint {where} is gone: its JVM has ended or its SparkContext was stopped"
        super().__init__(Failure(UNREACHABLE, problem, "ask for role sessions while the application runs"))


@dataclass(frozen=True)
class Endpoint:
    """One JVM's endpoint for one plan, as its folder describes it. Holds no secret: each token stays in its file."""

    folder: str
    plan_id: str
    plan_text: str = field(repr=False)
    jar: str
    run: str
    user: str
    base_kind: str
    region: str
    address: str
    default_role: str | None = None
    _served: Mapping[str, tuple[str, str]] = field(repr=False, default_factory=dict)

    @property
    def roles(self) -> tuple[str, ...]:
        """The names of the roles that it serves: those that Python may ask for."""
        return tuple(sorted(self._served))

    def path(self, role: str) -> str:
        """What is asked for at ``address``; it cannot be guessed."""
        return self._served[role][0]

    def credentials_uri(self, role: str) -> str:
        """For AWS_CONTAINER_CREDENTIALS_FULL_URI and its like."""
        return self.address + self.path(role)

    def token_file(self, role: str) -> str:
        """For AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE and its like."""
        return os.path.join(self.folder, self._served[role][1])

    def token(self, role: str) -> str:
        """What stands in the token file now. Raises EndpointGone, SessionFailed."""
        return _trusted_text(self.folder, self._served[role][1])


def find(environment: Mapping[str, str]) -> Endpoint | None:
    """The endpoint of the JVM that this process belongs to, None where there is none.

    Raises EndpointGone for a JVM that has ended, SessionFailed for a folder that cannot be trusted or read.
    """
    folder = folder_named(environment)
    return None if folder is None else read(folder)


def folder_named(environment: Mapping[str, str]) -> str | None:
    """The folder in SPARK_XACCT_ENDPOINT, of ``environment`` or of the nearest ancestor process that has it.

    A program that a worker starts may have been given another environment, an empty one for ``rdd.pipe``.
    """
    return environment.get(keys.ENDPOINT_ENVIRONMENT) or _of_ancestors(os.getppid())


def read(folder: str) -> Endpoint:
    """The endpoint that a folder describes. Raises EndpointGone, SessionFailed."""
    if not os.path.isabs(folder):
        raise _unusable(folder, "it is not an absolute path")
    text = _trusted_text(folder, DESCRIPTION)
    try:
        content = json.loads(text)
    except ValueError:
        raise _unusable(folder, f"{DESCRIPTION} is not JSON") from None
    if not isinstance(content, dict):
        raise _unusable(folder, f"{DESCRIPTION} is not a JSON object")
    if content.get("v") != VERSION:
        raise SessionFailed(
            Failure(
                PLAN,
                f"the jar and the Python package differ: the credentials endpoint in {folder} is of spark-xacct "
                f"{content.get('jar', 'unknown')} and has version {content.get('v')}, and spark-xacct {__version__} on host "
                f"{socket.gethostname()} reads version {VERSION}",
                "install the package of the jar's version there",
            )
        )
    return Endpoint(
        folder=folder,
        plan_id=_text(folder, content, "plan"),
        plan_text=_text(folder, content, "plan_text"),
        jar=_text(folder, content, "jar"),
        run=_text(folder, content, "run"),
        user=_text(folder, content, "user"),
        base_kind=_text(folder, content, "base"),
        region=_text(folder, content, "region"),
        address=_text(folder, content, "address", _ADDRESS),
        default_role=_default_role(folder, content),
        _served={
            name: (_text(folder, entry, "path", _PATH), _text(folder, entry, "token_file", _FILE_NAME))
            for name, entry in _object(folder, content, "roles").items()
        },
    )


def _default_role(folder: str, content: Mapping[str, Any]) -> str | None:
    if content.get("default_role") is None:
        return None
    name = _text(folder, content, "default_role")
    if name not in _object(folder, content, "roles"):
        raise _unusable(folder, f'{DESCRIPTION} has the default_role "{name}" and no such role')
    return name


def _object(folder: str, content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = content.get(name)
    if not isinstance(value, dict):
        raise _unusable(folder, f'{DESCRIPTION} has no object in field "{name}"')
    return value


def _text(folder: str, content: Any, name: str, pattern: Any = None) -> str:
    value = content.get(name) if isinstance(content, dict) else None
    if not isinstance(value, str) or not value or (pattern is not None and not pattern.match(value)):
        raise _unusable(folder, f'{DESCRIPTION} has no usable text in field "{name}"')
    return value


def _trusted_text(folder: str, name: str) -> str:
    """A file of the folder, when both are of this user alone: whoever could write there could hand out credentials of theirs."""
    try:
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        raise EndpointGone(_in(folder)) from None
    except OSError as error:
        raise _unusable(folder, _why_not_opened(error)) from None
    try:
        _check_owner(folder, "it", os.fstat(opened))
        try:
            file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=opened)
        except FileNotFoundError:
            raise EndpointGone(_in(folder)) from None
        except OSError as error:
            raise _unusable(folder, f"{name}: {_why_not_opened(error)}") from None
    finally:
        os.close(opened)
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            raise _unusable(folder, f"{name} is not a file")
        _check_owner(folder, name, status)
        with os.fdopen(os.dup(file), encoding="utf-8") as stream:
            return stream.read()
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(folder, f"{name} cannot be read: {type(error).__name__}") from None
    finally:
        os.close(file)


def _check_owner(folder: str, what: str, status: os.stat_result) -> None:
    if status.st_uid != os.geteuid():
        raise _unusable(folder, f"{what} belongs to user {status.st_uid}, and this process runs as user {os.geteuid()}")
    if status.st_mode & 0o077:
        raise _unusable(folder, f"{what} is open to other users (mode {stat.S_IMODE(status.st_mode):04o})")


def _why_not_opened(error: OSError) -> str:
    if isinstance(error, NotADirectoryError) or error.errno == errno.ELOOP:
        return "a symbolic link, or of another kind than it should be"
    return error.strerror or type(error).__name__


def _unusable(folder: str, why: str) -> SessionFailed:
    problem = f"the credentials endpoint {_in(folder)} cannot be used: {why}"
    advice = "leave the variable and the folder to the plugin, which makes them anew when Spark starts"
    return SessionFailed(Failure(PLAN, problem, advice))


def _in(folder: str) -> str:
    return f"in {folder} ({keys.ENDPOINT_ENVIRONMENT}) on host {socket.gethostname()}"


@functools.lru_cache(maxsize=1)
def _of_ancestors(parent: int) -> str | None:
    """What the nearest ancestor that has the variable was started with; only processes of this user are asked."""
    process = parent
    name = os.fsencode(keys.ENDPOINT_ENVIRONMENT) + b"="
    for _ in range(MOST_ANCESTORS):
        try:
            with open(f"/proc/{process}/status", encoding="utf-8", errors="replace") as file:
                status = file.read()
            with open(f"/proc/{process}/environ", "rb") as file:
                entries = file.read().split(b"\0")
        except OSError:
            return None
        owner, above = _OWNER.search(status), _PARENT.search(status)
        if owner is None or above is None or int(owner.group(1)) != os.geteuid():
            return None
        for entry in entries:
            if entry.startswith(name) and len(entry) > len(name):
                return os.fsdecode(entry[len(name) :])
        process = int(above.group(1))
    return None
