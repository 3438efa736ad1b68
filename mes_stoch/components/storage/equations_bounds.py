"""Bounds of a storage's level that change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from mes_stoch.components.shared.context import Expression, ModelContext, OfPeriod
from mes_stoch.components.storage.format import Storage
from mes_stoch.io.validation.penalties import amount
from mes_stoch.schema.base import Quantity

Side = Literal["below", "above"]


@dataclass(frozen=True)
class LevelBounds:
    """Least and largest level at the ends of periods, MWh, with what they give way; ``None`` where not said."""

    least: OfPeriod | None
    largest: OfPeriod | None


def build_level_bounds(context: ModelContext, name: str, spec: Storage, level: Any) -> LevelBounds:
    """Rows by which the level keeps within bounds that change, or pays for it.

    Equations
    ---------
    ::

        L[t] + below[t] >= level_min[t],   below[t] <= level_min[t] - E_min         (level_min, level_below_limit)
        L[t] - above[t] <= level_max[t],   above[t] <= E_max - level_max[t]         (level_max, level_above_limit)
        profit -= level_penalty sum_t (below[t] + above[t])                                  (slack.level_<storage>)

    Whatever is paid, the level stays between ``E_min`` and ``E_max``. Energy of full calls keeps to ``level_min -
    below`` and ``level_max + above`` along their path (:mod:`mes_stoch.model.full_calls`): what is not paid for, no
    call uses. ``below`` and ``above`` are 0 where the penalty forbids them.

    Symbols
    -------
    ``level_below_mwh``, ``level_above_mwh`` : MWh at the end of a period, (periods,), realtime.
    """
    return LevelBounds(
        None if spec.level_min_mwh is None else _side(context, name, spec, level, "below", spec.level_min_mwh),
        None if spec.level_max_mwh is None else _side(context, name, spec, level, "above", spec.level_max_mwh),
    )


def _side(context: ModelContext, name: str, spec: Storage, level: Any, side: Side, stated: Quantity) -> OfPeriod:
    bound = context.quantity(stated)
    slack = _slack(context, name, spec, side)
    sign = 1.0 if side == "below" else -1.0

    def kept(t: int) -> Expression:
        return bound(t) if slack is None else bound(t) - sign * slack[t]

    text = f"{name} keeps to the level of the moment, or pays for it"
    if side == "below":
        context.constraint(name, "level_min", text, lambda t: level[t] >= kept(t), unit="MWh")
    else:
        context.constraint(name, "level_max", text, lambda t: level[t] <= kept(t), unit="MWh")
    if slack is not None:
        end_mwh = spec.energy_min_mwh if side == "below" else spec.energy_max_mwh
        context.constraint(
            name,
            f"level_{side}_limit",
            f"whatever is paid, {name} stays within its limits",
            lambda t: slack[t] <= sign * (bound(t) - end_mwh),
            unit="MWh",
        )
    return kept


def _slack(context: ModelContext, name: str, spec: Storage, side: Side) -> Any | None:
    """What a bound gives way at a penalty; ``None`` where it must not."""
    penalty = amount(spec.level_penalty_eur_per_mwh)
    if penalty is None:
        return None
    most = spec.energy_max_mwh - spec.energy_min_mwh
    slack = context.variable(name, f"level_{side}_mwh", "MWh", "realtime", upper=most, role="slack")
    context.earn(f"slack.level_{name}", sum(-penalty * slack[t] for t in context.periods))
    return slack
