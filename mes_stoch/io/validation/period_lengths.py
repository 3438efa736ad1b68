"""Kinds of other packages that know only periods of one length, beside a first period that is shorter."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.registry import COMPONENTS, PRODUCT_FAMILIES, Kind, kinds
from mes_stoch.schema.errors import Issue


def period_length_issues(context: CheckContext) -> Iterator[Issue]:
    """One issue for every component and product whose energy would be that of a whole first period."""
    horizon = context.partial.horizon
    if horizon is None or horizon.begun_h == 0:
        return
    for name, spec in context.partial.components.items():
        if not spec.follows_period_lengths:
            yield from _issue(context, ("components", name), kinds(COMPONENTS).get(spec.type))
    for name, product in context.partial.products.items():
        if not product.follows_period_lengths:
            yield from _issue(context, ("products", name), kinds(PRODUCT_FAMILIES).get(product.family))


def _issue(context: CheckContext, place: tuple[str, str], own: Kind | None) -> Iterator[Issue]:
    if own is None or own.is_built_in:
        return
    found = f"{own.tag} of the package {own.brought_by}, beside horizon.first_period_h"
    hint = "leave first_period_h out, or let the package use lengths_h and say follows_period_lengths = True"
    yield context.locator.issue(place, found, "a kind that follows the length of each period", hint)
