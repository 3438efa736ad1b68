"""Random programs with a known optimum through every method; counts of what came of them, as JSON.

python scripts/known_optima.py OUT.json [--programs 2000] [--hedged 200]
"""

from __future__ import annotations

import argparse
import datetime
import json
import platform
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from helpers.planted_programs import known_program

from mes_stoch.schema.errors import MesStochError
from mes_stoch.solve import highs
from mes_stoch.solve.decomposition import solve_decomposition
from mes_stoch.solve.extensive import solve_extensive
from mes_stoch.solve.progressive_hedging import solve_ph
from mes_stoch.solve.result import SolveOptions

ENGINES = {"ef": solve_extensive, "decomposition": solve_decomposition, "ph": solve_ph}


def outcome(method: str, seed: int) -> tuple[str, str]:
    known = known_program(seed)
    try:
        result = ENGINES[method](known.program, SolveOptions(gap_rel=1e-6, iteration_limit=4, time_limit_s=20.0))
    except MesStochError as error:
        return known.kind, f"refused: {type(error).__name__}"
    if result is None:
        return known.kind, "refused: no result"
    size = Fraction(max(known.size, abs(float(known.optimum))) or 1.0)
    slack = 0 if result.bound_kind == "safe" else size / 10**9
    if Fraction(result.lower) - known.optimum > slack or known.optimum - Fraction(result.upper) > size / 10**7:
        return known.kind, "EXCLUDED"
    return known.kind, f"{result.status}, {result.bound_kind}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--programs", type=int, default=2000)
    parser.add_argument("--hedged", type=int, default=200)
    options = parser.parse_args()
    found: dict[str, Counter[str]] = {}
    for method in ENGINES:
        found[method] = Counter()
        for seed in range(options.hedged if method == "ph" else options.programs):
            kind, what = outcome(method, seed)
            found[method][f"{kind}: {what}"] += 1
            if what == "EXCLUDED":
                print(method, seed, kind, what)
    record = {
        "date": datetime.date.today().isoformat(),
        "python": platform.python_version(),
        "highs": highs.version(),
        "outcomes": {method: dict(sorted(counts.items())) for method, counts in found.items()},
    }
    options.out.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
