"""Power of a storage that follows its level: slow towards full, weak towards empty."""

from __future__ import annotations

from collections.abc import Sequence

from mes_stoch.components.shared.context import HeldReserve, ModelContext, OfPeriod, StorePower
from mes_stoch.components.storage.format import Storage
from mes_stoch.schema.power_by_level import PowerLine


def limit_power_by_level(
    context: ModelContext,
    name: str,
    spec: Storage,
    level: OfPeriod,
    called: tuple[OfPeriod, OfPeriod],
    scheduled: OfPeriod,
    reserve: HeldReserve,
) -> None:
    """Rows by which the power keeps to lines over the level.

    Equations
    ---------
    The limit is the least of lines ``g_k(L)``, which fall with the level for charging and rise with it for discharging.
    ``c`` and ``d`` are what is charged and discharged, calls included; ``L`` is the level at the end of a period, and
    in rows named ``*_start`` that at its start, ``L[t-1]``::

        c[t] <= g_k(L[t])                                        (charge_by_level_<k>, charge_by_level_start_<k>)
        d[t] <= g_k(L[t])                                  (discharge_by_level_<k>, discharge_by_level_start_<k>)
        discharge[t] - charge[t] + sum_up held[t]   <= g_k(L[t])
                                                (headroom_up_by_level_<k>, headroom_up_by_level_start_<k>)
        charge[t] - discharge[t] + sum_down held[t] <= g_k(L[t])
                                            (headroom_down_by_level_<k>, headroom_down_by_level_start_<k>)

    A period that goes one way has its level on the straight line between its ends, so that these rows hold throughout.
    At which levels reserve must be deliverable: :mod:`mes_stoch.model.power_by_level`.

    Symbols
    -------
    none of its own.
    """
    into, out = called
    text = f"{name} runs no faster than its level allows"
    _rows(context, name, level, "charge", text, into, spec.charge_lines)
    _rows(context, name, level, "discharge", text, out, spec.discharge_lines)
    if not reserve.directed_products:
        return
    text = f"{name} keeps power free for the reserve it holds, at the level of the moment"
    _rows(context, name, level, "headroom_down", text, lambda t: reserve.held_down(t) - scheduled(t), spec.charge_lines)
    _rows(context, name, level, "headroom_up", text, lambda t: reserve.held_up(t) + scheduled(t), spec.discharge_lines)


def deliverable(context: ModelContext, name: str, spec: Storage, level: OfPeriod, power: StorePower) -> OfPeriod:
    """The most that it could bring to its node, MW, at the levels at which a period begins and ends.

    Equations
    ---------
    ::

        D[t] <= b[t] discharge_max                                                              (deliverable)
        D[t] <= g_k(L[t])                          (deliverable_by_level_<k>, deliverable_by_level_start_<k>)

    Symbols
    -------
    ``deliverable_mw`` (D) : MW, (periods,), realtime; only where lines limit the discharge.
    """
    if not spec.discharge_lines:
        return power.discharge_limit
    most = context.variable(name, "deliverable_mw", "MW", "realtime")
    text = f"what {name} could bring follows its level"
    context.constraint(name, "deliverable", text, lambda t: most[t] <= power.discharge_limit(t), role="headroom")
    _rows(context, name, level, "deliverable", text, lambda t: most[t], spec.discharge_lines)
    return lambda t: most[t]


def _rows(
    context: ModelContext,
    name: str,
    level: OfPeriod,
    what: str,
    text: str,
    power: OfPeriod,
    lines: Sequence[PowerLine],
) -> None:
    for k, line in enumerate(lines):
        context.constraint(name, f"{what}_by_level_{k}", text, _row(level, power, line, 0), role="headroom")
        if line.slope_mw_per_mwh:
            context.constraint(name, f"{what}_by_level_start_{k}", text, _row(level, power, line, 1), role="headroom")


def _row(level: OfPeriod, power: OfPeriod, line: PowerLine, before: int) -> OfPeriod:
    return lambda t: power(t) <= line.base_mw + line.slope_mw_per_mwh * level(t - before)
