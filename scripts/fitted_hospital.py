"""The hospital planned with three trees, and each commitment held against the same real days kept back.

    python scripts/fitted_hospital.py --data-folder DIR --out docs/evidence

Writes ``fitted_hospital.json``. The trees: (a) ``fr_synthetic_day``, as ``instances/hospital_fr`` is shipped; (b) a
process fitted to real donor series; (c) whole real days of the months that (b) is fitted to. A commitment is fixed and
dispatched as well as can be in every day kept back; differences are by pairs of the same day.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import numpy as np
import pandas as pd
import yaml
from helpers.evidence import provenance, write_summary
from real_days_instance import (
    FCR_MISSED_PENALTY_EUR_PER_MWH,
    HEAT_PUMP_COP,
    IMBALANCE_COEFFICIENT,
    SHIPPED_SITE,
    SIZE,
    donor_groups,
    scenario_series,
)
from real_days_process import (
    BALANCING,
    DAY_AHEAD,
    balancing_parts,
    called_parts,
    fitted_document,
    market_parts,
    of_months,
    site_parts,
)

import mes_stoch as ms
from mes_stoch.backtesting.trees import tree_of_days
from mes_stoch.evaluation.profit import Profits
from mes_stoch.io.market_data.pairing import DonorGroup, candidate_days, day_values, pair_days
from mes_stoch.io.series_names import named_series
from mes_stoch.report.run import Run
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.fitted.document import document_text

#: The cold half of the year, of which the shipped day is one: every second or third month is kept back.
MONTHS_FITTED = (10, 12, 1, 3)
MONTHS_KEPT_BACK = (11, 2)
SEASONS = ("autumn", "winter", "spring")
#: Mean of the shipped site, MW, over the hours of a year.
ELECTRICITY_MWH_PER_YEAR = 2.3 * 8760
DEMANDS = ("heat_demand_mw", "electricity_demand_mw", "pv_available_mw")
#: Of rapid and complementary reserve there are no data: whole days of the shipped process stand in, other ones by tree.
SYNTHETIC = ("rc_up_capacity_price_eur_per_mw_h", "rc_activation_up_per_unit")
SEED_FITTED_TO, SEED_TRAINING, SEED_KEPT_BACK = 101, 102, 103
SYNTHETIC_DAYS = 60
PLANS = ("synthetic", "fitted", "real_days")
PAIRS = (("fitted", "synthetic"), ("fitted", "real_days"), ("real_days", "synthetic"))
#: Of days kept back: small against what commitments differ by.
DISPATCH_GAP_REL = 0.002


@dataclass(frozen=True)
class Experiment:
    """What is planned and held against what.

    Parameters
    ----------
    groups : sequence of DonorGroup
        Day-ahead market, balancing, aFRR called, and the site, in this order.
    scenarios : int
        Of each tree.
    days : int
        Kept back; at most as many as the first group has.
    gap_rel : float
        Of plans; that of dispatches is ``DISPATCH_GAP_REL``.
    seed : int
        Of the pairing.
    time_limit_s : float
        Of each plan; what it has found by then is taken, with its gap.
    site_changes : mapping
        Numbers of the site by dotted path, as :func:`mes_stoch.read` takes them.
    """

    groups: Sequence[DonorGroup]
    scenarios: int
    days: int
    gap_rel: float
    seed: int = 1
    time_limit_s: float = 3600.0
    site_changes: Mapping[str, Any] | None = None

    @property
    def key(self) -> dict[str, Any]:
        """What makes the plans of two experiments comparable."""
        return {"scenarios": self.scenarios, "days": self.days, "seed": self.seed}


def hospital_groups(data_folder: Path) -> list[DonorGroup]:
    """Donor groups of ``real_days.py`` with the demands of the shipped hospital, which is ``SIZE`` times smaller."""
    *markets, site = donor_groups(data_folder, SIZE * ELECTRICITY_MWH_PER_YEAR)
    return [*markets, replace(site, frames=[frame / SIZE for frame in site.frames])]


def site_document(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The shipped hospital with what real days need: see ``CHANGES``."""
    document: dict[str, Any] = yaml.safe_load(SHIPPED_SITE.read_text(encoding="utf-8"))
    products = document["products"]
    products["fr_fcr"]["missed_penalty_eur_per_mwh"] = FCR_MISSED_PENALTY_EUR_PER_MWH
    for direction in ("up", "down"):
        products["fr_fcr"][f"energy_price_{direction}_eur_per_mwh"] = DAY_AHEAD
        products[f"fr_afrr_{direction}"][f"energy_price_{direction}_eur_per_mwh"] = BALANCING
    for name in ("fr_mfrr_up", "fr_rc_up"):
        products[name]["energy_price_up_eur_per_mwh"] = BALANCING
    document["components"]["heat_pump"]["outputs"][0]["ratio_per_unit"] = HEAT_PUMP_COP
    for path, value in changes.items():
        *parents, last = path.split(".")
        place = document
        for name in parents:
            place = place[name]
        place[last] = value
    return document


CHANGES = (
    "Called aFRR, mFRR and RC energy is paid the price of balancing energy, FCR energy the day-ahead price.",
    f"Missed FCR costs {FCR_MISSED_PENALTY_EUR_PER_MWH} EUR/MWh: real prices of imbalance leave the day-ahead price by "
    "more than the catalogue's 200, and not delivering would earn.",
    f"Heat pump COP {HEAT_PUMP_COP:g}: no temperature comes with the real demands.",
)


def measured(
    experiment: Experiment, folder: Path, keep: Path | None = None, plans: Sequence[str] = PLANS
) -> dict[str, Any]:
    """Plan with every tree, hold every commitment against the days kept back, and compare.

    Parameters
    ----------
    folder : path
        Where the instances are written.
    keep : path, optional
        Folder of finished plans, which are not made again.
    plans : sequence of str
        Those to make; differences are of pairs that are there.
    """
    shipped = ms.read(_written(folder / "synthetic", experiment, None))
    fitted = ms.read(_written(folder / "fitted", experiment, _process(experiment, shipped)))
    seen, seen_pairs = _real_tree(shipped, experiment, MONTHS_FITTED, experiment.scenarios, SEED_TRAINING)
    kept, kept_pairs = _real_tree(shipped, experiment, MONTHS_KEPT_BACK, experiment.days, SEED_KEPT_BACK)
    trees = {
        "synthetic": (shipped, shipped.tree(experiment.scenarios)),
        "fitted": (fitted, fitted.tree(experiment.scenarios)),
        "real_days": (shipped, seen),
    }
    found = {}
    for name in plans:
        site, tree = trees[name]
        found[name] = _finished(keep, name, experiment) or _measured_plan(site, tree, shipped, kept, experiment)
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            kept_as = {"experiment": experiment.key, "plan": found[name]}
            (keep / f"{name}.json").write_text(json.dumps(kept_as, indent=2) + "\n", encoding="utf-8")
        print(f"{name}: promised {found[name]['promised_eur']}, kept back {found[name]['kept_back_eur']}", flush=True)
    by_day = {name: plan["profits_eur_by_day"] for name, plan in found.items()}
    return {
        "scenarios": experiment.scenarios,
        "days_kept_back": len(kept.scenario_names),
        "gap_rel_wanted": experiment.gap_rel,
        "gap_rel_of_dispatches": DISPATCH_GAP_REL,
        "months_fitted": list(MONTHS_FITTED),
        "months_kept_back": list(MONTHS_KEPT_BACK),
        "changes_of_the_site": list(CHANGES),
        "synthetic_in_every_tree": [*SYNTHETIC, "fcr_activation_up_per_unit", "fcr_activation_down_per_unit"],
        "plans": found,
        "differences": [
            _difference(by_day, first, other) for first, other in PAIRS if first in by_day and other in by_day
        ],
        "series_kept_back": _series(kept),
        "pairs_fitted_to": seen_pairs,
        "pairs_kept_back": kept_pairs,
    }


def _finished(keep: Path | None, name: str, experiment: Experiment) -> dict[str, Any] | None:
    """A plan that was made before by the same experiment."""
    path = None if keep is None else keep / f"{name}.json"
    if path is None or not path.is_file():
        return None
    written = json.loads(path.read_text(encoding="utf-8"))
    if written["experiment"] != experiment.key:
        raise UsageError(f"{path} is of another experiment ({written['experiment']}): take another folder")
    plan: dict[str, Any] = written["plan"]
    return plan


def _measured_plan(
    site: ms.Site, tree: ScenarioTree, shipped: ms.Site, kept: ScenarioTree, experiment: Experiment
) -> dict[str, Any]:
    run = _planned(site, tree, experiment)
    profits = _held(shipped, run, kept)
    return {**_promise(run), **_kept(profits, run), "series": _series(tree), "profits_eur_by_day": _by_day(profits)}


def _written(folder: Path, experiment: Experiment, process: str | None) -> Path:
    """The instance with the shipped process, or with a fitted one."""
    document = site_document(experiment.site_changes or {})
    folder.mkdir(parents=True)
    if process is not None:
        (folder / "process.json").write_text(process, encoding="utf-8")
        document["uncertainty"] = {
            "kind": "synthetic",
            "process": "fitted",
            "process_file": "process.json",
            "seed": document["uncertainty"]["seed"],
            "scenarios": document["uncertainty"]["scenarios"],
        }
    (folder / "instance.yaml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return folder


def _process(experiment: Experiment, shipped: ms.Site) -> str:
    """The file of the process fitted to the donor series."""
    market, balancing, called, site = experiment.groups
    synthetic = _synthetic_group(shipped)
    capacity, activation = SYNTHETIC
    bootstrap = {"kind": "day_bootstrap", "match": []}
    document = fitted_document(
        [
            (market, market_parts()),
            (balancing, balancing_parts(IMBALANCE_COEFFICIENT)),
            (called, called_parts()),
            (site, site_parts(DEMANDS)),
            (
                synthetic,
                (
                    {**bootstrap, "series": [capacity]},
                    {**bootstrap, "series": [activation], "stage": "realtime"},
                ),
            ),
        ],
        MONTHS_FITTED,
        MONTHS_KEPT_BACK,
        notes=(
            "RC: synthetic, whole days of fr_synthetic_day",
            "FCR called: synthetic, parameters of fr_synthetic_day",
        ),
    )
    return document_text(document)


def _synthetic_days(shipped: ms.Site, count: int, seed: int) -> list[pd.DataFrame]:
    """Series of which there are no data, a frame a day."""
    dataset = shipped.draws(count, seed).dataset
    count = dataset.sizes["scenario"]
    return [pd.DataFrame({name: dataset[name].values[number] for name in SYNTHETIC}) for number in range(count)]


def _synthetic_group(shipped: ms.Site) -> DonorGroup:
    """Days of the shipped process laid one after the other, from the first of January and of November on."""
    days = _synthetic_days(shipped, SYNTHETIC_DAYS, SEED_FITTED_TO)
    step = pd.Timedelta(round(3600 * shipped.instance.horizon.period_h), unit="s")
    dates = [*pd.date_range("2025-01-01", "2025-01-31"), *pd.date_range("2025-11-01", "2025-12-31")]
    # a day of November stands for nothing: months kept back of any year are taken out, and there must be one
    chosen = [day for day in dates if day.month == 11][:1] + [day for day in dates if day.month != 11]
    frames = [
        values.set_axis(pd.date_range(day, periods=len(values), freq=step, tz="Europe/Paris"))
        for day, values in zip(chosen, days, strict=False)
    ]
    return DonorGroup("fr_synthetic_day", [pd.concat(frames).sort_index()], ("FR",), ())


def _real_tree(
    site: ms.Site, experiment: Experiment, months: Sequence[int], count: int, seed: int
) -> tuple[ScenarioTree, list[dict[str, str]]]:
    """Whole days of some months, paired over donor years; each day of the first group at most once."""
    groups = [of_months(group, months) for group in experiment.groups]
    classes = [season for season in SEASONS if any(kind == season for kind, _ in candidate_days(groups[0]))]
    pairs = pair_days(groups, count, experiment.seed, classes, ("working_day",))
    rows = pairs.to_dict("records")
    periods_per_hour = round(1.0 / site.instance.horizon.period_h)
    synthetic = _synthetic_days(site, len(rows), seed)
    wanted = {name for _, name in named_series(site.instance)}
    frames = []
    for number, row in enumerate(rows):
        raw = pd.concat([day_values(group, row[group.name], periods_per_hour) for group in groups], axis=1)
        start = pd.Timestamp(row[groups[0].name], tz="Europe/Paris")
        clock = pd.date_range(start, periods=len(raw), freq=pd.Timedelta(60 // periods_per_hour, unit="min"))
        values = pd.concat([scenario_series(raw, seed, number, clock), synthetic[number]], axis=1)
        frames.append(values[[name for name in values.columns if name in wanted]].set_axis(clock))
    real = ms.RealDays("donors", pd.concat(frames).sort_index())
    days = sorted(row[groups[0].name] for row in rows)
    names = [group.name for group in groups]
    return (
        tree_of_days(site.loaded, real, days),
        [{name: f"{row[name]:%Y-%m-%d}" for name in names} for row in rows],
    )


def _planned(site: ms.Site, tree: ScenarioTree, experiment: Experiment) -> Run:
    run = ms.solve(site, tree, gap_rel=experiment.gap_rel, time_limit_s=experiment.time_limit_s)
    if run is None or run.summary["objective"] is None:
        raise UsageError(f"no plan of {len(tree.scenario_names)} scenarios was found in time: --time-limit")
    return run


def _held(site: ms.Site, run: Run, kept: ScenarioTree) -> Profits:
    found = ms.evaluate(site, commitments=run.commitments, tree=kept, gap_rel=DISPATCH_GAP_REL).profits
    if not isinstance(found, Profits):
        raise RuntimeError("a day was not dispatched in time")
    return found


def _promise(run: Run) -> dict[str, Any]:
    table = run.commitments
    summary = run.summary
    return {
        "promised_eur": round(run.objective, 2),
        "promised_at_most_eur": round(summary["bound_upper"], 2),
        "status": summary["status"],
        "gap_rel": round(summary["gap_rel"], 5),
        "solved_s": round(summary["wall_time_s"], 1),
        "mean_volume_mw": {
            str(name): round(float(volume), 3)
            for name, volume in table.groupby("product", sort=False)["volume_mw"].mean().items()
        },
    }


def _kept(found: Profits, run: Run) -> dict[str, Any]:
    """What the commitment earns in the days kept back."""
    profit = found.scenarios["profit_eur"].to_numpy(dtype=float)
    streams = found.expected_streams()
    result = found.result()
    return {
        "kept_back_eur": round(found.mean, 2),
        "kept_back_at_most_eur": round(found.bound_upper, 2),
        "standard_error_eur": round(standard_error(profit), 2),
        "cvar_95_eur": round(found.worst_mean(), 2),
        "promise_less_kept_back_eur": round(run.objective - found.mean, 2),
        "streams_eur": {name: round(value, 2) for name, value in streams.items() if abs(value) >= 0.005},
        "slack_eur": round(sum(value for name, value in streams.items() if _is_slack(name)), 2),
        "shortfalls_mwh": {
            one.name: {"expected": round(one.expected_mwh, 4), "share_of_days": round(one.probability, 4)}
            for one in result.shortfalls
        },
    }


def _is_slack(stream: str) -> bool:
    return any(word in stream for word in ("slack", "shortfall", "missed", "unserved"))


def standard_error(values: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    """Of the mean of days taken as independent: ``sd / sqrt(n)``."""
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def _difference(by_day: Mapping[str, Mapping[str, float]], first: str, other: str) -> dict[str, Any]:
    apart = np.array([value - by_day[other][day] for day, value in by_day[first].items()])
    return {
        "plan": first,
        "against": other,
        "mean_eur": round(float(apart.mean()), 2),
        "standard_error_eur": round(standard_error(apart), 2),
        "days_better": int((apart > 0).sum()),
    }


def _by_day(found: Profits) -> dict[str, float]:
    return {str(day): round(float(value), 2) for day, value in found.scenarios["profit_eur"].items()}


def _series(tree: ScenarioTree) -> dict[str, float]:
    """Means of the series that tell trees apart."""
    names = [
        DAY_AHEAD,
        BALANCING,
        "fcr_capacity_price_eur_per_mw_h",
        "afrr_up_capacity_price_eur_per_mw_h",
        "afrr_down_capacity_price_eur_per_mw_h",
        "mfrr_up_capacity_price_eur_per_mw_h",
        "afrr_activation_up_per_unit",
        "mfrr_activation_up_per_unit",
        "heat_demand_mw",
        "electricity_demand_mw",
    ]
    return {name: round(float(tree.dataset[name].mean()), 4) for name in names}


def kept_back_days(groups: Sequence[DonorGroup]) -> list[date]:
    """Working days of the first group that are kept back."""
    found = candidate_days(of_months(groups[0], MONTHS_KEPT_BACK))
    return sorted(day for (_, kind), days in found.items() if kind == "working_day" for day in days)


def main(arguments: list[str] | None = None) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-folder", type=Path, default=os.environ.get("MES_STOCH_DATA"), metavar="DIR")
    parser.add_argument("--scenarios", type=int, default=30, metavar="N", help="of each tree; default 30")
    parser.add_argument("--days", type=int, default=None, metavar="N", help="kept back; default all there are")
    parser.add_argument("--gap", type=float, default=0.005, metavar="G", help="relative gap; default 0.005")
    parser.add_argument("--time-limit", type=float, default=3600.0, metavar="S", help="of each plan; default 3600")
    parser.add_argument("--plans", nargs="*", choices=PLANS, default=list(PLANS), help="those to make; default all")
    parser.add_argument("--keep", type=Path, default=None, metavar="DIR", help="finished plans, to go on with")
    parser.add_argument("--out", type=Path, default=Path("docs/evidence"), metavar="DIR")
    options = parser.parse_args(arguments)
    if options.data_folder is None:
        parser.error("give --data-folder or set MES_STOCH_DATA")
    groups = hospital_groups(Path(options.data_folder))
    days = len(kept_back_days(groups)) if options.days is None else options.days
    with TemporaryDirectory() as folder:
        experiment = Experiment(groups, options.scenarios, days, options.gap, time_limit_s=options.time_limit)
        found = measured(experiment, Path(folder), options.keep, options.plans)
    sources = [f"{source.name}: {source.origin}" for group in groups for source in group.sources]
    summary = {**provenance(), "sources": sources, **found}
    write_summary(options.out, "fitted_hospital.json", summary)
    return 0


if __name__ == "__main__":
    sys.exit(main())
