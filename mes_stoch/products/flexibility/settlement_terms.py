"""What reserves, offers and contracts pay, worked out from what an instance says, for the settlement alone."""

from __future__ import annotations

from collections.abc import Sequence

from mes_stoch.products.flexibility.format import (
    DemandReduction,
    DemandResponseTender,
    FreeOffer,
    LocalFlexibility,
    Reserve,
)
from mes_stoch.schema.base import Quantity
from mes_stoch.schema.flexibility import Direction, Flexibility
from mes_stoch.settlement.calls import CallPayment


def readiness_price(product: Flexibility) -> Quantity:
    """Received per MW and hour of obligation.

    Rules
    -----
    A reserve is paid its capacity price. A local contract with reservation is paid its fixed price, by the hour or the
    year's price over the hours of its calendar in a year. A tender is paid what its price lies above that of the
    capacity mechanism, over its hours of obligation in a year. Offers and demand reduction are paid by energy alone.
    """
    if isinstance(product, Reserve):
        return product.capacity_price_eur_per_mw_h
    if isinstance(product, LocalFlexibility) and product.reservation:
        yearly, hours = product.fixed_price_eur_per_mw_year, product.window_hours_per_year
        if product.fixed_price_eur_per_mw_h is not None:
            return product.fixed_price_eur_per_mw_h
        return yearly / hours if yearly is not None and hours is not None else 0.0
    if isinstance(product, DemandResponseTender):
        above = product.tender_price_eur_per_mw_year - product.capacity_reference_price_eur_per_mw_year
        return max(above, 0.0) / product.window_hours_per_year
    return 0.0


def call_payments(product: Flexibility, direction: Direction) -> Sequence[CallPayment]:
    """What a called MWh is paid.

    Rules
    -----
    Reserves and offers are paid the stated price of the direction; without one a reserve is paid the marginal price and
    an offer its own. Up it is received, down it is paid by the site; nothing where energy is not corrected. Demand
    reduction earns the price of its market and pays the supplier. A local contract pays for what it calls either way,
    and the site pays for the energy itself that it keeps on calls down. A tender pays a bonus.
    """
    if isinstance(product, Reserve | FreeOffer):
        price = _two_way_price(product, direction)
        if price is None or product.energy_settlement == "uncorrected":
            return ()
        return (CallPayment("activation", price, {"up": 1, "down": -1}[direction]),)
    if isinstance(product, DemandReduction):
        return (
            CallPayment("activation", product.price_eur_per_mwh, 1),
            CallPayment("supplier", product.supplier_payment_eur_per_mwh, -1),
        )
    if isinstance(product, LocalFlexibility):
        service = CallPayment("activation", product.activation_price_eur_per_mwh, 1)
        if direction == "up" or product.energy_price_eur_per_mwh is None:
            return (service,)
        return (service, CallPayment("called_energy", product.energy_price_eur_per_mwh, -1))
    if isinstance(product, DemandResponseTender):
        return (CallPayment("activation", product.activation_bonus_eur_per_mwh, 1),)
    return ()


def _two_way_price(product: Reserve | FreeOffer, direction: Direction) -> Quantity | None:
    by_direction = {"up": product.energy_price_up_eur_per_mwh, "down": product.energy_price_down_eur_per_mwh}
    stated = by_direction[direction]
    if stated is not None:
        return stated
    return product.marginal_price_eur_per_mwh if isinstance(product, Reserve) else product.offer_price_eur_per_mwh
