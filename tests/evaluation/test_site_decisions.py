"""Decisions of the site from a solve to its folder and to everything that looks at it again: by hand."""

from __future__ import annotations

import json
import logging
import re
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.decided_site import WORTH, write_decided_site

import mes_stoch as ms
from mes_stoch.cli.main import run as run_command
from mes_stoch.evaluation import site_decisions, solves
from mes_stoch.evaluation.commitment import root_of
from mes_stoch.io.commitment_file import GivenCommitments
from mes_stoch.model.site_program import build_leaf_program
from mes_stoch.report.run import Run, read_run
from mes_stoch.report.tables import report_text
from mes_stoch.schema.errors import InstanceError, InterruptedRunError, RunFolderError, UsageError
from mes_stoch.solvers import auto as solvers_auto
from mes_stoch.solvers.certificate.bounds import NotInTimeError
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.interruption.signals import SignalWatch, listening
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator

HEAD = "component,quantity,unit,value\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> ms.Site:
    return ms.read(write_decided_site(tmp_path_factory.mktemp("decided") / "site"))


@pytest.fixture(scope="module")
def run(site: ms.Site) -> Run:
    return ms.solve(site, method="ef", gap_rel=1e-9)


@pytest.fixture
def folder(run: Run, tmp_path: Path) -> Path:
    return run.write(tmp_path / "run")


def decided(value: float) -> pd.DataFrame:
    return pd.DataFrame([{"component": "battery", "quantity": "initial_mwh", "unit": "MWh", "value": value}])


def call(*arguments: object) -> int:
    return run_command([str(argument) for argument in arguments])[0]


# -- what a run says of them ------------------------------------------------------------------------------------------


def test_a_run_says_what_was_decided(run: Run, folder: Path) -> None:
    assert run.objective == pytest.approx(100.0)
    row = {"component": "battery", "quantity": "initial_mwh", "unit": "MWh", "value": pytest.approx(1.0)}
    assert run.site_decisions.to_dict("records") == [row]
    assert run.summary["site_decisions"] == [row]
    assert float(run.solution["battery.initial_mwh"].values[0]) == pytest.approx(1.0)
    assert run.solution["battery.initial_mwh"].attrs["stage"] == "commit"
    assert "Decided with the commitments" in report_text(run)
    again = read_run(folder)
    assert again.site_decisions.to_dict("records") == [row]
    assert pd.read_csv(folder / "site_decisions.csv").to_dict("records") == [row]
    assert report_text(again) == report_text(run)


def test_its_folder_is_settled_and_stands_calls(folder: Path) -> None:
    assert ms.settle(folder).agrees
    stress = ms.evaluate(folder, stress=True).stress
    assert stress is not None
    assert stress.passed
    assert stress.calls_tested > 0


def test_a_changed_decision_is_found(folder: Path) -> None:
    (folder / "site_decisions.csv").write_text(HEAD + "battery,initial_mwh,MWh,0.5\n", encoding="utf-8")
    found = ms.settle(folder).disagreements
    assert "site_decisions.csv: initial_mwh of battery is 0.5, in solution.nc 1" in found


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "site_decisions.csv"),
        ("component,value\nbattery,1\n", "no such column"),
        (HEAD + "battery,initial_mwh,MWh,much\n", "a number"),
    ],
)
def test_a_damaged_table_is_told(folder: Path, content: str | None, words: str) -> None:
    file = folder / "site_decisions.csv"
    file.unlink() if content is None else file.write_text(content, encoding="utf-8")
    with pytest.raises(RunFolderError, match=words):
        read_run(folder, allow_changed=True)


# -- where a commitment is given --------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", WORTH)
def test_a_commitment_is_evaluated_with_them(run: Run, level: float) -> None:
    found = ms.evaluate(run, commitments=run.commitments, site_decisions=decided(level), gap_rel=1e-9).profits
    assert found is not None
    assert found.mean == pytest.approx(WORTH[level], abs=1e-6)
    assert found.bound_upper == pytest.approx(WORTH[level], abs=1e-6)


def test_they_come_with_a_run_and_with_a_file(run: Run, site: ms.Site, folder: Path) -> None:
    (folder / "site_decisions.csv").write_text(HEAD + "battery,initial_mwh,MWh,0.5\n", encoding="utf-8")
    of_file = ms.evaluate(site, commitments=folder / "commitments.csv", gap_rel=1e-9).profits
    assert of_file is not None
    assert of_file.mean == pytest.approx(WORTH[0.5], abs=1e-6)
    of_run = ms.evaluate(run, tree=site.tree(), gap_rel=1e-9).profits
    assert of_run is not None
    assert of_run.mean == pytest.approx(100.0)


def test_what_is_not_given_is_decided_and_told(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="mes_stoch"):
        found = ms.evaluate(run, commitments=run.commitments, gap_rel=1e-9).profits
    assert found is not None
    assert found.mean == pytest.approx(100.0)
    assert "not given, and decided as is best with the volumes: battery initial_mwh 1" in caplog.text


def test_an_interruption_is_no_time_limit(site: ms.Site) -> None:
    """Nothing is proven when it comes, and exit code 5 tells it from a limit's 4."""
    stop = Stop()
    stop.request.make("SIGINT")
    given = GivenCommitments({name: np.ones(1) for name in ("fr_afrr_up", "fr_afrr_down")})
    options = SolveOptions(gap_rel=1e-6)
    with pytest.raises(InterruptedRunError) as told:
        site_decisions.with_decisions_made(given, site.instance, site.tree(), options, stop, ScenarioCommunicator())
    assert told.value.exit_code == 5
    late = Stop(0.0)
    with pytest.raises(NotInTimeError):
        site_decisions.with_decisions_made(given, site.instance, site.tree(), options, late, ScenarioCommunicator())


@pytest.mark.parametrize(("module", "asked"), [(site_decisions, ()), (solves, ("--values",))])
def test_a_signal_that_was_only_noted_ends_an_evaluation(
    folder: Path,
    tmp_path: Path,
    module: ModuleType,
    asked: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """HiGHS drops an exception that is raised in its callbacks: the solve goes on, and nothing after it does."""
    (folder / "site_decisions.csv").rename(tmp_path / "elsewhere.csv")
    solve_by = solvers_auto.solve_by

    def interrupted(*arguments: Any, **options: Any) -> Any:
        result = solve_by(*arguments, **options)
        listening().make("SIGINT")
        return result

    monkeypatch.setattr(module, "solve_by", interrupted)
    instance, volumes, out = folder / "instance", folder / "commitments.csv", tmp_path / "found.json"
    with SignalWatch():
        assert call("evaluate", instance, "--commitment", volumes, *asked, "--out", out) == 5
    assert not out.exists()
    assert "interrupted" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("decided_mwh", "stage", "words"),
    [
        (
            None,
            "day_ahead",
            "decides battery.initial_mwh as well, and the commitment does not say what: give it in site_d",
        ),
        # what is missing of the site is told first
        (None, "commit", "decides battery.initial_mwh as well"),
        (1.0, "commit", "(positions of da, with the stage commit)"),
        (1.0, "day_ahead", None),
    ],
)
def test_what_the_first_stage_still_decides_is_named(
    tmp_path: Path, decided_mwh: float | None, stage: str, words: str | None
) -> None:
    folder = write_decided_site(tmp_path / "site")
    file = folder / "instance.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("da: {", f"da: {{stage: {stage}, "), encoding="utf-8")
    site = ms.read(folder)
    leaves = build_leaf_program(site.instance, site.tree())
    volumes = {name: np.ones(1) for name in ("fr_afrr_up", "fr_afrr_down")}
    decisions = {} if decided_mwh is None else {("battery", "initial_mwh"): decided_mwh}
    if words is None:
        assert sorted(root_of(leaves, volumes, decisions).tolist()) == [1.0, 1.0, 1.0]
        return
    with pytest.raises(UsageError, match=re.escape(words)):
        root_of(leaves, volumes, decisions)


def test_two_commitments_are_compared_each_with_its_own(run: Run, site: ms.Site, folder: Path) -> None:
    other = folder.with_name("other")
    other.mkdir()
    shutil.copy(folder / "commitments.csv", other)
    (other / "site_decisions.csv").write_text(HEAD + "battery,initial_mwh,MWh,0\n", encoding="utf-8")
    found = ms.evaluate(run, against=other / "commitments.csv", gap_rel=1e-9).comparison
    assert found is not None
    assert found.other.mean == pytest.approx(WORTH[0.0])
    assert found.first.mean == pytest.approx(WORTH[1.0])


@pytest.mark.parametrize("method", ["ef", "decomposition"])
def test_a_solve_takes_them_as_given(site: ms.Site, method: str) -> None:
    """Half full 1 MW down is worth 50, and 0.5 MW up 25."""
    run = ms.solve(site, method=method, site_decisions=decided(0.5), gap_rel=1e-9)
    assert run is not None
    assert run.objective == pytest.approx(75.0)
    assert run.site_decisions["value"].tolist() == [0.5]
    assert "Decisions of the site given: battery.initial_mwh." in run.summary["notes"]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("battery,initial_mwh,MWh,3\n", "3 of battery initial_mwh; expected 0 to 2 MWh"),
        ("batery,initial_mwh,MWh,1\n", "did you mean battery initial_mwh"),
        ("battery,initial_mwh,MWh,1\nbattery,initial_mwh,MWh,1\n", "each decision once"),
        ("battery,initial_mwh,MWh,\n", "value"),
    ],
)
def test_what_does_not_fit_is_told_by_line(site: ms.Site, tmp_path: Path, rows: str, words: str) -> None:
    file = tmp_path / "decisions.csv"
    file.write_text(HEAD + rows, encoding="utf-8")
    with pytest.raises(InstanceError, match=words):
        ms.solve(site, method="ef", site_decisions=file)


def test_they_are_evaluated_with_commitments_alone(run: Run, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="give both"):
        ms.evaluate(run, values=True, site_decisions=decided(1.0))
    with pytest.raises(UsageError, match="no such file of decisions of the site"):
        ms.evaluate(run, commitments=run.commitments, site_decisions=tmp_path / "nothing.csv")


def test_commands_take_a_file(site: ms.Site, folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "half.csv"
    file.write_text(HEAD + "battery,initial_mwh,MWh,0.5\n", encoding="utf-8")
    instance = folder / "instance"
    out = tmp_path / "solved"
    assert call("solve", instance, "--site-decisions", file, "--out", out, "--no-figures", "--quiet") == 0
    assert json.loads((out / "summary.json").read_text(encoding="utf-8"))["objective"] == pytest.approx(75.0)
    given = ("--commitment", folder / "commitments.csv", "--site-decisions", file)
    assert call("evaluate", folder, *given, "--out", tmp_path / "found.json") == 0
    found = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    assert found["commitment"]["profit_mean"] == pytest.approx(0.0, abs=1e-6)


# -- what else is asked of a site -------------------------------------------------------------------------------------


def test_policies(site: ms.Site) -> None:
    """One product holds 1 MW at 50 in the mean; with services alone the best level is known; each scenario wants it."""
    found = ms.evaluate(site, policies="all", gap_rel=1e-8).policies
    assert found is not None
    means = {name: one.bracket.lower for name, one in found.outcomes.items()}
    assert means["energy_only"] == pytest.approx(0.0, abs=1e-5)
    assert means["single_market"] == pytest.approx(50.0, abs=1e-4)
    assert means["expected_value"] == pytest.approx(100.0, abs=1e-4)
    assert means["wait_and_see"] == pytest.approx(100.0, abs=1e-4)
    told = found.result().policies
    assert told["wait_and_see"].site_decisions is None
    (number,) = told["expected_value"].site_decisions or []
    assert (number.component, number.quantity, number.unit) == ("battery", "initial_mwh", "MWh")
    assert number.value == pytest.approx(1.0, abs=1e-6)
    # which level is best without services is the solver's choice; what follows from it is not
    level = {name: sum(one.value for one in told[name].site_decisions or []) for name in means}
    sold = {
        name: one.commitments["volume_mw"].tolist()
        for name, one in found.outcomes.items()
        if one.commitments is not None
    }
    up, down = _held(level["two_loop"])
    assert sold["two_loop"] == pytest.approx([up, down], abs=1e-6)
    assert means["two_loop"] == pytest.approx(50.0 * (up + down), abs=1e-4)
    # alone each can be held in full, by charging, or by discharging, meanwhile; together they share what is held, and
    # half of that is sold: beside a level that does not hold it 1 MW short costs 200, less than charging does
    up, down = _held(level["share_of_capacity"])
    volume = 0.5 * (up + down) / 2
    assert sold["share_of_capacity"] == pytest.approx([volume, volume], abs=1e-6)
    short = max(volume - up, 0.0) + max(volume - down, 0.0)
    assert means["share_of_capacity"] == pytest.approx(100.0 * volume - 200.0 * short, abs=1e-4)


def _held(level: float) -> tuple[float, float]:
    """MW up and down that a level at the start holds."""
    return min(level, 1.0), min(2.0 - level, 1.0)


def test_operation_without_foresight_begins_at_the_level(run: Run) -> None:
    found = ms.evaluate(run, rolling=True, gap_rel=1e-9).rolling
    assert found is not None
    assert found.profits.mean == pytest.approx(100.0)
    assert found.settled_difference is not None
    assert found.settled_difference < 1e-6


@pytest.mark.parametrize(
    ("level", "held_mw", "limits"),
    [
        # half a MWh in store and 1.5 MWh of room: half a MW up, and down as much as the battery charges
        (0.5, (0.5, 1.0), ("energy", "power")),
        # room for half a MWh
        (1.5, (1.0, 0.5), ("energy", "energy")),
    ],
)
def test_flexibility_beside_what_is_held(
    site: ms.Site, level: float, held_mw: tuple[float, float], limits: tuple[str, str]
) -> None:
    """Idle for its hour the battery can give what is in store, or take what there is room for; both are sold.

    The hour is the last, and the level of its end that of the base: to give and be back is not possible, while what is
    taken may stay. It is bought at 300. One MW (MWh) more of what limits is one MW more.
    """
    run = ms.solve(site, method="ef", site_decisions=decided(level), gap_rel=1e-9)
    found = ms.evaluate(run, flexibility=True, durations_h=[1.0]).flexibility
    assert found is not None
    table = found.table().set_index("direction")
    assert table.index.tolist() == ["up", "down"]
    assert table["committed_mw"].tolist() == pytest.approx(held_mw, abs=1e-5)
    assert table["delivered_mw"].tolist() == pytest.approx(held_mw, abs=1e-5)
    for column in ("deviation_mw", "fixed_mw"):
        assert table[column].tolist() == pytest.approx([0.0, held_mw[1]], abs=1e-5)
    assert np.isnan(table.loc["up", "cost_eur_per_mwh"])
    assert table.loc["down", "cost_eur_per_mwh"] == pytest.approx(300.0, abs=1e-2)
    assert table["limited_by"].tolist() == ["battery", "battery"]
    assert table["limit"].tolist() == list(limits)
    assert table["limit_per_mw"].tolist() == pytest.approx([1.0, 1.0])


def test_values_of_products(run: Run) -> None:
    """Without either product 50 is left, and alone each earns 50."""
    found = ms.evaluate(run, products=True, gap_rel=1e-8).product_values
    assert found is not None
    for product in ("fr_afrr_up", "fr_afrr_down"):
        assert found.beside(product).lower == pytest.approx(50.0, abs=1e-4)
        assert found.by_itself(product).lower == pytest.approx(50.0, abs=1e-4)


@pytest.mark.parametrize(("energy_max_mwh", "recourse", "worth"), [(2.0, 100.0, 0.0), (1.0, 50.0, 5.0)])
def test_values_of_devices(site: ms.Site, energy_max_mwh: float, recourse: float, worth: float) -> None:
    """A MWh of the battery holds 1 MW, up or down, for 50, up to the 2 MWh with which all that can be sold is held.

    A tenth more is 0.1 MWh at 1 MWh, and worth 5. With the level and the volumes as they were found it is worth
    nothing, which is the shadow price; more power is worth nothing in any case.
    """
    asked = site.replace({"components.battery.energy_max_mwh": energy_max_mwh})
    found = ms.evaluate(asked, devices=True, gap_rel=1e-8).device_values
    assert found is not None
    assert found.recourse.lower == pytest.approx(recourse, abs=1e-6)
    energy = "components.battery.energy_max_mwh"
    power = [f"components.grid.{name}_max_mw" for name in ("import", "export")]
    power += [f"components.battery.{name}_max_mw" for name in ("charge", "discharge")]
    assert sorted(found.devices) == sorted([energy, *power])
    for name, value in found.devices.items():
        expected = worth if name == energy else 0.0
        assert value.step == pytest.approx(0.1 * value.limit)
        assert (value.step_value.lower, value.step_value.upper) == pytest.approx((expected, expected), abs=1e-6)
        assert value.shadow_price == pytest.approx(0.0, abs=1e-6)


# -- samples ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory, instances: Path) -> ms.Site:
    """The campus with two local contracts, whose battery begins where that is best."""
    folder = tmp_path_factory.mktemp("drawn") / "campus"
    shutil.copytree(instances / "enedis_local", folder)
    file = folder / "instance.yaml"
    text = file.read_text(encoding="utf-8")
    assert text.count("initial_mwh: 1\n") == 1
    file.write_text(text.replace("initial_mwh: 1\n", "initial_mwh: cyclic\n"), encoding="utf-8")
    return ms.read(folder)


def test_a_level_that_is_decided_earns_no_less(drawn: ms.Site, instances: Path) -> None:
    stated_site = ms.read(instances / "enedis_local")
    stated = ms.solve(stated_site, stated_site.tree(4), method="ef", gap_rel=1e-5)
    free = ms.solve(drawn, drawn.tree(4), method="ef", gap_rel=1e-5)
    other = ms.solve(drawn, drawn.tree(4), method="decomposition", gap_rel=1e-3)
    assert other is not None
    assert free.summary["bound_upper"] >= stated.summary["objective"] - 1e-6
    assert free.summary["bound_lower"] <= other.summary["bound_upper"] + 1e-6
    assert other.summary["bound_lower"] <= free.summary["bound_upper"] + 1e-6


def test_replications_and_growing_samples(drawn: ms.Site) -> None:
    run = ms.solve(drawn, drawn.tree(4), method="ef", gap_rel=1e-4)
    gap = ms.evaluate(run, replications=2, gap_rel=1e-3).optimality_gap
    assert gap is not None
    assert len(gap.replications) == 2
    given = ms.sequential_sampling(run, 1000.0, scenarios=4)
    assert given.sequential is not None
    assert given.site_decisions is not None
    assert given.site_decisions["value"].tolist() == pytest.approx(run.site_decisions["value"].tolist(), abs=1e-5)
    with pytest.raises(UsageError, match=r"decides battery\.initial_mwh as well"):
        ms.sequential_sampling(run, 1000.0, commitments=run.commitments, scenarios=4)
    found = ms.stability(drawn, (2, 3), replications=2, scenarios=4).stability
    assert found is not None
    assert found.table()["samples"].tolist() == [2, 2]
