"""``--to FOLDER``: the files of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from spark_xacct.cli import output


def write(files: Mapping[str, str], folder: Path, overwrite: bool) -> None:
    """Writes files, by their names below the folder. Raises click.UsageError for what is there and says something else."""
    others = [name for name, text in files.items() if _differs(folder / name, text)]
    if others and not overwrite:
        raise click.UsageError(
            f"--to {folder}: {', '.join(others)} is there with another content; compare the two, then say --overwrite"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            if text.startswith("#!"):
                path.chmod(0o755)
            output.talk(f"wrote {path}")
    except OSError as error:
        raise click.UsageError(f"--to {folder}: {error.strerror}: {error.filename}") from None


def _differs(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8", errors="replace") != text
