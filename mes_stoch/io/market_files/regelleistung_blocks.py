"""Products of regelleistung.net in time: blocks of hours, and quarter-hours by number.

``NEGPOS_04_08`` is the block from 4 to 8 o'clock by the local clock; it has three or five hours where the clock
changes within it. ``POS_005`` is the fifth quarter-hour of the day, counted as time passes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import tzinfo

import numpy as np
import pandas as pd

from mes_stoch.io.market_files.grid import TextGrid
from mes_stoch.io.market_files.market_file import MarketFile
from mes_stoch.io.market_files.row_times import HOUR_US
from mes_stoch.io.market_files.stamps import DAY_FIRST, ISO, Integers, read_stamps
from mes_stoch.io.readers.locate import shorten

ZONE = "Europe/Berlin"
_BLOCK = re.compile(r"(?P<side>NEGPOS|NEG|POS)_(?P<first>\d\d)_(?P<last>\d\d)")
_QUARTER = re.compile(r"(?P<side>NEG|POS)_(?P<number>\d{3})")
_DAY_US = 24 * HOUR_US


@dataclass(frozen=True)
class Blocks:
    """Start and end of each row's product, in microseconds since 1970 in UTC, and its side: NEGPOS, NEG or POS."""

    start_us: Integers
    end_us: Integers
    side: list[str]

    @property
    def hours(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.asarray((self.end_us - self.start_us) / HOUR_US, dtype=np.float64)


def read_blocks(file: MarketFile, grid: TextGrid, day_column: str, product_column: str, zone: tzinfo) -> Blocks:
    """Products of all rows in time.

    Raises
    ------
    MarketFileError
    """
    days = grid.columns[day_column]
    form = ISO if ISO.pattern.fullmatch(days[0]) else DAY_FIRST
    day_us = read_stamps(file, day_column, days, grid.lines, form).wall_us
    count = len(grid)
    first, last = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    passed = np.zeros(count, dtype=bool)
    sides: list[str] = []
    bad = []
    for position, product in enumerate(grid.columns[product_column]):
        block, quarter = _BLOCK.fullmatch(product), _QUARTER.fullmatch(product)
        if block is not None and int(block["first"]) < int(block["last"]) <= 24:
            first[position], last[position] = (int(block[part]) * HOUR_US for part in ("first", "last"))
            sides.append(block["side"])
        elif quarter is not None and 1 <= int(quarter["number"]) <= 100:
            last[position] = int(quarter["number"]) * HOUR_US // 4
            first[position] = last[position] - HOUR_US // 4
            passed[position] = True
            sides.append(quarter["side"])
        else:
            bad.append(position)
            sides.append("")
    expected = "a product such as NEGPOS_00_04, POS_16_20 or NEG_001"
    file.reporter.add_all(
        [grid.lines[k] for k in bad],
        product_column,
        lambda example: (f"'{shorten(grid.columns[product_column][bad[example]])}'", ""),
        expected,
        kind="product",
    )
    file.stop_if_wrong()
    midnight = _local(day_us, zone)
    start = np.where(passed, midnight + first, _local(day_us + first, zone))
    end = np.where(passed, midnight + last, _local(day_us + last, zone))
    return Blocks(start, end, sides)


def _local(wall_us: Integers, zone: tzinfo) -> Integers:
    """Moments of full hours at which no clock of the zone changes: blocks begin at 0, 4, 8 ... o'clock."""
    walls = pd.DatetimeIndex(wall_us.view("datetime64[us]"))
    local = walls.tz_localize(zone, ambiguous=np.ones(len(walls), dtype=bool), nonexistent="shift_forward")
    return np.asarray(local.as_unit("us").asi8)
