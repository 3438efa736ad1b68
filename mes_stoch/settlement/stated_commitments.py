"""Commitments as a run states them, held against its solution and the bid rules of its instance."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pandas as pd

from mes_stoch.rules.volume_blocks import volume_blocks
from mes_stoch.schema.instance import Instance
from mes_stoch.settlement.data import SettlementData

_VOLUME_TOLERANCE = 1e-6


def commitment_differences(data: SettlementData, table: pd.DataFrame, summary: Mapping[str, Any]) -> Iterator[str]:
    """One row a product, block and price, with the volume of the solution; the same in the summary."""
    expected = {_key(row): row for row in _committed(data)}
    told: dict[_Key, Any] = {}
    for row in table.to_dict("records"):
        key = _key({str(name): cell for name, cell in row.items()}, data.instance)
        if key in told:
            yield f"commitments.csv: {_block(key)} occurs twice"
        told[key] = row
    for key in dict.fromkeys([*expected, *told]):
        if key not in told:
            yield f"commitments.csv: {_block(key)} is missing"
        elif key not in expected:
            yield f"commitments.csv: {_block(key)} is no commitment of solution.nc"
        else:
            yield from _same_row(key, told[key], expected[key])
    listed = {_key(row, data.instance): row for row in summary["commitments"]}
    if len(listed) != len(summary["commitments"]) or set(listed) != set(expected):
        yield "summary.json: the commitments are not those of solution.nc"
        return
    for key, row in listed.items():
        unit, volume = expected[key]["unit"], expected[key]["volume"]
        if not _is_close(row.get(unit), volume):
            yield f"summary.json: {_block(key)} is {row.get(unit)}, in solution.nc {volume:.6g}"


class _Key(NamedTuple):
    """What a volume is of; ``step`` is the price it is offered at, in words, empty where there is none."""

    product: str
    start: pd.Timestamp | None
    step: str = ""


def _key(row: Mapping[str, Any], instance: Instance | None = None) -> _Key:
    start = row["block_start"]
    key = _Key(str(row["product"]), None if start is None else pd.Timestamp(start), str(row.get("step", "")))
    product = None if instance is None else instance.products.get(key.product)
    offers = None if product is None else product.price_offers()
    if offers is None:
        return key
    column = offers.steps[0].price_column
    price = row.get(column)
    return key._replace(step="no price" if price is None else _step_in_words(str(row["direction"]), float(price)))


def _step_in_words(direction: str, price: float) -> str:
    return f"{direction} at {price:.9g}"


def _committed(data: SettlementData) -> Iterator[dict[str, Any]]:
    for name, array in data.solution.data_vars.items():
        product_id, _, quantity = str(name).rpartition(".")
        product = data.instance.products.get(product_id)
        if product is None or "scenario" in array.dims:
            continue
        offers = product.price_offers()
        steps = {} if offers is None else {step.quantity: step for step in offers.steps}
        step = steps.get(quantity)
        if quantity not in (steps or ("volume_mw", "volume_mvar")):
            continue
        direction = product.direction_in_words if step is None else step.direction
        unit = quantity if step is None else "volume_mw"
        row = {"product": product_id, "direction": direction, "unit": unit}
        if step is not None:
            row["step"] = _step_in_words(direction, step.price)
        spans = volume_blocks(product, data.time, data.period_h)
        if len(spans) != array.size:
            yield row | {"block_start": None, "volume": math.nan}
            continue
        for span, volume in zip(spans, array.values, strict=True):
            yield row | {
                "block_start": data.time[int(span[0])],
                "block_end": data.time[int(span[-1])] + pd.Timedelta(hours=data.lengths_h[int(span[-1])]),
                "volume": float(volume),
            }


def _same_row(key: _Key, told: Mapping[str, Any], own: Mapping[str, Any]) -> Iterator[str]:
    if not _is_close(told.get(own["unit"]), own["volume"]):
        yield f"commitments.csv: {_block(key)} is {told.get(own['unit'])}, in solution.nc {own['volume']:.6g}"
    for column in ("direction", "block_end"):
        if told[column] != own[column]:
            yield f"commitments.csv: {column} of {_block(key)} is {told[column]}, by the instance {own[column]}"


def bid_rule_differences(data: SettlementData, summary: Mapping[str, Any]) -> Iterator[str]:
    """Bid rules that are not those of the instance, and volumes that they exclude."""
    bids = data.instance.bids
    if summary["bid_rules"] != {"minimum_bids": bids.minimum, "bid_steps": bids.steps}:
        yield f"summary.json: bid_rules are not those of the instance (minimum {bids.minimum}, steps {bids.steps})"
    offered: dict[_Key, float] = {}
    for row in _committed(data):
        product, unit = data.instance.products[row["product"]], row["unit"].removeprefix("volume_")
        largest = getattr(product, f"volume_max_{unit}", math.inf)
        smallest = getattr(product, f"minimum_bid_{unit}", 0.0) if bids.minimum else 0.0
        step = getattr(product, f"bid_step_{unit}", 0.0) if bids.steps else 0.0
        volume, slack = row["volume"], _VOLUME_TOLERANCE * max(1.0, abs(row["volume"]))
        block = _key(row)._replace(step="")
        offered[block] = offered.get(block, 0.0) + volume
        if offered[block] > largest + slack >= volume:
            yield f"solution.nc: {_block(block)} is {offered[block]:.6g} at all prices, above {largest:g}"
        if abs(volume) <= slack:
            continue
        problem = ""
        if not smallest - slack <= volume <= largest + slack or volume < 0:
            problem = f"outside {smallest:g} to {largest:g}"
        elif step > 0 and abs(volume - step * round(volume / step)) > slack:
            problem = f"no multiple of {step:g}"
        if problem:
            yield f"solution.nc: {_block(_key(row))} is {volume:.6g}, {problem}"


def _is_close(told: Any, own: float) -> bool:
    return told is not None and abs(float(told) - own) <= _VOLUME_TOLERANCE * max(1.0, abs(own))


def _block(key: _Key) -> str:
    start = "?" if key.start is None else key.start.isoformat()
    return f"{key.product} from {start}" + (f" ({key.step})" if key.step else "")
