"""The lab's pure parts: what it fills in, tags and source identities, tokens, jars, removal."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from fakes.two_accounts import ETL, EXTERNAL_ID, READER, A, B, two_accounts, writer

from spark_xacct.lab import LabError, cache, session_rules
from spark_xacct.lab.jars import JAR_SETS, line_of, pom
from spark_xacct.lab.preparation import prepare
from spark_xacct.lab.removal import without_action
from spark_xacct.lab.session_rules import SessionRefusedError
from spark_xacct.lab.sessions import Identity
from spark_xacct.lab.web_identity import TokenIssuer, TokenRefusedError
from spark_xacct.model import AccessMap, Base, BaseKind, ExternalId, Role, Sts


def test_a_complete_declaration_stays_as_it_is():
    details = {"oidc_provider": "https://oidc.eks/id/X", "namespace": "jobs", "service_account": "etl"}

    prepared = prepare(two_accounts(documents=details), {})

    assert (prepared.access_map.base, prepared.access_map.documents) == (two_accounts().base, details)
    assert (prepared.external_ids, prepared.exports) == ({"writer": EXTERNAL_ID}, {})


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(BaseKind.IRSA, f"arn:aws:iam::{A}:role/xacct-lab-base"), (BaseKind.ENV, f"arn:aws:iam::{A}:user/xacct-lab-base")],
)
def test_a_base_without_a_name_gets_one_in_the_hubs_account(kind: BaseKind, expected: str):
    prepared = prepare(two_accounts(base=Base(kind)), {})

    assert str(prepared.access_map.base.arn) == expected


def test_the_base_lives_with_the_first_role_where_there_is_no_hub():
    access_map = AccessMap(Base(BaseKind.IRSA), Sts("eu-west-1"), {"one": Role("one", READER)}, ())

    assert str(prepare(access_map, {}).access_map.base.arn) == f"arn:aws:iam::{B}:role/xacct-lab-base"


def test_external_ids_come_from_where_the_declaration_says(tmp_path: Path):
    (tmp_path / "id").write_text("from-file\n")

    def prepared(external_id: ExternalId, environment: dict[str, str]) -> tuple[Any, Any]:
        found = prepare(two_accounts(writer(external_id=external_id)), environment)
        return found.external_ids["writer"], found.exports

    assert prepared(ExternalId(file=str(tmp_path / "id")), {}) == ("from-file", {})
    assert prepared(ExternalId(env="ID"), {"ID": "from-env"}) == ("from-env", {"ID": "from-env"})
    made, exports = prepared(ExternalId(env="ID"), {})
    assert (made[:4], exports) == ("lab-", {"ID": made})


def test_one_variable_is_one_external_id_for_two_roles():
    second = Role("second", READER, external_id=ExternalId(env="ID"))

    found = prepare(two_accounts(writer(external_id=ExternalId(env="ID")), second), {})

    assert found.external_ids["writer"] == found.external_ids["second"] == found.exports["ID"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"sts": Sts("eu-west-1", "https://vpce-1.sts.eu-west-1.vpce.amazonaws.com")},
            "sts.endpoint is https://vpce-1.sts.eu-west-1.vpce.amazonaws.com: STS would be asked there and not in the lab; "
            "leave it out in the environment (environments: in the declaration) that you use with the lab",
        ),
        (
            {
                "roles": {"writer": writer(external_id=ExternalId(file="/no/such/file"))},
                "bindings": (),
                "python_roles": (),
            },
            "the external id of role writer is in /no/such/file, which cannot be read: "
            "[Errno 2] No such file or directory: '/no/such/file'",
        ),
    ],
    ids=["another STS", "no file"],
)
def test_what_a_lab_cannot_stand_in_for_is_refused(changed: dict[str, Any], message: str):
    with pytest.raises(LabError) as refusal:
        prepare(two_accounts(**changed), {})

    assert str(refusal.value) == message


class Documents:
    """Policies as they stand in this test."""

    def __init__(self, trust: list[dict[str, Any]], permissions: list[dict[str, Any]]) -> None:
        self._trust, self._permissions = trust, permissions

    def trust(self, role_arn: str) -> dict[str, Any]:
        assert role_arn == str(READER)
        return {"Statement": self._trust}

    def permissions(self, arn: str) -> list[dict[str, Any]]:
        assert arn == str(ETL)
        return [{"Statement": statement} for statement in self._permissions]


CALLER = Identity(f"arn:aws:sts::{A}:assumed-role/etl/s", "ASIA1", role=str(ETL))
PERMITTED = {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}


def trusting(principal: Any, condition: dict[str, Any] | None = None, effect: str = "Allow") -> dict[str, Any]:
    return {"Effect": effect, "Action": ["sts:TagSession"], "Principal": principal, "Condition": condition or {}}


@pytest.mark.parametrize(
    ("trust", "permissions", "passes"),
    [
        pytest.param([trusting({"AWS": str(ETL)})], [PERMITTED], True, id="named by role"),
        pytest.param([trusting({"AWS": [CALLER.arn]})], [PERMITTED], True, id="named by session"),
        pytest.param([trusting({"AWS": f"arn:aws:iam::{A}:root"})], [PERMITTED], True, id="named by account"),
        pytest.param([trusting({"AWS": A})], [PERMITTED], True, id="named by account number"),
        pytest.param([trusting("*")], [PERMITTED], True, id="named by *"),
        pytest.param([trusting({"AWS": f"arn:aws:iam::{B}:root"})], [PERMITTED], False, id="another account"),
        pytest.param([trusting("*")], [], False, id="not permitted"),
        pytest.param([trusting("*")], [{**PERMITTED, "Resource": "arn:x"}], False, id="permitted elsewhere"),
        pytest.param([trusting("*")], [PERMITTED, {**PERMITTED, "Effect": "Deny"}], False, id="permission denied"),
        pytest.param([trusting("*"), trusting("*", effect="Deny")], [PERMITTED], False, id="trust denied"),
        pytest.param(
            [trusting("*", {"StringEquals": {"aws:RequestTag/Team": "ads"}})], [PERMITTED], True, id="the right value"
        ),
        pytest.param(
            [trusting("*", {"StringEquals": {"aws:RequestTag/team": ["x", "y"]}})],
            [PERMITTED],
            False,
            id="a wrong value",
        ),
        pytest.param(
            [trusting("*", {"StringLike": {"aws:RequestTag/team": "a*"}})],
            [PERMITTED],
            True,
            id="a value that is like it",
        ),
        pytest.param(
            [trusting("*", {"ForAllValues:StringEquals": {"aws:TagKeys": ["other"]}})],
            [PERMITTED],
            False,
            id="other keys",
        ),
        pytest.param(
            [trusting("*", {"IpAddress": {"aws:SourceIp": "127.0.0.1"}})], [PERMITTED], False, id="an unknown condition"
        ),
    ],
)
def test_tags_need_both_sides(trust: list[dict[str, Any]], permissions: list[dict[str, Any]], passes: bool):
    form = {"RoleArn": str(READER), "Tags.member.1.Key": "team", "Tags.member.1.Value": "ads"}
    documents = Documents(trust, permissions)

    if passes:
        session_rules.check(form, CALLER, documents)
        return
    with pytest.raises(SessionRefusedError) as refusal:
        session_rules.check(form, CALLER, documents)
    assert (refusal.value.status, refusal.value.code, str(refusal.value)) == (
        403,
        "AccessDenied",
        f"User: {CALLER.arn} is not authorized to perform: sts:TagSession on resource: {READER}",
    )


def test_a_plain_hop_needs_no_more_than_assume_role():
    session_rules.check({"RoleArn": str(READER)}, CALLER, Documents([], []))


@pytest.mark.parametrize(
    ("token", "code", "message"),
    [
        (
            "x.y",
            "InvalidIdentityToken",
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
        ),
        (("other", {}), "InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://other"),
        (("issuer", {"audience": "x"}), "InvalidIdentityToken", "Incorrect token audience"),
        (
            ("issuer", {"life_seconds": 0}),
            "ExpiredTokenException",
            "Token expired: current date/time 1000 must be before the expiration date/time 1000",
        ),
    ],
)
def test_tokens_are_refused_in_the_words_of_sts(token: Any, code: str, message: str):
    tokens = TokenIssuer(clock=lambda: 1000.0)
    text = token if isinstance(token, str) else tokens.issue(token[0], "me", **token[1])

    with pytest.raises(TokenRefusedError) as refusal:
        tokens.verify(text, {"issuer": ["sts.amazonaws.com"]}.get)

    assert (refusal.value.code, str(refusal.value)) == (code, message)


def test_a_token_holds_its_claims_and_no_other_lab_takes_it():
    tokens = TokenIssuer(clock=lambda: 1000.0)
    token = tokens.issue("issuer", "me", life_seconds=60)
    registered = {"issuer": ["sts.amazonaws.com"]}.get

    assert tokens.verify(token, registered) == {
        "iss": "https://issuer",
        "sub": "me",
        "aud": "sts.amazonaws.com",
        "iat": 1000,
        "exp": 1060,
    }
    with pytest.raises(TokenRefusedError):
        TokenIssuer(clock=lambda: 1000.0).verify(token, registered)


@pytest.mark.parametrize(
    ("release", "line"),
    [
        ("3.5", "3.5"),
        ("3.5.9", "3.5"),
        ("spark-3.5", "3.5"),
        ("4", "4"),
        ("4.0.5", "4.0"),
        ("4.1", "4.1"),
        ("4.2.1", "4"),
        ("4.3.0", "4"),
    ],
)
def test_the_line_of_a_release(release: str, line: str):
    assert line_of(release) == line


def test_an_unknown_release_is_refused_with_the_known_ones():
    with pytest.raises(LabError) as refusal:
        line_of("2.4.8")

    assert str(refusal.value) == 'no jars are known for release "2.4.8"; known are 3.5, 4, 4.0, 4.1'


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "3.5",
            [
                "org.apache.hadoop:hadoop-aws:3.3.4",
                "com.amazonaws:aws-java-sdk-s3:1.12.262",
                "com.amazonaws:aws-java-sdk-sts:1.12.262",
                "com.amazonaws:aws-java-sdk-dynamodb:1.12.262",
            ],
        ),
        (
            "4",
            [
                "org.apache.hadoop:hadoop-aws:3.5.0",
                "software.amazon.awssdk:s3:2.35.4",
                "software.amazon.awssdk:sts:2.35.4",
                "software.amazon.awssdk:s3-transfer-manager:2.35.4",
                "software.amazon.awssdk:apache-client:2.35.4",
                "software.amazon.awssdk:netty-nio-client:2.35.4",
                "software.amazon.s3.analyticsaccelerator:analyticsaccelerator-s3:1.3.1",
            ],
        ),
    ],
)
def test_the_project_that_maven_gets(line: str, expected: list[str]):
    space = {"m": "http://maven.apache.org/POM/4.0.0"}
    project = ElementTree.fromstring(pom(JAR_SETS[line]))

    dependencies = project.findall("m:dependencies/m:dependency", space)
    assert [":".join(item.text or "" for item in list(one)[:3]) for one in dependencies] == expected
    first = dependencies[0].findall("m:exclusions/m:exclusion/*", space)
    assert [item.text for item in first] == ["*", "*"]


DOCUMENT = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "One", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "a"},
        {"Sid": "Two", "Action": "s3:GetObject", "Resource": "b"},
    ],
}


@pytest.mark.parametrize(
    ("action", "left"),
    [
        ("s3:PutObject", [("One", ["s3:GetObject"]), ("Two", "s3:GetObject")]),
        ("s3:getobject", [("One", ["s3:PutObject"])]),
        ("s3:Get*", [("One", ["s3:PutObject"])]),
        ("s3:ListBucket", [("One", ["s3:GetObject", "s3:PutObject"]), ("Two", "s3:GetObject")]),
        ("s3:*", None),
    ],
)
def test_an_action_is_taken_out_of_a_document(action: str, left: list[Any] | None):
    before = json.dumps(DOCUMENT)

    found = without_action(DOCUMENT, action)

    assert (found and [(item["Sid"], item["Action"]) for item in found["Statement"]]) == left
    assert json.dumps(DOCUMENT) == before


def test_a_folder_of_the_cache_is_filled_once_by_many(tmp_path: Path):
    filled: list[Path] = []

    def fill(folder: Path) -> None:
        filled.append(folder)
        (folder / "content").write_text("x")

    threads = [threading.Thread(target=cache.made_once, args=("thing", fill, tmp_path)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert filled == [tmp_path / "thing"]
    assert (tmp_path / "thing" / "content").read_text() == "x"


def test_a_folder_that_could_not_be_filled_is_not_taken_for_one(tmp_path: Path):
    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        cache.made_once("thing", fail, tmp_path)

    assert not (tmp_path / "thing").exists()
    assert cache.made_once("thing", lambda folder: None, tmp_path) == tmp_path / "thing"


@pytest.mark.parametrize(
    ("environment", "expected"), [({"SPARK_XACCT_CACHE": "{}/own"}, "own"), ({"HOME": "{}"}, ".cache/spark-xacct")]
)
def test_where_the_cache_is(tmp_path: Path, environment: dict[str, str], expected: str):
    values = {name: value.format(tmp_path) for name, value in environment.items()}

    assert cache.cache_folder(values) == tmp_path / expected


def test_a_cache_that_cannot_be_made_is_wrong_usage():
    with pytest.raises(LabError) as refusal:
        cache.cache_folder({"SPARK_XACCT_CACHE": "/dev/null/x"})

    assert (refusal.value.exit_code, str(refusal.value)) == (
        2,
        "the folder /dev/null/x cannot be made: Not a directory; name another one for the cache (SPARK_XACCT_CACHE)",
    )


def test_identities_do_not_show_their_secrets():
    assert "hidden" not in repr(Identity("arn", "AKIA1", ("hidden",)))
