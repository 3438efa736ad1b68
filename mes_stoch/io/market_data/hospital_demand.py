"""Typical years of 8,760 hours: a real hospital district, a reference hospital, and PV."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from mes_stoch.io.market_data.source import DataSource, index_from_local, read_table
from mes_stoch.schema.errors import UsageError

HEAT_SOURCE = DataSource(
    name="Heat and cooling of a hospital and clinic district in Zurich (Lengg, 18 hubs)",
    file="mes_demand/hues_lengg_hospital_district.csv.gz",
    origin="HUES platform",
    conversion="kWh per hour summed over the hubs, divided by 1000; a year without calendar, laid on 2017",
    first=date(2017, 1, 1),
    last=date(2017, 12, 31),
)
ELECTRICITY_SOURCE = DataSource(
    name="Electricity of the DOE commercial reference building Hospital (Chicago)",
    file="mes_demand/reopt_chicago_norm_profiles.csv.gz",
    origin="NREL REopt (DOE commercial reference buildings), calendar of 2017",
    conversion="share of the annual total, cooling taken out in proportion of the annual totals, times an annual "
    "demand that is a choice",
    first=date(2017, 1, 1),
    last=date(2017, 12, 31),
)
PV_SOURCE = DataSource(
    name="PV output per unit of installed power",
    file="mes_instances/oemof_storage_investment_input.csv.gz",
    origin="oemof-solph storage_investment example, year not stated",
    conversion="per unit times a peak that is a choice; a year without calendar, laid on 2017",
    first=date(2017, 1, 1),
    last=date(2017, 12, 31),
)
HOURS = 8760
#: Annual totals of the reference hospital, kWh (REopt's annual_totals): all electricity, and that of cooling within it.
ELECTRICITY_KWH, COOLING_KWH = 8_567_087.0, 1_721_142.0


def _typical_year(source: DataSource, table: pd.DataFrame) -> pd.DataFrame:
    """Table of 8,760 hours of standard time, laid on 2017 (whose 1 January is the reference building's Sunday)."""
    if len(table) != HOURS:
        raise UsageError(f"{source.file}: {len(table)} hours, where a year of {HOURS} was expected")
    # A typical year knows no summer time, its days have 24 hours: the two days of 2017 with a clock change are dropped.
    stamps = pd.date_range("2017-01-01", periods=HOURS, freq="h")
    return index_from_local(table.assign(time=stamps), "time")


def read_hospital_heat(data_folder: Path) -> pd.DataFrame:
    """Hourly ``heat_demand_mw`` and ``cooling_demand_mw`` of the whole district (42.0 and 10.9 GWh a year)."""
    path = Path(data_folder) / HEAT_SOURCE.file
    header = list(pd.read_csv(path, nrows=0).columns) if path.is_file() else []
    table = read_table(data_folder, HEAT_SOURCE, {column: column for column in header})
    sums = {
        "heat_demand_mw": table.filter(like="_heat").sum(axis=1) / 1000.0,
        "cooling_demand_mw": table.filter(like="_cooling").sum(axis=1) / 1000.0,
    }
    return _typical_year(HEAT_SOURCE, pd.DataFrame(sums))


def read_hospital_electricity(data_folder: Path, annual_mwh: float) -> pd.DataFrame:
    """Hourly ``electricity_demand_mw`` without cooling, with the given annual total.

    The cooling of the site is modelled with its own chiller, so that the electricity of the reference building's must
    not be counted again. The file's fractions are of electricity with cooling.
    """
    columns = {"Hospital_electric": "electricity", "Hospital_cooling": "cooling"}
    table = read_table(data_folder, ELECTRICITY_SOURCE, columns)
    rest = np.maximum(table["electricity"] * ELECTRICITY_KWH - table["cooling"] * COOLING_KWH, 0.0)
    demand = pd.DataFrame({"electricity_demand_mw": rest / rest.sum() * annual_mwh})
    return _typical_year(ELECTRICITY_SOURCE, demand)


def read_pv(data_folder: Path, peak_mw: float) -> pd.DataFrame:
    """Hourly ``pv_available_mw``."""
    table = read_table(data_folder, PV_SOURCE, {"pv": "pv_available_mw"})
    return _typical_year(PV_SOURCE, table * peak_mw)
