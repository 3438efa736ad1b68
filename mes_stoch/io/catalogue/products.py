"""The product catalogue: market rules that fill what an instance leaves out, ours and those of installed packages."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from mes_stoch.io.catalogue.packages import package_entries
from mes_stoch.io.readers.yaml_lines import Document, parse_yaml
from mes_stoch.schema.errors import ModelError, UsageError

OWN_PACKAGE = "mes_stoch"


class CatalogueEntry(NamedTuple):
    """Defaults of one product, and the package they come from (name and version)."""

    defaults: dict[str, Any]
    package: str


@cache
def catalogue_entries() -> dict[str, CatalogueEntry]:
    """Every known product by id: the project's own in the order of its files, then those of installed packages.

    Raises
    ------
    UsageError
        If an installed package offers what is no catalogue, or another product under a known id.
    """
    entries = {name: CatalogueEntry(defaults, OWN_PACKAGE) for name, defaults in _own_catalogue().items()}
    for package, products in package_entries({name: entry.defaults for name, entry in entries.items()}):
        for name, defaults in products.items():
            known = entries.get(name)
            if known is None:
                entries[name] = CatalogueEntry(defaults, package)
            elif known.defaults != defaults:
                raise UsageError(
                    f"the installed package {package} offers a product {name}, which {known.package} has with other "
                    "rules; give it an id of its own, or uninstall the package"
                )
    return entries


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
