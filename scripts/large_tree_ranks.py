"""How much memory each rank of a decomposition takes, where ranks draw their own scenarios and where each draws all.

    python scripts/large_tree_ranks.py [--scenarios N] [--ranks R] [--out docs/evidence]

Solves N scenarios (default 2,000) of ``instances/enedis_local`` (96 periods) on R ranks (default 2), once
with the ranks' own shares and once with a tree that every rank has drawn whole, and writes the run. Peak resident
memory of each rank, MiB: with the instance read, with its tree drawn, when the solve begins, when it ends, and when the
run is written. Ends with 1 if the numbers of the two runs differ. With ``--out``, writes ``large_tree_ranks.json``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from helpers.evidence import provenance, write_summary

from mes_stoch.solvers.parallel.mpi import find_mpiexec

ROOT = Path(__file__).resolve().parent.parent
SCENARIOS, RANKS, GAP, TIME_LIMIT_S = 2_000, 2, 0.05, 900.0

_MEASURE = """
import json, resource, sys, time
from pathlib import Path
import mes_stoch as ms
from mes_stoch.api.shared_trees import drawn_by_this_rank, tree_of_all
from mes_stoch.solvers import auto
from mes_stoch.solvers.parallel import mpi

UNIT = 2**20 if sys.platform == "darwin" else 2**10  # what ru_maxrss counts in, to the MiB
instance, folder, count, is_whole = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "whole"
gap, limit_s = float(sys.argv[5]), float(sys.argv[6])
peaks, began = {}, time.perf_counter()

def note(name):
    peaks[name] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / UNIT, 1)

solve_by = auto.solve_by

def noted(*arguments):
    note("begun_mib")
    found = solve_by(*arguments)
    note("solved_mib")
    return found

with mpi.abort_on_failure():
    auto.solve_by = noted
    site, communicator = ms.read(instance), mpi.world()
    note("read_mib")
    tree = site.tree(count) if is_whole else tree_of_all(drawn_by_this_rank(site, "decomposition", count))
    note("drawn_mib")
    drawn_s = time.perf_counter() - began
    run = ms.solve(site, tree, method="decomposition", gap_rel=gap, time_limit_s=limit_s)
    if run is not None:
        run.write(folder / sys.argv[4])
    note("written_mib")
    peaks = communicator.gather(peaks)
    if run is not None:
        print(json.dumps({
            "ranks": peaks, "status": run.status, "numbers": [run.objective, run.summary["bound_upper"]],
            "passes": run.summary["solver"]["passes"], "profits": hash(tuple(run.profit)),
            "drawn_s": round(drawn_s, 1), "wall_s": round(time.perf_counter() - began, 1),
        }))
"""


def measured(scenarios: int, ranks: int, instance: str, gap: float) -> dict[str, Any]:
    """Peak memory of each rank, by what it draws."""
    found: dict[str, Any] = {"scenarios": scenarios, "instance": instance, "gap_rel": gap}
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("whole", "shares"):
            source = str(ROOT / "instances" / instance)
            details = [source, folder, str(scenarios), kind, str(gap), str(TIME_LIMIT_S)]
            line = [find_mpiexec(), "-n", str(ranks), sys.executable, "-c", _MEASURE, *details]
            done = subprocess.run(line, capture_output=True, text=True, check=False, cwd=ROOT)
            if done.returncode:
                raise SystemExit(done.stderr)
            found[kind] = json.loads(done.stdout)
    found["is_same"] = all(found["whole"][key] == found["shares"][key] for key in ("numbers", "passes", "profits"))
    return found


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenarios", type=int, default=SCENARIOS, metavar="N")
    parser.add_argument("--ranks", type=int, default=RANKS, metavar="R")
    parser.add_argument("--instance", default="enedis_local", help="a folder of instances/")
    parser.add_argument("--gap", type=float, default=GAP)
    parser.add_argument("--out", type=Path, metavar="DIR")
    options = parser.parse_args(arguments)
    found = measured(options.scenarios, options.ranks, options.instance, options.gap)
    if options.out is None:
        print(json.dumps(found, indent=2))
    else:
        write_summary(options.out, "large_tree_ranks.json", {**provenance(), **found})
    return 0 if found["is_same"] else 1


if __name__ == "__main__":
    sys.exit(main())
