"""What nodes must be able to take if what is held at them, or behind another node, is called in full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mes_stoch.components.shared.context import Buffer, CallEffect, Effect, Network, OfPeriod
from mes_stoch.model.claims import Claim, at
from mes_stoch.model.full_calls import hold_in_network, hold_in_store
from mes_stoch.model.site_model import SiteModel
from mes_stoch.schema.component import Component

Taker = Buffer | Network


def build_deliverability(site: SiteModel, node: str) -> None:
    """Rows that let the stores and the limited networks at a node take full calls.

    A call at the connection moves the other ports of a converter too: a heat pump that cuts its load takes heat away,
    a CHP that raises output adds heat and takes gas. Where a network without limit stands behind the node it takes all
    of that. Elsewhere stores give energy and power, limited networks power for as long as it lasts.

    Equations
    ---------
    For a directed product ``p`` of device ``u`` that acts at the node, with ``c[t]`` the ratio of the port, ``held``
    and ``e`` at the reference port, and one variable a store or network ``k``::

        sum_k share[k,u,p,t]  = c[t] held[u,p,t]                  (<device>_<directed product>_<effect>_split)
        sum_k called[k,u,p,t] = c[t] e[u,p,t],   called <= share                 (*_called_split, *_within_share)
        uncalled[k,u,p,t]     = open[p,t] (share - called)[k,u,p,t]

    For products that follow a signal pro rata ``called = a share``. What every store and network must keep for its
    share stands in :mod:`mes_stoch.model.full_calls`. One that stands alone takes everything, and needs no variables
    for that; where there is none, nothing can be held (``*_nowhere``).

    So an optional store or connection costs nothing: its shares may be 0. Nothing is netted between devices or
    products, since their calls come apart as well as together. Boilers that could step in and dumped heat help no call.

    At the node of a traded connection the schedule is the base that a full call counts from, and what is called goes
    through the connection's meter: stores and other connections there keep room for their whole share.

    No rows are made where an unlimited network takes what is taken, nor where calls only lower flows that networks
    carry and nothing else could: a boiler house that burns less gas never needs room for it.

    Symbols
    -------
    ``<taker>.<device>_<directed>_<effect>_share_mw``, ``..._called_mw`` : MW at the node, (periods,), realtime; at
    nodes with several stores and networks, ``called`` only for discrete calls.
    """
    flows = site.nodes[node]
    takers: list[Taker] = [*(buffer for buffer in flows.buffers if buffer.backs_others), *flows.networks]
    call_effects = _merged(flows.call_effects)
    needed = _needed(site, node, call_effects)
    claims: dict[str, list[Claim]] = {taker.name: [] for taker in takers}
    # what calls of an effect bring also counts against full calls of the other
    for call_effect in call_effects if needed else ():
        matters = call_effect.effect in needed or (call_effect.directed.is_ever_called and not _is_traded(site, node))
        if matters and not takers:
            _nowhere(site, node, call_effect)
        elif matters:
            for name, claim in _split(site, node, call_effect, takers).items():
                claims[name].append(claim)
    for buffer in flows.buffers:
        hold_in_store(site, buffer, claims.get(buffer.name, []), needed)
    for network in flows.networks:
        hold_in_network(site, node, network, claims[network.name], needed)


def _needed(site: SiteModel, node: str, call_effects: Sequence[CallEffect]) -> set[Effect]:
    """Effects of calls at a node that something there must be kept for."""
    return {
        effect
        for effect in {call_effect.effect for call_effect in call_effects}
        if not (_is_unlimited(site, node, effect) or _only_lowers_exchange(site, node, effect, call_effects))
    }


def _is_traded(site: SiteModel, node: str) -> bool:
    return node in site.scheduled_connections()


def _is_unlimited(site: SiteModel, node: str, effect: Effect) -> bool:
    return effect == "taken" and any(n.import_max_mw is None for n in site.nodes[node].networks)


def _only_lowers_exchange(site: SiteModel, node: str, effect: Effect, call_effects: Sequence[CallEffect]) -> bool:
    """Whether networks carry all that the calls lower, so that carrying less of it is always possible."""
    if not site.nodes[node].networks or _is_traded(site, node):
        return False
    others = [spec for spec in site.instance.components.values() if _is_at(spec, node)]
    one_sided = _only_draws if effect == "added" else _only_supplies
    return all(o.lowers_flow for o in call_effects if o.effect == effect) and all(
        one_sided(spec, node) for spec in others
    )


def _is_at(spec: Component, node: str) -> bool:
    return spec.connection() is None and any(port.node == node for port in spec.ports())


def _only_draws(spec: Component, node: str) -> bool:
    return not any(port.supplies for port in spec.ports() if port.node == node)


def _only_supplies(spec: Component, node: str) -> bool:
    return not any(port.takes for port in spec.ports() if port.node == node)


def _merged(call_effects: Sequence[CallEffect]) -> list[CallEffect]:
    """Effects of one device, product and direction added up, as where two ports stand at one node."""
    merged: dict[tuple[str, str, Effect], CallEffect] = {}
    for call_effect in call_effects:
        key = (call_effect.device, call_effect.directed.name, call_effect.effect)
        merged[key] = _sum(merged[key], call_effect) if key in merged else call_effect
    return list(merged.values())


def _sum(one: CallEffect, other: CallEffect) -> CallEffect:
    return replace(
        one,
        held=lambda t: one.held(t) + other.held(t),
        called=lambda t: one.called(t) + other.called(t),
        uncalled=lambda t: one.uncalled(t) + other.uncalled(t),
        lowers_flow=one.lowers_flow and other.lowers_flow,
    )


def _nowhere(site: SiteModel, node: str, call_effect: CallEffect) -> None:
    site.constraint(
        node,
        f"{call_effect.device}_{call_effect.directed.name}_{call_effect.effect}_nowhere",
        f"no store or network at {node} could take what a full call of {call_effect.device} changes there",
        lambda t: call_effect.held(t) <= 0,
    )


def _split(site: SiteModel, node: str, call_effect: CallEffect, takers: Sequence[Taker]) -> dict[str, Claim]:
    """What of an effect of a call each store and network stands for."""
    device, directed, effect = call_effect.device, call_effect.directed, call_effect.effect
    called: OfPeriod | None = call_effect.called if directed.is_ever_called else None
    if len(takers) == 1:
        claim = Claim(device, directed, effect, call_effect.held, call_effect.uncalled, called)
        return {takers[0].name: claim}
    name = f"{device}_{directed.name}_{effect}"
    shares = {k.name: site.variable(k.name, f"{name}_share_mw", "MW", "realtime") for k in takers}
    site.constraint(
        node,
        f"{name}_split",
        f"stores and networks at {node} share what a full call of {device} changes there",
        lambda t: sum(share[t] for share in shares.values()) == call_effect.held(t),
    )
    if _is_traded(site, node):
        may_run = site.quantity(directed.open)
        return {k: Claim(device, directed, effect, at(v), _times(may_run, at(v)), None) for k, v in shares.items()}
    if directed.is_pro_rata:
        rest = site.quantity(site.uncalled_share(directed))
        return {
            k: Claim(
                device, directed, effect, at(v), _times(rest, at(v)), _times(directed.share, at(v)) if called else None
            )
            for k, v in shares.items()
        }
    return _split_discrete(site, node, call_effect, name, {k: at(v) for k, v in shares.items()})


def _split_discrete(
    site: SiteModel, node: str, call_effect: CallEffect, name: str, shares: dict[str, OfPeriod]
) -> dict[str, Claim]:
    device, directed, effect = call_effect.device, call_effect.directed, call_effect.effect
    may_run = site.quantity(directed.open)
    if not directed.is_ever_called:
        return {k: Claim(device, directed, effect, share, _times(may_run, share), None) for k, share in shares.items()}
    called = {k: at(site.variable(k, f"{name}_called_mw", "MW", "realtime")) for k in shares}
    site.constraint(
        node,
        f"{name}_called_split",
        f"stores and networks at {node} share what the running call of {device} changes there",
        lambda t: sum(part(t) for part in called.values()) == call_effect.called(t),
    )
    claims = {}
    for k, share in shares.items():
        rest = _less(share, called[k])
        site.constraint(
            k,
            f"{name}_within_share",
            f"{k} stands for no more of a running call of {device} than of a full one",
            lambda t, rest=rest: rest(t) >= 0,  # type: ignore[misc]
            role="headroom",
        )
        claims[k] = Claim(device, directed, effect, share, _times(may_run, rest), called[k])
    return claims


def _times(factor: OfPeriod, power: OfPeriod) -> OfPeriod:
    return lambda t: factor(t) * power(t)


def _less(power: OfPeriod, other: OfPeriod) -> OfPeriod:
    return lambda t: power(t) - other(t)
