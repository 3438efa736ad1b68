"""The instance that ``real_days.py`` writes: donor groups, series of each paired day, site, and description."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from mes_stoch.io.market_data.calendar import DayType, Season, day_type, season
from mes_stoch.io.market_data.danish_balancing import SOURCE as DANISH
from mes_stoch.io.market_data.danish_balancing import read_danish_balancing
from mes_stoch.io.market_data.fcr_cooperation import SOURCE as FCR
from mes_stoch.io.market_data.fcr_cooperation import read_french_fcr
from mes_stoch.io.market_data.french_day_ahead import SOURCE as FRENCH
from mes_stoch.io.market_data.french_day_ahead import read_french_day_ahead
from mes_stoch.io.market_data.german_afrr import (
    ACTIVATION_SOURCES,
    CAPACITY_SOURCE,
    read_german_afrr_activation,
    read_german_afrr_capacity,
)
from mes_stoch.io.market_data.german_intraday import SOURCE as INTRADAY
from mes_stoch.io.market_data.german_intraday import read_german_intraday_spread
from mes_stoch.io.market_data.hospital_demand import (
    ELECTRICITY_SOURCE,
    HEAT_SOURCE,
    PV_SOURCE,
    read_hospital_electricity,
    read_hospital_heat,
    read_pv,
)
from mes_stoch.io.market_data.pairing import DonorGroup, day_values, pair_days
from mes_stoch.uncertainty.process import DrawContext
from mes_stoch.uncertainty.processes.fr_activations import fcr_activation
from mes_stoch.uncertainty.processes.fr_parameters import ReserveParameters
from mes_stoch.uncertainty.seeds import leaf_path, node_generator

SHIPPED_SITE = Path(__file__).resolve().parent.parent / "instances" / "hospital_fr" / "instance.yaml"
PERIODS_PER_HOUR = 4
PERIODS = 24 * PERIODS_PER_HOUR

#: The district's mean winter heat demand (9.1 MW) against that of the shipped site.
SIZE = 2.5
PV_PEAK_MW = 1.5 * SIZE
#: k of the French imbalance price; its order is known, its value a default.
IMBALANCE_COEFFICIENT = 0.05
#: Network and tax on gas, on top of the TTF price of the day; a placeholder.
GAS_ADDER_EUR_PER_MWH = 10.0
#: No outdoor temperature comes with the demands: one COP for all periods.
HEAT_PUMP_COP = 3.0
CALL_MAX_PERIODS = 2 * PERIODS_PER_HOUR
CALLS_PER_DAY = 2
#: Energy of FCR is paid at day-ahead price, which real imbalance prices of 2021 leave by up to 410 EUR/MWh.
FCR_MISSED_PENALTY_EUR_PER_MWH = 500

SYNTHETIC_FCR = {
    "name": "FCR activation",
    "file": "none: drawn by the process of mes_stoch.uncertainty.processes.fr_activations",
    "origin": "synthetic (Ornstein-Uhlenbeck frequency deviation of 20 mHz); no frequency series is in the data folder",
    "conversion": "quarter-hour means of a proportional response",
    "span": "synthetic",
}


@dataclass(frozen=True)
class RealDays:
    """Everything that goes into the folder."""

    pairing: pd.DataFrame
    scenarios: pd.DataFrame
    document: dict[str, Any]
    sources: list[dict[str, Any]]


def donor_groups(data_folder: Path, electricity_mwh_per_year: float) -> list[DonorGroup]:
    """Series by group of years in which they overlap. The first group sets the classes of the scenarios."""
    return [
        DonorGroup(
            "fr_de_2019_2020",
            [
                read_french_day_ahead(data_folder),
                read_german_intraday_spread(data_folder),
                read_german_afrr_capacity(data_folder),
            ],
            ("FR", "DE"),
            (FRENCH, INTRADAY, CAPACITY_SOURCE),
        ),
        DonorGroup(
            "fr_dk_2021",
            [read_french_fcr(data_folder), read_danish_balancing(data_folder)],
            ("FR", "DK"),
            (FCR, DANISH),
        ),
        DonorGroup("de_2016_2017_2024", [read_german_afrr_activation(data_folder)], ("DE",), ACTIVATION_SOURCES),
        DonorGroup(
            "site_typical_year",
            [
                read_hospital_heat(data_folder),
                read_hospital_electricity(data_folder, electricity_mwh_per_year),
                read_pv(data_folder, PV_PEAK_MW),
            ],
            ("US",),
            (HEAT_SOURCE, ELECTRICITY_SOURCE, PV_SOURCE),
        ),
    ]


def build_real_days(
    data_folder: Path,
    *,
    count: int,
    seed: int,
    seasons: Sequence[Season],
    day_types: Sequence[DayType],
    electricity_mwh_per_year: float,
) -> RealDays:
    """Pair days, make the series of each scenario, and describe the site."""
    groups = donor_groups(data_folder, electricity_mwh_per_year)
    pairing = pair_days(groups, count, seed, seasons, day_types)
    nominal = pairing[groups[0].name].iloc[0]
    time = pd.date_range(pd.Timestamp(nominal, tz="Europe/Paris"), periods=PERIODS, freq="15min")
    frames = []
    for number, row in enumerate(pairing.to_dict("records")):
        raw = pd.concat([day_values(group, row[group.name], PERIODS_PER_HOUR) for group in groups], axis=1)
        values = scenario_series(raw, seed, number, time)
        values.insert(0, "scenario", row["scenario"])
        values.insert(1, "time", [stamp.isoformat(timespec="minutes") for stamp in time])
        frames.append(values)
    sources = describe_sources(groups, {group.name: pairing[group.name].tolist() for group in groups}, count)
    document = site_document(nominal, seasons, day_types, count, seed, sources)
    return RealDays(pairing, pd.concat(frames, ignore_index=True), document, sources)


def scenario_series(raw: pd.DataFrame, seed: int, number: int, time: pd.DatetimeIndex) -> pd.DataFrame:
    """Series of one scenario under the names the site uses."""
    day_ahead = raw["da_price_eur_per_mwh"]
    vwap = day_ahead + raw["imbalance_spread_eur_per_mwh"]
    scaled = pd.concat([vwap * (1.0 - IMBALANCE_COEFFICIENT), vwap * (1.0 + IMBALANCE_COEFFICIENT)], axis=1)
    long, short = scaled.min(axis=1), scaled.max(axis=1)
    context = DrawContext(time, 1.0 / PERIODS_PER_HOUR)
    fcr_up, fcr_down = fcr_activation(node_generator(seed, leaf_path(number)), context, ReserveParameters())
    manual_price = day_ahead + raw["balancing_up_spread_eur_per_mwh"]
    series = {
        "da_price_eur_per_mwh": day_ahead,
        "id_price_eur_per_mwh": day_ahead + raw["id_spread_eur_per_mwh"],
        "imbalance_long_eur_per_mwh": long,
        "imbalance_short_eur_per_mwh": short,
        "gas_price_eur_per_mwh": raw["ttf_gas_eur_per_mwh"] + GAS_ADDER_EUR_PER_MWH,
        "fcr_capacity_price_eur_per_mw_h": raw["fcr_capacity_price_eur_per_mw_h"],
        "afrr_up_capacity_price_eur_per_mw_h": raw["afrr_up_capacity_price_eur_per_mw_h"],
        "afrr_down_capacity_price_eur_per_mw_h": raw["afrr_down_capacity_price_eur_per_mw_h"],
        "mfrr_up_capacity_price_eur_per_mw_h": raw["mfrr_up_capacity_price_eur_per_mw_h"],
        "fcr_activation_up_per_unit": fcr_up,
        "fcr_activation_down_per_unit": fcr_down,
        "afrr_activation_up_per_unit": raw["afrr_activation_up_per_unit"],
        "afrr_activation_down_per_unit": raw["afrr_activation_down_per_unit"],
        "mfrr_activation_up_per_unit": limit_calls(raw["mfrr_called_up_per_unit"].to_numpy(dtype=float)),
        "fcr_energy_price_eur_per_mwh": day_ahead,
        "afrr_energy_price_up_eur_per_mwh": vwap,
        "afrr_energy_price_down_eur_per_mwh": vwap,
        # Where regulation was down, the Danish up price stays at day-ahead and may pass the price of being short.
        "mfrr_energy_price_up_eur_per_mwh": np.minimum(manual_price, short),
        "pv_available_mw": raw["pv_available_mw"],
        "electricity_demand_mw": raw["electricity_demand_mw"],
        "heat_demand_mw": raw["heat_demand_mw"],
        "cooling_demand_mw": raw["cooling_demand_mw"],
    }
    return pd.DataFrame(series).round(6)


def limit_calls(share: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Danish regulation, which can last, cut to what the French product may ask: two calls of two hours a day."""
    limited = np.zeros_like(share)
    edges = np.diff(np.concatenate([[0.0], (share > 0).astype(float), [0.0]]))
    starts, ends = np.flatnonzero(edges > 0), np.flatnonzero(edges < 0)
    for start, end in list(zip(starts, ends, strict=True))[:CALLS_PER_DAY]:
        stop = min(end, start + CALL_MAX_PERIODS)
        limited[start:stop] = share[start:stop]
    return limited


def site_document(
    nominal: date,
    seasons: Sequence[Season],
    day_types: Sequence[DayType],
    count: int,
    seed: int,
    sources: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    """The shipped hospital made ``SIZE`` times as large, with cooling, without the reserve no data exist for."""
    document: dict[str, Any] = yaml.safe_load(SHIPPED_SITE.read_text(encoding="utf-8"))
    spans = "; ".join(f"{entry['name']}: {entry['span']}" for entry in sources)
    document["name"] = "real_days"
    document["description"] = (
        f"Hospital district, {count} real days ({', '.join(seasons)}; {', '.join(day_types)}) paired with seed {seed}. "
        f"{spans}."
    )
    document["horizon"] = {
        "start": f"{nominal}T00:00",
        "timezone": "Europe/Paris",
        "period_h": 1.0 / PERIODS_PER_HOUR,
        "periods": PERIODS,
        "days_per_year": days_per_year(seasons, day_types),
    }
    document["carriers"].append("cooling")
    document["nodes"]["cold"] = {"carrier": "cooling"}
    components = document["components"]
    for component in components.values():
        _enlarge(component)
    components["mains"]["import_price_eur_per_mwh"] = "gas_price_eur_per_mwh"
    components["heat_pump"]["outputs"][0]["ratio_per_unit"] = HEAT_PUMP_COP
    components["chiller"] = {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 2.2,
        "inputs": [{"node": "power", "ratio_per_unit": 1}],
        "outputs": [{"node": "cold", "ratio_per_unit": 3.5}],
        "cost_eur_per_mwh": 2,
        "provides": ["fr_afrr_up", "fr_afrr_down", "fr_mfrr_up"],
    }
    components["cold_store"] = {
        "type": "storage",
        "node": "cold",
        "energy_max_mwh": 8,
        "charge_max_mw": 3,
        "discharge_max_mw": 3,
        "standing_loss_per_h": 0.005,
        "initial_mwh": 4,
    }
    components["cooling"] = {"type": "demand", "node": "cold", "demand_mw": "cooling_demand_mw"}
    products = document["products"]
    del products["fr_rc_up"]
    for product in products.values():
        if "volume_max_mw" in product:
            product["volume_max_mw"] = round(product["volume_max_mw"] * SIZE, 1)
    products["fr_fcr"]["missed_penalty_eur_per_mwh"] = FCR_MISSED_PENALTY_EUR_PER_MWH
    for component in components.values():
        if "provides" in component:
            component["provides"] = [product for product in component["provides"] if product in products]
    document["uncertainty"] = {"kind": "explicit", "file": "scenarios.csv"}
    return document


#: Fields that grow with the site.
_EXTENSIVE = ("_mw", "_mwh", "_mw_per_min")


def _enlarge(component: dict[str, Any]) -> None:
    for key, value in component.items():
        if isinstance(value, int | float) and key.endswith(_EXTENSIVE) and "_per_mwh" not in key:
            component[key] = round(value * SIZE, 6)


def days_per_year(seasons: Sequence[Season], day_types: Sequence[DayType], year: int = 2019) -> int:
    """How many days of a year are of these classes."""
    first = date(year, 1, 1)
    days = [first + timedelta(number) for number in range(365)]
    return sum(season(day) in seasons and day_type(day, "FR") in day_types for day in days)


def describe_sources(
    groups: Sequence[DonorGroup], days: Mapping[str, Sequence[date]], synthetic_days: int
) -> list[dict[str, Any]]:
    """Span (first and last day used), number of days and origin of every source, from the days used of each group."""
    described: list[dict[str, Any]] = []
    for group in groups:
        for source in group.sources:
            used = sorted({day for day in days[group.name] if source.first <= day <= source.last})
            span = f"{used[0]} to {used[-1]}" if used else "no day drawn"
            entry = {key: str(value) for key, value in asdict(source).items()}
            described.append({**entry, "group": group.name, "span": span, "days_used": len(used)})
    described.append({**SYNTHETIC_FCR, "days_used": synthetic_days})
    return described


def write_instance(days: RealDays, folder: Path) -> None:
    """Instance description, scenarios, pairing, sources and README."""
    folder.mkdir(parents=True)
    document = yaml.safe_dump(days.document, sort_keys=False, allow_unicode=True, width=120)
    (folder / "instance.yaml").write_text(document, encoding="utf-8")
    days.scenarios.to_csv(folder / "scenarios.csv", index=False)
    days.pairing.to_csv(folder / "pairing.csv", index=False)
    (folder / "sources.json").write_text(json.dumps(days.sources, indent=2) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(_readme(days), encoding="utf-8")


def _readme(days: RealDays) -> str:
    rows = [
        f"| {entry['name']} | {entry['span']}; {entry['days_used']} days | {entry['origin']} | {entry['conversion']} |"
        for entry in days.sources
    ]
    return README.format(
        count=len(days.pairing),
        rows="\n".join(rows),
        coefficient=IMBALANCE_COEFFICIENT,
        adder=GAS_ADDER_EUR_PER_MWH,
        cop=HEAT_PUMP_COP,
        size=SIZE,
    )


README = """# real_days

{count} whole days of real series on a hospital district. Written by `scripts/real_days.py`. **Not for passing on**:
some sources allow internal use only.

| series | span of the days drawn | origin | conversion |
|---|---|---|---|
{rows}

How it is put together:

- Every scenario is one whole day. Its series come from several years: `pairing.csv` has the date of each group. Series
  of one group are of the same date; groups are paired by season and class of day (working day, Saturday, Sunday or
  public holiday), so dependence between groups is lost. Days with a gap or a clock change are left out.
- Hourly and four-hourly values are held constant over their quarter-hours.
- The horizon's date is that of the first scenario's day-ahead prices, a label only.
- The typical years (hospital, PV) have no calendar of their own; they are laid on 2017, that of the reference hospital.
- Imbalance prices: day-ahead + Danish imbalance less Danish day-ahead, times 1 -+ k (French rule), k = {coefficient}.
- Called aFRR energy is paid at that balancing price, called mFRR energy at day-ahead + the Danish up-regulation
  premium, at most the price of being short; FCR energy at day-ahead price.
- mFRR: Danish up-regulation by the share of bought capacity, the first two calls of a day, at most two hours each.
- RC is left out: there are no data for it.
- Gas: TTF of the day + {adder:g} EUR/MWh (placeholder).
- Heat pump COP {cop:g}: no temperature comes with the demands.
- Site: `instances/hospital_fr` {size:g} times as large, with a chiller (COP 3.5) and a cold store.
"""
