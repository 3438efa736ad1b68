"""Which component sets a limit: read from the duals of a largest deviation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from mes_stoch.evaluation.flexibility.reference import Values
from mes_stoch.solvers.highs.solution import Solution
from mes_stoch.views.hub import Hub
from mes_stoch.views.hub_builder import DUMPED, UNSERVED

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
        The limit, in the words of the hub: a column or a row of the component.
    per_mw : float
        MW of deviation that one more MW of it would bring; of energy, one MW for as long as the deviation lasts.
    others : tuple of str
        Further components whose limit one more MW would bring as much of.
    """

    component: str
    what: str
    per_mw: float
    others: tuple[str, ...] = ()

    @property
    def components(self) -> str:
        """All of them, in words."""
        return ", ".join((self.component, *self.others))


def largest_limit(hub: Hub, kept_rows: Values, kept_columns: np.ndarray, found: Solution, hours: float) -> Limit | None:
    """The limit that one more MW of would bring most.

    Equations
    ---------
    With ``y_i`` the dual of an inequality and ``a_ij`` its coefficients, one more MW of it brings
    ``|y_i| max_j |a_ij| w_j``; of a bound of a column with reduced cost ``d_j``, ``|d_j| w_j``. The weight ``w_j``
    turns a unit of a column into MW: 1 of a flow, the length of the step of what goes into or out of a store, and the
    duration of the deviation of a level. Equations set no limit by themselves, and states are no power.

    Parameters
    ----------
    kept_rows : int array, shape (rows of the program,)
        Row of the hub's limits that each stands for; -1 for others.
    kept_columns : int array
        Column of the hub that each column of the program stands for.
    hours : float
        Duration of the deviation.
    """
    if found.row_dual is None or found.column_dual is None:
        return None
    weights = _weights(hub, hours)
    rows = np.flatnonzero(kept_rows >= 0)
    rows = rows[(hub.limit_lower != hub.limit_upper)[kept_rows[rows].astype(int)]]
    own = kept_rows[rows].astype(int)
    scale = abs(sp.csr_array(hub.limits.matrix)).multiply(weights).tocsr()[own].max(axis=1).toarray().ravel()
    names = hub.columns[["component", "name"]].to_numpy()[kept_columns]
    components, limits = (hub.limits.rows.get_level_values(level).to_numpy()[own] for level in ("component", "row"))
    brought: dict[tuple[str, str], float] = {}
    values = [*(np.abs(found.column_dual[: len(kept_columns)]) * weights[kept_columns])]
    labels = [(str(component), str(name)) for component, name in names]
    values += [*(np.abs(found.row_dual[rows]) * scale)]
    labels += [(str(component), str(limit)) for component, limit in zip(components, limits, strict=True)]
    for label, value in zip(labels, values, strict=True):
        if value > brought.get(label, _LEAST) * (1.0 + _ALIKE):
            brought[label] = float(value)
    return _first(brought)


def _first(brought: dict[tuple[str, str], float]) -> Limit | None:
    if not brought:
        return None
    (component, what), most = max(brought.items(), key=lambda entry: entry[1])
    alike = {name for (name, _), value in brought.items() if value >= most * (1.0 - _ALIKE)}
    return Limit(component, what, most, tuple(sorted(alike - {component})))


def _weights(hub: Hub, hours: float) -> Values:
    """MW in a unit of each column; 0 of what is no power."""
    role = hub.columns["role"].to_numpy()
    length = hub.steps.hours[hub.columns["step"].to_numpy()]
    weights = np.zeros(len(role))
    weights[role == "flow"] = 1.0
    inside = np.isin(role, ("stored", "drawn"))
    weights[inside] = length[inside]
    weights[role == "level"] = hours
    weights[hub.columns["component"].isin((UNSERVED, DUMPED)).to_numpy()] = 0.0
    return weights
