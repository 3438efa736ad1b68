"""What of a commitment can still be called, for how long: the staircase that is drawn into what can be offered."""

from __future__ import annotations

from mes_stoch.evaluation.stress.plan import DirectedProduct, Plan
from mes_stoch.schema.flexibility import Direction

#: Durations within this are the same, h.
_SAME_H = 1e-6


def committed_mw(plan: Plan, place: int, connection: str, sign: int, period: int, hours: float) -> float:
    """Power that calls may still ask for from the start of a period for a time, on top of what they have asked for.

    Equations
    ---------
    ``max over exclusivity groups of sum_p min over periods k in [t, t + tau) of (held - given)[p, k]``, over the
    products ``p`` of one direction of which a call from ``t`` on may last ``tau``.

    Parameters
    ----------
    plan : Plan
    place : int
        Position of the scenario.
    connection : str
    sign : int
        +1 for calls upward.
    period : int
    hours : float
    """
    direction: Direction = "up" if sign > 0 else "down"
    found = [
        sum(_of_product(plan, place, one, period, hours) for one in own if one.product.connection_name == connection)
        for own in plan.groups(direction).values()
    ]
    return max(found, default=0.0)


def _of_product(plan: Plan, place: int, directed: DirectedProduct, period: int, hours: float) -> float:
    longest = float(directed.call_h[place, period])
    if longest <= 0 or longest < hours - _SAME_H:
        return 0.0
    last = period + max(1, round(hours / plan.period_h + 0.5 - _SAME_H))
    uncalled = sum(directed.held[name][place] - directed.given[name][place] for name in directed.held)
    return max(0.0, float(uncalled[period:last].min()))
