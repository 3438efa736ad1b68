"""What a user may write about a demand that can be moved in time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mes_stoch.schema.arc import Arc, LinearQuantity
from mes_stoch.schema.base import Identifier, Model, NonNegative, Positive, Quantity
from mes_stoch.schema.component import Component, Port
from mes_stoch.schema.data_rules import DataRule, NumberRule

#: When what is left out may be made up: later, earlier, or either.
Payback = Literal["after", "before", "both"]


class Job(Model):
    """Energy to be used between two hours, whenever it suits: a batch, a defrost cycle, a wash."""

    energy_mwh: Positive = Field(description="Energy that the job needs in all.")
    power_max_mw: Positive = Field(description="Most power that it draws.")
    from_h: NonNegative = Field(
        default=0.0, description="Hours from the start of the horizon from which on it can be done."
    )
    to_h: Positive = Field(description="Hours from the start of the horizon by which it must be done.")
    repeat_h: Positive | None = Field(
        default=None,
        description="Comes again after so many hours, at least to_h less from_h, while it can be done; null: once.",
    )

    def windows(self, period_h: float, periods: int, begun_h: float = 0.0) -> list[range]:
        """Periods of each time that it comes; only where all of them lie in the horizon.

        Of the first period ``begun_h`` may be over when the horizon starts, from which on hours are counted.

        >>> Job(energy_mwh=1, power_max_mw=1, from_h=1, to_h=2, repeat_h=3).windows(period_h=0.5, periods=10)
        [range(2, 4), range(8, 10)]
        """
        # the start of the horizon is no border of whole periods where the first has begun
        first, end = (math.floor((hours + begun_h) / period_h + 1e-5) for hours in (self.from_h, self.to_h))
        step = periods if self.repeat_h is None else max(1, round(self.repeat_h / period_h))
        return [range(first + shift, end + shift) for shift in range(0, periods - end + 1, step)]


class ShiftableDemand(Component):
    """A demand of which a part can be moved in time, and jobs that can wait."""

    other_words: ClassVar[tuple[tuple[str, str], ...]] = (
        (
            r"provides|ramp_mw_per_min",
            "a shiftable_demand holds no reserve, since what a call takes must be made up within its window; a "
            "sheddable_demand or a storage can",
        ),
        (r"(shift|delay|window|recovery|flex)(_time|_interval|_duration|_max)?_h(ours)?", "write shift_window_h"),
        (r"payback_within_h|recovery_.*", "write shift_window_h, and payback for whether before or after"),
        (r"(efficiency|eta|losses?)(_per_unit)?", "write rebound_per_unit, what is made up per MWh left out"),
        (r"capacity_up(_mw)?|shift_up_mw|.*_up_max(_mw)?", "write shift_up_max_mw"),
        (r"capacity_down(_mw)?|shift_down_mw|.*_down_max(_mw)?", "write shift_down_max_mw"),
        (r"deferrable.*|batch.*|tasks?|cycles?", "write jobs: energy_mwh, power_max_mw, from_h, to_h"),
    )

    type: Literal["shiftable_demand"]
    node: Identifier = Field(description="Node it draws from.")
    demand_mw: Quantity = Field(default=0.0, description="What is drawn where nothing is moved.")
    shift_max_per_unit: Annotated[float, Field(ge=0, le=1)] | None = Field(
        default=None, description="Share of demand_mw that can be moved; null: as much as shift_down_max_mw says."
    )
    shift_down_max_mw: Quantity | None = Field(
        default=None, description="Most that can be left out at a time; null: as much as shift_max_per_unit says."
    )
    shift_up_max_mw: Quantity | None = Field(
        default=None, description="Most that can be drawn on top at a time; null: as much as can be left out."
    )
    shift_window_h: Positive | None = Field(
        default=None, description="Most time between leaving out and making up, a multiple of the period."
    )
    payback: Payback = Field(
        default="both", description="after: made up later only; before: earlier only (pre-cooling); both: either."
    )
    rebound_per_unit: Annotated[float, Field(ge=1)] = Field(
        default=1.0, description="MWh drawn to make up for a MWh that was left out."
    )
    shift_cost_eur_per_mwh: NonNegative = Field(
        default=0.0, description="Cost of a MWh that is left out and made up at another time."
    )
    shift_max_mwh_per_day: NonNegative | None = Field(
        default=None, description="Most energy left out in a local day; null: no limit."
    )
    jobs: list[Job] = Field(default_factory=list, description="Energy to be used between two hours, on top.")

    @property
    def can_shift(self) -> bool:
        """Whether a part of the demand can be moved."""
        return self.shift_max_per_unit is not None or self.shift_down_max_mw is not None

    def ports(self) -> Sequence[Port]:
        return (Port(self.node, ("node",), supplies=False, takes=True),)

    def arcs(self) -> Sequence[Arc]:
        most = LinearQuantity.of(self.demand_mw) + LinearQuantity(sum(job.power_max_mw for job in self.jobs))
        if self.can_shift and self.shift_up_max_mw is not None:
            most = most + LinearQuantity.of(self.shift_up_max_mw)
        elif self.shift_max_per_unit is not None:
            most = most + LinearQuantity.of(self.demand_mw).scaled(self.shift_max_per_unit)
        elif self.shift_down_max_mw is not None:
            most = most + LinearQuantity.of(self.shift_down_max_mw)
        return (Arc(self.node, False, power_max_mw=most),)

    @property
    def has_fixed_demand(self) -> bool:
        return True

    def cost_at(self, node: str) -> float:
        return self.shift_cost_eur_per_mwh if node == self.node else 0.0

    def returned_per_unit(self, node: str, hours: float) -> float | None:
        return 1.0 / self.rebound_per_unit if node == self.node and self.can_shift else None

    def data_rules(self) -> Iterator[DataRule]:
        yield NumberRule("demand_mw", self.demand_mw, "not_negative", "a demand of 0 or more")
        for key in ("shift_down_max_mw", "shift_up_max_mw"):
            limit = getattr(self, key)
            if limit is not None:
                yield NumberRule(key, limit, "not_negative", "a limit of 0 or more")

    def known_ahead(self, period_h: float) -> Iterator[tuple[Quantity, int]]:
        # what is moved now must fit where it is moved to
        if self.can_shift and self.shift_window_h is not None:
            for limit in (self.demand_mw, self.shift_down_max_mw, self.shift_up_max_mw):
                if limit is not None:
                    yield limit, round(self.shift_window_h / period_h)


KINDS = (ShiftableDemand,)
