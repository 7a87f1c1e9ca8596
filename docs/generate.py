"""Writes the tables of the documentation that are made from code, and the output of the commands that pages quote.

    python docs/generate.py            # bring the pages up to date
    python docs/generate.py --check    # name the pages that are not, exit code 1

A table, or a part of a reference, stands between ``<!-- table NAME -->`` and ``<!-- end -->``; a file of this project in the block under
``<!-- file PATH -->``. A quoted command stands in a console block under
``<!-- output -->``, ``<!-- output of FOLDER -->`` or ``<!-- output, exit N -->``: its lines that begin with ``$ `` are run,
the rest is what they print. ``...`` in a block stands for any text; such a block is compared and never written.
"""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, get_args

sys.path.insert(0, str(Path(__file__).parent))
import reference

from spark_xacct import keys, targets
from spark_xacct.aws import clients
from spark_xacct.declaration import sections
from spark_xacct.model import sts_fields
from spark_xacct.model.bases import BASES
from spark_xacct.targets import legacy, releases

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = "examples/two-accounts"
# What a declaration calls a field whose name in the model is another.
DECLARED_AS = {
    "duration_seconds": "duration",
    "policy": "session_policy: declared, {inline: ...}",
    "policy_arns": "session_policy: {arns: [...]}",
}
COMMANDS = ("check", "explain", "import", "render", "schema")

_TABLE = re.compile(r"(<!-- table (?P<name>[a-z0-9-]+) -->\n)(?P<content>.*?)(<!-- end -->)", re.DOTALL)
_FILE = re.compile(r"(<!-- file (?P<path>\S+) -->\n\n?```[a-z]*\n)(?P<content>.*?)(```\n)", re.DOTALL)
_OUTPUT = re.compile(
    r"(<!-- output(?: of (?P<folder>\S+?))?(?:, exit (?P<exit>\d))? -->\n\n?```console\n)(?P<content>.*?)(```\n)",
    re.DOTALL,
)


class Misfit(Exception):
    """A shortened output on a page that the command does not print any more."""


def pages() -> list[Path]:
    """Every page: those of the project's root, those of docs/, and those of examples."""
    names = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
    examples = sorted((ROOT / "examples").glob("*/README.md"))
    return [ROOT / name for name in names] + sorted((ROOT / "docs").glob("*.md")) + examples


def written(text: str) -> str:
    """A page with its tables, files and quoted outputs as they must be. Raises Misfit for a shortened output that is no longer so."""
    text = _TABLE.sub(lambda found: found.group(1) + TABLES[found.group("name")]() + found.group(4), text)
    text = _FILE.sub(
        lambda found: found.group(1) + (ROOT / found.group("path")).read_text("utf-8") + found.group(4), text
    )
    return _OUTPUT.sub(lambda found: found.group(1) + _quoted(found) + found.group(5), text)


def _quoted(found: re.Match[str]) -> str:
    content = found.group("content")
    now = "".join(_run(command, found.group("folder"), int(found.group("exit") or 0)) for command in _commands(content))
    if "..." not in content:
        return now
    if not _like(content).fullmatch(now):
        raise Misfit(f"this is no longer so, change it by hand:\n{content}\nbut:\n{now}")
    return content


def _like(content: str) -> re.Pattern[str]:
    return re.compile(".*?".join(map(re.escape, content.split("..."))), re.DOTALL)


def _commands(content: str) -> Iterator[str]:
    for line in content.splitlines():
        if line.startswith("$ "):
            yield line[2:]


@functools.cache
def _run(command: str, folder: str | None, exit_code: int) -> str:
    """The command with what it prints. Only commands that read the declaration and ask nobody."""
    program, name, *arguments = command.split()
    is_offline = (
        name in COMMANDS or (name == "submit" and "--dry-run" in arguments) or [name, *arguments[:1]] == ["iam", "plan"]
    )
    if program != "spark-xacct" or not is_offline:
        raise SystemExit(
            f"pages quote spark-xacct {'|'.join(COMMANDS)} only, iam plan, or submit --dry-run, and not: {command}"
        )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SPARK_XACCT_")}
    done = subprocess.run(
        [sys.executable, "-m", "spark_xacct", name, *arguments],
        cwd=ROOT / (folder or EXAMPLE),
        env={**environment, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != exit_code:
        raise SystemExit(f"{command}: exit code {done.returncode} instead of {exit_code}:\n{done.stdout}")
    return f"$ {command}\n{done.stdout}"


def table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of Markdown."""
    head = list(columns)
    lines = [head, ["---"] * len(head), *(list(row) for row in rows)]
    return "\n" + "".join("| " + " | ".join(_cell(cell) for cell in line) + " |\n" for line in lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|") or " "


def _code(text: Any) -> str:
    return f"`{text}`" if text not in (None, "") else ""


def role_fields() -> str:
    """Each field of a role that STS is told, and who else can carry it."""
    rows = [
        (
            _code(DECLARED_AS.get(name, name)),
            _code(metadata["sts"]),
            str(metadata["doc"]),
            _code(metadata["needs"]),
            str(metadata["hadoop"] or "never"),
        )
        for name, metadata in sts_fields().items()
    ]
    needs = "IAM must allow it besides `sts:AssumeRole`"
    return table(("in the declaration", "STS parameter", "meaning", needs, "Hadoop's own provider has it since"), rows)


def base_identities() -> str:
    """The kinds of base identity, with who serves each."""
    rows = [
        (
            _code(kind.value),
            _class(row.v1, kind.value),
            _class(row.v2, kind.value),
            ", ".join(map(_code, row.botocore)) or "not in Python",
            ", ".join(map(_code, row.markers)),
        )
        for kind, row in BASES.items()
    ]
    return table(("kind", "JVM, AWS SDK v1", "JVM, AWS SDK v2", "Python (botocore's providers)", "looks at"), rows)


def _class(name: str | None, kind: str) -> str:
    if kind == "class":
        return "your class"
    return _code(name.rpartition(".")[2]) if name is not None else "cannot"


def section_fields(section: type[sections.Section]) -> str:
    """The keys of one mapping of a declaration."""
    rows = []
    for name, field in section.model_fields.items():
        default = "required" if field.is_required() else _default(field.get_default(call_default_factory=True))
        rows.append((_code(field.alias or name), str(field.description), default))
    return table(("key", "meaning", "default"), rows)


def _default(value: Any) -> str:
    if value in (None, [], {}) or isinstance(value, sections.Section):
        return "none"
    return _code(str(value).lower() if isinstance(value, bool) else value)


def target_rows() -> str:
    """The targets of ``render``."""
    rows = [
        (_code(row["target"]), row["what"], row["flavours"], _default_release(row["target"]), row["limits"])
        for row in targets.table()
    ]
    columns = ("target", "what it is", "flavours", "default release", "what it can hold")
    return table(columns, [(_code("plan"), "the plan itself", "", "the same for all", "none"), *rows])


def _default_release(target: str) -> str:
    return _code(targets.find(target).default_release) or "the pyspark found"


def release_rows() -> str:
    """The releases that settings are rendered for: what serves the schemes, and where the jar goes."""
    names = ("spark", "hadoop", "sdk", "python", "java", "s3", "s3a", "also")
    rows = [(_code(row["release"]), *(row[name] for name in names)) for row in releases.table()]
    columns = (
        "Spark",
        "Hadoop",
        "AWS SDKs",
        "Python",
        "Java",
        "`s3://` and `s3n://`",
        "`s3a://`",
        "can be switched to",
    )
    return table(("release and later", *columns), rows)


def class_path_rows() -> str:
    """Where the jar goes on each release, what is known of the class path, and what we have not run."""
    names = ("jar", "class_path", "unverified")
    told: dict[tuple[str, ...], list[str]] = {}
    for row in releases.table():
        told.setdefault(tuple(row[name] for name in names), []).append(row["release"])
    rows = [(_from_to(labels), *cells) for cells, labels in told.items() if any(cells)]
    return table(("releases", "where the jar goes", "class path", "unverified"), rows)


def _from_to(labels: list[str]) -> str:
    return " to ".join(_code(label) for label in dict.fromkeys((labels[0], labels[-1])))


def legacy_rows() -> str:
    """Settings that do nothing, or not what they did, on some releases."""
    rows = []
    for row in legacy.table():
        doubt = f" ({row['doubt']})" if row["doubt"] else ""
        names = re.sub(r"fs\.[\w.*]+|[A-Z][A-Z_]{3,}", lambda found: _code(found.group(0)), row["names"])
        rows.append((names, row["since"], f"[source]({row['source']}){doubt}"))
    return table(("setting", "named on", "where it is written"), rows)


def client_rows() -> str:
    """The S3 libraries of ``storage_options``."""
    rows = [
        (
            _code(row["name"]),
            row["proven"],
            row["use"],
            row["other_roles"],
            row["renewal"],
            row["without_endpoint"],
            row["checks_owner"],
        )
        for row in clients.table()
    ]
    columns = (
        "library",
        "proven from",
        "what `options` is for",
        "another role",
        "renewed",
        "without an endpoint",
        "owner",
    )
    return table(columns, rows)


def names() -> str:
    """The settings and variables that carry a plan."""
    rows = [
        (_code(keys.PLAN), _code(keys.PLAN_ENVIRONMENT), "the plan; further parts are numbered from 2: `.2`, `_2`"),
        (_code(keys.ABOUT), "", "one line about it, for people"),
        (_code(keys.RUN), _code(keys.RUN_ENVIRONMENT), "what `{run}` in session names stands for"),
        (_code(keys.USER), _code(keys.USER_ENVIRONMENT), "what `{user}` in session names stands for"),
    ]
    return table(("Hadoop setting", "environment variable", "meaning"), rows)


def _section(annotation: Any) -> Iterator[type[sections.Section]]:
    if isinstance(annotation, type) and issubclass(annotation, sections.Section):
        yield annotation
    for argument in get_args(annotation):
        yield from _section(argument)


def every_section(section: type[sections.Section] = sections.DeclarationSection) -> dict[str, type[sections.Section]]:
    """Each mapping of a declaration by the name of its table: ``role-keys`` for RoleSection."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "-", section.__name__.removesuffix("Section")).lower()
    found = {f"{name}-keys": section}
    for field in section.model_fields.values():
        for below in (*_section(field.annotation), *(item for part in field.metadata for item in _section(part))):
            found.update(every_section(below))
    return found


TABLES: dict[str, Callable[[], str]] = {
    "role-fields": role_fields,
    "base-identities": base_identities,
    "targets": target_rows,
    "releases": release_rows,
    "class-paths": class_path_rows,
    "names": names,
    "python-clients": client_rows,
    "legacy": legacy_rows,
    "commands": reference.commands,
    "functions": reference.functions,
    "access": reference.access,
    "exceptions": lambda: table(("exception", "exit code", "meaning"), reference.exceptions()),
    "lab": lambda: table(("on `xacct_lab` or a `Lab`", "what it does"), reference.lab()),
    **{name: (lambda section=section: section_fields(section)) for name, section in every_section().items()},
}


def main(arguments: list[str]) -> int:
    """The exit code: 1 when a page is stale and only checked, or cannot be brought up to date."""
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    code = 0
    for page in pages():
        name, text = page.relative_to(ROOT), page.read_text(encoding="utf-8")
        try:
            now = written(text)
        except Misfit as misfit:
            print(f"{name}: {misfit}", file=sys.stderr)
            code = 1
            continue
        if now == text:
            continue
        if arguments:
            print(f"{name} is not up to date; run: python docs/generate.py", file=sys.stderr)
            code = 1
        else:
            page.write_text(now, encoding="utf-8")
            print(f"{name} written", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
