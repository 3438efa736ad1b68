"""A component as a connection to a public network, or as a link between two nodes of one carrier."""

from __future__ import annotations

from typing import Protocol

from mes_stoch.schema.base import Derived, Quantity


class Connection(Protocol):
    """A connection to a public network, over which products are traded and tariffs paid; positive power is export."""

    @property
    def node(self) -> str: ...
    @property
    def import_max_mw(self) -> float | None: ...
    @property
    def export_max_mw(self) -> float: ...
    @property
    def import_price_eur_per_mwh(self) -> Quantity: ...
    @property
    def export_price_eur_per_mwh(self) -> Quantity: ...
    @property
    def schedule_penalty_eur_per_mwh(self) -> float | Derived | None: ...


class ReserveLink(Protocol):
    """A link between two nodes of one carrier; of what is sent either way, ``arrives_per_unit`` arrives at once."""

    @property
    def from_node(self) -> str: ...
    @property
    def to_node(self) -> str: ...
    @property
    def power_max_mw(self) -> float: ...
    @property
    def power_back_max_mw(self) -> float: ...
    @property
    def available_per_unit(self) -> Quantity: ...
    @property
    def arrives_per_unit(self) -> float: ...


def import_share(connection: Connection) -> Quantity:
    """Share of ``import_max_mw`` that is available, ``import_available_per_unit``; all where the kind has no such."""
    share: Quantity = getattr(connection, "import_available_per_unit", 1.0)
    return share


def export_share(connection: Connection) -> Quantity:
    """Share of ``export_max_mw`` that is available, ``export_available_per_unit``; all where the kind has no such."""
    share: Quantity = getattr(connection, "export_available_per_unit", 1.0)
    return share


def paid_anyway_eur_per_mwh(connection: Connection) -> float:
    """What of the import price is paid whether a MWh is withdrawn or not: the price of what is not taken."""
    price = getattr(connection, "take_or_pay_price_eur_per_mwh", None)
    return 0.0 if price is None else float(price)


def emission_factors(connection: Connection) -> tuple[Quantity, Quantity]:
    """CO2 per MWh withdrawn, and credited per MWh injected, kg; 0 where the kind has no such."""
    factors: tuple[Quantity, Quantity] = (
        getattr(connection, "import_emission_kg_per_mwh", 0.0),
        getattr(connection, "export_emission_kg_per_mwh", 0.0),
    )
    return factors
