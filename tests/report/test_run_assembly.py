"""A run says in profit form what the engine found in cost form, and its money adds up.

The numbers are those of the hand calculation in ``instances/tiny_site/README.md``.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mes_stoch import api
from mes_stoch.model.site_program import SiteProgram, build_program
from mes_stoch.report.assemble import assemble_run
from mes_stoch.report.run import Run, RunSettings
from mes_stoch.rules.time_axis import horizon_days, horizon_months
from mes_stoch.schema.errors import SolveError
from mes_stoch.schema.instance import Horizon
from mes_stoch.solvers.certificate.result import EngineResult, SolveOptions, TracePoint
from mes_stoch.solvers.extensive.algorithm import solve_extensive

SETTINGS = RunSettings(inputs={}, method="ef")

# held MW by scenario with 3 MW committed: 1, 2, 3, 3 of demands 1, 2, 3, 4
TINY_STREAMS = {
    "capacity.fr_afrr_up": 10 * 4 * (1 + 2 + 3 + 3) / 4,
    "penalty.shortfall_fr_afrr_up": -15 * 4 * (2 + 1) / 4,
    "activation.fr_afrr_up": 200 * 3 / 4,
    "operation.process": -150 * 3 / 4,
    # the CHP runs at 2 MW from 50 EUR/MWh on
    "energy.da": -4 * (1 * 40 + 0 * 50 + 1 * 60 + 2 * 80) / 4,
    "tariff.mains": -30 * 4 * (2 + 3 * 2 * 2.5) / 4,
}


@pytest.fixture(scope="module")
def solved(tiny_site: api.Site) -> tuple[SiteProgram, EngineResult]:
    program = build_program(tiny_site.instance, tiny_site.tree())
    return program, solve_extensive(program, SolveOptions())


def test_streams_are_the_hand_values_and_sum_to_the_objective(tiny_run: Run) -> None:
    streams = {name: value for name, value in tiny_run.summary["streams"].items() if abs(value) > 1e-9}
    assert streams == pytest.approx(TINY_STREAMS)
    assert math.fsum(tiny_run.summary["streams"].values()) == pytest.approx(tiny_run.objective)
    assert tiny_run.objective == pytest.approx(-687.5)


def test_summary_has_what_the_format_promises(tiny_run: Run) -> None:
    summary = tiny_run.summary
    assert summary["instance"] == "tiny_site"
    assert (summary["method"], summary["status"], summary["scenarios"], summary["ranks"]) == ("ef", "optimal", 4, 1)
    assert summary["seed"] is None
    assert summary["bound_lower"] == pytest.approx(-687.5)
    assert summary["bound_upper"] == pytest.approx(-687.5)
    assert summary["bound_lower"] <= summary["objective"] + 1e-9
    assert summary["bid_rules"] == {"minimum_bids": True, "bid_steps": True}
    assert summary["commitments"] == [
        {"product": "fr_afrr_up", "block_start": "2025-01-15T00:00:00+01:00", "volume_mw": pytest.approx(3.0)}
    ]
    assert any("upper estimate" in note for note in summary["notes"])


def test_a_year_is_made_of_horizons(tiny_run: Run) -> None:
    # four hours are a sixth of a day
    assert tiny_run.summary["objective_eur_per_year"] == pytest.approx(-687.5 * 365 * 6)


@pytest.mark.parametrize(
    ("start", "periods", "days"),
    [("2025-01-15T00:00", 24, 1.0), ("2025-03-30T00:00", 23, 1.0), ("2025-10-26T00:00", 25, 1.0)],
)
def test_days_of_23_and_25_hours_count_as_one(start: str, periods: int, days: float) -> None:
    assert horizon_days(Horizon(start=start, period_h=1.0, periods=periods)) == pytest.approx(days)


@pytest.mark.parametrize(
    ("start", "periods", "months"),
    [
        ("2025-01-31T00:00", 24, 1),
        ("2025-01-31T00:00", 25, 2),
        ("2025-01-31T00:00", 29 * 24 + 1, 3),
        # 743 hours, by a change of clock
        ("2025-03-01T00:00", 743, 1),
        ("2025-03-01T00:00", 744, 2),
        # 23:00 in Paris, to midnight and an hour further
        ("2025-12-31T22:00+00:00", 1, 1),
        ("2024-12-31T22:00+00:00", 2, 2),
    ],
)
def test_months_are_counted_by_local_time(start: str, periods: int, months: int) -> None:
    horizon = Horizon(start=start, timezone="Europe/Paris", period_h=1.0, periods=periods)
    assert horizon_months(horizon) == months


def test_slack_is_named_with_its_expected_energy(tiny_run: Run) -> None:
    (used,) = tiny_run.summary["slack"]
    assert used["name"] == "fr_afrr_up.short_up_mw"
    assert used["expected"] == pytest.approx(4 * (2 + 1) / 4)
    assert (used["unit"], used["worst_scenario"], used["worst"]) == ("MW h", "low", pytest.approx(8.0))


def test_profit_of_each_scenario(tiny_run: Run) -> None:
    assert list(tiny_run.profit.index) == ["low", "middle", "high", "called"]
    expected = float((tiny_run.profit * tiny_run.solution["probability"].values).sum())
    assert expected == pytest.approx(-687.5)


def test_solution_names_units_and_dimensions(tiny_run: Run) -> None:
    volume = tiny_run.solution["fr_afrr_up.volume_mw"]
    assert volume.dims == ("block_fr_afrr_up",)
    assert volume.attrs["units"] == "MW"
    assert volume.attrs["stage"] == "commit"
    power = tiny_run.solution["chp.power_mw"]
    assert power.dims == ("scenario", "time")
    assert power.sel(scenario="low").values == pytest.approx(0.0)
    assert power.sel(scenario="called").values == pytest.approx(2.0)
    start = pd.Timestamp(tiny_run.solution["time"].values[0]).tz_localize("UTC")
    assert start == pd.Timestamp("2025-01-15T00:00+01:00")


def test_duals_say_what_a_unit_is_worth(tiny_run: Run) -> None:
    balance = tiny_run.solution["dual.warmth.balance"]
    assert balance.attrs["units"] == "EUR/MW"
    assert "profit" in balance.attrs["note"]
    # heat comes from the boiler at 30 EUR/MWh in the scenario whose price keeps the CHP off
    assert -balance.sel(scenario="low").values / 1.0 == pytest.approx(30.0)


def test_flows_balance_at_every_node(tiny_run: Run) -> None:
    for scenario in tiny_run.profit.index:
        flows = tiny_run.flows(scenario)
        assert str(flows.index.tz) == "Europe/Paris"
        for node in ("power", "warmth", "fuel"):
            total = flows.xs(node, axis=1, level="node").sum(axis=1)
            assert total.to_numpy() == pytest.approx(np.zeros(4), abs=1e-6)
    assert tiny_run.flows("low")[("heat", "warmth", "heating")].to_numpy() == pytest.approx(-2.0)


def test_prices_go_with_the_flows(tiny_run: Run) -> None:
    assert tiny_run.flow_data["price.da"].sel(scenario="called").values == pytest.approx(80.0)


def test_trace_swaps_the_bounds_with_the_sign(solved: tuple[SiteProgram, EngineResult]) -> None:
    program, result = solved
    points = (TracePoint(0.5, 0, -math.inf, 900.0), TracePoint(1.0, 1, 600.0, 700.0))
    run = assemble_run(program, replace(result, trace=points), SETTINGS)
    assert run.trace["bound_lower"].tolist() == [-900.0, -700.0]
    assert run.trace["bound_upper"].tolist() == [math.inf, -600.0]


def test_money_that_does_not_add_up_is_refused(solved: tuple[SiteProgram, EngineResult]) -> None:
    program, result = solved
    with pytest.raises(SolveError, match="streams"):
        assemble_run(program, replace(result, upper=result.upper + 0.01), SETTINGS)


def test_gap_is_relative_to_the_larger_bound(solved: tuple[SiteProgram, EngineResult]) -> None:
    program, result = solved
    run = assemble_run(program, replace(result, lower=result.upper - 100.0, status="limit"), SETTINGS)
    assert run.summary["bound_upper"] == pytest.approx(-587.5)
    assert run.summary["gap_rel"] == pytest.approx(100.0 / 687.5)


def test_an_unproven_bound_is_null(solved: tuple[SiteProgram, EngineResult]) -> None:
    program, result = solved
    run = assemble_run(program, replace(result, lower=-math.inf, status="limit"), SETTINGS)
    assert run.summary["bound_upper"] is None
    assert run.summary["gap_rel"] is None


def test_a_run_without_a_commitment_is_still_a_run(solved: tuple[SiteProgram, EngineResult]) -> None:
    program, result = solved
    empty = replace(result, scenarios=(), upper=math.inf, status="limit", root=np.full_like(result.root, np.nan))
    run = assemble_run(program, empty, SETTINGS)
    assert run.objective is None
    assert run.commitments.empty
    assert run.profit.empty
    assert "no commitment" in repr(run)
