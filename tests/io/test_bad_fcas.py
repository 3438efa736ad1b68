"""Mistakes in FCAS services: each is told once, at its key, with what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from mes_stoch.io.instance import read_instance
from mes_stoch.schema.errors import InstanceError


def site() -> dict[str, Any]:
    battery_limits = {
        "max_available_mw": 5,
        "en_min_mw": -5,
        "low_breakpoint_mw": -5,
        "high_breakpoint_mw": 0,
        "en_max_mw": 5,
    }
    return {
        "format": 1,
        "name": "fcas_site",
        "horizon": {"start": "2026-01-20T12:00", "timezone": "Australia/Sydney", "period_h": 1, "periods": 2},
        "carriers": ["electricity"],
        "nodes": {"power": {"carrier": "electricity"}},
        "components": {
            "grid": {"type": "grid_connection", "node": "power", "import_max_mw": 10, "export_max_mw": 10},
            "battery": {
                "type": "storage",
                "node": "power",
                "energy_max_mwh": 10,
                "charge_max_mw": 5,
                "discharge_max_mw": 5,
                "initial_mwh": 5,
                "provides": ["au_raisereg", "au_raise6sec"],
            },
        },
        "products": {
            "au_energy": {"price_eur_per_mwh": 50, "settlement_period_h": 1},
            "au_raisereg": {
                "volume_max_mw": 5,
                "enablement_price_eur_per_mw_h": 10,
                "units": {"battery": {**battery_limits, "agc_max_mw": 5}},
            },
            "au_raise6sec": {
                "volume_max_mw": 5,
                "enablement_price_eur_per_mw_h": 1,
                "units": {"battery": dict(battery_limits)},
            },
        },
        "uncertainty": {"kind": "explicit"},
    }


def issues_of(folder: Path, change: Callable[[dict[str, Any]], object]) -> list[tuple[str, str]]:
    """Key and whole text of every issue after a change."""
    data = site()
    change(data)
    (folder / "instance.yaml").write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    (folder / "scenarios.csv").write_text(
        "scenario,time,a_per_unit\none,2026-01-20T12:00,0\none,2026-01-20T13:00,0\n", encoding="utf-8"
    )
    try:
        read_instance(folder)
    except InstanceError as error:
        return [(issue.key, str(issue)) for issue in error.issues]
    return []


def test_a_sound_site_has_no_issue(tmp_path: Path) -> None:
    assert issues_of(tmp_path, lambda data: None) == []


REG, FAST = ("products", "au_raisereg"), ("products", "au_raise6sec")


def put(*path: str, value: Any) -> Callable[[dict[str, Any]], object]:
    def change(data: dict[str, Any]) -> None:
        place = data
        for part in path[:-1]:
            place = place[part]
        place[path[-1]] = value

    return change


def take(*path: str) -> Callable[[dict[str, Any]], object]:
    def change(data: dict[str, Any]) -> None:
        place = data
        for part in path[:-1]:
            place = place[part]
        del place[path[-1]]

    return change


def two_initial_energies(data: dict[str, Any]) -> None:
    for product, energy in ((REG, 1), (FAST, 2)):
        put(*product, "units", "battery", "initial_mw", value=energy)(data)


@pytest.mark.parametrize(
    ("change", "key", "words"),
    [
        (two_initial_energies, "products.au_raise6sec.units.battery.initial_mw", "au_raisereg says 1"),
        (
            put(*FAST, "units", "battery", "high_breakpoint_mw", value=-6),
            "products.au_raise6sec.units.battery.high_breakpoint_mw",
            "below low_breakpoint_mw",
        ),
        (
            take(*FAST, "units", "battery", "en_max_mw"),
            "products.au_raise6sec.units.battery.en_max_mw",
            "give all four, or none",
        ),
        (
            put(*FAST, "units", "battery", "agc_max_mw", value=4),
            "products.au_raise6sec.units.battery.agc_max_mw",
            "a key of regulation services",
        ),
        (
            put(*FAST, "activation_per_unit", value=0.1),
            "products.au_raise6sec.activation_per_unit",
            "no such key for a contingency service",
        ),
        (
            put(*REG, "activation_per_unit", value=0.1),
            "products.au_raisereg.energy_price_eur_per_mwh",
            "settled at the spot price",
        ),
        (put(*REG, "units", "batery", value={"max_available_mw": 1}), "products.au_raisereg.units.batery", "battery?"),
        (
            put("components", "battery", "provides", value=["au_raisereg"]),
            "products.au_raise6sec.units.battery",
            "add au_raise6sec to components.battery.provides",
        ),
        (take(*FAST, "units", "battery"), "components.battery.provides.1", "has no trapezium for battery"),
        (put(*FAST, "clawback_per_unit", value=1), "products.au_raise6sec.clawback_per_unit", "no such key for FCAS"),
        (put(*FAST, "missed_penalty_eur_per_mwh", value=5), "products.au_raise6sec.missed_penalty_eur_per_mwh", "0"),
        (
            take(*FAST, "enablement_price_eur_per_mw_h"),
            "products.au_raise6sec.enablement_price_eur_per_mw_h",
            "nothing",
        ),
    ],
)
def test_one_mistake_one_message(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], key: str, words: str
) -> None:
    found = issues_of(tmp_path, change)
    assert [place for place, _ in found] == [key], found
    assert words in found[0][1]
