"""Optimal capacities of Calliope's urban-scale example: an optimisation of its own, independent of the project's.

Its equations are Calliope's (``calliope/math/base.yaml`` and ``milp.yaml``), solved by :func:`scipy.optimize.milp`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from oracles.urban_scale import (
    AREA_PER_KW,
    AREAS,
    BOILER_COST,
    BOILER_EFFICIENCY,
    BOILER_MAX,
    CAPACITY_MAX,
    CHP_COST,
    CHP_EFFICIENCY,
    CHP_LEAST,
    CHP_MAX,
    CHP_UNIT,
    CHP_UNITS_MAX,
    DAY,
    EXPORTED,
    GAS,
    GENERATED,
    HEAT_TO_POWER,
    INVERTER,
    LINES,
    PIPES,
    POWER,
    PRICES,
    PURCHASES,
    PV_MAX,
    RATE,
    RECEIVED_PER_YEAR,
    UNIT_PRICES,
    Day,
    efficiency,
)


def invest(day: Day, *, with_units: bool = False) -> tuple[float, dict[str, float]]:
    """Least cost of the day, EUR, and the capacities, kW, and numbers of units that it has."""
    model = _Model()
    prices = UNIT_PRICES if with_units else PRICES
    for name, price in prices.items():
        largest = {"chp": CHP_MAX, "boiler_X2": BOILER_MAX, "boiler_X3": BOILER_MAX}.get(name, CAPACITY_MAX)
        if name.startswith("pv_"):
            largest = min(PV_MAX[name[3:]], AREAS[name[3:]] / AREA_PER_KW)
        received = RECEIVED_PER_YEAR * DAY if name == "pv_X3" else 0.0
        model.add(name, largest, RATE * price - received)
    if with_units:
        for name, price in PURCHASES.items():
            most = CHP_UNITS_MAX if name == "chp" else 1
            model.add(f"units_{name}", most, RATE * price, integer=True)
            size = CHP_UNIT if name == "chp" else BOILER_MAX
            model.row({name: 1.0, f"units_{name}": -size}, *((0.0, 0.0) if name == "chp" else (-np.inf, 0.0)))
    for t in range(24):
        _invest_hour(model, day, t, with_units)
    return model.solve()


def _invest_hour(model: _Model, day: Day, t: int, with_units: bool) -> None:
    balance: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)

    def flow(name: str, capacity: str | None, cost: float, per_capacity: float = 1.0) -> str:
        """Something that flows in this hour, at most as much as its capacity allows."""
        own = f"{name}@{t}"
        model.add(own, np.inf, cost)
        if capacity is not None:
            model.row({own: 1.0, capacity: -per_capacity}, -np.inf, 0.0)
        return own

    balance["X1", "power"][flow("import", "grid", POWER)] = 1.0
    for node in AREAS:
        balance[node, "gas"][flow(f"gas_{node}", f"gas_{node}", GAS)] = 1.0
        yielded = day.sun[t] * AREA_PER_KW * INVERTER
        paid = GENERATED if node == "X2" else 0.0
        pv = flow(f"pv_{node}", None, -paid)
        model.row({pv: 1.0, f"pv_{node}": -yielded}, 0.0, 0.0)
        out = flow(f"pv_export_{node}", None, -EXPORTED if node == "X2" else 0.0)
        model.row({out: 1.0, pv: -1.0}, -np.inf, 0.0)
        balance[node, "power"] |= {pv: 1.0, out: -1.0}
    chp = flow("chp", "chp", CHP_COST)
    out = flow("chp_export", None, -float(day.export[t]))
    model.row({out: 1.0, chp: -1.0}, -np.inf, 0.0)
    balance["X1", "power"] |= {chp: 1.0, out: -1.0}
    balance["X1", "heat"][chp] = HEAT_TO_POWER
    balance["X1", "gas"][chp] = -1.0 / CHP_EFFICIENCY
    if with_units:
        on = f"on@{t}"
        model.add(on, CHP_UNITS_MAX, 0.0, integer=True)
        model.row({on: 1.0, "units_chp": -1.0}, -np.inf, 0.0)
        model.row({chp: 1.0, on: -CHP_UNIT}, -np.inf, 0.0)
        model.row({chp: 1.0, on: -CHP_LEAST * CHP_UNIT}, 0.0, np.inf)
    for node in ("X2", "X3"):
        boiler = flow(f"boiler_{node}", f"boiler_{node}", BOILER_COST / BOILER_EFFICIENCY)
        balance[node, "heat"][boiler] = 1.0
        balance[node, "gas"][boiler] = -1.0 / BOILER_EFFICIENCY
    for carrier, network in (("power", LINES), ("heat", PIPES)):
        for name, (start, end, _) in network.items():
            # there is one balance for a link: what both ends give to it is what both take from it, and its losses
            sums: dict[str, float] = {}
            for node in (start, end):
                given, taken = flow(f"{name}_from_{node}", name, 0.0), flow(f"{name}_to_{node}", name, 0.0)
                balance[node, carrier] |= {given: -1.0, taken: 1.0}
                sums |= {given: 1.0, taken: -1.0 / efficiency(name)}
                if with_units and carrier == "heat":
                    gives = f"{name}_from_{node}_is_used@{t}"
                    model.add(gives, 1.0, 0.0, integer=True)
                    model.row({given: 1.0, gives: -CAPACITY_MAX}, -np.inf, 0.0)
                    model.row({taken: 1.0, gives: CAPACITY_MAX}, -np.inf, CAPACITY_MAX)
            model.row(sums, 0.0, 0.0)
    for (node, carrier), terms in balance.items():
        series = {"power": day.power, "heat": day.heat}.get(carrier, {}).get(node)
        demand = 0.0 if series is None else float(series[t])
        model.row(terms, demand, demand)


@dataclass
class _Model:
    """Variables and rows by name, for :func:`scipy.optimize.milp`."""

    columns: dict[str, int] = field(default_factory=dict)
    upper: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    integer: list[int] = field(default_factory=list)
    rows: list[tuple[dict[str, float], float, float]] = field(default_factory=list)

    def add(self, name: str, upper: float, cost: float, integer: bool = False) -> None:
        self.columns[name] = len(self.columns)
        self.upper.append(upper)
        self.costs.append(cost)
        self.integer.append(int(integer))

    def row(self, terms: dict[str, float], low: float, high: float) -> None:
        self.rows.append((terms, low, high))

    def solve(self) -> tuple[float, dict[str, float]]:
        entries = [(r, self.columns[name], x) for r, (terms, _, _) in enumerate(self.rows) for name, x in terms.items()]
        at_row, at_column, numbers = zip(*entries, strict=True)
        matrix = csr_array((numbers, (at_row, at_column)), shape=(len(self.rows), len(self.columns)))
        _, low, high = zip(*self.rows, strict=True)
        found = milp(
            self.costs,
            integrality=np.array(self.integer),
            bounds=Bounds(0.0, self.upper),
            constraints=LinearConstraint(matrix, low, high),
            options={"mip_rel_gap": 1e-9, "time_limit": 300.0},
        )
        if found.status != 0:
            raise RuntimeError(found.message)
        chosen = {name: float(found.x[at]) for name, at in self.columns.items()}
        return float(found.fun), chosen
