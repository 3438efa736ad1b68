"""How long a large site takes to validate and to build, in CPU seconds, and where the time goes.

    python scripts/large_site.py --out docs/evidence [--against CHECKOUT]

The site has 40 components at 15 nodes over a week of quarter-hours (``tests/helpers/large_site.py``). Every measurement
is a process of its own; with ``--against`` another checkout is measured in turns with this one. Writes
``large_site.json`` and ``large_site_profile.txt``, the functions in which most time is spent while building.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from helpers.evidence import provenance, write_summary
from helpers.large_site import COMPONENTS, NODES, PERIODS, write_large_site

ROOT = Path(__file__).resolve().parent.parent
MEASURED = """
import cProfile, json, pstats, sys, time
import mes_stoch
from mes_stoch.model.site_program import build_program
folder, profile = sys.argv[1], sys.argv[2]
mes_stoch.read(sys.argv[3]).tree()  # what is loaded once is not counted
began = time.process_time()
site = mes_stoch.read(folder)
tree = site.tree()
read = time.process_time()
recorded = cProfile.Profile()
if profile:
    recorded.enable()
program = build_program(site.instance, tree)
recorded.disable()
built = time.process_time()
if profile:
    with open(profile, "w") as stream:
        statistics = pstats.Stats(recorded, stream=stream).strip_dirs()
        statistics.sort_stats("tottime").print_stats(25)
scenario = program.scenario(0)
print(json.dumps({
    "validate_cpu_s": read - began, "build_and_compile_cpu_s": built - read,
    "rows": scenario.matrix.shape[0], "columns": scenario.matrix.shape[1], "nonzeros": int(scenario.matrix.nnz),
}))
"""


def measured(checkout: Path, folder: Path, profile: Path | None = None) -> dict[str, Any]:
    """One process: seconds and sizes."""
    command = [sys.executable, "-c", MEASURED, str(folder), str(profile or ""), str(ROOT / "instances" / "tiny_site")]
    environment = {**os.environ, "PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, cwd=folder)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main(arguments: list[str] | None = None) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--against", type=Path, metavar="CHECKOUT")
    parser.add_argument("--out", type=Path, default=Path("docs/evidence"), metavar="DIR")
    options = parser.parse_args(arguments)
    checkouts = {"this": ROOT} | ({"before": options.against.resolve()} if options.against else {})
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = write_large_site(Path(scratch) / "large_site")
        runs: dict[str, list[dict[str, Any]]] = {name: [] for name in checkouts}
        for _ in range(options.repeats):
            for name, checkout in checkouts.items():
                runs[name].append(measured(checkout, folder))
        profile = (options.out / "large_site_profile.txt").resolve()
        measured(ROOT, folder, profile)
    profile.write_text(profile.read_text(encoding="utf-8").strip() + "\n", encoding="utf-8")
    summary: dict[str, Any] = {
        **provenance(),
        "components": COMPONENTS,
        "nodes": NODES,
        "periods": PERIODS,
        **{key: runs["this"][0][key] for key in ("rows", "columns", "nonzeros")},
        "repeats": options.repeats,
    }
    for name, own in runs.items():
        for key in ("validate_cpu_s", "build_and_compile_cpu_s"):
            seconds = [run[key] for run in own]
            summary[f"{name}_{key}"] = {"median": round(median(seconds), 2), "most": round(max(seconds), 2)}
    write_summary(options.out, "large_site.json", summary)
    return 0


if __name__ == "__main__":
    sys.exit(main())
