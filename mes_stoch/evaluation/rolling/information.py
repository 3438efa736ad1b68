"""What an operator has seen of each series when a step is decided."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from mes_stoch.model.program import FloatArray
from mes_stoch.model.site_program import SiteProgram
from mes_stoch.schema.instance import Instance, SyntheticScenarios
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.process import DrawContext
from mes_stoch.uncertainty.tree import call_limits, make_process
from mes_stoch.uncertainty.tree_draws import draw_day_ahead_node

#: The step before the first period: day-ahead positions are taken then.
GATE = -1


@dataclass(frozen=True)
class Information:
    """How much of each series has been seen at a step.

    At the day-ahead gate (:data:`GATE`) these are the series in ``known_day_ahead``, whole; at period ``t`` the others
    up to and including ``t``, and calls as many periods further as they are announced ahead, and what components need
    to know ahead: who leaves a fleet of vehicles, where a demand can be moved to.

    Parameters
    ----------
    periods : int
    known_day_ahead : set of str
        Series known over the whole horizon once the day-ahead gate has closed.
    announced : dict of str to int
        By series: whole periods by which it is known ahead, as a call before it begins.
    """

    periods: int
    known_day_ahead: frozenset[str]
    announced: Mapping[str, int] = field(default_factory=dict)

    def count(self, series: str, step: int) -> int:
        """Periods of a series that have been seen at a step."""
        if series in self.known_day_ahead:
            return self.periods
        if step == GATE:
            return 0
        return min(step + 1 + self.announced.get(series, 0), self.periods)

    def seen(self, series: Mapping[str, FloatArray], step: int) -> dict[str, FloatArray]:
        """What has been seen of each series at a step: its first periods, and nothing else."""
        return {name: values[: self.count(name, step)].copy() for name, values in series.items()}


def information_of(program: SiteProgram, leaf: int) -> Information:
    """What becomes known when, as the instance and its tree say it.

    Known day-ahead are series that all scenarios have in common, and prices that decide which offers are accepted; in a
    drawn tree what the process draws for a day-ahead node; in one that is not drawn the prices of markets decided
    there, and where the node has several leaves whatever is the same in all of them.
    """
    instance, tree = program.instance, program.tree
    names = set(program.series_names)
    known = {name for name in names if "scenario" not in tree.dataset[name].dims}
    known |= names & (_drawn_day_ahead(instance, tree) or _stated_day_ahead(instance, tree, leaf, names))
    known |= names & _clearing_prices(instance)
    return Information(tree.periods, frozenset(known), _announced(instance) | _known_ahead(instance))


def _drawn_day_ahead(instance: Instance, tree: ScenarioTree) -> set[str]:
    """Series that the process draws for a day-ahead node; empty where the tree was not drawn."""
    uncertainty, seed = instance.uncertainty, tree.dataset.attrs.get("seed")
    if seed is None or not isinstance(uncertainty, SyntheticScenarios):
        return set()
    process = make_process(instance.name, uncertainty)
    given = {name: tree.values(name, 0) for name in tree.series_names if "scenario" not in tree.dataset[name].dims}
    context = DrawContext.of(instance.horizon, tree.time, call_limits(instance, tree.time), given)
    return set(draw_day_ahead_node(process, context, int(seed), 0))


def _stated_day_ahead(instance: Instance, tree: ScenarioTree, leaf: int, names: set[str]) -> set[str]:
    prices = (m.price_eur_per_mwh for m in instance.markets().values() if m.stage == "day_ahead")
    known = {price for price in prices if isinstance(price, str)}
    node = next(below for below in tree.day_ahead_nodes.values() if leaf in below)
    if len(node) > 1:
        known |= {name for name in names if not tree.spread_below_nodes(name)[list(node)].any()}
    return known


def _clearing_prices(instance: Instance) -> set[str]:
    """Series that decide which offers at a price are accepted: results of auctions that come before the day."""
    offers = (product.price_offers() for product in instance.products.values())
    return {one.clearing_price for one in offers if one is not None and isinstance(one.clearing_price, str)}


def _announced(instance: Instance) -> dict[str, int]:
    """Notice of the calls in each series, in whole periods; the shortest where several products read one."""
    found: dict[str, int] = {}
    for product in instance.called_products().values():
        periods = math.floor(product.notice_h / instance.horizon.period_h + 1e-9)
        for direction in product.directions:
            series = product.activation(direction)
            if isinstance(series, str):
                found[series] = min(found.get(series, periods), periods)
    return found


def _known_ahead(instance: Instance) -> dict[str, int]:
    """Whole periods by which series of components are known ahead; the longest where several read one."""
    found: dict[str, int] = {}
    for component in instance.components.values():
        for quantity, periods in component.known_ahead(instance.horizon.period_h):
            if isinstance(quantity, str):
                found[quantity] = max(found.get(quantity, periods), periods)
    return found
