"""Scenarios that an operator forecasts with, and how a commitment is operated without foresight."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mes_stoch.api.sites import Site, checked_tree
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.tree import ScenarioTree

if TYPE_CHECKING:
    from mes_stoch.evaluation.rolling.foresight import RollingRequest

#: Scenarios drawn to forecast with.
FORECAST_SCENARIOS = 30


def drawn_forecast(
    site: Site, operated_seed: int, scenarios: int | None = None, seed: int | None = None
) -> ScenarioTree:
    """Scenarios of another seed than those that are operated; default the next one."""
    chosen = operated_seed + 1 if seed is None else seed
    return site.draws(scenarios or FORECAST_SCENARIOS, chosen, leaves_per_day_ahead_node=1)


def rolling_request(
    site: Site, tree: ScenarioTree, forecast: ScenarioTree | None, fan: int, workers: int, keep: str | Path | None
) -> RollingRequest:
    """How to operate, with the forecast that is handed in, or one of the seed after that of the tree.

    Raises
    ------
    UsageError, InstanceError
    """
    from mes_stoch.evaluation.rolling.foresight import RollingRequest

    if not (isinstance(fan, int) and fan >= 1 and isinstance(workers, int) and workers >= 1):
        raise UsageError(f"fan and workers are whole numbers, 1 or more; found {fan!r} and {workers!r}")
    seed = tree.dataset.attrs.get("seed")
    if forecast is not None:
        forecast = checked_tree(site, forecast)[0]
    elif seed is not None:
        forecast = drawn_forecast(site, int(seed))
    return RollingRequest(forecast, fan, workers, None if keep is None else Path(keep))
