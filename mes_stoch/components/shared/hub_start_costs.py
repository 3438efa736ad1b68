"""Costs of a start by the time off, in the energy hub."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mes_stoch.components.shared.hub_context import Columns, HubContext
from mes_stoch.schema.on_off import OnOffUnit, StartCost


def classify_starts(
    context: HubContext,
    name: str,
    spec: OnOffUnit,
    costs: Sequence[StartCost],
    states: Sequence[Columns],
    start: Columns,
    stop: Columns,
) -> None:
    """Split every start into classes by how long ago the unit has stopped, each with its cost.

    Equations
    ---------
    With ``v`` the start of a class, ``s`` a class but the coldest, ``N_s`` the numbers of states off that belong to it
    and ``b_s[k]`` 1 where the time off before the horizon would put a start at ``k`` into it::

        sum over classes of v_s[k] - u[k] = 0                                       (start_class)
        v_s[k] - sum of w[k-n] over n in N_s <= b_s[k]                              (start_class_<s>)

    Source
    ------
    Morales-Espana, Latorre and Ramos, IEEE Trans. Power Syst. 28(4), 2013, doi 10.1109/TPWRS.2013.2251373.
    """
    changing = np.flatnonzero(start >= 0)
    own = [states[int(k)] for k in changing]
    state_h = spec.state_block_h or context.period_h
    bounds_h = np.array([one.off_from_h for one in costs[1:]])

    def class_after(hours: np.ndarray) -> np.ndarray:
        return np.searchsorted(bounds_h, hours + 1e-9, side="right")

    is_known = spec.initial_on is False and spec.initial_state_h is not None
    before_h = float(spec.initial_state_h or 0.0) if is_known else np.inf
    # hours from the start of the horizon to that of each state
    passed_h = np.where(changing > 0, changing * state_h - context.begun_h, 0.0)
    from_before = class_after(before_h + passed_h)
    total = context.rows(name, "start_class", "1", len(changing), lower=0.0, upper=0.0, numbers=changing)
    total.add(start[changing], -1.0)
    for s, one in enumerate(costs):
        kind = context.columns(name, f"start_{s}", "1", "auxiliary", upper=1.0, cost=one.cost_eur, spans=own)
        total.add(kind)
        if s == len(costs) - 1:
            continue
        known = (from_before == s).astype(float)
        rows = context.rows(name, f"start_class_{s}", "1", len(changing), upper=known, numbers=changing)
        rows.add(kind)
        for back in np.flatnonzero(class_after(np.arange(len(states)) * state_h) == s):
            # a stop in a first state that is shorter lies back less long
            reaches = changing - back >= (1 if context.begun_h > 0 else changing[0])
            seen = np.flatnonzero((back > 0) & reaches)
            if len(seen):
                rows.add(stop[changing[seen] - back], -1.0, rows=seen)
        if context.begun_h > 0 and changing[0] == 0:
            is_own = class_after(passed_h) == s
            rows.add(np.full(int(is_own[1:].sum()), stop[0]), -1.0, rows=1 + np.flatnonzero(is_own[1:]))
