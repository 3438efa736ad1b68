"""Puts an energy hub together from what each component says of itself; no row of the model is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

import numpy as np
import pandas as pd
import scipy.sparse as sp

from mes_stoch.components.shared.hub_context import Columns, Firm, HubRole, HubRowRole, Numbers, Values
from mes_stoch.io.validation.penalties import amount
from mes_stoch.rules.time_axis import blocks, clock_days, months
from mes_stoch.schema.calculated import CalculatedQuantity
from mes_stoch.schema.emission import KG_PER_T
from mes_stoch.schema.instance import SLACK_NAMES, Instance
from mes_stoch.views.given_arrays import limits, numbers, positions
from mes_stoch.views.steps import Steps

UNSERVED, DUMPED = SLACK_NAMES

#: What may drive an arc.
_DRIVING: tuple[HubRole, ...] = ("flow", "state", "stored", "drawn")


@dataclass
class ColumnBlock:
    """Columns of one name."""

    owner: str
    name: str
    unit: str
    role: HubRole
    positions: Columns
    steps: Columns
    lower: Values
    upper: Values
    cost: Values
    is_integer: bool


@dataclass
class ArcBlock:
    """Arcs between a component and a node, one a step.

    ``is_reference``: ratios of the branch refer to the flow on them.
    """

    owner: str
    branch: str
    node: str
    direction: int
    columns: Columns
    per_unit: Values
    is_reference: bool

    @property
    def label(self) -> tuple[str, str, str, int]:
        return self.owner, self.branch, self.node, self.direction

    @property
    def way(self) -> str:
        return "into node" if self.direction > 0 else "out of node"


@dataclass
class RowBlock:
    """Rows of one name, with their terms."""

    owner: str
    name: str
    unit: str
    role: HubRowRole
    lower: Values
    upper: Values
    numbers: Columns
    columns_known: Callable[[], int]
    terms: list[tuple[Columns, Columns, Values]] = field(default_factory=list)

    def add(self, columns: Columns, coefficients: Numbers = 1.0, rows: Columns | None = None) -> RowBlock:
        name, known = f"{self.owner}.{self.name}", self.columns_known()
        count = len(self.lower) if rows is None else len(rows)
        at = np.arange(count) if rows is None else positions(rows, count, len(self.lower), f"{name}: rows")
        own = positions(columns, count, known, f"{name}: columns")
        self.terms.append((at, own, numbers(coefficients, count, f"{name}: coefficients")))
        return self


class HubBuilder:
    """Implements what components ask of a hub; see ``components/shared/hub_context.py``.

    Parameters
    ----------
    instance : Instance
        With the penalties worked out.
    time : pandas.DatetimeIndex
        Start of each period, local.
    steps : Steps
    series : callable
        Numbers of a series by its name, shape (periods,).
    """

    def __init__(
        self, instance: Instance, time: pd.DatetimeIndex, steps: Steps, series: Callable[[str], Values]
    ) -> None:
        self.instance = instance
        self.time_steps = steps
        self.column_blocks: list[ColumnBlock] = []
        self.arc_blocks: list[ArcBlock] = []
        self.row_blocks: list[RowBlock] = []
        self.loads: dict[tuple[str, str], Values] = {}
        self._time = time
        self._series = series
        self._firm: dict[tuple[str, Firm], Values] = {}
        self._count = 0

    # -- time and data ----------------------------------------------------------------------------------------------

    @property
    def steps(self) -> int:
        return len(self.time_steps)

    @property
    def hours(self) -> Values:
        return self.time_steps.hours

    @property
    def period_of_step(self) -> Columns:
        return self.time_steps.period_of_step

    @property
    def period_h(self) -> float:
        return float(self.instance.horizon.period_h)

    @property
    def begun_h(self) -> float:
        return float(self.instance.horizon.begun_h)

    @property
    def lengths_h(self) -> Values:
        return self.instance.horizon.lengths_h

    def hours_of(self, periods: Columns) -> float:
        return self.instance.horizon.hours_of(periods)

    @property
    def periods(self) -> int:
        return len(self._time)

    def spans(self, hours: float | None) -> list[Columns]:
        return blocks(self._time, self.period_h, hours)

    @property
    def co2_eur_per_kg(self) -> float:
        return 0.0 if self.instance.co2 is None else self.instance.co2.price_eur_per_t / KG_PER_T

    @property
    def clock_days(self) -> float:
        return clock_days(self._time, float(self.lengths_h[-1]))

    @property
    def month_of_period(self) -> Columns:
        return np.concatenate([np.full(len(month), number) for number, month in enumerate(months(self._time))])

    def values(self, quantity: float | str) -> Values:
        if isinstance(quantity, CalculatedQuantity):
            return quantity.values(self.values)
        if isinstance(quantity, str):
            return np.asarray(self._series(quantity), dtype=float)[self.period_of_step]
        return np.full(self.steps, float(quantity))

    # -- columns, arcs, rows ----------------------------------------------------------------------------------------

    def columns(
        self,
        owner: str,
        name: str,
        unit: str,
        role: HubRole,
        *,
        lower: Numbers = 0.0,
        upper: Numbers = np.inf,
        cost: Numbers = 0.0,
        is_integer: bool = False,
        spans: Sequence[Columns] | None = None,
    ) -> Columns:
        if spans is None:
            steps = np.arange(self.steps)
        else:
            steps = np.array([self.time_steps.first_of(int(span[0])) for span in spans], dtype=np.int64)
        _require_one_of(role, HubRole, f"{owner}.{name}: a role")
        if any((block.owner, block.name) == (owner, name) for block in self.column_blocks):
            raise ValueError(f"{owner}.{name}: there are columns of this name already")
        own = np.arange(self._count, self._count + len(steps))
        self._count += len(steps)
        least, most = limits(lower, upper, len(steps), f"{owner}.{name}")
        price = numbers(cost, len(steps), f"{owner}.{name}: cost")
        self.column_blocks.append(ColumnBlock(owner, name, unit, role, own, steps, least, most, price, is_integer))
        return own

    def arc(
        self,
        owner: str,
        branch: str,
        node: str,
        columns: Columns,
        per_unit: Numbers,
        direction: int,
        *,
        is_reference: bool = False,
    ) -> None:
        self._require_node(owner, node)
        if direction not in (-1, 1):
            raise ValueError(f"{owner}: an arc feeds a node (+1) or draws from it (-1); found {direction!r}")
        own = positions(columns, self.steps, self._count, f"{owner}.{branch}: columns")
        flow = numbers(per_unit, self.steps, f"{owner}.{branch}: flow per unit")
        self._require_driving(f"{owner}.{branch}", own)
        block = ArcBlock(owner, branch, node, direction, own, flow, is_reference)
        before = next((other for other in self.arc_blocks if other.label == block.label), None)
        if before is None:
            self.arc_blocks.append(block)
            return
        # two ports at one node are one arc
        if not np.array_equal(before.columns, own):
            raise ValueError(f"{owner}.{branch}: arcs of one branch, node and direction go by the same columns")
        before.per_unit = before.per_unit + flow
        before.is_reference |= is_reference

    def load(self, owner: str, node: str, power_mw: Values) -> None:
        self._require_node(owner, node)
        power = numbers(power_mw, self.steps, f"{owner}: load")
        self.loads[owner, node] = self.loads.get((owner, node), 0.0) + power

    def firm(self, node: str, kind: Firm, power_mw: Values) -> None:
        self._require_node("firm power", node)
        _require_one_of(kind, Firm, f"firm power at {node}")
        power = numbers(power_mw, self.steps, f"firm {kind} at {node}")
        self._firm[node, kind] = self._firm.get((node, kind), 0.0) + power

    def _require_node(self, owner: str, node: str) -> None:
        if node not in self.instance.nodes:
            raise ValueError(f"{owner}: there is no node {node!r}")

    def _require_driving(self, what: str, columns: Columns) -> None:
        for block in self.column_blocks:
            if block.role not in _DRIVING and np.isin(columns, block.positions).any():
                raise ValueError(
                    f"{what}: an arc goes by columns that are {', '.join(_DRIVING)}; found {block.role} {block.name}"
                )

    def rows(
        self,
        owner: str,
        name: str,
        unit: str,
        count: int,
        *,
        lower: Numbers = -np.inf,
        upper: Numbers = np.inf,
        role: HubRowRole = "limit",
        numbers: Columns | None = None,
    ) -> RowBlock:
        _require_one_of(role, HubRowRole, f"{owner}.{name}: a role")
        called = np.arange(count) if numbers is None else positions(numbers, count, self.steps, f"{owner}.{name}")
        least, most = limits(lower, upper, count, f"{owner}.{name}")
        block = RowBlock(owner, name, unit, role, least, most, called, lambda: self._count)
        self.row_blocks.append(block)
        return block

    # -- slack ------------------------------------------------------------------------------------------------------

    def add_slack(self) -> None:
        """What may go unserved at each node, or be thrown away there: an input and an output of the hub."""
        for node, spec in self.instance.nodes.items():
            self._slack(node, UNSERVED, "demand", amount(spec.unserved_penalty_eur_per_mwh), 1)
            self._slack(node, DUMPED, "supply", amount(spec.dump_penalty_eur_per_mwh), -1)

    def _slack(self, node: str, name: str, kind: Firm, penalty: float | None, direction: int) -> None:
        most = self._firm.get((node, kind))
        if most is None or penalty is None:
            return
        flow = self.columns(name, node, "MW", "flow", upper=most, cost=penalty * self.hours)
        self.arc(name, node, node, flow, 1.0, direction, is_reference=True)

    @property
    def row_matrix(self) -> sp.csr_array:
        """Terms of all rows, shape (rows, columns)."""
        at, columns, values = [], [], []
        first = 0
        for block in self.row_blocks:
            for rows, own, coefficients in block.terms:
                at.append(first + rows)
                columns.append(own)
                values.append(coefficients)
            first += len(block.lower)
        return sparse(values, at, columns, (first, self._count))

    @property
    def column_count(self) -> int:
        return self._count


def _require_one_of(found: str, words: Any, what: str) -> None:
    """One of the words of a literal type.

    Raises
    ------
    ValueError
    """
    if found not in get_args(words):
        raise ValueError(f"{what} is one of {', '.join(get_args(words))}; found {found!r}")


def sparse(
    values: Sequence[Values], rows: Sequence[Columns], columns: Sequence[Columns], shape: tuple[int, int]
) -> sp.csr_array:
    """A matrix from parts of its entries; those of one place add up."""
    empty = np.empty(0)
    data = np.concatenate([empty, *values])
    places = tuple(np.concatenate([empty.astype(np.int64), *part]) for part in (rows, columns))
    return sp.csr_array(sp.coo_array((data, places), shape=shape))
