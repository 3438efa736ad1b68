"""What a settlement may read: data of the scenarios, and quantities that were decided or metered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from mes_stoch.io.validation.penalties import with_penalties
from mes_stoch.io.validation.price_limits import series_ranges
from mes_stoch.rules.time_axis import blocks
from mes_stoch.schema.calculated import CalculatedQuantity
from mes_stoch.schema.errors import MissingEntryError, RunFolderError, UsageError
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.site_decision import SiteDecision, SiteKey
from mes_stoch.schema.tree import ScenarioTree

Array = NDArray[np.float64]
Span = NDArray[np.int64]


@dataclass(frozen=True)
class SettlementData:
    """A run as its files tell it.

    Parameters
    ----------
    instance : Instance
        As it was solved: the copy in the run folder. What it leaves to be decided with the commitments is then what
        the solution says (:meth:`~mes_stoch.schema.instance.Instance.as_decided`).
    tree : ScenarioTree
        Prices, calls and weather by scenario.
    solution, flows : xarray.Dataset
        What was decided, and what a meter at every component reads.

    ``left_open`` are decisions of the site that the instance left open as it was solved; ``site_decisions`` what they
    are in the solution.
    """

    instance: Instance
    tree: ScenarioTree
    solution: xr.Dataset
    flows: xr.Dataset
    left_open: Mapping[SiteKey, SiteDecision] = field(init=False, compare=False)
    site_decisions: Mapping[SiteKey, float] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        if "profit_eur" not in self.solution:
            raise UsageError("the run has no dispatch to settle: no commitment was found in its time")
        # an instance that was never solved says "auto" where a run's copy has numbers; the rule is one
        priced = with_penalties(self.instance, series_ranges(self.instance, self.tree))
        object.__setattr__(self, "left_open", priced.site_decisions())
        try:
            decided = {key: float(self.decided(".".join(key))[0, 0]) for key in self.left_open}
        except MissingEntryError as error:
            raise RunFolderError("the run", [error.issue]) from None
        object.__setattr__(self, "site_decisions", decided)
        object.__setattr__(self, "instance", priced.as_decided(decided))

    @property
    def period_h(self) -> float:
        """Length of a period, h; the first may be shorter."""
        return self.instance.horizon.period_h

    @cached_property
    def lengths_h(self) -> Array:
        """Length of each period, h."""
        return self.instance.horizon.lengths_h

    def hours_of(self, periods: Span) -> float:
        """Length of some periods together, h."""
        return self.instance.horizon.hours_of(periods)

    @property
    def time(self) -> pd.DatetimeIndex:
        """Start of each period in local time."""
        return self.tree.time

    @cached_property
    def scenarios(self) -> tuple[str, ...]:
        """Names of the scenarios that were dispatched."""
        return tuple(str(name) for name in self.solution["scenario"].values)

    @cached_property
    def _places(self) -> list[int]:
        known = {name: place for place, name in enumerate(self.tree.scenario_names)}
        missing = [name for name in self.scenarios if name not in known]
        if missing:
            raise UsageError(f"the run's tree has no scenario {missing[0]!r}, though its solution has")
        return [known[name] for name in self.scenarios]

    @cached_property
    def probabilities(self) -> Array:
        return np.asarray(self.solution["probability"].values, dtype=float)

    def values(self, quantity: float | str) -> Array:
        """A number, or a series of the scenarios, as an array over (scenarios, periods).

        Raises
        ------
        MissingEntryError
            If the tree has no series of that name.
        """
        if not isinstance(quantity, str):
            return np.full((len(self.scenarios), len(self.time)), float(quantity))
        if isinstance(quantity, CalculatedQuantity):
            return quantity.values(self.values)
        if quantity not in self.tree.dataset:
            raise MissingEntryError("tree.nc", quantity, "a series that the instance names")
        return np.stack([self.tree.values(quantity, place) for place in self._places])

    def has(self, name: str) -> bool:
        """Whether the solution has a quantity."""
        return name in self.solution

    def decided(self, name: str) -> Array:
        """A quantity of the solution over (scenarios, its spans); commitments are the same in every scenario.

        Raises
        ------
        MissingEntryError
            If the solution has no such quantity.
        """
        if name not in self.solution:
            raise MissingEntryError("solution.nc", name, "a quantity that was decided, or held")
        array = self.solution[name]
        values = np.asarray(array.values, dtype=float)
        return values if "scenario" in array.dims else np.broadcast_to(values, (len(self.scenarios), *values.shape))

    def metered(self, component: str, node: str) -> Array:
        """Flow of a component into a node, MW, over (scenarios, periods)."""
        chosen = np.array([label == (node, component) for label in self._labels], dtype=bool)
        return np.asarray(self._flows[:, :, chosen].sum(axis=2))

    def has_meter(self, component: str, node: str) -> bool:
        """Whether the flow of a component into a node was metered."""
        return (node, component) in self._labels

    def residual(self, node: str) -> Array:
        """What the components of a node leave over, MW: what was dumped, or below zero what was left unserved."""
        own = np.array([n == node and c in self.instance.components for n, c in self._labels], dtype=bool)
        return np.asarray(self._flows[:, :, own].sum(axis=2))

    @cached_property
    def _flows(self) -> Array:
        return np.asarray(self.flows["flow_mw"].transpose("scenario", "time", "flow").values, dtype=float)

    @cached_property
    def _labels(self) -> list[tuple[str, str]]:
        pairs = zip(self.flows["node"].values, self.flows["component"].values, strict=True)
        return [(str(node), str(component)) for node, component in pairs]

    def spans(self, hours: float | None) -> list[Span]:
        """Periods of each block of some local clock hours; ``None``: one block, the horizon."""
        return blocks(self.time, self.period_h, hours)

    def means(self, values: Array, spans: list[Span]) -> Array:
        """Means over time of values over (scenarios, periods), over (scenarios, spans)."""
        parts = [values[:, span] @ self.lengths_h[span] / self.hours_of(span) for span in spans]
        return np.stack(parts, axis=1)

    def by_period(self, values: Array, spans: list[Span]) -> Array:
        """Values over (scenarios, spans) repeated in the periods of their spans."""
        return values[:, self.span_of_period(spans)]

    def span_of_period(self, spans: list[Span]) -> Span:
        place = np.empty(len(self.time), dtype=np.int64)
        for number, span in enumerate(spans):
            place[span] = number
        return place
