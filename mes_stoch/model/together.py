"""What claims come to when one full call brings them together at one store or network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mes_stoch.components.shared.context import Direction, OfPeriod
from mes_stoch.model.claims import Claim, FullCall, at

if TYPE_CHECKING:
    from mes_stoch.model.site_model import SiteModel


def less_moved_already(site: SiteModel, taker: str, call: FullCall, others: Sequence[Claim]) -> FullCall:
    """Claims of a full call less what running calls of other groups have moved of the same MW already.

    Groups share the MW of one device, and a MW moves once. Where the scenario calls a device for products that are not
    in the group ``g`` of the full call, what the taker does about that counts towards what ``g`` asks of it.

    Equations
    ---------
    ``u[p]`` is what directed product ``p`` of a device asks of the taker beyond the scenario's calls, ``o[q]`` what the
    taker does about running calls of its directed products of the same effect and direction that are not in ``g``::

        moved[p] <= u[p]                                             (<device>_<directed product>_<effect>_<g>_moved)
        sum_{p in g} moved[p] <= sum_{q not in g} o[q]               (<device>_<effect>_<direction>_<g>_moved_before)

    and ``u[p] - moved[p]`` takes the place of ``u[p]``. So a full call of ``g`` moves the device as far as ``g`` holds
    in all, or not at all where it has moved that far.

    Symbols
    -------
    ``<device>_<directed>_<effect>_<g>_moved_mw`` : MW at the node, (periods,), realtime; only of devices with several
    groups at nodes where those that the full call leaves out can be called.
    """
    claims = list(call.claims)
    for device, direction in dict.fromkeys((c.device, c.directed.direction) for c in claims if c in others):
        own = [c for c in claims if _is_of(c, device, direction, call)]
        before = [
            c.called for c in others if _is_of(c, device, direction, call) and c not in own and c.called is not None
        ]
        if before:
            end = f"{call.effect}_{call.group(device, direction)}_moved"
            names = [f"{device}_{claim.directed.name}_{end}" for claim in own]
            if site.declared(taker, f"{names[0]}_mw") is None:
                total = f"{device}_{call.effect}_{direction}_{call.group(device, direction)}_moved_before"
                _build_moved(site, taker, names, total, [c.uncalled for c in own], before)
            for name, claim in zip(names, own, strict=True):
                moved = at(site.declared(taker, f"{name}_mw"))
                claims[claims.index(claim)] = replace(claim, uncalled=_difference(claim.uncalled, moved))
    return replace(call, claims=tuple(claims))


def _is_of(claim: Claim, device: str, direction: Direction, call: FullCall) -> bool:
    return (claim.device, claim.directed.direction, claim.effect) == (device, direction, call.effect)


def _build_moved(
    site: SiteModel, taker: str, names: Sequence[str], total: str, asked: Sequence[OfPeriod], before: Sequence[OfPeriod]
) -> None:
    moved = [site.variable(taker, f"{name}_mw", "MW", "realtime") for name in names]
    for name, own, ask in zip(names, moved, asked, strict=True):
        site.constraint(
            taker,
            name,
            "a running call has moved no more of a full one than that asks for",
            lambda t, own=own, ask=ask: own[t] <= ask(t),  # type: ignore[misc]
        )
    site.constraint(
        taker,
        total,
        "running calls of other groups have moved no more than they move",
        lambda t: sum(own[t] for own in moved) <= sum(part(t) for part in before),
    )


def one_way_each(site: SiteModel, taker: str, call: FullCall, *, of_held: bool) -> FullCall:
    """Claims of a full call, with one in place of those that both directed products of a symmetric product make.

    Such a product follows one signal, which goes one way at a time, but may turn while a call lasts: in every period
    the larger of the two counts. Directed products of different products come together, whatever their directions.

    Equations
    ---------
    ::

        either >= sum of u[p] over the claims of one directed product
        (<product>_<effect>[_<groups>]_either_<direction>)

    Symbols
    -------
    ``<product>_<effect>[_<groups>]_either_mw`` : MW, (periods,), realtime; only where devices are moved the same way
    by upward calls of one and downward calls of another.
    """
    claims = list(call.claims)
    for product_id in dict.fromkeys(claim.directed.product_id for claim in call.claims):
        own = [c for c in call.claims if c.directed.product_id == product_id and c.device != taker]
        if len({claim.directed.direction for claim in own}) < 2:
            continue
        either = _larger(site, taker, f"{product_id}_{call.effect}{call.suffix}_either", own, of_held)
        claims = [c for c in claims if c not in own]
        claims.append(replace(own[0], held=either, uncalled=either, called=None))
    return replace(call, claims=tuple(claims))


def _larger(site: SiteModel, taker: str, name: str, claims: Sequence[Claim], of_held: bool) -> OfPeriod:
    either = site.variable(taker, f"{name}_mw", "MW", "realtime")
    directions: tuple[Direction, ...] = ("up", "down")
    for direction in directions:
        parts = [c.held if of_held else c.uncalled for c in claims if c.directed.direction == direction]
        site.constraint(
            taker,
            f"{name}_{direction}",
            "a symmetric product is called one way at a time",
            lambda t, parts=parts: either[t] >= sum(part(t) for part in parts),  # type: ignore[misc]
        )
    return at(either)


def _difference(power: OfPeriod, other: OfPeriod) -> OfPeriod:
    return lambda t: power(t) - other(t)
