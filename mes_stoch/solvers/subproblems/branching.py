"""A better bound of a mixed-integer scenario than its linear relaxation's, by a few branches re-solved warm.

A scenario has few fractional integers at the optimum of its relaxation, and a branch is a linear program re-solved from
its parent's basis: five milliseconds. A dozen of them usually prove what a mixed-integer solver, which presolves, cuts
and starts cold, needs a hundred times as long for. Where they do not, that solver is still there.

For small programs the same search, given more solves, is a second opinion on the solver's: its integers are whole, not
within a tolerance (an ``on`` of 1e-6 behind a factor of 2e6 is on), and its bounds are those of linear programs, which
safe arithmetic proves (:mod:`mes_stoch.solvers.proofs.safe_bounds`).

Equations
---------
The bound is the least relaxation value over the open nodes; each branch replaces a node by ``x_j <= floor`` and
``x_j >= floor + 1`` on its most fractional column, and the node with the least value is branched first.

Source
------
Land & Doig (1960), An automatic method of solving discrete programming problems, DOI 10.2307/1910129.
"""

from __future__ import annotations

import heapq
import itertools
import math
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from mes_stoch.model.program import FloatArray, IndexArray, LinearProgram
from mes_stoch.solvers.highs.model import HighsModel
from mes_stoch.solvers.highs.solution import Solution
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.proofs import primal_check
from mes_stoch.solvers.proofs.safe_bounds import BoundKind, weaker

_INTEGRAL = 1e-9
_NEARLY = 1e-6
_SAME = 1e-9


class Proof(Protocol):
    """Proves what a solver says of a node, given the bounds of its integer columns."""

    def bound(self, row_dual: FloatArray, lower: FloatArray, upper: FloatArray) -> tuple[float, BoundKind]:
        """A lower bound of the relaxation."""
        ...

    def is_empty(self, ray: FloatArray | None, lower: FloatArray, upper: FloatArray) -> bool:
        """Whether there is no feasible point."""
        ...


@dataclass(frozen=True)
class Branched:
    """What a search has proven and found.

    Parameters
    ----------
    bound : float
        ``-inf`` where the relaxation has no optimum, ``inf`` where there is no integer point.
    kind : str
    best : Solution or None
        The cheapest point with whole integers, an optimum of the linear program that is left.
    """

    bound: float
    kind: BoundKind
    best: Solution | None


@dataclass(order=True, frozen=True)
class _Node:
    value: float
    number: int
    lower: FloatArray = field(compare=False)
    upper: FloatArray = field(compare=False)
    integers: FloatArray = field(compare=False)
    basis: Any = field(compare=False)
    is_leaf: bool = field(compare=False, default=False)


def branch(model: HighsModel, scenario: LinearProgram, solves: int, enough: float = math.inf) -> float:
    """Lower bound on the optimum of ``scenario`` as ``model`` has it, the solver's word taken for its linear programs.

    Parameters as for :func:`search`.
    """
    return search(model, scenario, solves, enough).bound


def search(
    model: HighsModel,
    scenario: LinearProgram,
    solves: int,
    enough: float = math.inf,
    *,
    proof: Proof | None = None,
    points: bool = False,
    ranges: LinearProgram | None = None,
    stop: Stop | None = None,
) -> Branched:
    """Bound the optimum of ``scenario`` as ``model`` has it, its integrality included.

    Parameters
    ----------
    model : HighsModel
        The relaxation, costs and bounds changed at will; the bounds of its integer columns are changed here.
    scenario : LinearProgram
        Says which columns are integer, and their bounds.
    solves : int
        Linear programs to solve at most (two a branch).
    enough : float
        A bound not worth raising further.
    proof : Proof, optional
        Without one the solver's word is taken, and the bound says so.
    points : bool
        Look for points with whole integers on the way, too.
    ranges : LinearProgram, optional
        Where ``scenario`` has columns fixed: the program before that, whose bounds say what is large.
    stop : Stop, optional
        No branch is begun once it says so, and a linear program ends at its deadline.
    """
    return _Search(model, scenario, proof, ranges, stop or Stop(), points=points).run(solves, enough)


class _Search:
    def __init__(
        self,
        model: HighsModel,
        scenario: LinearProgram,
        proof: Proof | None,
        ranges: LinearProgram | None,
        stop: Stop,
        *,
        points: bool,
    ) -> None:
        self._stop = stop
        self._model = model
        self._scenario = scenario
        self._columns: IndexArray = np.flatnonzero(scenario.integer).astype(np.int32)
        self._lower = np.ceil(scenario.column_lower[self._columns])
        self._upper = np.floor(scenario.column_upper[self._columns])
        self._proof = proof
        self._ranges = ranges
        self._points = points
        self._numbers = itertools.count()
        self._spent = 0
        self._kind: BoundKind = "safe" if proof is not None else "solver"
        self._best: Solution | None = None

    def run(self, solves: int, enough: float) -> Branched:
        status, first = self._solve(self._lower, self._upper, -math.inf)
        if first is None:
            bound = math.inf if status == "infeasible" else -math.inf
            return Branched(bound, self._kind, None)
        nodes = [first]
        while nodes and self._spent + 3 <= solves and nodes[0].value < enough and not self._stop():
            node = nodes[0]
            if node.is_leaf:
                break
            chosen = self._to_branch(node)
            if chosen is None:
                break
            heapq.heappop(nodes)
            for child in _halves(node, chosen):
                self._model.set_basis(node.basis)
                status, found = self._solve(*child, node.value)
                if found is not None:
                    heapq.heappush(nodes, found)
                elif status != "infeasible":
                    # Nothing is known of this half but what held for the whole.
                    whole = np.clip(np.round(node.integers), *child)
                    heapq.heappush(
                        nodes, _Node(node.value, next(self._numbers), *child, whole, node.basis, is_leaf=True)
                    )
        return Branched(nodes[0].value if nodes else math.inf, self._kind, self._best)

    def _to_branch(self, node: _Node) -> int | None:
        """The column to branch on; ``None`` where the node's optimum is a point, or nothing is left to branch."""
        distance = np.abs(node.integers - np.round(node.integers))
        if not len(distance):
            return None
        chosen = int(np.argmax(distance))
        if distance[chosen] > _NEARLY:
            return chosen
        # Next to whole: either its round-off makes no difference, or it is what keeps something switched on.
        found = self._at(np.round(node.integers)) if distance[chosen] > 0 else None
        if found is not None and found.objective <= node.value + _SAME * max(abs(found.objective), abs(node.value)):
            return None
        return chosen if distance[chosen] > _INTEGRAL else None

    def _at(self, integers: FloatArray) -> Solution | None:
        """The best point with these integers."""
        self._model.change_column_bounds(self._columns, integers, integers)
        self._spent += 1
        found = self._model.run(self._stop.seconds_left())
        if found.status != "optimal" or found.values is None or not self._holds(found.values):
            return None
        if self._best is None or found.objective < self._best.objective:
            self._best = found
        return found

    def _holds(self, values: FloatArray) -> bool:
        """Whether a point is one in the program's own numbers; costs and bounds may be the caller's."""
        return primal_check.is_feasible(self._scenario, values, self._ranges)

    def _solve(self, lower: FloatArray, upper: FloatArray, known: float) -> tuple[str, _Node | None]:
        if np.any(lower > upper):
            return "infeasible", None
        self._model.change_column_bounds(self._columns, lower, upper)
        solution = self._model.run(self._stop.seconds_left())
        self._spent += 1
        if solution.status == "infeasible":
            empty = self._proof is not None and self._proof.is_empty(self._model.dual_ray(), lower, upper)
            self._kind = self._kind if empty else "solver"
            return "infeasible", None
        if solution.status != "optimal" or solution.values is None:
            return solution.status, None
        value = self._proven(solution, lower, upper)
        integers = solution.values[self._columns]
        node = _Node(max(value, known), next(self._numbers), lower, upper, integers, self._model.basis())
        if self._points:
            self._note(integers, lower, upper)
        return "optimal", node

    def _proven(self, solution: Solution, lower: FloatArray, upper: FloatArray) -> float:
        if self._proof is None or solution.row_dual is None:
            return solution.objective
        value, kind = self._proof.bound(solution.row_dual, lower, upper)
        self._kind = weaker(self._kind, kind)
        return value

    def _note(self, integers: FloatArray, lower: FloatArray, upper: FloatArray) -> None:
        """Try the whole integers nearest to a node's optimum."""
        if np.abs(integers - np.round(integers)).max(initial=0.0) <= 0.5:
            self._at(np.clip(np.round(integers), lower, upper))


def _halves(node: _Node, chosen: int) -> list[tuple[FloatArray, FloatArray]]:
    below, above = node.upper.copy(), node.lower.copy()
    below[chosen] = np.floor(node.integers[chosen])
    above[chosen] = below[chosen] + 1.0
    return [(node.lower, below), (above, node.upper)]
