"""Settlement of sources: operation."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.components.source.format import Source
from mes_stoch.settlement.books import Books
from mes_stoch.settlement.ledger import CashFlow, cash_flow


def cash_flows(books: Books, name: str, spec: Source) -> Iterator[CashFlow]:
    """Energy produced at the cost of operation."""
    produced = books.metered(name, spec.node)
    yield cash_flow(books, name, f"operation.{name}", "operation", -produced, spec.cost_eur_per_mwh, "MWh")
