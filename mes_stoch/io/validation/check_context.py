"""What the checks of a kind may look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from mes_stoch.io.readers.locate import Locator
from mes_stoch.io.validation.partial_instance import PartialInstance


@dataclass(frozen=True)
class CheckContext:
    """An instance that may still have mistakes, and how to tell of them.

    Parameters
    ----------
    partial : PartialInstance
        The entries that are sound by themselves.
    locator : Locator
        Makes issues with the lines of their entries.
    time : pandas.DatetimeIndex or None
        Start of each period in local time; ``None`` where the horizon cannot be read.
    connections : mapping
        Grid connection of every product that needs one and has one.
    """

    partial: PartialInstance
    locator: Locator
    time: pd.DatetimeIndex | None
    connections: Mapping[str, str]
