r"""Estimates of scenarios that there is no time to solve, from the bases at which others ended.

A basis says which columns and rows decide. Priced with another scenario's costs it gives row duals that are nearly
right for that one, at a hundredth of what solving it takes, and any duals prove a bound
(:mod:`mes_stoch.solvers.proofs.safe_bounds`). So a large program has a proven, if wide, bound soon after its first
scenarios have been solved.

Equations
---------
With the basic columns ``B`` and the rows ``N`` that have no basic slack in the basis of the scenario ``k``,

    A_k[N, B]' y_N = c_s[B],    y = 0 on the other rows,

and the estimate of ``s`` is the cut of its program at ``y``. The matrix is factorised once a basis.

Source
------
Birge & Louveaux (2011), Introduction to Stochastic Programming, DOI 10.1007/978-1-4614-0237-4, for bases shared between
scenarios (bunching); here for bounds instead of optima.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import linalg

from mes_stoch.model.program import FloatArray, IndexArray
from mes_stoch.solvers.proofs.safe_bounds import Minorant
from mes_stoch.solvers.subproblems.relaxation import ScenarioRelaxations

#: Bases that are kept, and of those the ones tried for a scenario, in order of how near their own scenario's costs are.
_MOST_KEPT, _MOST_TRIED = 48, 8
#: Share of the time that goes to more than one basis a scenario, and what all may take beyond the time.
_SHARE, _GRACE_S = 0.8, 1.0
#: Scenarios after which it shows whether time allows for all.
_FIRST_LOOK = 10


@dataclass(frozen=True)
class _Basis:
    cost: FloatArray
    columns: IndexArray
    rows: IndexArray
    solve: Callable[[FloatArray], FloatArray]


class BorrowedBases:
    """Prices scenarios with bases of those that this process has solved.

    Parameters
    ----------
    relaxations : ScenarioRelaxations
    """

    def __init__(self, relaxations: ScenarioRelaxations) -> None:
        self._relaxations = relaxations
        solved = relaxations.solved
        places = np.unique(np.linspace(0, len(solved) - 1, _MOST_KEPT).astype(int)) if solved else ()
        found = (self._factorised(solved[place]) for place in places)
        self._bases = [basis for basis in found if basis is not None]

    def estimates(
        self, indices: Sequence[int], point: FloatArray, seconds: float, end: float = math.inf
    ) -> list[Minorant | None]:
        """The highest estimate of each scenario at ``point``; of several bases where time allows.

        Nothing for the others as soon as it shows that time is too short for all of them: ``seconds`` and a little
        more, until ``end`` (``time.perf_counter()``) at most.
        """
        found: list[Minorant | None] = []
        if not self._bases:
            return [None] * len(indices)
        started, least_s = time.perf_counter(), 0.0
        most_s = min(seconds + _GRACE_S, end - started)
        for place, index in enumerate(indices):
            now, left = time.perf_counter(), len(indices) - place
            if place >= _FIRST_LOOK and now - started + left * least_s / place > most_s:
                return found + [None] * left
            share_s = max(_SHARE * seconds - (now - started), 0.0) / left
            estimate, first_s = self._highest(index, point, now + share_s)
            found.append(estimate)
            # what is worked out once for all scenarios says nothing of the others
            least_s += first_s if place else 0.0
        return found

    def _highest(self, index: int, point: FloatArray, deadline: float) -> tuple[Minorant | None, float]:
        """The best estimate found by a deadline, and the seconds that the first took."""
        began, first_s = time.perf_counter(), 0.0
        scenario = self._relaxations.program.scenario(index)
        best: Minorant | None = None
        for number, basis in enumerate(self._nearest(scenario.cost)):
            if number and time.perf_counter() >= deadline:
                break
            duals = np.zeros(scenario.matrix.shape[0])
            duals[basis.rows] = basis.solve(scenario.cost[basis.columns])
            cut = self._relaxations.bounds.cut(index, scenario, duals, self._relaxations.consensus_columns)
            if cut.says_something and (best is None or cut.at(point) > best.at(point)):
                best = cut
            first_s = first_s or time.perf_counter() - began
        return best, first_s

    def _nearest(self, cost: FloatArray) -> list[_Basis]:
        distances = [float(np.abs(basis.cost - cost).sum()) for basis in self._bases]
        return [self._bases[place] for place in np.argsort(distances, kind="stable")[:_MOST_TRIED]]

    def _factorised(self, index: int) -> _Basis | None:
        columns, rows = self._relaxations.basis_of(index)
        if not len(rows) or len(rows) != len(columns):
            return None
        scenario = self._relaxations.program.scenario(index)
        try:
            factors = linalg.splu(scenario.matrix.tocsr()[rows][:, columns].T.tocsc())
        except RuntimeError:
            # singular in double precision, though the solver's own factors were not
            return None
        return _Basis(scenario.cost, columns, rows, factors.solve)
