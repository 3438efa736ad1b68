"""What it is worth to know day-ahead prices when day-ahead positions are decided, and what knowing the leaf would be.

Equations
---------
With commitments ``r``, day-ahead positions ``d`` and the best profit ``P(r, d, s)`` of leaf ``s``::

    RP_none  = max_{r, d}    E P(r, d, s)        one position for all: nothing is known but the root
    RP       = max_{r, d(n)} E P(r, d(n), s)     a position for every day-ahead node: what the program is
    RP_leaf  = max_{r, d(s)} E P(r, d(s), s)     a position for every leaf: the two-stage relaxation

    value of the day-ahead information = RP - RP_none >= 0
    foresight of two stages            = RP_leaf - RP >= 0

Each is a bracket by proven bounds. As ``RP_none <= RP <= RP_leaf`` whatever was found, an end of one is an end of the
others as well.

Source
------
Birge & Louveaux (2011), Introduction to Stochastic Programming, 2nd ed., chapter 4 (the value of information), DOI
10.1007/978-1-4614-0237-4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from mes_stoch.evaluation.bracket import Bracket, bracket_result
from mes_stoch.evaluation.profit import seed_of
from mes_stoch.evaluation.solves import Solves
from mes_stoch.model.program import FloatArray, LinearProgram, RootStage
from mes_stoch.model.site_program import SiteProgram, by_day_ahead_node
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.evaluation_sampling import DayAheadInformationResult
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.interruption.stop import Stop

_LEAST_SCALE = 1e-3


@dataclass(frozen=True)
class DayAheadInformation:
    """Brackets of expected profit.

    Parameters
    ----------
    nothing_known, node_known, leaf_known : Bracket
        ``RP_none``, ``RP`` and ``RP_leaf``.
    nodes, scenarios : int
    """

    nothing_known: Bracket
    node_known: Bracket
    leaf_known: Bracket
    nodes: int
    scenarios: int
    seed: int | None
    currency: str
    is_complete: bool = True

    @property
    def value(self) -> Bracket:
        """Of knowing the day-ahead node."""
        return self.node_known - self.nothing_known

    @property
    def foresight(self) -> Bracket:
        """What a model of two stages takes for granted: the leaf is known as well."""
        return self.leaf_known - self.node_known

    def result(self) -> DayAheadInformationResult:
        """The part of ``evaluation.json``."""
        return DayAheadInformationResult(
            day_ahead_nodes=self.nodes,
            scenarios=self.scenarios,
            seed=self.seed,
            currency=self.currency,
            nothing_known=bracket_result(self.nothing_known),
            node_known=bracket_result(self.node_known),
            leaf_known=bracket_result(self.leaf_known),
            value=bracket_result(self.value),
            foresight=bracket_result(self.foresight),
        )


class DayAheadAtRoot:
    """A :class:`~mes_stoch.model.program.StochasticProgram` of leaves whose day-ahead positions belong to the root."""

    def __init__(self, leaves: SiteProgram) -> None:
        self._leaves = leaves
        self.name = leaves.name
        self.scenario_names = leaves.scenario_names
        self.probabilities = leaves.probabilities
        self.column_names = leaves.column_names
        self.row_names = leaves.row_names
        inner, added = leaves.root, leaves.day_ahead_columns
        columns = np.concatenate([inner.columns, added])
        order = np.argsort(columns, kind="stable")
        self._inner = order < len(inner.columns)
        self._integer = leaves.structure.integer[columns[order]]
        names = [*inner.names, *(leaves.column_names[column] for column in added)]
        self.root = RootStage(
            columns=columns[order].astype(np.int32),
            names=tuple(names[place] for place in order),
            consensus=np.concatenate([inner.consensus, np.ones(len(added), dtype=bool)])[order],
            rho_scale=np.concatenate([inner.rho_scale, self._scale()])[order],
            nearest=self._nearest,
        )

    def scenario(self, index: int) -> LinearProgram:
        return self._leaves.scenario(index)

    def _scale(self) -> FloatArray:
        """Price of a position in the first scenario."""
        return np.maximum(np.abs(self._leaves.scenario(0).cost[self._leaves.day_ahead_columns]), _LEAST_SCALE)

    def _nearest(self, root: FloatArray) -> FloatArray:
        point = np.where(self._integer, np.round(root), root)
        structure, columns = self._leaves.structure, self.root.columns
        point = np.clip(point, structure.column_lower[columns], structure.column_upper[columns])
        point[self._inner] = self._leaves.root.nearest(root[self._inner])
        return point


def day_ahead_information(
    leaves: SiteProgram,
    options: SolveOptions,
    *,
    recourse: Bracket | None = None,
    stop: Stop | None = None,
    told: Callable[[str], object] | None = None,
) -> DayAheadInformation:
    """Solve the program of a site with less and with more known when day-ahead positions are decided.

    Parameters
    ----------
    leaves : SiteProgram
        One scenario a leaf.
    recourse : Bracket, optional
        RP, where it is known.

    Raises
    ------
    UsageError
        Nothing is decided at the day-ahead stage.
    InfeasibleError, UnboundedError, SolveError
    """
    if not len(leaves.day_ahead_columns):
        raise UsageError(f"{leaves.name} decides nothing at the stage day_ahead, so its information is worth nothing")
    solves, say = Solves(options, stop or Stop()), told or (lambda _: None)
    if recourse is None:
        say("RP: day-ahead positions decided at their node")
        recourse = solves.bracket(by_day_ahead_node(leaves, leaves))
    say("RP_none: one day-ahead position for all nodes")
    nothing = solves.bracket(DayAheadAtRoot(leaves))
    whole = recourse
    if leaves.stages > 2:
        say("RP_leaf: a day-ahead position for every leaf")
        whole = solves.bracket(leaves)
    found = DayAheadInformation(
        nothing_known=nothing,
        node_known=recourse,
        leaf_known=whole,
        nodes=len(leaves.tree.day_ahead_nodes),
        scenarios=len(leaves.scenario_names),
        seed=seed_of(leaves.tree),
        currency=leaves.instance.currency,
        is_complete=solves.is_complete,
    )
    return _ordered(found)


def _ordered(found: DayAheadInformation) -> DayAheadInformation:
    """What is proven of one end of the chain holds for the rest of it."""
    none, node, leaf = found.nothing_known, found.node_known, found.leaf_known
    node_lower, leaf_lower = max(node.lower, none.lower), max(leaf.lower, node.lower, none.lower)
    node_upper, none_upper = min(node.upper, leaf.upper), min(none.upper, node.upper, leaf.upper)
    return replace(
        found,
        nothing_known=Bracket(none.lower, max(none_upper, none.lower)),
        node_known=Bracket(node_lower, max(node_upper, node_lower)),
        leaf_known=Bracket(leaf_lower, max(leaf.upper, leaf_lower)),
    )
