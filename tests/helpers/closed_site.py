"""What a site earns from nothing, as linear programs written from the definitions, apart from the project's checks.

Two sites without demands and sources. *Trading*: connections, links between nodes of one carrier, one energy market,
schedule slack and imbalance; no devices. *Converting*: converters, links and empty stores; no exchange. Limits are
those of the site, so that both programs are bounded, and what they earn is above zero if and only if there is a way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import linprog

from mes_stoch.components.converter.format import Converter
from mes_stoch.components.grid_connection.format import GridConnection
from mes_stoch.components.storage.format import Storage
from mes_stoch.products.energy.format import EnergyMarket
from mes_stoch.products.imbalance.format import Imbalance
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree

#: MW where nothing limits a flow.
UNLIMITED_MW = 1000.0
_EXACT = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}

Terms = dict[int, float]


@dataclass
class _Program:
    """Columns with bounds and gains, rows of terms; the largest gain is what is asked for."""

    upper: list[float] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    gain: list[float] = field(default_factory=list)
    equal: list[Terms] = field(default_factory=list)
    at_most: list[Terms] = field(default_factory=list)

    def column(self, upper: float, gain: float = 0.0, lower: float = 0.0) -> int:
        self.upper.append(upper)
        self.lower.append(lower)
        self.gain.append(gain)
        return len(self.gain) - 1

    def most(self) -> float:
        """The largest gain."""
        if not self.gain:
            return 0.0
        solved = linprog(
            -np.asarray(self.gain),
            A_ub=self._matrix(self.at_most),
            b_ub=np.zeros(len(self.at_most)) if self.at_most else None,
            A_eq=self._matrix(self.equal),
            b_eq=np.zeros(len(self.equal)) if self.equal else None,
            bounds=np.column_stack([self.lower, self.upper]),
            options=_EXACT,
        )
        if solved.x is None:
            raise RuntimeError(solved.message)
        return -float(solved.fun)

    def _matrix(self, rows: Sequence[Terms]) -> Any:
        if not rows:
            return None
        entries = [(value, number, column) for number, row in enumerate(rows) for column, value in row.items()]
        values, places, columns = zip(*entries, strict=True) if entries else ((), (), ())
        return sp.csr_array((values, (places, columns)), shape=(len(rows), len(self.gain)))


class ClosedSite:
    """One scenario of a site."""

    def __init__(self, instance: Instance, tree: ScenarioTree, scenario: int) -> None:
        self.instance = instance
        self.tree = tree
        self.scenario = scenario
        self.periods = instance.horizon.periods
        self.hours = instance.horizon.period_h

    # -- trading ------------------------------------------------------------------------------------------------------

    def trading(self) -> float:
        """The most that trading earns from nothing, over the largest price: MWh of that price.

        Meters may be combined unless the instance allows wheeling, which makes that a business of its own.
        """
        connections = [n for n, spec in self.instance.components.items() if isinstance(spec, GridConnection)]
        markets = [None, *(n for n, product in self.instance.products.items() if isinstance(product, EnergyMarket))]
        together = [[name] for name in connections] if self.instance.wheeling else [connections]
        return max(self._traded(names, market) for names in together for market in markets)

    def _traded(self, connections: Sequence[str], market_id: str | None) -> float:
        program = _Program()
        balance = self._balances()
        unit = self.largest_price()
        markets = [p for p in self.instance.products.values() if isinstance(p, EnergyMarket)]
        home = str(markets[0].connection) if markets else None
        for name in connections:
            spec = self.instance.components[name]
            assert isinstance(spec, GridConnection)
            bought, sold = (
                self._values(spec.import_price_eur_per_mwh) / unit,
                self._values(spec.export_price_eur_per_mwh) / unit,
            )
            imported, exported = [], []
            for t in range(self.periods):
                most = UNLIMITED_MW if spec.import_max_mw is None else spec.import_max_mw
                imported.append(program.column(most, -self.hours * bought[t]))
                exported.append(program.column(spec.export_max_mw, self.hours * sold[t]))
                balance[t].setdefault(spec.node, {}).update({imported[t]: 1.0, exported[t]: -1.0})
            if name == home:
                self._schedule(program, spec, imported, exported, market_id, unit)
        for spec in self._converters(links_only=True):
            self._converter(program, spec, balance, unit)
        program.equal += [terms for at in balance for terms in at.values() if terms]
        return program.most()

    def _schedule(
        self,
        program: _Program,
        spec: GridConnection,
        imported: Sequence[int],
        exported: Sequence[int],
        market_id: str | None,
        unit: float,
    ) -> None:
        """What the meter shows is a position of one market, or slack that is settled and penalised."""
        rows: list[Terms] = [{exported[t]: 1.0, imported[t]: -1.0} for t in range(self.periods)]
        if market_id is not None:
            market = self.instance.products[market_id]
            assert isinstance(market, EnergyMarket)
            price = self._values(market.price_eur_per_mwh) / unit
            cost = market.trading_cost_eur_per_mwh / unit
            most = market.liquidity_mw
            for span in self._spans(market.settlement_period_h):
                mean = float(price[span].mean())
                hours = self.hours * len(span)
                sold = program.column(spec.export_max_mw if most is None else most, hours * (mean - cost))
                limit = UNLIMITED_MW if spec.import_max_mw is None else spec.import_max_mw
                bought = program.column(limit if most is None else most, -hours * (mean + cost))
                for t in span:
                    rows[t] |= {sold: -1.0, bought: 1.0}
        penalty = spec.schedule_penalty_eur_per_mwh
        if penalty is not None:
            assert not isinstance(penalty, str)
            loss = -self.hours * penalty / unit
            short = [program.column(UNLIMITED_MW, loss) for _ in range(self.periods)]
            long = [program.column(UNLIMITED_MW, loss) for _ in range(self.periods)]
            for t in range(self.periods):
                rows[t] |= {short[t]: 1.0, long[t]: -1.0}
            self._imbalance(program, short, long, unit)
        program.equal += rows

    def _imbalance(self, program: _Program, short: Sequence[int], long: Sequence[int], unit: float) -> None:
        for product in self.instance.products.values():
            if not isinstance(product, Imbalance):
                continue
            received = self._values(product.price_long_eur_per_mwh or 0.0) / unit
            paid = self._values(product.price_short_eur_per_mwh or 0.0) / unit
            for span in self._spans(product.settlement_period_h or self.hours):
                hours = self.hours * len(span)
                over = program.column(UNLIMITED_MW, hours * float(received[span].mean()))
                under = program.column(UNLIMITED_MW, -hours * float(paid[span].mean()))
                row = {over: 1.0, under: -1.0}
                for t in span:
                    row |= {long[t]: -1.0 / len(span), short[t]: 1.0 / len(span)}
                program.equal.append(row)

    # -- converting ---------------------------------------------------------------------------------------------------

    def converting(self) -> float:
        """The most net energy that converters, links and empty stores make from nothing, MWh."""
        program = _Program()
        balance = self._balances()
        for spec in self._converters(links_only=False):
            self._converter(program, spec, balance, None)
        for component in self.instance.components.values():
            if isinstance(component, Storage):
                self._store(program, component, balance)
        for at in balance:
            for terms in at.values():
                surplus = program.column(UNLIMITED_MW, self.hours)
                program.equal.append({**terms, surplus: -1.0})
        return program.most()

    def _store(self, program: _Program, spec: Storage, balance: list[dict[str, Terms]]) -> None:
        kept = (1.0 - spec.standing_loss_per_h) ** self.hours
        before: int | None = None
        for t in range(self.periods):
            charge, discharge = program.column(spec.charge_max_mw), program.column(spec.discharge_max_mw)
            level = program.column(spec.energy_max_mwh)
            balance[t].setdefault(spec.node, {}).update({charge: -1.0, discharge: 1.0})
            row = {
                level: 1.0,
                charge: -self.hours * spec.charge_efficiency_per_unit,
                discharge: self.hours / spec.discharge_efficiency_per_unit,
            }
            if before is not None:
                row[before] = -kept
            program.equal.append(row)
            before = level

    # -- both ---------------------------------------------------------------------------------------------------------

    def _converter(
        self, program: _Program, spec: Converter, balance: list[dict[str, Terms]], unit: float | None
    ) -> None:
        """Between minimum and maximum in so far as it is on, any share of it; costs count where there is money."""
        for t in range(self.periods):
            cost = 0.0 if unit is None else -self.hours * spec.cost_eur_per_mwh / unit
            power = program.column(spec.power_max_mw, cost)
            on = program.column(1.0)
            program.at_most += [{power: 1.0, on: -spec.power_max_mw}, {power: -1.0, on: spec.power_min_mw}]
            for sign, ports in ((-1.0, spec.inputs), (1.0, spec.outputs)):
                for port in ports:
                    terms = balance[t].setdefault(port.node, {})
                    ratio = float(self._values(port.ratio_per_unit)[t])
                    terms[power] = terms.get(power, 0.0) + sign * ratio
                    terms[on] = terms.get(on, 0.0) + sign * port.no_load_mw

    def _converters(self, *, links_only: bool) -> list[Converter]:
        nodes = self.instance.nodes
        return [
            spec
            for spec in self.instance.components.values()
            if isinstance(spec, Converter)
            and (not links_only or len({nodes[port.node].carrier for port in [*spec.inputs, *spec.outputs]}) == 1)
        ]

    def _balances(self) -> list[dict[str, Terms]]:
        return [{} for _ in range(self.periods)]

    def _spans(self, span_h: float) -> list[list[int]]:
        """Settlement periods on the clock, as lists of periods."""
        found: dict[tuple[int, int], list[int]] = {}
        for t, stamp in enumerate(self.tree.time):
            minute = 60 * stamp.hour + stamp.minute
            found.setdefault((stamp.day_of_year, minute // round(60 * span_h)), []).append(t)
        return list(found.values())

    def _values(self, quantity: float | str) -> NDArray[np.float64]:
        if not isinstance(quantity, str):
            return np.full(self.periods, float(quantity))
        array = self.tree.dataset[quantity]
        chosen = array.isel(scenario=self.scenario) if "scenario" in array.dims else array
        return np.asarray(chosen.values, dtype=float)

    def largest_price(self) -> float:
        """The largest tariff or market price of the scenario: what money is measured in."""
        quantities: list[float | str] = []
        for spec in self.instance.components.values():
            if isinstance(spec, GridConnection):
                quantities += [spec.import_price_eur_per_mwh, spec.export_price_eur_per_mwh]
        for product in self.instance.products.values():
            if isinstance(product, EnergyMarket):
                quantities.append(product.price_eur_per_mwh)
        return max((float(np.abs(self._values(q)).max()) for q in quantities), default=0.0) or 1.0
