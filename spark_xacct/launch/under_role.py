"""Runs a command under a role: an AWS configuration of its own, nothing before it, signals and exit code passed on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from spark_xacct.aws import environment_before as before
from spark_xacct.launch.aws_errors import LaunchError
from spark_xacct.launch.role_endpoint import RoleEndpoint
from spark_xacct.worker import winners

# What AWS SDKs take before a profile's credential_process, or choose another profile by.
REMOVED = (
    *winners.STATIC_KEYS,
    # Names of the first SDK for Java, which takes them still.
    "AWS_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    before.FULL_URI,
    before.RELATIVE_URI,
    before.TOKEN,
    before.TOKEN_FILE,
    "AWS_CREDENTIAL_FILE",
    before.DEFAULT_ROLE,
    before.PROFILES_OFF,
)
# AWS_BEARER_TOKEN_BEDROCK and its like: a service's own token, taken before any key.
REMOVED_PREFIX = "AWS_BEARER_TOKEN_"
SET = {
    before.CREDENTIALS_FILE: os.devnull,
    "BOTO_CONFIG": os.devnull,
    # SDKs of their first generation for Go and JavaScript read the configuration file only then.
    "AWS_SDK_LOAD_CONFIG": "1",
    # Where the profile fails, some SDKs go on to the instance's own role.
    "AWS_EC2_METADATA_DISABLED": "true",
}
FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
NOT_FOUND, NOT_EXECUTABLE = 127, 126
# Unix: sun_path has 108 bytes.
LONGEST_FOLDER = 80

Session = Mapping[str, Any]


def environment_for(environment: Mapping[str, str], config: Path, keys: Session | None = None) -> dict[str, str]:
    """The command's environment. ``keys``: one session to be put into it, for SDKs that know no credential_process."""
    kept = {
        name: value
        for name, value in environment.items()
        if name not in REMOVED and not name.startswith((before.KEPT_PREFIX, REMOVED_PREFIX))
    }
    static = {} if keys is None else dict(zip(winners.STATIC_KEYS, _values(keys), strict=True))
    # The first SDK for Java reads profiles from the one file that AWS_CREDENTIAL_PROFILES_FILE names.
    files = {before.CONFIG_FILE: str(config), "AWS_CREDENTIAL_PROFILES_FILE": str(config)}
    return {**kept, **SET, **files, **static}


def config_text(region: str, process: Sequence[str] | None) -> str:
    """The AWS configuration: one default profile."""
    lines = ["[default]", f"region = {region}"]
    if process is not None:
        lines.append("credential_process = " + " ".join(map(_word, process)))
    return "\n".join(lines) + "\n"


def run(
    command: Sequence[str],
    session: Callable[[], Session],
    region: str,
    environment: Mapping[str, str],
    static_keys: bool = False,
) -> int:
    """The exit code of the command, as a shell says it. Raises XacctError before it starts where there is no session."""
    keys = session()
    folder = Path(tempfile.mkdtemp(prefix="spark-xacct-run-"))
    if len(str(folder)) > LONGEST_FOLDER:
        folder.rmdir()
        folder = Path(tempfile.mkdtemp(prefix="spark-xacct-run-", dir="/tmp"))
    endpoint = None
    try:
        process = None
        if not static_keys:
            endpoint = RoleEndpoint(folder / "socket", session)
            asker = folder / "ask.py"
            _write(asker, (resources.files("spark_xacct.launch") / "ask.py").read_text(encoding="utf-8"))
            process = [sys.executable, "-I", "-S", str(asker), str(folder / "socket")]
        config = folder / "config"
        _write(config, config_text(region, process))
        return _ran(command, environment_for(environment, config, keys if static_keys else None))
    finally:
        if endpoint is not None:
            endpoint.close()
        shutil.rmtree(folder, ignore_errors=True)


def _ran(command: Sequence[str], environment: Mapping[str, str]) -> int:
    process: subprocess.Popen[bytes] | None = None
    early: list[int] = []

    def pass_on(number: int, frame: Any) -> None:
        if process is None:
            early.append(number)
        else:
            process.send_signal(number)

    # A terminal sends Ctrl-C to both, and the command decides what it means. No SIG_IGN: the command would inherit that.
    on_interrupt = (lambda number, frame: None) if os.isatty(0) else pass_on
    handlers = {**dict.fromkeys(FORWARDED, pass_on), signal.SIGINT: on_interrupt}
    # What nohup, or a shell with "&", has the launcher ignore the command ignores too.
    earlier = {
        number: signal.signal(number, handler)
        for number, handler in handlers.items()
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        process = subprocess.Popen(list(command), env=dict(environment))
        for number in early:
            process.send_signal(number)
        code = process.wait()
    except FileNotFoundError:
        raise LaunchError(f"{command[0]}: there is no such command", NOT_FOUND) from None
    except OSError as error:
        raise LaunchError(f"{command[0]} cannot be run: {error.strerror}", NOT_EXECUTABLE) from None
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _values(keys: Session) -> tuple[str, str, str]:
    return str(keys["AccessKeyId"]), str(keys["SecretAccessKey"]), str(keys["SessionToken"])


def _word(text: str) -> str:
    """A word as every SDK's parser of this line takes it."""
    return f'"{text}"' if " " in text else text
