"""Bundles against programs put together by Pyomo with explicit equality rows, and by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pyomo.environ as pyo
import pytest
import scipy.sparse as sp
from numpy.typing import NDArray
from solvers.array_programs import ArrayProgram, linear_program, newsvendor

from mes_stoch.model.bundle import BundledProgram
from mes_stoch.model.program import LinearProgram, RootStage
from mes_stoch.schema.errors import ModelError
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.extensive.algorithm import assemble, solve_extensive

EXACT = SolveOptions(gap_rel=1e-9)
GROUPS = [(0, 1, 2), (3, 4), (5,)]
PROBABILITIES = np.array([0.1, 0.2, 0.15, 0.25, 0.05, 0.25])


def random_program(seed: int, *, integer: bool, probabilities: NDArray[np.float64] = PROBABILITIES) -> ArrayProgram:
    """Root columns 1 and 4 of seven, all bounded, a priced way out of every row, one row on the root alone.

    Column 2 is the one that bundles share below.
    """
    generator = np.random.default_rng(seed)
    scenarios = []
    for _ in probabilities:
        rows = np.round(generator.uniform(-2, 3, (4, 7)), 2)
        rows[np.abs(rows) < 0.5] = 0.0
        rows[3] = [0, 1, 0, 0, 2, 0, 0]
        slack = np.vstack([np.eye(3), np.zeros((1, 3))])
        need = np.round(generator.uniform(1, 9, 3), 2)
        scenarios.append(
            linear_program(
                [*np.round(generator.uniform(-1, 4, 7), 2), 9.0, 9.0, 9.0],
                np.hstack([rows, slack]).tolist(),
                [*need, -np.inf],
                [np.inf, np.inf, np.inf, 9.0],
                [0.0] * 10,
                [4.0] * 7 + [60.0] * 3,
                [integer and k in (1, 2, 5) for k in range(10)],
                offset=float(generator.integers(-3, 4)),
            )
        )
    root = RootStage(np.array([1, 4], dtype=np.int32), ("a", "b"), np.array([True, True]), np.array([1.0, 1.0]))
    return ArrayProgram(scenarios, probabilities.copy(), root)


def optimum_by_pyomo(program: ArrayProgram, groups: list[tuple[int, ...]], shared: list[int]) -> float:
    """All scenarios as blocks of one Pyomo model; who agrees on what is a row of its own."""
    model = pyo.ConcreteModel()
    model.block = pyo.Block(range(len(program.scenarios)))
    model.agree = pyo.ConstraintList()
    total = 0.0
    for index, scenario in enumerate(program.scenarios):
        block = model.block[index]
        block.x = pyo.Var(range(len(scenario.cost)))
        for j in block.x:
            block.x[j].setlb(float(scenario.column_lower[j]))
            block.x[j].setub(float(scenario.column_upper[j]))
            if scenario.integer[j]:
                block.x[j].domain = pyo.Integers
        block.rows = pyo.ConstraintList()
        dense = scenario.matrix.toarray()
        for row, low, high in zip(dense, scenario.row_lower, scenario.row_upper, strict=True):
            body = sum(float(value) * block.x[j] for j, value in enumerate(row) if value)
            if np.isfinite(low):
                block.rows.add(body >= float(low))
            if np.isfinite(high):
                block.rows.add(body <= float(high))
        cost = sum(float(c) * block.x[j] for j, c in enumerate(scenario.cost)) + scenario.offset
        total += float(program.probabilities[index]) * cost
    for index in range(1, len(program.scenarios)):
        for j in program.root.columns.tolist():
            model.agree.add(model.block[index].x[j] == model.block[0].x[j])
    for group in groups:
        for member in group[1:]:
            for j in shared:
                model.agree.add(model.block[member].x[j] == model.block[group[0]].x[j])
    model.expected = pyo.Objective(expr=total)
    answer = pyo.SolverFactory("highs").solve(model, options={"mip_rel_gap": 0.0, "mip_abs_gap": 1e-9})
    assert pyo.check_optimal_termination(answer)
    return float(pyo.value(model.expected))


@pytest.mark.parametrize("integer", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_extensive_form_of_bundles_equals_pyomo_with_node_equalities(seed: int, integer: bool) -> None:
    program = random_program(seed, integer=integer)
    bundled = BundledProgram(program, GROUPS, np.array([2], dtype=np.int32))
    three_stage = solve_extensive(bundled, EXACT).upper
    assert three_stage == pytest.approx(optimum_by_pyomo(program, GROUPS, [2]), abs=1e-6)
    # the root alone shared: the same problem as without bundles; sharing more can only cost
    two_stage = solve_extensive(BundledProgram(program, GROUPS), EXACT).upper
    assert two_stage == pytest.approx(optimum_by_pyomo(program, GROUPS, []), abs=1e-6)
    assert three_stage >= two_stage - 1e-6


def test_sharing_a_column_binds() -> None:
    costs = [
        [solve_extensive(BundledProgram(random_program(seed, integer=False), GROUPS, shared), EXACT).upper]
        for seed in range(4)
        for shared in (None, np.array([2], dtype=np.int32))
    ]
    assert max(np.subtract(costs[1::2], costs[::2]).ravel()) > 0.01


def test_layout_by_hand() -> None:
    """Two newsvendors with demands 10 and 20, probabilities 1/4 and 3/4 of which the bundle has all.

    Columns: the order, then what each sells. Expected order cost 0.25 * 0.2 + 0.75 * 0.6 = 0.5.
    """
    program = newsvendor([10.0, 20.0], [0.2, 0.6], offset=8.0)
    program.probabilities = np.array([0.25, 0.75])
    bundled = BundledProgram(program, [(0, 1)])
    whole = bundled.scenario(0)
    assert whole.cost.tolist() == pytest.approx([0.5, -0.25, -0.75])
    assert whole.offset == 8.0
    assert whole.matrix.toarray().tolist() == [[-1, 1, 0], [-1, 0, 1]]
    assert whole.column_upper.tolist() == [100, 10, 20]
    assert bundled.root.columns.tolist() == [0]
    assert bundled.scenario_names == ("s0..s1",)
    assert bundled.probabilities.tolist() == [1.0]
    assert bundled.column_names == ("x0", "x1 of member 1", "x1 of member 2")
    assert bundled.row_names == ("row0 of member 1", "row0 of member 2")
    assert [part.tolist() for part in bundled.unbundle(0, np.array([7.0, 8.0, 9.0]))] == [[7, 8], [7, 9]]


def test_bounds_of_shared_columns_are_intersected_and_integrality_is_joined() -> None:
    first, second = (
        linear_program([1.0, 1.0], [[1, 1]], [0], [9], [low, 0], [high, 5], [whole, False])
        for low, high, whole in ((0.0, 3.0, False), (1.0, 4.0, True))
    )
    root = RootStage(np.array([0], dtype=np.int32), ("x",), np.array([True]), np.array([1.0]))
    whole = BundledProgram(ArrayProgram([first, second], np.array([0.5, 0.5]), root), [(0, 1)]).scenario(0)
    assert (whole.column_lower[0], whole.column_upper[0], bool(whole.integer[0])) == (1.0, 3.0, True)


def test_rows_on_shared_columns_stand_once_where_members_agree() -> None:
    program = random_program(0, integer=False)
    assert BundledProgram(program, GROUPS).scenario(0).matrix.shape == (4 + 3 + 3, 2 + 3 * 8)
    program.scenarios[1].row_upper[3] = 5.0
    whole = BundledProgram(program, GROUPS).scenario(0)
    assert whole.matrix.shape[0] == 4 + 3 + 3 + 1
    assert whole.matrix.toarray()[-1, :2].tolist() == [1, 2]
    assert whole.row_upper[[3, -1]].tolist() == [9, 5]
    assert whole.matrix.has_canonical_format
    assert optimum_by_pyomo(program, GROUPS, []) == pytest.approx(
        solve_extensive(BundledProgram(program, GROUPS), EXACT).upper, abs=1e-6
    )


def test_members_may_differ_in_their_sparsity() -> None:
    program = random_program(1, integer=False)
    assert len({scenario.matrix.nnz for scenario in program.scenarios}) > 1
    thinned = program.scenarios[4]
    dense = thinned.matrix.toarray()
    dense[3, 1] = 0.0
    program.scenarios[4] = dataclasses.replace(thinned, matrix=sp.csc_array(dense))
    bundled = BundledProgram(program, GROUPS, np.array([2], dtype=np.int32))
    assert solve_extensive(bundled, EXACT).upper == pytest.approx(optimum_by_pyomo(program, GROUPS, [2]), abs=1e-6)


def test_bundles_of_bundles() -> None:
    program = random_program(2, integer=True)
    nodes = BundledProgram(program, GROUPS, np.array([2], dtype=np.int32))
    pairs = BundledProgram(nodes, [(0, 1), (2,)])
    # member 2 of the pair is a smaller bundle, so its columns are not those of member 1
    with pytest.raises(ModelError, match="other columns"):
        pairs.scenario(0)
    even = BundledProgram(program, [(0, 1), (2, 3), (4, 5)], np.array([2], dtype=np.int32))
    outer = BundledProgram(even, [(0, 2), (1,)])
    assert solve_extensive(outer, EXACT).upper == pytest.approx(solve_extensive(even, EXACT).upper, abs=1e-6)


def test_costs_of_members_add_up_to_the_bundle() -> None:
    program = random_program(3, integer=True)
    bundled = BundledProgram(program, GROUPS, np.array([2], dtype=np.int32))
    for solution in solve_extensive(bundled, EXACT).scenarios:
        total = 0.0
        members, weights = bundled.members(solution.index), bundled.weights(solution.index)
        parts = bundled.unbundle(solution.index, solution.values)
        for member, weight, values in zip(members, weights, parts, strict=True):
            inner: LinearProgram = program.scenario(member)
            activity = inner.matrix @ values
            assert np.all(activity >= inner.row_lower - 1e-6)
            assert np.all(activity <= inner.row_upper + 1e-6)
            total += weight * (inner.cost @ values + inner.offset)
        assert total == pytest.approx(solution.cost, abs=1e-6)
        assert len({round(float(values[2]), 9) for values in parts}) == 1


def test_duals_by_member_are_prices_of_the_member_alone() -> None:
    """Sharing the root alone and with the root fixed, members part: duals are those each has by itself."""
    program = random_program(0, integer=False)
    result = solve_extensive(program, EXACT)
    bundled = BundledProgram(program, GROUPS)
    together = solve_extensive(bundled, EXACT)
    assert together.root == pytest.approx(result.root, abs=1e-7)
    for solution in together.scenarios:
        assert solution.row_dual is not None
        assert solution.column_dual is not None
        rows = bundled.unbundle_row_duals(solution.index, solution.row_dual)
        columns = bundled.unbundle_column_duals(solution.index, solution.column_dual)
        for member, row_dual, column_dual in zip(bundled.members(solution.index), rows, columns, strict=True):
            alone = result.scenarios[member]
            assert row_dual[:3] == pytest.approx(alone.row_dual[:3], abs=1e-7)
            own = [0, 2, 3, 5, 6, 7, 8, 9]
            assert column_dual[own] == pytest.approx(alone.column_dual[own], abs=1e-7)


def test_a_bundle_without_probability_counts_its_members_alike() -> None:
    program = newsvendor([10.0, 20.0, 30.0], [0.2, 0.6, 0.5])
    program.probabilities = np.array([0.0, 0.0, 1.0])
    bundled = BundledProgram(program, [(0, 1), (2,)])
    assert bundled.weights(0).tolist() == [0.5, 0.5]
    assert bundled.probabilities.tolist() == [0.0, 1.0]


@pytest.mark.parametrize("groups", [[(0, 1), (2, 3)], [(0, 1, 2, 3), (3, 4, 5)], [(0, 1, 2, 3, 4, 5), ()]])
def test_groups_are_a_partition(groups: list[tuple[int, ...]]) -> None:
    with pytest.raises(ModelError, match="once"):
        BundledProgram(random_program(0, integer=False), groups)


def test_a_shared_column_must_exist() -> None:
    with pytest.raises(ModelError, match="not among the 10 columns"):
        BundledProgram(random_program(0, integer=False), GROUPS, np.array([10], dtype=np.int32))


def test_assembled_arrays_do_not_depend_on_bundles_of_one() -> None:
    program = random_program(0, integer=True)
    single = assemble(BundledProgram(program, [(k,) for k in range(6)])).program
    plain = assemble(program).program
    # a bundle puts the root's columns first; here they stand at 1 and 4
    assert sorted(single.cost) == pytest.approx(sorted(plain.cost))
    assert single.matrix.toarray() == pytest.approx(plain.matrix.toarray())
