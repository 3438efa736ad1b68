"""Fewer scenarios that stand for many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mes_stoch.api.sites import refusal
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.reduction import Moment, ReductionMethod, ReductionRule
from mes_stoch.schema.tree import ScenarioTree

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


def reduce(
    tree: ScenarioTree,
    to: int,
    *,
    method: ReductionMethod = "fast_forward",
    order: int = 1,
    series_weights: Mapping[str, float] | None = None,
    event_weight: float = 1.0,
    event_series: Sequence[str] = (),
    keep_extremes: bool | Sequence[str] = False,
    match_moments: Sequence[Moment] = (),
    seed: int = 0,
    starts: int = 1,
    leaves_per_day_ahead_node: int | None = None,
    day_ahead_series: Sequence[str] | None = None,
    profits: NDArray[np.float64] | pd.DataFrame | Sequence[float] | None = None,
    value_share: float = 1.0,
    is_opportunity: bool = False,
) -> ScenarioTree:
    """Keep the scenarios of a tree that stand for all of them best, with new probabilities.

    Equations, methods and sources: docs/scenario_reduction.md.

    Parameters
    ----------
    tree : ScenarioTree
        The sample: of ``site.tree(5000)``, of a file, or made in Python.
    to : int
        Scenarios to keep.
    method : str
        ``fast_forward``, ``k_medoids`` or ``backward``.
    order : int
        1 or 2, of the Wasserstein distance.
    series_weights : mapping, optional
        By series; 1 where not named, 0 leaves it out.
    event_weight : float
        Of series of called shares besides.
    event_series : sequence of str
        Series of called shares whose names do not say so (``*activation*_per_unit``).
    keep_extremes : bool or sequence of str
        Series whose extreme scenarios are kept whatever the distance; ``True``: all.
    match_moments : sequence of str
        ``mean``, ``variance``, ``correlation``: probabilities are adjusted to the sample's.
    seed, starts : int
        Of ``k_medoids``.
    leaves_per_day_ahead_node : int, optional
        With several leaves below a node: how many are kept below each; default as many as there are.
    day_ahead_series : sequence of str, optional
        Make a three-stage tree of paths by clustering them; these series are known day-ahead.
    profits : array or table, optional
        Distances by value: what the site earns, a row a commitment and a column a scenario. ``value_share`` is their
        share beside data.
    value_share : float
        Above 0, at most 1: values alone.
    is_opportunity : bool
        Whether row ``i`` of ``profits`` is of the best commitment for scenario ``i`` alone; the distance is then what
        is lost by preparing for the wrong scenario.

    Returns
    -------
    ScenarioTree
        Attributes ``reduction_*`` say how it came about, and ``reduction_accuracy`` how much of the way from the best
        single scenario to the sample it goes.

    Raises
    ------
    UsageError

    >>> import mes_stoch as ms
    >>> tree = ms.reduce(ms.read("instances/tiny_site").tree(), 2)
    >>> tree.probabilities.round(3).tolist(), tree.weighting
    ([0.75, 0.25], 'reduced from 4 scenarios by fast_forward')
    """
    from pydantic import ValidationError

    from mes_stoch.uncertainty.handed_in import private_copy
    from mes_stoch.uncertainty.reduction.problem_based import problem_values
    from mes_stoch.uncertainty.reduction.reduced import reduced_tree

    if not isinstance(tree, ScenarioTree):
        raise UsageError(f"a tree is what site.tree(...) gives, or a ScenarioTree; found {type(tree).__name__}")
    given = {
        "method": method,
        "order": order,
        "series_weights": dict(series_weights or {}),
        "event_weight": event_weight,
        "event_series": list(event_series),
        "keep_extremes": keep_extremes if isinstance(keep_extremes, bool) else list(keep_extremes),
        "match_moments": list(match_moments),
        "seed": seed,
        "starts": starts,
    }
    try:
        rule = ReductionRule.model_validate(given)
    except ValidationError as error:
        raise refusal(error, ReductionRule, "a reduction") from None
    if profits is None and (is_opportunity or value_share != 1.0):
        raise UsageError("value_share and is_opportunity are of profits, which are not given")
    values = None
    if profits is not None:
        values = problem_values(profits, value_share, len(tree.scenario_names), is_opportunity=is_opportunity)
    return reduced_tree(
        private_copy(tree),
        to,
        rule,
        leaves_per_day_ahead_node=leaves_per_day_ahead_node,
        day_ahead_series=day_ahead_series,
        values=values,
    )
