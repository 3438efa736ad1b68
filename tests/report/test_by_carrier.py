"""Flows, prices and levels by carrier, with units, over days of 23 and 25 hours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mes_stoch import api
from mes_stoch.report.run import Run
from mes_stoch.schema.errors import UsageError

#: A full store of 30 MWh serves 1 MW of heat alone: each hour takes one MWh out of it.
DRAINED = """
format: 1
name: drained
currency: NOK
horizon: {{start: {start}, timezone: Europe/Paris, period_h: 1, periods: {periods}}}
carriers: [electricity, heat]
nodes: {{power: {{carrier: electricity}}, warmth: {{carrier: heat}}}}
components:
  grid: {{type: grid_connection, node: power, import_max_mw: 1, export_max_mw: 1}}
  load: {{type: demand, node: warmth, demand_mw: 1}}
  tank: {{type: storage, node: warmth, energy_max_mwh: 30, charge_max_mw: 1, discharge_max_mw: 1,
          charge_efficiency_per_unit: 1, discharge_efficiency_per_unit: 1, initial_mwh: 30, terminal_mwh: 0}}
products:
  da: {{price_nok_per_mwh: da_price_nok_per_mwh, settlement_period_h: 1}}
  imbalance: {{price_long_nok_per_mwh: 0, price_short_nok_per_mwh: 900}}
uncertainty: {{kind: explicit, file: scenarios.csv}}
"""


def drained_run(folder: Path, day: str) -> Run:
    hours = pd.date_range(day, pd.Timestamp(day) + pd.Timedelta(days=1), freq="h", tz="Europe/Paris", inclusive="left")
    text = DRAINED.format(start=f"{day}T00:00", periods=len(hours))
    (folder / "instance.yaml").write_text(text, encoding="utf-8")
    lines = [f"only,{hour.isoformat()},{100 + place}" for place, hour in enumerate(hours)]
    table = "\n".join(["scenario,time,da_price_nok_per_mwh", *lines])
    (folder / "scenarios.csv").write_text(table + "\n", encoding="utf-8")
    run = api.solve(api.read(folder), method="ef")
    return api.read_run(run.write(folder / "run"))


@pytest.mark.parametrize(
    ("day", "hours", "third", "fourth"),
    [
        # the clock goes from 02:00 to 03:00
        ("2025-03-30", 23, "2025-03-30T03:00:00+02:00", "2025-03-30T04:00:00+02:00"),
        # it goes from 03:00 back to 02:00: that hour comes twice
        ("2025-10-26", 25, "2025-10-26T02:00:00+02:00", "2025-10-26T02:00:00+01:00"),
    ],
)
def test_days_of_23_and_25_hours_have_each_of_their_hours(
    tmp_path: Path, day: str, hours: int, third: str, fourth: str
) -> None:
    run = drained_run(tmp_path, day)
    levels, prices = run.levels["heat"], run.prices["electricity"]
    assert levels.sizes == {"scenario": 1, "time": hours, "component": 1}
    assert levels["local_time"].values[2:4].tolist() == [third, fourth]
    assert (np.diff(levels["time"].values) == np.timedelta64(1, "h")).all()
    # one MWh an hour, seen at the end of each
    tank = levels.sel(scenario="only", component="tank")
    assert tank.values == pytest.approx([29.0 - place for place in range(hours)])
    assert prices.sel(product="da").values[0].tolist() == [100.0 + place for place in range(hours)]

    table = run.levels("only")
    assert str(pd.DatetimeIndex(table.index).tz) == "Europe/Paris"
    assert table.index[2].isoformat() == third
    assert table.index[3].isoformat() == fourth
    assert table["heat", "warmth", "tank"].iloc[-1] == pytest.approx(30.0 - hours)
    assert (levels.units, prices.units, run.flows["heat"].units) == ("MWh", "NOK/MWh", "MW")


def test_a_mapping_by_carrier(tiny_run: Run) -> None:
    assert list(tiny_run.flows) == ["electricity", "heat", "gas"]
    assert (len(tiny_run.flows), "heat" in tiny_run.flows, "steam" in tiny_run.flows) == (3, True, False)
    heat = tiny_run.flows["heat"]
    assert heat.dims == ("scenario", "time", "component")
    # 2 MW of heat at all times: the CHP makes them from 45 EUR/MWh on, the boiler below
    assert heat.sel(component="boiler").values[:, 0].tolist() == pytest.approx([2.0, 0.0, 0.0, 0.0])
    assert heat.sel(component="chp").values[:, 0].tolist() == pytest.approx([0.0, 2.0, 2.0, 2.0])
    assert heat["node"].sel(component="chp").item() == "warmth"
    assert heat["probability"].values.tolist() == [0.25] * 4
    with pytest.raises(KeyError, match=r"steam.*electricity, heat, gas"):
        tiny_run.flows["steam"]


def test_tables_of_one_scenario_and_of_all(tiny_run: Run) -> None:
    whole = tiny_run.prices.frame()
    assert whole.index.names == ["scenario", "time"]
    assert whole.columns.tolist() == [("electricity", "da")]
    # prices stand in instances/tiny_site/README.md
    assert whole["electricity", "da"].groupby(level="scenario", sort=False).mean().tolist() == [40, 50, 60, 80]
    assert tiny_run.flows(3).equals(tiny_run.flows("called"))
    assert tiny_run.flows().equals(tiny_run.flows("low"))
    with pytest.raises(UsageError, match=r"no scenario 'nobody'; its scenarios are low, middle, high, called"):
        tiny_run.flows("nobody")
    with pytest.raises(UsageError, match="no scenario 4"):
        tiny_run.flows(4)


def test_what_a_run_has_none_of_is_empty(tiny_run: Run) -> None:
    assert (len(tiny_run.levels), list(tiny_run.levels)) == (0, [])
    assert tiny_run.levels(0).shape == (4, 0)
    assert tiny_run.levels.array.dims == ("scenario", "time", "component")
    assert repr(tiny_run.flows) == (
        "<flows into the node, MW (scenario: 4, time: 4, flow: 10): electricity, heat, gas>"
    )
