"""Names of AEMO's columns: energy in AUD/MWh, the ten FCAS markets in AUD/MW/h, demand in MW."""

from __future__ import annotations

import re

from mes_stoch.io.market_files.assembly import MarketColumn
from mes_stoch.io.market_files.unit_words import SeriesUnit

#: Clock of the national electricity market: ten hours before UTC, without summer time, in every region.
ZONE = "Australia/Brisbane"
_FCAS = re.compile(r"(RAISE|LOWER)(1SEC|6SEC|60SEC|5MIN|REG)RRP")


def aemo_column(name: str) -> MarketColumn | None:
    """The series of a column; ``None`` for one that is none."""
    if name == "RRP":
        return MarketColumn("energy_price", SeriesUnit("aud_per_mwh"), name)
    if name == "TOTALDEMAND":
        return MarketColumn("total_demand", SeriesUnit("mw"), name)
    found = _FCAS.fullmatch(name)
    if found is None:
        return None
    return MarketColumn(f"{found[1].lower()}_{found[2].lower()}_price", SeriesUnit("aud_per_mw_h"), name)
