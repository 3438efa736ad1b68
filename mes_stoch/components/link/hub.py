"""A link in the energy hub."""

from __future__ import annotations

import numpy as np

from mes_stoch.components.link.format import Link
from mes_stoch.components.shared.hub_context import Columns, HubContext
from mes_stoch.io.validation.penalties import amount


def build(context: HubContext, name: str, spec: Link) -> None:
    """A branch for each way, that takes at one node and gives what is left of it at the other.

    Equations
    ---------
    ::

        C[from, sent] = -1,  C[to, sent] = 1 - loss;    C[to, back] = -1,  C[from, back] = 1 - loss
        sent[t] / P + back[t] / P_back <= available[t]                                      (sharing)
        sent[t] <= P y[t],    back[t] <= P_back (1 - y[t])                                  (forward_only, back_only)

    With a delay a column of its own arrives: ``arrived[t]`` is the mean of what was sent in the period that lies
    ``delay`` before that of the step (arrival). What is left under way: ``terminal``. What was sent before the horizon
    may be thrown away where it arrives, what is sent within it not, for the hub sees all of its one scenario.
    """
    cost = spec.cost_eur_per_mwh * context.hours
    share = context.values(spec.available_per_unit)
    arrives = spec.arrives_per_unit
    sent = context.columns(name, "sent", "MW", "flow", upper=spec.power_max_mw * share, cost=cost)
    context.arc(name, "sent", spec.from_node, sent, 1.0, -1, is_reference=True)
    if spec.delay_h > 0:
        _delayed(context, name, spec, sent)
    else:
        context.arc(name, "sent", spec.to_node, sent, arrives, 1)
    if not spec.has_two_ways:
        return
    back = context.columns(name, "back", "MW", "flow", upper=spec.power_back_max_mw * share, cost=cost)
    context.arc(name, "back", spec.to_node, back, 1.0, -1, is_reference=True)
    context.arc(name, "back", spec.from_node, back, arrives, 1)
    sharing = context.rows(name, "sharing", "1", context.steps, upper=share)
    sharing.add(sent, 1.0 / spec.power_max_mw).add(back, 1.0 / spec.power_back_max_mw)
    if spec.decides_way:
        way = context.columns(name, "forward", "1", "auxiliary", upper=1.0, is_integer=True)
        context.rows(name, "forward_only", "MW", context.steps, upper=0.0).add(sent).add(way, -spec.power_max_mw)
        most = spec.power_back_max_mw
        context.rows(name, "back_only", "MW", context.steps, upper=most).add(back).add(way, most)


def _delayed(context: HubContext, name: str, spec: Link, sent: Columns) -> None:
    period_h, begun_h = context.period_h, context.begun_h
    before, delay = np.array(spec.sent_before(period_h, begun_h)), spec.delay_periods(period_h)
    arrives, steps = spec.arrives_per_unit, np.arange(context.steps)
    arrived = context.columns(name, "arrived", "MW", "flow")
    context.arc(name, "arrived", spec.to_node, arrived, 1.0, 1, is_reference=True)
    period = context.period_of_step
    # in each period of the delay as much as before the horizon, and after it for as long as the first one has begun
    known_share = np.where(period < delay, 1.0, np.where(period == delay, begun_h / period_h, 0.0))
    known = arrives * known_share * np.append(before, 0.0)[np.minimum(period, delay)]
    if any(before):
        context.firm(spec.to_node, "supply", known)
    rows = context.rows(name, "arrival", "MW", context.steps, lower=known, upper=known).add(arrived)
    weight = context.hours / period_h
    for step in steps[period >= delay]:
        source = steps[period == period[step] - delay]
        rows.add(sent[source], -arrives * weight[source], rows=np.full(len(source), step))
    whole = np.append(np.full(delay, period_h), begun_h)[: len(before)]
    given = arrives * float(whole[context.periods :] @ before[context.periods :])
    lacking = spec.to_leave_mwh(period_h, begun_h) - given
    if lacking <= 0:
        return
    last = np.flatnonzero(period >= context.periods - delay)
    terminal = context.rows(
        name, "terminal", "MWh", 1, lower=lacking, role="target", numbers=np.array([context.steps - 1])
    )
    terminal.add(sent[last], arrives * context.hours[last], rows=np.zeros(len(last), dtype=np.int64))
    penalty = amount(spec.terminal_penalty_eur_per_mwh)
    if penalty is not None:
        terminal.add(
            context.columns(
                name, "terminal_short", "MWh", "slack", upper=lacking, cost=penalty, spans=context.spans(None)
            )
        )
