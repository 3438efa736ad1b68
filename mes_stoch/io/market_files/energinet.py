"""Energinet, energidataservice.dk: spot prices, reserves, regulation and imbalance of the Danish zones.

``HourUTC;HourDK;PriceArea;SpotPriceDKK;SpotPriceEUR`` with semicolons and a decimal comma, or commas and a point;
newer sets have ``TimeUTC;TimeDK`` and quarter-hours. Rows come from the newest to the oldest. The time in UTC counts;
where it is not there, Danish time. Prices are in DKK and EUR; units are not in the file but in the description of
each set.
"""

from __future__ import annotations

import re
from typing import ClassVar

import numpy as np

from mes_stoch.io.market_files.assembly import MarketColumn
from mes_stoch.io.market_files.cells import COMMA, POINT, NumberStyle
from mes_stoch.io.market_files.grid import TextGrid, read_grid, separator_of
from mes_stoch.io.market_files.layout import MarketLayout, areas_of, table_of_columns
from mes_stoch.io.market_files.local_clock import RowMoments
from mes_stoch.io.market_files.market_file import FileHead, MarketFile, zone_of
from mes_stoch.io.market_files.market_table import MarketTable
from mes_stoch.io.market_files.row_times import RowTimes
from mes_stoch.io.market_files.stamps import ISO, NONE, read_stamps
from mes_stoch.io.market_files.unit_words import SeriesUnit, plain_name
from mes_stoch.io.readers.locate import listed, shorten

ZONE = "Europe/Copenhagen"
_UTC = re.compile(r"(Hour|Time|Minutes5|Minutes1)UTC")
_LOCAL = re.compile(r"(Hour|Time|Minutes5|Minutes1)DK")
_PRICE = re.compile(r"(?P<stem>.*Price\w*?)(?P<code>DKK|EUR)")
#: Prices of energy; other prices are of capacity held for an hour.
_OF_ENERGY = re.compile(r"Spot|DayAhead|Balancing|Imbalance|IGCC|aFRR_?Vwa|Energy|Intraday|Satisfied", re.IGNORECASE)
_VOLUME = re.compile(
    r"Expected|Purchased|MW$|RegulatingPower|ImbalanceSurplus|ImbalanceDeficit|Demand|Activated|Accepted"
)
_STEMS = {"spot_price": "day_ahead_price"}


class Energinet(MarketLayout):
    name: ClassVar[str] = "energinet"
    looks_for: ClassVar[str] = "a first column HourUTC, TimeUTC, HourDK or TimeDK (Energinet)"

    def recognises(self, head: FileHead) -> bool:
        first = re.split(r"[;,\t]", head.first)[0].strip().strip('"')
        return _UTC.fullmatch(first) is not None or _LOCAL.fullmatch(first) is not None

    def read(self, file: MarketFile) -> MarketTable:
        header = file.head.find(lambda line: bool(line.strip())) or 1
        grid = read_grid(file, header, separator_of(file.head.first))
        utc = next((name for name in grid.names if _UTC.fullmatch(name)), None)
        local = next((name for name in grid.names if _LOCAL.fullmatch(name)), None)
        time_column = utc or local
        if time_column is None:
            raise file.refusal(grid.header_line, "", f"columns {listed(grid.names)}", self.looks_for)
        columns = _columns(file, grid, [name for name in (utc, local, "PriceArea") if name is not None])
        areas, area = areas_of(grid.columns["PriceArea"]) if "PriceArea" in grid.columns else ([""], None)
        texts = grid.columns[time_column]
        if utc is not None:
            texts = [text if text.endswith(("Z", "+00:00")) or not text else f"{text}Z" for text in texts]
            if local is not None:
                _check_local(file, grid, texts, utc, local)
        return table_of_columns(
            file,
            self.name,
            grid,
            columns,
            time_column=time_column,
            texts=texts,
            zone=ZONE,
            form=ISO,
            style=_style(grid, list(columns)),
            areas=areas,
            area=area,
        )


def _columns(file: MarketFile, grid: TextGrid, others: list[str]) -> dict[str, MarketColumn]:
    result, unknown = {}, []
    for name in grid.names:
        if name in others or not name:
            continue
        price = _PRICE.fullmatch(name)
        if price is not None:
            tail = "per_mwh" if _OF_ENERGY.search(name) else "per_mw_h"
            stem = _snake(price["stem"])
            result[name] = MarketColumn(_STEMS.get(stem, stem), SeriesUnit(f"{price['code'].lower()}_{tail}"), name)
        elif name.endswith("MWh"):
            result[name] = MarketColumn(_snake(name.removesuffix("MWh")), SeriesUnit("mwh"), name)
        elif _VOLUME.search(name):
            result[name] = MarketColumn(_snake(name.removesuffix("MW")), SeriesUnit("mw"), name)
        else:
            unknown.append(name)
    if unknown:
        file.notice("text", f"columns whose unit is not known are left out: {listed(unknown, 5)}", (), len(unknown))
    if not result:
        raise file.refusal(grid.header_line, "", f"columns {listed(grid.names)}", "a column such as SpotPriceEUR")
    return result


def _snake(name: str) -> str:
    """``mFRR_UpPrice`` as ``mfrr_up_price``."""
    return plain_name(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("m_FRR", "mFRR").replace("a_FRR", "aFRR"))


def _style(grid: TextGrid, names: list[str]) -> NumberStyle:
    if grid.separator == ",":
        return POINT
    has_comma = any("," in cell for name in names for cell in grid.columns[name])
    return COMMA if has_comma else POINT


def _check_local(file: MarketFile, grid: TextGrid, texts: list[str], utc: str, local: str) -> None:
    """The two times of a row are the same moment."""
    stamps = read_stamps(file, utc, texts, grid.lines, ISO)
    walls = read_stamps(file, local, grid.columns[local], grid.lines, ISO)
    moments = RowMoments(np.arange(len(grid)), stamps.wall_us - stamps.offset_us)
    lines = np.asarray(grid.lines)
    shown = RowTimes(moments.moment_us, moments.moment_us, lines, zone_of(ZONE)).index.tz_localize(None)
    has_offset = walls.offset_us != NONE
    odd = np.flatnonzero((np.asarray(shown.as_unit("us").asi8) != walls.wall_us) & ~has_offset)

    def words(example: int) -> tuple[str, str]:
        row = int(odd[example])
        return f"{shorten(grid.columns[local][row])} beside {shorten(grid.columns[utc][row])} in UTC", ""

    file.reporter.add_all(lines[odd].tolist(), local, words, "one moment in a row", kind="moment")
    file.stop_if_wrong()
