"""What a branch and bound by floating-point numbers is worth: its bound less an allowance.

Equations
---------
::

    bound = dual bound - ALLOWANCE (|o| + sum_j |c_j x_j|) - slack - zero (sum_j reach_j + sum_i reach_i)

with the sizes of the objective's terms at the solver's point (or of its bound, where it has no point): a share of what
was added up, not an amount, so that no currency unit defeats it. ``slack`` is what the search prunes for: 2e-6 once
costs are scaled to lie near one (:mod:`mes_stoch.solvers.highs.scaling`).

``zero`` is the reduced cost that counts as none, 1e-10 in scaled units. A column that earns less than that a unit stays
where it is, however far it could go, and so does the activity of a row whose dual is as small. What that can be worth
is their reach: of a column what its bounds leave (derived ones where it has none, or such that stand for "none",
:mod:`mes_stoch.solvers.proofs.propagation`), of a row that is no equation what its columns' reach leaves. Columns that
nothing bounds are taken to reach ``OPEN_REACH`` times the largest value of the point.

None of this covers errors of the solver, nor programs so badly scaled that its linear programs are wrong; that is why
such a bound is called ``solver``.

Source
------
Cook, Koch, Steffy, Wolter (2013), A hybrid branch-and-bound approach for exact rational mixed-integer programming,
DOI 10.1007/s12532-013-0055-6, for how far floating-point searches are off; Neumaier & Shcherbina (2004),
DOI 10.1007/s10107-003-0433-3, for what reduced costs of the wrong sign are worth.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from mes_stoch.model.program import FloatArray, IndexArray, LinearProgram
from mes_stoch.solvers.highs.model import HighsModel
from mes_stoch.solvers.highs.solution import Solution
from mes_stoch.solvers.proofs import primal_check
from mes_stoch.solvers.proofs.propagation import INFINITE, Box, Propagation

ALLOWANCE = 1e-9
OPEN_REACH = 10.0
#: Bounds of at least this size may stand for "none".
_LARGE = 1e4


class SearchBounds:
    """Bounds of searches over programs of one sparsity pattern at a time.

    Parameters
    ----------
    settled : int array, optional
        Columns another program decides.
    """

    def __init__(self, settled: IndexArray | None = None) -> None:
        self._propagation = Propagation(settled, INFINITE)

    def allowance(self, program: LinearProgram, solution: Solution, model: HighsModel, box: Box) -> float:
        """What to take off the search's bound; infinite where nothing can be said.

        Parameters
        ----------
        program : LinearProgram
            With the costs that were minimised.
        solution : Solution
        model : HighsModel
            What has searched.
        box : Box
            Bounds of all columns, derived where they have none.
        """
        if solution.values is not None:
            size = primal_check.size_of_cost(program, solution.values)
        else:
            size = abs(solution.dual_bound) if math.isfinite(solution.dual_bound) else 0.0
        columns = self._column_reach(program, solution, box)
        return ALLOWANCE * size + model.search_slack(columns, row_reach(program, columns))

    def bound(self, program: LinearProgram, solution: Solution, model: HighsModel, box: Box) -> float:
        """The bound less the allowance."""
        taken = self.allowance(program, solution, model, box)
        return solution.dual_bound - taken if math.isfinite(taken) else -math.inf

    def _column_reach(self, program: LinearProgram, solution: Solution, box: Box) -> FloatArray:
        narrow = self._narrowed(program, box)
        reach = np.maximum(narrow.upper - narrow.lower, 0.0)
        largest = math.inf if solution.values is None else OPEN_REACH * float(np.abs(solution.values).max(initial=1))
        return np.where(np.isinf(reach), largest, reach)

    def _narrowed(self, program: LinearProgram, box: Box) -> Box:
        """The box, with bounds that may stand for "none" derived anew."""
        lower, upper = program.column_lower, program.column_upper
        if not np.any((lower <= -_LARGE) & np.isfinite(lower) | (upper >= _LARGE) & np.isfinite(upper)):
            return box
        opened = replace(
            program,
            column_lower=np.where(lower <= -_LARGE, -np.inf, lower),
            column_upper=np.where(upper >= _LARGE, np.inf, upper),
        )
        derived = self._propagation.box(opened)
        return Box(np.maximum(box.lower, derived.lower), np.minimum(box.upper, derived.upper))


def row_reach(program: LinearProgram, column_reach: FloatArray) -> FloatArray:
    """How far the activity of each row can be from its limit; no distance at all for an equation."""
    matrix = program.matrix
    owner = np.repeat(np.arange(matrix.shape[1]), np.diff(matrix.indptr))
    with np.errstate(invalid="ignore"):
        terms = np.where(matrix.data == 0, 0.0, np.abs(matrix.data) * column_reach[owner])
    spread = np.bincount(matrix.indices, weights=terms, minlength=matrix.shape[0])
    return np.asarray(np.minimum(spread, program.row_upper - program.row_lower))
