"""What a user may write about a line, cable or pipe between two nodes of one carrier."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mes_stoch.schema.base import AUTO, Derived, Identifier, NonNegative, Positive, Quantity
from mes_stoch.schema.component import Component, Port, SlackPenalty
from mes_stoch.schema.connection import ReserveLink
from mes_stoch.schema.conversion import Conversion, ConversionPort
from mes_stoch.schema.data_rules import DataRule, NumberRule


class Link(Component):
    """Line, cable, transformer, feeder or pipe between two nodes of one carrier.

    ``power_max_mw`` is what can be sent from ``from_node``, ``power_back_max_mw`` what can be sent from ``to_node``; of
    what is sent, ``1 - loss_per_unit`` arrives, ``delay_h`` later.
    """

    other_words: ClassVar[tuple[tuple[str, str], ...]] = (
        (r"bus0|node0|source|from(_bus)?|link_from|inputs?", "write from_node, the node that power is sent from"),
        (r"bus1|node1|sink|to(_bus)?|link_to|outputs?", "write to_node, the node that power is sent to"),
        (r"p_nom(_mw)?|s_nom(_mw)?|flow_cap(_max)?|power_mw|capacity_mw|flow_max_mw", "write power_max_mw"),
        (
            r"p_min_pu|bidirectional|one_way|power_min_mw|reverse.*",
            "write power_back_max_mw, the largest power the other way; 0 for one way",
        ),
        (
            r"eta|efficiency(_per_unit)?|flow_out_eff|relative_losses|losses?|transmission_loss.*",
            "write loss_per_unit, the share of what is sent that does not arrive; 1 - efficiency",
        ),
        (
            r"(availability|outages?|maintenance|p_max_pu|derating)(_.*)?",
            "write available_per_unit, the share of the limits that can be used: a number or a series",
        ),
        (r"marginal_cost.*|variable_costs?|om_.*|flow_out_cost", "write cost_eur_per_mwh, per MWh sent"),
    )

    type: Literal["link"]
    from_node: Identifier = Field(description="Node that power_max_mw is sent from.")
    to_node: Identifier = Field(description="Node of the same carrier that it is sent to.")
    power_max_mw: Positive = Field(description="Largest power sent from from_node.")
    power_back_max_mw: NonNegative = Field(default=0.0, description="Largest power sent from to_node; 0: one way.")
    available_per_unit: Quantity = Field(
        default=1.0, description="Share of both limits that can be used, 0 to 1: derating, outage."
    )
    loss_per_unit: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.0, description="Share of what is sent, either way, that does not arrive."
    )
    exclusive: bool = Field(
        default=True,
        description="Whether a lossy link of both ways carries one way at a time (a binary a period); false: a period "
        "may be shared between both ways, which can throw energy away and is refused where that would be paid.",
    )
    cost_eur_per_mwh: NonNegative = Field(default=0.0, description="Cost of a MWh sent, either way.")
    delay_h: NonNegative = Field(
        default=0.0, description="Time until what is sent arrives, a multiple of the period (heat networks); one way."
    )
    initial_flow_mw: NonNegative | Annotated[list[NonNegative], Field(min_length=1)] = Field(
        default=0.0,
        description="What was sent before the horizon and is still under way: one number, or one for each period of "
        "delay_h, the oldest first; where the first period is shorter than the others, and one for what of it is over.",
    )
    terminal_mwh: NonNegative | None = Field(
        default=None,
        description="Energy to leave under way, as it will arrive; null for what is under way at the start.",
    )
    terminal_penalty_eur_per_mwh: NonNegative | Derived | None = Field(
        default=AUTO, description="Cost of leaving less under way; auto: from prices; null forbids it."
    )

    @property
    def arrives_per_unit(self) -> float:
        """Share of what is sent that arrives."""
        return 1.0 - self.loss_per_unit

    @property
    def has_two_ways(self) -> bool:
        return self.power_back_max_mw > 0

    @property
    def decides_way(self) -> bool:
        """Whether a binary says which way it carries; without loss nothing comes of both."""
        return self.exclusive and self.has_two_ways and self.loss_per_unit > 0

    def delay_periods(self, period_h: float) -> int:
        """Periods until what is sent arrives."""
        return round(self.delay_h / period_h)

    def sent_before(self, period_h: float, begun_h: float) -> tuple[float, ...]:
        """What was sent in each period of the delay before the horizon, MW, the oldest first.

        Where some hours of the first period are over at the start (``begun_h``), what was sent in them comes last.
        """
        if isinstance(self.initial_flow_mw, list):
            return tuple(self.initial_flow_mw)
        return (float(self.initial_flow_mw),) * (self.delay_periods(period_h) + (begun_h > 0))

    def under_way_at_start_mwh(self, period_h: float, begun_h: float) -> float:
        """What is under way at the start, as it will arrive."""
        before = self.sent_before(period_h, begun_h)
        if begun_h == 0:
            return self.arrives_per_unit * period_h * sum(before)
        # of the oldest as much has arrived as is over of the first period
        oldest, *whole, last = before
        sent_mwh = (period_h - begun_h) * oldest + period_h * sum(whole) + begun_h * last
        return self.arrives_per_unit * sent_mwh

    def to_leave_mwh(self, period_h: float, begun_h: float) -> float:
        """What to leave under way: stated, or what is found."""
        return self.under_way_at_start_mwh(period_h, begun_h) if self.terminal_mwh is None else self.terminal_mwh

    def ports(self) -> Sequence[Port]:
        return (
            Port(self.from_node, ("from_node",), supplies=self.has_two_ways, takes=True),
            Port(self.to_node, ("to_node",), supplies=True, takes=self.has_two_ways),
        )

    def reserve_link(self) -> ReserveLink | None:
        return self if self.delay_h == 0 else None

    def conversions(self) -> Sequence[Conversion]:
        ways = [(self.from_node, self.to_node, self.power_max_mw)]
        if self.has_two_ways:
            ways.append((self.to_node, self.from_node, self.power_back_max_mw))
        return tuple(
            Conversion(
                source,
                (ConversionPort(source, 1.0),),
                (ConversionPort(target, self.arrives_per_unit),),
                0.0,
                power_max_mw,
                self.cost_eur_per_mwh,
                available_per_unit=self.available_per_unit,
            )
            for source, target, power_max_mw in ways
        )

    @property
    def has_fixed_supply(self) -> bool:
        """What has been sent arrives whatever is decided then."""
        return self.delay_h > 0

    @property
    def converts_one_at_a_time(self) -> bool:
        return self.decides_way

    def data_rules(self) -> Iterator[DataRule]:
        yield NumberRule("available_per_unit", self.available_per_unit, "share", "a share between 0 and 1")

    def slack_penalties(self) -> Sequence[SlackPenalty]:
        if self.delay_h == 0:
            return ()
        return (
            SlackPenalty(
                "terminal_penalty_eur_per_mwh",
                ("terminal_short_mwh",),
                self.from_node,
                made_good_per_mwh=self.arrives_per_unit,
                spared_per_mwh=1.0 / self.arrives_per_unit,
                hint="terminal_mwh: 0 if nothing need be left under way",
            ),
        )


KINDS = (Link,)
