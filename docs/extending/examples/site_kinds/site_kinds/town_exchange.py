"""A layout of market files: hourly prices of an exchange, day and hour in columns of their own.

``TOWN EXCHANGE`` in the first line, then ``day|hour|price``; hour 1 begins at midnight by the local clock.
"""

from __future__ import annotations

from typing import ClassVar

from mes_stoch.extend import (
    FileHead,
    MarketColumn,
    MarketFile,
    MarketLayout,
    MarketTable,
    SeriesUnit,
    read_grid,
    table_of_columns,
)


class TownExchange(MarketLayout):
    name: ClassVar[str] = "town_exchange"
    looks_for: ClassVar[str] = "TOWN EXCHANGE in the first line"

    def recognises(self, head: FileHead) -> bool:
        return head.first.startswith("TOWN EXCHANGE")

    def read(self, file: MarketFile) -> MarketTable:
        grid = read_grid(file, 2, "|", ["day", "hour", "price"])
        starts = [
            f"{day} {int(hour) - 1:02d}:00" if hour.isdecimal() else f"{day} {hour}"
            for day, hour in zip(grid.columns["day"], grid.columns["hour"], strict=True)
        ]
        price = MarketColumn("town_price", SeriesUnit("eur_per_mwh"), "price")
        return table_of_columns(
            file, self.name, grid, {"price": price}, time_column="hour", texts=starts, zone="Europe/Paris"
        )
