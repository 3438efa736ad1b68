"""RTE eCO2mix: load, forecasts, generation by source, exchanges and CO2, in two exports.

From the site of eCO2mix: a ``.xls`` that is text in Latin-1 with tabs, in local time without offsets, with 96 rows
every day and a legal notice at the end. From ODRE: ``;``, UTF-8, with a column ``Date - Heure`` that has the offset.
Forecasts come every quarter of an hour, measured values every half: what has no number at any :15 and :45 is
half-hourly.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import ClassVar

import numpy as np

from mes_stoch.io.market_files.assembly import MarketColumn, MarketRows, assemble
from mes_stoch.io.market_files.cells import Floats, read_numbers
from mes_stoch.io.market_files.grid import TextGrid, read_grid, separator_of
from mes_stoch.io.market_files.layout import MarketLayout, areas_of
from mes_stoch.io.market_files.local_clock import RowMoments, to_moments
from mes_stoch.io.market_files.market_file import FileHead, MarketFile
from mes_stoch.io.market_files.market_table import MarketTable
from mes_stoch.io.market_files.row_times import HOUR_US, MINUTE_US
from mes_stoch.io.market_files.stamps import ISO, read_stamps
from mes_stoch.io.market_files.unit_words import SeriesUnit, plain_name, split_unit

ZONE = "Europe/Paris"
_PERIMETER = "Périmètre"
_WITH_OFFSET = "Date - Heure"
_TEXT = (_PERIMETER, "Nature", "Date", "Heures", "Heure", _WITH_OFFSET)
_NOTICE = re.compile(r"RTE ne pourra|L'ensemble des informations", re.IGNORECASE)
_ENGLISH = {
    "consommation": "load",
    "prevision_j_1": "load_forecast_day_ahead",
    "prevision_j": "load_forecast_same_day",
    "fioul": "oil",
    "charbon": "coal",
    "gaz": "gas",
    "nucleaire": "nuclear",
    "eolien": "wind",
    "solaire": "solar",
    "hydraulique": "hydro",
    "pompage": "pumping",
    "bioenergies": "bioenergy",
    "ech_physiques": "physical_exchange",
    "taux_de_co2": "co2_intensity",
}


class RteEco2mix(MarketLayout):
    name: ClassVar[str] = "rte_eco2mix"
    looks_for: ClassVar[str] = 'columns "Périmètre" and "Nature" (RTE eCO2mix)'

    def recognises(self, head: FileHead) -> bool:
        names = [plain_name(cell) for cell in re.split(r"[;\t]", head.first)]
        return names[:2] == ["perimetre", "nature"]

    def read(self, file: MarketFile) -> MarketTable:
        header = file.head.find(lambda line: bool(line.strip())) or 1
        grid = read_grid(file, header, separator_of(file.head.first), [_PERIMETER, "Date"], is_aside=_is_notice)
        names = [name for name in grid.names if name and name not in _TEXT]
        columns = {name: _column(name) for name in names}
        values = read_numbers(file, grid, names)
        moments = _moments(file, grid, values)
        areas, area = areas_of(grid.columns[_PERIMETER])
        zone = file.zone(ZONE)
        rows = MarketRows(moments, {}, grid.lines)
        half_hourly = _half_hourly(values, moments)
        parts: list[MarketTable] = []
        for is_half in (False, True):
            own = {columns[name]: values[name] for name in names if (name in half_hourly) is is_half}
            if own:
                kept = _on_half_hours(moments) if is_half else moments
                said = len(file.findings) if parts else None
                parts.append(
                    assemble(file, self.name, zone, replace(rows, moments=kept, values=own), areas=areas, area=area)
                )
                if said is not None:
                    # order and gaps of the same rows have been told
                    file.findings[said:] = [one for one in file.findings[said:] if one.kind == "missing"]
        series = tuple(one for part in parts for one in part.series)
        return replace(parts[0], series=series, findings=tuple(file.findings))


def _is_notice(row: list[str]) -> bool:
    return _NOTICE.match(row[0]) is not None


def _column(name: str) -> MarketColumn:
    bare, unit = split_unit(name)
    stem = plain_name(bare)
    stem = _ENGLISH.get(stem, stem)
    if unit is None:
        unit = SeriesUnit("kg_per_mwh") if stem == "co2_intensity" else SeriesUnit("mw")
    return MarketColumn(stem, unit, name)


def _moments(file: MarketFile, grid: TextGrid, values: dict[str, Floats]) -> RowMoments:
    zone = file.zone(ZONE)
    if _WITH_OFFSET in grid.columns:
        stamps = read_stamps(file, _WITH_OFFSET, grid.columns[_WITH_OFFSET], grid.lines, ISO)
        return to_moments(file, _WITH_OFFSET, stamps, grid.lines, zone)
    hour = next((name for name in ("Heures", "Heure") if name in grid.columns), "")
    if not hour:
        raise file.refusal(grid.header_line, "Heures", "no column of hours", "a column Heures")
    texts = [f"{day} {time}" for day, time in zip(grid.columns["Date"], grid.columns[hour], strict=True)]
    stamps = read_stamps(file, hour, texts, grid.lines)
    file.stop_if_wrong()
    empty = np.all([np.isnan(column) for column in values.values()], axis=0)
    _, area = areas_of(grid.columns[_PERIMETER])
    rule = file.clock("removed")
    return to_moments(file, hour, stamps, grid.lines, zone, rule=rule, is_empty=empty, group=area)


def _half_hourly(values: dict[str, Floats], moments: RowMoments) -> set[str]:
    """Columns without a number at any quarter past or to the hour."""
    between = moments.row[moments.moment_us % (HOUR_US // 2) == 15 * MINUTE_US]
    if not between.size:
        return set()
    return {name for name, column in values.items() if np.isnan(column[between]).all()}


def _on_half_hours(moments: RowMoments) -> RowMoments:
    kept = moments.moment_us % (HOUR_US // 2) != 15 * MINUTE_US
    return RowMoments(moments.row[kept], moments.moment_us[kept])
