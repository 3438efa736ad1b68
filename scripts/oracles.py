"""Solve sites with mes_stoch and with oemof.solph, PyPSA and flixOpt, and compare the optima.

    python scripts/oracles.py --days 7 --seeds 5 --flixopt-python PATH --out docs/evidence

The sites are those of ``tests/oracles/sites.py``, by seed: so many days in hours, and for the first two seeds a day in
quarter-hours; ``part_load``, which has many binaries, a day in hours. flixOpt runs under another interpreter, one with
``mes_stoch[flixopt]``: no environment has it and PyPSA. Writes ``oracles_sites.csv`` with a line a site, and
``oracles.json`` with date, versions and totals. A day runs with the tests.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from helpers.evidence import PACKAGES, provenance, write_summary
from oracles.by_mes_stoch import costs
from oracles.sites import GAP, SITES, OracleSite
from oracles.test_oracles import TOLERANCE
from oracles.tools import TOOLS, least_cost

TESTS = Path(__file__).resolve().parent.parent / "tests"


def main(arguments: list[str] | None = None) -> int:
    """Entry point; 1 if any optimum differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--flixopt-python", type=Path, metavar="PATH", help="without it flixOpt is left out")
    parser.add_argument("--out", type=Path, default=Path("docs/evidence"), metavar="DIR")
    options = parser.parse_args(arguments)
    sites = _sites(options.days, options.seeds)
    versions = provenance((*PACKAGES, "oemof.solph", "pypsa", "linopy"))
    elsewhere = _flixopt(options.flixopt_python, [site for _, _, site in sites]) if options.flixopt_python else None
    if elsewhere is not None:
        versions["versions"]["flixopt"] = elsewhere["version"]
    rows = []
    for number, (name, seed, site) in enumerate(sites):
        given = {} if elsewhere is None else {"flixopt": elsewhere["costs"][number]}
        rows.append(_row(name, seed, site, given))
        print(*rows[-1].values(), sep=",", flush=True)
    table = pd.DataFrame(rows)
    options.out.mkdir(parents=True, exist_ok=True)
    table.to_csv(options.out / "oracles_sites.csv", index=False)
    apart = {tool: float(table[f"{tool}_apart"].max()) for tool in TOOLS if f"{tool}_apart" in table}
    summary = {
        **versions,
        "sites": len(table),
        "days": options.days,
        "seeds": options.seeds,
        "gap_rel": GAP,
        "tolerance": TOLERANCE,
        "largest_relative_difference": apart,
        "sites_that_disagree": int((table[[f"{tool}_apart" for tool in apart]] > TOLERANCE).any(axis=1).sum()),
    }
    write_summary(options.out, "oracles.json", summary)
    return int(summary["sites_that_disagree"] > 0)


def _sites(days: int, seeds: int) -> list[tuple[str, int, OracleSite]]:
    # a binary for every bend of every curve and period: a week takes too long
    long = {name: build for name, build in SITES.items() if name != "part_load"}
    found = [(name, seed, build(seed, 24 * days, 1.0)) for seed in range(seeds) for name, build in long.items()]
    found += [("part_load", seed, SITES["part_load"](seed, 24, 1.0)) for seed in range(seeds)]
    found += [(name, seed, build(seed, 96, 0.25)) for seed in range(min(seeds, 2)) for name, build in long.items()]
    return found


def _row(name: str, seed: int, site: OracleSite, given: dict[str, float]) -> dict[str, Any]:
    began = time.process_time()
    own, settled = costs(site)
    seconds = {"mes_stoch_cpu_s": time.process_time() - began}
    found = dict(given)
    for tool in TOOLS:
        if tool not in found and tool != "flixopt":
            began = time.process_time()
            found[tool] = least_cost(tool, site)
            seconds[f"{tool}_cpu_s"] = time.process_time() - began
    return {
        "site": name,
        "seed": seed,
        "periods": site.periods,
        "period_h": site.period_h,
        "mes_stoch_eur": round(own, 6),
        "settled_eur": round(settled, 6),
        **{f"{tool}_eur": round(found[tool], 6) for tool in TOOLS if tool in found},
        **{f"{tool}_apart": float(f"{abs(found[tool] / own - 1):.3g}") for tool in TOOLS if tool in found},
        **{key: round(value, 1) for key, value in seconds.items()},
    }


def _flixopt(python: Path, sites: list[OracleSite]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        given, wanted = Path(scratch) / "sites.json", Path(scratch) / "costs.json"
        given.write_text(json.dumps([site.document() for site in sites]), encoding="utf-8")
        command = [str(python), "-m", "oracles.elsewhere", "flixopt", str(given), str(wanted)]
        log = Path(scratch) / "log.txt"
        with log.open("w", encoding="utf-8") as stream:
            done = subprocess.run(
                command, env={**os.environ, "PYTHONPATH": str(TESTS)}, stdout=stream, stderr=subprocess.STDOUT
            )
        if done.returncode:
            raise RuntimeError(log.read_text(encoding="utf-8")[-4000:])
        return dict(json.loads(wanted.read_text(encoding="utf-8")))


if __name__ == "__main__":
    sys.exit(main())
