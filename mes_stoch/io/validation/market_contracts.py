"""What must hold for contracts and offers: prices that make sense together, terms, and who may reduce demand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pandas as pd

from mes_stoch.io.readers.locate import Locator, listed, show
from mes_stoch.io.validation.partial_instance import Draft
from mes_stoch.schema.components import ReserveProvider, SheddableDemand
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.products import (
    CapacityMechanism,
    DemandReduction,
    Flexibility,
    FreeOffer,
    LocalFlexibility,
    Reserve,
)

_DAY_MIN = 24 * 60
_HOURLY, _YEARLY, _HOURS = "fixed_price_eur_per_mw_h", "fixed_price_eur_per_mw_year", "window_hours_per_year"


def contract_issues(draft: Draft, time: pd.DatetimeIndex | None, locator: Locator) -> list[Issue]:
    """Problems of contracts and offers that no single key shows."""
    issues: list[Issue] = []
    for name, product in draft.products.items():
        if isinstance(product, Flexibility):
            issues += _term_issues(locator, name, product)
        if isinstance(product, Flexibility | CapacityMechanism):
            issues += _calendar_issues(draft, time, locator, name, product)
        if isinstance(product, LocalFlexibility):
            issues += _fixed_price_issues(locator, name, product)
        elif isinstance(product, FreeOffer):
            issues += _offer_issues(locator, name, product)
        elif isinstance(product, Reserve):
            issues += _bid_price_issues(locator, name, product)
    return [*issues, *_baseline_issues(draft, locator)]


def _term_issues(locator: Locator, name: str, product: Flexibility) -> Iterator[Issue]:
    start, end = product.contract_start, product.contract_end
    if start is not None and end is not None and date.fromisoformat(end) < date.fromisoformat(start):
        found = f"{end}, before contract_start ({start})"
        yield locator.issue(("products", name, "contract_end"), found, "a day from contract_start on")


def _calendar_issues(
    draft: Draft,
    time: pd.DatetimeIndex | None,
    locator: Locator,
    name: str,
    product: Flexibility | CapacityMechanism,
) -> Iterator[Issue]:
    """A period is in a window or not: windows begin and end where periods do."""
    for index, window in enumerate(product.calendar):
        place = ("products", name, "calendar", index)
        if not window.months:
            yield locator.issue((*place, "months"), "none", "at least one month", "leave the key out for all months")
        if draft.horizon is None or time is None:
            continue
        period_min = max(1, round(draft.horizon.period_h * 60))
        first_min = time[0].hour * 60 + time[0].minute
        for key, clock in (("time_from", window.time_from), ("time_to", window.time_to)):
            if (_minutes(clock) - first_min) % min(period_min, _DAY_MIN):
                expected = f"a time at which a period begins; they begin at {time[0]:%H:%M} and last {period_min:g} min"
                yield locator.issue((*place, key), show(clock), expected, "a period is in a window or not")


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return 60 * int(hours) + int(minutes)


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


def _baseline_issues(draft: Draft, locator: Locator) -> Iterator[Issue]:
    """What is not drawn is told from what would have been, so no device may plan to draw more at no cost.

    A site that buys from a supplier pays for what it draws and not for what it plans. A battery could plan to charge,
    call that off, and sell a reduction that never was; the plan of a sheddable demand is its demand.
    """
    reductions = {name for name, product in draft.products.items() if isinstance(product, DemandReduction)}
    for name, spec in draft.components.items():
        if not isinstance(spec, ReserveProvider) or isinstance(spec, SheddableDemand):
            continue
        for index, product_id in enumerate(spec.provides):
            if product_id in reductions:
                sheddable = [n for n, c in draft.components.items() if isinstance(c, SheddableDemand)]
                hint = (
                    f"its baseline can be planned at no cost, a demand's cannot; sheddable demands: {listed(sheddable)}"
                )
                place = ("components", name, "provides", index)
                yield locator.issue(
                    place, f"{product_id} from a {spec.type}", "demand reduction by a sheddable demand", hint
                )
