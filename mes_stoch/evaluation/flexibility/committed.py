"""What of a commitment can still be called, for how long: the staircase that is drawn into what can be offered."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mes_stoch.evaluation.stress.plan import DirectedProduct, Plan
from mes_stoch.schema.flexibility import Direction
from mes_stoch.schema.reserve_ways import delivered_per_unit
from mes_stoch.settlement.data import Array

#: Durations within this are the same, h.
_SAME_H = 1e-6


def committed_mw(plan: Plan, place: int, connection: str, sign: int, period: int, hours: float) -> float:
    """Power that calls may still ask for from the start of a period for a time, on top of what they have asked for.

    Equations
    ---------
    Over the products ``p`` of one direction of which a call from ``t`` on may last ``tau``, and their devices ``d``::

        max over exclusivity groups g of  min over k in [t, t + tau) of  sum_d
            ( sum_(p in g) (held - given)[p, d, k]  -  max(0, given by products of other groups)[d, k] )

    Products of different groups may hold one MW, of which a device then has only what the others have not used. Of a
    device behind links counts what arrives.

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
    last = period + max(1, math.ceil((hours + (0.0 if period else plan.begun_h)) / plan.period_h - _SAME_H))
    found = [0.0]
    for own in plan.groups(direction).values():
        callable_ones = [one for one in own if _can_last(one, place, connection, period, hours)]
        devices = dict.fromkeys(name for one in callable_ones for name in one.held)
        power = sum(
            (
                delivered_per_unit(plan.data.instance.components, name, connection)
                * _of_device(plan, place, name, callable_ones, own, sign)
                for name in devices
            ),
            np.zeros(plan.periods),
        )
        found.append(float(power[period:last].min()))
    return max(found)


def _can_last(directed: DirectedProduct, place: int, connection: str, period: int, hours: float) -> bool:
    longest = float(directed.call_h[place, period])
    return directed.product.connection_name == connection and longest > 0 and longest >= hours - _SAME_H


def _of_device(
    plan: Plan,
    place: int,
    name: str,
    directed: Sequence[DirectedProduct],
    group: Sequence[DirectedProduct],
    sign: int,
) -> Array:
    """What calls may still ask of a device, MW by period."""
    uncalled = sum(one.held[name] - one.given[name] for one in directed if name in one.held)
    names = {one.product_id for one in group}
    others = [one for one in plan.directed_products if one.product_id not in names]
    ways = ((1, "up"), (-1, "down"))
    used = np.sum(
        [way * plan.given_by(name, [one for one in others if one.direction == word]) for way, word in ways], axis=0
    )
    left: Array = np.maximum(0.0, uncalled - np.maximum(0.0, sign * used))
    row: Array = left[place]
    return row
