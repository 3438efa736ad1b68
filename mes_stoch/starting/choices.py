"""What a user has chosen, and whether it goes together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from mes_stoch.io.readers.locate import nearest
from mes_stoch.io.readers.time_stamps import YEARS
from mes_stoch.schema.base import IDENTIFIER, PATTERNS_IN_WORDS
from mes_stoch.schema.errors import UsageError
from mes_stoch.starting.pieces import Country, Piece, SiteKind, country, site_kind

#: Few, so that a first solve takes seconds.
SCENARIOS = 5


@dataclass(frozen=True)
class Choices:
    """A new site that can be written.

    Parameters
    ----------
    name : str
        Of the instance.
    country_code, kind : str
        The names of the pieces.
    products : tuple of str
        Choices of the country, those that are always there first.
    start : date
        The day that is planned.
    scenarios : int
        How many are drawn.
    """

    name: str
    country_code: str
    kind: str
    products: tuple[str, ...]
    start: date
    scenarios: int

    @property
    def country(self) -> Country:
        return country(self.country_code)

    @property
    def site(self) -> SiteKind:
        return site_kind(self.kind)

    def providers(self, product: str) -> dict[str, Piece]:
        """Components that can provide a choice of products."""
        return providers(self.site, product)


def providers(site: SiteKind, product: str) -> dict[str, Piece]:
    """Components of a kind of site that can provide a choice of products."""
    return {name: piece for name, piece in site.components.items() if product in piece.can}


def possible_products(code: str, kind: str) -> dict[str, str]:
    """Choices of products that go with a country and a kind of site, with what they are."""
    own = site_kind(kind)
    return {
        name: product.says
        for name, product in country(code).products.items()
        if not product.is_held or providers(own, name)
    }


def default_products(code: str, kind: str) -> list[str]:
    """Those that are chosen where the user says nothing."""
    possible = possible_products(code, kind)
    return [name for name in country(code).default if name in possible]


def choose(
    name: str,
    code: str,
    kind: str,
    *,
    products: Sequence[str] | None = None,
    start: date | None = None,
    scenarios: int | None = None,
    currency: str | None = None,
) -> Choices:
    """Choices that go together.

    Raises
    ------
    UsageError
        Products that the country or the kind of site does not have, with those that go; a currency that its scenarios
        are not in; a name that is none; a day of a year that no horizon begins in.
    """
    own = country(code)
    if currency is not None and currency.upper() != own.currency:
        raise UsageError(
            f"--currency {currency}: scenarios of {own.name} are drawn in {own.currency}, and nothing is converted; an "
            "instance in another currency brings its own scenarios (uncertainty.kind: explicit)"
        )
    if not re.fullmatch(IDENTIFIER, name):
        raise UsageError(f"--name {name}: {PATTERNS_IN_WORDS[IDENTIFIER]}, such as {instance_name(name)}")
    asked = default_products(code, kind) if products is None else list(products)
    _require_possible(code, kind, asked)
    chosen = [product for product, about in own.products.items() if about.is_always_there or product in asked]
    day = date.fromisoformat(own.start) if start is None else start
    if day.year not in YEARS:
        raise UsageError(f"--start {day.isoformat()}: expected a year from {YEARS[0]} to {YEARS[-1]}")
    return Choices(name, code, kind, tuple(chosen), day, SCENARIOS if scenarios is None else scenarios)


def _require_possible(code: str, kind: str, asked: Sequence[str]) -> None:
    own, possible = country(code), possible_products(code, kind)
    wrong = []
    for product in asked:
        if product in possible:
            continue
        if product in own.products:
            wrong.append(f"{product}: nothing at a site of kind {kind} can provide it")
        else:
            near = nearest(product, possible)
            wrong.append(f"{product}: not offered in {own.name}" + (f"; did you mean {near}?" if near else ""))
    if wrong:
        listed = "\n".join(f"  {name}: {says}" for name, says in possible.items())
        raise UsageError(
            "\n".join([f"--products {','.join(asked)}:", *(f"  - {line}" for line in wrong)])
            + f"\nA {kind} site in {own.name} can take:\n{listed}\n"
            "Others of the catalogue (mes-stoch validate --products) are added by hand."
        )


def instance_name(folder_name: str) -> str:
    """A name for an instance from that of its folder.

    >>> instance_name("my-shop 2"), instance_name("7 hills")
    ('my_shop_2', 'site_7_hills')
    """
    plain = re.sub(r"[^A-Za-z0-9]+", "_", folder_name).strip("_")
    return plain if re.match(r"[A-Za-z]", plain) else f"site_{plain}".rstrip("_")
