"""The lab: an embedded AWS with the accounts, roles, buckets and queues of one declaration."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from spark_xacct.errors import ModelError
from spark_xacct.iam import AccountDocuments, documents
from spark_xacct.lab import environment as exported
from spark_xacct.lab import seed
from spark_xacct.lab.accounts import Accounts
from spark_xacct.lab.base_identity import become_base
from spark_xacct.lab.cache import labs_folder
from spark_xacct.lab.call_log import Call
from spark_xacct.lab.control_client import ControlClient
from spark_xacct.lab.errors import LabError
from spark_xacct.lab.preparation import prepare
from spark_xacct.lab.process import LabProcess
from spark_xacct.lab.proofs import Proofs
from spark_xacct.lab.removal import removed
from spark_xacct.lab.running import RunningLab, find, remember
from spark_xacct.model import AccessMap, Arn, Location

if TYPE_CHECKING:
    from typing_extensions import Self


class Lab:
    """An embedded AWS that refuses what AWS refuses. A context manager; ``start`` and ``stop`` do the same by hand.

    Everything listens on loopback, on random ports. Its methods are safe to call from several threads.
    """

    def __init__(
        self, access_map: AccessMap, *, tls: bool = False, tied: bool = True, engine: str | None = None
    ) -> None:
        """``tied``: the lab ends with this process; without, it runs on until it is stopped. ``engine``: "docker" or
        "podman" run MiniStack in a container instead of a virtual environment in the cache.
        """
        self._prepared = prepare(access_map)
        self._tls, self._tied, self._engine = tls, tied, engine
        self._folder: Path | None = None
        self._process: LabProcess | None = None
        self._environment: dict[str, str] = {}
        self._properties: dict[str, str] = {}
        self.documents: tuple[AccountDocuments, ...] = ()
        self.proofs: tuple[str, ...] = ()

    # Life

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Starts the servers and makes everything that the declaration names. Raises LabError; then nothing runs."""
        self._folder = Path(tempfile.mkdtemp(prefix="lab-", dir=labs_folder()))
        try:
            self._connect(LabProcess.start(self._folder, tls=self._tls, tied=self._tied, engine=self._engine))
            self.documents = seed.seed(self._accounts, self._prepared)
            self._make_environment()
            self.proofs = Proofs(self._accounts, self._control, self.endpoint).hold()
        except BaseException:
            self.stop()
            raise
        return self

    @classmethod
    def attach(cls, access_map: AccessMap) -> Self:
        """The lab that `lab up` left running, made from the same declaration. Raises LabError when none runs."""
        running = find()
        if running is None:
            raise LabError("no lab runs; start one with: spark-xacct lab up")
        lab = cls(access_map, tied=False)
        lab._folder = running.folder
        lab._environment, lab._properties = dict(running.environment), dict(running.spark_properties)
        lab._connect(running.process)
        lab.documents = documents(lab.access_map, lab._prepared.external_ids)
        return lab

    def leave_running(self) -> None:
        """Remembers this lab for ``attach`` and `lab down`; needs ``tied=False``. Raises LabError when one runs already."""
        remember(RunningLab(self.folder, self.process, self._environment, self._properties))

    def _connect(self, process: LabProcess) -> None:
        self._process = process
        self._accounts = Accounts(process.backend_port)
        self._control = ControlClient(process.port, process.token)

    def stop(self) -> None:
        """Stops the servers and removes the lab's folder. Harmless when it does not run."""
        if self._process is not None:
            self._process.stop()
            self._process = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _make_environment(self) -> None:
        folder, region = self.folder, self.access_map.sts.region
        identity = become_base(self._accounts, self._control, self.access_map, folder, self.endpoint)
        values = exported.exports(self.endpoint, region, folder, {**identity, **self._prepared.exports})
        conf = folder / "spark-conf"
        self._properties = exported.spark_properties(self.endpoint, region, values)
        exported.write_properties(conf / "spark-defaults.conf", self._properties)
        self._environment = {**values, "SPARK_CONF_DIR": str(conf)}

    # Where it is

    @property
    def access_map(self) -> AccessMap:
        """The declaration's map with what it left open filled in (``base.arn``, the OIDC provider)."""
        return self._prepared.access_map

    @property
    def folder(self) -> Path:
        """The lab's own folder, mode 0700; gone after ``stop``."""
        if self._folder is None:
            raise LabError("the lab does not run; use it inside its with block, or call start() first")
        return self._folder

    @property
    def process(self) -> LabProcess:
        """Ports and pids of the running lab."""
        if self._process is None:
            raise LabError("the lab does not run; use it inside its with block, or call start() first")
        return self._process

    @property
    def endpoint(self) -> str:
        """The URL that every AWS client is pointed at."""
        return f"http://127.0.0.1:{self.process.port}"

    @property
    def tls_endpoint(self) -> str:
        """The same with TLS; needs ``Lab(..., tls=True)``."""
        if self.process.tls_port is None:
            raise LabError("this lab has no TLS port; make it with Lab(..., tls=True)")
        return f"https://127.0.0.1:{self.process.tls_port}"

    def environment(self) -> dict[str, str]:
        """The exports that make a process the base identity and point Spark and boto3 at the lab."""
        return dict(self._environment)

    def process_environment(self, inherited: Mapping[str, str] | None = None) -> dict[str, str]:
        """A whole environment for a child process: this one's without what would win over the exports, and the exports."""
        return {**exported.cleaned(os.environ if inherited is None else inherited), **self._environment}

    def spark_properties(self) -> dict[str, str]:
        """What stands in the spark-defaults.conf of ``SPARK_CONF_DIR``."""
        return dict(self._properties)

    # Contents

    def root_client(self, account: str, service: str) -> Any:
        """A boto3 client that is root of an account. Its calls go past the front and do not show in the log."""
        return self._accounts.client(account, service, self.access_map.sts.region)

    def create_bucket(self, bucket: str, account: str, region: str | None = None) -> None:
        """A bucket that the declaration does not name, or one that matches a pattern of it."""
        seed.make_bucket(self._accounts, account, bucket, region or self.access_map.sts.region)

    def put(self, uri: str, content: bytes) -> None:
        """Writes an object as the owner of its bucket; makes the bucket where a pattern or ``own`` names it."""
        location = Location.parse(uri)
        client = self.root_client(self._owner(location), "s3")
        if location.bucket not in {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}:
            self.create_bucket(location.bucket, self._owner(location))
        client.put_object(Bucket=location.bucket, Key=location.key, Body=content)

    def get(self, uri: str) -> bytes:
        """Reads an object as the owner of its bucket."""
        location = Location.parse(uri)
        client = self.root_client(self._owner(location), "s3")
        return bytes(client.get_object(Bucket=location.bucket, Key=location.key)["Body"].read())

    def keys(self, uri: str) -> list[str]:
        """The keys under a location, as the owner of its bucket."""
        location = Location.parse(uri)
        pages = self.root_client(self._owner(location), "s3").get_paginator("list_objects_v2")
        found = pages.paginate(Bucket=location.bucket, Prefix=location.key)
        return [item["Key"] for page in found for item in page.get("Contents", [])]

    def _owner(self, location: Location) -> str:
        decision = self.access_map.decide(location)
        for binding in self.access_map.bindings:
            if binding.key == decision.binding:
                return seed.owner_of(self.access_map, binding)
        if decision.binding is None:
            raise LabError(f"bucket {location.bucket} is not declared; make it with create_bucket and root_client")
        assert self.access_map.base.arn is not None
        return self.access_map.base.arn.account

    def create_queue(self, name: str, account: str | None = None) -> str:
        """Makes a queue that no grant names (default: in the base identity's account); returns its URL."""
        region = self.access_map.sts.region
        arn = Arn("aws", "sqs", region, account or self._base_account, name)
        seed.make_queue(self._accounts, arn)
        return self._queue_url(arn)

    def queue_url(self, name: str) -> str:
        """The URL of a queue of a grant, as clients must use it."""
        return self._queue_url(self._queue(name))

    def messages(self, name: str) -> list[str]:
        """Takes all messages out of a queue of a grant, read as its owner."""
        arn = self._queue(name)
        client = self._accounts.client(arn.account, "sqs", arn.region)
        url = client.get_queue_url(QueueName=arn.resource)["QueueUrl"]
        bodies: list[str] = []
        while True:
            batch = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
            if not batch:
                return bodies
            for message in batch:
                bodies.append(message["Body"])
                client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def _queue(self, name: str) -> Arn:
        for role in self.access_map.roles.values():
            for grant in role.grants:
                if grant.arn.service == "sqs" and grant.arn.resource == name:
                    return grant.arn
        raise LabError(f"no grant of the declaration names a queue {name}")

    def _queue_url(self, arn: Arn) -> str:
        return f"{self.endpoint}/{arn.account}/{arn.resource}"

    @property
    def _base_account(self) -> str:
        assert self.access_map.base.arn is not None
        return self.access_map.base.arn.account

    # What was seen

    def calls(self, since: int = 0, **equal: Any) -> list[Call]:
        """The calls of STS, S3 and SQS that came through the front, oldest first.

        ``since``: only those after the call with this number. ``equal``: fields of Call that must have these values,
        as in ``calls(service="sts", operation="AssumeRole")``.
        """
        calls = [Call.from_json(value) for value in self._control.ask("calls", number=since)]
        return [call for call in calls if all(getattr(call, name) == value for name, value in equal.items())]

    def clear_calls(self) -> None:
        """Forgets all calls so far."""
        self._control.ask("clear_calls")

    def callers(self, uri: str) -> set[str]:
        """Who called for a location or anything under it, refused or not: names of declared roles, "base", or, for keys
        that the declaration does not know, what stands in the log. Queues are written ``sqs://NAME``.
        """
        return {self._caller_name(call) for call in self.calls() if _is_under(call, uri)}

    def _caller_name(self, call: Call) -> str:
        if call.role is not None or call.who is not None:
            arn = call.role or call.who
            if arn == str(self.access_map.base.arn):
                return "base"
            names = sorted(role.name for role in self.access_map.roles.values() if str(role.arn) == arn)
            return "|".join(names) or str(arn)
        return call.access_key_id or "anonymous"

    def issue_token(self, issuer: str, subject: str, **more: Any) -> str:
        """A web identity token signed by the lab. ``more``: audience, life_seconds. ``issuer`` has no scheme."""
        return str(self._control.ask("issue_token", issuer=issuer, subject=subject, **more))

    def secrets(self) -> list[str]:
        """Every secret that the lab gave out so far: secret keys, session tokens, web identity tokens."""
        return [str(secret) for secret in self._control.ask("secrets")]

    # What goes wrong

    @contextlib.contextmanager
    def faults(
        self,
        kind: str,
        *,
        operation: str = "*",
        service: str = "*",
        role: str | None = None,
        bucket: str | None = None,
        times: int | None = None,
        delay_seconds: float = 0.0,
    ) -> Iterator[None]:
        """While the block runs, calls that match fail as ``kind`` says: throttle, denied, error, reset, delay.

        ``role``: a declared role, "base" or an ARN: for AssumeRole the role asked for, for other calls the caller's.
        """
        number = self._control.ask(
            "arm",
            kind=kind,
            operation=operation,
            service=service,
            role=None if role is None else str(self._arn(role)),
            bucket=bucket,
            times=times,
            delay_seconds=delay_seconds,
        )
        try:
            yield
        finally:
            self._control.ask("disarm", number=number)

    @contextlib.contextmanager
    def short_lives(self, seconds: float, *roles: str) -> Iterator[None]:
        """While the block runs, sessions that are given out (of these roles; default: all) end after ``seconds``.

        Callers ask for what they always ask; the answer names the early end and the key is refused after it.
        """
        arns: list[str | None] = [str(self._arn(role)) for role in roles] or [None]
        self._control.ask("short_lives", lives=[{"seconds": seconds, "role": arn} for arn in arns])
        try:
            yield
        finally:
            self._control.ask("short_lives", lives=[])

    @contextlib.contextmanager
    def without(self, *, role: str, action: str, document: str | None = None) -> Iterator[None]:
        """While the block runs, ``action`` is gone from what ``role`` (a declared role, "base" or an ARN) holds.

        ``document``: "trust" or "permissions"; default: the trust where it holds the action, else the permissions.
        Sessions that are out keep what they have: new ones are refused, as on AWS.
        """
        with removed(self._accounts, self.documents, self._arn(role), action, document):
            yield

    def expire_now(self, role: str | None = None) -> int:
        """Ends all live sessions (of one role) at once; their holders are not told. Returns how many."""
        return int(self._control.ask("expire_now", role=None if role is None else str(self._arn(role))))

    def _arn(self, role: str) -> Arn:
        """The ARN of a declared role, of "base", or of an ARN's text."""
        if role == "base":
            assert self.access_map.base.arn is not None
            return self.access_map.base.arn
        if role in self.access_map.roles:
            return self.access_map.roles[role].arn
        try:
            return Arn.parse_principal(role)
        except ModelError:
            known = ", ".join(["base", *sorted(self.access_map.roles)])
            raise LabError(f'"{role}" is neither a declared role nor an ARN; declared are: {known}') from None


def _is_under(call: Call, uri: str) -> bool:
    if uri.startswith("sqs://"):
        return call.service == "sqs" and call.queue == uri[len("sqs://") :]
    location = Location.parse(uri)
    return call.service == "s3" and call.bucket == location.bucket and (call.key or "").startswith(location.key)
