"""What must hold for products: who provides them, over which connection, beside which others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mes_stoch.io.readers.locate import Locator, did_you_mean, listed, show
from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.io.validation.exclusivity import exclusive_issues
from mes_stoch.io.validation.gates import gate_issues
from mes_stoch.io.validation.partial_instance import PartialInstance
from mes_stoch.io.validation.period_lengths import period_length_issues
from mes_stoch.io.validation.product_dates import date_issues
from mes_stoch.io.validation.start import start_issues
from mes_stoch.schema.component import Component
from mes_stoch.schema.connection import Connection
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.flexibility import as_called
from mes_stoch.schema.kinds import products_by_package
from mes_stoch.schema.reserve_ways import ways_of_reserve

_TRADED_CARRIER = "electricity"


def product_issues(context: CheckContext) -> list[Issue]:
    """Problems of products, apart from those of their connection."""
    partial, locator = context.partial, context.locator
    issues: list[Issue] = []
    for family, own in products_by_package(partial.products):
        issues += family.function("checks", "issues", Issue)(context, own)
    issues += _settlement_issues(partial, locator)
    issues += exclusive_issues(partial, locator)
    issues += start_issues(context)
    issues += period_length_issues(context)
    if context.time is not None:
        issues += gate_issues(partial.products, context.time, locator)
        issues += date_issues(partial.products, context.time, locator)
    return [*issues, *_provider_issues(partial, context.connections, locator)]


def resolve_connections(partial: PartialInstance, locator: Locator) -> tuple[dict[str, str], list[Issue]]:
    """Grid connection of every product that needs one, where it can be told, and what is wrong with the others."""
    grids = _connections(partial)
    candidates = [
        name
        for name, spec in grids.items()
        if spec.node in partial.nodes and partial.nodes[spec.node].carrier == _TRADED_CARRIER
    ]
    found: dict[str, str] = {}
    issues: list[Issue] = []
    for product_id, product in partial.products.items():
        if not product.needs_connection:
            continue
        place = ("products", product_id, "connection")
        name = product.connection_name
        if name is None and len(candidates) == 1:
            name = candidates[0]
        elif name is None:
            # a connection that could not be read may be the one that is meant
            if candidates or not partial.broken_components:
                issues.append(_unnamed_connection(partial, locator, place, candidates, list(grids)))
            continue
        elif name not in grids:
            if name not in partial.broken_components:
                hint = did_you_mean(name, grids, "grid connections of this instance")
                issues.append(locator.issue(place, show(name), "the name of a grid connection", hint))
            continue
        found[product_id] = name
    issues += _shared_node_issues(found, grids, locator)
    for name in dict.fromkeys(found.values()):
        if grids[name].import_max_mw is None:
            traded = listed([product for product, own in found.items() if own == name])
            hint = f"{traded} trade over it, and positions must be bounded"
            issues.append(locator.issue(("components", name, "import_max_mw"), "null", "a number in MW", hint))
    return found, issues


def _shared_node_issues(found: Mapping[str, str], grids: Mapping[str, Connection], locator: Locator) -> Iterator[Issue]:
    """Two traded connections at one node: what is scheduled there would be the schedule of both."""
    first: dict[str, str] = {}
    for product_id, name in found.items():
        other = first.setdefault(grids[name].node, name)
        if other != name:
            hint = f"{other} stands at node {grids[name].node} too; put a node of its own behind each, with a link"
            yield locator.issue(("products", product_id, "connection"), show(name), f"{other}, or another node", hint)


def _connections(partial: PartialInstance) -> dict[str, Connection]:
    found = ((name, spec.connection()) for name, spec in partial.components.items())
    return {name: connection for name, connection in found if connection is not None}


def _unnamed_connection(
    partial: PartialInstance, locator: Locator, place: tuple[str, ...], candidates: list[str], grids: list[str]
) -> Issue:
    """A product whose connection is not said and cannot be told; electricity is known by the name of its carrier."""
    number = "no grid connection" if not candidates else f"{len(candidates)} grid connections"
    hint = f"name one: {listed(candidates or grids)}"
    if not candidates and grids and _TRADED_CARRIER not in partial.carriers:
        own = listed(list(partial.carriers))
        hint = (
            f"a market's connection is found by the name of its carrier, and carriers here are {own}: call the carrier "
            f"that is traded {_TRADED_CARRIER}, or write connection: <name> in every product, one of {listed(grids)}"
        )
    return locator.issue(place, f"{number} on a node of {_TRADED_CARRIER}", "exactly one", hint)


def _settlement_issues(partial: PartialInstance, locator: Locator) -> Iterator[Issue]:
    called = {name: as_called(product) for name, product in partial.products.items()}
    # demand reduction is sold by sites that buy from a supplier and trade nothing else; FCAS asks for no market
    scheduled = [name for name, product in partial.products.items() if product.needs_schedule]
    balanced = [name for name, p in called.items() if p is not None and p.energy_settlement != "delivered"]
    for needed, settled in (("da", scheduled), ("imbalance", balanced)):
        if settled and needed not in partial.product_names:
            hint = f"{listed(settled)} are settled against it"
            yield locator.issue(("products", needed), "nothing", f"the product {needed}", hint)


def _provider_issues(partial: PartialInstance, connections: Mapping[str, str], locator: Locator) -> Iterator[Issue]:
    reserves = [name for name in partial.product_names if not _is_other_family(partial, name)]
    for name, spec in partial.components.items():
        mismatched: set[str] = set()
        for index, product_id in enumerate(spec.provided):
            place = ("components", name, "provides", index)
            if product_id in spec.provided[:index]:
                yield locator.issue(place, f"{product_id} a second time", "each product once")
            elif product_id not in partial.product_names:
                hint = did_you_mean(product_id, reserves, "reserve products of this instance")
                yield locator.issue(place, show(product_id), "a reserve product listed under products", hint)
            elif product_id not in reserves:
                yield locator.issue(place, show(product_id), "a reserve product", "energy is traded by the site")
            elif product_id in connections:
                grid = partial.components[connections[product_id]].connection()
                node = "" if grid is None else grid.node
                if node not in mismatched:
                    issue = _port_issue(partial, locator, name, spec, product_id, node)
                    if issue is not None:
                        # one node, one message: the other products over it would say the same
                        mismatched.add(node)
                        yield issue


def _is_other_family(partial: PartialInstance, name: str) -> bool:
    product = partial.products.get(name)
    return (product is not None and not product.is_provided_by_components) or name in ("da", "id", "imbalance")


def _may_come_over_links(partial: PartialInstance, product_id: str) -> bool:
    """Whether devices behind links may hold a product; a market that enables units sees them at the connection."""
    product = partial.products.get(product_id)
    called = None if product is None else as_called(product)
    return called is not None and not called.is_enabled_by_market


def _port_issue(
    partial: PartialInstance, locator: Locator, name: str, spec: Component, product_id: str, node: str
) -> Issue | None:
    nodes = [port.node for port in spec.ports()]
    place = ("components", name, "provides", list(spec.provided).index(product_id))
    if nodes.count(node) == 0 and _may_come_over_links(partial, product_id):
        ways = ways_of_reserve(partial.components, spec, node)
        if len(ways) == 1:
            return None
        if ways:
            over = [" and ".join(leg.link for leg in way) for way in ways]
            return locator.issue(
                place,
                f"{product_id}, with several ways over links to {node}: {', or '.join(over)}",
                "one way",
                "which link carries a call must be clear; make one link of those that run side by side",
            )
    if nodes.count(node) != 1:
        found = f"{product_id}, with {nodes.count(node)} ports of {name} on {node}"
        hint = f"{product_id} is delivered at node {node}; {name} is connected to {listed(nodes)}"
        if _may_come_over_links(partial, product_id):
            hint += f"; a link without delay from there to {node} would carry it"
        return locator.issue(place, found, f"exactly one port on {node}", hint)
    # a reference at none of its ports has been told of already
    delivers = spec.delivery_node
    if delivers is not None and delivers != node and delivers in nodes:
        hint = f"write reference: {node} and give limits and ratios relative to that port"
        return locator.issue(("components", name, "reference"), f"{show(delivers)}, providing {product_id}", node, hint)
    return None
