"""Random sites from the whole library of components: solve by two methods, settle, and stress every plan.

    python scripts/stress_random_kinds.py --sites 300 --out docs/evidence

Writes ``stress_random_kinds_sites.csv`` with a line a site, and ``stress_random_kinds.json`` with date, versions and
totals. The sites are those of ``tests/helpers/random_kinds_site.py``, by seed; a thinned version runs with the tests.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from helpers.evidence import about_sites, options_of, table_of_sites, write_summary
from helpers.random_kinds_check import checked


def main(arguments: list[str] | None = None) -> int:
    """Entry point; 1 if any site has a miss, accounts that differ, or intervals that exclude each other."""
    options = options_of(__doc__, arguments, sites=300)
    table = table_of_sites(options, _row, "stress_random_kinds_sites.csv")
    summary = {
        **about_sites(table),
        "sites_that_hold_reserve": int((table["calls"] > 0).sum()),
        "calls": int(table["calls"].sum()),
        "sites_with_a_miss": int((~table["passed"]).sum()),
        "sites_whose_accounts_differ": int((~table["settled"]).sum()),
        "sites_with_intervals_apart": int((table["apart_eur"] > 0).sum()),
        "sites_with_slack": int((table["status"] == "slack").sum()),
        "solve_s": round(float(table["solve_s"].sum()), 1),
        "check_s": round(float(table["check_s"].sum()), 1),
    }
    write_summary(options.out, "stress_random_kinds.json", summary)
    return int(
        any(summary[f"sites_{what}"] for what in ("with_a_miss", "whose_accounts_differ", "with_intervals_apart"))
    )


def _row(seed: int) -> dict[str, Any]:
    return checked(seed).row()


if __name__ == "__main__":
    sys.exit(main())
