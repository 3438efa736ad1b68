"""Mistakes about fleets of electric vehicles: one message each."""

from __future__ import annotations

import pytest
from site_folder import SiteFolder

from mes_stoch.components.ev_fleet.format import EvFleet

WARDS = "  wards:\n    type: demand\n    node: power\n    demand_mw: wards_demand_mw\n"
CARS = [
    "type: ev_fleet",
    "node: power",
    "vehicles: 20",
    "energy_max_mwh: 0.05",
    "charge_max_mw: 0.01",
    "plugged_in_per_unit: 0.8",
]


def with_cars(site: SiteFolder, *lines: str, without: str = "nothing of it") -> SiteFolder:
    own = [line for line in CARS if not line.startswith(without)]
    return site.edit(WARDS, WARDS + "  cars:\n" + "".join(f"    {line}\n" for line in [*own, *lines]))


@pytest.mark.parametrize(
    ("lines", "without", "key", "words"),
    [
        (["plugged_in_per_unit: 1.5"], "plugged", "plugged_in_per_unit", ("1.5", "a share between 0 and 1")),
        (["leaving_per_unit: -0.5"], "nothing", "leaving_per_unit", ("-0.5", "a share between 0 and 1")),
        (["initial_mwh: 0.9"], "nothing", "initial_mwh", ("0.9", "at most 0.8 MWh", "of one vehicle")),
        (["departure_mwh: 2"], "nothing", "departure_mwh", ("2", "at most 0.8 MWh")),
        (["arrival_mwh: -1"], "nothing", "arrival_mwh", ("-1", "in MWh of at least 0")),
        (["charge_min_per_unit: 2"], "nothing", "charge_min_per_unit", ("2",)),
        (["charge_max_mw: 0"], "charge_max", "charge_max_mw", ("0", "above 0")),
        (
            ["charge_min_per_unit: 0.3", "provides: [fr_fcr]"],
            "nothing",
            "provides",
            ("fr_fcr, with charge_min_per_unit", "less than the least power"),
        ),
        (["soc_mwh: 3"], "nothing", "soc_mwh", ("an unknown key", "write initial_mwh")),
        (["v2g_max_mw: 0.01"], "nothing", "v2g_max_mw", ("an unknown key", "write discharge_max_mw")),
    ],
)
def test_one_message(site: SiteFolder, lines: list[str], without: str, key: str, words: tuple[str, ...]) -> None:
    with_cars(site, *lines, without=without)
    site.only_issue(f"components.cars.{key}", site.line(f"{key}:", after="cars:"), *words)


def test_all_of_it_together_is_sound(site: SiteFolder) -> None:
    with_cars(
        site, "discharge_max_mw: 0.01", "charge_efficiency_per_unit: 0.9", "leaving_per_unit: 0.1",
        "arrival_mwh: 0.05", "departure_mwh: 0.04", "initial_mwh: 0.3", "terminal_mwh: 0.2",
        "throughput_cost_eur_per_mwh: 20", "provides: [fr_fcr]", "ramp_mw_per_min: 1",
    )  # fmt: skip
    cars = site.read().instance.components["cars"]
    assert isinstance(cars, EvFleet)
    assert (cars.fleet_energy_mwh, cars.fleet_charge_mw) == (1.0, 0.2)
