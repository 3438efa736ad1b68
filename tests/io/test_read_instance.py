"""What a valid instance becomes."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from site_folder import SiteFolder, assert_issue

from mes_stoch.io.instance import read_instance
from mes_stoch.products.energy.format import EnergyMarket
from mes_stoch.products.flexibility.format import Reserve
from mes_stoch.schema.errors import InstanceError
from mes_stoch.schema.instance import SyntheticScenarios
from mes_stoch.uncertainty.tree import build_tree

SHIPPED = sorted(
    path.parent for path in (Path(__file__).parents[2] / "instances").glob("*/instance.yaml") if path.is_file()
)


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_shipped_instances_are_valid(folder: Path) -> None:
    assert read_instance(folder).instance.name == folder.name


def test_time_series_and_scenarios(site: SiteFolder) -> None:
    loaded = site.read()
    assert len(loaded.time) == 8
    assert loaded.time[0].isoformat() == "2025-01-15T00:00:00+01:00"
    assert str(loaded.time.tz) == "Europe/Paris"
    assert list(loaded.series["wards_demand_mw"]) == pytest.approx(np.arange(8) / 10)
    assert loaded.scenario_series is not None
    assert list(loaded.scenario_series) == ["calm", "windy"]
    windy = loaded.scenario_series["windy"]
    assert list(windy["id_price_eur_per_mwh"]) == [21, 22, 23, 24, 25, 26, 27, 28]
    assert windy.index.equals(loaded.time)
    assert loaded.probabilities == {"calm": 0.75, "windy": 0.25}


def test_without_probabilities_scenarios_are_equal(site: SiteFolder) -> None:
    site.edit("  probabilities:\n    calm: 0.75\n    windy: 0.25\n", "")
    assert site.read().probabilities == {"calm": 0.5, "windy": 0.5}


def test_catalogue_fills_products_and_connection_is_resolved(site: SiteFolder) -> None:
    products = site.with_converter().read().instance.products
    fcr = products["fr_fcr"]
    assert isinstance(fcr, Reserve)
    assert (fcr.direction, fcr.block_h, fcr.full_activation_time_s) == ("symmetric", 4, 30)
    # mains is a grid connection too, but not of electricity
    assert fcr.connection == "grid"
    assert isinstance(products["da"], EnergyMarket)
    assert products["da"].connection == "grid"


def test_an_instance_can_override_the_catalogue(site: SiteFolder) -> None:
    site.edit("    volume_max_mw: 2\n", "    volume_max_mw: 2\n    block_h: 2\n")
    fcr = site.read().instance.products["fr_fcr"]
    assert isinstance(fcr, Reserve)
    assert fcr.block_h == 2


def test_overrides_replace_entries(site: SiteFolder) -> None:
    loaded = site.read({"bids.steps": False, "components": {"battery": {"energy_max_mwh": 8}}})
    assert loaded.instance.bids.steps is False
    assert loaded.instance.bids.minimum is True
    assert loaded.instance.components["battery"].model_dump()["energy_max_mwh"] == 8


def test_a_bad_override_is_named_as_such(site: SiteFolder) -> None:
    issues = site.issues({"components.battery.energy_max_mwh": -1})
    assert_issue(issues, "components.battery.energy_max_mwh", None, "-1", "above 0", file="overrides")
    issues = site.issues({"name.first": "x"})
    assert_issue(issues, "name.first", None, "leads through no mapping", file="overrides")


def test_naive_times_are_local(site: SiteFolder) -> None:
    site.write(site.text("series.csv").replace("+01:00", ""), "series.csv")
    assert len(site.read().series) == 8


def test_utc_times_and_a_byte_order_mark_are_understood(site: SiteFolder) -> None:
    rows = [f"2025-01-{14 if hour == -1 else 15}T{hour % 24:02}:00Z,1" for hour in range(-1, 7)]
    site.write("\ufefftime,wards_demand_mw\r\n" + "\r\n".join(rows) + "\r\n", "series.csv")
    assert site.read().series["wards_demand_mw"].sum() == 8


def test_yaml_dates_and_exponents_are_not_misread(site: SiteFolder) -> None:
    site.edit("start: 2025-01-15T00:00", "start: 2025-01-15")
    site.edit("price_short_eur_per_mwh: 200", "price_short_eur_per_mwh: 2e2")
    assert site.read().instance.products["imbalance"].model_dump()["price_short_eur_per_mwh"] == 200


def test_a_series_nobody_uses_is_fine(site: SiteFolder) -> None:
    site.write(
        site.text("series.csv").replace("\n", ",1\n").replace("wards_demand_mw,1", "wards_demand_mw,spare"),
        "series.csv",
    )
    assert "spare" in site.read().series.columns


def test_series_that_a_process_does_not_draw_are_told_with_their_line(tmp_path: Path, instances: Path) -> None:
    folder = shutil.copytree(instances / "hospital_fr", tmp_path / "hospital")
    path = folder / "instance.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("price_eur_per_mwh: da_price_eur_per_mwh", "price_eur_per_mwh: da_prise_eur_per_mwh"))
    loaded = read_instance(folder)
    with pytest.raises(InstanceError) as caught:
        build_tree(loaded, 1)
    lines = path.read_text(encoding="utf-8").splitlines()
    line = next(k for k, own in enumerate(lines, 1) if "da_prise" in own)
    assert_issue(caught.value.issues, "products.da.price_eur_per_mwh", line, "did you mean da_price_eur_per_mwh")


def test_scenarios_of_a_process_are_not_drawn_while_reading(site: SiteFolder) -> None:
    text = site.text()
    site.write(text[: text.index("uncertainty:")] + "uncertainty: {kind: synthetic, process: any_process, seed: 1}\n")
    loaded = site.read()
    assert isinstance(loaded.instance.uncertainty, SyntheticScenarios)
    assert loaded.scenario_series is None
    assert loaded.probabilities is None


def test_synthetic_series_must_be_in_the_unit_of_the_field(site: SiteFolder) -> None:
    text = site.text().replace("id_price_eur_per_mwh", "id_price_eur_per_kwh")
    site.write(text[: text.index("uncertainty:")] + "uncertainty: {kind: synthetic, process: any_process, seed: 1}\n")
    line = site.line("price_eur_per_mwh: id_price")
    site.only_issue("products.id.price_eur_per_mwh", line, "EUR/MWh", "multiply the values by 1000")
