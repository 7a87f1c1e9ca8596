"""Targets aws-profile and aws-profile-process: read by botocore, which follows the chain, and refused by name where a profile cannot."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.credentials import (
    CanonicalNameCredentialSourcer,
    ContainerProvider,
    EnvProvider,
    InstanceMetadataProvider,
)
from click.testing import CliRunner
from fakes.plans import BASE_ARN
from fakes.sts import BASE_KEY, FakeSts
from fakes.target_plans import access_map, bound, named, role

from spark_xacct import plan as plans
from spark_xacct import targets
from spark_xacct.cli.application import cli
from spark_xacct.errors import TargetError
from spark_xacct.model import Arn, Base, BaseKind, ExternalId, Sts, sts_fields
from spark_xacct.model.bases import BASES
from spark_xacct.plan import Plan
from spark_xacct.targets import aws_profile, profiles

PLAIN, PROCESS = "aws-profile", "aws-profile-process"
BOTH = pytest.mark.parametrize("target", [PLAIN, PROCESS])
ETL = Arn.parse_principal("arn:aws:iam::111122223333:role/etl")
CARRIED = [kind for kind in BaseKind if kind not in (BaseKind.EMR_RUNTIME_ROLE, BaseKind.CLASS)]


def base(kind: BaseKind, arn: Arn | None = ETL, profile: str = "jobs") -> Base:
    class_name = "com.example.Provider" if kind is BaseKind.CLASS else None
    return Base(kind, arn, profile if kind is BaseKind.PROFILE else None, class_name)


def chain(hub: Mapping[str, Any] | None = None, partner: Mapping[str, Any] | None = None, **more: Any) -> Plan:
    """A hub and a partner behind it, with these fields of theirs."""
    roles = {
        "hub": role("hub", "111122223333", **(hub or {})),
        "partner": role("partner", "444455556666", via="hub", **(partner or {})),
    }
    values = {"roles": roles, "python_default_role": None, "python_roles": ("partner",), **more}
    return plans.encode(access_map(bound("partner-data", "partner"), **values))


def sections(target: str, plan: Plan, **more: Any) -> dict[str, dict[str, Any]]:
    return targets.render(target, plan, **more).data["sections"]


def text(target: str, plan: Plan, **more: Any) -> str:
    return targets.render(target, plan, **more).files()["config"]


def refusal(target: str, plan: Plan) -> list[str]:
    with pytest.raises(TargetError) as error:
        targets.render(target, plan)
    return str(error.value).splitlines()


@pytest.fixture
def process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """This process with no identity in its environment: gives it a rendered configuration file, and variables."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "BOTO_", "SPARK_XACCT_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    def given(config: str, **environment: str) -> None:
        file = tmp_path / "aws-config"
        file.write_text(config, encoding="utf-8")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
        for name, value in environment.items():
            monkeypatch.setenv(name, value)

    return given


def keys(profile: str | None = None) -> Any:
    """The keys that botocore finds, by this profile or by none."""
    return botocore.session.Session(profile=profile).get_credentials().get_frozen_credentials()


# The file


@pytest.mark.parametrize("kind", CARRIED, ids=str)
@BOTH
def test_botocore_reads_what_was_meant(process: Any, target: str, kind: BaseKind) -> None:
    plan = chain(base=base(kind), sts=Sts("eu-west-1", "https://sts.example.com"), python_default_role="partner")
    process(text(target, plan))
    full = botocore.session.Session().full_config
    expected = sections(target, plan)
    services = expected.pop("services xacct", None)
    assert {name.removeprefix("profile "): content for name, content in expected.items()} == full["profiles"]
    assert full.get("services", {}) == ({} if services is None else {"xacct": services})


def test_a_chain_begins_at_the_pods_token() -> None:
    where = {"region": "eu-west-1", "sts_regional_endpoints": "regional"}
    hop = {"role_session_name": "xacct-profile", "duration_seconds": "3600", **where}
    partner = {
        "role_arn": "arn:aws:iam::444455556666:role/partner",
        "source_profile": "xacct-hub",
        "external_id": "partner-7",
        **hop,
    }
    plan = chain(partner={"external_id": ExternalId(literal="partner-7")}, python_default_role="partner")
    assert sections(PLAIN, plan) == {
        "profile xacct-base": {
            "role_arn": str(ETL),
            "web_identity_token_file": "/var/run/secrets/eks.amazonaws.com/serviceaccount/token",
            "role_session_name": "xacct-profile",
            **where,
        },
        "profile xacct-hub": {"role_arn": "arn:aws:iam::111122223333:role/hub", "source_profile": "xacct-base", **hop},
        "profile xacct-partner": partner,
        "default": partner,
    }


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        (BaseKind.POD_IDENTITY, {"credential_source": "EcsContainer"}),
        (BaseKind.CONTAINER, {"credential_source": "EcsContainer"}),
        (BaseKind.INSTANCE_PROFILE, {"credential_source": "Ec2InstanceMetadata"}),
        (BaseKind.ENV, {"credential_source": "Environment"}),
        (BaseKind.PROFILE, {"source_profile": "jobs"}),
    ],
    ids=str,
)
def test_the_first_hop_names_its_source(kind: BaseKind, source: dict[str, str]) -> None:
    found = sections(PLAIN, chain(base=base(kind)))
    assert {name: found["profile xacct-hub"].get(name) for name in source} == source
    assert "profile xacct-base" not in found
    known = CanonicalNameCredentialSourcer([EnvProvider(), ContainerProvider(), InstanceMetadataProvider(None)])
    assert all(known.is_supported(value) for name, value in source.items() if name == "credential_source")


def test_every_base_has_a_source_or_a_refusal() -> None:
    assert {*aws_profile.SOURCES, BaseKind.IRSA, BaseKind.PROFILE, BaseKind.EMR_RUNTIME_ROLE, BaseKind.CLASS} == set(
        BASES
    )


def test_names_of_sessions_are_filled_in_where_they_are_known() -> None:
    plan = chain(hub={"session_name": "nightly"}, partner={"session_name": "{run}-{user}"})
    found = sections(PLAIN, plan, run="run 1", user="jane")
    names = {name: content["role_session_name"] for name, content in found.items()}
    assert names == {
        "profile xacct-base": "xacct-profile",
        "profile xacct-hub": "nightly",
        "profile xacct-partner": "run-1-jane",
    }


@pytest.mark.parametrize("release", [None, "emr-7.14.0"])
@BOTH
def test_it_is_one_file_of_any_release(target: str, release: str | None) -> None:
    assert list(targets.render(target, chain(), release).files()) == ["config"]


def test_the_file_says_where_it_goes() -> None:
    for target in (PLAIN, PROCESS):
        for line in (
            "spark.yarn.appMasterEnv.AWS_CONFIG_FILE=/etc/spark-xacct/aws/config",
            "spark.kubernetes.driverEnv.AWS_CONFIG_FILE=/etc/spark-xacct/aws/config",
            "spark.emr-serverless.driverEnv.AWS_CONFIG_FILE=/etc/spark-xacct/aws/config",
        ):
            assert line in text(target, chain())
        assert "spark.executorEnv" not in text(target, chain())


def test_the_file_has_one_path_on_pages_in_templates_and_in_the_image() -> None:
    root = Path(__file__).parents[2]
    pages = [*(root / "docs").glob("*.md"), *(root / "conf_templates").rglob("*"), *(root / "examples").rglob("*.md")]
    texts = [path.read_text(encoding="utf-8") for path in pages if path.is_file()]
    job = targets.Job(image="111122223333.dkr.ecr.eu-west-1.amazonaws.com/spark:7")
    texts += targets.render("emr-eks", chain(), job=job).files().values()
    found = {path for text in texts for path in re.findall(r"/etc/spark-xacct/aws[^\s`\"|,:}]*", text)}
    assert found == {profiles.FOLDER, profiles.PATH}


@pytest.mark.parametrize("kind", [BaseKind.IRSA, BaseKind.INSTANCE_PROFILE, BaseKind.ENV], ids=str)
@pytest.mark.parametrize("target", [PLAIN, PROCESS])
def test_the_file_says_what_its_default_is_to_whom(target: str, kind: BaseKind) -> None:
    told = text(target, chain(base=base(kind), python_default_role="partner"))
    has_default = "\n[default]\n" in told
    assert has_default == (kind not in (profiles.BEFORE_ASSUMED_ROLE if target == PLAIN else profiles.BEFORE_PROCESS))
    assert ("# [default] is python.default_role" in told, "# So there is no [default] either" in told) == (
        has_default,
        not has_default,
    )
    assert "[default]" not in text(target, chain(base=base(kind)))


# Followed by botocore


def test_botocore_follows_the_chain_from_the_pods_token(process: Any, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("a.b.c", encoding="utf-8")
    plan = chain(hub={"duration_seconds": 1800}, partner={"external_id": ExternalId(literal="partner-7")})
    config = text(PLAIN, plan).replace(aws_profile.WEB_IDENTITY_TOKEN_FILE, str(token))
    with FakeSts() as sts:
        process(config, AWS_ENDPOINT_URL_STS=sts.url)
        assert keys("xacct-partner").access_key.startswith("ASIAPARTNER")
    base_call, hub, partner = sts.calls
    assert (base_call["Action"], base_call["RoleArn"]) == ("AssumeRoleWithWebIdentity", str(ETL))
    assert (hub["RoleArn"], hub["DurationSeconds"]) == ("arn:aws:iam::111122223333:role/hub", "1800")
    assert (partner["ExternalId"], partner["RoleSessionName"]) == ("partner-7", "xacct-profile")
    assert sts.signers[2].startswith("ASIAHUB")


def test_the_endpoint_of_sts_is_the_declared_one(process: Any, tmp_path: Path) -> None:
    with FakeSts() as sts:
        plan = chain(base=base(BaseKind.ENV), sts=Sts("eu-west-1", sts.url))
        process(text(PLAIN, plan), AWS_ACCESS_KEY_ID=BASE_KEY, AWS_SECRET_ACCESS_KEY="PLANTED")
        assert keys("xacct-partner").access_key.startswith("ASIAPARTNER")


def test_the_profile_of_the_base_may_stand_in_the_credentials_file(process: Any, tmp_path: Path) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text(
        f"[jobs]\naws_access_key_id = {BASE_KEY}\naws_secret_access_key = PLANTED\n", encoding="utf-8"
    )
    with FakeSts() as sts:
        process(text(PLAIN, chain(base=base(BaseKind.PROFILE))), AWS_ENDPOINT_URL_STS=sts.url)
        assert keys("xacct-partner").access_key.startswith("ASIAPARTNER")


@pytest.mark.parametrize(
    ("target", "kind", "found"),
    [
        (PLAIN, BaseKind.IRSA, "assume-role"),
        (PLAIN, BaseKind.ENV, "env"),
        (PLAIN, BaseKind.CONTAINER, "assume-role"),
        (PROCESS, BaseKind.IRSA, "assume-role-with-web-identity"),
        (PROCESS, BaseKind.ENV, "env"),
        (PROCESS, BaseKind.CONTAINER, "custom-process"),
    ],
)
@pytest.mark.parametrize("chosen", [None, "partner"], ids=["default", "by AWS_PROFILE"])
def test_whom_plain_boto3_takes(
    process: Any, tmp_path: Path, target: str, kind: BaseKind, found: str, chosen: str | None
) -> None:
    """Where [default] would not count, there is none; and AWS_PROFILE counts where [default] does."""
    token = tmp_path / "token"
    token.write_text("a.b.c", encoding="utf-8")
    environment = {
        BaseKind.IRSA: {"AWS_ROLE_ARN": str(ETL), "AWS_WEB_IDENTITY_TOKEN_FILE": str(token)},
        BaseKind.ENV: {"AWS_ACCESS_KEY_ID": BASE_KEY, "AWS_SECRET_ACCESS_KEY": "PLANTED"},
        BaseKind.CONTAINER: {},
    }[kind]
    if chosen is not None:
        environment = {**environment, "AWS_PROFILE": profiles.name_of(chosen)}
    plan = chain(base=base(kind), python_default_role="partner")
    config = text(target, plan).replace(aws_profile.WEB_IDENTITY_TOKEN_FILE, str(token))
    command = tmp_path / "spark-xacct"
    command.write_text(
        """#!/bin/sh\necho '{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "B"}'\n""", encoding="utf-8"
    )
    command.chmod(0o700)
    process(config, PATH=f"{tmp_path}:{os.environ['PATH']}", **environment)
    session = botocore.session.Session()
    if kind is BaseKind.CONTAINER and target == PLAIN:
        # botocore asks the container at once, and there is none here; the lab has one.
        provider = session.get_component("credential_provider").get_provider("assume-role")
        provider._credential_sourcer.source_credentials = lambda name: object()
    assert session.get_credentials().method == found


# Refusals

WAY_OUT = "take `render aws-profile-process`, whose profiles run spark-xacct"


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"tags": (("team", "ads"),)}, f"tags: a profile has no key for it; {WAY_OUT}, or leave it out"),
        (
            {"source_identity": "jane"},
            f"source_identity: a profile has no key for it; {WAY_OUT}, or leave it out",
        ),
        ({"policy": "{}"}, f"session_policy: a profile has no key for it; {WAY_OUT}, or leave it out"),
        (
            {"policy_arns": ("arn:aws:iam::aws:policy/ReadOnlyAccess",)},
            f"session_policy: a profile has no key for it; {WAY_OUT}, or leave it out",
        ),
        (
            {"external_id": ExternalId(env="PARTNER_ID")},
            "external_id is a reference (environment variable PARTNER_ID), and a profile takes the text itself; write it, or "
            + WAY_OUT,
        ),
        (
            {"session_name": "{run}-{user}"},
            "session_name {run}-{user} is filled in at run time, which a profile cannot; write a name without {run} and {user}, or "
            + WAY_OUT,
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
@pytest.mark.parametrize("which", ["hub", "partner"])
def test_what_a_profile_has_no_key_for_is_refused_by_role_and_field(
    which: str, fields: dict[str, Any], line: str
) -> None:
    plan = chain(**{which: fields})
    assert refusal(PLAIN, plan) == [f"aws-profile: role {which}: {line}"]
    assert targets.render(PROCESS, plan).files()


def test_every_field_of_a_role_is_carried_or_refused() -> None:
    carried = {"arn", "external_id", "session_name", "duration_seconds"}
    assert carried | aws_profile.NOT_IN_A_PROFILE.keys() == set(sts_fields())


@pytest.mark.parametrize(
    ("target", "given", "line"),
    [
        (
            PLAIN,
            base(BaseKind.IRSA, None),
            "base irsa: a profile must name the role of the pod; declare base: {kind: irsa, arn: ...}",
        ),
        (
            PLAIN,
            base(BaseKind.EMR_RUNTIME_ROLE),
            f"base emr-runtime-role: a profile has no source for what EMR gives a process; {WAY_OUT}",
        ),
        *(
            (
                target,
                base(BaseKind.CLASS),
                "base class: com.example.Provider is a class of the JVM, which no AWS profile can run; declare a base that Python has too",
            )
            for target in (PLAIN, PROCESS)
        ),
        *(
            (
                target,
                base(BaseKind.PROFILE, profile="xacct-partner"),
                'base profile "xacct-partner" begins as the profiles of roles do (xacct-); call it otherwise',
            )
            for target in (PLAIN, PROCESS)
        ),
        *(
            (
                target,
                base(BaseKind.PROFILE, profile=bad),
                f"base profile {bad!r} does not survive a configuration file; call it otherwise",
            )
            for target in (PLAIN, PROCESS)
            for bad in ("jobs\nrole_arn = x", " jobs", "jobs #1")
        ),
    ],
)
def test_a_base_that_a_profile_cannot_begin_with_is_refused(target: str, given: Base, line: str) -> None:
    assert refusal(target, chain(base=given)) == [f"{target}: {line}"]


@BOTH
def test_a_default_role_on_the_default_profile_would_be_its_own_source(target: str) -> None:
    plan = chain(base=base(BaseKind.PROFILE, profile="default"), python_default_role="partner")
    assert refusal(target, plan) == [
        f"{target}: python.default_role becomes [default], which base is already: it would be its own source; give base a profile of "
        "another name, or leave default_role out"
    ]
    assert "profile xacct-partner" in sections(target, chain(base=base(BaseKind.PROFILE, profile="default")))


@BOTH
def test_without_roles_for_python_there_is_nothing_to_write(target: str) -> None:
    assert refusal(target, chain(python_roles=())) == [
        f"{target}: python.roles is empty, and profiles are for what Python may ask for; bind a bucket to a role, or name roles under "
        "python"
    ]


def test_the_plan_of_the_other_tests_is_refused_for_its_external_id() -> None:
    assert refusal(PLAIN, named()) == [
        "aws-profile: role partner: external_id is a reference (environment variable PARTNER_EXTERNAL_ID), and a profile takes the text "
        f"itself; write it, or {WAY_OUT}"
    ]


# The command in the other variant


def test_the_command_carries_every_field_of_a_role(process: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fields = {
        "tags": (("team", "ads"),),
        "transitive_tags": ("team",),
        "source_identity": "jane",
        "policy": '{"Version":"2012-10-17","Statement":[]}',
        "policy_arns": ("arn:aws:iam::aws:policy/ReadOnlyAccess",),
        "external_id": ExternalId(env="PARTNER_ID"),
        "session_name": "{run}-{user}",
    }
    given = base(BaseKind.ENV, Arn.parse_principal(BASE_ARN))
    with FakeSts() as sts:
        plan = chain(partner=fields, base=given, sts=Sts("eu-west-1", sts.url))
        process(
            text(PROCESS, plan), AWS_ACCESS_KEY_ID=BASE_KEY, AWS_SECRET_ACCESS_KEY="PLANTED", PARTNER_ID="partner-7"
        )
        monkeypatch.setenv("SPARK_XACCT_RUN", "run-1")
        monkeypatch.setenv("SPARK_XACCT_USER", "jane")
        profile = botocore.session.Session(profile="xacct-partner").get_scoped_config()
        program, *arguments = shlex.split(profile["credential_process"])
        result = CliRunner().invoke(cli, arguments, prog_name="spark-xacct")
    assert (program, result.exit_code) == ("spark-xacct", 0)
    hub, partner = sts.actions()
    assert hub["RoleArn"].endswith(":role/hub")
    assert {name: value for name, value in partner.items() if name not in ("Action", "Version")} == {
        "RoleArn": "arn:aws:iam::444455556666:role/partner",
        "RoleSessionName": "run-1-jane",
        "DurationSeconds": "3600",
        "ExternalId": "partner-7",
        "Tags.member.1.Key": "team",
        "Tags.member.1.Value": "ads",
        "TransitiveTagKeys.member.1": "team",
        "SourceIdentity": "jane",
        "Policy": fields["policy"],
        "PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/ReadOnlyAccess",
    }


def test_only_what_python_may_ask_for_has_a_command() -> None:
    assert list(sections(PROCESS, named())) == ["profile xacct-finance", "profile xacct-partner"]
    command = shlex.split(sections(PROCESS, named())["profile xacct-finance"]["credential_process"])
    assert command[:4] == ["spark-xacct", "credentials", "--role", "finance"]
    assert plans.decode(command[5]).id == named().id
