"""Staging: what a job's platform must find in S3, put where it is addressed by its content, or by the run that owns it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from spark_xacct.errors import ModelError
from spark_xacct.launch import stopping
from spark_xacct.launch.aws_errors import LaunchError, code_of, is_denied
from spark_xacct.launch.clients import Clients
from spark_xacct.model import AccessMap, DecisionKind, Location

ADDRESS_DIGITS = 12
RENEWED_AFTER = timedelta(days=7)
SHARED, PRIVATE = "artifacts", "runs"
_FOLDER = re.compile(r"^s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<key>.*))?\Z", re.DOTALL)
_EXISTS = ("PreconditionFailed", "412")
# Metadata of the objects.
_SHA256, _KEY = "sha256", "kms-key"
_AT_ONCE = ("ConditionalRequestConflict", "409")


@dataclass(frozen=True)
class Staged:
    """One object: ``is_private`` where it belongs to one run and goes with it."""

    uri: str
    content: bytes = field(repr=False)
    is_private: bool = False

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def size(self) -> int:
        return len(self.content)

    @property
    def bucket_and_key(self) -> tuple[str, str]:
        return bucket_and_key(self.uri)


def bucket_and_key(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def check_folder(folder: str, access_map: AccessMap) -> str:
    """A staging folder that may be used, without its last slash. Raises LaunchError: it is never guessed, and never a bucket that
    a role session reaches, because platforms fetch from it before there is one."""
    found = _FOLDER.match(folder)
    if found is None:
        raise LaunchError(
            f"--staging is {folder}; write a folder of a bucket of your own account: s3://BUCKET/FOLDER", exit_code=2
        )
    key = found["key"] or ""
    try:
        decision = access_map.decide(Location("s3", found["bucket"], key))
    except ModelError as error:
        raise LaunchError(f"--staging: {error}", exit_code=2) from None
    if decision.kind in (DecisionKind.ROLE, DecisionKind.DENIED):
        raise LaunchError(
            f"--staging is {folder}, and {decision.reason}; the platform fetches from there as itself, so take a bucket of its own account "
            "that the declaration does not bind, or lists under own",
            exit_code=2,
        )
    return folder.rstrip("/")


def address(contents: Mapping[str, bytes], key: str | None = None) -> str:
    """Where contents lie together: 12 hex digits of all names and contents, and of the KMS key they are encrypted with."""
    digest = hashlib.sha256((key or "").encode())
    for name in sorted(contents):
        digest.update(f"{name}\0{hashlib.sha256(contents[name]).hexdigest()}\n".encode())
    return digest.hexdigest()[:ADDRESS_DIGITS]


def shared_folder(folder: str, digits: str) -> str:
    return f"{folder}/{SHARED}/{digits}"


def private_folder(folder: str, run: str) -> str:
    return f"{folder}/{PRIVATE}/{run}"


def uris_in(value: Any, folder: str) -> list[str]:
    """The objects below a folder that a request names, in whatever text of it."""
    pattern = re.compile(re.escape(folder.rstrip("/")) + r"/[^\s\"',]+")
    found = [uri for text in _texts(value) for uri in pattern.findall(text)]
    return list(dict.fromkeys(found))


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from _texts(member)
    elif isinstance(value, (list, tuple)):
        for member in value:
            yield from _texts(member)


def actions(staged: Sequence[Staged], key: str | None) -> tuple[str, ...]:
    """The IAM actions that staging needs of the launcher."""
    if not staged:
        return ()
    own = ["s3:PutObject", "s3:GetObject", *(["s3:DeleteObject"] if any(one.is_private for one in staged) else [])]
    return (*own, *(["kms:GenerateDataKey", "kms:Decrypt"] if key else []))


class Uploader:
    """Puts and removes staged objects: only in the launcher's own account, and never over what is there."""

    def __init__(
        self,
        clients: Clients,
        key: str | None,
        say: Callable[[str], None],
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        """``key``: the KMS key for the objects, None for the bucket's own encryption."""
        self._clients, self._key, self._say, self._now = clients, key, say, now

    def put(self, staged: Sequence[Staged]) -> None:
        """Raises LaunchError that names what is left where it did not get to its end."""
        done: list[Staged] = []
        doubtful: Staged | None = None
        try:
            for one in staged:
                doubtful = one
                is_new = self._put(one)
                done.append(one)
                doubtful = None
                self._say(
                    f"{'staged' if is_new else 'is there'} {one.uri} ({one.size:,} bytes, sha256 {one.sha256[:12]})"
                )
        except LaunchError as error:
            told = f"{error}{self._of_another_account(error)}{left(done, doubtful if error.may_be_done else None)}"
            raise LaunchError(f"staging: {told}", error.exit_code, is_transient=error.is_transient) from error
        except stopping.STOPPED as stopped:
            raise LaunchError(
                f"staging was interrupted, and nothing was started{left(done, doubtful)}", stopping.exit_code(stopped)
            ) from None

    def remove(self, uris: Iterable[str]) -> None:
        """Raises LaunchError that names what is left."""
        for uri in uris:
            bucket, key = bucket_and_key(uri)
            try:
                self._clients.ask("s3", "delete_object", uri, Bucket=bucket, Key=key, ExpectedBucketOwner=self._owner())
            except LaunchError as error:
                raise LaunchError(f"{uri} is left: {error}", error.exit_code) from error
            except stopping.STOPPED as stopped:
                raise LaunchError(
                    f"{uri} may be left: removing it was interrupted", stopping.exit_code(stopped)
                ) from None
            self._say(f"removed {uri}")

    def _request(self, one: Staged) -> dict[str, Any]:
        bucket, key = one.bucket_and_key
        request = {
            "Bucket": bucket,
            "Key": key,
            "Body": one.content,
            "ExpectedBucketOwner": self._owner(),
            "IfNoneMatch": "*",
            "ChecksumSHA256": _base64(one.content),
            "Metadata": {_SHA256: one.sha256, **({_KEY: self._key} if self._key else {})},
        }
        if self._key:
            request |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self._key}
        return request

    def _put(self, one: Staged) -> bool:
        """Whether it was not there before."""
        for attempt in (1, 2):
            try:
                self._clients.ask("s3", "put_object", one.uri, **self._request(one))
                return True
            except LaunchError as error:
                code = code_of(error.__cause__) if isinstance(error.__cause__, Exception) else ""
                if code in _EXISTS:
                    break
                # Somebody else is writing the same object right now.
                if code not in _AT_ONCE or attempt == 2:
                    raise
        self._keep_young(one, self._check_same(one))
        return False

    def _check_same(self, one: Staged) -> Mapping[str, Any]:
        """What S3 says of the object that is there. Raises LaunchError where it is another one."""
        bucket, key = one.bucket_and_key
        found: Mapping[str, Any] = self._clients.ask(
            "s3",
            "head_object",
            one.uri,
            Bucket=bucket,
            Key=key,
            ChecksumMode="ENABLED",
            ExpectedBucketOwner=self._owner(),
        )
        digest = found.get("ChecksumSHA256")
        metadata = found.get("Metadata", {})
        is_same = digest == _base64(one.content) if digest else metadata.get(_SHA256) == one.sha256
        advice = "take another --token" if one.is_private else "remove it"
        if not is_same or found["ContentLength"] != one.size:
            raise LaunchError(f"{one.uri} is there with another content, and nothing is written over it; {advice}")
        # S3 answers with the ARN of the key, whatever it was named by.
        if metadata.get(_KEY) != self._key:
            raise LaunchError(
                f"{one.uri} is there, staged with {_key_said(metadata.get(_KEY))} where this submit has {_key_said(self._key)}, and nothing "
                f"is written over it; {advice}"
            )
        return found

    def _keep_young(self, one: Staged, there: Mapping[str, Any]) -> None:
        """Writes an old object anew, so that a lifecycle rule counts from its last use. Whoever is faster has done the same."""
        if self._now() - there["LastModified"] < RENEWED_AFTER:
            return
        request = self._request(one)
        del request["IfNoneMatch"]
        try:
            self._clients.ask("s3", "put_object", one.uri, **request, IfMatch=there["ETag"])
        except LaunchError as error:
            if code_of(error.__cause__) not in (*_EXISTS, *_AT_ONCE):
                raise

    def _of_another_account(self, error: LaunchError) -> str:
        """S3 refuses a bucket of another account with the same words as a missing permission."""
        if not is_denied(error.__cause__):
            return ""
        return f", or give a --staging bucket of account {self._owner()}, if this is one of another"

    def _owner(self) -> str:
        return self._clients.identity()["Account"]


def left(done: Sequence[Staged], doubtful: Staged | None = None, may_be_used: bool = False) -> str:
    """What stays where a submission did not get to its end. ``doubtful``: what may be there or not. ``may_be_used``: by a job that
    may have been started."""
    private = [one.uri for one in done if one.is_private]
    shared = [one.uri for one in done if not one.is_private]
    parts = []
    if private:
        parts.append(f"{'staged for it' if may_be_used else 'left, and to be removed'}: {', '.join(private)}")
    if shared:
        parts.append(f"left for the next time: {', '.join(shared)}")
    if doubtful is not None:
        parts.append(f"there or not: {doubtful.uri}")
    return "".join(f"; {part}" for part in parts) or ("" if may_be_used else "; nothing is left")


def _key_said(key: str | None) -> str:
    return f"--kms-key {key}" if key else "no --kms-key"


def _base64(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode("ascii")
