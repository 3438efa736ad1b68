"""Does a run hold everything the test reads? A quantity that is not there would be one that is not tested."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.evaluation.stress.kinds import decisions
from mes_stoch.schema.component import Component
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.flexibility import Flexibility, directed_name
from mes_stoch.settlement.data import SettlementData

#: Problems told by name; more are counted.
_MOST_TOLD = 20


def require_complete(data: SettlementData) -> None:
    """Raise if a quantity is missing, has another shape than it must, or holds what is no number.

    Raises
    ------
    UsageError
        With all of them.
    """
    problems = [*_decisions(data), *_meters(data)]
    if problems:
        more = [f"and {len(problems) - _MOST_TOLD} more"] if len(problems) > _MOST_TOLD else []
        lines = "\n".join(f"  - {problem}" for problem in [*problems[:_MOST_TOLD], *more])
        raise UsageError(f"the run does not hold what the stress test reads:\n{lines}")


def _decisions(data: SettlementData) -> Iterator[str]:
    for name, spans in _needed(data):
        if not data.has(name):
            yield f"solution: {name} is missing"
            continue
        values = data.decided(name)
        expected = (len(data.scenarios), spans)
        if values.shape != expected:
            yield f"solution: {name} has shape {values.shape}, expected {expected}"
        elif not np.isfinite(values).all():
            yield f"solution: {name} holds values that are not numbers"


def _needed(data: SettlementData) -> Iterator[tuple[str, int]]:
    """Names of quantities, and over how many spans each goes."""
    periods = len(data.time)
    traded = {market.connection for market in data.instance.markets().values()}
    for name, spec in data.instance.components.items():
        provided = _products(data, spec) if spec.can_hold else []
        if spec.connection() is not None and name in traded:
            yield f"{name}.scheduled_mw", periods
        if provided or (spec.store() is not None and spec.can_provide):
            yield from decisions(data, name, spec)
        elif spec.store() is not None:
            yield from ((f"{name}.{quantity}", periods) for quantity in ("level_mwh", "charge_mw", "discharge_mw"))
        for product_id, product in provided:
            for direction in product.directions:
                directed = directed_name(product_id, direction)
                yield f"{name}.{directed}_held_mw", periods
                if product.call == "discrete":
                    yield f"{name}.{directed}_called_mw", periods


def _products(data: SettlementData, spec: Component) -> list[tuple[str, Flexibility]]:
    called = data.instance.called_products()
    return [(name, called[name]) for name in spec.provided if name in called]


def _meters(data: SettlementData) -> Iterator[str]:
    for name, meter in data.instance.connections().items():
        if not data.has_meter(name, meter.node):
            yield f"flows: there is no meter of {name} at {meter.node}"
