"""FCR Cooperation on regelleistung.net: ``RESULT_OVERVIEW_CAPACITY_MARKET_FCR``.

A row a tender and block, with demand and marginal price of every country. Prices are in EUR per MW **and block**;
they are divided by the hours of the block. A block may have been tendered more than once: again for all (3 October
2021), or for what a single country still lacked, with a demand of a few MW and, for all others, a demand and a price
of 0 or ``-``. For each country the tender of its largest demand holds, of equal ones the last.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
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
from mes_stoch.io.market_files.unit_words import SeriesUnit

_PRICE = "_SETTLEMENTCAPACITY_PRICE_[EUR/MW]"
_DEMAND = "_DEMAND_[MW]"
_ALL = "CROSSBORDER"
_REQUIRED = ("DATE_FROM", "TENDER_NUMBER", "PRODUCTNAME")
_COUNTRIES = {
    "AUSTRIA": "AT",
    "BELGIUM": "BE",
    "CZECH_REPUBLIC": "CZ",
    "DENMARK": "DK",
    "FRANCE": "FR",
    "GERMANY": "DE",
    "NETHERLANDS": "NL",
    "SLOVENIA": "SI",
    "SWITZERLAND": "CH",
}
_MOST_DAYS = 5


class RegelleistungFcr(MarketLayout):
    name: ClassVar[str] = "regelleistung_fcr"
    looks_for: ClassVar[str] = "columns DATE_FROM and PRODUCTNAME (regelleistung.net, FCR)"

    def recognises(self, head: FileHead) -> bool:
        names = re.split(r"[;,\t]", head.first.replace('"', ""))
        return "DATE_FROM" in names and "PRODUCTNAME" in names

    def read(self, file: MarketFile) -> MarketTable:
        header = file.head.find(lambda line: bool(line.strip())) or 1
        grid = read_grid(file, header, separator_of(file.head.first), _REQUIRED)
        prices = [name for name in grid.names if name.endswith(_PRICE)]
        if not prices:
            raise file.refusal(grid.header_line, "", "no column of prices", f"columns such as GERMANY{_PRICE}")
        demands = [name for name in grid.names if name.endswith(_DEMAND)]
        numbers = read_numbers(file, grid, [*prices, *demands])
        tender = read_numbers(file, grid, ["TENDER_NUMBER"])["TENDER_NUMBER"]
        zone = file.zone(ZONE)
        blocks = read_blocks(file, grid, "DATE_FROM", "PRODUCTNAME", zone)
        grid, blocks, tender, numbers = _without_repeats(file, grid, blocks, tender, numbers)
        chooser = _Chooser(grid, blocks, tender, numbers)
        first = chooser.first
        values: dict[MarketColumn, Floats] = {}
        for name in prices:
            country = name.removesuffix(_PRICE)
            chosen = chooser.choose(name)
            per_hour = np.where(chosen >= 0, numbers[name][chosen] / blocks.hours[chosen], np.nan)
            values[MarketColumn("fcr_capacity_price", SeriesUnit("eur_per_mw_h"), name, _short(country))] = per_hour
        for name in demands:
            country = name.removesuffix(_DEMAND)
            chosen = chooser.choose(f"{country}{_PRICE}")
            demand = np.where(chosen >= 0, numbers[name][chosen], np.nan)
            values[MarketColumn("fcr_demand", SeriesUnit("mw"), name, _short(country))] = demand
        chooser.notice(file)
        text = "EUR/MW for a block, divided by the hours of the block (3 or 5 where the clock changes within it)"
        file.notice("unit", text, (), len(prices))
        moments = RowMoments(np.arange(first.size), blocks.start_us[first])
        lines = [grid.lines[int(k)] for k in first]
        return assemble(file, self.name, zone, MarketRows(moments, values, lines, end_us=blocks.end_us[first]))


def _short(country: str) -> str:
    return "cross_border" if country == _ALL else _COUNTRIES.get(country, country)


def _without_repeats(
    file: MarketFile, grid: TextGrid, blocks: Blocks, tender: Floats, numbers: dict[str, Floats]
) -> tuple[TextGrid, Blocks, Floats, dict[str, Floats]]:
    """One row a block and tender: the same one again is left out, one with other numbers is an issue."""
    seen: dict[tuple[int, float], int] = {}
    again: list[tuple[int, int]] = []
    clash: list[tuple[int, int]] = []
    for row in range(len(grid)):
        first = seen.setdefault((int(blocks.start_us[row]), float(tender[row])), row)
        if first == row:
            continue
        is_same = all(np.array_equal(values[[first]], values[[row]], equal_nan=True) for values in numbers.values())
        (again if is_same else clash).append((first, row))

    def words(example: int) -> tuple[str, str]:
        first, row = clash[example]
        product = f"{grid.columns['DATE_FROM'][row]} {grid.columns['PRODUCTNAME'][row]}"
        return f"tender {tender[row]:g} for {product} a second time, with other numbers (line {grid.lines[first]})", ""

    lines = [grid.lines[row] for _, row in clash]
    file.reporter.add_all(lines, "TENDER_NUMBER", words, "a row a tender and block", kind="repeat")
    file.stop_if_wrong()
    if not again:
        return grid, blocks, tender, numbers
    left_out = [grid.lines[row] for _, row in again]
    file.notice("repeat", "rows twice with the same numbers, one kept", left_out, len(left_out))
    keep = np.setdiff1d(np.arange(len(grid)), [row for _, row in again])
    columns = {name: [cells[int(k)] for k in keep] for name, cells in grid.columns.items()}
    kept = replace(grid, columns=columns, lines=[grid.lines[int(k)] for k in keep])
    of_rows = Blocks(blocks.start_us[keep], blocks.end_us[keep], [blocks.side[int(k)] for k in keep])
    return kept, of_rows, tender[keep], {name: values[keep] for name, values in numbers.items()}


class _Chooser:
    """Which of several tenders for a block holds, country by country."""

    def __init__(self, grid: TextGrid, blocks: Blocks, tender: Floats, numbers: Mapping[str, Floats]) -> None:
        self._grid, self._blocks, self._tender, self._numbers = grid, blocks, tender, numbers
        _, self.first, self._block = np.unique(blocks.start_us, return_index=True, return_inverse=True)
        counts = np.bincount(self._block)
        self._several = np.flatnonzero(counts > 1)
        self._rows = {int(block): np.flatnonzero(self._block == block) for block in self._several}
        self._taken: dict[int, dict[float, list[str]]] = {}

    def choose(self, price: str) -> Integers:
        """The row that holds for each block, -1 where there is none."""
        country = price.removesuffix(_PRICE)
        chosen = self.first.copy()
        for block, rows in self._rows.items():
            chosen[block] = best = self._best(price, country, rows)
            if best >= 0:
                of_block = self._taken.setdefault(block, {}).setdefault(float(self._tender[best]), [])
                if country not in of_block:
                    of_block.append(country)
        return chosen

    def _best(self, price: str, country: str, rows: Integers) -> int:
        demand = self._demand(country, rows)
        prices = self._numbers[price][rows] if price in self._numbers else np.zeros(rows.size)
        order = np.lexsort((self._tender[rows], demand))[::-1]
        usable = [int(rows[k]) for k in order if np.isfinite(prices[k]) and demand[k] > 0]
        if usable:
            return usable[0]
        known = [int(rows[k]) for k in order[::-1] if np.isfinite(prices[k])]
        return known[0] if known else int(rows[0])

    def _demand(self, country: str, rows: Integers) -> Floats:
        names = [f"{country}{_DEMAND}"]
        if country == _ALL:
            names = [name for name in self._numbers if name.endswith(_DEMAND)]
        known = [np.nan_to_num(self._numbers[name][rows]) for name in names if name in self._numbers]
        return np.asarray(np.sum(known, axis=0)) if known else np.ones(rows.size)

    def notice(self, file: MarketFile) -> None:
        if not self._several.size:
            return
        lines = [self._grid.lines[int(rows[-1])] for rows in self._rows.values()]
        text = (
            f"{self._several.size} blocks tendered more than once: for each country the tender of its largest demand "
            "holds, of equal ones the last"
        )
        file.notice("tender", text, lines, len(lines))
        by_day: dict[str, tuple[list[int], set[str]]] = {}
        for block, rows in self._rows.items():
            later = [
                country
                for number, countries in self._taken.get(block, {}).items()
                if number != self._tender[rows].min()
                for country in countries
            ]
            own, names = by_day.setdefault(self._grid.columns["DATE_FROM"][int(rows[0])], ([], set()))
            own.append(self._grid.lines[int(rows[-1])])
            names.update(_short(country) for country in later)
        replaced = {day: entry for day, entry in by_day.items() if entry[1]}
        for day, (own, names) in list(replaced.items())[:_MOST_DAYS]:
            file.notice("tender", f"{day}: a later tender holds for {_listed(sorted(names))}", own, len(own))
        kept = len(by_day) - len(replaced)
        if kept:
            file.notice("tender", f"on {kept} other days the first tender holds for all countries", (), kept)
        if len(replaced) > _MOST_DAYS:
            more = len(replaced) - _MOST_DAYS
            file.notice("tender", f"on {more} more days a later tender holds for some country", (), more)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(name.replace("_", " ") for name in names)
