"""Lines, cables and pipes between two nodes of one carrier."""

from __future__ import annotations

from typing import Any

import numpy as np

from mes_stoch.components.link.format import Link
from mes_stoch.components.shared.context import LinkFlow, ModelContext, OfPeriod
from mes_stoch.io.validation.penalties import amount


def build(context: ModelContext, name: str, spec: Link) -> None:
    """What is sent either way, and what arrives of it.

    Equations
    ---------
    With ``F`` sent from ``from_node`` and ``B`` sent from ``to_node``, of at most ``P`` and ``P_back``, ``a`` the share
    of both that is available, ``y`` 1 where it carries forward, and ``d`` the delay in periods::

        into to_node      (1 - loss) F[t-d] - B[t]             F before the horizon: initial_flow
        into from_node    (1 - loss) B[t] - F[t]
        F[t] / P + B[t] / P_back <= a[t]                       (sharing; both ways)
        F[t] <= a[t] P                                         (available; one way, where less can be available)
        F[t] <= P y[t],   B[t] <= P_back (1 - y[t])            (forward_only, back_only; both ways with loss, exclusive)
        (1 - loss) h sum of the last d F + short >= terminal   (terminal; with a delay)

    Without loss, both ways at once change nothing that one way would not, so no binary is needed. With loss they would
    burn energy, which pays at negative prices: ``y`` keeps them apart. ``exclusive: false`` leaves the sharing row
    alone, the convex hull of the choice, and what it lets burn is refused by the check of trading loops where prices
    would pay for it.

    With a delay, what is under way at the end is worth nothing: no income beyond the horizon is made up. So that the
    last periods are not served from what was found under way, as much must be left as was found, or ``terminal_mwh``.

    Source
    ------
    Delay of a plug-flow pipe as a shift by whole periods, the node method's case of one delay: Benonysson, Bøhm and
    Ravn, Energy Convers. Manage. 36(5), 1995, doi 10.1016/0196-8904(95)98895-T.

    Symbols
    -------
    ``sent_mw`` (F), ``sent_back_mw`` (B) : MW at the sending end, (periods,), realtime; the called operation.
    ``forward`` (y) : binary, (periods,), realtime.
    ``terminal_short_mwh`` (short) : MWh as they would have arrived, (horizon,), realtime; slack.
    """
    sent = context.variable(name, "sent_mw", "MW", "realtime", upper=spec.power_max_mw)
    back: OfPeriod = _no_power
    share = context.quantity(spec.available_per_unit)
    if spec.has_two_ways:
        back = _both_ways(context, name, spec, sent, share)
    elif spec.available_per_unit != 1:
        context.constraint(
            name,
            "available",
            f"{name} carries no more than is available of it",
            lambda t: sent[t] <= share(t) * spec.power_max_mw,
            role="headroom",
        )
    arrives = spec.arrives_per_unit
    arrived = _arrived(context, spec, sent)
    if spec.delay_h > 0:
        context.inject(spec.from_node, name, lambda t: -sent[t])
        context.inject(spec.to_node, name, lambda t: arrives * arrived(t))
        # what is under way comes whether it is wanted by then or not
        context.firm(spec.to_node, "supply", lambda t: arrives * arrived(t))
        _terminal(context, name, spec, arrived)
    else:
        context.link(
            LinkFlow(
                name,
                spec.from_node,
                spec.to_node,
                into_from=lambda t: arrives * back(t) - sent[t],
                into_to=lambda t: arrives * sent[t] - back(t),
                sent_max=lambda t: share(t) * spec.power_max_mw,
                sent_back_max=lambda t: share(t) * spec.power_back_max_mw,
                arrives_per_unit=arrives,
            )
        )
    if spec.cost_eur_per_mwh:
        carried = sum(context.lengths_h[t] * (sent[t] + back(t)) for t in context.periods)
        context.earn(f"operation.{name}", -spec.cost_eur_per_mwh * carried)


def _no_power(t: int) -> Any:
    return 0.0


def _both_ways(context: ModelContext, name: str, spec: Link, sent: Any, share: OfPeriod) -> OfPeriod:
    back = context.variable(name, "sent_back_mw", "MW", "realtime", upper=spec.power_back_max_mw)
    context.constraint(
        name,
        "sharing",
        f"{name} carries one way for one part of a period and back for the other",
        lambda t: sent[t] / spec.power_max_mw + back[t] / spec.power_back_max_mw <= share(t),
        unit="1",
    )
    if spec.decides_way:
        forward = context.variable(name, "forward", "1", "realtime", upper=1.0, integer=True)
        context.constraint(
            name,
            "forward_only",
            f"{name} sends from {spec.from_node} only where it carries that way",
            lambda t: sent[t] <= spec.power_max_mw * forward[t],
        )
        context.constraint(
            name,
            "back_only",
            f"{name} sends from {spec.to_node} only where it carries that way",
            lambda t: back[t] <= spec.power_back_max_mw * (1 - forward[t]),
        )
    return lambda t: back[t]


def _arrived(context: ModelContext, spec: Link, sent: Any) -> OfPeriod:
    """What was sent, by the period in which it arrives, before losses; beyond the horizon as well."""
    before = spec.sent_before(context.period_h, context.begun_h)
    delay = spec.delay_periods(context.period_h)

    def arrived(t: int) -> Any:
        if t < delay:
            return before[t]
        if t == delay and context.begun_h > 0:
            # one part of that period was sent before the horizon
            own = context.lengths_h[0] / context.period_h
            return (1.0 - own) * before[delay] + own * sent[0]
        return sent[t - delay]

    return arrived


def _terminal(context: ModelContext, name: str, spec: Link, arrived: OfPeriod) -> None:
    target, delay = spec.to_leave_mwh(context.period_h, context.begun_h), spec.delay_periods(context.period_h)
    periods = len(context.periods)
    each = spec.arrives_per_unit * context.period_h
    # of a delay beyond the horizon a part was sent before it
    given = each * sum(arrived(t) for t in range(periods, delay))
    if target <= given:
        return
    left = each * sum(arrived(t) for t in range(max(periods, delay), periods + delay))
    span = [np.arange(periods)]
    text = f"{name} leaves enough under way"
    penalty = amount(spec.terminal_penalty_eur_per_mwh)
    short: Any = 0.0
    if penalty is not None:
        short = context.variable(
            name,
            "terminal_short_mwh",
            "MWh",
            "realtime",
            upper=target - given,
            spans=span,
            dimension="horizon",
            role="slack",
        )[0]
        context.earn(f"slack.terminal_{name}", -penalty * short)
    context.constraint(
        name,
        "terminal",
        text,
        lambda _: left + short >= target - given,
        unit="MWh",
        spans=span,
        dimension="horizon",
    )
