"""The plan: document, text, parts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import model_strategies as strategies
import pytest
import shared_vectors
from fakes.target_plans import access_map, bound
from hypothesis import given, settings

from spark_xacct import plan
from spark_xacct.errors import PlanError
from spark_xacct.model import AccessMap
from spark_xacct.version import __version__

CASES = shared_vectors.read("plans.json")
GOOD = [case for case in CASES if "id" in case]
BAD = [case for case in CASES if "error" in case]


def joined(case: dict[str, Any]) -> plan.Plan:
    found = plan.from_settings(case["parts"])
    assert found is not None
    return found


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case["name"])
def test_id_of_shared_vector(case: dict[str, Any]) -> None:
    assert joined(case).id == case["id"]


@pytest.mark.parametrize("case", BAD, ids=lambda case: case["name"])
def test_refusal_of_shared_vector(case: dict[str, Any]) -> None:
    with pytest.raises(PlanError) as raised:
        joined(case)

    assert case["error"] in str(raised.value)


@given(strategies.access_maps())
def test_round_trip_keeps_every_field(access_map: AccessMap) -> None:
    encoded = plan.encode(access_map)
    decoded = plan.decode(encoded.text)

    assert (decoded.access_map, decoded.id, decoded.text) == (access_map, encoded.id, encoded.text)


@given(strategies.access_maps())
@settings(max_examples=30)
def test_settings_and_environment_carry_the_whole(access_map: AccessMap) -> None:
    encoded = plan.encode(access_map)
    from_settings = plan.from_settings(dict(encoded.settings()))
    from_environment = plan.from_environment(dict(encoded.environment()))

    assert from_settings == from_environment == encoded


def test_parts_have_a_thousand_characters_names_with_numbers_and_an_end() -> None:
    text = "z1:" + "x" * 2000

    assert plan.text.settings(text) == [
        ("fs.xacct.plan", text[:1000]),
        ("fs.xacct.plan.2", text[1000:2000]),
        ("fs.xacct.plan.3", text[2000:]),
        ("fs.xacct.plan.4", "."),
    ]
    assert plan.text.environment(text)[1:] == [
        ("SPARK_XACCT_PLAN_2", text[1000:2000]),
        ("SPARK_XACCT_PLAN_3", text[2000:]),
        ("SPARK_XACCT_PLAN_4", "."),
    ]


def test_shorter_plan_hides_a_longer_one_of_a_lower_layer() -> None:
    short, long = (joined(case) for case in (GOOD[0], next(case for case in GOOD if case["name"] == "4 parts")))

    assert plan.from_settings({**dict(long.settings()), **dict(short.settings())}) == short
    assert plan.from_environment({**dict(long.environment()), **dict(short.environment())}) == short


@pytest.mark.parametrize("number", ["02", "0", "1", "\u00b2", "\u0662", "x", "-2", "2 ", "9" * 5000])
def test_name_that_is_no_part_of_a_plan_is_not_read(number: str) -> None:
    expected = joined(GOOD[0])

    assert plan.from_environment({"SPARK_XACCT_PLAN": expected.text, f"SPARK_XACCT_PLAN_{number}": "x"}) == expected
    assert plan.from_environment({f"SPARK_XACCT_PLAN_{number}": "x"}) is None


def test_canonical_json_holds_no_dollar_that_hadoop_could_expand() -> None:
    assert plan.text.canonical({"b": "${x}", "a": "é"}) == '{"a":"\\u00e9","b":"\\u0024{x}"}'


@pytest.mark.parametrize(
    ("settings", "prefix"),
    [
        ({}, ""),
        ({"fs.xacct.plan": "z1:x"}, "spark.hadoop."),
        ({"fs.xacct.about": "plan x"}, ""),
        ({"fs.xacct.plan": " "}, ""),
    ],
    ids=["nothing", "another prefix", "only the text for people", "a blank"],
)
def test_no_plan_is_none(settings: dict[str, str], prefix: str) -> None:
    assert plan.from_settings(settings, prefix) is None


def test_file_holds_text_or_json(tmp_path: Path) -> None:
    case = GOOD[0]
    expected = joined(case)
    for name, content in (
        ("text", expected.text + "\n"),
        ("json", json.dumps(json.loads(expected.canonical_json()), indent=2)),
    ):
        (tmp_path / name).write_text(content, encoding="utf-8")

        assert plan.decode(f"file:{tmp_path / name}") == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file:plan.txt", 'the plan file "plan.txt" is not an absolute path; write file:/path/to/plan'),
        (
            "file:/no/such/plan",
            "the plan file /no/such/plan cannot be read: [Errno 2] No such file or directory: '/no/such/plan'",
        ),
        (
            "[]",
            'the plan text starts with "[]"; it must start with "z1:" or "file:"; it is of another version, or not a plan',
        ),
        ("{]", "the plan is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        (
            '{"v":2}',
            f"the plan has version 2; spark-xacct {__version__} reads plan version 1; update spark-xacct here",
        ),
    ],
    ids=["relative file", "missing file", "no prefix", "no JSON", "newer version"],
)
def test_text_that_cannot_be_read_is_refused(text: str, message: str) -> None:
    with pytest.raises(PlanError) as raised:
        plan.decode(text)

    assert str(raised.value) == message


def test_file_that_names_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plan").write_text("file:/etc/plan", encoding="utf-8")

    with pytest.raises(PlanError) as raised:
        plan.decode(f"file:{tmp_path / 'plan'}")

    assert str(raised.value) == f"the plan file {tmp_path / 'plan'} names another file; put the plan itself there"


def test_unknown_field_says_what_to_update() -> None:
    document = json.loads(joined(GOOD[0]).canonical_json())
    document["roles"]["partner"]["ExternalID"] = "x"

    with pytest.raises(PlanError) as raised:
        plan.decode(json.dumps(document))

    assert str(raised.value) == (
        f'the plan has field "ExternalID" at roles.partner that spark-xacct {__version__} does not know; '
        "it reads plan version 1; update spark-xacct here"
    )


def test_about_counts() -> None:
    assert joined(GOOD[0]).about == f"plan {GOOD[0]['id']}: 2 roles, 1 bucket, base instance-profile"


def test_a_bucket_with_prefixes_is_one_bucket() -> None:
    found = plan.encode(access_map(bound("aaa", "hub"), bound("aaa", None, prefix="in/"), bound("bbb", "hub")))

    assert found.about == f"plan {found.id}: 3 roles, 2 buckets, base irsa"
