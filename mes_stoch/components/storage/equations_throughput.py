"""How much a storage may discharge in a day."""

from __future__ import annotations

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
from mes_stoch.components.shared.equations_moments import ROUNDING, Moment, PeriodGrid, moments
from mes_stoch.components.storage.format import Storage


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
        lambda t: used[t] == before(t) + context.lengths_h[t] * drawn(t),
        unit="MWh",
    )
    apart = pools(reserve.directed_products, "up")
    for group, own in apart.items():
        held = [directed for directed in own if directed.sustain_h > 0 and directed.product.volume_max_mw > 0]
        grid, windows = PeriodGrid(context.period_h, context.begun_h), [directed.sustain_h for directed in held]
        for moment in moments(windows, grid, len(context.periods)) if held else ():
            after = f"_after_{moment.seconds}s" if moment.within < 1 else ""
            context.constraint(
                name,
                "throughput_kept" + after + (f"_{group}" if len(apart) > 1 else ""),
                f"a full call of {name} still fits into what it may discharge on a day",
                _kept(context, used, before, reserve, held, day_of, most, moment),
                unit="MWh",
                spans=moment.spans,
                dimension=moment.dimension,
                role="energy",
            )


def _kept(
    context: ModelContext,
    used: Any,
    before: OfPeriod,
    reserve: HeldReserve,
    held: list[DirectedProduct],
    day_of: NDArray[np.int64],
    most: float,
    moment: Moment,
) -> OfPeriod:
    asked = [(directed.sustain_h, reserve.uncalled[directed.name](1.0)) for directed in held]

    def row(k: int) -> Expression:
        x, within = moment.period(k), moment.within
        rest: Expression = 0.0
        for sustain_h, uncalled in asked:
            for j in range(x, -1, -1):
                hours = moment.grid.hours_in_window(j, x, within, sustain_h)
                if hours <= ROUNDING or day_of[j] != day_of[x]:
                    break
                rest += hours * uncalled(j)
        passed = moment.grid.passed_per_unit(x, within)
        so_far = used[x] if within == 1 else (1.0 - passed) * before(x) + passed * used[x]
        return so_far + rest <= most

    return row
