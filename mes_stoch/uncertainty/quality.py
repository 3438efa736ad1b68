"""Is the data of a scenario tree sound? Nothing missing, nothing impossible, and no riskless profit.

An optimiser finds every hole in its data: a call that pays more than ignoring it costs, an imbalance price that
rewards being wrong, a demand below zero. The rules here are checked before a model is built.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mes_stoch.io.readers.locate import located
from mes_stoch.schema.calculated import CalculatedQuantity
from mes_stoch.schema.data_rules import DataRule, LimitRule, NodeRule, NumberRule
from mes_stoch.schema.errors import InstanceError, Issue
from mes_stoch.schema.instance import ExplicitScenarios, Instance
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.call_checks import call_issues
from mes_stoch.uncertainty.conversion_loop import conversion_loop_issues
from mes_stoch.uncertainty.energy_gain import gain_of_series_issues
from mes_stoch.uncertainty.examples import series_values, stacked
from mes_stoch.uncertainty.paid_conversion import paid_conversion_issues
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
    - no component gives more energy than it takes (:mod:`mes_stoch.uncertainty.energy_gain`);
    - no riskless profit: not by trading (:mod:`mes_stoch.uncertainty.trading_loop`), not by converting
      (:mod:`mes_stoch.uncertainty.conversion_loop`), not by being paid for it
      (:mod:`mes_stoch.uncertainty.paid_conversion`), not by slack (:mod:`mes_stoch.uncertainty.price_caps`).
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
            yield from self._rules(f"components.{name}", component.data_rules())
        for product_id, product in self.instance.products.items():
            yield from self._rules(f"products.{product_id}", product.data_rules())
        yield from call_issues(self.instance, self.tree, self.scenario_file)
        yield from price_cap_issues(self.instance, self.tree, self.scenario_file)
        yield from trading_loop_issues(self.instance, self.tree, self.scenario_file)
        yield from conversion_loop_issues(self.instance, self.tree, self.scenario_file)
        yield from paid_conversion_issues(self.instance, self.tree, self.scenario_file)
        yield from gain_of_series_issues(self.instance, self.tree, self.scenario_file)

    def _sizes(self) -> Iterator[Issue]:
        expected = f"values of at most {LARGEST_VALUE:g}, which a solver can work with"
        for key, value in _numbers(self.instance.model_dump()):
            if abs(value) > LARGEST_VALUE:
                yield Issue("instance.yaml", None, key, f"{value:g}", expected)
        for name in self.tree.series_names:
            largest = float(np.abs(series_values(self.tree, name)).max(initial=0.0))
            if largest > LARGEST_VALUE:
                yield Issue(self.scenario_file, None, name, f"a value of {largest:.3g}", expected)

    def _probabilities(self) -> Iterator[Issue]:
        probabilities = self.tree.probabilities
        if not np.all(np.isfinite(probabilities)) or np.any(probabilities < 0):
            yield Issue(self.scenario_file, None, "probabilities", f"least {probabilities.min():g}", "none below 0")
        if abs(float(probabilities.sum()) - 1.0) > 1e-9:
            yield Issue(self.scenario_file, None, "probabilities", f"sum {probabilities.sum():.12g}", "sum 1")

    def _rules(self, owner: str, rules: Iterable[DataRule]) -> Iterator[Issue]:
        for rule in rules:
            key = f"{owner}.{rule.key}" if rule.key else owner
            if isinstance(rule, NumberRule):
                yield from self._number(key, rule)
            elif isinstance(rule, LimitRule):
                yield from self._limits(key, rule)
            elif isinstance(rule, NodeRule):
                yield from self._known_day_ahead(key, rule)
            else:
                lower = [self._values(quantity) for quantity in rule.lower]
                known = [values for values in lower if values is not None]
                if len(known) == len(lower):
                    total = np.sum(known, axis=0)
                    yield from self._ordered(key, total, self._values(rule.upper), rule.expected, rule.hint)

    def _number(self, key: str, rule: NumberRule) -> Iterator[Issue]:
        if rule.rule == "present":
            yield from self._present(key, rule.quantity)
        elif rule.rule == "share":
            yield from self._share(key, rule.quantity, rule.expected)
        else:
            yield from self._at_least(key, rule.quantity, 0.0, rule.expected, strict=rule.rule == "positive")

    def _known_day_ahead(self, key: str, rule: NodeRule) -> Iterator[Issue]:
        price = rule.quantity
        yield from self._present(key, price)
        if not isinstance(price, str) or price in self._broken:
            return
        bad = self.tree.spread_below_nodes(price) > TOLERANCE * np.abs(series_values(self.tree, price))
        if bad.any():
            yield self._issue(key, bad, series_values(self.tree, price), None, rule.expected, rule.hint)

    def _limits(self, key: str, rule: LimitRule) -> Iterator[Issue]:
        values = self._values(rule.quantity)
        if values is not None and rule.least is not None:
            yield from self._ordered(key, np.full(self.shape, rule.least), values, rule.expected_least, rule.hint)
        if values is not None and rule.most is not None:
            yield from self._ordered(key, values, np.full(self.shape, rule.most), rule.expected_most, rule.hint)

    def _values(self, quantity: float | str | None) -> Values | None:
        """Numbers behind a quantity, (scenarios, periods); ``None`` where there are none to compare."""
        return stacked(self.tree, quantity)

    def _present(self, key: str, quantity: float | str) -> Iterator[Issue]:
        if not isinstance(quantity, str) or quantity in self._broken:
            return
        if isinstance(quantity, CalculatedQuantity):
            for entry in quantity.inputs:
                yield from self._present(key, entry)
            return
        if quantity not in self.tree.series_names:
            self._broken.add(quantity)
            known = ", ".join(self.tree.series_names)
            yield Issue("instance.yaml", None, key, f"series {quantity!r}", f"a series of the tree: {known}")
            return
        values = series_values(self.tree, quantity)
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

    def _share(self, key: str, quantity: float | str, expected: str) -> Iterator[Issue]:
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
