"""Fitted activations against months of real series that were kept back, and against plain day bootstraps.

    MES_STOCH_DATA=DIR python scripts/fitted_activations.py --draws 10 --out docs/evidence

Prints a table a case, and writes ``fitted_activations.json``; ``tests/helpers/activation_evidence.py`` says how bands
and distances are made. A thinned version runs with the tests.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from helpers.activation_cases import CASES, for_choices
from helpers.activation_evidence import held_against, table, verdicts
from helpers.evidence import provenance, write_summary

#: What was tried, and on which months: bands are not blind to what the first sentence says.
CHOICES = (
    "On the months kept back, before there were scores: the memory of signed_ratio as that of the scores, of the "
    "ratio and of its parts, in classes of 15 min and 1 h, with and without season and class of day; call_chain with "
    "mean and full courses of past calls, with and without season.",
    "On every third of the months fitted alone (--within-months-fitted): signed_ratio with memory normal and past, "
    "stretches of 8 and 24 h, match none and season; merit_order with one and four classes of the volume and one and "
    "two components; call_chain with and without day_effect; the days that prices are drawn from by season and class "
    "of day, by class of day, by season, and any.",
)


def main(arguments: list[str] | None = None) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-folder", type=Path, default=os.environ.get("MES_STOCH_DATA"), metavar="DIR")
    parser.add_argument("--draws", type=int, default=10, metavar="N", help="draws of every day kept back")
    parser.add_argument("--cases", nargs="*", default=list(CASES), choices=list(CASES), metavar="CASE")
    parser.add_argument("--within-months-fitted", action="store_true", help="keep back every third of them, to choose")
    parser.add_argument("--out", type=Path, default=None, metavar="DIR", help="write the summary there")
    options = parser.parse_args(arguments)
    if options.data_folder is None:
        parser.error("give --data-folder, or set MES_STOCH_DATA")
    begun, found = time.process_time(), {}
    for name in options.cases:
        case = CASES[name](Path(options.data_folder))
        case = for_choices(case) if options.within_months_fitted else case
        found[name] = held_against(case, options.draws)
        print(table(name, found[name]), flush=True)
    counts = {f"against_{kind}": verdicts(found, kind) for kind in ("day_bootstrap", "any_day_bootstrap")}
    print(json.dumps(counts, indent=2), flush=True)
    if options.out is not None:
        summary = {
            **provenance(),
            "choices": CHOICES,
            "verdicts": counts,
            "cases": found,
            "cpu_s": round(time.process_time() - begun, 1),
        }
        write_summary(options.out, "fitted_activations.json", summary)
    return 0


if __name__ == "__main__":
    sys.exit(main())
