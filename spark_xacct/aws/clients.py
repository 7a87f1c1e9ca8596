"""The S3 libraries that Python may use: what each takes to work under the role of one location.

One small function a library and its entry in the registry; ``register`` is all that another one needs.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NoReturn

from spark_xacct.aws.dependency import require, require_boto3
from spark_xacct.aws.endpoint import Endpoint
from spark_xacct.aws.failure import PLAN, SessionFailed
from spark_xacct.errors import RoleSessionError

# A library that keeps what a callback gave asks again after this, sooner where half of the session's life that is left is
# shorter: so it never signs with the last of it. Asking costs no request.
ASK_AGAIN_SECONDS = 60

# What object_store, under deltalake, takes from the environment before the pair that it is given.
# https://docs.rs/object_store/latest/object_store/aws/struct.AmazonS3Builder.html
BEFORE_THE_PAIR = ("AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")


class PlaceCredentials:
    """The credentials of one location at any moment, for the callbacks of libraries. Pickles to the plan, never to secrets."""

    def __init__(self, role_sessions: Any, name: str, bucket: str) -> None:
        self.role_sessions = role_sessions
        self.name = name
        self.bucket = bucket

    def frozen(self) -> Any:
        """The three values of one session. Raises SessionFailed, which names the bucket."""
        return self._read()[0]

    def until(self) -> tuple[Any, datetime]:
        """The three values, and when to ask for them again."""
        frozen, now, ends = self._read()
        seconds = ASK_AGAIN_SECONDS if ends is None else min(ASK_AGAIN_SECONDS, (ends - now).total_seconds() / 2)
        # To polars a time that is past means that the credentials are.
        return frozen, now + timedelta(seconds=max(1.0, seconds))

    def _read(self) -> tuple[Any, datetime, datetime | None]:
        try:
            return self.role_sessions.credentials_now(self.name)  # type: ignore[no-any-return]
        except SessionFailed as failed:
            raise failed.read_as(f"bucket {self.bucket}") from None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PlaceCredentials) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    @property
    def _identity(self) -> tuple[str, ...]:
        sessions = self.role_sessions
        return (sessions.plan.id, sessions.run, sessions.user, self.name, self.bucket)

    def __repr__(self) -> str:
        # Stands in the key of fsspec's cache of file systems: nothing may be left out that makes a difference.
        return "PlaceCredentials(plan {}, run {}, user {}, {}, bucket {})".format(*self._identity)

    def __reduce__(self) -> tuple[Any, ...]:
        return (PlaceCredentials, (self.role_sessions, self.name, self.bucket))


@dataclass(frozen=True)
class Place:
    """One location with whoever serves it: what a library's function makes its options of.

    ``label``: "role partner" or "the base identity". ``prefix``: the binding's, empty for the whole bucket. ``address``: of an
    S3 that the environment names, None for AWS's own.
    """

    credentials: PlaceCredentials
    label: str
    boto3_session: Callable[[], Any]
    endpoint: Callable[[], Endpoint | None]
    bucket: str
    prefix: str
    region: str
    address: str | None

    @property
    def is_plain_http(self) -> bool:
        return self.address is not None and self.address.startswith("http://")


@dataclass(frozen=True)
class Client:
    """An S3 library.

    ``options`` makes of a Place what users pass on. The rest are words of the documentation: ``use`` how they pass it,
    ``other_roles`` how it takes a role that is not python.default_role, ``renewal`` what happens at the end of a role
    session, ``proven`` the oldest version that the tests passed with.
    """

    name: str
    options: Callable[[Place], Any]
    use: str
    other_roles: str
    renewal: str
    proven: str
    without_endpoint: str = "yes"
    checks_owner: str = "no"


_clients: dict[str, Client] = {}


def register(client: Client) -> Client:
    """Adds a library; a second one of the same name is a programming error."""
    if client.name in _clients:
        raise ValueError(f"client {client.name} is registered twice")
    _clients[client.name] = client
    return client


def unregister(name: str) -> None:
    _clients.pop(name, None)


def names() -> list[str]:
    return sorted(_clients)


def find(name: str) -> Client:
    """Raises ValueError that names what is known."""
    if name not in _clients:
        raise ValueError(
            f'storage_options() knows {", ".join(names())}, and not "{name}"; a library that takes a boto3 session or client '
            "works with boto3_session(uri=...) or client(...)"
        )
    return _clients[name]


def table() -> list[dict[str, str]]:
    """The rows of the clients page, by the names of Client's fields."""
    return [
        {field: str(getattr(client, field)) for field in Client.__dataclass_fields__ if field != "options"}
        for client in (_clients[name] for name in names())
    ]


def address_in(environment: Mapping[str, str]) -> str | None:
    """The S3 that the environment names as botocore reads it, for libraries that read other variables or none."""
    if environment.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return None
    return environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL") or None


def _with(options: dict[str, Any], **more: Any) -> dict[str, Any]:
    """``options`` and those of ``more`` that have a value."""
    return {**options, **{name: value for name, value in more.items() if value is not None}}


def _quoted(text: str) -> str:
    return "'{}'".format(text.replace("'", "''"))


def boto3_session(place: Place) -> Any:
    """A boto3.Session, which is also what awswrangler takes."""
    return place.boto3_session()


register(
    Client(
        name="boto3",
        options=boto3_session,
        use='`options.client("s3")`',
        other_roles="a session of its own",
        renewal="by itself",
        proven="1.41",
        checks_owner="yes",
    )
)


def s3fs_options(place: Place) -> dict[str, Any]:
    """Keyword arguments of S3FileSystem, which are pandas' ``storage_options`` too; an aiobotocore session asks at each request."""
    require_boto3()
    require("s3fs", "aiobotocore")
    from spark_xacct.aws.aio_session import RoleAioSession

    options: dict[str, Any] = {
        "session": RoleAioSession(place.credentials),
        "client_kwargs": {"region_name": place.region},
    }
    return _with(options, endpoint_url=place.address)


register(
    Client(
        name="s3fs",
        options=s3fs_options,
        use="`s3fs.S3FileSystem(**options)`",
        other_roles="an aiobotocore session of its own",
        renewal="by itself",
        proven="2024.2",
        checks_owner="yes",
    )
)


def pyarrow_files(place: Place) -> Any:
    """A pyarrow FileSystem: pyarrow's own S3FileSystem takes keys once, so another is made under it when they change."""
    require_boto3()
    require("pyarrow")
    from spark_xacct.aws.arrow_files import role_files

    return role_files(place.credentials, place.region, place.address)


register(
    Client(
        name="pyarrow",
        options=pyarrow_files,
        use="`pyarrow.parquet.read_table(uri, filesystem=options)`",
        other_roles="a file system of its own",
        renewal="by itself; a file that is open stays with its session",
        proven="17",
    )
)


def polars_options(place: Place) -> dict[str, Any]:
    """Keyword arguments of scan_, read_, sink_ and write_ functions.

    A callback, and not the endpoint's address among the storage options: before that, keys and web identity in the
    environment would win.
    """
    options = _with({"aws_region": place.region}, aws_endpoint_url=place.address)
    if place.is_plain_http:
        options["aws_allow_http"] = "true"
    return {"storage_options": options, "credential_provider": functools.partial(_for_polars, place.credentials)}


def _for_polars(credentials: PlaceCredentials) -> tuple[dict[str, str], int]:
    frozen, again = credentials.until()
    found = {"aws_access_key_id": frozen.access_key, "aws_secret_access_key": frozen.secret_key}
    return _with(found, aws_session_token=frozen.token), int(again.timestamp() + 0.5)


register(
    Client(
        name="polars",
        options=polars_options,
        use="`polars.scan_parquet(uri, **options)`",
        other_roles="a callback of its own",
        renewal="by itself",
        proven="1.40",
    )
)


def obstore_options(place: Place) -> dict[str, Any]:
    """Keyword arguments of S3Store, beside the bucket. A callback for the reason that polars has one."""
    options = {"region": place.region, "credential_provider": functools.partial(_for_obstore, place.credentials)}
    if place.is_plain_http:
        options["client_options"] = {"allow_http": True}
    return _with(options, endpoint=place.address)


def _for_obstore(credentials: PlaceCredentials) -> dict[str, Any]:
    frozen, again = credentials.until()
    return {
        "access_key_id": frozen.access_key,
        "secret_access_key": frozen.secret_key,
        "token": frozen.token,
        "expires_at": again,
    }


register(
    Client(
        name="obstore",
        options=obstore_options,
        use="`obstore.store.S3Store(bucket, **options)`",
        other_roles="a callback of its own",
        renewal="by itself",
        proven="0.7",
    )
)


def duckdb_statement(place: Place) -> str:
    """A statement that makes the secret of this location. It holds keys, and its repr does not."""
    frozen = place.credentials.frozen()
    under = f"{place.bucket}/{place.prefix}"
    options = {
        "TYPE": "s3",
        "KEY_ID": _quoted(frozen.access_key),
        "SECRET": _quoted(frozen.secret_key),
        "REGION": _quoted(place.region),
        "SCOPE": "({})".format(", ".join(_quoted(f"{scheme}://{under}") for scheme in ("s3", "s3a", "s3n"))),
    }
    if frozen.token is not None:
        options["SESSION_TOKEN"] = _quoted(frozen.token)
    if place.address is not None:
        scheme, _, host = place.address.partition("://")
        options["ENDPOINT"], options["URL_STYLE"] = _quoted(host.rstrip("/")), "'path'"
        options["USE_SSL"] = str(scheme == "https").lower()
    name = "xacct {}".format(under.replace('"', ""))
    content = ", ".join(f"{key} {value}" for key, value in options.items())
    return SecretStatement(f'CREATE OR REPLACE TEMPORARY SECRET "{name}" ({content})', name)


class SecretStatement(str):
    """SQL with keys in it, which a notebook or a log that shows its repr does not tell."""

    _name: str

    def __new__(cls, text: str, name: str) -> SecretStatement:
        made = super().__new__(cls, text)
        made._name = name
        return made

    def __repr__(self) -> str:
        return f'<CREATE OR REPLACE TEMPORARY SECRET "{self._name}" (...)>'

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a statement with keys in it does not travel; ask for it where it is used")


register(
    Client(
        name="duckdb",
        options=duckdb_statement,
        use="`connection.execute(options)`",
        other_roles="a secret of its own for the location",
        renewal="no: a secret keeps its keys; ask for the statement and execute it before each query",
        proven="1.2",
    )
)


def deltalake_options(place: Place) -> dict[str, str]:
    """``storage_options``, which hold text only: the address of the role's credentials and the file with its token.

    Raises RoleSessionError where there is no endpoint, where the environment would win over it, and for an old deltalake.
    """
    name, found = place.credentials.name, place.endpoint()
    subject = f"deltalake cannot work under {place.label} (bucket {place.bucket}) here"
    version = str(require("deltalake").__version__)
    if int(version.partition(".")[0]) < 1:
        raise RoleSessionError(
            f"{subject}: version {version} passes over the address of credentials and takes those of the machine; install "
            "deltalake>=1.0",
            PLAN,
        )
    if found is None or name not in found.roles:
        raise RoleSessionError(
            f"{subject}: it takes no callback, so only what a credentials endpoint of Spark's JVM serves; use it in a "
            "worker, or read the table with polars: polars.scan_delta(uri, **storage_options(uri, 'polars'))",
            PLAN,
        )
    first = next((variable for variable in BEFORE_THE_PAIR if os.environ.get(variable)), None)
    if first is not None:
        raise RoleSessionError(f"{subject}: it would take {first} of the environment instead; unset it", PLAN)
    options = _with(
        {
            "aws_region": place.region,
            "aws_container_credentials_full_uri": found.credentials_uri(name),
            "aws_container_authorization_token_file": found.token_file(name),
        },
        aws_endpoint_url=place.address,
    )
    return dict(options, aws_allow_http="true") if place.is_plain_http else options


register(
    Client(
        name="deltalake",
        options=deltalake_options,
        use="`deltalake.DeltaTable(uri, storage_options=options)`",
        other_roles="the address of its credentials",
        renewal="by itself",
        proven="1.0",
        without_endpoint="no: it takes no callback",
    )
)
