"""The master program over the commitment: cuts that scenarios have sent, and what follows from them.

Equations
---------
With scenarios in groups ``c`` of probability ``P_c`` and cuts ``k``, each a lower estimate of a group's mean cost,
feasibility cuts ``f`` and cuts of several groups ``b`` together::

    minimise    sum_c P_c t_c
    subject to  t_c >= offset_ck + g_ck' r                                  for every group and cut
                sum_{c in b} P_c t_c / P_b >= offset_b + g_b' r             for every joint cut
                0 >= offset_f + g_f' r                                      for every feasibility cut
                the rows, bounds (and integrality, where asked for) of the root alone

Its optimum bounds the expected cost from below. The bound reported is not the solver's: its duals are made to add up to
``P_c`` over the cuts of a group, and what they prove is added up anew with outward rounding
(:mod:`mes_stoch.solvers.proofs.safe_bounds`), so that no tolerance enters it. With the root's integrality it is the
solver's, less an allowance.

Costs are counted in a unit that follows from the first cuts, so that the solver's absolute tolerances mean the same for
a program in cents as for one in millions. Where cuts alone do not bound the master, :meth:`Master.ray` is a direction
in which it falls. A solver that fails is asked once more from scratch.

Source
------
Birge & Louveaux (1988), A multicut algorithm for two-stage stochastic linear programs,
DOI 10.1016/0377-2217(88)90159-2; Van Slyke & Wets (1969), L-shaped linear programs, DOI 10.1137/0117061, for
feasibility cuts.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from mes_stoch.model.program import FloatArray, IndexArray, LinearProgram, StochasticProgram
from mes_stoch.model.root_program import root_program
from mes_stoch.schema.errors import SolveError
from mes_stoch.solvers.decomposition.cuts import Cut, as_arrays, from_arrays
from mes_stoch.solvers.highs.model import HighsModel, OptionValue, Solution
from mes_stoch.solvers.proofs.interior_dual import interior_dual
from mes_stoch.solvers.proofs.outward import EPSILON
from mes_stoch.solvers.proofs.safe_bounds import BoundKind, SafeBounds, weaker
from mes_stoch.solvers.proofs.search_bounds import ALLOWANCE, row_reach
from mes_stoch.solvers.subproblems.nearest import NearestRoot

logger = logging.getLogger("mes_stoch.solvers.decomposition.master")

#: How exactly the integer master is solved, relative to its value; its own dual bound is what counts.
_INTEGER_GAP = 1e-5
_OPTIONS: dict[str, OptionValue] = {
    "primal_feasibility_tolerance": 1e-9,
    "dual_feasibility_tolerance": 1e-9,
    "small_matrix_value": 1e-12,
}
#: Coefficients below this, in the master's unit of cost, are moved into the offset with their column's bound.
_TINY = 1e-9
_LARGEST_COST = 1e3
_NOTHING = 1e-250
_FALLS = 1e-9


@dataclass(frozen=True)
class MasterPoint:
    """What the master says.

    Parameters
    ----------
    status : str
        ``optimal``, ``infeasible``, ``unbounded``, or ``unknown`` where there was no time or the solver failed.
    bound : float
        Proven lower bound on the expected cost.
    root : array or None
        All root columns.
    weights : array, shape (rounds of cuts, groups), or None
        Duals, adding up to one a group; without the root's integrality only.
    feasibility : array
        Duals of the feasibility cuts, expected cost per unit of their left side.
    by_cut : array
        Duals of all cuts in the order they came, in expected cost; see :meth:`Master.estimate`.
    kind : str
        What the bound rests on, given cuts that hold.
    """

    status: Literal["optimal", "infeasible", "unbounded", "unknown"]
    bound: float = -math.inf
    root: FloatArray | None = None
    weights: FloatArray | None = None
    feasibility: FloatArray | None = None
    by_cut: FloatArray | None = None
    kind: BoundKind = "solver"


class Master:
    """The program over the root and one cost a group; cuts only ever get more.

    Parameters
    ----------
    program : StochasticProgram
        Its scenario 0 states the root's own rows and bounds.
    groups : int
    shares : array, optional
        Probability of each group; default alike.
    members : int
        Scenarios of the largest group.
    stop : callable, optional
        Ends a search for the integers with the bound it has.
    """

    def __init__(
        self,
        program: StochasticProgram,
        groups: int,
        shares: FloatArray | None = None,
        members: int = 1,
        stop: Callable[[], bool] | None = None,
    ) -> None:
        self._stop = stop
        scenario = program.scenario(0)
        columns = np.asarray(program.root.columns)
        self.shares = np.full(groups, 1.0 / groups) if shares is None else np.asarray(shares, dtype=np.float64)
        self._groups = groups
        self._members = members
        self._root_count = len(columns)
        self._consensus = np.flatnonzero(program.root.consensus).astype(np.int32)
        self._is_consensus = np.asarray(program.root.consensus)
        self._root = root_program(scenario, columns)
        self._base = _with_costs(self._root, self.shares)
        self._lower = self._root.column_lower[self._consensus]
        self._upper = self._root.column_upper[self._consensus]
        reach = np.maximum(np.abs(self._lower), np.abs(self._upper))
        self._reach = np.where(np.isfinite(reach), reach, 0.0)
        self._is_open = not np.isfinite(reach).all()
        self._safe = SafeBounds(interior=interior_dual)
        self._rows: list[Cut] = []
        self._rounds = 0
        self._unit: float | None = None
        self._models: dict[bool, HighsModel] = {}
        self._rows_in: dict[bool, int] = {True: 0, False: 0}

    @property
    def has_integers(self) -> bool:
        """Whether the root has integer columns."""
        return bool(self._base.integer.any())

    # -- cuts ---------------------------------------------------------------------------------------------------------

    def add(
        self,
        offsets: FloatArray,
        gradients: FloatArray,
        known: Sequence[bool] | None = None,
        amounts: FloatArray | None = None,
    ) -> None:
        """Add one cut a group, ``t_c >= offset_c + gradient_c' r``; those not ``known`` are left out.

        Parameters
        ----------
        offsets : array, shape (groups,)
        gradients : array, shape (groups, consensus columns)
        known : sequence of bool, optional
        amounts : array, shape (groups,), optional
            Sizes of what was added up to make each cut; default its own.
        """
        one = np.ones(1)
        own = np.abs(offsets) + np.abs(gradients) @ self._reach
        sizes = own if amounts is None else np.maximum(amounts, own)
        for group in range(self._groups):
            if (known is None or known[group]) and self.shares[group] > 0:
                place = np.array([group], dtype=np.int32)
                cut = Cut(place, one, float(offsets[group]), gradients[group], self._rounds)
                self._rows.append(replace(cut, amount=float(sizes[group])))
        self._rounds += 1

    def add_joint(self, groups: IndexArray, offset: float, gradient: FloatArray) -> None:
        """Add a cut on the mean cost of several groups; left out where a share is too small for the solver to see."""
        owners = np.asarray(groups, dtype=np.int32)
        owners = owners[self.shares[owners] > 0]
        shares = self.shares[owners] / self.shares[owners].sum()
        if shares.min() >= _TINY:
            self._rows.append(Cut(owners, shares, offset, gradient, amount=self._amount(offset, gradient)))

    def add_feasibility(self, offset: float, gradient: FloatArray, owner: int = -1) -> None:
        """Add ``0 >= offset + gradient' r``, which a scenario of the group ``owner`` has sent."""
        cut = Cut(np.empty(0, dtype=np.int32), np.empty(0), offset, gradient, owner=owner)
        self._rows.append(replace(cut, amount=self._amount(offset, gradient)))

    def _amount(self, offset: float, gradient: FloatArray) -> float:
        return abs(offset) + float(np.abs(gradient) @ self._reach)

    def stored(self) -> dict[str, NDArray[Any]]:
        """All cuts as arrays (:mod:`mes_stoch.solvers.decomposition.cuts`)."""
        return as_arrays(self._rows, len(self._consensus))

    def restore(self, arrays: Mapping[str, NDArray[Any]], rounds: int) -> None:
        """Begin with cuts that were stored, in place of none.

        Parameters
        ----------
        rounds : int
            How often cuts have been added, rounds included in which nothing was known of any group.

        Raises
        ------
        ValueError
            The arrays do not fit each other, or are of another master.
        """
        cuts = from_arrays(arrays)
        if any(len(cut.gradient) != len(self._consensus) for cut in cuts):
            raise ValueError("cuts over other columns")
        if any(np.any((cut.groups < 0) | (cut.groups >= self._groups)) for cut in cuts):
            raise ValueError("cuts of other groups")
        if any(cut.round >= rounds for cut in cuts):
            raise ValueError("cuts of later rounds")
        self._rows, self._rounds = cuts, rounds

    def estimate(self, found: MasterPoint, groups: Sequence[int]) -> tuple[float, FloatArray]:
        """Offset and gradient of a lower estimate of some groups' mean cost: their cuts by the duals of ``found``.

        Joint cuts count where all of their groups are among these. Over a partition of the groups the estimates,
        weighted by probability, have the bound of ``found`` for their least value.

        Raises
        ------
        ValueError
            If the point has no duals.
        """
        if found.by_cut is None:
            raise ValueError("a master point without duals")
        chosen = set(groups)
        own = (
            place
            for place, row in enumerate(self._rows[: len(found.by_cut)])
            if (row.owner in chosen if row.is_feasibility else chosen.issuperset(row.groups.tolist()))
        )
        offset, gradient = self._weighted(found.by_cut, own)
        share = float(self.shares[list(groups)].sum())
        return offset / share, gradient / share

    # -- optima -------------------------------------------------------------------------------------------------------

    def solve_relaxed(self, lower: FloatArray | None = None, upper: FloatArray | None = None) -> MasterPoint:
        """The root's integrality left out; within narrower bounds of the consensus columns where they are given."""
        own = self._lower, self._upper
        box = own if lower is None or upper is None else (lower, upper)
        solution = self._run(False, box)
        if solution is None or solution.status == "time_limit":
            return MasterPoint("unknown")
        if solution.status != "optimal" or solution.values is None or solution.row_dual is None:
            return MasterPoint("infeasible" if solution.status == "infeasible" else "unbounded")
        return self._proven(solution.values[: self._root_count].copy(), solution.row_dual, box)

    def solve_integer(self, time_limit_s: float = math.inf) -> MasterPoint:
        """The root's integrality kept."""
        solution = self._run(True, (self._lower, self._upper), time_limit_s)
        if solution is None:
            return MasterPoint("unknown")
        if solution.status in ("infeasible", "unbounded"):
            return MasterPoint("infeasible" if solution.status == "infeasible" else "unbounded")
        bound = solution.dual_bound
        if math.isfinite(bound):
            bound -= self._allowance()
        bound *= self._cost_unit
        if solution.values is None:
            return MasterPoint("unknown", bound)
        root = solution.values[: self._root_count].copy()
        integer = self._root.integer
        root[integer] = np.round(root[integer])
        return MasterPoint("optimal", bound, root)

    def _allowance(self) -> float:
        """What to take off a search's bound, in units of cost (:mod:`mes_stoch.solvers.proofs.search_bounds`).

        A group's cost is a share of the size of its cuts, and no cut's slack is more than twice that.
        """
        largest, cuts = np.zeros(self._groups), np.zeros(len(self._rows))
        for place, row in enumerate(self._rows):
            cuts[place] = row.amount / (row.size if row.is_feasibility else self._cost_unit)
            largest[row.groups] = np.maximum(largest[row.groups], cuts[place])
        ranges = self._root.column_upper - self._root.column_lower
        columns = np.concatenate(
            [np.where(np.isfinite(ranges), ranges, self._reach.max(initial=1.0)), np.zeros(self._groups)]
        )
        rows = np.concatenate([row_reach(self._root, columns[: self._root_count]), 2.0 * cuts])
        return ALLOWANCE * float(self.shares @ largest) + self._models[True].search_slack(columns, rows)

    def nearest(self, point: FloatArray) -> FloatArray | None:
        """All root columns at the place nearest to a commitment that keeps the feasibility cuts and the root's rows.

        ``None`` where there is none. Integrality left out.
        """
        cuts = [row for row in self._rows if row.is_feasibility]
        gradients = np.zeros((len(cuts), self._root_count))
        for place, row in enumerate(cuts):
            gradients[place, self._consensus] = row.gradient / row.size
        own = self._root
        program = replace(
            own,
            matrix=sp.csc_array(sp.vstack([own.matrix, sp.csr_array(gradients)], format="csc")),
            row_lower=np.concatenate([own.row_lower, np.full(len(cuts), -np.inf)]),
            row_upper=np.concatenate([own.row_upper, [-row.offset / row.size for row in cuts]]),
            integer=np.zeros(self._root_count, dtype=bool),
        )
        whole = np.zeros(self._root_count)
        whole[self._consensus] = point
        every = np.arange(self._root_count, dtype=np.int32)
        try:
            return NearestRoot(program, every, self._is_consensus)(whole)
        except SolveError:
            return None

    def ray(self, scale: FloatArray) -> FloatArray | None:
        """A direction of the consensus columns, at most ``scale`` long in each, along which the master decreases
        without bound.

        ``None`` where there is none.
        """
        count = self._root_count
        lower, upper = _cone(self._root.column_lower), _cone(self._root.column_upper)
        lower[self._consensus] = np.maximum(lower[self._consensus], -scale)
        upper[self._consensus] = np.minimum(upper[self._consensus], scale)
        costed = np.zeros(self._groups, dtype=bool)
        for row in self._rows:
            costed[row.groups[: 1 if len(row.groups) == 1 else 0]] = True
        free = np.where(costed, np.inf, 0.0)
        program = replace(
            self._base,
            row_lower=_cone(self._base.row_lower),
            row_upper=_cone(self._base.row_upper),
            column_lower=np.concatenate([lower, -free]),
            column_upper=np.concatenate([upper, free]),
            integer=np.zeros(count + self._groups, dtype=bool),
        )
        rows = [replace(row, offset=0.0) for row in self._rows if costed[row.groups].all()]
        nothing = np.zeros(len(self._consensus))
        try:
            model = HighsModel(program, options=_OPTIONS)
            self._append(model, rows, nothing, nothing)
            solution = model.run()
        except SolveError as error:
            logger.debug("no direction: %s", error)
            return None
        if solution.values is None:
            return None
        steepest = max((float(np.abs(row.gradient) @ scale) for row in rows if not row.is_feasibility), default=0.0)
        if not solution.objective * self._cost_unit < -_FALLS * steepest:
            return None
        return np.asarray(solution.values[:count][self._consensus])

    # -- inside -------------------------------------------------------------------------------------------------------

    @property
    def _cost_unit(self) -> float:
        """Power of two in which costs are counted, fixed by the first cuts that are not zero."""
        if self._unit is not None:
            return self._unit
        span = self._upper - self._lower
        size = np.where(np.isfinite(span), span, 1.0)
        costs = [
            max(abs(row.offset), float(np.abs(row.gradient) @ size)) for row in self._rows if not row.is_feasibility
        ]
        largest = max(costs, default=0.0)
        if largest < _NOTHING:
            return 1.0
        self._unit = 2.0 ** math.floor(math.log2(largest / _LARGEST_COST))
        return self._unit

    def _run(
        self, integral: bool, box: tuple[FloatArray, FloatArray], time_limit_s: float = math.inf
    ) -> Solution | None:
        """The solver's answer; ``None`` where it failed from scratch and with its own tolerances too."""
        for attempt in range(3):
            try:
                model = self._model(integral, attempt)
                model.change_column_bounds(self._consensus, *box)
                solution = model.run(time_limit_s)
                if solution.status != "unbounded" or attempt:
                    return solution
            except SolveError as error:
                logger.debug("the master program failed at attempt %d: %s", attempt + 1, error)
        return None

    def _model(self, integral: bool, attempt: int) -> HighsModel:
        """The model as it is; from scratch at the second attempt, and with looser tolerances at the third."""
        model = self._models.get(integral)
        if model is None or attempt:
            options: dict[str, OptionValue] = {**(_OPTIONS if attempt < 2 else {}), "mip_rel_gap": _INTEGER_GAP}
            model = HighsModel(self._base, relax=not integral, options=options)
            if integral and self._stop is not None:
                model.end_when(self._stop)
            self._models[integral], self._rows_in[integral] = model, 0
        self._append(model, self._rows[self._rows_in[integral] :], self._lower, self._upper)
        self._rows_in[integral] = len(self._rows)
        return model

    def _append(self, model: HighsModel, rows: Sequence[Cut], lower: FloatArray, upper: FloatArray) -> None:
        """Hand rows over; the bounds are those that tiny coefficients are moved into the offset with."""
        if not rows:
            return
        starts, columns, values, limits = [], [], [], []
        filled = 0
        for row in rows:
            unit = row.size if row.is_feasibility else self._cost_unit
            slope, offset = _without_tiny(row.gradient / unit, row.offset / unit, lower, upper)
            entries = np.flatnonzero(slope)
            starts.append(filled)
            columns += [self._consensus[entries], row.groups + np.int32(self._root_count)]
            values += [-slope[entries], row.shares]
            limits.append(offset)
            filled += len(entries) + len(row.groups)
        model.add_rows(
            np.array(limits),
            np.full(len(rows), np.inf),
            np.array(starts, dtype=np.int32),
            np.concatenate(columns),
            np.concatenate(values),
        )

    def _proven(self, root: FloatArray, row_dual: FloatArray, box: tuple[FloatArray, FloatArray]) -> MasterPoint:
        """The point with its duals in order and the bound that they prove."""
        first = self._root.matrix.shape[0]
        by_cut = np.maximum(row_dual[first:], 0.0)
        left = self.shares.copy()
        for place, row in enumerate(self._rows):
            if row.is_feasibility:
                by_cut[place] *= self._cost_unit / row.size
            elif row.round < 0:
                # no more than its groups have to give
                by_cut[place] = min(by_cut[place], float(np.min(left[row.groups] / row.shares)))
                left[row.groups] = np.maximum(left[row.groups] - by_cut[place] * row.shares, 0.0)
        cells, best = self._cells(root)
        if np.any((left > 0) & (best < 0)):
            return MasterPoint("unbounded")
        weights = np.zeros((self._rounds, self._groups))
        for place, row in cells:
            weights[row.round, row.groups[0]] = by_cut[place]
        totals = weights.sum(axis=0)
        for group in np.flatnonzero((best >= 0) & ~(totals > 0.5 * left)):
            row = self._rows[best[group]]
            weights[:, group] = 0.0
            weights[row.round, group] = totals[group] = 1.0
        weights /= np.where(totals > 0, totals, 1.0)
        for place, row in cells:
            by_cut[place] = weights[row.round, row.groups[0]] * left[row.groups[0]]
        feasibility = np.array([by_cut[place] for place, row in enumerate(self._rows) if row.is_feasibility])
        bound, kind = self._bound(by_cut, row_dual[:first] * self._cost_unit, box)
        return MasterPoint("optimal", bound, root, weights, feasibility, by_cut, kind)

    def _cells(self, root: FloatArray) -> tuple[list[tuple[int, Cut]], IndexArray]:
        """Cuts of one group with their places, and the place of each group's highest at a point, or -1."""
        point = root[self._consensus]
        cells = [(place, row) for place, row in enumerate(self._rows) if row.round >= 0]
        best = np.full(self._groups, -1, dtype=np.int32)
        highest = np.full(self._groups, -math.inf)
        for place, row in cells:
            value = row.offset + float(row.gradient @ point)
            if value > highest[row.groups[0]]:
                highest[row.groups[0]], best[row.groups[0]] = value, place
        return cells, best

    def _bound(
        self, by_cut: FloatArray, root_dual: FloatArray, box: tuple[FloatArray, FloatArray]
    ) -> tuple[float, BoundKind]:
        """What the weighted sum of all cuts is at least, over the root's own rows and a box, and what that rests on."""
        offset, gradient = self._weighted(by_cut, range(len(self._rows)))
        offset -= self._lost(by_cut)
        cost = np.zeros(self._root_count)
        cost[self._consensus] = gradient
        lower, upper = self._root.column_lower.copy(), self._root.column_upper.copy()
        lower[self._consensus], upper[self._consensus] = box
        boxed = replace(self._root, cost=cost, offset=offset, column_lower=lower, column_upper=upper)
        found = self._safe.bound(boxed, root_dual)
        return found.offset, weaker(found.kind, "solver" if self._is_open else "safe")

    def _lost(self, by_cut: FloatArray) -> float:
        """What rounding can have added to the weighted sum of the cuts, anywhere in the box.

        Each cut is a mean of a group's estimates, off by a rounding a scenario of its size; so is the sum of cuts. The
        weights of a group add up to its probability but for some roundings, and what they add up to too much counts
        with the highest of its cuts, which is no larger than its size.
        """
        used = np.flatnonzero(by_cut > 0.0)
        totals, largest, counts = np.zeros(self._groups), np.zeros(self._groups), np.zeros(self._groups)
        sizes = 0.0
        for place in used.tolist():
            row = self._rows[place]
            sizes += by_cut[place] * row.amount
            totals[row.groups] += by_cut[place] * row.shares
            largest[row.groups] = np.maximum(largest[row.groups], row.amount)
            counts[row.groups] += 1
        off = np.abs(self.shares - totals) + (counts + 4) * EPSILON * self.shares
        return float((len(used) + self._members + 8) * EPSILON * sizes + 1.001 * (off @ largest))

    def _weighted(self, by_cut: FloatArray, places: Iterable[int]) -> tuple[float, FloatArray]:
        used = [place for place in places if by_cut[place] > 0.0]
        if not used:
            return 0.0, np.zeros(len(self._consensus))
        weights = by_cut[used]
        offset = math.fsum((weights * np.array([self._rows[place].offset for place in used])).tolist())
        return offset, weights @ np.array([self._rows[place].gradient for place in used])


def _with_costs(root: LinearProgram, shares: FloatArray) -> LinearProgram:
    """The root and a free cost column a group."""
    groups = len(shares)
    matrix = sp.csc_array(sp.hstack([root.matrix, sp.csc_array((root.matrix.shape[0], groups))], format="csc"))
    matrix.sort_indices()
    return replace(
        root,
        matrix=matrix,
        cost=np.concatenate([root.cost, shares]),
        column_lower=np.concatenate([root.column_lower, np.where(shares > 0, -np.inf, 0.0)]),
        column_upper=np.concatenate([root.column_upper, np.where(shares > 0, np.inf, 0.0)]),
        integer=np.concatenate([root.integer, np.zeros(groups, dtype=bool)]),
    )


def _without_tiny(slope: FloatArray, offset: float, lower: FloatArray, upper: FloatArray) -> tuple[FloatArray, float]:
    """A cut no higher, without coefficients the solver would drop, where their columns are bounded."""
    tiny = (np.abs(slope) < _TINY) & (slope != 0)
    if not tiny.any():
        return slope, offset
    limit = np.where(slope > 0, lower, upper)
    tiny &= np.isfinite(limit)
    return np.where(tiny, 0.0, slope), offset + float(slope[tiny] @ limit[tiny])


def _cone(limit: FloatArray) -> FloatArray:
    return np.where(np.isfinite(limit), 0.0, limit)
