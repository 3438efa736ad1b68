"""Tables as CSV: numbers stay as they are, and no text is a formula to a spreadsheet."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest

from mes_stoch.io.csv_text import csv_text
from mes_stoch.report.assemble import plain_volume

#: What spreadsheets run (OWASP, CSV Injection): these, also behind blanks that they drop.
FORMULAS = ["=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1", "  =cmd|' /C calc'!A0", '=HYPERLINK("http://a","b")']


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_heading_or_label_is_a_formula(text: str) -> None:
    frame = pd.DataFrame({text: [text, "plain"], "amount": [-1.5, 2.0]}, index=pd.Index([text, "b"], name=text))
    rows = list(csv.reader(io.StringIO(csv_text(frame, index=True))))
    assert rows == [[f"'{text}", f"'{text}", "amount"], [f"'{text}", f"'{text}", "-1.5"], ["b", "plain", "2.0"]]


def test_numbers_and_plain_texts_are_written_as_pandas_writes_them() -> None:
    frame = pd.DataFrame({"name": ["a", "b, c"], "value": [-0.25, float("inf")], "count": [-1, 2]})
    assert csv_text(frame) == frame.to_csv(index=False, lineterminator="\n")
    assert csv_text(frame, header=False, float_format="%.3g").splitlines()[0] == "a,-0.25,-1"


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (0.30000000000000004, 0.3),
        (0.30000000004, 0.3),
        (2.9999999995, 3.0),
        (-1e-12, 0.0),
        (1 / 3, 1 / 3),
        (0.3001, 0.3001),
    ],
)
def test_volumes_lose_the_noise_of_solvers_and_nothing_else(value: float, plain: float) -> None:
    assert repr(plain_volume(value)) == repr(plain)
