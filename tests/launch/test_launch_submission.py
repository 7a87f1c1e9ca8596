"""What one submit will do: which job is which, what is staged where, what is asked of whom."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes.target_plans import access_map, bound, large, role

from spark_xacct import plan as plans
from spark_xacct import targets
from spark_xacct.launch import Clients, LaunchError, Run, names, open_launcher, submission
from spark_xacct.launch.submission import Prepared, check_same_program, prepare, rendering
from spark_xacct.model import Arn, Base, BaseKind, Sts
from spark_xacct.plan import Plan
from spark_xacct.targets import Job, aws_model

KINDS = {"emr-ec2": BaseKind.INSTANCE_PROFILE, "emr-eks": BaseKind.IRSA, "emr-serverless": BaseKind.EMR_RUNTIME_ROLE}
ONS = {"emr-ec2": "j-1", "emr-eks": "vc1", "emr-serverless": "app1"}
IMAGE = "111122223333.dkr.ecr.us-east-1.amazonaws.com/spark:1"


@pytest.fixture
def jar(tmp_path: Path) -> Path:
    path = tmp_path / "the.jar"
    path.write_bytes(b"jar")
    (tmp_path / "job.py").write_text("print(1)\n")
    return path


def small(kind: BaseKind) -> Plan:
    base = Base(kind, Arn.parse_principal("arn:aws:iam::111122223333:role/etl"))
    roles = {"reader": role("reader", "444455556666")}
    return plans.encode(
        access_map(
            bound("partner-data", "reader"), base=base, roles=roles, python_default_role=None, python_roles=("reader",)
        )
    )


def prepared(
    target: str,
    clients: Clients,
    jar: Path,
    token: str = "t",
    plan: Plan | None = None,
    release: str | None = None,
    **job: Any,
) -> Prepared:
    kind = KINDS.get(target, BaseKind.ENV)
    values: dict[str, Any] = {
        "entry_point": str(jar.parent / "job.py"),
        "on": ONS.get(target),
        "staging": "s3://own/x",
        "jar_sha256": "0" * 64,
    }
    told = Job(**{**values, **job})
    render = rendering(target, plan or small(kind), release=release, jar=str(jar))
    return prepare(open_launcher(target, clients), told, token, render, jar, {})


OTHERS: dict[str, dict[str, Any]] = {
    "another token": {"token": "u"},
    "another argument": {"arguments": ("x",)},
    "another release": {"release": "emr-7.9.0"},
    "another cluster": {"on": "vc2"},
}


@pytest.mark.parametrize("case", OTHERS)
def test_the_same_is_the_same_job_and_anything_else_another(case: str, clients: Clients, jar: Path) -> None:
    first, again = prepared("emr-eks", clients, jar), prepared("emr-eks", clients, jar)
    other = prepared("emr-eks", clients, jar, **OTHERS[case])

    assert first == again
    assert other.submission != first.submission


def test_an_edited_program_is_the_same_job_and_lies_elsewhere(clients: Clients, jar: Path) -> None:
    first = prepared("emr-eks", clients, jar)
    (jar.parent / "job.py").write_text("print(2)\n")
    second = prepared("emr-eks", clients, jar)

    assert first.submission == second.submission
    assert first.staged[-1].uri != second.staged[-1].uri
    assert first.staged[-1].content != second.staged[-1].content


ONE = Run("emr-eks", "01", "vc1", "0123", ("s3://own/x/runs/0123/aa/job.py",))


def test_a_job_with_the_token_and_another_program_is_refused() -> None:
    check_same_program(ONE, ONE)
    check_same_program(ONE, replace(ONE, private=()))
    with pytest.raises(LaunchError) as raised:
        check_same_program(ONE, replace(ONE, private=("s3://own/x/runs/0123/bb/job.py",)))
    assert (str(raised.value), raised.value.exit_code) == (
        "vc1/01 has this --token and another program (s3://own/x/runs/0123/bb/job.py); nothing was started; take another --token",
        2,
    )


@pytest.mark.parametrize("target", KINDS)
def test_every_object_that_a_request_names_is_staged_and_no_other(target: str, clients: Clients, jar: Path) -> None:
    found = prepared(target, clients, jar)

    requests = json.dumps([call.request for call in found.calls])
    assert [one.uri for one in found.staged if one.uri not in requests] == []
    named = {uri for call in found.calls for uri in submission.staging.uris_in(call.request, "s3://own/x")}
    assert named == {one.uri for one in found.staged}
    assert [one.is_private for one in found.staged] == [*[False] * (len(found.staged) - 1), True]


@pytest.mark.parametrize("target", KINDS)
def test_another_jar_lies_elsewhere(target: str, clients: Clients, jar: Path) -> None:
    first = prepared(target, clients, jar)
    jar.write_bytes(b"another jar")
    second = prepared(target, clients, jar)

    folders = [{one.uri.split("/")[5] for one in found.staged if not one.is_private} for found in (first, second)]
    assert [len(folder) for folder in folders] == [1, 1]
    assert folders[0] != folders[1]


def test_pod_templates_are_staged_with_the_jar(clients: Clients, jar: Path) -> None:
    from spark_xacct.model import ExternalId

    reader = role("reader", "444455556666", external_id=ExternalId(file="/etc/ids/reader"))
    base = Base(BaseKind.IRSA, Arn.parse_principal("arn:aws:iam::111122223333:role/etl"))
    plan = plans.encode(
        access_map(
            bound("partner-data", "reader"),
            base=base,
            roles={"reader": reader},
            python_default_role=None,
            python_roles=("reader",),
        )
    )

    found = prepared("emr-eks", clients, jar, plan=plan)

    assert sorted(one.uri.rpartition("/")[2] for one in found.staged) == [
        "driver-pod-template.yaml", "executor-pod-template.yaml", "job.py", targets.job.JAR_NAME
    ]  # fmt: skip


def test_a_program_that_is_in_s3_is_left_where_it_is(clients: Clients, jar: Path) -> None:
    found = prepared("emr-eks", clients, jar, entry_point="s3://own/x/job.py", image=IMAGE)

    assert found.staged == ()
    assert found.calls[0].request["jobDriver"]["sparkSubmitJobDriver"]["entryPoint"] == "s3://own/x/job.py"


def test_what_looks_like_a_placeholder_in_the_users_own_words_is_meant(clients: Clients, jar: Path) -> None:
    found = prepared("emr-eks", clients, jar, arguments=("<html>",))

    assert found.calls[0].request["jobDriver"]["sparkSubmitJobDriver"]["entryPointArguments"] == ["<html>"]


@pytest.mark.parametrize("target", KINDS)
def test_requests_for_60_buckets_and_10_roles_pass_the_whole_model(target: str, clients: Clients, jar: Path) -> None:
    whole = large("aws", "us-east-1")
    base = Base(KINDS[target], Arn.parse_principal("arn:aws:iam::111122223333:role/etl"))
    plan = plans.encode(replace(whole.access_map, base=base, sts=Sts("us-east-1")))
    more: dict[str, Any] = {"on": None} if target == "emr-ec2" else {"image": IMAGE}

    found = prepared(target, clients, jar, plan=plan, logs="s3://own/logs/", **more)

    assert len(plan.access_map.roles) == 10
    assert len(plan.access_map.bindings) == 60
    for call in found.calls:
        aws_model.check(target, str(call.service), call.operation, call.request)
    text = json.dumps([call.request for call in found.calls])
    assert all(binding.bucket.text in text for binding in plan.access_map.bindings)


# spark-submit


def command(clients: Clients, jar: Path, **job: Any) -> list[str]:
    found = prepared("spark-submit", clients, jar, release="spark-4", **job)
    return list(found.calls[0].request["arguments"])


def test_spark_submit_gets_settings_then_the_program_and_its_arguments(clients: Clients, jar: Path) -> None:
    found = command(clients, jar, arguments=("a b", "$x"), parameters=("--master", "yarn"), name="nightly")

    assert found[:2] == ["--name", "nightly"]
    assert found[-3:] == [str(jar.parent / "job.py"), "a b", "$x"]
    assert found[-5:-3] == ["--master", "yarn"]
    assert found[found.index("--jars") + 1] == str(jar)
    assert "spark.plugins.defaultList=io.sparkxacct.spark.CrossAccountPlugin" in found


def test_lists_of_the_user_are_joined_and_not_replaced(clients: Clients, jar: Path) -> None:
    found = command(clients, jar, parameters=("--jars", "/mine.jar", "--conf", "spark.plugins.defaultList=a.B"))

    assert found[found.index("--jars") + 1] == f"/mine.jar,{jar}"
    assert found.count("--jars") == 1
    (plugins,) = [text for text in found if text.startswith("spark.plugins.defaultList=")]
    assert sorted(plugins.partition("=")[2].split(",")) == ["a.B", "io.sparkxacct.spark.CrossAccountPlugin"]


def test_every_process_of_a_run_gets_its_id(clients: Clients, jar: Path) -> None:
    found = prepared("spark-submit", clients, jar, release="spark-4")

    run = found.submission.run
    assert f"spark.hadoop.fs.xacct.run={run}" in found.calls[0].request["arguments"]
    assert found.calls[0].request["environment"]["SPARK_XACCT_RUN"] == run


def test_every_target_that_launches_has_a_launcher() -> None:
    launching = {name for name in targets.names() if targets.find(name).takes_job}
    assert {"emr-ec2", "emr-eks", "emr-serverless"} <= launching
    assert set(names()) - {"spark-submit"} <= launching
