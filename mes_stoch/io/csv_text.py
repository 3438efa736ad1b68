"""Tables as CSV that a spreadsheet reads as data: no cell of text is a formula to it.

Names that an instance, a tree or a run holds cannot begin like a formula (:mod:`mes_stoch.io.names`). Texts that are no
such names can: notes of packages, headings of other people's files, values of settings.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from mes_stoch.io.names import FORMULA_STARTS


def csv_text(frame: pd.DataFrame, *, index: bool = False, header: bool = True, float_format: str | None = None) -> str:
    """A table as CSV, lines ending in a line feed.

    Parameters
    ----------
    frame : DataFrame
    index : bool
        Whether row labels are written.
    header : bool
        Whether column names are written.
    float_format : str, optional
        As :meth:`pandas.DataFrame.to_csv` takes it; default the shortest text that reads as the same number.
    """
    safe = frame.set_axis([neutral(name) for name in frame.columns], axis=1)
    for place, kind in enumerate(safe.dtypes):
        if not pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_datetime64_any_dtype(kind):
            cells = safe.iloc[:, place]
            # a ledger repeats few texts in very many lines
            if any(neutral(cell) is not cell for cell in cells.unique()):
                safe.isetitem(place, [neutral(cell) for cell in cells])
    if index:
        names = [None if name is None else neutral(name) for name in safe.index.names]
        safe.index = pd.Index([neutral(label) for label in safe.index]).set_names(names)
    return str(safe.to_csv(index=index, header=header, float_format=float_format, lineterminator="\n"))


def neutral(cell: Any) -> Any:
    """The same cell, but with an apostrophe in front of a text that a spreadsheet would run.

    >>> neutral("=HYPERLINK(A1)"), neutral("-12"), neutral(-12.0), neutral("battery")
    ("'=HYPERLINK(A1)", "'-12", -12.0, 'battery')
    """
    if isinstance(cell, str) and cell.lstrip(" \t\r\n").startswith(FORMULA_STARTS):
        return f"'{cell}"
    return cell
