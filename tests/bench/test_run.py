"""Whole benchmarks: real runs of everything, gone on with, stopped, interrupted."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bench_support import tiny_settings
from scipy.optimize import Bounds, LinearConstraint, milp

import mes_stoch as ms
from mes_stoch.bench.inputs import Inputs
from mes_stoch.bench.measurements import Bench
from mes_stoch.bench.plan import Measurement
from mes_stoch.bench.run import run_benchmark
from mes_stoch.bench.store import COLUMNS, BenchFolder
from mes_stoch.bench.worker import read_parts
from mes_stoch.io.artifacts.tree import read_tree
from mes_stoch.model.site_program import build_program
from mes_stoch.schema.errors import UsageError

OPTIMUM_EUR = -687.5  # instances/tiny_site/README.md


def wait_and_see_eur(site: ms.Site) -> float:
    """Mean of every scenario's own optimum, by SciPy from the same arrays."""
    program = build_program(site.instance, site.tree())
    total = 0.0
    for index, probability in enumerate(program.probabilities):
        one = program.scenario(index)
        found = milp(
            one.cost,
            integrality=one.integer,
            bounds=Bounds(one.column_lower, one.column_upper),
            constraints=LinearConstraint(one.matrix, one.row_lower, one.row_upper),
        )
        total += probability * (found.fun + one.offset)
    return -total


def test_every_measurement_has_a_row_with_all_fields(tiny_bench: BenchFolder):
    frame = pd.read_csv(tiny_bench.path / "measurements.csv")
    assert list(frame.columns) == list(COLUMNS)
    kinds = frame["kind"].value_counts().to_dict()
    # own with and without bid rules; `scaling` asks for the same run again, which is not made twice
    assert kinds == {"own": 2, "floor": 2, "ef": 2, "hedging": 1, "stamping": 1}
    assert frame["status"].isin(["gap_reached", "optimal"]).all()
    for column in ("cpu", "cores", "system", "python", "highspy", "code", "ended_utc", "process_wall_s"):
        assert frame[column].notna().all(), column
    assert (frame["process_cpu_s"] > 0.2).all()
    assert frame["peak_memory_mib"].between(50, 2000).all()
    assert (frame["load_average"] >= 0).all()


def test_bounds_enclose_the_optimum_known_by_hand(tiny_bench: BenchFolder):
    rows = {row["key"]: row for row in tiny_bench.rows()}
    for key in ("own-n4-r1", "ef-simplex-n4-r1", "ef-interior_point-n4-r1"):
        row = rows[key]
        assert row["bound_lower"] - 1e-6 <= OPTIMUM_EUR <= row["bound_upper"] + 1e-6
        assert row["gap_reached"] <= row["gap_asked"] == 1e-3
        assert row["time_s"] < row["process_time_to_gap_s"] <= row["process_wall_s"] + 1e-9


def test_the_floor_solves_every_scenario(tiny_bench: BenchFolder, instances: Path):
    expected = wait_and_see_eur(ms.read(instances / "tiny_site"))
    assert expected > OPTIMUM_EUR + 1.0, "information is worth something here, or the test says nothing"
    rows = {row["key"]: row for row in tiny_bench.rows()}
    for variant in ("scenario_options", "highs_defaults"):
        assert rows[f"floor-{variant}-n4-r1"]["bound_upper"] == pytest.approx(expected, rel=1e-3)


def test_shares_of_the_floor_add_up(instances: Path, tmp_path: Path):
    settings = tiny_settings(instances, measures=("floor",), ranks=(1, 3))
    rows = {row["key"]: row for row in run_benchmark(settings, tmp_path / "out", lambda _: None).rows()}
    one, three = rows["floor-scenario_options-n4-r1"], rows["floor-scenario_options-n4-r3"]
    assert three["bound_upper"] == pytest.approx(one["bound_upper"], rel=1e-9)
    # three interpreters with all that is imported
    assert three["peak_memory_mib"] > 2.5 * one["peak_memory_mib"]
    assert three["process_cpu_s"] > 1.5 * one["process_cpu_s"]


def test_phases_make_up_the_run(tiny_bench: BenchFolder):
    row = tiny_bench.row("own-n4-r1")
    assert row is not None
    phases = {name: row[f"{name}_s"] for name in ("build", "compile", "stamp", "hand_over", "bounds", "write", "read")}
    assert all(value > 0 for value in phases.values()), phases
    assert sum(value or 0.0 for name, value in row.items() if name.endswith("_s") and name[:-2] in phases) < float(
        row["process_wall_s"]
    )


def test_traces_end_at_the_certified_interval(tiny_bench: BenchFolder):
    traces = tiny_bench.traces()
    row = tiny_bench.row("own-n4-r1")
    assert row is not None
    last = traces[traces["key"] == "own-n4-r1"].iloc[-1]
    assert last["bound_lower"] == pytest.approx(row["bound_lower"], rel=1e-9)
    assert last["bound_upper"] == pytest.approx(row["bound_upper"], rel=1e-9)
    # HiGHS minimises the sum over scenarios; rows and traces are per scenario
    for key in ("ef-simplex-n4-r1", "ef-interior_point-n4-r1"):
        last = traces[traces["key"] == key].iloc[-1]
        assert last["bound_lower"] == pytest.approx(OPTIMUM_EUR, rel=1e-3)
        assert last["since_start_s"] > last["time_s"]


def test_hedging_counts_scenario_iterations(tiny_bench: BenchFolder):
    row = tiny_bench.row("hedging-n4-r1")
    assert row is not None
    assert row["solves"] == 4 * 2, "four scenarios in iterations 2 and 3"
    # everything that mpi-sppy does comes on top of the same calls
    assert 0.01 < row["bare_ms"] < row["through_ms"] < 100


def test_a_second_run_measures_only_what_is_missing(instances: Path, tmp_path: Path):
    out = tmp_path / "out"
    run_benchmark(tiny_settings(instances, measures=("stamping",)), out, lambda _: None)
    before = (out / "measurements" / "stamping-n4-r1.json").read_bytes()
    said: list[str] = []
    run_benchmark(tiny_settings(instances, measures=("stamping", "floor")), out, said.append)
    assert (out / "measurements" / "stamping-n4-r1.json").read_bytes() == before
    assert sum("measured before" in line for line in said) == 1
    assert {row["kind"] for row in BenchFolder.open(out).rows()} == {"stamping", "floor"}


def test_a_folder_with_former_names_is_read_and_gone_on_with(tiny_bench: BenchFolder, instances: Path, tmp_path: Path):
    out = tmp_path / "out"
    shutil.copytree(tiny_bench.path, out)
    before = {row["key"]: row for row in tiny_bench.rows()}
    for path in (out / "measurements").glob("own-*.json"):
        text = path.read_text().replace('"own', '"ours')
        if path.stem.endswith("bids"):
            text = text.replace('"status": "', '"status": "failed", "was": "')
        path.unlink()
        path.with_name(path.name.replace("own", "ours")).write_text(text)
    assert sorted(path.stem for path in (out / "measurements").glob("ours*")) == ["ours-n4-r1", "ours-n4-r1-bids"]
    old = BenchFolder.open(out)
    assert {row["key"]: row["kind"] for row in old.rows()} == {key: row["kind"] for key, row in before.items()}
    assert (old.traces()["key"] == "own-n4-r1").sum() == (tiny_bench.traces()["key"] == "own-n4-r1").sum() > 0
    said: list[str] = []
    rows = run_benchmark(tiny_settings(instances, measures=("own",)), out, said.append).rows()
    assert [line.split(":")[0] for line in said if "measured before" in line] == ["[1/2] own, 4 scenarios, 1 process"]
    assert sorted(row["key"] for row in rows) == sorted(before), "what failed is measured again, and stands there once"
    assert {row["status"] for row in rows if row["kind"] == "own"} == {before["own-n4-r1"]["status"]}
    assert pd.read_csv(out / "measurements.csv")["kind"].isin(["own", "floor", "ef", "hedging", "stamping"]).all()


def test_figures_of_different_questions_do_not_mix(instances: Path, tmp_path: Path):
    out = tmp_path / "out"
    settings = tiny_settings(instances, measures=("stamping",))
    run_benchmark(settings, out, lambda _: None)
    with pytest.raises(UsageError, match=r"gap_rel 0\.001, and this would be 0\.01"):
        run_benchmark(replace(settings, gap_rel=0.01), out, lambda _: None)
    copy = tmp_path / "changed" / "tiny_site"
    copy.mkdir(parents=True)
    for path in (instances / "tiny_site").iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    text = (copy / "instance.yaml").read_text().replace("shed_cost_eur_per_mwh: 150", "shed_cost_eur_per_mwh: 151")
    (copy / "instance.yaml").write_text(text)
    with pytest.raises(UsageError, match="instance_sha256"):
        run_benchmark(replace(settings, instance=copy), out, lambda _: None)
    again = run_benchmark(replace(settings, gap_rel=0.01), out, lambda _: None, force=True)
    assert [row["gap_asked"] for row in again.rows()] == [0.01]


def test_copies_draw_the_scenarios_of_the_tree_file(instances: Path, tmp_path: Path):
    inputs = Inputs(tmp_path, seed=5)
    site = inputs.prepare(instances / "hospital_fr")
    path, _ = inputs.draw(site, 3)
    stored = read_tree(path)
    # what mpi-sppy's driver does: a folder and a number
    drawn = ms.read(inputs.instance(bids=False)).tree(3)
    assert stored.dataset.attrs["seed"] == drawn.dataset.attrs["seed"] == 5
    for name in drawn.series_names:
        np.testing.assert_array_equal(stored.dataset[name].values, drawn.dataset[name].values)
    bids = [ms.read(inputs.instance(bids=on)).instance.bids for on in (False, True)]
    assert [(rule.minimum, rule.steps) for rule in bids] == [(False, False), (True, True)]


@pytest.mark.mpi
@pytest.mark.slow
def test_own_on_two_ranks_is_added_up(instances: Path, tmp_path: Path, mpiexec: str):
    settings = tiny_settings(instances, measures=("own",), ranks=(1, 2), method="decomposition", with_bid_rules=False)
    folder = run_benchmark(settings, tmp_path / "out", lambda _: None)
    one, two = folder.row("own-n4-r1"), folder.row("own-n4-r2")
    assert one is not None
    assert two is not None
    assert two["status"] in ("gap_reached", "optimal"), two["note"]
    assert two["bound_lower"] - 1e-6 <= OPTIMUM_EUR <= two["bound_upper"] + 1e-6
    assert two["peak_memory_mib"] > 1.5 * one["peak_memory_mib"]
    # every rank has timed its own phases
    parts = read_parts(folder.path / "work" / "own-n4-r2")
    assert len(parts) == 2
    for part in parts:
        assert {"build", "compile", "stamp", "hand_over", "solve", "bounds"} <= set(part["phases_wall_s"])


@pytest.mark.parametrize("kind", ["ef", pytest.param("mpisppy_driver", marks=pytest.mark.mpi)])
def test_a_peer_that_is_too_slow_is_stopped(instances, tmp_path, running_below, request, kind):
    if kind == "mpisppy_driver":
        request.getfixturevalue("mpiexec")
    settings = tiny_settings(instances, instance=instances / "hospital_fr")
    inputs = Inputs(tmp_path / "inputs")
    bench = Bench(settings, inputs, inputs.prepare(settings.instance))
    measurement = {
        "ef": Measurement("ef", 12, 1, "interior_point"),
        "mpisppy_driver": Measurement("mpisppy_driver", 3, 3, "scenarios"),
    }[kind]
    work = tmp_path / "work"
    work.mkdir()
    started = time.perf_counter()
    row, trace = bench.measure(measurement, work, limit_s=6.0)
    assert time.perf_counter() - started < 40
    assert row["status"] == "stopped", row
    assert row["process_wall_s"] >= 6.0
    assert row.get("time_s") is None
    assert row["process_cpu_s"] > 1.0
    assert row["peak_memory_mib"] > 100
    assert running_below(work) == []
    for point in trace:
        assert point["bound_upper"] is None or point["bound_upper"] > -10_000


def test_interrupted_and_gone_on_with(instances: Path, tmp_path: Path, running_below):
    out = tmp_path / "out"
    command = [sys.executable, "-m", "mes_stoch", "bench", str(instances / "tiny_site"), "--out", str(out)]
    command += ["--measures", "floor,hedging", "--sizes", "4", "--ranks", "1", "--hedging-scenarios", "4"]
    command += ["--hedging-iterations", "20000"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    work = out / "work" / "hedging-n4-r1"
    deadline = time.monotonic() + 60
    while not (work.is_dir() and running_below(work)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert running_below(work), "the long measurement has begun"
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 5, said
    assert "the same command goes on from there" in said
    assert running_below(out) == []
    stored = {path.stem: json.loads(path.read_text())["row"] for path in (out / "measurements").glob("*.json")}
    assert sorted(stored) == ["floor-highs_defaults-n4-r1", "floor-scenario_options-n4-r1"]
    command[-1] = "3"
    again = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment)
    assert again.returncode == 0, again.stderr
    assert again.stderr.count("measured before") == 2
    assert {row["key"] for row in BenchFolder.open(out).rows()} == {*stored, "hedging-n4-r1"}
