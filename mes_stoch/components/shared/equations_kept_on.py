"""What its state before the horizon makes a unit bring to a node or take from it, whatever is decided."""

from __future__ import annotations

from collections.abc import Sequence

from mes_stoch.components.shared.context import Expression, ModelContext
from mes_stoch.components.shared.equations_on_off import OnOff
from mes_stoch.schema.base import Quantity


def tell_kept_on(
    context: ModelContext,
    node: str,
    direction: int,
    on_off: OnOff,
    least_mw: float,
    ratio: Quantity = 1.0,
    no_load_mw: float = 0.0,
    way_down_mw: Sequence[float] = (),
) -> None:
    """Say what a unit that was on before the horizon cannot help bringing to a node, or taking from it.

    So that there is always a way to go on: what nobody takes can be thrown away, and what nobody gives left unserved.

    Equations
    ---------
    With ``K`` the first period in which its minimum time, or an outage, lets it be off, and ``kept`` as in
    :mod:`mes_stoch.components.shared.equations_service`::

        least[t] = kept[t] (ratio[t] P_min + no_load)              t < K
        least[t] = ratio[t] SD_j + no_load                         t = K + j - 1, j = 1..m

    A unit at its least load that stops in ``K`` needs no more than this. One that stays on longer, or runs above it,
    has to find a use for what it makes and a source of what it takes.

    Parameters
    ----------
    direction : int
        +1 where the unit brings something to the node, -1 where it takes it from there.
    least_mw : float
        Least flow at the reference port while it is on.
    ratio, no_load_mw : Quantity, float
        Flow at the node per flow at the reference port, and on top of it.
    way_down_mw : sequence of float
        Flow at the reference port in the periods after a stop; only where what is available is a number.
    """
    if not on_off.forced and not way_down_mw:
        return
    kept = on_off.service.kept
    ratio_kept, is_kept, per_mw = context.product(ratio, kept), context.quantity(kept), context.quantity(ratio)
    first = 0 if kept == 0 else len(on_off.forced)
    on_its_way = dict(enumerate(way_down_mw, first))

    def least(t: int) -> Expression:
        staying = ratio_kept(t) * least_mw + no_load_mw * is_kept(t) if t in on_off.forced else 0.0
        return staying + per_mw(t) * on_its_way[t] + no_load_mw if t in on_its_way else staying

    context.firm(node, "supply" if direction > 0 else "demand", least)
