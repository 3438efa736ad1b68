"""How many scenarios to solve together as one, by trying.

A bundle is the extensive form of its members (:mod:`mes_stoch.model.bundle`): a better bound and fewer multipliers to
agree on, for a subproblem whose time grows faster than its size. How fast depends on the program and the machine, so it
is measured: cold mixed-integer solves of bundles of 1, 2, 4, ... scenarios, as long as they stay within what one
subproblem may cost.

Progressive hedging does not bundle by itself. On the hospital day with bid steps, started from the relaxation's
multipliers, bundles proved the interval that single scenarios prove, and took longer (``docs/architecture.md``).
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass

from mes_stoch.model.bundle import BundledProgram
from mes_stoch.model.program import StochasticProgram
from mes_stoch.schema.errors import UsageError
from mes_stoch.solvers.highs.model import SCENARIO_MIP_OPTIONS, solve

# HiGHS' limit is wall time, which runs faster than CPU time where others use the processor too.
_TIME_LIMIT_FACTOR = 4.0


@dataclass(frozen=True)
class BundleSize:
    """A size and what it was chosen by.

    Parameters
    ----------
    size : int
        Scenarios per bundle.
    solve_time_s : mapping
        CPU time of one cold solve by bundle size, smallest first; infinite where it was stopped.
    """

    size: int
    solve_time_s: Mapping[int, float]


def bundle_size_from_solve_time(
    program: StochasticProgram, budget_s: float, *, largest: int = 16, gap_rel: float = 1e-3
) -> BundleSize:
    """The largest power of two of scenarios that one cold solve settles within a time budget.

    Parameters
    ----------
    program : StochasticProgram
        Its first scenarios are tried.
    budget_s : float
        CPU time one subproblem may cost.
    largest : int
        No larger bundle is tried, nor one of more scenarios than there are.
    gap_rel : float
        Relative gap of the solve.

    Returns
    -------
    BundleSize
        At least one scenario, whatever that costs.

    Raises
    ------
    UsageError
        A budget or a size that makes no sense.
    """
    if not budget_s > 0 or largest < 1:
        raise UsageError(
            f"a bundle needs a time budget above zero and room for a scenario, not {budget_s} s, {largest}"
        )
    most = min(largest, len(program.scenario_names))
    times: dict[int, float] = {}
    chosen, size = 1, 1
    while size <= most:
        times[size] = _cold_solve(program, size, _TIME_LIMIT_FACTOR * budget_s, gap_rel)
        if times[size] > budget_s:
            break
        chosen, size = size, 2 * size
    return BundleSize(chosen, times)


def _cold_solve(program: StochasticProgram, size: int, time_limit_s: float, gap_rel: float) -> float:
    count = len(program.scenario_names)
    groups = [tuple(range(size)), *((index,) for index in range(size, count))]
    bundle = BundledProgram(program, groups).scenario(0)
    started = time.process_time()
    solution = solve(bundle, time_limit_s=time_limit_s, options={**SCENARIO_MIP_OPTIONS, "mip_rel_gap": gap_rel})
    return time.process_time() - started if solution.status == "optimal" else math.inf
