"""Solve random sites with mes_stoch and with a program written from docs/model.md alone, and compare the optima.

    python scripts/independent_sites.py --sites 100 --out docs/evidence

Half of the sites are those of ``tests/helpers/random_reserves.py``, half those of ``tests/helpers/random_folder.py``
(with contracts, offers and the capacity mechanism), by seed; the independent program is ``tests/independent``. Writes
``independent_sites.csv`` with a line a site, and ``independent.json`` with date, versions and totals. A thinned version
runs with the tests.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from helpers.compared_sites import KINDS, TOLERANCE, compared, written
from helpers.evidence import about_sites, options_of, write_summary


def main(arguments: list[str] | None = None) -> int:
    """Entry point; 1 if any optimum differs."""
    options = options_of(__doc__, arguments, sites=100)
    numbers = range(options.sites)
    rows = []
    for number in numbers:
        rows.append(_row(KINDS[number % len(KINDS)], options.first_seed + number // len(KINDS)))
        print(*rows[-1].values(), sep=",", flush=True)
    table = pd.DataFrame(rows)
    options.out.mkdir(parents=True, exist_ok=True)
    table.to_csv(options.out / "independent_sites.csv", index=False)
    summary = {
        **about_sites(table),
        "solved_to_optimality": int(table["proven"].sum()),
        "tolerance_of_money_that_moves": TOLERANCE,
        "sites_that_disagree": int((~table["agrees"]).sum()),
        "largest_difference_of_money_that_moves": float(table["difference"].max()),
        "solve_s": round(float(table["solve_s"].sum()), 1),
        "independent_s": round(float(table["independent_s"].sum()), 1),
    }
    write_summary(options.out, "independent.json", summary)
    return int(summary["sites_that_disagree"] > 0)


def _row(kind: str, seed: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "site"
        run = written(kind, seed, folder)
        result = compared(folder, folder / "tree.nc", run)
    return {
        "kind": kind,
        "seed": seed,
        "leaves": run.summary["scenarios"],
        "stages": run.summary["stages"],
        "products": len({entry["product"] for entry in run.summary["commitments"]}),
        "status": result.status,
        "profit_eur": round(result.profit, 6),
        "independent_eur": round(result.own_profit, 6),
        "money_eur": round(result.money, 2),
        "difference": float(f"{result.difference:.3g}"),
        "proven": result.is_proven,
        "agrees": result.agrees,
        "solve_s": round(result.seconds[0], 2),
        "independent_s": round(result.seconds[1], 2),
    }


if __name__ == "__main__":
    sys.exit(main())
