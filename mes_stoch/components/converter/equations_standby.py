"""Units that can be kept warm: on, in stand-by or off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mes_stoch.components.converter.format import Converter
from mes_stoch.components.shared.context import Expression, ModelContext, OfPeriod
from mes_stoch.components.shared.equations_on_off import OnOff
from mes_stoch.schema.on_off import start_costs_of


def _nothing(t: int) -> float:
    return 0.0


@dataclass(frozen=True)
class Standby:
    """1 where the unit is in stand-by, by period."""

    state: OfPeriod = _nothing


def build_standby(context: ModelContext, name: str, spec: Converter, on_off: OnOff) -> Standby:
    """A third state between on and off, from which a start costs less.

    Equations
    ---------
    With ``y`` on, ``s`` in stand-by and ``u`` a start, by state ``k``; ``q`` is a start from off, to either of the two,
    ``b`` one from stand-by::

        y[k] + s[k] <= 1                                                                     (standby)
        s[k] <= 1 - out[k]                      where less than all can be available         (standby_available)
        q[k] >= y[k] + s[k] - y[k-1] - s[k-1]                                                (warm_up)
        q[k] <= 1 - y[k-1] - s[k-1]                                                          (warm_up_off)
        b[k] >= u[k] - q[k]                                                                  (standby_start)
        flow[input,t] = ... + standby_input s[t]
        profit -= h standby_cost sum_t s[t]                                                  (standby.<unit>)
        profit -= start_cost sum_k q[k]                                                      (start.<unit>)
        profit -= standby_start_cost sum_k b[k]                                              (standby_start.<unit>)

    ``y[-1]`` is the state before the horizon, ``s[-1] = 0``; where it is not known the first state is free. A unit in
    stand-by makes nothing and holds no reserve (``y = 0``). Minimum times and starts a day count ``y`` alone: time in
    stand-by is time off to them.

    Symbols
    -------
    ``standby`` (s) : binary, (periods,) or (state blocks,), realtime.
    ``warm_up`` (q), ``standby_start`` (b) : in [0, 1], (states that can change,), realtime; where they cost something.

    Source
    ------
    The three states (production, stand-by, idle) of Varela, Mostafa and Zondervan, Modeling alkaline water electrolysis
    for power-to-x applications: A scheduling approach, Int. J. Hydrogen Energy 46(14), 2021.
    """
    if spec.standby_input_mw is None:
        return Standby()
    spans, dimension = on_off.service.states, f"standby_{name}"
    standby = context.variable(
        name, "standby", "1", "realtime", upper=1.0, integer=True, spans=spans, dimension=dimension
    )
    place = {int(t): k for k, span in enumerate(spans) for t in span}

    def on(k: int) -> Expression:
        return on_off.state(int(spans[k][0]))

    context.constraint(
        name,
        "standby",
        f"{name} is on, in stand-by or off",
        lambda k: on(k) + standby[k] <= 1,
        unit="1",
        spans=spans,
        dimension=dimension,
    )
    if on_off.service.is_limited:
        in_service = on_off.service.lasts(1)
        context.constraint(
            name,
            "standby_available",
            f"{name} is in no stand-by in an outage",
            lambda k: standby[k] <= in_service(k),
            unit="1",
            spans=spans,
            dimension=dimension,
        )
    if spec.standby_cost_eur_per_h > 0:
        warm = sum(context.lengths_h[t] * standby[place[t]] for t in context.periods)
        context.earn(f"standby.{name}", -spec.standby_cost_eur_per_h * warm)
    _starts(context, name, spec, on_off, on, standby)
    return Standby(lambda t: standby[place[t]])


def _starts(context: ModelContext, name: str, spec: Converter, on_off: OnOff, on: OfPeriod, standby: Any) -> None:
    """What it costs to warm up, and to start when warm."""
    first = 0 if spec.initial_on is not None else 1
    own, dimension = on_off.service.states[first:], f"change_{name}"
    cost = start_costs_of(spec)[0].cost_eur
    if not own or (cost == 0 and spec.standby_start_cost_eur == 0):
        return
    warm_up = context.variable(name, "warm_up", "1", "realtime", upper=1.0, spans=own, dimension=dimension)

    def warm(k: int) -> Expression:
        return on(k) + standby[k] if k >= 0 else float(bool(spec.initial_on))

    context.constraint(
        name,
        "warm_up",
        f"{name} warms up where it is on or in stand-by after it was off",
        lambda k: warm_up[k] >= warm(k + first) - warm(k + first - 1),
        unit="1",
        spans=own,
        dimension=dimension,
    )
    context.constraint(
        name,
        "warm_up_off",
        f"{name} warms up where it was off",
        lambda k: warm_up[k] <= 1 - warm(k + first - 1),
        unit="1",
        spans=own,
        dimension=dimension,
    )
    if cost > 0:
        context.earn(f"start.{name}", -cost * sum(warm_up[k] for k in range(len(own))))
    if spec.standby_start_cost_eur == 0:
        return
    start = context.variable(name, "standby_start", "1", "realtime", upper=1.0, spans=own, dimension=dimension)
    context.constraint(
        name,
        "standby_start",
        f"{name} starts from stand-by where it starts and does not warm up",
        lambda k: start[k] >= on_off.start(k + first) - warm_up[k],
        unit="1",
        spans=own,
        dimension=dimension,
    )
    context.earn(f"standby_start.{name}", -spec.standby_start_cost_eur * sum(start[k] for k in range(len(own))))
