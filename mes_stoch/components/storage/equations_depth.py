"""Wear of a storage that grows with the depth of its cycles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mes_stoch.components.shared.context import ModelContext, OfPeriod
from mes_stoch.components.storage.format import Storage


def build_depth_cost(
    context: ModelContext, name: str, spec: Storage, keep: Mapping[float, float], stored: OfPeriod, drawn: OfPeriod
) -> None:
    """What is drawn from segments of the store, each at a cost of its own.

    Equations
    ---------
    Segment ``k`` holds ``E_k = E_max (depth[k] - depth[k-1])`` and is drawn at ``cost[k]``, which rises with ``k``.
    What goes in and out, calls included, is ``c`` and ``d``::

        S_k[t] = kappa S_k[t-1] + h (eta_c in_k[t] - out_k[t] / eta_d),   0 <= S_k <= E_k      (segment_<k>)
        sum_k in_k[t] = c[t],   sum_k out_k[t] = d[t]                        (segments_in, segments_out)
        profit -= h sum_k cost[k] sum_t out_k[t]                                  (operation.<storage>)

    The deepest segments are full first at the start. Since costs rise, it pays to draw on the shallowest segment that
    holds something and to fill the shallowest that has room: a shallow cycle costs little, a deep one more.

    Source
    ------
    Xu, Zhao, Zheng, Litvinov and Kirschen, Factoring the Cycle Aging Cost of Batteries Participating in Electricity
    Markets, IEEE Trans. Power Syst. 33(2), 2018, doi 10.1109/TPWRS.2017.2733339.

    Symbols
    -------
    ``segment_<k>_mwh`` (S_k) : MWh at the end of a period, (periods,), realtime.
    ``segment_<k>_in_mw``, ``segment_<k>_out_mw`` : MW at the port, (periods,), realtime; called operation.
    """
    into: list[Any] = []
    out: list[Any] = []
    for k, (size, first) in enumerate(zip(spec.segment_sizes_mwh, spec.first_segments_mwh, strict=True)):
        segment = context.variable(name, f"segment_{k}_mwh", "MWh", "realtime", upper=size)
        into.append(context.variable(name, f"segment_{k}_in_mw", "MW", "realtime"))
        out.append(context.variable(name, f"segment_{k}_out_mw", "MW", "realtime"))
        context.constraint(
            name,
            f"segment_{k}",
            f"what a segment of {name} holds follows from what goes in and out of it",
            _level(context, spec, keep, segment, first, into[k], out[k]),
            unit="MWh",
        )
        cost = spec.degradation_cost_by_depth[k].cost_eur_per_mwh
        context.earn(f"operation.{name}", sum(-context.lengths_h[t] * cost * out[k][t] for t in context.periods))
    if into:
        text = f"segments of {name} share what goes in and out of it"
        context.constraint(name, "segments_in", text, lambda t: _sum(into, t) == stored(t))
        context.constraint(name, "segments_out", text, lambda t: _sum(out, t) == drawn(t))


def _level(
    context: ModelContext, spec: Storage, keep: Mapping[float, float], segment: Any, first: float, into: Any, out: Any
) -> OfPeriod:
    def row(t: int) -> Any:
        before = segment[t - 1] if t > 0 else first
        change = spec.charge_efficiency_per_unit * into[t] - out[t] / spec.discharge_efficiency_per_unit
        hours = context.lengths_h[t]
        return segment[t] == keep[hours] * before + hours * change

    return row


def _sum(parts: Sequence[Any], t: int) -> Any:
    return sum(part[t] for part in parts)
