"""Every library of the registry against an S3 with real IAM: each role reads its own bucket and no other."""

from __future__ import annotations

import contextlib
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import BUCKETS, Cluster
from fakes.s3 import FakeS3
from fakes.two_accounts import C
from reading import READERS

from spark_xacct.aws import clients, endpoint
from spark_xacct.errors import RoleSessionError
from spark_xacct.worker.identity import assume_default_role

LIBRARIES = pytest.mark.parametrize("library", clients.names())
WITHOUT_ENDPOINT = [name for name in clients.names() if clients.find(name).without_endpoint == "yes"]
PROGRAM = Path(__file__).parent / "programs" / "plain_reads.py"


def test_every_library_of_the_registry_is_proven_here():
    assert sorted(READERS) == clients.names()


@LIBRARIES
def test_in_a_workers_environment_the_library_itself_is_the_default_role(library, cluster, lab):
    beside = cluster.endpoint(f"plain-{library}")
    environment = {**lab.process_environment(), **beside.environment}
    assume_default_role(endpoint.find(environment), environment)

    done = subprocess.run(
        [sys.executable, str(PROGRAM), library, "partner-data", "third-out"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert (done.stdout, done.returncode) == ("partner-data\nrefused\n", 0), done.stderr
    assert lab.callers("s3://partner-data/") == lab.callers("s3://third-out/") == {"partner"}
    assert set(beside.asked()) == {"partner"}


@LIBRARIES
@pytest.mark.parametrize("bucket", ["partner-data", "third-out"])
def test_a_location_is_read_under_its_own_role(library, bucket, cluster: Cluster, lab, read):
    assert read(cluster.beside_jvm(f"{library}-{bucket}"), library, bucket) == f"{bucket}\n"
    assert lab.callers(f"s3://{bucket}/") == {BUCKETS[bucket]}


@pytest.mark.parametrize("library", WITHOUT_ENDPOINT)
@pytest.mark.parametrize("bucket", BUCKETS)
def test_without_an_endpoint_the_chain_is_followed_here(library, bucket, cluster: Cluster, lab, read):
    assert read(cluster.on_sts("alone"), library, bucket) == f"{bucket}\n"
    assert lab.callers(f"s3://{bucket}/") == {BUCKETS[bucket]}


@LIBRARIES
def test_two_roles_work_side_by_side_and_neither_reads_the_others(library, cluster: Cluster, lab, read):
    sessions = cluster.beside_jvm(f"two-{library}")
    options = {bucket: sessions.storage_options(f"s3://{bucket}/", library) for bucket in ("partner-data", "third-out")}

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda bucket: read(sessions, library, bucket, options[bucket]), list(options) * 6))

    assert found == [f"{bucket}\n" for bucket in options] * 6
    assert {bucket: lab.callers(f"s3://{bucket}/") for bucket in options} == {
        "partner-data": {"partner"},
        "third-out": {"writer"},
    }
    with pytest.raises(Exception) as refusal:
        read(sessions, library, "third-out", options["partner-data"])
    assert not isinstance(refusal.value, AssertionError)
    # DuckDB finds no secret for another bucket, and asks nobody.
    assert lab.callers("s3://third-out/") == ({"writer"} if library == "duckdb" else {"writer", "partner"})


def test_deltalake_is_refused_where_no_endpoint_serves_it(cluster: Cluster):
    for bucket, label in (("partner-data", "role partner"), ("our-data", "the base identity")):
        with pytest.raises(RoleSessionError) as refusal:
            cluster.on_sts("alone").storage_options(f"s3://{bucket}/", "deltalake")
        assert str(refusal.value) == (
            f"deltalake cannot work under {label} (bucket {bucket}) here: it takes no callback, so only what a credentials "
            "endpoint of Spark's JVM serves; use it in a worker, or read the table with polars: "
            "polars.scan_delta(uri, **storage_options(uri, 'polars'))"
        )


def test_polars_reads_the_table_that_deltalake_cannot(cluster: Cluster):
    import polars

    options = cluster.on_sts("alone").storage_options("s3://third-out/", "polars")
    assert polars.scan_delta("s3://third-out/table", **options).collect().rows() == [("third-out",)]


@pytest.mark.parametrize("library", [name for name in clients.names() if name != "duckdb"])
def test_what_a_library_is_told_travels_and_holds_no_secret(library, cluster: Cluster, lab, read):
    sessions = cluster.beside_jvm(f"travel-{library}")
    options = sessions.storage_options("s3://third-out/", library)
    assert read(sessions, library, "third-out", options) == "third-out\n"

    packed = pickle.dumps(options)

    secrets = [secret for secret in lab.secrets() if secret in repr(options) or secret.encode() in packed]
    assert secrets == []


def test_a_statement_for_duckdb_does_not_travel_and_does_not_show_its_keys(cluster: Cluster, lab):
    statement = cluster.on_sts("alone").storage_options("s3://third-out/", "duckdb")

    assert repr(statement) == '<CREATE OR REPLACE TEMPORARY SECRET "xacct third-out/" (...)>'
    assert [secret for secret in lab.secrets() if secret in statement]
    with pytest.raises(TypeError) as refusal:
        pickle.dumps(statement)
    assert str(refusal.value) == "a statement with keys in it does not travel; ask for it where it is used"


@pytest.mark.parametrize("library", WITHOUT_ENDPOINT)
def test_the_expected_owner_is_sent_where_the_table_says_so(library, cluster: Cluster, monkeypatch):
    with FakeS3() as s3:
        # boto3 looks in this process's environment.
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3.url)
        sessions = cluster.on_sts("owner", AWS_ENDPOINT_URL_S3=s3.url)
        with contextlib.suppress(Exception):  # the fake has no such object
            READERS[library](sessions.storage_options("s3://third-out/", library), "third-out", "in/a.txt")

    owners = {request.headers.get("x-amz-expected-bucket-owner") for request in s3.requests}
    assert owners == ({C} if clients.find(library).checks_owner == "yes" else {None})


@pytest.mark.parametrize("library", WITHOUT_ENDPOINT)
def test_a_chain_that_is_refused_is_said_in_our_words(library, cluster: Cluster, lab, read):
    sessions = cluster.on_sts(f"refused-{library}")
    with lab.faults("denied", operation="AssumeRole", role="writer"), pytest.raises(Exception) as refusal:
        read(sessions, library, "third-out")

    assert "bucket third-out: hop 1 of 1 (arn:aws:iam::777788889999:role/writer) refused by STS" in str(refusal.value)


@pytest.mark.parametrize("library", ["obstore", "polars", "pyarrow", "s3fs", "boto3"])
def test_keys_in_the_environment_do_not_win(library, cluster: Cluster, lab, read, monkeypatch):
    """The address of an endpoint among a library's options would lose against each of these."""
    sessions = cluster.on_sts("alone")
    frozen = sessions.credentials_now("partner")[0]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", frozen.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", frozen.secret_key)
    monkeypatch.setenv("AWS_SESSION_TOKEN", frozen.token)
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/nobody")
    for name in ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"):
        monkeypatch.setenv(name, lab.environment()[name])

    assert read(sessions, library, "third-out") == "third-out\n"
    assert lab.callers("s3://third-out/") == {"writer"}


@pytest.mark.parametrize("variable", clients.BEFORE_THE_PAIR)
def test_deltalake_is_refused_where_the_environment_would_win(variable, cluster: Cluster, monkeypatch):
    sessions = cluster.beside_jvm(f"wins-{variable}")
    monkeypatch.setenv(variable, "somebody")

    with pytest.raises(RoleSessionError) as refusal:
        sessions.storage_options("s3://third-out/", "deltalake")

    assert str(refusal.value) == (
        f"deltalake cannot work under role writer (bucket third-out) here: it would take {variable} of the environment "
        "instead; unset it"
    )
