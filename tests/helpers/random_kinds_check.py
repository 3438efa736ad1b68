"""What must hold of the plan of a random site from the library: deliverable, settled, within two proven intervals."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mes_stoch as ms
from helpers.random_kinds_site import RandomKindsSite
from helpers.settled_run import solved
from mes_stoch.evaluation.stress.outcome import StressTest, stress
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.settlement import settle_data

GAP_REL, TIME_LIMIT_S = 1e-2, 60.0


@dataclass(frozen=True)
class Checked:
    """One site: its plan (of the extensive form where that found one), the interval of the decomposition, and more.

    ``apart_eur`` is by how much the two proven intervals exclude each other; 0 where they share a value.
    """

    seed: int
    kinds: tuple[str, ...]
    status: str
    stress: StressTest
    settled: bool
    apart_eur: float
    solve_s: float
    check_s: float

    def row(self) -> dict[str, Any]:
        return {
            "seed": self.seed,
            "kinds": " ".join(self.kinds),
            "status": self.status,
            "calls": self.stress.calls_tested,
            "passed": self.stress.passed,
            "settled": self.settled,
            "apart_eur": round(self.apart_eur, 6),
            "solve_s": round(self.solve_s, 2),
            "check_s": round(self.check_s, 2),
        }


def checked(seed: int) -> Checked:
    """Solve a site by both methods, settle the plan, and call all that it holds."""
    random = RandomKindsSite(seed)
    with tempfile.TemporaryDirectory() as scratch:
        site = ms.read(random.write(Path(scratch) / "site"))
        tree = site.tree()
        begun = time.process_time()
        run = solved(site.loaded.instance, tree, gap_rel=GAP_REL, time_limit_s=TIME_LIMIT_S)
        other = ms.solve(site, tree, method="decomposition", gap_rel=GAP_REL, time_limit_s=TIME_LIMIT_S)
    solved_at = time.process_time()
    # a search that is out of time may have found nothing, and proven no lower bound
    plan = run if run.summary["objective"] is not None else other
    data = SettlementData(site.loaded.instance, tree, plan.solution, plan.flow_data)
    test, settlement = stress(data), settle_data(data)
    both = (run.summary, other.summary)
    lower = max(one["bound_lower"] for one in both if one["bound_lower"] is not None)
    upper = min(one["bound_upper"] for one in both if one["bound_upper"] is not None)
    allowance = 1e-6 * max(1.0, abs(lower))
    return Checked(
        seed,
        random.kinds,
        str(plan.summary["status"]),
        test,
        settlement.agrees,
        max(0.0, float(lower - upper) - allowance),
        solved_at - begun,
        time.process_time() - solved_at,
    )
