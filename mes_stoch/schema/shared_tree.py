"""A scenario tree that processes share: each holds the series of its own scenarios, and knows of the others what is
small.

Names, nodes and probabilities of all scenarios are everywhere. A scenario of another process that is asked for all the
same (one that stands for all, one in a group that several processes work through) is drawn again, or read from the list
that it stands in, and a few are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from mes_stoch.schema.errors import ModelError
from mes_stoch.schema.tree import ScenarioTree

#: Day-ahead nodes of other processes that are kept: as many as stand for all scenarios together, and a few more.
_KEPT_NODES = 32


class SharedTree(ScenarioTree):
    """A tree of which this process holds a share, until it is handed the rest (:meth:`hold`, :meth:`complete`).

    What asks for :attr:`dataset` gets all of it: the rest is then drawn. Nodes have equally many leaves, one after
    another.

    Parameters
    ----------
    frame : xarray.Dataset
        Coordinates and attributes of the whole tree, and the series that all scenarios have in common.
    held : ScenarioTree
        A tree by itself of consecutive nodes: this process's, or one of another's where it has none. Nobody may change
        its series any more.
    first : int
        Position of its first scenario among all.
    share : range
        Positions of the scenarios that are this process's, and no other's.
    draw : callable
        Gives a node, by its number, as a tree by itself with the bits of the whole.
    stated_ranges : mapping, optional
        Of scenarios that are listed, since what follows from prices follows from all of them.
    """

    def __init__(
        self,
        frame: xr.Dataset,
        held: ScenarioTree,
        first: int,
        share: range,
        draw: Callable[[int], ScenarioTree],
        stated_ranges: Mapping[str, tuple[float, float]] | None = None,
    ) -> None:
        self._keep(frame, held, first, is_complete=False)
        object.__setattr__(self, "share", share)
        object.__setattr__(self, "_below", len(self.scenario_names) // len(self.day_ahead_nodes))
        object.__setattr__(self, "_draw", draw)
        object.__setattr__(self, "_stated_ranges", stated_ranges)
        object.__setattr__(self, "_node", lru_cache(maxsize=_KEPT_NODES)(draw))
        for name in self.varying_series:
            held.dataset[name].values.flags.writeable = False

    share: range
    #: Whether this process holds all scenarios, with the names and probabilities of the whole.
    is_complete: bool
    _frame: xr.Dataset
    _held: ScenarioTree
    _first: int
    _count: int
    _below: int
    _draw: Callable[[int], ScenarioTree]
    _node: Callable[[int], ScenarioTree]
    _stated_ranges: Mapping[str, tuple[float, float]] | None

    def _keep(self, frame: xr.Dataset, held: ScenarioTree, first: int, *, is_complete: bool) -> None:
        object.__setattr__(self, "_frame", frame)
        object.__setattr__(self, "_held", held)
        object.__setattr__(self, "_first", first)
        object.__setattr__(self, "_count", len(held.scenario_names))
        object.__setattr__(self, "is_complete", is_complete)

    def __repr__(self) -> str:
        return f"<SharedTree of {len(self.scenario_names)} scenarios, of which {self._count} are held>"

    @property
    def frame(self) -> xr.Dataset:
        return self._frame

    @property
    def stated_ranges(self) -> Mapping[str, tuple[float, float]] | None:
        return self._stated_ranges

    @property
    def held(self) -> ScenarioTree:
        """A tree by itself of the scenarios that this process holds."""
        return self._held

    @property
    def dataset(self) -> xr.Dataset:
        """The whole tree; what this process does not hold yet is drawn."""
        self.complete()
        return self._held.dataset

    @property
    def series_names(self) -> tuple[str, ...]:
        return self._held.series_names

    @property
    def varying_series(self) -> tuple[str, ...]:
        return tuple(name for name in self.series_names if name not in self._frame)

    def values(self, name: str, scenario: int) -> NDArray[np.float64]:
        place = scenario - self._first
        if 0 <= place < self._count:
            return self._held.values(name, place)
        node, leaf = divmod(int(scenario), self._below)
        return self._node(node).values(name, leaf)

    def own_series(self) -> dict[str, NDArray[np.float64]]:
        """Series that differ by scenario, of this process's share alone; shape (share, periods)."""
        places = slice(self.share.start - self._first, self.share.stop - self._first)
        return {name: self._held.dataset[name].values[places] for name in self.varying_series}

    def hold(self, series: Mapping[str, NDArray[np.float64]]) -> None:
        """Take the series of all scenarios, shape (scenarios, periods); from now on they are held.

        Raises
        ------
        ModelError
            They are not the tree's.
        """
        shape = (len(self.scenario_names), self.periods)
        if set(series) != set(self.varying_series) or any(values.shape != shape for values in series.values()):
            raise ModelError("what a tree is to hold is not one number for each of its scenarios, periods and series")
        variables = {
            name: (("scenario", "time"), series[name]) if name in series else self._frame[name].variable
            for name in self.series_names
        }
        whole = xr.Dataset(variables, coords=self._frame.coords, attrs=self._frame.attrs)
        self._keep(self._frame, ScenarioTree(whole), 0, is_complete=True)

    def complete(self) -> None:
        """Draw what this process does not hold, node by node."""
        if self.is_complete:
            return
        shape = (len(self.scenario_names), self.periods)
        series = {name: np.empty(shape) for name in self.varying_series}
        self._copy(self._held, self._first, series)
        for first in range(0, shape[0], self._below):
            if not self._first <= first < self._first + self._count:
                self._copy(self._draw(first // self._below), first, series)
        self.hold(series)

    @staticmethod
    def _copy(part: ScenarioTree, first: int, into: Mapping[str, NDArray[np.float64]]) -> None:
        for name, rows in into.items():
            values = part.dataset[name].values
            rows[first : first + len(values)] = values
