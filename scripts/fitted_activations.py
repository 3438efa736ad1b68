"""Fitted activations against months of real series that were kept back, and against a plain day bootstrap.

    MES_STOCH_DATA=DIR python scripts/fitted_activations.py --draws 10 --out docs/evidence

Prints a table a case, and writes ``fitted_activations.json``; ``tests/helpers/activation_evidence.py`` says how bands
and distances are made. A thinned version runs with the tests.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from helpers.activation_cases import CASES
from helpers.activation_evidence import held_against, table
from helpers.evidence import provenance, write_summary

#: What was tried before the figures were written: bands are not blind to it.
CHOICES = (
    "The memory of signed_ratio was tried as that of the scores, of the ratio and of its parts, in classes of 15 min "
    "and 1 h, with and without season and class of day; call_chain with mean and full courses of past calls, "
    "with and without season. What stands in `parts` is what was kept."
)


def main(arguments: list[str] | None = None) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-folder", type=Path, default=os.environ.get("MES_STOCH_DATA"), metavar="DIR")
    parser.add_argument("--draws", type=int, default=10, metavar="N", help="draws of every day kept back")
    parser.add_argument("--cases", nargs="*", default=list(CASES), choices=list(CASES), metavar="CASE")
    parser.add_argument("--out", type=Path, default=None, metavar="DIR", help="write the summary there")
    options = parser.parse_args(arguments)
    if options.data_folder is None:
        parser.error("give --data-folder, or set MES_STOCH_DATA")
    begun, found = time.process_time(), {}
    for name in options.cases:
        found[name] = held_against(CASES[name](Path(options.data_folder)), options.draws)
        print(table(name, found[name]), flush=True)
    if options.out is not None:
        summary = {
            **provenance(),
            "choices_made_on_these_months": CHOICES,
            "cases": found,
            "cpu_s": round(time.process_time() - begun, 1),
        }
        write_summary(options.out, "fitted_activations.json", summary)
    return 0


if __name__ == "__main__":
    sys.exit(main())
