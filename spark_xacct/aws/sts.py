"""Clients of STS: where it is asked, how long, and what its answers mean."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.loaders import create_loader
from botocore.parsers import ResponseParserError

from spark_xacct.aws import failure
from spark_xacct.aws.failure import Failure, Hop, SessionFailed
from spark_xacct.model import Arn, Sts
from spark_xacct.model.base import problem_with_address

CONNECT_TIMEOUT_SECONDS = 2
READ_TIMEOUT_SECONDS = 10
ATTEMPTS = 3
# How STS is asked, whoever asks.
CONFIG = Config(
    connect_timeout=CONNECT_TIMEOUT_SECONDS,
    read_timeout=READ_TIMEOUT_SECONDS,
    retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
)

# What a call of STS raises when it has no good answer.
CALL_ERRORS = (ClientError, BotoCoreError, ResponseParserError)
_NO_ANSWER = (HTTPClientError, BotoConnectionError)

# For botocore's sessions under us: AWS_PROFILE is the platform's or the user's, may name what this host has not, and says
# nothing about a declared identity.
WITHOUT_PROFILE: dict[str, tuple[Any, Any, Any, Any]] = {"profile": (None, None, None, None)}

_OBJECT_ADDRESS = re.compile(r"<[^<>]* object at 0x[0-9a-f]+>: |\w+\(host='[^']*', port=\d+\): ")


class StsClients:
    """Makes clients of STS at the one endpoint of a plan. Thread-safe: botocore's sessions are not, and roles refresh at once."""

    def __init__(self, sts: Sts, environment: Mapping[str, str]) -> None:
        """Raises SessionFailed for an address in the environment that nobody can ask."""
        self.region = sts.region
        self._dns_suffix = sts.dns_suffix
        self.endpoint_url = sts.endpoint or _named_in(environment)
        self._fips = environment.get("AWS_USE_FIPS_ENDPOINT", "").lower() == "true"
        self._data_path = environment.get("AWS_DATA_PATH")
        self._loader: Any = None
        self._session: Any = None
        self._lock = threading.RLock()

    @property
    def endpoint_for_people(self) -> str:
        """Where botocore will ask: the address that is named, else the regional one in the region's partition."""
        if self.endpoint_url:
            return self.endpoint_url
        # In GovCloud the plain name is the FIPS one.
        host = "sts-fips" if self._fips and not self.region.startswith("us-gov-") else "sts"
        return f"https://{host}.{self.region}.{self._dns_suffix}"

    @property
    def session(self) -> Any:
        """The botocore session that makes clients of STS."""
        with self._lock:
            if self._session is None:
                session = botocore.session.Session(session_vars=WITHOUT_PROFILE)
                # Older botocore takes the global endpoint for older regions.
                session.set_config_variable("sts_regional_endpoints", "regional")
                # The configuration file has no say: JVM and Python ask the same STS.
                session.set_config_variable("ignore_configured_endpoint_urls", True)
                # botocore refuses FIPS together with an address that is named.
                session.set_config_variable("use_fips_endpoint", self._fips and not self.endpoint_url)
                session.register_component("data_loader", self.loader)
                self._session = session
            return self._session

    @property
    def loader(self) -> Any:
        """botocore's loader of service models, with what it has read so far. Needs no session: where STS is not asked, none is made."""
        with self._lock:
            if self._loader is None:
                self._loader = create_loader(self._data_path)
            return self._loader

    def forget_session(self) -> None:
        """For the child of a fork: another thread of the parent may have held the lock."""
        self._lock = threading.RLock()
        self._session = None

    def create_client(self, service_name: str, config: Any = None, **keys: Any) -> Any:
        """A client of STS for botocore's credential fetchers, which bring the keys or ask for unsigned requests."""
        keys.update(region_name=self.region, endpoint_url=self.endpoint_url)
        with self._lock:
            return self.session.create_client("sts", config=CONFIG if config is None else CONFIG.merge(config), **keys)

    def assume_role_shape(self) -> Any:
        """The input of AssumeRole in the service model that is installed here."""
        with self._lock:
            return self.session.get_service_model("sts").operation_model("AssumeRole").input_shape

    def caller_arn(self, frozen: Any) -> str:
        """The ARN of whoever owns these credentials. Raises CALL_ERRORS."""
        client = self.create_client(
            "sts",
            aws_access_key_id=frozen.access_key,
            aws_secret_access_key=frozen.secret_key,
            aws_session_token=frozen.token,
        )
        return str(client.get_caller_identity()["Arn"])

    def failure_of(self, error: BaseException, hop: Hop | None, caller: Arn | None) -> Failure:
        """The words for one of CALL_ERRORS."""
        if isinstance(error, ClientError):
            metadata: Mapping[str, Any] = error.response.get("ResponseMetadata", {})
            answer = error.response.get("Error", {})
            found = failure.answered(
                int(metadata.get("HTTPStatusCode", 0)),
                str(answer.get("Code") or "Unknown"),
                str(answer.get("Message") or ""),
                hop,
                caller,
                self.endpoint_for_people,
            )
            return Failure(
                found.kind,
                found.problem,
                found.advice,
                hop,
                found.code,
                found.sts_message,
                int(metadata.get("RetryAttempts", 0)) + 1,
            )
        if isinstance(error, _NO_ANSWER):
            return failure.unreachable(self.endpoint_for_people, _cause(error), hop)
        if isinstance(error, ResponseParserError):
            return failure.unreachable(self.endpoint_for_people, "the answer is not one of STS", hop)
        return Failure(failure.PLAN, f"the request cannot be sent: {error}", hop=hop)


def _named_in(environment: Mapping[str, str]) -> str | None:
    # Read here and not left to botocore: older ones know none of these variables.
    for variable in ("AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"):
        address = environment.get(variable)
        if address:
            problem = problem_with_address(address)
            if problem is not None:
                raise SessionFailed(Failure(failure.PLAN, problem, f"correct {variable}"))
            return address
    return None


def _cause(error: BaseException) -> str:
    """botocore's and urllib3's words without the addresses of their objects."""
    inner = getattr(error, "kwargs", {}).get("error") or error
    return _OBJECT_ADDRESS.sub("", str(inner)).strip() or type(inner).__name__
