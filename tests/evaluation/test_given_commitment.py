"""Volumes that are given: read and checked, dispatched in every scenario, with an honest bracket and error."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from helpers.random_programs import random_case

import mes_stoch as ms
from mes_stoch.cli.main import run as run_command
from mes_stoch.evaluation.evaluation import evaluation_schema
from mes_stoch.evaluation.profit import Profits
from mes_stoch.schema.errors import InfeasibleError, InstanceError, UsageError
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.decomposition.given_root import GivenRoot, evaluate_given
from mes_stoch.solvers.extensive.algorithm import solve_extensive

HEAD = "product,direction,block_start,block_end,volume_mw\n"
START, END = "2025-01-15T00:00:00+01:00", "2025-01-15T04:00:00+01:00"

#: instances/tiny_site/README.md: -770 without reserve, and what each MW adds.
WORTH = {0: -770.0, 1: -717.5, 2: -690.0, 3: -687.5, 4: -710.0}


def written(path: Path, *rows: str, head: str = HEAD) -> Path:
    path.write_text(head + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def tiny(instances: Path) -> ms.Site:
    return ms.read(instances / "tiny_site")


def call(*arguments: object) -> int:
    return run_command([str(argument) for argument in arguments])[0]


@pytest.mark.parametrize("volume", WORTH)
def test_every_volume_by_hand(tiny: ms.Site, tmp_path: Path, volume: int) -> None:
    file = written(tmp_path / "volumes.csv", f"fr_afrr_up,up,{START},{END},{volume}")
    found = ms.evaluate(tiny, commitments=file, gap_rel=1e-9).profits
    assert found is not None
    assert found.mean == pytest.approx(WORTH[volume])
    assert found.bound_upper == pytest.approx(WORTH[volume])
    assert found.bound_upper >= found.mean
    # demands of 1 to 4 MW: what is committed above them is short for four hours
    short = [4.0 * max(volume - demand, 0) for demand in (1, 2, 3, 4)]
    assert found.shortfalls.sum(axis=1).tolist() == pytest.approx(short)
    assert found.streams.sum(axis=1).to_numpy() == pytest.approx(found.scenarios["profit_eur"].to_numpy())
    # explicit scenarios are no sample of anything
    assert (found.standard_error, found.interval()) == (None, None)


def test_what_is_not_given_is_nothing(tiny: ms.Site, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    found = ms.evaluate(tiny, commitments=written(tmp_path / "none.csv")).profits
    assert found is not None
    assert found.mean == pytest.approx(WORTH[0])
    assert "1 blocks of fr_afrr_up are not given" in caplog.text


def test_the_commitment_of_a_run_is_worth_what_the_run_says(instances: Path, tmp_path: Path) -> None:
    site = ms.read(instances / "enedis_local")
    run = ms.solve(site, site.tree(6), gap_rel=1e-3)
    assert run is not None
    found = ms.evaluate(run, tree=site.tree(6), gap_rel=1e-4).profits
    assert found is not None
    size = abs(run.summary["objective"])
    assert found.mean <= run.summary["bound_upper"] + 1e-9 * size
    assert found.bound_upper >= run.summary["objective"] - 1e-9 * size
    assert found.bound_upper - found.mean <= 1e-4 * size


def test_other_days_are_worth_something_else(
    instances: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    assert call("solve", instances / "enedis_local", "--scenarios", 4, "--out", folder, "--no-figures") == 0
    capsys.readouterr()
    assert call("evaluate", folder, "--scenarios", 5, "--seed", 99) == 0
    shown = capsys.readouterr()
    assert "standard error" in shown.out
    assert "where it was made" in shown.out
    document = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, evaluation_schema())
    part = document["commitment"]
    assert (part["scenarios"], part["seed"]) == (5, 99)
    with xr.open_dataset(folder / "evaluation.nc") as data:
        profits = data["profit_eur"].values
        assert data["stream_eur"].sum("stream").values == pytest.approx(profits)
    assert part["profit_mean"] == pytest.approx(profits.mean())
    assert part["standard_error"] == pytest.approx(profits.std(ddof=1) / np.sqrt(5))
    # Student's t with four degrees of freedom, 97.5 %: 2.7764451
    assert part["confidence"]["upper"] - part["profit_mean"] == pytest.approx(2.7764451 * part["standard_error"])
    # what an earlier evaluation has found stays
    assert call("evaluate", folder, "--stress") == 0
    kept = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
    assert kept["stress"]["passed"] is True
    assert kept["commitment"] == part
    assert call("report", folder, "--no-figures") == 0


def test_leaves_of_a_node_are_one_draw() -> None:
    """Nodes of profits (1, 3) and (5, 7): means 2 and 6, a deviation of sqrt(8), an error of 2."""
    profits = Profits(
        scenarios=pd.DataFrame(
            {"probability": 0.25, "day_ahead_node": ["a", "a", "b", "b"], "profit_eur": [1.0, 3.0, 5.0, 7.0]}
        ),
        streams=pd.DataFrame(),
        shortfalls=pd.DataFrame(),
        bound_upper=4.0,
        bound_kind="safe",
        drawn_with=1,
        currency="EUR",
    )
    assert profits.mean == 4.0
    assert profits.standard_error == pytest.approx(2.0)
    assert [profits.quantile(share) for share in (0.05, 0.25, 0.26, 0.5, 1.0)] == [1.0, 1.0, 3.0, 3.0, 7.0]


def test_all_mistakes_at_once(tiny: ms.Site, tmp_path: Path) -> None:
    file = written(
        tmp_path / "volumes.csv",
        f"fr_afrr,up,{START},{END},1",
        f"da,up,{START},{END},1",
        f"fr_afrr_up,up,2025-01-15T01:00:00+01:00,{END},1",
        f"fr_afrr_up,down,{START},2025-01-15T05:00:00+01:00,1.5",
        f"fr_afrr_up,up,{START},{END},7",
        f"fr_afrr_up,up,{START},{END},many",
    )
    with pytest.raises(InstanceError) as raised:
        ms.evaluate(tiny, commitments=file)
    told = str(raised.value)
    for part in (
        "volumes.csv:2: product: found 'fr_afrr'; expected a product of the instance that is committed. Hint: did you",
        "volumes.csv:3: product: found 'da'; expected a product whose volume is decided at the root",
        "volumes.csv:4: block_start: found 2025-01-15T01:00:00+01:00 of fr_afrr_up; expected the start of a block",
        "volumes.csv:5: volume_mw: found 1.5 of fr_afrr_up; expected a multiple of 1",
        "volumes.csv:5: direction: found 'down' of fr_afrr_up; expected up",
        "volumes.csv:5: block_end: found '2025-01-15T05:00:00+01:00' of fr_afrr_up; expected 2025-01-15T04:00:00+01:00",
        "volumes.csv:6: volume_mw: found 7 of fr_afrr_up; expected 0, or 1 to 4",
        "volumes.csv:6: block_start: found fr_afrr_up from 2025-01-15T00:00:00+01:00 again, as in line 5",
        "volumes.csv:7: volume_mw: found 'many'; expected a finite number",
    ):
        assert part in told


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "an empty file"),
        ("product,volume_mw\nfr_afrr_up,1\n", "expected a column block_start"),
        (f"product,block_start\nfr_afrr_up,{START}\n", "expected a column volume_mw"),
    ],
)
def test_a_file_that_is_none(
    tiny: ms.Site, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, told: str
) -> None:
    file = tmp_path / "volumes.csv"
    file.write_text(content, encoding="utf-8")
    assert call("evaluate", tiny.folder, "--commitment", file) == 2
    assert told in capsys.readouterr().err


def test_a_spreadsheet_of_volumes(tiny: ms.Site, tmp_path: Path) -> None:
    file = written(tmp_path / "volumes.csv", "fr_afrr_up;15/01/2025 00:00;3,0", head="product;block_start;volume_mw\n")
    found = ms.evaluate(tiny, commitments=file).profits
    assert found is not None
    assert found.mean == pytest.approx(WORTH[3])


def test_an_instance_alone_holds_nothing(tiny: ms.Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("evaluate", tiny.folder, "--scenarios", 4) == 2
    assert "give commitments, or the folder of a run" in capsys.readouterr().err


@pytest.mark.parametrize("seed", range(16))
def test_random_programs(seed: int) -> None:
    """The first stage of the optimum, and another one, against the extensive form with the root fixed."""
    case = random_case(seed)
    best = solve_extensive(case.program, SolveOptions(gap_rel=1e-7))
    nothing = case.program.root.nearest(np.zeros(len(case.program.root.columns)))
    for root in (best.root, nothing):
        values = evaluate_given(case.program, root, lambda solution: solution.index, gap_rel=1e-6)
        weights = case.program.probabilities
        upper = sum(weights[value.index] * value.upper for value in values)
        lower = sum(weights[value.index] * value.lower for value in values)
        whole = solve_extensive(GivenRoot(case.program, root), SolveOptions(gap_rel=1e-7))
        tolerance = 1e-6 * max(1.0, abs(whole.upper))
        assert [value.kept for value in values] == [value.index for value in values]
        assert lower <= whole.upper + tolerance
        assert upper >= whole.lower - tolerance
        assert upper - lower <= 1e-6 * max(abs(upper), 1.0) + tolerance


def test_a_root_outside_a_scenarios_bounds() -> None:
    case = random_case(0)
    root = np.full(len(case.program.root.columns), 1e6)
    with pytest.raises(InfeasibleError, match="outside its bounds"):
        evaluate_given(case.program, root, lambda _: None)


def test_awards_are_kept_and_the_rest_is_decided(
    tiny: ms.Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """2 MW are worth -690, where 3 MW would be best; the run says what was given, and settles."""
    file = written(tmp_path / "awards.csv", f"fr_afrr_up,up,{START},{END},2")
    folder = tmp_path / "run"
    assert call("solve", tiny.folder, "--commitment", file, "--out", folder, "--no-figures") == 0
    assert "Volumes given, and not decided: fr_afrr_up" in capsys.readouterr().out
    run = ms.read_run(folder)
    assert run.objective == pytest.approx(WORTH[2])
    assert run.commitments["volume_mw"].tolist() == [2.0]
    assert run.settings.options["given_commitments"] == {"fr_afrr_up": [2.0]}
    assert ms.settle(run).agrees


@pytest.mark.parametrize("method", ["ef", "decomposition", "ph"])
def test_part_of_the_blocks_is_given(instances: Path, method: str) -> None:
    """With its own volume of one block given, every method finds a run that is as good; with another, none better."""
    site = ms.read(instances / "enedis_local")
    tree = site.tree(3)
    free = ms.solve(site, tree, method="ef", gap_rel=1e-6)
    assert free is not None
    assert free.objective is not None
    size = abs(free.objective)
    own = free.commitments.iloc[:1]
    kept = ms.solve(site, tree, method=method, gap_rel=1e-3, commitments=own)
    assert kept is not None
    assert kept.commitments.iloc[0]["volume_mw"] == pytest.approx(own.iloc[0]["volume_mw"])
    assert kept.summary["bound_upper"] >= free.objective - 1e-9 * size
    other = own.assign(volume_mw=0.0)
    less = ms.solve(site, tree, method=method, gap_rel=1e-3, commitments=other)
    assert less is not None
    assert less.commitments.iloc[0]["volume_mw"] == 0.0
    assert less.summary["objective"] <= free.summary["bound_upper"] + 1e-9 * size


def test_a_drawn_run_says_that_its_interval_is_of_a_sample(instances: Path) -> None:
    run = ms.solve(ms.read(instances / "enedis_local"), ms.read(instances / "enedis_local").tree(3))
    assert run is not None
    assert any("these 3 scenarios" in note for note in run.summary["notes"])
    listed = ms.solve(ms.read(instances / "tiny_site"))
    assert not any("scenarios, not of all days" in note for note in listed.summary["notes"])


def test_replications_are_of_the_expected_profit(tiny: ms.Site) -> None:
    with pytest.raises(UsageError, match="weighs risk"):
        ms.evaluate(ms.solve(tiny.with_risk("cvar", alpha=0.5)), replications=2)


@pytest.mark.parametrize("name", ["solution.json", "tree.json", "manifest.json", "summary.json", "values.nc"])
def test_no_file_of_a_run_is_written_over(tiny: ms.Site, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "run"
    assert call("solve", tiny.folder, "--out", folder, "--no-figures", "--quiet") == 0
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert call("evaluate", folder, "--commitment", folder / "commitments.csv", "--out", folder / name) == 2
    assert call("evaluate", folder, "--commitment", folder / "commitments.csv", "--out", folder / name, "--force") == 2
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def test_profits_beside_the_file_are_not_written_over(tiny: ms.Site, tmp_path: Path) -> None:
    (tmp_path / "bar.nc").write_bytes(b"mine")
    file = written(tmp_path / "volumes.csv", f"fr_afrr_up,up,{START},{END},2")
    assert call("evaluate", tiny.folder, "--commitment", file, "--out", tmp_path / "bar.json") == 2
    assert (tmp_path / "bar.nc").read_bytes() == b"mine"
    assert call("evaluate", tiny.folder, "--commitment", file, "--out", tmp_path / "no" / "bar.json") == 2


@pytest.mark.parametrize(("volume", "taken"), [(1e-7, 0.0), (0.99999999, 1.0), (2.0000001, 2.0), (3.9999999, 4.0)])
def test_volumes_are_what_was_written_down(tiny: ms.Site, tmp_path: Path, volume: float, taken: float) -> None:
    file = written(tmp_path / "volumes.csv", f"fr_afrr_up,up,{START},{END},{volume!r}")
    for site in (tiny, tiny.with_bids(steps=False)):
        found = ms.evaluate(site, commitments=file, gap_rel=1e-9).profits
        assert found is not None
        assert found.mean == pytest.approx(WORTH[int(taken)], abs=1e-4)


def test_what_is_finished_is_kept_when_time_is_up(instances: Path, tmp_path: Path) -> None:
    """Two scenarios are dispatched in a second; the values of twenty days take longer."""
    site = ms.read(instances / "hospital_fr")
    volumes = pd.DataFrame(columns=["product", "block_start", "volume_mw"])
    found = ms.evaluate(site, commitments=volumes, tree=site.tree(20), values=True, gap_rel=1e-6, time_limit_s=20.0)
    assert found.is_cut_short
    assert found.profits is not None
    assert len(found.profits.scenarios) == 20


def test_weights_that_differ_have_no_standard_error() -> None:
    profits = Profits(
        scenarios=pd.DataFrame({"probability": [0.9, 0.1], "day_ahead_node": ["a", "b"], "profit_eur": [1.0, 3.0]}),
        streams=pd.DataFrame(),
        shortfalls=pd.DataFrame(),
        bound_upper=2.0,
        bound_kind="safe",
        drawn_with=1,
        currency="EUR",
    )
    assert profits.standard_error is None


@pytest.mark.parametrize("given", [5, {"a": 1}])
def test_commitments_that_are_none(tiny: ms.Site, given: object) -> None:
    with pytest.raises(UsageError, match="a table like"):
        ms.evaluate(tiny, commitments=given)  # type: ignore[arg-type]
