"""How often a stated 95 % holds the gap of a three-stage problem whose truth is known by hand.

    python scripts/sampling_coverage.py --trials 200 --out docs/evidence

Writes ``sampling_coverage.json`` with date, versions and what was covered, by number of replications. The problem is
that of ``tests/helpers/reserved_orders.py``; a thinned version runs with the tests.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from helpers.evidence import provenance, write_summary
from helpers.reserved_orders import BEST, CANDIDATE_WITH_THREE
from helpers.three_stage_coverage import TRUTH, covered

LEAST_SHARE = 0.9
#: Replications, day-ahead nodes and leaves of a sample; a tree of many leaves gains less by knowing them.
SAMPLES = ((2, 12, 3), (5, 12, 3), (10, 12, 3))


def main(arguments: list[str] | None = None) -> int:
    """Entry point; 1 if less is covered than has to be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=200, metavar="N")
    parser.add_argument("--out", type=Path, default=Path("docs/evidence"), metavar="DIR")
    options = parser.parse_args(arguments)
    begun = time.process_time()
    found = [covered(options.trials, count, nodes=nodes, leaves=leaves) for count, nodes, leaves in SAMPLES]
    summary = {
        **provenance(),
        "stated": 0.95,
        "true_gap": TRUTH,
        "true_optimum": BEST,
        "true_profit_of_the_policy": CANDIDATE_WITH_THREE,
        "samples": [asdict(coverage) for coverage in found],
        "cpu_s": round(time.process_time() - begun, 1),
    }
    write_summary(options.out, "sampling_coverage.json", summary)
    return int(any(coverage.held < LEAST_SHARE * options.trials for coverage in found))


if __name__ == "__main__":
    sys.exit(main())
