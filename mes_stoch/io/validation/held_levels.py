"""Can stores keep above their least level at all?"""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import Horizon
from mes_stoch.schema.store import Store, most_at_start

_TOLERANCE = 1e-9


def level_issues(context: CheckContext) -> Iterator[Issue]:
    """One issue for every store that falls below its least level, though it charges all the time."""
    horizon = context.partial.horizon
    if horizon is None:
        return
    for name, spec in context.partial.components.items():
        store = spec.store()
        if store is None or not store.energy_min_mwh <= most_at_start(store) <= store.energy_max_mwh:
            continue
        hours = _hours_kept(store, horizon)
        if hours is not None:
            yield context.locator.issue(
                ("components", name, "energy_min_mwh"),
                f"{store.energy_min_mwh:g}, below which standing losses take it after {hours:g} h of charging",
                "a least level that charging can keep up",
                "lower energy_min_mwh or standing_loss_per_h, or raise charge_max_mw or initial_mwh",
            )


def _hours_kept(store: Store, horizon: Horizon) -> float | None:
    """How long the level stays above the least one; ``None`` where that is all the time."""
    least = store.energy_min_mwh * (1.0 - _TOLERANCE) - _TOLERANCE
    level, passed_h = most_at_start(store), 0.0
    for hours in horizon.each_length_h():
        keep = (1.0 - store.standing_loss_per_h) ** hours
        gain = hours * store.charge_efficiency_per_unit * store.charge_max_mw
        before, level = level, min(store.energy_max_mwh, keep * level + gain)
        if level < least:
            return passed_h
        # a level that charging keeps up in a short period it may not in a long one
        if level >= before and hours == horizon.period_h:
            break
        passed_h += hours
    return None
