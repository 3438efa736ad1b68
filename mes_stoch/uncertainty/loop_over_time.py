"""Can a ring of converters with a store make energy over time, where in no single period it does?

A COP that is 5 at noon and an engine of 22 % at night make 1.1 MWh of a MWh, with a store of heat between them, though
the engine has 15 % at noon and the pump a COP of 3 at night.

Equations
---------
In each scenario, with ``G`` as in :mod:`mes_stoch.uncertainty.conversion_loop`, stores empty at the start and ``L``
their level::

    max sum_t sum_n s_n[t],    s[t] = G[t] x[t] + discharge[t] - charge[t],    0 <= x <= 1
    s_n[t] >= 0; at nodes with a connection, which lends from hour to hour, sum_t s_n[t] >= 0
    L[t] = kappa L[t-1] + h (eta_c charge[t] - discharge[t] / eta_d),    0 <= L <= energy_max

is 0. So it is wherever the largest numbers that each ``G`` has over time make nothing in one period, which settles
nearly all rings: prices ``pi >= 1`` with ``pi' max_t G[t] <= 0`` prove it, as a store gives back no more than it took.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import block_diag, csr_array, eye_array, hstack, vstack

from mes_stoch.schema.store import Store

Values = NDArray[np.float64]


@dataclass(frozen=True)
class StoreOnRing:
    """A store at a node of a ring; ``place`` is the row of that node."""

    name: str
    place: int
    store: Store


def made_over_time(table: Values, stores: Sequence[StoreOnRing], lenders: Collection[int], lengths_h: Values) -> float:
    """The most that columns and stores make over all periods of a scenario, MWh.

    Parameters
    ----------
    table : array, shape (periods, rows, columns)
        Net output of every column at full power, MW; the last row counts, and need not balance.
    lenders : collection of int
        Rows of nodes with a connection.
    lengths_h : array, shape (periods,)
    """
    # power of a period that is shorter than the last counts as a share of it
    period_h, share = float(lengths_h[-1]), lengths_h / lengths_h[-1]
    table = table * share[:, None, None]
    periods, rows, columns = table.shape
    # in shares of the largest power, so that a ring of kilowatts is held as exactly as one of megawatts
    size = float(np.abs(table).max())
    blocks = [block_diag([csr_array(own / size) for own in table], format="csr")]
    bounds: list[tuple[float, float]] = [(0.0, 1.0)] * (periods * columns)
    for one in stores:
        # charge, discharge and level in every period
        at_node = csr_array(([1.0], ([one.place], [0])), shape=(rows, 1))
        unit = csr_array(block_diag([at_node] * periods))
        blocks += [-unit, unit, csr_array((periods * rows, periods))]
        spec = one.store
        for most in (spec.charge_max_mw, spec.discharge_max_mw):
            bounds += [(0.0, most * own / size) for own in share.tolist()]
        bounds += [(0.0, spec.energy_max_mwh / size)] * periods
    net = csr_array(hstack(blocks))
    gain: Values = np.asarray(net.sum(axis=0), dtype=float).ravel()
    levels = _levels(stores, periods, periods * columns, period_h)
    balanced = _balances(table, stores, lenders)
    # the stubs know no sparse arrays
    solved = linprog(  # type: ignore[call-overload]
        -gain,
        A_ub=-(balanced @ net),
        b_ub=np.zeros(balanced.shape[0]),
        A_eq=levels,
        b_eq=np.zeros(levels.shape[0]),
        bounds=bounds,
    )
    # nothing is said without a point that makes energy
    return 0.0 if solved.x is None else float(gain @ solved.x) * size * period_h


def _balances(table: Values, stores: Sequence[StoreOnRing], lenders: Collection[int]) -> csr_array:
    """Sums of net outputs that must not be below zero: each by itself, or over time where something is lent."""
    periods, rows, _ = table.shape
    used = np.any(table != 0, axis=(0, 2))
    used[[one.place for one in stores]] = True
    used[-1] = False
    lent = np.isin(np.arange(rows), list(lenders))
    each = eye_array(periods * rows, format="csr")[np.tile(used & ~lent, periods)]
    summed = hstack([eye_array(rows, format="csr")] * periods, format="csr")[used & lent]
    return csr_array(vstack([each, summed]))


def _levels(stores: Sequence[StoreOnRing], periods: int, before: int, period_h: float) -> csr_array:
    """What the levels follow from; ``before`` columns stand before those of the stores."""
    own = []
    for one in stores:
        spec, identity = one.store, eye_array(periods)
        keep = (1.0 - spec.standing_loss_per_h) ** period_h
        charge = -period_h * spec.charge_efficiency_per_unit * identity
        discharge = period_h / spec.discharge_efficiency_per_unit * identity
        own.append(hstack([charge, discharge, identity - keep * eye_array(periods, k=-1)]))
    gap = csr_array((periods * len(stores), before))
    return csr_array(hstack([gap, block_diag(own)]))
