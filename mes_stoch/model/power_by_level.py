"""Power of stores that follows their level, at the levels that full calls lead to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mes_stoch.components.shared.context import Buffer, Expression, OfPeriod
from mes_stoch.components.shared.equations_moments import Moment, moments
from mes_stoch.model.call_path import PathRow
from mes_stoch.model.claims import Back, FullCall, beside_schedule
from mes_stoch.schema.power_by_level import PowerLine

if TYPE_CHECKING:
    from mes_stoch.model.site_model import SiteModel


def hold_power_by_level(
    site: SiteModel, store: Buffer, call: FullCall, back: Back, windows: Mapping[float, OfPeriod]
) -> None:
    """Rows by which a store can go on delivering a full call at the level that the call leads to.

    Equations
    ---------
    ``g_k`` are lines over the level, which fall for charging and rise for discharging. ``L_added[x]`` and
    ``L_taken[x]`` are the levels that full calls lead to at the end of period ``x``: the left-hand sides of
    ``energy_added`` and ``energy_taken`` (:mod:`mes_stoch.model.full_calls`), and ``b`` what a full call asks beside
    the schedule, as in ``headroom_*`` and ``call_power_*``. In every period, at its end, at its start (rows
    ``*_start``, with ``L_*[t-1]``) and where windows begin within it::

        charge[t] - discharge[t] + b[t] <= g_k(L_added[t])                              (power_added_by_level_<k>)
        discharge[t] - charge[t] + b[t] <= g_k(L_taken[t])                              (power_taken_by_level_<k>)

    The largest power is asked at the furthest level, although a call that moves the level by so much may be at its end
    by then: on the safe side.
    """
    lines = store.charge_lines if call.effect == "added" else store.discharge_lines
    if not lines or not (windows or call.asks_others(store.name)):
        return
    beside = beside_schedule(store, call, back)
    sign = 1 if call.effect == "taken" else -1

    def power(t: int) -> Expression:
        return sign * (store.discharge(t) - store.charge(t)) + beside(t)

    for k, line in enumerate(lines):
        for moment in moments(list(windows), site.grid, len(site.periods)):
            path = PathRow(moment, store, call.effect, windows)
            after = f"_after_{moment.seconds}s" if moment.within < 1 else ""
            _row(site, store, call, f"{k}{after}", power, line, path.reached, moment)
        end = Moment(site.grid, 1.0)
        before = _before(store, PathRow(end, store, call.effect, windows))
        _row(site, store, call, f"start_{k}", power, line, before, end)


def _before(store: Buffer, end: PathRow) -> OfPeriod:
    return lambda t: end.reached(t - 1) if t > 0 else store.level(-1)


def _row(
    site: SiteModel,
    store: Buffer,
    call: FullCall,
    which: str,
    power: OfPeriod,
    line: PowerLine,
    level: OfPeriod,
    moment: Moment,
) -> None:
    def row(k: int) -> Expression:
        t = moment.period(k)
        return power(t) <= line.base_mw + line.slope_mw_per_mwh * level(t)

    site.constraint(
        store.name,
        f"power_{call.effect}_by_level_{which}{call.suffix}",
        f"{store.name} has the power for a full call at the level that it leads to",
        row,
        spans=moment.spans,
        dimension=moment.dimension,
        role="headroom",
    )
