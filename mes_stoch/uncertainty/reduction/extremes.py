"""Scenarios that are kept because they are extreme, whatever they cost the rest.

Reduction keeps means well and tails badly: a scenario far from all others weighs little, and what is left is less
spread than the sample. Where a limit or a measure of risk lives in the tails, the extremes of the series that matter
are kept. Their probabilities stay those of optimal redistribution, so that keeping them biases nothing; it takes their
places from others.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mes_stoch.schema.reduction import ReductionRule
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.reduction.distances import courses, is_event, require_known


def extreme_scenarios(tree: ScenarioTree, rule: ReductionRule) -> list[int]:
    """Positions of the scenarios that a rule keeps always, each once, in the order of the series.

    Of a series those of the least and the largest mean over the horizon, of activations the most called alone; of
    several as extreme the first. Series that do not differ have none, nor have scenarios without probability.

    Raises
    ------
    UsageError
        The rule names a series that is none of the tree's.
    """
    if rule.keep_extremes is False:
        return []
    names: Sequence[str] = tree.varying_series if rule.keep_extremes is True else rule.keep_extremes
    require_known(names, tree, "keep_extremes")
    can_occur = tree.probabilities > 0
    found: dict[int, None] = {}
    for name in names:
        means = courses(tree, name).mean(axis=1)
        if np.ptp(means[can_occur]) <= 0.0:
            continue
        found[int(np.argmax(np.where(can_occur, means, -np.inf)))] = None
        if not is_event(name, rule):
            found[int(np.argmin(np.where(can_occur, means, np.inf)))] = None
    return list(found)
