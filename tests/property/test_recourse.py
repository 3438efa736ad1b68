"""Relatively complete recourse and boundedness of the shipped hospital: what the method rests on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mes_stoch.io.instance import LoadedInstance, read_instance
from mes_stoch.model.site_program import SiteProgram, build_program
from mes_stoch.products.energy.format import EnergyMarket
from mes_stoch.products.flexibility.format import Reserve
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.solvers.certificate.bounds import evaluate
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.extensive.algorithm import solve_extensive
from mes_stoch.uncertainty.tree import build_tree

HOSPITAL = Path(__file__).resolve().parents[2] / "instances" / "hospital_fr"
SCENARIOS = 4


@pytest.fixture(scope="module")
def hospital() -> tuple[LoadedInstance, ScenarioTree]:
    loaded = read_instance(HOSPITAL)
    return loaded, build_tree(loaded, SCENARIOS)


@pytest.fixture(scope="module")
def program(hospital: tuple[LoadedInstance, ScenarioTree]) -> SiteProgram:
    return build_program(hospital[0].instance, hospital[1])


def largest(program: SiteProgram) -> np.ndarray:
    return program.root.nearest(program.structure.column_upper[program.root.columns])


def reserve_slack(program: SiteProgram, values: np.ndarray) -> float:
    families = [f for f in program.column_groups if f.quantity.startswith(("short_", "missed_"))]
    return float(sum(values[f.positions].sum() for f in families if f.owner != "imbalance"))


def test_no_commitment_is_feasible_everywhere_and_owes_nothing(program: SiteProgram) -> None:
    nothing = np.zeros(len(program.root.columns))
    for solution in evaluate(program, range(SCENARIOS), nothing):
        assert np.isfinite(solution.cost)
        assert reserve_slack(program, solution.values) == pytest.approx(0.0, abs=1e-6)


def test_the_largest_commitment_is_feasible_everywhere_and_falls_short(program: SiteProgram) -> None:
    """All maxima together exceed what the site can hold, so slack is used, and paid for, instead of infeasibility."""
    root = largest(program)
    assert program.commitments(root)["volume_mw"].min() > 0
    for solution in evaluate(program, range(SCENARIOS), root):
        assert np.isfinite(solution.cost)
        assert reserve_slack(program, solution.values) > 0.1


@pytest.mark.parametrize("seed", range(3))
def test_random_commitments_are_feasible_everywhere(program: SiteProgram, seed: int) -> None:
    generator = np.random.default_rng(seed)
    root = program.root.nearest(largest(program) * generator.random(len(program.root.columns)))
    solutions = evaluate(program, range(SCENARIOS), root)
    assert all(np.isfinite(solution.cost) for solution in solutions)


def test_every_scenario_is_a_proper_program(program: SiteProgram) -> None:
    for index in range(SCENARIOS):
        scenario = program.scenario(index)
        assert np.isfinite(scenario.cost).all()
        assert np.isfinite(scenario.matrix.data).all()
        assert (scenario.row_lower <= scenario.row_upper).all()


def without_plant(instance: Instance) -> Instance:
    """The same markets and prices, with nothing behind the connection."""
    return instance.model_copy(
        update={"components": {"grid": instance.components["grid"]}, "nodes": {"power": instance.nodes["power"]}}
    )


def test_nothing_is_committed_without_plant(hospital: tuple[LoadedInstance, ScenarioTree]) -> None:
    """No phantom capacity, at the prices of every scenario at once and each alone."""
    loaded, tree = hospital
    bare = without_plant(loaded.instance)
    for part in [tree, *(ScenarioTree(tree.dataset.isel(scenario=[k])) for k in range(SCENARIOS))]:
        normed = part.select(len(part.scenario_names))
        result = solve_extensive(build_program(bare, normed), SolveOptions(gap_rel=1e-6))
        volumes = build_program(bare, normed).commitments(result.root)["volume_mw"]
        assert volumes.max() == pytest.approx(0.0, abs=1e-7)


def test_no_free_money_between_the_markets(hospital: tuple[LoadedInstance, ScenarioTree]) -> None:
    """Without plant a site can only trade the spread between day-ahead and intraday, up to the intraday liquidity.

    By hand: ``sum_t h liquidity max(0, |p_id - p_da| - fees)`` a scenario. Imbalance earns nothing.
    """
    loaded, tree = hospital
    program = build_program(without_plant(loaded.instance), tree)
    result = solve_extensive(program, SolveOptions(gap_rel=1e-6))
    da, intraday = loaded.instance.products["da"], loaded.instance.products["id"]
    assert isinstance(da, EnergyMarket)
    assert isinstance(intraday, EnergyMarket)
    assert intraday.liquidity_mw is not None
    fees = da.fee_eur_per_mwh + intraday.fee_eur_per_mwh
    expected = 0.0
    for k in range(SCENARIOS):
        spread = np.abs(tree.values(str(intraday.price_eur_per_mwh), k) - tree.values(str(da.price_eur_per_mwh), k))
        expected += 0.25 * intraday.liquidity_mw * np.maximum(0.0, spread - fees).sum() / SCENARIOS
    assert -result.upper == pytest.approx(expected, rel=1e-6)
    for solution in result.scenarios:
        assert program.profit_streams(solution.index, solution.values)["imbalance"] == pytest.approx(0.0, abs=1e-6)


def test_capacity_pays_where_there_is_plant(hospital: tuple[LoadedInstance, ScenarioTree]) -> None:
    """The counterpart of the two above, so that they cannot pass on a model that never commits."""
    loaded, tree = hospital
    one = ScenarioTree(tree.dataset.isel(scenario=[0])).select(1)
    program = build_program(loaded.instance, one)
    result = solve_extensive(program, SolveOptions(gap_rel=1e-2))
    reserves = [p for p, product in loaded.instance.products.items() if isinstance(product, Reserve)]
    table = program.commitments(result.root)
    assert set(table["product"]) == set(reserves)
    assert table["volume_mw"].max() > 0.5
