"""The two-loop policy step by step: by hand, in two and three stages, with and without a value of coordination."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers.three_stage_folder import THREE_STAGE_PROFIT, TWO_STAGE_PROFIT
from helpers.three_stage_folder import write_folder as write_generator
from policies.two_loop_folder import (
    COORDINATION,
    TOGETHER,
    TOGETHER_MW,
    TWO_LOOP,
    TWO_LOOP_MW,
    TWO_LOOP_PROFITS,
    write_folder,
)

import mes_stoch as ms
from mes_stoch.evaluation.policies import PolicyComparison
from mes_stoch.model.base_schedule import kept_at
from mes_stoch.model.program import StochasticProgram
from mes_stoch.model.site_program import SiteProgram, build_leaf_program
from mes_stoch.policies.payback import modulated_periods
from mes_stoch.policies.policy import PolicyProblem
from mes_stoch.policies.two_loop import TwoLoop, kept_columns
from mes_stoch.schema.errors import UsageError
from mes_stoch.solvers.auto import solve_by
from mes_stoch.solvers.certificate.result import EngineResult, SolveOptions
from mes_stoch.solvers.decomposition.given_root import evaluate_given
from mes_stoch.solvers.interruption.stop import Stop

EXACT = 1e-8


def compared(folder: Path, policies: str = "two_loop") -> PolicyComparison:
    found = ms.evaluate(ms.read(folder), policies=policies, gap_rel=EXACT).policies
    assert found is not None
    return found


def solve(program: StochasticProgram, method: str = "auto") -> EngineResult:
    result = solve_by(method, program, SolveOptions(gap_rel=EXACT))
    assert result is not None
    return result


def leaves_of(folder: Path) -> SiteProgram:
    site = ms.read(folder)
    return build_leaf_program(site.instance, site.tree())


def test_profit_by_hand(tmp_path: Path) -> None:
    """``two_loop_folder``: 113.5 for 139.5 together, so that coordination is worth 26."""
    found = compared(write_folder(tmp_path / "site"), "two_loop,energy_only")
    outcome = found.outcomes["two_loop"]
    assert outcome.profits is not None
    assert outcome.commitments is not None
    assert (found.recourse.lower, found.recourse.upper) == pytest.approx((TOGETHER, TOGETHER), abs=1e-4)
    assert (outcome.bracket.lower, outcome.bracket.upper) == pytest.approx((TWO_LOOP, TWO_LOOP), abs=1e-4)
    assert outcome.profits.scenarios["profit_eur"].to_dict() == pytest.approx(TWO_LOOP_PROFITS, abs=1e-4)
    assert outcome.commitments["volume_mw"].to_list() == pytest.approx(TWO_LOOP_MW, abs=1e-6)
    coordination = found.coordination
    assert coordination is not None
    assert (coordination.lower, coordination.upper) == pytest.approx((COORDINATION, COORDINATION), abs=1e-4)
    assert found.outcomes["energy_only"].bracket.lower == pytest.approx(39.0)
    run = ms.solve(ms.read(tmp_path / "site"), method="ef", gap_rel=EXACT)
    assert run.commitments["volume_mw"].to_list() == pytest.approx(TOGETHER_MW)


def test_a_largest_volume_that_never_binds(tmp_path: Path) -> None:
    """What is sold is told from nothing by what devices can do, and not by a limit of a million MW."""
    folder = write_folder(tmp_path / "site")
    text = (folder / "instance.yaml").read_text(encoding="utf-8")
    (folder / "instance.yaml").write_text(
        text.replace("volume_max_mw: 1\n", "volume_max_mw: 1000000\n"), encoding="utf-8"
    )
    outcome = compared(folder).outcomes["two_loop"]
    assert (outcome.bracket.lower, outcome.bracket.upper) == pytest.approx((TWO_LOOP, TWO_LOOP), abs=1e-2)


def test_what_is_kept_has_more_room_than_a_solver_takes() -> None:
    """A solver's bounds and rows are off by up to 1e-7, whatever the size of a device; whole numbers are exact."""
    lower, upper, integer = np.zeros(3), np.array([0.1, 40.0, 1.0]), np.array([False, False, True])
    kept = kept_at(np.array([0.0, 20.0, 1.0 - 1e-9]), np.arange(3, dtype=np.int32), lower, upper, integer)
    room = (kept.upper - kept.lower) / 2
    assert (room[:2] >= 2e-7).all()
    assert (room[:2] <= 1e-6 * np.maximum(upper[:2], 1.0)).all()
    assert (kept.lower[2], kept.upper[2]) == (1.0, 1.0)


def test_operation_by_hand(tmp_path: Path) -> None:
    """The schedule of loop 1, the call on top of it in the third hour, the payback in the fourth."""
    leaves = leaves_of(write_folder(tmp_path / "site"))
    decision = TwoLoop().commit(PolicyProblem(leaves, solve, Stop()))
    assert decision.base_schedules is not None
    kept = leaves.with_base_schedules(decision.base_schedules)
    dispatched = evaluate_given(kept, decision.root, lambda one: one.values, gap_rel=EXACT)
    quiet, called = ({group.name: one.kept[group.positions] for group in leaves.column_groups} for one in dispatched)

    def net(values: dict[str, np.ndarray]) -> list[float]:
        return list(values["battery.discharge_mw"] - values["battery.charge_mw"])

    def traded(values: dict[str, np.ndarray]) -> list[float]:
        return list(values["id.sold_mw"] - values["id.bought_mw"])

    assert net(quiet) == pytest.approx([-1, 1, 0, 0], abs=1e-5)
    assert traded(quiet) == pytest.approx([0, 0, 0, 0], abs=1e-5)
    assert quiet["battery.level_mwh"] == pytest.approx([2, 1, 1, 1], abs=1e-5)
    assert net(called) == pytest.approx([-1, 1, 0, -1], abs=1e-5)
    assert called["da.position_mw"] == pytest.approx([-1, 1, 0, 0], abs=1e-5)
    assert traded(called) == pytest.approx([0, 0, 0, -1], abs=1e-5)
    assert called["battery.fr_mfrr_up_called_mw"] == pytest.approx([0, 0, 1, 0], abs=1e-5)
    assert called["battery.level_mwh"] == pytest.approx([2, 1, 0, 1], abs=1e-5)


def test_without_payback_nothing_is_worth_a_call(tmp_path: Path) -> None:
    """The battery would be left empty; half of the scenarios call, so nothing is offered: 39."""
    found = compared(write_folder(tmp_path / "site"), "two_loop:payback_h=0")
    assert found.outcomes["two_loop:payback_h=0"].bracket.lower == pytest.approx(39.0, abs=1e-4)


def test_three_stages_by_hand(tmp_path: Path) -> None:
    """Both scenarios below one day-ahead node: the energy of the call is bought intraday in the first hour, at 30.

    ``called`` then earns 50 + 50 + 100 - 1 - 30 = 169, 134.5 on the mean with 100 in ``quiet``; loop 1 and loop 2 are
    what they were, since no day-ahead position depends on the call.
    """
    nodes = "  day_ahead_nodes: {quiet: one, called: one}\n"
    found = compared(write_folder(tmp_path / "site", nodes=nodes))
    assert (found.recourse.lower, found.recourse.upper) == pytest.approx((134.5, 134.5), abs=1e-4)
    assert found.outcomes["two_loop"].bracket.lower == pytest.approx(TWO_LOOP, abs=1e-4)
    coordination = found.coordination
    assert coordination is not None
    assert (coordination.lower, coordination.upper) == pytest.approx((21.0, 21.0), abs=1e-4)


def test_a_unit_at_its_maximum(tmp_path: Path) -> None:
    """Two stages of ``three_stage_folder``: 2 MW are produced in every leaf, so that nothing is left to hold.

    Without reserve 10 G + 17.5 with G = 2: 37.5, for 41.5 together. In three stages no reserve is best in any case.
    """
    found = compared(write_generator(tmp_path / "two", nodes=""))
    assert found.outcomes["two_loop"].bracket.upper == pytest.approx(37.5, abs=1e-4)
    assert found.coordination is not None
    assert found.coordination.lower == pytest.approx(TWO_STAGE_PROFIT - 37.5, abs=1e-4)
    found = compared(write_generator(tmp_path / "three"))
    assert found.outcomes["two_loop"].bracket.upper == pytest.approx(THREE_STAGE_PROFIT, abs=1e-4)
    assert found.coordination is not None
    assert found.coordination.upper == pytest.approx(0.0, abs=1e-4)


def test_nothing_to_coordinate(instances: Path) -> None:
    """``tiny_site``: the process that provides the reserve has no part in the trade of energy."""
    found = compared(instances / "tiny_site")
    assert found.outcomes["two_loop"].bracket.lower == pytest.approx(-687.5)
    assert found.coordination is not None
    assert (found.coordination.lower, found.coordination.upper) == pytest.approx((0.0, 0.0), abs=1e-5)


@pytest.mark.parametrize(
    ("shares", "sold", "called", "payback"),
    [
        pytest.param((0, 1, 0, 0), (True, True), (0, 1, 0, 0), (0, 0, 1, 0), id="a full hour"),
        pytest.param((1, 1, 0, 0), (True, True), (1, 1, 0, 0), (0, 0, 1, 1), id="one call of two hours"),
        pytest.param((0.6, 0.6, 0, 0), (True, True), (1, 1, 0, 0), (0, 0, 1, 1), id="1.2 h in full: two hours"),
        pytest.param((0.5, 0.5, 0, 0), (True, True), (1, 1, 0, 0), (0, 0, 1, 0), id="1 h in full"),
        pytest.param((1, 0, 1, 0), (True, True), (1, 0, 1, 0), (0, 1, 0, 1), id="two calls"),
        pytest.param((0, 0, 1, 1), (True, True), (0, 0, 1, 1), (0, 0, 0, 0), id="cut at the end of the horizon"),
        pytest.param((0, 1, 1, 0), (True, False), (0, 1, 0, 0), (0, 0, 1, 0), id="the second block is not sold"),
    ],
)
def test_called_and_payback_periods(
    tmp_path: Path,
    shares: tuple[float, ...],
    sold: tuple[bool, ...],
    called: tuple[int, ...],
    payback: tuple[int, ...],
) -> None:
    leaves = leaves_of(write_folder(tmp_path / "site", calls={"one": shares}))
    found = modulated_periods(leaves, 0, {"fr_mfrr_up": np.array(sold)})
    assert [list(map(int, part)) for part in found] == [list(called), list(payback)]


@pytest.mark.parametrize(
    ("sold", "called"),
    [
        pytest.param([[True, True], [True, True]], (0, 1, 0, 0), id="at both prices"),
        pytest.param([[True, False], [False, False]], (0, 1, 0, 0), id="at the price that is reached"),
        pytest.param([[False, False], [True, True]], (0, 0, 0, 0), id="at the price that is not"),
    ],
)
def test_what_is_not_accepted_is_not_called(tmp_path: Path, sold: list[list[bool]], called: tuple[int, ...]) -> None:
    """The auction pays 25: what is offered at 20 is accepted, what is offered at 30 is not."""
    folder = write_folder(tmp_path / "site", calls={"one": (0, 1, 0, 0)})
    text = (folder / "instance.yaml").read_text(encoding="utf-8")
    offered = "capacity_offer_prices_eur_per_mw_h: [20, 30]\n    energy_price_up"
    (folder / "instance.yaml").write_text(text.replace("energy_price_up", offered, 1), encoding="utf-8")
    found, _ = modulated_periods(leaves_of(folder), 0, {"fr_mfrr_up": np.array(sold)})
    assert list(map(int, found)) == list(called)


def test_a_signal_that_is_followed_all_the_time_pays_back_once_a_block(tmp_path: Path) -> None:
    """aFRR in blocks of two hours, 30 % and 50 % called: 0.8 h in full, one period after the block."""
    folder = write_folder(tmp_path / "site", calls={"one": (0.3, 0.5, 0.0, 0.0)})
    text = (folder / "instance.yaml").read_text(encoding="utf-8")
    (folder / "instance.yaml").write_text(text.replace("fr_mfrr_up", "fr_afrr_up"), encoding="utf-8")
    called, payback = modulated_periods(leaves_of(folder), 0, {})
    assert list(called) == [True, True, False, False]
    assert list(payback) == [False, False, True, False]


def test_what_stays_of_the_base_schedule(instances: Path) -> None:
    """``tiny_site``: CHP and process exchange with the grid, the boiler follows; day-ahead positions are closed."""
    leaves = leaves_of(instances / "tiny_site")
    called, payback = np.array([False, True, False, False]), np.array([False, False, True, False])
    kept = set(kept_columns(leaves, called, payback).tolist())
    groups = {group.name: group.positions.tolist() for group in leaves.column_groups}
    stays = {name: [k for k, column in enumerate(columns) if column in kept] for name, columns in groups.items()}
    assert {name: places for name, places in stays.items() if places} == {
        "da.position_mw": [0, 1, 2, 3],
        "chp.power_mw": [0, 1, 3],
        "process.shed_mw": [0, 1, 3],
        "boiler.power_mw": [0, 3],
    }


def test_a_payback_that_makes_no_sense(instances: Path) -> None:
    with pytest.raises(UsageError, match="a payback lasts 0 h or more; found -1"):
        ms.evaluate(ms.read(instances / "tiny_site"), policies="two_loop:payback_h=-1")
