"""What a user may write about a connection to a public network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Literal

from pydantic import Field

from mes_stoch.components.grid_connection.format_charges import CHARGE_WORDS, Charged
from mes_stoch.schema.base import AUTO, Derived, Identifier, NonNegative, Positive, Quantity
from mes_stoch.schema.component import Port, SlackPenalty
from mes_stoch.schema.connection import Connection
from mes_stoch.schema.data_rules import DataRule, NumberRule, OrderRule, PriceOfEnergy
from mes_stoch.schema.emission import Emission


class GridConnection(Charged):
    """Exchange with a public network; positive power is export.

    Prices here are tariffs on the metered flow. Market positions (``da``, ``id``, imbalance) come on top, for the
    connection the products name.
    """

    other_words: ClassVar[tuple[tuple[str, str], ...]] = (
        (r"(power|capacity)(_max)?_mw|p_nom(_mw)?", "write import_max_mw and export_max_mw"),
        (
            r"(availability|outages?|maintenance|curtailment|dynamic_.*|flexible_.*)(_.*)?",
            "write import_available_per_unit and export_available_per_unit, the shares of the limits that can be used: "
            "numbers or series",
        ),
        *CHARGE_WORDS,
        (
            r"(co2|carbon|emissions?|ghg)(_.*)?|.*_(co2|carbon|emissions?)(_.*)?",
            "write import_emission_kg_per_mwh and, for a credit, export_emission_kg_per_mwh; the price of CO2 is "
            "price_eur_per_t of the section co2",
        ),
    )

    shares: ClassVar[Mapping[str, str]] = {
        "import_max_mw": "import_available_per_unit",
        "export_max_mw": "export_available_per_unit",
    }

    type: Literal["grid_connection"]
    node: Identifier = Field(description="Node behind the meter; its carrier says which network it is.")
    import_max_mw: NonNegative | None = Field(description="Largest withdrawal; null for no limit (gas mains).")
    export_max_mw: NonNegative = Field(
        default=0.0, description="Largest injection into the network; 0: none can be sold."
    )
    import_available_per_unit: Quantity = Field(
        default=1.0,
        description="Share of import_max_mw that can be used, 0 to 1: flexible connection, curtailment order, outage.",
    )
    export_available_per_unit: Quantity = Field(
        default=1.0, description="Share of export_max_mw that can be used, likewise."
    )
    import_price_eur_per_mwh: Quantity = Field(
        default=0.0,
        description="Tariff paid per MWh withdrawn, on top of what markets cost.",
    )
    export_price_eur_per_mwh: Quantity = Field(
        default=0.0, description="Tariff received per MWh injected, on top of what markets pay."
    )
    import_emission_kg_per_mwh: Quantity = Field(
        default=0.0, description="CO2 of a MWh withdrawn, kg: a factor of the carrier, or a series by hour (grid mix)."
    )
    export_emission_kg_per_mwh: Quantity = Field(
        default=0.0, description="CO2 credited for a MWh injected, kg; at most that of a MWh withdrawn."
    )
    schedule_penalty_eur_per_mwh: Positive | Derived | None = Field(
        default=AUTO,
        description="Cost of a position that the site does not plan to keep, on top of imbalance; auto: above what "
        "prices can pay; null forbids it.",
    )

    def ports(self) -> Sequence[Port]:
        return (Port(self.node, ("node",), supplies=self.import_max_mw != 0, takes=self.export_max_mw > 0),)

    def emissions(self) -> Sequence[Emission]:
        if self.import_emission_kg_per_mwh == 0 and self.export_emission_kg_per_mwh == 0:
            return ()
        return (Emission(self.node, self.import_emission_kg_per_mwh, self.export_emission_kg_per_mwh),)

    def connection(self) -> Connection | None:
        return self

    def prices(self) -> Iterator[PriceOfEnergy]:
        yield PriceOfEnergy("import_price_eur_per_mwh", self.import_price_eur_per_mwh)
        yield PriceOfEnergy("export_price_eur_per_mwh", self.export_price_eur_per_mwh)

    def data_rules(self) -> Iterator[DataRule]:
        for key in ("import_available_per_unit", "export_available_per_unit"):
            yield NumberRule(key, getattr(self, key), "share", "a share between 0 and 1")
        yield from super().data_rules()
        yield NumberRule("import_price_eur_per_mwh", self.import_price_eur_per_mwh, "present")
        yield NumberRule("export_price_eur_per_mwh", self.export_price_eur_per_mwh, "present")
        for key in ("import_emission_kg_per_mwh", "export_emission_kg_per_mwh"):
            yield NumberRule(key, getattr(self, key), "not_negative", "an emission of 0 kg/MWh or more")
        if self.export_emission_kg_per_mwh != 0 and self.import_max_mw != 0:
            yield OrderRule(
                "import_emission_kg_per_mwh",
                (self.export_emission_kg_per_mwh,),
                self.import_emission_kg_per_mwh,
                "an emission of a MWh withdrawn of at least the credit of a MWh injected",
                "withdrawing and injecting at once would be credited with the difference",
            )
        if self.take_or_pay_price_eur_per_mwh is not None:
            yield OrderRule(
                "import_price_eur_per_mwh",
                (self.take_or_pay_price_eur_per_mwh,),
                self.import_price_eur_per_mwh,
                "an import price of at least take_or_pay_price_eur_per_mwh",
                "else energy would be taken only to be thrown away; write what is paid on top of the import price as "
                "fixed_cost_eur_per_day",
            )
        if self.export_max_mw > 0 and self.import_max_mw != 0:
            yield OrderRule(
                "import_price_eur_per_mwh",
                (self.export_price_eur_per_mwh,),
                self.import_price_eur_per_mwh,
                "an import price at or above the export price",
                "withdrawing and injecting at once would earn the difference",
            )

    def slack_penalties(self) -> Sequence[SlackPenalty]:
        return (
            SlackPenalty(
                "schedule_penalty_eur_per_mwh",
                ("schedule_short_mw", "schedule_long_mw"),
                self.node,
                is_position=True,
            ),
        )


KINDS = (GridConnection,)
