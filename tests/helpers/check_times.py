"""What the three checks of riskless profit cost: CPU time a scenario on shipped instances."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from mes_stoch.io.instance import read_instance
from mes_stoch.uncertainty.conversion_loop import conversion_loop_issues
from mes_stoch.uncertainty.price_caps import price_cap_issues
from mes_stoch.uncertainty.trading_loop import trading_loop_issues
from mes_stoch.uncertainty.tree import build_tree

INSTANCES = Path(__file__).resolve().parents[2] / "instances"
CHECKS = {"trading": trading_loop_issues, "conversion": conversion_loop_issues, "slack": price_cap_issues}
#: Instances with the numbers of scenarios that are measured; ``None`` for explicit ones, which are all taken.
MEASURED = {"hospital_fr": 100, "campus_au": 10, "enedis_local": None}


def milliseconds_a_scenario(name: str, scenarios: int | None, repeats: int = 3) -> Iterator[tuple[str, float]]:
    """Each check with the least CPU time of some runs, ms a scenario."""
    loaded = read_instance(INSTANCES / name)
    tree = build_tree(loaded, scenarios)
    for check, issues in CHECKS.items():
        taken = []
        for _ in range(repeats):
            begun = time.process_time()
            found = list(issues(loaded.instance, tree, "scenarios.csv"))
            taken.append(time.process_time() - begun)
            if found:
                raise AssertionError(f"{name}: {found[0]}")
        yield check, 1e3 * min(taken) / tree.dataset.sizes["scenario"]
