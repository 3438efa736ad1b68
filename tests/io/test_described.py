"""A site described in Python is checked and solved as its folder would be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml
from helpers.described_battery import PRICE, PROFIT, SCENARIOS, battery, description, profit

import mes_stoch as ms
from mes_stoch.schema.errors import InstanceError, UsageError

TIMES = pd.date_range("2025-01-15", periods=2, freq="h", tz="Europe/Paris")


def test_by_hand() -> None:
    assert profit(battery()) == pytest.approx(PROFIT)


LONG = pd.DataFrame(
    {"scenario": ["low", "low", "high", "high"], "time": [*TIMES, *TIMES], PRICE: [20.0, 40.0, 20.0, 60.0]}
)


@pytest.mark.parametrize(
    "scenarios",
    [
        {name: pd.DataFrame(table) for name, table in SCENARIOS.items()},
        {name: pd.DataFrame({"time": TIMES, **table}) for name, table in SCENARIOS.items()},
        {name: pd.DataFrame(table, index=TIMES) for name, table in SCENARIOS.items()},
        # by time, not by position
        {name: pd.DataFrame(table, index=TIMES).iloc[::-1] for name, table in SCENARIOS.items()},
        LONG,
        LONG.drop(columns="time"),
        LONG.set_index(["scenario", "time"]),
        LONG.sample(frac=1.0, random_state=3),
        xr.Dataset({PRICE: (("scenario", "time"), [[20.0, 40.0], [20.0, 60.0]])}, {"scenario": ["low", "high"]}),
        xr.Dataset({PRICE: (("time", "scenario"), [[20.0, 20.0], [40.0, 60.0]])}, {"scenario": ["low", "high"]}),
    ],
)
def test_scenarios_are_taken_in_any_form(scenarios: Any) -> None:
    assert profit(ms.site(description(), scenarios=scenarios)) == pytest.approx(PROFIT)


def test_times_of_a_data_set_are_utc_as_in_a_tree() -> None:
    """Midnight in Paris is 23:00 of the day before; rows in the wrong order, and one series that has no scenario."""
    times = pd.DatetimeIndex(["2025-01-15T00:00", "2025-01-14T23:00"])
    data = xr.Dataset(
        {PRICE: (("scenario", "time"), [[40.0, 20.0], [60.0, 20.0]]), "limit_per_unit": ("time", [1.0, 0.25])},
        {"scenario": ["low", "high"], "time": times},
    )
    assert profit(ms.site(description(), scenarios=data)) == pytest.approx(PROFIT)
    limited = description()
    limited["components"]["grid"]["import_available_per_unit"] = "limit_per_unit"
    assert profit(ms.site(limited, scenarios=data)) == pytest.approx(PROFIT / 4)


def test_an_array_leaves_series_of_the_same_name() -> None:
    """The name that the import's column would get is that of the series which limits the export."""
    given = description()
    given["components"]["grid"]["import_available_per_unit"] = np.array([0.25, 0.0])
    given["components"]["grid"]["export_available_per_unit"] = "grid_import_available_per_unit"
    site = ms.site(given, {"grid_import_available_per_unit": [1.0, 1.0]}, SCENARIOS)
    assert profit(site) == pytest.approx(PROFIT / 4)


def test_files_that_are_named_are_told_of_by_their_readers(tmp_path: Path) -> None:
    """Called like the files that series are written to."""
    given = description()
    given["series"] = "series.csv"
    given["components"]["grid"]["import_available_per_unit"] = "limit_per_unit"
    with pytest.raises(InstanceError, match=r"series\.csv: found no such file"):
        ms.site(given, scenarios=SCENARIOS, folder=tmp_path)
    rows = "time,limit_per_unit\n2025-01-15T00:00+01:00,x\n2025-01-15T01:00+01:00,1\n"
    (tmp_path / "series.csv").write_text(rows, encoding="utf-8")
    with pytest.raises(InstanceError, match=r"series\.csv:2: limit_per_unit: found 'x'"):
        ms.site(given, scenarios=SCENARIOS, folder=tmp_path)
    (tmp_path / "series.csv").write_text(rows.replace(",x", ",0.25"), encoding="utf-8")
    assert profit(ms.site(given, scenarios=SCENARIOS, folder=tmp_path)) == pytest.approx(PROFIT / 4)
    alone = {**description(), "uncertainty": {"kind": "explicit", "file": "scenarios.csv"}}
    with pytest.raises(InstanceError, match=r"scenarios\.csv: found no such file"):
        ms.site(alone, folder=tmp_path)


def test_times_as_texts_and_rows_of_no_scenario() -> None:
    times = ["2025-01-15T00:00+01:00", "2025-01-15T02:00+02:00"]
    table = {name: pd.DataFrame({"time": times, **columns}) for name, columns in SCENARIOS.items()}
    assert profit(ms.site(description(), scenarios=table)) == pytest.approx(PROFIT)
    wrong = {name: frame.assign(time=["tomorrow", "later"]) for name, frame in table.items()}
    with pytest.raises(InstanceError, match="found 'tomorrow'; expected a time stamp in ISO 8601"):
        ms.site(description(), scenarios=wrong)
    with pytest.raises(UsageError, match="some have none"):
        ms.site(description(), scenarios=LONG.assign(scenario=["low", "low", None, None]))


def test_fields_take_arrays_and_series_a_table() -> None:
    """A load of 0.25 and 0.5 MW is bought: of 1 MW 0.75 is left to charge, at 20.

    The battery earns 0.75 x 20 or 0.75 x 40 (the load is served at 40 or 60 meanwhile): 22.5 in the mean; the load
    costs 0.25 x 20 + 0.5 x 50 = 30.
    """
    load = {"type": "demand", "node": "power", "demand_mw": np.array([0.25, 0.5])}
    assert profit(battery(load=load)) == pytest.approx(22.5 - 30.0)
    by_time = pd.Series([0.5, 0.25], index=TIMES[::-1])
    assert profit(battery(load={**load, "demand_mw": by_time})) == pytest.approx(22.5 - 30.0)
    named = description(load={**load, "demand_mw": "load_mw"})
    assert profit(ms.site(named, {"load_mw": [0.25, 0.5]}, SCENARIOS)) == pytest.approx(22.5 - 30.0)
    table = pd.DataFrame({"load_mw": [0.25, 0.5]}, index=TIMES)
    assert profit(ms.site(named, table, SCENARIOS)) == pytest.approx(22.5 - 30.0)


def test_numbers_of_numpy_and_times_are_plain_data() -> None:
    given = description()
    given["horizon"]["start"] = pd.Timestamp("2025-01-15")
    given["components"]["battery"]["energy_max_mwh"] = np.float64(0.5)
    given["horizon"]["periods"] = np.int64(2)
    assert profit(ms.site(given, scenarios=SCENARIOS)) == pytest.approx(PROFIT / 2)


def test_a_run_holds_files_that_say_the_same(tmp_path: Path) -> None:
    run = ms.solve(battery(load={"type": "demand", "node": "power", "demand_mw": np.array([0.25, 0.5])}))
    assert run is not None
    folder = run.write(tmp_path / "run")
    again = ms.read(folder / "instance")
    assert profit(again) == pytest.approx(22.5 - 30.0)
    assert ms.settle(ms.read_run(folder)).agrees


def test_probabilities_stand_in_uncertainty() -> None:
    """The better day with 3 of 4: 20 / 4 + 40 x 3 / 4 = 35."""
    given = {**description(), "uncertainty": {"probabilities": {"low": 0.25, "high": 0.75}}}
    assert profit(ms.site(given, scenarios=SCENARIOS)) == pytest.approx(35.0)


def test_a_shipped_instance_described_is_the_same(instances: Path) -> None:
    """The folder's own files, handed over as a mapping and a table: -687.50, by hand in its README."""
    folder = instances / "tiny_site"
    data = yaml.safe_load((folder / "instance.yaml").read_text(encoding="utf-8"))
    del data["uncertainty"]["file"]
    # YAML 1.1 makes a moment of it, which is taken too
    table = pd.read_csv(folder / "scenarios.csv")
    assert profit(ms.site(data, scenarios=table)) == pytest.approx(-687.5)
    named = yaml.safe_load((folder / "instance.yaml").read_text(encoding="utf-8"))
    assert profit(ms.site(named, folder=folder)) == pytest.approx(-687.5)


def issues_of(**arguments: Any) -> list[str]:
    with pytest.raises(InstanceError) as caught:
        ms.site(**{"description": description(), "scenarios": SCENARIOS, **arguments})
    assert all(issue.line is None for issue in caught.value.issues)
    return [str(issue) for issue in caught.value.issues]


def test_problems_are_told_together_by_key() -> None:
    given = description(load={"type": "demand", "node": "powr", "demand_mw": 1})
    given["components"]["battery"]["energy_max_mwh"] = -1
    given["x"] = object()
    short = {"low": {PRICE: [20.0]}, "high": {PRICE: [20.0, np.nan]}}
    found = issues_of(description=given, scenarios=short)
    assert found == [
        "site: x: found an object of type object; expected a number, text, true or false, a list, a mapping, or an "
        "array",
        f"scenarios: scenarios.low.{PRICE}: found an array of 1 values; expected 2 values, one for each period of the "
        "horizon",
        f"scenarios: scenarios.high.{PRICE}: found nan in period 1; expected finite numbers",
        "site: components.battery.energy_max_mwh: found -1; expected a number in MWh above 0. Hint: Largest level: the "
        "energy that it can hold, empty to full.",
        "site: components.load.node: found 'powr'; expected a name listed under nodes. Hint: did you mean power?",
    ]


def test_a_horizon_that_is_wrong_is_not_blamed_on_series() -> None:
    found = issues_of(description={**description(), "horizon": {"start": "2025-01-15T00:00"}})
    assert [text.split(":")[1].strip() for text in found] == [
        "horizon.timezone",
        "horizon.period_h",
        "horizon.periods",
    ] or all("horizon" in text for text in found)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"scenarios": {}}, "found no scenario"),
        ({"scenarios": {"low": {PRICE: [1, 2]}, "high": {"load_mw": [1, 2]}}}, "the same series in all scenarios"),
        ({"series": {"load_mw": [1.0]}}, "load_mw: found an array of 1 values"),
        ({"series": {"load_mw": ["a", "b"]}}, "values that are no numbers"),
        ({"series": {PRICE: [1.0, 2.0]}}, f"the column {PRICE}"),
        ({"description": {**description(), "series": "a.csv"}, "series": {"x_mw": [1, 2]}}, "one of the two"),
        (
            {"description": {**description(), "uncertainty": {"kind": "synthetic", "process": "fr_synthetic_day"}}},
            "a process beside scenarios that are given",
        ),
        ({"series": pd.DataFrame({"x_mw": [1.0, 2.0]}, index=TIMES + pd.Timedelta(days=1))}, "no value for 2 of 2"),
    ],
)
def test_series_that_do_not_fit(arguments: dict[str, Any], told: str) -> None:
    assert any(told in text for text in issues_of(**arguments)), issues_of(**arguments)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"description": [1]}, "a site is described by a mapping"),
        ({"scenarios": 3}, "scenarios are a mapping, a table or a data set, not int"),
        ({"series": 3}, "series are a table or a mapping of arrays, not int"),
        ({"scenarios": pd.DataFrame({PRICE: [1, 2]})}, "called scenario"),
    ],
)
def test_arguments_of_a_wrong_kind(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        ms.site(**{"description": description(), "scenarios": SCENARIOS, **arguments})


def test_a_mapping_within_itself_is_told() -> None:
    given = description()
    given["components"]["battery"] = given
    assert any("nested too deeply" in text for text in issues_of(description=given))
