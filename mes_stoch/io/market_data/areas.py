"""Areas whose real days the project can read, by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mes_stoch.io.market_data.france import read_france
from mes_stoch.io.market_data.real_days import RealDays
from mes_stoch.io.market_data.western_denmark import read_western_denmark
from mes_stoch.schema.errors import UsageError

AREAS: dict[str, Callable[[Path], RealDays]] = {
    "western_denmark_2021": read_western_denmark,
    "france_2019": read_france,
}


def read_area(name: str, data_folder: Path) -> RealDays:
    """The real days of an area.

    Raises
    ------
    UsageError
        An unknown area, or files that are not there.
    """
    if name not in AREAS:
        raise UsageError(f"unknown series {name!r}; there are {', '.join(AREAS)}")
    return AREAS[name](data_folder)
