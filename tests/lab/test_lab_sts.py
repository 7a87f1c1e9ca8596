"""What the front adds to STS: limits, tags, source identities, web identity tokens, ends of sessions."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

import pytest
from fakes.lab_clients import Callers, refused
from fakes.two_accounts import ETL, EXTERNAL_ID, HUB, A

from spark_xacct.lab import Lab
from spark_xacct.lab.preparation import NAMESPACE, OIDC_ISSUER, SERVICE_ACCOUNT

OUT_OF_RANGE = "1 validation error detected: Value '{}' at 'durationSeconds' failed to satisfy constraint: Member must have value {}"


@pytest.mark.parametrize(
    ("seconds", "message"),
    [
        (899, OUT_OF_RANGE.format(899, "greater than or equal to 900")),
        (43_201, OUT_OF_RANGE.format(43_201, "less than or equal to 43200")),
        (3601, "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."),
    ],
)
def test_a_chained_session_lasts_900_s_to_an_hour(callers: Callers, seconds: int, message: str):
    base = callers.base()

    base.assume("long", DurationSeconds=900)
    base.assume("long", DurationSeconds=3600)
    with refused("ValidationError", 400, message):
        base.assume("long", DurationSeconds=seconds)


def test_a_session_from_a_token_lasts_as_long_as_the_role_allows(callers: Callers):
    # Every role of this declaration allows the longest duration in it, two hours.
    callers.with_token(callers.token(), DurationSeconds=7200)

    with refused(
        "ValidationError", 400, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    ):
        callers.with_token(callers.token(), DurationSeconds=7201)


def test_who_may_not_assume_is_told_that_before_how_long(callers: Callers):
    with refused("AccessDenied", 403):
        callers.base().assume("partner", DurationSeconds=7200)


OWN_TAGS = [{"Key": "team", "Value": "ads"}, {"Key": "env", "Value": "dev"}]


def test_tags_must_be_the_declared_ones(callers: Callers, lab: Lab):
    base = callers.base()
    expected = f"User: {base.arn()} is not authorized to perform: sts:TagSession on resource: {lab.access_map.roles['tagged'].arn}"

    base.assume("tagged", Tags=OWN_TAGS, TransitiveTagKeys=["team"])
    for tags, transitive in (
        ([{"Key": "team", "Value": "sales"}, OWN_TAGS[1]], ["team"]),
        ([OWN_TAGS[0]], ["team"]),
        (OWN_TAGS, ["team", "env"]),
    ):
        with refused("AccessDenied", 403, expected):
            base.assume("tagged", Tags=tags, TransitiveTagKeys=transitive)


@pytest.mark.parametrize("document", ["trust", "permissions"])
@pytest.mark.parametrize("side", ["own tags", "inherited tags"])
def test_both_sides_must_allow_tags(callers: Callers, lab: Lab, side: str, document: str):
    base = callers.base()
    tagged = base.assume("tagged", Tags=OWN_TAGS, TransitiveTagKeys=["team"])

    def call() -> None:
        if side == "own tags":
            base.assume("tagged", Tags=OWN_TAGS, TransitiveTagKeys=["team"])
        else:
            tagged.assume("beyond")

    holder = {"own tags": ("tagged", "base"), "inherited tags": ("beyond", "tagged")}[side][document == "permissions"]
    call()
    with lab.without(role=holder, action="sts:TagSession", document=document), refused("AccessDenied", 403):
        call()


def test_a_transitive_tag_cannot_be_set_again(callers: Callers):
    tagged = callers.base().assume("tagged", Tags=OWN_TAGS, TransitiveTagKeys=["team"])

    with refused(
        "InvalidParameterValue",
        400,
        "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key "
        "from the calling session.",
    ):
        tagged.assume("beyond", Tags=[{"Key": "Team", "Value": "ads"}])


def test_a_source_identity_is_the_declared_one_and_stays(callers: Callers, lab: Lab):
    base = callers.base()
    sourced = base.assume("sourced", SourceIdentity="jane")

    sourced.assume("after")
    with refused("AccessDenied", 403):
        base.assume("sourced", SourceIdentity="joe")
    with refused("AccessDenied", 403):
        sourced.assume("after", SourceIdentity="joe")
    for holder, document in (("after", "trust"), ("sourced", "permissions")):
        with lab.without(role=holder, action="sts:SetSourceIdentity", document=document), refused("AccessDenied", 403):
            sourced.assume("after")


def test_a_session_policy_narrows(callers: Callers):
    policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::other/*"}]}'

    callers.hub().assume("partner").read("partner-data")
    with refused("AccessDenied", 403):
        callers.hub().assume("partner", Policy=policy).read("partner-data")


def test_tokens(callers: Callers, lab: Lab):
    subject = f"system:serviceaccount:{NAMESPACE}:{SERVICE_ACCOUNT}"

    def token(**changed: object) -> str:
        return lab.issue_token(**{"issuer": OIDC_ISSUER, "subject": subject, **changed})

    good = token()
    assert callers.with_token(good).arn() == f"arn:aws:sts::{A}:assumed-role/etl/pod-1"
    with refused(
        "InvalidIdentityToken", 400, "No OpenIDConnect provider found in your account for https://other.invalid/id"
    ):
        callers.with_token(token(issuer="other.invalid/id"))
    with refused("InvalidIdentityToken", 400, "Incorrect token audience"):
        callers.with_token(token(audience="sts.example.com"))
    with refused("ExpiredTokenException", 400):
        callers.with_token(token(life_seconds=-1))
    with refused("AccessDenied", 403, "Not authorized to perform sts:AssumeRoleWithWebIdentity"):
        callers.with_token(token(subject=f"system:serviceaccount:{NAMESPACE}:other"))
    with refused("AccessDenied", 403):
        callers.with_token(good, role=str(HUB))
    with refused("InvalidIdentityToken", 400):
        head, body, signature = good.split(".")
        callers.with_token(f"{head}.{body}.{signature[::-1]}")
    with refused("InvalidIdentityToken", 400):
        callers.with_token("not a token")


def test_short_lives_end_early_and_are_really_refused(callers: Callers, lab: Lab):
    hub = callers.hub()
    url = lab.queue_url("events")

    with lab.short_lives(1.0, "partner"):
        partner, other = hub.assume("partner", DurationSeconds=900), callers.hub()
    assert isinstance(partner.keys, dict)
    told = partner.keys["Expiration"]
    assert isinstance(told, datetime)
    assert told - datetime.now(timezone.utc) < timedelta(seconds=1)
    assert partner.read("partner-data") == b"partner's"
    time.sleep(1.0)

    with refused("ExpiredToken", 400, "The provided token has expired."):
        partner.read("partner-data")
    with refused("ExpiredToken", 403, "The security token included in the request is expired"):
        partner.arn()
    with refused("ExpiredToken", 403):
        partner.client("sqs").send_message(QueueUrl=url, MessageBody="late")
    assert other.arn().startswith(f"arn:aws:sts::{A}:assumed-role/hub/")
    assert hub.assume("partner").read("partner-data") == b"partner's"


def test_sessions_can_be_ended_at_once(callers: Callers, lab: Lab):
    partner, writer = callers.partner(), callers.base().assume("writer", ExternalId=EXTERNAL_ID)
    lab.expire_now()
    partner = callers.partner()

    assert lab.expire_now("writer") == 0
    assert lab.expire_now("partner") == 1
    with refused("ExpiredToken", 400):
        partner.read("partner-data")
    with refused("ExpiredToken", 403):
        writer.arn()
    assert callers.partner().read("partner-data") == b"partner's"


def test_nobody_is_root_at_the_front(callers: Callers, lab: Lab):
    from fakes.lab_clients import Caller

    for key_id in (A, "test"):
        root = Caller(lab, {"id": key_id, "secret": "test"})
        with refused("InvalidClientTokenId", 403):
            root.client("iam").list_roles()
        with refused("InvalidAccessKeyId", 403):
            root.read("our-data")
    assert lab.root_client(A, "iam").get_role(RoleName=ETL.resource_name)["Role"]["Arn"] == str(ETL)
