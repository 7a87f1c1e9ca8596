"""pytest fixtures for jobs that a declaration configures: ``xacct_lab``.

Loaded by every pytest run of an environment that has spark-xacct installed: imports nothing of it until a test asks.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from spark_xacct.testing.job_lab import JobLab

CONFIG_DEFAULT = "xacct.yaml"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(
        "xacct_config", f"the declaration that xacct_lab reads (default: {CONFIG_DEFAULT} in the root folder)"
    )
    parser.addini("xacct_env", "the environment (environments: in the declaration) that xacct_lab uses")


@pytest.fixture(scope="session")
def _xacct_lab_of_session(pytestconfig: pytest.Config) -> Iterator[JobLab]:
    from spark_xacct import declaration
    from spark_xacct.access.access import ENVIRONMENT
    from spark_xacct.errors import XacctError
    from spark_xacct.testing.job_lab import JobLab

    file = pytestconfig.getini("xacct_config") or os.environ.get("SPARK_XACCT_CONFIG") or CONFIG_DEFAULT
    environment = pytestconfig.getini("xacct_env") or os.environ.get(ENVIRONMENT) or None
    try:
        lab = JobLab(declaration.load(pytestconfig.rootpath / file, environment).access_map).start()
    except (XacctError, OSError) as error:
        # Its text says all; where in our code it arose helps nobody.
        pytest.fail(str(error), pytrace=False)
    yield lab
    lab.stop()


@pytest.fixture
def xacct_lab(_xacct_lab_of_session: JobLab, monkeypatch: pytest.MonkeyPatch) -> JobLab:
    """An embedded AWS with the accounts, IAM documents, buckets and queues of your declaration.

    Started once a test run. Each test gets an empty log of calls and an environment in which it is the base identity;
    objects and messages stay until the end of the run.
    """
    lab = _xacct_lab_of_session
    for name in set(os.environ) - set(lab.process_environment()):
        monkeypatch.delenv(name)
    for name, value in lab.environment().items():
        monkeypatch.setenv(name, value)
    lab.clear_calls()
    return lab
