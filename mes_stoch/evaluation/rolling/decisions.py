"""At which step each column of a site's program is decided."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mes_stoch.evaluation.rolling.information import GATE
from mes_stoch.model.groups import ColumnGroup
from mes_stoch.model.program import IndexArray
from mes_stoch.model.site_program import SiteProgram
from mes_stoch.rules.gates import closing_times

#: What is promised for a span of time as a whole.
_PROMISED = ("position", "commitment", "bid")


def decision_steps(program: SiteProgram) -> IndexArray:
    """Step at which each column is decided for good, shape (columns,): a period, or the day-ahead gate.

    - Decisions of the root and of the day-ahead stage: at the gate.
    - Positions and volumes of later stages: at the gate of their market. A gate that closes inside a period is taken at
      the end of it, with what is seen then; without a gate, at the beginning of what is traded.
    - States of units: at the beginning of their span.
    - Everything else describes a span that lies behind, such as power, level, the worst miss of a block or the
      imbalance of a settlement period: with the last period of its span.
    """
    starts = _utc(program.tree.time)
    steps = np.zeros(len(program.column_names), dtype=np.int32)
    for group in program.column_groups:
        steps[group.positions] = _steps_of(program, group, np.searchsorted(starts, group.coordinate).astype(np.int32))
    return steps


def _steps_of(program: SiteProgram, group: ColumnGroup, first: IndexArray) -> IndexArray:
    """By span: the step that decides it; ``first`` is its first period."""
    if group.stage != "realtime":
        return np.full(len(first), GATE, dtype=np.int32)
    if group.role in _PROMISED:
        return _closing(program, group, first)
    if program.structure.integer[group.positions].any():
        return first
    return np.append(first[1:], program.tree.periods).astype(np.int32) - 1


def _closing(program: SiteProgram, group: ColumnGroup, first: IndexArray) -> IndexArray:
    product = program.instance.products.get(group.owner)
    if product is None or product.gate is None:
        return first
    time = program.tree.time
    closing = closing_times(product.gate, pd.DatetimeIndex(time[first])).to_numpy()
    clock = time.tz_localize(None).to_numpy()
    # clocks go back once a year
    step = np.searchsorted(np.maximum.accumulate(clock), closing, side="left")
    is_before = closing <= clock[0] - pd.Timedelta(hours=program.instance.horizon.period_h).to_numpy()
    return np.minimum(np.where(is_before, GATE, step), first).astype(np.int32)


def _utc(time: pd.DatetimeIndex) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    return np.asarray(time.tz_convert("UTC").tz_localize(None), dtype="datetime64[ns]")
