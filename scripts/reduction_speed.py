"""How long scenario reduction takes, how near it comes, and where the time goes.

    python scripts/reduction_speed.py --out docs/evidence [--data-folder DIR]

5,000 invented scenarios of 96 quarter-hours and 8 series (six prices and demands, two of rare calls) are reduced to 100
by fast forward and by k-medoids, with one and with two threads, every measurement a process of its own. Accuracy after
half of the scenarios is measured on load trees as in Dupacova, Groewe-Kuska, Roemisch (2003), here invented ones, and
with a data folder on real days of the French load forecast. Writes ``reduction.json`` and ``reduction_profile.txt``.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import pstats
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from helpers.evidence import provenance, write_summary
from reduction.reduction_support import ternary_load_tree, tree_of

from mes_stoch.schema.reduction import ReductionRule
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.process import autoregressive
from mes_stoch.uncertainty.reduction.accuracy import relative_accuracy, single_cost
from mes_stoch.uncertainty.reduction.distances import cost_matrix
from mes_stoch.uncertainty.reduction.reduced import reduced_tree
from mes_stoch.uncertainty.reduction.selection import selected

ROOT = Path(__file__).resolve().parent.parent
SCENARIOS, KEPT, PERIODS = 5000, 100, 96
METHODS = ("fast_forward", "k_medoids")
_REPEATS = 3


def invented(scenarios: int = SCENARIOS, seed: int = 0) -> ScenarioTree:
    """A level of the day and an AR(1) in six series, rare calls in two."""
    generator = np.random.default_rng(seed)
    names = [
        *("da_price_eur_per_mwh", "id_price_eur_per_mwh", "imbalance_short_eur_per_mwh"),
        *("electricity_demand_mw", "heat_demand_mw", "outdoor_temperature_degc"),
    ]
    series = {}
    for name, persistence in zip(names, (0.99, 0.95, 0.8, 0.97, 0.98, 0.995), strict=True):
        level = generator.standard_normal((scenarios, 1))
        noise = [autoregressive(row, persistence) for row in generator.standard_normal((scenarios, PERIODS))]
        series[name] = 50 + 20 * (0.7 * level + 0.7 * np.array(noise))
    for name in ("mfrr_activation_up_per_unit", "rc_activation_up_per_unit"):
        series[name] = (generator.random((scenarios, PERIODS)) < 1.0 / PERIODS).astype(float)
    tree: ScenarioTree = tree_of(series)
    return tree


def measured(method: str, profile: Path | None) -> dict[str, Any]:
    """One reduction in this process."""
    tree = invented()
    rule = ReductionRule.model_validate({"method": method})
    reduced_tree(invented(50), 5, rule)  # what is loaded once is not counted
    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    recorded = cProfile.Profile()
    if profile is not None:
        recorded.enable()
    wall, cpu = time.perf_counter(), time.process_time()
    reduced = reduced_tree(tree, KEPT, rule)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    recorded.disable()
    if profile is not None:
        with profile.open("a", encoding="utf-8") as stream:
            stream.write(f"{method}, {SCENARIOS} to {KEPT} scenarios of {PERIODS} periods and 8 series, 1 thread\n")
            pstats.Stats(recorded, stream=stream).strip_dirs().sort_stats("tottime").print_stats(12)
    most_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    accuracy = float(reduced.dataset.attrs["reduction_accuracy"])
    return {"wall_s": wall, "cpu_s": cpu, "memory_mb": most_mb - before_mb, "relative_accuracy": accuracy}


def in_a_process(method: str, threads: int, profile: Path | None = None) -> dict[str, Any]:
    """The same in a process with so many threads for its linear algebra."""
    variables = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    environment = {**os.environ, **dict.fromkeys(variables, str(threads)), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, __file__, "--one", method, *(["--profile", str(profile)] if profile else [])]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def half_kept(points: np.ndarray[Any, Any], probabilities: np.ndarray[Any, Any]) -> dict[str, float]:
    """Relative accuracy after half of the scenarios, by every method."""
    cost = cost_matrix(points)
    single = single_cost(cost, probabilities)
    found = {}
    for method in (*METHODS, "backward"):
        kept = selected(cost, probabilities, len(cost) // 2, ReductionRule.model_validate({"method": method}))
        found[method] = round(relative_accuracy(kept.cost, single, 1), 4)
    return found


def real_load_days(folder: Path) -> np.ndarray[Any, Any]:
    """Whole days of the French load forecast, in deviations from the mean day."""
    frame = pd.read_csv(folder / "market_eu" / "fr_dayahead_2015_2020.csv.gz")
    time_local = pd.to_datetime(frame["time_local"])
    days = frame.assign(day=time_local.dt.date, hour=time_local.dt.hour).pivot_table(
        index="day", columns="hour", values="Load_DA_Forecast", aggfunc="mean"
    )
    values = days.dropna().to_numpy()
    return np.asarray((values - values.mean(axis=0)) / values.std())


def main(arguments: list[str] | None = None) -> int:
    """Entry point; 1 if a reduction takes 20 s or longer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("docs/evidence"), metavar="DIR")
    parser.add_argument("--data-folder", type=Path, default=None, metavar="DIR")
    parser.add_argument("--one", choices=METHODS, help=argparse.SUPPRESS)
    parser.add_argument("--profile", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        print(json.dumps(measured(options.one, options.profile)))
        return 0
    options.out.mkdir(parents=True, exist_ok=True)
    profile = options.out / "reduction_profile.txt"
    profile.unlink(missing_ok=True)
    summary: dict[str, Any] = {
        **provenance(),
        "cores": os.cpu_count(),
        "scenarios": SCENARIOS,
        "kept": KEPT,
        "periods": PERIODS,
        "series": 8,
        "repeats": _REPEATS,
    }
    slowest = 0.0
    for method in METHODS:
        in_a_process(method, 1, profile)
        for threads in (1, 2):
            runs = [in_a_process(method, threads) for _ in range(_REPEATS)]
            row = {
                "wall_s_median": round(float(np.median([run["wall_s"] for run in runs])), 2),
                "wall_s_most": round(max(run["wall_s"] for run in runs), 2),
                "cpu_s_median": round(float(np.median([run["cpu_s"] for run in runs])), 2),
                "memory_mb": round(max(run["memory_mb"] for run in runs)),
                "relative_accuracy": round(runs[0]["relative_accuracy"], 4),
            }
            summary[f"{method}_{threads}_threads"] = row
            slowest = max(slowest, row["wall_s_most"])
    summary["half_of_load_tree"] = {
        f"persistence {persistence:g} an hour": half_kept(*ternary_load_tree(persistence))
        for persistence in (1.0, 0.99, 0.97, 0.9)
    }
    if options.data_folder is not None:
        days = real_load_days(options.data_folder)
        summary["half_of_real_load_days"] = {
            "days": len(days),
            **half_kept(days, np.full(len(days), 1.0 / len(days))),
        }
    write_summary(options.out, "reduction.json", summary)
    return int(slowest >= 20.0)


if __name__ == "__main__":
    sys.exit(main())
