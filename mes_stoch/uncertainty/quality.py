"""Is the data of a scenario tree sound? Nothing missing, nothing impossible, and no money for nothing.

An optimiser finds every hole in its data: a call that pays more than ignoring it costs, an imbalance price that
rewards being wrong, a demand below zero. The rules here are checked before a model is built.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mes_stoch.io.readers.locate import located
from mes_stoch.schema.components import Converter, Demand, GridConnection, SheddableDemand, Source
from mes_stoch.schema.errors import InstanceError, Issue
from mes_stoch.schema.instance import ExplicitScenarios, Instance
from mes_stoch.schema.products import (
    CapacityMechanism,
    EnergyMarket,
    FcasService,
    Flexibility,
    FreeOffer,
    Imbalance,
    Reserve,
    VoltageService,
)
from mes_stoch.schema.products.energy import GIVEN_PRICES, SYSTEM_PRICES
from mes_stoch.schema.products.flexibility import Direction
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.call_checks import call_issues
from mes_stoch.uncertainty.conversion_loop import conversion_loop_issues
from mes_stoch.uncertainty.price_caps import price_cap_issues
from mes_stoch.uncertainty.trading_loop import trading_loop_issues

Values = NDArray[np.float64]

#: Slack of the comparisons: rounding of numbers written to a CSV must not raise an alarm. A share of what is compared
#: where that is money, whose unit may be any; else in the unit compared.
TOLERANCE = 1e-6
EXAMPLES = 3
#: No price, power or share is larger, in any unit; HiGHS takes no coefficient of 1e15.
LARGEST_VALUE = 1e12


def check_tree(instance: Instance, tree: ScenarioTree) -> list[Issue]:
    """All problems of the data an instance uses; one issue a kind and quantity, with examples and a count.

    **Rules** (every scenario and period)

    - probabilities are not negative and sum to 1; series have no gap, and no value that a solver cannot work with;
    - the price of a market whose position is decided at the day-ahead stage is the same in all leaves of a node;
    - demands and availabilities are not negative; port ratios (COP, 1 / efficiency) are positive;
    - drawing from a connection costs at least what feeding back into it earns, where both are possible;
    - capacity prices, those of a capacity mechanism and of a voltage service are not negative; critical hours lie in
      [0, 1];
    - called shares lie in [0, 1], and the two of one product sum to at most 1;
    - calls keep the limits and the window of their product, and its notice (:mod:`mes_stoch.uncertainty.call_checks`);
    - price of a long imbalance <= price of a short one;
    - no riskless profit: not by trading (:mod:`mes_stoch.uncertainty.trading_loop`), not by converting
      (:mod:`mes_stoch.uncertainty.conversion_loop`), not by slack (:mod:`mes_stoch.uncertainty.price_caps`).
    """
    return list(_Checker(instance, tree, None).issues())


def require_sound(
    instance: Instance, tree: ScenarioTree, inputs: Mapping[str, bytes] | None = None, *, place: str | None = None
) -> None:
    """Raise :class:`~mes_stoch.schema.errors.InstanceError` with every problem :func:`check_tree` finds.

    Parameters
    ----------
    inputs : mapping of str to bytes, optional
        Files that the instance was read from: issues then carry the line of the entry they speak of.
    place : str, optional
        Where the data stand, where that is not the instance's own file.
    """
    issues = list(_Checker(instance, tree, place).issues())
    if issues:
        raise InstanceError(instance.name, located(issues, inputs or {}, instance.currency))


@dataclass(frozen=True)
class SeriesStatistics:
    """Moments of one series over all scenarios, weighted by probability."""

    mean: float
    standard_deviation: float
    within_day_standard_deviation: float
    lag_1_autocorrelation: float
    minimum: float
    maximum: float


def series_statistics(tree: ScenarioTree, name: str) -> SeriesStatistics:
    """Statistics of a series of a tree, to hold it against published figures."""
    return array_statistics(_stacked(tree, name), tree.probabilities)


def array_statistics(values: Values, probabilities: Values) -> SeriesStatistics:
    """Statistics of numbers of shape (scenarios, periods).

    The autocorrelation is about the mean over all scenarios, as that of one long series of days would be.
    """
    mean = float(probabilities @ values.mean(axis=1))
    deviation = values - mean
    variance = float(probabilities @ (deviation**2).mean(axis=1))
    lagged = float(probabilities @ (deviation[:, 1:] * deviation[:, :-1]).mean(axis=1))
    return SeriesStatistics(
        mean=mean,
        standard_deviation=float(np.sqrt(variance)),
        within_day_standard_deviation=float(probabilities @ values.std(axis=1)),
        lag_1_autocorrelation=lagged / variance if variance > 0 else float("nan"),
        minimum=float(values.min()),
        maximum=float(values.max()),
    )


def _stacked(tree: ScenarioTree, name: str) -> Values:
    """Values of a series, shape (scenarios, periods)."""
    array = tree.dataset[name]
    if "scenario" in array.dims:
        return np.asarray(array.transpose("scenario", "time").values, dtype=float)
    shape = (tree.dataset.sizes["scenario"], tree.dataset.sizes["time"])
    return np.broadcast_to(np.asarray(array.values, dtype=float), shape)


def _numbers(data: Any, key: str = "") -> Iterator[tuple[str, float]]:
    """Keys and numbers of an instance, whole ones (a seed) apart."""
    if isinstance(data, dict):
        for name, value in data.items():
            yield from _numbers(value, f"{key}.{name}" if key else str(name))
    elif isinstance(data, list | tuple):
        for place, value in enumerate(data):
            yield from _numbers(value, f"{key}.{place}")
    elif isinstance(data, float):
        yield key, data


class _Checker:
    def __init__(self, instance: Instance, tree: ScenarioTree, place: str | None) -> None:
        self.instance = instance
        self.tree = tree
        self.shape = (tree.dataset.sizes["scenario"], tree.dataset.sizes["time"])
        uncertainty = instance.uncertainty
        own = uncertainty.file if isinstance(uncertainty, ExplicitScenarios) else "instance.yaml"
        self.scenario_file = place or own
        # A series used in many places is reported once.
        self._broken: set[str] = set()

    def issues(self) -> Iterator[Issue]:
        too_large = list(self._sizes())
        if too_large:
            # nothing could be worked out with them
            yield from too_large
            return
        yield from self._probabilities()
        for name, component in self.instance.components.items():
            yield from self._component(f"components.{name}", component)
        for product_id, product in self.instance.products.items():
            key = f"products.{product_id}"
            if isinstance(product, EnergyMarket):
                yield from self._present(f"{key}.price_eur_per_mwh", product.price_eur_per_mwh)
                yield from self._price_limits(f"{key}.price_eur_per_mwh", product)
                yield from self._known_day_ahead(f"{key}.price_eur_per_mwh", product)
            elif isinstance(product, Imbalance):
                yield from self._imbalance(key, product)
            elif isinstance(product, Flexibility):
                yield from self._flexibility(key, product)
            elif isinstance(product, CapacityMechanism):
                yield from self._capacity(key, product)
            elif isinstance(product, VoltageService):
                price = product.price_eur_per_mvar_h
                yield from self._at_least(f"{key}.price_eur_per_mvar_h", price, 0.0, "a price of 0 or more")
        yield from call_issues(self.instance, self.tree, self.scenario_file)
        yield from price_cap_issues(self.instance, self.tree, self.scenario_file)
        yield from trading_loop_issues(self.instance, self.tree, self.scenario_file)
        yield from conversion_loop_issues(self.instance, self.tree, self.scenario_file)

    def _sizes(self) -> Iterator[Issue]:
        expected = f"values of at most {LARGEST_VALUE:g}, which a solver can work with"
        for key, value in _numbers(self.instance.model_dump()):
            if abs(value) > LARGEST_VALUE:
                yield Issue("instance.yaml", None, key, f"{value:g}", expected)
        for name in self.tree.series_names:
            largest = float(np.abs(_stacked(self.tree, name)).max(initial=0.0))
            if largest > LARGEST_VALUE:
                yield Issue(self.scenario_file, None, name, f"a value of {largest:.3g}", expected)

    def _probabilities(self) -> Iterator[Issue]:
        probabilities = self.tree.probabilities
        if not np.all(np.isfinite(probabilities)) or np.any(probabilities < 0):
            yield Issue(self.scenario_file, None, "probabilities", f"least {probabilities.min():g}", "none below 0")
        if abs(float(probabilities.sum()) - 1.0) > 1e-9:
            yield Issue(self.scenario_file, None, "probabilities", f"sum {probabilities.sum():.12g}", "sum 1")

    def _known_day_ahead(self, key: str, market: EnergyMarket) -> Iterator[Issue]:
        price = market.price_eur_per_mwh
        if market.stage != "day_ahead" or not isinstance(price, str) or price in self._broken:
            return
        bad = self.tree.spread_below_nodes(price) > TOLERANCE * np.abs(_stacked(self.tree, price))
        if bad.any():
            yield self._issue(
                key,
                bad,
                _stacked(self.tree, price),
                None,
                "one price in all scenarios of a day-ahead node",
                "the position is decided at that node, when its price is known; give the scenarios nodes of their own, "
                "or decide the position in stage `realtime`",
            )

    def _price_limits(self, key: str, market: EnergyMarket) -> Iterator[Issue]:
        price = self._values(market.price_eur_per_mwh)
        least, most = market.price_minimum_eur_per_mwh, market.price_maximum_eur_per_mwh
        hint = "the market takes no such price; override its limits where yours differ"
        if price is not None and least is not None:
            expected = f"a price of at least {least:g}, the lower limit of the market"
            yield from self._ordered(key, np.full(self.shape, least), price, expected, hint)
        if price is not None and most is not None:
            expected = f"a price of at most {most:g}, the upper limit of the market"
            yield from self._ordered(key, price, np.full(self.shape, most), expected, hint)

    def _component(self, key: str, component: object) -> Iterator[Issue]:
        if isinstance(component, Demand | SheddableDemand):
            yield from self._at_least(f"{key}.demand_mw", component.demand_mw, 0.0, "a demand of 0 or more")
        elif isinstance(component, Source):
            yield from self._at_least(
                f"{key}.available_mw", component.available_mw, 0.0, "an availability of 0 or more"
            )
        elif isinstance(component, Converter):
            ports = {"inputs": component.inputs, "outputs": component.outputs}
            for side, listed in ports.items():
                for number, port in enumerate(listed):
                    place = f"{key}.{side}[{number}].ratio_per_unit"
                    yield from self._at_least(place, port.ratio_per_unit, 0.0, "a ratio above 0", strict=True)
        elif isinstance(component, GridConnection):
            place = f"{key}.import_price_eur_per_mwh"
            yield from self._present(place, component.import_price_eur_per_mwh)
            yield from self._present(f"{key}.export_price_eur_per_mwh", component.export_price_eur_per_mwh)
            if component.export_max_mw > 0 and component.import_max_mw != 0:
                yield from self._ordered(
                    place,
                    self._values(component.export_price_eur_per_mwh),
                    self._values(component.import_price_eur_per_mwh),
                    "an import price at or above the export price",
                    "withdrawing and injecting at once would earn the difference",
                )

    def _imbalance(self, key: str, product: Imbalance) -> Iterator[Issue]:
        for name in (*GIVEN_PRICES, *SYSTEM_PRICES):
            if getattr(product, name) is not None:
                yield from self._present(f"{key}.{name}", getattr(product, name))
        yield from self._ordered(
            key,
            self._values(product.price_long_eur_per_mwh),
            self._values(product.price_short_eur_per_mwh),
            "a price of a long imbalance at or below that of a short one",
            "being long and short at once would earn the difference",
        )

    def _flexibility(self, key: str, product: Flexibility) -> Iterator[Issue]:
        price, word = product.capacity_price, "enablement" if isinstance(product, FcasService) else "capacity"
        expected = f"a price of {word} of 0 or more"
        yield from self._at_least(f"{key}.{word}_price_eur_per_mw_h", price, 0.0, expected)
        yield from self._share(f"{key}.window_per_unit", product.window_per_unit)
        activations = {direction: product.activation(direction) for direction in product.directions}
        for direction, activation in activations.items():
            if activation is not None:
                yield from self._share(f"{key}.{_activation_key(product, direction)}", activation)
        if len(activations) == 2:
            up, down = (self._values(value) for value in activations.values())
            if up is not None and down is not None:
                yield from self._ordered(
                    f"{key}.activation_up_per_unit",
                    up + down,
                    np.ones(self.shape),
                    "called shares up and down that sum to at most 1",
                    "no more than the whole volume can be called in a period",
                )
        for direction in product.directions:
            yield from self._energy(key, product, direction)
        if isinstance(product, FcasService) and product.energy_price_eur_per_mwh is not None:
            yield from self._present(f"{key}.energy_price_eur_per_mwh", product.energy_price_eur_per_mwh)

    def _capacity(self, key: str, product: CapacityMechanism) -> Iterator[Issue]:
        for name in ("price_eur_per_mw_year", product.shortfall_price_key, "obligation_price_eur_per_mw_year"):
            price = getattr(product, name)
            if price is not None:
                yield from self._at_least(f"{key}.{name}", price, 0.0, "a price of 0 or more")
        yield from self._share(f"{key}.critical_per_unit", product.critical_per_unit, "1 in critical hours, 0 outside")
        if product.obligation_price_eur_per_mw_year is not None:
            expected = "1 in hours of obligation, 0 outside"
            yield from self._share(f"{key}.obligation_per_unit", product.obligation_per_unit, expected)

    def _energy(self, key: str, product: Flexibility, direction: Direction) -> Iterator[Issue]:
        for payment in product.energy_payments(direction):
            if payment.stream == "activation":
                yield from self._present(f"{key}.energy_price_{direction}_eur_per_mwh", payment.price)

    def _values(self, quantity: float | str | None) -> Values | None:
        """Numbers behind a quantity, (scenarios, periods); ``None`` where there are none to compare."""
        if quantity is None:
            return None
        if not isinstance(quantity, str):
            return np.full(self.shape, float(quantity))
        if quantity not in self.tree.series_names:
            return None
        return _stacked(self.tree, quantity)

    def _present(self, key: str, quantity: float | str) -> Iterator[Issue]:
        if not isinstance(quantity, str) or quantity in self._broken:
            return
        if quantity not in self.tree.series_names:
            self._broken.add(quantity)
            known = ", ".join(self.tree.series_names)
            yield Issue("instance.yaml", None, key, f"series {quantity!r}", f"a series of the tree: {known}")
            return
        values = _stacked(self.tree, quantity)
        bad = ~np.isfinite(values)
        if bad.any():
            self._broken.add(quantity)
            yield self._issue(key, bad, values, None, "a finite number in every period", f"series {quantity}")

    def _at_least(
        self, key: str, quantity: float | str, least: float, expected: str, *, strict: bool = False
    ) -> Iterator[Issue]:
        yield from self._present(key, quantity)
        values = self._values(quantity)
        if values is not None:
            bad = values <= least if strict else values < least - TOLERANCE
            if bad.any():
                yield self._issue(key, bad, values, None, expected)

    def _share(
        self, key: str, quantity: float | str, expected: str = "a called share between 0 and 1"
    ) -> Iterator[Issue]:
        yield from self._present(key, quantity)
        values = self._values(quantity)
        if values is not None:
            bad = (values < -TOLERANCE) | (values > 1.0 + TOLERANCE)
            if bad.any():
                yield self._issue(key, bad, values, None, expected)

    def _ordered(
        self, key: str, lower: Values | None, upper: Values | None, expected: str, hint: str
    ) -> Iterator[Issue]:
        if lower is None or upper is None:
            return
        # NaN compares as false: gaps are reported where the series is checked for them.
        bad = lower > upper + TOLERANCE * np.maximum(np.abs(lower), np.abs(upper))
        if bad.any():
            yield self._issue(key, bad, lower, upper, expected, hint)

    def _issue(
        self, key: str, bad: NDArray[np.bool_], values: Values, limit: Values | None, expected: str, hint: str = ""
    ) -> Issue:
        places = np.argwhere(bad)
        time, names = self.tree.time, self.tree.scenario_names
        shown = []
        for scenario, period in places[:EXAMPLES]:
            text = f"{values[scenario, period]:g}"
            if limit is not None:
                text += f" > {limit[scenario, period]:g}"
            shown.append(f"{text} (scenario {names[scenario]}, {time[period]:%Y-%m-%d %H:%M})")
        count = len(places)
        more = f" and {count - EXAMPLES} more" if count > EXAMPLES else ""
        return Issue(self.scenario_file, None, key, "; ".join(shown) + more, expected, hint)


def _activation_key(product: Flexibility, direction: Direction) -> str:
    return f"activation_{direction}_per_unit" if isinstance(product, Reserve | FreeOffer) else "activation_per_unit"
