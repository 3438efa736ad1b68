"""The part of ``evaluation.json`` about what a site can offer."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mes_stoch.schema.base import Model


class FlexibilityPoint(Model):
    """The largest constant deviation of an exchange from a start for a time; null where the base cannot be kept."""

    start: str = Field(description="Local time (ISO 8601).")
    duration_h: float
    direction: Literal["up", "down"] = Field(description="Up is more export, or less import.")
    deviation_mw: float | None = Field(description="With the other nodes served, and the base returned to.")
    delivered_mw: float | None = Field(description="With the other nodes served as long as it lasts.")
    fixed_mw: float | None = Field(description="As deviation_mw, with all other components as they were operated.")
    cost_eur_per_mwh: float | None = Field(description="Cost of deviation_mw, per MWh of it; null where it is 0.")
    fixed_cost_eur_per_mwh: float | None = Field(description="Cost of fixed_mw, per MWh of it; null where it is 0.")
    limited_by: str | None = Field(description="Components whose limits hold deviation_mw back most.")
    limit: Literal["power", "energy", "least load"] | None = Field(description="Which limit of the first of them.")
    limit_per_mw: float | None = Field(description="MW of deviation that one more MW of it would bring.")
    committed_mw: float = Field(description="What calls may still ask for from then on, for as long.")


class FlexibilityResult(Model):
    """How far the exchange of a site can leave its base schedule in one scenario."""

    scenario: str
    connection: str
    currency: str
    has_states: bool = Field(description="Whether components are on or off, so that the region need not be convex.")
    points: list[FlexibilityPoint]
