"""Energy along a call: stores that hold reserve, and what a call changes at other nodes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mes_stoch.evaluation.stress.nodes import (
    NodeLoad,
    PlannedShare,
    node_loads,
    planned_help,
    planned_shares,
    share_out,
    tried_sets,
)
from mes_stoch.evaluation.stress.patterns import Pattern, Running, Step, patterns
from mes_stoch.evaluation.stress.plan import TINY_MW, CallSet, Mask, Plan, Side
from mes_stoch.evaluation.stress.power import reach
from mes_stoch.evaluation.stress.readings import Notebook
from mes_stoch.evaluation.stress.stores import StoreOnCall
from mes_stoch.settlement.data import Array, Span


def check_energy(plan: Plan, notebook: Notebook) -> None:
    """Levels of stores, and room of networks beside them, along every full call of every set.

    From its beginning on a device gives all that it holds for the products of the set in place of what the leaf calls
    of them, nothing in the other direction (a call that the leaf happens to see the other way is no help to count on),
    and on other products what the leaf calls. A store that holds reserve runs on its schedule and what it gives; where
    a device moves flows at other nodes, networks and stores there take over.

    Calls up of one device and down of another may move a node the same way: sets of both directions are tried where
    they do, and looked at there alone, since on one device they net out.
    """
    for calls in tried_sets(plan):
        loads = node_loads(plan, calls)
        for pattern in patterns(calls.directed_products, plan.period_h, plan.begun_h):
            _Replay(plan, notebook, calls, pattern, loads).run()


class _Replay:
    """One pattern of calls of one set, over (leaves, anchors)."""

    def __init__(
        self, plan: Plan, notebook: Notebook, calls: CallSet, pattern: Pattern, loads: Sequence[NodeLoad]
    ) -> None:
        self._plan, self._notebook, self._calls, self._pattern = plan, notebook, calls, pattern
        self._running = Running(plan, calls, pattern)
        self._shape = (plan.leaves, plan.periods + 1)
        self._begun = {side: np.zeros(self._shape, dtype=bool) for side in calls.sides}
        self._given = {
            side: plan.given_by(side[0], plan.directed_products_of_direction(side[1])) for side in calls.sides
        }
        self._withheld = {side: plan.given_by(side[0], plan.opposite(side[1])) for side in calls.sides}
        #: What a device gives on calls of other groups, which may be the same MW.
        self._moved_before = {
            side: plan.given_by(
                side[0],
                [
                    directed
                    for directed in plan.directed_products_of_direction(side[1])
                    if calls.is_of_other_groups(directed)
                ],
            )
            for side in calls.sides
        }
        stores = [side for side in calls.sides if side[0] in plan.storages]
        self._reach = {side: reach(plan, side[0], _sign(side)) for side in stores}
        own = stores if calls.direction != "both" else ()
        self._own_stores = {side: StoreOnCall(plan, side[0]) for side in own}
        # what drains a store and what fills it are two tests
        self._loads = [(load, {name: StoreOnCall(plan, name) for name in load.stores}) for load in loads]

    def run(self) -> None:
        for step in self._pattern.steps:
            self._running.move_to(step)
            period, inside = self._running.index(step)
            on_call = self._running.is_any & inside
            changes = {side: self._change(side, period) for side in self._begun}
            for side, store in self._own_stores.items():
                counts = on_call & self._begun[side]
                store.prepare(period, self._running.passed_h(step), step.hours, _sign(side) * changes[side], counts)
                store.advance(step.hours, counts)
                self._look_at_power_by_level(store, side[0], _sign(side), step, counts)
                self._look_at_level(store, side[0], _sign(side), step, counts)
            for load, stores in self._loads:
                self._at_node(load, stores, step, period, on_call, changes)

    def _change(self, side: Side, period: Span) -> Array:
        """What the calls of the set change of what a device gives in the leaf, MW in their direction."""
        device, direction = side
        change, full = np.zeros(self._shape), np.zeros(self._shape)
        for directed in self._calls.directed_products:
            if directed.direction != direction or device not in directed.held:
                continue
            held, given = directed.held[device][:, period], directed.given[device][:, period]
            active = self._running.active[directed.name]
            self._begun[side] |= active & (held > TINY_MW)
            full += np.where(active, held, 0.0)
            change += np.where(active, np.maximum(held - given, 0.0), 0.0)
            change -= np.where(self._running.over[directed.name], given, 0.0)
        # products of other groups may hold the same MW, which moves once
        if side in self._reach:
            most = np.maximum(self._reach[side][:, period], full)
            moved = np.minimum(change, most - self._given[side][:, period])
        else:
            moved = np.minimum(change, np.maximum(change - self._moved_before[side][:, period], 0.0))
        return moved + np.where(self._begun[side], self._withheld[side][:, period], 0.0)

    def _at_node(
        self,
        load: NodeLoad,
        stores: dict[str, StoreOnCall],
        step: Step,
        period: Span,
        on_call: Mask,
        changes: dict[Side, Array],
    ) -> None:
        counts = on_call & self._any_begun(load.sides)
        asked = np.where(counts, load.asked(changes, period), 0.0)
        sign = 1 if load.effect == "taken" else -1
        for name, store in stores.items():
            # reserve that the store itself holds drains or fills it as well
            own = changes.get((name, load.natural), np.zeros(self._shape))
            store.prepare(period, self._running.passed_h(step), step.hours, sign * own, counts)
        room = {name: load.room(name, changes, period) for name in load.room_mw}
        extra = self._taken_over(load, stores, step, period, asked, room, counts)
        for name in load.room_mw:
            verb = "give" if load.effect == "taken" else "take"
            least = self._notebook.least(self._calls, name, f"power it can {verb} at {load.node}", "MW")
            moved = np.maximum(np.abs(extra[name]), np.abs(load.room_mw[name][:, period]))
            begins = np.broadcast_to(self._times(step), self._shape)
            least.see(room[name] - extra[name], counts & (asked > TINY_MW), moved, self._running.began_h, begins)
        if not load.takers:
            least = self._notebook.least(self._calls, load.node, "stores or networks to take over", "MW")
            least.see(-asked, counts, asked, self._running.began_h, np.broadcast_to(self._times(step), self._shape))
        for name, store in stores.items():
            store.take(sign * extra[name])
            store.advance(step.hours, counts)
            self._look_at_power(store, name, sign, step, counts & (extra[name] > TINY_MW))
            self._look_at_power_by_level(store, name, sign, step, counts & (extra[name] > TINY_MW))
            self._look_at_level(store, name, sign, step, counts)

    def _any_begun(self, sides: Sequence[Side]) -> Mask:
        return np.asarray(np.logical_or.reduce([self._begun[side] for side in sides]))

    def _taken_over(
        self,
        load: NodeLoad,
        stores: dict[str, StoreOnCall],
        step: Step,
        period: Span,
        asked: Array,
        room: dict[str, Array],
        counts: Mask,
    ) -> dict[str, Array]:
        """What each taker does beyond what it does in the leaf, MW: as planned, or networks first."""
        shares = {taker: planned_shares(self._plan, self._calls, load, taker) for taker in load.takers}
        extra: dict[str, Array] = {}
        for taker, planned in shares.items():
            if planned is not None:
                extra[taker] = np.where(counts, self._as_planned(load, taker, planned, period), 0.0)
        left = asked - sum(extra.values())
        for name in load.room_mw:
            if name not in extra:
                extra[name] = np.clip(left, 0.0, np.maximum(room[name], 0.0))
                left = left - extra[name]
        unplanned = {name: store for name, store in stores.items() if name not in extra}
        if unplanned:
            return extra | share_out(load.effect, np.maximum(left, 0.0), unplanned, step.hours)
        if extra:
            limit = "planned shares of what a call changes"
            least = self._notebook.least(self._calls, load.node, limit, "MW", is_account=True)
            begins = np.broadcast_to(self._times(step), self._shape)
            least.see(-left, counts & (asked > TINY_MW), asked, self._running.began_h, begins)
        return extra

    def _as_planned(self, load: NodeLoad, taker: str, planned: Sequence[PlannedShare], period: Span) -> Array:
        by_device = {device: np.zeros(self._shape) for device, _ in load.sides}
        for side in load.sides:
            rest, before = np.zeros(self._shape), np.zeros(self._shape)
            for share in planned:
                if share.side != side:
                    continue
                full, called = share.full[:, period], share.called[:, period]
                if not share.is_in_set:
                    before += called
                    continue
                rest += np.where(self._running.active[share.directed.name], full - called, 0.0)
                by_device[side[0]] -= np.where(self._running.over[share.directed.name], called, 0.0)
            by_device[side[0]] += np.minimum(rest, np.maximum(rest - before, 0.0))
        for side, spared in planned_help(self._plan, load, taker).items():
            by_device[side[0]] += np.where(self._begun[side], spared[:, period], 0.0)
        return load.within_flows(by_device, period)

    def _look_at_level(self, store: StoreOnCall, name: str, sign: int, step: Step, counts: Mask) -> None:
        levels = store.levels
        moved = step.hours * np.abs(store.net_mw)
        if sign > 0:
            room, limit, size = levels.high - store.energy_min_mwh, "lowest level", np.maximum(levels.high, moved)
        else:
            room, limit, size = store.energy_max_mwh - levels.low, "highest level", np.maximum(levels.low, moved)
        least = self._notebook.least(self._calls, name, limit, "MWh")
        least.see(room, counts, size, self._running.began_h, self._times(step) + step.hours)
        store.bound()

    def _look_at_power(self, store: StoreOnCall, name: str, sign: int, step: Step, counts: Mask) -> None:
        if sign > 0:
            room, limit = store.discharge_max_mw - store.net_mw, "discharging power to take over"
        else:
            room, limit = store.charge_max_mw + store.net_mw, "charging power to take over"
        least = self._notebook.least(self._calls, name, limit, "MW")
        least.see(room, counts, np.abs(store.net_mw), self._running.began_h, self._times(step))

    def _look_at_power_by_level(self, store: StoreOnCall, name: str, sign: int, step: Step, counts: Mask) -> None:
        if store.follows_level(sign):
            limit = f"{'discharging' if sign > 0 else 'charging'} power at the level it comes to"
            least = self._notebook.least(self._calls, name, limit, "MW")
            room = store.power_left_at_level(sign)
            least.see(room, counts, np.abs(store.net_mw), self._running.began_h, self._times(step))

    def _times(self, step: Step) -> Array:
        """Hours after the start of the horizon at which a step begins, by anchor."""
        return self._running.times_h(step)


def _sign(side: Side) -> int:
    """+1 where calls mean more injection."""
    return 1 if side[1] == "up" else -1
