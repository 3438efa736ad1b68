"""Two loops: first the energy, then the services that the schedule leaves room for.

Equations
---------
**Loop 1** is the stochastic program without services: with ``P(r, q, s)`` the best profit of scenario ``s`` over the
same tree, with the same information, and ``a`` the volumes that were awarded before the horizon (``start``), else 0,

    max E[ P(a, q, s) ],    which gives in every scenario the base schedule x0_s

(:mod:`mes_stoch.model.base_schedule`): positions ``q`` of every stage, base operation of the devices, on/off states.

**Loop 2** keeps to it and chooses the volumes ``r`` whose modulations are worth most::

    max_r E[ P(r, s) ]   subject to, in every scenario s and period t,

    positions of earlier stages than realtime     x_s = x0_s
    decisions of the site                         r_k = r0_k
    positions decided in realtime                 x_s[t] = x0_s[t]   unless t pays back
    on/off states                                 x_s = x0_s
    devices at a traded connection                x_s[t] = x0_s[t]   unless t pays back
    all other devices                             x_s[t] = x0_s[t]   unless t is called or pays back

What is called is applied on top of the base operation (``e`` in ``B + sum_up e - sum_down e``), by the devices that
hold it; where it changes heat, cold or gas, the devices there follow. In payback periods
(:mod:`mes_stoch.policies.payback`) the schedule may deviate, so that what a call has borrowed is given back. In all
other periods it is unchanged. A settlement period of a realtime position pays back if one of its periods does.

Only modulations that are sold have called and payback periods: loop 2 is solved with those of all products first, then
again without those that were not sold, until none is left out; the number of modulations falls every time.

What comes out is a feasible point of the stochastic program, hence ``RP >= two-loop``; the difference is the **value of
coordination**. Loop 1 may have several optima of equal cost, of which services may like one better: which of them is
taken is the solver's choice.

Source
------
Two computation steps of RSE (Ricerca sul Sistema Energetico), "Management of multi-energy systems for the provision of
services": a base schedule for demand and day-ahead purchases, then the most flexibility beside it, offered as pairs of
a modulation and its value; a modulation that is called is applied, otherwise the schedule is unchanged. That the first
loop has the information of the stochastic program, and what pays back when, are choices of this project
(``docs/designs/two_loop.md``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mes_stoch.model.base_schedule import ColumnRanges, kept_at
from mes_stoch.model.groups import ColumnGroup
from mes_stoch.model.program import BoolArray, FloatArray, IndexArray
from mes_stoch.model.site_program import SiteProgram
from mes_stoch.policies.energy_only import without_later_volumes
from mes_stoch.policies.payback import modulated_periods
from mes_stoch.policies.policy import PolicyDecision, PolicyProblem
from mes_stoch.rules.time_axis import blocks
from mes_stoch.schema.errors import UsageError

#: Volume that is none, as a share of the power of the devices that exchange: more than a schedule's tolerance makes
#: room for. A product's largest volume says less, for it may be a number that never binds.
_NOTHING = 1e-5


@dataclass(frozen=True)
class TwoLoop:
    """The two-loop policy.

    Parameters
    ----------
    payback_h : float, optional
        Length of the payback after each call, h; default as long as the call in full.
    """

    payback_h: float | None = None

    def __post_init__(self) -> None:
        if self.payback_h is not None and not 0.0 <= self.payback_h < math.inf:
            raise UsageError(f"two_loop: a payback lasts 0 h or more; found {self.payback_h:g}")

    def commit(self, problem: PolicyProblem) -> PolicyDecision:
        """Volumes of the second loop, and the base schedule of the first."""
        leaves = problem.leaves
        problem.told("two loops, first: energy without services")
        without, _ = without_later_volumes(leaves)
        awarded = leaves.awarded_volumes
        first, base = problem.solve_tree(without.with_commitments(awarded))
        sold = {name: np.ones(volume.shape, dtype=bool) for name, volume in awarded.items()}
        while True:
            problem.told("two loops, second: services beside its schedule")
            base_schedules = self._base_schedules(leaves, base, sold)
            second = _positions_of(leaves, first.root).with_base_schedules(base_schedules)
            second = second.with_commitments(_open_where(sold, awarded))
            root = problem.solve_tree(second)[0].root
            kept = {name: sold[name] & own for name, own in self._sold(problem, root).items()}
            left = self._base_schedules(leaves, base, kept)
            if _are_equal(base_schedules, left):
                return PolicyDecision(
                    _without_traces(leaves, root, kept), base_schedules=left, note="energy, then services"
                )
            sold = kept

    def _sold(self, problem: PolicyProblem, root: FloatArray) -> dict[str, BoolArray]:
        nothing = _NOTHING * _exchanged_mw(problem.leaves)
        return {name: volume > nothing for name, volume in problem.volumes_of(root).items()}

    def _base_schedules(
        self, leaves: SiteProgram, base: list[FloatArray], sold: Mapping[str, BoolArray]
    ) -> list[ColumnRanges]:
        """What every scenario keeps of its base schedule."""
        structure = leaves.structure
        found = []
        for index, values in enumerate(base):
            called, payback = modulated_periods(leaves, index, sold, self.payback_h)
            columns = kept_columns(leaves, called, payback)
            found.append(kept_at(values, columns, structure.column_lower, structure.column_upper, structure.integer))
        return found


def _exchanged_mw(leaves: SiteProgram) -> float:
    """Power of the devices at traded connections, all together, 1 MW at least; of those that have a limit."""
    width = leaves.structure.column_upper - leaves.structure.column_lower
    exchanging = [group for group in leaves.column_groups if group.name in leaves.base_schedule.exchanging]
    widths = [float(width[group.positions].max()) for group in exchanging]
    return max(1.0, math.fsum(one for one in widths if math.isfinite(one)))


def kept_columns(leaves: SiteProgram, called: BoolArray, payback: BoolArray) -> IndexArray:
    """Columns of the base schedule that stay as they are.

    Parameters
    ----------
    called, payback : bool array, shape (periods,)
    """
    base_schedule = leaves.base_schedule
    kept: list[IndexArray] = []
    for group in leaves.column_groups:
        if group.role == "position":
            if group.stage != "commit":
                kept.append(group.positions[~_pays_back(leaves, group, payback)])
        elif group.name in base_schedule.states:
            kept.append(group.positions)
        elif group.name in base_schedule.exchanging:
            kept.append(group.positions[~payback])
        elif group.name in base_schedule.following:
            kept.append(group.positions[~(payback | called)])
    return np.concatenate([np.empty(0, dtype=np.int32), *kept]).astype(np.int32)


def _pays_back(leaves: SiteProgram, group: ColumnGroup, payback: BoolArray) -> BoolArray:
    """Which settlement periods of a market pay back; none where the position is closed before anything is called."""
    if group.stage != "realtime":
        return np.zeros(len(group.positions), dtype=bool)
    market = leaves.instance.markets()[group.owner]
    time = leaves.tree.time
    starts = time.tz_convert("UTC").tz_localize(None).to_numpy()
    spans = blocks(time, float(leaves.instance.horizon.period_h), market.settlement_period_h)
    pays = {starts[int(span[0])]: bool(payback[span].any()) for span in spans}
    return np.array([pays[start] for start in group.coordinate.astype(starts.dtype)], dtype=bool)


def _positions_of(leaves: SiteProgram, root: FloatArray) -> SiteProgram:
    """The site with the energy positions of a root, orders at limit prices that lead to others, and its decisions."""
    place = {int(column): k for k, column in enumerate(leaves.root.columns)}
    markets = leaves.instance.markets()
    closed = [group.positions for group in leaves.column_groups if group.owner in markets and group.stage == "commit"]
    columns = np.concatenate([leaves.decisions.positions, *closed])
    if not len(columns):
        return leaves
    return leaves.with_fixed(columns, root[[place[int(column)] for column in columns]])


def _open_where(sold: Mapping[str, BoolArray], awarded: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Volumes still to be decided where something is sold, what was awarded elsewhere."""
    return {name: np.where(own, np.nan, awarded[name]) for name, own in sold.items()}


def _without_traces(leaves: SiteProgram, root: FloatArray, sold: Mapping[str, BoolArray]) -> FloatArray:
    """The root with 0 where nothing is sold."""
    closed = leaves.with_commitments(_open_where(sold, leaves.awarded_volumes)).structure
    columns = leaves.root.columns
    return np.clip(root, closed.column_lower[columns], closed.column_upper[columns])


def _are_equal(one: list[ColumnRanges], other: list[ColumnRanges]) -> bool:
    return all(np.array_equal(a.columns, b.columns) for a, b in zip(one, other, strict=True))
