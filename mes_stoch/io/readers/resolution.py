"""Series at another step than the horizon's, and series of another time: one mistake each, however many rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mes_stoch.io.readers.row_periods import Integers, Mask, RowPeriods


class Steps(NamedTuple):
    """Steps between the moments of each scenario.

    ``step_us`` is the commonest step that is not the period, 0 if there is none; ``other`` the scenarios that come at
    it; ``shifted`` those that come at the horizon's step and have as many rows, at other times.
    """

    step_us: int
    other: Mask
    shifted: Mask


def steps_of(rows: RowPeriods, starts: Integers, period_us: int) -> Steps:
    """How the rows of each scenario follow each other.

    A scenario comes at another step if more than half of its steps are that one; two rows alone are enough where they
    would fill the horizon.
    """
    known = np.flatnonzero(rows.group >= 0)
    order = known[np.lexsort((rows.moment[known], rows.group[known]))]
    group, moment = rows.group[order], rows.moment[order]
    step = np.diff(moment)
    within = (group[1:] == group[:-1]) & (step > 0)
    group_of, step = group[1:][within], step[within]
    number = np.bincount(group_of, minlength=rows.groups)
    none = np.zeros(rows.groups, dtype=bool)
    regular = np.bincount(group_of[step == period_us], minlength=rows.groups) == len(starts) - 1
    alone = np.bincount(group, minlength=rows.groups) == len(starts)
    first = np.full(rows.groups, starts[0])
    first[group[::-1]] = moment[::-1]
    shifted = regular & alone & (first != starts[0])
    values, counts = np.unique(step[step != period_us], return_counts=True)
    if not values.size:
        return Steps(0, none, shifted)
    common = int(values[np.argmax(counts)])
    at_common = np.bincount(group_of[step == common], minlength=rows.groups)
    fills = (number == 1) & (2 * common == period_us * len(starts))
    return Steps(common, (2 * at_common > number) & ((number > 1) | fills), shifted)


def resolution_words(step_us: int, period_us: int, periods: int) -> tuple[str, str, str]:
    """What is found, expected and how to mend rows at another step than the periods."""
    expected = f"a row every {_length(period_us)}, the period of the horizon"
    total = period_us * periods
    remedies = []
    if step_us % period_us == 0:
        remedies.append(f"repeat each row for its {step_us // period_us} periods, with their time stamps")
    elif period_us % step_us == 0:
        remedies.append(f"take the mean of every {period_us // step_us} rows")
    else:
        remedies.append("write the series at the period of the horizon")
    if total % step_us == 0:
        hours = step_us / 3.6e9
        remedies.append(f"or write horizon.period_h: {hours:.7g} and horizon.periods: {total // step_us}")
    return f"another resolution: a row every {_length(step_us)}", expected, " ".join(remedies)


def _length(span_us: int) -> str:
    minutes = span_us / 6e7
    if minutes >= 60 and minutes % 60 == 0:
        return f"{minutes / 60:g} h"
    return f"{minutes:g} min" if minutes >= 1 else f"{span_us / 1e6:g} s"
