"""Files that are there, as they are shown: no secret in any text, and what the command prints, writes and ends with."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from declaration_texts import written
from fakes.existing_files import EKS, FOREIGN, JAR, merged, rendered
from fakes.target_plans import named
from hypothesis import given
from hypothesis import strategies as st

from spark_xacct.cli.application import cli
from spark_xacct.existing import MergedFile
from spark_xacct.targets import secrets
from spark_xacct.targets.files.json_text import without_secrets

# Secrets

SECRET_NAMES = [
    "spark.hadoop.fs.azure.account.key.acct.dfs.core.windows.net", "spark.executorEnv.OPENAI_API_KEY",
    "spark.hadoop.google.cloud.auth.service.account.private.key", "spark.hadoop.fs.azure.sas.container.account",
    "spark.hadoop.fs.s3a.secret.key", "spark.hadoop.fs.s3a.access.key", "spark.hadoop.fs.s3a.session.token", "spark.ssl.keyPassword",
    "spark.authenticate.secret", "spark.executorEnv.AWS_SECRET_ACCESS_KEY", "spark.executorEnv.DB_PASSWORD",
    "spark.hadoop.fs.s3a.bucket.partner-data.encryption.key", "spark.kubernetes.authenticate.submission.oauthToken",
    "spark.hadoop.javax.jdo.option.ConnectionPassword", "spark.corp.credentials",
]  # fmt: skip
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


def texts_with(name: str, value: str) -> dict[str, str]:
    """A file of each form in which a secret stands, also switched off in a comment."""
    bare = name.removeprefix("spark.hadoop.")
    escaped = value.replace("\\", "\\\\")
    return {
        "spark-defaults.conf": f"spark.master yarn\n{name} {escaped}\n#{name}={escaped}\n",
        "core-site.xml": f"<configuration>\n<!-- <property><name>{bare}</name><value>{value}</value></property> -->\n"
        f"<property><name>{bare}</name><value>{value}</value></property>\n</configuration>\n",
        "ec2.json": json.dumps([{"Classification": "spark-defaults", "Properties": {name: value}}], indent=2),
        "job.json": json.dumps(
            {
                "jobDriver": {
                    "sparkSubmit": {
                        "sparkSubmitParameters": f"--conf {name}={value}",
                        "entryPointArguments": ["--db-password", value],
                    }
                },
                "environment": [{"name": name, "value": value}],
            },
            indent=2,
        ),
        "livy.json": json.dumps({"conf": {name: value}}),
    }


def printed(result: MergedFile) -> str:
    return "\n".join(
        [
            result.diff,
            json.dumps(result.data, ensure_ascii=False),
            *result.log,
            *result.conflicts,
            *result.notes,
            *result.legacy,
        ]
    )


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_secrets_are_never_printed_and_never_lost(name):
    for file, text in texts_with(name, SECRET).items():
        for by in (rendered(), rendered(plan=named()), rendered(release="spark-4")):
            result = merged(text, file, by)
            assert SECRET not in printed(result), file
            assert result.text.count(SECRET) == text.count(SECRET), file
    assert f"({len(SECRET)} characters, not shown)" in printed(
        merged(texts_with(name, SECRET)["spark-defaults.conf"], "x")
    )


@given(
    name=st.sampled_from(SECRET_NAMES),
    value=st.text(st.characters(codec="ascii", categories=["L", "N"], include_characters="/+=._"), min_size=6, max_size=40).map("S3cr3t{}".format),
)  # fmt: skip
def test_no_secret_of_any_letters_is_printed(name, value):
    for file, text in texts_with(name, value).items():
        assert value not in printed(merged(text, file)), file


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("-Djavax.net.ssl.trustStorePassword=hunter2 -Xmx1g", "-Djavax.net.ssl.trustStorePassword=(7 characters, not shown) -Xmx1g"),
        ("jdbc:postgresql://h/db?user=u&password=hunter2&ssl=true", "jdbc:postgresql://h/db?user=u&password=(7 characters, not shown)&ssl=true"),
        ("https://user:hunter2@host/x", "https://user:(7 characters, not shown)@host/x"),
        ("--token hunter2 --verbose", "--token (7 characters, not shown) --verbose"),
        ('{"password": "hunter 2"}', '{"password": (10 characters, not shown)}'),
        ("io.sparkxacct.s3a.S3ARoleCredentialsProvider", "io.sparkxacct.s3a.S3ARoleCredentialsProvider"),
        ("arn:aws:secretsmanager:eu-west-1:444455556666:secret:x", "arn:aws:secretsmanager:eu-west-1:444455556666:secret:x"),
    ],
)  # fmt: skip
def test_secrets_within_a_value_are_masked(text, shown):
    assert secrets.shown("spark.x", text) == shown


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fs.s3a.aws.credentials.provider", "corp.Provider"),
        ("fs.s3a.bucket.token-data.endpoint.region", "eu-west-1"),
        ("fs.s3a.bucket.b.encryption.key", "arn:aws:kms:eu-west-1:444455556666:key/1"),
        ("spark.executorEnv.AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/token"),
        ("fs.s3a.delegation.token.binding", "corp.Tokens"),
    ],
)
def test_names_that_only_sound_secret_are_shown(name, value):
    assert secrets.shown(name, value) == value


def test_json_without_secrets_is_the_same_json_otherwise():
    data = {"a": [1, True, None, {"password": "x", "b": "c"}], "env": [{"name": "TOKEN", "value": "x"}]}
    assert without_secrets(data) == {
        "a": [1, True, None, {"password": "(1 characters, not shown)", "b": "c"}],
        "env": [{"name": "TOKEN", "value": "(1 characters, not shown)"}],
    }


# The command


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("CONFIG", "ENV", "FORMAT", "JAR"):
        monkeypatch.delenv(f"SPARK_XACCT_{name}", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "xacct.yaml").write_text(written(), encoding="utf-8")
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(
        cli, ["render", *arguments, "--jar", JAR, "--release", "emr-7.12.0"], prog_name="spark-xacct"
    )


def test_render_with_a_file_prints_the_difference_and_what_to_know(folder: Path) -> None:
    text = f"spark.jars /a.jar\nspark.hadoop.fs.s3.consistent true\nspark.hadoop.fs.s3a.secret.key {SECRET}\n"
    (folder / "my.conf").write_text(text, encoding="utf-8")
    result = run("spark-defaults", "--with", "my.conf")

    assert result.exit_code == 0
    assert result.stdout.startswith("--- my.conf\n+++ my.conf with plan ")
    assert f"-spark.jars /a.jar\n+spark.jars /a.jar,{JAR}\n" in result.stdout
    assert SECRET not in result.output
    assert result.stderr.splitlines() == [
        "legacy: my.conf: legacy fs.s3.consistent present, S3A is active for s3:// on emr-7.12.0: it does nothing: S3 is consistent by "
        "itself; take it out (https://docs.aws.amazon.com/emr/latest/ReleaseGuide/emr-s3a-migrate.html)",
        "legacy: my.conf: legacy fs.s3a.secret.key present, a secret key in settings is seen by everyone who sees them; take it out, the "
        "declaration names a base identity (https://hadoop.apache.org/docs/stable/hadoop-aws/tools/hadoop-aws/index.html)",
        "my.conf: properties of Spark, 15 changes",
    ]
    assert (folder / "my.conf").read_text(encoding="utf-8") == text


@pytest.mark.parametrize(("form", "stderr"), [("text", 2), ("json", 0)])
def test_a_conflict_ends_with_1_and_nothing_is_written(form: str, stderr: int, folder: Path) -> None:
    (folder / "my.conf").write_text(FOREIGN["spark-defaults.conf"], encoding="utf-8")
    shown = run("spark-defaults", "--with", "my.conf", "--format", form)
    kept = run("spark-defaults", "--with", "my.conf", "--to", "out")

    assert (shown.exit_code, len(shown.stderr.splitlines())) == (1, stderr)
    assert "and stays; the plan needs" in shown.output
    assert (kept.exit_code, kept.stdout, (folder / "out").exists()) == (1, "", False)
    assert kept.stderr.splitlines()[0] == "out/my.conf was not written: 1 to be decided first"
    assert run("spark-defaults", "--with", "my.conf", "--replace").exit_code == 0


def test_a_file_that_has_everything_prints_nothing_and_says_so(folder: Path) -> None:
    (folder / "my.conf").write_text("", encoding="utf-8")
    assert run("spark-defaults", "--with", "my.conf", "--to", "out").exit_code == 0
    result = run("spark-defaults", "--with", "out/my.conf")

    assert (result.exit_code, result.stdout) == (0, "")
    assert re.fullmatch(
        r"my\.conf: properties of Spark, nothing to change: plan [0-9a-f]{12} is in it\n", result.stderr
    )


@pytest.mark.parametrize("mode", [0o600, 0o664])
def test_the_written_file_is_whole_and_as_readable_as_the_one_it_was_made_of(mode: int, folder: Path) -> None:
    text = f"spark.hadoop.fs.s3a.secret.key {SECRET}\r\n"
    (folder / "my.conf").write_bytes(text.encode())
    (folder / "my.conf").chmod(mode)
    result = run("spark-defaults", "--with", "my.conf", "--to", "out")

    made = folder / "out" / "my.conf"
    assert (result.exit_code, result.stdout, SECRET in result.stderr) == (0, "", False)
    assert made.read_bytes().startswith(text.encode() + b"\r\n# added by spark-xacct\r\n")
    assert stat.S_IMODE(made.stat().st_mode) == mode
    made.write_text("another", encoding="utf-8")
    again = run("spark-defaults", "--with", "my.conf", "--to", "out")
    assert (again.exit_code, made.read_text(encoding="utf-8")) == (2, "another")
    assert "--to out: my.conf is there with another content; compare the two, then say --overwrite" in again.stderr


def test_programs_get_content_log_and_conflicts(folder: Path) -> None:
    (folder / "job.json").write_text(EKS, encoding="utf-8")
    answer = json.loads(run("spark-defaults", "--with", "job.json", "--format", "json").stdout)

    assert set(answer) == {"target", "release", "plan", "file", "kind", "merged", "log", "conflicts", "notes", "legacy"}
    assert answer["merged"]["virtualClusterId"] == "0123456789abcdef"
    assert (answer["conflicts"], answer["kind"]) == ([], "JSON of EMR on EKS and Serverless")
    assert len(answer["log"]) == 15


def test_only_what_goes_into_the_file_is_still_to_be_filled_in(folder: Path) -> None:
    (folder / "job.json").write_text(EKS, encoding="utf-8")
    result = run("emr-eks", "--with", "job.json")
    filled = run("emr-eks", "--with", "job.json", "--staging", "s3://corp-code/spark-xacct")

    assert result.stderr.splitlines()[-1] == "still to be filled in: --staging"
    assert "still to be filled in" not in filled.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("spark-defaults", "--with", "none.conf"), "none.conf cannot be read: No such file or directory; make it readable, or name another one"),
        (("spark-defaults", "--with", "latin.conf"), "latin.conf: byte 9 is not UTF-8; save it as UTF-8"),
        (("spark-defaults", "--with", "latin.conf", "--file", "x"), "--with FILE prints what becomes of that file: drop --file; --replace goes with it only"),
        (("spark-defaults", "--replace"), "--with FILE prints what becomes of that file: drop --file; --replace goes with it only"),
    ],
)  # fmt: skip
def test_wrong_usage_ends_with_2(arguments: tuple[str, ...], says: str, folder: Path) -> None:
    (folder / "latin.conf").write_bytes(b"spark.x \xe4\n")
    result = run(*arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr
