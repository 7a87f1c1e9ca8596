"""Clients of STS from many threads: botocore's sessions are made and used by one at a time."""

from __future__ import annotations

import threading
import time

import pytest
from fakes.plans import plan

from spark_xacct.aws import sts as sts_module
from spark_xacct.aws.sts import StsClients


class SlowSession:
    """Of botocore: takes its time, and counts its kind and who is in it at once."""

    made = 0
    inside = 0
    most = 0

    def __init__(self, **_):
        time.sleep(0.02)
        SlowSession.made += 1

    def set_config_variable(self, *_):
        pass

    register_component = set_config_variable

    def create_client(self, *_, **__):
        SlowSession.inside += 1
        SlowSession.most = max(SlowSession.most, SlowSession.inside)
        time.sleep(0.02)
        SlowSession.inside -= 1


@pytest.fixture
def clients(monkeypatch):
    for name in ("made", "inside", "most"):
        monkeypatch.setattr(SlowSession, name, 0)
    monkeypatch.setattr(sts_module.botocore.session, "Session", SlowSession)
    return StsClients(plan(None).access_map.sts, {})


def test_threads_share_one_session_and_make_clients_one_after_the_other(clients):
    threads = [threading.Thread(target=clients.create_client, args=("sts",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (SlowSession.made, SlowSession.most) == (1, 1)


def test_the_child_of_a_fork_waits_for_no_thread_of_its_parent(clients):
    holding = threading.Thread(target=clients._lock.acquire)
    holding.start()
    holding.join()
    clients.forget_session()
    making = threading.Thread(target=clients.create_client, args=("sts",), daemon=True)
    making.start()
    making.join(20)
    assert not making.is_alive()
