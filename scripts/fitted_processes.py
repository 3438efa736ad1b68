"""Processes fitted to real series, held against months kept back.

    python scripts/fitted_processes.py --data-folder DIR --out docs/evidence

Prints a table a process and writes ``fitted_prices.json``: for each statistic its value in the months kept back, in
draws for them and in the months fitted to, with 95 % bands; the energy score and the sliced Wasserstein distance of
days, and of the plain day bootstrap. Series and parts: ``tests/helpers/fitted_cases.py``.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import pandas as pd
from helpers.evidence import PACKAGES, provenance, write_summary
from helpers.fitted_cases import CASES, Case


def main(arguments: list[str] | None = None) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-folder", type=Path, default=os.environ.get("MES_STOCH_DATA"), metavar="DIR")
    parser.add_argument("--draws", type=int, default=20, metavar="N", help="draws of each day; default 20")
    parser.add_argument("--only", nargs="*", default=[case.name for case in CASES], metavar="NAME")
    parser.add_argument("--out", type=Path, default=Path("docs/evidence"), metavar="DIR")
    options = parser.parse_args(arguments)
    if options.data_folder is None:
        parser.error("give --data-folder or set MES_STOCH_DATA")
    begun = time.process_time()
    cases = {
        case.name: _of(case, Path(options.data_folder), options.draws) for case in CASES if case.name in options.only
    }
    summary = {
        **provenance((*PACKAGES, "scikit-learn", "statsmodels")),
        "draws_per_day": options.draws,
        "band": "95 % of 1,000 samples of the days kept back, in blocks of seven",
        "cases": cases,
        "cpu_s": round(time.process_time() - begun, 1),
    }
    write_summary(options.out, "fitted_prices.json", summary)
    return 0


def _of(case: Case, folder: Path, draws: int) -> dict[str, Any]:
    table = case.diagnosed(folder, draws)
    print(f"\n{case.name}: kept back {', '.join(case.months_kept_back)}")
    print(table.round(3).to_string(index=False), flush=True)
    of_days = table["series"] == "all"
    statistics, scores = table[~of_days], table[of_days]
    outside = statistics[~statistics["inside"]]
    like_fitted = int(outside["inside_fitted_to"].astype(bool).sum())
    return {
        "sources": [source.origin for source in case.sources],
        "months_kept_back": list(case.months_kept_back),
        "parts": [dict(one) for one in case.parts],
        "inside": f"{int(statistics['inside'].sum())} of {len(statistics)}",
        "outside_and_like_the_months_fitted_to": f"{like_fitted} of {len(outside)}",
        "scores": {row.statistic: round(float(row.drawn), 4) for row in scores.itertuples()},
        "statistics": [_rounded(row) for row in statistics.to_dict("records")],
    }


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    return {
        key: (None if pd.isna(value) else round(value, 4) if isinstance(value, float) else value)
        for key, value in row.items()
    }


if __name__ == "__main__":
    sys.exit(main())
