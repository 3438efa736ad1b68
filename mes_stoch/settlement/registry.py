"""Every cash flow of a run, asked of the settlement of each kind and family.

A kind of component or family of products has a module ``settlement`` with one function ``cash_flows(data, name,
spec)`` that yields cash flows (:func:`mes_stoch.settlement.ledger.cash_flow`). It reads data of the scenarios
(``data.data``), volumes, positions, power held and delivered (``data.decided``, :mod:`mes_stoch.settlement.calls`)
and meters (``data.metered``); it never reads what the optimiser worked out for its own money, such as ``short``,
``missed``, ``lost`` or ``penalised``. Streams are named as the optimiser names them, so that the two accounts can be
laid side by side. A family whose products are called also says what a called MWh is paid (``call_payments(product,
direction)``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from mes_stoch.registry import COMPONENTS, PRODUCT_FAMILIES, Kind, kind
from mes_stoch.schema.component import Component
from mes_stoch.schema.errors import ExtensionError, Issue, RunFolderError
from mes_stoch.schema.product import MarketProduct
from mes_stoch.settlement.data import MissingEntryError, SettlementData
from mes_stoch.settlement.ledger import CashFlow
from mes_stoch.settlement.nodes import settle_node


def cash_flows(data: SettlementData) -> list[CashFlow]:
    """Every cash flow of a run: products, then components, then nodes, in the order of the instance.

    Raises
    ------
    RunFolderError
        With everything that the data lack, or have over other spans than the instance's.
    """
    flows: list[CashFlow] = []
    issues: list[Issue] = []
    for owner, settle in _settlers(data):
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


def _of_kind(kind: Kind, data: SettlementData, name: str, spec: Component | MarketProduct) -> Iterator[CashFlow]:
    settle = kind.function("settlement", "cash_flows")
    try:
        yield from settle(data, name, spec)
    except (ValueError, IndexError) as error:
        if kind.is_built_in:
            raise
        # a mistake of the package, which must not be told as a damaged run
        raise ExtensionError(
            f"{name}: the settlement of {kind.tag} of the package {kind.brought_by} fails "
            f"({type(error).__name__}: {error})"
        ) from error


def _settlers(data: SettlementData) -> Iterator[tuple[str, Callable[[], Iterator[CashFlow]]]]:
    for product_id, product in data.instance.products.items():
        yield product_id, partial(_of_kind, kind(PRODUCT_FAMILIES, product.family), data, product_id, product)
    for name, spec in data.instance.components.items():
        yield name, partial(_of_kind, kind(COMPONENTS, spec.type), data, name, spec)
    for name in data.instance.nodes:
        yield name, partial(settle_node, data, name)
