"""A new folder with an instance that validates and solves."""

from __future__ import annotations

from operator import methodcaller
from pathlib import Path
from typing import Any

from mes_stoch.io.files import write_whole
from mes_stoch.io.instance import read_instance
from mes_stoch.io.json_schema.instance import instance_schema, spelled
from mes_stoch.io.json_schema.shipped import BESIDE
from mes_stoch.io.json_schema.text import json_text
from mes_stoch.io.readers.locate import INSTANCE_FILE
from mes_stoch.schema.errors import UsageError, WriteError
from mes_stoch.starting.choices import Choices
from mes_stoch.starting.commented_yaml import commented_yaml
from mes_stoch.starting.comments import Comments
from mes_stoch.starting.compose import SERIES_FILE, compose
from mes_stoch.starting.series_file import series_csv
from mes_stoch.starting.texts import head, own_comments, readme, spoken


def site_files(choices: Choices, folder: str) -> dict[str, str]:
    """Content of the files of a new site, by name.

    Parameters
    ----------
    choices : Choices
        What was chosen.
    folder : str
        How commands in the README name the folder.
    """
    currency = choices.country.currency
    schema = instance_schema(currency)
    instance: dict[str, Any] = spelled(compose(choices), currency)
    comments = Comments(schema, instance, own_comments(choices))
    files = {INSTANCE_FILE: head(choices) + commented_yaml(instance, comments)}
    if choices.site.series:
        files[SERIES_FILE] = series_csv(choices)
    files["README.md"] = readme(choices, instance, folder)
    files[BESIDE] = json_text(schema)
    return files


def write_site(folder: Path, choices: Choices, *, force: bool = False) -> list[Path]:
    """Write a new site, and read it as any instance is read.

    Parameters
    ----------
    folder : pathlib.Path
        Made where it does not exist.
    choices : Choices
        What was chosen.
    force : bool
        Whether files of the same names may be replaced; others stay in any case.

    Raises
    ------
    UsageError
        The folder has files in it, or cannot be written.
    """
    require_room(folder, force=force)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(folder, error.strerror or str(error)) from error
    written = []
    for name, text in site_files(choices, spoken(folder)).items():
        path = folder / name
        write_whole(path, methodcaller("write", text.encode()))
        written.append(path)
    read_instance(folder)
    return written


def require_room(folder: Path, *, force: bool) -> None:
    """Refuse a folder with files in it, unless they may be replaced."""
    try:
        left = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    except OSError as error:
        raise WriteError(folder, error.strerror or str(error)) from error
    if left and not (force and folder.is_dir()):
        what = "there are files in it" if folder.is_dir() else "it is no folder"
        hint = "; choose another folder, or --force to replace the files that `new` writes" if folder.is_dir() else ""
        raise UsageError(f"{folder} is left as it is: {what}{hint}")
