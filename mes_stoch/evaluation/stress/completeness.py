"""Does a run hold everything the test reads? A quantity that is not there would be one that is not tested."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.schema.components import (
    Converter,
    GridConnection,
    ReserveProvider,
    SheddableDemand,
    Source,
    Storage,
)
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.products import EnergyMarket, Flexibility
from mes_stoch.settlement.books import Books
from mes_stoch.settlement.calls import leg_name

#: Problems told by name; more are counted.
_MOST_TOLD = 20


def require_complete(books: Books) -> None:
    """Raise if a quantity is missing, has another shape than it must, or holds what is no number.

    Raises
    ------
    UsageError
        With all of them.
    """
    problems = [*_decisions(books), *_meters(books)]
    if problems:
        more = [f"and {len(problems) - _MOST_TOLD} more"] if len(problems) > _MOST_TOLD else []
        lines = "\n".join(f"  - {problem}" for problem in [*problems[:_MOST_TOLD], *more])
        raise UsageError(f"the run does not hold what the stress test reads:\n{lines}")


def _decisions(books: Books) -> Iterator[str]:
    for name, spans in _needed(books):
        if not books.has(name):
            yield f"solution: {name} is missing"
            continue
        values = books.decided(name)
        expected = (len(books.scenarios), spans)
        if values.shape != expected:
            yield f"solution: {name} has shape {values.shape}, expected {expected}"
        elif not np.isfinite(values).all():
            yield f"solution: {name} holds values that are no numbers"


def _needed(books: Books) -> Iterator[tuple[str, int]]:
    """Names of quantities, and over how many spans each goes."""
    periods = len(books.time)
    traded = {product.connection for product in books.instance.products.values() if isinstance(product, EnergyMarket)}
    for name, spec in books.instance.components.items():
        holds = isinstance(spec, ReserveProvider) and _can_hold(spec) and _products(books, spec)
        own: tuple[str, ...] = ()
        if isinstance(spec, Storage):
            own = ("charge_mw", "discharge_mw", "level_mwh")
        elif isinstance(spec, GridConnection) and name in traded:
            own = ("scheduled_mw",)
        elif holds and isinstance(spec, Converter | Source):
            own = ("power_mw",)
        elif holds and isinstance(spec, SheddableDemand):
            own = ("shed_mw",)
        yield from ((f"{name}.{quantity}", periods) for quantity in own)
        if holds and isinstance(spec, Converter) and spec.power_min_mw > 0:
            hours = books.period_h if spec.state_block_h is None else spec.state_block_h
            yield f"{name}.on", len(books.spans(hours))
        if not (isinstance(spec, ReserveProvider) and holds):
            continue
        for product_id, product in _products(books, spec):
            for direction in product.directions:
                leg = leg_name(product_id, direction)
                yield f"{name}.{leg}_held_mw", periods
                if product.call == "discrete":
                    yield f"{name}.{leg}_called_mw", periods


def _can_hold(spec: ReserveProvider) -> bool:
    return not isinstance(spec, Source) or spec.curtailable


def _products(books: Books, spec: ReserveProvider) -> list[tuple[str, Flexibility]]:
    offered = ((name, books.instance.products.get(name)) for name in spec.provides)
    return [(name, product) for name, product in offered if isinstance(product, Flexibility)]


def _meters(books: Books) -> Iterator[str]:
    for name, spec in books.instance.components.items():
        if isinstance(spec, GridConnection) and not books.has_meter(name, spec.node):
            yield f"flows: there is no meter of {name} at {spec.node}"
