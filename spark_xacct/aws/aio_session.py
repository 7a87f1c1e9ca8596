"""An aiobotocore session on one role session, for s3fs. Needs aiobotocore; imported where s3fs is asked for."""

from __future__ import annotations

import asyncio
import functools
from typing import Any

from aiobotocore.credentials import AioCredentials
from aiobotocore.session import AioSession

from spark_xacct.aws.bucket_owner import EVENT, BucketOwners
from spark_xacct.aws.credentials import METHOD
from spark_xacct.aws.sts import WITHOUT_PROFILE
from spark_xacct.version import __version__


class RoleAioSession(AioSession):
    """An aiobotocore session that asks for its role's credentials at each request. Pickles to the plan."""

    def __init__(self, place_credentials: Any) -> None:
        super().__init__(session_vars=WITHOUT_PROFILE)
        self._place_credentials = place_credentials
        self.user_agent_extra = f"spark-xacct/{__version__}"
        self.register_component("credential_provider", _Fixed(place_credentials))
        owners = BucketOwners(place_credentials.role_sessions.plan.access_map, _Named(place_credentials))
        self.register(EVENT, _Aside(owners))

    def __repr__(self) -> str:
        # fsspec finds a file system again by the text of its arguments: two roles must differ in it, and one role must not.
        return f"RoleAioSession({self._place_credentials!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (RoleAioSession, (self._place_credentials,))


class _Fixed:
    """The only provider of a session."""

    def __init__(self, place_credentials: Any) -> None:
        self._credentials = _CurrentCredentials(place_credentials)

    async def load_credentials(self) -> Any:
        return self._credentials


class _CurrentCredentials(AioCredentials):
    """What aiobotocore's signer asks. Has no keys of its own: whoever does not ask is refused by S3."""

    def __init__(self, place_credentials: Any) -> None:
        super().__init__("", "", method=METHOD)
        self._place_credentials = place_credentials

    async def get_frozen_credentials(self) -> Any:
        return await _aside(self._place_credentials.frozen)


class _Named:
    """Place credentials under the name by which a handler of bucket owners asks."""

    def __init__(self, place_credentials: Any) -> None:
        self.get_frozen_credentials = place_credentials.frozen


class _Aside:
    """A handler of botocore's that may wait for STS, away from the event loop."""

    def __init__(self, handler: Any) -> None:
        self._handler = handler

    async def __call__(self, **event: Any) -> None:
        await _aside(functools.partial(self._handler, **event))


async def _aside(function: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(None, function)
