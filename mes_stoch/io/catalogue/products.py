"""The product catalogue: market rules that fill what an instance leaves out, ours and those of installed packages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from mes_stoch.io.catalogue.packages import offers
from mes_stoch.io.readers.yaml_lines import Document, parse_yaml
from mes_stoch.schema.errors import ModelError, UsageError

OWN_PACKAGE = "mes_stoch"


class CatalogueEntry(NamedTuple):
    """Defaults of one product, and the package they come from (name and version)."""

    defaults: dict[str, Any]
    package: str


def catalogue_entries() -> dict[str, CatalogueEntry]:
    """Every known product by id: the project's own in the order of its files, then those of installed packages.

    Packages whose products cannot be used are left out (:func:`catalogue_problems`).
    """
    return _entries()[0]


def catalogue_problems() -> tuple[str, ...]:
    """What is wrong with the products of installed packages, a text a package."""
    return _entries()[1]


def require_whole_catalogue() -> None:
    """For whoever asks for all products.

    Raises
    ------
    UsageError
        With what is wrong with the products of installed packages.
    """
    if catalogue_problems():
        raise UsageError("\n".join(catalogue_problems()))


@cache
def _entries() -> tuple[dict[str, CatalogueEntry], tuple[str, ...]]:
    entries = {name: CatalogueEntry(defaults, OWN_PACKAGE) for name, defaults in _own_catalogue().items()}
    broken = []
    for offer in offers({name: entry.defaults for name, entry in entries.items()}):
        problems = [*offer.problems, *_taken(offer.products, entries)]
        if problems:
            broken.append(_broken(offer.package, problems))
        else:
            new = {name: rules for name, rules in offer.products.items() if name not in entries}
            entries |= {name: CatalogueEntry(rules, offer.package) for name, rules in new.items()}
    return entries, tuple(broken)


def _taken(products: Mapping[str, Mapping[str, Any]], entries: Mapping[str, CatalogueEntry]) -> Iterator[str]:
    for name, rules in products.items():
        if name in entries and entries[name].defaults != rules:
            yield f"{name}: {entries[name].package} has a product of this id with other rules; give it one of its own"


def _broken(package: str, problems: list[str]) -> str:
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
