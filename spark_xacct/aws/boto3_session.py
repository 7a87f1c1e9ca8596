"""boto3 sessions on role sessions."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import boto3
import botocore.session
from botocore.credentials import CredentialProvider, CredentialResolver

from spark_xacct.aws import bucket_owner
from spark_xacct.aws.credentials import METHOD
from spark_xacct.aws.sts import WITHOUT_PROFILE
from spark_xacct.model import AccessMap
from spark_xacct.version import __version__


class RoleBoto3Session(boto3.Session):
    """A boto3.Session on one role session. Clients may be made from any thread; it pickles to the plan, never to secrets."""

    def __init__(
        self,
        name: str,
        credentials: Any,
        access_map: AccessMap,
        region_name: str,
        loader: Any,
        again: tuple[Callable[..., Any], tuple[Any, ...]],
    ) -> None:
        """``loader``: botocore's data loader, shared because each new one parses all endpoints again. ``again``: a function and its arguments that make the same session in another process."""
        core = botocore.session.Session(session_vars=WITHOUT_PROFILE)
        core.user_agent_extra = f"spark-xacct/{__version__}"
        core.register_component("data_loader", loader)
        core.register_component("credential_provider", CredentialResolver([_Fixed(credentials)]))
        core.register(bucket_owner.EVENT, bucket_owner.BucketOwners(access_map, credentials))
        super().__init__(botocore_session=core, region_name=region_name)
        self.name = name
        self._again = again
        self._creation = threading.RLock()

    def client(self, *args: Any, **kwargs: Any) -> Any:
        """As boto3.Session.client; boto3's own is not thread-safe."""
        with self._creation:
            return super().client(*args, **kwargs)

    def resource(self, *args: Any, **kwargs: Any) -> Any:
        """As boto3.Session.resource; boto3's own is not thread-safe."""
        with self._creation:
            return super().resource(*args, **kwargs)

    def renew_lock(self) -> None:
        """For the child of a fork."""
        self._creation = threading.RLock()

    def __repr__(self) -> str:
        return f"RoleBoto3Session({self.name}, region_name={self.region_name!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return self._again


class _Fixed(CredentialProvider):
    """The only provider of a session: one role session, or the base identity."""

    METHOD = METHOD

    def __init__(self, credentials: Any) -> None:
        super().__init__()
        self._credentials = credentials

    def load(self) -> Any:
        return self._credentials
