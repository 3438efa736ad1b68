"""Sites with three stages: an optimum by hand, plain Pyomo with node equalities, and reports by leaf."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyomo.environ as pyo
import pytest
from helpers import three_stage_folder as by_hand
from helpers.random_site import below_nodes, random_site
from helpers.site_builder import grid, make_instance, make_tree

from mes_stoch import api
from mes_stoch.api import METHODS
from mes_stoch.cli.main import run
from mes_stoch.model.bundle import BundledProgram
from mes_stoch.model.site_program import SiteProgram, build_leaf_program, build_program, build_pyomo_scenario
from mes_stoch.report.run import read_run
from mes_stoch.report.tables import report_text
from mes_stoch.schema.errors import InstanceError, ModelError, UsageError
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.extensive.algorithm import solve_extensive

EXACT = SolveOptions(gap_rel=1e-9)


@pytest.fixture
def site(tmp_path: Path) -> api.Site:
    return api.read(by_hand.write_folder(tmp_path / "three_stages"))


@pytest.mark.parametrize("method", METHODS)
def test_optimum_by_hand(site: api.Site, method: str) -> None:
    solved = api.solve(site, site.tree(), method, gap_rel=1e-7)
    assert solved is not None
    assert solved.objective == pytest.approx(by_hand.THREE_STAGE_PROFIT, abs=1e-5)
    assert solved.summary["bound_upper"] == pytest.approx(by_hand.THREE_STAGE_PROFIT, abs=1e-5)
    assert solved.commitments["volume_mw"].tolist() == pytest.approx([by_hand.THREE_STAGE_RESERVE_MW], abs=1e-6)
    assert solved.profit.to_dict() == pytest.approx(by_hand.PROFITS, abs=1e-5)
    sold = solved.solution["da.position_mw"].sel(scenario=list(by_hand.DAY_AHEAD_MW)).values.ravel()
    assert sold.tolist() == pytest.approx(list(by_hand.DAY_AHEAD_MW.values()), abs=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_without_agreement_below_the_node(tmp_path: Path, method: str) -> None:
    """The same leaves as scenarios of their own are worth more, and another commitment seems best."""
    site = api.read(by_hand.write_folder(tmp_path / "two_stages", nodes=""))
    solved = api.solve(site, site.tree(), method, gap_rel=1e-7)
    assert solved is not None
    assert solved.objective == pytest.approx(by_hand.TWO_STAGE_PROFIT, abs=1e-5)
    assert solved.commitments["volume_mw"].tolist() == pytest.approx([by_hand.TWO_STAGE_RESERVE_MW], abs=1e-6)


def test_results_are_those_of_leaves(site: api.Site, tmp_path: Path) -> None:
    solved = api.solve(site, site.tree())
    assert solved.summary["scenarios"] == 3
    assert solved.summary["stages"] == 3
    assert solved.summary["day_ahead_nodes"] == 2
    assert "Three-stage: day-ahead positions are decided at 2 day-ahead nodes" in solved.summary["notes"][0]
    again = read_run(solved.write(tmp_path / "run"))
    for one in (solved, again):
        assert one.solution["scenario"].values.tolist() == ["low", "high", "plain"]
        assert one.solution["day_ahead_node"].values.tolist() == ["root/d0000", "root/d0000", "root/d0001"]
        assert one.flows("high")["electricity", "power", "generator"].tolist() == pytest.approx([2.0])
        assert one.flows("low")["electricity", "power", "generator"].tolist() == pytest.approx([0.0], abs=1e-7)
    assert solved.summary["streams"]["energy.id_spread"] == pytest.approx(0.25 * (-30) * -1 + 0.25 * 40 * 1, abs=1e-5)


def test_duals_are_per_unit_of_a_leafs_own_profit(site: api.Site) -> None:
    """Gas costs 16 EUR/MWh in every leaf, however probable it is: one MWh more taken costs that much there."""
    solved = api.solve(site, site.tree(), gap_rel=1e-9)
    dual = solved.solution["dual.fuel.balance"]
    assert dual.values.ravel().tolist() == pytest.approx([-16.0] * 3)
    assert "the node's expected profit" in dual.attrs["note"]


def optimum_by_pyomo(instance: Instance, tree: ScenarioTree) -> float:
    """Expected cost: every leaf a plain Pyomo model, agreement at the root and at the nodes as rows."""
    model = pyo.ConcreteModel()
    leaves = [build_pyomo_scenario(instance, tree, index) for index in range(len(tree.scenario_names))]
    model.leaf = pyo.Block(range(len(leaves)))
    model.agree = pyo.ConstraintList()
    total = 0.0
    nodes = tree.dataset["day_ahead_node"].values.tolist()
    for index, leaf in enumerate(leaves):
        leaf.model.objective.deactivate()
        total += float(tree.probabilities[index]) * leaf.model.objective.expr
        for position, (family, members) in enumerate(leaf.variables):
            partner = {"commit": 0, "day_ahead": nodes.index(nodes[index])}.get(family.stage, index)
            if partner != index:
                for mine, theirs in zip(members, leaves[partner].variables[position][1], strict=True):
                    model.agree.add(mine == theirs)
    for index, leaf in enumerate(leaves):
        model.leaf[index].transfer_attributes_from(leaf.model)
    model.expected = pyo.Objective(expr=total)
    answer = pyo.SolverFactory("highs").solve(model, options={"mip_rel_gap": 0.0, "mip_abs_gap": 1e-7})
    assert pyo.check_optimal_termination(answer)
    return float(pyo.value(model.expected))


@pytest.mark.parametrize("integer", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_against_plain_pyomo_with_node_equalities(seed: int, integer: bool) -> None:
    instance, tree = random_site(np.random.default_rng(seed), [2, 3, 1], integer=integer)
    program = build_program(instance, tree)
    assert isinstance(program, BundledProgram)
    three_stage = solve_extensive(program, EXACT)
    assert three_stage.upper == pytest.approx(optimum_by_pyomo(instance, tree), rel=1e-6)
    # a relaxation is worth at least as much; costs are negative profits
    two_stage = solve_extensive(build_leaf_program(instance, tree), EXACT)
    apart = below_nodes(tree, range(6))
    assert two_stage.upper == pytest.approx(optimum_by_pyomo(instance, apart), rel=1e-6)
    assert two_stage.upper <= three_stage.upper + 1e-6


def test_knowing_less_costs() -> None:
    """Over some sites the two differ by a good deal, so that the comparison above means something."""
    lost = []
    for seed in range(3):
        instance, tree = random_site(np.random.default_rng(seed), [2, 3, 1], integer=False)
        together, apart = build_program(instance, tree), build_leaf_program(instance, tree)
        lost.append(solve_extensive(together, EXACT).upper - solve_extensive(apart, EXACT).upper)
    assert max(lost) > 1.0


def test_day_ahead_columns_alone_are_shared() -> None:
    instance, tree = random_site(np.random.default_rng(0), [2, 1], integer=True)
    program = build_program(instance, tree)
    assert isinstance(program, BundledProgram)
    shared = {program.program.column_names[column].split("[")[0] for column in program.shared}
    root = {
        f"fr_{product}.{quantity}"
        for product in ("mfrr_up", "afrr_down")
        for quantity in ("volume_mw", "bid", "bid_steps")
    }
    assert shared == {"da.position_mw", *root}
    assert program.scenario_names == ("root/d0000", "root/d0001")


def test_rows_and_columns_say_which_leaf() -> None:
    instance, tree = random_site(np.random.default_rng(0), [2, 1], integer=True)
    program = build_program(instance, tree)
    leaf = build_leaf_program(instance, tree)
    rows, columns = program.scenario(0).matrix.shape
    assert (len(program.row_names), len(program.column_names)) == (rows, columns)
    assert program.describe_row(rows - 1) == f"{leaf.describe_row(len(leaf.row_names) - 1)} of member 2"
    first = program.column_names.index("da.position_mw[0]")
    assert program.describe_column(first) == leaf.describe_column(leaf.column_names.index("da.position_mw[0]"))
    named = [name for name in program.row_names if "bid_step" in name]
    assert named == [name for name in leaf.row_names if "bid_step" in name]


def test_without_day_ahead_decisions_there_are_two_stages() -> None:
    instance = make_instance(
        {"grid": grid(), "load": {"type": "demand", "node": "power", "demand_mw": 1.0}},
        {"da": {"price_eur_per_mwh": "da_eur_per_mwh", "settlement_period_h": 1, "stage": "realtime"}},
    )
    tree = below_nodes(make_tree(instance, {"da_eur_per_mwh": [[10.0], [20.0]]}, [0.5, 0.5]), [0, 0])
    program = build_program(instance, tree)
    assert isinstance(program, SiteProgram)
    assert program.stages == 2


def test_day_ahead_prices_are_data_of_the_node(tmp_path: Path) -> None:
    folder = by_hand.write_folder(tmp_path / "site", scenarios=by_hand.with_other_day_ahead_price())
    site = api.read(folder)
    with pytest.raises(InstanceError, match="one price in all scenarios of a day-ahead node") as caught:
        site.tree()
    assert "scenario high" in str(caught.value)
    two_stage = api.read(
        by_hand.write_folder(tmp_path / "apart", nodes="", scenarios=by_hand.with_other_day_ahead_price())
    )
    tree = two_stage.tree()
    with pytest.raises(ModelError, match="differs between leaves of one node"):
        build_program(two_stage.instance, below_nodes(tree, [0, 0, 1]))


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ("  day_ahead_nodes: {low: a, high: a}\n", "no node for plain"),
        ("  day_ahead_nodes: {low: a, high: a, plain: b, wet: b}\n", "'wet'"),
    ],
)
def test_every_scenario_has_a_node(tmp_path: Path, nodes: str, message: str) -> None:
    with pytest.raises(InstanceError, match=message):
        api.read(by_hand.write_folder(tmp_path / "site", nodes=nodes))


def test_leaves_cannot_be_chosen_for_explicit_scenarios(site: api.Site) -> None:
    with pytest.raises(UsageError, match="day_ahead_nodes"):
        site.tree(leaves_per_day_ahead_node=2)


def test_leaves_of_a_drawn_tree(instances: Path) -> None:
    site = api.read(instances / "hospital_fr")
    tree = site.tree(6, leaves_per_day_ahead_node=3)
    assert list(tree.day_ahead_nodes.values()) == [(0, 1, 2), (3, 4, 5)]
    assert tree.spread_below_nodes("da_price_eur_per_mwh").max() == 0.0
    assert tree.spread_below_nodes("id_price_eur_per_mwh").max() > 1.0
    program = build_program(site.instance, tree)
    assert program.scenario_names == ("root/d0000", "root/d0001")
    with pytest.raises(UsageError, match="multiple of 4"):
        site.tree(6, leaves_per_day_ahead_node=4)


def test_command_line(tmp_path: Path, instances: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = by_hand.write_folder(tmp_path / "site")
    assert run(["solve", str(folder), "--out", str(tmp_path / "run"), "--no-figures"])[0] == 0
    assert read_run(tmp_path / "run").objective == pytest.approx(by_hand.THREE_STAGE_PROFIT, abs=1e-5)
    draw = ["tree", str(instances / "hospital_fr"), "--leaves", "2", "--out", str(tmp_path / "tree.nc"), "--force"]
    assert run([*draw, "--scenarios", "6"])[0] == 0
    assert "6 scenarios below 3 day-ahead nodes" in capsys.readouterr().out
    assert run([*draw, "--scenarios", "5"])[0] == 2
    assert "take a multiple of 2" in capsys.readouterr().err


@pytest.mark.mpi
@pytest.mark.parametrize("flags", [["ph"], ["ph", "--cold-start", "--iterations", "100"], ["decomposition"]])
def test_on_ranks(mpiexec: str, tmp_path: Path, flags: list[str]) -> None:
    folder, out = by_hand.write_folder(tmp_path / "site"), tmp_path / "run"
    command = [mpiexec, "-n", "3", sys.executable, "-m", "mes_stoch", "solve", str(folder), "--out", str(out)]
    done = subprocess.run(
        [*command, "--no-figures", "--gap", "1e-6", "--method", *flags],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = read_run(out)
    assert found.objective == pytest.approx(by_hand.THREE_STAGE_PROFIT, abs=1e-4)
    assert found.summary["bound_upper"] == pytest.approx(by_hand.THREE_STAGE_PROFIT, abs=1e-4)
    assert found.profit.index.tolist() == ["low", "high", "plain"]


def test_the_table_names_the_nodes(site: api.Site) -> None:
    assert "3 below 2 day-ahead nodes" in report_text(api.solve(site, site.tree()))


def test_mpisppys_own_drivers_stay_two_stage(tmp_path: Path) -> None:
    pytest.importorskip("mpisppy")
    from mes_stoch import mpisppy_module

    folder = by_hand.write_folder(tmp_path / "site")
    with pytest.raises(UsageError, match="this model module is two-stage"):
        mpisppy_module.scenario_creator("scen0", instance=str(folder))
