"""What a product may ask of the model beyond what a component may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from mes_stoch.components.shared.context import (
    Availability,
    DirectedProduct,
    Expression,
    ModelContext,
    OfPeriod,
    Weighted,
)
from mes_stoch.schema.component import Component
from mes_stoch.schema.connection import Connection
from mes_stoch.schema.instance import Bids


class MarketContext(ModelContext, Protocol):
    """The model under construction, after its components stand."""

    @property
    def bids(self) -> Bids:
        """Which bid rules are switched on."""
        ...

    @property
    def directed_products(self) -> Sequence[DirectedProduct]:
        """Every direction of every product that is called."""
        ...

    def declared(self, owner: str, name: str) -> Any | None:
        """A variable declared before; ``None`` where there is none of that name."""
        ...

    def held(self, directed: DirectedProduct, t: int) -> Expression:
        """Reserve all components hold for a directed product, MW."""
        ...

    def called(self, directed: DirectedProduct, weight: float | str = 1.0) -> OfPeriod:
        """Weight times the reserve all components deliver for a directed product, MW."""
        ...

    def register_missed(self, directed: DirectedProduct, missed: Weighted) -> None:
        """Tell the settlement what of a directed product is ordered but not delivered, MW, times a weight."""
        ...

    def missed(self, directed: DirectedProduct, weight: float | str = 1.0) -> OfPeriod:
        """Weight times what is ordered but not delivered, MW."""
        ...

    def register_unscheduled(self, unscheduled: OfPeriod) -> None:
        """Tell the settlement what a connection plans beyond its positions, MW; positive is long."""
        ...

    def unscheduled(self, t: int) -> Expression:
        """Planned beyond positions, MW."""
        ...

    def held_by(self, owner: str, directed: DirectedProduct) -> OfPeriod:
        """Reserve one component holds for a directed product, MW; a ``ModelError`` where it does not provide it."""
        ...

    def component(self, name: str) -> Component:
        """A component of the instance; a ``ModelError`` where there is none of that name."""
        ...

    def planned(self, owner: str, node: str) -> OfPeriod:
        """Flow of a component into a node if nothing is called, MW."""
        ...

    def connection(self, name: str) -> Connection:
        """A connection of the instance; a ``ModelError`` where the component is none."""
        ...

    def scheduled(self, connection: str, t: int) -> Expression:
        """Export at a connection if nothing is called, MW."""
        ...

    def providers(self, product_id: str) -> Mapping[str, Availability]:
        """Components that provide a product, with what they could bring; an error where one tells no availability."""
        ...

    def running(self, owner: str) -> OfPeriod:
        """1 where a component that can provide products runs, 0 where it is off."""
        ...

    def injection_range(self, owner: str, node: str) -> tuple[OfPeriod, OfPeriod]:
        """Least and largest flow of a component into a node, whatever is called of what it holds, MW."""
        ...

    @property
    def year_share(self) -> float:
        """Share of a year that the horizon stands for."""
        ...
