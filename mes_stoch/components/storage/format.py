"""What a user may write about storages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mes_stoch.components.storage.format_words import STORAGE_VALUES, STORAGE_WORDS
from mes_stoch.schema.base import (
    AUTO,
    CYCLIC,
    Cyclic,
    Derived,
    Efficiency,
    Identifier,
    Model,
    NonNegative,
    Positive,
    Quantity,
)
from mes_stoch.schema.calculated import calculated
from mes_stoch.schema.component import OperatingRange, Port, ReserveProvider, SlackPenalty
from mes_stoch.schema.data_rules import DataRule, LimitRule, NumberRule, OrderRule
from mes_stoch.schema.power_by_level import PowerLine, lines_through
from mes_stoch.schema.site_decision import SiteDecision
from mes_stoch.schema.store import Store, initial_level


class DepthCost(Model):
    """What a MWh costs that is drawn from one segment of a storage."""

    depth_per_unit: Annotated[float, Field(gt=0, le=1)] = Field(
        description="Depth at which the segment ends, as a share of energy_max_mwh; the last one ends at 1."
    )
    cost_eur_per_mwh: NonNegative = Field(description="Wear per MWh discharged from this segment.")


class LevelPower(Model):
    """What share of a largest power there is at one level."""

    level_per_unit: Annotated[float, Field(ge=0, le=1)] = Field(description="Level as a share of energy_max_mwh.")
    power_per_unit: Annotated[float, Field(ge=0, le=1)] = Field(
        description="Share of charge_max_mw or discharge_max_mw that there is at that level."
    )


class Storage(ReserveProvider):
    """Battery, heat store, cold store, gas or hydrogen tank."""

    other_words: ClassVar[tuple[tuple[str, str], ...]] = STORAGE_WORDS
    other_values: ClassVar[Mapping[tuple[str, str], str]] = STORAGE_VALUES

    shares: ClassVar[Mapping[str, str]] = {
        "charge_max_mw": "charge_available_per_unit",
        "discharge_max_mw": "discharge_available_per_unit",
    }

    type: Literal["storage"]
    node: Identifier = Field(description="Node it is charged from and discharged to.")
    energy_max_mwh: Positive = Field(description="Largest level: the energy that it can hold, empty to full.")
    energy_min_mwh: NonNegative = Field(default=0.0, description="Least level, below which it is never drawn.")
    charge_max_mw: NonNegative = Field(description="Largest power drawn from the node; 0: it cannot be charged.")
    discharge_max_mw: NonNegative = Field(description="Largest power given to the node; 0: it cannot be discharged.")
    charge_available_per_unit: Quantity = Field(
        default=1.0, description="Share of charge_max_mw that can be used, 0 to 1: outage, vehicle that is away."
    )
    discharge_available_per_unit: Quantity = Field(
        default=1.0, description="Share of discharge_max_mw that can be used, likewise."
    )
    charge_max_by_level: list[LevelPower] = Field(
        default_factory=list,
        description="Charging power by level, from level 0 to 1: falls, and ever more steeply; empty: the same at all.",
    )
    discharge_max_by_level: list[LevelPower] = Field(
        default_factory=list,
        description="Discharging power by level, from level 0 to 1: rises, and ever less; empty: the same at all.",
    )
    exclusive_charging: bool = Field(
        default=False,
        description="Whether it charges or discharges in a period, not each for a part of it: a binary decision.",
    )
    charge_efficiency_per_unit: Efficiency = Field(
        default=1.0, description="Rise of the level per MWh drawn, more than 0 to 1."
    )
    discharge_efficiency_per_unit: Efficiency = Field(
        default=1.0, description="MWh given per MWh that the level falls, more than 0 to 1."
    )
    standing_loss_per_h: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.0, description="Share of the level lost in an hour."
    )
    fixed_loss_mw: Quantity = Field(
        default=0.0, description="Power lost whatever the level: heat losses that follow temperatures."
    )
    loss_mw_per_kelvin: NonNegative = Field(
        default=0.0,
        description="Power lost per kelvin between the store and its surroundings, on top of fixed_loss_mw: U x A.",
    )
    store_temperature_degc: Quantity | None = Field(
        default=None, description="Temperature inside, with loss_mw_per_kelvin."
    )
    ambient_temperature_degc: Quantity | None = Field(
        default=None, description="Temperature of the surroundings, with loss_mw_per_kelvin."
    )
    initial_mwh: NonNegative | Cyclic = Field(
        description="Level at the start of the horizon; cyclic: one level for all scenarios, decided with the "
        "commitments, to which each of them comes back."
    )
    level_min_mwh: Quantity | None = Field(
        default=None, description="Least level at the end of each period, beside energy_min_mwh; null: none."
    )
    level_max_mwh: Quantity | None = Field(
        default=None, description="Largest level at the end of each period, beside energy_max_mwh; null: none."
    )
    level_penalty_eur_per_mwh: NonNegative | Derived | None = Field(
        default=AUTO,
        description="Cost of a period that ends a MWh below level_min_mwh or above level_max_mwh, and of a MWh of "
        "fixed loss that is not covered; auto: from prices; null forbids it.",
    )
    terminal_mwh: NonNegative | None = Field(
        default=None, description="Level to hold at the end of the horizon; null for the initial level."
    )
    terminal_penalty_eur_per_mwh: NonNegative | Derived | None = Field(
        default=AUTO, description="Cost of ending below the terminal level; auto: from prices; null forbids it."
    )
    terminal_value_eur_per_mwh: NonNegative = Field(
        default=0.0, description="What each MWh in store at the end of the horizon is worth."
    )
    energy_ramp_mw_per_min: Positive | None = Field(
        default=None, description="Speed at which its schedule may change between periods; null: no limit."
    )
    throughput_cost_eur_per_mwh: NonNegative = Field(default=0.0, description="Cost of wear per MWh discharged.")
    degradation_cost_by_depth: list[DepthCost] = Field(
        default_factory=list,
        description="Wear by the depth of cycles: segments from the shallowest on, each at a cost above the last.",
    )
    throughput_max_mwh_per_day: Positive | None = Field(
        default=None, description="Most that is discharged in a local day, calls included; null: no limit."
    )
    cycles_max_per_day: Positive | None = Field(
        default=None,
        description="Most full cycles of a local day: energy_max_mwh drawn from the store is one; null: no limit.",
    )

    @property
    def is_cyclic(self) -> bool:
        """Whether its level at the start is still to be decided, with the commitments."""
        return self.initial_mwh == CYCLIC

    def site_decisions(self) -> Sequence[SiteDecision]:
        if not self.is_cyclic:
            return ()
        return (SiteDecision("initial_mwh", "MWh", self.energy_min_mwh, self.energy_max_mwh),)

    @property
    def level_to_leave_mwh(self) -> float:
        """Level to leave behind, MWh: stated, or the initial one, once it is known."""
        return initial_level(self) if self.terminal_mwh is None else self.terminal_mwh

    @property
    def most_to_leave_mwh(self) -> float:
        """The most that the level to leave behind may be, MWh."""
        return self.energy_max_mwh if self.is_cyclic else self.level_to_leave_mwh

    @property
    def level_bounds(self) -> dict[str, Quantity]:
        """Bounds of the level at the ends of periods, by key."""
        stated = {"level_min_mwh": self.level_min_mwh, "level_max_mwh": self.level_max_mwh}
        return {key: level for key, level in stated.items() if level is not None}

    @property
    def has_fixed_loss(self) -> bool:
        """Whether it loses power whatever its level."""
        return self.lost_mw != 0

    @property
    def lost_mw(self) -> Quantity:
        """Power lost whatever the level, MW: stated, and what follows temperatures, either way of heat."""
        per_kelvin, store, ambient = self.loss_mw_per_kelvin, self.store_temperature_degc, self.ambient_temperature_degc
        if per_kelvin == 0 or store is None or ambient is None:
            return self.fixed_loss_mw
        return calculated(
            f"loss of {self.fixed_loss_mw} MW and {per_kelvin!r} MW/K between {store} and {ambient}",
            (self.fixed_loss_mw, store, ambient),
            lambda fixed, inside, outside: fixed + per_kelvin * abs(inside - outside),
        )

    @property
    def charge_lines(self) -> tuple[PowerLine, ...]:
        """Lines over the level above which it cannot charge."""
        return self._lines(self.charge_max_by_level, self.charge_max_mw)

    @property
    def discharge_lines(self) -> tuple[PowerLine, ...]:
        """Lines over the level above which it cannot discharge."""
        return self._lines(self.discharge_max_by_level, self.discharge_max_mw)

    def _lines(self, points: Sequence[LevelPower], power_mw: float) -> tuple[PowerLine, ...]:
        shares = [(point.level_per_unit, point.power_per_unit) for point in points]
        return lines_through(shares, self.energy_max_mwh, power_mw)

    @property
    def segment_sizes_mwh(self) -> list[float]:
        """Energy of each segment of its depth, from the shallowest on, MWh."""
        depths = [0.0, *(one.depth_per_unit for one in self.degradation_cost_by_depth)]
        return [self.energy_max_mwh * (end - start) for start, end in pairwise(depths)]

    @property
    def first_segments_mwh(self) -> list[float]:
        """What each segment holds at the start, MWh: the deepest are full first."""
        held: list[float] = []
        if not self.degradation_cost_by_depth:
            return held
        empty_mwh = self.energy_max_mwh - initial_level(self)
        for size in self.segment_sizes_mwh:
            missing = min(size, empty_mwh)
            held.append(size - missing)
            empty_mwh -= missing
        return held

    @property
    def dearest_wear_eur_per_mwh(self) -> float:
        """The most that wear costs a MWh discharged."""
        return self.throughput_cost_eur_per_mwh + max(
            (one.cost_eur_per_mwh for one in self.degradation_cost_by_depth), default=0.0
        )

    @property
    def daily_throughput_mwh(self) -> float | None:
        """Most that may be discharged in a local day, MWh at the port; ``None``: no limit."""
        limits = [] if self.throughput_max_mwh_per_day is None else [self.throughput_max_mwh_per_day]
        if self.cycles_max_per_day is not None:
            limits.append(self.cycles_max_per_day * self.energy_max_mwh * self.discharge_efficiency_per_unit)
        return min(limits, default=None)

    def ports(self) -> Sequence[Port]:
        return (Port(self.node, ("node",), supplies=True, takes=True),)

    def store(self) -> Store | None:
        return self

    @property
    def is_dispatchable(self) -> bool:
        return True

    @property
    def has_reactive_power(self) -> bool:
        return True

    @property
    def counts_for_capacity(self) -> bool:
        return True

    def operating_range(self, node: str) -> OperatingRange | None:
        return OperatingRange(-self.charge_max_mw, self.discharge_max_mw)

    def data_rules(self) -> Iterator[DataRule]:
        for key in ("charge_available_per_unit", "discharge_available_per_unit"):
            yield NumberRule(key, getattr(self, key), "share", "a share between 0 and 1")
        if self.fixed_loss_mw != 0:
            yield NumberRule("fixed_loss_mw", self.fixed_loss_mw, "not_negative", "a loss of 0 or more")
        for key in ("store_temperature_degc", "ambient_temperature_degc"):
            if (value := getattr(self, key)) is not None:
                yield LimitRule(
                    key,
                    value,
                    -100.0,
                    1500.0,
                    "at least -100 degC",
                    "at most 1500 degC",
                    "temperatures are in degC",
                )
        for key, level in self.level_bounds.items():
            yield NumberRule(key, level, "present")
            yield LimitRule(
                key,
                level,
                self.energy_min_mwh,
                self.energy_max_mwh,
                f"a level of at least energy_min_mwh ({self.energy_min_mwh:g})",
                f"a level of at most energy_max_mwh ({self.energy_max_mwh:g})",
                "it comes on top of the limits that hold always",
            )
        if self.level_min_mwh is not None and self.level_max_mwh is not None:
            yield OrderRule(
                "level_min_mwh",
                (self.level_min_mwh,),
                self.level_max_mwh,
                "a least level of at most level_max_mwh",
                "no level is between them",
            )

    def cost_at(self, node: str) -> float:
        if node != self.node:
            return 0.0
        # a MWh at the node keeps its worth in the store
        return max(self.dearest_wear_eur_per_mwh, self.charge_efficiency_per_unit * self.terminal_value_eur_per_mwh)

    def returned_per_unit(self, node: str, hours: float) -> float | None:
        if node != self.node:
            return None
        keep = (1.0 - self.standing_loss_per_h) ** hours
        return float(self.charge_efficiency_per_unit * self.discharge_efficiency_per_unit * keep)

    def slack_penalties(self) -> Sequence[SlackPenalty]:
        level = [self._level_slack(("level_below_mwh", "level_above_mwh"), is_physical=True)]
        loss = [self._level_slack(("loss_short_mw",), is_physical=False)]
        return (
            *self._terminal_slack(),
            *(level if self.level_bounds else ()),
            *(loss if self.has_fixed_loss else ()),
        )

    def _level_slack(self, quantities: tuple[str, ...], *, is_physical: bool) -> SlackPenalty:
        return SlackPenalty(
            "level_penalty_eur_per_mwh",
            quantities,
            self.node,
            made_good_per_mwh=self.charge_efficiency_per_unit,
            spared_per_mwh=self.discharge_efficiency_per_unit,
            is_physical=is_physical,
        )

    def _terminal_slack(self) -> Sequence[SlackPenalty]:
        return (
            SlackPenalty(
                "terminal_penalty_eur_per_mwh",
                ("terminal_short_mwh",),
                self.node,
                made_good_per_mwh=self.charge_efficiency_per_unit,
                spared_per_mwh=self.discharge_efficiency_per_unit,
                is_possible=self.most_to_leave_mwh > self.energy_min_mwh,
                hint="set terminal_mwh to the level that may be left behind",
            ),
        )


KINDS = (Storage,)
