"""Settings of the tool itself, from options or ``SPARK_XACCT_*``. None of them overrides a field of the declaration."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeVar

import click
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

_Function = TypeVar("_Function", bound=Callable[..., Any])
FORMATS = ("text", "json")


class Settings(BaseSettings):
    """What options and environment say about how to work: the file, the environment in it, the form of the answer."""

    model_config = SettingsConfigDict(env_prefix="SPARK_XACCT_", env_ignore_empty=True, extra="ignore", frozen=True)

    config: Path = Field(Path("xacct.yaml"), description="the declaration, or a plan file")
    env: str | None = Field(None, description="the environment of the declaration")
    format: Literal["text", "json"] = Field("text", description="for people, or for programs")


def read_settings() -> Settings:
    """The settings in the environment. Raises click.UsageError that names the variable."""
    try:
        return Settings()
    except ValidationError as error:
        details = error.errors()[0]
        variable = "SPARK_XACCT_" + str(details["loc"][0]).upper()
        raise click.UsageError(f"{variable}={details['input']}: {details['msg']}") from None


def _store(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value is not None:
        current = context.obj if isinstance(context.obj, Settings) else read_settings()
        context.obj = current.model_copy(update={str(parameter.name): value})


_OF_A_DECLARATION = (
    click.option(
        "--config",
        # An unreadable one is a bad declaration, and not wrong usage.
        type=click.Path(readable=False, path_type=Path),
        metavar="FILE",
        help="The declaration, or a plan file. Default: xacct.yaml, SPARK_XACCT_CONFIG.",
        expose_value=False,
        callback=_store,
    ),
    click.option(
        "--env",
        metavar="NAME",
        help="The environment of the declaration. Default: none, SPARK_XACCT_ENV.",
        expose_value=False,
        callback=_store,
    ),
)
_OF_AN_ANSWER = (
    click.option(
        "--format",
        type=click.Choice(FORMATS),
        help="For people or for programs. Default: text, SPARK_XACCT_FORMAT.",
        expose_value=False,
        callback=_store,
    ),
)


def with_settings(function: _Function) -> _Function:
    """Adds --config, --env and --format to a command: they may stand before its name and after it."""
    return _with(function, *_OF_A_DECLARATION, *_OF_AN_ANSWER)


def with_format(function: _Function) -> _Function:
    """Adds --format to a command that reads no declaration."""
    return _with(function, *_OF_AN_ANSWER)


def _with(function: _Function, *options: Callable[[_Function], _Function]) -> _Function:
    for option in reversed(options):
        function = option(function)
    return function
