"""What a reader is shown of days that were worked out by hand (``test_by_hand.py``)."""

from __future__ import annotations

import io
from datetime import date

import pytest

from mes_stoch.report.backtest import render_backtest, render_pairing
from mes_stoch.report.backtest_figure import draw_regret
from mes_stoch.report.tables import plain_console
from mes_stoch.schema.backtest import BacktestDay, BacktestPlan, BacktestTotals

PLAN = BacktestPlan(
    instance="three_periods",
    currency="EUR",
    mes_stoch_version="0",
    site="",
    series="",
    source="made_up",
    window_days=1,
    method="ef",
    fan=8,
    gap_rel=1e-6,
    time_limit_s=60.0,
)
DAY = BacktestDay(
    day=date(2021, 3, 3),
    window=[date(2021, 3, 1)],
    status="limit",
    planned=432.0,
    planned_upper=432.0,
    realised=512.0,
    given_lower=592.0,
    given_upper=592.0,
    perfect_lower=640.0,
    perfect_upper=641.0,
    streams={"energy.da": 520.0, "slack.schedule_grid": -8.0},
    missing_mwh={"slack.schedule_grid": 0.25},
    commitments=[],
    settlement_difference=0.0,
    wall_time_s=1.0,
)
TOTALS = BacktestTotals(
    days=1,
    **{name: getattr(DAY, name) for name in ("planned", "realised", "given_lower", "given_upper")},
    perfect_lower=640.0,
    perfect_upper=641.0,
    regret_lower=128.0,
    regret_upper=129.0,
    days_with_a_miss=1,
    streams=DAY.streams,
    missing_mwh=DAY.missing_mwh,
)


def test_table_says_what_was_earned_and_what_is_no_money_of_a_market() -> None:
    stream = io.StringIO()
    plain_console(stream).print(render_backtest(PLAN, [DAY], TOTALS, {date(2021, 3, 2): "a gap in heat_demand_mw"}))
    text = " ".join(stream.getvalue().split())
    for expected in (
        "2021-03-03 432.00 512.00 592.00 640.00 128.00 129.00 0.25",
        "1 days 432.00 512.00 592.00 640.00 128.00 129.00 0.25",
        "Of the profit -8.00 EUR are penalties of slack, which no market asks",
        "Missing on 1 days, MWh (MW h of capacity): schedule_grid 0.25",
        "another run may find others for: 2021-03-03",
        "Left out: 2021-03-02, a gap in heat_demand_mw",
    ):
        assert expected in text


def test_figure_stacks_what_the_operation_and_the_commitment_have_cost() -> None:
    """592 - 512 lost by operating, 640 - 592 by committing, 1 is not proven either way; summed below: 512 - 640."""
    above, below = draw_regret(PLAN, [DAY]).axes
    assert [bar.get_height() for bar in above.patches] == pytest.approx([80.0, 48.0, 1.0])
    assert [bar.get_y() for bar in above.patches] == pytest.approx([0.0, 80.0, 128.0])
    lines = {str(line.get_label()): line.get_ydata() for line in below.get_lines()}
    assert list(lines["realised"]) == [-128.0]
    assert list(lines["planned"]) == [432.0 - 640.0]


def test_no_pairing_without_donor_years() -> None:
    import pandas as pd

    assert render_pairing(pd.DataFrame()) is None
