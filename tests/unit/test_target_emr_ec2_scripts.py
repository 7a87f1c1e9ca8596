"""The scripts of target emr-ec2, run in a sandbox: a fake ``aws``, folders of a test in place of a node's.

``create-cluster.sh`` and ``add-steps.sh`` are also run with the real AWS CLI, where it is installed, against a server on loopback.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
from fakes.aws_command import AwsCommand, cluster_request, steps_request
from fakes.http import LoopbackServer, Request
from fakes.target_plans import large, named
from test_target_emr_ec2 import AUXLIB, RUNTIME, plan_of, render

from spark_xacct import targets
from spark_xacct.model import BaseKind
from spark_xacct.targets import aws_model
from spark_xacct.targets.job import JAR_NAME

JAR = b"the jar\n" * 1_000
SHA256 = hashlib.sha256(JAR).hexdigest()
OTHER = "f" * 64
STAGED = f"s3://corp-dev-code/xacct/{JAR_NAME}"
OLDER = "spark-xacct-0.0.9.jar"
# What the shell must say of the external id that these plans name, and what stands for it in files.
ID = {"PARTNER_EXTERNAL_ID": "partner/7,a:b"}
PLACEHOLDER = "<external id of role partner>"
AWS_SAID = "fatal error: Unable to locate credentials"
CASES = [
    ("new", named(), "emr-7.9.0", {}),
    ("new, 8.x, logs", plan_of(), "emr-spark-8.1.0", {"logs": "s3://corp-dev-logs/emr/"}),
    ("new, 60 buckets", large("aws-us-gov", "us-gov-west-1"), "emr-7.14.0", {}),
    ("new, words for a shell", plan_of(), "emr-7.12.0", {"name": "o'neil $(id) \"x\"", "arguments": ("`id`", "a b", "$HOME", "")}),
    ("new, runtime role", plan_of(BaseKind.EMR_RUNTIME_ROLE, RUNTIME), "emr-7.12.0", {}),
    ("running", named(), "emr-7.9.0", {"on": "j-1ABC"}),
    ("running, runtime role", plan_of(BaseKind.EMR_RUNTIME_ROLE, RUNTIME), "emr-7.12.0", {"on": "j-1ABC"}),
    ("running, spark.jars", plan_of(), "emr-7.12.0", {"on": "j-1ABC", "spark_jars": True, "parameters": ("--num-executors", "4")}),
]  # fmt: skip
EVERY_CASE = pytest.mark.parametrize(
    ("plan", "release", "job"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)


@pytest.fixture
def aws(tmp_path: Path) -> AwsCommand:
    fake = AwsCommand(tmp_path / "sandbox")
    fake.put(STAGED, JAR)
    return fake


def filled(request: Any) -> Any:
    """A request with the external id that the shell says."""
    return json.loads(json.dumps(request).replace(PLACEHOLDER, ID["PARTNER_EXTERNAL_ID"]))


def written(rendered: targets.Rendered, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in rendered.files().items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def files_below(folder: Path) -> dict[str, tuple[bytes, str]]:
    """Content and mode of each file, by its path."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), oct(stat.S_IMODE(path.stat().st_mode)))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def ours(text: str, folder: Path) -> list[str]:
    """Our lines, with the sandbox left out of paths."""
    return [line.replace(f"{folder}/", "") for line in text.splitlines() if line.startswith("spark-xacct ")]


@EVERY_CASE
def test_every_script_is_one_to_its_shell(plan, release, job):
    for name, text in render(plan, release, **job).files().items():
        if name.endswith(".sh"):
            shell = text.splitlines()[0].removeprefix("#!/bin/")
            answer = subprocess.run([shell, "-n"], input=text, text=True, capture_output=True, check=False)
            assert (name, answer.returncode, answer.stderr) == (name, 0, "")


# bootstrap.sh

PLACE = f"opt/{SHA256[:12]}/{JAR_NAME}"
GOOD = {PLACE: (JAR, "0o644")}


@pytest.mark.parametrize(
    ("does", "arguments", "before", "says", "after"),
    [
        ("copies", [STAGED, SHA256], {}, [f"{PLACE} is in place"], GOOD),
        (
            "copies", [STAGED, SHA256, "{folder}/aux", "{folder}/other"], {},
            [f"{PLACE} is in place", f"aux/{JAR_NAME} is in place", f"other/{JAR_NAME} is in place"],
            {**GOOD, f"aux/{JAR_NAME}": (JAR, "0o644"), f"other/{JAR_NAME}": (JAR, "0o644")},
        ),
        ("fails", [STAGED, SHA256], {PLACE: JAR}, [f"{PLACE} is there"], GOOD),
        ("copies", [STAGED, SHA256], {PLACE: b"half"}, [f"{PLACE} is in place"], GOOD),
        (
            "copies", [STAGED, OTHER], {},
            [f"{STAGED} has another sha256 than {OTHER}, so it was thrown away; stage the jar that these files were rendered for"], {},
        ),
        ("fails", [STAGED, SHA256], {}, [f"{STAGED} could not be fetched within 2 s; the instance profile needs s3:GetObject on it"], {}),
        ("breaks", [STAGED, SHA256], {}, [f"{STAGED} could not be fetched within 2 s; the instance profile needs s3:GetObject on it"], {}),
        ("hangs", [STAGED, SHA256], {}, [f"{STAGED} could not be fetched within 2 s; the instance profile needs s3:GetObject on it"], {}),
        ("copies", [STAGED, SHA256], {"opt": b"in the way"}, [f"{PLACE} could not be written"], {"opt": (b"in the way", "0o644")}),
        (
            "copies", [STAGED, SHA256, "{folder}/aux/lib"], {"aux": b"in the way"},
            [f"{PLACE} is in place", "aux/lib could not be written"], {**GOOD, "aux": (b"in the way", "0o644")},
        ),
        (
            "copies", [STAGED, "<sha256 of the jar>"], {},
            [f'nothing was done: wanted the S3 URI of a spark-xacct jar and its sha256, got "{STAGED}" and "<sha256 of the jar>"'], {},
        ),
        (
            "copies", ["s3://code/other.jar", SHA256], {},
            [f'nothing was done: wanted the S3 URI of a spark-xacct jar and its sha256, got "s3://code/other.jar" and "{SHA256}"'], {},
        ),
        ("copies", [], {}, ['nothing was done: wanted the S3 URI of a spark-xacct jar and its sha256, got "" and ""'], {}),
    ],
    ids=["good", "folders", "second run", "half a jar there", "wrong digest", "no credentials", "half a download", "no network",
         "folder in the way", "auxlib in the way", "no digest", "another jar", "no arguments"],
)  # fmt: skip
def test_the_bootstrap_action_never_fails_and_leaves_the_jar_or_nothing(aws, does, arguments, before, says, after):
    node = aws.folder / "node"
    node.mkdir()
    for name, content in before.items():
        (node / name).parent.mkdir(parents=True, exist_ok=True)
        (node / name).write_bytes(content)
        (node / name).chmod(0o644)
    script = written(render(named(), "emr-7.9.0"), aws.folder / "rendered") / "bootstrap.sh"
    words = [word.replace("{folder}", str(node)) for word in arguments]
    environment = {"SPARK_XACCT_ROOT": str(node / "opt"), "SPARK_XACCT_TIMEOUT": "2"}

    answer = aws.run(["bash", str(script), *words], does, environment)

    assert (answer.returncode, answer.stdout) == (0, "")
    assert ours(answer.stderr, node) == [f"spark-xacct bootstrap: {line}" for line in says]
    assert (AWS_SAID in answer.stderr) is (does == "fails" and not before)
    assert files_below(node) == after
    assert list(aws.temporary().iterdir()) == []


def test_the_bootstrap_action_ends_with_0_where_even_its_own_words_cannot_be_written(aws):
    script = written(render(named(), "emr-7.9.0"), aws.folder / "rendered") / "bootstrap.sh"
    command = ["bash", "-c", 'bash "$0" "$@" 2>&-', str(script), STAGED, OTHER]
    assert aws.run(command, environment={"SPARK_XACCT_ROOT": str(aws.folder / "opt")}).returncode == 0


def test_who_is_not_root_asks_sudo_and_is_never_asked_for_a_password(aws):
    aws.command("id", "#!/bin/sh\necho 1000\n")
    node = aws.folder / "node"
    (node / "spark").mkdir(parents=True)
    folder = written(render(named(), "emr-7.9.0"), aws.folder / "rendered")
    environment = {"SPARK_XACCT_ROOT": str(node / "opt")}
    for script, more in (("bootstrap.sh", []), ("install.sh", [str(node / "spark")])):
        assert aws.run(["bash", str(folder / script), STAGED, SHA256, *more], environment=environment).returncode == 0
    asked = (aws.folder / "sudo").read_text(encoding="utf-8").splitlines()
    assert [line.split(" ")[:2] for line in asked] == [["-n", "install"], ["-n", "mv"]] * 2
    assert set(files_below(node)) == {PLACE, f"spark/{JAR_NAME}"}


# install.sh, as its step runs it


def step_of(rendered: targets.Rendered, node: Path, sha256: str) -> list[str]:
    """The words of the install step, with the node's folders in the sandbox."""
    words = rendered.data["create_cluster"]["Steps"][0]["HadoopJarStep"]["Args"]
    moved = {"/usr/lib/spark/jars": str(node / "spark"), AUXLIB: str(node / "aux"), "0123456789ab" + "c" * 52: sha256}
    return [moved.get(word, word) for word in words]


SPARK, AUX = f"spark/{JAR_NAME}", f"aux/{JAR_NAME}"
IN_BOTH = {SPARK: (JAR, "0o644"), AUX: (JAR, "0o644")}
NOT_FETCHED = f"{STAGED} could not be fetched within 2 s; the instance profile needs s3:GetObject on it"
KEPT = {"spark/keep.jar": b"of Spark"}
KEPT_AFTER = {"spark/keep.jar": (b"of Spark", "0o644")}
IN_PLACE = [f"{SPARK} is in place", f"{AUX} is in place"]


@pytest.mark.parametrize(
    ("does", "sha256", "before", "code", "says", "after"),
    [
        ("copies", SHA256, KEPT, 0, [*IN_PLACE, f"done, sha256 {SHA256}"], {**IN_BOTH, **KEPT_AFTER}),
        (
            "copies", SHA256, {**KEPT, PLACE: JAR}, 0, [f"{PLACE} is there", *IN_PLACE, f"done, sha256 {SHA256}"],
            {**IN_BOTH, **KEPT_AFTER, PLACE: (JAR, "0o644")},
        ),
        (
            "copies", SHA256, {SPARK: JAR, AUX: JAR}, 0, [f"{SPARK} is there", f"{AUX} is there", f"done, sha256 {SHA256}"], IN_BOTH,
        ),
        (
            "copies", SHA256, {f"spark/{OLDER}": b"old", f"aux/{OLDER}": b"old", **KEPT}, 0,
            [IN_PLACE[0], f"spark/{OLDER} was removed", IN_PLACE[1], f"aux/{OLDER} was removed", f"done, sha256 {SHA256}"],
            {**IN_BOTH, **KEPT_AFTER},
        ),
        ("copies", SHA256, {SPARK: b"another build", **KEPT}, 0, [*IN_PLACE, f"done, sha256 {SHA256}"], {**IN_BOTH, **KEPT_AFTER}),
        (
            "copies", SHA256, {**KEPT, "spark-defaults.conf": b"spark.master yarn\nspark.yarn.archive hdfs:///libs.zip\n"}, 0,
            [*IN_PLACE,
             "WARNING: spark-defaults.conf sets spark.yarn.jars or spark.yarn.archive, so Spark does not send {spark} along: put the jar "
             "there too",
             f"done, sha256 {SHA256}"],
            {**IN_BOTH, **KEPT_AFTER, "spark-defaults.conf": (b"spark.master yarn\nspark.yarn.archive hdfs:///libs.zip\n", "0o644")},
        ),
        (
            "copies", OTHER, {**KEPT, f"spark/{OLDER}": b"old"}, 1,
            [f"{STAGED} has another sha256 than {OTHER}; stage the jar that these files were rendered for"],
            {**KEPT_AFTER, f"spark/{OLDER}": (b"old", "0o644")},
        ),
        (
            "copies", "<sha256 of the jar>", KEPT, 1, ['"<sha256 of the jar>" is not a sha256: 64 digits of 0-9 and a-f'], KEPT_AFTER,
        ),
        (
            "copies", SHA256, {}, 1,
            ["{spark} is not there: Spark is not installed on this node, or not yet, as in a bootstrap action"], {},
        ),
        (
            "copies", SHA256, {**KEPT, "aux": b"in the way"}, 1, [IN_PLACE[0], f"{AUX} could not be written"],
            {**KEPT_AFTER, SPARK: (JAR, "0o644"), "aux": (b"in the way", "0o644")},
        ),
    ],
    ids=["good", "after the bootstrap action", "second run", "older jar", "same version, another build", "spark.yarn.archive",
         "wrong digest", "no digest", "no Spark", "auxlib in the way"],
)  # fmt: skip
def test_the_install_step_puts_the_jar_or_fails_with_a_line(aws, does, sha256, before, code, says, after):
    node = aws.folder / "node"
    for name, content in before.items():
        (node / name).parent.mkdir(parents=True, exist_ok=True)
        (node / name).write_bytes(content)
        (node / name).chmod(0o644)
    rendered = render(named(), "emr-7.9.0")
    words = step_of(rendered, node, sha256)
    aws.put(words[3], rendered.files()["install.sh"].encode())

    answer = aws.run(words, does, sandbox(node))

    assert answer.returncode == code
    expected = [f"spark-xacct install: {line}".replace("{spark}", "spark") for line in says]
    assert ours((answer.stdout + answer.stderr).replace(f"{node}/spark ", "spark "), node) == expected
    assert (expected[-1] in answer.stderr.replace(f"{node}/", "")) is (code != 0)
    assert files_below(node) == after
    assert [path for path in aws.temporary().iterdir() if path.read_bytes() == JAR] == []


def sandbox(node: Path) -> dict[str, str]:
    return {
        "SPARK_XACCT_ROOT": str(node / "opt"),
        "SPARK_XACCT_SPARK_DEFAULTS": str(node / "spark-defaults.conf"),
        "SPARK_XACCT_TIMEOUT": "2",
    }


@pytest.mark.parametrize("does", ["fails", "breaks", "hangs"])
def test_a_jar_that_cannot_be_fetched_fails_the_step_and_changes_nothing(aws, does):
    node = aws.folder / "node"
    (node / "spark").mkdir(parents=True)
    (node / "spark" / OLDER).write_bytes(b"old")
    script = written(render(named(), "emr-7.9.0"), aws.folder / "rendered") / "install.sh"
    before = files_below(node)

    answer = aws.run(["bash", str(script), STAGED, SHA256, str(node / "spark")], does, sandbox(node))

    assert (answer.returncode, answer.stdout) == (1, "")
    assert ours(answer.stderr, node) == [f"spark-xacct install: {NOT_FETCHED}"]
    assert files_below(node) == before
    assert list(aws.temporary().iterdir()) == []


def test_a_script_that_cannot_be_fetched_fails_the_step(aws):
    words = step_of(render(named(), "emr-7.9.0"), aws.folder / "node", SHA256)
    assert aws.run(words, "fails").returncode == 1
    # Half a script is never run.
    aws.put(words[3], b"touch ran")
    assert aws.run(words, "breaks").returncode == 1
    assert not (aws.folder / "ran").exists()


def test_a_jar_that_others_cannot_read_is_put_again(aws):
    node = aws.folder / "node"
    (node / "spark").mkdir(parents=True)
    (node / SPARK).write_bytes(JAR)
    (node / SPARK).chmod(0o600)
    script = written(render(named(), "emr-7.9.0"), aws.folder / "rendered") / "install.sh"
    assert (
        aws.run(["bash", str(script), STAGED, SHA256, str(node / "spark")], environment=sandbox(node)).returncode == 0
    )
    assert files_below(node) == {SPARK: (JAR, "0o644")}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "wanted the S3 URI of the jar, its sha256 and a folder, got 0 arguments"),
        ([STAGED, SHA256], "wanted the S3 URI of the jar, its sha256 and a folder, got 2 arguments"),
        (["s3://code/x.jar", SHA256, "/tmp"], '"s3://code/x.jar" is not the S3 URI of a spark-xacct jar'),
    ],
)
def test_wrong_arguments_of_the_install_step_are_named(aws, words, says):
    script = written(render(named(), "emr-7.9.0"), aws.folder / "rendered") / "install.sh"
    answer = aws.run(["bash", str(script), *words])
    assert (answer.returncode, answer.stdout, answer.stderr) == (1, "", f"spark-xacct install: {says}\n")


# create-cluster.sh and add-steps.sh


@pytest.fixture
def jar(tmp_path: Path) -> Path:
    path = tmp_path / "a jar" / JAR_NAME
    path.parent.mkdir()
    path.write_bytes(JAR)
    return path


@EVERY_CASE
@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_the_scripts_stage_and_make_the_very_requests(aws, jar, plan, release, job, shell):
    rendered = render(plan, release, jar_sha256=SHA256, **job)
    folder = written(rendered, aws.folder / "rendered here")
    (aws.s3 / STAGED.removeprefix("s3://")).unlink()
    data = rendered.data

    for script in [name for name in ("create-cluster.sh", "add-steps.sh") if name in rendered.files()]:
        before = len(aws.calls())
        environment = {"SPARK_XACCT_JAR": str(jar), "CLUSTER_ID": "j-1ABC", **ID}
        answer = aws.run([shell, str(folder / script)], environment=environment)
        assert (answer.returncode, answer.stderr.count("\n")) == (0, int("add_install" in data))
        calls = [call for call in aws.calls()[before:] if call[0] == "emr"]
        if script == "create-cluster.sh":
            (call,) = calls
            request = cluster_request(call, folder, aws.kept)
            assert request == filled(data["create_cluster"])
            assert list(aws_model.problems("emr", "RunJobFlow", request)) == []
        else:
            made = [steps_request(call) for call in calls if call[1] == "add-steps"]
            wanted = [data[name] for name in ("add_install", "add_steps") if name in data]
            assert made == [{**filled(one), "JobFlowId": "j-1ABC"} for one in wanted]
            assert [call[1] for call in calls] == ["add-steps", "wait", "add-steps"][0 if len(wanted) == 2 else 2 :]

    staged = {str(path.relative_to(aws.s3)): path.read_bytes() for path in aws.s3.rglob("*") if path.is_file()}
    scripts = {
        f"corp-dev-code/xacct/{JAR_NAME.removesuffix('.jar')}/{name}": rendered.files()[name].encode()
        for name in ("bootstrap.sh", "install.sh")
        if name in rendered.files()
    }
    assert staged == {STAGED.removeprefix("s3://"): JAR, **scripts}


def test_more_options_win_over_the_rendered_ones(aws, jar):
    folder = written(render(plan_of(), jar_sha256=SHA256), aws.folder / "rendered")
    more = ["--ec2-attributes", '{"InstanceProfile": "other", "SubnetId": "subnet-1"}', "--log-uri", "s3://logs/"]
    environment = {"SPARK_XACCT_JAR": str(jar), **ID}
    answer = aws.run(["sh", str(folder / "create-cluster.sh"), *more], environment=environment)
    assert answer.returncode == 0
    request = cluster_request(aws.calls()[-1], folder, aws.kept)
    assert (request["JobFlowRole"], request["LogUri"]) == ("other", "s3://logs/")


@pytest.mark.parametrize("script", ["create-cluster.sh", "add-steps.sh"])
def test_another_jar_than_the_rendered_one_is_not_staged(aws, jar, script):
    on = None if script == "create-cluster.sh" else "j-1ABC"
    folder = written(render(plan_of(), on=on, jar_sha256=OTHER), aws.folder / "rendered")
    answer = aws.run(["sh", str(folder / script)], environment={"SPARK_XACCT_JAR": str(jar), **ID})
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == (
        f"{jar} has sha256 {SHA256}, and these files were rendered for {OTHER}; render them again\n"
    )
    assert aws.calls() == []


def test_without_a_cluster_add_steps_asks_for_one(aws):
    folder = written(render(plan_of()), aws.folder / "rendered")
    answer = aws.run(["sh", str(folder / "add-steps.sh")])
    assert answer.returncode != 0
    assert answer.stderr.endswith("say which cluster: CLUSTER_ID=j-... sh add-steps.sh\n")
    assert aws.calls() == []


def test_the_job_is_not_added_where_the_install_does_not_complete(aws, jar):
    folder = written(render(plan_of(), on="j-1ABC", jar_sha256=SHA256), aws.folder / "rendered")
    environment = {"SPARK_XACCT_JAR": str(jar), "FAKE_AWS_WAIT": "255", **ID}
    answer = aws.run(["sh", str(folder / "add-steps.sh")], environment=environment)
    assert answer.returncode == 1
    assert answer.stderr == (
        "step s-1 installs the jar\n"
        "step s-1 has not completed; see: aws emr describe-step --cluster-id j-1ABC --step-id s-1\n"
    )
    assert [call[:2] for call in aws.calls()][-1] == ["emr", "wait"]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "PARTNER_EXTERNAL_ID: is the external id of role partner; export it"),
        ("", "PARTNER_EXTERNAL_ID: is the external id of role partner; export it"),
        ("a|b", "PARTNER_EXTERNAL_ID, the external id of role partner, holds what STS does not take in one"),
        ('"; id', "PARTNER_EXTERNAL_ID, the external id of role partner, holds what STS does not take in one"),
    ],
)
@pytest.mark.parametrize(("script", "on"), [("create-cluster.sh", None), ("add-steps.sh", "j-1ABC")])
@pytest.mark.parametrize("shell", ["sh", "bash", "dash"])
def test_nothing_is_staged_or_made_without_the_external_id_of_the_environment(aws, jar, script, on, value, says, shell):
    folder = written(render(plan_of(), on=on, jar_sha256=SHA256), aws.folder / "rendered")
    environment = {"SPARK_XACCT_JAR": str(jar)} | ({} if value is None else {"PARTNER_EXTERNAL_ID": value})
    answer = aws.run([shell, str(folder / script)], environment=environment)
    assert answer.returncode != 0
    assert answer.stderr.rstrip().endswith(says)
    assert (aws.calls(), list(aws.temporary().iterdir())) == ([], [])


def test_a_script_whose_files_hold_no_external_id_asks_for_none(aws, jar):
    of_new = written(render(plan_of(), jar_sha256=SHA256), aws.folder / "new")
    said = ("spark.yarn.appMasterEnv", "spark.executorEnv")
    parameters = tuple(f"--conf {prefix}.PARTNER_EXTERNAL_ID=mine" for prefix in said)
    with_own = written(render(plan_of(), on="j-1ABC", parameters=parameters, jar_sha256=SHA256), aws.folder / "own")
    for folder in (of_new, with_own):
        environment = {"SPARK_XACCT_JAR": str(jar), "CLUSTER_ID": "j-1ABC"}
        assert aws.run(["sh", str(folder / "add-steps.sh")], environment=environment).returncode == 0


# With the real AWS CLI


class Emr(LoopbackServer):
    """Takes any request of EMR, and PutObject of S3; keeps what EMR was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []
        super().__init__()

    def answer(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        operation = request.headers.get("x-amz-target", "").partition(".")[2]
        if not operation:
            return 200, {"ETag": '"x"'}, b""
        with self.lock:
            self.asked.append((operation, json.loads(request.body)))
        answers = {
            "RunJobFlow": {"JobFlowId": "j-1ABC"},
            "AddJobFlowSteps": {"StepIds": ["s-1"]},
            "DescribeStep": {"Step": {"Id": "s-1", "Status": {"State": "COMPLETED"}}},
            "DescribeCluster": {"Cluster": {"Id": "j-1ABC", "ReleaseLabel": "emr-7.12.0"}},
        }
        return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(answers[operation]).encode()


needs_aws_cli = pytest.mark.skipif(
    shutil.which("aws") is None, reason="no AWS CLI on the PATH: our options were read by a fake only"
)


@needs_aws_cli
@pytest.mark.parametrize(
    ("plan", "release", "job"),
    [
        pytest.param(
            *case[1:], id=case[0], marks=() if case[0] in ("new, words for a shell", "running") else pytest.mark.slow
        )
        for case in CASES
    ],
)
def test_the_real_aws_cli_makes_the_very_requests(tmp_path, jar, plan, release, job):
    rendered = render(plan, release, jar_sha256=SHA256, **job)
    folder = written(rendered, tmp_path / "rendered")
    with Emr() as emr:
        (tmp_path / "bin").mkdir()
        # The CLI's own commands for EMR do not look at AWS_ENDPOINT_URL.
        (tmp_path / "bin" / "aws").write_text(f'#!/bin/sh\nexec {shutil.which("aws")} --endpoint-url {emr.url} "$@"\n')
        (tmp_path / "bin" / "aws").chmod(0o755)
        environment = {
            "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
            "HOME": os.environ.get("HOME", str(tmp_path)),
            "SPARK_XACCT_JAR": str(jar),
            "CLUSTER_ID": "j-1ABC",
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "AKIAFAKE",
            "AWS_SECRET_ACCESS_KEY": "fake",
            "AWS_CONFIG_FILE": str(tmp_path / "none"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
            **ID,
        }
        for script in [name for name in ("create-cluster.sh", "add-steps.sh") if name in rendered.files()]:
            command = ["sh", str(folder / script)]
            answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
            assert answer.returncode == 0, answer.stderr
        asked = [one for one in emr.asked if not one[0].startswith("Describe")]
    operations = {"create_cluster": "RunJobFlow", "add_install": "AddJobFlowSteps", "add_steps": "AddJobFlowSteps"}
    data = filled(rendered.data)
    wanted = [(operation, data[name]) for name, operation in operations.items() if name in data]
    assert asked == [
        (operation, {**request, "JobFlowId": "j-1ABC"} if "JobFlowId" in request else request)
        for operation, request in wanted
    ]
