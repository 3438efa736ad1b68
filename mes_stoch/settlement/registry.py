"""Which module settles which family.

A family is one module with one function ``settle_<family>(books, product_id, product)`` that yields cash flows
(:func:`mes_stoch.settlement.ledger.cash_flow`). It reads data of the scenarios (``books.data``), volumes, positions,
power held and delivered (``books.decided``, :mod:`mes_stoch.settlement.calls`) and meters (``books.metered``); it never
reads what the optimiser worked out for its own money, such as ``short``, ``missed``, ``lost`` or ``penalised``. Streams
are named as the optimiser names them, so that the two accounts can be laid side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from mes_stoch.schema.errors import Issue, ModelError, RunFolderError
from mes_stoch.schema.products import (
    CapacityMechanism,
    EnergyMarket,
    FcasService,
    Flexibility,
    Imbalance,
    VoltageService,
)
from mes_stoch.settlement.books import Books, MissingEntryError
from mes_stoch.settlement.capacity import settle_capacity
from mes_stoch.settlement.components import settle_component, settle_node
from mes_stoch.settlement.energy import settle_energy
from mes_stoch.settlement.fcas import settle_fcas
from mes_stoch.settlement.flexibility import settle_flexibility
from mes_stoch.settlement.imbalance import settle_imbalance
from mes_stoch.settlement.ledger import CashFlow
from mes_stoch.settlement.voltage import settle_voltage

Settler = Callable[[Books, str, Any], Iterator[CashFlow]]

#: The first that fits a product settles it.
FAMILIES: tuple[tuple[type, Settler], ...] = (
    (EnergyMarket, settle_energy),
    (Imbalance, settle_imbalance),
    (FcasService, settle_fcas),
    (Flexibility, settle_flexibility),
    (CapacityMechanism, settle_capacity),
    (VoltageService, settle_voltage),
)


def cash_flows(books: Books) -> list[CashFlow]:
    """Every cash flow of a run: products, then components, then nodes, in the order of the instance.

    Raises
    ------
    RunFolderError
        With everything that the books lack, or have over other spans than the instance's.
    """
    flows: list[CashFlow] = []
    issues: list[Issue] = []
    for owner, settle in _settlers(books):
        try:
            flows += settle()
        except MissingEntryError as error:
            issues.append(error.issue)
        except (ValueError, IndexError):
            # arrays that do not go together; the files they come from may have been cut or mixed up
            found = "values over other spans than the instance's"
            issues.append(Issue("solution.nc", None, owner, found, "the spans of the horizon"))
    if issues:
        raise RunFolderError("the run", list(dict.fromkeys(issues)))
    return flows


def _settlers(books: Books) -> Iterator[tuple[str, Callable[[], Iterator[CashFlow]]]]:
    for product_id, product in books.instance.products.items():
        settle = next((settler for family, settler in FAMILIES if isinstance(product, family)), None)
        if settle is None:
            raise ModelError(f"no settlement is known for {product_id} of family {product.family}")
        yield product_id, partial(settle, books, product_id, product)
    for name, spec in books.instance.components.items():
        yield name, partial(settle_component, books, name, spec)
    for name in books.instance.nodes:
        yield name, partial(settle_node, books, name)
