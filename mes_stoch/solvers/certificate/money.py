"""Engines work in money whose amounts lie near one, whatever currency unit an instance is written in.

Tolerances of solvers, of master programs and of stopping rules are absolute somewhere. A program whose costs are a
billionth of what they could be (euros written as gigaeuros) is multiplied by a power of two on the way in, which
changes no digit, and its results are divided by it. Programs in common units are left as they are.

On the way in, scenario by scenario, bounds are made what they mean (:mod:`mes_stoch.solvers.proofs.stated_bounds`) and
factors of on/off decisions that stand for "no limit" as small as they may be
(:mod:`mes_stoch.solvers.subproblems.big_m`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, TypeVar

import numpy as np

from mes_stoch.model.program import FloatArray, LinearProgram, RootStage, StochasticProgram
from mes_stoch.schema.errors import InfeasibleError
from mes_stoch.solvers.certificate.gap_floor import gap_floor
from mes_stoch.solvers.certificate.result import EngineResult, ScenarioSolution, SolveOptions, TraceCallback, TracePoint
from mes_stoch.solvers.highs.scaling import cost_factor
from mes_stoch.solvers.parallel import mpi
from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator
from mes_stoch.solvers.proofs.stated_bounds import RootBounds, common_root_bounds, with_whole_bounds
from mes_stoch.solvers.subproblems.big_m import WithSmallFactors
from mes_stoch.solvers.subproblems.explain import Described, DescribedByInner
from mes_stoch.solvers.subproblems.nearest import NearestRoot

_LOOKED_AT = 3
_MONEY_DETAILS = ("objective", "bound_allowance")

Engine = TypeVar("Engine", bound=Callable[..., EngineResult | None])


class InOtherMoney:
    """A program with all costs multiplied by a factor, whole bounds of integers, common bounds of the first stage, and
    factors of on/off decisions no larger than need be."""

    def __init__(self, program: StochasticProgram, factor: float, bounds: RootBounds | None = None) -> None:
        self._program = program
        self._factor = factor
        self._bounds = bounds
        self._small = WithSmallFactors(np.asarray(program.root.columns, dtype=np.int32))
        self._root = replace(program.root, rho_scale=program.root.rho_scale * factor, has_common_bounds=True)
        if bounds is not None:
            nearest = NearestRoot(self.scenario(0), bounds.columns, program.root.consensus)
            self._root = replace(self._root, nearest=nearest)

    @property
    def name(self) -> str:
        return self._program.name

    @property
    def scenario_names(self) -> tuple[str, ...]:
        return self._program.scenario_names

    @property
    def probabilities(self) -> FloatArray:
        return self._program.probabilities

    @property
    def root(self) -> RootStage:
        return self._root

    @property
    def column_names(self) -> tuple[str, ...]:
        return self._program.column_names

    @property
    def row_names(self) -> tuple[str, ...]:
        return self._program.row_names

    def scenario(self, index: int) -> LinearProgram:
        scenario = self._program.scenario(index)
        if self._bounds is not None:
            scenario = self._bounds.of(scenario)
        scenario = self._small.of(with_whole_bounds(scenario))
        if self._factor == 1.0:
            return scenario
        return replace(scenario, cost=scenario.cost * self._factor, offset=scenario.offset * self._factor)


class DescribedInOtherMoney(DescribedByInner, InOtherMoney):
    """The same for a program that describes itself."""


def money_factor(program: StochasticProgram) -> float:
    """Power of two that brings the program's typical cost near one; 1 where it is in common units."""
    count = len(program.scenario_names)
    chosen = sorted({0, count // 2, count - 1})[:_LOOKED_AT]
    return cost_factor(np.concatenate([np.abs(program.scenario(index).cost) for index in chosen]))


def in_common_money(*, on_all_ranks: bool) -> Callable[[Engine], Engine]:
    """Let an engine (``program, options, progress``) see costs near one, and its caller those of the program.

    Parameters
    ----------
    on_all_ranks : bool
        Whether all ranks of an MPI run call the engine together, so that they can share the look at all scenarios.
    """

    def decorated(engine: Engine) -> Engine:
        @wraps(engine)
        def solve(
            program: StochasticProgram,
            options: SolveOptions,
            progress: TraceCallback | None = None,
            *arguments: Any,
            **keywords: Any,
        ) -> EngineResult | None:
            began = time.perf_counter()
            communicator = ScenarioCommunicator(mpi.world() if on_all_ranks else None)
            if communicator.mpi is not None:
                mpi.abort_when_uncaught()
            factor = money_factor(program)
            kind = DescribedInOtherMoney if isinstance(program, Described) else InOtherMoney
            bounds = common_root_bounds(program, communicator)
            taken = kind(program, factor, bounds)
            floor = gap_floor(program)
            left = max(options.time_limit_s - (time.perf_counter() - began), 0.0)
            options = replace(options, time_limit_s=left, gap_floor=factor * floor)
            told = progress if progress is None or factor == 1.0 else lambda point: progress(_point(point, factor))
            try:
                result = engine(taken, options, told, *arguments, **keywords)
            except InfeasibleError as error:
                if bounds is None:
                    raise
                raise InfeasibleError(
                    f"{program.name}: no first stage satisfies all scenarios within the bounds that each of them sets "
                    f"it; with the tightest of them: {error}"
                ) from error
            if result is None:
                return None
            return replace(result if factor == 1.0 else _result(result, factor), gap_floor=floor)

        return solve  # type: ignore[return-value]

    return decorated


def _result(result: EngineResult, factor: float) -> EngineResult:
    details = {
        name: value / factor if name in _MONEY_DETAILS and isinstance(value, float) else value
        for name, value in result.details.items()
    }
    return replace(
        result,
        lower=result.lower / factor,
        upper=result.upper / factor,
        trace=tuple(_point(point, factor) for point in result.trace),
        scenarios=tuple(_scenario(solution, factor) for solution in result.scenarios),
        details={**details, "money_factor": factor},
    )


def _point(point: TracePoint, factor: float) -> TracePoint:
    return replace(point, lower=point.lower / factor, upper=point.upper / factor)


def _scenario(solution: ScenarioSolution, factor: float) -> ScenarioSolution:
    return replace(
        solution,
        cost=solution.cost / factor,
        row_dual=None if solution.row_dual is None else solution.row_dual / factor,
        column_dual=None if solution.column_dual is None else solution.column_dual / factor,
    )
