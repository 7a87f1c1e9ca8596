"""Access to what a declaration grants: load it, start Spark with it, ask it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spark_xacct.access.access import Access, load
from spark_xacct.access.explanation import Explanation, explain

if TYPE_CHECKING:
    from spark_xacct.access.identities import Identities

__all__ = ["Access", "Explanation", "configure", "explain", "explain_running", "load", "start", "whoami"]


def start(builder: Any, file: Any = None, environment: str | None = None) -> Any:
    """See ``spark_xacct.start``."""
    from spark_xacct.access import starting

    if file is not None:
        return load(file, environment).start(builder)
    if environment is not None:
        raise TypeError("start() was given environment= and no file; only a declaration has environments")
    return starting.start(builder, None)


def configure(builder: Any, file: Any, environment: str | None = None) -> Any:
    """See ``spark_xacct.configure``."""
    return load(file, environment).configure(builder)


def whoami(session: Any, file: Any = None, environment: str | None = None) -> Identities:
    """See ``spark_xacct.whoami``."""
    from spark_xacct.access.identities import whoami as ask

    return ask(session, load(file, environment).plan if file is not None else None)


def explain_running(uri: str) -> Explanation:
    """See ``spark_xacct.explain``."""
    from spark_xacct.aws import current

    return explain(current().plan, uri)
