"""The default role of the driver's own Python: plain boto3 there is what it is in workers, while an application runs."""

from __future__ import annotations

import logging
import os

from spark_xacct.aws.endpoint import Endpoint
from spark_xacct.worker.identity import assume_default_role
from spark_xacct.worker.winners import DRIVER

logger = logging.getLogger("spark_xacct")
# What the environment was before, and what it was afterwards, for the names that differ.
_changed: dict[str, tuple[str | None, str | None]] = {}
_taken: Endpoint | None = None


def take(endpoint: Endpoint) -> None:
    """Has AWS libraries of this process find the endpoint's default role, where the plan has one.

    Raises RoleSessionError, and changes nothing, where another identity would win.
    """
    global _taken
    if endpoint == _taken:
        return
    give_back()
    before = dict(os.environ)
    kept = assume_default_role(endpoint, os.environ, DRIVER)
    _taken = endpoint
    names = before.keys() | os.environ.keys()
    after = {name: os.environ.get(name) for name in names}
    _changed.update({name: (before.get(name), after[name]) for name in names if before.get(name) != after[name]})
    if endpoint.default_role is not None:
        logger.info(
            "plain boto3 in this process is role %s (python.default_role); taken out of its environment: %s",
            endpoint.default_role,
            ", ".join(sorted(kept)) or "nothing",
        )


def give_back() -> None:
    """Undoes what ``take`` changed, but for what somebody else has changed since."""
    global _taken
    _taken = None
    for name, (before, after) in _changed.items():
        if os.environ.get(name) == after:
            if before is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = before
    _changed.clear()
