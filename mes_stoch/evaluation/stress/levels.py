"""Levels of stores: those that physics lets a store have, in the leaf's own operation and along a full call."""

from __future__ import annotations

import numpy as np

from mes_stoch.evaluation.stress.plan import CallSet, Mask, Plan
from mes_stoch.evaluation.stress.readings import Notebook
from mes_stoch.schema.store import Store
from mes_stoch.settlement.data import Array, Span


def change_per_hour(spec: Store, net_mw: Array, charge_mw: Array, discharge_mw: Array) -> tuple[Array, Array]:
    """Smallest and largest change of the level by flows through the port, MWh/h.

    With ``P`` the net discharge at the port, a store that runs one way only gains most::

        -P / eta_d   where it discharges,   -eta_c P   where it charges

    A store may also split its time between charging and discharging, as the plan lets it, and lose on the way round
    what it has no room for: at most ``q`` MW through both ways, where ``(|P| + q) / limit_P + q / limit_other = 1``,
    which costs ``q (1 / eta_d - eta_c)``. ``charge_mw`` and ``discharge_mw`` are the limits of its power.
    """
    eta_charge, eta_discharge = spec.charge_efficiency_per_unit, spec.discharge_efficiency_per_unit
    most = np.where(net_mw > 0, -net_mw / eta_discharge, -eta_charge * net_mw)
    both_ways = (charge_mw > 0) & (discharge_mw > 0)
    into, out = np.where(both_ways, charge_mw, 1.0), np.where(both_ways, discharge_mw, 1.0)
    used = np.where(both_ways, np.where(net_mw > 0, net_mw / out, -net_mw / into), 1.0)
    round_mw = np.maximum(1.0 - used, 0.0) / (1.0 / into + 1.0 / out)
    return most - round_mw * (1.0 / eta_discharge - eta_charge), most


def check_levels(plan: Plan, notebook: Notebook) -> None:
    """Does the level of every store follow from what went in and out of it, on the calls of the leaf alone?

    No store may hold more than its flows can have left in it, nor less than they can have used up: losses that are
    written up and that no operation has would make room, or money, out of nothing. A signal that goes both ways within
    a period takes as much round the store as goes the lesser way.
    """
    for name, spec in plan.storages.items():
        directed_products = tuple(directed for directed in plan.directed_products if name in directed.held)
        net = plan.operated(name)
        least, most = change_per_hour(spec, net, plan.charge_limit(name), plan.discharge_limit(name))
        both_ways = np.minimum(*(_signalled(plan, name, direction) for direction in ("up", "down")))
        least = least - both_ways * (1.0 / spec.discharge_efficiency_per_unit - spec.charge_efficiency_per_unit)
        planned = plan.levels(name)
        kept = (1.0 - spec.standing_loss_per_h) ** plan.lengths_h * planned[:, :-1]
        kept = kept - plan.lengths_h * plan.fixed_loss(name)
        stated = planned[:, 1:]
        calls = CallSet("calls of the leaf", "both", directed_products)
        begins = np.broadcast_to(plan.starts_h, net.shape)
        everywhere = np.ones(net.shape, dtype=bool)
        size = np.maximum(np.abs(stated), plan.lengths_h * np.abs(net))
        for limit, room in (
            ("level its flows can leave", kept + plan.lengths_h * most - stated),
            ("level its flows can use up", stated - kept - plan.lengths_h * least),
            ("lowest level", stated - plan.least_level(name)[:, 1:]),
            ("highest level", plan.largest_level(name)[:, 1:] - stated),
        ):
            notebook.least(calls, name, limit, "MWh", is_account=True).see(
                room, everywhere, size, begins, begins + plan.lengths_h
            )


def _signalled(plan: Plan, name: str, direction: str) -> Array:
    """What products that follow a signal move a store in one direction, MW."""
    own = [
        directed
        for directed in plan.directed_products
        if directed.direction == direction and directed.product.call == "continuous"
    ]
    return plan.given_by(name, own)


class Levels:
    """The levels a store can have while calls run, between ``low`` and ``high``, over (leaves, anchors).

    It starts from the level of the plan, and passes through it until a call reaches the store. Within a period the
    level runs on a straight line: what is lost standing there is the loss of a period of what it began with.
    """

    def __init__(self, spec: Store, planned: Array, lengths_h: Array, anchors: int) -> None:
        self.spec, self._planned, self._lengths_h = spec, planned, lengths_h
        self._lost_per_h = (1.0 - (1.0 - spec.standing_loss_per_h) ** lengths_h) / lengths_h
        self.low = np.zeros((len(planned), anchors))
        self.high = np.zeros_like(self.low)
        self._loss_low, self._loss_high = np.zeros_like(self.low), np.zeros_like(self.low)

    def start_at(self, period: Span, passed_h: Array, where: Mask) -> None:
        """Take the level of the plan at a time within a period, on the line between its ends."""
        share = passed_h / self._lengths_h[period]
        level = (1.0 - share) * self._planned[:, period] + share * self._planned[:, period + 1]
        loss = self._lost_per_h[period] * self._planned[:, period]
        self.low, self.high = np.where(where, level, self.low), np.where(where, level, self.high)
        self._loss_low = np.where(where, loss, self._loss_low)
        self._loss_high = np.where(where, loss, self._loss_high)

    def enter_period(self, period: Span, where: Mask) -> None:
        """Lose from now on what a period loses of the level there is."""
        lost_per_h = self._lost_per_h[period]
        self._loss_low = np.where(where, lost_per_h * self.low, self._loss_low)
        self._loss_high = np.where(where, lost_per_h * self.high, self._loss_high)

    def run(
        self, net_mw: Array, charge_mw: Array, discharge_mw: Array, lost_mw: Array, hours: float, where: Mask
    ) -> None:
        """Go on for some hours with a net discharge, and a fixed loss; outside ``where`` nothing changes."""
        least, most = change_per_hour(self.spec, net_mw, charge_mw, discharge_mw)
        self.low = np.where(where, self.low + hours * (least - self._loss_low - lost_mw), self.low)
        self.high = np.where(where, self.high + hours * (most - self._loss_high - lost_mw), self.high)

    def bound(self, energy_min_mwh: Array, energy_max_mwh: Array) -> None:
        """Keep within the limits what can be kept; what is missing stays missing and adds up."""
        low, high = self.low, self.high
        self.low = np.maximum(low, np.minimum(energy_min_mwh, high))
        self.high = np.minimum(high, np.maximum(energy_max_mwh, low))
