"""What an unknown key was probably meant to be, and what the format cannot say at all."""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import SequenceMatcher

from mes_stoch.io.readers.locate import listed, unit_word
from mes_stoch.schema.base import Model
from mes_stoch.schema.units import FOREIGN_UNITS, unit_of

#: Likeness of two names, 0 to 1, from which one may be a slip of the other; less is asked where the units agree.
_ALIKE, _ALIKE_IN_UNIT = 0.85, 0.75

#: What cannot be said in any words, so that no other key is offered for it.
_CANNOT = (
    (
        r"(peak|demand|power|capacity)_(price|charge|cost|tariff|fee).*|leistungspreis.*",
        "a charge on the largest power of a month is demand_charge_eur_per_mw of a grid_connection",
    ),
    (
        r"(energy_|schedule_|power_)?ramp_(up|down|limit|rate)?.*(per_h|per_hour|_h|mw|unit)",
        "a ramp of the schedule is energy_ramp_mw_per_min, where the kind has it; ramp_mw_per_min limits what reserve "
        "can be held and called",
    ),
    (
        r"availability.*|outages?.*|maintenance.*|unavailab.*|.*plugged.*|derating.*",
        "limits that change in time or by scenario (outages, maintenance, vehicles plugged in) are said by "
        "available_per_unit of a converter, import_available_per_unit and export_available_per_unit of a connection, "
        "charge_available_per_unit and discharge_available_per_unit of a storage, and available_mw of a source, which "
        "take series; others are one number",
    ),
    (
        r"(given|fixed|awarded|initial)_(commitment|volume).*|commitment.*|volume_(fixed_)?mw|awarded.*",
        "volumes that were awarded earlier stand under start: commitments_mw, by product, from the first block on",
    ),
    (
        r"calls?_(under_way|so_far|before|history).*|(running|initial|earlier|past|previous)_calls?(_.*)?",
        "calls before the horizon, that under way included, stand under start: calls, by product",
    ),
)


def unknown_key_hint(key: str, model: type[Model] | None) -> tuple[str, str | None]:
    """What an unknown key was probably meant to be: a sentence, and the field where there is one."""
    if model is None:
        return "", None
    fields = list(model.model_fields)
    found = _in_other_unit(key, fields)
    if found is not None:
        return found
    for pattern, hint in getattr(model, "other_words", ()):
        if re.fullmatch(pattern, key):
            return hint, None
    found = meant_key(key, fields)
    if found is not None:
        return found
    known = f"keys here: {listed(fields, most=20)}"
    for pattern, hint in _CANNOT:
        if re.fullmatch(pattern, key):
            return f"{hint}; {known}", None
    return known, None


def meant_key(key: str, fields: Collection[str]) -> tuple[str, str] | None:
    """The field that a key is most likely meant to be, in another unit or misspelt: a sentence, and its name.

    >>> meant_key("energy_max", ["energy_max_mwh"])
    ('write energy_max_mwh: the unit is part of the name', 'energy_max_mwh')
    >>> meant_key("contry", ["country"])
    ('did you mean country?', 'country')
    """
    found = _in_other_unit(key, fields)
    if found is None and (near := nearest_key(key, fields)) is not None:
        found = f"did you mean {near}?", near
    return found


def nearest_key(key: str, fields: Collection[str]) -> str | None:
    """The field that a key is most likely a slip of.

    Names are compared without their units, which would make strangers alike: ``peak_price_eur_per_mw`` is no slip of
    ``import_price_eur_per_mwh``.

    >>> nearest_key("enrgy_max_mwh", ["energy_max_mwh", "charge_max_mw"])
    'energy_max_mwh'
    >>> nearest_key("peak_price_eur_per_mw", ["import_price_eur_per_mwh"])
    """
    best, likeness = None, 0.0
    for field in fields:
        same_unit = unit_of(field) == unit_of(key)
        one, other = (_stem(key), _stem(field)) if same_unit else (key, field)
        matcher = SequenceMatcher(None, one.lower()[:100], other.lower())
        least = max(_ALIKE_IN_UNIT if same_unit else _ALIKE, likeness)
        # the quick one is an upper bound
        if matcher.quick_ratio() < least:
            continue
        alike = matcher.ratio()
        if alike >= least and alike > likeness:
            best, likeness = field, alike
    return best


def _stem(name: str) -> str:
    unit = unit_of(name)
    return name[: -len(unit) - 1] if unit and name != unit else name


def _in_other_unit(key: str, fields: Collection[str]) -> tuple[str, str] | None:
    """A key of the format but for its unit."""
    unit = unit_of(key)
    for name in fields:
        own = unit_of(name)
        if own is None or own == unit or _stem(name) != _stem(key):
            continue
        if unit is None:
            return f"write {name}: the unit is part of the name", name
        target, factor = FOREIGN_UNITS.get(unit, ("", 1.0))
        if target == own and factor != 1.0:
            return f"write {name} and multiply the number by {factor:g}", name
        return f"write {name}, in {unit_word(own)}", name
    return None
