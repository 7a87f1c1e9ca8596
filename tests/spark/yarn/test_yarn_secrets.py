"""While an application runs on YARN: who has no key gets nothing, and no secret lies where others look."""

from __future__ import annotations

import base64

import pytest
from looking import PLANTED, Seen, holds_key, plan_id
from submissions import Application

from spark_xacct.lab.lab import Lab

pytestmark = pytest.mark.slow


def test_a_stranger_gets_no_session(seen: Seen, applications: dict[str, Application]) -> None:
    assert seen.answers["plain"] == "[v, 1, refused, QUESTION, problem, denied]"
    assert seen.answers["own key"] == "[v, 1, refused, QUESTION, problem, denied]"
    assert "spark-xacct: the broker refused 1 ask: 1 malformed" in applications["cluster"].containers[0].said


def test_a_stranger_who_asks_for_executors_settings_finds_no_key(seen: Seen, lab: Lab) -> None:
    settings = base64.b64decode(seen.answers["settings"])
    assert plan_id().encode() in settings
    assert not holds_key(settings, seen.key)
    assert not [secret for secret in lab.secrets() if secret.encode() in settings]


def test_the_search_finds_a_planted_secret_in_every_place(seen: Seen) -> None:
    assert seen.holding([PLANTED]) == set(seen.places)


def test_no_secret_of_aws_is_in_any_place(seen: Seen, lab: Lab) -> None:
    secrets = lab.secrets()
    assert len(secrets) > 6, "the lab issued too little to look for"
    assert seen.holding(secrets) == set()


def test_no_token_of_an_endpoint_is_in_any_place(seen: Seen) -> None:
    assert len(seen.endpoint_tokens) >= 4, "two roles of a driver and of an executor"
    assert seen.holding(seen.endpoint_tokens) == set()


def test_the_key_is_where_yarn_keeps_tokens_and_nowhere_else(seen: Seen) -> None:
    assert seen.holding_the_key() == set()
    assert seen.holders
    assert seen.holders <= seen.token_files
