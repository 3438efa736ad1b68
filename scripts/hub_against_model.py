"""Hold the energy hub of random sites against their models: one description, two derivations, the same optima.

    python scripts/hub_against_model.py --sites 100 --out docs/evidence

For each site, the least cost of operation with binaries, and then the optimum of 100 random objectives over the flows
at all ports with the on/off states fixed. Writes ``hub_against_model_sites.csv`` with a line a site, and
``hub_against_model.json`` with date, versions, counts and the largest differences. The sites are those of
``tests/helpers/random_plant.py``, by seed; a thinned version runs with the tests.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from helpers.evidence import about_sites, options_of, table_of_sites, write_summary
from helpers.random_plant import RandomPlant
from helpers.two_views import COST_TOLERANCE, FLOW_TOLERANCE, two_views

OBJECTIVES = 100


def main(arguments: list[str] | None = None) -> int:
    """Entry point; 1 if any site disagrees."""
    options = options_of(__doc__, arguments, sites=100)
    begun = time.process_time()
    table = table_of_sites(options, _row, "hub_against_model_sites.csv")
    summary = {
        **about_sites(table),
        "objectives_a_site": OBJECTIVES,
        "sites_that_cannot_be_operated_in_either_view": int((~table["is_feasible"]).sum()),
        "sites_with_states": int((table["states"] > 0).sum()),
        "largest_difference_of_least_cost_with_binaries": float(table["cost_difference"].max()),
        "largest_difference_of_random_objectives": float(table["flow_difference"].max()),
        "tolerances": {"least_cost": COST_TOLERANCE, "random_objectives": FLOW_TOLERANCE},
        "disagreements": table.loc[~table["agrees"], "seed"].tolist(),
        "cpu_s": round(time.process_time() - begun, 1),
    }
    write_summary(options.out, "hub_against_model.json", summary)
    return int(bool(summary["disagreements"]))


def _row(seed: int) -> dict[str, Any]:
    instance, tree = RandomPlant(seed).build()
    views = two_views(instance, tree)
    sizes = {f"{name}_{part}": count for name in ("model", "hub") for part, count in _size(views, name).items()}
    found = views.compare(OBJECTIVES, seed)
    return {
        "seed": seed,
        "components": len(instance.components),
        "periods": tree.periods,
        "period_h": instance.horizon.period_h,
        **sizes,
        "states": found.states,
        "is_feasible": found.is_feasible,
        "least_cost": float(f"{found.cost:.6g}"),
        "cost_difference": float(f"{found.cost_difference:.3g}"),
        "flow_difference": float(f"{found.flow_difference:.3g}"),
        "agrees": found.agrees,
    }


def _size(views: Any, name: str) -> dict[str, int]:
    return dict(zip(("rows", "columns"), getattr(views, name).matrix.shape, strict=True))


if __name__ == "__main__":
    sys.exit(main())
