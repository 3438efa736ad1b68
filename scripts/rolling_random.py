"""Operate random sites without foresight, and hold every path against its scenario's own program and the ledger.

    python scripts/rolling_random.py --sites 300 --out docs/evidence

Writes ``rolling_sites.csv`` with a line a site, and ``rolling.json`` with date, versions, counts and the worst case.
The sites are those of ``tests/helpers/rolling_sites.py``, by seed; a thinned version runs with the tests.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from helpers.evidence import about_sites, options_of, table_of_sites, write_summary
from helpers.rolling_sites import random_case

from mes_stoch.evaluation.rolling.forecast import LikenessForecast
from mes_stoch.evaluation.rolling.operate import operate
from mes_stoch.report.rolling_settlement import settle_paths
from mes_stoch.solvers.decomposition.given_root import evaluate_given
from mes_stoch.solvers.proofs.primal_check import TOLERANCE, largest_violation

#: Of the money that moves.
_SAME = 1e-6


def main(arguments: list[str] | None = None) -> int:
    """Entry point; 1 if any path is no dispatch, better than a proven bound, or settled with another profit."""
    options = options_of(__doc__, arguments, sites=300)
    begun = time.process_time()
    table = table_of_sites(options, _row, "rolling_sites.csv")
    wrong = table[
        (table["beyond_bound_rel"] > _SAME) | (table["violation_rel"] > TOLERANCE) | (table["unsettled_rel"] > _SAME)
    ]
    summary = {
        **about_sites(table),
        "paths": int(table["paths"].sum()),
        "largest_beyond_bound_rel": float(table["beyond_bound_rel"].max()),
        "largest_violation_rel": float(table["violation_rel"].max()),
        "largest_unsettled_rel": float(table["unsettled_rel"].max()),
        "wrong": wrong["seed"].tolist(),
        "cpu_s": round(time.process_time() - begun, 1),
    }
    write_summary(options.out, "rolling.json", summary)
    return int(len(wrong) > 0)


def _row(seed: int) -> dict[str, Any]:
    program, root, forecast = random_case(seed)
    bounds = evaluate_given(program, root, lambda _: None, gap_rel=1e-6)
    expected = LikenessForecast(program.instance, forecast)
    fans = (1, 2)
    beyond, violation, unsettled, bias = -float("inf"), 0.0, 0.0, []
    for fan in fans:
        paths = [operate(program, root, leaf, expected, fan=fan) for leaf in range(len(bounds))]
        settlement = settle_paths(program, paths)
        for path, bound, money, size in zip(paths, bounds, settlement.profit, settlement.sizes, strict=True):
            beyond = max(beyond, (path.profit + bound.lower) / size)
            violation = max(violation, largest_violation(program.scenario(path.leaf), path.values))
            unsettled = max(unsettled, abs(money - path.profit) / size)
        earned = sum(float(p) * path.profit for p, path in zip(program.probabilities, paths, strict=True))
        bias.append(-sum(float(p) * b.upper for p, b in zip(program.probabilities, bounds, strict=True)) - earned)
    return {
        "seed": seed,
        "stages": program.stages,
        "paths": len(fans) * len(bounds),
        "beyond_bound_rel": beyond,
        "violation_rel": violation,
        "unsettled_rel": unsettled,
        "bias_of_mean_eur": round(bias[0], 4),
        "bias_of_fan_eur": round(bias[1], 4),
    }


if __name__ == "__main__":
    raise SystemExit(main())
