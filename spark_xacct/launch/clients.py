"""The launcher's own AWS clients: the credentials and the Region of whoever launches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError

from spark_xacct.launch import aws_errors
from spark_xacct.launch.aws_errors import LaunchError

CONFIG = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 4})
# For requests that are no longer the same when they are sent again.
ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1})


class Clients:
    """Clients of one boto3 session in one Region. Every failure of a call leaves here as a LaunchError."""

    def __init__(self, session: Any, region: str | None = None) -> None:
        """``session``: a boto3.Session, None where nobody of AWS is asked. ``region`` None is that of the session."""
        self._session = session
        self.region = region or (session.region_name if session is not None else None)
        self._clients: dict[tuple[str, bool], Any] = {}
        self._identity: Mapping[str, str] | None = None

    @property
    def place(self) -> str:
        return f"Region {self.region}"

    def client(self, service: str, sends_once: bool = False) -> Any:
        key = (service, sends_once)
        if key not in self._clients:
            config = CONFIG.merge(ONCE) if sends_once else CONFIG
            try:
                self._clients[key] = self._session.client(service, region_name=self.region, config=config)
            except (*aws_errors.ERRORS, ValueError) as error:
                raise self.failed(error, service, "a client", service) from None
        return self._clients[key]

    def ask(self, service: str, method: str, about: str, /, **request: Any) -> Any:
        """The answer to one call. ``about``: what it is about, for people. Raises LaunchError."""
        return self._asked(self.client(service), service, method, about, request)

    def ask_once(self, service: str, method: str, about: str, /, **request: Any) -> Any:
        """As ``ask``, but never sent again: a lost answer is a transient LaunchError, and the request may have been carried out."""
        return self._asked(self.client(service, sends_once=True), service, method, about, request)

    def _asked(self, client: Any, service: str, method: str, about: str, request: Mapping[str, Any]) -> Any:
        try:
            return getattr(client, method)(**request)
        except aws_errors.ERRORS as error:
            raise self.failed(error, service, client.meta.method_to_api_mapping[method], about) from error

    def pages(self, service: str, method: str, about: str, /, **request: Any) -> Any:
        """Every page of a listing. Raises LaunchError."""
        client = self.client(service)
        try:
            yield from client.get_paginator(method).paginate(**request)
        except aws_errors.ERRORS as error:
            raise self.failed(error, service, client.meta.method_to_api_mapping[method], about) from error

    def failed(self, error: Exception, service: str, operation: str, about: str) -> LaunchError:
        if isinstance(error, ValueError) and not isinstance(error, aws_errors.ERRORS):
            return LaunchError(f"{service}: {error}; correct --region or AWS_ENDPOINT_URL", exit_code=2)
        caller = None if self._identity is None else self._identity["Arn"]
        return aws_errors.launch_error(error, service, operation, about, self.place, caller)

    def identity(self) -> Mapping[str, str]:
        """Account and ARN of who launches. Raises LaunchError."""
        if self._identity is None:
            self._identity = self.ask("sts", "get_caller_identity", "the launcher's own identity")
        return self._identity


def of_this_shell(environment: Mapping[str, str], region: str | None = None, default: str | None = None) -> Clients:
    """Clients of whoever runs this. The Region is ``region``, else what the shell or its profile says, else ``default``.

    Raises LaunchError where the profile is not there.
    """
    import boto3

    try:
        session = boto3.Session()
        # boto3 knows AWS_DEFAULT_REGION only; every other SDK, AWS_REGION.
        return Clients(session, region or environment.get("AWS_REGION") or session.region_name or default)
    except BotoCoreError as error:
        raise LaunchError(f"{error}; correct AWS_PROFILE") from None
