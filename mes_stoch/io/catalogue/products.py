"""The product catalogue: market rules that fill what an instance leaves out, ours and those of installed packages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from mes_stoch.io.catalogue.packages import offers
from mes_stoch.io.readers.yaml_lines import Document, parse_yaml
from mes_stoch.schema.errors import ModelError, UsageError

OWN_PACKAGE = "mes_stoch"
#: What the catalogue says of a product beside its rules.
ABOUT_A_PRODUCT = ("family", "source", "placeholders")


class CatalogueEntry(NamedTuple):
    """Defaults of one product, and the package they come from (name and version)."""

    defaults: dict[str, Any]
    package: str


def catalogue_entries() -> dict[str, CatalogueEntry]:
    """Every known product by id: the project's own in the order of its files, then those of installed packages.

    Packages whose products cannot be used are left out (:func:`catalogue_problems`). A product of this project stays
    what it is; an id that two packages offer with different rules is neither's.
    """
    return _catalogue().entries


def catalogue_problems() -> tuple[str, ...]:
    """What is wrong with the products of installed packages, a text a package."""
    return _catalogue().problems


def products_left_out(ids: Iterable[str]) -> list[str]:
    """What installed packages offer under ids, and is not what these stand for."""
    contested = _catalogue().contested
    return [contested[name] for name in ids if name in contested]


def require_whole_catalogue() -> None:
    """For whoever asks for all products.

    Raises
    ------
    UsageError
        With what is wrong with the products of installed packages.
    """
    if catalogue_problems():
        raise UsageError("\n".join(catalogue_problems()))


class _Catalogue(NamedTuple):
    """``contested`` has, by id, what is left out because somebody else has other rules under it."""

    entries: dict[str, CatalogueEntry]
    problems: tuple[str, ...]
    contested: dict[str, str]


@cache
def _catalogue() -> _Catalogue:
    entries = {name: CatalogueEntry(defaults, OWN_PACKAGE) for name, defaults in _own_catalogue().items()}
    problems, contested = [], {}
    for offer in offers({name: entry.defaults for name, entry in entries.items()}):
        if offer.problems:
            problems.append(_broken(offer.package, offer.problems))
        for name, rules in offer.products.items():
            first = entries.get(name)
            if first is None and name not in contested:
                entries[name] = CatalogueEntry(rules, offer.package)
            elif first is not None and first.defaults != rules:
                contested[name] = _conflict(name, first.package, offer.package)
                if first.package != OWN_PACKAGE:
                    # whose rules were meant nobody can tell
                    del entries[name]
    return _Catalogue(entries, (*problems, *contested.values()), contested)


def _conflict(name: str, first: str, second: str) -> str:
    if first == OWN_PACKAGE:
        return f"the installed package {second} offers {name}, which {first} has with other rules; it is left out"
    return f"{name} is offered by both {first} and {second}, with different rules; uninstall one of them"


def _broken(package: str, problems: Sequence[str]) -> str:
    lines = "\n".join(f"  - {problem}" for problem in problems)
    return f"the installed package {package} offers products that cannot be used:\n{lines}\ncorrect it, or uninstall it"


def product_catalogue() -> dict[str, dict[str, Any]]:
    """Defaults by product id; treat as read-only.

    >>> product_catalogue()["fr_fcr"]["block_h"]
    4
    """
    return {name: entry.defaults for name, entry in catalogue_entries().items()}


@cache
def _own_catalogue() -> dict[str, dict[str, Any]]:
    catalogue: dict[str, dict[str, Any]] = {}
    folder = files("mes_stoch.schema") / "catalogue"
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not entry.name.endswith(".yaml"):
            continue
        document = Document(entry.name)
        parse_yaml(entry.read_text(encoding="utf-8"), document)
        if document.issues or not isinstance(document.data, dict):
            raise ModelError(f"the product catalogue is damaged: {document.issues or entry.name}")
        catalogue.update(document.data)
    return catalogue
