"""A part-load converter in the energy hub."""

from __future__ import annotations

from itertools import pairwise

from mes_stoch.components.part_load_converter.format import PartLoadConverter
from mes_stoch.components.shared.hub_context import Columns, HubContext
from mes_stoch.components.shared.hub_on_off import HubOnOff, build_hub_on_off
from mes_stoch.components.shared.hub_ramp import limit_unit_ramp


def build(context: HubContext, name: str, spec: PartLoadConverter) -> None:
    """A branch for each segment of the curve, side by side, and a state for each that is full before the next is used.

    Equations
    ---------
    With ``P_k`` the flow in segment ``k`` of width ``w_k``, ``z_k`` 1 where it is full, ``y`` the state (1 where the
    curve begins at 0), ``x`` the flows at the reference port and ``f`` those at a node, point by point::

        C[node, P_k] = +-(f_k - f_k-1) / w_k,    C[node, y] = +-f_0,    0 <= P_k <= w_k
        P[t] - x_0 y[t] - sum_k P_k[t] = 0,    0 <= P[t] <= available[t] x_K                              (segments)
        P[t] - x_K y[t] + (x_K - P_start) u[t] + (x_K - P_stop) w[t+1] <= 0                               (maximum)
        P_k[t] - w_k z_k[t] >= 0,    P_k+1[t] - w_k+1 z_k[t] <= 0                            (full_<k>, after_<k>)

    Source
    ------
    Variable efficiency as parallel branches: Huang, Zhang, Wang, Capuder, Kuzle and Kang, Int. J. Electr. Power Energy
    Syst. 119, 2020, 105876. States that keep their order: Markowitz and Manne, Econometrica 25(1), 1957,
    doi 10.2307/1907744.
    """
    cost = spec.cost_eur_per_mwh * context.hours
    available = context.values(spec.available_per_unit)
    power = context.columns(name, "power", "MW", "auxiliary", upper=spec.power_max_mw * available, cost=cost)
    state = build_hub_on_off(context, name, spec, available) if spec.can_be_off else None
    parts = _branches(context, name, spec, state)
    adding_up = context.rows(name, "segments", "MW", context.steps, lower=0.0, upper=0.0).add(power)
    for part in parts:
        adding_up.add(part, -1.0)
    if state is not None:
        adding_up.add(state.on, -spec.power_min_mw)
        for row in state.ceilings(context, name, spec):
            row.add(power)
    limit_unit_ramp(context, name, spec, power, state)


def _branches(context: HubContext, name: str, spec: PartLoadConverter, state: HubOnOff | None) -> list[Columns]:
    """Columns of the segments, with what flows in them at the ports, and while the unit is on."""
    reference = spec.reference_port.flow_mw
    ends = list(pairwise(spec.bends))
    widths = [reference[after] - reference[before] for before, after in ends]
    parts = [context.columns(name, f"segment_{k}", "MW", "flow", upper=width) for k, width in enumerate(widths, 1)]
    for direction, ports in ((-1, spec.inputs), (1, spec.outputs)):
        for port in ports:
            for k, (part, width, (before, after)) in enumerate(zip(parts, widths, ends, strict=True), 1):
                ratio = (port.flow_mw[after] - port.flow_mw[before]) / width
                is_reference = port.node == spec.reference
                context.arc(name, f"segment_{k}", port.node, part, ratio, direction, is_reference=is_reference)
            if state is None:
                continue
            if port.flow_mw[0] > 0:
                context.arc(name, "on", port.node, state.on, port.flow_mw[0], direction)
            state.tell_kept_on(context, port.node, direction, port.flow_mw[0])
    if spec.formulation == "exact":
        for k, ((part, width), (after_it, width_after)) in enumerate(pairwise(zip(parts, widths, strict=True)), 1):
            full = context.columns(name, f"full_{k}", "1", "state", upper=1.0, is_integer=True)
            context.rows(name, f"full_{k}", "MW", context.steps, lower=0.0).add(part).add(full, -width)
            context.rows(name, f"after_{k}", "MW", context.steps, upper=0.0).add(after_it).add(full, -width_after)
    return parts
