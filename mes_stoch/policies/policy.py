"""What a policy is: it is given a site over its scenarios, and says what is committed.

A policy may also fix part of the operation, as a range for columns in every scenario (a *base schedule*); what it
leaves open is dispatched as well as can be by whoever evaluates it. :mod:`mes_stoch.evaluation.policies` does that, in
every scenario of the same tree, so that all policies meet the same prices, calls and weather (common random numbers).

A policy is a class with one method, best a frozen dataclass whose fields, all with defaults, are its options::

    class Policy(Protocol):
        def commit(self, problem: PolicyProblem) -> PolicyDecision: ...

Whatever it decides is a feasible point of the stochastic program, so that no policy with one commitment for all
scenarios earns more than that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from mes_stoch.model.base_schedule import ColumnRanges
from mes_stoch.model.bundle import BundledProgram
from mes_stoch.model.program import FloatArray, IndexArray, StochasticProgram
from mes_stoch.model.site_program import SiteProgram, by_day_ahead_node
from mes_stoch.schema.errors import UsageError
from mes_stoch.solvers.certificate.result import EngineResult, ScenarioSolution
from mes_stoch.solvers.interruption.stop import Stop

Solve = Callable[[StochasticProgram, str], EngineResult]


@dataclass(frozen=True)
class PolicyDecision:
    """One commitment for all scenarios.

    Parameters
    ----------
    root : array
        A value for each column of the root: volumes, MW (Mvar), what follows from them, and positions with the stage
        ``commit``.
    base_schedules : sequence of ColumnRanges, optional
        What is decided of the operation as well, one a scenario; default nothing.
    note : str
        What a reader should know of it, in a few words.
    """

    root: FloatArray
    base_schedules: Sequence[ColumnRanges] | None = None
    note: str = ""


@dataclass(frozen=True)
class PolicyForesight:
    """A commitment for each scenario, as if it were known: a reference, and nothing that could be done.

    Parameters
    ----------
    scenarios : tuple of ScenarioSolution
        The best dispatch found of each scenario alone, in order.
    upper : array, shape (scenarios,)
        Profit that each has at most, by proof.
    note : str
    """

    scenarios: tuple[ScenarioSolution, ...]
    upper: FloatArray
    note: str = ""


class Policy(Protocol):
    """A rule by which an operator commits."""

    def commit(self, problem: PolicyProblem) -> PolicyDecision | PolicyForesight:
        """What is committed.

        Raises
        ------
        InfeasibleError
            There is nothing that the rule could commit.
        NotInTimeError
        """
        ...


@dataclass(frozen=True)
class PolicyProblem:
    """A site over its scenarios, and a solver for it.

    Parameters
    ----------
    leaves : SiteProgram
        One scenario a leaf, with all products.
    solve : callable
        ``solve(program, method)``: the result of a solve that has reached the gap of the evaluation. Raises
        ``InfeasibleError``, or ``NotInTimeError`` where there was no time for that.
    stop : Stop
        Polled in loops that do not call ``solve``.
    told : callable
        Told in a few words what comes next.
    """

    leaves: SiteProgram
    solve: Solve
    stop: Stop
    told: Callable[[str], object] = lambda _: None

    @property
    def blocks(self) -> dict[str, int]:
        """Products whose volume is decided at the root, with the number of their blocks; energy markets are none."""
        return {name: shape[-1] for name, shape in self.leaves.service_shapes.items()}

    def solve_tree(self, leaves: SiteProgram, method: str = "auto") -> tuple[EngineResult, list[FloatArray]]:
        """Solve a site over its tree, two or three stages.

        Returns
        -------
        result : EngineResult
        values : list of array
            Values of every leaf's columns, in the order of the leaves.
        """
        program = by_day_ahead_node(leaves, leaves)
        result = self.solve(program, method)
        if not isinstance(program, BundledProgram):
            return result, [one.values for one in sorted(result.scenarios, key=lambda one: one.index)]
        values: list[FloatArray] = [np.empty(0)] * len(leaves.scenario_names)
        for one in result.scenarios:
            parts = program.unbundle(one.index, one.values)
            for member, part in zip(program.members(one.index), parts, strict=True):
                values[member] = part
        return result, values

    def offering(self, products: Mapping[str, FloatArray] | set[str]) -> SiteProgram:
        """The site where only some products have a volume at the root, beside what was awarded before the horizon.

        Parameters
        ----------
        products : set of str, or dict of str to array
            Their names; or their volumes, which keep the bid rules, NaN where one is still to be decided. Shape
            (blocks,), of a product that is offered at prices (prices, blocks), or (blocks,) for the lowest price alone.
        """
        given = products if isinstance(products, Mapping) else {}
        closed = {
            name: self._shaped(name, given[name]) if name in given else awarded
            for name, awarded in self.leaves.awarded_volumes.items()
            if name in given or name not in products
        }
        return self.leaves.with_commitments(closed) if closed else self.leaves

    def root_with(self, volumes: Mapping[str, FloatArray]) -> FloatArray:
        """A whole root with these volumes and no others; what else it decides (energy, the site) is chosen as best.

        Parameters
        ----------
        volumes : dict of str to array
            MW (Mvar), in the shapes of :meth:`offering`; taken to the nearest that the bid rules allow.
        """
        leaves = self.leaves
        columns = leaves.root.columns
        wished = np.zeros(len(columns))
        for name, given in volumes.items():
            wished[self._places(name)] = self._shaped(name, given)
        nearest = leaves.root.nearest(wished)
        decided = self.offering(self.volumes_of(nearest))
        lower, upper = decided.structure.column_lower[columns], decided.structure.column_upper[columns]
        if np.all(lower == upper):
            return lower
        return self.solve_tree(decided)[0].root

    def with_site_decided(self) -> PolicyProblem:
        """The same problem where the site is decided as is best without services, and a rule deals in volumes alone."""
        leaves = self.leaves
        if not leaves.decisions.groups:
            return self
        self.told("decisions of the site, as is best without services")
        root = self.solve_tree(self.offering(set()))[0].root
        return replace(self, leaves=leaves.with_site_decisions(leaves.decisions.values(leaves.root.columns, root)))

    def volumes_of(self, root: FloatArray) -> dict[str, FloatArray]:
        """Volumes of a root by product, MW (Mvar), shape (blocks,), or (prices, blocks) if it is offered at prices."""
        return {name: root[self._places(name)] for name in self.leaves.service_shapes}

    def _places(self, name: str) -> IndexArray:
        """Where the volumes of a product stand in the root, in their shape."""
        place = {int(column): k for k, column in enumerate(self.leaves.root.columns)}
        groups = self.leaves.volume_groups(name)
        places = [place[int(column)] for group in groups for column in group.positions]
        return np.array(places, dtype=np.int32).reshape(self.leaves.service_shapes[name])

    def _shaped(self, name: str, volumes: FloatArray) -> FloatArray:
        """Volumes in the shape of their product: of those for blocks alone, all at its lowest price."""
        given, shape = np.asarray(volumes, dtype=float), self.leaves.service_shapes.get(name)
        if shape is None or given.shape not in (shape, shape[-1:]):
            raise UsageError(f"{name} is not a product with {given.shape[-1]} blocks at the root")
        if given.shape == shape:
            return given
        lowest = np.zeros(shape)
        lowest[0] = given
        return lowest
