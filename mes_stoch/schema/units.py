"""Units: the suffix of a name says the unit of its number.

A field called ``..._mw`` holds megawatts, one called ``..._eur_per_mwh`` euros per megawatt-hour. Where a field may
name a data series, the series must end in the field's own unit, so that a series in kW cannot stand where MW is meant.

Names of money carry ``eur`` in the format. An instance in another currency writes that currency's code in its place
(``price_aud_per_mwh``); reading turns its names into the format's, and messages turn them back.
"""

from __future__ import annotations

import re
from functools import lru_cache

#: Units a field of the format can carry.
FORMAT_UNITS = (
    "eur_per_mw_year",
    "eur_per_mvar_h",
    "eur_per_mw_h",
    "eur_per_mwh",
    "eur_per_mw",
    "eur_per_day",
    "eur_per_kh",
    "eur_per_t",
    "eur_per_h",
    "kg_per_mwh",
    "hours_per_year",
    "mwh_per_k",
    "mw_per_k",
    "mw_per_min",
    "per_unit",
    "per_h",
    "w_per_m2_k2",
    "w_per_m2_k",
    "w_per_m2",
    "mwh",
    "mvar",
    "mva",
    "mw",
    "eur",
    "degc",
    "kgco2",
    "m2",
    "k",
    "h",
    "s",
    "t",
)

#: How each of them is printed.
UNIT_WORDS = {
    "eur_per_mw_year": "EUR/MW/year",
    "eur_per_mvar_h": "EUR/Mvar/h",
    "eur_per_mw_h": "EUR/MW/h",
    "eur_per_mwh": "EUR/MWh",
    "eur_per_mw": "EUR/MW",
    "eur_per_day": "EUR/day",
    "eur_per_kh": "EUR/(K h)",
    "eur_per_t": "EUR/t",
    "eur_per_h": "EUR/h",
    "kg_per_mwh": "kg/MWh",
    "hours_per_year": "h/year",
    "mwh_per_k": "MWh/K",
    "mw_per_k": "MW/K",
    "mw_per_min": "MW/min",
    "per_unit": "per unit",
    "per_h": "1/h",
    "w_per_m2_k2": "W/(m2 K2)",
    "w_per_m2_k": "W/(m2 K)",
    "w_per_m2": "W/m2",
    "mwh": "MWh",
    "mvar": "Mvar",
    "mva": "MVA",
    "mw": "MW",
    "eur": "EUR",
    "degc": "degC",
    "kgco2": "kgCO2",
    "m2": "m2",
    "k": "K",
    "h": "h",
    "s": "s",
    "t": "t",
}

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
    "eur_per_kg": ("eur_per_t", 1e3),
    "g_per_kwh": ("kg_per_mwh", 1.0),
    "kg_per_kwh": ("kg_per_mwh", 1e3),
    "t_per_mwh": ("kg_per_mwh", 1e3),
    "eur_per_kw": ("eur_per_mw", 1e3),
    "eur_per_kw_h": ("eur_per_mw_h", 1e3),
    "eur_per_mw_4h": ("eur_per_mw_h", 0.25),
    "percent": ("per_unit", 1e-2),
    "pct": ("per_unit", 1e-2),
    "min": ("h", 1.0 / 60.0),
    "minutes": ("h", 1.0 / 60.0),
    "hours": ("h", 1.0),
    "mw_per_h": ("mw_per_min", 1.0 / 60.0),
    "kw_per_min": ("mw_per_min", 1e-3),
}

_BY_LENGTH = sorted([*FORMAT_UNITS, *FOREIGN_UNITS], key=len, reverse=True)


@lru_cache(maxsize=4096)
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


_TAIL = r"(?:_per_(?:kh|[kmg]?wh|[kmg]?w(?:_4h|_h|_year)?|[km]?var_h|day|t|h))?"
_MONEY = re.compile(rf"(?P<stem>(?:.*_)?)(?<!per_)(?P<code>[a-z]{{3}})(?P<tail>{_TAIL})")
_FORMAT_MONEY = re.compile(rf"(?<![A-Za-z])(?<!per_)eur(?={_TAIL}(?![A-Za-z0-9_]))")
_FORMAT_LABEL = re.compile(r"(?<![A-Za-z])EUR(?![A-Za-z])")

#: Words before a bare code that make a name one of money: ``start_cost_aud`` is, ``heat_pump_cop`` is not.
_MONEY_WORDS = re.compile(
    r"(^|_)(costs?|prices?|penalty|fees?|payments?|revenues?|amounts?|premium|bonus|charges?|tariffs?)(_|$)"
)

#: The currency whose code the format's own names carry.
FORMAT_CURRENCY = "EUR"

# fmt: off
#: Codes of ISO 4217 that are told from other words of three letters at the end of a name (``price_max``).
CURRENCY_CODES = frozenset(
    {
        "aed", "ars", "aud", "bgn", "brl", "cad", "chf", "clp", "cny", "cop", "czk", "dkk", "egp", "eur", "gbp",
        "huf", "idr", "inr", "isk", "jpy", "krw", "mad", "mxn", "myr", "nok", "nzd", "pen", "php", "pln", "ron",
        "sar", "sek", "sgd", "thb", "try", "twd", "uah", "usd", "uyu", "vnd", "zar",
    }
)
# fmt: on


def currency_of(name: str, own: str = FORMAT_CURRENCY) -> str | None:
    """Currency code at the end of a name of money, or ``None`` where the name is not one of money.

    ``own`` is recognised beside the known codes. A code that a word of money neither precedes nor a unit follows is one
    of the many words of three letters: a COP is no Colombian peso.

    >>> currency_of("price_aud_per_mwh"), currency_of("start_cost_eur"), currency_of("price_max"), currency_of("cop")
    ('AUD', 'EUR', None, None)
    """
    found = _MONEY.fullmatch(name)
    if found is None:
        return None
    code = found["code"]
    if code in (own.lower(), FORMAT_CURRENCY.lower()):
        return code.upper()
    is_money = bool(found["tail"]) or _MONEY_WORDS.search(found["stem"]) is not None
    return code.upper() if is_money and code in CURRENCY_CODES else None


def with_currency(name: str, code: str) -> str:
    """A name of money with another currency's code in it; other names as they are.

    >>> with_currency("price_eur_per_mwh", "AUD"), with_currency("demand_mw", "AUD")
    ('price_aud_per_mwh', 'demand_mw')
    """
    found = _MONEY.fullmatch(name)
    return name if found is None else f"{found['stem']}{code.lower()}{found['tail']}"


def in_currency(text: str, code: str) -> str:
    """A sentence about the format's names and units, as an instance in another currency is told it.

    >>> in_currency("a number in EUR/MWh; write price_eur_per_mwh", "AUD")
    'a number in AUD/MWh; write price_aud_per_mwh'
    """
    if code == FORMAT_CURRENCY:
        return text
    return _FORMAT_LABEL.sub(code, _FORMAT_MONEY.sub(code.lower(), text))
