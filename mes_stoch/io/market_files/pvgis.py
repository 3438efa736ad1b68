"""PVGIS (European Commission): hourly PV output and radiation.

A few lines about the place, ``time,P,G(i),H_sun,T2m,WS10m,Int``, rows ``20230101:0010,...`` in UTC, notes at the end.
The minutes are those of the satellite's picture: a row is taken for its hour. ``P`` is in watts of the whole system.
"""

from __future__ import annotations

import re
from typing import ClassVar

from mes_stoch.io.market_files.assembly import MarketColumn
from mes_stoch.io.market_files.cells import POINT
from mes_stoch.io.market_files.grid import read_grid
from mes_stoch.io.market_files.layout import MarketLayout, table_of_columns
from mes_stoch.io.market_files.market_file import FileHead, MarketFile
from mes_stoch.io.market_files.market_table import MarketTable
from mes_stoch.io.market_files.stamps import COMPACT
from mes_stoch.io.market_files.unit_words import SeriesUnit
from mes_stoch.io.readers.locate import listed, shorten

_UNITS = {
    "P": ("pv_power", SeriesUnit("mw", 1e-6)),
    "G(i)": ("irradiance_in_plane", SeriesUnit("w_per_m2")),
    "Gb(i)": ("beam_irradiance_in_plane", SeriesUnit("w_per_m2")),
    "Gd(i)": ("diffuse_irradiance_in_plane", SeriesUnit("w_per_m2")),
    "Gr(i)": ("reflected_irradiance_in_plane", SeriesUnit("w_per_m2")),
    "T2m": ("temperature", SeriesUnit("degc")),
    "WS10m": ("wind_speed_10m", SeriesUnit("m_per_s")),
}
_NOTE = re.compile(r"(P|G[bdr]?\(i\)|H_sun|T2m|WS10m|Int)\s*:|PVGIS")
_STAMP = re.compile(r"(\d{8}:\d{2})\d{2}")


class Pvgis(MarketLayout):
    name: ClassVar[str] = "pvgis"
    looks_for: ClassVar[str] = "a header time,P,G(i),... or time,G(i),... (PVGIS)"

    def recognises(self, head: FileHead) -> bool:
        return _header_line(head) is not None

    def read(self, file: MarketFile) -> MarketTable:
        header_line = _header_line(file.head)
        if header_line is None:
            raise file.refusal(1, "", f"'{shorten(file.head.first)}'", self.looks_for)
        grid = read_grid(file, header_line, ",", ["time"], is_aside=lambda row: _NOTE.match(row[0]) is not None)
        columns = {name: MarketColumn(*_UNITS[name], name) for name in grid.names if name in _UNITS}
        if not columns:
            raise file.refusal(grid.header_line, "", f"columns {listed(grid.names)}", f"columns {listed(list(_UNITS))}")
        texts = [_STAMP.sub(r"\g<1>00", text) if _STAMP.fullmatch(text) else text for text in grid.columns["time"]]
        moved = [line for line, text, full in zip(grid.lines, grid.columns["time"], texts, strict=True) if text != full]
        if moved:
            file.notice("text", "stamps within the hour are taken for their hour", moved[:1], len(moved))
        return table_of_columns(
            file,
            self.name,
            grid,
            columns,
            time_column="time",
            texts=texts,
            zone="UTC",
            states_zone=True,
            form=COMPACT,
            style=POINT,
        )


def _header_line(head: FileHead) -> int | None:
    return head.find(lambda line: re.match(r"time,(P|G[b]?\(i\))(,|$)", line) is not None)
