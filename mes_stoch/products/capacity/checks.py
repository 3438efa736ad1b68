"""What must hold for a capacity mechanism: its prices, its critical hours, and who provides it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mes_stoch.io.readers.locate import Locator, listed, show
from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.io.validation.partial_instance import PartialInstance
from mes_stoch.io.validation.product_rules import bid_issues, calendar_issues
from mes_stoch.products.capacity.format import CapacityMechanism
from mes_stoch.schema.errors import Issue

_PRICES = (
    "price_eur_per_mw_year",
    "reference_price_eur_per_mw_year",
    "penalty_eur_per_mw_year",
    "obligation_price_eur_per_mw_year",
)


def issues(context: CheckContext, products: Mapping[str, CapacityMechanism]) -> Iterator[Issue]:
    """Problems of capacity mechanisms that no single key shows, and numbers that mean nothing."""
    partial, locator = context.partial, context.locator
    for name, product in products.items():
        yield from bid_issues(context, name, "available_mw", product)
        yield from calendar_issues(context, name, product.calendar)
        yield from _price_issues(locator, name, product)
        yield from _critical_issues(locator, name, product)
        yield from _provider_issues(partial, locator, name, product)
    yield from _counted_twice(partial, locator, products)
    if products and partial.horizon is not None and partial.horizon.days_per_year == 0:
        hint = f"{listed(list(products))} is paid by the year, of which the horizon earns its share"
        yield locator.issue(("horizon", "days_per_year"), "0", "a number of days above 0", hint)


def _price_issues(locator: Locator, name: str, product: CapacityMechanism) -> Iterator[Issue]:
    if getattr(product, product.shortfall_price_key) is None:
        hint = f"under the {product.regime} regime it says what a shortfall costs"
        place = ("products", name, product.shortfall_price_key)
        yield locator.issue(place, "nothing", f"the key {product.shortfall_price_key}", hint)
    if product.regime == "centralised" and product.obligation_price_eur_per_mw_year is not None:
        hint = "a single buyer buys what is needed; suppliers have no obligation to pass on"
        place = ("products", name, "obligation_price_eur_per_mw_year")
        yield locator.issue(place, "an obligation under the centralised regime", "no such key", hint)
    for key in _PRICES:
        price = getattr(product, key)
        if isinstance(price, float | int) and price < 0:
            yield locator.issue(("products", name, key), show(price), "a price of 0 or more")


def _critical_issues(locator: Locator, name: str, product: CapacityMechanism) -> Iterator[Issue]:
    for key, word in (("critical_per_unit", "critical hours"), ("obligation_per_unit", "hours of obligation")):
        share = getattr(product, key)
        if not isinstance(share, str) and not 0 <= share <= 1:
            hint = f"1 in {word} and 0 outside; a series says in which scenarios they are"
            yield locator.issue(("products", name, key), show(share), "a number in [0, 1]", hint)


def _provider_issues(
    partial: PartialInstance, locator: Locator, name: str, product: CapacityMechanism
) -> Iterator[Issue]:
    able, counted = [], False
    for unit, spec in partial.components.items():
        if not spec.can_provide:
            continue
        draws = not spec.counts_for_capacity
        if not draws:
            able.append(unit)
        if name not in spec.provided:
            continue
        counted = True
        if draws:
            place = ("components", unit, "provides", list(spec.provided).index(name))
            hint = "capacity is what can be injected, or a demand that can be shed; a converter that draws has neither"
            yield locator.issue(place, f"{name} from {unit}, which draws power", "a device that counts", hint)
    if not counted and product.available_mw > 0 and not _may_provide(partial, name):
        hint = f"add {name} to components.<name>.provides; devices that count: {listed(able)}"
        yield locator.issue(("products", name), "no component that provides it", "at least one", hint)


def _counted_twice(
    partial: PartialInstance, locator: Locator, mechanisms: Mapping[str, CapacityMechanism]
) -> Iterator[Issue]:
    """Devices that two mechanisms of the same time count: one MW would be certified, and paid, twice."""
    for unit, spec in partial.components.items():
        counted: list[str] = []
        for index, name in enumerate(spec.provided):
            if name not in mechanisms or name in counted:
                continue
            other = next((o for o in counted if _overlap(mechanisms[o], mechanisms[name])), None)
            if other is not None:
                yield locator.issue(
                    ("components", unit, "provides", index),
                    f"{name} beside {other}",
                    "one capacity mechanism a device on any day",
                    f"both would count the same MW; take one of them out, or write delivery_until and delivery_from in "
                    f"{other} and {name} so that one ends before the other begins",
                )
            counted.append(name)


def _overlap(one: CapacityMechanism, other: CapacityMechanism) -> bool:
    """Whether both are delivered on some day; days of ISO 8601 are in the order of their texts."""
    first = max(product.delivery_from or "" for product in (one, other))
    last = min(product.delivery_until or "9999-12-31" for product in (one, other))
    return first <= last


def _may_provide(partial: PartialInstance, name: str) -> bool:
    """Whether a component that could not be read names the product."""
    return any(
        isinstance(data, dict) and name in (data.get("provides") or []) for data in partial.broken_components.values()
    )
