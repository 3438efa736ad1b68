"""Power of a storage that follows its level, in the energy hub."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mes_stoch.components.shared.hub_context import Columns, HubContext, Values
from mes_stoch.components.storage.format import Storage
from mes_stoch.schema.power_by_level import PowerLine
from mes_stoch.schema.store import initial_level


def limit_hub_power_by_level(
    context: HubContext,
    name: str,
    spec: Storage,
    level: Columns,
    stored: Columns,
    drawn: Columns,
    start: Columns | None,
) -> None:
    """Rows by which the power of every step keeps to lines over the level at which it begins and ends.

    Equations
    ---------
    With lines ``base + slope E`` and ``h`` the length of a step::

        dE_stored[t] / (eta_c h) - slope E[t]   <= base,   eta_d dE_drawn[t] / h - slope E[t]   <= base
        dE_stored[t] / (eta_c h) - slope E[t-1] <= base,   eta_d dE_drawn[t] / h - slope E[t-1] <= base
    """
    into, out = spec.charge_efficiency_per_unit, spec.discharge_efficiency_per_unit
    for way, power, per_mwh, lines in (
        ("charge", stored, 1.0 / (into * context.hours), spec.charge_lines),
        ("discharge", drawn, out / context.hours, spec.discharge_lines),
    ):
        _rows(context, name, way, initial_level(spec) if start is None else start, level, power, per_mwh, lines)


def _rows(
    context: HubContext,
    name: str,
    way: str,
    initial: float | Columns,
    level: Columns,
    power: Columns,
    per_mwh: Values,
    lines: Sequence[PowerLine],
) -> None:
    later = np.arange(1, context.steps)
    for k, line in enumerate(lines):
        slope = line.slope_mw_per_mwh
        ends = context.rows(name, f"{way}_by_level_{k}", "MW", context.steps, upper=line.base_mw)
        ends.add(power, per_mwh).add(level, -slope)
        if slope:
            most = np.full(context.steps, line.base_mw)
            if not isinstance(initial, np.ndarray):
                most[0] += slope * initial
            starts = context.rows(name, f"{way}_by_level_start_{k}", "MW", context.steps, upper=most)
            starts.add(power, per_mwh).add(level[later - 1], -slope, rows=later)
            if isinstance(initial, np.ndarray):
                starts.add(initial, -slope, rows=np.array([0]))
