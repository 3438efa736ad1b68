"""How much memory a large drawn tree takes, written and read in parts.

    python scripts/large_tree.py [--scenarios N] [--out docs/evidence]

Draws N scenarios (default 10,000) of ``instances/hospital_fr`` (96 periods, 25 series) into one file and reads them all
again, in a process of its own that says its peak resident memory before, with a tree of 2 scenarios written and read,
and after. Ends with 1 if it grew by :data:`MOST_MIB` or more. With ``--out``, writes ``large_tree.json``.
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

ROOT = Path(__file__).resolve().parent.parent
SCENARIOS, MOST_MIB = 10_000, 300.0

_MEASURE = """
import json, resource, sys, time
from pathlib import Path
import numpy as np
import mes_stoch as ms
from mes_stoch.io.artifacts.tree_parts import stream_tree, write_tree_parts

UNIT = 2**20 if sys.platform == "darwin" else 2**10  # what ru_maxrss counts in, to the MiB
site, folder, count = ms.read(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])

def peak_mib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / UNIT

def through(scenarios):
    path = folder / f"{scenarios}.nc"
    began = time.perf_counter()
    size = write_tree_parts(site.stream(scenarios), path)
    written = time.perf_counter()
    written_mib = peak_mib()
    seen, periods, total = 0, set(), 0.0
    for part in stream_tree(path):
        seen += len(part.scenario_names)
        periods.add(part.periods)
        total += float(sum(np.asarray(array.values).sum() for array in part.dataset.data_vars.values()))
    return {
        "scenarios": seen, "periods": sorted(periods), "series": size.series, "sum": total,
        "write_s": round(written - began, 1), "read_s": round(time.perf_counter() - written, 1),
        "file_mib": round(path.stat().st_size / 2**20, 1),
        "peak_written_mib": round(written_mib, 1), "peak_mib": round(peak_mib(), 1),
    }

base = through(2)
print(json.dumps({"base": base, "large": through(count)}))
"""


def measured(scenarios: int = SCENARIOS) -> dict[str, Any]:
    """Peak memory of a process after a tree of 2 scenarios and after one of ``scenarios``, MiB."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", _MEASURE, str(ROOT / "instances" / "hospital_fr"), folder, str(scenarios)],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
    found: dict[str, Any] = json.loads(done.stdout)
    found["above_base_mib"] = round(found["large"]["peak_mib"] - found["base"]["peak_mib"], 1)
    return found


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenarios", type=int, default=SCENARIOS, metavar="N")
    parser.add_argument("--out", type=Path, metavar="DIR")
    options = parser.parse_args(arguments)
    found = measured(options.scenarios)
    if options.out is None:
        print(json.dumps(found, indent=2))
    else:
        write_summary(options.out, "large_tree.json", {**provenance(), **found})
    return 0 if found["above_base_mib"] < MOST_MIB else 1


if __name__ == "__main__":
    sys.exit(main())
