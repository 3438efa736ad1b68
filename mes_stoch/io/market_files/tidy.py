"""The CSV that an instance takes as its ``series``, and that ``mes-stoch data --out`` writes.

A column ``time`` of stamps with their offset, and a column a series, named with its unit.
"""

from __future__ import annotations

from typing import ClassVar

from mes_stoch.io.market_files.column_map import ColumnMap
from mes_stoch.io.market_files.generic import Generic
from mes_stoch.io.market_files.layout import MarketLayout
from mes_stoch.io.market_files.market_file import FileHead, MarketFile
from mes_stoch.io.market_files.market_table import MarketTable
from mes_stoch.schema.units import unit_of

_TIME = "time"


class Tidy(MarketLayout):
    name: ClassVar[str] = "tidy"
    looks_for: ClassVar[str] = "a first column 'time', and columns named with their units (mes-stoch data --out)"

    def recognises(self, head: FileHead) -> bool:
        return bool(_series(head))

    def read(self, file: MarketFile) -> MarketTable:
        names = _series(file.head)
        if not names:
            raise file.refusal(1, "", f"'{file.head.first}'", self.looks_for)
        # stamps have their offset: the zone is that in which times are shown
        found = Generic(ColumnMap(_TIME, "UTC", {name: name for name in names})).read(file)
        return MarketTable(self.name, found.source, found.zone, found.series, found.findings)


def _series(head: FileHead) -> list[str]:
    """Columns of series; none where the header is not such a one."""
    first, *names = [cell.strip().strip('"') for cell in head.first.lstrip("\ufeff").split(",")]
    return names if first == _TIME and names and all(unit_of(name) is not None for name in names) else []
