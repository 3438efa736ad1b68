"""The largest constant deviation of an exchange from a start for a time, as a small program cut out of the hub.

Equations
---------
With ``X0`` the exchange of the reference operation (MW, positive is export), ``t`` the start, ``tau`` the duration and
``x`` what the hub decides from ``t`` on::

    F+(t, tau) = max f,   F-(t, tau) = -min f       subject to, in every step k from t on,
    X(x)[k] = X0[k] + f                             t <= k < t + tau
    X(x)[k] = X0[k] + sold[k] - bought[k]           t + tau <= k < return
    X(x)[k] = X0[k]                                 return <= k
    L = C P - S dE,   limits G of the hub           no ramps of schedules: a call comes on top of a schedule
    levels and states before t                      as in the reference: nobody knew
    what is unserved, dumped, missing at the end    no more than in the reference

Without re-dispatch on/off states stay as they are, and so does every component but the stores, the networks, and what
stands at the node of the exchange. A deviation that has only to be *delivered* ends the program at ``t + tau``: what
comes after it is left out, as it is where reserve is held for full calls.

What a deviation costs is the least cost with it less the least cost without it (``f = 0``, with the same freedom),
per MWh of deviation; the deviation itself has no price, what is bought and sold back has the market's. Tariffs count.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from mes_stoch.evaluation.flexibility.cut import TOLERANCE, Exchange, Parts
from mes_stoch.evaluation.flexibility.limiting import Limit
from mes_stoch.evaluation.flexibility.reference import Reference, Values
from mes_stoch.model.program import LinearProgram
from mes_stoch.solvers.highs.model import HighsModel
from mes_stoch.solvers.highs.solution import Solution

#: Deviations below this are none, MW; and so is what tolerances, of a step or of the end, may add up to.
_NOTHING_MW, _NOISE = 1e-5, 10 * TOLERANCE
#: States so near to 0 or 1 are whole.
_WHOLE = 1e-6
_SEARCH = {"mip_rel_gap": 1e-6, "mip_abs_gap": 1e-6}


@dataclass(frozen=True)
class Window:
    """Before which step a deviation ends, from which one the exchange is back for good, and how long it lasts, h."""

    end: int
    back: int
    hours: float


@dataclass(frozen=True)
class Deviation:
    """A largest deviation: MW, not below 0; its cost per MWh, where it was asked for; and what limits it."""

    power_mw: float
    cost_per_mwh: float
    limit: Limit | None


class DeviationProgram:
    """The program of one start, for one duration after another: they differ in bounds alone, so that the basis stays.

    Parameters
    ----------
    reference : Reference
    exchange : Exchange
    parts : Parts
    first : int
        Step with which the deviation begins.
    end : int
        Step before which the program ends.
    has_redispatch : bool
    is_delivery : bool
        Whether what is left behind at the end of the horizon does not count.
    """

    def __init__(
        self,
        reference: Reference,
        exchange: Exchange,
        parts: Parts,
        first: int,
        end: int,
        *,
        has_redispatch: bool = True,
        is_delivery: bool = False,
    ) -> None:
        self._hub, self._exchange, self._parts = reference.hub, exchange, parts
        self._steps = np.arange(first, end)
        self._is_delivery = is_delivery
        self._program = self._assembled(has_redispatch=has_redispatch)
        self._model = HighsModel(self._program, relax=True)
        self._hours = 0.0
        # flows that are kept may be missed in every step, what is left behind once
        self._noise_h = 1.0 if has_redispatch else max(1.0, float(self._hub.steps.hours[first:end].sum()))

    def set_window(self, window: Window) -> None:
        """Let the exchange deviate from the start on, and be free until it has to be back."""
        steps, count, most = self._steps, len(self._steps), self._exchange.limit_mw
        within, is_free = steps < window.end, (steps >= window.end) & (steps < window.back)
        followed = np.where(within, most, 0.0)
        traded = np.where(is_free, most, 0.0)
        lower = np.concatenate([-followed, np.zeros(2 * count)])
        upper = np.concatenate([followed, traded, traded])
        self._change_bounds(self._followers, lower, upper)
        slack = np.where(within, 0.0, np.inf)
        rows = np.arange(self._links, self._links + count, dtype=np.int32)
        self._model.change_row_bounds(rows, -slack, slack)
        self._program.row_lower[rows], self._program.row_upper[rows] = -slack, slack
        self._hours = window.hours

    def largest(self, sign: int, *, has_cost: bool = False) -> Deviation | None:
        """The largest deviation, up (+1) or down (-1); ``None`` where even the reference cannot be kept."""
        toward = np.zeros(len(self._program.cost))
        toward[self._deviation] = -sign
        found, duals = self._optimum(toward, 0.0, self._exchange.limit_mw, sign)
        if found.values is None:
            return None
        power = max(0.0, sign * float(found.values[self._deviation]))
        power = 0.0 if power < max(_NOTHING_MW, _NOISE * self._noise_h / self._hours) else power
        limit = self._parts.limits.largest(self._kept_rows, self._columns, duals, self._hours)
        cost = self._cost(sign, power) if has_cost and power > 0 else float("nan")
        return Deviation(power, cost, limit)

    # -- solving ----------------------------------------------------------------------------------------------------

    def _change_bounds(self, columns: Any, lower: Values, upper: Values) -> None:
        self._model.change_column_bounds(columns, lower, upper)
        self._program.column_lower[columns], self._program.column_upper[columns] = lower, upper

    def _optimum(self, cost: Values, low: float, high: float, sign: int) -> tuple[Solution, Solution]:
        """The best solution with the deviation between two sizes, and a linear program there, for its duals."""
        low, high = sorted((sign * low, sign * high))
        self._change_bounds(np.array([self._deviation], dtype=np.int32), np.array([low]), np.array([high]))
        self._model.change_costs(np.arange(len(cost), dtype=np.int32), cost)
        relaxed = self._model.run()
        integer = self._program.integer
        if relaxed.values is None or not integer.any():
            return relaxed, relaxed
        states = relaxed.values[integer]
        if np.abs(states - np.round(states)).max() <= _WHOLE:
            return relaxed, relaxed
        program = replace(self._program, cost=cost)
        found = HighsModel(program, options=_SEARCH).run()
        return found, found if found.values is None else self._with_states(program, np.round(found.values[integer]))

    def _with_states(self, program: LinearProgram, states: Values) -> Solution:
        """The linear program with its states given."""
        lower, upper = program.column_lower.copy(), program.column_upper.copy()
        lower[program.integer] = upper[program.integer] = states
        fixed = replace(program, column_lower=lower, column_upper=upper)
        return HighsModel(fixed, relax=True).run()

    def _cost(self, sign: int, power: float) -> float:
        """Least cost with the deviation less that without it, per MWh of deviation."""
        with_it, _ = self._optimum(self._program.cost, max(0.0, power - TOLERANCE), power, sign)
        without, _ = self._optimum(self._program.cost, 0.0, 0.0, sign)
        if with_it.values is None or without.values is None:
            return float("nan")
        return (with_it.objective - without.objective) / (power * self._hours)

    # -- assembling -------------------------------------------------------------------------------------------------

    def _assembled(self, *, has_redispatch: bool) -> LinearProgram:
        parts = self._parts
        first, end, count = int(self._steps[0]), int(self._steps[-1]) + 1, len(self._steps)
        is_start = parts.is_level & (parts.step == first - 1)
        is_dropped = parts.is_timed & ~is_start & ((parts.step < first) | (parts.step >= end))
        rows = self._rows(is_dropped, first, end)
        self._columns = np.flatnonzero(~is_dropped)
        blocks = [parts.matrix[rows][:, self._columns]]
        lower, upper = [parts.row_lower[rows]], [parts.row_upper[rows]]
        if not has_redispatch:
            places = np.arange(parts.kept_values.size).reshape(parts.kept_values.shape)[:, first:end].ravel()
            flows = parts.kept_values[:, first:end].ravel()
            blocks.append(parts.kept_flows[places][:, self._columns])
            lower.append(flows - TOLERANCE)
            upper.append(flows + TOLERANCE)
        above = sp.vstack(blocks)
        self._deviation = len(self._columns)
        self._links = above.shape[0] + count
        self._followers = np.arange(self._deviation + 1, self._deviation + 1 + 3 * count, dtype=np.int32)
        one, none = sp.eye_array(count), np.zeros(1 + 3 * count)
        column_lower, column_upper = self._bounds(is_start, first, has_redispatch=has_redispatch)
        scheduled, linked = parts.scheduled[first:end], np.zeros(count)
        return LinearProgram(
            matrix=sp.csc_array(
                sp.block_array(
                    [
                        [above, None, None, None, None],
                        [parts.exported[first:end][:, self._columns], None, -one, -one, one],
                        [None, sp.csr_array(np.full((count, 1), -1.0)), one, None, None],
                    ]
                )
            ),
            cost=np.concatenate([parts.cost[self._columns], np.zeros(1 + count), self._trade_cost()]),
            offset=0.0,
            row_lower=np.concatenate([*lower, scheduled, linked]),
            row_upper=np.concatenate([*upper, scheduled, linked]),
            column_lower=np.concatenate([column_lower[self._columns], none]),
            column_upper=np.concatenate([column_upper[self._columns], none]),
            integer=np.concatenate([parts.is_integer[self._columns], none > 0]),
        )

    def _rows(self, is_dropped: Any, first: int, end: int) -> Any:
        """Rows that are wholly about what is still to be decided."""
        parts = self._parts
        touched = np.asarray(abs(parts.matrix[:, np.flatnonzero(is_dropped)]).sum(axis=1)).ravel() > 0
        is_balance = parts.row_step >= 0
        is_elsewhen = is_balance & ((parts.row_step < first) | (parts.row_step >= end))
        # a call comes on top of a schedule, whose speed is not that of the device
        rows = np.flatnonzero(~(touched | is_elsewhen | parts.is_ramp | (parts.is_target & self._is_delivery)))
        self._kept_rows = np.where(is_balance[rows], -1, rows - int(is_balance.sum()))
        return rows

    def _bounds(self, is_start: Any, first: int, *, has_redispatch: bool) -> tuple[Values, Values]:
        """Bounds with the levels at the start and the states before it, or all of them, as they were."""
        parts = self._parts
        is_fixed = is_start | (parts.is_state & ((parts.step < first) | (not has_redispatch)))
        is_fixed &= ~np.isnan(parts.known)
        return np.where(is_fixed, parts.known, parts.lower), np.where(is_fixed, parts.known, parts.upper)

    def _trade_cost(self) -> Values:
        """What selling and buying a MW costs, by step."""
        hours = self._hub.steps.hours[self._steps]
        bought, sold = self._exchange.bought[self._steps], self._exchange.sold[self._steps]
        return np.concatenate([-sold * hours, bought * hours])
