"""What a run states beside its cash flows, held against its decisions, its data and its rules.

A settlement that looks at streams alone would pass a run whose objective, bounds, commitments or probabilities somebody
has changed, or a program has mixed up. Nothing here asks the optimiser: every expectation follows from another file of
the run, or from the instance.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.io.instance import LoadedInstance
from mes_stoch.rules.volume_blocks import volume_blocks
from mes_stoch.schema.instance import ExplicitScenarios, Instance
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.ledger import Ledger
from mes_stoch.settlement.risk import is_averse, risk_differences, worth

#: Two accounts of one number may differ by this share of the money that moves.
TOLERANCE = 1e-6
_VOLUME_TOLERANCE = 1e-6
_PROBABILITY_TOLERANCE = 1e-9
#: Money below which an optimum is nothing in runs that do not say it.
_GAP_FLOOR = 1e-9
_CLOSED = ("optimal", "gap_reached")
_MOST = 5


class SettledMoney(Protocol):
    """What a settlement tells of its money; see :class:`mes_stoch.settlement.settlement.Settlement`."""

    @property
    def ledger(self) -> Ledger: ...

    @property
    def stated(self) -> pd.DataFrame: ...

    @property
    def profit(self) -> pd.Series[float]: ...

    @property
    def expected_profit(self) -> float: ...

    @property
    def sizes(self) -> NDArray[np.float64]: ...

    @property
    def least_size(self) -> float: ...


@dataclass(frozen=True)
class Stated:
    """What a run says of itself.

    Parameters
    ----------
    summary : mapping
    commitments, trace : pandas.DataFrame
    loaded : LoadedInstance
        The run's copy of the instance, read again.
    gap_asked : float or None
        Relative gap at which the run was to stop.
    is_tree_given : bool
        Whether the scenarios were handed in, so that they need not be those of the instance's files.
    changed : tuple of str
        Files that are not what the manifest says was written.
    """

    summary: Mapping[str, Any]
    commitments: pd.DataFrame
    trace: pd.DataFrame
    loaded: LoadedInstance
    gap_asked: float | None = None
    is_tree_given: bool = False
    changed: tuple[str, ...] = ()


def disagreements(settlement: SettledMoney, stated: Stated) -> list[str]:
    """Everything in which a run and its settlement do not agree, in words."""
    data = settlement.ledger.data
    found = [f"{line}" for line in stated.changed]
    for check in (
        _money(settlement, stated.summary),
        _bounds(stated, settlement.least_size),
        _trace(stated),
        _scenarios(data, stated),
        _data(data, stated),
        _commitments(data, stated),
        _bid_rules(data, stated),
    ):
        found += check
    return found


def _money(settlement: SettledMoney, summary: Mapping[str, Any]) -> Iterator[str]:
    data, currency = settlement.ledger.data, settlement.ledger.currency
    weight = data.probabilities
    size = float(weight @ np.maximum(settlement.sizes, settlement.least_size))

    def differs(stated: float, settled: float) -> bool:
        return not abs(stated - settled) <= TOLERANCE * size

    profits = np.asarray(settlement.profit.to_numpy(), dtype=np.float64)
    settled = worth(data.instance.risk, profits, weight)
    if differs(float(summary["objective"]), settled):
        yield f"summary.json: the objective is {summary['objective']:.6f} {currency}, settled {settled:.6f}"
    # few scenarios count in a measure of risk: it may be off by what one of them is
    one = TOLERANCE * max(size, float(settlement.sizes.max(initial=0.0)))
    yield from risk_differences(data.instance.risk, profits, weight, summary, one)
    profit = np.asarray(data.solution["profit_eur"].values, dtype=float)
    gap = np.abs(profit - settlement.profit.to_numpy()) / np.maximum(settlement.sizes, settlement.least_size)
    for row in np.argsort(-gap)[:_MOST]:
        if not gap[row] <= TOLERANCE:
            yield (
                f"solution.nc: the profit of scenario {data.scenarios[row]} is {profit[row]:.6f} {currency}, settled "
                f"{settlement.profit.iloc[row]:.6f}"
            )
    expected = dict(zip(settlement.stated.columns, weight @ settlement.stated.to_numpy(), strict=True))
    for name in dict.fromkeys([*summary["streams"], *expected]):
        told, own = float(summary["streams"].get(name, 0.0)), float(expected.get(name, 0.0))
        if differs(told, own):
            yield f"summary.json: stream {name} is {told:.6f} {currency}, in solution.nc {own:.6f}"
    if is_averse(data.instance.risk):
        if summary["objective_eur_per_year"] is not None:
            yield "summary.json: an objective with risk has no value by the year"
        return
    per_year = summary["horizons_per_year"] * float(summary["objective"])
    if summary["objective_eur_per_year"] is None or not math.isclose(
        summary["objective_eur_per_year"], per_year, rel_tol=TOLERANCE, abs_tol=1e-6 * settlement.least_size
    ):
        yield f"summary.json: {summary['objective_eur_per_year']} {currency} a year are not {per_year:.2f}"


def _bounds(stated: Stated, least_size: float) -> Iterator[str]:
    summary = stated.summary
    objective, lower, upper = (summary[key] for key in ("objective", "bound_lower", "bound_upper"))
    given = [abs(value) for value in (objective, lower, upper) if value is not None]
    slack = TOLERANCE * max(least_size, *given)
    if lower is not None and upper is not None:
        if lower > upper + slack:
            yield f"summary.json: the lower bound {lower:.6f} is above the upper bound {upper:.6f}"
        gap = (upper - lower) / max(abs(upper), abs(lower), summary.get("gap_floor", _GAP_FLOOR))
        if summary["gap_rel"] is None or not math.isclose(summary["gap_rel"], gap, rel_tol=1e-6, abs_tol=1e-9):
            yield f"summary.json: the gap is {summary['gap_rel']}, by the bounds {gap:.9g}"
    elif summary["gap_rel"] is not None:
        yield f"summary.json: the gap is {summary['gap_rel']} though there are not two bounds"
    if lower is not None and lower > objective + slack:
        yield f"summary.json: the lower bound {lower:.6f} is above the objective {objective:.6f}"
    if upper is not None and objective > upper + slack:
        yield f"summary.json: the objective {objective:.6f} is above the upper bound {upper:.6f}"
    if summary["status"] in _CLOSED:
        gap, asked = summary["gap_rel"], stated.gap_asked
        if gap is None or (asked is not None and gap > asked * (1 + 1e-6) + 1e-9):
            yield f"summary.json: the status is {summary['status']} at a gap of {gap}, where {asked} was asked for"


def _trace(stated: Stated) -> Iterator[str]:
    """The best bounds on the way are those at the end; a safe one, in the last row, may stand for a closer one."""
    upper = stated.trace["bound_upper"]
    is_safe = stated.summary.get("bound_kind") == "safe" and len(upper)
    for name, best in (
        ("bound_lower", stated.trace["bound_lower"].max()),
        ("bound_upper", upper.iloc[-1] if is_safe else upper.min()),
    ):
        told = stated.summary[name]
        if not np.isfinite(best):
            if told is not None:
                yield f"summary.json: {name} is {told:.6f}, and trace.csv has none"
        elif told is None or not math.isclose(told, best, rel_tol=TOLERANCE, abs_tol=1e-6):
            yield f"summary.json: {name} is {told}, the best of trace.csv {best:.6f}"


def _scenarios(data: SettlementData, stated: Stated) -> Iterator[str]:
    summary, tree, instance = stated.summary, data.tree, data.instance
    for key, told, own in (
        ("instance", summary["instance"], instance.name),
        ("currency", summary["currency"], instance.currency),
        ("scenarios", summary["scenarios"], len(tree.scenario_names)),
        ("day_ahead_nodes", summary["day_ahead_nodes"], len(tree.day_ahead_nodes)),
        ("stages", summary.get("stages", 2), 2 if tree.is_two_stage else 3),
        ("seed", summary["seed"], tree.dataset.attrs.get("seed")),
        ("horizon_start", pd.Timestamp(summary["horizon_start"]), tree.time[0]),
    ):
        if told != own:
            yield f"summary.json: {key} is {told}, in the data {own}"
    total = float(tree.probabilities.sum())
    if not abs(total - 1.0) <= _PROBABILITY_TOLERANCE:
        yield f"tree.nc: the probabilities sum to {total:.12g}"
    known = dict(zip(tree.scenario_names, tree.probabilities, strict=True))
    nodes = dict(zip(tree.scenario_names, map(str, tree.dataset["day_ahead_node"].values), strict=True))
    for file, dataset in (("solution.nc", data.solution), ("flows.nc", data.flows)):
        own_weights = np.array([known[name] for name in data.scenarios])
        away = np.abs(np.asarray(dataset["probability"].values, dtype=float) - own_weights)
        if not (away <= _PROBABILITY_TOLERANCE).all():
            worst = data.scenarios[int(np.argmax(away))]
            yield f"{file}: the probability of scenario {worst} is not the {known[worst]:.12g} of tree.nc"
        if [nodes[name] for name in data.scenarios] != [str(node) for node in dataset["day_ahead_node"].values]:
            yield f"{file}: the day-ahead nodes are not those of tree.nc"
    missing = len(tree.scenario_names) - len(data.scenarios)
    if missing:
        yield f"solution.nc: {missing} scenarios of tree.nc were not dispatched"


def _data(data: SettlementData, stated: Stated) -> Iterator[str]:
    """Series and probabilities of the instance's files are those of the tree, where the tree was made from them."""
    loaded, tree = stated.loaded, data.tree
    if not loaded.time.equals(tree.time):
        yield "tree.nc: the periods are not those of the instance's horizon"
        return
    if stated.is_tree_given:
        return
    for name in map(str, loaded.series.columns):
        yield from _series(tree.dataset, name, loaded.series[name].to_numpy(dtype=float))
    if not isinstance(loaded.instance.uncertainty, ExplicitScenarios) or loaded.scenario_series is None:
        return
    if list(loaded.scenario_series) != list(tree.scenario_names):
        yield "tree.nc: the scenarios are not those of the instance's file"
        return
    for name, weight in zip(tree.scenario_names, tree.probabilities, strict=True):
        own = (loaded.probabilities or {}).get(name, 0.0)
        if not abs(weight - own) <= _PROBABILITY_TOLERANCE:
            yield f"tree.nc: scenario {name} has probability {weight:.12g}, in the instance {own:.12g}"
    columns = next(iter(loaded.scenario_series.values())).columns
    for name in map(str, columns):
        own_values = np.stack([frame[name].to_numpy(dtype=float) for frame in loaded.scenario_series.values()])
        yield from _series(tree.dataset, name, own_values)


def _series(dataset: Any, name: str, own: np.ndarray[Any, np.dtype[np.float64]]) -> Iterator[str]:
    if name not in dataset:
        yield f"tree.nc: the series {name} of the instance is missing"
    elif dataset[name].shape != own.shape or not np.allclose(dataset[name].values, own, rtol=1e-9, atol=1e-9):
        yield f"tree.nc: the series {name} is not that of the instance's file"


def _commitments(data: SettlementData, stated: Stated) -> Iterator[str]:
    """One row a product, block and price, with the volume of the solution; the same in the summary."""
    expected = {_key(row): row for row in _committed(data)}
    told: dict[_Key, Any] = {}
    for row in stated.commitments.to_dict("records"):
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
    listed = {_key(row, data.instance): row for row in stated.summary["commitments"]}
    if len(listed) != len(stated.summary["commitments"]) or set(listed) != set(expected):
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
                "block_end": data.time[int(span[-1])] + pd.Timedelta(hours=data.period_h),
                "volume": float(volume),
            }


def _same_row(key: _Key, told: Mapping[str, Any], own: Mapping[str, Any]) -> Iterator[str]:
    if not _is_close(told.get(own["unit"]), own["volume"]):
        yield f"commitments.csv: {_block(key)} is {told.get(own['unit'])}, in solution.nc {own['volume']:.6g}"
    for column in ("direction", "block_end"):
        if told[column] != own[column]:
            yield f"commitments.csv: {column} of {_block(key)} is {told[column]}, by the instance {own[column]}"


def _bid_rules(data: SettlementData, stated: Stated) -> Iterator[str]:
    bids = data.instance.bids
    if stated.summary["bid_rules"] != {"minimum_bids": bids.minimum, "bid_steps": bids.steps}:
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
