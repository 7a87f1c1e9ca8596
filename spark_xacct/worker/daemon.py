"""The module that Spark starts in place of ``pyspark.daemon``: gives workers their default role, then is that daemon.

``python -m spark_xacct.worker.daemon``, with the arguments of the daemon. Without a daemon (spark.python.use.daemon=false)
Spark starts it once for each worker.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import runpy
import sys
from collections.abc import Mapping, MutableMapping

from spark_xacct import keys, plan
from spark_xacct.aws import current, endpoint
from spark_xacct.aws.failure import PLAN
from spark_xacct.errors import RoleSessionError, XacctError
from spark_xacct.worker import connection
from spark_xacct.worker.identity import assume_default_role

MODULE = "spark_xacct.worker.daemon"


def main() -> None:
    """Gives this process the default role, if the plan has one, and runs what Spark would have run."""
    try:
        _give_default_role(os.environ)
        module = next_module(os.environ)
    except XacctError as error:
        refuse(f"spark-xacct: {error}", os.environ)
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def next_module(environment: Mapping[str, str]) -> str:
    """What runs after the hook: what was configured before it, else pyspark's own. Raises RoleSessionError."""
    named = environment.get(keys.NEXT_DAEMON_ENVIRONMENT)
    if not named or named == MODULE:
        return "pyspark.worker" if connection.is_one_worker(environment) else "pyspark.daemon"
    try:
        found = importlib.util.find_spec(named)
    except (ImportError, ValueError):
        found = None
    if found is None:
        raise RoleSessionError(
            f"module {named} ({keys.NEXT_DAEMON_ENVIRONMENT}), which should run after {MODULE}, is not there; correct "
            "spark.python.daemon.module, or bring the module to the executors",
            PLAN,
        )
    return named


def refuse(text: str, environment: Mapping[str, str]) -> None:
    """Ends this process so that every task it was started for fails with ``text``."""
    if connection.is_one_worker(environment):
        connection.report(text, environment)
    # What a daemon that dies has written to stderr, Spark puts into the failure of the task.
    sys.exit(text)


def _give_default_role(environment: MutableMapping[str, str]) -> None:
    found = endpoint.find(environment)
    if found is None:
        _require_no_default_role(environment)
        return
    kept = assume_default_role(found, environment)
    _read_plan()
    if kept:
        sys.stderr.write(
            f"spark-xacct: role {found.default_role} (python.default_role) is the identity of Python workers here; taken out "
            f"of their environment: {', '.join(sorted(kept))}\n"
        )


def _read_plan() -> None:
    """Workers are forked with what is read and imported here. What fails is raised where a worker asks for a role."""
    importlib.import_module("spark_xacct.aws.endpoint_request")
    with contextlib.suppress(XacctError):
        current()


def _require_no_default_role(environment: Mapping[str, str]) -> None:
    declared = plan.from_environment(environment)
    role = declared.access_map.python_default_role if declared is not None else None
    if role is not None:
        raise RoleSessionError(
            f"role {role} (python.default_role) cannot be the identity of Python workers: the JVM beside this process has no "
            f"credentials endpoint ({keys.ENDPOINT_ENVIRONMENT} is not set); load {keys.PLUGIN} with "
            "spark.plugins.defaultList, or leave spark.python.daemon.module as it was and ask for roles by name",
            PLAN,
        )


if __name__ == "__main__":
    main()
