"""What must hold for FCAS: which units provide a service, and the shape of their trapezia."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from mes_stoch.io.readers.locate import Locator, did_you_mean, listed, show
from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.io.validation.partial_instance import PartialInstance
from mes_stoch.io.validation.product_rules import called_issues, share_issues
from mes_stoch.products.fcas.format import FcasService, FcasUnit
from mes_stoch.schema.errors import Issue

#: Keys of products that are called which mean nothing for FCAS.
_WITHOUT_MEANING = (
    "clawback_per_unit",
    "delivery_tolerance_per_unit",
    "calls_max_per_day",
    "call_hours_max_per_day",
    "calls_max",
    "call_minimum_h",
    "call_maximum_h",
    "rest_minimum_h",
    "notice_h",
    "availability",
)


def issues(context: CheckContext, products: Mapping[str, FcasService]) -> Iterator[Issue]:
    """Problems of FCAS services that hold for one service, between it and its units, or between services."""
    partial, locator = context.partial, context.locator
    yield from _initial_issues(locator, products)
    for name, product in products.items():
        yield from called_issues(context, name, product)
        yield from share_issues(context, name, product)
        yield from _service_issues(locator, name, product)
        for unit, offer in product.units.items():
            yield from _provider_issues(partial, locator, name, unit)
            yield from _trapezium_issues(locator, name, unit, offer)
            if not product.is_regulation:
                yield from _control_issues(locator, name, unit, offer)
        yield from _missing_units(partial, locator, name, product)


def _service_issues(locator: Locator, name: str, product: FcasService) -> Iterator[Issue]:
    for key in _WITHOUT_MEANING:
        if key in product.model_fields_set:
            yield locator.issue(
                ("products", name, key), show(getattr(product, key)), "no such key for FCAS", "remove it"
            )
    if product.activation_per_unit is None:
        return
    place = ("products", name, "activation_per_unit")
    if not product.is_regulation:
        hint = "energy of a contingency is left out: it is rare and short"
        yield locator.issue(place, show(product.activation_per_unit), "no such key for a contingency service", hint)
    elif product.energy_price_eur_per_mwh is None:
        hint = "energy that regulation moves is metered and settled at the spot price: name its series"
        yield locator.issue(("products", name, "energy_price_eur_per_mwh"), "nothing", "the spot price", hint)


def _provider_issues(partial: PartialInstance, locator: Locator, name: str, unit: str) -> Iterator[Issue]:
    place = ("products", name, "units", unit)
    if unit in partial.broken_components:
        return
    spec = partial.components.get(unit)
    if spec is None or not spec.is_dispatchable:
        able = [other for other, own in partial.components.items() if own.is_dispatchable]
        yield locator.issue(place, show(unit), "a component that can provide reserve", did_you_mean(unit, able))
    elif name not in spec.provided:
        hint = f"add {name} to components.{unit}.provides"
        yield locator.issue(place, f"a trapezium for {unit}, which does not provide {name}", "a provider", hint)


def _missing_units(partial: PartialInstance, locator: Locator, name: str, product: FcasService) -> Iterator[Issue]:
    for unit, spec in partial.components.items():
        if name in spec.provided and unit not in product.units:
            hint = f"write products.{name}.units.{unit} with at least max_available_mw"
            place = ("components", unit, "provides", list(spec.provided).index(name))
            yield locator.issue(place, f"{name}, which has no trapezium for {unit}", "a trapezium", hint)


def _trapezium_issues(locator: Locator, name: str, unit: str, offer: FcasUnit) -> Iterator[Issue]:
    place = ("products", name, "units", unit)
    keys = ("en_min_mw", "low_breakpoint_mw", "high_breakpoint_mw", "en_max_mw")
    given = [key for key in keys if getattr(offer, key) is not None]
    if given and len(given) < len(keys):
        missing = [key for key in keys if key not in given]
        hint = "give all four, or none where the service does not depend on the unit's energy"
        yield locator.issue((*place, missing[0]), "nothing", f"the key {missing[0]}, beside {listed(given)}", hint)
        return
    limits = offer.energy_limits
    if limits is None:
        return
    for (low_key, key), (low, high) in zip(pairwise(keys), pairwise(limits), strict=True):
        if low > high:
            found = f"{high:g}, below {low_key} ({low:g})"
            hint = "en_min_mw <= low_breakpoint_mw <= high_breakpoint_mw <= en_max_mw"
            yield locator.issue((*place, key), found, f"at least {low_key}", hint)


def _initial_issues(locator: Locator, products: Mapping[str, FcasService]) -> Iterator[Issue]:
    """A unit has one energy before the horizon, whichever service says it."""
    first: dict[str, tuple[str, float]] = {}
    for name, product in products.items():
        for unit, offer in product.units.items():
            if offer.initial_mw is None:
                continue
            said_by, value = first.setdefault(unit, (name, offer.initial_mw))
            if offer.initial_mw != value:
                place = ("products", name, "units", unit, "initial_mw")
                hint = f"{said_by} says {value:g}, and a unit has one energy before the horizon"
                yield locator.issue(place, f"{offer.initial_mw:g}", f"{value:g}, or nothing", hint)


def _control_issues(locator: Locator, name: str, unit: str, offer: FcasUnit) -> Iterator[Issue]:
    for key in offer.automatic_control_fields:
        hint = "contingency services respond to frequency and are not scaled to automatic control; remove it"
        yield locator.issue(
            ("products", name, "units", unit, key), show(getattr(offer, key)), "a key of regulation services", hint
        )
