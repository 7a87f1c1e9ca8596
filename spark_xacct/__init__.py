"""spark-xacct: one declaration of roles and buckets, the same AWS role chain in Spark's JVM and in Python.

The functions here mean the running application; ``load`` gives the explicit object. Importing this package loads neither
boto3 nor pyspark nor pydantic: each is imported where it is first needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spark_xacct.version import __version__

if TYPE_CHECKING:
    from spark_xacct.access import Access, Explanation
    from spark_xacct.access.identities import Identities

__all__ = [
    "__version__",
    "boto3_session",
    "client",
    "configure",
    "explain",
    "load",
    "start",
    "storage_options",
    "whoami",
]


def load(file: Any, environment: str | None = None) -> Access:
    """The access that a declaration (YAML) or a plan file grants. ``environment`` chooses an overlay of the declaration.

    Raises DeclarationError with every problem, or PlanError.
    """
    from spark_xacct.access import load as load_access

    return load_access(file, environment)


def start(builder: Any, file: Any = None, environment: str | None = None) -> Any:
    """A SparkSession in which this plan is in force, checked; without a file, the plan that spark-submit was given.

    Raises SparkStartError with the settings that are missing and where they go.
    """
    from spark_xacct.access import start as start_session

    return start_session(builder, file, environment)


def configure(builder: Any, file: Any, environment: str | None = None) -> Any:
    """The builder with every setting of the plan; only before any JVM runs. Prefer ``start``, which checks the result."""
    from spark_xacct.access import configure as configure_builder

    return configure_builder(builder, file, environment)


def boto3_session(role: str | None = None, uri: str | None = None) -> Any:
    """A boto3.Session of a role, or of the role that serves ``uri``; refreshed, shared by the whole process.

    Raises UndeclaredError for what the plan does not allow, RoleSessionError when STS refuses.
    """
    from spark_xacct.aws import current

    return current().boto3_session(role=role, uri=uri)


def client(service: str, role: str | None = None, uri: str | None = None, **arguments: Any) -> Any:
    """A boto3 client of a role, or of the role that serves ``uri``; cached by its arguments, safe to share in threads.

    ``arguments`` go to ``boto3.Session.client``. Raises as ``boto3_session``.
    """
    from spark_xacct.aws import current

    return current().client(service, role=role, uri=uri, **arguments)


def storage_options(uri: str, library: str) -> Any:
    """What an S3 library (boto3, deltalake, duckdb, obstore, polars, pyarrow, s3fs) takes to work under the role that serves
    ``uri``; renewed where the library can.

    Raises ValueError for a library that is not known, else as ``boto3_session``.
    """
    from spark_xacct.aws import current

    return current().storage_options(uri, library)


def explain(uri: str) -> Explanation:
    """Who serves a location in the running application, and why."""
    from spark_xacct.access import explain_running

    return explain_running(uri)


def whoami(session: Any, file: Any = None, environment: str | None = None) -> Identities:
    """Who each bucket's identity really is, in the driver's JVM, an executor's JVM and a Python worker, by one small job.

    With a declaration or a plan file, its plan must be the one in force. On a Spark Connect client the driver's JVM is left
    out. Raises SparkStartError where no plan, or another one, is in force.
    """
    from spark_xacct.access import whoami as ask

    return ask(session, file, environment)
