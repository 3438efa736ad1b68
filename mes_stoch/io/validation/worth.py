"""What a MWh can be worth at each node of a site, whatever prices turn out to be.

See :mod:`mes_stoch.io.validation.penalties`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from mes_stoch.io.validation.contract_worth import ContractWorth
from mes_stoch.io.validation.price_limits import Ranges, known_price, largest_price, prices
from mes_stoch.rules.time_axis import horizon_months
from mes_stoch.schema.base import Quantity
from mes_stoch.schema.component import Component, SlackPenalty
from mes_stoch.schema.conversion import Conversion
from mes_stoch.schema.emission import KG_PER_T
from mes_stoch.schema.instance import Instance

_SCHEDULE, _UNSERVED, _TERMINAL = 1.2, 1.5, 1.2
#: Ratio of a port whose series is drawn: nothing of it is known ahead.
_DRAWN_RATIO = (0.5, 10.0)
#: CO2 of a MWh whose series is drawn, kg: that of lignite.
_DRAWN_EMISSION = (0.0, 1200.0)
_LARGEST_STORAGE_FACTOR = 10.0
_LONGEST_CHAIN = 6


@dataclass(frozen=True)
class _Way:
    """A way from one port of a converter to the others: node and MWh there per MWh here, and money per MWh here."""

    others: tuple[tuple[str, float], ...]
    cost: float


class Worth:
    """What a MWh can be worth at each node, in the instance's currency; see the module's equations."""

    def __init__(self, instance: Instance, ranges: Ranges) -> None:
        self._instance = instance
        self._ranges = ranges
        self._largest = largest_price(instance, ranges) or 0.0
        self._traded = instance.traded_connections()
        self._connections = instance.connections()
        trading = max(
            (
                self._price(m.price_eur_per_mwh, m.price_limit_eur_per_mwh) + m.trading_cost_eur_per_mwh
                for m in instance.markets().values()
            ),
            default=0.0,
        )
        tariff = max((self._tariff(name) for name in self._traded), default=0.0)
        contracts = ContractWorth(instance, ranges, self._price, self._largest)
        drawn = trading + tariff + contracts.obligation + self._paid()
        # what prices can pay for certain, and what a MWh that is kept may earn for hours on top
        self._certain = max(drawn, contracts.certain, contracts.critical)
        self._of_energy = max(drawn, contracts.called) + contracts.kept
        settled = [price for price in prices(instance) if price.is_imbalance]
        self._of_imbalance = max((self._price(price.price, price.limit) for price in settled), default=0.0)
        self.least_schedule = max(trading + self._paid(), contracts.certain) + self._of_imbalance
        meters = [self._connections[name] for name in sorted(self._traded) if name in self._connections]
        factor = max((self._storage_factor(meter.node) for meter in meters), default=1.0)
        most = max(drawn, contracts.called) + self._of_imbalance + factor * contracts.kept
        self.schedule = _SCHEDULE * most or 1.0
        self._ways = {node: list(self._ways_from(node, _DRAWN_RATIO)) for node in instance.nodes}
        self._careful_ways = {node: list(self._ways_from(node, (1.0, 1.0))) for node in instance.nodes}

    def least(self, node: str) -> float:
        """What prices can pay for a MWh at a node: a penalty below it would be worth paying."""
        return self._worth(node, lambda name: self._priced(name, self._certain), self._careful_ways, frozenset(), {})

    def unserved(self, node: str) -> float:
        """Penalty of a MWh left unserved or thrown away."""
        traded = self.schedule + self._of_energy + self._of_imbalance

        def priced(name: str) -> float:
            return self._priced(name, traded)

        floor = max(map(priced, self._instance.nodes))
        worth = self._worth(node, priced, self._ways, frozenset(), {})
        # one of whatever currency it is where nothing has a price
        return _UNSERVED * (max(self._storage_factor(node) * worth, floor) or 1.0) + self._start(node)

    def slack(self, slack: SlackPenalty) -> float:
        """Penalty of a MWh of a component's slack, such as a level missing at the end."""
        return _TERMINAL * self.unserved(slack.node) / slack.made_good_per_mwh

    def _price(self, value: Quantity, limit: float | None) -> float:
        cap = self._instance.price_cap_eur_per_mwh
        if cap is not None and isinstance(value, str):
            return float(cap)
        known = known_price(value, limit, self._ranges)
        return self._largest if known is None else known

    def _tariff(self, name: str) -> float:
        meter = self._connections.get(name)
        if meter is None:
            return 0.0
        price = max(self._price(p, None) for p in (meter.import_price_eur_per_mwh, meter.export_price_eur_per_mwh))
        instance = self._instance
        spec = instance.components[name]
        return price + self._charge(spec) + self._of_co2(spec)

    def _charge(self, spec: Component) -> float:
        """The most that a MWh withdrawn can cost by charges on power: the shorter the first interval, the more."""
        horizon = self._instance.horizon
        first_h = None if horizon.begun_h == 0 else float(horizon.lengths_h[0])
        return spec.import_charge_eur_per_mwh(horizon.period_h, first_h, horizon_months(horizon))

    def _of_co2(self, spec: Component) -> float:
        """The most that the CO2 of a MWh over a component can cost, or its credit earn."""
        rules = self._instance.co2
        if rules is None:
            return 0.0
        factors = [factor for one in spec.emissions() for factor in (one.per_mwh_in, one.per_mwh_out)]
        known = [self._ranges.get(f, _DRAWN_EMISSION)[1] if isinstance(f, str) else float(f) for f in factors]
        return rules.dearest_eur_per_t / KG_PER_T * max(known, default=0.0)

    def _paid(self) -> float:
        """The most that converters are paid for running, per MWh at any of their ports."""
        return max(
            (
                -conversion.cost_eur_per_mwh / self._ratio(port.ratio_per_unit, _DRAWN_RATIO)[0]
                for conversion in self._conversions()
                for port in conversion.ports
                if conversion.cost_eur_per_mwh < 0 and self._ratio(port.ratio_per_unit, _DRAWN_RATIO)[0] > 0
            ),
            default=0.0,
        )

    def _priced(self, node: str, traded: float) -> float:
        """What a MWh is worth at a node itself, with ``traded`` at a traded connection."""
        found = [0.0]
        for name, spec in self._instance.components.items():
            if name in self._connections:
                if self._connections[name].node == node:
                    found.append(traded if name in self._traded else self._tariff(name))
            else:
                found.append(spec.cost_at(node))
        return max(found)

    def _ways_from(self, node: str, drawn: tuple[float, float]) -> Iterator[_Way]:
        for conversion in self._conversions():
            for here in conversion.ports:
                own = self._ratio(here.ratio_per_unit, drawn)[0]
                if here.node != node or own <= 0:
                    continue
                others = tuple(
                    (port.node, self._ratio(port.ratio_per_unit, drawn)[1] / own)
                    for port in conversion.ports
                    if port.node != node
                )
                # being paid for running is worth as well: unserved, a MWh can run a unit; dumped, it has run one
                yield _Way(others, abs(conversion.cost_eur_per_mwh) / own)

    def _conversions(self) -> Iterator[Conversion]:
        for spec in self._instance.components.values():
            yield from spec.conversions()

    def _ratio(self, ratio: Quantity, drawn: tuple[float, float]) -> tuple[float, float]:
        if isinstance(ratio, str):
            return self._ranges.get(ratio, drawn)
        return float(ratio), float(ratio)

    def _worth(
        self,
        node: str,
        priced: Callable[[str], float],
        ways: Mapping[str, list[_Way]],
        seen: frozenset[str],
        known: dict[tuple[str, frozenset[str]], float],
    ) -> float:
        place = (node, seen)
        if place not in known:
            best, here = priced(node), seen | {node}
            if len(here) < _LONGEST_CHAIN:
                for way in ways[node]:
                    total = way.cost + sum(
                        ratio * self._worth(other, priced, ways, here, known)
                        for other, ratio in way.others
                        if other not in here
                    )
                    best = max(best, total)
            known[place] = best
        return known[place]

    def _storage_factor(self, node: str) -> float:
        horizon = self._instance.horizon
        factors = [1.0]
        for spec in self._instance.components.values():
            given = spec.returned_per_unit(node, horizon.length_h)
            if given is not None:
                factors.append(min(1.0 / max(given, 1e-9), _LARGEST_STORAGE_FACTOR))
        return max(factors)

    def _start(self, node: str, seen: frozenset[str] = frozenset()) -> float:
        """The dearest start of a unit that serves a node, over what it gives there in a period at its minimum.

        Units behind other converters (a link of two networks, a heat pump) count with what a MWh here takes of theirs.
        """
        found, here = [0.0], seen | {node}
        if len(here) >= _LONGEST_CHAIN:
            return 0.0
        for conversion in self._conversions():
            for leave, entry in product(conversion.outputs, conversion.inputs):
                given = self._ratio(leave.ratio_per_unit, _DRAWN_RATIO)[0]
                if leave.node == node and entry.node not in here and given > 0:
                    taken = self._ratio(entry.ratio_per_unit, _DRAWN_RATIO)[1]
                    found.append(taken / given * self._start(entry.node, here))
        for conversion in self._conversions():
            if conversion.start_cost_eur == 0 or conversion.power_min_mw == 0:
                continue
            for port in conversion.outputs:
                if port.node == node:
                    ratio = self._ratio(port.ratio_per_unit, _DRAWN_RATIO)[0]
                    energy = conversion.power_min_mw * float(self._instance.horizon.lengths_h[0]) * max(ratio, 0.01)
                    found.append(conversion.start_cost_eur / energy)
        return max(found)
