"""Staging: addressed by content, written once, in one's own account, and nothing left unnamed."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from fakes.launching import LOST, StubAws
from fakes.target_plans import access_map, bound

from spark_xacct.launch import Clients, LaunchError, staging, stopping
from spark_xacct.launch.staging import Staged, Uploader
from spark_xacct.model import Pattern

JAR, JOB = b"the jar" * 1000, b"print('job')\n"
SHARED = Staged("s3://corp-jobs/x/artifacts/0123456789ab/spark-xacct.jar", JAR)
PRIVATE = Staged("s3://corp-jobs/x/runs/aabbccddeeff/job.py", JOB, is_private=True)
KEY = "arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d-1111-2222-3333-444455556666"
MAP = access_map(
    bound("partner-data", "partner"), bound("scratch", None), own=(Pattern("corp-*"),), deny_undeclared=True
)

FOLDERS = {
    "s3://corp-jobs/x/": "s3://corp-jobs/x",
    "s3://corp-jobs": "s3://corp-jobs",
    "s3://scratch/jobs": "s3://scratch/jobs",
}
REFUSED = {
    "/tmp/x": "--staging is /tmp/x; write a folder of a bucket of your own account: s3://BUCKET/FOLDER",
    "s3://": "--staging is s3://; write a folder of a bucket of your own account: s3://BUCKET/FOLDER",
    "s3://partner-data/x": (
        "--staging is s3://partner-data/x, and bucket partner-data is bound to role partner; the platform fetches from there as itself, so "
        "take a bucket of its own account that the declaration does not bind, or lists under own"
    ),
    "s3://elsewhere/x": (
        "--staging is s3://elsewhere/x, and bucket elsewhere is not declared; otherwise: deny refuses it; the platform fetches from there as "
        "itself, so take a bucket of its own account that the declaration does not bind, or lists under own"
    ),
}


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_of_ones_own_account_is_taken(folder: str) -> None:
    assert staging.check_folder(folder, MAP) == FOLDERS[folder]


@pytest.mark.parametrize("folder", REFUSED)
def test_a_folder_is_refused_that_is_none_or_that_a_role_session_reaches(folder: str) -> None:
    with pytest.raises(LaunchError) as raised:
        staging.check_folder(folder, MAP)
    assert str(raised.value) == REFUSED[folder]
    assert raised.value.exit_code == 2


def test_an_address_is_twelve_hex_digits_of_names_and_contents() -> None:
    one = staging.address({"a": b"1", "b": b"2"})

    assert len(one) == 12
    assert int(one, 16) >= 0
    assert one == staging.address({"b": b"2", "a": b"1"})
    assert len({one, staging.address({"a": b"1", "b": b"3"}), staging.address({"a": b"1", "c": b"2"})}) == 3


def test_objects_of_a_folder_are_found_in_whatever_text_names_them() -> None:
    request = {
        "spark.jars": "s3://b/x/a.jar,s3://b/x/b.jar",
        "args": ["--conf k=s3://b/x/c.yaml --y", "s3://b/xy/d", 7],
    }

    assert staging.uris_in(request, "s3://b/x/") == ["s3://b/x/a.jar", "s3://b/x/b.jar", "s3://b/x/c.yaml"]


def stored(s3: Any, one: Staged) -> tuple[bytes, str]:
    bucket, key = one.bucket_and_key
    found = s3.get_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    return found["Body"].read(), found["Metadata"]["sha256"]


@pytest.fixture
def s3(moto: Any) -> Any:
    client = moto("s3")
    client.create_bucket(Bucket="corp-jobs")
    return client


def test_objects_arrive_byte_by_byte_with_their_digest(s3: Any, clients: Clients) -> None:
    said: list[str] = []
    Uploader(clients, None, said.append).put([SHARED, PRIVATE])

    assert stored(s3, SHARED) == (JAR, hashlib.sha256(JAR).hexdigest())
    assert stored(s3, PRIVATE) == (JOB, hashlib.sha256(JOB).hexdigest())
    assert said == [
        f"staged {SHARED.uri} (7,000 bytes, sha256 {SHARED.sha256[:12]})",
        f"staged {PRIVATE.uri} (13 bytes, sha256 {PRIVATE.sha256[:12]})",
    ]


def test_what_is_there_is_not_written_again(s3: Any, clients: Clients) -> None:
    said: list[str] = []
    uploader = Uploader(clients, None, said.append)
    uploader.put([SHARED])
    before = s3.head_object(Bucket="corp-jobs", Key=SHARED.bucket_and_key[1])["LastModified"]
    uploader.put([SHARED])

    assert said[1] == f"is there {SHARED.uri} (7,000 bytes, sha256 {SHARED.sha256[:12]})"
    assert s3.head_object(Bucket="corp-jobs", Key=SHARED.bucket_and_key[1])["LastModified"] == before


@pytest.mark.parametrize(("days", "is_renewed"), [(6, False), (8, True)])
def test_what_is_old_is_written_anew_so_that_lifecycle_rules_count_from_its_last_use(
    days: int, is_renewed: bool, s3: Any, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []
    ask = clients.ask

    def recording(service: str, method: str, about: str, /, **request: Any) -> Any:
        if method == "put_object":
            asked.append(request)
        return ask(service, method, about, **request)

    monkeypatch.setattr(clients, "ask", recording)
    later = datetime.now(timezone.utc) + timedelta(days=days)
    Uploader(clients, None, lambda text: None).put([SHARED])
    tag = s3.head_object(Bucket="corp-jobs", Key=SHARED.bucket_and_key[1])["ETag"]

    Uploader(clients, None, lambda text: None, now=lambda: later).put([SHARED])

    conditions = [(one.get("IfNoneMatch"), one.get("IfMatch")) for one in asked]
    assert conditions == [("*", None), ("*", None), *([(None, tag)] if is_renewed else [])]
    assert stored(s3, SHARED)[0] == JAR


OTHERS = {
    "shared": (SHARED, "remove it"),
    "private": (PRIVATE, "take another --token"),
}


@pytest.mark.parametrize("case", OTHERS)
def test_another_content_at_the_same_place_is_never_written_over(case: str, s3: Any, clients: Clients) -> None:
    one, advice = OTHERS[case]
    bucket, key = one.bucket_and_key
    s3.put_object(Bucket=bucket, Key=key, Body=b"x" * one.size)

    with pytest.raises(LaunchError) as raised:
        Uploader(clients, None, lambda text: None).put([one])

    assert str(raised.value) == (
        f"staging: {one.uri} is there with another content, and nothing is written over it; {advice}; nothing is left"
    )
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"x" * one.size


KEYS = {
    "another key": (KEY, "arn:aws:kms:us-east-1:111122223333:alias/other"),
    "a key, where there was none": (None, KEY),
    "no key, where there was one": (KEY, None),
}


@pytest.mark.parametrize("case", KEYS)
def test_what_is_there_encrypted_otherwise_than_asked_is_refused(case: str, s3: Any, clients: Clients) -> None:
    before, asked = KEYS[case]
    said = {key: f"--kms-key {key}" if key else "no --kms-key" for key in (before, asked)}
    Uploader(clients, before, lambda text: None).put([PRIVATE])

    with pytest.raises(LaunchError) as raised:
        Uploader(clients, asked, lambda text: None).put([PRIVATE])

    assert str(raised.value) == (
        f"staging: {PRIVATE.uri} is there, staged with {said[before]} where this submit has {said[asked]}, and nothing is written over it; "
        "take another --token; nothing is left"
    )


def test_artefacts_of_another_key_lie_elsewhere() -> None:
    assert len({staging.address({"a": b"1"}, key) for key in (None, KEY, KEY + "2")}) == 3


def test_every_request_says_owner_checksum_condition_and_key(stub: StubAws, clients: Clients) -> None:
    path = "/" + SHARED.uri.removeprefix("s3://")
    stub.answers[f"PUT {path}"] = [b""]

    Uploader(clients, KEY, lambda text: None).put([SHARED])

    (headers,) = stub.bodies(f"PUT {path}")
    told = {name: headers.get(name) for name in headers if name.startswith(("x-amz-", "if-")) and "content" not in name}
    assert {name: told[name] for name in sorted(told) if name not in ("x-amz-date", "x-amz-security-token")} == {
        "if-none-match": "*",
        "x-amz-checksum-sha256": staging._base64(JAR),
        "x-amz-expected-bucket-owner": "111122223333",
        "x-amz-meta-kms-key": KEY,
        "x-amz-meta-sha256": SHARED.sha256,
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": KEY,
    }


def test_a_bucket_of_another_account_is_refused_by_its_owner(stub: StubAws, clients: Clients) -> None:
    stub.answers["PUT /" + SHARED.uri.removeprefix("s3://")] = [(403, "AccessDenied", "Access Denied")]

    with pytest.raises(LaunchError) as raised:
        Uploader(clients, None, lambda text: None).put([SHARED])

    assert str(raised.value) == (
        f"staging: AWS refused s3:PutObject on {SHARED.uri} to arn:aws:sts::111122223333:assumed-role/ci/job-7: Access Denied; allow it "
        "there (--dry-run lists what the launcher needs), or give a --staging bucket of account 111122223333, if this is one of another; "
        "nothing is left"
    )


def test_two_who_write_the_same_at_once_are_both_content(stub: StubAws, clients: Clients) -> None:
    path = SHARED.uri.removeprefix("s3://")
    stub.answers[f"PUT /{path}"] = [(409, "ConditionalRequestConflict", "retry"), b""]

    Uploader(clients, None, lambda text: None).put([SHARED])

    assert len(stub.bodies(f"PUT /{path}")) == 2


INTERRUPTIONS = {
    "a lost connection": (
        LOST,
        "staging: s3 does not answer in Region us-east-1 (Connection was closed before we received a valid response from endpoint URL: "
        f'"URL{"/" + PRIVATE.uri.removeprefix("s3://")}".); check the network, --region and AWS_ENDPOINT_URL; left for the next time: {SHARED.uri}; '
        f"there or not: {PRIVATE.uri}",
    ),
    "expired credentials": (
        (400, "ExpiredToken", "The provided token has expired."),
        "staging: the AWS credentials of arn:aws:sts::111122223333:assumed-role/ci/job-7 have expired (ExpiredToken); log in again; left for "
        f"the next time: {SHARED.uri}",
    ),
}


@pytest.mark.parametrize("case", INTERRUPTIONS)
def test_an_interrupted_staging_names_what_is_left(case: str, stub: StubAws, clients: Clients) -> None:
    answer, expected = INTERRUPTIONS[case]
    stub.answers["PUT /" + SHARED.uri.removeprefix("s3://")] = [b""]
    stub.answers["PUT /" + PRIVATE.uri.removeprefix("s3://")] = [answer]

    with pytest.raises(LaunchError) as raised:
        Uploader(clients, None, lambda text: None).put([SHARED, PRIVATE])

    assert str(raised.value) == expected.replace("URL/", f"{stub.url}/")


@pytest.mark.parametrize(("stopped", "code"), [(KeyboardInterrupt, 130), (stopping.Terminated, 143)])
def test_who_is_stopped_while_staging_hears_what_is_left(
    stopped: type[BaseException], code: int, stub: StubAws, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.answers["PUT /" + SHARED.uri.removeprefix("s3://")] = [b""]
    stub.answers["PUT /" + PRIVATE.uri.removeprefix("s3://")] = [b""]
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        if len(said) == 2:
            raise stopped

    with pytest.raises(LaunchError) as raised:
        Uploader(clients, None, say).put([PRIVATE, SHARED])

    assert str(raised.value) == (
        f"staging was interrupted, and nothing was started; left, and to be removed: {PRIVATE.uri}; left for the next time: {SHARED.uri}"
    )
    assert raised.value.exit_code == code


def test_only_what_is_named_is_removed(s3: Any, clients: Clients) -> None:
    said: list[str] = []
    uploader = Uploader(clients, None, lambda text: None)
    uploader.put([SHARED, PRIVATE])

    Uploader(clients, None, said.append).remove([PRIVATE.uri])

    assert said == [f"removed {PRIVATE.uri}"]
    assert stored(s3, SHARED)[0] == JAR
    with pytest.raises(ClientError):
        stored(s3, PRIVATE)


def test_what_cannot_be_removed_is_named(stub: StubAws, clients: Clients) -> None:
    stub.answers["DELETE /" + PRIVATE.uri.removeprefix("s3://")] = [(403, "AccessDenied", "Access Denied")]

    with pytest.raises(LaunchError) as raised:
        Uploader(clients, None, lambda text: None).remove([PRIVATE.uri])

    assert str(raised.value).startswith(f"{PRIVATE.uri} is left: AWS refused s3:DeleteObject on {PRIVATE.uri} to ")


def test_who_is_stopped_while_removing_hears_what_may_be_left(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise stopping.Terminated

    monkeypatch.setattr(clients, "ask", stopped)

    with pytest.raises(LaunchError) as raised:
        Uploader(clients, None, lambda text: None).remove([PRIVATE.uri])

    assert str(raised.value) == f"{PRIVATE.uri} may be left: removing it was interrupted"


def test_what_is_staged_shows_no_content() -> None:
    assert "the jar" not in repr(SHARED)


ACTIONS = {
    (): (),
    (SHARED,): ("s3:PutObject", "s3:GetObject"),
    (SHARED, PRIVATE): ("s3:PutObject", "s3:GetObject", "s3:DeleteObject"),
}


@pytest.mark.parametrize("staged", ACTIONS, ids=["nothing", "shared", "private too"])
def test_the_actions_that_staging_needs(staged: tuple[Staged, ...]) -> None:
    assert staging.actions(staged, None) == ACTIONS[staged]
    with_key = (*ACTIONS[staged], "kms:GenerateDataKey", "kms:Decrypt") if staged else ()
    assert staging.actions(staged, KEY) == with_key


def test_a_folder_of_a_run_and_one_of_a_content(tmp_path: Path) -> None:
    assert staging.private_folder("s3://b/x", "aabbccddeeff") == "s3://b/x/runs/aabbccddeeff"
    assert staging.shared_folder("s3://b/x", "0123456789ab") == "s3://b/x/artifacts/0123456789ab"
