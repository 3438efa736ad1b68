"""Hold random sites and price sets against the closed site: money from nothing is refused, and nothing else is.

    python scripts/riskless_random.py --sites 500 --out docs/evidence

Writes ``riskless_sites.csv`` with a line a site, and ``riskless.json`` with date, versions, counts and the worst case.
The sites are those of ``tests/helpers/riskless_sites.py``, by seed; a thinned version runs with the tests.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from helpers.check_times import MEASURED, milliseconds_a_scenario
from helpers.evidence import about_sites, options_of, table_of_sites, write_summary
from helpers.riskless_check import examine
from helpers.riskless_sites import RisklessSite


def main(arguments: list[str] | None = None) -> int:
    """Entry point; 1 if any site disagrees."""
    options = options_of(__doc__, arguments, sites=500)
    begun = time.process_time()
    table = table_of_sites(options, _row, "riskless_sites.csv")
    accepted = table[table["outcome"] != "refused"]
    reasons = Counter(reason for row in table["reasons"] for reason in row.split("; ") if reason)
    summary = {
        **about_sites(table),
        "outcomes": table["outcome"].value_counts().to_dict(),
        "reasons": dict(sorted(reasons.items())),
        "sites_that_earn_in_the_closed_site": int((table["trading_mwh"] > 1e-6).sum()),
        "accepted": {
            "largest_trading_mwh": float(accepted["trading_mwh"].max()),
            "largest_converting_mwh": float(accepted["converting_mwh"].max()),
            "largest_program_mwh": float(accepted["closed_program_mwh"].max()),
        },
        "optima_with_chosen_slack": int((table["chosen"] != "").sum()),
        "disagreements": table.loc[table["faults"] != "", ["seed", "faults"]].to_dict("records"),
        "checks_ms_a_scenario": {
            name: {check: round(taken, 3) for check, taken in milliseconds_a_scenario(name, scenarios)}
            for name, scenarios in MEASURED.items()
        },
        "cpu_s": round(time.process_time() - begun, 1),
    }
    write_summary(options.out, "riskless.json", summary)
    return int(bool(summary["disagreements"]))


def _row(seed: int) -> dict[str, Any]:
    site = RisklessSite(seed)
    instance, tree = site.build()
    found = examine(instance, tree)
    return {
        "seed": seed,
        "kind": site.kind,
        "unit": site.unit,
        "periods": tree.periods,
        "period_h": instance.horizon.period_h,
        "scenarios": tree.dataset.sizes["scenario"],
        "wheeling": instance.wheeling,
        "outcome": found.outcome,
        "reasons": "; ".join(found.reasons),
        # MWh of the largest price of the site
        "trading_mwh": float(f"{found.trading:.3g}"),
        "converting_mwh": float(f"{found.converting:.3g}"),
        "closed_program_mwh": float(f"{found.closed:.3g}"),
        "slack_paid": float(f"{found.slack_paid:.6g}"),
        "slack_least": float(f"{found.slack_least:.6g}"),
        "chosen": "; ".join(found.chosen),
        "faults": "; ".join(found.faults),
    }


if __name__ == "__main__":
    sys.exit(main())
