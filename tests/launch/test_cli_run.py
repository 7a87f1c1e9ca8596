"""``run``: the command is the role for every AWS client, and no secret is where somebody could read it."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from spark_xacct.cli.application import cli
from spark_xacct.errors import RoleSessionError
from spark_xacct.launch import role_endpoint, under_role

ROOT = Path(__file__).parents[2]
DECLARATION = """
version: 1
base: env
sts: {region: us-east-1}
roles:
  hub: {arn: "arn:aws:iam::111122223333:role/hub"}
  reader: {arn: "arn:aws:iam::444455556666:role/reader", via: hub, session_name: "run-test"}
buckets: {partner-data: reader}
python: {roles: [reader]}
"""
READER = "arn:aws:sts::444455556666:assumed-role/reader/run-test"
WHO = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
SESSION = {
    "Version": 1,
    "AccessKeyId": "ASIAEXAMPLE",
    "SecretAccessKey": "wJalrXUtnFEMI-run-71c2",
    "SessionToken": "IQoJb3JpZ2luX2VjE-run-71c2",
    "Expiration": "2099-01-01T00:00:00Z",
}
SECRETS = (str(SESSION["SecretAccessKey"]), str(SESSION["SessionToken"]))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    (tmp_path / "xacct.yaml").write_text(DECLARATION)
    return tmp_path


def started(*command: str, options: tuple[str, ...] = (), **more: Any) -> subprocess.Popen[str]:
    program = [sys.executable, "-m", "spark_xacct", "run", "--role", "reader", *options, "--", *command]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "AWS_EC2_METADATA_DISABLED": "false"}
    return subprocess.Popen(
        program,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        env=environment,
        **more,
    )


def finished(*command: str, options: tuple[str, ...] = ()) -> tuple[int, str, str]:
    process = started(*command, options=options)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_a_boto3_script_is_the_role_by_its_default_chain(moto: Any) -> None:
    assert finished(sys.executable, "-c", WHO) == (0, f"{READER}\n", "")


def test_with_static_keys_too_and_it_says_what_that_means(moto: Any) -> None:
    code, out, err = finished(sys.executable, "-c", WHO, options=("--static-keys",))

    assert (code, out) == (0, f"{READER}\n")
    assert err.startswith(
        f"--static-keys: the keys are in the environment of {sys.executable}, for everybody who may read that, and end at 2"
    )
    assert err.endswith("Z; nothing renews them\n")


REGIONS = {
    "AWS_REGION": ({"AWS_REGION": "eu-west-1"}, "eu-west-1"),
    "AWS_DEFAULT_REGION": ({"AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-2"),
    "the profile": ({"AWS_PROFILE": "platform"}, "eu-west-3"),
    "the declaration": ({}, "us-east-1"),
}


@pytest.mark.parametrize("case", REGIONS)
def test_the_region_of_the_command_is_that_of(
    case: str, moto: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables, expected = REGIONS[case]
    config = folder / "own-config"
    config.write_text(
        "[profile platform]\nregion = eu-west-3\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert finished("sh", "-c", "grep ^region $AWS_CONFIG_FILE") == (0, f"region = {expected}\n", "")


def test_a_role_that_python_may_not_ask_for_is_wrong_usage(moto: Any) -> None:
    result = CliRunner().invoke(cli, ["run", "--role", "hub", "--", "true"], prog_name="spark-xacct")

    assert result.exit_code == 2
    assert "Error: --role: " in result.stderr


def test_a_role_that_cannot_be_had_starts_nothing(moto: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    code, out, err = finished("touch", "started")

    assert (code, out) == (4, "")
    assert "Traceback" not in err
    assert not (folder / "started").exists()


# The rest needs no AWS.


def ran(*command: str, static_keys: bool = False, environment: dict[str, str] | None = None) -> int:
    return under_role.run(command, lambda: SESSION, "eu-west-1", environment or dict(os.environ), static_keys)


CODES = {
    "good": (("true",), 0),
    "its own": (("sh", "-c", "exit 7"), 7),
    "of a signal": (("sh", "-c", "kill -9 $$"), 137),
}


@pytest.mark.parametrize("case", CODES)
def test_the_exit_code_is_that_of_the_command(case: str) -> None:
    command, expected = CODES[case]
    assert ran(*command) == expected


IGNORED = [signal.SIGHUP, signal.SIGTERM, signal.SIGINT]


@pytest.mark.parametrize("number", IGNORED)
def test_a_signal_that_was_ignored_before_is_ignored_by_the_command(number: signal.Signals) -> None:
    earlier = signal.signal(number, signal.SIG_IGN)
    try:
        code = ran("sh", "-c", f"kill -{int(number)} $PPID; kill -{int(number)} $$; exit 7")
        after = signal.getsignal(number)
    finally:
        signal.signal(number, earlier)

    assert (code, after) == (7, signal.SIG_IGN)


MISSING = {
    "not there": ("/nowhere/x", 127, "run: /nowhere/x: there is no such command\n"),
    "not executable": ("./xacct.yaml", 126, "run: ./xacct.yaml cannot be run: Permission denied\n"),
}


@pytest.mark.parametrize("case", MISSING)
def test_a_command_that_cannot_be_run(case: str, moto: Any) -> None:
    command, code, expected = MISSING[case]
    result = CliRunner().invoke(cli, ["run", "--role", "reader", "--", command], prog_name="spark-xacct")

    assert (result.exit_code, result.stderr) == (code, expected)


BEFORE = {
    "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t", "AWS_PROFILE": "p", "AWS_DEFAULT_PROFILE": "p",
    "AWS_ROLE_ARN": "r", "AWS_WEB_IDENTITY_TOKEN_FILE": "f", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "u",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/u", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "t", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "f",
    "AWS_CREDENTIAL_FILE": "f", "AWS_CONFIG_FILE": "/home/c", "AWS_SHARED_CREDENTIALS_FILE": "/home/s", "BOTO_CONFIG": "/home/b",
    "SPARK_XACCT_DEFAULT_ROLE": "x", "SPARK_XACCT_KEPT_AWS_SECRET_ACCESS_KEY": "s", "AWS_SECURITY_TOKEN": "t",
    "AWS_ACCESS_KEY": "AKIA", "AWS_SECRET_KEY": "s", "AWS_BEARER_TOKEN_BEDROCK": "t", "AWS_CREDENTIAL_PROFILES_FILE": "/home/p",
}  # fmt: skip


def test_what_would_win_over_the_role_is_taken_away_and_the_rest_stays() -> None:
    environment = {
        **BEFORE,
        "PATH": "/bin",
        "AWS_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": "http://x",
        "AWS_CA_BUNDLE": "/ca",
    }

    assert under_role.environment_for(environment, Path("/run/config")) == {
        "PATH": "/bin",
        "AWS_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": "http://x",
        "AWS_CA_BUNDLE": "/ca",
        "AWS_CONFIG_FILE": "/run/config",
        "AWS_CREDENTIAL_PROFILES_FILE": "/run/config",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "BOTO_CONFIG": "/dev/null",
        "AWS_SDK_LOAD_CONFIG": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@pytest.mark.parametrize("name", [name for name in BEFORE if name.startswith("AWS_")])
def test_botocore_takes_the_profile_whatever_was_set_before(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command in the profile prints a session; with anything before it another provider would answer, or fail."""
    config = tmp_path / "config"
    config.write_text(
        under_role.config_text("eu-west-1", ["echo", json.dumps(SESSION).replace('"', '\\"').replace(" ", "")])
    )
    environment = under_role.environment_for({**os.environ, name: BEFORE[name]}, config)
    program = "import botocore.session as s; c = s.Session().get_credentials(); print(c.method)"

    output = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )

    assert output.stdout == "custom-process\n"


SHOW = """
import json, os, stat, subprocess, sys
config = os.environ['AWS_CONFIG_FILE']
line = next(l for l in open(config) if l.startswith('credential_process'))
import shlex
asked = subprocess.run(shlex.split(line.partition('=')[2]), capture_output=True, text=True)
folder = os.path.dirname(config)
modes = {name: oct(stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode)) for name in sorted(os.listdir(folder))}
json.dump({'modes': modes, 'folder': oct(stat.S_IMODE(os.stat(folder).st_mode)), 'asked': json.loads(asked.stdout), 'path': folder,
           'files': [open(os.path.join(folder, n)).read() for n in modes if n != 'socket']}, open('shown', 'w'))
"""


def test_files_are_for_this_user_hold_no_secret_and_go(folder: Path) -> None:
    assert ran(sys.executable, "-c", SHOW) == 0

    shown = json.loads((folder / "shown").read_text())
    assert shown["asked"] == SESSION, "positive control: the process gives the session"
    assert shown["folder"] == "0o700"
    assert shown["modes"] == {"ask.py": "0o600", "config": "0o600", "socket": "0o600"}
    assert not any(secret in text for text in shown["files"] for secret in SECRETS)
    assert not Path(shown["path"]).exists()


def every_process_shows() -> Iterator[tuple[int, str]]:
    """What ps and /proc show of every process of this user."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            for name in ("cmdline", "environ"):
                try:
                    yield int(entry.name), (entry / name).read_bytes().decode("utf-8", "replace")
                except OSError:
                    continue


@pytest.mark.parametrize("static_keys", [False, True], ids=["credential_process", "static keys"])
def test_ps_and_proc_show_no_secret(static_keys: bool, folder: Path) -> None:
    """With --static-keys they do: that is the positive control."""
    script = f"{sys.executable} -c 'import boto3; boto3.Session().get_credentials().get_frozen_credentials()' && touch ready && while [ ! -e done ]; do sleep 0.05; done"
    found: list[str] = []

    def look() -> None:
        while not (folder / "ready").exists():
            found.extend(text for _, text in every_process_shows() if any(secret in text for secret in SECRETS))
        found.extend(text for _, text in every_process_shows() if any(secret in text for secret in SECRETS))
        (folder / "done").touch()

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    assert ran("sh", "-c", script, static_keys=static_keys) == 0
    looking.join()

    assert bool(found) is static_keys


def test_a_session_is_asked_for_anew_each_time(folder: Path) -> None:
    sessions = iter([SESSION, {**SESSION, "AccessKeyId": "ASIA1"}, {**SESSION, "AccessKeyId": "ASIA2"}])
    ask = "line=$(grep credential_process $AWS_CONFIG_FILE | cut -d= -f2-); eval $line > 1; eval $line > 2"

    assert under_role.run(["sh", "-c", ask], lambda: next(sessions), "eu-west-1", dict(os.environ)) == 0

    assert [json.loads((folder / name).read_text())["AccessKeyId"] for name in ("1", "2")] == ["ASIA1", "ASIA2"]


def test_a_session_that_fails_later_fails_in_words(folder: Path) -> None:
    calls: list[int] = []

    def session() -> dict[str, Any]:
        calls.append(1)
        if len(calls) > 1:
            raise RoleSessionError("role reader: hop 2 of 2 was denied")
        return SESSION

    command = "line=$(grep credential_process $AWS_CONFIG_FILE | cut -d= -f2-); eval $line > out 2> err; echo $? > code"
    under_role.run(["sh", "-c", command], session, "eu-west-1", dict(os.environ))

    found = [(folder / name).read_text() for name in ("out", "err", "code")]
    assert found == ["", "role reader: hop 2 of 2 was denied\n", "1\n"]


def test_after_the_command_nobody_answers_any_more(folder: Path) -> None:
    ran("sh", "-c", "cp $(dirname $AWS_CONFIG_FILE)/ask.py . ; dirname $AWS_CONFIG_FILE > where")
    socket = (folder / "where").read_text().strip() + "/socket"

    asked = subprocess.run([sys.executable, "-I", "-S", "ask.py", socket], capture_output=True, text=True)

    assert (asked.returncode, asked.stdout, asked.stderr) == (
        1,
        "",
        "spark-xacct run, which gives the role session, has ended or does not answer ([Errno 2] No such file or directory)\n",
    )


def test_the_asker_shows_no_secret_on_a_terminal(folder: Path) -> None:
    primary, secondary = os.openpty()
    script = ROOT / "spark_xacct" / "launch" / "ask.py"
    asked = subprocess.run([sys.executable, str(script), "x"], stdout=secondary, stderr=subprocess.PIPE, text=True)
    os.close(secondary)
    os.close(primary)

    assert (asked.returncode, asked.stderr) == (1, "this would print secrets on a terminal; it is for AWS SDKs\n")


def test_the_socket_answers_this_user_only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = role_endpoint.RoleEndpoint(folder / "socket", lambda: SESSION)
    script = ROOT / "spark_xacct" / "launch" / "ask.py"
    command = [sys.executable, str(script), str(folder / "socket")]
    mine = subprocess.run(command, capture_output=True, text=True)
    monkeypatch.setattr(role_endpoint, "_user_of", lambda connection: os.getuid() + 1)
    another = subprocess.run(command, capture_output=True, text=True)
    endpoint.close()

    assert stat.S_IMODE((folder / "socket").stat().st_mode) == 0o600
    assert json.loads(mine.stdout) == SESSION
    assert (another.returncode, another.stdout) == (1, "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGINT])
def test_signals_reach_the_command_and_its_code_comes_back(number: signal.Signals, moto: Any, folder: Path) -> None:
    name = number.name.removeprefix("SIG")
    process = started("sh", "-c", f"trap 'exit 42' {name}; touch ready; while :; do sleep 0.05; done")
    for _ in range(600):
        if (folder / "ready").exists():
            break
        time.sleep(0.05)
    process.send_signal(number)

    assert process.wait(30) == 42
    assert not list(folder.glob("spark-xacct-run-*")), "the folder goes with the command"


def test_the_region_is_the_declared_one_and_that_of_the_users_profile_before_it(
    folder: Path, moto: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    region = "import boto3; print(boto3.Session().region_name)"
    declared = finished(sys.executable, "-c", region)
    (folder / "mine").write_text("[default]\nregion = eu-north-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "mine"))

    assert (declared[1], finished(sys.executable, "-c", region)[1]) == ("us-east-1\n", "eu-north-1\n")


def test_a_path_with_blanks_is_one_word_of_the_profile() -> None:
    assert under_role.config_text("eu-west-1", ["/my python/bin/python", "ask.py"]) == (
        '[default]\nregion = eu-west-1\ncredential_process = "/my python/bin/python" ask.py\n'
    )


def asked(path: Path) -> dict[str, Any]:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(path))
        return dict(json.loads(b"".join(iter(lambda: connection.recv(65536), b""))))


def test_whatever_fails_is_an_answer_and_tells_nothing_more(folder: Path) -> None:
    def session() -> dict[str, Any]:
        raise ValueError(SECRETS[0])

    endpoint = role_endpoint.RoleEndpoint(folder / "s", session)
    answer = asked(folder / "s")
    endpoint.close()

    assert answer == {
        "error": "spark-xacct run could not get the role session (ValueError); run it again, or try spark-xacct check"
    }


def test_who_asks_after_there_was_no_thread_for_another_is_answered(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = role_endpoint.RoleEndpoint(folder / "s", lambda: SESSION)
    real, refusals = threading.Thread, [RuntimeError("can't start new thread")]

    def thread(*arguments: Any, **more: Any) -> threading.Thread:
        if refusals:
            raise refusals.pop()
        return real(*arguments, **more)

    monkeypatch.setattr(role_endpoint.threading, "Thread", thread)
    with socket.socket(socket.AF_UNIX) as first:
        first.connect(str(folder / "s"))
        answer = asked(folder / "s")
    endpoint.close()

    assert (answer, refusals) == (SESSION, [])


def test_who_finds_the_queue_full_asks_again(folder: Path) -> None:
    path = str(folder / "s")
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as waits:
        server.bind(path)
        server.listen(0)
        waits.connect(path)
        program = [sys.executable, "-I", "-S", under_role.__file__.replace("under_role", "ask"), path]
        asks = subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(0.5)
        server.accept()[0].close()
        server.settimeout(10)
        connection = server.accept()[0]
        connection.sendall(b'{"Version": 1}')
        connection.close()
        out, err = asks.communicate(timeout=20)

    assert (asks.returncode, out, err) == (0, '{"Version": 1}', "")
