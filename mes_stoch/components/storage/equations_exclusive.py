"""Storages that charge or discharge in a period, and not each for a part of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mes_stoch.components.shared.context import ModelContext, OfPeriod, StorePower
from mes_stoch.components.storage.format import Storage


def build_exclusive(
    context: ModelContext, name: str, spec: Storage, power: StorePower, charge: Any, discharge: Any
) -> None:
    """One direction a period for the schedule.

    Equations
    ---------
    With ``y`` 1 where it may charge::

        charge[t] <= charge_max y[t]                                                              (charging)
        discharge[t] <= discharge_max (1 - y[t])                                               (discharging)

    Nothing is built where one of the limits is 0.

    Symbols
    -------
    ``charging`` (y) : binary, (periods,), realtime.
    """
    if not (spec.exclusive_charging and power.charge_max_mw > 0 and power.discharge_max_mw > 0):
        return
    is_charging = context.variable(name, "charging", "1", "realtime", upper=1.0, integer=True)
    text = f"{name} charges or discharges in a period"
    context.constraint(name, "charging", text, lambda t: charge[t] <= power.charge_max_mw * is_charging[t])
    context.constraint(
        name, "discharging", text, lambda t: discharge[t] <= power.discharge_max_mw * (1 - is_charging[t])
    )


def cancel_all(context: ModelContext, name: str, power: StorePower, cancelled: Any, limits: Sequence[OfPeriod]) -> None:
    """Calls cancel all that they can, so that none of them runs round the store.

    Equations
    ---------
    ``r_k`` are the limits of the cancellation ``w`` (:mod:`mes_stoch.components.storage.equations_cancellation`), of
    which it takes the least, and ``z_k`` says which that is::

        w >= r_k - (charge_max + discharge_max) (1 - z_k)                                  (cancelled_all_<k>)
        sum_k z_k = 1                                                                          (cancelled_all)

    Symbols
    -------
    ``cancelled_by_<k>`` (z_k) : binary, (periods,), realtime.
    """
    most = power.charge_max_mw + power.discharge_max_mw
    text = f"calls of {name} cancel all of its schedule that they can"
    choices = []
    for k, limit in enumerate(limits):
        choice = context.variable(name, f"cancelled_by_{k}", "1", "realtime", upper=1.0, integer=True)
        choices.append(choice)
        context.constraint(name, f"cancelled_all_{k}", text, _reaches(cancelled, limit, choice, most))
    context.constraint(name, "cancelled_all", text, lambda t: sum(choice[t] for choice in choices) == 1, unit="1")


def _reaches(cancelled: Any, limit: OfPeriod, choice: Any, most: float) -> OfPeriod:
    return lambda t: cancelled[t] >= limit(t) - most * (1 - choice[t])
