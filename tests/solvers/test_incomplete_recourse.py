"""Decomposition where a commitment can leave a scenario without a dispatch, or a scenario alone has no optimum."""

from __future__ import annotations

import math

import numpy as np
import pytest
from array_programs import ArrayProgram, linear_program
from helpers.site_builder import grid, make_instance, make_tree, optimum

from mes_stoch.model.program import LinearProgram, RootStage
from mes_stoch.model.site_program import build_program
from mes_stoch.schema.errors import InfeasibleError, UnboundedError
from mes_stoch.solvers.certificate.result import EngineResult, SolveOptions
from mes_stoch.solvers.decomposition.algorithm import solve_decomposition
from mes_stoch.solvers.decomposition.master import Master
from mes_stoch.solvers.extensive.algorithm import solve_extensive
from mes_stoch.solvers.hedging.progressive_hedging import solve_ph
from mes_stoch.solvers.subproblems.nearest import NearestRoot

EXACT = SolveOptions(gap_rel=1e-7, time_limit_s=60.0)
INF = math.inf


def program_of(scenarios: list[LinearProgram], root: int = 1, weights: list[float] | None = None) -> ArrayProgram:
    """The first columns are the root's, all of them consensus."""
    columns, consensus = np.arange(root, dtype=np.int32), np.ones(root, dtype=bool)
    stage = RootStage(
        columns, tuple("xyz"[:root]), consensus, np.ones(root), NearestRoot(scenarios[0], columns, consensus)
    )
    count = len(scenarios)
    return ArrayProgram(scenarios, np.full(count, 1 / count) if weights is None else np.array(weights), stage)


def resold(limits: list[tuple[float, float]], prices: list[float], weights: list[float] | None = None) -> ArrayProgram:
    """Buy ``x`` at 1, sell all of it, ``y = x``, at a price; a scenario takes between ``low`` and ``high``."""
    return program_of(
        [
            linear_program([1.0, -price], [[1.0, -1.0]], [0.0], [0.0], [-50.0, low], [50.0, high])
            for (low, high), price in zip(limits, prices, strict=True)
        ],
        weights=weights,
    )


def solved(program: ArrayProgram, options: SolveOptions = EXACT) -> EngineResult:
    result = solve_decomposition(program, options)
    assert result is not None
    assert result.lower <= result.upper + 1e-9 * abs(result.upper)
    return result


# --- no dispatch at some commitments -------------------------------------------------------------------------------


def test_a_commitment_that_every_scenario_can_answer_is_found():
    # Each unit earns (2 + 1.5 + 3) / 3 - 1 = 7/6 on the mean; all take 5, the second and third up to 7.
    result = solved(resold([(0, 5), (1, 7), (2, 9)], [2.0, 1.5, 3.0]))
    assert result.status == "gap_reached"
    assert result.root == pytest.approx([5.0])
    assert (result.lower, result.upper) == pytest.approx((-5 * 7 / 6, -5 * 7 / 6))
    without = solved(resold([(0, 50), (1, 7), (2, 9)], [2.0, 1.5, 3.0]))
    assert without.upper == pytest.approx(-7 * 7 / 6)


def test_a_single_point_is_found():
    result = solved(resold([(0, 5), (5, 9)], [0.5, 0.25]))
    assert result.root == pytest.approx([5.0])
    assert result.upper == pytest.approx(5 * (1 - 0.375))


@pytest.mark.parametrize("rare", [1e-12, 0.0])
def test_what_hardly_ever_happens_has_to_be_answered_too(rare):
    result = solved(resold([(0, 5), (1, 7), (0, 4)], [2.0, 1.5, 3.0], weights=[0.5, 0.5 - rare, rare]))
    assert result.root == pytest.approx([4.0])
    assert result.upper == pytest.approx(-4 * 0.75)


@pytest.mark.parametrize("method", [solve_decomposition, solve_ph])
def test_scenarios_that_exclude_each_other_are_infeasible(method):
    with pytest.raises(InfeasibleError, match="every scenario can be satisfied alone"):
        method(resold([(0, 5), (1, 7), (6, 9)], [2.0, 1.5, 3.0]), EXACT)


def packed(sizes: list[float], prices: list[float]) -> ArrayProgram:
    """Buy ``1 <= x <= 50`` at 1, sell it in whole packs, ``x = size n``."""
    return program_of(
        [
            linear_program([1.0, -price], [[1.0, -size]], [0.0], [0.0], [1.0, 0.0], [50.0, 99.0], [False, True])
            for size, price in zip(sizes, prices, strict=True)
        ]
    )


def test_integers_that_leave_few_commitments_are_answered_all_together():
    # Multiples of 2, 3 and 5 at once: 30. A unit earns (1.5/2 + 3.8/3 + 1/5) / 3 = 0.739 and costs 1.
    result = solved(packed([2.0, 3.0, 5.0], [1.5, 3.8, 1.0]))
    assert result.status == "gap_reached"
    assert result.root == pytest.approx([30.0])
    assert result.upper == pytest.approx(30 - 30 * (1.5 / 2 + 3.8 / 3 + 1 / 5) / 3)


def test_integers_that_leave_none_are_infeasible():
    # 7, 8 and 9 have no common multiple up to 50, though 1 <= x <= 50 suits the relaxation of each.
    with pytest.raises(InfeasibleError):
        solve_decomposition(packed([7.0, 8.0, 9.0], [1.0, 1.0, 1.0]), EXACT)


@pytest.mark.parametrize("method", [solve_extensive, solve_decomposition, solve_ph])
def test_forbidden_slack_and_a_day_ahead_volume_decided_first(method):
    """One schedule for two demands, [1, 1] and [2, 0]: with a store of 1 MWh, [2, 0] is the only one without slack."""
    battery = {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 1.0,
        "charge_max_mw": 1.0,
        "discharge_max_mw": 1.0,
        "charge_efficiency_per_unit": 1.0,
        "discharge_efficiency_per_unit": 1.0,
        "initial_mwh": 0.0,
        "terminal_mwh": 0.0,
    }
    load = {"type": "demand", "node": "power", "demand_mw": "demand"}
    market = {"da": {"price_eur_per_mwh": "price", "stage": "commit"}}
    forbidden = {"power": {"unserved_penalty_eur_per_mwh": None, "dump_penalty_eur_per_mwh": None}}
    series = {"price": [50.0, 80.0], "demand": [[1.0, 1.0], [2.0, 0.0]]}

    def instance(components):
        site = {"grid": grid(import_max_mw=10.0, export_max_mw=10.0), "load": load, **components}
        return make_instance(site, market, periods=2, nodes=forbidden)

    def solved_by(site):
        result = method(build_program(site, make_tree(site, series, [0.5, 0.5])), EXACT)
        assert result is not None
        return -result.upper, -result.lower

    assert solved_by(instance({"battery": battery})) == pytest.approx((-100.0, -100.0))
    # without the store one schedule differs from the plan of a scenario, at the price of that
    without = optimum(instance({}), series, [0.5, 0.5]).profit
    assert without < -100.0
    assert solved_by(instance({})) == pytest.approx((without, without))


# --- bounded only as a whole ---------------------------------------------------------------------------------------


def at_risk(money: float = 1.0, shortfall: float = 2.0) -> ArrayProgram:
    """CVaR at one half of two profits, ``2 x`` and ``6 - x``, with a free eta: the lower one, at most 4 at x = 2."""
    return program_of(
        [
            linear_program(
                [-1.0, 0.0, shortfall],
                [[-1.0, slope * money, 1.0]],
                [-constant * money],
                [INF],
                [-INF, 0.0, 0.0],
                [INF, 10.0, INF],
            )
            for slope, constant in ((2.0, 0.0), (-1.0, 6.0))
        ],
        root=2,
    )


@pytest.mark.parametrize("money", [1e-4, 1.0, 1e6])
@pytest.mark.parametrize("method", [solve_decomposition, solve_ph])
def test_a_free_eta_is_held_by_all_scenarios_together(method, money):
    result = method(at_risk(money), EXACT)
    assert result is not None
    assert (result.lower, result.upper) == pytest.approx((-4 * money, -4 * money), rel=1e-6)
    assert result.root[1] == pytest.approx(2.0, rel=1e-5)


def forward(weight: float, deviation: float = 0.1) -> ArrayProgram:
    """Any volume at 1 or -1, and ``|x|`` costs: alone unbounded, together bounded where the mean price is small."""
    return program_of(
        [
            linear_program(
                [price, deviation],
                [[1.0, -1.0], [-1.0, -1.0]],
                [-INF, -INF],
                [0.0, 0.0],
                [-INF, 0.0],
                [INF, INF],
            )
            for price in (1.0, -1.0)
        ],
        weights=[weight, 1.0 - weight],
    )


def test_prices_that_cancel_hold_a_volume_without_bounds():
    result = solved(forward(0.48))
    assert (result.lower, result.upper, result.root[0]) == pytest.approx((0.0, 0.0, 0.0), abs=1e-9)


@pytest.mark.parametrize(
    "program",
    [
        # the mean price is -0.6 and -0.2, beyond what a deviation costs
        forward(0.2),
        forward(0.4),
        # a shortfall that costs less than eta earns
        at_risk(shortfall=0.5),
    ],
)
def test_what_is_unbounded_as_a_whole_is_said_to_be(program):
    with pytest.raises(UnboundedError, match="without bound"):
        solve_decomposition(program, EXACT)


def test_recourse_that_is_unbounded_at_any_commitment():
    program = program_of(
        [linear_program([1.0, -1.0], [[1.0, -1.0]], [-INF], [0.0], [0.0, 0.0], [9.0, upper]) for upper in (9.0, INF)]
    )
    with pytest.raises(UnboundedError, match="'s1'"):
        solve_decomposition(program, EXACT)


def test_unbounded_and_infeasible_is_infeasible():
    # 2 n = 1 has no whole n; without it the first scenario's sales would grow for ever.
    program = program_of(
        [
            linear_program(
                [1.0, -1.0, 0.0], [[0.0, 0.0, 2.0]], [1.0], [1.0], [0.0] * 3, [9.0, INF, 5.0], [False, False, True]
            )
        ]
        * 2
    )
    with pytest.raises(InfeasibleError):
        solve_decomposition(program, EXACT)


# --- the master ----------------------------------------------------------------------------------------------------


def test_feasibility_cuts_hold_in_both_masters():
    # t >= 4 - 2 x and x <= 3: -2 at 3.
    scenario = linear_program([0.0, 0.0], [[1.0, -1.0]], [-INF], [INF], [0.0, 0.0], [100.0, 9.0])
    master = Master(program_of([scenario]), groups=1)
    master.add(np.array([4.0]), np.array([[-2.0]]))
    assert master.solve_relaxed().bound == pytest.approx(-196.0)
    master.add_feasibility(-3.0, np.array([1.0]))
    found = master.solve_relaxed()
    assert found.root is not None
    assert (found.bound, found.root[0]) == pytest.approx((-2.0, 3.0))
    assert found.feasibility == pytest.approx([2.0])  # what a unit more of x would be worth
    assert master.solve_integer().bound == pytest.approx(-2.0)
    assert master.nearest(np.array([70.0])) == pytest.approx([3.0])
    master.add_feasibility(4.0, np.array([-1.0]))
    assert master.solve_relaxed().status == "infeasible"
    assert master.nearest(np.array([70.0])) is None


def test_joint_cuts_share_what_their_groups_have_to_give():
    # Two groups alike: t1 >= 0, t2 >= 0, and (t1 + t2) / 2 >= 3 - x for x in [0, 1]: 2 at 1.
    scenario = linear_program([0.0, 0.0], [[1.0, -1.0]], [-INF], [INF], [0.0, 0.0], [1.0, 9.0])
    master = Master(program_of([scenario] * 2), groups=2)
    master.add(np.zeros(2), np.zeros((2, 1)))
    master.add_joint(np.array([0, 1], dtype=np.int32), 3.0, np.array([-1.0]))
    found = master.solve_relaxed()
    assert found.bound == pytest.approx(2.0)
    offset, gradient = master.estimate(found, range(2))
    assert offset + gradient[0] * 1.0 == pytest.approx(2.0)


def test_a_direction_without_end_is_found_and_cut_off():
    scenario = linear_program([0.0, 0.0], [[1.0, -1.0]], [-INF], [INF], [-INF, 0.0], [INF, 9.0])
    master = Master(program_of([scenario]), groups=1)
    master.add(np.array([4.0]), np.array([[-2.0]]))
    assert master.solve_relaxed().status == "unbounded"
    assert master.ray(np.ones(1)) == pytest.approx([1.0])
    master.add(np.array([-5.0]), np.array([[1.0]]))
    assert master.ray(np.ones(1)) is None
    # 4 - 2 x and x - 5 meet at 3, at -2
    assert master.solve_relaxed().bound == pytest.approx(-2.0)


@pytest.mark.parametrize("money", [1e-9, 1.0, 1e9])
def test_the_master_knows_no_unit_of_money(money):
    scenario = linear_program([0.0, 0.0], [[1.0, -1.0]], [-INF], [INF], [0.0, 0.0], [100.0, 9.0])
    master = Master(program_of([scenario]), groups=1)
    for offset, slope in ((4.0, -2.0), (-2.0, 1.0)):
        master.add(np.array([offset * money]), np.array([[slope * money]]))
    found = master.solve_relaxed()
    assert found.root is not None
    assert found.root[0] == pytest.approx(2.0)
    assert abs(found.bound) <= 1e-12 * money


# --- hedging from such a start -------------------------------------------------------------------------------------


def test_hedging_goes_on_from_multipliers_that_hold_each_scenario():
    """``forward`` with a switch: every other unit is bought in packs of 2, which leaves hedging something to do."""
    program = forward(0.48)
    scenarios = [
        linear_program(
            [*scenario.cost, 0.3],
            [[1.0, -1.0, 0.0], [-1.0, -1.0, 0.0], [1.0, 0.0, 2.0]],
            [-INF, -INF, target],
            [0.0, 0.0, INF],
            [-INF, 0.0, 0.0],
            [INF, INF, 5.0],
            [False, False, True],
        )
        for scenario, target in zip(program.scenarios, (1.0, 3.0), strict=True)
    ]
    program = program_of(scenarios, weights=[0.48, 0.52])
    # At x a mean of -0.04 x + 0.1 |x|, and packs for 1 - x and 3 - x: none at 3, 0.18; one for the second at 1,
    # 0.06 + 0.52 x 0.3; one and two at 0, 0.144 + 0.312; at -1 more. The least is 0.18.
    for method in (solve_extensive, solve_decomposition, solve_ph):
        result = method(program, SolveOptions(gap_rel=1e-6, iteration_limit=5))
        assert result is not None
        assert result.lower <= 0.18 + 1e-7
        assert result.upper >= 0.18 - 1e-7
        assert method is solve_ph or result.upper == pytest.approx(0.18)
