"""Pages say what is so: quoted commands print it, tables are made from code, links lead somewhere, error texts exist."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import click
import pytest

import spark_xacct
from spark_xacct import declaration, targets
from spark_xacct.aws import failure
from spark_xacct.cli.application import cli
from spark_xacct.model import Arn

ROOT = Path(__file__).parents[2]


def _generate():
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


generate = _generate()
PAGES = generate.pages()
TEXTS = {page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8") for page in PAGES}
EVERY_PAGE = pytest.mark.parametrize("name", TEXTS)


@EVERY_PAGE
def test_tables_and_quoted_commands_are_what_code_says_today(name):
    """Where this fails: python docs/generate.py"""
    assert generate.written(TEXTS[name]) == TEXTS[name]


def test_commands_are_quoted_where_a_reader_begins():
    quoted = {name for name, text in TEXTS.items() if generate._OUTPUT.search(text)}
    assert {"README.md", "docs/getting-started.md", "docs/configuration.md", "docs/troubleshooting.md"} <= quoted


def test_a_page_that_is_not_up_to_date_is_named_and_rewritten():
    page = (
        "<!-- output -->\n```console\n$ spark-xacct check\nall is well\n```\n<!-- table names -->\nold\n<!-- end -->\n"
    )
    now = generate.written(page)
    assert "all is well" not in now
    assert "xacct.yaml: good: plan " in now
    assert "| `fs.xacct.plan` | `SPARK_XACCT_PLAN` |" in now
    assert generate.written(now) == now


def test_dots_stand_for_any_text_and_only_for_that():
    page = "<!-- output -->\n```console\n$ spark-xacct check\n{}\n```\n"
    good, bad = page.format("xacct.yaml: good: ..."), page.format("xacct.yaml: bad: ...")
    assert generate.written(good) == good
    with pytest.raises(generate.Misfit, match="this is no longer so, change it by hand:"):
        generate.written(bad)


@pytest.mark.parametrize("command", ["lab up", "iam verify", "submit glue"])
def test_pages_run_only_commands_that_ask_nobody(command):
    page = f"<!-- output -->\n```console\n$ spark-xacct {command}\n```\n"
    with pytest.raises(SystemExit, match=r"pages quote spark-xacct check\|explain\|import\|render\|schema only"):
        generate.written(page)


def test_a_file_of_the_project_is_shown_as_it_stands():
    page = "<!-- file docs/examples/chain.yaml -->\n```yaml\n{}```\n"
    content = (ROOT / "docs" / "examples" / "chain.yaml").read_text(encoding="utf-8")
    assert generate.written(page.format("version: 0\n")) == page.format(content)


def _commands(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for below in command.list_commands(context):
            yield from _commands(command.get_command(context, below), f"{name} {below}")


COMMANDS = dict(_commands(cli, "spark-xacct"))


@pytest.mark.parametrize("name", list(COMMANDS)[1:])
def test_every_command_stands_on_its_page_with_every_option_and_what_it_means(name):
    (section,) = re.findall(rf"^## `{name}`\n(.*?)(?=^## |\Z)", TEXTS["docs/command-line.md"], re.DOTALL | re.MULTILINE)
    options = [parameter for parameter in COMMANDS[name].params if isinstance(parameter, click.Option)]
    assert [option.name for option in options if option.opts[0] not in section] == []
    assert [option.name for option in options if not option.help] == []


@pytest.mark.parametrize("name", sorted(set(spark_xacct.__all__) - {"__version__"}))
def test_every_function_of_the_package_stands_on_its_page_with_its_parameters(name):
    (code,) = re.findall(
        rf"^### `{name}`\n\n```python\n(.*?)```", TEXTS["docs/python-api.md"], re.DOTALL | re.MULTILINE
    )
    (definition,) = ast.parse(code).body
    named = [*definition.args.args, *filter(None, [definition.args.kwarg])]
    assert [argument.arg for argument in named] == list(inspect.signature(getattr(spark_xacct, name)).parameters)


def test_every_mapping_of_a_declaration_has_its_table():
    tables = set(re.findall(r"<!-- table ([a-z0-9-]+) -->", TEXTS["docs/configuration.md"]))
    assert set(generate.every_section()) <= tables
    assert {"role-fields", "base-identities", "targets", "releases", "names"} <= tables


@pytest.mark.parametrize("environment", [None, "prod"])
def test_the_declaration_that_shows_everything_is_good(environment):
    (text,) = re.findall(r"<!-- declaration -->\n```yaml\n(.*?)```", TEXTS["docs/configuration.md"], re.DOTALL)
    assert declaration.loads(text, environment=environment).notes == ()


def test_the_declaration_on_the_iam_page_is_the_one_that_its_commands_read():
    (text,) = re.findall(r"<!-- iam.yaml -->\n```yaml\n(.*?)```", TEXTS["docs/iam.md"], re.DOTALL)
    comment, _, read = (ROOT / "docs" / "examples" / "iam.yaml").read_text(encoding="utf-8").partition("\n")
    assert (comment[:1], read) == ("#", text)


@EVERY_PAGE
def test_python_on_pages_is_python(name):
    for code in re.findall(r"```python\n(.*?)```", TEXTS[name], re.DOTALL):
        ast.parse(code)


def test_make_targets_on_pages_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {word for text in TEXTS.values() for word in re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE)}
    assert named
    assert named <= targets


# Links


def _prose(text: str) -> str:
    return re.sub(r"```.*?```", "", text, flags=re.DOTALL)


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", _prose(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@EVERY_PAGE
def test_links_inside_the_project_lead_somewhere(name):
    for target in re.findall(r"\]\(([^)]+)\)", _prose(TEXTS[name])):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        page = ((ROOT / name).parent / path).resolve() if path else ROOT / name
        assert page.exists(), target
        if anchor:
            assert anchor in _anchors(page.read_text(encoding="utf-8")), target


# Who may be named
HOSTS = {
    "127.0.0.1",
    "aws.amazon.com",
    "aws.github.io",
    "docs.aws.amazon.com",
    "docs.python.org",
    "github.com",
    "hadoop.apache.org",
    "iceberg.apache.org",
    "issues.apache.org",
    "semver.org",
    "spark.apache.org",
    "sqs.us-east-1.amazonaws.com",
    "sts.eu-west-1.amazonaws.com",
}


@EVERY_PAGE
def test_pages_name_public_hosts_only(name):
    assert set(re.findall(r"https?://([^/\s:`)>\"]+)", TEXTS[name])) - HOSTS - {"..."} == set()


@EVERY_PAGE
def test_pages_name_no_path_of_a_machine(name):
    assert re.findall(r"(?<![\w.])/(?:work|root|home|Users|builds)/\S*", TEXTS[name]) == []


# Error texts

_HEADING = re.compile(r"^### `(.+)`$", re.MULTILINE)
_GAP = "…"


def _literals() -> Iterator[str]:
    for path in sorted((ROOT / "spark_xacct").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                yield "".join(part.value if isinstance(part, ast.Constant) else _GAP for part in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield re.sub(r"\{[^{}]*\}", _GAP, node.value)
    for path in sorted((ROOT / "jvm_shim" / "shim" / "src" / "main").rglob("*.java")):
        joined = re.sub(r'"\s*\+\s*"', "", path.read_text(encoding="utf-8"))
        for literal in re.findall(r'"((?:[^"\\\n]|\\.)*)"', joined):
            yield literal.replace('\\"', '"')


def _ours(page: str) -> list[str]:
    ours, _, _ = page.partition("\n## Texts of others")
    return _HEADING.findall(ours)


LITERALS = "\n".join(_literals())


@pytest.mark.parametrize("text", _ours(TEXTS["docs/troubleshooting.md"]))
def test_every_error_text_in_troubleshooting_stands_in_the_source(text):
    pieces = [piece.strip() for piece in text.split(_GAP) if len(piece.strip()) > 3]
    assert max(map(len, pieces)) >= 12, "quote more of it"
    assert [piece for piece in pieces if piece not in LITERALS] == []


def test_troubleshooting_is_an_index_by_text():
    assert len(_ours(TEXTS["docs/troubleshooting.md"])) >= 30


def test_the_failure_that_troubleshooting_begins_with_is_what_a_reader_sees():
    hub, reader = "arn:aws:iam::111122223333:role/hub", "arn:aws:iam::444455556666:role/reader"
    signed_by = "arn:aws:sts::111122223333:assumed-role/hub/xacct-63cf9081"
    answer = f"User: {signed_by} is not authorized to perform: sts:AssumeRole on resource: {reader}"
    hop = failure.Hop("partner", 2, Arn.parse(reader))
    refused = failure.answered(403, "AccessDenied", answer, hop, Arn.parse(hub), "https://sts.eu-west-1.amazonaws.com")
    refused = replace(refused, retry_after=datetime(2026, 1, 1, 11, 19, 12, tzinfo=timezone.utc))
    text = str(failure.SessionFailed(refused, "bucket partner-data", 2))
    assert f"```text\n{text}\n```\n" in TEXTS["docs/troubleshooting.md"]


def test_a_target_and_a_label_registered_anywhere_stand_in_the_tables():
    before = {name: generate.TABLES[name]() for name in ("targets", "releases", "class-paths")}
    label = replace(targets.releases.resolve("emr-7.12.0"), name="acme-9", jar="/opt/acme")
    targets.register(
        targets.Target(
            name="fax", doc="a place of this test", content=lambda *_: {}, write=lambda _: {}, limits="one page"
        )
    )
    targets.releases.register(label)
    try:
        after = {name: generate.TABLES[name]() for name in before}
    finally:
        targets.unregister("fax")
        targets.releases.unregister("acme-9")
    added = {
        name: [row for row in text.splitlines() if row not in before[name].splitlines()] for name, text in after.items()
    }
    assert added["targets"] == ["| `fax` | a place of this test | shim, hadoop | the pyspark found | one page |"]
    assert [row.split(" | ")[0] for row in added["releases"]] == ["| `acme-9`"]
    assert [row.split(" | ")[:2] for row in added["class-paths"]] == [["| `acme-9`", "/opt/acme"]]
