"""What must hold for products: who provides them, over which connection, in which blocks."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from mes_stoch.io.readers.locate import Locator, did_you_mean, listed, show
from mes_stoch.io.validation.exclusivity import exclusive_issues
from mes_stoch.io.validation.market_capacity import capacity_issues
from mes_stoch.io.validation.market_contracts import contract_issues
from mes_stoch.io.validation.market_dates import date_issues
from mes_stoch.io.validation.market_downward import downward_issues
from mes_stoch.io.validation.market_fcas import fcas_issues
from mes_stoch.io.validation.market_gates import gate_issues
from mes_stoch.io.validation.market_imbalance import imbalance_issues
from mes_stoch.io.validation.market_voltage import voltage_issues
from mes_stoch.io.validation.partial_instance import Draft
from mes_stoch.io.validation.references import ports
from mes_stoch.rules.time_axis import block_problem
from mes_stoch.schema.components import Converter, GridConnection, ReserveProvider
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import Bids
from mes_stoch.schema.products import (
    CapacityMechanism,
    DemandReduction,
    EnergyMarket,
    FcasService,
    Flexibility,
    FreeOffer,
    Imbalance,
    Reserve,
    VoltageService,
)

_TOLERANCE = 1e-9
_TRADED_CARRIER = "electricity"


def market_issues(
    draft: Draft, time: pd.DatetimeIndex | None, connections: dict[str, str], locator: Locator
) -> list[Issue]:
    """Problems of products, apart from those of their connection."""
    issues: list[Issue] = []
    for name, product in draft.products.items():
        if isinstance(product, Flexibility):
            issues += _bid_issues(locator, name, "volume_max_mw", product, draft.bids)
            issues += _direction_issues(locator, name, product)
            if product.block_h is not None:
                issues += _block_issues(draft, time, locator, name, "block_h", product.block_h)
        elif isinstance(product, VoltageService) and product.block_h is not None:
            issues += _block_issues(draft, time, locator, name, "block_h", product.block_h)
        elif isinstance(product, CapacityMechanism):
            issues += _bid_issues(locator, name, "available_mw", product, draft.bids)
        elif isinstance(product, EnergyMarket):
            span_h = product.settlement_period_h
            issues += _block_issues(draft, time, locator, name, "settlement_period_h", span_h)
            issues += _price_limit_issues(locator, name, product)
        elif isinstance(product, Imbalance):
            issues += imbalance_issues(locator, name, product)
            if product.settlement_period_h is not None:
                span_h = product.settlement_period_h
                issues += _block_issues(draft, time, locator, name, "settlement_period_h", span_h)
    issues += _settlement_issues(draft, locator)
    issues += contract_issues(draft, time, locator)
    issues += fcas_issues(draft, locator)
    issues += capacity_issues(draft, locator)
    issues += voltage_issues(draft, locator)
    issues += exclusive_issues(draft, locator)
    if time is not None:
        issues += gate_issues(draft.products, time, locator)
        issues += date_issues(draft.products, time, locator)
    return [*issues, *_provider_issues(draft, connections, locator)]


def resolve_connections(draft: Draft, locator: Locator) -> tuple[dict[str, str], list[Issue]]:
    """Grid connection of every product that needs one, where it can be told, and what is wrong with the others."""
    grids = {name: spec for name, spec in draft.components.items() if isinstance(spec, GridConnection)}
    candidates = [
        name
        for name, spec in grids.items()
        if spec.node in draft.nodes and draft.nodes[spec.node].carrier == _TRADED_CARRIER
    ]
    found: dict[str, str] = {}
    issues: list[Issue] = []
    for product_id, product in draft.products.items():
        if isinstance(product, Imbalance):
            continue
        place = ("products", product_id, "connection")
        name = product.connection
        if name is None and len(candidates) == 1:
            name = candidates[0]
        elif name is None:
            # a connection that could not be read may be the one that is meant
            if candidates or not draft.broken_components:
                issues.append(_unnamed_connection(draft, locator, place, candidates, list(grids)))
            continue
        elif name not in grids:
            if name not in draft.broken_components:
                hint = did_you_mean(name, grids, "grid connections of this instance")
                issues.append(locator.issue(place, show(name), "the name of a grid connection", hint))
            continue
        found[product_id] = name
    first = next(iter(found.values()), "")
    for product_id, name in found.items():
        if name != first:
            place = ("products", product_id, "connection")
            issues.append(
                locator.issue(place, show(name), f"{first}, as for {next(iter(found))}", "one connection trades")
            )
    for name in dict.fromkeys(found.values()):
        if grids[name].import_max_mw is None:
            traded = listed([product for product, own in found.items() if own == name])
            hint = f"{traded} trade over it, and positions must be bounded"
            issues.append(locator.issue(("components", name, "import_max_mw"), "null", "a number in MW", hint))
    return found, issues


def _unnamed_connection(
    draft: Draft, locator: Locator, place: tuple[str, ...], candidates: list[str], grids: list[str]
) -> Issue:
    """A product whose connection is not said and cannot be told; electricity is known by the name of its carrier."""
    number = "no grid connection" if not candidates else f"{len(candidates)} grid connections"
    hint = f"name one: {listed(candidates or grids)}"
    if not candidates and grids and _TRADED_CARRIER not in draft.carriers:
        own = listed(list(draft.carriers))
        hint = (
            f"a market's connection is found by the name of its carrier, and carriers here are {own}: call the carrier "
            f"that is traded {_TRADED_CARRIER}, or write connection: <name> in every product, one of {listed(grids)}"
        )
    return locator.issue(place, f"{number} on a node of {_TRADED_CARRIER}", "exactly one", hint)


def _bid_issues(
    locator: Locator, name: str, key: str, product: Flexibility | CapacityMechanism, bids: Bids
) -> Iterator[Issue]:
    largest = product.volume_max_mw
    if largest == 0:
        return
    smallest = product.minimum_bid_mw if bids.minimum else 0.0
    place = ("products", name, key)
    hint = "raise it, lower minimum_bid_mw (an aggregation pool may allow it), or set bids.minimum: false"
    if smallest > largest + _TOLERANCE:
        yield locator.issue(place, f"{largest:g}, below minimum_bid_mw ({smallest:g})", "at least the minimum", hint)
        return
    step = product.bid_step_mw
    if bids.steps and step > 0:
        multiple = step * max(1, math.ceil(smallest / step - _TOLERANCE))
        if multiple > largest + _TOLERANCE:
            found = f"{largest:g}, below the smallest bid in steps of {step:g} ({multiple:g})"
            yield locator.issue(place, found, "room for at least one bid", "raise it or lower bid_step_mw")


def _direction_issues(locator: Locator, name: str, product: Flexibility) -> Iterator[Issue]:
    yield from downward_issues(locator, name, product)
    if not isinstance(product, Reserve | FreeOffer):
        share = product.activation(product.directions[0])
        if share is not None and not isinstance(share, str) and not 0 <= share <= 1:
            yield locator.issue(("products", name, "activation_per_unit"), show(share), "a share in [0, 1]")
        return
    shares: list[float] = []
    for direction, activation, price in (
        ("up", product.activation_up_per_unit, product.energy_price_up_eur_per_mwh),
        ("down", product.activation_down_per_unit, product.energy_price_down_eur_per_mwh),
    ):
        place = ("products", name, f"activation_{direction}_per_unit")
        if product.direction in (direction, "symmetric"):
            if activation is None:
                hint = f"{name} is {product.direction}; give a number in [0, 1] or a series"
                yield locator.issue(place, "nothing", f"the key {place[-1]}", hint)
            elif not isinstance(activation, str):
                shares.append(activation)
                if not 0 <= activation <= 1:
                    yield locator.issue(place, show(activation), "a share in [0, 1]")
            continue
        for key, value in ((place[-1], activation), (f"energy_price_{direction}_eur_per_mwh", price)):
            if value is not None:
                expected = f"no such key: {name} is {product.direction} only"
                yield locator.issue(("products", name, key), show(value), expected, "remove it")
    if len(shares) == 2 and all(0 <= share <= 1 for share in shares) and sum(shares) > 1 + _TOLERANCE:
        found = f"{sum(shares):g} called up and down together"
        yield locator.issue(("products", name, "activation_down_per_unit"), found, "at most 1")


def _block_issues(
    draft: Draft, time: pd.DatetimeIndex | None, locator: Locator, name: str, key: str, block_h: float
) -> Iterator[Issue]:
    if time is None or draft.horizon is None:
        return
    problem = block_problem(time, draft.horizon.period_h, block_h)
    if problem is not None:
        hint = "blocks are spans of local clock hours; change horizon.start, horizon.periods or this length"
        yield locator.issue(("products", name, key), f"{block_h:g}", f"a length in h that {problem}", hint)


def _price_limit_issues(locator: Locator, name: str, market: EnergyMarket) -> Iterator[Issue]:
    least, most = market.price_minimum_eur_per_mwh, market.price_maximum_eur_per_mwh
    if least is not None and most is not None and least > most:
        found = f"{least:g}, above price_maximum_eur_per_mwh ({most:g})"
        yield locator.issue(("products", name, "price_minimum_eur_per_mwh"), found, "at most the largest price")


def _settlement_issues(draft: Draft, locator: Locator) -> Iterator[Issue]:
    called = {name: product for name, product in draft.products.items() if isinstance(product, Flexibility)}
    # demand reduction is sold by sites that buy from a supplier and trade nothing else; FCAS asks for no market
    unscheduled = DemandReduction | FcasService
    scheduled = [name for name, product in called.items() if not isinstance(product, unscheduled)]
    balanced = [name for name, product in called.items() if product.energy_settlement != "delivered"]
    for needed, settled in (("da", scheduled), ("imbalance", balanced)):
        if settled and needed not in draft.product_names:
            hint = f"{listed(settled)} are settled against it"
            yield locator.issue(("products", needed), "nothing", f"the product {needed}", hint)


def _provider_issues(draft: Draft, connections: dict[str, str], locator: Locator) -> Iterator[Issue]:
    reserves = [name for name in draft.product_names if not _is_other_family(draft, name)]
    for name, spec in draft.components.items():
        if not isinstance(spec, ReserveProvider):
            continue
        mismatched: set[str] = set()
        for index, product_id in enumerate(spec.provides):
            place = ("components", name, "provides", index)
            if product_id in spec.provides[:index]:
                yield locator.issue(place, f"{product_id} a second time", "each product once")
            elif product_id not in draft.product_names:
                hint = did_you_mean(product_id, reserves, "reserve products of this instance")
                yield locator.issue(place, show(product_id), "a reserve product listed under products", hint)
            elif product_id not in reserves:
                yield locator.issue(place, show(product_id), "a reserve product", "energy is traded by the site")
            elif product_id in connections:
                grid = draft.components[connections[product_id]]
                node = grid.node if isinstance(grid, GridConnection) else ""
                if node not in mismatched:
                    issue = _port_issue(locator, name, spec, product_id, node)
                    if issue is not None:
                        # one node, one message: the other products over it would say the same
                        mismatched.add(node)
                        yield issue


def _is_other_family(draft: Draft, name: str) -> bool:
    product = draft.products.get(name)
    return isinstance(product, EnergyMarket | Imbalance) or name in ("da", "id", "imbalance")


def _port_issue(locator: Locator, name: str, spec: ReserveProvider, product_id: str, node: str) -> Issue | None:
    own = ports(spec)  # type: ignore[arg-type]  # every provider is a component
    count = sum(1 for _, own_node in own if own_node == node)
    place = ("components", name, "provides", spec.provides.index(product_id))
    if count != 1:
        found = f"{product_id}, with {count} ports of {name} on {node}"
        hint = f"{product_id} is delivered at node {node}; {name} is connected to {listed([n for _, n in own])}"
        return locator.issue(place, found, f"exactly one port on {node}", hint)
    # a reference at none of its ports has been told of already
    if isinstance(spec, Converter) and spec.reference != node and any(n == spec.reference for _, n in own):
        hint = f"write reference: {node} and give limits and ratios relative to that port"
        return locator.issue(
            ("components", name, "reference"), f"{show(spec.reference)}, providing {product_id}", node, hint
        )
    return None
