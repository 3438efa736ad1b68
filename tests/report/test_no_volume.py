"""Why a product got no volume: sites in which one thing alone stands in the way, known by construction.

A full battery of 1 MWh and 4 MW offers aFRR up for four hours; a full call lasts an hour. It can hold 1 MW, and does so
at 10 EUR/MW/h where nothing is in the way.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from test_sensitivity import SITE

import mes_stoch as ms
from mes_stoch.report.tables import report_text

RESERVE = "products.fr_afrr_up"
BATTERY = "components.battery"


def solved(folder: Path, changes: dict[str, Any]) -> ms.Run:
    data = yaml.safe_load(SITE)
    data["horizon"]["start"] = "2025-01-15T00:00"
    for path, value in changes.items():
        *parts, last = path.split(".")
        place = data
        for part in parts:
            place = place[part]
        place[last] = value
    folder.mkdir(exist_ok=True)
    (folder / "instance.yaml").write_text(yaml.safe_dump(data))
    rows = "".join(f"one,2025-01-15T0{hour}:00,0\n" for hour in range(4))
    (folder / "scenarios.csv").write_text("scenario,time,activation_per_unit\n" + rows)
    run = ms.solve(ms.read(folder), method="ef")
    assert run is not None
    return run


def reasons(run: ms.Run) -> dict[str, dict[str, Any]]:
    return {entry["product"]: entry for entry in run.summary["no_volume"]}


def test_nothing_is_said_of_what_has_a_volume(tmp_path: Path) -> None:
    run = solved(tmp_path / "site", {})
    assert run.objective == pytest.approx(40.0)
    assert run.summary["no_volume"] == []
    assert "No volume" not in report_text(run)


TWIN = {
    "like": "fr_afrr_up",
    "volume_max_mw": 10,
    "capacity_price_eur_per_mw_h": 20,
    "activation_up_per_unit": 0,
    "exclusive_with": ["fr_afrr_up"],
    "exclusivity_group": "own",
}


@pytest.mark.parametrize(
    ("changes", "reason", "words"),
    [
        ({f"{BATTERY}.provides": []}, "no_provider", "no device"),
        ({f"{RESERVE}.volume_max_mw": 0}, "no_bid", "largest volume is 0"),
        ({f"{RESERVE}.calendar": [{"months": [7]}]}, "window", "calendar"),
        ({f"{BATTERY}.initial_mwh": 0, f"{BATTERY}.charge_max_mw": 0}, "energy", "energy of a full call"),
        ({"components.grid.export_max_mw": 0}, "headroom", "no room"),
        ({f"{BATTERY}.ramp_mw_per_min": 1e-8}, "ramp", "not fast enough"),
        (
            {
                f"{BATTERY}.energy_max_mwh": 0.5,
                f"{BATTERY}.initial_mwh": 0.5,
                "bids": {"minimum": True, "steps": False},
            },
            "minimum_bid",
            "could hold 0.5 MW, less than the smallest bid of 1 MW",
        ),
        (
            {"products.twin": TWIN, f"{BATTERY}.provides": ["fr_afrr_up", "twin"]},
            "excluded",
            "excludes twin, which is committed in the same hours",
        ),
    ],
)
def test_reasons(tmp_path: Path, changes: dict[str, Any], reason: str, words: str) -> None:
    run = solved(tmp_path / "site", changes)
    entry = reasons(run)["fr_afrr_up"]
    assert (entry["reason"], words in entry["text"]) == (reason, True), entry
    flat = " ".join(report_text(run).split())
    assert f"No volume for fr_afrr_up: {entry['text']}" in flat


def test_what_the_price_lacks(tmp_path: Path) -> None:
    """To be called down an engine has to run, at 50 EUR/MWh that nobody pays for: 40 beyond the 10 it earns."""
    engine = {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 2,
        "inputs": [{"node": "fuel", "ratio_per_unit": 1}],
        "outputs": [{"node": "power", "ratio_per_unit": 1}],
        "cost_eur_per_mwh": 50,
        "provides": ["down"],
    }
    mains = {"type": "grid_connection", "node": "fuel", "import_max_mw": None}
    down = {
        "like": "fr_afrr_down",
        "volume_max_mw": 10,
        "capacity_price_eur_per_mw_h": 10,
        "activation_down_per_unit": 0,
    }
    changes = {
        "carriers": ["electricity", "gas"],
        "nodes.fuel": {"carrier": "gas"},
        "components.engine": engine,
        "components.mains": mains,
        "products.down": down,
    }
    run = solved(tmp_path / "site", changes)
    entry = reasons(run)["down"]
    assert entry["reason"] == "price", entry
    assert "1 MW would have to earn 40 EUR/MW/h more" in entry["text"]
    assert solved(
        tmp_path / "more", changes | {"products.down": down | {"capacity_price_eur_per_mw_h": 51}}
    ).objective == (pytest.approx(40.0 + 4 * 2.0 * 1.0))


def test_a_rare_call_is_among_what_is_asked(tmp_path: Path, instances: Path) -> None:
    """The last of four equal scenarios calls for an hour: 149 EUR lost on a MW, against 4 h at 0.01 EUR/MW/h."""
    text = (instances / "tiny_site" / "instance.yaml").read_text(encoding="utf-8")
    for old, new in (
        ("capacity_price_eur_per_mw_h: 10", "capacity_price_eur_per_mw_h: 0.01"),
        ("energy_price_up_eur_per_mwh: 200", "energy_price_up_eur_per_mwh: 1"),
    ):
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "instance.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "scenarios.csv").write_bytes((instances / "tiny_site" / "scenarios.csv").read_bytes())
    run = ms.solve(ms.read(tmp_path), method="ef")
    (entry,) = run.summary["no_volume"]
    assert (entry["reason"], entry["scenarios"]) == ("price", 4)
