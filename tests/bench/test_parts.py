"""Reading, judging and showing: small parts with numbers worked out by hand."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

import mes_stoch as ms
from mes_stoch.bench import mpisppy_driver
from mes_stoch.bench.documents import END, START, write_between_marks
from mes_stoch.bench.figures import write_figures
from mes_stoch.bench.goals import goals
from mes_stoch.bench.plan import plan
from mes_stoch.bench.settings import preset
from mes_stoch.bench.store import COLUMNS, BenchFolder, Row
from mes_stoch.bench.tables import report
from mes_stoch.bench.tasks.handover import build_linopy
from mes_stoch.model.site_program import build_program
from mes_stoch.schema.errors import UsageError


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        # mpi-sppy 0.14.0, hospital_fr with 10 scenarios
        ("[   32.94]     0  *         2656.8115             inf           inf%             inf", (0, 2656.8115, "inf")),
        (
            "[   74.34]     1    X       2656.8115       3028.0305        12.259%        371.2190",
            (1, 2656.8115, 3028.0305),
        ),
        ("[  110.86]     1            2656.8894             inf           inf%             inf", (1, 2656.8894, "inf")),
        (
            "[    9.90]    12  L X    -108390.1000    -107000.5000         1.282%       1389.6000",
            (12, -108390.1, -107000.5),
        ),
        ("[   51.29] Iter.           Best Bound  Best Incumbent      Rel. Gap        Abs. Gap", None),
        ("[   14.01] Entering solve loop in PHBase.Iter0", None),
        ("=   EXIT CODE: 15", None),
    ],
)
def test_the_hubs_table_is_read(line, expected):
    assert mpisppy_driver.bounds_in(line) == (None if expected is None else tuple(map(float, expected)))


def row(kind: str, scenarios: int, **fields) -> Row:
    given = {"variant": "", "ranks": 1, "bids": False, "status": "gap_reached", "cores": "2", **fields}
    return {**dict.fromkeys(COLUMNS), "kind": kind, "scenarios": scenarios, **given}


def own(scenarios: int, time_s: float, ranks: int = 1, **fields) -> Row:
    given = {"time_s": time_s, "time_cpu_s": time_s * ranks, "process_time_to_gap_s": time_s + 2, **fields}
    return row("own", scenarios, ranks=ranks, process_wall_s=time_s + 2, **given)


def verdicts(*rows: Row, factor: float = 20.0) -> dict[tuple[str, str], tuple[str, str]]:
    return {(goal.text, goal.scenarios): (goal.measured, goal.reached) for goal in goals(rows, factor)}


FLOOR = "time to the gap / one cold MIP solve of every scenario"
EF = "HiGHS on the extensive form, the better of two / own solver, all cores"
DRIVER = "mpi-sppy's generic_cylinders, the better of two / own solver, same ranks"


def test_nothing_measured_is_no_goal_reached():
    assert {reached for _, reached in verdicts().values()} == {"not measured"}


def test_the_floor_is_judged_at_the_same_ranks_by_the_worst():
    floor = [row("floor", 100, variant="scenario_options", time_s=10.0, time_cpu_s=10.0)]
    floor += [row("floor", 100, variant="scenario_options", ranks=2, time_s=5.0, time_cpu_s=10.0)]
    floor += [row("floor", 100, variant="highs_defaults", time_s=100.0, time_cpu_s=100.0)]
    measured, reached = verdicts(*floor, own(100, 15.0), own(100, 12.0, ranks=2))[FLOOR, "100"]
    # 15 / 10 with one process, 12 / 5 with two
    assert measured.startswith("2.40 (12.0 / 5.0 s, 2 processes; CPU 2.40")
    assert reached == "no"
    assert verdicts(*floor, own(100, 15.0), own(100, 9.0, ranks=2))[FLOOR, "100"][1] == "yes"


def test_a_peer_counts_with_its_better_variant_and_its_stop():
    best = own(100, 8.0, ranks=2)  # 10 s with start
    slow = row("ef", 100, variant="simplex", status="stopped", process_wall_s=200.5)
    fast = row("ef", 100, variant="interior_point", process_wall_s=150.0, process_time_to_gap_s=150.0)
    assert verdicts(best, slow)[EF, "100"] == ("> 20.0 (200 / 10.0 s, own solver with 2 processes)", "yes")
    assert verdicts(best, slow, fast)[EF, "100"] == ("15.0 (150 / 10.0 s, own solver with 2 processes)", "no")
    early = row("ef", 100, variant="simplex", status="stopped", process_wall_s=50.0)
    assert verdicts(best, early, factor=5.0)[EF, "100"] == ("> 5.0 (50 / 10.0 s, own solver with 2 processes)", "open")
    # a peer that gave up by itself is neither fast nor slow
    gave_up = row("ef", 100, variant="simplex", status="limit", process_wall_s=3.0)
    assert verdicts(best, gave_up)[EF, "100"][1] == "not measured"


def test_the_driver_is_compared_on_its_own_number_of_ranks():
    peer = row("mpisppy_driver", 30, variant="scenarios", ranks=3, process_wall_s=300.0, process_time_to_gap_s=240.0)
    measured, reached = verdicts(own(30, 4.0, ranks=2), own(30, 8.0, ranks=3), peer)[DRIVER, "30"]
    assert (measured, reached) == ("24.0 (300 / 10.0 s, own solver with 3 processes)", "yes")


def test_the_other_goals():
    hedging = row("hedging", 10, through_ms=13.0, bare_ms=10.0)
    stamping = row("stamping", 1000, stamp_ms=1.2, hand_over_ms=0.9)
    scaling = [own(100, 20.0), own(1000, 200.0), own(1000, 110.0, ranks=2)]
    scaling += [own(10_000, 2320.0, peak_memory_mib=20 * 1024.0)]
    found = {text: verdict for (text, _), verdict in verdicts(hedging, stamping, *scaling).items()}
    assert found["PH scenario-iteration through mpi-sppy / bare HiGHS re-solve (LP)"][1] == "yes"
    assert found["stamped build and hand-over per scenario"] == ("2.10 ms (1.20 + 0.90 CPU-ms)", "no")
    assert found["peak memory, all processes"] == ("20.0 GiB (1 process)", "no")
    # 200 ms a scenario, then 232
    assert found["cost per scenario"] == ("+16.0 % (200 -> 232 CPU-ms)", "no")
    assert found["2 ranks against 1"] == ("1.82 (200.0 / 110.0 s)", "yes")


def test_failed_rows_and_rows_with_bid_rules_reach_no_goal():
    failed = row("hedging", 10, status="failed", note="no memory")
    with_rules = own(10_000, 1.0, bids=True, peak_memory_mib=1.0)
    assert {reached for _, reached in verdicts(failed, with_rules).values()} == {"not measured"}


def test_the_full_plan_covers_the_goals(instances: Path):
    found = {measurement.key for measurement in plan(preset("full", instances / "hospital_fr"))}
    assert {"own-n100-r1", "own-n1000-r2", "own-n10000-r1", "own-n30-r3", "own-n100-r2-bids"} <= found
    assert {"floor-scenario_options-n1000-r2", "floor-highs_defaults-n100-r1", "ef-simplex-n100-r1"} <= found
    assert {
        "mpisppy_driver-scenarios-n30-r3",
        "mpisppy_driver-bundles_of_5-n100-r3",
        "handover-linopy-n100-r1",
    } <= found
    assert "floor-highs_defaults-n1000-r1" not in found
    assert "ef-simplex-n1000-r1" not in found


def test_the_report_shows_what_was_measured(tiny_bench: BenchFolder):
    text = report(tiny_bench)
    measured = tiny_bench.row("own-n4-r1")
    assert measured is not None
    assert f"| {measured['time_s']:.2f} " in text
    assert "| HiGHS, extensive form, interior point | " in text
    assert "[-687.5, -687.5]" in text
    assert "highspy 1.16" in text
    assert "### Failed" not in text
    for line in text.splitlines():
        if line.startswith("|"):
            assert line.endswith("|")


def test_figures_are_drawn(tiny_bench: BenchFolder):
    from matplotlib.image import imread

    for path in write_figures(tiny_bench):
        image = imread(path)
        assert image.shape[0] > 300
        assert image[..., :3].min() < 0.5 < image[..., :3].max(), "something stands on the paper"
    assert sorted(path.name for path in tiny_bench.path.glob("*.png")) == ["cost_per_scenario.png", "time_to_gap.png"]


def test_a_document_keeps_what_stands_outside_the_marks(tmp_path: Path):
    document = tmp_path / "page.md"
    document.write_text(f"before\n{START}\nold\n{END}\nafter\n", encoding="utf-8")
    for _ in range(2):
        write_between_marks(document, "new\n")
    assert document.read_text(encoding="utf-8") == f"before\n{START}\n\nnew\n\n{END}\nafter\n"
    document.write_text("no marks", encoding="utf-8")
    with pytest.raises(UsageError, match="lacks the lines"):
        write_between_marks(document, "new")
    assert document.read_text(encoding="utf-8") == "no marks"


def test_the_projects_own_page_has_the_marks(repository: Path, tmp_path: Path):
    copy = tmp_path / "benchmarks.md"
    copy.write_bytes((repository / "docs" / "benchmarks.md").read_bytes())
    write_between_marks(copy, "figures")
    assert "figures" in copy.read_text(encoding="utf-8")


@pytest.mark.filterwarnings("ignore")  # linopy's and its dependencies' own
def test_linopy_builds_the_same_program(instances: Path):
    if importlib.util.find_spec("linopy") is None:
        pytest.skip("linopy is not installed: pip install 'mes_stoch[bench]'")
    import linopy

    site = ms.read(instances / "tiny_site")
    program = build_program(site.instance, site.tree())
    scenarios = [program.scenario(index) for index in range(4)]
    model = build_linopy(linopy, program, scenarios)
    model.solve(solver_name="highs", log_to_console=False)
    # the optimum by hand, as a cost; the objective's constant is not linopy's to hold
    constant = sum(program.probabilities[k] * scenarios[k].offset for k in range(4))
    assert model.objective.value + constant == pytest.approx(687.5)
