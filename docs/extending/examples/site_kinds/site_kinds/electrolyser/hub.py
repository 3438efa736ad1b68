"""An electrolyser in the energy hub."""

from __future__ import annotations

from itertools import pairwise

from mes_stoch.extend import HubContext
from site_kinds.electrolyser.format import Electrolyser


def build(context: HubContext, name: str, spec: Electrolyser) -> None:
    """A branch for each segment, side by side, and a state for each that must be full before the next is used.

    Equations
    ---------
    With ``P_k`` the power in segment ``k`` of width ``w_k``, and ``z_k`` 1 where it is full::

        C[electricity, P_k] = -1,    C[hydrogen, P_k] = eta_k,    0 <= P_k <= w_k
        P_k[t] - w_k z_k[t] >= 0,    P_k+1[t] - w_k+1 z_k[t] <= 0                            (full_<k>, after_<k>)

    Source
    ------
    Variable efficiency as parallel branches: Huang, Zhang, Wang, Capuder, Kuzle and Kang, Int. J. Electr. Power Energy
    Syst. 119, 2020, 105876. States that keep their order: Markowitz and Manne, Econometrica 25(1), 1957,
    doi 10.2307/1907744.
    """
    cost = spec.cost_eur_per_mwh * context.hours
    parts = []
    for k, segment in enumerate(spec.segments, 1):
        part = context.columns(name, f"segment_{k}", "MW", "flow", upper=segment.width_mw, cost=cost)
        context.arc(name, f"segment_{k}", spec.electricity, part, 1.0, -1)
        context.arc(name, f"segment_{k}", spec.hydrogen, part, segment.hydrogen_per_unit, 1)
        parts.append((part, segment.width_mw))
    for k, ((part, width), (after, width_after)) in enumerate(pairwise(parts), 1):
        full = context.columns(name, f"full_{k}", "1", "state", upper=1.0, is_integer=True)
        context.rows(name, f"full_{k}", "MW", context.steps, lower=0.0).add(part).add(full, -width)
        context.rows(name, f"after_{k}", "MW", context.steps, upper=0.0).add(after).add(full, -width_after)
