"""The scenario tree: data of every scenario, in one xarray dataset.

Variables carry the name of their series. A series common to all scenarios has dimension ``time``, one that differs has
``(scenario, time)``. Nodes are paths: ``root``, ``root/d0003`` (day-ahead), ``root/d0003/r0`` (realtime leaf); a
scenario is its path.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from mes_stoch.schema.errors import ModelError
from mes_stoch.schema.html_summary import few, html_summary

#: Coordinate of trees and results along ``time``: length of each period, h. Trees of older versions have none.
PERIOD_LENGTH = "period_length_h"

#: What the attributes of a tree say of probabilities that are not those of plain draws, and of what type each is.
WEIGHTING_ATTRIBUTES: Mapping[str, type] = {
    "reduction_from": int,
    "reduction_method": str,
    "reduction_distance": str,
    "reduction_seed": int,
    "reduction_accuracy": float,
    "moments_matched": str,
    "moments_miss": float,
    "tilted_calls": str,
    "likelihood_ratio_mean": float,
    "effective_scenarios": float,
}


#: Coordinates of a tree: no series has such a name.
TREE_NAMES = ("scenario", "time", "probability", "day_ahead_node", "leaf", PERIOD_LENGTH)


@dataclass(frozen=True, repr=False)
class ScenarioTree:
    """Scenarios with probabilities over one horizon.

    Parameters
    ----------
    dataset : xarray.Dataset
        Coordinates ``time`` (UTC, start of period), ``scenario`` (name), along ``scenario``: ``probability`` (sums to
        1), ``day_ahead_node`` and ``leaf`` (node paths), and along ``time``, where it is there, ``period_length_h``.
        Attributes: ``timezone``, ``period_h``, ``seed`` (if drawn), ``origin``, and where scenarios were chosen or
        weighted those of :data:`WEIGHTING_ATTRIBUTES`.
    checked_as : str, optional
        Digest of the data and the instance when they were found sound together; a tree changed since has another.
    """

    dataset: xr.Dataset
    checked_as: str | None = field(default=None, repr=False, compare=False)

    def __repr__(self) -> str:
        nodes = "" if self.is_two_stage else f" below {len(self.day_ahead_nodes)} day-ahead nodes"
        return (
            f"<ScenarioTree of {len(self.scenario_names)} scenarios{nodes}: {self.periods} periods from "
            f"{self.time[0].isoformat()}, {len(self.series_names)} series>"
        )

    def _repr_html_(self) -> str:
        about, probabilities = self.dataset.attrs, self.probabilities
        rows = {
            "scenarios": few(list(self.scenario_names), 5),
            "probability": f"{probabilities.min():.4g} to {probabilities.max():.4g}",
            "day-ahead nodes": None if self.is_two_stage else len(self.day_ahead_nodes),
            "from": self.time[0].isoformat(),
            "periods": f"{self.periods} of {float(about['period_h']):g} h, {about['timezone']}",
            "series": few(list(self.series_names)),
            "seed": about.get("seed"),
            "weighting": self.weighting,
        }
        return html_summary(f"Scenario tree of {len(self.scenario_names)} scenarios", rows)

    @property
    def frame(self) -> xr.Dataset:
        """What is known of all scenarios: coordinates, attributes, and the series that all have in common at least."""
        return self.dataset

    @property
    def held(self) -> ScenarioTree:
        """A tree by itself of the scenarios that this process holds: all of them."""
        return self

    @property
    def stated_ranges(self) -> Mapping[str, tuple[float, float]] | None:
        """Least and largest value of every series of all scenarios, where these are listed and not all held."""
        return None

    @property
    def scenario_names(self) -> tuple[str, ...]:
        return tuple(str(name) for name in self.frame["scenario"].values)

    @property
    def probabilities(self) -> NDArray[np.float64]:
        return np.asarray(self.frame["probability"].values, dtype=float)

    @property
    def series_names(self) -> tuple[str, ...]:
        return tuple(str(name) for name in self.dataset.data_vars)

    @property
    def varying_series(self) -> tuple[str, ...]:
        """Series that may differ between scenarios, in the order of the tree."""
        return tuple(name for name in self.series_names if "scenario" in self.dataset[name].dims)

    @property
    def is_two_stage(self) -> bool:
        """Whether every day-ahead node has a single leaf, so that recourse sees the whole day at once."""
        nodes = self.frame["day_ahead_node"].values
        return len(set(nodes)) == len(nodes)

    @cached_property
    def day_ahead_nodes(self) -> dict[str, tuple[int, ...]]:
        """Positions of the leaves below every day-ahead node, in the order nodes first appear."""
        leaves: dict[str, list[int]] = {}
        for scenario, node in enumerate(self.frame["day_ahead_node"].values):
            leaves.setdefault(str(node), []).append(scenario)
        return {node: tuple(below) for node, below in leaves.items()}

    @property
    def weighting(self) -> str | None:
        """How scenarios were chosen or weighted otherwise than by plain draws, in words; ``None``: they were not."""
        about = self.frame.attrs
        said = []
        if "tilted_calls" in about:
            said.append(f"drawn with calls made likelier ({about['tilted_calls']})")
        if "reduction_method" in about:
            said.append(f"reduced from {int(about['reduction_from']):,} scenarios by {about['reduction_method']}")
        if "moments_matched" in about:
            said.append("weighted to match moments")
        return " and ".join(said) or None

    @property
    def is_sample(self) -> bool:
        """Whether day-ahead nodes are independent draws of equal weight, of which statistics say something."""
        return self.frame.attrs.get("seed") is not None and self.weighting is None

    def spread_below_nodes(self, name: str) -> NDArray[np.float64]:
        """How far series ``name`` departs from its value in the first leaf of the same day-ahead node.

        Returns
        -------
        array, shape (scenarios, periods)
            Zero where the series is known at the day-ahead stage.
        """
        values = np.array([self.values(name, scenario) for scenario in range(len(self.scenario_names))])
        first = np.empty(len(values), dtype=np.intp)
        for below in self.day_ahead_nodes.values():
            first[list(below)] = below[0]
        return np.asarray(np.abs(values - values[first]), dtype=float)

    @property
    def time(self) -> pd.DatetimeIndex:
        """Start of each period in local time."""
        utc = pd.DatetimeIndex(self.frame["time"].values).tz_localize("UTC")
        return utc.tz_convert(str(self.frame.attrs["timezone"]))

    @property
    def lengths_h(self) -> NDArray[np.float64]:
        """Length of each period, h; the first may be shorter than the others."""
        if PERIOD_LENGTH in self.frame.coords:
            return np.asarray(self.frame[PERIOD_LENGTH].values, dtype=float)
        return np.full(self.periods, float(self.frame.attrs["period_h"]))

    @property
    def periods(self) -> int:
        return int(self.frame.sizes["time"])

    @cached_property
    def _arrays(self) -> dict[str, NDArray[np.float64]]:
        # xarray's indexing costs more than a whole scenario's arithmetic, so the arrays are taken out once
        return {
            str(name): np.asarray(array.transpose(..., "time").values, dtype=float)
            for name, array in self.dataset.data_vars.items()
        }

    def values(self, name: str, scenario: int) -> NDArray[np.float64]:
        """Series ``name`` in scenario ``scenario``, shape (periods,).

        Raises
        ------
        ModelError
            If there is no such series.
        """
        array = self._arrays.get(name)
        if array is None:
            raise ModelError(f"the scenario tree has no series {name!r}; it has {', '.join(self.series_names)}")
        return array[scenario] if array.ndim == 2 else array

    def select(self, count: int) -> ScenarioTree:
        """The first ``count`` scenarios with probabilities scaled to sum to 1."""
        return self.part(range(count))

    def part(self, scenarios: Sequence[int]) -> ScenarioTree:
        """Some of the scenarios, by position, with probabilities scaled to sum to 1."""
        part = self.dataset.isel(scenario=list(scenarios)).copy()
        weight = part["probability"].values
        part["probability"] = ("scenario", weight / weight.sum())
        return ScenarioTree(part.set_coords("probability"))
