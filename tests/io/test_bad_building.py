"""Mistakes about buildings: one message each."""

from __future__ import annotations

import pytest
from site_folder import SiteFolder

from mes_stoch.components.building.format import Building

HEATING = "  heating:\n    type: demand\n    node: warmth\n    demand_mw: 1\n"
HOUSE = [
    "type: building",
    "heating_node: warmth",
    "heat_capacity_mwh_per_k: 0.5",
    "heat_loss_mw_per_k: 0.02",
    "ambient_temperature_degc: 5",
    "temperature_min_degc: 20",
    "temperature_max_degc: 24",
    "initial_temperature_degc: 21",
    "discomfort_penalty_eur_per_kh: 100",
]


def with_house(site: SiteFolder, *lines: str, without: str = "nothing of it") -> SiteFolder:
    own = [line for line in HOUSE if not line.startswith(without)]
    house = "".join(f"    {line}\n" for line in [*own, *lines])
    return site.with_converter().edit(HEATING, f"{HEATING}  house:\n{house}")


@pytest.mark.parametrize(
    ("lines", "without", "key", "words"),
    [
        ([], "heating_node", "", ("neither heated nor cooled", "write heating_node, cooling_node or both")),
        (["cooling_node: warmth"], "nothing", "cooling_node", ("'warmth'", "another node than heating_node")),
        (["cooling_max_mw: 3"], "nothing", "cooling_max_mw", ("3, without cooling_node", "leave it out")),
        (
            ["temperature_max_degc: 18"],
            "temperature_max",
            "temperature_max_degc",
            ("18, below temperature_min_degc (20)",),
        ),
        (
            ["heat_capacity_mwh_per_k: 0"],
            "heat_capacity",
            "heat_capacity_mwh_per_k",
            ("0", "MWh/K above 0"),
        ),
        (
            ["gains_mw: 0.1", "ambient_temperature_degc: wards_demand_mw"],
            "ambient",
            "ambient_temperature_degc",
            ("'wards_demand_mw', a series in MW", "a series in degC"),
        ),
        (["outdoor_temperature_degc: 3"], "nothing", "outdoor_temperature_degc", ("an unknown key", "ambient_temp")),
        (["provides: [fr_fcr]"], "nothing", "provides", ("an unknown key", "holds no reserve by itself")),
    ],
)
def test_one_message(site: SiteFolder, lines: list[str], without: str, key: str, words: tuple[str, ...]) -> None:
    with_house(site, *lines, without=without)
    path = f"components.house.{key}" if key else "components.house"
    site.only_issue(path, site.line(f"{key}:" if key else "house:", after="house:" if key else ""), *words)


def test_all_of_it_together_is_sound(site: SiteFolder) -> None:
    with_house(site, "heating_max_mw: 2", "gains_mw: 0.1", "terminal_temperature_degc: 20.5")
    house = site.read().instance.components["house"]
    assert isinstance(house, Building)
    assert house.temperature_to_leave_degc == 20.5
    assert isinstance(house.heat_missing_penalty_eur_per_mwh, float | int | str)
