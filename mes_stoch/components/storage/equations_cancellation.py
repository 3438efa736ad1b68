"""What calls of a storage cancel of its schedule: slowing a charge is not a discharge."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mes_stoch.components.shared.context import (
    DirectedProduct,
    Expression,
    HeldReserve,
    ModelContext,
    OfPeriod,
    StorePower,
)
from mes_stoch.components.shared.equations_shared_period import share_period
from mes_stoch.components.storage.equations_exclusive import cancel_all
from mes_stoch.components.storage.format import Storage
from mes_stoch.schema.base import Quantity
from mes_stoch.schema.flexibility import LEAST_CALLED_PER_UNIT

Values = NDArray[np.float64]


def build_cancellation(
    context: ModelContext,
    name: str,
    spec: Storage,
    power: StorePower,
    charge: Any,
    discharge: Any,
    reserve: HeldReserve,
) -> Any | None:
    """Cancellation ``w`` of a storage whose calls can only slow down what it does anyway; ``None`` where it has no use.

    Equations
    ---------
    ``e_up`` and ``e_down`` are what is delivered of all its calls, ``a_up`` and ``a_down`` the share of the period in
    which any of its products is called in a direction (data: the largest called share of its products, 1 for discrete
    calls), ``a_both = max(0, a_up + a_down - 1)``::

        c = charge + e_down - w,   d = discharge + e_up - w
        c / charge_max + d / discharge_max <= 1                                              (called_sharing)
        w <= a_up charge + (a_down - a_both) discharge + a_both / a_down e_down              (cancelled)
        w <= charge + e_down                                                                 (called_charge)
        w <= discharge + e_up                                                                (called_discharge)

    ``called_sharing`` bounds what a store can burn at negative prices by what it can physically do: every MWh that goes
    in and comes out takes its part of what is available of the period, as in ``sharing``. ``cancelled`` lets an upward
    call slow the charge down while it lasts, and a downward call the discharge. Up and down calls of one period come
    one after another and lose the round trip, but for the share of the period in which both must be there at once. The
    coefficients of ``charge`` and ``discharge`` add up to 1 at most, so that planning to charge and to discharge in one
    period never pays for more cancellation than it costs.

    There is nothing to build for a store without losses, for which both ways of counting are the same, nor where
    nothing can be called; and rows that others imply are left out: with calls of one direction alone ``called_charge``
    (up) or ``called_discharge`` (down).

    Symbols
    -------
    ``cancelled_mw`` (w) : MW, (periods,), realtime.
    """
    up, down = (_ever_called(reserve, direction) for direction in ("up", "down"))
    lossless = spec.charge_efficiency_per_unit * spec.discharge_efficiency_per_unit == 1
    if lossless or not (up or down):
        return None
    cancelled = context.variable(name, "cancelled_mw", "MW", "realtime")
    shares = _Shares(context, name, up, down)
    overlap = reserve.weighted_call("down", shares.both) if up and down else None

    def most(t: int) -> Expression:
        own = shares.slows_charge(t) * charge[t] + shares.slows_discharge(t) * discharge[t]
        return own if overlap is None else own + overlap(t)

    context.constraint(
        name,
        "cancelled",
        f"calls of {name} cancel no more of its schedule than goes on while they last",
        lambda t: cancelled[t] <= most(t),
    )
    if down:
        context.constraint(
            name,
            "called_charge",
            f"{name} charges at least nothing when it is called",
            lambda t: cancelled[t] <= charge[t] + reserve.called_down(t),
        )
    if up:
        context.constraint(
            name,
            "called_discharge",
            f"{name} discharges at least nothing when it is called",
            lambda t: cancelled[t] <= discharge[t] + reserve.called_up(t),
        )
    if spec.exclusive_charging:
        limits: list[OfPeriod] = [most]
        limits += [lambda t: charge[t] + reserve.called_down(t)] if down else []
        limits += [lambda t: discharge[t] + reserve.called_up(t)] if up else []
        cancel_all(context, name, power, cancelled, limits)
    _share_the_period(context, name, power, charge, discharge, cancelled, reserve)
    return cancelled


def _share_the_period(
    context: ModelContext,
    name: str,
    power: StorePower,
    charge: Any,
    discharge: Any,
    cancelled: Any,
    reserve: HeldReserve,
) -> None:
    text = f"called or not, {name} charges for one part of a period and discharges for the other"

    share_period(
        context,
        name,
        "called_sharing",
        text,
        power,
        lambda t: charge[t] + reserve.called_down(t) - cancelled[t],
        lambda t: discharge[t] + reserve.called_up(t) - cancelled[t],
    )


def _ever_called(reserve: HeldReserve, direction: str) -> list[DirectedProduct]:
    return [
        directed
        for directed in reserve.directed_products
        if directed.direction == direction and directed.is_ever_called
    ]


class _Shares:
    """Shares of a period in which calls of each direction run, and both at once: data."""

    def __init__(
        self, context: ModelContext, name: str, up: list[DirectedProduct], down: list[DirectedProduct]
    ) -> None:
        inputs: list[Quantity] = [directed.activation for directed in (*up, *down)]
        count = len(up)
        discrete = np.asarray([not directed.is_pro_rata for directed in (*up, *down)])

        def of_period(activations: tuple[Values, ...]) -> tuple[Values, Values]:
            shares = [
                np.where(values > LEAST_CALLED_PER_UNIT, 1.0, 0.0) if d else values
                for values, d in zip(activations, discrete, strict=True)
            ]
            nothing = np.zeros_like(activations[0])
            return (
                np.max([nothing, *shares[:count]], axis=0),
                np.max([nothing, *shares[count:]], axis=0),
            )

        def both(*activations: Values) -> Values:
            in_up, in_down = of_period(activations)
            overlap = np.maximum(in_up + in_down - 1.0, 0.0)
            return np.divide(overlap, in_down, out=np.zeros_like(overlap), where=in_down > 0)

        def only_down(*activations: Values) -> Values:
            in_up, in_down = of_period(activations)
            return np.minimum(in_down, 1.0 - in_up)

        self.slows_charge = context.derived(
            f"{name}.called_up_per_unit", inputs, lambda *activations: of_period(activations)[0]
        )
        self.slows_discharge = context.derived(f"{name}.called_down_per_unit", inputs, only_down)
        self.both = f"{name}.called_both_per_unit"
        context.derived(self.both, inputs, both)
