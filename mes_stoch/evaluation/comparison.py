"""Two commitments in the same scenarios: what one earns more than the other.

Equations
---------
With profits ``a_i`` and ``b_i`` of the same draw ``i`` (common random numbers)::

    difference       mean(a - b)
    standard error   sd(a - b) / sqrt(n)          unpaired: sqrt(var(a) + var(b)) / sqrt(n)
    proven           mean(a) - bound(b) <= best a - best b <= bound(a) - mean(b)

What makes a day good or bad is good or bad for both, so that pairs differ much less than days do. The first two are
estimates for days not drawn; the bracket is of these scenarios.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mes_stoch.evaluation.bracket import Bracket, bracket_result
from mes_stoch.evaluation.intervals import Draws, IntervalRule, Intervals, block_length, intervals_of
from mes_stoch.evaluation.profit import Profits, require_sample
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.evaluation_sampling import ComparisonResult
from mes_stoch.schema.tree import ScenarioTree


@dataclass(frozen=True)
class Comparison:
    """A commitment and another one, over the same tree.

    Parameters
    ----------
    first, other : Profits
    against : str
        What the other commitment is called.
    intervals : Intervals or None
        Of the difference, by draws; ``None`` where scenarios are no draws.
    """

    first: Profits
    other: Profits
    against: str
    intervals: Intervals | None

    @property
    def is_complete(self) -> bool:
        """Whether all scenarios were dispatched."""
        return self.first.is_complete and self.other.is_complete

    @property
    def difference(self) -> float:
        """Of the means of feasible dispatches."""
        return self.first.mean - self.other.mean

    @property
    def bracket(self) -> Bracket:
        """The same over these scenarios, both as well dispatched as can be."""
        return _bracket(self.first) - _bracket(self.other)

    @property
    def standard_error(self) -> float | None:
        """Of the difference, by pairs."""
        return None if self.intervals is None else self.intervals.standard_error

    @property
    def standard_error_unpaired(self) -> float | None:
        """What it would be with scenarios of its own for each commitment."""
        errors = (self.first.standard_error, self.other.standard_error)
        return None if errors[0] is None or errors[1] is None else math.hypot(errors[0], errors[1])

    def result(self) -> ComparisonResult:
        """The part of ``evaluation.json``."""
        return ComparisonResult(
            against=self.against,
            scenarios=len(self.first.scenarios),
            seed=self.first.drawn_with,
            currency=self.first.currency,
            profit_mean_against=self.other.mean,
            difference=self.difference,
            bracket=bracket_result(self.bracket),
            standard_error=self.standard_error,
            standard_error_unpaired=self.standard_error_unpaired,
            intervals=None if self.intervals is None else self.intervals.result(),
        )


def compare(first: Profits, other: Profits, against: str, rule: IntervalRule | None = None) -> Comparison:
    """Compare two commitments that were evaluated over the same tree."""
    one, two = first.draws(), other.draws()
    is_drawn = first.drawn_with is not None or (rule is not None and rule.method == "block-bootstrap")
    if one is None or two is None or not is_drawn or len(one.profits) < 2:
        return Comparison(first, other, against, None)
    differences = Draws(one.profits - two.profits, one.weights)
    return Comparison(first, other, against, intervals_of(differences, rule or IntervalRule()))


def require_draws(tree: ScenarioTree, rule: IntervalRule) -> None:
    """Refuse an interval that scenarios of a tree do not have.

    Raises
    ------
    UsageError
    """
    require_sample(tree, "an interval for days not drawn takes")
    nodes = tree.day_ahead_nodes.values()
    weights = [tree.probabilities[list(leaves)].sum() for leaves in nodes]
    if len(weights) < 2:
        raise UsageError("an interval takes two scenarios or more, from which their spread is estimated")
    if not np.allclose(weights, weights[0], rtol=1e-9, atol=0.0):
        raise UsageError("scenarios of unlike probability are no sample, and have no interval for days not drawn")
    if rule.method != "block-bootstrap" and tree.dataset.attrs.get("seed") is None:
        raise UsageError(
            "scenarios that are listed are no independent draws; if they are days that follow each other, take "
            "the block bootstrap (--interval block-bootstrap --block-days L)"
        )
    if rule.method == "block-bootstrap":
        length = block_length(len(weights)) if rule.block_days is None else rule.block_days
        if 2 * length > len(weights):
            raise UsageError(f"blocks of {length} days need {2 * length} days or more, and there are {len(weights)}")


def _bracket(profits: Profits) -> Bracket:
    return Bracket(profits.mean, profits.bound_upper)
