"""Names of role sessions."""

from __future__ import annotations

import re

import pytest
import shared_vectors
from hypothesis import given
from hypothesis import strategies as st

from spark_xacct.errors import ModelError
from spark_xacct.model import session_name

# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
STS_PATTERN = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
templates = st.lists(st.sampled_from(("{run}", "{user}", "xacct-", "a", "@")), min_size=1, max_size=5).map("".join)


@pytest.mark.parametrize("case", shared_vectors.read("session_names.json"), ids=lambda case: case["name"])
def test_name_of_shared_vector(case: dict[str, str]) -> None:
    assert session_name.fill(case["template"], case["run"], case["user"]) == case["name"]


@given(templates, st.text(), st.text())
def test_name_always_fits_sts(template: str, run: str, user: str) -> None:
    assert STS_PATTERN.fullmatch(session_name.fill(template, run, user))


@given(st.text())
def test_sanitising_twice_changes_nothing(value: str) -> None:
    once = session_name.fill("{run}", value, "")

    assert session_name.fill("{run}", once, "") == once


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{run}-{host}", 'session name "{run}-{host}" has the unknown placeholder {host}; known are {run} and {user}'),
        ("a b", 'session name "a b" has characters that STS refuses; it takes letters, digits and _+=,.@-'),
        ("a/{run}", 'session name "a/{run}" has characters that STS refuses; it takes letters, digits and _+=,.@-'),
        ("{run", 'session name "{run" has characters that STS refuses; it takes letters, digits and _+=,.@-'),
        ("a", 'session name "a" has 1 characters; STS takes 2 to 64'),
        ("a" * 65, 'session name "{}" has 65 characters; STS takes 2 to 64'.format("a" * 65)),
    ],
    ids=["unknown placeholder", "blank", "slash", "open brace", "too short", "too long"],
)
def test_template_that_cannot_be_is_refused(template: str, message: str) -> None:
    with pytest.raises(ModelError) as raised:
        session_name.check(template)

    assert str(raised.value) == message
