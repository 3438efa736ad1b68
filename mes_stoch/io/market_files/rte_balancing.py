"""RTE, balancing: imbalance settlement prices ("prix de règlement des écarts") and prices of activated offers.

A title, then columns beginning with ``Heure de début``, separated by tabs, in Latin-1 although the file is called
``.xls``; local time, day first, without offsets; a row of totals and legal lines at the end. ``*`` and ``N/A`` stand
for no number.
"""

from __future__ import annotations

import re
from typing import ClassVar

from mes_stoch.io.market_files.assembly import MarketColumn
from mes_stoch.io.market_files.grid import TextGrid, read_grid, separator_of
from mes_stoch.io.market_files.layout import MarketLayout, table_of_columns
from mes_stoch.io.market_files.market_file import FileHead, MarketFile
from mes_stoch.io.market_files.market_table import MarketTable
from mes_stoch.io.market_files.stamps import DAY_FIRST, ISO
from mes_stoch.io.market_files.unit_words import plain_name, split_unit
from mes_stoch.io.readers.locate import listed, shorten

ZONE = "Europe/Paris"
_BEGIN = "Heure de début"
#: What names of columns say, the first that fits counts; {side} is up or down.
_STEMS = (
    (r"prix_de_reglements?_des_ecarts_positifs", "imbalance_price_positive"),
    (r"prix_de_reglements?_des_ecarts_negatifs", "imbalance_price_negative"),
    (r"desequilibre", "system_imbalance"),
    (r"prix_moyen_pondere.*{side}.*inferieur.*13_minutes", "mfrr_energy_price"),
    (r"prix_moyen_pondere.*{side}.*superieur.*13_minutes", "rr_energy_price"),
    (r"prix_moyen_pondere.*{side}", "balancing_energy_price"),
    (r"prix_marginal.*{side}", "balancing_marginal_price"),
    (r"volume.*{side}", "balancing_energy"),
)
_SIDES = {"hausse": "up", "baisse": "down"}


class RteBalancing(MarketLayout):
    name: ClassVar[str] = "rte_balancing"
    looks_for: ClassVar[str] = 'a header that begins with "Heure de début" (RTE, écarts and ajustement)'

    def recognises(self, head: FileHead) -> bool:
        return _header_line(head) is not None

    def read(self, file: MarketFile) -> MarketTable:
        header_line = _header_line(file.head)
        if header_line is None:
            raise file.refusal(1, "", f"'{shorten(file.head.first)}'", self.looks_for)
        separator = separator_of(file.head.lines[header_line - 1])
        grid = read_grid(file, header_line, separator, [_BEGIN], is_aside=_is_aside)
        columns = _columns(file, grid)
        first = grid.columns[_BEGIN][0]
        return table_of_columns(
            file,
            self.name,
            grid,
            columns,
            time_column=_BEGIN,
            zone=ZONE,
            form=ISO if ISO.pattern.fullmatch(first) else DAY_FIRST,
        )


def _header_line(head: FileHead) -> int | None:
    return head.find(lambda line: plain_name(re.split(r"[;\t]", line)[0]) == "heure_de_debut")


def _is_aside(row: list[str]) -> bool:
    """Totals, and lines of text: one cell that is no time."""
    filled = [cell for cell in row if cell]
    return plain_name(row[0]).startswith("total") or (len(filled) == 1 and not filled[0][:1].isdigit())


def _columns(file: MarketFile, grid: TextGrid) -> dict[str, MarketColumn]:
    result = {}
    for name in grid.names:
        bare, unit = split_unit(name)
        if unit is not None:
            result[name] = MarketColumn(_stem(bare), unit, name, "FR")
    if not result:
        expected = "columns with their unit, such as Prix de Règlements des Ecarts Positifs (Euros/MWh)"
        raise file.refusal(grid.header_line, "", f"columns {listed(grid.names)}", expected)
    return result


def _stem(name: str) -> str:
    plain = plain_name(name)
    for pattern, stem in _STEMS:
        if "{side}" not in pattern:
            if re.search(pattern, plain):
                return stem
            continue
        for french, side in _SIDES.items():
            if re.search(pattern.format(side=french), plain):
                return f"{stem}_{side}"
    return plain
