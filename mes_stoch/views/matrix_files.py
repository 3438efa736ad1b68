"""Labelled matrices as files: Matrix Market format, and what their rows and columns are as CSV."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import pandas as pd
from scipy.io import mmwrite

from mes_stoch.io.csv_text import csv_text
from mes_stoch.io.files import TEMPORARY_END, TEMPORARY_START, write_whole
from mes_stoch.schema.errors import WriteError
from mes_stoch.views.labelled_matrix import LabelledMatrix


def require_new_folder(folder: Path) -> None:
    """It is not there yet, or an empty one in which nobody works, within a folder that is there.

    Raises
    ------
    WriteError
    """
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise WriteError(folder, "it exists, and is no empty folder")
        if folder.resolve() == Path.cwd():
            raise WriteError(folder, "it is the folder in which this runs; name a new one")
        if not folder.parent.is_dir():
            raise WriteError(folder, f"there is no folder {folder.parent}")
    except OSError as error:
        raise WriteError(folder, error.strerror or str(error)) from error


def write_matrices(folder: Path, matrices: Mapping[str, LabelledMatrix], tables: Mapping[str, pd.DataFrame]) -> None:
    """Write matrices and tables into a new folder, or one that is empty: all files, or none.

    ``<name>.mtx`` is a matrix, ``<name>_rows.csv`` and ``<name>_columns.csv`` say what its rows and columns are, in
    their order; a table is ``<name>.csv``, and takes the place of the labels of that name.

    Raises
    ------
    WriteError
        The folder exists and is not empty, is the current one, or cannot be written; nothing is left behind then.
    """
    require_new_folder(folder)
    contents = {f"{name}.csv": _csv(table) for name, table in tables.items()}
    for name, matrix in matrices.items():
        contents[f"{name}.mtx"] = _matrix_market(matrix)
        for side, labels in (("rows", matrix.rows), ("columns", matrix.columns)):
            contents.setdefault(f"{name}_{side}.csv", _csv(labels.to_frame(index=False)))
    try:
        _write_folder(folder, contents)
    except OSError as error:
        raise WriteError(folder, error.strerror or str(error)) from error


def _write_folder(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Fill a folder of an unpredictable name beside it, and give that its name at the end."""
    scratch = folder.parent / f"{TEMPORARY_START}{folder.name}.{secrets.token_hex(8)}{TEMPORARY_END}"
    scratch.mkdir()
    try:
        for name, content in contents.items():
            write_whole(scratch / name, lambda stream, content=content: stream.write(content))  # type: ignore[misc]
        scratch.rename(folder)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise


def _csv(table: pd.DataFrame) -> bytes:
    return csv_text(table).encode()


def _matrix_market(matrix: LabelledMatrix) -> bytes:
    stream = BytesIO()
    # enough digits to read the same numbers again
    mmwrite(stream, matrix.matrix, field="real", symmetry="general", precision=17)
    return stream.getvalue()
