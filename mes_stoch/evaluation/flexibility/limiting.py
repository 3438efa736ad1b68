"""Which component sets a limit: read from the duals of a largest deviation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from mes_stoch.evaluation.flexibility.reference import Values
from mes_stoch.solvers.highs.solution import Solution
from mes_stoch.views.hub import Hub
from mes_stoch.views.hub_builder import DUMPED, UNSERVED

Positions = NDArray[np.int64]

#: What one more MW must bring to count, MW.
_LEAST = 1e-6
#: Limits that bring so nearly the same count alike.
_ALIKE = 1e-2


@dataclass(frozen=True)
class Limit:
    """What holds a deviation back.

    Parameters
    ----------
    component : str
    what : str
        ``power``; ``energy``, where it is what a store holds at the start, or its room; ``least load`` where no
        larger device brings anything, since what would have to go lower is off, or at its least.
    per_mw : float
        MW of deviation that one more MW of it would bring; of energy, one MW for as long as the deviation lasts; of a
        least load, one MW less.
    others : tuple of str
        Further components of whose limits one more MW would bring as much; the first of all is the largest.
    """

    component: str
    what: str
    per_mw: float
    others: tuple[str, ...] = ()

    @property
    def components(self) -> str:
        """All of them, in words."""
        return ", ".join((self.component, *self.others))


class Limits:
    """The limits of a hub that a larger device moves, with what one more MW of each brings.

    Parameters
    ----------
    hub : Hub
    """

    def __init__(self, hub: Hub) -> None:
        columns = hub.columns
        role = columns["role"].to_numpy()
        self._lower, self._upper = columns["lower"].to_numpy(), columns["upper"].to_numpy()
        self._units = _units_per_mw(hub)
        self._is_level = role == "level"
        self._is_target, self._is_flow = hub.limit_roles == "target", role == "flow"
        row_owners = hub.limits.rows.get_level_values("component")
        # a store that is full and one that is empty lack different things
        labels = [
            _labels(columns["component"], columns["name"] + " upper", self._is_level),
            _labels(columns["component"], columns["name"] + " lower", self._is_level),
            _labels(row_owners, "target lower", self._is_target),
        ]
        codes, names = pd.factorize(pd.MultiIndex.from_frame(pd.concat(labels, ignore_index=True)))
        self._names = [(str(component), str(what)) for component, _, what in names]
        self._upper_codes, self._lower_codes, self._row_codes = np.split(codes, [len(columns), 2 * len(columns)])
        self._matrix = sp.csr_array(hub.limits.matrix)
        self._row_units = hub.limits.rows.get_level_values("unit").to_numpy()
        self._is_ceiling = np.isinf(hub.limit_lower) & np.isfinite(hub.limit_upper) & (hub.limit_roles == "limit")
        self._is_floor = np.isfinite(hub.limit_lower) & np.isinf(hub.limit_upper) & (hub.limit_roles == "limit")
        self._power_mw = _largest_power(hub, self._units)

    def largest(self, kept_rows: Positions, kept_columns: Positions, found: Solution, hours: float) -> Limit | None:
        """The limit that one more MW of would bring most; ``None`` where no larger device brings anything.

        Equations
        ---------
        A limit of a device holds in every step, so what one more MW of it brings is a sum over steps: ``|d_j| w_j`` of
        columns with reduced cost ``d_j`` at their upper end, ``|y_i| max_j |a_ij| w_j`` of rows ``<=`` with dual
        ``y_i``, and where a row shares a period between two directions, ``|y_i| (a_ij x_j) a_ij w_j`` for each. The
        weight ``w_j`` is what 1 MW at the node is in units of the column; of a level, the duration of the deviation,
        at both its ends. A least load is no limit that a larger device moves, and what is fixed or 0 is none either.

        Parameters
        ----------
        kept_rows : int array, shape (rows of the program,)
            Row of the hub's limits that each stands for; -1 for others.
        kept_columns : int array
            Column of the hub that each column of the program stands for.
        found : Solution
            Of a linear program.
        hours : float
            Duration of the deviation.
        """
        if found.row_dual is None or found.column_dual is None or found.values is None:
            return None
        brought = np.zeros(len(self._names))
        self._add_columns(brought, kept_columns, found.column_dual[: len(kept_columns)], hours)
        values = np.zeros(len(self._lower))
        values[kept_columns] = found.values[: len(kept_columns)]
        rows = np.flatnonzero((kept_rows >= 0) & (found.row_dual[: len(kept_rows)] != 0))
        for row, dual in zip(kept_rows[rows], np.abs(found.row_dual[rows]), strict=True):
            self._add_row(brought, int(row), float(dual), values, hours)
        return self._named(brought) or self._named(self._at_least(kept_rows, kept_columns, found), "least load")

    def _at_least(self, kept_rows: Positions, kept_columns: Positions, found: Solution) -> Values:
        """What one MW less of a least load would bring, and of flows that are 0 if they could turn round."""
        brought = np.zeros(len(self._names))
        if found.row_dual is None or found.column_dual is None:  # pragma: no cover - the caller has seen to it
            return brought
        reduced = np.where(self._is_flow[kept_columns], found.column_dual[: len(kept_columns)], 0.0)
        is_free = self._lower[kept_columns] < self._upper[kept_columns]
        at_lower = np.where(is_free, np.maximum(0.0, reduced) * self._units[kept_columns], 0.0)
        np.add.at(brought, self._lower_codes[kept_columns], at_lower)
        rows = np.flatnonzero(kept_rows >= 0)
        own = kept_rows[rows]
        is_floor = self._is_floor[own] & (self._row_units[own] == "MW")
        np.add.at(brought, self._row_codes[own[is_floor]], np.abs(found.row_dual[rows[is_floor]]))
        return brought

    def _add_columns(self, brought: Values, columns: Positions, reduced: Values, hours: float) -> None:
        is_limit = (self._lower[columns] < self._upper[columns]) & (self._upper[columns] > 0)
        is_level = self._is_level[columns]
        weights = np.where(is_level, hours, self._units[columns])
        at_upper = np.where(is_limit, np.maximum(0.0, -reduced) * weights, 0.0)
        at_lower = np.where(is_limit & is_level, np.maximum(0.0, reduced) * weights, 0.0)
        np.add.at(brought, self._upper_codes[columns], at_upper)
        np.add.at(brought, self._lower_codes[columns], at_lower)

    def _add_row(self, brought: Values, row: int, dual: float, values: Values, hours: float) -> None:
        if self._is_target[row]:
            brought[self._row_codes[row]] += dual * hours
        if not self._is_ceiling[row]:
            return
        span = slice(self._matrix.indptr[row], self._matrix.indptr[row + 1])
        columns, entries = self._matrix.indices[span], np.abs(self._matrix.data[span])
        sizes = entries * self._units[columns]
        if self._row_units[row] == "1":
            np.add.at(brought, self._upper_codes[columns], dual * entries * values[columns] * sizes)
        elif len(sizes) and sizes.max() > 0:
            place = int(np.argmax(sizes))
            brought[self._upper_codes[columns[place]]] += dual * sizes[place]

    def _named(self, brought: Values, what_else: str | None = None) -> Limit | None:
        most = float(brought.max(initial=0.0))
        if most < _LEAST:
            return None
        alike = [self._names[place] for place in np.flatnonzero(brought >= most * (1.0 - _ALIKE))]
        alike.sort(key=lambda name: -self._power_mw.get(name[0], 0.0))
        component, what = alike[0]
        others = dict.fromkeys(name for name, _ in alike)
        return Limit(component, what_else or what, most, tuple(name for name in others if name != component))


def _labels(components: Any, limit: Any, is_energy: NDArray[np.bool_]) -> pd.DataFrame:
    """Whose limit it is, which one, and of what."""
    return pd.DataFrame({"component": components, "limit": limit, "what": np.where(is_energy, "energy", "power")})


def _units_per_mw(hub: Hub) -> Values:
    """What 1 MW at a node is in units of each column; 0 of what is no power, and of slack."""
    found = np.zeros(len(hub.columns))
    role = hub.columns["role"].to_numpy()
    found[role == "flow"] = 1.0
    inside = np.isin(role, ("stored", "drawn"))
    per_unit = abs(sp.csc_array(hub.conversion.matrix)).max(axis=0).toarray().ravel()
    found[inside] = 1.0 / per_unit[inside]
    found[hub.columns["component"].isin((UNSERVED, DUMPED)).to_numpy()] = 0.0
    return found


def _largest_power(hub: Hub, units: Values) -> dict[str, float]:
    """Largest power of every component, MW; 0 without limit."""
    upper = hub.columns["upper"].to_numpy()
    is_power = (units > 0) & np.isfinite(upper)
    power = np.divide(upper, units, out=np.zeros(len(upper)), where=is_power)
    largest = pd.Series(power).groupby(hub.columns["component"].to_numpy()).max()
    return {str(name): float(value) for name, value in largest.items()}
