"""Energy along a call: stores that hold reserve, and what a call changes at other nodes."""

from __future__ import annotations

import numpy as np

from mes_stoch.evaluate.stress.nodes import NodeLoad, node_loads, share_out
from mes_stoch.evaluate.stress.patterns import Pattern, Running, Step, patterns
from mes_stoch.evaluate.stress.plan import TINY_MW, CallSet, Mask, Plan
from mes_stoch.evaluate.stress.readings import Notebook
from mes_stoch.evaluate.stress.stores import StoreOnCall
from mes_stoch.settle.books import Array, Span


def check_energy(plan: Plan, notebook: Notebook) -> None:
    """Levels of stores, and room of networks beside them, along every full call of every set.

    From its beginning on a device gives all that it holds for the products of the set in place of what the leaf calls
    of them, nothing in the other direction (a call that the leaf happens to see the other way is no help to count on),
    and on other products what the leaf calls. A store that holds reserve runs on its schedule and what it gives; where
    a device moves flows at other nodes, networks and stores there take over.
    """
    for calls in plan.call_sets:
        for pattern in patterns(calls.legs, plan.period_h):
            _Replay(plan, notebook, calls, pattern).run()


class _Replay:
    """One pattern of calls of one set, over (leaves, anchors)."""

    def __init__(self, plan: Plan, notebook: Notebook, calls: CallSet, pattern: Pattern) -> None:
        self._plan, self._notebook, self._calls, self._pattern = plan, notebook, calls, pattern
        self._running = Running(plan, calls, pattern)
        self._opposite = plan.opposite(calls.direction)
        self._shape = (plan.leaves, plan.periods + 1)
        devices = dict.fromkeys(device for leg in calls.legs for device in leg.held)
        self._begun = {device: np.zeros(self._shape, dtype=bool) for device in devices}
        self._own_stores = {name: StoreOnCall(plan, name) for name in devices if name in plan.storages}
        # what drains a store and what fills it are two tests
        self._loads = [
            (load, {name: StoreOnCall(plan, name) for name in load.stores}) for load in node_loads(plan, calls)
        ]

    def run(self) -> None:
        for step in self._pattern.steps:
            self._running.move_to(step)
            period, inside = self._running.index(step)
            on_call = self._running.is_any & inside
            changes = {device: self._change(device, period) for device in self._begun}
            for device, store in self._own_stores.items():
                counts = on_call & self._begun[device]
                store.prepare(period, step.from_h, self._calls.sign * changes[device], counts)
                store.advance(step.hours, counts)
                self._look_at_level(store, device, self._calls.sign, step, counts)
            for load, stores in self._loads:
                self._at_node(load, stores, step, period, on_call, changes)

    def _change(self, device: str, period: Span) -> Array:
        """What the calls of the set change of what a device gives in the leaf, MW in their direction."""
        change = np.zeros(self._shape)
        for leg in self._calls.legs:
            if device not in leg.held:
                continue
            held, given = leg.held[device][:, period], leg.given[device][:, period]
            active = self._running.active[leg.name]
            self._begun[device] |= active & (held > TINY_MW)
            change += np.where(active, np.maximum(held - given, 0.0), 0.0)
            change -= np.where(self._running.over[leg.name], given, 0.0)
        withheld = self._plan.given_by(device, self._opposite)[:, period]
        return change + np.where(self._begun[device], withheld, 0.0)

    def _at_node(
        self,
        load: NodeLoad,
        stores: dict[str, StoreOnCall],
        step: Step,
        period: Span,
        on_call: Mask,
        changes: dict[str, Array],
    ) -> None:
        begun = np.logical_or.reduce([self._begun[device] for device in load.devices])
        counts = np.asarray(on_call & begun)
        asked = np.where(counts, load.asked(changes, period), 0.0)
        room = load.room(changes, period)
        sign = 1 if load.effect == "taken" else -1
        for name, store in stores.items():
            # reserve that the store itself holds drains or fills it as well
            is_alike = name in changes and self._calls.sign == sign
            store.prepare(period, step.from_h, sign * changes[name] if is_alike else np.zeros(self._shape), counts)
        if not stores:
            word = "give" if load.effect == "taken" else "take"
            least = self._notebook.least(self._calls, load.node, f"power that networks can {word}", "MW")
            least.see(room - asked, counts, asked, self._running.began_h, self._times(step))
            return
        for name, share in share_out(load, asked, room, stores, step.hours).items():
            store = stores[name]
            store.take(sign * share)
            store.advance(step.hours, counts)
            is_asked = counts & (share > TINY_MW)
            self._look_at_power(store, name, sign, step, is_asked)
            self._look_at_level(store, name, sign, step, counts)

    def _look_at_level(self, store: StoreOnCall, name: str, sign: int, step: Step, counts: Mask) -> None:
        spec, levels = store.spec, store.levels
        moved = step.hours * np.abs(store.net_mw)
        if sign > 0:
            room, limit, size = levels.high - spec.energy_min_mwh, "lowest level", np.maximum(levels.high, moved)
        else:
            room, limit, size = spec.energy_max_mwh - levels.low, "highest level", np.maximum(levels.low, moved)
        least = self._notebook.least(self._calls, name, limit, "MWh")
        least.see(room, counts, size, self._running.began_h, self._times(step) + step.hours)
        levels.bound()

    def _look_at_power(self, store: StoreOnCall, name: str, sign: int, step: Step, counts: Mask) -> None:
        if sign > 0:
            room, limit = store.spec.discharge_max_mw - store.net_mw, "discharging power to take over"
        else:
            room, limit = store.spec.charge_max_mw + store.net_mw, "charging power to take over"
        least = self._notebook.least(self._calls, name, limit, "MW")
        least.see(room, counts, np.abs(store.net_mw), self._running.began_h, self._times(step))

    def _times(self, step: Step) -> Array:
        """Hours after the start of the horizon at which a step begins, by anchor."""
        return np.asarray((self._running.anchors + step.period) * self._plan.period_h + step.from_h)
