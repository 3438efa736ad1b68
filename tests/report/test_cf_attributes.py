"""NetCDF files by the CF conventions: who reads one alone knows what every variable is, and in which unit."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import pytest
from helpers.dollars import tiny_site_in_dollars

from mes_stoch import api
from mes_stoch.io.artifacts.tree import read_tree, write_tree
from mes_stoch.io.artifacts.tree_parts import write_tree_parts
from mes_stoch.report.run import Run, read_run

#: Units that are written; a new one is added here once it has been looked at. AUD and EUR are ISO 4217.
UNITS = {"1", "MW", "MWh", "MW h", "MW^2", "h", "kg", "degC", "EUR", "AUD"}


def problems(path: Path) -> list[str]:
    """What of a file does not follow CF 1.11: sections 2.6, 3.1, 3.2 and 4.4."""
    found = []
    with netCDF4.Dataset(path) as file:
        if file.getncattr("Conventions") != "CF-1.11" or not file.getncattr("title"):
            found.append("no conventions or title")
        for name, variable in file.variables.items():
            told = {key: variable.getncattr(key) for key in variable.ncattrs()}
            if not told.get("long_name"):
                found.append(f"{name}: no long_name")
            if variable.dtype is str:
                # a label (6.1)
                continue
            unit = told.get("units", "")
            base, _, per = unit.partition("/")
            if " since " in unit:
                if told.get("standard_name") != "time" or "calendar" not in told:
                    found.append(f"{name}: a time without its standard name or calendar")
            elif unit not in UNITS and not (base in ("EUR", "AUD") and per):
                found.append(f"{name}: unit {unit!r}")
    return found


@pytest.fixture(scope="module")
def folder(tiny_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tiny_run.write(tmp_path_factory.mktemp("cf") / "run")
    api.evaluate(tiny_run, policies=["energy_only"]).write(folder / "evaluation.json")
    api.evaluate(tiny_run, tree=tiny_run.tree).write(folder / "evaluation_own.json")
    return folder


@pytest.mark.parametrize("name", ["tree.nc", "solution.nc", "flows.nc", "evaluation.nc", "evaluation_own.nc"])
def test_every_variable_says_what_it_is_and_in_which_unit(folder: Path, name: str) -> None:
    assert problems(folder / name) == []


def test_the_check_finds_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "bad.nc"
    with netCDF4.Dataset(path, "w") as file:
        file.setncatts({"Conventions": "CF-1.11", "title": "bad"})
        file.createDimension("time", 1)
        file.createVariable("time", "i8", ("time",)).setncatts({"units": "seconds since 1970-01-01", "long_name": "t"})
        file.createVariable("flow_mw", "f8", ("time",)).setncatts({"long_name": "flow"})
        file.createVariable("price", "f8", ("time",)).setncatts({"units": "EUR/MWh"})
    expected = ["time: a time without its standard name or calendar", "flow_mw: unit ''", "price: no long_name"]
    assert problems(path) == expected


def test_series_have_the_unit_and_currency_of_their_names(instances: Path, tmp_path: Path) -> None:
    site = api.read(tiny_site_in_dollars(instances / "tiny_site", tmp_path / "site"))
    write_tree(site.tree(), tmp_path / "tree.nc")
    assert problems(tmp_path / "tree.nc") == []
    with netCDF4.Dataset(tmp_path / "tree.nc") as file:
        units = {name: variable.units for name, variable in file.variables.items() if name.endswith(("_mwh", "_mw"))}
        assert file.variables["afrr_activation_up_per_unit"].units == "1"
    assert units == {"da_price_eur_per_mwh": "AUD/MWh", "process_demand_mw": "MW"}


def test_trees_that_are_written_in_parts_say_the_same(instances: Path, tmp_path: Path) -> None:
    site = api.read(instances / "hospital_fr")
    write_tree_parts(site.stream(4, part=2), tmp_path / "parts.nc")
    write_tree(site.tree(4), tmp_path / "whole.nc")
    assert problems(tmp_path / "parts.nc") == problems(tmp_path / "whole.nc") == []


def test_what_is_read_back_is_what_was_written(tiny_run: Run, folder: Path) -> None:
    read = read_run(folder)
    before, after = tiny_run.tree.dataset, read.tree.dataset
    assert after.attrs == before.attrs
    for name, variable in before.variables.items():
        # moments may be counted in other parts of a second
        assert (after[name].values == variable.values).all()
    assert read_tree(folder / "tree.nc").dataset.identical(after)
    assert {name: array.attrs for name, array in after.data_vars.items()} == {key: {} for key in before.data_vars}
    for name, variable in tiny_run.solution.data_vars.items():
        assert read.solution[name].attrs == variable.attrs
