"""Which component sets a limit: read from the duals of a largest deviation."""

from __future__ import annotations

from dataclasses import dataclass

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
_ALIKE = 1e-3


@dataclass(frozen=True)
class Limit:
    """What holds a deviation back.

    Parameters
    ----------
    component : str
    what : str
        ``power``, or ``energy`` where it is the level of a store.
    per_mw : float
        MW of deviation that one more MW of it would bring; of energy, one MW for as long as the deviation lasts.
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
    """The limits of a hub, with what one more MW of each is.

    Parameters
    ----------
    hub : Hub
    """

    def __init__(self, hub: Hub) -> None:
        is_level = (hub.columns["role"] == "level").to_numpy()
        columns = pd.DataFrame({"component": hub.columns["component"], "what": np.where(is_level, "energy", "power")})
        rows = pd.DataFrame({"component": hub.limits.rows.get_level_values("component"), "what": "power"})
        labels = pd.concat([columns, rows], ignore_index=True)
        codes, names = pd.factorize(pd.MultiIndex.from_frame(labels))
        self._names = [(str(component), str(what)) for component, what in names]
        self._column_codes, self._row_codes = codes[: len(columns)], codes[len(columns) :]
        self._is_inequality = hub.limit_lower != hub.limit_upper
        self._sizes = abs(sp.csr_array(hub.limits.matrix))
        self._weights, self._is_level = _weights(hub), is_level
        self._power_mw = _largest_power(hub, self._weights)
        self._has_other_way = hub.columns["role"].isin(("stored", "drawn")).to_numpy()

    def largest(self, kept_rows: Positions, kept_columns: Positions, found: Solution, hours: float) -> Limit | None:
        """The limit that one more MW of would bring most.

        Equations
        ---------
        With ``y_i`` the dual of an inequality and ``a_ij`` its coefficients, one more MW of it brings
        ``|y_i| max_j |a_ij| w_j``; of a bound of a column with reduced cost ``d_j``, ``|d_j| w_j``. The weight ``w_j``
        turns a unit of a column into MW: 1 of a flow, the length of the step of what goes into or out of a store, and
        the duration of the deviation of a level. Equations set no limit by themselves, and states are no power.

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
        if found.row_dual is None or found.column_dual is None:
            return None
        weights = np.where(self._is_level, hours, self._weights)
        brought = np.zeros(len(self._names))
        reduced = found.column_dual[: len(kept_columns)]
        # what goes into a store can be 0 because as much comes out: the end at 0 is no limit of the store
        reduced = np.where(self._has_other_way[kept_columns], np.minimum(reduced, 0.0), reduced)
        of_columns = np.abs(reduced) * weights[kept_columns]
        np.maximum.at(brought, self._column_codes[kept_columns], of_columns)
        rows = np.flatnonzero(kept_rows >= 0)
        rows = rows[self._is_inequality[kept_rows[rows]] & (found.row_dual[rows] != 0)]
        own = kept_rows[rows]
        if len(own):
            sizes = self._sizes[own].multiply(weights).tocsr().max(axis=1).toarray().ravel()
            np.maximum.at(brought, self._row_codes[own], np.abs(found.row_dual[rows]) * sizes)
        return self._named(brought)

    def _named(self, brought: Values) -> Limit | None:
        most = float(brought.max(initial=0.0))
        if most < _LEAST:
            return None
        alike = [self._names[place] for place in np.flatnonzero(brought >= most * (1.0 - _ALIKE))]
        alike.sort(key=lambda name: -self._power_mw.get(name[0], 0.0))
        component, what = alike[0]
        others = dict.fromkeys(name for name, _ in alike)
        return Limit(component, what, most, tuple(name for name in others if name != component))


def _weights(hub: Hub) -> Values:
    """MW in a unit of each column; 0 of what is no power, and of levels."""
    role = hub.columns["role"].to_numpy()
    length = hub.steps.hours[hub.columns["step"].to_numpy()]
    weights = np.where(role == "flow", 1.0, np.where(np.isin(role, ("stored", "drawn")), length, 0.0))
    weights[hub.columns["component"].isin((UNSERVED, DUMPED)).to_numpy()] = 0.0
    return weights


def _largest_power(hub: Hub, weights: Values) -> dict[str, float]:
    """Largest power of every component, MW; 0 without limit."""
    length = hub.steps.hours[hub.columns["step"].to_numpy()]
    inside = hub.columns["role"].isin(("stored", "drawn")).to_numpy()
    power = np.where(weights > 0, hub.columns["upper"].to_numpy(), 0.0) / np.where(inside, length, 1.0)
    largest = pd.Series(np.where(np.isfinite(power), power, 0.0)).groupby(hub.columns["component"].to_numpy()).max()
    return {str(name): float(value) for name, value in largest.items()}
