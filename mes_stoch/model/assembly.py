"""Puts components, products and nodes together into one scenario model."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyomo.environ as pyo

from mes_stoch.components.shared.context import Firm
from mes_stoch.io.validation.penalties import amount
from mes_stoch.model.deliverability import build_deliverability
from mes_stoch.model.emissions import build_emissions
from mes_stoch.model.link_rooms import build_link_rooms
from mes_stoch.model.package_context import context_for
from mes_stoch.model.phases import phase
from mes_stoch.model.site_model import SiteModel
from mes_stoch.products.shared.equations_directions import directed_products_of
from mes_stoch.products.shared.equations_exclusivity import build_exclusivity
from mes_stoch.registry import COMPONENTS, kind
from mes_stoch.rules.call_history import calls_before
from mes_stoch.schema.component import Component
from mes_stoch.schema.errors import ExtensionError, ModelError
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.kinds import products_by_package
from mes_stoch.schema.product import PHASES

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

    The objective is the negative of the profit: solvers minimise, the sign of money flips here, and back in reports.
    """
    site = SiteModel(instance, time)
    called = instance.called_products()
    has_imbalance = any(product.settles_imbalance for product in instance.products.values())
    if not has_imbalance and any(product.energy_settlement != "delivered" for product in called.values()):
        raise ModelError("products settled as ordered or uncorrected need the product `imbalance`")

    site.directed_products = [
        directed
        for name, product in called.items()
        for directed in directed_products_of(site, name, product, calls_before(instance, name, product))
    ]
    for name, spec in instance.components.items():
        own = kind(COMPONENTS, spec.type)
        own.function("equations", "build")(context_for(site, own), name, spec)
        _require_decided(site, name, spec)
    traded = {str(product.connection_name) for product in instance.products.values() if product.needs_connection}
    for connection in sorted(traded):
        site.schedule(connection)
    build_link_rooms(site)
    _build_products(site)
    for node in instance.nodes:
        _balance(site, node)
    build_emissions(site)
    site.model.objective = pyo.Objective(
        expr=-sum(expression for parts in site.streams.values() for expression in parts), sense=pyo.minimize
    )
    return site


def _require_decided(site: SiteModel, name: str, spec: Component) -> None:
    """Whether the equations of a component have asked for all that it leaves to be decided."""
    for decision in spec.site_decisions():
        if site.declared(name, decision.quantity) is None:
            raise ExtensionError(
                f"{name} leaves {decision.quantity} to be decided, and its equations do not ask for it (context.decide)"
            )


def _build_products(site: SiteModel) -> None:
    """Add every product to a model whose components stand, family by family; then what holds between families."""
    families = products_by_package(site.instance.products)
    for step in PHASES:
        ready = [(family, own) for family, own in families if next(iter(own.values())).phase == step]
        for family, own in sorted(ready, key=lambda entry: entry[0].build_rank):
            family.function("equations", "build")(context_for(site, family), own)
    build_exclusivity(site, site.instance.products)


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
        role="balance",
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
            role="balance",
        )
    build_deliverability(site, node)


def _slack(site: SiteModel, node: str, kind: str, of: Firm, penalty_eur_per_mwh: float | None) -> Any:
    firm = site.nodes[node].firm.get(of, [])
    if penalty_eur_per_mwh is None or not firm:
        return None
    variable = site.variable(node, f"{kind}_mw", "MW", "realtime", role="slack")
    site.constraint(
        node,
        f"{kind}_limit",
        f"no more {_SLACK_WORDS[kind]} at {node} than there is",
        lambda t: variable[t] <= sum(power(t) for power in firm),
    )
    # nodes and components may share a name; the flow report tells them apart by this label
    site.earn(
        f"slack.{kind}_{node}",
        sum(-site.lengths_h[t] * penalty_eur_per_mwh * variable[t] for t in site.periods),
    )
    return variable
