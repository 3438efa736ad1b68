"""How fast the schedule of a unit may change, in the energy hub."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from mes_stoch.components.shared.hub_context import Columns, HubContext, Numbers, Values
from mes_stoch.components.shared.hub_on_off import HubOnOff
from mes_stoch.schema.base import Quantity


class RampedUnit(Protocol):
    """A unit whose schedule changes at a speed of its own."""

    @property
    def energy_ramp_mw_per_min(self) -> float | None: ...
    @property
    def power_min_mw(self) -> float: ...
    @property
    def power_max_mw(self) -> float: ...
    @property
    def available_per_unit(self) -> Quantity: ...


def limit_hub_ramp(
    context: HubContext,
    name: str,
    ramp_mw_per_min: float,
    power: Sequence[tuple[Columns, Numbers]],
    *,
    least_mw: float = 0.0,
    on: Columns | None = None,
    forced_up_mw: Numbers = 0.0,
    forced_down_mw: Numbers = 0.0,
) -> None:
    """Keep the change from one period to the next within a speed.

    Equations
    ---------
    With ``E[t]`` the mean power of a period, ``R`` the speed times the time between the middles of two periods,
    ``E_min`` the least power and ``y`` the state::

        E[t] - E[t-1] + E_min y[t-1] <= R + E_min,     E[t-1] - E[t] + E_min y[t] <= R + E_min

    Parameters
    ----------
    power : sequence of (columns, coefficients)
        What adds up to the power, a column and a coefficient a step.
    on : int array, optional
        Column of ``y`` at each step.
    forced_up_mw, forced_down_mw : array, shape (steps,), optional
        What an outage that begins with a step may add to a change.
    """
    later = np.arange(1, context.periods)
    if not len(later):
        return
    apart_h = (context.lengths_h[:-1] + context.lengths_h[1:]) / 2.0
    reach = ramp_mw_per_min * 60.0 * apart_h + (0.0 if on is None else least_mw)
    period = context.period_of_step
    share = context.hours / context.lengths_h[period]
    after, before = np.flatnonzero(period > 0), np.flatnonzero(period < context.periods - 1)
    for direction, sign, state_of, forced in (
        ("up", 1.0, later - 1, forced_up_mw),
        ("down", -1.0, later, forced_down_mw),
    ):
        most = (
            reach + np.broadcast_to(np.asarray(forced, dtype=float), (context.steps,))[np.searchsorted(period, later)]
        )
        rows = context.rows(name, f"ramp_{direction}", "MW", len(later), upper=most, role="ramp", numbers=later)
        for columns, coefficients in power:
            mean: Values = share * np.asarray(coefficients, dtype=float)
            rows.add(columns[after], sign * mean[after], rows=period[after] - 1)
            rows.add(columns[before], -sign * mean[before], rows=period[before])
        if on is not None and least_mw > 0:
            rows.add(on[np.searchsorted(period, state_of)], least_mw)


def limit_unit_ramp(context: HubContext, name: str, spec: RampedUnit, power: Columns, state: HubOnOff | None) -> None:
    """Keep a unit to the speed of its schedule, if it has one; what falls out of service may fall at once."""
    if spec.energy_ramp_mw_per_min is None:
        return
    usable = context.values(spec.available_per_unit) if state is None else state.usable_per_unit
    limit_hub_ramp(
        context,
        name,
        spec.energy_ramp_mw_per_min,
        [(power, 1.0)],
        least_mw=spec.power_min_mw,
        on=None if state is None else state.on,
        forced_down_mw=spec.power_max_mw * np.maximum(-np.diff(usable, prepend=usable[:1]), 0.0),
    )
