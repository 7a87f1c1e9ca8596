"""One lab whose roles may each read one bucket only, a credentials endpoint that serves them, and role sessions on both."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import reading
from fakes.endpoint import FakeEndpoint
from fakes.two_accounts import A, B, C, two_accounts

from spark_xacct import plan
from spark_xacct.aws import RoleSessions
from spark_xacct.lab import Lab
from spark_xacct.model import Binding, Pattern

BUCKETS = {"partner-data": "partner", "third-out": "writer", "our-data": "base"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.lab)


class LabEndpoint(FakeEndpoint):
    """Serves the lab's own role sessions, which it takes and renews as a JVM does."""

    def __init__(self, folder: Path, sessions: RoleSessions) -> None:
        super().__init__(folder, sessions.plan, run=sessions.run, user=sessions.user)
        self._sessions = sessions

    def _session(self, role: str) -> dict[str, str]:
        frozen, _, ends = self._sessions.credentials_now(role)
        return {
            "AccessKeyId": frozen.access_key,
            "SecretAccessKey": frozen.secret_key,
            "Token": frozen.token,
            "Expiration": f"{ends:%Y-%m-%dT%H:%M:%SZ}",
        }


class Cluster:
    """Role sessions of a worker, with and without the endpoint of a JVM beside it."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab, self._folder = lab, folder
        self.plan = plan.encode(lab.access_map)
        self._endpoints: list[LabEndpoint] = []

    def on_sts(self, run: str, **more: str) -> RoleSessions:
        """Where there is no plugin: the chain is followed here. ``more``: of its environment."""
        return RoleSessions(self.plan, {**self.lab.process_environment(), **more}, run, "ana")

    def beside_jvm(self, run: str) -> RoleSessions:
        """Where there is one: its endpoint is asked."""
        return self.on_sts(run, **self.endpoint(run).environment)

    def endpoint(self, run: str) -> LabEndpoint:
        made = LabEndpoint(self._folder / run, self.on_sts(f"jvm-{run}"))
        self._endpoints.append(made)
        return made

    def close(self) -> None:
        for endpoint in self._endpoints:
            endpoint.remove()


@pytest.fixture(scope="session", autouse=True)
def _own_environment() -> Iterator[None]:
    """The libraries read this process's environment; nothing of the machine's own AWS settings may be in it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            patch.setenv(name, os.devnull)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        yield


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory, _own_environment: None) -> Iterator[Cluster]:
    bindings = (
        Binding(Pattern("partner-data"), "partner", owner=B, access="readwrite"),
        Binding(Pattern("third-out"), "writer", owner=C, access="readwrite"),
        Binding(Pattern("our-data"), None, owner=A, access="readwrite"),
    )
    with Lab(two_accounts(bindings=bindings, python_default_role="partner")) as lab:
        # botocore looks for it in this process's environment alone.
        os.environ["AWS_ENDPOINT_URL"] = lab.endpoint
        cluster = Cluster(lab, tmp_path_factory.mktemp("endpoints"))
        for bucket in BUCKETS:
            lab.put(f"s3://{bucket}/in/a.txt", f"{bucket}\n".encode())
        seeding = cluster.beside_jvm("seeding")
        for bucket in ("partner-data", "third-out"):
            uri = f"s3://{bucket}/"
            reading.write_table(uri, bucket, seeding.storage_options(uri, "deltalake"))
        yield cluster
        cluster.close()


@pytest.fixture
def lab(cluster: Cluster) -> Lab:
    cluster.lab.clear_calls()
    return cluster.lab


Read = Callable[..., str]


@pytest.fixture
def read() -> Read:
    """Reads an object with a library, as ``storage_options`` says."""

    def reads(sessions: RoleSessions, library: str, bucket: str, options: Any = None) -> str:
        options = sessions.storage_options(f"s3://{bucket}/", library) if options is None else options
        return reading.READERS[library](options, bucket, "in/a.txt")

    return reads
