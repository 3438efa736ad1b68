"""Units as publishers write them, and as the names of series do."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from mes_stoch.schema.units import FOREIGN_UNITS, FORMAT_CURRENCY, FORMAT_UNITS, currency_of, unit_of, with_currency

_MW_TEXT = {
    "mw": ("mw", 1.0),
    "kw": ("mw", 1e-3),
    "w": ("mw", 1e-6),
    "gw": ("mw", 1e3),
    "mwh": ("mwh", 1.0),
    "kwh": ("mwh", 1e-3),
    "wh": ("mwh", 1e-6),
    "gwh": ("mwh", 1e3),
    "g/kwh": ("kg_per_mwh", 1.0),
    "kg/mwh": ("kg_per_mwh", 1.0),
    "t/mwh": ("kg_per_mwh", 1e3),
    "degc": ("degc", 1.0),
    "c": ("degc", 1.0),
    "w/m2": ("w_per_m2", 1.0),
    "%": ("per_unit", 0.01),
    "m/s": ("m_per_s", 1.0),
    "km/h": ("m_per_s", 1 / 3.6),
    "mm": ("mm", 1.0),
    "hpa": ("hpa", 1.0),
}
_MONEY = re.compile(r"(?P<code>[a-z]{3})/(?P<rest>mwh|kwh|mw/h|mw|mw/30min|t|tco2)")
_OF_MONEY = {
    "mwh": ("per_mwh", 1.0),
    "kwh": ("per_mwh", 1e3),
    "mw/h": ("per_mw_h", 1.0),
    "mw/30min": ("per_mw_h", 2.0),
    "mw": ("per_mw", 1.0),
    "t": ("per_t", 1.0),
    "tco2": ("per_t", 1.0),
}


@dataclass(frozen=True)
class SeriesUnit:
    """Unit of a series, as the end of its name, and what numbers of the file are multiplied by to be in it."""

    suffix: str
    factor: float = 1.0

    @property
    def is_energy(self) -> bool:
        """Whether numbers are of a whole period, so that those of two periods are added."""
        return self.suffix in ("mwh", "mm")


def unit_of_text(text: str) -> SeriesUnit | None:
    """The unit that a publisher's text means; ``None`` for one that is not known.

    >>> unit_of_text("kW"), unit_of_text("(EUR/MW)/h")
    (SeriesUnit(suffix='mw', factor=0.001), SeriesUnit(suffix='eur_per_mw_h', factor=1.0))
    """
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    plain = re.sub(r"[()\s\[\]]|\^", "", plain).removeprefix("en").replace("euros", "eur").replace("euro", "eur")
    plain = plain.replace("€", "eur").replace("£", "gbp").replace("°", "")
    if plain in _MW_TEXT:
        return SeriesUnit(*_MW_TEXT[plain])
    found = _MONEY.fullmatch(plain)
    if found is None:
        return None
    tail, factor = _OF_MONEY[found["rest"]]
    return SeriesUnit(f"{found['code']}_{tail}", factor)


def unit_of_name(name: str) -> tuple[str, SeriesUnit] | None:
    """Stem and unit of the name of a series; ``None`` where it does not end in a unit.

    Names in units that the format does not know, such as kW, become those of the one that it does.

    >>> unit_of_name("energy_aud_per_mwh"), unit_of_name("load_kw"), unit_of_name("energy_xyz_per_mwh")
    (('energy', SeriesUnit(suffix='aud_per_mwh', factor=1.0)), ('load', SeriesUnit(suffix='mw', factor=0.001)), None)
    """
    code = currency_of(name)
    unit = unit_of(name if code is None else with_currency(name, FORMAT_CURRENCY))
    if unit is None:
        return None
    # a price per MW is one of the format's own units
    target, factor = (unit, 1.0) if unit in FORMAT_UNITS else FOREIGN_UNITS[unit]
    written, kept = (unit, target) if code is None else (with_currency(unit, code), with_currency(target, code))
    stem = name.removesuffix(written)
    if stem.endswith("per_"):
        return None
    return stem.rstrip("_"), SeriesUnit(kept, factor)


_BRACKETS = re.compile(r"\s*[\[(](?P<unit>[^\[\]]*?)[\])]\s*$")


def split_unit(header: str) -> tuple[str, SeriesUnit | None]:
    """Name and unit of a column that writes its unit in brackets at its end; the name whole if the unit is not known.

    >>> split_unit("Day-ahead Price [EUR/MWh]")
    ('Day-ahead Price', SeriesUnit(suffix='eur_per_mwh', factor=1.0))
    >>> split_unit("Import (-)")
    ('Import (-)', None)
    """
    found = _BRACKETS.search(header)
    unit = None if found is None else unit_of_text(found["unit"])
    return (header, None) if found is None or unit is None else (header[: found.start()].strip(), unit)


def plain_name(text: str) -> str:
    """Text as part of the name of a series: small letters, digits and underscores.

    >>> plain_name("Prévision J-1"), plain_name("BZN|DE-LU")
    ('prevision_j_1', 'bzn_de_lu')
    """
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "_", bare).strip("_")
