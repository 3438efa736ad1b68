"""The product catalogue as a table, and the products of an instance beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mes_stoch.io.catalogue.products import catalogue_entries, require_whole_catalogue
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.kinds import product_classes

#: Fields of the table, by column; the first that a family has counts.
_FIELDS = {
    "gate": ("gate",),
    "direction": ("direction",),
    "block_h": ("block_h", "settlement_period_h"),
    "full_activation_time_s": ("full_activation_time_s",),
    "sustain_h": ("sustain_h",),
    "stage": ("stage",),
}
COLUMNS = ("id", "family", *_FIELDS, "payment", "delivery", "package", "source", "placeholders", "overrides")


def product_table(instance: Instance | None = None) -> pd.DataFrame:
    """What is known of every product of the catalogue, or of an instance's products.

    Parameters
    ----------
    instance : Instance, optional
        Its products in the place of the catalogue's.

    Returns
    -------
    DataFrame
        A row per product with columns :data:`COLUMNS`. ``block_h`` is the block of a volume or the settlement period of
        a position, h; ``contract`` where a volume is one for the horizon. What the catalogue leaves to the instance is
        ``None``, and so is what the family does not have. ``delivery`` has the first and last day on which there is the
        product, where one is known; ``placeholders`` the rules whose value has no source. ``package`` says where the
        rules come from; ``overrides`` lists the rules of the catalogue that an instance has changed.

    Raises
    ------
    UsageError
        Without an instance, if an installed package offers products that cannot be used.
    """
    if instance is None:
        require_whole_catalogue()
        rows = [_row(name, entry.defaults, entry.package, []) for name, entry in catalogue_entries().items()]
    else:
        rows = [_own_row(name, product.model_dump(mode="json")) for name, product in instance.products.items()]
    table = pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)
    return table.where(table.notna(), None)


def _own_row(name: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    entry = catalogue_entries().get(name)
    if entry is None:
        return _row(name, fields, "the instance", [])
    rules = {key: value for key, value in entry.defaults.items() if key != "placeholders"}
    changed = [key for key, value in rules.items() if not _same(fields.get(key), value)]
    return _row(name, fields, entry.package, changed)


def _same(given: Any, known: Any) -> bool:
    """Whether an entry says what the catalogue does; defaults filled in say more, not something else."""
    if isinstance(known, dict):
        return isinstance(given, dict) and all(_same(given.get(key), value) for key, value in known.items())
    if isinstance(known, list):
        return isinstance(given, list) and len(given) == len(known) and all(map(_same, given, known))
    return bool(given == known)


def _row(name: str, fields: Mapping[str, Any], package: str, overrides: list[str]) -> dict[str, Any]:
    family = product_classes()[str(fields["family"])]
    row = {column: _value(family, fields, keys) for column, keys in _FIELDS.items()}
    return {
        "id": name,
        "family": fields["family"],
        **row,
        "payment": family.payment_under(fields),
        "delivery": _days(fields),
        "package": package,
        "source": " ".join(str(fields.get("source", "")).split()),
        "placeholders": ", ".join(fields.get("placeholders") or []),
        "overrides": ", ".join(overrides),
    }


def _days(fields: Mapping[str, Any]) -> str | None:
    """Days of delivery in words."""
    begin, end = fields.get("delivery_from"), fields.get("delivery_until")
    words = [f"from {begin}"] if begin else []
    words += [f"until {end}"] if end else []
    return " ".join(words) or None


def _value(family: Any, fields: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    for key in keys:
        field = family.model_fields.get(key)
        if field is None:
            continue
        if key in fields:
            given = fields[key]
            return "contract" if key == "block_h" and given is None else given
        return None if field.is_required() else field.default
    return None
