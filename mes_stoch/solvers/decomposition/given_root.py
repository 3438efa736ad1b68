"""What a first stage that is given costs in every scenario: a feasible dispatch and a proven bound, one after another.

Equations
---------
With all root columns at ``r`` scenarios have nothing in common, and of each

    lower_s <= min {c_s' x + o_s : x feasible in s, x[root] = r} <= upper_s

is found by the relaxation's duals and a dive. Where the mean is left too wide, the scenarios with the largest weighted
gaps, as many as it takes, are taken again on whichever rank has them: moves of single integers, a few branches, and a
mixed-integer solve, in this order. The expected cost lies between ``sum_s p_s lower_s`` and ``sum_s p_s upper_s``,
within ``gap_rel`` where time allows. What is taken again depends on all scenarios and not on who has them, so that the
result is the same on any number of ranks.

Scenarios are stamped, solved and forgotten: what is kept of one is its basis, its two numbers and what the caller
makes of its dispatch.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Generic, NoReturn, TypeVar

import numpy as np

from mes_stoch.model.program import BoolArray, FloatArray, LinearProgram, RootStage, StochasticProgram
from mes_stoch.schema.errors import InfeasibleError
from mes_stoch.solvers.certificate.bounds import NotInTimeError
from mes_stoch.solvers.certificate.gap_floor import gap_floor
from mes_stoch.solvers.certificate.money import InOtherMoney, money_factor
from mes_stoch.solvers.certificate.result import ScenarioSolution
from mes_stoch.solvers.decomposition.recourse import Recourse
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator
from mes_stoch.solvers.proofs.safe_bounds import BoundKind, weaker
from mes_stoch.solvers.subproblems.explain import Described, DescribedByInner, explain_infeasible
from mes_stoch.solvers.subproblems.pool import with_fixed
from mes_stoch.solvers.subproblems.relaxation import ScenarioRelaxations

Kept = TypeVar("Kept")

#: What a second look at a scenario aims at, as a share of the gap that the mean may keep.
_SECOND_SHARE = 0.25
#: By how much a root column may lie outside a scenario's own bounds, of its size.
_TOLERANCE = 1e-6


@dataclass(frozen=True)
class ScenarioValue(Generic[Kept]):
    """What a scenario costs with the first stage given.

    Parameters
    ----------
    index : int
    lower, upper : float
        Proven bound, and the cost of a feasible dispatch.
    kind : str
        What ``lower`` rests on.
    kept : object
        What the caller's ``keep`` has made of the dispatch.
    """

    index: int
    lower: float
    upper: float
    kind: BoundKind
    kept: Kept


class GivenRoot:
    """A :class:`~mes_stoch.model.program.StochasticProgram` whose root columns are fixed in every scenario."""

    def __init__(self, program: StochasticProgram, root: FloatArray) -> None:
        self._program = program
        self._point = np.asarray(root, dtype=np.float64)
        self.name = program.name
        self.scenario_names = program.scenario_names
        self.probabilities = program.probabilities
        self.column_names = program.column_names
        self.row_names = program.row_names
        self.root: RootStage = replace(program.root, nearest=self._nearest)

    def _nearest(self, _: FloatArray) -> FloatArray:
        return self._point

    def scenario(self, index: int) -> LinearProgram:
        """The scenario with its root at the point.

        Raises
        ------
        InfeasibleError
            The scenario's own bounds exclude the point.
        """
        scenario, columns = self._program.scenario(index), self.root.columns
        inside = np.clip(self._point, scenario.column_lower[columns], scenario.column_upper[columns])
        outside = np.abs(inside - self._point) > _TOLERANCE * np.maximum(1.0, np.abs(self._point))
        if outside.any():
            place = int(np.flatnonzero(outside)[0])
            raise InfeasibleError(
                f"{self.name}: {self.root.names[place]} is given as {self._point[place]:g}, outside its bounds "
                f"{scenario.column_lower[columns[place]]:g} to {scenario.column_upper[columns[place]]:g} in scenario "
                f"{self.scenario_names[index]!r}"
            )
        return with_fixed(scenario, columns, inside)


class DescribedGivenRoot(DescribedByInner, GivenRoot):
    """The same for a program that describes itself."""


def evaluate_given(
    program: StochasticProgram,
    root: FloatArray,
    keep: Callable[[ScenarioSolution], Kept],
    *,
    gap_rel: float = 1e-3,
    stop: Stop | None = None,
    communicator: ScenarioCommunicator | None = None,
    told: Callable[[int], object] | None = None,
) -> list[ScenarioValue[Kept]]:
    """Dispatch a first stage in every scenario, with a proven bound on each.

    Parameters
    ----------
    program : StochasticProgram
    root : array
        One value per root column.
    keep : callable
        Called with a scenario's dispatch, and once more if a better one is found; its answer is all that is kept.
    gap_rel : float
        Distance of the two sides of the mean to reach, relative to its size.
    stop : Stop, optional
    communicator : ScenarioCommunicator, optional
        Ranks that share the scenarios; default this process alone.
    told : callable, optional
        Called with the number of scenarios done so far on this rank.

    Returns
    -------
    list of ScenarioValue
        All scenarios in order, on the leading rank; on the others this rank's own.

    Raises
    ------
    InfeasibleError
        A scenario has no feasible point with this first stage.
    NotInTimeError
        There was no time to dispatch it in every scenario.
    """
    team = communicator or ScenarioCommunicator()
    work = _Work(program, np.asarray(root, dtype=np.float64), keep, stop or Stop())
    mine = team.local_indices(len(program.scenario_names))
    values: dict[int, ScenarioValue[Kept]] = {}
    with _failing_together(team):
        for done, index in enumerate(mine, 1):
            values[index] = work.value(index, math.inf)
            if told is not None:
                told(done)
    weights = np.asarray(program.probabilities, dtype=np.float64)
    costs = _of_all(team, len(weights), {index: value.upper for index, value in values.items()})
    allowed = gap_rel * max(abs(math.fsum(weights * costs)), gap_floor(program))
    seen = weights <= 0
    while len(chosen := _widest(_open_gaps(team, weights, values), seen, allowed)):
        with _failing_together(team):
            for index in chosen:
                if index in values:
                    values[index] = work.value(index, _SECOND_SHARE * allowed, values[index])
        seen[chosen] = True
    own = [values[index] for index in mine]
    gathered = team.gathered(own)
    return [value for part in gathered for value in part] if team.is_rank_zero else own


def _widest(gaps: FloatArray, seen: BoolArray, allowed: float) -> list[int]:
    """The fewest scenarios not seen yet whose gaps, were they closed, would leave no more than is allowed."""
    order = [int(index) for index in np.argsort(-gaps, kind="stable") if not seen[index]]
    too_wide, chosen = math.fsum(gaps) - allowed, 0
    while chosen < len(order) and too_wide > 0:
        too_wide -= float(gaps[order[chosen]])
        chosen += 1
    return order[:chosen]


def _open_gaps(
    team: ScenarioCommunicator, weights: FloatArray, values: Mapping[int, ScenarioValue[Kept]]
) -> FloatArray:
    """Weighted distance of the two sides, of all scenarios; one without weight has none."""
    counted = {index: value for index, value in values.items() if weights[index] > 0}
    gaps = {index: float(weights[index]) * (value.upper - value.lower) for index, value in counted.items()}
    return _of_all(team, len(weights), gaps)


def _of_all(team: ScenarioCommunicator, count: int, own: Mapping[int, float]) -> FloatArray:
    """A number of every scenario, whichever rank has it: the same on any number of ranks."""
    found = np.zeros(count)
    for part in team.everyones(dict(own)):
        found[list(part)] = list(part.values())
    return found


@contextlib.contextmanager
def _failing_together(team: ScenarioCommunicator) -> Iterator[None]:
    """What one rank cannot do is said by all of them, so that none waits for it."""
    problem: InfeasibleError | NotInTimeError | None = None
    try:
        yield
    except (InfeasibleError, NotInTimeError) as error:
        problem = error
    for found in team.everyones(problem):
        if found is not None:
            raise found


class _Work(Generic[Kept]):
    """One process's part."""

    def __init__(
        self, program: StochasticProgram, root: FloatArray, keep: Callable[[ScenarioSolution], Kept], stop: Stop
    ) -> None:
        self._given = DescribedGivenRoot(program, root) if isinstance(program, Described) else GivenRoot(program, root)
        self._factor = money_factor(program)
        self._root = root
        self._consensus = root[program.root.consensus]
        self._keep = keep
        self._stop = stop
        taken = InOtherMoney(self._given, self._factor)
        self._relaxations = ScenarioRelaxations(taken, stop)
        self._recourse = Recourse(taken, self._relaxations)
        self._nothing = np.zeros(len(self._consensus))

    def value(self, index: int, allowed: float, known: ScenarioValue[Kept] | None = None) -> ScenarioValue[Kept]:
        """Both sides of one scenario, no further apart than ``allowed`` where time permits."""
        if self._stop():
            if known is not None:
                return known
            raise NotInTimeError(f"{self._given.name}: there was no time to evaluate a commitment in every scenario")
        found = self._recourse.dispatch(index, self._root, 0.0 if known else math.inf, self._stop)
        if found.solution is None:
            self._refuse(index)
        solution = found.solution
        lower: float = -math.inf
        kind: BoundKind = "safe"
        if found.relaxed.minorant is not None:
            lower, kind = found.relaxed.minorant.at(self._consensus), found.relaxed.minorant.kind
        if known is not None and known.lower * self._factor > lower:
            lower, kind = known.lower * self._factor, known.kind
        solution, lower, kind = self._closer(solution, lower, kind, self._factor * allowed)
        solution = replace(solution, cost=solution.cost / self._factor)
        lower = lower / self._factor
        if known is not None and known.upper <= solution.cost:
            return replace(known, lower=min(lower, known.upper), kind=kind)
        return ScenarioValue(index, min(lower, solution.cost), solution.cost, kind, self._keep(solution))

    def _closer(
        self, solution: ScenarioSolution, lower: float, kind: BoundKind, allowed: float
    ) -> tuple[ScenarioSolution, float, BoundKind]:
        """The cheapest steps first, as long as they are needed."""
        if solution.cost - lower > allowed:
            solution = self._recourse.one_opt(solution, self._root, allowed)
        if solution.cost - lower > allowed:
            found = self._recourse.branched(solution.index, self._nothing, solution.cost)
            if found.value > lower:
                lower, kind = found.value, found.kind
        if solution.cost - lower > allowed and not self._stop():
            found = self._recourse.least_cost(solution.index, self._nothing, solution.values, allowed / 2, self._stop)
            if found.value > lower:
                lower, kind = found.value, weaker(found.kind, "solver")
            if solution.cost - lower > allowed:
                solution = self._recourse.improve(solution.index, self._root, solution, allowed / 2, self._stop)
        return solution, lower, kind

    def _refuse(self, index: int) -> NoReturn:
        """Say why there is no dispatch."""
        name = self._given.scenario_names[index]
        if self._stop():
            raise NotInTimeError(f"{self._given.name}: no feasible point of scenario {name!r} was found in time")
        repair = explain_infeasible(self._given, index)
        raise InfeasibleError(
            f"{self._given.name}: scenario {name!r} has no feasible point with this first stage."
            + (f" The least that would have to give way:\n{repair}" if repair else "")
        )
