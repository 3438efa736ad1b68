"""The example package's filling station as a hub and as a model, for a process in which the package is installed.

    python -m helpers.hub_of_station INSTANCE OBJECTIVES

Prints what differs at the day's prices and at -10 a MWh, and the rows of the coupling matrix, as JSON. Products are
left out, since they are no part of a hub.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import Any

import mes_stoch as ms
from helpers.two_views import least_cost_of, two_views
from mes_stoch.schema.instance import Instance
from mes_stoch.views.hub_assembly import build_hub


def main(folder: str, objectives: int) -> None:
    site = ms.read(folder)
    tree = site.tree()
    found: dict[str, Any] = {}
    for name, price in (("day", "day_price_eur_per_mwh"), ("negative", -10.0)):
        instance = _without_products(site.instance, price)
        comparison = two_views(instance, tree).compare(objectives, seed=1)
        hub = build_hub(instance, tree)
        without_order = hub.columns.assign(is_integer=False)
        found[name] = {
            "is_feasible": comparison.is_feasible,
            "agrees": comparison.agrees,
            "states": comparison.states,
            "cost": comparison.cost,
            "cost_without_integers": least_cost_of(replace(hub, columns=without_order))[0],
        }
    coupling = hub.coupling.at(0)["stack"]
    found["coupling"] = {node: row.to_dict() for node, row in coupling.iterrows()}
    print(json.dumps(found))  # noqa: T201


def _without_products(instance: Instance, price: float | str) -> Instance:
    components = dict(instance.components)
    components["grid"] = components["grid"].model_copy(update={"import_price_eur_per_mwh": price})
    components["stack"] = components["stack"].model_copy(update={"provides": []})
    update = {"products": {}, "components": components, "price_cap_eur_per_mwh": 1000.0}
    return instance.model_copy(update=update)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
