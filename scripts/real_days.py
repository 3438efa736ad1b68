"""Build an instance from real market and demand series, and solve it.

No year has every series. Whole days are paired over named donor years by season and class of day; series that overlap
in one year stay together. The pairing is printed and written beside the instance, with the span and source of every
series.

    python scripts/real_days.py --data-folder DATA --out runs/real_days --days 30 --seed 1 --solve
    python scripts/real_days.py --data-folder DATA --out runs/fitted_days --process fitted --solve

With ``--process fitted`` scenarios are drawn by a process fitted to the same series: ``process.json`` of the instance.

The data folder defaults to the environment variable MES_STOCH_DATA. Nothing of it is part of the project, and some of
it must not be passed on: keep the folder this writes to yourself.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from real_days_fitted import build_fitted_days, write_fitted_instance
from real_days_instance import build_real_days, write_instance
from real_days_process import MONTHS_KEPT_BACK

from mes_stoch.io.market_data.calendar import DAY_TYPES, SEASONS
from mes_stoch.report.progress import Progress
from mes_stoch.schema.errors import MesStochError, UsageError


def main(arguments: list[str] | None = None) -> int:
    """Entry point; returns the exit code of the command."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except MesStochError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Build an instance from real market and demand days, and solve it.",
        epilog="Each scenario is a whole day of one season and class, unless all are asked for.",
    )
    parser.add_argument("--data-folder", type=Path, default=None, help="default: environment variable MES_STOCH_DATA")
    parser.add_argument("--out", type=Path, required=True, help="folder to write the instance to")
    parser.add_argument("--days", type=int, default=30, help="number of scenarios, each a whole day (default 30)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the pairing (default 1)")
    parser.add_argument(
        "--process",
        choices=("days", "fitted"),
        default="days",
        help="scenarios are the days themselves (default), or drawn by a process fitted to them",
    )
    parser.add_argument(
        "--months-kept-back",
        type=int,
        nargs="*",
        choices=range(1, 13),
        default=list(MONTHS_KEPT_BACK),
        metavar="MONTH",
        help="of every year, which the fitted process does not see; default the middle month of each quarter",
    )
    parser.add_argument("--season", choices=[*SEASONS, "all"], default="winter")
    parser.add_argument("--day-type", choices=[*DAY_TYPES, "all"], default="working_day")
    parser.add_argument(
        "--electricity-gwh",
        type=float,
        default=40.0,
        help="electricity of the district a year, without cooling (default 40)",
    )
    parser.add_argument("--force", action="store_true", help="replace the folder if it exists")
    parser.add_argument("--solve", action="store_true", help="solve the instance and show the commitment")
    parser.add_argument("--method", choices=("ef", "ph"), default="ph", help="how to solve (default ph)")
    parser.add_argument("--gap", type=float, default=0.005, help="relative gap to stop at (default 0.005)")
    parser.add_argument("--time-limit", type=float, default=1800.0, help="seconds (default 1800)")
    return parser


def _run(options: argparse.Namespace) -> int:
    folder = options.data_folder or os.environ.get("MES_STOCH_DATA")
    if not folder:
        raise UsageError("no data folder: give --data-folder, or set the environment variable MES_STOCH_DATA")
    if options.out.exists():
        if not options.force:
            raise UsageError(f"{options.out} exists; --force replaces it")
        if not (options.out / "sources.json").is_file():
            raise UsageError(f"{options.out} was not written by this script and is left alone")
        shutil.rmtree(options.out)
    sources = (
        _write_fitted(options, Path(folder)) if options.process == "fitted" else _write_days(options, Path(folder))
    )
    if options.solve:
        _solve(options)
    _print_sources(sources)
    return 0


def _write_days(options: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    """The instance of the days themselves; returns its sources."""
    days = build_real_days(
        folder,
        count=options.days,
        seed=options.seed,
        seasons=SEASONS if options.season == "all" else (options.season,),
        day_types=DAY_TYPES if options.day_type == "all" else (options.day_type,),
        electricity_mwh_per_year=1000.0 * options.electricity_gwh,
    )
    write_instance(days, options.out)
    print(f"Pairing of {len(days.pairing)} days:")
    print(days.pairing.to_string(index=False))
    print(f"\nInstance written to {options.out}")
    return days.sources


def _write_fitted(options: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    """The instance of a fitted process; returns its sources."""
    if "all" in (options.season, options.day_type):
        raise UsageError("a fitted process draws one day: name a season and a class of day, not all")
    fitted = build_fitted_days(
        folder,
        count=options.days,
        seed=options.seed,
        season=options.season,
        day_type=options.day_type,
        months_kept_back=options.months_kept_back,
        electricity_mwh_per_year=1000.0 * options.electricity_gwh,
    )
    write_fitted_instance(fitted, options.out)
    back = ", ".join(fitted.process.fitted_to.months_kept_back) or "none"
    print(f"Process of {len(fitted.process.parts)} parts; months kept back: {back}")
    print(f"\nInstance written to {options.out}")
    return fitted.sources


def _solve(options: argparse.Namespace) -> None:
    from mes_stoch.api import read, solve

    site = read(options.out)
    tree = site.tree()
    print(f"\nSolving {len(tree.scenario_names)} days ({options.method}) ...", flush=True)
    run = solve(
        site,
        tree,
        method=options.method,
        gap_rel=options.gap,
        time_limit_s=options.time_limit,
        progress=_progress_printer(),
    )
    summary = run.summary
    print(f"\nExpected profit {run.objective:,.2f} EUR a day, proven at most {summary['bound_upper']:,.2f}")
    print(f"({summary['status']}, gap {100 * summary['gap_rel']:.3f} %, {summary['wall_time_s']:.0f} s)")
    print("\nCommitment, MW by block:")
    table = run.commitments.pivot_table(index="product", columns="block_start", values="volume_mw", sort=False)
    table.columns = [f"{start:%H:%M}" for start in table.columns]
    print(table.round(3).to_string(na_rep=""))
    print("\nExpected money by stream, EUR a day:")
    for stream, amount in summary["streams"].items():
        if abs(amount) >= 0.005:
            print(f"  {stream:<36}{amount:>14,.2f}")
    print(f"\nResults: {run.write(options.out / 'run')}")


def _progress_printer(every_s: float = 10.0) -> Callable[[Progress], None]:
    """Print bounds now and then."""
    printed_s = -every_s

    def show(now: Progress) -> None:
        nonlocal printed_s
        if now.elapsed_s - printed_s >= every_s:
            printed_s = now.elapsed_s
            bounds = f"{now.bound_lower:,.1f} and {now.bound_upper:,.1f} EUR"
            print(f"  {now.elapsed_s:7.0f} s: profit between {bounds}", flush=True)

    return show


def _print_sources(sources: Sequence[Mapping[str, Any]]) -> None:
    print("\nSpan and sources of the data:")
    for entry in sources:
        print(f"  {entry['name']}\n    {entry['span']}; {entry['days_used']} days used; {entry['file']}")
        print(f"    from {entry['origin']}; {entry['conversion']}")


if __name__ == "__main__":
    raise SystemExit(main())
