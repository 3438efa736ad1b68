"""How much a storage may discharge in a day."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mes_stoch.components.shared.context import (
    DirectedProduct,
    Expression,
    HeldReserve,
    ModelContext,
    OfPeriod,
    pools,
)
from mes_stoch.components.storage.format import Storage

#: Hours below this are rounding.
_ROUNDING_H = 1e-9


def limit_throughput(context: ModelContext, name: str, spec: Storage, drawn: OfPeriod, reserve: HeldReserve) -> None:
    """Rows that keep what is discharged in a local day, calls included, within a limit.

    Equations
    ---------
    ``D`` is the largest throughput, or the largest number of cycles times ``E_max eta_d`` where that is less, ``d`` the
    called discharge, ``u`` what a full call asks for on top, and ``H_p[j]`` the hours of period ``j`` inside the
    ``tau_p`` hours before the end of a period ``x``, both of one day::

        used[t] = used[t-1] + h d[t]                         0 before the first period of a day         (throughput)
        used[t] <= D
        used[x] + sum_p sum_j H_p[j] u_p[j] <= D                                                   (throughput_kept)

    Where a ``tau`` is no multiple of the period, the last row also stands inside every period, at its start + (tau mod
    h), with ``used`` on the straight line (``throughput_kept_after_<seconds>s``): a call that ends there may have asked
    for more than one that ends with the period.

    There is thus room for one full call beyond those of the scenario, whenever it comes and however long: it counts
    whole, although slowing a charge draws nothing. Upward directed products of one exclusivity group each have their
    own row. The schedule that is left of a day can be given up, so that what comes after the call is no part of it.
    What a device elsewhere asks of the store when it is called counts once the scenario calls it.

    What is discharged before the horizon, on its first day, is not known and counts nothing. A store can discharge
    nothing at all, so that the rows leave every scenario feasible.

    Symbols
    -------
    ``used_mwh`` : MWh at the port, (periods,), realtime.
    """
    most = spec.daily_throughput_mwh
    if most is None:
        return
    used = context.variable(name, "used_mwh", "MWh", "realtime", upper=most)
    days = context.spans(24.0)
    day_of = np.repeat(np.arange(len(days)), [len(day) for day in days])

    def before(t: int) -> Expression:
        return used[t - 1] if t > 0 and day_of[t] == day_of[t - 1] else 0.0

    context.constraint(
        name,
        "throughput",
        f"what {name} has discharged on a day adds up",
        lambda t: used[t] == before(t) + context.period_h * drawn(t),
        unit="MWh",
    )
    apart = pools(reserve.directed_products, "up")
    for group, own in apart.items():
        held = [directed for directed in own if directed.sustain_h > 0 and directed.product.volume_max_mw > 0]
        for within in _moments(held, context.period_h) if held else ():
            after = f"_after_{round(within * context.period_h * 3600)}s" if within < 1 else ""
            context.constraint(
                name,
                "throughput_kept" + after + (f"_{group}" if len(apart) > 1 else ""),
                f"a full call of {name} still fits into what it may discharge on a day",
                _kept(context, used, before, reserve, held, day_of, most, within),
                unit="MWh",
                role="energy",
            )


def _moments(held: list[DirectedProduct], period_h: float) -> list[float]:
    """Moments to look at, as shares of a period that have passed: its end, and where calls end that begin with one."""
    parts = {round(math.modf(directed.sustain_h / period_h)[0], 9) for directed in held}
    return [1.0, *sorted(part for part in parts if _ROUNDING_H < part < 1.0 - _ROUNDING_H)]


def _kept(
    context: ModelContext,
    used: Any,
    before: OfPeriod,
    reserve: HeldReserve,
    held: list[DirectedProduct],
    day_of: NDArray[np.int64],
    most: float,
    within: float,
) -> OfPeriod:
    asked = [(directed.sustain_h, reserve.uncalled[directed.name](1.0)) for directed in held]
    period_h = context.period_h

    def row(x: int) -> Expression:
        rest: Expression = 0.0
        now_h = (x + within) * period_h
        for sustain_h, uncalled in asked:
            for j in range(x, -1, -1):
                hours = min(now_h, (j + 1) * period_h) - max(now_h - sustain_h, j * period_h)
                if hours <= _ROUNDING_H or day_of[j] != day_of[x]:
                    break
                rest += hours * uncalled(j)
        so_far = used[x] if within == 1 else (1.0 - within) * before(x) + within * used[x]
        return so_far + rest <= most

    return row
