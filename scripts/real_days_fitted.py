"""The instance of ``real_days.py --process fitted``: the same site, with a process fitted to the donor series."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from real_days_instance import (
    GAS_ADDER_EUR_PER_MWH,
    IMBALANCE_COEFFICIENT,
    describe_sources,
    donor_groups,
    site_document,
)
from real_days_process import (
    BALANCING,
    DAY_AHEAD,
    balancing_parts,
    called_parts,
    days_of_months,
    fitted_document,
    market_parts,
    site_parts,
)

from mes_stoch.io.market_data.calendar import DayType, Season, common_day_type
from mes_stoch.io.market_data.calendar import season as season_of
from mes_stoch.io.market_data.pairing import DonorGroup
from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.document import ProcessDocument, document_text

TTF, GAS = "ttf_gas_eur_per_mwh", "gas_price_eur_per_mwh"
DEMANDS = ("heat_demand_mw", "electricity_demand_mw", "pv_available_mw")
COOLING = "cooling_demand_mw"


@dataclass(frozen=True)
class FittedDays:
    """Everything that goes into the folder."""

    document: dict[str, Any]
    process: ProcessDocument
    sources: list[dict[str, Any]]


def build_fitted_days(
    data_folder: Path,
    *,
    count: int,
    seed: int,
    season: Season,
    day_type: DayType,
    months_kept_back: Sequence[int],
    electricity_mwh_per_year: float,
) -> FittedDays:
    """Fit the process to the months of a season that are not kept back, and describe the site.

    Raises
    ------
    UsageError
        No month of the season is left to fit to, or no day of the class.
    """
    groups = donor_groups(data_folder, electricity_mwh_per_year)
    return fitted_days(groups, count, seed, season, day_type, months_kept_back)


def fitted_days(
    groups: Sequence[DonorGroup],
    count: int,
    seed: int,
    season: Season,
    day_type: DayType,
    months_kept_back: Sequence[int],
) -> FittedDays:
    """The same from donor groups: day-ahead market, balancing, aFRR called, and the site, in this order."""
    of_season = [month for month in range(1, 13) if season_of(date(2019, month, 1)) == season]
    months = [month for month in of_season if month not in months_kept_back]
    if not months:
        raise UsageError(f"all months of {season} are kept back: nothing is left to fit to")
    market, balancing, called, site = (_with_gas_price(group) for group in groups)
    seen = {group.name: days_of_months(group, months) for group in groups}
    of_class = [day for day in seen[market.name] if common_day_type(day, market.countries) == day_type]
    if not of_class:
        raise UsageError(f"{market.name} has no day of {season}, {day_type} in the months that are fitted to")
    gas = {"kind": "day_bootstrap", "series": [GAS], "match": []}
    # constant in winter, which no autoregression can be fitted to
    cooling = {"kind": "day_bootstrap", "series": [COOLING], "match": ["day_type"], "stage": "realtime"}
    process = fitted_document(
        [
            (market, (*market_parts(), gas)),
            (balancing, balancing_parts(IMBALANCE_COEFFICIENT)),
            (called, called_parts()),
            (site, (*site_parts(DEMANDS), cooling)),
        ],
        months,
        [month for month in of_season if month in months_kept_back],
        notes=("FCR called: synthetic, parameters of fr_synthetic_day",),
    )
    sources = describe_sources(groups, seen, count)
    document = site_document(of_class[0], (season,), (day_type,), count, seed, sources)
    back = ", ".join(process.fitted_to.months_kept_back) or "none"
    document["name"] = "fitted_days"
    document["description"] = (
        f"Hospital district, {count} days drawn by a process fitted to real days of {season}, {day_type}. Months kept "
        f"back: {back}. " + "; ".join(f"{entry['name']}: {entry['span']}" for entry in sources) + "."
    )
    _name_drawn_series(document)
    document["uncertainty"] = {
        "kind": "synthetic",
        "process": "fitted",
        "process_file": "process.json",
        "seed": seed,
        "scenarios": count,
    }
    return FittedDays(document, process, sources)


def _with_gas_price(group: DonorGroup) -> DonorGroup:
    """What the site pays beside the price of the market, where the group has that."""
    frames = [
        frame.assign(**{GAS: frame[TTF] + GAS_ADDER_EUR_PER_MWH}) if TTF in frame else frame for frame in group.frames
    ]
    return replace(group, frames=frames)


def _name_drawn_series(document: dict[str, Any]) -> None:
    """Called energy has the price of balancing energy, that of FCR the day-ahead price."""
    products = document["products"]
    for direction in ("up", "down"):
        products["fr_fcr"][f"energy_price_{direction}_eur_per_mwh"] = DAY_AHEAD
        products[f"fr_afrr_{direction}"][f"energy_price_{direction}_eur_per_mwh"] = BALANCING
    products["fr_mfrr_up"]["energy_price_up_eur_per_mwh"] = BALANCING


def write_fitted_instance(fitted: FittedDays, folder: Path) -> None:
    """Instance description, process and sources."""
    folder.mkdir(parents=True)
    document = yaml.safe_dump(fitted.document, sort_keys=False, allow_unicode=True, width=120)
    (folder / "instance.yaml").write_text(document, encoding="utf-8")
    (folder / "process.json").write_text(document_text(fitted.process), encoding="utf-8")
    (folder / "sources.json").write_text(json.dumps(fitted.sources, indent=2) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(_readme(fitted), encoding="utf-8")


def _readme(fitted: FittedDays) -> str:
    rows = [
        f"| {entry['name']} | {entry['span']}; {entry['days_used']} days | {entry['origin']} | {entry['conversion']} |"
        for entry in fitted.sources
    ]
    back = ", ".join(fitted.process.fitted_to.months_kept_back) or "none"
    return README.format(rows="\n".join(rows), back=back, coefficient=IMBALANCE_COEFFICIENT)


README = """# fitted_days

A hospital district on days drawn by a process (`process.json`) fitted to real series. Written by
`scripts/real_days.py --process fitted`. **Not for passing on**: parameters hold quantiles and days of sources that
allow internal use only.

| series | span of the days fitted to | origin | conversion |
|---|---|---|---|
{rows}

- Months kept back, which no part has seen: {back}.
- Series of different groups of years have no day in common and are drawn independently.
- Imbalance prices: the price of balancing energy (day-ahead + a spread fitted to Danish imbalance less Danish
  day-ahead), times 1 -+ k, k = {coefficient}. Called aFRR and mFRR energy is paid that price, FCR energy the day-ahead
  price.
- FCR calls are synthetic; RC is left out: there are no data for them.
- Gas: TTF of one of the days, drawn apart from the price of electricity, with the adder of `real_days`.
- Cooling, which is constant in winter, is that of whole days, drawn apart from the other demands.
- Horizon: the first day of the class that is fitted to, a label that also says which hours and months are drawn.
"""
