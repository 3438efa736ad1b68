"""Random programs with a known optimum through every method; counts of what came of them, as JSON.

    python scripts/known_optima.py docs/evidence/known_optima.json [--programs 2000] [--hedged 200]

``EXCLUDED`` are intervals that do not hold the optimum. The worst case is the interval that goes furthest beyond it at
either end, as a share of what costs and earnings add up to; of a safe bound more than nothing is a fault.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from helpers.evidence import provenance
from helpers.planted_programs import known_program

from mes_stoch.schema.errors import MesStochError
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.decomposition.algorithm import solve_decomposition
from mes_stoch.solvers.extensive.algorithm import solve_extensive
from mes_stoch.solvers.hedging.progressive_hedging import solve_ph

ENGINES = {"ef": solve_extensive, "decomposition": solve_decomposition, "ph": solve_ph}


def outcome(method: str, seed: int) -> tuple[str, str, float]:
    """Kind of the program, what came of it, and how far its interval goes beyond the optimum."""
    known = known_program(seed)
    try:
        result = ENGINES[method](known.program, SolveOptions(gap_rel=1e-6, iteration_limit=4, time_limit_s=20.0))
    except MesStochError as error:
        return known.kind, f"refused: {type(error).__name__}", 0.0
    if result is None:
        return known.kind, "refused: no result", 0.0
    size = Fraction(max(known.size, abs(float(known.optimum))) or 1.0)
    above, below = Fraction(result.lower) - known.optimum, known.optimum - Fraction(result.upper)
    slack = 0 if result.bound_kind == "safe" else size / 10**9
    what = f"{result.status}, {result.bound_kind}"
    return known.kind, "EXCLUDED" if above > slack or below > size / 10**7 else what, float(max(above, below) / size)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--programs", type=int, default=2000)
    parser.add_argument("--hedged", type=int, default=200)
    options = parser.parse_args()
    found: dict[str, Counter[str]] = {}
    worst: dict[str, dict[str, float]] = {}
    for method in ENGINES:
        found[method], worst[method] = Counter(), {"seed": 0, "beyond_the_optimum": 0.0}
        for seed in range(options.hedged if method == "ph" else options.programs):
            kind, what, beyond = outcome(method, seed)
            found[method][f"{kind}: {what}"] += 1
            if beyond > worst[method]["beyond_the_optimum"]:
                worst[method] = {"seed": seed, "beyond_the_optimum": float(f"{beyond:.3g}")}
            if what == "EXCLUDED":
                print(method, seed, kind, what)
    record = {
        **provenance(),
        "programs": options.programs,
        "hedged": options.hedged,
        "excluded": sum(n for counts in found.values() for what, n in counts.items() if what.endswith("EXCLUDED")),
        "worst": worst,
        "outcomes": {method: dict(sorted(counts.items())) for method, counts in found.items()},
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
