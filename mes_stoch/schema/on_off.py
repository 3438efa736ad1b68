"""The fields of units that are on or off: what their equations and their hub read of a format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pydantic import Field

from mes_stoch.schema.base import Model, NonNegative


class StartCost(Model):
    """What a start costs a unit that has been off for some time."""

    off_from_h: NonNegative = Field(description="It applies from this time off on, until the next one's.")
    cost_eur: NonNegative = Field(description="Fuel and wear of one start.")


class OnOffUnit(Protocol):
    """The fields of a unit that can be on or off, such as a converter."""

    @property
    def power_min_mw(self) -> float: ...
    @property
    def power_max_mw(self) -> float: ...
    @property
    def state_block_h(self) -> float | None: ...
    @property
    def start_stop_fields(self) -> tuple[str, ...]: ...
    @property
    def minimum_up_h(self) -> float: ...
    @property
    def minimum_down_h(self) -> float: ...
    @property
    def start_cost_eur(self) -> float: ...
    @property
    def starts_max_per_day(self) -> int | None: ...
    @property
    def start_power_max_mw(self) -> float | None: ...
    @property
    def stop_power_max_mw(self) -> float | None: ...
    @property
    def initial_on(self) -> bool | None: ...
    @property
    def initial_state_h(self) -> float | None: ...


def start_costs_of(unit: OnOffUnit) -> Sequence[StartCost]:
    """What starts cost by the time off, hottest first: ``start_costs``, or ``start_cost_eur`` after any time."""
    by_time: Sequence[StartCost] = getattr(unit, "start_costs", ())
    return by_time or (StartCost(off_from_h=0.0, cost_eur=unit.start_cost_eur),)
