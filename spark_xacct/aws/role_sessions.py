"""RoleSessions: boto3 sessions and clients by role, for one plan in one process."""

from __future__ import annotations

import collections
import functools
import getpass
import logging
import os
import threading
import weakref
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from spark_xacct import keys
from spark_xacct.aws import endpoint as endpoints
from spark_xacct.aws.dependency import require_boto3
from spark_xacct.aws.endpoint import Endpoint, EndpointGone
from spark_xacct.aws.environment_before import EnvironmentBefore
from spark_xacct.aws.failure import SessionFailed
from spark_xacct.errors import UndeclaredError
from spark_xacct.model import Decision, DecisionKind, Location, Role
from spark_xacct.plan import Plan, decode

if TYPE_CHECKING:
    from spark_xacct.aws.hops import HopRequest

LOG = logging.getLogger("spark_xacct.aws")

_BASE = "@base"
_drawn_run: str | None = None
_CREDENTIAL_ARGUMENTS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")


class RoleSessions:
    """boto3 sessions and clients of one plan. Thread-safe; goes through a fork; pickles to the plan's text.

    Role sessions come from the credentials endpoint of this process's JVM where there is one for this plan, else from STS.
    A role has one session a process, whatever is built on it: STS sees one AssumeRole for each hop. Nobody is asked before
    the first request that needs a signature.
    """

    def __init__(
        self,
        plan: Plan,
        environment: Mapping[str, str] | None = None,
        run: str | None = None,
        user: str | None = None,
        now: Callable[[], datetime] | None = None,
        endpoint: Endpoint | None = None,
    ) -> None:
        """``environment`` None is the process's own; ``run`` and ``user`` fill session names.

        ``endpoint``: for the driver, whose environment tells of none. When it is gone, STS is asked again, because Python on
        the driver outlives SparkContexts; an endpoint of the environment that is gone is a failure.
        """
        self.plan = plan
        self.environment: Mapping[str, str] = EnvironmentBefore(os.environ if environment is None else environment)
        self.endpoint = endpoint
        self.run = run or run_id(self.environment)
        self.user = user or user_name(self.environment)
        self._map = plan.access_map
        self._now = now or _now
        self._lock = threading.RLock()
        self._sts: Any = None
        self._endpoint_here: Endpoint | None = None
        self._is_source_known = False
        self._credentials: dict[str, Any] = {}
        self._sessions: dict[tuple[str, str], Any] = {}
        self._clients: dict[Any, Any] = {}
        _LIVE.add(self)

    def boto3_session(self, role: str | None = None, uri: str | None = None) -> Any:
        """The boto3.Session of a role, or of whatever serves ``uri``; neither means python.default_role."""
        if role is not None and uri is not None:
            raise TypeError("boto3_session() takes role= or uri=, not both")
        if uri is not None:
            return self.session_for(uri)
        return self.session(role if role is not None else self._default_role("boto3_session"))

    def session(self, role: str) -> Any:
        """The boto3.Session of a role that python.roles allows. Raises UndeclaredError for any other."""
        self._check_allowed(role)
        return self._session(role, self._region(None))

    def base_session(self) -> Any:
        """The boto3.Session of the base identity. For checks: programs ask with ``uri`` of a bucket that it serves."""
        return self._session(_BASE, self._region(None))

    def session_for(self, uri: str) -> Any:
        """The boto3.Session that serves a location: its role's, or the base identity's where that is declared."""
        name, decision = self._name_for(uri)
        return self._session(name, self._region(decision))

    def client(
        self,
        service: str,
        role: str | None = None,
        uri: str | None = None,
        region_name: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """A boto3 client under a role, or under whatever serves ``uri``; neither means python.default_role.

        The same arguments give the same client: clients are made to be shared between threads.
        """
        given = [name for name in _CREDENTIAL_ARGUMENTS if name in kwargs]
        if given:
            raise TypeError(f"client() brings the credentials itself; for others call boto3.client() ({given[0]})")
        decision: Decision | None = None
        if role is not None and uri is not None:
            raise TypeError("client() takes role= or uri=, not both")
        if uri is not None:
            name, decision = self._name_for(uri)
        else:
            name = role if role is not None else self._default_role("client")
            self._check_allowed(name)
        region = region_name or self._region(decision)
        key = (service, name, region, _frozen(kwargs))
        with self._lock:
            found = self._clients.get(key) if key[3] is not None else None
            if found is None:
                found = self._session(name, self._region(None)).client(service, region_name=region, **kwargs)
                if key[3] is not None:
                    self._clients[key] = found
            return found

    def storage_options(self, uri: str, library: str) -> Any:
        """What an S3 library takes to work under whatever serves ``uri``; its credentials renew themselves where it can.

        Raises ValueError for a library that is not known, UndeclaredError, and RoleSessionError where it cannot work here.
        """
        from spark_xacct.aws import clients

        client = clients.find(library)
        name, decision = self._name_for(uri)
        bucket = decision.location.bucket
        region = self._region(decision)
        return client.options(
            clients.Place(
                credentials=clients.PlaceCredentials(self, name, bucket),
                label=_label(name),
                boto3_session=functools.partial(self._session, name, region),
                endpoint=self._source,
                bucket=bucket,
                prefix=next((bound.prefix for bound in self._map.bindings if bound.key == decision.binding), ""),
                region=region,
                address=clients.address_in(self.environment),
            )
        )

    def credentials_now(self, name: str) -> tuple[Any, datetime, datetime | None]:
        """The three values of a role or of the base identity, the time, and when they end, None where nobody says."""
        require_boto3()
        credentials = self._credentials_of(name)
        frozen = credentials.get_frozen_credentials()
        return frozen, self._now(), getattr(credentials, "ends", None)

    def _check_allowed(self, role: str) -> None:
        allowed = self._map.python_roles
        if role in allowed:
            return
        if role == "base":
            raise UndeclaredError(
                f'"base" is the base identity and no role; ask with uri= of a bucket that it serves (plan {self.plan.id})'
            )
        if role in self._map.roles:
            problem, advice = "is not among python.roles", "add it to python: {roles: [...]} in the declaration"
        else:
            near = get_close_matches(role, sorted(self._map.roles), 1)
            problem, advice = "is not declared", "declare it under roles:"
            advice = f'did you mean "{near[0]}"? Else {advice}' if near else advice
        raise UndeclaredError(
            'role "{}" {}; Python may ask for: {}; {} (plan {})'.format(
                role, problem, ", ".join(allowed) or "no role", advice, self.plan.id
            )
        )

    def _default_role(self, asked: str) -> str:
        if self._map.python_default_role is None:
            raise UndeclaredError(
                f"{asked}() was given neither role= nor uri=, and the declaration has no python.default_role (plan {self.plan.id})"
            )
        return self._map.python_default_role

    def _name_for(self, uri: str) -> tuple[str, Decision]:
        decision = self._map.decide(Location.parse(uri))
        if decision.kind is DecisionKind.ROLE:
            assert decision.role is not None
            self._check_allowed(decision.role)
            return decision.role, decision
        if decision.kind is DecisionKind.BASE:
            return _BASE, decision
        raise UndeclaredError(f"{decision.reason}; add it to buckets: or own: in the declaration (plan {self.plan.id})")

    def _region(self, decision: Decision | None) -> str:
        """The bucket's, the environment's, then the Region of STS."""
        if decision is not None:
            for binding in self._map.bindings:
                if binding.key == decision.binding and binding.region is not None:
                    return binding.region
        found = self.environment.get("AWS_REGION") or self.environment.get("AWS_DEFAULT_REGION")
        return found or self._map.sts.region

    def _session(self, name: str, region: str) -> Any:
        require_boto3()
        from spark_xacct.aws.boto3_session import RoleBoto3Session

        with self._lock:
            found = self._sessions.get((name, region))
            if found is None:
                label = _label(name)
                again = (_session_again, (self.plan.text, self.run, self.user, name, region))
                try:
                    credentials = self._credentials_of(name)
                except SessionFailed as failed:
                    hops = 0 if name == _BASE else len(self._map.chain(name))
                    raise failed.read_as(label if hops else None, hops) from None
                found = RoleBoto3Session(label, credentials, self._map, region, self._sts.loader, again)
                self._sessions[(name, region)] = found
            return found

    def _credentials_of(self, name: str) -> Any:
        """The one credentials object of a role in this process; a chain shares those of its hops."""
        from spark_xacct.aws.credentials import SessionCredentials
        from spark_xacct.aws.sts import StsClients

        with self._lock:
            if name in self._credentials:
                return self._credentials[name]
            if self._sts is None:
                self._sts = StsClients(self._map.sts, self.environment)
            made: Any
            if name == _BASE:
                from spark_xacct.aws.base_identity import BaseCredentials, check_kind

                check_kind(self._map.base)
                made = BaseCredentials(self._map.base, self.plan.id, self._sts, self.environment, self.run, self._now)
            else:
                role = self._map.role(name)
                hops = len(self._map.chain(name))
                fetch = self._fetch_of(role)
                made = SessionCredentials(f"role {name}", self.plan.id, fetch, role.duration_seconds, self._now, hops)
            self._credentials[name] = made
            return made

    def _fetch_of(self, role: Role) -> Callable[[], dict[str, Any]]:
        from spark_xacct.aws.endpoint_request import EndpointRequest

        endpoint = self._source()
        # A hop that Python may not ask for is needed only where the plan is followed here.
        if endpoint is None or role.name not in self._map.python_roles:
            return self._hop_request(role).fetch
        request = EndpointRequest(endpoint, role.name, self._now)
        if self.endpoint is None:
            return request.fetch

        def fetch() -> dict[str, Any]:
            try:
                return request.fetch()
            except EndpointGone:
                LOG.info("plan %s: the endpoint of the driver's JVM is gone; STS is asked here", self.plan.id)
                return self._hop_request(role).fetch()

        return fetch

    def _hop_request(self, role: Role) -> HopRequest:
        from spark_xacct.aws.hops import HopRequest

        hops = len(self._map.chain(role.name))
        source = self._credentials_of(role.via or _BASE)
        caller = self._map.roles[role.via].arn if role.via else self._map.base.arn
        return HopRequest(role, hops, source, caller, self._sts, self.environment, self.run, self.user)

    def _source(self) -> Endpoint | None:
        """The endpoint that serves this plan, None for STS; decided once. Raises SessionFailed."""
        with self._lock:
            if not self._is_source_known:
                found = self.endpoint or endpoints.find(self.environment)
                self._endpoint_here = found if found is not None and found.plan_id == self.plan.id else None
                self._is_source_known = True
                where = f"the endpoint in {self._endpoint_here.folder}" if self._endpoint_here else "STS"
                LOG.debug("plan %s: role sessions come from %s", self.plan.id, where)
            return self._endpoint_here

    def _after_fork(self) -> None:
        """In a child: valid sessions stay in use, clients and their sockets do not, and no lock is one of the parent's."""
        self._lock = threading.RLock()
        for credentials in self._credentials.values():
            credentials.renew_lock()
        for session in self._sessions.values():
            session.renew_lock()
        if self._sts is not None:
            self._sts.forget_session()
        self._sessions = {}
        self._clients = {}

    def __repr__(self) -> str:
        return f"RoleSessions({self.plan.about})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_again, (self.plan.text, self.run, self.user))


def sessions_of(
    plan: Plan, run: str | None = None, user: str | None = None, endpoint: Endpoint | None = None
) -> RoleSessions:
    """The RoleSessions of a plan in this process and its environment: the same object each time.

    ``endpoint``: of the JVM that this driver has started, see RoleSessions; whoever names none is given the same object.
    """
    key = (plan.id, run or run_id(os.environ), user or user_name(os.environ))
    with _registry_lock:
        found = _REGISTRY.get(key)
        if found is None or endpoint not in (None, found.endpoint):
            found = _REGISTRY[key] = RoleSessions(plan, None, key[1], key[2], endpoint=endpoint)
        if found in _LAST_USED:
            _LAST_USED.remove(found)
        _LAST_USED.append(found)
        return found


def run_id(environment: Mapping[str, str]) -> str:
    """What ``{run}`` stands for: SPARK_XACCT_RUN, else Spark's application on Kubernetes, else 8 hexadecimal digits drawn
    once a process. An environment tells no more than this of what the JVM goes by.
    """
    on_kubernetes = "KUBERNETES_SERVICE_HOST" in environment
    application = environment.get("SPARK_APPLICATION_ID") if on_kubernetes else None
    return environment.get(keys.RUN_ENVIRONMENT) or application or drawn_run()


def drawn_run(anew: bool = False) -> str:
    """The run id of this process where nothing names one: drawn once. ``anew``: another application begins in it."""
    global _drawn_run
    with _registry_lock:
        if _drawn_run is None or anew:
            _drawn_run = uuid4().hex[:8]
        return _drawn_run


def user_name(environment: Mapping[str, str]) -> str:
    """What ``{user}`` stands for: SPARK_XACCT_USER, else SPARK_USER, else the account this process runs under."""
    # Spark sets SPARK_USER in executors, to the user of the driver.
    given = environment.get(keys.USER_ENVIRONMENT) or environment.get("SPARK_USER")
    if given:
        return given
    try:
        return getpass.getuser() or "unknown"
    except (KeyError, OSError, ImportError):  # a container's user id without a name
        return "unknown"


def _label(name: str) -> str:
    return "the base identity" if name == _BASE else f"role {name}"


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _again(plan_text: str, run: str, user: str) -> RoleSessions:
    return sessions_of(decode(plan_text), run, user)


def _session_again(plan_text: str, run: str, user: str, name: str, region: str) -> Any:
    return _again(plan_text, run, user)._session(name, region)


def _frozen(value: Any) -> Any:
    """A hashable spelling of client arguments, None for what has none."""
    if isinstance(value, dict):
        items = [(key, _frozen(entry)) for key, entry in sorted(value.items())]
        return None if any(entry is None for _, entry in items) else tuple(items)
    if isinstance(value, (list, tuple)):
        entries = tuple(_frozen(entry) for entry in value)
        return None if None in entries else entries
    if type(value).__module__ == "botocore.config":
        return _frozen({key: str(entry) for key, entry in vars(value).items()})
    return (type(value).__name__, value) if isinstance(value, (str, bool, int, float, type(None))) else None


def _after_fork_in_child() -> None:
    global _registry_lock
    _registry_lock = threading.Lock()
    for sessions in list(_LIVE):
        sessions._after_fork()


_LIVE: weakref.WeakSet[RoleSessions] = weakref.WeakSet()
# Whatever is in use anywhere in the process is found again; of the rest the last few stay, because a worker unpickles its
# access anew for each task.
_REGISTRY: weakref.WeakValueDictionary[tuple[str, str, str], RoleSessions] = weakref.WeakValueDictionary()
_LAST_USED: collections.deque[RoleSessions] = collections.deque(maxlen=8)
_registry_lock = threading.Lock()
os.register_at_fork(after_in_child=_after_fork_in_child)
