"""CO2 of what components exchange, and what a site pays for it."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from mes_stoch.schema.base import Model, NonNegative, Positive, Quantity

KG_PER_T = 1000.0


@dataclass(frozen=True)
class Emission:
    """CO2 of the flow of a component into a node, kg per MWh, and what is credited per MWh out of it."""

    node: str
    per_mwh_in: Quantity
    per_mwh_out: Quantity = 0.0


class Co2(Model):
    """What the CO2 of a site costs, and how much there may be over the horizon."""

    price_eur_per_t: NonNegative = Field(default=0.0, description="Paid per tonne emitted; credits earn it.")
    cap_t: NonNegative | None = Field(
        default=None, description="Largest emission over the horizon, in every scenario; null: no cap."
    )
    cap_penalty_eur_per_t: Positive | None = Field(
        default=None, description="Paid per tonne above the cap, on top of the price; a plan that needs it is slack."
    )

    @property
    def dearest_eur_per_t(self) -> float:
        """The most that a tonne can cost: the price, and the penalty above a cap."""
        return self.price_eur_per_t + (0.0 if self.cap_t is None else self.cap_penalty_eur_per_t or 0.0)
