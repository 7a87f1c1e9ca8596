"""What whoami found, as people and programs read it."""

from __future__ import annotations

import json

import pytest

from spark_xacct.access.identities import Identities, Identity

READER = "arn:aws:iam::444455556666:role/team/reader"
SESSION = "arn:aws:sts::444455556666:assumed-role/reader/run-1-anna"
OTHER = "arn:aws:sts::444455556666:assumed-role/writer/run-1-anna"
NODE = "arn:aws:sts::111122223333:assumed-role/reader/i-0123"
USER = "arn:aws:iam::111122223333:user/sam"


@pytest.mark.parametrize(
    ("declared", "found", "wrong"),
    [
        (READER, SESSION, False),
        (READER, OTHER, True),
        pytest.param(READER, NODE, True, id="a role of that name in another account"),
        pytest.param(READER, "arn:aws-cn:sts::444455556666:assumed-role/reader/x", True, id="another partition"),
        pytest.param(READER, "hop 1 of 2 refused by STS: AccessDenied", True, id="no ARN at all"),
        pytest.param(READER, "-", False, id="not asked"),
        (USER, USER, False),
        (USER, NODE, True),
        pytest.param("base identity", NODE, False, id="the declaration does not say who the base is"),
        pytest.param("base identity", "no credentials", True, id="a base that has no credentials"),
    ],
)
def test_a_place_is_wrong_when_aws_answers_somebody_else(declared: str, found: str, wrong: bool) -> None:
    row = Identity("partner-data", declared, ("-", found, "-"))
    assert row.wrong == (("executor JVM",) if wrong else ())


FOUND = Identities(
    "c3a67534da81",
    (
        Identity("partner-data", READER, (SESSION, SESSION, NODE)),
        Identity("boto3.client()", READER, ("-", "-", SESSION)),
    ),
)


def test_the_table_marks_what_is_not_as_declared() -> None:
    assert str(FOUND).splitlines() == [
        f"bucket          {'declared':<{len(READER)}}  {'driver JVM':<{len(SESSION)}}  {'executor JVM':<{len(SESSION)}}  Python worker",
        f"partner-data    {READER}  {SESSION}  {SESSION}  {NODE} (not as declared)",
        f"boto3.client()  {READER}  {'-':<{len(SESSION)}}  {'-':<{len(SESSION)}}  {SESSION}",
    ]


def test_programs_get_the_same_as_json() -> None:
    assert json.loads(FOUND.to_json()) == {
        "plan": "c3a67534da81",
        "as_declared": False,
        "identities": [
            {
                "bucket": "partner-data",
                "declared": READER,
                "driver_jvm": SESSION,
                "executor_jvm": SESSION,
                "python_worker": NODE,
                "wrong": ["Python worker"],
            },
            {
                "bucket": "boto3.client()",
                "declared": READER,
                "driver_jvm": "-",
                "executor_jvm": "-",
                "python_worker": SESSION,
                "wrong": [],
            },
        ],
    }


def test_html_is_escaped() -> None:
    found = Identities("c3a67534da81", (Identity("<b>", READER, ("-", "-", "a < b")),))
    assert "<td>&lt;b&gt;</td>" in found._repr_html_()
    assert "a &lt; b" in found._repr_html_()
