"""Settlement of what devices, connections and missing supply cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from mes_stoch.io.validation.penalties import amount, terminal_level
from mes_stoch.schema.components import Converter, GridConnection, SheddableDemand, Source, Storage
from mes_stoch.settlement.books import Books
from mes_stoch.settlement.calls import net_delivery
from mes_stoch.settlement.energy import has_market, nominated_at
from mes_stoch.settlement.ledger import CashFlow, cash_flow


def settle_component(books: Books, name: str, spec: Any) -> Iterator[CashFlow]:
    """What one component costs or earns beside the markets."""
    if isinstance(spec, GridConnection):
        yield from _connection(books, name, spec)
    elif isinstance(spec, Converter):
        yield from _converter(books, name, spec)
    elif isinstance(spec, Storage):
        yield from _storage(books, name, spec)
    elif isinstance(spec, Source):
        produced = books.metered(name, spec.node)
        yield cash_flow(books, name, f"operation.{name}", "operation", -produced, spec.cost_eur_per_mwh, "MWh")
    elif isinstance(spec, SheddableDemand):
        # the meter reads the demand less what is shed of it
        shed = books.data(spec.demand_mw) + books.metered(name, spec.node)
        yield cash_flow(books, name, f"operation.{name}", "demand shed", -shed, spec.shed_cost_eur_per_mwh, "MWh")


def settle_node(books: Books, name: str) -> Iterator[CashFlow]:
    """Demand left unserved and surplus dumped, told from the meters of the node."""
    node = books.instance.nodes[name]
    left_over = books.residual(name)
    for kind, item, power, penalty in (
        ("unserved", "demand left unserved", np.minimum(left_over, 0.0), amount(node.unserved_penalty_eur_per_mwh)),
        ("dumped", "surplus dumped", -np.maximum(left_over, 0.0), amount(node.dump_penalty_eur_per_mwh)),
    ):
        if penalty is not None:
            yield cash_flow(books, name, f"slack.{kind}_{name}", item, power, penalty, "MWh")


def _connection(books: Books, name: str, spec: GridConnection) -> Iterator[CashFlow]:
    withdrawn = books.metered(name, spec.node)
    for item, quantity, price in (
        ("withdrawal, tariff", -np.maximum(withdrawn, 0.0), spec.import_price_eur_per_mwh),
        ("injection, tariff", np.maximum(-withdrawn, 0.0), spec.export_price_eur_per_mwh),
    ):
        yield cash_flow(books, name, f"tariff.{name}", item, quantity, books.data(price), "MWh")
    penalty = amount(spec.schedule_penalty_eur_per_mwh)
    if penalty is not None and has_market(books, name):
        off = np.abs(books.decided(f"{name}.scheduled_mw") - nominated_at(books, name))
        yield cash_flow(books, name, f"slack.schedule_{name}", "positions not kept", -off, penalty, "MWh")


def _converter(books: Books, name: str, spec: Converter) -> Iterator[CashFlow]:
    is_output = any(port.node == spec.reference for port in spec.outputs)
    flow = books.decided(f"{name}.power_mw") + (1 if is_output else -1) * net_delivery(books, name)
    yield cash_flow(books, name, f"operation.{name}", "operation", -flow, spec.cost_eur_per_mwh, "MWh")
    if spec.start_cost_eur > 0 and spec.power_min_mw > 0:
        yield _starts(books, name, spec)


def _starts(books: Books, name: str, spec: Converter) -> CashFlow:
    hours = books.period_h if spec.state_block_h is None else spec.state_block_h
    spans = books.spans(hours)
    on = np.round(books.decided(f"{name}.on"))
    # without a state before the horizon the first state is free
    before = on[:, :1] if spec.initial_on is None else np.full((len(on), 1), float(spec.initial_on))
    starts = np.maximum(np.diff(on, axis=1, prepend=before), 0.0)
    return cash_flow(
        books,
        name,
        f"start.{name}",
        "starts",
        -starts,
        spec.start_cost_eur,
        "start",
        quantity_unit="1",
        hours=1.0,
        spans=spans,
    )


def _storage(books: Books, name: str, spec: Storage) -> Iterator[CashFlow]:
    out = books.decided(f"{name}.discharge_mw") + net_delivery(books, name, ("up",))
    if books.has(f"{name}.cancelled_mw"):
        # a call that only slows the charge down draws nothing
        out = out - books.decided(f"{name}.cancelled_mw")
    price = spec.throughput_cost_eur_per_mwh
    yield cash_flow(books, name, f"operation.{name}", "wear of discharging", -out, price, "MWh")
    penalty, target = amount(spec.terminal_penalty_eur_per_mwh), terminal_level(spec)
    if penalty is None:
        return
    missing = np.maximum(target - books.decided(f"{name}.level_mwh")[:, -1:], 0.0)
    yield cash_flow(
        books,
        name,
        f"slack.terminal_{name}",
        "level missing at the end",
        -missing,
        penalty,
        "MWh",
        quantity_unit="MWh",
        hours=1.0,
        spans=books.spans(None),
    )
