"""What starts cost a unit that is on or off: one cost, or more the longer it has been off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mes_stoch.components.shared.context import Expression, ModelContext
from mes_stoch.components.shared.equations_service import Service
from mes_stoch.schema.on_off import OnOffUnit, StartCost

Span = NDArray[np.int64]
OfState = Callable[[int], Expression]


@dataclass(frozen=True)
class Changes:
    """Starts and stops by state; 0 where there is none: before a free first state, and after the horizon."""

    spans: Sequence[Span]
    first: int
    on: Any
    start: OfState
    stop: OfState
    service: Service


def charge_starts(
    context: ModelContext, name: str, spec: OnOffUnit, costs: Sequence[StartCost], changes: Changes
) -> None:
    """Pay for every start.

    Equations
    ---------
    With one cost, ``profit -= cost sum_k u[k]``. With several, hottest first, ``d_s[k]`` is 1 where the start of state
    ``k`` is of class ``s``, and a class is open where a stop lies back as long as it asks; the last one always is::

        sum_s d_s[k] = u[k]                                                                  (start_class)
        d_s[k] <= sum of w[i] over i with off_from_s <= hours from i to k < off_from_(s+1)
                  + 1 where the unit, off before the horizon, would have been off so long    (start_<s>_off)
        profit -= sum_s cost_s sum_k d_s[k]                                                  (start.<unit>)

    Costs rise with the time off, so that the least one open to a start is that of the last stop, and ``d`` needs no
    integers. A unit of which it is not known how long it has been off starts as a cold one: where ``initial_state_h``
    is not given, and after a free first state in which it is off.

    Symbols
    -------
    ``start_<s>`` (d_s) : in [0, 1], (states that can change,), realtime; s from 1.

    Source
    ------
    Morales-Espana, Latorre and Ramos, Tight and compact MILP formulation for the thermal unit commitment problem, IEEE
    Trans. Power Syst. 28(4), 2013, doi 10.1109/TPWRS.2013.2251373.
    """
    first, count = changes.first, len(changes.spans)
    if len(costs) == 1:
        if costs[0].cost_eur > 0:
            context.earn(f"start.{name}", -costs[0].cost_eur * sum(changes.start(k) for k in range(count)))
        return
    own = changes.spans[first:]
    state_h = spec.state_block_h or context.period_h
    kinds = [
        context.variable(name, f"start_{s}", "1", "realtime", upper=1.0, spans=own, dimension=f"change_{name}")
        for s in range(1, len(costs) + 1)
    ]
    context.constraint(
        name,
        "start_class",
        f"{name} starts hot, warm or cold",
        lambda k: sum(kind[k] for kind in kinds) == changes.start(k + first),
        unit="1",
        spans=own,
        dimension=f"change_{name}",
    )

    def apart(i: int, k: int) -> float:
        """Hours from the start of a state to that of a later one, the first being shorter where it has begun."""
        return (k - i) * state_h - (context.begun_h if i == 0 < k else 0.0)

    for s in range(len(costs) - 1):

        def open_to(k: int, s: int = s) -> Expression:
            stops = sum(changes.stop(i) for i in range(first, k) if class_of(costs, apart(i, k)) == s)
            return stops + float(class_of(costs, _off_before(spec) + apart(0, k)) == s)

        context.constraint(
            name,
            f"start_{s + 1}_off",
            f"{name} starts at a lower cost only where it has been off for so short a time",
            lambda k, s=s, kind=kinds[s], open_to=open_to: kind[k] <= open_to(k + first),  # type: ignore[misc]
            unit="1",
            spans=own,
            dimension=f"change_{name}",
        )
    context.earn(
        f"start.{name}",
        -sum(one.cost_eur * kind[k] for one, kind in zip(costs, kinds, strict=True) for k in range(len(own))),
    )


def class_of(costs: Sequence[StartCost], off_h: float) -> int:
    """Number of the entry that applies after a time off."""
    return sum(one.off_from_h <= off_h + 1e-9 for one in costs) - 1


def _off_before(spec: OnOffUnit) -> float:
    """How long the unit has been off when the horizon begins, h: without end where nothing says it."""
    if spec.initial_on is not False or spec.initial_state_h is None:
        return float("inf")
    return spec.initial_state_h
