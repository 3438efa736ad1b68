"""aFRR and mFRR on regelleistung.net: ``RESULT_OVERVIEW_CAPACITY_MARKET_aFRR`` and ``..._ENERGY_MARKET_...``.

A row a product: a direction and a block of four hours, in the energy market a quarter-hour. Capacity prices are in
EUR per MW and hour, ``[(EUR/MW)/h]``; older files have ``[EUR/MW]`` for a block, divided by its hours. Where a
product was tendered more than once, the last tender with a number holds.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import ClassVar

import numpy as np

from mes_stoch.io.market_files.assembly import MarketColumn, MarketRows, assemble
from mes_stoch.io.market_files.cells import Floats, read_numbers
from mes_stoch.io.market_files.grid import TextGrid, read_grid, separator_of
from mes_stoch.io.market_files.layout import MarketLayout
from mes_stoch.io.market_files.local_clock import RowMoments
from mes_stoch.io.market_files.market_file import FileHead, MarketFile
from mes_stoch.io.market_files.market_table import MarketTable
from mes_stoch.io.market_files.regelleistung_blocks import ZONE, Blocks, read_blocks
from mes_stoch.io.market_files.stamps import Integers
from mes_stoch.io.market_files.unit_words import SeriesUnit, plain_name, unit_of_text
from mes_stoch.io.readers.locate import listed

_WITH_UNIT = re.compile(r"(?P<name>[A-Z_0-9]+(?:\([-+]\)_[A-Z]+\([-+]\))?)_\[(?P<unit>[^\[\]]+)\]")
_WHAT = re.compile(r"(?P<area>[A-Z_]+?)_(?P<what>(?:MIN|AVERAGE|MARGINAL|MAX)_(?:CAPACITY|ENERGY)_PRICE|.*)")
_DAYS = ("DATE_FROM", "DELIVERY_DATE")
_SIDES = {"NEG": "down", "POS": "up", "NEGPOS": ""}


class RegelleistungFrr(MarketLayout):
    name: ClassVar[str] = "regelleistung_frr"
    looks_for: ClassVar[str] = "columns DATE_FROM or DELIVERY_DATE, and PRODUCT (regelleistung.net, aFRR and mFRR)"

    def recognises(self, head: FileHead) -> bool:
        names = re.split(r"[;,\t]", head.first.replace('"', ""))
        return "PRODUCT" in names and any(day in names for day in _DAYS)

    def read(self, file: MarketFile) -> MarketTable:
        header = file.head.find(lambda line: bool(line.strip())) or 1
        grid = read_grid(file, header, separator_of(file.head.first), ["PRODUCT"])
        day = next((name for name in _DAYS if name in grid.columns), "")
        if not day:
            raise file.refusal(grid.header_line, "DATE_FROM", f"columns {listed(grid.names)}", "a column DATE_FROM")
        columns = _columns(file, grid)
        numbers = read_numbers(file, grid, list(columns))
        zone = file.zone(ZONE)
        blocks = read_blocks(file, grid, day, "PRODUCT", zone)
        sides = [side for side in _SIDES if side in blocks.side]
        side = np.array([sides.index(one) for one in blocks.side], dtype=np.int64)
        held = _held(file, grid, blocks, side, numbers)
        values: dict[MarketColumn, Floats] = {}
        for name, column in columns.items():
            own = numbers[name][held]
            if column.unit.suffix == "eur_per_mw":
                column = replace(column, unit=SeriesUnit("eur_per_mw_h"))
                own = own / blocks.hours[held]
                file.notice("unit", f"EUR/MW for a block, divided by its hours: {name}")
            values[column] = own
        moments = RowMoments(np.arange(held.size), blocks.start_us[held])
        rows = MarketRows(moments, values, [grid.lines[int(k)] for k in held], end_us=blocks.end_us[held])
        labels = [_SIDES[one] for one in sides]
        table = assemble(file, self.name, zone, rows, areas=labels, area=side[held])
        by_source = {column.source_name: column.area for column in columns.values()}
        return replace(table, series=tuple(replace(one, area=by_source[one.source_name]) for one in table.series))


def _columns(file: MarketFile, grid: TextGrid) -> dict[str, MarketColumn]:
    kinds = {cell.lower() for cell in grid.columns.get("TYPE_OF_RESERVES", grid.columns.get("PRODUCT_TYPE", []))}
    kind = plain_name(kinds.pop()) if len(kinds) == 1 else "frr"
    result = {}
    for name in grid.names:
        found = _WITH_UNIT.fullmatch(name)
        unit = None if found is None else unit_of_text(found["unit"])
        if found is None or unit is None:
            continue
        parts = _WHAT.fullmatch(found["name"])
        area, what = ("", found["name"]) if parts is None else (parts["area"], parts["what"])
        result[name] = MarketColumn(f"{kind}_{plain_name(what)}_{plain_name(area)}", unit, name, area)
    if not result:
        expected = "columns such as GERMANY_AVERAGE_CAPACITY_PRICE_[(EUR/MW)/h]"
        raise file.refusal(grid.header_line, "", f"columns {listed(grid.names)}", expected)
    return result


def _held(file: MarketFile, grid: TextGrid, blocks: Blocks, side: Integers, numbers: dict[str, Floats]) -> Integers:
    """One row a product and block: of several tenders the last with a number."""
    if "TENDER_NUMBER" not in grid.columns:
        return np.arange(len(grid))
    tender = read_numbers(file, grid, ["TENDER_NUMBER"])["TENDER_NUMBER"]
    file.stop_if_wrong()
    has_number = np.any([np.isfinite(values) for values in numbers.values()], axis=0)
    order = np.lexsort((tender, has_number, side, blocks.start_us))
    key = np.stack([blocks.start_us[order], side[order]])
    is_last = np.concatenate([(key[:, 1:] != key[:, :-1]).any(axis=0), [True]])
    held = np.sort(order[is_last])
    left_out = [grid.lines[int(k)] for k in np.sort(order[~is_last])]
    if left_out:
        text = "products tendered more than once, the last tender with a number holds"
        file.notice("tender", text, left_out, len(left_out))
    return held
