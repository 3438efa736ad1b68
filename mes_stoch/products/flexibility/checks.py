"""What must hold for reserves, offers and contracts: prices that make sense together, and who may reduce demand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mes_stoch.io.readers.locate import Locator, listed, show
from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.io.validation.offer_rules import offer_stage_issues, price_list_issues, pricing_issues
from mes_stoch.io.validation.product_rules import called_issues, share_issues
from mes_stoch.products.flexibility.checks_downward import downward_issues
from mes_stoch.products.flexibility.format import FreeOffer, LocalFlexibility, Reserve
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.flexibility import Flexibility

_TOLERANCE = 1e-9
_HOURLY, _YEARLY, _HOURS = "fixed_price_eur_per_mw_h", "fixed_price_eur_per_mw_year", "window_hours_per_year"


def issues(context: CheckContext, products: Mapping[str, Flexibility]) -> Iterator[Issue]:
    """Problems of contracts and offers that no single key shows."""
    locator = context.locator
    for name, product in products.items():
        yield from called_issues(context, name, product)
        yield from downward_issues(locator, name, product)
        if isinstance(product, Reserve | FreeOffer):
            yield from _direction_issues(locator, name, product)
        else:
            yield from share_issues(context, name, product)
        if isinstance(product, LocalFlexibility):
            yield from _fixed_price_issues(locator, name, product)
        elif isinstance(product, FreeOffer):
            yield from _offer_issues(locator, name, product)
        elif isinstance(product, Reserve):
            yield from _bid_price_issues(locator, name, product)
            yield from _capacity_offer_issues(locator, name, product)
    yield from _baseline_issues(context, products)


def _direction_issues(locator: Locator, name: str, product: Reserve | FreeOffer) -> Iterator[Issue]:
    shares: list[float] = []
    for direction, activation, price in (
        ("up", product.activation_up_per_unit, product.energy_price_up_eur_per_mwh),
        ("down", product.activation_down_per_unit, product.energy_price_down_eur_per_mwh),
    ):
        place = ("products", name, f"activation_{direction}_per_unit")
        if product.direction in (direction, "symmetric"):
            if activation is None:
                hint = f"{name} is {product.direction}; give a number in [0, 1] or a series"
                yield locator.issue(place, "nothing", f"the key {place[-1]}", hint)
            elif not isinstance(activation, str):
                shares.append(activation)
                if not 0 <= activation <= 1:
                    yield locator.issue(place, show(activation), "a share in [0, 1]")
            continue
        for key, value in ((place[-1], activation), (f"energy_price_{direction}_eur_per_mwh", price)):
            if value is not None:
                expected = f"no such key: {name} is {product.direction} only"
                yield locator.issue(("products", name, key), show(value), expected, "remove it")
    if len(shares) == 2 and all(0 <= share <= 1 for share in shares) and sum(shares) > 1 + _TOLERANCE:
        found = f"{sum(shares):g} called up and down together"
        yield locator.issue(("products", name, "activation_down_per_unit"), found, "at most 1")


def _fixed_price_issues(locator: Locator, name: str, product: LocalFlexibility) -> Iterator[Issue]:
    hourly, yearly, hours = (
        product.fixed_price_eur_per_mw_h,
        product.fixed_price_eur_per_mw_year,
        product.window_hours_per_year,
    )
    if not product.reservation:
        for key, value in ((_HOURLY, hourly), (_YEARLY, yearly)):
            if value is not None:
                hint = (
                    "without reservation delivered energy alone is paid: remove the price, or write reservation: true"
                )
                yield locator.issue(("products", name, key), show(value), "no fixed price", hint)
        return
    if hourly is None and yearly is None:
        place = ("products", name, _YEARLY)
        hint = f"give {_YEARLY} with {_HOURS}, or {_HOURLY}; or write reservation: false"
        yield locator.issue(place, "nothing", "the price of being ready, since reservation is true", hint)
    elif hourly is not None and yearly is not None:
        place = ("products", name, _YEARLY)
        yield locator.issue(place, f"{show(yearly)} beside {_HOURLY} ({show(hourly)})", "one of the two prices")
    elif yearly is not None and hours is None:
        hint = "the yearly price is earned hour by hour over the hours of the calendar in a year"
        yield locator.issue(("products", name, _HOURS), "nothing", f"the key, with {_YEARLY}", hint)


def _offer_issues(locator: Locator, name: str, product: FreeOffer) -> Iterator[Issue]:
    own, marginal = product.offer_price_eur_per_mwh, product.marginal_price_eur_per_mwh
    if marginal is not None and own is None:
        place = ("products", name, "offer_price_eur_per_mwh")
        hint = "the marginal price decides which offers are called, by their price"
        yield locator.issue(place, "nothing", "the key, with marginal_price_eur_per_mwh", hint)
    stated = f"energy_price_{product.direction}_eur_per_mwh"
    if own is None and getattr(product, stated) is None and product.energy_settlement != "uncorrected":
        place = ("products", name, stated)
        yield locator.issue(
            place, "nothing", f"{stated} or offer_price_eur_per_mwh", "a free offer is paid by energy alone"
        )


def _bid_price_issues(locator: Locator, name: str, product: Reserve) -> Iterator[Issue]:
    """Energy of a reserve offered at a price: in one direction, and against a marginal price."""
    own, marginal = product.offer_price_eur_per_mwh, product.marginal_price_eur_per_mwh
    if own is None and marginal is None:
        return
    place = ("products", name, "offer_price_eur_per_mwh")
    if product.direction == "symmetric":
        hint = "remove it: a symmetric product follows its signal"
        yield locator.issue(place, "a price of energy", "no such key", hint)
    elif own is None or marginal is None:
        missing = "offer_price_eur_per_mwh" if own is None else "marginal_price_eur_per_mwh"
        hint = "an offer is called where the marginal price reaches its own"
        yield locator.issue(("products", name, missing), "nothing", f"the key {missing}", hint)


def _capacity_offer_issues(locator: Locator, name: str, product: Reserve) -> Iterator[Issue]:
    """Capacity offered at prices."""
    prices, key = product.capacity_offer_prices_eur_per_mw_h, "capacity_offer_prices_eur_per_mw_h"
    if prices is None:
        yield from pricing_issues(locator, name, "capacity_pricing", key, product.capacity_pricing)
        return
    yield from price_list_issues(locator, name, key, prices)
    yield from offer_stage_issues(locator, name, key, product.stage)


def _baseline_issues(context: CheckContext, products: Mapping[str, Flexibility]) -> Iterator[Issue]:
    """What is not drawn is told from what would have been, so no device may plan to draw more at no cost.

    A site that buys from a supplier pays for what it draws and not for what it plans. A battery could plan to charge,
    call that off, and sell a reduction that never was; the plan of a sheddable demand is its demand.
    """
    reductions = {name for name, product in products.items() if product.needs_given_baseline}
    components = context.partial.components
    for name, spec in components.items():
        if not spec.can_provide or spec.has_given_baseline:
            continue
        for index, product_id in enumerate(spec.provided):
            if product_id in reductions:
                sheddable = [other for other, own in components.items() if own.can_provide and own.has_given_baseline]
                hint = (
                    f"its baseline can be planned at no cost, a demand's cannot; sheddable demands: {listed(sheddable)}"
                )
                place = ("components", name, "provides", index)
                found = f"{product_id} from a {spec.type}"
                yield context.locator.issue(place, found, "demand reduction by a sheddable demand", hint)
