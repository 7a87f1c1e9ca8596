"""The demo: the main job of ``examples/two-accounts`` against the lab, told by the server's own log."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spark_xacct.aws.caller_arn import is_caller
from spark_xacct.declaration import load
from spark_xacct.lab import environment as exported
from spark_xacct.lab.call_log import Call
from spark_xacct.lab.errors import LabError
from spark_xacct.lab.jars import jar_set, line_of
from spark_xacct.lab.lab import Lab
from spark_xacct.model import AccessMap, Arn, DecisionKind, Location

ROWS = 200
JOB_SECONDS = 900
# How S3A and boto3 introduce themselves in User-Agent.
JVM_AGENTS, PYTHON_AGENTS = ("Hadoop", "aws-sdk-java"), ("Boto3", "boto3")
# The text of a Java exception as Spark prints it: class names, then our sentence.
_OUR_EXCEPTION = "NoAuthWithAWSException: "


@dataclass(frozen=True)
class Reached:
    """One bucket or queue as the server saw it: who came from the JVM and who from Python workers (role-session ARNs)."""

    name: str
    chain: tuple[str, ...]
    jvm: tuple[str, ...]
    python: tuple[str, ...]


@dataclass(frozen=True)
class Refused:
    """One thing that must not work: what was tried, by whom it was refused, and with which words."""

    tried: str
    by: str
    words: str
    held: bool


@dataclass(frozen=True)
class DemoReport:
    """What the demo saw. ``ok``: JVM and workers were the same session, and everything that must be refused was."""

    spark: str
    job_output: str
    reached: tuple[Reached, ...]
    refused: tuple[Refused, ...]
    sts_calls: Mapping[str, int]
    seconds: Mapping[str, float]
    ok: bool


def run(example: Path, line: str, master: str, tell: Callable[[str], None]) -> DemoReport:
    """Runs the example on this interpreter's pyspark. ``line``: a key of JAR_SETS; ``tell`` hears one line a step.

    Raises LabError when the job fails, with the end of its output.
    """
    seconds: dict[str, float] = {}
    declaration = example / "xacct.yaml"
    access_map = load(declaration).access_map
    with _timed(seconds, "jars"):
        tell(f"hadoop-aws and the AWS SDK for Spark {line}")
        jars = jar_set(line)
    with _timed(seconds, "lab"):
        tell("the embedded AWS")
        lab = Lab(access_map).start()
    try:
        _seed(lab)
        environment = _environment(lab, jars, master)
        tell("the job")
        with _timed(seconds, "job"):
            output = _spark(environment, example / "job.py", str(declaration), lab.queue_url("events"))
        calls = lab.calls()
        tell("what must be refused")
        with _timed(seconds, "refusals"):
            refused = (_base_on_partner(lab), *_refused_by_spark(environment, example, declaration))
        reached = _reached(access_map, calls)
    finally:
        lab.stop()
    ok = all(item.held for item in refused) and _same_session(reached)
    return DemoReport(_pyspark_version(), output, reached, refused, _sts_calls(calls), seconds, ok)


class _timed:
    def __init__(self, seconds: dict[str, float], name: str) -> None:
        self._seconds, self._name = seconds, name

    def __enter__(self) -> None:
        self._start = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self._seconds[self._name] = round(time.monotonic() - self._start, 1)


def _seed(lab: Lab) -> None:
    kinds = ("click", "view", "order")
    rows = (json.dumps({"id": number, "kind": kinds[number % 3]}) for number in range(ROWS))
    lab.put("s3://partner-data/events/part-0.json", "\n".join(rows).encode())
    lab.create_bucket("stranger", "444455556666")


def _environment(lab: Lab, jars: Path, master: str) -> dict[str, str]:
    """The lab's exports, with the SDK's jars and the master beside its Spark settings."""
    conf = lab.folder / "demo-conf"
    settings = {
        **lab.spark_properties(),
        "spark.master": master,
        "spark.jars": ",".join(sorted(str(path) for path in jars.glob("*.jar"))),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
    }
    exported.write_properties(conf / "spark-defaults.conf", settings)
    environment = lab.process_environment()
    environment.update(SPARK_CONF_DIR=str(conf), SPARK_LOCAL_IP="127.0.0.1")
    environment.setdefault("PYSPARK_PYTHON", sys.executable)
    return environment


def _spark(environment: Mapping[str, str], program: Path, *arguments: str) -> str:
    command = [sys.executable, str(program), *arguments]
    try:
        done = subprocess.run(
            command, env=dict(environment), capture_output=True, text=True, timeout=JOB_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise LabError(f"{program.name} did not end within {JOB_SECONDS} s") from None
    if done.returncode != 0:
        raise LabError(f"{program.name} ended with {done.returncode}:\n{done.stderr[-4000:]}")
    return done.stdout.strip()


def _refused_by_spark(environment: Mapping[str, str], example: Path, declaration: Path) -> list[Refused]:
    wrong = dict(environment, SINK_EXTERNAL_ID="wrong-external-id")
    output = _spark(wrong, example / "refusals.py", str(declaration))
    answers = dict(line.split("\t", 1) for line in output.splitlines() if "\t" in line)
    return [
        _refused(
            answers, "s3a://stranger/data/", "an undeclared bucket under otherwise: deny", "the plan", "is not declared"
        ),
        _refused(answers, "s3a://partner-out/counts/", "role sink with a wrong external id", "STS", "refused by STS"),
    ]


def _refused(answers: Mapping[str, str], location: str, tried: str, by: str, must_say: str) -> Refused:
    words = answers.get(location, "no answer")
    return Refused(tried, by, words.rpartition(_OUR_EXCEPTION)[2], must_say in words)


def _base_on_partner(lab: Lab) -> Refused:
    """The base identity itself on the partner's bucket, without spark-xacct."""
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config
    from botocore.exceptions import ClientError

    exports = lab.environment()
    common: dict[str, Any] = {"endpoint_url": lab.endpoint, "region_name": exports["AWS_REGION"]}
    sts = boto3.client("sts", config=Config(signature_version=UNSIGNED), **common)
    token = Path(exports["AWS_WEB_IDENTITY_TOKEN_FILE"]).read_text(encoding="ascii")
    keys = sts.assume_role_with_web_identity(
        RoleArn=exports["AWS_ROLE_ARN"], RoleSessionName="demo-as-base", WebIdentityToken=token
    )["Credentials"]
    s3 = boto3.client(
        "s3",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
        config=Config(s3={"addressing_style": "path"}),
        **common,
    )
    tried = "the base identity itself on partner-data"
    try:
        s3.get_object(Bucket="partner-data", Key="events/part-0.json")
    except ClientError as error:
        return Refused(tried, "S3", error.response["Error"]["Code"], error.response["Error"]["Code"] == "AccessDenied")
    return Refused(tried, "nobody", "it was read", False)


def _reached(access_map: AccessMap, calls: list[Call]) -> tuple[Reached, ...]:
    result = []
    for bucket in ("partner-data", "partner-out"):
        decision = access_map.decide(Location("s3a", bucket))
        assert decision.kind is DecisionKind.ROLE
        mine = [call for call in calls if call.bucket == bucket and call.operation in ("GetObject", "PutObject")]
        result.append(_told(bucket, tuple(map(str, decision.chain)), mine))
    role = access_map.chain("partner")
    sent = [call for call in calls if call.operation == "SendMessage"]
    result.append(_told("queue events", tuple(str(hop.arn) for hop in role), sent))
    return tuple(result)


def _told(name: str, chain: tuple[str, ...], calls: list[Call]) -> Reached:
    def who(agents: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(
            sorted({str(call.who) for call in calls if call.user_agent.startswith(agents) and call.status < 300})
        )

    return Reached(name, chain, who(JVM_AGENTS), who(PYTHON_AGENTS))


def _same_session(reached: tuple[Reached, ...]) -> bool:
    """Whether the JVM on partner-data and the workers on the queue were one role session by ARN, which holds its name, and
    each bucket was reached by a session of the last role of its chain and by nobody else."""
    by_name = {item.name: item for item in reached}
    read, written, sent = by_name["partner-data"], by_name["partner-out"], by_name["queue events"]
    return (
        _is_of_its_role(read, read.jvm)
        and _is_of_its_role(written, written.jvm)
        and _is_of_its_role(sent, sent.python)
        and read.jvm == sent.python
    )


def _is_of_its_role(reached: Reached, sessions: tuple[str, ...]) -> bool:
    return len(sessions) == 1 and is_caller(sessions[0], Arn.parse_role(reached.chain[-1]))


def _sts_calls(calls: list[Call]) -> dict[str, int]:
    found = Counter(str(call.requested["RoleArn"]) for call in calls if call.operation.startswith("AssumeRole"))
    return dict(sorted(found.items()))


def _pyspark_version() -> str:
    from pyspark import __version__

    return str(__version__)


def example_folder(package: Path) -> Path:
    """The example's folder: in a checkout beside the package, in a wheel inside it."""
    for folder in (package.parent / "examples" / "two-accounts", package / "examples" / "two-accounts"):
        if (folder / "job.py").is_file():
            return folder
    raise LabError(f"examples/two-accounts is neither in {package.parent} nor in {package}; name it: --example DIR")


def default_line() -> str:
    """The line of the pyspark found, as ``jar_set`` takes it. Raises LabError without one."""
    try:
        version = _pyspark_version()
    except ImportError:
        raise LabError(f"pyspark is not installed in {os.path.dirname(sys.executable)}; pip install pyspark") from None
    return line_of(version)
