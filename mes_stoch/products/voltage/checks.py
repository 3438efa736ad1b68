"""What must hold for a voltage service: who provides it, and a capability that is convex and has room to operate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mes_stoch.io.readers.locate import Locator, did_you_mean, listed, show
from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.io.validation.partial_instance import PartialInstance
from mes_stoch.io.validation.product_rules import block_issues
from mes_stoch.products.voltage.format import ReactiveUnit, VoltageService
from mes_stoch.products.voltage.format_capability import polygon_edges
from mes_stoch.schema.component import Component
from mes_stoch.schema.errors import Issue

#: How far outside an edge rounded corners may lie, MVA.
_TOLERANCE = 1e-9


def issues(context: CheckContext, products: Mapping[str, VoltageService]) -> Iterator[Issue]:
    """Problems of voltage services that hold for one of them, or between it and its units."""
    partial, locator = context.partial, context.locator
    for name, product in products.items():
        if product.block_h is not None:
            yield from block_issues(context, name, "block_h", product.block_h)
        yield from _payment_issues(locator, name, product)
        for unit, reactive in product.units.items():
            yield from _unit_issues(partial, locator, name, unit)
            yield from _capability_issues(partial, locator, name, unit, reactive)
        yield from _missing_units(partial, locator, name, product)


def _payment_issues(locator: Locator, name: str, product: VoltageService) -> Iterator[Issue]:
    price = product.price_eur_per_mvar_h
    if not isinstance(price, str) and price < 0:
        yield locator.issue(("products", name, "price_eur_per_mvar_h"), show(price), "a price of 0 or more")
    if not product.units and product.volume_max_mvar > 0:
        hint = "write products.<name>.units.<component> with apparent_power_mva or capability"
        yield locator.issue(("products", name, "units"), "none", "at least one unit", hint)


def _unit_issues(partial: PartialInstance, locator: Locator, name: str, unit: str) -> Iterator[Issue]:
    place = ("products", name, "units", unit)
    if unit in partial.broken_components:
        return
    spec = partial.components.get(unit)
    if spec is None or not spec.has_reactive_power:
        able = [other for other, own in partial.components.items() if own.has_reactive_power]
        expected = "a source, storage or converter"
        yield locator.issue(place, show(unit), expected, did_you_mean(unit, able, "components that can have it"))
    elif name not in spec.provided:
        hint = f"add {name} to components.{unit}.provides"
        yield locator.issue(place, f"a capability of {unit}, which does not provide {name}", "a provider", hint)
    elif not spec.power_can_be_limited:
        hint = "its output is what is available, which its capability may not hold; write curtailable: true"
        yield locator.issue(place, f"{unit}, which cannot be curtailed", "a unit whose power can be limited", hint)


def _missing_units(partial: PartialInstance, locator: Locator, name: str, product: VoltageService) -> Iterator[Issue]:
    for unit, spec in partial.components.items():
        if name in spec.provided and unit not in product.units:
            hint = f"write products.{name}.units.{unit} with apparent_power_mva or capability"
            place = ("components", unit, "provides", list(spec.provided).index(name))
            yield locator.issue(place, f"{name}, which has no capability for {unit}", "a capability", hint)


def _capability_issues(
    partial: PartialInstance, locator: Locator, name: str, unit: str, reactive: ReactiveUnit
) -> Iterator[Issue]:
    place = ("products", name, "units", unit)
    if (reactive.apparent_power_mva is None) == (not reactive.capability):
        found = "neither" if reactive.apparent_power_mva is None else "both"
        hint = "a converter has an apparent power, a synchronous machine the corners of its capability curve"
        expected = f"one of {listed(['apparent_power_mva', 'capability'])}"
        yield locator.issue(place, found, expected, hint)
        return
    if not reactive.capability:
        return
    try:
        edges = polygon_edges(reactive.corners)
    except ValueError as problem:
        hint = "list the corners one after the other around the polygon; it must not bend inwards"
        yield locator.issue((*place, "capability"), str(problem), "a convex polygon", hint)
        return
    reached = [corner[1] for corner in reactive.corners]
    if min(reached) > 0 or max(reached) < 0:
        found = f"reactive power from {min(reached):g} to {max(reached):g} Mvar"
        hint = "the unit must be able to run without reactive power, which it keeps ready and need not give"
        yield locator.issue((*place, "capability"), found, "a range with 0 Mvar in it", hint)
    elif not _can_be_off(partial.components.get(unit)) and any(e.excess((0.0, 0.0)) > _TOLERANCE for e in edges):
        hint = f"{unit} cannot be switched off, and must be able to stand still; only a converter with power_min_mw can"
        yield locator.issue((*place, "capability"), "a polygon without 0 MW, 0 Mvar", "one that holds it", hint)


def _can_be_off(spec: Component | None) -> bool:
    return spec is not None and spec.can_be_off
