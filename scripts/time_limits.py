"""Run `solve --time-limit` by every method, size and limit, and hold the whole process against 10 % + 2 s.

    python scripts/time_limits.py --out docs/evidence

Writes ``time_limits.csv`` with a line a run, and ``time_limits.json`` with date, versions and totals. Wall time is that
of the command as a user starts it, from before its start to after its end, so that the interpreter, imports, the draw,
the results and the figures count. ``load`` is the machine's load average (1 min) when a run began and ``cpu_s`` what
the run got of its processors. A run that got less than half a core a process is marked ``starved``: it tells of the
machine. Ends with 1 where the limit did not hold for any other.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from helpers.launched import INSTANCES, command, environment, takes

METHODS = ("ef", "decomposition", "ph", "auto")
PACKAGES = ("mes_stoch", "highspy", "numpy", "mpi-sppy", "mpi4py")
_KEY = ("method", "ranks", "scenarios", "limit_s")
_SHARE, _MORE_S = 1.1, 2.0
_STARVED = 0.5
#: A run that is so late has failed whatever it would have said.
_GIVE_UP = 10.0


def main(arguments: list[str] | None = None) -> int:
    """Entry point; 1 if any run was late or came to no good end."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--instance", type=Path, default=INSTANCES / "hospital_fr", metavar="DIR")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS, metavar="METHOD")
    parser.add_argument("--scenarios", nargs="+", type=int, default=(10, 100, 1000), metavar="N")
    parser.add_argument("--limits", nargs="+", type=float, default=(5, 10, 30, 60), metavar="S")
    parser.add_argument("--ranks", nargs="+", type=int, default=(1, 2, 3), metavar="N")
    parser.add_argument("--gap", default="1e-6", help="so small that the limit ends most runs")
    parser.add_argument("--out", type=Path, default=Path("docs/evidence"), metavar="DIR")
    parser.add_argument("--resume", action="store_true", help="keep the runs of an interrupted table in --out")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / "time_limits.csv"
    rows = pd.read_csv(path).drop(columns="starved").to_dict("records") if options.resume and path.is_file() else []
    known = {tuple(row[key] for key in _KEY) for row in rows}
    with tempfile.TemporaryDirectory() as scratch:
        for method in options.methods:
            for ranks in (count for count in options.ranks if takes(method, count)):
                for scenarios in options.scenarios:
                    for limit_s in options.limits:
                        if (method, ranks, scenarios, limit_s) in known:
                            continue
                        folder = Path(scratch) / str(len(rows))
                        rows.append(_run(options, method, ranks, scenarios, limit_s, folder))
                        print(rows[-1], flush=True)
                        _table(rows).to_csv(path, index=False)
    table = _table(rows)
    late = table[(table["wall_s"] > table["allowed_s"]) | ~table["code"].isin([0, 4])]
    summary = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        "cores": os.cpu_count(),
        "instance": options.instance.name,
        "gap": options.gap,
        "runs": len(table),
        "late_or_failed": len(late),
        "late_or_failed_not_starved": int((~late["starved"]).sum()),
        "starved": int(table["starved"].sum()),
        "largest_overrun_s": round(float((table["wall_s"] - table["limit_s"]).max()), 2),
        "largest_share_of_allowed": round(float((table["wall_s"] / table["allowed_s"]).max()), 3),
        "with_an_interval": int((table["has_bound"] & table["has_commitment"]).sum()),
        "with_a_bound_alone": int((table["has_bound"] & ~table["has_commitment"]).sum()),
        "with_nothing": int((~table["has_bound"] & ~table["has_commitment"]).sum()),
        "load_average": [round(float(table["load"].min()), 2), round(float(table["load"].max()), 2)],
    }
    (options.out / "time_limits.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(summary, indent=2))
    return int(not late[~late["starved"]].empty)


def _table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    table = pd.DataFrame(rows)
    # one process that solves uses a core; where it got less than half of one the machine was busy, and says so
    table["starved"] = table["cpu_s"] < _STARVED * table["ranks"] * table["wall_s"]
    return table


def _run(
    options: argparse.Namespace, method: str, ranks: int, scenarios: int, limit_s: float, folder: Path
) -> dict[str, Any]:
    row: dict[str, Any] = {"method": method, "ranks": ranks, "scenarios": scenarios, "limit_s": limit_s}
    line = command(
        ranks,
        *("solve", options.instance, "--method", method, "--scenarios", scenarios, "--gap", options.gap),
        *("--time-limit", limit_s, "--out", folder),
    )
    load, used = os.getloadavg()[0], resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    try:
        done = subprocess.run(
            line, capture_output=True, text=True, env=environment(), timeout=_GIVE_UP * limit_s + 60, check=False
        )
    except subprocess.TimeoutExpired:
        row["code"] = -1
    else:
        row["code"] = done.returncode
        if done.returncode not in (0, 4):
            print(done.stderr[-2000:], flush=True)
    row["wall_s"] = round(time.perf_counter() - begun, 2)
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    row["cpu_s"] = round(now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime, 2)
    row["allowed_s"] = round(_SHARE * limit_s + _MORE_S, 2)
    path = folder / "summary.json"
    summary = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    row["status"] = summary.get("status", "")
    row["has_bound"] = summary.get("bound_upper") is not None
    row["has_commitment"] = summary.get("objective") is not None
    row["gap_rel"] = summary.get("gap_rel")
    row["figures"] = len(list((folder / "figures").glob("*.png"))) if folder.is_dir() else 0
    row["load"] = round(load, 2)
    return row


if __name__ == "__main__":
    sys.exit(main())
