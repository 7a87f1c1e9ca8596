"""The platform that gives the base role out: forms, tokens, renewal, on a clock of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from fakes.two_accounts import ETL, A

from spark_xacct.lab.platform import POD_IDENTITY_TAGS, Given, Platform
from spark_xacct.lab.sessions import Identities
from spark_xacct.lab.wire import Message

LIST = "/latest/meta-data/iam/security-credentials/"


class FakeIssuer:
    """Numbers the sessions it gives."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Mapping[str, str]]] = []

    def enter(self, role_arn: str, session_name: str, tags: Mapping[str, str]) -> Given:
        self.asked.append((role_arn, session_name, tags))
        number = len(self.asked)
        return Given(
            f"arn:aws:sts::{A}:assumed-role/etl/{session_name}", f"ASIA{number}", f"secret{number}", f"token{number}"
        )


class Machine:
    """A platform, its issuer and its clock."""

    def __init__(self, kind: str | None) -> None:
        self.now, self.life = 1000.0, 3600.0
        self.issuer, self.identities = FakeIssuer(), Identities(lambda: self.now)
        self.platform = Platform(
            self.identities, self.issuer, lambda role, usual: min(self.life, usual), lambda: self.now
        )
        self.token = self.platform.give_out(str(ETL), kind) if kind else ""

    def ask(self, target: str, method: str = "GET", **headers: str) -> Message | None:
        return self.platform.answer(Message(f"{method} {target} HTTP/1.1", list(headers.items())))

    def credentials(self) -> Any:
        answer = self.ask("/_credentials", Authorization=self.token)
        assert answer is not None
        return json.loads(answer.body)


def test_container_credentials():
    machine = Machine("container")

    assert machine.credentials() == {
        "RoleArn": str(ETL),
        "AccessKeyId": "ASIA1",
        "SecretAccessKey": "secret1",
        "Token": "token1",
        "Expiration": "1970-01-01T01:16:40Z",
    }
    assert machine.issuer.asked == [(str(ETL), "lab-platform", {})]


def test_pod_identity_tags_every_session_and_all_tags_travel_on():
    machine = Machine("pod-identity")
    key_id = machine.credentials()["AccessKeyId"]

    identity = machine.identities.find(key_id)
    assert machine.issuer.asked[0][2] == POD_IDENTITY_TAGS
    assert identity is not None
    assert identity.transitive_tags == tuple(sorted(POD_IDENTITY_TAGS.items()))


def test_instance_metadata():
    machine = Machine("instance-profile")

    def text(target: str, method: str = "GET") -> str:
        answer = machine.ask(target, method)
        assert answer is not None
        assert answer.status == 200
        return answer.body.decode()

    assert text("/latest/api/token", "PUT") == machine.token
    assert text(LIST) == "etl"
    assert json.loads(text(LIST + "etl")) == {
        "Code": "Success",
        "Type": "AWS-HMAC",
        "LastUpdated": "1970-01-01T00:16:40Z",
        "AccessKeyId": "ASIA1",
        "SecretAccessKey": "secret1",
        "Token": "token1",
        "Expiration": "1970-01-01T01:16:40Z",
    }


@pytest.mark.parametrize(
    ("kind", "target", "headers", "status"),
    [
        pytest.param("container", "/_credentials", {}, 401, id="no token"),
        pytest.param("container", "/_credentials", {"Authorization": "guessed"}, 401, id="a wrong token"),
        pytest.param("instance-profile", "/_credentials", {}, 401, id="not by this way"),
        pytest.param(None, "/_credentials", {}, 401, id="no base role"),
        pytest.param("instance-profile", LIST + "other", {}, 404, id="another role"),
        pytest.param("instance-profile", "/latest/key", {"Authorization": "AWS4-HMAC-SHA256 ..."}, None, id="a bucket"),
        pytest.param("container", LIST, {}, None, id="no metadata beside container credentials"),
        pytest.param("instance-profile", "/bucket/key", {}, None, id="anything else"),
    ],
)
def test_what_it_does_not_give(kind: str | None, target: str, headers: dict[str, str], status: int | None):
    machine = Machine(kind)

    answer = machine.ask(target, **headers)

    assert (answer and answer.status) == status
    assert machine.issuer.asked == []


def test_a_session_is_renewed_at_half_of_its_life_and_known_until_its_end():
    machine = Machine("container")
    first = machine.credentials()["AccessKeyId"]
    machine.now += 1799
    assert machine.credentials()["AccessKeyId"] == first
    machine.now += 1
    assert machine.credentials()["AccessKeyId"] == "ASIA2"

    identity = machine.identities.find(first)
    assert identity is not None
    assert not machine.identities.is_expired(identity)
    machine.now += 1800
    assert machine.identities.is_expired(identity)


def test_a_short_life_is_told_and_kept():
    machine = Machine("container")
    machine.life = 10.0
    told = machine.credentials()

    identity = machine.identities.find(told["AccessKeyId"])
    assert identity is not None
    assert (told["Expiration"], identity.expires) == ("1970-01-01T00:16:50Z", 1010.0)
