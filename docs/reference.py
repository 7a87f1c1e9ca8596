"""The reference pages: every command with its options, every function and method that users call."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import click

import spark_xacct
from spark_xacct import errors
from spark_xacct.access import Access
from spark_xacct.cli.application import cli
from spark_xacct.testing.job_lab import JobLab

# Options of every command that reads the declaration; the page says once what they mean.
SHARED = ("config", "env", "format")


def commands() -> str:
    """Every command with its help, a group before its own commands."""
    return "\n" + "\n\n".join(_of_command(cli, "spark-xacct")) + "\n\n"


def _of_command(command: click.Command, name: str) -> Iterator[str]:
    context = click.Context(command, info_name=name)
    if command is not cli:
        words = [_argument(parameter) for parameter in command.params if isinstance(parameter, click.Argument)]
        yield f"## `{name}`"
        yield f"```text\n{' '.join([name, '[OPTIONS]', *words])}\n```"
    yield from _paragraphs(command.help or "")
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    shown = [option for option in options if option.name not in SHARED or command is cli]
    if shown:
        lines = [f"| {_option(option)} | {_meaning(option)} |" for option in shown]
        yield "\n".join(["| option | meaning |", "| --- | --- |", *lines])
    if len(shown) < len(options):
        yield f"Also {', '.join(f'`--{option.name}`' for option in options if option not in shown)}."
    yield from _paragraphs(command.epilog or "")
    if isinstance(command, click.Group):
        for each in command.list_commands(context):
            found = command.get_command(context, each)
            assert found is not None
            yield from _of_command(found, f"{name} {each}")


def _argument(argument: click.Argument) -> str:
    if argument.metavar is not None:
        return argument.metavar
    name = (argument.name or "").upper()
    return name if argument.required else f"[{name}]"


def _option(option: click.Option) -> str:
    names = "/".join([*option.opts, *option.secondary_opts])
    if option.is_flag:
        return f"`{names}`"
    choices = getattr(option.type, "choices", None)
    return f"`{names} {option.metavar or ('|'.join(choices) if choices else option.type.name.upper())}`".replace(
        "|", "\\|"
    )


def _meaning(option: click.Option) -> str:
    words = [option.help or ""]
    if option.required:
        words.append("Required.")
    if option.show_default:
        words.append(f"Default: `{option.default}`.")
    return " ".join(words).replace("|", "\\|")


def functions() -> str:
    """What ``spark_xacct`` itself offers."""
    return _described(
        (name, found) for name, found in vars(spark_xacct).items() if name in spark_xacct.__all__ and callable(found)
    )


def access() -> str:
    """``Access``: its constructor, its methods."""
    described = _described(_methods(Access), "Access.")
    return f"\n```python\ndef Access{_signature(Access.__init__)}: ...\n```\n\n{_documentation(Access)}\n{described}"


def exceptions() -> Iterator[tuple[str, str, str]]:
    """Each exception with the exit code of the command line."""
    for name, found in vars(errors).items():
        if isinstance(found, type) and issubclass(found, errors.XacctError):
            yield f"`{name}`", str(found.exit_code), _documentation(found).partition("\n")[0]


def lab() -> Iterator[tuple[str, str]]:
    """What tests do with a lab."""
    for name, found in _methods(JobLab):
        call = name if isinstance(found, property) else f"{name}{_signature(found, with_types=False)}"
        documented = found.fget if isinstance(found, property) else found
        yield f"`{call}`", _documentation(documented).replace("\n\n", " ")


def _methods(owner: type) -> Iterator[tuple[str, Any]]:
    """Public ones in the order of their classes, the nearest first."""
    seen: set[str] = set()
    for each in owner.__mro__[:-1]:
        for name, found in vars(each).items():
            if (
                name.startswith("_")
                or name in seen
                or not (inspect.isfunction(found) or isinstance(found, (property, classmethod)))
            ):
                continue
            seen.add(name)
            if inspect.getdoc(found):
                yield name, found.__func__ if isinstance(found, classmethod) else found


def _described(found: Iterable[tuple[str, Any]], owner: str = "") -> str:
    parts = [
        f"### `{owner}{name}`\n\n```python\ndef {name}{_signature(function)}: ...\n```\n\n{_documentation(function)}"
        for name, function in found
        if not isinstance(function, property)
    ]
    return "\n" + "\n\n".join(parts) + "\n\n"


class _Written:
    """A type as it stands in the source: a signature shows texts in quotes."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def _signature(function: Callable[..., Any], with_types: bool = True) -> str:
    """Without ``self``, and without types that say nothing."""

    def written(annotation: Any) -> Any:
        tells = with_types and annotation not in (inspect.Signature.empty, "Any", "None")
        return _Written(annotation) if tells else inspect.Signature.empty

    found = inspect.signature(function)
    parameters = [
        each.replace(annotation=written(each.annotation))
        for each in found.parameters.values()
        if each.name not in ("self", "cls")
    ]
    return str(found.replace(parameters=parameters, return_annotation=written(found.return_annotation)))


def _documentation(found: Any) -> str:
    return "\n\n".join(_paragraphs(inspect.getdoc(found) or ""))


def _paragraphs(text: str) -> Iterator[str]:
    """As Markdown: ``code`` in single marks, what click leaves as it is (under a backspace) in a block."""
    for paragraph in filter(None, re.split(r"\n\s*\n", inspect.cleandoc(text))):
        if paragraph.lstrip().startswith("\b"):
            yield "```text\n" + inspect.cleandoc(paragraph.lstrip()[2:]) + "\n```"
        else:
            yield " ".join(paragraph.split()).replace("``", "`")
