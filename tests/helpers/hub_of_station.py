"""The example package's filling station as a hub and as a model, for a process in which the package is installed.

    python -m helpers.hub_of_station INSTANCE OBJECTIVES

Prints what differs, and the matrices of the first period, as JSON. Products are left out: they are no part of a hub.
"""

from __future__ import annotations

import json
import sys

import mes_stoch as ms
from helpers.two_views import two_views
from mes_stoch.views.hub import build_hub


def main(folder: str, objectives: int) -> None:
    site = ms.read(folder)
    tree = site.tree()
    stations = site.instance.components
    grid = stations["grid"].model_copy(update={"import_price_eur_per_mwh": "day_price_eur_per_mwh"})
    stack = stations["stack"].model_copy(update={"provides": []})
    components = {**stations, "grid": grid, "stack": stack}
    instance = site.instance.model_copy(
        update={"products": {}, "components": components, "price_cap_eur_per_mwh": 1000.0}
    )
    hub = build_hub(instance, tree)
    found = two_views(instance, tree).compare(objectives, seed=1)
    table = hub.coupling.at(0)["stack"]
    limits = hub.limits.rows
    print(  # noqa: T201
        json.dumps(
            {
                "cost_difference": found.cost_difference,
                "flow_difference": found.flow_difference,
                "is_feasible": found.is_feasible,
                "states": found.states,
                "coupling": {node: row.to_dict() for node, row in table.iterrows()},
                "rows": sorted(set(limits[limits.get_level_values("component") == "stack"].get_level_values("row"))),
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
