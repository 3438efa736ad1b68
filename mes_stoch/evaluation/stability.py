"""How many scenarios are enough: do other samples of as many give the same optimum, and commitments worth the same?

Equations
---------
For each number of scenarios ``N``, ``M`` samples are solved: sample ``k`` has the optimum ``z_k`` (a proven bracket)
and the commitment ``r_k``, which earns ``v_k`` over one large sample that has nothing in common with the others::

    in-sample stability      the spread of z_k over k
    out-of-sample stability  the spread of v_k over k
    gap                      mean over k of  bound(z_k) - v_k,  what a sample promises more than it keeps
                             as  (bound(z_k) - w_k) + (w - v_k)

``w_k`` and ``w`` are what one reference commitment, of a sample of its own, earns in sample ``k`` and in the common
one. On the mean it leaves the gap as it is, and takes out what makes one sample of days better than another for every
commitment, which is most of what gaps differ by.

The first two should be small beside what one decides by; a gap above zero is optimism of the sample and, in part,
commitments that fit the sample only.

How many scenarios that makes: :mod:`mes_stoch.evaluation.sampled_sizes`.

Sources
-------
Kaut & Wallace (2007), Evaluation of scenario-generation methods for stochastic programming, Pacific Journal of
Optimization 3(2); Dupacova (1990), Stability and sensitivity analysis for stochastic programming, DOI
10.1007/BF02055193; Shapiro, Dentcheva & Ruszczynski (2021), Lectures on stochastic programming, section 5.1, DOI
10.1137/1.9781611976595.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence

import numpy as np

from mes_stoch.evaluation.replications import seeds_of
from mes_stoch.evaluation.sampled_sizes import SolvedSample, Stability, deviation_of
from mes_stoch.evaluation.solves import Solves, profit_of
from mes_stoch.model.program import FloatArray, StochasticProgram
from mes_stoch.schema.errors import UsageError
from mes_stoch.solvers.certificate.bounds import NotInTimeError
from mes_stoch.solvers.certificate.result import EngineResult, SolveOptions
from mes_stoch.solvers.decomposition.given_root import evaluate_given
from mes_stoch.solvers.interruption.stop import Stop

logger = logging.getLogger("mes_stoch.evaluation.stability")

Sampled = Callable[[int, int], StochasticProgram]

_LEAST = 2


def stability(
    sample: Sampled,
    sizes: Sequence[int],
    replications: int,
    common_scenarios: int,
    seed: int,
    options: SolveOptions,
    *,
    wanted_error: float | None = None,
    wanted_error_rel: float | None = None,
    currency: str = "",
    stop: Stop | None = None,
    told: Callable[[str], object] | None = None,
) -> Stability:
    """Solve samples of several sizes, and evaluate their commitments over one common sample.

    Parameters
    ----------
    sample : callable
        The program of so many independent draws, with a seed.
    sizes : sequence of int
        Numbers of draws, 2 or more each.
    replications : int
        Samples of each size, 2 or more.
    common_scenarios : int
    seed : int
        Root of all samples' seeds.
    wanted_error, wanted_error_rel : float, optional
        Standard error that is wanted, in the currency, or as a share of the best mean profit over the common sample.

    Raises
    ------
    UsageError, InfeasibleError, SolveError
    NotInTimeError
        There was no time for two samples of each size.
    """
    sizes = sorted(set(sizes))
    _check(sizes, replications, common_scenarios, wanted_error, wanted_error_rel)
    seeds = seeds_of(seed, 2 + replications * len(sizes))
    solves = Solves(options, stop or Stop())
    common = _Common(sample(common_scenarios, seeds[0]), solves)
    if told is not None:
        told(f"reference commitment of {sizes[-1]} scenarios")
    reference = _best(sample(sizes[-1], seeds[1]), solves).root
    common.mean(reference)
    found: list[SolvedSample] = []
    for place in range(replications):
        done: list[SolvedSample] = []
        try:
            for number, size in enumerate(sizes):
                if told is not None:
                    told(f"sample {place + 1} of {replications} with {size} scenarios")
                one = seeds[2 + place * len(sizes) + number]
                done.append(_solved(sample(size, one), one, solves, common, reference))
        except NotInTimeError:
            if place < _LEAST:
                raise
            solves.is_complete = False
            break
        found += done
    error = wanted_error
    if wanted_error_rel is not None:
        error = wanted_error_rel * abs(common.best_mean) or None
        if error is None:
            logger.warning("nothing is earned over the common sample, and a share of that is no error: give an amount")
    return Stability(
        tuple(found),
        common_scenarios,
        seeds[0],
        common.deviation,
        wanted_error=error,
        currency=currency,
        is_complete=solves.is_complete,
    )


def _solved(
    program: StochasticProgram, seed: int, solves: Solves, common: _Common, reference: FloatArray
) -> SolvedSample:
    result = _best(program, solves)
    optimum, value = profit_of(result), common.mean(result.root)
    there = float(_profits(program, reference, solves).mean())
    gap = (optimum.upper - there) + (common.mean(reference) - value)
    return SolvedSample(len(program.scenario_names), seed, optimum, value, gap)


def _best(program: StochasticProgram, solves: Solves) -> EngineResult:
    result = solves.result(program)
    if result is None or not result.scenarios or not math.isfinite(result.lower):
        count = len(program.scenario_names)
        raise NotInTimeError(f"{program.name}: no commitment of a sample of {count} scenarios was found in time")
    return result


def _profits(program: StochasticProgram, root: FloatArray, solves: Solves) -> FloatArray:
    gap, stop = solves.options.gap_rel, solves.stop
    return -np.array([v.upper for v in evaluate_given(program, root, lambda _: None, gap_rel=gap, stop=stop)])


class _Common:
    """The sample that all commitments are evaluated over."""

    def __init__(self, program: StochasticProgram, solves: Solves) -> None:
        self._program = program
        self._solves = solves
        self._known: dict[bytes, FloatArray] = {}

    def mean(self, root: FloatArray) -> float:
        """What a commitment earns on the mean; the same one is evaluated once."""
        point = np.round(root, 9)
        key = (point + 0.0).tobytes()
        if key not in self._known:
            self._known[key] = _profits(self._program, root, self._solves)
        return float(self._known[key].mean())

    @property
    def _best(self) -> FloatArray:
        return max(self._known.values(), key=lambda profits: float(profits.mean()))

    @property
    def best_mean(self) -> float:
        return float(self._best.mean())

    @property
    def deviation(self) -> float:
        return deviation_of(self._best)


def _check(
    sizes: Sequence[int], replications: int, common: int, wanted: float | None, wanted_rel: float | None
) -> None:
    problems = []
    if not sizes or any(not isinstance(size, int) or size < _LEAST for size in sizes):
        problems.append(f"numbers of scenarios are 2 or more each; found {', '.join(map(str, sizes)) or 'none'}")
    if not isinstance(replications, int) or replications < _LEAST:
        problems.append(f"a spread takes 2 samples or more of each size, not {replications}")
    if not isinstance(common, int) or common < _LEAST:
        problems.append(f"the common sample has 2 scenarios or more, not {common}")
    if wanted is not None and wanted_rel is not None:
        problems.append("a wanted error is an amount or a share, and both are given")
    problems += [
        f"a wanted error is above 0; found {error}"
        for error in (wanted, wanted_rel)
        if error is not None and not (math.isfinite(error) and error > 0)
    ]
    if problems:
        raise UsageError("; ".join(problems))
