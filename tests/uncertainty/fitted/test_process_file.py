"""The file of a fitted process: written, read by an instance, drawn from, and what is wrong with it told."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from fitted_support import PRICE, numbered_days

import mes_stoch as ms
from mes_stoch.io.artifacts.tree import read_tree, write_tree
from mes_stoch.schema.errors import InstanceError
from mes_stoch.uncertainty.fitted.document import document_text, process_of
from mes_stoch.uncertainty.fitted.specification import Specification, fit

SITE = """\
format: 1
name: house
horizon: {start: 2022-01-15T00:00, timezone: Europe/Paris, period_h: 1, periods: 24}
price_cap_eur_per_mwh: 2000
carriers: [electricity]
nodes:
  power: {carrier: electricity}
components:
  grid: {type: grid_connection, node: power, import_max_mw: 5, export_max_mw: 5}
  load: {type: demand, node: power, demand_mw: 1}
products:
  day_ahead: {family: energy, stage: day_ahead, settlement_period_h: 1, price_eur_per_mwh: da_price_eur_per_mwh}
uncertainty: {kind: synthetic, process: fitted, process_file: process.json, seed: 1, scenarios: 8}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A house that buys one megawatt at prices of two weeks of January 2021."""
    history = numbered_days("2021-01-04", 14)
    document = fit(Specification(country="FR", parts=[{"kind": "day_bootstrap", "series": [PRICE]}]), history)
    (tmp_path / "process.json").write_text(document_text(document), encoding="utf-8")
    (tmp_path / "instance.yaml").write_text(SITE, encoding="utf-8")
    return tmp_path


def test_an_instance_draws_from_the_file(folder: Path, tmp_path: Path) -> None:
    """Saturday 2022-01-15: every scenario is the Saturday of 500 or of 1200."""
    tree = ms.read(folder).tree()
    prices = np.array([tree.values(PRICE, k) for k in range(8)])
    assert set(prices[:, 0]) == {500.0, 1200.0}
    assert (prices - prices[:, :1] == np.arange(24.0)).all()
    write_tree(tree, tmp_path / "tree.nc")
    again = read_tree(tmp_path / "tree.nc")
    assert json.loads(again.dataset.attrs["process"]) == json.loads((folder / "process.json").read_text())
    assert again.dataset.attrs["origin"] == "fitted: process.json"


def test_a_run_settles_and_keeps_the_file(folder: Path, tmp_path: Path) -> None:
    """A megawatt at the mean of 500 + hour or 1200 + hour over a day: 24 (500 + 11.5) or 24 (1200 + 11.5)."""
    site = ms.read(folder)
    run = ms.solve(site, site.tree(), method="ef")
    dear = float(np.mean([site.tree().values(PRICE, k)[0] == 1200.0 for k in range(8)]))
    assert run.objective == pytest.approx(-24.0 * (511.5 + 700.0 * dear), rel=1e-9)
    run.write(tmp_path / "run")
    assert (tmp_path / "run" / "instance" / "process.json").read_bytes() == (folder / "process.json").read_bytes()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("process_file: process.json, ", "", ("uncertainty.process_file", "mes-stoch fit writes one")),
        ("process_file: process.json", "process_file: other.json", ("other.json", "the file of a fitted process")),
        ("process_file: process.json", "process_file: ../process.json", ("a file inside the instance folder",)),
        ("process: fitted", "process: fr_synthetic_day", ("uncertainty.process_file", "write process: fitted")),
        ("seed: 1", "seed: 1, parameters: {level: 2}", ("uncertainty.parameters", "none beside process_file")),
    ],
)
def test_what_an_instance_says_wrong(folder: Path, old: str, new: str, words: tuple[str, ...]) -> None:
    path = folder / "instance.yaml"
    path.write_text(path.read_text().replace(old, new), encoding="utf-8")
    with pytest.raises(InstanceError) as caught:
        ms.read(folder).tree()
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text[:-20], ("process.json:", "JSON, as mes-stoch fit writes it")),
        (lambda text: "[1]", ("process.json:1", "a mapping")),
        (lambda text: text.replace('"day_bootstrap"', '"day_boot"'), ("parts.0.kind", "'day_boot'", "day_bootstrap")),
        (lambda text: text.replace('"FR"', '"FR", "more": 1', 1), ("more", "Extra inputs are not permitted")),
        (lambda text: text.replace('"period_h": 1.0,', ""), ("fitted_to.period_h", "nothing")),
    ],
)
def test_what_a_file_says_wrong(folder: Path, change: object, words: tuple[str, ...]) -> None:
    path = folder / "process.json"
    path.write_text(change(path.read_text()), encoding="utf-8")  # type: ignore[operator]
    with pytest.raises(InstanceError) as caught:
        ms.read(folder).tree()
    for word in words:
        assert word in str(caught.value)


def test_a_series_drawn_twice_is_told() -> None:
    history = numbered_days("2021-01-04", 14)
    part = {"kind": "day_bootstrap", "series": [PRICE]}
    document = fit(Specification(country="FR", parts=[part, part]), history)
    with pytest.raises(InstanceError, match="a series that no other part draws"):
        process_of("house", "process.json", document.model_dump())


def test_months_kept_back_are_not_seen() -> None:
    """Of 60 days from 4 January only the 28 of January (of 24 hours each) are donors."""
    history = numbered_days("2021-01-04", 60)
    specification = Specification(
        country="FR", months_kept_back=["2021-02", "2021-03"], parts=[{"kind": "day_bootstrap", "series": [PRICE]}]
    )
    document = fit(specification, history)
    assert [donor["day"][:7] for donor in document.parts[0]["days"]] == ["2021-01"] * 28
    assert document.fitted_to.months_kept_back == ["2021-02", "2021-03"]
