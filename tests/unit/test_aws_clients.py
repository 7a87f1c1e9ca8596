"""The registry of S3 libraries: adding one touches one place, and what each is told of a location."""

from __future__ import annotations

import importlib.util
import json
import pickle
import subprocess
import sys
import types
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from fakes.endpoint import FakeEndpoint
from fakes.plans import ENVIRONMENT, plan
from fakes.sts import FakeSts

import spark_xacct
from spark_xacct import keys
from spark_xacct.access import Access
from spark_xacct.aws import RoleSessions, activate, clients, deactivate
from spark_xacct.errors import MissingDependencyError, RoleSessionError, UndeclaredError

ROOT = Path(__file__).parents[2]
EVERY = ["boto3", "deltalake", "duckdb", "obstore", "polars", "pyarrow", "s3fs"]
NOW = datetime(2026, 11, 28, 20, 0, 0, tzinfo=timezone.utc)


@pytest.fixture
def sts():
    with FakeSts() as fake:
        yield fake


@pytest.fixture
def role_sessions(sts):
    return RoleSessions(plan(sts.url), ENVIRONMENT, "run-1", "ana")


def at(environment: dict[str, str], **more: Any) -> RoleSessions:
    return RoleSessions(plan(None, **more), {**ENVIRONMENT, **environment}, "run-1", "ana")


@pytest.fixture
def fake_client():
    client = clients.register(
        clients.Client(
            name="fake-lake",
            options=lambda place: place,
            use="`fake_lake.open(options)`",
            other_roles="a door of its own",
            renewal="by itself",
            proven="7.1",
            without_endpoint="no: it is shy",
        )
    )
    yield client
    clients.unregister(client.name)


# The registry


def test_the_first_libraries_are_there():
    assert clients.names() == EVERY


def test_a_library_registered_from_a_test_is_on_the_page_and_served(fake_client, role_sessions, docs):
    place = role_sessions.storage_options("s3a://partner-data/a/b", "fake-lake")

    assert (place.label, place.bucket, place.region) == ("role partner", "partner-data", "eu-west-1")
    row = "| `fake-lake` | 7.1 | `fake_lake.open(options)` | a door of its own | by itself | no: it is shy | no |"
    assert row in docs.written("<!-- table python-clients -->\n<!-- end -->\n").splitlines()


@pytest.fixture(scope="module")
def docs():
    spec = importlib.util.spec_from_file_location("docs_generate_clients", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_two_libraries_of_one_name_are_refused(fake_client):
    with pytest.raises(ValueError, match="client fake-lake is registered twice"):
        clients.register(fake_client)


def test_a_library_that_is_not_known_is_refused_with_those_that_are(role_sessions):
    with pytest.raises(ValueError) as refusal:
        role_sessions.storage_options("s3://partner-data/", "dask")
    assert str(refusal.value) == (
        'storage_options() knows boto3, deltalake, duckdb, obstore, polars, pyarrow, s3fs, and not "dask"; a library that takes '
        "a boto3 session or client works with boto3_session(uri=...) or client(...)"
    )


def test_the_registry_loads_no_library():
    program = f"import sys, spark_xacct.aws.clients; print([name for name in {[*EVERY, 'botocore']!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


# Who serves a location


@pytest.mark.parametrize(
    ("uri", "label", "prefix"),
    [
        ("s3://mixed/a", "role partner", ""),
        ("s3a://mixed/finance/a", "role finance", "finance/"),
        ("s3n://scratch/a", "the base identity", ""),
        ("s3://corp-logs/a", "the base identity", ""),
    ],
)
def test_a_location_is_served_by_its_decision(fake_client, uri, label, prefix):
    buckets = {"mixed": "partner", "mixed/finance/": "finance", "scratch": "@base"}
    place = at({}, buckets=buckets).storage_options(uri, "fake-lake")
    assert (place.label, place.prefix) == (label, prefix)


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        (
            "s3://stranger/",
            "bucket stranger is not declared; otherwise: platform leaves it to the platform's settings; add it to buckets: or "
            "own: in the declaration (plan {})",
        ),
        (
            "s3://hub-logs/",
            'role "hub" is not among python.roles; Python may ask for: finance, partner; add it to python: {{roles: [...]}} in '
            "the declaration (plan {})",
        ),
    ],
)
@pytest.mark.parametrize("library", EVERY)
def test_what_client_refuses_is_refused(role_sessions, library, uri, message):
    with pytest.raises(UndeclaredError) as refusal:
        role_sessions.storage_options(uri, library)
    assert str(refusal.value) == message.format(role_sessions.plan.id)


@pytest.mark.parametrize(
    ("environment", "uri", "region"),
    [
        ({}, "s3://partner-data/", "eu-west-1"),
        ({"AWS_REGION": "eu-north-1"}, "s3://partner-data/", "eu-north-1"),
        ({"AWS_REGION": "eu-north-1"}, "s3://partner-out/", "us-east-1"),
    ],
)
def test_the_region_is_the_buckets_then_the_environments_then_that_of_sts(fake_client, environment, uri, region):
    assert at(environment).storage_options(uri, "fake-lake").region == region


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ({}, None),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "http://127.0.0.1:1"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_S3": "https://s3.local"}, "https://s3.local"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, None),
    ],
)
def test_an_s3_that_the_environment_names_is_passed_on(fake_client, environment, address):
    assert at(environment).storage_options("s3://partner-data/", "fake-lake").address == address


def test_module_and_access_ask_the_same(fake_client, sts):
    access = Access(plan(sts.url), "run-1", "ana")
    activate(access.role_sessions)
    try:
        found = [spark_xacct.storage_options("s3://partner-data/", "fake-lake")]
        found.append(access.storage_options("s3://partner-data/", "fake-lake"))
    finally:
        deactivate()
    assert [(place.label, place.credentials) for place in found] == [("role partner", found[0].credentials)] * 2


# What libraries are told


def test_options_without_an_address(role_sessions):
    polars = role_sessions.storage_options("s3://partner-out/", "polars")
    obstore = role_sessions.storage_options("s3://partner-out/", "obstore")
    assert polars["storage_options"] == {"aws_region": "us-east-1"}
    assert {name: value for name, value in obstore.items() if name != "credential_provider"} == {"region": "us-east-1"}


def test_options_with_an_address_over_plain_http(sts):
    sessions = at({"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9000"})
    polars = sessions.storage_options("s3://partner-data/", "polars")
    obstore = sessions.storage_options("s3://partner-data/", "obstore")
    assert polars["storage_options"] == {
        "aws_region": "eu-west-1",
        "aws_endpoint_url": "http://127.0.0.1:9000",
        "aws_allow_http": "true",
    }
    del obstore["credential_provider"]
    assert obstore == {
        "region": "eu-west-1",
        "endpoint": "http://127.0.0.1:9000",
        "client_options": {"allow_http": True},
    }


def test_callbacks_give_the_session_and_say_when_to_ask_again(sts):
    sessions = RoleSessions(plan(sts.url), ENVIRONMENT, "run-1", "ana", lambda: NOW)
    key = sessions.credentials_now("partner")[0].access_key
    polars, again = sessions.storage_options("s3://partner-data/", "polars")["credential_provider"]()
    obstore = sessions.storage_options("s3://partner-data/", "obstore")["credential_provider"]()
    assert polars["aws_access_key_id"] == obstore["access_key_id"] == key
    assert sorted(polars) == ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"]
    assert datetime.fromtimestamp(again, timezone.utc) == obstore["expires_at"] == NOW + timedelta(seconds=60)


@pytest.mark.parametrize(("left", "seconds"), [(3600, 60), (60, 30), (10, 5), (1, 1), (-5, 1), (None, 60)])
def test_what_is_left_of_a_session_is_never_used_to_the_end(left, seconds):
    class Sessions:
        def credentials_now(self, name):
            return "frozen", NOW, None if left is None else NOW + timedelta(seconds=left)

    credentials = clients.PlaceCredentials(Sessions(), "partner", "partner-data")
    assert credentials.until() == ("frozen", NOW + timedelta(seconds=seconds))


def test_a_refusal_of_sts_names_the_bucket(sts, role_sessions):
    sts.refuse("hub", "AccessDenied")
    provider = role_sessions.storage_options("s3://partner-data/", "polars")["credential_provider"]
    with pytest.raises(RoleSessionError) as refusal:
        provider()
    assert str(refusal.value).startswith(
        "bucket partner-data: hop 1 of 2 (arn:aws:iam::111122223333:role/hub) refused by STS: AccessDenied; account 111122223333"
    )


def test_credentials_travel_as_the_plan(role_sessions):
    sent = clients.PlaceCredentials(role_sessions, "partner", "partner-data")
    sent.frozen()
    packed = pickle.dumps(sent)
    assert b"PLANTED" not in packed
    assert (pickle.loads(packed), hash(pickle.loads(packed))) == (sent, hash(sent))
    assert repr(sent) == (
        f"PlaceCredentials(plan {role_sessions.plan.id}, run run-1, user ana, partner, bucket partner-data)"
    )


# DuckDB and deltalake


def test_a_statement_of_duckdb_is_for_its_location_only(sts):
    environment = {**ENVIRONMENT, "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9000/"}
    buckets = {"mixed": "partner", 'mixed/it\'s "x"/': "finance"}
    sessions = RoleSessions(plan(sts.url, buckets=buckets), environment, "run-1", "ana")
    frozen = sessions.credentials_now("finance")[0]

    statement = sessions.storage_options('s3://mixed/it\'s "x"/a', "duckdb")

    under = "mixed/it''s \"x\"/"
    assert str(statement) == (
        'CREATE OR REPLACE TEMPORARY SECRET "xacct mixed/it\'s x/" '
        f"(TYPE s3, KEY_ID '{frozen.access_key}', SECRET '{frozen.secret_key}', REGION 'eu-west-1', "
        f"SCOPE ('s3://{under}', 's3a://{under}', 's3n://{under}'), SESSION_TOKEN '{frozen.token}', "
        "ENDPOINT '127.0.0.1:9000', URL_STYLE 'path', USE_SSL false)"
    )
    assert repr(statement) == '<CREATE OR REPLACE TEMPORARY SECRET "xacct mixed/it\'s x/" (...)>'


def fake_deltalake(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    """An installed deltalake of some version."""
    module = types.ModuleType("deltalake")
    module.__version__ = version
    monkeypatch.setitem(sys.modules, "deltalake", module)


def test_an_old_deltalake_would_take_the_identity_of_the_machine_and_is_refused(role_sessions, monkeypatch):
    fake_deltalake(monkeypatch, "0.25.5")
    with pytest.raises(RoleSessionError) as refusal:
        role_sessions.storage_options("s3://partner-data/", "deltalake")
    assert str(refusal.value) == (
        "deltalake cannot work under role partner (bucket partner-data) here: version 0.25.5 passes over the address of "
        "credentials and takes those of the machine; install deltalake>=1.0"
    )


@pytest.mark.parametrize(
    ("library", "module"), [("s3fs", "aiobotocore"), ("pyarrow", "pyarrow"), ("deltalake", "deltalake")]
)
def test_a_library_that_is_not_installed_is_named(role_sessions, monkeypatch, library, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingDependencyError) as refusal:
        role_sessions.storage_options("s3://partner-data/", library)
    assert str(refusal.value).startswith(f"{library} cannot be imported on host ")
    assert f"python -m pip install {library} in the bootstrap action" in str(refusal.value)


def test_deltalake_gets_the_address_of_the_roles_credentials(tmp_path, monkeypatch):
    fake_deltalake(monkeypatch, "1.0.2")
    for name in clients.BEFORE_THE_PAIR:
        monkeypatch.delenv(name, raising=False)
    with FakeEndpoint(tmp_path / "endpoint", plan(None)) as endpoint:
        sessions = at({keys.ENDPOINT_ENVIRONMENT: str(endpoint.folder)})
        described = json.loads((endpoint.folder / "endpoint.json").read_text(encoding="utf-8"))

        assert sessions.storage_options("s3://partner-out/", "deltalake") == {
            "aws_region": "us-east-1",
            "aws_container_credentials_full_uri": endpoint.url + described["roles"]["partner"]["path"],
            "aws_container_authorization_token_file": str(endpoint.folder / "partner.token"),
        }
        with pytest.raises(RoleSessionError, match="deltalake cannot work under the base identity"):
            sessions.storage_options("s3://scratch/", "deltalake")
