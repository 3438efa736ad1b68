"""Names under ``exclusive_with`` that cannot be meant."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.io.catalogue.products import product_catalogue
from mes_stoch.io.readers.locate import Locator, did_you_mean, show
from mes_stoch.io.validation.partial_instance import PartialInstance
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.flexibility import as_called
from mes_stoch.schema.product import MarketProduct

_CALLED = "a product of which a volume is committed for calls"


def exclusive_issues(partial: PartialInstance, locator: Locator) -> Iterator[Issue]:
    """Products that exclude what is no product, or no product of which a volume is committed for calls."""
    known = [*partial.product_names, *product_catalogue()]
    committed = [name for name, product in partial.products.items() if as_called(product) is not None]
    for name, product in partial.products.items():
        if product.excludes and as_called(product) is None:
            hint = "write it under the product that must not be committed beside another"
            key = ("products", name, "exclusive_with")
            yield locator.issue(key, _other_kind(product), _CALLED, hint)
            continue
        for index, other in enumerate(product.excludes):
            place = ("products", name, "exclusive_with", index)
            if other == name:
                yield locator.issue(place, f"{name} itself", "another product")
            elif other not in known:
                hint = did_you_mean(other, committed, "products of this instance that are committed")
                yield locator.issue(place, show(other), "the id of a product", hint)
            elif other in partial.products and other not in committed:
                found = f"{show(other)}, {_other_kind(partial.products[other])}"
                yield locator.issue(place, found, _CALLED, "exclude products that hold power for calls")


def _other_kind(product: MarketProduct) -> str:
    """What a product is that excludes none and is excluded by none."""
    return product.kind_in_words or f"a product of the family {product.family}"
