"""The scenarios that are planned over: those drawn, or fewer that stand for more, as the instance or a caller says."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mes_stoch.io.readers.locate import INSTANCE_FILE, did_you_mean, located
from mes_stoch.schema.errors import InstanceError, Issue, UsageError
from mes_stoch.schema.instance import SyntheticScenarios
from mes_stoch.schema.reduction import Reduction
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.tree import build_tree, call_limits, make_process, tree_draws
from mes_stoch.uncertainty.tree_draws import draw_day_ahead_node

if TYPE_CHECKING:
    from mes_stoch.io.instance import LoadedInstance


def planning_tree(
    loaded: LoadedInstance,
    scenarios: int | None = None,
    seed: int | None = None,
    *,
    leaves_per_day_ahead_node: int | None = None,
    reduction: Reduction | None = None,
    stop: Callable[[], bool] | None = None,
) -> ScenarioTree:
    """The scenario tree of an instance.

    Parameters
    ----------
    scenarios, seed, leaves_per_day_ahead_node, stop
        As for :func:`mes_stoch.uncertainty.tree.build_tree`; of a reduced tree, what is kept.
    reduction : Reduction, optional
        Default the instance's own.

    Raises
    ------
    UsageError, TimeLimitError, InstanceError
    """
    uncertainty = loaded.instance.uncertainty
    if not isinstance(uncertainty, SyntheticScenarios):
        if reduction is not None:
            raise UsageError(
                f"{loaded.instance.name} has explicit scenarios, and no more can be drawn to be reduced; those there "
                "are can be, in Python: ms.reduce(site.tree(), to)"
            )
        return build_tree(loaded, scenarios, seed, leaves_per_day_ahead_node=leaves_per_day_ahead_node, stop=stop)
    chosen = uncertainty.reduction if reduction is None else reduction
    if chosen is None:
        return build_tree(loaded, scenarios, seed, leaves_per_day_ahead_node=leaves_per_day_ahead_node, stop=stop)
    if reduction is None:
        _check_names(loaded, uncertainty, chosen)
    to = uncertainty.scenarios if scenarios is None else scenarios
    below = uncertainty.leaves_per_day_ahead_node if leaves_per_day_ahead_node is None else leaves_per_day_ahead_node
    if to > chosen.from_scenarios:
        raise UsageError(
            f"{to:,} scenarios cannot be kept of {chosen.from_scenarios:,} that are drawn: draw more of them, or plain "
            "draws"
        )
    drawn_below = 1 if chosen.clustering else chosen.from_leaves_per_day_ahead_node or below
    if drawn_below < below and not chosen.clustering:
        raise UsageError(f"{below} leaves below a day-ahead node cannot be kept of {drawn_below} that are drawn")
    sample = build_tree(loaded, chosen.from_scenarios, seed, leaves_per_day_ahead_node=drawn_below, stop=stop)
    from mes_stoch.uncertainty.reduction.reduced import reduced_tree

    known = _day_ahead_series(loaded) if chosen.clustering else None
    called = [name for name in call_limits(loaded.instance, loaded.time) if name in sample.varying_series]
    return reduced_tree(
        sample,
        to,
        chosen.model_copy(update={"event_series": sorted({*chosen.event_series, *called})}),
        leaves_per_day_ahead_node=below if chosen.clustering or drawn_below > 1 else None,
        day_ahead_series=known,
    )


def _check_names(loaded: LoadedInstance, uncertainty: SyntheticScenarios, reduction: Reduction) -> None:
    """Refuse names of series, in an instance's reduction, that the process does not draw.

    Raises
    ------
    InstanceError
        With all of them.
    """
    drawn = make_process(loaded.instance.name, uncertainty).series_names()
    extremes = [] if isinstance(reduction.keep_extremes, bool) else reduction.keep_extremes
    named = {"series_weights": list(reduction.series_weights), "keep_extremes": extremes}
    named["event_series"] = reduction.event_series
    issues = [
        Issue(
            INSTANCE_FILE,
            None,
            f"uncertainty.reduction.{key}",
            repr(name),
            f"a series that {uncertainty.process} draws",
            did_you_mean(name, drawn),
        )
        for key, names in named.items()
        for name in names
        if name not in drawn
    ]
    if issues:
        raise InstanceError(loaded.instance.name, located(issues, loaded.written, loaded.instance.currency))


def _day_ahead_series(loaded: LoadedInstance) -> list[str]:
    """Series that the process draws for a day-ahead node."""
    draws = tree_draws(loaded, 1, leaves_per_day_ahead_node=1, plain=True)
    drawn = draw_day_ahead_node(draws.process, draws.context, draws.seed, 0)
    return [name for name in draws.process.series_names() if name in drawn]
