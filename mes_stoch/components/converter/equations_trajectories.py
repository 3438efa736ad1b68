"""Power of a unit while it starts up and shuts down, below its minimum load."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mes_stoch.components.converter.format import Converter
from mes_stoch.components.shared.context import Expression, ModelContext, OfPeriod
from mes_stoch.components.shared.equations_on_off import OnOff


def _nothing(t: int) -> float:
    return 0.0


@dataclass(frozen=True)
class Trajectory:
    """What a unit brings at its reference port on its way up and down, MW, and 1 where it is on that way.

    ``down_before`` is the way down, MW by period, that a unit which was on before the horizon has to go at least once.
    """

    power: OfPeriod = _nothing
    is_moving: OfPeriod = _nothing
    down_before: Sequence[float] = ()


def build_trajectory(context: ModelContext, name: str, spec: Converter, on_off: OnOff) -> Trajectory:
    """Given powers in the periods before a start is complete, and after a stop.

    Equations
    ---------
    With ``SU_1 .. SU_n`` the powers of the last ``n`` periods before the unit is at its minimum load, ``SD_1 .. SD_m``
    those of the first ``m`` after it, ``u`` and ``w`` its starts (the first period at or above ``P_min``) and stops
    (the first one below)::

        T[t] = sum_i SU_i u[t+n+1-i] + sum_j SD_j w[t+1-j]              (no row of its own)
        m[t] = sum_i u[t+n+1-i] + sum_j w[t+1-j]
        flow[port,t] = ratio[port,t] (P_called[t] + T[t]) + no_load[port] (y[t] + m[t])
        u[k] = 0    for k < n, where the way up would have begun before the horizon     (start_up)

    The unit is neither on nor free to hold reserve there: ``y = 0``, so that ``P`` and what is held are 0. The least
    time off covers both ways (:mod:`mes_stoch.components.converter.checks_starts`), so that they never meet. The way up
    to a start beyond the horizon is not seen. A unit that was on before the horizon goes its way down however early it
    stops: what that brings can be thrown away (:mod:`mes_stoch.components.shared.equations_kept_on`).

    Source
    ------
    Morales-Espana, Gentile and Ramos, Tight MIP formulations of the power-based unit commitment problem, OR Spectrum
    37, 2015, doi 10.1007/s00291-015-0400-4, here with energy of whole periods in the place of power at their ends.
    """
    up, down = spec.start_up_power_mw, spec.shut_down_power_mw
    if not up and not down:
        return Trajectory()
    count = len(context.periods)

    def terms(t: int) -> list[tuple[float, Expression]]:
        starts = [(mw, t + len(up) - i) for i, mw in enumerate(up)]
        stops = [(mw, t - j) for j, mw in enumerate(down)]
        return [
            *((mw, on_off.start(k)) for mw, k in starts if k < count),
            *((mw, on_off.stop(k)) for mw, k in stops if k >= 0),
        ]

    first = 0 if spec.initial_on is not None else 1
    early = [context.spans(None)[0][k : k + 1] for k in range(first, min(len(up), count))]
    if early:
        context.constraint(
            name,
            "start_up",
            f"{name} has time to start up within the horizon",
            lambda k: on_off.start(k + first) <= 0,
            unit="1",
            spans=early,
            dimension=f"start_up_{name}",
        )
    return Trajectory(
        lambda t: sum(mw * change for mw, change in terms(t)),
        lambda t: sum(change for _, change in terms(t)),
        down if spec.initial_on else (),
    )
