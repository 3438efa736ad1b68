"""What a node must be able to take if the reserve held behind another node is called in full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mes_stoch.components.context import Direction, Effect, Expression, Obligation, OfPeriod, pools
from mes_stoch.model.site_model import SiteModel
from mes_stoch.schema.components import Component, Converter, Demand, GridConnection, SheddableDemand, Source


@dataclass(frozen=True)
class _Call:
    """Everything that calls of one direction, of products that share no MW, do to one node in one way.

    ``group`` is the exclusivity group of those products where there are several, else empty.
    """

    node: str
    effect: Effect
    direction: Direction
    obligations: tuple[Obligation, ...]
    group: str = ""

    @property
    def name(self) -> str:
        """Direction, and the group where there are several: the end of the names of rows."""
        return f"{self.direction}_{self.group}" if self.group else self.direction


def build_deliverability(site: SiteModel, node: str) -> None:
    """Rows that let the stores and the limited networks at a node take a full call.

    A call at the connection moves the other ports of a converter too: a heat pump that cuts its load takes heat away,
    a CHP that raises output adds heat and takes gas. Where a network without limit stands behind the node it takes all
    of that. Elsewhere stores give energy and power, limited networks power for as long as it lasts.

    Equations
    ---------
    Legs ``p`` of one direction that act one way at the node, with ``c`` the ratio of the port and ``tau`` the time a
    call must still be held. Their obligations add up and never net off, since calls of different products come apart;
    products of different exclusivity groups, which are held with the same MW, have rows of their own::

        sum_p c held_p <= sum_st power_st + sum_net power_net -+ net_called          (call_power_taken_*, _added_*)
        sum_p tau_p c held_p <= sum_st energy_st                        no network   (call_energy_*, call_room_*)
        sum_p min(tau_p, tau_q) c held_p <= sum_st energy_st + tau_q network         (the same with the leg q behind)
        0 <= network <= import_max + export_max,   network <= sum_net power_net -+ net_called      (call_network_*)

    =============  ================================  =================================
    room           taken                             added
    =============  ================================  =================================
    power_st       discharge_max - discharge +       charge_max - charge + discharge
                   charge
    energy_st      eta_d (L[t-1] - E_min)            (E_max - L[t-1]) / eta_c
    power_net      import_max + export               export_max - export
    net_called     subtracted                        added
    =============  ================================  =================================

    ``net_called`` is what the calls of the period add to the node less what they take, as operated. It leads from the
    operation back to the base schedule, from which a full call counts; without it a running call would be counted
    twice. In other words, what is not yet called must fit into the room of the operation, whichever device took over
    the part that is. The export of a traded connection is its schedule, which is the base already, and the reserve held
    there uses up its room first.

    Why the last rows are enough, and not more than needed: a network that can give ``P`` leaves
    ``max(0, o(s) - P)`` to the stores at time ``s`` of a call that asks for ``o(s)``, which falls as legs end. Its
    integral is the largest over ``T`` of ``sum_p min(tau_p, T) c held_p - T P``, reached at one of the ``tau``. Where
    no store stands at the node the power row implies all of them; where no network does, the row of the longest
    ``tau`` is the whole. ``network`` stays within the limits of the connections, so that one without capacity counts as
    none. Several stores count as one: what is in a slow one is taken to be within reach of a fast one.

    No rows are made where an unlimited network takes what is taken, nor where calls only lower flows that networks
    carry and nothing else could: a boiler house that burns less gas never needs room for it.

    Symbols
    -------
    ``call_network_*_mw`` : MW, (periods,), realtime; only at nodes with both stores and limited networks.
    """
    groups: dict[tuple[Effect, Direction], list[Obligation]] = {}
    for obligation in site.nodes[node].obligations:
        groups.setdefault((obligation.effect, obligation.leg.direction), []).append(obligation)
    for (effect, direction), obligations in groups.items():
        everything = _Call(node, effect, direction, tuple(obligations))
        if _is_unlimited(site, everything) or _only_lowers_exchange(site, everything):
            continue
        for call in _by_group(everything):
            _power(site, call)
            _energy(site, call)


def _by_group(call: _Call) -> list[_Call]:
    """One call a group of products that share no MW; products of different groups are held with the same."""
    apart = pools([o.leg for o in call.obligations], call.direction)
    if len(apart) == 1:
        return [call]
    return [
        replace(call, obligations=tuple(o for o in call.obligations if o.leg in own), group=group)
        for group, own in apart.items()
    ]


def _is_unlimited(site: SiteModel, call: _Call) -> bool:
    return call.effect == "taken" and any(n.import_max_mw is None for n in site.nodes[call.node].networks)


def _only_lowers_exchange(site: SiteModel, call: _Call) -> bool:
    """Whether networks carry all that the call lowers, so that carrying less of it is always possible."""
    if not site.nodes[call.node].networks or call.node in site.scheduled_connections():
        return False
    others = [spec for spec in site.instance.components.values() if _is_at(spec, call.node)]
    one_sided = _only_draws if call.effect == "added" else _only_supplies
    return all(o.lowers_flow for o in call.obligations) and all(one_sided(spec, call.node) for spec in others)


def _is_at(spec: Component, node: str) -> bool:
    if isinstance(spec, GridConnection):
        return False
    if isinstance(spec, Converter):
        return any(port.node == node for port in [*spec.inputs, *spec.outputs])
    # a kind that is not known here counts as being everywhere, which only keeps rows
    return getattr(spec, "node", node) == node


def _only_draws(spec: Component, node: str) -> bool:
    if isinstance(spec, Converter):
        return all(port.node != node for port in spec.outputs)
    return isinstance(spec, Demand | SheddableDemand)


def _only_supplies(spec: Component, node: str) -> bool:
    if isinstance(spec, Converter):
        return all(port.node != node for port in spec.inputs)
    return isinstance(spec, Source)


def _power(site: SiteModel, call: _Call) -> None:
    sides = site.nodes[call.node]
    asked = [_weighted(o, site.quantity(o.ratio_per_unit)) for o in call.obligations]
    stores = [store.power[call.effect] for store in sides.buffers]
    network = _network_room(site, call)
    word = "give" if call.effect == "taken" else "take"
    site.constraint(
        call.node,
        f"call_power_{call.effect}_{call.name}",
        f"stores and networks at {call.node} can {word} the power of a full {call.direction} call there",
        lambda t: _sum(asked, t) <= _sum(stores, t) + network(t),
    )


def _energy(site: SiteModel, call: _Call) -> None:
    sides = site.nodes[call.node]
    if not sides.networks:
        asked = [_weighted(o, site.product(o.ratio_per_unit, o.leg.remaining)) for o in call.obligations]
        _energy_row(site, call, "", asked, lambda t: 0.0)
        return
    if not sides.buffers:
        return
    limits = [n.import_max_mw + n.export_max_mw for n in sides.networks if n.import_max_mw is not None]
    share = site.variable(
        call.node,
        f"call_network_{call.effect}_{call.name}_mw",
        "MW",
        "realtime",
        upper=sum(limits) if len(limits) == len(sides.networks) else None,
    )
    room = _network_room(site, call)
    site.constraint(
        call.node,
        f"call_network_{call.effect}_{call.name}",
        f"networks at {call.node} carry no more of a full {call.direction} call than they have room for",
        lambda t: share[t] <= room(t),
    )
    ends = {o.leg.remaining: o.leg for o in call.obligations}
    for end, leg in ends.items():
        asked = [_weighted(o, _until(site, o, end)) for o in call.obligations]
        hours = site.quantity(end)
        _energy_row(site, call, f"_{leg.name}", asked, lambda t, hours=hours: hours(t) * share[t])  # type: ignore[misc]


def _energy_row(site: SiteModel, call: _Call, suffix: str, asked: Sequence[OfPeriod], network: OfPeriod) -> None:
    stores = [store.energy[call.effect] for store in site.nodes[call.node].buffers]
    name, verb = (
        ("call_energy", f"hold what a full {call.direction} call would take away")
        if call.effect == "taken"
        else ("call_room", f"have room for what a full {call.direction} call adds")
    )
    site.constraint(
        call.node,
        f"{name}_{call.name}{suffix}",
        f"the stores at {call.node} {verb} there",
        lambda t: _sum(asked, t) <= _sum(stores, t) + network(t),
        unit="MWh",
    )


def _network_room(site: SiteModel, call: _Call) -> OfPeriod:
    """Power that networks have left in the base schedule, with what calls bring on the way back to it, MW."""
    sides = site.nodes[call.node]
    traded = site.scheduled_connections().get(call.node)
    sign = 1 if call.effect == "taken" else -1
    limit_mw = 0.0
    for network in sides.networks:
        # an unlimited import is never asked: what is taken then needs no row
        limit_mw += (network.import_max_mw or 0.0) if call.effect == "taken" else network.export_max_mw
    others = [network.export for network in sides.networks if network.name != traded]
    if traded is None:
        called = [(1 if o.effect == "added" else -1, o.called) for o in sides.obligations]
        return lambda t: limit_mw + sign * (_sum(others, t) - sum(s * change(t) for s, change in called))
    rival: Direction = "down" if call.effect == "taken" else "up"
    return lambda t: limit_mw + sign * (_sum(others, t) + site.scheduled(traded, t)) - site.reserved(traded, rival, t)


def _until(site: SiteModel, obligation: Obligation, end: float | str) -> OfPeriod:
    """Ratio times the hours a leg is called of the first ``end`` hours."""
    ratio, own = obligation.ratio_per_unit, obligation.leg.remaining
    if own == end:
        return site.product(ratio, own)
    if not isinstance(own, str) and not isinstance(end, str):
        return site.product(ratio, min(own, end))
    return site.derived(f"{ratio} x min({own}, {end})", [ratio, own, end], lambda c, a, b: c * np.minimum(a, b))


def _weighted(obligation: Obligation, weight: OfPeriod) -> OfPeriod:
    return lambda t: weight(t) * obligation.held[t]


def _sum(parts: Sequence[OfPeriod], t: int) -> Expression:
    return sum(part(t) for part in parts)
