"""Samples that grow until a commitment is known to be within a wanted gap of the best over all days.

Equations
---------
In step ``k`` the candidate ``x`` is that of a sample of ``n`` draws of its own (or given, and the same in all steps),
and two further samples of ``n`` draws estimate its gap by the averaged two-replication
(:mod:`mes_stoch.evaluation.replications`) with proven bounds, ``G`` and ``S``. With the wanted gap ``E`` steps end at

    G + t_{2n-1} S / sqrt(2 n) + E / sqrt(2 n)  <=  E

and the gap of this candidate is then at most ``E`` with the stated probability, for small ``E``. The last term is what
the rule adds against stopping by chance, since it has looked several times; published as ``1 / sqrt(n)``, it is counted
here in units of ``E``, so that it means the same in every currency. ``n`` is fixed beforehand, half as large again from
step to step.

Sources
-------
Bayraksan & Pierre-Louis (2012), Fixed-width sequential stopping rules for a class of stochastic programs, DOI
10.1137/090773143; Bayraksan & Morton (2011), A sequential sampling procedure for stochastic programming, DOI
10.1287/opre.1110.0926.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mes_stoch.evaluation.replications import Candidate, OptimalityGap, optimality_gap, seeds_of
from mes_stoch.evaluation.solves import Solves
from mes_stoch.model.program import FloatArray, StochasticProgram
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.evaluation_sampling import SequentialResult, SequentialStep
from mes_stoch.solvers.certificate.bounds import NotInTimeError
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.interruption.stop import Stop

FIRST = 20
MOST = 2000
_GROWTH = 1.5
_SEEDS_A_STEP = 3
#: A candidate that is found here may be judged by replications later on, of the same root seed.
_PURPOSE = 1


class Samples(Protocol):
    """Independent samples of any size."""

    def program(self, count: int, seed: int) -> StochasticProgram: ...

    def with_candidate(
        self, count: int, seed: int, root: FloatArray, options: SolveOptions
    ) -> tuple[StochasticProgram, Candidate]: ...


@dataclass(frozen=True)
class Step:
    """One look.

    Parameters
    ----------
    scenarios : int
        Draws of each of its samples.
    gap : OptimalityGap
    inflation : float
        What the rule adds.
    """

    scenarios: int
    gap: OptimalityGap
    inflation: float

    @property
    def upper(self) -> float:
        """What has to be within the wanted gap."""
        return self.gap.upper + self.inflation


@dataclass(frozen=True)
class Sequential:
    """Steps up to the one that is close enough, or the last there was room or time for.

    Parameters
    ----------
    wanted : float
        Gap that is wanted, in the currency.
    steps : tuple of Step
    root : array
        The candidate of the last step.
    is_given : bool
        Whether the candidate was given, and not found by samples.
    is_complete : bool
        Whether no time limit came first.
    """

    wanted: float
    steps: tuple[Step, ...]
    root: FloatArray
    is_given: bool
    currency: str = ""
    is_complete: bool = True

    @property
    def is_reached(self) -> bool:
        """Whether the candidate is within the wanted gap, with the confidence."""
        return bool(self.steps[-1].upper <= self.wanted)

    @property
    def last(self) -> Step:
        return self.steps[-1]

    def result(self) -> SequentialResult:
        """The part of ``evaluation.json``."""
        return SequentialResult(
            rule="Bayraksan & Pierre-Louis (2012), fixed width",
            currency=self.currency,
            wanted_gap=self.wanted,
            is_reached=self.is_reached,
            candidate="given" if self.is_given else "found",
            confidence=self.last.gap.confidence,
            profit_mean=self.last.gap.candidate,
            steps=[
                SequentialStep(
                    scenarios=step.scenarios,
                    gap_mean=step.gap.estimate,
                    sampling_error=step.gap.sampling_error,
                    inflation=step.inflation,
                    gap_upper=step.upper,
                )
                for step in self.steps
            ],
        )


def sample_until(
    samples: Samples,
    wanted: float | None,
    seed: int,
    options: SolveOptions,
    *,
    wanted_rel: float | None = None,
    root: FloatArray | None = None,
    first: int = FIRST,
    most: int = MOST,
    currency: str = "",
    stop: Stop | None = None,
    told: Callable[[str], object] | None = None,
) -> Sequential:
    """Draw larger and larger samples until the candidate is close enough.

    Parameters
    ----------
    wanted : float or None
        Gap, as programs count money; a solve's own gap should be well within it.
    wanted_rel : float, optional
        The same as a share of what the best commitment of a first sample earns in it; one of the two.
    root : array, optional
        A candidate that is given; default the commitment of a sample of each step's own.
    first, most : int
        Draws of the first step's samples, and the largest number.

    Raises
    ------
    UsageError, InfeasibleError, SolveError
    NotInTimeError
        There was no time for the first step.
    """
    given = [gap for gap in (wanted, wanted_rel) if gap is not None]
    if len(given) != 1:
        raise UsageError("a wanted gap is an amount or a share of the profit, one of the two")
    if not (math.isfinite(given[0]) and given[0] > 0):
        raise UsageError(f"a wanted gap is above 0; found {given[0]}")
    if not 2 <= first <= most:
        raise UsageError(f"samples grow from 2 scenarios or more up to the most; found {first} and {most}")
    solves = Solves(options, stop or Stop())
    if wanted is None:
        wanted = given[0] * _size_of_profit(samples, first, seed, solves)
    steps: list[Step] = []
    candidate = root
    for place, count in enumerate(sizes(first, most)):
        seeds = seeds_of(seed, _SEEDS_A_STEP * (place + 1), _PURPOSE)[-_SEEDS_A_STEP:]
        try:
            chosen = root if root is not None else _candidate(samples, count, seeds[0], solves)
            step = _look(samples, count, seeds[1:], chosen, wanted, solves)
        except NotInTimeError:
            if candidate is None or not steps:
                raise
            return Sequential(wanted, tuple(steps), candidate, root is not None, currency, is_complete=False)
        candidate = chosen
        steps.append(step)
        if told is not None:
            told(f"{count} scenarios: gap at most {step.upper:,.2f} of {wanted:,.2f} {currency}".rstrip())
        if step.upper <= wanted:
            break
    if candidate is None:  # pragma: no cover - there is a first step
        raise UsageError("no samples")
    return Sequential(
        wanted,
        tuple(steps),
        candidate,
        root is not None,
        currency,
        is_complete=solves.is_complete and steps[-1].gap.is_complete,
    )


def sizes(first: int, most: int) -> list[int]:
    """Draws of each step.

    >>> sizes(20, 70)
    [20, 30, 45, 68]
    """
    found = [first]
    while (following := math.ceil(_GROWTH * found[-1])) <= most:
        found.append(following)
    return found


def _size_of_profit(samples: Samples, count: int, seed: int, solves: Solves) -> float:
    """What a share of the profit is a share of; known before the first look, so that it cannot depend on one."""
    program = samples.program(count, seed)
    result = solves.result(program)
    if result is None or not result.scenarios:
        raise NotInTimeError(f"no commitment of a sample of {count} scenarios was found in time")
    if result.upper == 0.0:
        raise UsageError("a sample earns nothing, and a share of that is no gap: give an amount of money")
    return abs(result.upper)


def _candidate(samples: Samples, count: int, seed: int, solves: Solves) -> FloatArray:
    result = solves.result(samples.program(count, seed))
    if result is None or not result.scenarios:
        raise NotInTimeError(f"no commitment of a sample of {count} scenarios was found in time")
    return np.asarray(result.root)


def _look(samples: Samples, count: int, seeds: list[int], root: FloatArray, wanted: float, solves: Solves) -> Step:
    gap = optimality_gap(
        lambda seed: samples.with_candidate(count, seed, root, solves.options),
        seeds,
        solves.options,
        stop=solves.stop,
    )
    return Step(count, gap, wanted / math.sqrt(2 * count))
