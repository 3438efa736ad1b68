"""Limits of power: can every device and connection move as far as a full call asks?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.evaluation.stress.kinds import power_limits
from mes_stoch.evaluation.stress.links import asked_of, check_links
from mes_stoch.evaluation.stress.plan import CallSet, DirectedProduct, Mask, Plan
from mes_stoch.evaluation.stress.readings import Notebook
from mes_stoch.schema.component import Component
from mes_stoch.schema.connection import Connection
from mes_stoch.schema.flexibility import LEAST_CALLED_H, Direction
from mes_stoch.schema.reserve_ways import delivered_per_unit
from mes_stoch.settlement.data import Array


def check_power(plan: Plan, notebook: Notebook) -> None:
    """Room of every device, ramp and connection under every set of calls.

    A full call counts from the base schedule, on which nothing is called: with ``a`` what the set asks of a device,

    ===========  =======================================================================================
    converter    ``P + a <= P_max`` (in the first period of a start ``P_start``, in the last before a stop
                 ``P_stop``, off 0) where the call raises it, ``P - a >= P_min`` (off 0) where it lowers it
    storage      ``discharge - charge + a <= discharge_max``, ``charge - discharge + a <= charge_max``
    source       ``P + a <= available``, ``P - a >= 0``
    demand       ``shed + a <= share demand``, ``shed - a >= 0``
    ramp         for each product, what the set asks of products at least as fast ``<= ramp x response time``
    connection   ``schedule + sum of a <= export_max``, ``-schedule + sum of a <= import_max``; what is available
    ===========  =======================================================================================

    Products of different exclusivity groups may hold the same MW of a device, so a connection is asked for the largest
    group of each device, summed over devices; of a device behind links counts what arrives. Room of links:
    :mod:`mes_stoch.evaluation.stress.links`.
    """
    free = {directed.name: under_way(plan, directed) for directed in plan.directed_products}
    for calls in plan.call_sets:
        for device, spec in plan.data.instance.components.items():
            if any(device in directed.held for directed in calls.directed_products):
                _device(plan, notebook, calls, device, spec, free)
    directions: tuple[Direction, ...] = ("up", "down")
    for direction in directions:
        for name, meter in plan.data.instance.connections().items():
            if plan.data.has(f"{name}.scheduled_mw"):
                _connection(plan, notebook, direction, name, meter, free)
    check_links(plan, notebook, free)


def under_way(plan: Plan, directed: DirectedProduct) -> Mask:
    """Whether a full call of a directed product can be under way in each period, (leaves, periods)."""
    if directed.sustain_h <= 0:
        return np.ones_like(directed.call_h, dtype=bool)
    left_h = directed.call_h.copy()
    for t in range(1, plan.periods):
        if directed.block[t] == directed.block[t - 1]:
            left_h[:, t] = np.maximum(left_h[:, t], left_h[:, t - 1] - plan.lengths_h[t - 1])
    return np.asarray(left_h > LEAST_CALLED_H)


def _device(
    plan: Plan, notebook: Notebook, calls: CallSet, device: str, spec: Component, free: dict[str, Mask]
) -> None:
    asked = asked_of(device, calls.directed_products, free)
    counts = asked > 0
    for limit, load, most in limits_of_power(plan, device, spec, calls.sign):
        _see(plan, notebook, calls, device, limit, load + asked, most, counts)
    if spec.ramp is None:
        return
    for slowest in calls.directed_products:
        response_s = slowest.product.response_time_s
        if device not in slowest.held:
            continue
        faster = tuple(
            directed for directed in calls.directed_products if directed.product.response_time_s <= response_s
        )
        reach_mw = np.full_like(asked, spec.ramp * response_s / 60.0)
        name = f"ramp within {response_s:g} s"
        _see(plan, notebook, calls, device, name, asked_of(device, faster, free), reach_mw, counts)


def limits_of_power(plan: Plan, device: str, spec: Component, sign: int) -> Iterator[tuple[str, Array, Array]]:
    """Name of each limit of power in a direction, the load on it before any call, and the most it takes."""
    yield from power_limits(plan.data, device, spec, sign)


def reach(plan: Plan, device: str, sign: int) -> Array:
    """How far calls of one direction can move a device from its base schedule, MW over (leaves, periods)."""
    spec = plan.data.instance.components[device]
    rooms = [most - load for _, load, most in limits_of_power(plan, device, spec, sign)]
    return np.asarray(np.maximum(np.min(rooms, axis=0), 0.0))


def _connection(
    plan: Plan, notebook: Notebook, direction: Direction, name: str, spec: Connection, free: dict[str, Mask]
) -> None:
    sign = 1 if direction == "up" else -1
    limit = "export limit" if sign > 0 else "import limit"
    most = plan.export_limit(spec) if sign > 0 else plan.import_limit(spec)
    if most is None:
        return
    load = sign * plan.decided(f"{name}.scheduled_mw")
    groups = {
        group: tuple(directed for directed in directed_products if directed.product.connection == name)
        for group, directed_products in plan.groups(direction).items()
    }
    everything = tuple(
        dict.fromkeys(directed for directed_products in groups.values() for directed in directed_products)
    )
    if not everything:
        return
    asked = np.zeros_like(load)
    for device in dict.fromkeys(device for directed in everything for device in directed.held):
        by_group = [
            asked_of(device, directed_products, free)
            for directed_products in groups.values()
            if any(device in directed.held for directed in directed_products)
        ]
        asked = asked + delivered_per_unit(plan.data.instance.components, device, name) * np.max(by_group, axis=0)
    calls = CallSet(f"everything, {direction}", direction, everything)
    _see(plan, notebook, calls, name, limit, load + asked, most, asked > 0)


def _see(
    plan: Plan, notebook: Notebook, calls: CallSet, place: str, limit: str, load: Array, most: Array, counts: Mask
) -> None:
    begins = np.broadcast_to(plan.starts_h, load.shape)
    notebook.least(calls, place, limit, "MW").see(most - load, counts, load, begins, begins)
