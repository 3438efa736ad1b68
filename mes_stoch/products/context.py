"""What a product may ask of the model beyond what a component may."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mes_stoch.components.context import Expression, Leg, ModelContext
from mes_stoch.schema.components import GridConnection
from mes_stoch.schema.instance import Bids


class MarketContext(ModelContext, Protocol):
    """The model under construction, after its components stand."""

    @property
    def bids(self) -> Bids: ...

    @property
    def legs(self) -> Sequence[Leg]: ...

    def held(self, leg: Leg, t: int) -> Expression:
        """Reserve all components hold for a leg, MW."""
        ...

    def called(self, leg: Leg, t: int) -> Expression:
        """Reserve all components deliver for a leg, MW."""
        ...

    def register_missed(self, leg: Leg, missed: Any) -> None:
        """Tell the settlement which variable holds a leg's missed power."""
        ...

    def missed(self, leg: Leg, t: int) -> Expression:
        """Ordered but not delivered, MW."""
        ...

    def spans(self, hours: float) -> list[NDArray[np.int64]]:
        """Periods of each block of so many local clock hours."""
        ...

    def connection(self, name: str) -> GridConnection: ...

    def scheduled(self, connection: str, t: int) -> Expression:
        """Export at a connection if nothing is called, MW."""
        ...
