"""The driver ``scripts/real_days.py``: its parts on made-up data, and the whole of it on the real ones."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mes_stoch.io.instance import read_instance
from mes_stoch.uncertainty.quality import check_tree
from mes_stoch.uncertainty.tree import build_tree

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import real_days

    return real_days


def test_calls_are_cut_to_the_product(driver: object) -> None:
    limit_calls = sys.modules["real_days_instance"].limit_calls
    share = np.zeros(96)
    share[0:4], share[20:40], share[60:70] = 0.3, 0.7, 0.9
    limited = limit_calls(share)
    # the first hour whole, of five hours the first two, and no third call
    assert limited.sum() == pytest.approx(4 * 0.3 + 8 * 0.7)
    assert limited[28:].max() == 0.0


def test_needs_a_data_folder(
    driver: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MES_STOCH_DATA", raising=False)
    assert driver.main(["--out", str(tmp_path / "out")]) == 2  # type: ignore[attr-defined]
    assert "set the environment variable MES_STOCH_DATA" in capsys.readouterr().err


@pytest.mark.data
@pytest.mark.parametrize("season", ["summer", "all"])
def test_writes_a_sound_instance(
    driver: object, data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], season: str
) -> None:
    out = tmp_path / "real"
    arguments = ["--data-folder", str(data_folder), "--out", str(out), "--days", "12", "--seed", "3"]
    arguments += ["--season", season, "--day-type", "all" if season == "all" else "working_day"]
    assert driver.main(arguments) == 0  # type: ignore[attr-defined]
    printed = capsys.readouterr().out
    pairing = pd.read_csv(out / "pairing.csv")
    assert len(pairing) == 12
    assert pairing["fr_de_2019_2020"][0] in printed
    sources = json.loads((out / "sources.json").read_text())
    for entry in sources:
        assert entry["name"] in printed
        assert entry["span"] in printed
        assert entry["name"] in (out / "README.md").read_text()
    loaded = read_instance(out)
    assert sources[0]["span"] in loaded.instance.description.replace("\n", " ")
    tree = build_tree(loaded)
    assert tree.dataset.sizes["scenario"] == 12
    assert check_tree(loaded.instance, tree) == []
    # a second run leaves the folder alone
    assert driver.main(arguments) == 2  # type: ignore[attr-defined]


@pytest.mark.data
def test_series_are_those_of_the_paired_days(driver: object, data_folder: Path, tmp_path: Path) -> None:
    from mes_stoch.io.market_data.fcr_cooperation import read_french_fcr
    from mes_stoch.io.market_data.french_day_ahead import read_french_day_ahead

    out = tmp_path / "real"
    arguments = ["--data-folder", str(data_folder), "--out", str(out), "--days", "3", "--season", "autumn"]
    assert driver.main(arguments) == 0  # type: ignore[attr-defined]
    pairing = pd.read_csv(out / "pairing.csv")
    scenarios = pd.read_csv(out / "scenarios.csv")
    day_ahead, fcr = read_french_day_ahead(data_folder), read_french_fcr(data_folder)
    for row in pairing.to_dict("records"):
        drawn = scenarios[scenarios["scenario"] == row["scenario"]]
        real = day_ahead.loc[row["fr_de_2019_2020"], "da_price_eur_per_mwh"].to_numpy()
        np.testing.assert_allclose(drawn["da_price_eur_per_mwh"], np.repeat(real, 4), atol=1e-6)
        blocks = fcr.loc[row["fr_dk_2021"], "fcr_capacity_price_eur_per_mw_h"].to_numpy()
        np.testing.assert_allclose(drawn["fcr_capacity_price_eur_per_mw_h"], np.repeat(blocks, 16), atol=1e-6)


@pytest.mark.data
@pytest.mark.slow
def test_thirty_real_days_end_to_end(
    driver: object, data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "real"
    arguments = ["--data-folder", str(data_folder), "--out", str(out), "--days", "30", "--seed", "1", "--solve"]
    assert driver.main(arguments) == 0  # type: ignore[attr-defined]
    printed = capsys.readouterr().out
    summary = json.loads((out / "run" / "summary.json").read_text(encoding="utf-8"))
    assert summary["scenarios"] == 30
    assert summary["gap_rel"] <= 0.005
    assert summary["bound_lower"] <= summary["bound_upper"]
    after_the_solve = printed[printed.index("Commitment, MW by block") :]
    for entry in json.loads((out / "sources.json").read_text(encoding="utf-8")):
        assert entry["name"] in after_the_solve
        assert entry["span"] in after_the_solve


@pytest.mark.data
def test_writes_a_fitted_process(driver: object, data_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "fitted"
    arguments = ["--data-folder", str(data_folder), "--out", str(out), "--days", "3", "--process", "fitted"]
    assert driver.main(arguments) == 0  # type: ignore[attr-defined]
    process = json.loads((out / "process.json").read_text(encoding="utf-8"))
    # winter without February, of the years that the donor series have: no part has seen a day of February
    back = process["fitted_to"]["months_kept_back"]
    assert back == ["2016-02", "2017-02", "2020-02", "2021-02", "2024-02"]
    days = [donor["day"] for part in process["parts"] for donor in part.get("days", []) if isinstance(donor, dict)]
    assert days
    assert {day[5:7] for day in days} == {"12", "01"}
    loaded = read_instance(out)
    tree = build_tree(loaded)
    assert tree.dataset.sizes["scenario"] == 3
    assert check_tree(loaded.instance, tree) == []


def test_a_fitted_process_draws_one_class_of_day(
    driver: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "fitted"
    arguments = ["--data-folder", str(tmp_path), "--out", str(out), "--process", "fitted", "--season", "all"]
    assert driver.main(arguments) == 2  # type: ignore[attr-defined]
    assert "name a season and a class of day" in capsys.readouterr().err
    assert not out.exists()
