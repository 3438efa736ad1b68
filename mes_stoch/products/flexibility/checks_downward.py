"""Energy of downward calls has a price: what a site has sold and keeps for nothing is riskless profit."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.io.readers.locate import Locator, show
from mes_stoch.products.flexibility.format import LocalFlexibility, Reserve
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.flexibility import Flexibility


def downward_issues(locator: Locator, name: str, product: Flexibility) -> Iterator[Issue]:
    """A product that calls downward, takes the call out of the imbalance, and does not say what the energy costs.

    A battery that never moves would sell a MWh ahead, be called not to deliver it, and keep the money. Free offers have
    a rule of their own, since they are paid by energy alone.
    """
    if isinstance(product, LocalFlexibility):
        yield from _local_issues(locator, name, product)
    elif isinstance(product, Reserve) and product.energy_settlement != "uncorrected" and _is_called_down(product):
        price = product.energy_price_down_eur_per_mwh
        if price is None and product.marginal_price_eur_per_mwh is None:
            hint = (
                "give a price or a series (that of da where the energy is settled at spot), 0 only where the operator "
                "leaves the energy to the site, or write energy_settlement: uncorrected"
            )
            yield locator.issue(("products", name, "energy_price_down_eur_per_mwh"), "nothing", _EXPECTED, hint)


_EXPECTED = "what the site pays for energy called down, which is taken out of its imbalance"


def _local_issues(locator: Locator, name: str, product: LocalFlexibility) -> Iterator[Issue]:
    place = ("products", name, "energy_price_eur_per_mwh")
    if product.direction == "up":
        if product.energy_price_eur_per_mwh is not None:
            found = show(product.energy_price_eur_per_mwh)
            yield locator.issue(place, found, f"no such key: {name} is up only", "remove it")
    elif product.energy_price_eur_per_mwh is None and _is_called_down(product):
        hint = (
            "activation_price_eur_per_mwh is what the distributor pays for the service; give the price of the energy "
            "(the series of da where it is settled at spot), 0 only where it is left to the site"
        )
        yield locator.issue(place, "nothing", _EXPECTED, hint)


def _is_called_down(product: Flexibility) -> bool:
    return "down" in product.directions and product.activation("down") not in (None, 0)
