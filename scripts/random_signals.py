"""Send signals to real runs at random moments, over all methods and 1 to 3 ranks, and see what they leave.

    python scripts/random_signals.py --signals 100 --out docs/evidence

Writes ``signals.csv`` with a line a run, and ``signals.json`` with date, versions and totals. A run is ``solve`` of a
site whose optimum is known, started alone, under ``mpiexec`` or with ``--ranks``; one of SIGINT, SIGTERM, SIGUSR1 and
SIGHUP goes to the process that was started or to its group, 0 to 10 s after its start or after its first proven bounds.
Allowed is exit code 5 (0 or 4 where the
run had ended before), within 40 s, without a traceback, with nothing left behind (processes, shared memory, temporary
files, claims), and either a run folder whose interval holds the optimum or the message that nothing was written. A
thinned version runs with the tests (``tests/cli/test_signals.py``).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from helpers.signalled import draw, run

PACKAGES = ("mes_stoch", "highspy", "numpy", "mpi-sppy", "mpi4py", "mpich")


def main(arguments: list[str] | None = None) -> int:
    """Entry point; 1 if anything was not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--signals", type=int, default=100, metavar="N")
    parser.add_argument("--first-seed", type=int, default=0, metavar="K")
    parser.add_argument("--out", type=Path, default=Path("docs/evidence"), metavar="DIR")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    rows = []
    for seed in range(options.first_seed, options.first_seed + options.signals):
        case = draw(seed)
        load = os.getloadavg()[0]
        with tempfile.TemporaryDirectory() as folder:
            found = run(case, Path(folder))
        rows.append(
            {
                "seed": seed,
                "instance": case.known.name,
                "method": case.method,
                "start": case.start,
                "ranks": case.ranks,
                "signal": case.signal,
                "target": case.target,
                "since": case.since,
                "after_s": round(case.delay_s, 2),
                "code": found.code,
                "took_s": round(found.took_s, 2),
                "written": found.written,
                "load": round(load, 2),
                "faults": "; ".join(found.faults),
            }
        )
        pd.DataFrame(rows).to_csv(options.out / "signals.csv", index=False)
        print(seed, case, found.code, f"{found.took_s:.1f} s", found.written, found.faults, flush=True)
        if found.faults:
            print(found.said[-1500:], flush=True)
    table = pd.DataFrame(rows)
    summary = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        "cores": os.cpu_count(),
        "signals": len(table),
        "seeds": [options.first_seed, options.first_seed + options.signals - 1],
        "with_faults": int((table["faults"] != "").sum()),
        "exit_codes": {str(code): int(count) for code, count in table["code"].value_counts().sort_index().items()},
        "written": {str(what): int(count) for what, count in table["written"].value_counts().items()},
        "by_start": {str(start): int(count) for start, count in table["start"].value_counts().items()},
        "by_signal": {str(name): int(count) for name, count in table["signal"].value_counts().items()},
        "longest_s": float(table["took_s"].max()),
        "median_s": float(table["took_s"].median()),
        "load_average": [float(table["load"].min()), float(table["load"].max())],
    }
    (options.out / "signals.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(summary, indent=2))
    return int(summary["with_faults"] > 0)


if __name__ == "__main__":
    sys.exit(main())
