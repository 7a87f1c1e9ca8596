"""AWS profiles to a declaration, and the command that imports either."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from fakes.existing_files import EKS
from fakes.settings_to_import import NAMED, NO_BASE, READER, REGION, SECRET, WRITER, assumed, conf, roles_of
from fakes.target_jobs import fitting
from hypothesis import given
from hypothesis import strategies as st

from spark_xacct import declaration, targets
from spark_xacct import plan as plans
from spark_xacct.cli.application import cli
from spark_xacct.importing import NothingImported, from_profiles

# AWS profiles

CONFIG = f"""\
[default]
region = eu-west-1
output = json

[profile corp]
sso_session = corp
sso_account_id = 111122223333

[sso-session corp]
sso_start_url = https://corp.awsapps.com/start

[profile hub]
role_arn = arn:aws:iam::111122223333:role/hub
source_profile = corp

[profile "Partner Prod"]
role_arn = {READER}
source_profile = hub
external_id = contract-7
duration_seconds = 1800
role_session_name = nightly
region = us-east-1
s3 =
  max_concurrent_requests = 20
"""


def test_profiles_that_go_by_each_other_are_roles_that_go_via_each_other():
    made = from_profiles("config", CONFIG)
    assert made.text == (
        "# Made by spark-xacct import aws-profile of config.\n"
        "# Read it before you use it; spark-xacct check and spark-xacct explain say what it means.\n"
        "version: 1\n"
        "base: {kind: profile, profile: corp}    # its sso_session; on every host that runs a part of the job\n"
        "sts: {region: eu-west-1}\n"
        "roles:\n"
        "  hub:\n"
        '    arn: "arn:aws:iam::111122223333:role/hub"\n'
        "  partner-prod:\n"
        f'    arn: "{READER}"\n'
        "    via: hub\n"
        "    external_id: contract-7\n"
        '    duration: "30m"\n'
        "    session_name: nightly\n"
        "# buckets:\n"
        "#   some-bucket: ROLE    # profiles name no buckets: name those that Spark shall read\n"
        "python: {roles: [partner-prod]}\n"
    )
    assert made.left == (
        "config: profile Partner Prod: region = us-east-1: a declaration asks STS in one region, eu-west-1",
    )
    access = declaration.loads(made.text).access_map
    assert [hop.name for hop in access.chain("partner-prod")] == ["hub", "partner-prod"]


@pytest.mark.parametrize(
    ("lines", "base"),
    [
        ("source_profile = src\n[profile src]\naws_access_key_id = x\naws_secret_access_key = y", ("profile", "src", None)),
        ("source_profile = src", ("profile", "src", None)),
        ("source_profile = src\n[profile src]\ncredential_process = /bin/x", ("profile", "src", None)),
        ("source_profile = src\n[profile src]\nrole_arn = arn:aws:iam::111122223333:role/etl\nweb_identity_token_file = /token", ("irsa", None, "arn:aws:iam::111122223333:role/etl")),
        ("credential_source = Ec2InstanceMetadata", ("instance-profile", None, None)),
        ("credential_source = EcsContainer", ("container", None, None)),
        ("credential_source = Environment", ("env", None, None)),
    ],
    ids=["keys", "keys elsewhere", "process", "web identity", "instance", "container", "environment"],
)  # fmt: skip
def test_what_a_chain_begins_with_is_the_base(lines, base):
    made = from_profiles("config", f"[profile p]\nrole_arn = {READER}\nregion = eu-west-1\n{lines}\n", "p")
    access = declaration.loads(made.text).access_map
    assert (str(access.base.kind), access.base.profile, str(access.base.arn) if access.base.arn else None) == base
    assert (access.python_default_role, access.python_roles) == ("p", ("p",))
    assert made.left == ()


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("mfa_serial = arn:aws:iam::111122223333:mfa/me", "profile p: mfa_serial: a role that is renewed by itself cannot ask anybody for a code; let the role trust the base identity without MFA"),
        ("sts_regional_endpoints = legacy", "profile p: sts_regional_endpoints: a declaration always asks the STS of its region"),
        ("duration_seconds = 60", "profile p: duration_seconds = 60 is outside 900 to 43200; 1h stands in its place"),
        ("external_id = a b", "profile p: external_id: its value does not fit STS or a declaration; nothing stands in its place"),
        ("endpoint_url = http://x", "profile p: endpoint_url: endpoints are not carried; sts.endpoint is that of STS"),
        (f"[profile q]\nrole_arn = {WRITER}\ncredential_source = Environment", "profile q: it begins with another base identity (env) than those before it (instance-profile); import it on its own: --profile q"),
        (f"[profile q]\nrole_arn = {WRITER}", "profile q: role_arn stands there without source_profile, credential_source and web_identity_token_file"),
        (f"[profile q]\nrole_arn = {WRITER}\ncredential_source = Moon", "profile q: credential_source = Moon is not one of Environment, Ec2InstanceMetadata, EcsContainer"),
        (f"[profile q]\nrole_arn = {WRITER}\nsource_profile = r\n[profile r]\nrole_arn = {WRITER}\nsource_profile = q", "profile q: its chain goes in a circle: q -> r -> q"),
        ("[profile q]\nrole_arn = x\nsource_profile = p", 'profile q: "x" is not an ARN (arn:partition:service:region:account:resource)'),
        (f"[q]\nrole_arn = {WRITER}", "[q] is not a profile in this file; write [profile q]"),
        (f"[profile ü x]\nrole_arn = {WRITER}", '[profile ü x] is not a profile in this file; write [profile "ü x"]'),
    ],
)  # fmt: skip
def test_what_a_declaration_cannot_say_of_a_profile_is_named(lines, says):
    text = f"[profile p]\nrole_arn = {READER}\ncredential_source = Ec2InstanceMetadata\nregion = eu-west-1\n{lines}\n"
    made = from_profiles("config", text)
    assert f"config: {says}" in made.left
    assert list(declaration.loads(made.text).access_map.roles) == ["p"]


def test_profiles_that_we_render_come_back_as_the_same_chains():
    plan, _ = fitting("aws-profile", NAMED)
    text = targets.render("aws-profile", plan, "spark-4", run="7", user="me").files()["config"]
    made = from_profiles("config", text)
    access, before = declaration.loads(made.text).access_map, plan.access_map
    assert made.left == ()
    assert (access.base, access.sts) == (before.base, before.sts)
    for name in before.python_roles:
        chains = [
            [(hop.arn, hop.duration_seconds, hop.external_id) for hop in one.chain(role)]
            for one, role in ((before, name), (access, f"xacct-{name}"))
        ]
        assert chains[0] == chains[1]
    assert (access.python_default_role, access.python_roles) == ("xacct-partner", ("xacct-finance", "xacct-partner"))


def test_profiles_that_run_us_bring_their_whole_plan_back():
    text = targets.render("aws-profile-process", NAMED, "spark-4").files()["config"]
    for only in (None, "xacct-partner"):
        made = from_profiles("config", text, only)
        assert plans.encode(declaration.loads(made.text).access_map).id == NAMED.id


def test_a_damaged_plan_in_a_profile_is_told():
    text = "[profile p]\ncredential_process = spark-xacct credentials --role x --plan z1:abc\n"
    with pytest.raises(NothingImported) as error:
        from_profiles("config", text)
    assert (
        str(error.value)
        .splitlines()[1]
        .startswith("config: profile p: the plan in it cannot be read: the plan text is cut")
    )


def test_a_profile_that_is_its_own_source_is_told_how_to_part():
    made = from_profiles(
        "config", f"[profile p]\nrole_arn = {READER}\nsource_profile = p\nregion = eu-west-1\naws_access_key_id = x\n"
    )
    assert declaration.loads(made.text).access_map.base.profile == "p-source"
    assert made.left == (
        "config: profile p: it is its own source: move its keys to a profile of their own, p-source, which base names",
    )


def test_the_credentials_file_has_bare_names():
    made = from_profiles(
        "credentials",
        f"[src]\naws_access_key_id = x\n[p]\nrole_arn = {READER}\nsource_profile = src\nregion = eu-west-1\n",
    )
    assert declaration.loads(made.text).access_map.base.profile == "src"


@pytest.mark.parametrize(
    ("text", "only", "says"),
    [
        ("[default]\nregion = eu-west-1\n", None, "config: no profile assumes a role that could be carried; name a file, or with --profile a profile, that has role_arn"),
        ("[profile p]\nregion = eu-west-1\n", "p", 'config: profile "p" assumes no role; name a file, or with --profile a profile, that has role_arn'),
        ("[profile p]\nregion = eu-west-1\n", "q", 'config: there is no profile "q"; there are p'),
        (f"{SECRET}\n", None, "config:1: this is not a file of AWS profiles: it does not begin with [profile NAME] or [default]"),
        ("[profile p]\na = 1\na = 2\n", None, "config:3: this stands there twice already, and readers differ in which counts; take one out"),
        ("[profile p]\n[profile p]\n", None, "config:2: this stands there twice already, and readers differ in which counts; take one out"),
    ],
)  # fmt: skip
def test_where_no_profile_can_be_carried_that_is_the_answer(text, only, says):
    with pytest.raises(NothingImported) as error:
        from_profiles("config", text, only)
    assert str(error.value) == says


PROFILE_VALUES = {
    "role_arn": st.sampled_from([READER, WRITER, "arn:aws-cn:iam::777788889999:role/c", "bad"]),
    "source_profile": st.sampled_from(["a", "b", "c", "default", "nowhere"]),
    "credential_source": st.sampled_from(["Environment", "Ec2InstanceMetadata", "EcsContainer", "Moon"]),
    "web_identity_token_file": st.just("/token"),
    "external_id": st.sampled_from(["x-1", "{run}", "two words"]),
    "duration_seconds": st.sampled_from(["900", "3600", "60", "x"]),
    "role_session_name": st.sampled_from(["me", "{user}", "a b"]),
    "region": st.sampled_from(["eu-west-1", "us-east-1", "moon"]),
    "mfa_serial": st.just("arn:aws:iam::111122223333:mfa/me"),
    "aws_secret_access_key": st.just(SECRET),
    "aws_access_key_id": st.just("AKIAIOSFODNN7EXAMPLE"),
    "sso_session": st.just("corp"),
    "credential_process": st.just("/bin/secret-tool --password hunter2hunter2"),
}


@given(
    st.dictionaries(
        st.sampled_from(["a", "b", "c", "default", "with blank", "base"]),
        st.lists(st.sampled_from(sorted(PROFILE_VALUES)), unique=True, max_size=6).flatmap(
            lambda names: st.fixed_dictionaries({name: PROFILE_VALUES[name] for name in names})
        ),
        max_size=5,
    ),
    st.sampled_from([None, "a", "default"]),
)
def test_whatever_profiles_say_what_is_written_loads_and_holds_no_key(profiles, only):
    text = "".join(
        f"[{name if name == 'default' else f'profile {json.dumps(name)}'}]\n"
        + "".join(f"{key} = {value}\n" for key, value in fields.items())
        for name, fields in profiles.items()
    )
    try:
        made = from_profiles("config", text, only)
        shown = "\n".join([made.text, *made.left])
        declaration.loads(made.text)
    except NothingImported as refused:
        shown = str(refused)
    assert not [secret for secret in (SECRET, "AKIAIOSFODNN7EXAMPLE", "hunter2hunter2") if secret in shown]


# The command


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("SPARK_XACCT_CONFIG", "SPARK_XACCT_ENV", "SPARK_XACCT_FORMAT", "AWS_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.conf").write_text(conf(assumed()), encoding="utf-8")
    (tmp_path / "config").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(cli, ["import", *arguments], env=environment, prog_name="spark-xacct")


def test_the_declaration_goes_to_stdout_and_what_it_cannot_say_to_stderr(folder: Path) -> None:
    result = run("emrfs", "my.conf")
    (folder / "xacct.yaml").write_text(result.stdout, encoding="utf-8")

    assert (result.exit_code, result.stderr.splitlines()) == (0, [NO_BASE, REGION])
    assert roles_of(declaration.load(folder / "xacct.yaml").access_map) == {"b-1": READER}
    assert run("emrfs", "my.conf", "--region", "eu-west-1").stderr.splitlines() == [NO_BASE]


@pytest.mark.parametrize("where", ["argument", "variable", "home"])
def test_profiles_are_found_where_aws_looks_for_them(where: str, folder: Path) -> None:
    arguments, environment = (
        ["config"] if where == "argument" else [],
        {"AWS_CONFIG_FILE": "config"} if where == "variable" else {},
    )
    if where == "home":
        (folder / ".aws").mkdir()
        (folder / ".aws" / "config").write_text(CONFIG, encoding="utf-8")
    result = run("aws-profile", *arguments, "--profile", "Partner Prod", **environment)

    assert result.exit_code == 0
    assert "python: {default_role: partner-prod, roles: [partner-prod]}" in result.stdout


def test_programs_get_the_text_and_the_lines(folder: Path) -> None:
    answer = json.loads(run("emrfs", "my.conf", "--format", "json").stdout)

    assert answer["not_carried"] == [NO_BASE, REGION]
    assert declaration.loads(answer["declaration"]).access_map.roles


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("emrfs", "none.conf"), 1, "none.conf cannot be read: No such file or directory; make it readable, or name another one\n"),
        (("aws-profile", "none"), 1, "none cannot be read: No such file or directory; make it readable, or name another one\n"),
        (("aws-profile", "config", "--profile", "nobody"), 1, 'config: there is no profile "nobody"; there are Partner Prod, corp, default, hub\n'),
        (("emrfs", "config"), 1, "config: no role and no bucket was found; name the files that have fs.s3 and fs.s3a settings, or the security configuration\nconfig: this is a file of AWS profiles; spark-xacct import aws-profile reads it\n"),
        (("emrfs", "my.conf", "--region", "Ireland"), 2, '"Ireland" is not a region; write one such as eu-west-1'),
        (("emrfs",), 2, "Missing argument 'FILE...'"),
    ],
)  # fmt: skip
def test_where_nothing_can_be_read_the_exit_code_is_1_and_stdout_is_empty(arguments, code, says, folder: Path) -> None:
    result = run(*arguments)

    assert (result.exit_code, result.stdout) == (code, "")
    assert says in result.stderr if code == 2 else result.stderr.startswith(says)


def test_import_stands_in_the_help() -> None:
    result = CliRunner().invoke(cli, ["--help"], prog_name="spark-xacct")
    assert re.search(r"^  import +Make a declaration from existing settings\.$", result.stdout, re.MULTILINE)
    assert re.search(
        r"^  aws-profile +From AWS profiles\.\n  emrfs +From settings of EMRFS and S3A\.$",
        run("--help").stdout,
        re.MULTILINE,
    )


def test_a_request_of_people_without_roles_says_so(folder: Path) -> None:
    (folder / "job.json").write_text(EKS, encoding="utf-8")
    assert run("emrfs", "job.json").exit_code == 1
