"""What a run states beside its cash flows, held against its decisions, its data and its rules.

A settlement that looks at streams alone would pass a run whose objective, bounds, commitments or probabilities somebody
has changed, or a program has mixed up. Nothing here asks the optimiser: every expectation follows from another file of
the run, or from the instance.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.io.instance import LoadedInstance
from mes_stoch.schema.instance import ExplicitScenarios
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.ledger import Ledger
from mes_stoch.settlement.risk import is_averse, risk_differences, worth
from mes_stoch.settlement.stated_commitments import bid_rule_differences, commitment_differences
from mes_stoch.settlement.stated_decisions import site_decision_differences

#: Two accounts of one number may differ by this share of the money that moves.
TOLERANCE = 1e-6
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
    site_decisions : pandas.DataFrame, optional
        What was decided of components beside the commitments.
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
    site_decisions: pd.DataFrame | None = None


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
        commitment_differences(data, stated.commitments, stated.summary),
        bid_rule_differences(data, stated.summary),
        site_decision_differences(data, stated.site_decisions, stated.summary),
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
