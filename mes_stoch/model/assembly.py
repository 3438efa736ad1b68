"""Puts components, products and nodes together into one scenario model."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyomo.environ as pyo

from mes_stoch.components.context import Firm
from mes_stoch.components.registry import build_component
from mes_stoch.io.validation.penalties import amount
from mes_stoch.model.deliverability import build_deliverability
from mes_stoch.model.phases import phase
from mes_stoch.model.site_model import SiteModel
from mes_stoch.products.legs import make_legs
from mes_stoch.products.registry import build_products
from mes_stoch.schema.errors import ModelError
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.products import Flexibility, Imbalance, TradedProduct

_SLACK_WORDS = {"unserved": "demand is left unserved", "dumped": "supply that cannot be helped is thrown away"}


@phase("build")
def assemble(instance: Instance, time: pd.DatetimeIndex) -> SiteModel:
    """Build the scenario model of a site.

    Equations
    ---------
    For every node ``n`` with flows ``f`` of its components::

        sum f_called[n,t] + unserved[n,t] - dumped[n,t] = 0                              (balance)
        sum f_base[n,t] + unserved[n,t] - dumped[n,t] = scheduled[t]                     (schedule_balance)
        unserved[n,t] <= fixed demand[n,t]                                               (unserved_limit)
        dumped[n,t] <= supply[n,t] that nobody can help                                  (dumped_limit)

    the second at the node of a traded connection, without that connection's own flow. What full calls change at the
    other nodes is kept possible by the rows of :mod:`mes_stoch.model.deliverability`. Slack is no plant: fixed demand
    is that of demands, and of sheddable demands the part that cannot be shed; supply that nobody can help that of
    sources that cannot be curtailed and of units that their state before the horizon keeps on, at their minimum. A node
    without either has no slack; a place to throw heat away is a component.

    The objective is the negative of the profit: solvers minimise, the sign flips here and nowhere else.
    """
    site = SiteModel(instance, time)
    products = instance.products
    called = {name: product for name, product in products.items() if isinstance(product, Flexibility)}
    has_imbalance = any(isinstance(product, Imbalance) for product in products.values())
    if not has_imbalance and any(product.energy_settlement != "delivered" for product in called.values()):
        raise ModelError("products settled as ordered or uncorrected need the product `imbalance`")

    site.legs = make_legs(site, called)
    for name, spec in instance.components.items():
        build_component(site, name, spec)
    traded = {product.connection for product in products.values() if isinstance(product, TradedProduct)}
    for connection in sorted(str(name) for name in traded):
        site.schedule(connection)
    build_products(site, products)
    for node in instance.nodes:
        _balance(site, node)
    site.model.objective = pyo.Objective(
        expr=-sum(expression for parts in site.streams.values() for expression in parts), sense=pyo.minimize
    )
    return site


def _balance(site: SiteModel, node: str) -> None:
    spec = site.instance.nodes[node]
    flows = site.nodes[node]
    unserved = _slack(site, node, "unserved", "demand", amount(spec.unserved_penalty_eur_per_mwh))
    dumped = _slack(site, node, "dumped", "supply", amount(spec.dump_penalty_eur_per_mwh))

    if not flows.called:
        return

    def slack(t: int) -> Any:
        return (unserved[t] if unserved is not None else 0.0) - (dumped[t] if dumped is not None else 0.0)

    site.constraint(
        node,
        "balance",
        f"what flows into {node} flows out of it",
        lambda t: sum(flow(t) for _, flow in flows.called) + slack(t) == 0,
    )
    connection = site.scheduled_connections().get(node)
    if connection is not None:
        site.constraint(
            node,
            "schedule_balance",
            f"the schedule of {connection} is what the devices at {node} plan",
            lambda t: (
                sum(flow(t) for owner, flow in flows.base if owner != connection) + slack(t)
                == site.scheduled(connection, t)
            ),
        )
    build_deliverability(site, node)


def _slack(site: SiteModel, node: str, kind: str, of: Firm, penalty_eur_per_mwh: float | None) -> Any:
    firm = site.nodes[node].firm.get(of, [])
    if penalty_eur_per_mwh is None or not firm:
        return None
    variable = site.variable(node, f"{kind}_mw", "MW", "realtime")
    site.constraint(
        node,
        f"{kind}_limit",
        f"no more {_SLACK_WORDS[kind]} at {node} than there is",
        lambda t: variable[t] <= sum(power(t) for power in firm),
    )
    # nodes and components may share a name; the flow report tells them apart by this label
    site.earn(
        f"slack.{kind}_{node}",
        sum(-site.period_h * penalty_eur_per_mwh * variable[t] for t in site.periods),
    )
    return variable
