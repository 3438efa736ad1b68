"""Speed of a component: the reserve that it can reach within the response times of what it holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mes_stoch.components.shared.context import HeldReserve, ModelContext, OfPeriod, pools


def limit_ramps(site: ModelContext, owner: str, reserve: HeldReserve, ramp_mw_per_min: float) -> None:
    """Rows by which a component reaches what it holds in time.

    Ramps are shared: what must be there by a time is held back from everything at least as fast. Of products in several
    exclusivity groups each group is bound by itself, and all that is called together.

    Equations
    ---------
    For each directed product ``p`` with response time ``T_p``, ramp ``g`` and each exclusivity group that holds it::

        sum_{q in group, T_q <= T_p} rho_q[t] <= g T_p                               (<p>_ramp, <p>_ramp_<group>)
        sum_{q, T_q <= T_p} e_q[t] <= g T_p       with several groups                (<p>_called_ramp)
    """
    for directed in reserve.directed_products:
        time_s = directed.product.response_time_s
        limit_mw = ramp_mw_per_min * time_s / 60.0
        apart = pools(reserve.directed_products, directed.direction)
        for group, own in apart.items():
            if directed not in own:
                continue
            faster = [_read(reserve.held[other.name]) for other in own if other.product.response_time_s <= time_s]
            # directed products of every group are bound in each of them
            suffix = "" if len(apart) == 1 or directed.product.exclusivity_group == group else f"_{group}"
            text = f"{owner} reaches the reserve it holds within {time_s:g} s"
            _limit(site, owner, f"{directed.name}_ramp{suffix}", text, faster, limit_mw)
        if len(apart) > 1:
            called = [
                reserve.called[other.name](1.0)
                for other in reserve.directed_products
                if other.direction == directed.direction and other.product.response_time_s <= time_s
            ]
            text = f"{owner} reaches all that is called within {time_s:g} s"
            _limit(site, owner, f"{directed.name}_called_ramp", text, called, limit_mw)


def _read(variable: Any) -> OfPeriod:
    return lambda t: variable[t]


def _limit(site: ModelContext, owner: str, name: str, text: str, parts: Sequence[OfPeriod], limit_mw: float) -> None:
    site.constraint(owner, name, text, lambda t: sum(part(t) for part in parts) <= limit_mw, role="ramp")
