"""Draw the representative days of ``instances/annual_contracts_fr``: a year as 18 weighted days.

Every class of days (tight, ordinary, weekend; by season) is drawn at a date of its own season by the seeded synthetic
process of the project; the instance's ``probabilities`` are the days of the year each stands for, over 365.

    python scripts/annual_days.py --out instances/annual_contracts_fr/scenarios.csv

The file is part of the project: this script says where it comes from, and a test holds one against the other.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mes_stoch.uncertainty.call_draws import markov_calls
from mes_stoch.uncertainty.call_limits import CallLimits
from mes_stoch.uncertainty.process import DrawContext, Series
from mes_stoch.uncertainty.processes.fr_parameters import FrSyntheticDayParameters
from mes_stoch.uncertainty.processes.fr_synthetic_day import FrSyntheticDay

SEED = 20260101
PERIOD_H = 1.0
#: The instance's horizon, on which the hours of every day are written.
WRITTEN_ON = "2025-01-14"
SITE = {"electricity_mean_mw": 2.0, "hot_water_mean_mw": 0.6, "heat_loss_mw_per_k": 0.35, "pv_peak_mw": 1.0}
PROCESS_MW = {"working": 2.5, "weekend": 0.4}
PUMPS_MW = 1.4


@dataclass(frozen=True)
class DayClass:
    """One class of days: how many a year, how many are drawn, and how they differ."""

    name: str
    date: str
    days_per_year: float
    drawn: int
    da_price_mean_eur_per_mwh: float
    is_working: bool = True
    is_tight: bool = False

    @property
    def is_winter(self) -> bool:
        return pd.Timestamp(self.date).month in (11, 12, 1, 2, 3)


#: 105 working days and 46 others from November to March, 84 and 38 in April, May, September and October, 63 and 29 in
#: summer. Levels of prices are [user]: no statement about any year.
CLASSES = (
    DayClass("winter_tight", "2026-01-21", 15, 3, 140.0, is_tight=True),
    DayClass("winter_working", "2026-02-11", 90, 4, 75.0),
    DayClass("winter_weekend", "2026-02-14", 46, 2, 65.0, is_working=False),
    DayClass("mild_working", "2026-04-15", 84, 3, 55.0),
    DayClass("mild_weekend", "2026-04-18", 38, 2, 40.0, is_working=False),
    DayClass("summer_working", "2026-07-15", 63, 2, 55.0),
    DayClass("summer_weekend", "2026-07-18", 29, 2, 30.0, is_working=False),
)


def main(arguments: list[str] | None = None) -> int:
    """Entry point; returns the exit code of the command."""
    parser = argparse.ArgumentParser(description="Draw the representative days of instances/annual_contracts_fr.")
    parser.add_argument("--out", type=Path, required=True, help="CSV file to write")
    options = parser.parse_args(arguments)
    table = all_days()
    table.to_csv(options.out, index=False, lineterminator="\n")
    print(f"{table['scenario'].nunique()} days written to {options.out}; for the instance's uncertainty:")
    print("  probabilities:")
    for name, days in days_per_scenario().items():
        print(f"    {name}: {days / 365!r} # {days:g} days")
    return 0


def days_per_scenario() -> dict[str, float]:
    """Days of the year that each scenario stands for; together 365."""
    return {
        f"{kind.name}_{number}": kind.days_per_year / kind.drawn
        for kind in CLASSES
        for number in range(1, kind.drawn + 1)
    }


def all_days() -> pd.DataFrame:
    """Every scenario below each other, as the instance reads them."""
    seeds = iter(np.random.SeedSequence(SEED).spawn(sum(kind.drawn for kind in CLASSES)))
    return pd.concat(
        [
            one_day(kind, np.random.default_rng(next(seeds)), f"{kind.name}_{number}")
            for kind in CLASSES
            for number in range(1, kind.drawn + 1)
        ],
        ignore_index=True,
    )


def one_day(kind: DayClass, generator: np.random.Generator, name: str) -> pd.DataFrame:
    """Prices, demands, calls and call_effects of one day of a class."""
    time = pd.date_range(kind.date, periods=24, freq="h", tz="Europe/Paris")
    context = DrawContext(time=time, period_h=PERIOD_H)
    parameters = FrSyntheticDayParameters(
        **SITE,
        # the process moves weekends against the week's mean by itself; classes have levels of their own
        da_weekend_offset_eur_per_mwh=0.0,
        da_price_mean_eur_per_mwh=kind.da_price_mean_eur_per_mwh,
        temperature_year_mean_degc=8.5 if kind.is_tight else 12.5,
    )
    process = FrSyntheticDay(parameters)
    day_ahead_part, realtime_part, local, tender = generator.spawn(4)
    drawn = process.draw_day_ahead(day_ahead_part, context)
    drawn |= process.draw_realtime(realtime_part, context, drawn)
    level = PROCESS_MW["working" if kind.is_working else "weekend"]
    columns = {
        "da_price_eur_per_mwh": drawn["da_price_eur_per_mwh"],
        "imbalance_long_eur_per_mwh": drawn["imbalance_long_eur_per_mwh"],
        "imbalance_short_eur_per_mwh": drawn["imbalance_short_eur_per_mwh"],
        "balancing_price_eur_per_mwh": drawn["mfrr_energy_price_up_eur_per_mwh"],
        "electricity_demand_mw": drawn["electricity_demand_mw"],
        "heat_demand_mw": drawn["heat_demand_mw"],
        "pv_available_mw": drawn["pv_available_mw"],
        "process_demand_mw": np.full(24, level),
        "pumps_demand_mw": np.full(24, PUMPS_MW),
        "mfrr_activation_up_per_unit": drawn["mfrr_activation_up_per_unit"],
        "rc_activation_up_per_unit": drawn["rc_activation_up_per_unit"],
        "local_obliged_per_unit": np.full(24, float(kind.is_working and kind.is_winter)),
        "local_call_per_unit": _local_calls(kind, local, context),
        "tender_obliged_per_unit": np.full(24, float(kind.is_working)),
        "tender_call_per_unit": _tender_calls(kind, tender, context),
        # which hours of these days count, the calendar of the mechanism says
        "critical_per_unit": np.full(24, float(kind.is_tight)),
    }
    written = pd.date_range(WRITTEN_ON, periods=24, freq="h", tz="Europe/Paris")
    frame = pd.DataFrame({key: np.round(values, 3) + 0.0 for key, values in columns.items()})
    frame.insert(0, "time", [moment.isoformat(timespec="minutes") for moment in written])
    frame.insert(0, "scenario", name)
    return frame


def _local_calls(kind: DayClass, generator: np.random.Generator, context: DrawContext) -> Series:
    """At most one call of at most two hours between 17:00 and 20:00, on one working day of winter in four or so."""
    evening = np.asarray((context.time.hour >= 17) & (context.time.hour < 20))
    limits = CallLimits(calls_max_per_day=1, call_maximum_h=2.0, open=evening)
    rate = 2.0 if kind.is_working and kind.is_winter else 0.0
    return markov_calls(generator, context, limits, 3.0 * rate if kind.is_tight else rate, 1.0)


def _tender_calls(kind: DayClass, generator: np.random.Generator, context: DrawContext) -> Series:
    """Two curtailments of at most two hours between 08:00 and 19:00, on tight days."""
    limits = CallLimits(
        calls_max_per_day=2,
        call_maximum_h=2.0,
        rest_minimum_h=1.0,
        open=np.asarray((context.time.hour >= 8) & (context.time.hour < 19)),
    )
    return markov_calls(generator, context, limits, 6.0 if kind.is_tight else 0.0, 2.0)


if __name__ == "__main__":
    sys.exit(main())
