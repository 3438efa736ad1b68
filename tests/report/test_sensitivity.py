"""How profit hangs on rules that are not known: by hand, from Python and from the command line.

A battery of 1 MWh, full, that must end full, holds aFRR up at 10 EUR/MW/h for four hours and is never called; prices
are 0. Time to be held tau bounds the volume by 1 / tau MW, its power by 4 MW, steps and minimum bids are off:
profit = 4 h x 10 x min(4, 1 / tau), so 160, 80, 40 and 20 EUR at 0.25, 0.5, 1 and 2 h.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import mes_stoch as ms
from mes_stoch.cli.main import run
from mes_stoch.schema.errors import InstanceError, UsageError

SITE = """\
format: 1
name: held
horizon: {start: 2025-01-15T00:00, period_h: 1, periods: 4}
carriers: [electricity]
nodes: {power: {carrier: electricity}}
components:
  grid: {type: grid_connection, node: power, import_max_mw: 5, export_max_mw: 5}
  battery:
    type: storage
    node: power
    energy_max_mwh: 1
    charge_max_mw: 4
    discharge_max_mw: 4
    initial_mwh: 1
    provides: [fr_afrr_up]
products:
  da: {price_eur_per_mwh: 0, settlement_period_h: 1}
  imbalance: {price_long_eur_per_mwh: 0, price_short_eur_per_mwh: 0}
  fr_afrr_up:
    volume_max_mw: 10
    capacity_price_eur_per_mw_h: 10
    activation_up_per_unit: activation_per_unit
bids: {minimum: false, steps: false}
uncertainty: {kind: explicit}
"""
BY_HAND = {0.25: 160.0, 0.5: 80.0, 1.0: 40.0, 2.0: 20.0}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "held").mkdir()
    (tmp_path / "held" / "instance.yaml").write_text(SITE)
    rows = "".join(f"one,2025-01-15T0{hour}:00,0\n" for hour in range(4))
    (tmp_path / "held" / "scenarios.csv").write_text("scenario,time,activation_per_unit\n" + rows)
    return tmp_path / "held"


def test_times_to_be_held_by_hand(folder: Path) -> None:
    table = ms.sensitivity(ms.read(folder), method="ef")
    assert table["field"].unique().tolist() == ["products.fr_afrr_up.sustain_h"]
    assert dict(zip(table["value"], table["objective"], strict=True)) == pytest.approx(BY_HAND)
    for row in table.to_dict("records"):
        assert row["is_base"] == (row["value"] == 1.0)
        assert row["change"] == pytest.approx(BY_HAND[row["value"]] - 40.0)
        assert row["change_lower"] - 1e-6 <= row["change"] <= row["change_upper"] + 1e-6
        assert row["mean_mw.fr_afrr_up"] == pytest.approx(BY_HAND[row["value"]] / 40.0)
    assert table[table["is_base"]]["source"].tolist() == ["[user]: none"]


def test_any_number_can_be_varied(folder: Path) -> None:
    """A battery of 2 MWh that begins with 1 charges 1 MW in the first hour, at no cost; called for 2 MW it stops that
    and gives 1 MW, so it holds 2 MW and earns 80. At 12 EUR a MW one of 1 MWh earns 48.
    """
    fields = {"components.battery.energy_max_mwh": [2.0], "products.fr_afrr_up.capacity_price_eur_per_mw_h": [12.0]}
    table = ms.sensitivity(ms.read(folder), fields, method="ef")
    assert table["objective"].tolist() == pytest.approx([40.0, 80.0, 40.0, 48.0])
    assert table["product"].tolist() == ["battery"] * 2 + ["fr_afrr_up"] * 2
    assert table["source"].tolist() == ["instance", "", "instance", ""]


@pytest.mark.parametrize(
    ("fields", "error", "words"),
    [
        ({"products.fr_fcr.sustain_h": [1.0]}, UsageError, "the instance has no fr_fcr; here are: da, imbalance"),
        ({"products.fr_afrr_up.activation_up_per_unit": [1.0]}, UsageError, "is the series activation_per_unit"),
        ({"products.fr_afrr_up.call_maximum_h": [1.0]}, UsageError, "is nothing; a rule that is varied is one number"),
        ({"products.fr_afrr_up.sustain_h": [-1.0]}, InstanceError, "of at least 0"),
        ({}, UsageError, "no time to be held in held lacks a source"),
    ],
)
def test_what_cannot_be_varied(
    folder: Path, fields: dict[str, list[float]], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words.replace("(", r"\(")):
        ms.sensitivity(ms.read(folder), fields)


def test_a_value_without_solution_is_a_row(folder: Path) -> None:
    text = SITE.replace("    initial_mwh: 1\n", "    initial_mwh: 1\n    terminal_penalty_eur_per_mwh: null\n")
    (folder / "instance.yaml").write_text(
        text.replace("import_max_mw: 5", "import_max_mw: 0, schedule_penalty_eur_per_mwh: null")
    )
    site = ms.read(folder)
    table = ms.sensitivity(site, {"components.battery.standing_loss_per_h": [0.1]}, method="ef")
    assert table["status"].tolist() == ["optimal", "infeasible"]
    assert pd.isna(table["objective"].tolist()[1])


def test_the_command(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    call: Callable[..., int] = lambda *arguments: run([str(argument) for argument in arguments])[0]  # noqa: E731
    assert call("sensitivity", folder, "--sustain", "--method", "ef", "--out", "s.csv") == 0
    shown = capsys.readouterr()
    assert "fr_afrr_up.sustain_h" in shown.out
    assert "+120.00" in shown.out
    assert max(map(len, shown.out.splitlines())) <= 100
    table = pd.read_csv("s.csv")
    assert dict(zip(table["value"], table["objective"], strict=True)) == pytest.approx(BY_HAND)
    assert call("sensitivity", folder, "--out", "s.csv") == 2
    assert "--force" in capsys.readouterr().err
    assert call("sensitivity", folder, "--field", "products.fr_afrr_up.sustain_h=a") == 2
    assert "write PATH=V1,V2" in capsys.readouterr().err
    assert call("sensitivity", folder, "--field", "products.fr_afrr_up.sustain_h=4", "--method", "ef") == 0
    assert len(list((tmp_path / "runs").glob("held-sensitivity-*.csv"))) == 1
