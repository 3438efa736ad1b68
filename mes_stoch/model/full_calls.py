"""What stores and networks keep for full calls: power, and the energy of stores along their path."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import TYPE_CHECKING

from mes_stoch.components.shared.context import Buffer, Effect, Network, OfPeriod
from mes_stoch.model.call_path import hold_energy, stops_discharge
from mes_stoch.model.claims import Back, Claim, FullCall, Parts, beside_schedule, called, counts, full_calls, own_claims
from mes_stoch.model.power_by_level import hold_power_by_level
from mes_stoch.model.together import less_moved_already, one_way_each

if TYPE_CHECKING:
    from mes_stoch.model.site_model import SiteModel


def hold_in_store(site: SiteModel, store: Buffer, claims: Sequence[Claim], needed: Set[Effect]) -> None:
    """Rows by which a store holds the energy and the power of full calls: its own, and its part of those of others.

    Equations
    ---------
    ``u[p,j]`` is what a full call of directed product ``p`` asks for in period ``j`` on top of what the scenario calls
    (``uncalled``: ``open (held - e)``), ``o[j]`` what the scenario's calls of the other effect bring (``o_own`` those
    of the store itself, ``o_others`` its share of those of others), ``w`` the cancellation of its own calls, ``m`` the
    part of a full call that only stops the discharge, ``kappa`` what standing loss leaves of the level in a period,
    and ``H_p[j]`` the hours of period ``j`` inside the ``tau_p`` hours before the moment looked at; ``H`` those of the
    longest ``tau``, and ``f = 1 / eta_d - eta_c``. At the end of every period ``x``, for what is taken and what is
    added::

        L[x] - sum_p sum_j kappa^(x-j) H_p[j] u[p,j] / eta_d
             - sum_j kappa^(x-j) H[j] (eta_c o_own[j] + o_others[j] / eta_d + f w[j])       >= E_min    (energy_taken)
        L[x] + sum_p sum_j kappa^(x-j) H_p[j] eta_c u[p,j]
             + sum_j kappa^(x-j) H[j] (o[j] / eta_d + f m[j])                               <= E_max    (energy_added)
        (charge + held_down + a - m) / charge_max + (discharge - m) / discharge_max <= 1           (stops_discharge)

    with ``a = sum_p u_p + o_taken`` over the shares of others' calls. Where the store's own directed products outside
    the group ``g`` of the full call can be called, ``sum_p e_p + sum_{p in g} u_p`` stands for ``held_down``: what runs
    for others leaves less of the period to discharge in. Where a ``tau`` is no multiple of the period, the same holds
    inside every period, at its start + (tau mod h), with level, bounds and losses interpolated
    (``*_after_<seconds>s``). Between those moments the level and what calls take of it are straight lines, so that the
    rows stand for every start and every duration of a call. Windows are cut at the start of the horizon, and nothing is
    asked beyond its end.

    The sum runs over the directed products of both directions that have the effect: a heat pump called up and a CHP
    called down take heat from one store, at the same time. Of every device it runs over one exclusivity group a
    direction (and products of ``every`` group): products of other groups share its MW. What their calls do take is in
    ``L``. There is a row for every choice where a device has several. What such calls of others have moved already, and
    symmetric products, which go one way at a time: :mod:`mes_stoch.model.together`. The store's own directed products
    of the other effect net out with these and are left out.

    Where a store also answers calls that other devices deliver elsewhere (``u`` and ``o`` of those are its share), it
    needs power for that beside its own reserve::

        discharge - charge + held_up   + sum_p u_p + o_added <= discharge_max             (call_power_taken)
        charge - discharge + held_down + sum_p u_p + o_taken <= charge_max                (call_power_added)

    What it does about running calls of others is part of ``charge`` and ``discharge`` already, so that only what is
    not called yet comes on top, and the running calls the other way are taken back.

    Why these factors: an upward call draws at most ``1 / eta_d`` of the level a MWh, so counting it whole is safe;
    stopping a charge then counts ``eta_c eta_d``. A downward call that stops a discharge leaves ``1 / eta_d`` in the
    store, which ``m`` counts: no less than what is left when the store charges and discharges for parts of the period.

    ``needed`` are the effects of others' calls that something must be kept for.

    Symbols
    -------
    ``stops_discharge_mw`` (m) : MW, (periods,), realtime; only of stores with losses that can be called to take energy.
    """
    own = [claim for claim in own_claims(store) if counts(claim)]
    others = [claim for claim in claims if counts(claim)]
    for effect in ("taken", "added"):
        back = Back(
            own=called([c for c in own if c.effect != effect]),
            others=called([c for c in others if c.effect != effect]),
        )
        asked = others if effect in needed else []
        calls = [
            one_way_each(site, store.name, less_moved_already(site, store.name, call, asked), of_held=False)
            for call in full_calls(effect, [*own, *asked])
        ]
        stopped = stops_discharge(site, store, calls, back) if effect == "added" else None
        for call in calls:
            windows = hold_energy(site, store, call, back, stopped)
            hold_power_by_level(site, store, call, back, windows)
            if call.asks_others(store.name):
                _store_power(site, store, call, back)


def hold_in_network(site: SiteModel, node: str, network: Network, claims: Sequence[Claim], needed: Set[Effect]) -> None:
    """Rows by which a network carries its part of full calls for as long as they last.

    Equations
    ---------
    ::

        import - export + sum_p u_p + o_added <= import_max                               (call_power_taken)
        export - import + sum_p u_p + o_taken <= export_max                               (call_power_added)

    with what is available of the limits. The export of a traded connection is its schedule, from which a full call
    counts, and what is held there for reserve uses up its room first::

        -scheduled + reserved_down + sum_p held_p <= import_max
         scheduled + reserved_up   + sum_p held_p <= export_max
    """
    is_traded = site.scheduled_connections().get(node) == network.name
    counted = [claim for claim in claims if counts(claim)]
    for effect in ("taken", "added"):
        limit = network.import_limit if effect == "taken" else network.export_limit
        if limit is None:
            continue
        sign = 1 if effect == "taken" else -1
        back = _total(called([c for c in counted if c.effect != effect]))
        for call in full_calls(effect, counted if effect in needed else []):
            if not is_traded:
                call = less_moved_already(site, network.name, call, counted)
            call = one_way_each(site, network.name, call, of_held=is_traded)
            asked = [claim.held if is_traded else claim.uncalled for claim in call.claims]
            used = _of_schedule(site, network.name, effect) if is_traded else _of_meter(network, sign, back)
            _carry(site, network.name, call, used, asked, limit)


def _of_schedule(site: SiteModel, connection: str, effect: Effect) -> OfPeriod:
    if effect == "taken":
        return lambda t: site.reserved(connection, "down", t) - site.scheduled(connection, t)
    return lambda t: site.reserved(connection, "up", t) + site.scheduled(connection, t)


def _of_meter(network: Network, sign: int, back: OfPeriod) -> OfPeriod:
    return lambda t: sign * network.withdrawal(t) + back(t)


def _carry(
    site: SiteModel, owner: str, call: FullCall, used: OfPeriod, asked: Sequence[OfPeriod], limit: OfPeriod
) -> None:
    site.constraint(
        owner,
        f"call_power_{call.name}",
        f"{owner} can {_verb(call.effect)} its part of a full call",
        lambda t: used(t) + sum(part(t) for part in asked) <= limit(t),
        role="headroom",
    )


def _verb(effect: Effect) -> str:
    return "give" if effect == "taken" else "take"


def _total(parts: Parts) -> OfPeriod:
    return lambda t: sum(part(t) for part in parts)


def _store_power(site: SiteModel, store: Buffer, call: FullCall, back: Back) -> None:
    sign = 1 if call.effect == "taken" else -1
    beside = beside_schedule(store, call, back)
    limit = store.power.discharge_limit if call.effect == "taken" else store.power.charge_limit
    _carry(
        site,
        store.name,
        call,
        lambda t: sign * (store.discharge(t) - store.charge(t)) + beside(t),
        [],
        limit,
    )
