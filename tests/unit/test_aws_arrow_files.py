"""The pyarrow file system of a role after a fork; what it reads is in tests/clients."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import threading
from types import ModuleType, SimpleNamespace

import pytest


class FakeCredentials:
    """Those of one role; equal to any others of it."""

    def frozen(self):
        return SimpleNamespace(access_key="ASIA", secret_key="x", token="x")

    def __eq__(self, other):
        return isinstance(other, FakeCredentials)

    def __hash__(self):
        return 1


class FakeS3FileSystem:
    def __init__(self, **_):
        pass

    def create_dir(self, path, recursive):
        pass


@pytest.fixture
def arrow_files(monkeypatch):
    fs = ModuleType("pyarrow.fs")
    fs.FileSelector = fs.PyFileSystem = SimpleNamespace
    fs.FileSystemHandler = type("FileSystemHandler", (), {})
    fs.S3FileSystem = FakeS3FileSystem
    monkeypatch.setitem(sys.modules, "pyarrow", ModuleType("pyarrow"))
    monkeypatch.setitem(sys.modules, "pyarrow.fs", fs)
    monkeypatch.delitem(sys.modules, "spark_xacct.aws.arrow_files", raising=False)
    yield importlib.import_module("spark_xacct.aws.arrow_files")
    sys.modules.pop("spark_xacct.aws.arrow_files")


def test_the_child_of_a_fork_waits_for_no_thread_of_its_parent(arrow_files):
    twins = [arrow_files.RoleFiles(FakeCredentials(), "eu-west-1", None) for _ in range(2)]
    for files in twins:
        # As if other threads were in the middle of something when the process forked.
        holding = threading.Thread(target=files._lock.acquire)
        holding.start()
        holding.join()
    child = os.fork()
    if child == 0:
        signal.alarm(20)  # a child that waits for a lock of its parent would wait for ever
        status = 1
        try:
            for files in twins:
                files.create_dir("partner-data/x", True)
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
