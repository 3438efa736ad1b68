"""A component as a store of energy at one node, and what those that read it make of limits that it need not state."""

from __future__ import annotations

from typing import Protocol

from mes_stoch.schema.base import Cyclic, Quantity


class Store(Protocol):
    """A store of energy at one node, whose level can be replayed from what goes in and out.

    A kind whose limits change also has ``charge_available_per_unit``, ``discharge_available_per_unit``,
    ``level_min_mwh`` or ``level_max_mwh``; who reads them asks :func:`charge_share`, :func:`discharge_share`,
    :func:`level_min` and :func:`level_max`. One that loses power whatever its level has ``fixed_loss_mw``
    (:func:`fixed_loss`), and its solution ``loss_short_mw`` where it may lose less. ``initial_mwh`` is ``cyclic`` where
    the level at the start is decided with the commitments (:func:`initial_level`). Bounds of the level hold at the ends
    of periods. Where its solution has ``level_below_mwh`` or ``level_above_mwh``, they give way by so much.
    """

    @property
    def node(self) -> str: ...
    @property
    def energy_min_mwh(self) -> float: ...
    @property
    def energy_max_mwh(self) -> float: ...
    @property
    def charge_max_mw(self) -> float: ...
    @property
    def discharge_max_mw(self) -> float: ...
    @property
    def charge_efficiency_per_unit(self) -> float: ...
    @property
    def discharge_efficiency_per_unit(self) -> float: ...
    @property
    def standing_loss_per_h(self) -> float: ...
    @property
    def initial_mwh(self) -> float | Cyclic: ...


def initial_level(store: Store) -> float:
    """Level at the start of the horizon, MWh, once it is known.

    Raises
    ------
    TypeError
        It is still to be decided with the commitments.
    """
    level = store.initial_mwh
    if isinstance(level, str):
        raise TypeError("the level at the start is asked for before it was decided")
    return level


def most_at_start(store: Store) -> float:
    """The most that it may hold at the start, MWh: as stated, or full where the level is decided."""
    level = store.initial_mwh
    return store.energy_max_mwh if isinstance(level, str) else level


def charge_share(store: Store) -> Quantity:
    """Share of ``charge_max_mw`` that is available; all where the kind has no such."""
    share: Quantity = getattr(store, "charge_available_per_unit", 1.0)
    return share


def discharge_share(store: Store) -> Quantity:
    """Share of ``discharge_max_mw`` that is available; all where the kind has no such."""
    share: Quantity = getattr(store, "discharge_available_per_unit", 1.0)
    return share


def level_min(store: Store) -> Quantity:
    """Least level at the end of a period, MWh: ``energy_min_mwh`` where the kind or the instance says no more."""
    stated: Quantity | None = getattr(store, "level_min_mwh", None)
    return store.energy_min_mwh if stated is None else stated


def level_max(store: Store) -> Quantity:
    """Largest level at the end of a period, MWh: ``energy_max_mwh`` where the kind or the instance says no more."""
    stated: Quantity | None = getattr(store, "level_max_mwh", None)
    return store.energy_max_mwh if stated is None else stated


def fixed_loss(store: Store) -> Quantity:
    """What it loses whatever its level, MW: ``lost_mw`` or ``fixed_loss_mw``; nothing where the kind has no such."""
    lost: Quantity = getattr(store, "lost_mw", getattr(store, "fixed_loss_mw", 0.0))
    return lost
