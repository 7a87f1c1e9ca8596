"""Every library across the ends of real role sessions, with what it was told once at the beginning."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import pytest
import reading
from conftest import Cluster

from spark_xacct.aws import clients

pytestmark = pytest.mark.slow

LIFE_SECONDS = 6
BUCKET = "third-out"
URI = f"s3://{BUCKET}/"
# The secret of DuckDB has the keys that its statement brought.
TOLD_AGAIN = {"duckdb"}


@dataclass
class Crossing:
    """What one library saw."""

    reads: int = 0
    problems: list[str] = field(default_factory=list)
    keys: set[str | None] = field(default_factory=set)


@pytest.fixture(scope="module", params=["beside_jvm", "on_sts"])
def crossings(request, cluster: Cluster) -> dict[str, Crossing]:
    """All libraries in turn, each on an object of its own, for two lives and more of the role session."""
    lab = cluster.lab
    libraries = [
        name
        for name in clients.names()
        if request.param == "beside_jvm" or clients.find(name).without_endpoint == "yes"
    ]
    for name in libraries:
        lab.put(f"{URI}{name}.txt", b"still here\n")
    found = {name: Crossing() for name in libraries}
    with lab.short_lives(LIFE_SECONDS, "writer"):
        sessions = getattr(cluster, request.param)(f"expiry-{request.param}")
        lab.clear_calls()
        told = {name: sessions.storage_options(URI, name) for name in libraries}
        end = time.monotonic() + 2.5 * LIFE_SECONDS
        while time.monotonic() < end:
            for name, crossing in found.items():
                options = sessions.storage_options(URI, name) if name in TOLD_AGAIN else told[name]
                try:
                    reading.READERS[name](options, BUCKET, f"{name}.txt")
                    crossing.reads += 1
                except Exception as error:  # noqa: BLE001 - each library has errors of its own
                    crossing.problems.append(f"{type(error).__name__}: {error}")
    for name, crossing in found.items():
        under = f"{reading.TABLE}/" if name == "deltalake" else f"{name}.txt"
        calls = [call for call in lab.calls(service="s3", bucket=BUCKET) if (call.key or "").startswith(under)]
        crossing.keys = {call.access_key_id for call in calls}
    return found


@pytest.mark.parametrize("library", clients.names())
def test_a_library_goes_on_across_the_ends_of_its_sessions(library, crossings):
    if library not in crossings:
        assert clients.find(library).without_endpoint.startswith("no")
        return
    crossing = crossings[library]
    assert crossing.problems == []
    assert crossing.reads >= 3
    assert len(crossing.keys) >= 3


def test_a_secret_of_duckdb_ends_with_its_session(cluster: Cluster):
    with cluster.lab.short_lives(2, "writer"), reading.connection() as opened:
        sessions = cluster.on_sts("ends-duckdb")
        opened.execute(sessions.storage_options(URI, "duckdb"))
        assert reading.read_with(opened, BUCKET, "in/a.txt") == "third-out\n"
        time.sleep(2.5)

        with pytest.raises(Exception, match=r"HTTP 400|ExpiredToken"):
            reading.read_with(opened, BUCKET, "in/a.txt")
        opened.execute(sessions.storage_options(URI, "duckdb"))
        assert reading.read_with(opened, BUCKET, "in/a.txt") == "third-out\n"


def test_an_open_file_of_pyarrow_ends_with_its_session_and_the_next_one_does_not(cluster: Cluster):
    with cluster.lab.short_lives(2, "writer"):
        files = cluster.on_sts("ends-pyarrow").storage_options(URI, "pyarrow")
        with files.open_input_file(f"{URI}in/a.txt") as opened:
            time.sleep(2.5)
            cluster.lab.clear_calls()
            with pytest.raises(OSError, match="GetObject"):
                opened.read()
            assert {call.error for call in cluster.lab.calls(service="s3")} == {"ExpiredToken"}
        with files.open_input_file(f"{URI}in/a.txt") as opened:
            assert opened.read() == b"third-out\n"
