"""``mes-stoch data``: what it prints, writes and refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from market_files.invented import AEMO_MMS, ENTSOE_NEW, ENTSOE_OLD, IMBALANCE, SMARD

Command = Callable[..., Any]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name, sample in (
        ("old", ENTSOE_OLD),
        ("new", ENTSOE_NEW),
        ("imbalance", IMBALANCE),
        ("smard", SMARD),
        ("aemo", AEMO_MMS),
    ):
        (tmp_path / f"{name}.csv").write_bytes(sample.content)
    return tmp_path


def test_a_file_is_described(command: Command, files: Path) -> None:
    done = command("data", "old.csv")
    assert (done.code, done.err) == (0, "")
    for words in (
        "layout entsoe, 11 rows (lines 2 to 12), UTF-8, times in Europe/Paris",
        "starts of periods 2025-03-30 00:00+0100 to 2025-10-26 05:00+0100, 10 periods of 1 h",
        "day_ahead_price_fr_eur_per_mwh   EUR/MWh   FR",
        "no rows from 2025-03-30 05:00+0200 to 2025-10-26 01:00+0200, 210 days (lines 6, 7)",
        "no number in 1 of 10 rows",
        "the hour shown twice is told apart by the order of rows (lines 8, 9)",
    ):
        assert words in done.out
    assert "Periods differ" not in done.out


def test_hourly_prices_beside_quarter_hourly_ones_are_told_in_one_line(command: Command, files: Path) -> None:
    done = command("data", "smard.csv", "imbalance.csv")
    (line,) = (line for line in done.out.splitlines() if line.startswith("Periods differ"))
    assert "1 h (day_ahead_price_de_lu_eur_per_mwh, netzlast_mwh) against 15 min (system_imbalance_fr_mwh," in line
    assert "Periods differ" in command("data", "imbalance.csv", "smard.csv").out, "and the reverse"


def test_outliers_are_told_with_their_lines(command: Command, tmp_path: Path) -> None:
    rows = [f"2025-01-{day + 1:02d} {hour:02d}:00,{20 + hour + day % 2}" for day in range(9) for hour in range(24)]
    rows[30] = "2025-01-02 06:00,4000"
    (tmp_path / "prices.csv").write_text("t,p\n" + "\n".join(rows) + "\n", encoding="utf-8")
    given = ("data", "prices.csv", "--columns", "time=t, zone=UTC, p=price_eur_per_mwh")
    # the header is line 1, the 31st row line 32
    shown = " ".join(command(*given).out.split())
    assert "price_eur_per_mwh is 4000 at 2025-01-02 06:00+0000" in shown
    assert "from its hour's median (line 32)" in shown
    assert "outliers" not in command(*given, "--outliers", "0").out


def test_a_tidy_file_is_a_series_of_an_instance(command: Command, files: Path) -> None:
    rows = "".join(
        f'"15.01.2025 {hour:02d}:00 - 15.01.2025 {hour + 1:02d}:00","{40 + hour}","EUR"\n' for hour in range(23)
    )
    (files / "day.csv").write_text(
        f'"MTU (CET/CEST)","Day-ahead Price [EUR/MWh]","Currency","BZN|FR"\n{rows}', encoding="utf-8"
    )
    folder = files / "site"
    folder.mkdir()
    done = command(
        "data",
        "day.csv",
        "--period",
        "30min",
        "--from",
        "2025-01-15T06:00",
        "--to",
        "2025-01-15T08:00",
        "--out",
        "site/series.csv",
    )
    assert (done.code, done.err.strip()) == (0, "4 periods of 1 series: site/series.csv")
    assert (folder / "series.csv").read_text(encoding="utf-8").splitlines() == [
        "time,day_ahead_price_fr_eur_per_mwh",
        "2025-01-15T06:00+01:00,46.0",
        "2025-01-15T06:30+01:00,46.0",
        "2025-01-15T07:00+01:00,47.0",
        "2025-01-15T07:30+01:00,47.0",
    ]
    (folder / "instance.yaml").write_text(
        "format: 1\nname: read\ndescription: A price from a market file.\n"
        "horizon: {start: '2025-01-15T06:00', periods: 4, period_h: 0.5, timezone: Europe/Paris}\n"
        "series: series.csv\ncarriers: [electricity]\nnodes: {power: {carrier: electricity}}\n"
        "components:\n"
        "  grid: {type: grid_connection, node: power, import_max_mw: 1.0, export_max_mw: 0.0}\n"
        "  load: {type: demand, node: power, demand_mw: load_mw}\n"
        "products:\n  da: {price_eur_per_mwh: day_ahead_price_fr_eur_per_mwh, settlement_period_h: 0.5}\n"
        "uncertainty: {kind: explicit, file: scenarios.csv}\n",
        encoding="utf-8",
    )
    times = [f"2025-01-15T0{6 + k // 2}:{30 * (k % 2):02d}+01:00" for k in range(4)]
    scenarios = "".join(f"only,{time},0.5\n" for time in times)
    (folder / "scenarios.csv").write_text(f"scenario,time,load_mw\n{scenarios}", encoding="utf-8")
    checked = command("validate", "site")
    assert checked.code == 0, checked.err


def test_an_existing_file_is_kept(command: Command, files: Path) -> None:
    (files / "out.csv").write_text("mine", encoding="utf-8")
    done = command("data", "smard.csv", "--out", "out.csv")
    assert (done.code, (files / "out.csv").read_text(encoding="utf-8")) == (2, "mine")
    assert command("data", "smard.csv", "--out", "out.csv", "--force").code == 0
    assert (
        (files / "out.csv")
        .read_text(encoding="utf-8")
        .startswith("time,day_ahead_price_de_lu_eur_per_mwh,netzlast_mwh\n")
    )


def test_several_lengths_need_a_period(command: Command, files: Path) -> None:
    done = command("data", "new.csv", "--out", "out.csv")
    assert done.code == 2
    assert "the series have periods of 15 min, 1 h; say which to write: --period 15min or 1h" in done.err
    done = command("data", "new.csv", "--period", "1h", "--out", "out.csv", "--to", "2025-10-01T02:00")
    assert done.code == 0
    assert (
        "warning: day_ahead_price_fr_eur_per_mwh has no number in 1 of 7 periods; they are empty in out.csv" in done.err
    )
    # 50, 51, 52 and 55
    assert "2025-10-01T00:00+02:00,52.0" in (files / "out.csv").read_text(encoding="utf-8")


def test_series_are_chosen(command: Command, files: Path) -> None:
    assert command("data", "aemo.csv", "--series", "energy_price_vic1_aud_per_mwh", "--out", "out.csv").code == 0
    assert (files / "out.csv").read_text(encoding="utf-8").splitlines() == [
        "time,energy_price_vic1_aud_per_mwh",
        "2025-01-01T00:00+10:00,60.5",
        "2025-01-01T00:05+10:00,61.5",
        "2025-01-01T00:10+10:00,62.5",
    ]
    done = command("data", "aemo.csv", "--series", "energy_price_vic_aud_per_mwh", "--out", "other.csv")
    assert done.code == 2
    assert "no series energy_price_vic_aud_per_mwh; did you mean energy_price_vic1_aud_per_mwh?" in done.err


def test_layouts(command: Command) -> None:
    done = command("data", "--layouts")
    assert done.code == 0
    first = [line.split()[0] for line in done.out.splitlines()][:4]
    assert first == ["tidy", "aemo_mms", "aemo_price_and_demand", "entsoe"]
    assert done.out.splitlines()[-1].startswith("generic")


def test_help_shows_examples(command: Command) -> None:
    done = command("data", "--help")
    assert done.code == 0
    for words in ("mes-stoch data prices.csv --from 2025-01-15", '--columns "time=Zeit', "Exit codes: 0 done"):
        assert words in done.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "which file?"),
        (("gone.csv",), "no such file"),
        (("old.csv", "--layout", "entso"), "did you mean entsoe"),
        (("old.csv", "--zone", "Mars"), "'Mars' is no time zone"),
        (("old.csv", "--columns", "time=a"), "the column map says no zone"),
        (("old.csv", "--layout", "smard"), "expected a file of the layout smard, with first columns"),
        (("old.csv", "--period", "1h"), "--period of --out: name a file to write"),
        (("smard.csv", "--period", "45min", "--out", "o.csv"), "a period of '45min'"),
        (("smard.csv", "--from", "later", "--out", "o.csv"), "'later' is no local time"),
        (("smard.csv", "--from", "2031-01-01", "--out", "o.csv"), "no period from 2031-01-01"),
        (("smard.csv", "--out", "no/such/folder.csv"), "cannot write no/such/folder.csv"),
    ],
)
def test_mistakes(command: Command, files: Path, arguments: tuple[str, ...], words: str) -> None:
    done = command("data", *arguments)
    assert done.code == 2
    assert words in done.err
    assert "Traceback" not in done.err
    assert not (files / "o.csv").exists()


def test_problems_of_all_files_are_told(command: Command, files: Path) -> None:
    (files / "cut.csv").write_bytes(SMARD.content.replace(b";51,00;", b";5x,00;"))
    done = command("data", "gone.csv", "cut.csv", "smard.csv")
    assert done.code == 2
    assert "gone.csv: found no such file" in done.err
    assert "cut.csv:3: Deutschland/Luxemburg" in done.err
