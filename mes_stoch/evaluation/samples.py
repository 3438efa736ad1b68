"""Independent samples of a site's days: their programs, and what a candidate costs in them."""

from __future__ import annotations

from collections.abc import Callable

from mes_stoch.evaluation.commitment import three_stage_sample
from mes_stoch.evaluation.replications import Candidate
from mes_stoch.model.program import FloatArray, StochasticProgram
from mes_stoch.model.site_program import SiteProgram, by_day_ahead_node
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.solvers.certificate.result import SolveOptions


class SiteSamples:
    """Samples that are compiled once.

    Parameters
    ----------
    compiled : SiteProgram
        Of any tree of the instance.
    draw : callable
        The tree of so many day-ahead nodes, with so many leaves below each and a seed.
    leaves : int
        Below each node.
    policy_leaves : int
        Further leaves by which a candidate's day-ahead positions are decided, where a node has several.
    """

    def __init__(
        self,
        compiled: SiteProgram,
        draw: Callable[[int, int, int], ScenarioTree],
        leaves: int = 1,
        policy_leaves: int | None = None,
    ) -> None:
        self.compiled = compiled
        self._draw = draw
        self.leaves = leaves
        self.policy_leaves = leaves if policy_leaves is None else policy_leaves

    def program(self, count: int, seed: int) -> StochasticProgram:
        """The program of so many day-ahead nodes."""
        leaves = self.compiled.with_tree(self._draw(count, self.leaves, seed))
        return by_day_ahead_node(leaves, leaves)

    def with_candidate(
        self, count: int, seed: int, root: FloatArray, options: SolveOptions
    ) -> tuple[StochasticProgram, Candidate]:
        """The same, and the candidate in it: with several leaves below a node, a policy."""
        if self.leaves == 1:
            return self.program(count, seed), root
        tree = self._draw(count, self.leaves + self.policy_leaves, seed)
        return three_stage_sample(self.compiled, tree, self.leaves, root, options)
