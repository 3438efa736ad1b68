"""Units that are on or off: states, starts and stops, minimum up and down times."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mes_stoch.components.shared.context import Expression, ModelContext, OfPeriod
from mes_stoch.components.shared.equations_service import Service
from mes_stoch.components.shared.equations_start_costs import Changes, charge_starts
from mes_stoch.schema.base import Quantity
from mes_stoch.schema.on_off import OnOffUnit, start_costs_of

Span = NDArray[np.int64]
OfState = Callable[[int], Expression]


@dataclass(frozen=True)
class OnOff:
    """What the rest of a unit needs to know of its state.

    ``state`` is 1 where the unit is on; ``start`` and ``stop`` are its changes by state; ``ceilings`` names rows that
    limit its power from above, MW by period; ``service`` says how much of its power it can use; ``forced`` are the
    periods in which its state before the horizon keeps it on, as far as there is no outage before.
    """

    state: OfPeriod
    ceilings: tuple[tuple[str, OfPeriod], ...]
    service: Service
    forced: frozenset[int] = frozenset()
    start: OfState = lambda k: 0.0
    stop: OfState = lambda k: 0.0


def build_on_off(
    context: ModelContext,
    name: str,
    spec: OnOffUnit,
    available_per_unit: Quantity = 1.0,
    *,
    pays_for_starts: bool = True,
) -> OnOff:
    """The on/off decision of a unit with a minimum load, and what its starts and stops cost and allow.

    ``available_per_unit`` is the share of its largest power that is available. Who works out in another way what starts
    cost says ``pays_for_starts=False``.

    Equations
    ---------
    A state ``k`` is a period, or a block of ``state_block_h`` local hours. With ``y`` on or off, ``u`` a start at the
    beginning of a state, ``w`` a stop there, ``U`` and ``D`` the minimum times in states::

        y[k] - y[k-1] = u[k] - w[k]                                                      (state_change)
        u[k-U+1] + ... + u[k] <= y[k]                                                    (minimum_up)
        w[k-D+1] + ... + w[k] <= 1 - y[k]                                                (minimum_down)
        y[k] = y[-1]    while less than its minimum time has passed since the last change  (initial_state)
        sum of u over a local day <= starts_max                                          (starts_per_day)
        profit -= start_cost sum_k u[k]                                                  (start.<unit>)

    Where ``start_costs`` rise with the time off, :mod:`mes_stoch.components.shared.equations_start_costs` has the rows.

    Power in the first period of state ``k`` after a start, and in the last one before a stop, is limited as well; with
    ``P`` and what is held to raise it on the left::

        P + held <= P_max y[k] - (P_max - P_start) u[k] - (P_max - P_stop) w[k+1]             (maximum)

    each of the two terms only in the period it belongs to. Where one period can see both a start and the next stop
    (``U = 1``) the sum would cut too deep, and two rows stand in its place::

        P + held <= P_max y[k] - (P_max - P_start) u[k] - max(P_start - P_stop, 0) w[k+1]     (maximum)
        P + held <= P_max y[k] - (P_max - P_stop) w[k+1] - max(P_stop - P_start, 0) u[k]      (maximum_stop)

    ``y`` alone is integer: ``minimum_up`` and ``minimum_down`` (which at ``U = D = 1`` read ``u <= y``, ``w <= 1 - y``)
    leave ``u`` and ``w`` one value each. Nothing is said about times beyond the horizon: a unit may start in its last
    state. Without ``initial_on`` the first state is free: it costs no start, and nothing before it binds.

    **Outages.** Where less than ``P_max`` is available, ``usable``, ``lasts`` and ``kept`` are data of the scenario
    (:mod:`mes_stoch.components.shared.equations_service`), and::

        P + held <= usable[t] P_max y[k]                                                    (available)
        lasts[k,U-1] u[k-U+1] + ... + lasts[k,1] u[k-1] + u[k] <= y[k]                     (minimum_up)
        y[k] >= kept[k]                                        before the horizon on     (initial_state)
        P + held <= P_max y[k] - (P_max - P_start) u[k] - lasts[k+1,1] (P_max - P_stop) w[k+1]   (maximum)

    ``available`` is the unit's own row. With ``minimum`` it leaves a state in an outage only ``y = 0``: the unit is off
    whatever its minimum time and its state before the horizon say. What was started before an outage binds no longer
    after it, and an outage may come at any power. Off by an outage is off as by any stop: the least time off runs from
    its beginning, and being on again is a start.

    Times are counted in states. States of an hour or less follow elapsed time; longer ones follow the clock, so a
    block that a change to summer time shortens counts as a whole one. Where the first period is shorter than the
    others, what begins with it lasts as many states as its hours take: one more where they are whole periods.

    Symbols
    -------
    ``on`` (y) : binary, (periods,) or (state blocks,), realtime.
    ``start`` (u), ``stop`` (w) : in [0, 1], (states that can change,), realtime.

    Source
    ------
    Turn-on and turn-off inequalities: D. Rajan and S. Takriti, Minimum up/down polytopes of the unit commitment problem
    with start-up costs, IBM Research Report RC23628, 2005; three variables a state as in Morales-Espana, Latorre and
    Ramos, IEEE Trans. Power Syst. 28(4), 2013, doi 10.1109/TPWRS.2013.2251373. Start and stop limits: Gentile,
    Morales-Espana and Ramos, A tight MIP formulation of the unit commitment problem with start-up and shut-down
    constraints, EURO J. Comput. Optim. 5, 2017, doi 10.1007/s13675-016-0066-y, who prove that these rows describe the
    convex hull of one unit.
    """
    spans = _states(context, spec) if spec.power_min_mw > 0 else []
    service = Service(context, name, available_per_unit, spec.power_min_mw, spec.power_max_mw, spans)
    if spec.power_min_mw == 0:
        return OnOff(lambda t: 1.0, (("maximum", lambda t: spec.power_max_mw),), service)
    place = {int(t): k for k, span in enumerate(spans) for t in span}
    if spec.state_block_h is None:
        on = context.variable(name, "on", "1", "realtime", upper=1.0, integer=True)
    else:
        on = context.variable(
            name, "on", "1", "realtime", upper=1.0, integer=True, spans=spans, dimension=f"state_{name}"
        )

    def state(t: int) -> Expression:
        return on[place[t]]

    first = 0 if spec.initial_on is not None else 1
    if not spec.start_stop_fields or first == len(spans):
        return OnOff(state, (("maximum", lambda t: spec.power_max_mw * state(t)),), service)
    changes = _change(context, name, spec, on, service, first)
    _minimum_times(context, name, spec, changes)
    if pays_for_starts:
        charge_starts(context, name, spec, start_costs_of(spec), changes)
    _limit_starts(context, name, spec, changes)
    kept = spans[: _kept_states(context, spec, len(spans))] if spec.initial_on else []
    forced = frozenset(int(t) for span in kept for t in span)
    ceilings = _ceilings(context, spec, changes, place)
    return OnOff(state, ceilings, service, forced, changes.start, changes.stop)


def _states(context: ModelContext, spec: OnOffUnit) -> list[Span]:
    if spec.state_block_h is not None:
        return context.spans(spec.state_block_h)
    return [np.asarray([t], dtype=np.int64) for t in context.periods]


def _in_states(context: ModelContext, spec: OnOffUnit, hours: float) -> int:
    """Hours as a number of states, rounded up."""
    return math.ceil(hours / (spec.state_block_h or context.period_h) - 1e-9)


def _in_first_states(context: ModelContext, spec: OnOffUnit, hours: float) -> int:
    """The same of hours from the start of the horizon on, where the first period may be shorter."""
    return _in_states(context, spec, hours + context.begun_h) if hours > 0 else 0


@dataclass(frozen=True)
class _MinimumStates:
    """How many states a start or a stop binds: at least one, which is what leaves it a single value.

    One of the first state binds ``of_first`` of them, which are more where that state is shorter.
    """

    of_most: int
    of_first: int

    @staticmethod
    def of(context: ModelContext, spec: OnOffUnit, hours: float) -> _MinimumStates:
        return _MinimumStates(max(1, _in_states(context, spec, hours)), max(1, _in_first_states(context, spec, hours)))

    def reaching(self, k: int) -> Iterator[tuple[int, int]]:
        """States whose starts or stops still bind state ``k``, each after how many states lie between."""
        for n in range(self.of_most):
            if k - n >= 0:
                yield n, k - n
        if self.of_most <= k < self.of_first:
            yield k, 0


def _change(context: ModelContext, name: str, spec: OnOffUnit, on: Any, service: Service, first: int) -> Changes:
    spans = service.states
    changing, dimension = spans[first:], f"change_{name}"
    start = context.variable(name, "start", "1", "realtime", upper=1.0, spans=changing, dimension=dimension)
    stop = context.variable(name, "stop", "1", "realtime", upper=1.0, spans=changing, dimension=dimension)
    before = 1.0 if spec.initial_on else 0.0
    context.constraint(
        name,
        "state_change",
        f"{name} is on after a start and off after a stop",
        lambda k: on[k + first] - (on[k + first - 1] if k + first > 0 else before) == start[k] - stop[k],
        unit="1",
        spans=changing,
        dimension=dimension,
    )

    def within(variable: Any) -> OfState:
        return lambda k: variable[k - first] if first <= k < len(spans) else 0.0

    return Changes(spans, first, on, within(start), within(stop), service)


def _minimum_times(context: ModelContext, name: str, spec: OnOffUnit, changes: Changes) -> None:
    on, first = changes.on, changes.first
    changing = changes.spans[first:]
    # at least one state: that is what leaves start and stop a single value
    up, down = (
        _MinimumStates.of(context, spec, spec.minimum_up_h),
        _MinimumStates.of(context, spec, spec.minimum_down_h),
    )
    lasts = [changes.service.lasts(states) for states in range(min(up.of_first, len(changes.spans)))]
    context.constraint(
        name,
        "minimum_up",
        f"{name} stays on for its minimum time after a start",
        lambda k: sum(lasts[n](k + first) * changes.start(i) for n, i in up.reaching(k + first)) <= on[k + first],
        unit="1",
        spans=changing,
        dimension=f"change_{name}",
    )
    context.constraint(
        name,
        "minimum_down",
        f"{name} stays off for its minimum time after a stop",
        lambda k: sum(changes.stop(i) for _, i in down.reaching(k + first)) <= 1 - on[k + first],
        unit="1",
        spans=changing,
        dimension=f"change_{name}",
    )
    bound = _kept_states(context, spec, len(changes.spans))
    is_limited, kept = changes.service.is_limited, changes.service.kept_state()
    if bound:
        context.constraint(
            name,
            "initial_state",
            f"{name} keeps the state it had before the horizon until its minimum time is over",
            lambda k: on[k] >= kept(k) if spec.initial_on and is_limited else on[k] == float(bool(spec.initial_on)),
            unit="1",
            spans=changes.spans[:bound],
            dimension=f"initial_{name}",
        )


def _kept_states(context: ModelContext, spec: OnOffUnit, count: int) -> int:
    """How many of the ``count`` states must be that before the horizon, its minimum time not being over."""
    if spec.initial_on is None or spec.initial_state_h is None:
        return 0
    minimum_h = spec.minimum_up_h if spec.initial_on else spec.minimum_down_h
    return min(_in_first_states(context, spec, max(0.0, minimum_h - spec.initial_state_h)), count)


def _limit_starts(context: ModelContext, name: str, spec: OnOffUnit, changes: Changes) -> None:
    if spec.starts_max_per_day is None:
        return
    limit = spec.starts_max_per_day
    days = context.spans(24.0)
    day_of = {int(t): d for d, span in enumerate(days) for t in span}
    states = [[k for k, span in enumerate(changes.spans) if day_of[int(span[0])] == d] for d in range(len(days))]
    # the first state of a free beginning cannot be a start: a day of that state alone has nothing to limit
    limited = [d for d, own in enumerate(states) if any(k >= changes.first for k in own)]
    context.constraint(
        name,
        "starts_per_day",
        f"{name} starts no more often in a day than it may",
        lambda k: sum(changes.start(i) for i in states[limited[k]]) <= limit,
        unit="1",
        spans=[days[d] for d in limited],
        dimension=f"start_day_{name}",
    )


def _ceilings(
    context: ModelContext, spec: OnOffUnit, changes: Changes, place: dict[int, int]
) -> tuple[tuple[str, OfPeriod], ...]:
    largest = spec.power_max_mw
    at_start = largest if spec.start_power_max_mw is None else spec.start_power_max_mw
    at_stop = largest if spec.stop_power_max_mw is None else spec.stop_power_max_mw
    is_own_stop = changes.service.lasts(1)

    def ceiling(cut_start_mw: float, cut_stop_mw: float) -> OfPeriod:
        def limit(t: int) -> Expression:
            k = place[t]
            span = changes.spans[k]
            # factors of zero are left out, so that no row has coefficients that say nothing
            cut = cut_start_mw * changes.start(k) if cut_start_mw and t == span[0] else 0.0
            if cut_stop_mw and t == span[-1] and k + 1 < len(changes.spans):
                cut += cut_stop_mw * is_own_stop(k + 1) * changes.stop(k + 1)
            return largest * changes.on[k] - cut

        return limit

    cut_start, cut_stop = largest - at_start, largest - at_stop
    meet = _in_states(context, spec, spec.minimum_up_h) <= 1 and any(len(span) == 1 for span in changes.spans)
    if not (meet and cut_start and cut_stop):
        return (("maximum", ceiling(cut_start, cut_stop)),)
    return (
        ("maximum", ceiling(cut_start, max(at_start - at_stop, 0.0))),
        ("maximum_stop", ceiling(max(at_stop - at_start, 0.0), cut_stop)),
    )
