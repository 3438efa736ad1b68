"""Tables of LaTeX: booktabs, numbers at the right, every text escaped."""

from __future__ import annotations

import pandas as pd

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
}


def latex_table(frame: pd.DataFrame, caption: str, label: str) -> str:
    """A table that ``\\usepackage{booktabs}`` sets; numbers have at most three decimals.

    Parameters
    ----------
    frame : DataFrame
        Texts and numbers; what is no number is left empty.
    caption : str
    label : str
        Of letters, digits and hyphens.
    """
    numeric = [pd.api.types.is_numeric_dtype(kind) for kind in frame.dtypes]
    head = " & ".join(escaped(str(name)) for name in frame.columns)
    body = [" & ".join(_cell(cell) for cell in row) + r" \\" for row in frame.itertuples(index=False)]
    return "\n".join(
        [
            r"% needs \usepackage{booktabs}",
            r"\begin{table}",
            r"  \centering",
            rf"  \caption{{{escaped(caption)}}}",
            rf"  \label{{tab:{label}}}",
            rf"  \begin{{tabular}}{{{''.join('r' if is_number else 'l' for is_number in numeric)}}}",
            r"    \toprule",
            rf"    {head} \\",
            r"    \midrule",
            *(f"    {line}" for line in body),
            r"    \bottomrule",
            r"  \end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def escaped(text: str) -> str:
    r"""A text in which LaTeX sees no command.

    >>> escaped("fr_fcr & 5 % of $x$")
    'fr\\_fcr \\& 5 \\% of \\$x\\$'
    """
    return "".join(_SPECIAL.get(character, character) for character in " ".join(text.split()))


def _cell(cell: object) -> str:
    if isinstance(cell, str):
        return escaped(cell)
    if cell is None or pd.isna(cell):  # type: ignore[call-overload]
        return ""
    if isinstance(cell, float):
        text = f"{cell:,.3f}".rstrip("0").rstrip(".")
        # a hyphen is no minus
        return ("0" if text == "-0" else text).replace("-", "$-$").replace(",", "{,}")
    return escaped(str(cell))
