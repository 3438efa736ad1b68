"""Work per method on a fixed problem, in counts that no other load of the machine changes.

``counts.json`` beside this file holds what was measured when it was last refreshed. After a change that is meant to
move the numbers, and after looking at by how much, refresh it from the repository's root with::

    python tests/solvers/recorded_counts.py
"""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import mes_stoch as ms
from mes_stoch.api import METHODS, Site
from mes_stoch.model.site_program import build_program
from mes_stoch.solvers.highs import model as highs
from mes_stoch.solvers.highs import statistics

RECORD = Path(__file__).with_name("counts.json")
HOSPITAL = Path(__file__).resolve().parents[2] / "instances" / "hospital_fr"
SCENARIOS, SEED, GAP_REL = 4, 1, 5e-3
#: Hedging from a cold start is counted over a few iterations: to the gap it takes two minutes.
HEDGING_ITERATIONS = 2

#: ``auto`` is one of the others; hedging is counted by itself, without the decomposition it otherwise starts from.
COUNTED_METHODS = tuple(method for method in METHODS if method != "auto")

#: How far a count may move: relatively, or by :data:`FEW_ITERATIONS` where that is more. A pass more or less, which a
#: last digit can decide, moves the first four by less than a tenth; iterations differ a little
#: between versions of HiGHS and between processors; a mixed-integer search is chaotic, and another random seed alone
#: moves it by a fifth on so few scenarios.
TOLERANCE = {
    "models": 0.1,
    "bytes_handed_over": 0.1,
    "changes": 0.1,
    "runs": 0.1,
    "lp_iterations": 0.15,
    "mip_iterations": 0.5,
    "other_iterations": 0.15,
}
FEW_ITERATIONS = 200


def has_moved(name: str, recorded: int, found: int) -> bool:
    """Whether a count lies outside of what is tolerated."""
    room = TOLERANCE[name] * recorded
    return abs(found - recorded) > (max(room, FEW_ITERATIONS) if name.endswith("iterations") else room)


def problem() -> Site:
    """The site the counts are taken at: bid steps off, one leaf a day-ahead node."""
    return ms.read(HOSPITAL).with_bids(steps=False)


def of_method(method: str) -> dict[str, int]:
    """What one method asks of HiGHS to reach the gap, or in its first iterations, everything included."""
    site = problem()
    tree = site.tree(SCENARIOS, SEED)
    before = statistics.counts()
    hedges = method == "ph"
    limit = HEDGING_ITERATIONS if hedges else None
    run = ms.solve(site, tree, method, gap_rel=GAP_REL, cold_start=hedges, iteration_limit=limit)
    assert run is not None
    assert run.status in (["limit"] if hedges else ["optimal", "gap_reached"]), run.status
    found = (statistics.counts() - before).as_dict()
    return {name: found[name] for name in TOLERANCE}


def of_stamping() -> dict[str, int]:
    """Peak of Python's allocations while one scenario is stamped, bytes, and the size of what is stamped."""
    site = problem()
    program = build_program(site.instance, site.tree(SCENARIOS, SEED))
    program.scenario(0)
    tracemalloc.start()
    try:
        stamped = program.scenario(1)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    rows, columns = stamped.matrix.shape
    return {"peak_bytes": peak, "rows": rows, "columns": columns, "entries": int(stamped.matrix.nnz)}


def refresh() -> dict[str, Any]:
    """Measure all methods and write the record."""
    record = {
        "highs": highs.version(),
        "problem": f"hospital_fr, {SCENARIOS} scenarios, seed {SEED}, bid steps off, gap {GAP_REL:g}",
        "stamping": of_stamping(),
        "methods": {method: of_method(method) for method in COUNTED_METHODS},
    }
    RECORD.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return record


if __name__ == "__main__":
    print(json.dumps(refresh(), indent=2))  # noqa: T201
