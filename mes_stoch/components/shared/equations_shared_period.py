"""Stores that charge for one part of a period and discharge for the other."""

from __future__ import annotations

from mes_stoch.components.shared.context import Expression, ModelContext, OfPeriod, RowRole, StorePower


def share_period(
    context: ModelContext,
    owner: str,
    name: str,
    text: str,
    power: StorePower,
    charged: OfPeriod,
    discharged: OfPeriod,
    role: RowRole = "rule",
) -> None:
    """Row by which what goes in and what comes out take their parts of a period.

    Equations
    ---------
    ::

        c[t] / charge_max + d[t] / discharge_max <= 1                                                      (<name>)

    Where shares ``a`` of the charging and ``b`` of the discharging power are available, multiplied out, so that the row
    stays right where one of them is 0. It then forbids that way, and leaves the limit of the other to other rows::

        b[t] in[t] / charge_max + a[t] out[t] / discharge_max <= a[t] b[t]                                 (<name>)
        in[t] >= c[t],   out[t] >= d[t]                                                (in_<name>, out_<name>)

    ``in`` and ``out`` are what data times data of calls would be without them.

    Symbols
    -------
    ``in_<name>_mw``, ``out_<name>_mw`` : MW, (periods,), realtime; only where shares of the power change.
    """
    if power.changes:
        charged = _stated(context, owner, f"in_{name}", charged)
        discharged = _stated(context, owner, f"out_{name}", discharged)

    def row(t: int) -> Expression:
        return power.shares_period(t, charged(t), discharged(t))

    context.constraint(owner, name, text, row, unit="1", role=role)


def _stated(context: ModelContext, owner: str, name: str, power: OfPeriod) -> OfPeriod:
    variable = context.variable(owner, f"{name}_mw", "MW", "realtime")
    text = f"what of a period {owner} is busy"
    context.constraint(owner, name, text, lambda t: variable[t] >= power(t))
    return lambda t: variable[t]
