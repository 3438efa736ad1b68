"""Solve random sites that hold reserve, and stress every plan: full calls at every time, without optimisation.

    python scripts/stress_random.py --sites 300 --out docs/evidence

Writes ``stress_sites.csv`` with a line a site, and ``stress.json`` with date, versions and totals. The sites are those
of ``tests/helpers/random_reserves.py``, by seed; a thinned version runs with the tests.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from helpers.evidence import about_sites, options_of, table_of_sites, write_summary
from helpers.random_reserves import ReserveSite
from helpers.settled_run import solved

from mes_stoch.evaluation.stress.outcome import stress
from mes_stoch.settlement.data import SettlementData


def main(arguments: list[str] | None = None) -> int:
    """Entry point; 1 if any site has a miss."""
    options = options_of(__doc__, arguments, sites=300)
    table = table_of_sites(options, _row, "stress_sites.csv")
    summary = {
        **about_sites(table),
        "sites_that_hold_reserve": int((table["volume_mw"] > 0).sum()),
        "leaves": int(table["leaves"].sum()),
        "calls": int(table["calls"].sum()),
        "sites_with_a_miss": int((~table["passed"]).sum()),
        "largest_miss_mw": float(table["missing_mw"].max()),
        "largest_miss_mwh": float(table["missing_mwh"].max()),
        "solve_s": round(float(table["solve_s"].sum()), 1),
        "stress_s": round(float(table["stress_s"].sum()), 1),
    }
    write_summary(options.out, "stress.json", summary)
    return int(summary["sites_with_a_miss"] > 0)


def _row(seed: int) -> dict[str, Any]:
    instance, tree = ReserveSite(seed).build()
    begun = time.process_time()
    run = solved(instance, tree)
    solved_at = time.process_time()
    test = stress(SettlementData(instance, tree, run.solution, run.flow_data))
    ended = time.process_time()
    volume = run.commitments.loc[run.commitments["product"].str.startswith("fr_"), "volume_mw"].sum()
    return {
        "seed": seed,
        "periods": tree.periods,
        "period_h": instance.horizon.period_h,
        "leaves": test.plan.leaves,
        "stages": 2 if tree.is_two_stage else 3,
        "products": sum(name.startswith("fr_") for name in instance.products),
        "volume_mw": round(float(volume), 3),
        "calls": test.calls_tested,
        "passed": test.passed,
        "missing_mw": test.largest_miss("MW"),
        "missing_mwh": test.largest_miss("MWh"),
        "solve_s": round(solved_at - begun, 2),
        "stress_s": round(ended - solved_at, 2),
    }


if __name__ == "__main__":
    sys.exit(main())
