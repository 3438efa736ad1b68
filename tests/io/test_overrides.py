"""One grammar for what replaces entries and series: ``ms.read``, ``Site.replace``, ``--set`` and sweeps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.described_battery import PRICE, PROFIT, battery, description, profit

import mes_stoch as ms
from mes_stoch.io.overrides.settings import axes_from, settings_from
from mes_stoch.schema.errors import InstanceError, UsageError

SERIES = f"series.{PRICE}"
TIMES = pd.date_range("2025-01-15", periods=2, freq="h", tz="Europe/Paris")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The battery of ``described_battery`` as a folder, with a comment on top."""
    run = ms.solve(battery())
    assert run is not None
    made = run.write(tmp_path / "run") / "instance"
    text = (made / "instance.yaml").read_text(encoding="utf-8")
    (made / "instance.yaml").write_text("# mine\n" + text, encoding="utf-8")
    return made


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({}, PROFIT),
        ({"components.battery.energy_max_mwh": 0.5}, PROFIT / 2),
        ({"components": {"battery": {"energy_max_mwh": 0.5}}}, PROFIT / 2),
        ({SERIES: "*2"}, PROFIT * 2),
        ({SERIES: "*2", "components.battery.energy_max_mwh": 0.5}, PROFIT),
        # the same price in both hours
        ({SERIES: 50.0}, 0.0),
        ({SERIES: np.array([10.0, 110.0])}, 100.0),
        ({SERIES: pd.Series([110.0, 10.0], index=TIMES[::-1])}, 100.0),
        # (10 + 30) / 2
        ({SERIES: pd.DataFrame({"high": [0.0, 30.0], "low": [0.0, 10.0]})}, 20.0),
        # an import limit by the hour: a quarter in the first, and a quarter to sell
        ({"components.grid.import_available_per_unit": np.array([0.25, 1.0])}, PROFIT / 4),
        # a component given whole: half a MW of sun is stored, as much follows; 1 MW is sold at 50, nothing bought
        ({"components.sun": {"type": "source", "node": "power", "available_mw": 0.5}}, 50.0),
    ],
)
def test_by_hand(folder: Path, overrides: dict[str, Any], expected: float) -> None:
    assert profit(ms.read(folder, overrides)) == pytest.approx(expected)
    # one after the other is the same as at once
    site = ms.read(folder)
    for key, value in overrides.items():
        site = site.replace({key: value})
    assert profit(site) == pytest.approx(expected)


def test_files_name_series(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.csv").write_text(f"time,{PRICE}\n2025-01-15T00:00,10\n2025-01-15T01:00,110\n", encoding="utf-8")
    (tmp_path / "two.csv").write_text("limit_per_unit,other_mw\n0.25,0\n1,0\n", encoding="utf-8")
    assert profit(ms.read(folder, {SERIES: "one.csv"})) == pytest.approx(100.0)
    assert profit(ms.read(folder, {SERIES: tmp_path / "one.csv"})) == pytest.approx(100.0)
    site = ms.read(folder, {"components.grid.import_available_per_unit": "two.csv:limit_per_unit"})
    assert profit(site) == pytest.approx(PROFIT / 4)


def test_rows_of_scenarios_come_in_any_order(folder: Path) -> None:
    """Hour by hour, both scenarios of each: bought at 10 and sold at 110 in both; or 10 -> 30 and 0 -> 10."""
    header, *rows = (folder / "scenarios.csv").read_text(encoding="utf-8").splitlines()
    (folder / "scenarios.csv").write_text("\n".join([header, *rows[::2], *rows[1::2], ""]), encoding="utf-8")
    assert profit(ms.read(folder)) == pytest.approx(PROFIT)
    assert profit(ms.read(folder, {SERIES: np.array([10.0, 110.0])})) == pytest.approx(100.0)
    table = pd.DataFrame({"low": [10.0, 30.0], "high": [0.0, 10.0]})
    assert profit(ms.read(folder, {SERIES: table})) == pytest.approx(15.0)


def test_a_field_keeps_its_own_column_and_leaves_those_of_others(folder: Path) -> None:
    """A column of the name that a field would get is there already.

    A quarter of the import in the first hour stores a quarter. If the export, which names the same column, were cut in
    that hour instead, or in both, profit would be whole or another one.
    """
    limit = "components.grid.import_available_per_unit"
    quarter = np.array([0.25, 1.0])
    site = ms.read(folder, {limit: np.array([1.0, 1.0])})
    named = "grid_import_available_per_unit"
    assert site.instance.components["grid"].import_available_per_unit == named  # type: ignore[attr-defined]
    # its own column, changed again: in the file where it stands
    again = site.replace({limit: quarter})
    assert again.instance.components["grid"].import_available_per_unit == named  # type: ignore[attr-defined]
    assert profit(again) == pytest.approx(PROFIT / 4)
    # another field has come to name it: of 0.25, sold in the second hour, nothing changes for the export
    both = site.replace({"components.grid.export_available_per_unit": named})
    changed = both.replace({limit: np.array([0.25, 0.0])})
    assert changed.loaded.series[named].to_list() == [1.0, 1.0]
    assert profit(changed) == pytest.approx(PROFIT / 4)


def test_a_column_of_scenarios_is_replaced_where_it_stands(instances: Path) -> None:
    """``process_demand_mw``, which the field alone names, is a column of the scenarios."""
    site = ms.read(instances / "tiny_site", {"components.process.demand_mw": np.array([3.0, 2.0, 1.0, 0.0])})
    assert site.loaded.scenario_series is not None
    for table in site.loaded.scenario_series.values():
        assert table["process_demand_mw"].to_list() == [3.0, 2.0, 1.0, 0.0]


def test_series_inside_a_mapping(folder: Path) -> None:
    nested = {"components": {"grid": {"import_available_per_unit": np.array([0.25, 1.0]), "import_max_mw": 1}}}
    assert profit(ms.read(folder, nested)) == pytest.approx(PROFIT / 4)
    assert profit(ms.read(folder, {"series": {PRICE: "*2"}})) == pytest.approx(PROFIT * 2)
    # half a MW of sun, as above
    sun = {"type": "source", "node": "power", "available_mw": np.array([0.5, 0.5])}
    assert profit(ms.read(folder, {"components.sun": sun})) == pytest.approx(50.0)


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"components.battery.energy_max_mwh": np.float64(0.5)}, PROFIT / 2),
        ({"components.battery.energy_max_mwh": np.array(0.5)}, PROFIT / 2),
        ({"horizon.periods": np.int64(2), "bids.steps": np.bool_(False)}, PROFIT),
        ({"horizon.start": pd.Timestamp("2025-01-15"), "carriers": ("electricity",)}, PROFIT),
        ({"carriers.0": "electricity"}, PROFIT),
        # 3 of 4 for the better day: 20 / 4 + 40 x 3 / 4; names of scenarios are whole
        ({"uncertainty": {"probabilities": {"low": 0.25, "high": 0.75}}}, 35.0),
    ],
)
def test_what_python_has_is_plain_data(
    folder: Path, tmp_path: Path, overrides: dict[str, Any], expected: float
) -> None:
    site = ms.read(folder, overrides)
    assert profit(site) == pytest.approx(expected)
    run = ms.solve(site)
    assert run is not None
    assert profit(ms.read(run.write(tmp_path / "again") / "instance")) == pytest.approx(expected)


def test_names_with_dots_stand_in_a_mapping(folder: Path) -> None:
    text = (folder / "scenarios.csv").read_text(encoding="utf-8")
    text = text.replace("low,", "day.1,").replace("high,", "01,")
    (folder / "scenarios.csv").write_text(text, encoding="utf-8")
    before = ms.read(folder, {"uncertainty.probabilities": {"day.1": 0.5, "01": 0.5}})
    after = before.replace({"uncertainty.probabilities": {"day.1": 0.25, "01": 0.75}})
    assert profit(after) == pytest.approx(35.0)
    assert after.replace({"uncertainty.probabilities.01": 0.75}).loaded.probabilities == {"day.1": 0.25, "01": 0.75}


def test_other_files_may_be_named_beside_series(folder: Path) -> None:
    """Another file of scenarios, and in it prices that are doubled."""
    (folder / "scenarios.csv").rename(folder / "other.csv")
    site = ms.read(folder, {"uncertainty.file": "other.csv", "components.grid.import_available_per_unit": np.ones(2)})
    assert profit(site) == pytest.approx(PROFIT)


def test_files_outside_the_instance_are_not_written(folder: Path) -> None:
    outside = folder.parent / "series.csv"
    outside.write_text("time,x_mw\n2025-01-15T00:00+01:00,1\n2025-01-15T01:00+01:00,1\n", encoding="utf-8")
    before = outside.read_bytes()
    for name in (outside, "../series.csv"):
        with pytest.raises(InstanceError, match="a file inside the instance folder"):
            ms.read(folder, {"series": str(name), "series.x_mw": 3.0})
    assert outside.read_bytes() == before


@pytest.mark.parametrize(("start", "hours"), [("2025-03-30T00:00", 23), ("2025-10-26T00:00", 25)])
def test_days_on_which_clocks_change(folder: Path, tmp_path: Path, start: str, hours: int) -> None:
    times = pd.date_range(start, periods=hours, freq="h", tz="Europe/Paris")
    values = np.arange(hours, dtype=float)
    given = description()
    given["horizon"].update(start=start, periods=hours)
    site = ms.site(given, scenarios={"only": {PRICE: values}})
    offsets = [moment.isoformat() for moment in times]
    file = tmp_path / "prices.csv"
    pd.DataFrame({"time": offsets, PRICE: values[::-1]}).to_csv(file, index=False)
    backwards = pd.Series(values[::-1], index=times)
    for new in (file, backwards, backwards[::-1], backwards.set_axis(times.tz_convert("UTC"))):
        changed = site.replace({SERIES: new})
        assert changed.loaded.scenario_series is not None
        assert changed.loaded.scenario_series["only"][PRICE].to_list() == values[::-1].tolist()
    table = pd.DataFrame({"scenario": "only", "time": offsets, PRICE: values}).sample(frac=1.0, random_state=1)
    described = ms.site(given, scenarios=table).loaded.scenario_series
    assert described is not None
    assert described["only"][PRICE].to_list() == values.tolist()


def test_days_come_first_in_spreadsheets(folder: Path, tmp_path: Path) -> None:
    """The second of January, not the first of February."""
    given = description()
    given["horizon"]["start"] = "2025-02-01T00:00"
    site = ms.site(given, scenarios={"only": {PRICE: [0.0, 0.0]}})
    file = tmp_path / "prices.csv"
    file.write_text("time;price\n01/02/2025 00:00;10,5\n01/02/2025 01:00;110,5\n", encoding="utf-8")
    assert profit(site.replace({SERIES: file})) == pytest.approx(100.0)
    file.write_text("time,price\n01/02/2025 00:00,10\n01/02/2025 01:00,110\n", encoding="utf-8")
    with pytest.raises(InstanceError, match="a time stamp in ISO 8601"):
        site.replace({SERIES: file})


def test_a_run_holds_and_tells_what_was_solved(folder: Path, tmp_path: Path) -> None:
    site = ms.read(folder, {"components.battery.energy_max_mwh": 0.5, SERIES: "*2"}).with_bids(steps=False)
    run = ms.solve(site)
    assert run is not None
    out = run.write(tmp_path / "out")
    assert json.loads((out / "manifest.json").read_text(encoding="utf-8"))["changed_in_python"] == {
        "components.battery.energy_max_mwh": 0.5,
        SERIES: "*2",
        "bids.steps": False,
    }
    assert profit(ms.read(out / "instance")) == pytest.approx(PROFIT)
    assert "energy_max_mwh: 0.5" in (out / "instance" / "instance.yaml").read_text(encoding="utf-8")
    assert ms.settle(ms.read_run(out)).agrees
    # the user's own files are as they were
    assert (folder / "instance.yaml").read_text(encoding="utf-8").startswith("# mine\n")
    assert profit(ms.read(folder)) == pytest.approx(PROFIT)


def test_spreadsheets_stay_spreadsheets(folder: Path) -> None:
    """Semicolons, decimal commas, days first."""
    rows = [("low", "00:00", "20,5"), ("low", "01:00", "40,5"), ("high", "00:00", "20,5"), ("high", "01:00", "60,5")]
    text = "".join(f"{name};15/01/2025 {clock};{price}\n" for name, clock, price in rows)
    (folder / "scenarios.csv").write_text(f"scenario;time;{PRICE}\n{text}", encoding="utf-8")
    assert profit(ms.read(folder)) == pytest.approx(PROFIT)
    assert profit(ms.read(folder, {SERIES: "*2"})) == pytest.approx(2 * PROFIT)
    assert profit(ms.read(folder, {SERIES: np.array([10.0, 110.0])})) == pytest.approx(100.0)


def test_drawn_series_are_scaled_by_parameters_of_their_process(instances: Path) -> None:
    with pytest.raises(InstanceError, match=r"which is in no file; expected values\. Hint: its scenarios are drawn"):
        ms.read(instances / "hospital_fr", {"series.da_price_eur_per_mwh": "*1.1"})


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        ({"components.batery.energy_max_mwh": 3}, "overrides: components.batery.energy_max_mwh: found 'batery'"),
        ({"components.batery.energy_max_mwh": 3}, "did you mean battery?; to add one, give it whole"),
        ({"products.fr_fcr.sustain_h": 1}, "found 'fr_fcr'; expected a product of the instance"),
        ({"componets.battery.energy_max_mwh": 3}, "overrides: componets: found an unknown key 'componets'"),
        ({"componets.battery.energy_max_mwh": 3}, "did you mean components?"),
        ({"components.battery.energy_mwh": 3}, "overrides: components.battery.energy_mwh: found an unknown key"),
        ({"series.prise_eur_per_mwh": "*2"}, f"did you mean {PRICE}?"),
        ({"series.other_mw": 3.0}, "expected a series that the instance has or names"),
        ({SERIES: "*x"}, "expected a multiple such as *1.1"),
        ({SERIES: "fast"}, "expected a number, an array, a multiple such as *1.1, or a CSV file"),
        ({SERIES: np.ones(3)}, "found an array of 3 values; expected 2 values"),
        ({SERIES: np.array([1.0, np.inf])}, "found inf in period 1"),
        ({SERIES: pd.Series([1.0], index=TIMES[:1])}, "no value for 1 of 2 periods, the first at 2025-01-15T01:00"),
        ({SERIES: pd.DataFrame({"low": [1.0, 2.0]})}, "a table without high"),
        ({SERIES: "missing.csv"}, "missing.csv"),
        ({"components.grid.import_max_mw": np.ones((2, 2))}, "found an array of 2 x 2 numbers"),
        ({"components.grid.import_max_mw": np.ones(2)}, "import_max_mw is one number for the whole horizon"),
        ({"name.first": 1}, "leads through no mapping: name is 'battery'"),
        (
            {"carriers.3": "heat"},
            "overrides: carriers.3: found '3' in the list carriers; expected a position from 0 to 0",
        ),
        ({"components.battery.foo.0.bar": 3}, "overrides: components.battery.foo: found an unknown key 'foo'"),
        ({"risk.beta": 0.5}, "overrides: risk.measure: found nothing"),
        ({SERIES: pd.Series(["a", "b"], index=TIMES)}, "values that are no numbers"),
        ({SERIES: pd.Series([1.0, np.inf], index=TIMES)}, "overrides: series.price_eur_per_mwh: found inf in period 1"),
        ({SERIES: True}, "values that are no numbers (true)"),
        ({SERIES: None}, "values that are no numbers (null)"),
        ({"series.time": 3.0}, "expected a series that the instance has or names"),
        ({"name": {"a"}}, "found an object of type set"),
    ],
)
def test_slips_are_told(folder: Path, overrides: dict[str, Any], told: str) -> None:
    with pytest.raises(InstanceError) as caught:
        ms.read(folder, overrides)
    assert told in str(caught.value)
    assert str(folder) in str(caught.value)
    assert not any("mes-stoch-overrides" in str(issue) for issue in caught.value.issues)


@pytest.mark.parametrize(
    "overrides",
    [
        # what only follows from a slip is not told as well
        {"components.grid.import_available_per_unit": "missing.csv"},
        {"carriers": {"electricity"}, "nodes": {}, "components": {}, "products": {}},
    ],
)
def test_a_slip_is_told_once(folder: Path, overrides: dict[str, Any]) -> None:
    with pytest.raises(InstanceError) as caught:
        ms.read(folder, overrides)
    keys = [(issue.file, issue.key) for issue in caught.value.issues]
    assert len(keys) == len(set(keys))
    assert not any(issue.file == "series.csv" for issue in caught.value.issues)


def test_overrides_that_are_no_mapping(folder: Path) -> None:
    with pytest.raises(UsageError, match="overrides map dotted paths to values; found list"):
        ms.read(folder, ["a=1"])  # type: ignore[arg-type]


def test_all_slips_are_told_together(folder: Path) -> None:
    with pytest.raises(InstanceError) as caught:
        ms.read(folder, {SERIES: "*x", "components.battery.energy_max_mwh": -1, "components.x.y": 1})
    assert len(caught.value.issues) == 3


def test_texts_of_the_command_line() -> None:
    texts = ["a.b=8", "c=[x, y]", "d={e: 1}", "f=true", "g=2025-01-15T00:00", "h=", "series.x_mw=*1.1", "i=a=b"]
    assert settings_from(texts) == {
        "a.b": 8,
        "c": ["x", "y"],
        "d": {"e": 1},
        "f": True,
        "g": "2025-01-15T00:00",
        "h": None,
        "series.x_mw": "*1.1",
        "i": "a=b",
    }
    assert axes_from(["a=1,2.5,*3", "b=[1,2],[3]", "c={x: 1, y: 2},null", "d='p,q',r"]) == {
        "a": [1, 2.5, "*3"],
        "b": [[1, 2], [3]],
        "c": [{"x": 1, "y": 2}, None],
        "d": ["p,q", "r"],
    }


def test_texts_that_are_no_setting_are_told_together() -> None:
    with pytest.raises(UsageError) as caught:
        settings_from(["x", "=3", "a=1", "a=2", "b=[1"])
    for words in ("--set x: write PATH=VALUE", "--set =3: write", "--set a: given a second time", "--set b: found"):
        assert words in str(caught.value)
    with pytest.raises(UsageError, match="--over a=: write PATH=V1,V2"):
        axes_from(["a="])
