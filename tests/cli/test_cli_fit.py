"""From a file of past prices to scenarios: ``mes-stoch fit``, and ``tree --report`` beside past days and a sample."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from helpers.fitted_house import fitted_house
from pydantic import ValidationError

import mes_stoch as ms
from mes_stoch.io.market_files.alignment import period_minutes
from mes_stoch.schema.errors import InstanceError, UsageError
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.fitted.specification import Specification
from mes_stoch.uncertainty.tree_quality import report
from mes_stoch.uncertainty.tree_quality.courses import Courses

Command = Callable[..., Any]
PRICE = "da_price_eur_per_mwh"
SPECIFICATION = """\
country: FR
timezone: Europe/Paris
files:
  - file: prices.csv
    columns: "time=When, zone=Europe/Paris, Price=price_eur_per_mwh"
    rename: {price_eur_per_mwh: da_price_eur_per_mwh}
months_kept_back: [2021-02]
parts:
  - {kind: day_bootstrap, series: [da_price_eur_per_mwh]}
"""
SITE = fitted_house(8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Hourly prices of January and February 2021: 10 a day since New Year, and the hour."""
    time = pd.date_range("2021-01-01", "2021-02-28 23:00", freq="h")
    price = 10.0 * (time.day_of_year - 1) + time.hour
    rows = pd.DataFrame({"When": time.strftime("%Y-%m-%d %H:%M"), "Price": price})
    rows.to_csv(tmp_path / "prices.csv", index=False)
    (tmp_path / "spec.yaml").write_text(SPECIFICATION, encoding="utf-8")
    site = tmp_path / "site"
    site.mkdir()
    (site / "instance.yaml").write_text(SITE, encoding="utf-8")
    return tmp_path


def test_a_process_is_fitted_and_drawn_from(command: Command, folder: Path) -> None:
    """The Saturdays of January 2021 are the 2nd, 9th, 16th, 23rd and 30th: 10, 80, 150, 220 and 290 at midnight."""
    done = command("fit", "spec.yaml", "--out", "site/process.json")
    assert (done.code, done.err) == (0, "")
    assert "fitted to 2021-01-01 to 2021-02-28, periods of 1 h (Europe/Paris), 1 months kept back" in done.out
    assert "day_bootstrap" in done.out
    document = json.loads((folder / "site" / "process.json").read_text(encoding="utf-8"))
    assert [part["kind"] for part in document["parts"]] == ["day_bootstrap"]
    assert "prices.csv" in document["fitted_to"]["sources"][0]
    drawn = ms.read(folder / "site").tree(40)
    assert {float(drawn.values(PRICE, k)[0]) for k in range(40)} == {10.0, 80.0, 150.0, 220.0, 290.0}
    assert command("fit", "spec.yaml", "--out", "site/process.json").code == 2


def test_a_process_is_held_against_months_kept_back(command: Command, folder: Path) -> None:
    """January has prices of 0 to 323, February of 310 to 603: the mean of the draws is outside the band."""
    done = command("fit", "spec.yaml", "--diagnose")
    assert done.code == 0
    mean = next(line for line in done.out.splitlines() if PRICE in line and " mean " in line)
    assert mean.endswith("outside")


def test_what_a_specification_says_wrong_is_told_together(command: Command, folder: Path) -> None:
    path = folder / "spec.yaml"
    wrong = SPECIFICATION.replace("country: FR", "contry: FR").replace("rename:", "renamed:")
    path.write_text(wrong, encoding="utf-8")
    done = command("fit", "spec.yaml")
    assert done.code == 2
    # a country that is missing because its name is misspelt is one mistake
    told = ("2 problems\n", "spec.yaml:1: contry", "did you mean country?", "spec.yaml:6: files.0.renamed", "rename?")
    for words in told:
        assert words in done.err
    path.write_text(SPECIFICATION.replace("day_bootstrap", "day_boot"), encoding="utf-8")
    assert "parts.0.kind" in command("fit", "spec.yaml").err
    path.write_text(SPECIFICATION.replace("series: [", "serie: ["), encoding="utf-8")
    misspelt = command("fit", "spec.yaml").err
    assert "spec.yaml:9: parts.0.serie: found 'serie'; expected a key of day_bootstrap" in misspelt
    assert "did you mean series?" in misspelt
    path.write_text(SPECIFICATION.replace("2021-02]", "2021-07]"), encoding="utf-8")
    assert "no 2021-07, which is to be kept back" in command("fit", "spec.yaml").err
    path.write_text(SPECIFICATION.replace("prices.csv", "other.csv"), encoding="utf-8")
    missing = command("fit", "spec.yaml")
    assert missing.code == 2
    assert "other.csv" in missing.err
    path.write_text(SPECIFICATION.replace("price_eur_per_mwh: da", "price_gbp_per_mwh: da"), encoding="utf-8")
    assert "has no price_gbp_per_mwh; it has price_eur_per_mwh" in command("fit", "spec.yaml").err


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "timezone: Europe/Paris",
            "timezone: Europe/Pariss",
            ("spec.yaml:2: timezone", "the name of a time zone (IANA)"),
        ),
        (
            "country: FR",
            "country: QQ",
            ("spec.yaml:1: country", "found 'QQ'", "public holidays are known", "such as FR"),
        ),
        (
            "files:",
            "period_h: 0.7\nfiles:",
            ("spec.yaml:3: period_h: found 0.7", "a divisor of an hour in whole minutes, in h", "write 1, 0.5, 0.25"),
        ),
        ("series: [da_price_eur_per_mwh]", "series: [a_mw, a_mw]", ("spec.yaml:9: parts.0.series", "twice here: a_mw")),
        (
            "day_bootstrap, series: [da_price_eur_per_mwh]",
            "autoregressive, series: da_price_eur_per_mwh, lags: [0]",
            ("spec.yaml:9: parts.0.lags.0: found 0", "a number of at least 1"),
        ),
        (
            "day_bootstrap, series: [da_price_eur_per_mwh]",
            "autoregressive, series: da_price_eur_per_mwh, lags: [1, -2]",
            ("spec.yaml:9: parts.0.lags.1: found -2", "a number of at least 1"),
        ),
        (
            "day_bootstrap, series: [da_price_eur_per_mwh]",
            "weather_demand, series: [da_price_eur_per_mwh], lags: [1, 1]",
            ("spec.yaml:9: parts.0.lags", "each once; twice here: 1"),
        ),
        (
            "day_bootstrap, series: [da_price_eur_per_mwh]",
            "spread, series: a_eur_per_mwh, base: a_eur_per_mwh",
            ("spec.yaml:9: parts.0", "a spread of two series: series and base are both a_eur_per_mwh"),
        ),
        (
            "[da_price_eur_per_mwh]}",
            "[da_price_eur_per_mwh], companions: [[da_price_eur_per_mwh]]}",
            ("parts.0: found 'da_price_eur_per_mwh'", "each series once in a part"),
        ),
    ],
)
def test_a_mistake_is_one_issue_and_nothing_is_written(
    command: Command, folder: Path, old: str, new: str, words: tuple[str, ...]
) -> None:
    (folder / "spec.yaml").write_text(SPECIFICATION.replace(old, new), encoding="utf-8")
    done = command("fit", "spec.yaml", "--out", "process.json")
    assert done.code == 2, done.err
    for word in ("1 problem\n", *words):
        assert word in done.err
    assert not (folder / "process.json").exists()


def test_a_tree_is_reported_beside_a_sample(command: Command, folder: Path) -> None:
    """Two thirds of the scenarios of a small tree are Saturdays of low prices, or not: its tables say what it has."""
    pytest.importorskip("ot", reason="POT is not installed (extra fit)")
    pytest.importorskip("matplotlib", reason="matplotlib is not installed (extra plots)")
    command("fit", "spec.yaml", "--out", "site/process.json")
    done = command("tree", "site", "--scenarios", 5, "--report", "out", "--sample", 40)
    assert done.code == 0, done.err
    names = {path.name for path in (folder / "out").iterdir()}
    assert names == {
        "statistics.csv", "distances.csv", "correlation_sample.csv", "correlation_tree.csv", "quality.json",
        "fan_1.png", "duration_1.png", "correlation.png",
    }  # fmt: skip
    table = pd.read_csv(folder / "out" / "statistics.csv", index_col=["series", "of"])
    tree = ms.read(folder / "site").tree(5)
    midnight = [float(tree.values(PRICE, k)[0]) for k in range(5)]
    assert table.loc[(PRICE, "tree"), "mean"] == pytest.approx(sum(midnight) / 5 + 11.5)
    assert json.loads((folder / "out" / "quality.json").read_text())["cases"] == {"tree": 5, "sample": 40}


def test_a_tree_is_reported_beside_past_days(command: Command, folder: Path) -> None:
    """All 59 days, whose means are 11.5 and ten times 0 to 58: 301.5."""
    pytest.importorskip("ot", reason="POT is not installed (extra fit)")
    command("fit", "spec.yaml", "--out", "site/process.json")
    time = pd.date_range("2021-01-01", "2021-02-28 23:00", freq="h", tz="Europe/Paris")
    past = pd.DataFrame({PRICE: 10.0 * (time.day_of_year - 1) + time.hour}, index=time)
    site = ms.read(folder / "site")
    found = ms.tree_quality(site, site.tree(5), past)
    assert found.source.cases == 59
    assert found.statistics["mean"][PRICE, "past"] == pytest.approx(301.5)
    with pytest.raises(UsageError, match="the past series have none of those that the tree draws"):
        ms.tree_quality(site, site.tree(5), past.rename(columns={PRICE: "other_eur_per_mwh"}))
    pytest.importorskip("matplotlib", reason="matplotlib is not installed (extra plots)")
    tidy = past.assign(time=[stamp.isoformat() for stamp in past.index]).set_index("time")
    tidy.to_csv(folder / "past.csv")
    beside = command("tree", "site", "--out", "beside.nc", "--report", "out", "--against", "past.csv")
    assert beside.code == 0, beside.err
    assert "past: 59 cases" in beside.out
    done = command("tree", "site", "--report", "out", "--against", "x.csv", "--sample", 3)
    assert done.code == 2
    assert "give one of them" in done.err


def test_a_report_moves_whole_courses_once(
    command: Command, instances: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the tree and of as many plain draws, for the terminal and for the files together; in the site's currency."""
    pytest.importorskip("matplotlib", reason="matplotlib is not installed (extra plots)")
    moved: list[str] = []

    def distance(tree: Courses, _: Courses) -> float:
        moved.append(tree.name)
        return 0.25 * len(moved)

    monkeypatch.setattr(report, "transport_distance", distance)
    done = command("tree", instances / "campus_au", "--scenarios", 2, "--report", "out", "--sample", 4)
    assert done.code == 0, done.err
    assert moved == ["tree", "plain"]
    written = json.loads((tmp_path / "out" / "quality.json").read_text(encoding="utf-8"))
    assert written["transport_distance_share_of_spread"] == {"tree": 0.25, "plain": 0.5}
    assert "share of the spread), plain: 0.500" in done.out
    series = set(pd.read_csv(tmp_path / "out" / "statistics.csv")["series"])
    assert any("_aud_per_mwh" in name for name in series)
    assert not any("_eur_" in name for name in series)
    site = ms.read(instances / "campus_au")
    assert set(ms.tree_quality(site, site.tree(2), sample=4).source.series) == series


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"contry": "FR"},
            "contry: found 'contry'; expected a key of the format. Hint: did you mean country?",
        ),
        ({"files": [{"file": "a.csv", "renam": {}}]}, "files.0.renam: found 'renam'; expected a key of the format"),
        ({"parts": [{"kind": "day_bootstrap", "serie": [PRICE]}]}, "Hint: did you mean series?"),
    ],
)
def test_an_unknown_key_of_a_mapping_is_told_what_was_meant(change: dict[str, Any], words: str) -> None:
    given = {"country": "FR", "parts": [{"kind": "day_bootstrap", "series": [PRICE]}], **change}
    time = pd.date_range("2021-01-01", periods=48, freq="h", tz="Europe/Paris")
    with pytest.raises(InstanceError) as caught:
        ms.fit(given, pd.DataFrame({PRICE: 1.0 + time.hour}, index=time))
    assert words in str(caught.value)


def test_a_specification_takes_every_period_that_past_series_are_put_in() -> None:
    """The divisors of 60: 1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30 and 60 minutes."""
    for minutes in range(1, 61):
        given = {"country": "FR", "period_h": minutes / 60, "parts": [{"kind": "day_bootstrap"}]}
        if minutes in (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60):
            assert Specification.model_validate(given).period_h == minutes / 60
            assert period_minutes(f"{minutes}min") == minutes
        else:
            with pytest.raises(ValidationError, match="a divisor of an hour"):
                Specification.model_validate(given)
            with pytest.raises(UsageError, match="expected 1min, 2min"):
                period_minutes(minutes)


def test_a_tree_without_a_series_that_is_drawn_is_told(command: Command, folder: Path) -> None:
    command("fit", "spec.yaml", "--out", "site/process.json")
    site = ms.read(folder / "site")
    tree = site.tree(3)
    other = ScenarioTree(tree.dataset.rename({PRICE: "id_price_eur_per_mwh"}))
    with pytest.raises(UsageError, match=f"the tree has no {PRICE}, which the process of house draws; it has id_price"):
        ms.tree_quality(site, other, sample=5)


def test_a_file_where_a_folder_should_be_is_told(command: Command, folder: Path) -> None:
    """Of the process, of the tree and of its report."""
    command("fit", "spec.yaml", "--out", "site/process.json")
    (folder / "taken").write_text("mine", encoding="utf-8")
    draw = ("tree", "site", "--scenarios", 2)
    for call in (
        ("fit", "spec.yaml", "--out", "taken/process.json"),
        (*draw, "--out", "taken/tree.nc"),
        (*draw, "--plain", "--report", "report", "--sample", 2, "--out", "taken/tree.nc"),
        (*draw, "--out", "tree.nc", "--force", "--report", "taken/report", "--sample", 2),
        ("site", "site", "--out", "taken/figures"),
    ):
        done = command(*call)
        assert done.code == 2, done.err
        assert "mes-stoch: cannot write into the folder taken" in done.err
        assert "taken is a file, and no folder" in done.err
        assert "Traceback" not in done.err


def test_explicit_scenarios_have_no_sample(instances: Path) -> None:
    site = ms.read(instances / "tiny_site")
    with pytest.raises(UsageError, match="there is no process to draw a sample from"):
        ms.tree_quality(site, site.tree())
