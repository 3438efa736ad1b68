"""How fast the schedule of a unit may change from one period to the next."""

from __future__ import annotations

from mes_stoch.components.shared.context import ModelContext, OfPeriod


def _nothing(t: int) -> float:
    return 0.0


def limit_energy_ramp(
    context: ModelContext,
    name: str,
    ramp_mw_per_min: float | None,
    energy: OfPeriod,
    *,
    least_mw: float = 0.0,
    state: OfPeriod = lambda t: 1.0,
    forced_up: OfPeriod = _nothing,
    forced_down: OfPeriod = _nothing,
) -> None:
    """Keep the base schedule within a speed, whatever reserve is held.

    Equations
    ---------
    With ``R`` the speed times the time between the middles of two periods (a period, and less after a first one that is
    shorter), ``E`` the base schedule, ``y`` the state and ``E_min`` the least power when on,
    which a start or a stop may cross at once::

        E[t] - E[t-1] <= R + E_min (1 - y[t-1])       E[t-1] - E[t] <= R + E_min (1 - y[t])    (energy_ramp_up, _down)

    from the second period on; the one before the horizon is not known. ``forced_up`` and ``forced_down``, MW, come on
    top of ``R``: what an outage may take away at once of a power that the unit has no time to leave. The speed at which
    reserve is reached (``ramp_mw_per_min``), and that of automatic control (``agc_ramp_mw_per_min``), are fields of
    their own.

    Source
    ------
    Ramp limits of unit commitment, e.g. Carrion and Arroyo, IEEE Trans. Power Syst. 21(3), 2006, eqs. 18-20, with
    start-up and shut-down limits of E_min + R, doi 10.1109/TPWRS.2006.876672.
    """
    if ramp_mw_per_min is None or len(context.periods) < 2:
        return
    lengths = context.lengths_h
    changes = [context.spans(None)[0][t : t + 1] for t in range(1, len(context.periods))]
    for direction, sign, before, forced in (("up", 1, -1, forced_up), ("down", -1, 0, forced_down)):

        def row(k: int, sign: int = sign, before: int = before, forced: OfPeriod = forced) -> object:
            t = k + 1
            reach = ramp_mw_per_min * 60.0 * (lengths[t - 1] + lengths[t]) / 2.0
            limit = reach + forced(t) + least_mw * (1 - state(t + before))
            return sign * (energy(t) - energy(t - 1)) <= limit

        context.constraint(
            name,
            f"energy_ramp_{direction}",
            f"the schedule of {name} goes {direction} no faster than its energy ramp",
            row,
            spans=changes,
            dimension=f"ramp_{name}",
            role="ramp",
        )
