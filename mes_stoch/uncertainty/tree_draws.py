"""Scenarios of a synthetic instance, drawn node by node: all of them, or any part with the same bits.

A node's generator knows the root seed and the node's path and nothing else, so scenario 17 is the same whatever is
drawn beside it. Only weights of importance sampling belong to the whole: they are scaled over all scenarios.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from mes_stoch.io.readers.locate import INSTANCE_FILE
from mes_stoch.rules.time_axis import period_lengths
from mes_stoch.schema.errors import InstanceError, Issue, ModelError, TimeLimitError
from mes_stoch.schema.instance import SyntheticScenarios
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.call_tilt import weights_of
from mes_stoch.uncertainty.fitted.part import LOG_WEIGHT
from mes_stoch.uncertainty.process import DrawContext, Drawn, ScenarioProcess
from mes_stoch.uncertainty.room import require_room
from mes_stoch.uncertainty.seeds import day_ahead_path, leaf_path, node_generator

if TYPE_CHECKING:
    from mes_stoch.io.instance import LoadedInstance

Values = NDArray[np.float64]


def draw_day_ahead_node(process: ScenarioProcess, context: DrawContext, seed: int, node: int) -> Drawn:
    """Data of one day-ahead node, from a generator that knows only the root seed and the node's path."""
    return process.draw_day_ahead(node_generator(seed, day_ahead_path(node)), context)


def draw_leaf(
    process: ScenarioProcess, context: DrawContext, seed: int, node: int, leaf: int, day_ahead: Drawn
) -> Drawn:
    """Data that a realtime leaf adds to those of its day-ahead node."""
    return process.draw_realtime(node_generator(seed, leaf_path(node, leaf)), context, day_ahead)


@dataclass(frozen=True)
class TreeDraws:
    """An instance, its process and what they were checked for: ready to draw any of its scenarios.

    Made by :func:`mes_stoch.uncertainty.tree.tree_draws`.

    Parameters
    ----------
    loaded : LoadedInstance
    uncertainty : SyntheticScenarios
        That of the instance.
    process : ScenarioProcess
    context : DrawContext
    seed : int
        Root seed.
    nodes : int
        Day-ahead nodes of the whole tree.
    leaves_per_day_ahead_node : int
    """

    loaded: LoadedInstance
    uncertainty: SyntheticScenarios
    process: ScenarioProcess
    context: DrawContext
    seed: int
    nodes: int
    leaves_per_day_ahead_node: int

    @property
    def scenarios(self) -> int:
        """Of the whole tree."""
        return self.nodes * self.leaves_per_day_ahead_node

    @property
    def tilted_calls(self) -> dict[str, float]:
        """Factors of the series of calls that are drawn likelier than they are, and make scenarios unequal."""
        of_parts: Mapping[str, float] = getattr(self.process, "tilted_calls", {})
        return {**of_parts, **({} if self.context.tilt is None else self.uncertainty.tilted_calls)}

    def whole(self, stop: Callable[[], bool] | None = None) -> ScenarioTree:
        """All scenarios.

        Raises
        ------
        UsageError, TimeLimitError, InstanceError
        """
        tree, log_ratios = self.nodes_alone(0, self.nodes, stop)
        if not self.tilted_calls:
            return tree
        probability, said = weights_of(log_ratios, self.tilted_calls)
        weighted = tree.dataset.assign_coords(probability=("scenario", probability)).assign_attrs(said)
        return ScenarioTree(weighted)

    def frame(self, log_ratios: Values | None = None) -> xr.Dataset:
        """The whole tree without the series that differ by scenario: nothing is drawn for it.

        Parameters
        ----------
        log_ratios : array, shape (scenarios,)
            Logarithm of the likelihood ratio of every scenario, where calls are drawn likelier than they are.

        Raises
        ------
        ModelError
            They are not there, or not one for every scenario.
        """
        attributes = self._attributes()
        probability = np.full(self.scenarios, 1.0 / self.scenarios)
        if self.tilted_calls:
            if log_ratios is None or len(log_ratios) != self.scenarios:
                raise ModelError("weights of a tree follow from the likelihood ratios of all of its scenarios")
            probability, said = weights_of(log_ratios, self.tilted_calls)
            attributes |= said
        nodes, leaves = self._paths(0, self.nodes)
        return assembled_tree(self.loaded, leaves, nodes, leaves, probability, {}, attributes).dataset

    def _paths(self, first_node: int, last_node: int) -> tuple[list[str], list[str]]:
        """Day-ahead node and leaf of every scenario."""
        numbers = [
            (node, leaf) for node in range(first_node, last_node) for leaf in range(self.leaves_per_day_ahead_node)
        ]
        return [day_ahead_path(node) for node, _ in numbers], [leaf_path(node, leaf) for node, leaf in numbers]

    def part(self, first_node: int, last_node: int) -> ScenarioTree:
        """The scenarios of nodes ``first_node`` up to, not including, ``last_node``.

        Names, paths and data are those of the whole tree to the last bit; the probabilities of a part sum to 1. Nodes
        may lie beyond those of the tree, whose number no draw depends on.

        Raises
        ------
        UsageError
            More scenarios than the machine's memory holds.
        InstanceError
            What the process draws is not what it should be.
        ModelError
            Scenarios are weighted over the whole tree, or there is no such part.
        """
        if self.tilted_calls:
            raise ModelError("scenarios that are weighted over the whole tree cannot be drawn in parts")
        if not 0 <= first_node < last_node:
            raise ModelError(f"no part of a tree has the nodes from {first_node} up to {last_node}")
        return self.nodes_alone(first_node, last_node)[0]

    def nodes_alone(
        self, first_node: int, last_node: int, stop: Callable[[], bool] | None = None
    ) -> tuple[ScenarioTree, Values]:
        """Nodes ``first_node`` up to, not including, ``last_node`` as a tree by itself of equally likely scenarios.

        Parameters
        ----------
        stop : callable, optional
            Asked before every node whether to give up.

        Returns
        -------
        tree : ScenarioTree
        log_ratios : array, shape (scenarios,)
            Logarithm of the likelihood ratio of each, from which the weights of the whole tree follow; 0 where calls
            are drawn as they are.

        Raises
        ------
        UsageError, TimeLimitError, InstanceError
        """
        name, below = self.loaded.instance.name, self.leaves_per_day_ahead_node
        count = (last_node - first_node) * below
        series_count = len(self.process.series_names()) + len(self.loaded.series.columns)
        require_room(count, len(self.loaded.time), series_count)
        drawn: list[Drawn] = []
        log_ratios: list[float] = []
        nodes, leaves = self._paths(first_node, last_node)
        for node in range(first_node, last_node):
            if drawn and stop is not None and stop():
                raise TimeLimitError(
                    f"{name}: the time limit came when {len(drawn)} of {count} scenarios had been drawn; "
                    "nothing was written"
                )
            day_ahead = draw_day_ahead_node(self.process, self.context, self.seed, node)
            for leaf in range(below):
                of_leaf = draw_leaf(self.process, self.context, self.seed, node, leaf, day_ahead)
                drawn.append({**day_ahead, **of_leaf})
                log_ratios.append(self._log_ratio(drawn[-1]))
        series = {key: np.stack([one[key] for one in drawn]) for key in self.process.series_names()}
        probability = np.full(count, 1.0 / count)
        tree = assembled_tree(self.loaded, leaves, nodes, leaves, probability, series, self._attributes())
        return tree, np.array(log_ratios)

    def _attributes(self) -> dict[str, object]:
        """What the tree says of where it comes from."""
        if not self.uncertainty.process_document:
            return {"seed": self.seed, "origin": f"synthetic: process {self.uncertainty.process}"}
        # a tree says by itself what it was drawn from
        return {
            "seed": self.seed,
            "origin": f"fitted: {self.uncertainty.process_file}",
            "process": json.dumps(self.uncertainty.process_document),
        }

    def _log_ratio(self, drawn: Drawn) -> float:
        """Logarithm of the likelihood ratio of the leaf drawn last and its node; 0 where all is drawn as it is.

        Raises
        ------
        InstanceError
            A series is to be tilted that the process does not draw so.
        """
        of_parts = math.fsum(drawn[LOG_WEIGHT]) if LOG_WEIGHT in drawn else 0.0
        if self.context.tilt is None:
            return of_parts
        found = self.context.tilt.take()
        issues = [
            Issue(
                INSTANCE_FILE,
                None,
                f"uncertainty.tilted_calls.{series}",
                repr(series),
                f"a series of calls that {self.uncertainty.process} can tilt",
                f"it can tilt {', '.join(found)}" if found else "it can tilt none of them",
            )
            for series in self.uncertainty.tilted_calls
            if series not in found
        ]
        if issues:
            raise InstanceError(self.loaded.instance.name, issues)
        return math.fsum(found.values()) + of_parts


def assembled_tree(
    loaded: LoadedInstance,
    names: list[str],
    nodes: list[str],
    leaves: list[str],
    probability: np.ndarray[tuple[int], np.dtype[np.float64]],
    series: Mapping[str, np.ndarray[tuple[int, ...], np.dtype[np.float64]]],
    attributes: Mapping[str, object],
) -> ScenarioTree:
    """A tree of series by scenario, shape (scenarios, periods), and of those that the instance brings."""
    horizon = loaded.instance.horizon
    variables: dict[str, tuple[tuple[str, ...], object]] = {}
    for name in loaded.series.columns:
        variables[str(name)] = (("time",), np.asarray(loaded.series[name], dtype=float))
    for name, values in series.items():
        variables[name] = (("scenario", "time"), values)
    # xarray keeps no time zones: UTC in the file, the zone among the attributes.
    time = pd.DatetimeIndex(loaded.time.tz_convert("UTC").tz_localize(None))
    dataset = xr.Dataset(
        variables,
        coords={
            "time": time,
            "scenario": np.array(names, dtype=str),
            "probability": ("scenario", probability),
            "day_ahead_node": ("scenario", np.array(nodes, dtype=str)),
            "leaf": ("scenario", np.array(leaves, dtype=str)),
            **period_lengths(horizon),
        },
        attrs={
            "timezone": horizon.timezone,
            "period_h": float(horizon.period_h),
            "currency": loaded.instance.currency,
            **attributes,
        },
    )
    return ScenarioTree(dataset)
