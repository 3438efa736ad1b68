"""What a layout answers, and what most layouts do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from mes_stoch.io.market_files.assembly import MarketColumn, MarketRows, assemble
from mes_stoch.io.market_files.cells import NumberStyle, read_numbers
from mes_stoch.io.market_files.grid import TextGrid
from mes_stoch.io.market_files.local_clock import to_moments
from mes_stoch.io.market_files.market_file import ClockRule, FileHead, MarketFile
from mes_stoch.io.market_files.market_table import MarketTable
from mes_stoch.io.market_files.row_times import lengths_of_rows
from mes_stoch.io.market_files.stamps import Integers, StampForm, read_stamps


class MarketLayout(ABC):
    """One way in which a publisher writes files.

    ``name`` is what ``--layout`` takes, ``looks_for`` completes "a file with ..." for people.
    """

    name: ClassVar[str]
    looks_for: ClassVar[str]

    @abstractmethod
    def recognises(self, head: FileHead) -> bool:
        """Whether a file that begins like this is of the layout."""

    @abstractmethod
    def read(self, file: MarketFile) -> MarketTable:
        """The series of a file.

        Raises
        ------
        MarketFileError
            Every problem that was found, with its line.
        """


def table_of_columns(
    file: MarketFile,
    layout: str,
    grid: TextGrid,
    columns: Mapping[str, MarketColumn],
    *,
    time_column: str,
    zone: str,
    states_zone: bool = False,
    texts: Sequence[str] | None = None,
    form: StampForm | None = None,
    rule: ClockRule = "clock",
    style: NumberStyle | None = None,
    marks: Integers | None = None,
    end_texts: Sequence[str] | None = None,
    at_end: bool = False,
    period_us: int | None = None,
    areas: Sequence[str] = ("",),
    area: Integers | None = None,
) -> MarketTable:
    """The table of a file with a column of stamps and columns of numbers.

    Parameters
    ----------
    columns : mapping of str to MarketColumn
        By name in the file.
    time_column : str
        Name of the stamps in messages; their text, unless ``texts`` are given.
    zone : str
        Of stamps without an offset, unless the user has said another; the index of the table has it.
    states_zone : bool
        Whether the zone is the file's own, so that no other can be said.
    rule : {"clock", "removed"}
        Of stamps without an offset, unless the user has said another.
    end_texts : sequence of str, optional
        Ends of periods, where rows have them beside the starts: they say the length.
    at_end : bool
        Whether stamps are ends of periods.
    areas, area : optional
        As :func:`mes_stoch.io.market_files.assembly.assemble`.

    Raises
    ------
    MarketFileError
    """
    local = file.stated_zone(zone) if states_zone else file.zone(zone)
    values = read_numbers(file, grid, list(columns), style)
    written = grid.columns[time_column] if texts is None else texts
    stamps = read_stamps(file, time_column, written, grid.lines, form)
    length_us = None
    if end_texts is not None:
        ends = read_stamps(file, time_column, end_texts, grid.lines, form)
        length_us = lengths_of_rows(stamps.wall_us, ends.wall_us)
    file.stop_if_wrong()
    empty = np.all([np.isnan(column) for column in values.values()], axis=0)
    moments = to_moments(
        file,
        time_column,
        stamps,
        grid.lines,
        local,
        rule=file.clock(rule),
        marks=marks,
        is_empty=empty,
        group=area,
    )
    by_column = {columns[name]: numbers for name, numbers in values.items()}
    rows = MarketRows(moments, by_column, grid.lines, at_end=at_end, period_us=period_us, length_us=length_us)
    return assemble(file, layout, local, rows, areas=areas, area=area)


def areas_of(cells: Sequence[str]) -> tuple[list[str], Integers]:
    """Areas of a file with a row for each area and period, in order of first use, and the one of each row."""
    names = list(dict.fromkeys(cells))
    codes = {name: code for code, name in enumerate(names)}
    return names, np.array([codes[cell] for cell in cells], dtype=np.int64)
