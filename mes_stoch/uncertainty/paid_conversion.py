"""Can converters that are paid for what they run earn money while nobody uses what they make?

Equations
---------
A cost of operation below 0 is a payment per MWh: a subsidy, a certificate. With ``G`` the net output at every node per
unit of each converter (one column at its least and one at its largest power where it is on or off), ``c`` its cost an
hour there, ``p`` the price of a MWh bought at a node and ``q`` what it costs to give one away there::

    max -c' x - p' b - q' d     subject to   G x + b - d = 0,   0 <= x <= 1,   b, d >= 0

is 0 in every period, or running alone pays: a heater whose heat goes to a cooler, a ring that is paid more than its
losses cost. By duality it is 0 if and only if there are values ``pi`` with ``pi' G <= c`` and ``-q <= pi <= p``.

Only what is taken for nothing counts as given away: by a connection that is not traded and pays no price. What is sold,
serves a demand or goes into a store has a use, and no use is made up here. Power is bought at the cheapest of tariff
and market together, and never below 0: what a negative price pays is no payment for running. Sources are left out, for
what they bring could be sold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.examples import shown, stacked

Values = NDArray[np.float64]

#: Of the largest payment: what a solver may leave.
_TOLERANCE = 1e-7
#: Periods in which running pays after which no more are looked for.
_ENOUGH = 20


@dataclass(frozen=True)
class _Site:
    """Net output and cost an hour of each column, and prices at each node, all over (cases, ...)."""

    outputs: Values
    costs: Values
    buy: Values
    give: Values
    names: tuple[str, ...]


def paid_conversion_issues(instance: Instance, tree: ScenarioTree, file: str) -> Iterator[Issue]:
    """One issue where converters earn by running alone; see the module's equations."""
    paid = [
        name
        for name, spec in instance.components.items()
        if any(conversion.cost_eur_per_mwh < 0 for conversion in spec.conversions())
    ]
    site = _site(instance, tree) if paid else None
    if site is None:
        return
    earned, running = _earned(site)
    bad = earned.reshape(tree.dataset.sizes["scenario"], tree.periods) > 0
    if bad.any():
        own = [name for name in dict.fromkeys(site.names) if name in running]
        first = next(name for name in paid if name in running)
        earned = earned.reshape(bad.shape)
        yield Issue(
            file,
            None,
            f"components.{first}.cost_eur_per_mwh",
            shown(tree, bad, lambda s, t: f"{earned[s, t]:.4g} EUR/h earned") + " at full power",
            f"nothing earned by running {', '.join(own)} without use",
            "what is made is given away for nothing or led back to where it came from; give its taking a price "
            "(export_price_eur_per_mwh below 0), take away what takes it, or let cost_eur_per_mwh pay less",
        )


def _site(instance: Instance, tree: ScenarioTree) -> _Site | None:
    place = {name: k for k, name in enumerate(instance.nodes)}
    shape = (tree.dataset.sizes["scenario"], tree.periods)
    columns: list[Values] = []
    costs: list[Values] = []
    names: list[str] = []
    for name, spec in instance.components.items():
        for conversion in spec.conversions():
            for power in conversion.looked_at_mw:
                column = np.zeros((*shape, len(place)))
                for sign, ports in ((-1.0, conversion.inputs), (1.0, conversion.outputs)):
                    for port in ports:
                        ratio = stacked(tree, port.ratio_per_unit)
                        if ratio is None or not np.all(np.isfinite(ratio)) or port.node not in place:
                            return None
                        column[:, :, place[port.node]] += sign * (ratio * power + port.no_load_mw)
                columns.append(column)
                costs.append(np.full(shape, conversion.cost_eur_per_mwh * power))
                names.append(name)
    buy, give = np.full((*shape, len(place)), np.inf), np.full((*shape, len(place)), np.inf)
    for name, meter in instance.connections().items():
        if meter.node not in place:
            continue
        here = place[meter.node]
        bought, given = stacked(tree, meter.import_price_eur_per_mwh), stacked(tree, meter.export_price_eur_per_mwh)
        markets = [market for market in instance.markets().values() if market.connection == name]
        spot = [(stacked(tree, one.price_eur_per_mwh), one.trading_cost_eur_per_mwh) for one in markets]
        prices = [price + fee for price, fee in spot if price is not None]
        if bought is None or given is None or len(prices) < len(markets):
            return None
        if prices:
            bought = bought + np.minimum.reduce(prices)
        if meter.import_max_mw != 0:
            buy[..., here] = np.minimum(buy[..., here], np.maximum(bought, 0.0))
        if meter.export_max_mw > 0 and not markets:
            give[..., here] = np.minimum(give[..., here], np.where(given <= 0, -given, np.inf))
    cases = shape[0] * shape[1]
    return _Site(
        np.stack(columns, axis=-1).reshape(cases, len(place), -1),
        np.stack(costs, axis=-1).reshape(cases, -1),
        buy.reshape(cases, -1),
        give.reshape(cases, -1),
        tuple(names),
    )


def _earned(site: _Site) -> tuple[Values, set[str]]:
    """The most that running earns an hour, by case, 0 where values prove it and NaN where nobody looked; who runs."""
    found = np.full(len(site.costs), np.nan)
    scale = np.abs(site.costs).max()
    running: set[str] = set()
    # a proof at low prices holds at higher ones
    order = np.argsort(np.minimum(site.buy, 1e12).sum(axis=1), kind="stable")
    for case in order:
        if not np.isnan(found[case]):
            continue
        if int((found > 0).sum()) >= _ENOUGH:
            break
        most, shares, values = _most(site, int(case))
        if most > _TOLERANCE * scale:
            found[case] = most
            running |= {name for name, share in zip(site.names, shares, strict=True) if share > _TOLERANCE}
            continue
        found[case] = 0.0
        held = np.all(np.einsum("n,knc->kc", values, site.outputs) <= site.costs + _TOLERANCE * scale, axis=1)
        held &= np.all(values <= site.buy + _TOLERANCE, axis=1) & np.all(-values <= site.give + _TOLERANCE, axis=1)
        found[held & np.isnan(found)] = 0.0
    return found, running


def _most(site: _Site, case: int) -> tuple[float, Values, Values]:
    """The most that one case earns, shares of the columns, and values of energy at the nodes that prove a 0."""
    outputs, costs = site.outputs[case], site.costs[case]
    nodes, columns = outputs.shape
    buys, gives = np.isfinite(site.buy[case]), np.isfinite(site.give[case])
    unit = np.eye(nodes)
    matrix = np.hstack([outputs, unit[:, buys], -unit[:, gives]])
    cost = np.concatenate([costs, site.buy[case][buys], site.give[case][gives]])
    bounds = [(0.0, 1.0)] * columns + [(0.0, None)] * (len(cost) - columns)
    solved = linprog(cost, A_eq=matrix, b_eq=np.zeros(nodes), bounds=bounds)
    found = np.asarray(solved.x)
    return -float(cost @ found), found[:columns], np.asarray(solved.eqlin.marginals)
