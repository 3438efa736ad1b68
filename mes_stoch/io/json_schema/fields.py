"""What editors show of a field: its unit and what it says; and the unit that the name of a series must end in."""

from __future__ import annotations

import re
from typing import Any

from mes_stoch.io.json_schema.tidy import Schema, parts
from mes_stoch.schema.units import FORMAT_CURRENCY, UNIT_WORDS, currency_of, in_currency, unit_of, with_currency

#: Units that a name says and no suffix of the format does.
_OTHER_UNITS = {
    "call_hours_max_per_day": "h/day",
    "cycles_max_per_day": "cycles/day",
    "days_per_year": "days/year",
    "loss_mw_per_kelvin": "MW/K",
    "shift_max_mwh_per_day": "MWh/day",
    "starts_max_per_day": "starts/day",
    "calls_max_per_day": "calls/day",
    "throughput_max_mwh_per_day": "MWh/day",
}
#: The unit of a number without one, as CF conventions and UDUNITS write it.
DIMENSIONLESS = "1"
_NUMBERS = ("number", "integer")


def unit_in_words(name: str) -> str | None:
    """Unit that the name of a field says.

    >>> unit_in_words("price_eur_per_mwh"), unit_in_words("cycles_max_per_day"), unit_in_words("seed")
    ('EUR/MWh', 'cycles/day', None)
    >>> unit_in_words("price_cap_aud_per_mwh")
    'AUD/MWh'
    """
    if name in _OTHER_UNITS:
        return _OTHER_UNITS[name]
    currency = currency_of(name) or FORMAT_CURRENCY
    suffix = unit_of(name if currency == FORMAT_CURRENCY else with_currency(name, FORMAT_CURRENCY))
    return None if suffix is None else in_currency(UNIT_WORDS[suffix], currency)


def takes_numbers(field: Any) -> bool:
    """Whether a field is a number, or has numbers in a list or mapping of its own."""
    return any(any(kind in _kinds(part) for kind in _NUMBERS) for part in parts(field))


def _kinds(part: Schema) -> list[str]:
    kind = part.get("type", [])
    return [kind] if isinstance(kind, str) else list(kind)


def describe(schema: Schema, *, briefly: bool) -> None:
    """Units and descriptions of every field, in place.

    Parameters
    ----------
    schema : dict
        The whole, with its definitions.
    briefly : bool
        Whether a definition keeps the first paragraph of its description alone.
    """
    for part in parts(schema):
        if briefly and "description" in part:
            part["description"] = _first_paragraph(part["description"])
    for part in parts(schema):
        for name, field in part.get("properties", {}).items():
            _describe_field(name, field, part)


def _describe_field(name: str, field: Schema, owner: Schema) -> None:
    if "const" in field and "description" not in field and name in ("type", "family", "kind", "measure"):
        # the tag of a kind: what the kind is
        field["description"] = _first_paragraph(owner.get("description", ""))
    if not takes_numbers(field):
        return
    unit = unit_in_words(name)
    field["x-unit"] = unit or DIMENSIONLESS
    if unit is None:
        return
    field["description"] = f"[{unit}] {field.get('description', '')}".rstrip()
    suffix = unit_of(name)
    if suffix is not None:
        _ask_for_unit(field, suffix)


def _ask_for_unit(field: Schema, suffix: str) -> None:
    """The unit at the end of the name of a series, where a series can stand for the number."""
    kinds = _kinds(field)
    if "string" in kinds and "number" in kinds and "pattern" not in field:
        field["pattern"] = f"(^|_){suffix}$"


def _first_paragraph(text: str) -> str:
    """The first paragraph of a docstring, on one line and in plain text.

    >>> _first_paragraph("A level, ``a <= b``,\\nand more.\\n\\nThe rest.")
    'A level, `a <= b`, and more.'
    """
    first = re.split(r"\n\s*\n", text.strip(), maxsplit=1)[0]
    return " ".join(first.replace("``", "`").split())
