"""The base identity in Python: only the providers that the declared kind names, never boto3's default chain."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NoReturn

import botocore.session
from botocore.credentials import (
    AssumeRoleWithWebIdentityCredentialFetcher,
    ContainerProvider,
    CredentialProvider,
    CredentialResolver,
    Credentials,
    EnvProvider,
    RefreshableCredentials,
    create_credential_resolver,
)
from botocore.exceptions import BotoCoreError, ClientError, PartialCredentialsError, ProfileNotFound
from botocore.utils import FileWebIdentityTokenLoader

from spark_xacct.aws import failure
from spark_xacct.aws.caller_arn import is_caller
from spark_xacct.aws.credentials import METHOD, SessionCredentials
from spark_xacct.aws.environment_before import EnvironmentBefore
from spark_xacct.aws.failure import Failure, FailureMemory, SessionFailed
from spark_xacct.aws.sts import CALL_ERRORS, WITHOUT_PROFILE, StsClients
from spark_xacct.model import Base, BaseKind, session_name
from spark_xacct.model.bases import row_of

# AssumeRoleWithWebIdentity without DurationSeconds.
WEB_IDENTITY_DURATION_SECONDS = 3_600
# Keys that do not tell their end may be replaced at any time, in a file or in the environment; the JVM has the same number.
LOOK_AGAIN_SECONDS = 10
# A program that names no end means keys that stay: https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
_PROGRAM = "custom-process"

_FIX = "run this process with it, or change base: in the declaration"


class BaseCredentials(Credentials):
    """Credentials of the base identity, looked for at first use and compared with base.arn before they serve anything; again
    when their keys are others, because what stands in an environment or a file may become that of another identity.

    Thread-safe; never pickled. Raises SessionFailed.
    """

    def __init__(
        self,
        base: Base,
        plan_id: str,
        sts: StsClients,
        environment: Mapping[str, str],
        run: str,
        now: Callable[[], datetime],
    ) -> None:
        self._base = base
        self._plan_id = plan_id
        self._sts = sts
        self._environment = environment
        self._run = run
        self._now = now
        self._memory = FailureMemory(now)
        self._found: Any = None
        self._look_again: datetime | None = None
        self._compared_key: str | None = None
        self._lock = threading.RLock()
        self.method = METHOD

    @property
    def access_key(self) -> Any:  # type: ignore[override]
        return self.get_frozen_credentials().access_key

    @property
    def secret_key(self) -> Any:  # type: ignore[override]
        return self.get_frozen_credentials().secret_key

    @property
    def token(self) -> Any:  # type: ignore[override]
        return self.get_frozen_credentials().token

    @property
    def account_id(self) -> Any:
        return getattr(self.get_frozen_credentials(), "account_id", None)

    def get_frozen_credentials(self) -> Any:
        """The three values of one moment."""
        if self._is_current():
            frozen = self._frozen()
            if self._is_as_declared(frozen):
                return frozen
        with self._lock:
            remembered = self._memory.remembered()
            if remembered is not None:
                raise SessionFailed(remembered)
            try:
                if not self._is_current():
                    self._find()
                frozen = self._frozen()
                if not self._is_as_declared(frozen):
                    self._compare(frozen)
                    self._compared_key = frozen.access_key
            except SessionFailed as failed:
                raise SessionFailed(self._memory.remember(failed.failure)) from None
            self._memory.clear()
            return frozen

    def _is_current(self) -> bool:
        return self._found is not None and (self._look_again is None or self._now() < self._look_again)

    def _is_as_declared(self, frozen: Any) -> bool:
        return self._base.arn is None or frozen.access_key == self._compared_key

    def renew_lock(self) -> None:
        """For the child of a fork."""
        self._lock = threading.RLock()
        if isinstance(self._found, SessionCredentials):
            self._found.renew_lock()
        elif hasattr(self._found, "_refresh_lock"):
            self._found._refresh_lock = threading.Lock()

    def _find(self) -> None:
        try:
            web_identity = _WebIdentity(self._plan_id, self._sts, self._environment, self._run, self._now)
            found = CredentialResolver(
                providers(self._base, self._sts, self._environment, web_identity)
            ).load_credentials()
        except (BotoCoreError, ClientError, OSError, ValueError) as error:
            raise self._missing(self._said_of(error)) from None
        if found is None:
            raise self._missing(_nothing_found(self._base.kind, self._environment))
        tells_its_end = isinstance(found, RefreshableCredentials) or found.method == _PROGRAM
        self._look_again = None if tells_its_end else self._now() + timedelta(seconds=LOOK_AGAIN_SECONDS)
        self._found = found

    def _frozen(self) -> Any:
        try:
            return self._found.get_frozen_credentials()
        except (BotoCoreError, ClientError, OSError, ValueError) as error:
            raise self._missing(self._said_of(error)) from None

    def _compare(self, frozen: Any) -> None:
        declared = self._base.arn
        assert declared is not None
        try:
            actual = self._sts.caller_arn(frozen)
        except CALL_ERRORS as error:
            found = self._sts.failure_of(error, None, declared)
            what = found.first_line(None, 0)
            if found.kind == failure.DENIED:
                what = f"GetCallerIdentity at {self._sts.endpoint_for_people} was {what}"
            raise SessionFailed(
                Failure(
                    failure.BASE_MISSING if found.kind == failure.DENIED else found.kind,
                    f"the base identity could not be compared with base.arn: {what}",
                    None,
                    None,
                    found.code,
                    found.sts_message,
                )
            ) from None
        if not is_caller(actual, declared):
            raise SessionFailed(
                Failure(
                    failure.BASE_MISSING,
                    f"the base identity is {actual}, the declaration says {declared} (base.arn)",
                    "fix the identity this process runs with, or base.arn",
                )
            )

    def _said_of(self, error: Exception) -> str:
        """Never the words of others: those of a credential_process are whatever it has printed, credentials too."""
        if isinstance(error, (PartialCredentialsError, ProfileNotFound)):
            return str(error)
        what = f"profile {self._base.profile}" if self._base.profile else "its provider"
        if isinstance(error, ClientError):
            return f"{what} was refused by AWS: {error.response.get('Error', {}).get('Code') or 'Unknown'}"
        return f"{what} failed: {type(error).__name__}"

    def _missing(self, what: str) -> SessionFailed:
        problem = f"the base identity ({self._base.kind}) gives no credentials: {what}"
        return SessionFailed(Failure(failure.BASE_MISSING, problem, _FIX))

    def __repr__(self) -> str:
        return f"BaseCredentials({self._base.kind})"

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("the credentials of the base identity do not travel; ask for them where they are used")


def check_kind(base: Base) -> None:
    """Raises SessionFailed for a kind that only the JVM can be."""
    if base.kind is BaseKind.CLASS:
        raise SessionFailed(
            Failure(
                failure.PLAN,
                f"base kind class ({base.class_name}) names a class of the JVM, which Python cannot run",
                "declare a base kind that both have, or read under its roles in Spark only",
            )
        )


def providers(
    base: Base, sts: StsClients, environment: Mapping[str, str], web_identity: CredentialProvider
) -> list[CredentialProvider]:
    """botocore's providers for this kind, in order, and no other."""
    found: dict[str | None, CredentialProvider] = {}
    if base.kind is not BaseKind.PROFILE:
        found[EnvProvider.METHOD] = EnvProvider(environ=environment)
        found[ContainerProvider.METHOD] = ContainerProvider(environ=environment)
        found[web_identity.METHOD] = web_identity
    methods = row_of(base.kind).botocore
    if any(method not in found for method in methods):
        session = _BaseSession(None if base.profile else WITHOUT_PROFILE, profile=base.profile)
        session.sts = sts
        if isinstance(environment, EnvironmentBefore):
            for setting, path in environment.profile_files().items():
                session.set_config_variable(setting, path)
        for provider in create_credential_resolver(session, region_name=sts.region).providers:
            if isinstance(provider, ContainerProvider):
                # A profile's credential_source = EcsContainer asks this one, made from the process's environment.
                provider._environ = environment  # type: ignore[attr-defined]
            found.setdefault(provider.METHOD, provider)
    return [found[method] for method in methods if method in found]


class _BaseSession(botocore.session.Session):
    """A session whose calls of STS, such as a profile's own role_arn, go where the plan says."""

    sts: StsClients

    def create_client(self, service_name: str, *args: Any, **kwargs: Any) -> Any:
        if service_name != "sts":
            return super().create_client(service_name, *args, **kwargs)
        kwargs.pop("region_name", None)
        return self.sts.create_client(service_name, **kwargs)


class _WebIdentity(CredentialProvider):
    """IRSA from the environment alone: botocore's own provider would mix in what a profile says."""

    METHOD = "assume-role-with-web-identity"

    def __init__(
        self,
        plan_id: str,
        sts: StsClients,
        environment: Mapping[str, str],
        run: str,
        now: Callable[[], datetime],
    ) -> None:
        super().__init__()
        self._plan_id = plan_id
        self._sts = sts
        self._environment = environment
        self._run = run
        self._now = now

    def load(self) -> Any:
        if not (self._environment.get("AWS_ROLE_ARN") and self._environment.get("AWS_WEB_IDENTITY_TOKEN_FILE")):
            return None
        return SessionCredentials(
            "the base identity (irsa)", self._plan_id, self._fetch, WEB_IDENTITY_DURATION_SECONDS, self._now
        )

    def _fetch(self) -> dict[str, Any]:
        role, path = self._environment["AWS_ROLE_ARN"], self._environment["AWS_WEB_IDENTITY_TOKEN_FILE"]
        name = self._environment.get("AWS_ROLE_SESSION_NAME") or session_name.fill("xacct-{run}", self._run, "")
        fetcher = AssumeRoleWithWebIdentityCredentialFetcher(
            client_creator=self._sts.create_client,
            web_identity_token_loader=FileWebIdentityTokenLoader(path),
            role_arn=role,
            extra_args={"RoleSessionName": name},
        )
        try:
            return dict(fetcher.fetch_credentials())
        except OSError:
            what = f"the web identity token file {path} (AWS_WEB_IDENTITY_TOKEN_FILE) cannot be read"
            raise SessionFailed(_no_credentials(what, _FIX)) from None
        except CALL_ERRORS as error:
            found = self._sts.failure_of(error, None, None)
            if found.kind in (failure.THROTTLED, failure.UNREACHABLE):
                raise SessionFailed(found) from None
            fix = _FIX
            if found.code == "ExpiredTokenException":
                fix = f"the token in {path} has expired: Kubernetes renews it, so look at the pod's projected volume"
            what = f"AssumeRoleWithWebIdentity of {role} was {found.problem}"
            raise SessionFailed(_no_credentials(what, fix, found.code, found.sts_message)) from None


def _no_credentials(what: str, fix: str, code: str | None = None, sts_message: str | None = None) -> Failure:
    problem = f"the base identity (irsa) gives no credentials: {what}"
    return Failure(failure.BASE_MISSING, problem, fix, None, code, sts_message)


def _nothing_found(kind: BaseKind, environment: Mapping[str, str]) -> str:
    markers = row_of(kind).markers
    unset = [name for name in markers if not environment.get(name)]
    if unset:
        names = " and ".join(unset)
        return "environment variable{} {} {} not set, which base {} needs".format(
            "" if len(unset) == 1 else "s", names, "is" if len(unset) == 1 else "are", kind
        )
    return f"nothing on this host serves base {kind}"
