"""Power as the leaf is operated: what all its calls bring together is within the limits of devices and meters."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.evaluation.stress.kinds import decisions
from mes_stoch.evaluation.stress.plan import CallSet, Plan
from mes_stoch.evaluation.stress.power import limits_of_power
from mes_stoch.evaluation.stress.readings import Notebook
from mes_stoch.schema.component import Component
from mes_stoch.settlement.data import Array


def check_operation(plan: Plan, notebook: Notebook) -> None:
    """Does every device and meter stay within its limits on the calls of the leaf alone?

    Products of different groups may hold one MW, but what their calls bring is delivered to each: a battery of 1 MW
    that the leaf calls for two of them gives 1 MW and not 2. With ``e`` what is given on all calls, up less down::

        limits of devices as under a full call, with +-e for what it asks
        -export_max <= flow into the node of a connection <= import_max
    """
    for name, spec in plan.data.instance.components.items():
        directed_products = tuple(directed for directed in plan.directed_products if name in directed.held)
        calls = CallSet("calls of the leaf", "both", directed_products)
        for limit, room, size in _rooms(plan, name, spec):
            begins = np.broadcast_to(plan.starts_h, room.shape)
            least = notebook.least(calls, name, f"{limit}, as operated", "MW", is_account=True)
            least.see(room, np.ones(room.shape, dtype=bool), size, begins, begins)


def _rooms(plan: Plan, name: str, spec: Component) -> Iterator[tuple[str, Array, Array]]:
    """Each limit with the room it leaves, and the power in it, MW over (leaves, periods)."""
    meter = spec.connection()
    if meter is not None:
        into_node = plan.data.metered(name, meter.node)
        most = plan.import_limit(meter)
        if most is not None:
            yield "import limit", most - into_node, into_node
        yield "export limit", plan.export_limit(meter) + into_node, into_node
    elif _is_known(plan, name, spec):
        given = plan.given_by(name, plan.directed_products_of_direction("up")) - plan.given_by(
            name, plan.directed_products_of_direction("down")
        )
        for sign in (1, -1):
            for limit, load, most in limits_of_power(plan, name, spec, sign):
                yield limit, most - load - sign * given, np.maximum(np.abs(load), np.abs(given))


def _is_known(plan: Plan, name: str, spec: Component) -> bool:
    """Whether the run says how a device is scheduled: it need not where the device holds nothing."""
    if (spec.store() is not None and spec.can_provide) or any(
        name in directed.held for directed in plan.directed_products
    ):
        return True
    if not (spec.conversions() and spec.can_provide):
        return False
    return all(plan.data.has(quantity) for quantity, _ in decisions(plan.data, name, spec))
