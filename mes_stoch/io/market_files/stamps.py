"""Text as times of a clock, with or without an offset from UTC."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.io.market_files.market_file import MarketFile
from mes_stoch.io.readers.locate import shorten
from mes_stoch.io.readers.time_stamps import YEARS

Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: No offset, or no time.
NONE = int(np.iinfo(np.int64).min)
_EPOCH = datetime(1970, 1, 1)
_CLOCK = r"(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:\.\d+)?)?"
_OFFSET = r"(?P<offset>Z|[-+]\d{2}:?\d{2})?"


@dataclass(frozen=True)
class StampForm:
    """A way of writing times: a pattern with the groups y, m, d, H, M, S and offset, and an example."""

    pattern: re.Pattern[str]
    example: str


ISO = StampForm(re.compile(rf"(?P<y>\d{{4}})-(?P<m>\d\d)-(?P<d>\d\d)(?:[T ]+{_CLOCK}{_OFFSET})?"), "2025-01-15 00:15")
YEAR_FIRST = StampForm(re.compile(rf"(?P<y>\d{{4}})/(?P<m>\d\d)/(?P<d>\d\d)(?: +{_CLOCK})?"), "2025/01/15 00:15:00")
DAY_FIRST = StampForm(
    re.compile(rf"(?P<d>\d{{1,2}})(?P<mark>[./-])(?P<m>\d{{1,2}})(?P=mark)(?P<y>\d{{4}})(?:[T ]+{_CLOCK})?"),
    "15.01.2025 00:15, the day first",
)
MONTH_FIRST = StampForm(
    re.compile(rf"(?P<m>\d{{1,2}})(?P<mark>[./-])(?P<d>\d{{1,2}})(?P=mark)(?P<y>\d{{4}})(?:[T ]+{_CLOCK})?"),
    "01/15/2025 00:15, the month first",
)
COMPACT = StampForm(
    re.compile(r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d):(?P<H>\d\d)(?P<M>\d\d)(?P<S>)(?P<offset>)"), "20250115:0015"
)
#: Forms by the name that a column map gives them.
FORMS = {
    "iso": ISO,
    "year_first": YEAR_FIRST,
    "day_first": DAY_FIRST,
    "month_first": MONTH_FIRST,
    "compact": COMPACT,
}


@dataclass(frozen=True)
class Stamps:
    """Times of a column in microseconds since 1970, as the clock showed them.

    Parameters
    ----------
    wall_us : numpy.ndarray of int
    offset_us : numpy.ndarray of int
        From UTC; ``NONE`` where the text has none.
    """

    texts: Sequence[str]
    wall_us: Integers
    offset_us: Integers


def read_stamps(
    file: MarketFile, column: str, texts: Sequence[str], lines: Sequence[int], form: StampForm | None = None
) -> Stamps:
    """Times of a column; all rows in one form.

    Parameters
    ----------
    form : StampForm, optional
        Default the form that the rows show.

    Raises
    ------
    MarketFileError
        Text that is no time, stamps in several forms.
    """
    known = form or _form_of(file, column, texts, lines)
    codes, distinct = pd.factorize(np.array(texts, dtype=object))
    read = [_moment(str(text), known) for text in distinct]
    walls = np.array([NONE if pair is None else pair[0] for pair in read], dtype=np.int64)[codes]
    offsets = np.array([NONE if pair is None else pair[1] for pair in read], dtype=np.int64)[codes]
    bad = np.flatnonzero(walls == NONE)

    def words(example: int) -> tuple[str, str]:
        text = texts[int(bad[example])]
        return (f"'{shorten(text)}'" if text else "an empty cell"), _hint(text, known)

    file.reporter.add_all([lines[int(k)] for k in bad], column, words, f"a time such as {known.example}", kind="stamp")
    file.stop_if_wrong()
    return Stamps(texts, walls, offsets)


def _moment(text: str, form: StampForm) -> tuple[int, int] | None:
    found = form.pattern.fullmatch(text)
    if found is None:
        return None
    parts = found.groupdict()
    hour = int(parts["H"] or 0)
    # some files end a day at 24:00
    is_midnight = hour == 24 and int(parts["M"] or 0) == 0 and int(parts["S"] or 0) == 0
    try:
        wall = datetime(
            int(parts["y"]),
            int(parts["m"]),
            int(parts["d"]),
            0 if is_midnight else hour,
            int(parts["M"] or 0),
            int(parts["S"] or 0),
        )
    except ValueError:
        return None
    if wall.year not in YEARS:
        return None
    wall += timedelta(days=int(is_midnight))
    return _microseconds(wall - _EPOCH), _offset(parts.get("offset") or "")


def _offset(text: str) -> int:
    if not text:
        return NONE
    if text == "Z":
        return 0
    shift = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return _microseconds(shift if text[0] == "+" else -shift)


def _microseconds(span: timedelta) -> int:
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds


def _form_of(file: MarketFile, column: str, texts: Sequence[str], lines: Sequence[int]) -> StampForm:
    first = texts[0]
    for form in (ISO, YEAR_FIRST, COMPACT):
        if form.pattern.fullmatch(first):
            return form
    if not DAY_FIRST.pattern.fullmatch(first):
        hint = "say how times are written: --columns format=day_first, month_first, iso, year_first or compact"
        raise file.refusal(lines[0], column, f"'{shorten(first)}'", f"a time such as {ISO.example}", hint)
    firsts, seconds = [], []
    for text in texts:
        found = DAY_FIRST.pattern.fullmatch(text)
        if found is not None:
            firsts.append(int(found["d"]))
            seconds.append(int(found["m"]))
    if max(seconds) > 12 >= max(firsts):
        return MONTH_FIRST
    if max(firsts) > 12:
        return DAY_FIRST
    found_text = f"'{shorten(first)}', which may be the day or the month first"
    hint = "say which: --columns format=day_first or format=month_first"
    raise file.refusal(lines[0], column, found_text, "dates that can be read in one way", hint)


def _hint(text: str, form: StampForm) -> str:
    if form is DAY_FIRST and (found := MONTH_FIRST.pattern.fullmatch(text)) and int(found["d"]) > 12:
        return "here the month comes first; other rows have the day first"
    others = [other.example for other in FORMS.values() if other is not form and _moment(text, other) is not None]
    return "this row is written in another way than the rest" if others else ""


def at_wall(moment_us: int) -> str:
    """A time of the clock in words.

    >>> at_wall(0)
    '1970-01-01 00:00'
    """
    return f"{_EPOCH + timedelta(microseconds=moment_us):%Y-%m-%d %H:%M}"
