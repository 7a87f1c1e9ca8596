"""What targets render is imported again: the same plan, or the same roles and buckets where a form carries no plan."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.existing_files import FILES, is_of_another_service
from fakes.settings_to_import import NAMED, assumed, conf, imported
from fakes.target_jobs import fitting
from fakes.target_plans import KEY, access_map, bound, large, named, refusing, role

from spark_xacct import declaration, targets
from spark_xacct import plan as plans
from spark_xacct.errors import TargetError
from spark_xacct.existing import merge_into
from spark_xacct.importing import from_emrfs
from spark_xacct.importing.bucket_keys import _EMRFS_KEYS, _S3A_KEYS
from spark_xacct.model import Base, BaseKind, ExternalId, Pattern, Sts
from spark_xacct.targets import Flavour, files

# There and back


def everything(**more: Any) -> plans.Plan:
    """What flavour hadoop can carry."""
    return plans.encode(
        access_map(
            bound("partner-data", "partner"),
            bound("partner-out", "finance", access="readwrite", region="us-east-1", kms_write=KEY, acl="bucket-owner-full-control"),
            bound("partner-paying", "finance", requester_pays=True),
            bound("logs.finance.example", "partner"),
            bound("scratch", None),
            roles={
                "partner": role("partner", "444455556666", external_id=ExternalId(literal="contract-7"), session_name="nightly"),
                "finance": role("finance", "777788889999", duration_seconds=900),
            },
            python_default_role=None,
            python_roles=(),
            **more,
        )
    )  # fmt: skip


def test_the_keys_that_are_read_are_those_that_are_rendered():
    """A native key of a connector that import does not know would be lost without a word."""
    for release in ("spark-3.5", "spark-4", "emr-7.9.0"):
        for flavour in Flavour:
            if flavour is Flavour.HADOOP and release != "spark-4":
                continue
            plan = everything() if flavour is Flavour.HADOOP else named()
            for setting in targets.settings_for(plan, release, flavour=flavour).hadoop:
                for prefix, known in (("fs.s3a.bucket.", _S3A_KEYS), ("fs.s3.bucket.", _EMRFS_KEYS)):
                    if setting.name.startswith(prefix) and ".audit." not in setting.name:
                        assert any(setting.name.endswith("." + key) for key in [*known, "encryption.algorithm"]), (
                            setting.name
                        )


def in_files(rendered: targets.Rendered) -> list[tuple[str, str]]:
    """Those of a target's files that hold its settings, and what becomes of files of people."""
    found = [(name, text) for name, text in rendered.files().items() if readable(name, text)]
    for name, text in FILES.items():
        try:
            joined = merge_into(files.read(name, text), rendered)
        except (files.FileRefused, TargetError):
            continue
        if not is_of_another_service(rendered.target.name, name):
            found.append((f"joined with {name}", joined.text))
    return found


def readable(name: str, text: str) -> bool:
    try:
        return "fs.xacct." in text and bool(files.read(name, text).places)
    except files.FileRefused:
        return False


PLANS = {"named": NAMED, "refusing": refusing(), "60 buckets": large("aws-us-gov", "us-gov-west-1")}


@pytest.mark.parametrize("case", PLANS)
@pytest.mark.parametrize("target", [name for name in targets.names() if Flavour.SHIM in targets.find(name).flavours])
def test_what_a_target_renders_is_imported_as_the_same_plan(target, case):
    registered = targets.find(target)
    label = {"emrfs-site": "emr-7.9.0"}.get(target) or registered.default_release or "emr-7.12.0"
    plan, job = fitting(target, PLANS[case])
    rendered = targets.render(target, plan, label, jar="/opt/x.jar", flavour=Flavour.SHIM, job=job)
    found = in_files(rendered)
    assert found or registered.python_only
    for name, text in found:
        made = from_emrfs([(name, text)])
        assert plans.encode(declaration.loads(made.text).access_map).id == plan.id, name
        assert made.left == (), name


@pytest.mark.parametrize("release", ["spark-4", "emr-7.12.0", "emr-spark-8.0.0"])
def test_flavour_hadoop_there_and_back_gives_the_same_roles_and_buckets(release):
    plan = everything(own=(Pattern("corp-code"),))
    rendered = targets.render("spark-defaults", plan, release, jar="/opt/x.jar", flavour=Flavour.HADOOP)
    for name, text in in_files(rendered):
        access = declaration.loads(from_emrfs([(name, text)]).text).access_map
        before = {item.key: item for item in plan.access_map.bindings}
        assert {item.key for item in access.bindings} == {*before, "corp-code"}, name
        assert (str(access.base.kind), access.sts.region) == ("irsa", "eu-west-1")
        for item in access.bindings:
            was = before.get(item.key)
            if was is None:
                assert item.role is None
                continue
            assert (item.region, item.kms_write, item.acl, item.requester_pays) == (
                was.region,
                was.kms_write,
                was.acl,
                was.requester_pays,
            )
            if was.role is not None:
                there, here = plan.access_map.role(was.role), access.role(str(item.role))
                assert (there.arn, there.external_id, there.duration_seconds, there.session_name) == (
                    here.arn, here.external_id, here.duration_seconds, here.session_name,
                )  # fmt: skip


def test_everything_that_a_plan_knows_comes_back_from_it():
    tagged = role(
        "tagged", "444455556666", tags=(("team", "ads @ 7"), ("who", "ä: =")), transitive_tags=("team",), source_identity="me",
        policy='{"Statement":[{"Resource":"arn:aws:s3:::${aws:username}/*"}]}', policy_arns=("arn:aws:iam::aws:policy/ReadOnlyAccess",),
        external_id=ExternalId(file="/etc/external id"), session_name="{run}-{user}",
    )  # fmt: skip
    plan = plans.encode(
        access_map(
            bound("partner-data", "tagged", owner="999988887777", kms_read=(KEY,), access_point="arn:aws:s3:eu-west-1:444455556666:accesspoint/p"),
            bound("partner-data", "finance", prefix="finance/", access="write", owner="999988887777", kms_read=(KEY,), access_point="arn:aws:s3:eu-west-1:444455556666:accesspoint/p"),
            bound("2024", None, access="readwrite"),
            bound("true", "finance", requester_pays=True),
            base=Base(BaseKind.PROFILE, None, "my profile"),
            sts=Sts("eu-west-1", "https://vpce-1.sts.eu-west-1.vpce.amazonaws.com"),
            roles={"tagged": tagged, "finance": role("finance", "777788889999", duration_seconds=1_000)},
            own=(Pattern("corp-*"),),
            deny_undeclared=True,
            python_default_role="finance",
            python_roles=("finance",),
        )
    )  # fmt: skip
    made = from_emrfs([("my.conf", conf(dict(plan.settings())))])
    assert made.left == ()
    assert plans.encode(declaration.loads(made.text).access_map).id == plan.id


def test_buckets_of_one_role_share_it():
    access = imported({**assumed("b-1"), **assumed("c-1"), **assumed("d-1", session_duration="15m")})[0]
    assert {item.key: item.role for item in access.bindings} == {"b-1": "reader", "c-1": "reader", "d-1": "reader-2"}


def test_several_plans_are_told_and_the_first_is_written():
    texts = [targets.render("spark-defaults", plan, "spark-4").text() for plan in (NAMED, refusing())]
    made = from_emrfs([("a.conf", texts[0]), ("b.conf", texts[1])])
    assert plans.encode(declaration.loads(made.text).access_map).id == NAMED.id
    assert made.left == (
        f"there are several plans; {NAMED.id} was written and {refusing().id} was not: import its file on its own",
    )
