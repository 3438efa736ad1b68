"""Units: the suffix of a name says the unit of its number.

A field called ``..._mw`` holds megawatts, one called ``..._eur_per_mwh`` euros per megawatt-hour. Where a field may
name a data series, the series must end in the field's own unit, so that a series in kW cannot stand where MW is meant.
"""

from __future__ import annotations

#: Units a field of the format can carry.
FORMAT_UNITS = (
    "eur_per_mw_year",
    "eur_per_mvar_h",
    "eur_per_mw_h",
    "eur_per_mwh",
    "hours_per_year",
    "mw_per_min",
    "per_unit",
    "per_h",
    "mwh",
    "mvar",
    "mva",
    "mw",
    "eur",
    "degc",
    "kgco2",
    "h",
    "s",
)

#: Units people also write; recognised only to say what is wrong, with the factor that turns them into ours.
FOREIGN_UNITS: dict[str, tuple[str, float]] = {
    "kw": ("mw", 1e-3),
    "gw": ("mw", 1e3),
    "kvar": ("mvar", 1e-3),
    "kva": ("mva", 1e-3),
    "w": ("mw", 1e-6),
    "kwh": ("mwh", 1e-3),
    "gwh": ("mwh", 1e3),
    "eur_per_kwh": ("eur_per_mwh", 1e3),
    "eur_per_mw": ("eur_per_mw_h", 1.0),
    "eur_per_kw_h": ("eur_per_mw_h", 1e3),
    "eur_per_mw_4h": ("eur_per_mw_h", 0.25),
    "percent": ("per_unit", 1e-2),
    "pct": ("per_unit", 1e-2),
    "min": ("h", 1.0 / 60.0),
}

_BY_LENGTH = sorted([*FORMAT_UNITS, *FOREIGN_UNITS], key=len, reverse=True)


def unit_of(name: str) -> str | None:
    """Unit suffix of a name, or ``None`` where it has none.

    >>> unit_of("heat_demand_mw"), unit_of("price_eur_per_kwh"), unit_of("north")
    ('mw', 'eur_per_kwh', None)
    """
    for unit in _BY_LENGTH:
        if name == unit or name.endswith("_" + unit):
            return unit
    return None


def conversion_hint(found: str, expected: str) -> str:
    """One sentence that says how to turn a series of unit ``found`` into ``expected``.

    >>> conversion_hint("kw", "mw")
    'multiply the values by 0.001 and end the name in _mw'
    """
    target, factor = FOREIGN_UNITS.get(found, (None, 1.0))
    if target == expected:
        return f"multiply the values by {factor:g} and end the name in _{expected}"
    return f"name a series that ends in _{expected}"
