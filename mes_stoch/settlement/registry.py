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

from mes_stoch.registry import COMPONENTS, PRODUCT_FAMILIES, kind
from mes_stoch.schema.errors import ExtensionError, Issue, MissingEntryError, RunFolderError
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.emissions import settle_emissions
from mes_stoch.settlement.ledger import CashFlow
from mes_stoch.settlement.nodes import settle_node


def cash_flows(data: SettlementData) -> list[CashFlow]:
    """Every cash flow of a run: products, components, nodes, in the order of the instance; then CO2.

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
        except (ValueError, IndexError, ExtensionError) as error:
            reason = error.__cause__ if isinstance(error, ExtensionError) else error
            if not isinstance(reason, ValueError | IndexError):
                raise
            # arrays that do not go together; the files they come from may have been cut or mixed up
            found = "values over other spans than the instance's"
            hint = str(error) if isinstance(error, ExtensionError) else ""
            issues.append(Issue("solution.nc", None, owner, found, "the spans of the horizon", hint))
    if issues:
        raise RunFolderError("the run", list(dict.fromkeys(issues)))
    return flows


def _settlers(data: SettlementData) -> Iterator[tuple[str, Callable[[], Iterator[CashFlow]]]]:
    for product_id, product in data.instance.products.items():
        settle = kind(PRODUCT_FAMILIES, product.family).function("settlement", "cash_flows", CashFlow)
        yield product_id, partial(settle, data, product_id, product)
    for name, spec in data.instance.components.items():
        settle = kind(COMPONENTS, spec.type).function("settlement", "cash_flows", CashFlow)
        yield name, partial(settle, data, name, spec)
    for name in data.instance.nodes:
        yield name, partial(settle_node, data, name)
    yield "co2", partial(settle_emissions, data)
