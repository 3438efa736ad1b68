"""``mes-stoch settle``: the table, the ledger, and what it says of a run that does not add up."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xarray as xr

from mes_stoch.settlement import nodes
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.ledger import CashFlow

Command = Callable[..., Any]


@pytest.fixture
def run_dir(command: Command, tiny: str, tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    assert command("solve", tiny, "--method", "ef", "--no-figures", "--out", folder).code == 0
    return folder


def test_the_table_and_the_ledger(command: Command, run_dir: Path) -> None:
    done = command("settle", run_dir)
    assert done.code == 0
    assert "The two accounts agree" in done.out
    assert max(len(line) for line in done.out.splitlines()) <= 100
    profit = next(line for line in done.out.splitlines() if line.strip().startswith("profit"))
    assert profit.split()[1:3] == ["-687.50", "-687.50"]
    lines = pd.read_csv(run_dir / "ledger.csv")
    assert f"{len(lines)} lines" in done.err
    assert (lines["quantity"] * lines["price"] * lines["hours"]).to_numpy() == pytest.approx(lines["amount"].to_numpy())
    # again: a ledger is made from the run and can be made anew
    assert command("settle", run_dir).code == 0
    # and the run can be solved again over it
    assert command("report", run_dir, "--no-figures").code == 0


def test_one_scenario(command: Command, run_dir: Path) -> None:
    names = [str(name) for name in xr.open_dataset(run_dir / "solution.nc")["scenario"].values]
    done = command("settle", run_dir, "--scenario", names[1], "--out", "one.csv")
    assert done.code == 0
    assert f"scenario {names[1]}" in done.out
    lines = pd.read_csv("one.csv")
    assert set(lines["scenario"]) == {names[1]}
    profit = next(line for line in done.out.splitlines() if line.strip().startswith("profit")).split()[1]
    assert float(profit.replace(",", "")) == pytest.approx(lines["amount"].sum(), abs=0.005)
    taken = command("settle", run_dir, "--out", "one.csv")
    assert (taken.code, "--force" in taken.err) == (2, True)
    assert command("settle", run_dir, "--out", "one.csv", "--force").code == 0
    nowhere = command("settle", run_dir, "--out", "nowhere/one.csv")
    assert (nowhere.code, "cannot write nowhere/one.csv" in nowhere.err) == (2, True)
    unknown = command("settle", run_dir, "--scenario", "nobody")
    assert unknown.code == 2
    assert names[0] in unknown.err


def test_a_run_that_does_not_add_up(command: Command, run_dir: Path) -> None:
    with xr.open_dataset(run_dir / "solution.nc") as stored:
        solution = stored.load()
    name = next(str(name) for name in solution if str(name).endswith("volume_mw"))
    solution[name] = solution[name] + 1.0
    solution.to_netcdf(run_dir / "solution.nc")
    done = command("settle", run_dir)
    # the folder was changed, which is no fault of the program
    assert done.code == 2
    assert "THE TWO ACCOUNTS DIFFER" in done.out
    assert "solution.nc: found another content than the manifest's hash" in done.out
    assert "does not agree" in done.err
    # what is committed and not held is paid for and taken back, and costs its penalty
    stream = f"penalty.shortfall_{name.removesuffix('.volume_mw')}"
    row = next(line.split() for line in done.out.splitlines() if line.split()[:1] == [stream])
    assert row[1] != row[2]
    assert (run_dir / "ledger.csv").is_file()


def test_a_run_that_is_as_it_was_written_and_does_not_add_up(
    command: Command, run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The settlement is given other prices: it looks like a fault of the program, and is told as one."""
    from mes_stoch.settlement import registry

    def twice(data: SettlementData, name: str) -> Iterator[CashFlow]:
        for flow in nodes.settle_node(data, name):
            yield replace(flow, quantity=flow.quantity + 1.0)

    monkeypatch.setattr(registry, "settle_node", twice)
    done = command("settle", run_dir)
    assert done.code == 2
    assert "does not agree with the optimiser" in done.err
    assert "a fault of the program" in done.err


def change_summary(folder: Path, **changes: Any) -> None:
    path = folder / "summary.json"
    summary = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**summary, **changes}), encoding="utf-8")


def change_solution(folder: Path, file: str, change: Callable[[xr.Dataset], xr.Dataset]) -> None:
    with xr.open_dataset(folder / file) as stored:
        dataset = stored.load()
    change(dataset).to_netcdf(folder / file)


def change_text(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


TAMPERED: dict[str, tuple[Callable[[Path], None], str]] = {
    "objective": (
        lambda d: change_summary(d, objective=12345.0, bound_lower=12345.0, bound_upper=12345.0),
        "the objective is 12345.000000 EUR, settled -687.500000",
    ),
    "a lower bound above the upper": (lambda d: change_summary(d, bound_lower=-600.0), "is above the upper bound"),
    "an upper bound below the objective": (
        lambda d: change_summary(d, bound_lower=-800.0, bound_upper=-700.0, gap_rel=0.125),
        "the objective -687.500000 is above the upper bound -700.000000",
    ),
    "gap": (lambda d: change_summary(d, bound_upper=-600.0), "the gap is"),
    "bounds with their gap": (
        lambda d: change_summary(d, bound_upper=-687.45, gap_rel=(687.5 - 687.45) / 687.5),
        "the best of trace.csv -687.500000",
    ),
    "status": (
        lambda d: change_summary(d, bound_upper=-343.75, gap_rel=0.5, status="optimal"),
        "the status is optimal at a gap of 0.5",
    ),
    "a stream of the summary": (
        lambda d: change_text(d, "summary.json", '"capacity.fr_afrr_up": 90', '"capacity.fr_afrr_up": 95'),
        "stream capacity.fr_afrr_up is 95.000000 EUR, in solution.nc 90.000000",
    ),
    "money by year": (lambda d: change_summary(d, objective_eur_per_year=1.0), "a year are not"),
    "number of scenarios by node": (lambda d: change_summary(d, stages=3), "stages is 3, in the data 2"),
    "commitments.csv": (
        lambda d: change_text(d, "commitments.csv", ",3.0", ",30.0"),
        "commitments.csv: fr_afrr_up from 2025-01-15T00:00:00+01:00 is 30.0, in solution.nc 3",
    ),
    "a commitment without a row": (
        lambda d: (d / "commitments.csv").write_text(
            (d / "commitments.csv").read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8"
        ),
        "from 2025-01-15T00:00:00+01:00 is missing",
    ),
    "commitments of the summary": (
        lambda d: change_text(d, "summary.json", '"volume_mw": 3.0', '"volume_mw": 2.0'),
        "summary.json: fr_afrr_up from 2025-01-15T00:00:00+01:00 is 2.0, in solution.nc 3",
    ),
    "probabilities of the solution": (
        lambda d: change_solution(d, "solution.nc", lambda s: s.assign_coords(probability=s.probability * 2)),
        "solution.nc: the probability of scenario",
    ),
    "probabilities of the tree": (
        lambda d: change_solution(d, "tree.nc", lambda s: s.assign_coords(probability=s.probability * 2)),
        "tree.nc: the probabilities sum to 2",
    ),
    "profits": (
        lambda d: change_solution(d, "solution.nc", lambda s: s.assign(profit_eur=s.profit_eur + 1000)),
        "solution.nc: the profit of scenario",
    ),
    "profits that are none": (
        lambda d: change_solution(d, "solution.nc", lambda s: s.assign(profit_eur=s.profit_eur * float("nan"))),
        "profit_eur: found 4 values that are not numbers",
    ),
    "a series": (
        lambda d: change_solution(d, "tree.nc", lambda s: s.assign(da_price_eur_per_mwh=s.da_price_eur_per_mwh + 1)),
        "the series da_price_eur_per_mwh is not that of the instance's file",
    ),
    "the instance's description": (
        lambda d: change_text(d, "instance/README.md", "#", "##"),
        "instance/README.md: found another content than the manifest's hash",
    ),
    "the instance": (
        lambda d: change_text(d, "instance/instance.yaml", "name: tiny_site", "name: other_site"),
        "instance is tiny_site, in the data other_site",
    ),
    "bid rules": (
        lambda d: change_text(d, "instance/instance.yaml", "fr_afrr_up:", "fr_afrr_up:\n    minimum_bid_mw: 4"),
        "is 3, outside 4 to",
    ),
    "manifest": (
        lambda d: change_text(d, "manifest.json", '"gap_rel": 0.001', '"gap_rel": 0.5'),
        "manifest.json: found another content than the manifest's hash",
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_whatever_is_changed_is_found(command: Command, run_dir: Path, what: str) -> None:
    change, expected = TAMPERED[what]
    assert command("settle", run_dir).code == 0
    change(run_dir)
    done = command("settle", run_dir)
    assert done.code == 2
    # tables wrap at their width
    told = " ".join((done.out + done.err).split())
    assert expected in told, told
    # and nobody is shown a changed run as if it were sound
    assert command("report", run_dir, "--no-figures").code == 2


def test_what_is_no_run(command: Command, tmp_path: Path) -> None:
    assert command("settle", tmp_path / "nothing").code == 2


def test_a_run_with_emissions_is_read_again(command: Command, tiny: str, tmp_path: Path) -> None:
    """What a site emits is part of its run folder, for every command that reads it."""
    folder, run = tmp_path / "site", tmp_path / "run"
    shutil.copytree(tiny, folder)
    text = (folder / "instance.yaml").read_text(encoding="utf-8")
    tariff = "import_price_eur_per_mwh: 30"
    assert tariff in text
    text = text.replace(tariff, f"{tariff}\n    import_emission_kg_per_mwh: 200")
    (folder / "instance.yaml").write_text(f"{text}\nco2: {{price_eur_per_t: 50}}\n", encoding="utf-8")
    assert command("solve", folder, "--method", "ef", "--no-figures", "--out", run).code == 0
    done = command("settle", run)
    assert (done.code, "The two accounts agree" in done.out) == (0, True)
    assert "mains: CO2 emitted" in done.out
    assert "CO2 over the horizon" in command("report", run, "--no-figures").out
