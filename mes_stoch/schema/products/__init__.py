"""What a user may write about products; the catalogue fills what is left out.

Every product id has an entry in ``mes_stoch/schema/catalogue/*.yaml`` with its market rules and their sources. An
instance overrides any of them and adds what no catalogue can know: prices, volumes, activations. A family is a model
here and a module in :mod:`mes_stoch.products`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mes_stoch.schema.products.base import Gate, MarketProduct, Stage, TradedProduct
from mes_stoch.schema.products.calendar import CalendarWindow
from mes_stoch.schema.products.capacity import CapacityMechanism
from mes_stoch.schema.products.energy import EnergyMarket, Imbalance
from mes_stoch.schema.products.fcas import FcasService
from mes_stoch.schema.products.flexibility import (
    DemandReduction,
    DemandResponseTender,
    EnergyPayment,
    Flexibility,
    FreeOffer,
    LocalFlexibility,
    Reserve,
)
from mes_stoch.schema.products.voltage import VoltageService

Product = Annotated[
    EnergyMarket
    | Imbalance
    | Reserve
    | FreeOffer
    | DemandReduction
    | LocalFlexibility
    | DemandResponseTender
    | FcasService
    | CapacityMechanism
    | VoltageService,
    Field(discriminator="family"),
]

__all__ = [
    "CalendarWindow",
    "CapacityMechanism",
    "DemandReduction",
    "DemandResponseTender",
    "EnergyMarket",
    "EnergyPayment",
    "FcasService",
    "Flexibility",
    "FreeOffer",
    "Gate",
    "Imbalance",
    "LocalFlexibility",
    "MarketProduct",
    "Product",
    "Reserve",
    "Stage",
    "TradedProduct",
    "VoltageService",
]
