"""What a branch and bound by floating-point numbers is worth: its bound less an allowance.

Equations
---------
::

    bound = dual bound - ALLOWANCE (|o| + sum_j |c_j x_j|) - slack

with the sizes of the objective's terms at the solver's point (or of its bound, where it has no point): a share of what
was added up, not an amount, so that no currency unit defeats it. ``slack`` is what the search's own absolute tolerances
come to: 2e-6 once costs are scaled to lie near one (:mod:`mes_stoch.solve.highs_scaling`). It covers reduced costs
that are off by the dual tolerance and pruned nodes that are better by less than the feasibility tolerance. It does not
cover errors of the solver, nor programs so badly scaled that its linear programs are wrong; that is why such a bound is
called ``solver``.

Source
------
Cook, Koch, Steffy, Wolter (2013), A hybrid branch-and-bound approach for exact rational mixed-integer programming,
DOI 10.1007/s12532-013-0055-6, for how far floating-point searches are off.
"""

from __future__ import annotations

import math

from mes_stoch.model.program import LinearProgram
from mes_stoch.solve import primal_check
from mes_stoch.solve.solution import Solution

ALLOWANCE = 1e-9


def allowance(program: LinearProgram, solution: Solution, slack: float) -> float:
    """What to take off the search's bound.

    Parameters
    ----------
    program : LinearProgram
        With the costs that were minimised.
    slack : float
        :attr:`mes_stoch.solve.highs.HighsModel.proof_slack` of the model.
    """
    if solution.values is not None:
        size = primal_check.size_of_cost(program, solution.values)
    else:
        size = abs(solution.dual_bound) if math.isfinite(solution.dual_bound) else 0.0
    return ALLOWANCE * size + slack


def search_bound(program: LinearProgram, solution: Solution, slack: float) -> float:
    """The bound less the allowance."""
    return solution.dual_bound - allowance(program, solution, slack)
