"""The command on the shipped instance: with made-up files of the form of the real ones, and with the real ones."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from helpers.backtests import write_stand_in_files
from helpers.french_files import write_french_files

import mes_stoch as ms
from mes_stoch.cli.main import run
from mes_stoch.io.market_data.western_denmark import read_western_denmark

WINDOW_DAYS, DAYS = 2, 2


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made-up files: a window of two days, the day between, and two days to operate."""
    folder = tmp_path_factory.mktemp("stand_in")
    write_stand_in_files(folder, WINDOW_DAYS + 1 + DAYS)
    return folder


def arguments(instances: Path, data: Path, out: Path) -> list[str]:
    command = ["backtest", str(instances / "backtest_dk1"), "--data", str(data), "--out", str(out)]
    return [*command, "--days", str(DAYS), "--window", str(WINDOW_DAYS), "--fan", "2", "--gap", "0.05"]


def test_interrupted_by_a_signal_and_resumed(
    instances: Path, stand_in: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a user does it: two processes, a signal after the first day, ``--resume``; against a run of one process."""
    parts, whole = tmp_path / "parts", tmp_path / "whole"
    command = [sys.executable, "-m", "mes_stoch", *arguments(instances, stand_in, parts), "--workers", "2"]
    process = subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1"}, stderr=subprocess.PIPE, text=True)
    limit = time.monotonic() + 120.0
    while not list((parts / "days").glob("2021*.json")) and process.poll() is None and time.monotonic() < limit:
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=60)
    # where both days were finished at once there was nothing left to interrupt
    assert process.returncode in (0, 5), told
    assert run([*arguments(instances, stand_in, parts), "--resume", "--workers", "1"])[0] == 0
    assert "there already" in capsys.readouterr().err
    assert run([*arguments(instances, stand_in, whole), "--workers", "1"])[0] == 0
    shown = capsys.readouterr()
    assert "2 days" in shown.out
    assert "note: Heat demand: 2019" in shown.err
    assert (parts / "backtest.csv").read_bytes() == (whole / "backtest.csv").read_bytes()
    assert (whole / "figures" / "regret_by_day.png").read_bytes().startswith(b"\x89PNG")
    table = pd.read_csv(whole / "backtest.csv")
    assert_in_order(table)
    assert table["series_of.heat"].tolist() == ["2019-02-28", "2019-03-01"]


def test_french_days_tell_their_pairs(instances: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Thursday 17 October 2019 from the Monday and Tuesday before; working days stand in for working days."""
    days = [f"2019-10-{number}" for number in (14, 15, 16, 17)]
    fcr = [f"2021-10-{number}" for number in (14, 15, 18, 19)]
    write_french_files(tmp_path, days, fcr, days, [f"2016-10-{number}" for number in (17, 18, 19, 20)])
    out = tmp_path / "out"
    command = ["backtest", str(instances / "backtest_fr"), "--data", str(tmp_path), "--series", "france_2019"]
    command += ["--days", "1", "--window", "2", "--fan", "2", "--gap", "0.05", "--workers", "1", "--no-figures"]
    assert run([*command, "--out", str(out)])[0] == 0
    shown = capsys.readouterr()
    table = pd.read_csv(out / "backtest.csv")
    assert_in_order(table)
    assert table["day"].tolist() == ["2019-10-17"]
    # in their order: 14 and 15 take themselves, 16 the nearest that is left, 18, and 17 the next, 19
    pairs = {
        "2019-10-14": {"fcr_capacity": "2021-10-14", "afrr_capacity": "2019-10-14", "afrr_called": "2016-10-17"},
        "2019-10-15": {"fcr_capacity": "2021-10-15", "afrr_capacity": "2019-10-15", "afrr_called": "2016-10-18"},
        "2019-10-17": {"fcr_capacity": "2021-10-19", "afrr_capacity": "2019-10-17", "afrr_called": "2016-10-20"},
    }
    assert json.loads((out / "backtest.json").read_text(encoding="utf-8"))["pairing"] == pairs
    assert {f"series_of.{name}": donor for name, donor in pairs["2019-10-17"].items()}.items() <= dict(
        table.iloc[0]
    ).items()
    for day, donors in pairs.items():
        assert " ".join([day, *donors.values()]) in " ".join(shown.out.split())
    assert "note: aFRR capacity: the mean of accepted German bids" in shown.err


def assert_in_order(table: pd.DataFrame) -> None:
    """Less is known from column to column, and no feasible profit passes a bound."""
    size = table["perfect_upper"].abs().max()
    for less, more in (
        ("realised", "given_lower"),
        ("given_lower", "given_upper"),
        ("given_upper", "perfect_upper"),
        ("given_lower", "perfect_lower"),
        ("perfect_lower", "perfect_upper"),
    ):
        assert (table[less] <= table[more] + 1e-6 * size).all(), (less, more)
    streams = table[[name for name in table if name.startswith("stream.")]].sum(axis=1)
    assert streams.to_numpy() == pytest.approx(table["realised"].to_numpy(), rel=1e-6)


def test_mistakes_are_told(instances: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = str(instances / "backtest_dk1")
    for options, reason in (
        (["--data", str(tmp_path / "none")], "does not exist"),
        (["--data", str(tmp_path)], "dk1_2021_multimarket_hourly.csv.gz is not in the data folder"),
        (
            ["--data", str(tmp_path), "--series", "mars"],
            "unknown series 'mars'; there are western_denmark_2021, france_2019",
        ),
        (["--data", str(tmp_path), "--resume"], "--resume goes on with a folder"),
        (["--data", str(tmp_path), "--window", "0"], "--window"),
    ):
        assert run(["backtest", site, *options])[0] == 2
        assert reason in capsys.readouterr().err


def test_series_of_another_area_are_told_before_any_work(
    instances: Path, stand_in: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Western Denmark is the default, and knows no aFRR."""
    assert run(["backtest", str(instances / "backtest_fr"), "--data", str(stand_in)])[0] == 2
    told = capsys.readouterr().err
    assert "backtest_fr: it names afrr_energy_price_up_eur_per_mwh, afrr_activation_up_per_unit" in told
    assert "which western_denmark_2021 does not bring; other series may (--series)" in told


def test_a_data_folder_is_needed(
    instances: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MES_STOCH_DATA", raising=False)
    assert run(["backtest", str(instances / "backtest_dk1")])[0] == 2
    assert "no data folder" in capsys.readouterr().err


@pytest.mark.data
def test_real_series_are_those_that_were_published(data_folder: Path) -> None:
    """Statistics of western Denmark 2021: mFRR-up capacity 4.7 EUR/MW/h, called up in 18.0 % of hours."""
    real = read_western_denmark(data_folder)
    assert real.values["mfrr_up_capacity_price_eur_per_mw_h"].mean() == pytest.approx(4.7, abs=0.05)
    assert (real.values["mfrr_activation_up_per_unit"] > 0).mean() == pytest.approx(0.180, abs=0.001)
    # 66.5 GWh of heat a year
    assert real.values["heat_demand_mw"].mean() * 8760 / 1000 == pytest.approx(66.5, abs=1.0)
    assert str(real.complete[0]) == "2021-01-19"
    assert len(real.complete) == 365 - 18 - 3


@pytest.mark.data
def test_real_french_days(instances: Path, data_folder: Path) -> None:
    """Saturday 26 October and the Monday after it: the Sunday between, on which the clock changes, is left out."""
    site, first = ms.read(instances / "backtest_fr"), date(2019, 10, 26)
    found = ms.backtest(
        site, "france_2019", days=2, first=first, data_folder=data_folder, window_days=7, fan=3, gap_rel=0.05
    )
    assert_in_order(found.table())
    assert all(day.settlement_difference < 1e-6 for day in found.days)
    assert [str(day.day) for day in found.days] == ["2019-10-26", "2019-10-28"]
    assert {str(day): reason for day, reason in found.left_out.items()} == {
        "2019-10-27": "the clock changes, or the day is cut short"
    }


@pytest.mark.data
def test_real_days(instances: Path, data_folder: Path, tmp_path: Path) -> None:
    """Two days of March 2021 from a week before each."""
    found = ms.backtest(
        ms.read(instances / "backtest_dk1"), days=2, data_folder=data_folder, window_days=7, fan=3, out=tmp_path / "out"
    )
    assert_in_order(found.table())
    assert all(day.settlement_difference < 1e-6 for day in found.days)
    assert [str(day.day) for day in found.days] == ["2021-01-27", "2021-01-28"]
