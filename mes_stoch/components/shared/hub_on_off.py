"""Units that are on or off, in the energy hub."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from mes_stoch.components.shared.hub_context import Columns, Firm, HubContext, HubRows, Numbers, Values
from mes_stoch.components.shared.hub_start_costs import classify_starts
from mes_stoch.schema.on_off import OnOffUnit, StartCost, start_costs_of


@dataclass(frozen=True)
class HubOnOff:
    """State of a unit by step, and its changes by state.

    Parameters
    ----------
    on : int array, shape (steps,)
        Column of the state ``y`` at each step.
    is_forced_on : bool array, shape (steps,)
        Where the state before the horizon keeps it on.
    states : list of int array
        Periods of each state.
    start, stop : int array, shape (states,)
        Columns of ``u`` and ``w``; -1 where the unit cannot change: in a first state that is free.
    usable_per_unit : array, shape (steps,)
        Share of the largest power that is available, 0 in outages.
    is_out : bool array, shape (states,)
        Outages: states in which the unit cannot keep its least power throughout.
    """

    on: Columns
    is_forced_on: NDArray[np.bool_]
    states: list[Columns]
    start: Columns
    stop: Columns
    usable_per_unit: Values
    is_out: NDArray[np.bool_]

    def tell_kept_on(self, context: HubContext, node: str, direction: int, flow_mw: Numbers) -> None:
        """What the unit brings to a node (+1) or takes from it (-1) at its least load, where it is forced on."""
        if self.is_forced_on.any():
            context.firm(node, firm(direction), np.where(self.is_forced_on, flow_mw, 0.0))

    def ceilings(self, context: HubContext, name: str, spec: OnOffUnit) -> Iterator[HubRows]:
        """Rows that are still to get the power: ``P - P_max y + (P_max - P_start) u + (P_max - P_stop) w <= 0``.

        ``u`` counts in the first period of a state, ``w`` of the next state in the last one. Where both can meet in one
        period, two rows stand in the place of one, each with the whole cut of one of them and of the other only what it
        cuts deeper (Gentile, Morales-Espana and Ramos 2017, doi 10.1007/s13675-016-0066-y). A stop by an outage has no
        limit. What is available of the power bounds its columns.
        """
        largest = spec.power_max_mw
        cut_start = largest - (largest if spec.start_power_max_mw is None else spec.start_power_max_mw)
        cut_stop = largest - (largest if spec.stop_power_max_mw is None else spec.stop_power_max_mw)
        may_meet = _states(context, spec, spec.minimum_up_h) <= 1 and any(len(own) == 1 for own in self.states)
        if may_meet and cut_start > 0 and cut_stop > 0:
            yield self._ceiling(context, name, "maximum", largest, cut_start, max(cut_stop - cut_start, 0.0))
            yield self._ceiling(context, name, "maximum_stop", largest, max(cut_start - cut_stop, 0.0), cut_stop)
        else:
            yield self._ceiling(context, name, "maximum", largest, cut_start, cut_stop)

    def _ceiling(
        self, context: HubContext, name: str, row: str, largest: float, cut_start: float, cut_stop: float
    ) -> HubRows:
        rows = context.rows(name, row, "MW", context.steps, upper=0.0).add(self.on, -largest)
        if cut_start > 0:
            _cut(context, rows, [own[0] for own in self.states], self.start, cut_start)
        if cut_stop > 0:
            limited = np.where(self.is_out, -1, self.stop)
            _cut(context, rows, [own[-1] for own in self.states[:-1]], limited[1:], cut_stop)
        return rows


def firm(direction: int) -> Firm:
    """What a flow to a node (+1) or from it (-1) is where it cannot be helped."""
    return "supply" if direction > 0 else "demand"


def _cut(context: HubContext, rows: HubRows, periods: list[int], columns: Columns, cut_mw: float) -> None:
    """Lower the ceiling in some periods, by a column each."""
    for period, column in zip(periods, columns, strict=True):
        if column >= 0:
            steps = np.flatnonzero(context.period_of_step == period)
            rows.add(np.full(len(steps), column), cut_mw, rows=steps)


def build_hub_on_off(
    context: HubContext,
    name: str,
    spec: OnOffUnit,
    available_per_unit: Numbers = 1.0,
    *,
    pays_for_starts: bool = True,
) -> HubOnOff:
    """State, starts and stops of a unit, with its minimum times and how often it may start.

    Equations
    ---------
    With ``y`` the state, ``u`` its starts, ``w`` its stops, and ``U``, ``D`` the minimum times in states::

        y[k] - y[k-1] - u[k] + w[k] = 0                              (change)
        sum of u over the last U states - y[k] <= 0                  (minimum_up)
        sum of w over the last D states + y[k] <= 1                  (minimum_down)
        sum of u over a local day <= starts_max                      (starts_per_day)

    ``y`` is bound to the state before the horizon until its minimum time is over. A first state that is free has no
    start. In an outage ``y = 0``, which ends what a start before it, or the state before the horizon, demands; the
    ``last U states`` of ``minimum_up`` are then those since the outage.

    Source
    ------
    Rajan and Takriti, IBM Research Report RC23628, 2005.
    """
    states = (
        [np.array([period]) for period in range(context.periods)]
        if spec.state_block_h is None
        else context.spans(spec.state_block_h)
    )
    kept = _kept(context, spec, len(states))
    lower, upper = np.zeros(len(states)), np.ones(len(states))
    if kept:
        lower[:kept] = upper[:kept] = float(bool(spec.initial_on))
    available = np.broadcast_to(np.asarray(available_per_unit, dtype=float), (context.steps,))
    state_of_period = np.repeat(np.arange(len(states)), [len(own) for own in states])
    state_of_step = state_of_period[context.period_of_step]
    is_out = _outages(spec, available, state_of_step, len(states))
    upper[is_out] = 0.0
    if spec.initial_on:
        # an outage breaks off what the state before the horizon demands
        kept = min([kept, *np.flatnonzero(is_out)])
        lower[kept:] = 0.0
    on = context.columns(name, "on", "1", "state", lower=lower, upper=upper, is_integer=True, spans=states)
    costs = start_costs_of(spec) if pays_for_starts else [StartCost(off_from_h=0.0, cost_eur=0.0)]
    start, stop = _changes(context, name, spec, states, on, is_out, costs)
    is_forced = (state_of_step < kept) & bool(spec.initial_on) & bool(spec.start_stop_fields)
    usable = np.where(is_out[state_of_step], 0.0, available)
    return HubOnOff(on[state_of_step], is_forced, states, start, stop, usable, is_out)


def _outages(spec: OnOffUnit, available: Values, state_of_step: Columns, count: int) -> NDArray[np.bool_]:
    """States with a step in which less than the least power is available."""
    missing = spec.power_min_mw / spec.power_max_mw - available > 1e-9
    is_out = np.zeros(count, dtype=bool)
    is_out[state_of_step[missing]] = True
    return is_out


def _changes(
    context: HubContext,
    name: str,
    spec: OnOffUnit,
    states: list[Columns],
    on: Columns,
    is_out: NDArray[np.bool_],
    costs: Sequence[StartCost],
) -> tuple[Columns, Columns]:
    count, first = len(states), 0 if spec.initial_on is not None else 1
    start, stop = np.full(count, -1), np.full(count, -1)
    if not spec.start_stop_fields or first == count:
        return start, stop
    changing = np.arange(first, count)
    own = states[first:]
    cost = costs[0].cost_eur if len(costs) == 1 else 0.0
    start[first:] = context.columns(name, "start", "1", "auxiliary", upper=1.0, cost=cost, spans=own)
    stop[first:] = context.columns(name, "stop", "1", "auxiliary", upper=1.0, spans=own)

    before = np.zeros(len(changing))
    if first == 0:
        before[0] = float(bool(spec.initial_on))
    rows = context.rows(name, "change", "1", len(changing), lower=before, upper=before, numbers=changing)
    rows.add(on[changing]).add(start[changing], -1.0).add(stop[changing], 1.0)
    earlier = changing[changing > 0]
    rows.add(on[earlier - 1], -1.0, rows=earlier - first)

    # number of the outage last seen: a start binds as long as it stays the same
    outages = np.cumsum(is_out)
    for row, changes, hours, sign, most, broken in (
        ("minimum_up", start, spec.minimum_up_h, -1.0, 0.0, outages),
        ("minimum_down", stop, spec.minimum_down_h, 1.0, 1.0, np.zeros(count)),
    ):
        length = max(1, _states(context, spec, hours))
        rows = context.rows(name, row, "1", len(changing), upper=most, numbers=changing).add(on[changing], sign)
        for back in range(length):
            seen = changing[changing - back >= first]
            seen = seen[broken[seen] == broken[seen - back]]
            rows.add(changes[seen - back], 1.0, rows=seen - first)
        if first == 0:
            # what begins with a shorter first period lasts as many states as its hours take
            for k in range(length, min(count, _first_states(context, spec, hours))):
                if broken[k] == broken[0]:
                    rows.add(changes[:1], 1.0, rows=np.array([k]))
    _limit_starts(context, name, spec, states, start)
    if len(costs) > 1:
        classify_starts(context, name, spec, costs, states, start, stop)
    return start, stop


def _limit_starts(context: HubContext, name: str, spec: OnOffUnit, states: list[Columns], start: Columns) -> None:
    if spec.starts_max_per_day is None:
        return
    days = context.spans(24.0)
    day_of_period = np.repeat(np.arange(len(days)), [len(day) for day in days])
    rows = context.rows(name, "starts_per_day", "1", len(days), upper=float(spec.starts_max_per_day))
    for own, column in zip(states, start, strict=True):
        if column >= 0:
            rows.add(np.array([column]), 1.0, rows=np.array([day_of_period[own[0]]]))


def _kept(context: HubContext, spec: OnOffUnit, count: int) -> int:
    """How many states must be that before the horizon."""
    if spec.initial_on is None or spec.initial_state_h is None:
        return 0
    minimum_h = spec.minimum_up_h if spec.initial_on else spec.minimum_down_h
    return min(count, _first_states(context, spec, max(0.0, minimum_h - spec.initial_state_h)))


def _states(context: HubContext, spec: OnOffUnit, hours: float) -> int:
    """Hours as a number of states, rounded up."""
    return ceil(hours / (spec.state_block_h or context.period_h) - 1e-9)


def _first_states(context: HubContext, spec: OnOffUnit, hours: float) -> int:
    """The same from the start of the horizon on, where the first period may be shorter."""
    return _states(context, spec, hours + context.begun_h) if hours > 0 else 0
