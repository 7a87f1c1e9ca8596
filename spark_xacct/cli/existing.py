"""``render --with FILE``: a target's settings joined with a file that is there, for people and for programs."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import click

from spark_xacct import targets
from spark_xacct.cli import output
from spark_xacct.existing import MergedFile, merge_into
from spark_xacct.targets import files


def answer(
    rendered: targets.Rendered, path: Path, replace: bool, form: str, folder: Path | None, overwrite: bool
) -> MergedFile:
    """Prints what becomes of the file, or writes it into a folder."""
    merged = merge_into(files.read(path.name, read(path)), rendered, replace)
    if folder is not None:
        _write(merged, path, folder, overwrite)
    elif form == "json":
        output.json_data(merged.data)
    elif merged.diff:
        output.data(merged.diff)
    if form != "json":
        _talk(merged)
    return merged


def read(path: Path) -> str:
    """The text of a file, with its line ends. Raises FileRefused for what cannot be read."""
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise files.FileRefused(f"{path}: byte {error.start + 1} is not UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise files.FileRefused(
            f"{path} cannot be read: {error.strerror}; make it readable, or name another one"
        ) from None


def _talk(merged: MergedFile) -> None:
    for title, lines in (("conflict", merged.conflicts), ("legacy", merged.legacy), ("note", merged.notes)):
        for line in lines:
            output.talk(f"{title}: {line}")
    changes, undecided = len(merged.log), len(merged.conflicts)
    if undecided and not changes:
        output.talk(f"{merged.file.name}: {merged.file.kind}, nothing is changed: {undecided} to be decided first")
    elif changes:
        output.talk(f"{merged.file.name}: {merged.file.kind}, {changes} change{'' if changes == 1 else 's'}")
    else:
        output.talk(
            f"{merged.file.name}: {merged.file.kind}, nothing to change: plan {merged.rendered.settings.plan.id} is in it"
        )


def _write(merged: MergedFile, path: Path, folder: Path, overwrite: bool) -> None:
    """The whole file, secrets and all, with the mode of the one that was read."""
    target = folder / path.name
    if merged.conflicts:
        output.talk(f"{target} was not written: {len(merged.conflicts)} to be decided first")
        return
    if target.exists() and target.read_bytes() != merged.text.encode("utf-8") and not overwrite:
        raise click.UsageError(
            f"--to {folder}: {path.name} is there with another content; compare the two, then say --overwrite"
        )
    folder.mkdir(parents=True, exist_ok=True)
    mode = stat.S_IMODE(path.stat().st_mode)
    # Never for a moment readable by more people than the file that it was made of.
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        os.fchmod(stream.fileno(), mode)
        stream.write(merged.text.encode("utf-8"))
    output.talk(f"wrote {target}")
