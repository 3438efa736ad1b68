"""Commitments that are no reserve: where a reader finds a certified level, and reactive power."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest
from helpers.site_builder import grid, make_instance, make_tree

from mes_stoch.model.site_program import build_program
from mes_stoch.report.assemble import assemble_run
from mes_stoch.report.dispatch_figure import draw_commitments_dispatch
from mes_stoch.report.run import Run, RunSettings, read_run
from mes_stoch.report.tables import report_text
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.extensive.algorithm import solve_extensive

MARKETS = {
    "da": {"price_eur_per_mwh": "da_price_eur_per_mwh", "settlement_period_h": 1},
    "imbalance": {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0},
}
RESERVE = {
    "volume_max_mw": 1.0,
    "capacity_price_eur_per_mw_h": 10.0,
    "activation_up_per_unit": 0.0,
    "shortfall_penalty_eur_per_mw_h": 50.0,
}
CAPACITY = {
    "available_mw": 3.0,
    "daily_stock_factor_per_unit": 0.5,
    "weekly_stock_factor_per_unit": 1.0,
    "price_eur_per_mw_year": 36500.0,
    "critical_per_unit": 0.0,
}


def solved(products: dict[str, Any], device: dict[str, Any], price: Sequence[float] | float = 0.0) -> Run:
    instance = make_instance({"grid": grid(), "device": device}, {**MARKETS, **products}, periods=24)
    tree = make_tree(instance, {"da_price_eur_per_mwh": price})
    tree.dataset.attrs["origin"] = "by hand"
    program = build_program(instance, tree)
    settings = RunSettings(inputs={}, method="ef", options={}, command="mes-stoch solve by_hand")
    return assemble_run(program, solve_extensive(program, SolveOptions()), settings)


@pytest.fixture(scope="module")
def capacity_run() -> Run:
    """1.5 MW certified (150 EUR) beside 1 MW of rapid reserve (240 EUR), from 4 MW that can be shed."""
    process = {
        "type": "sheddable_demand",
        "node": "power",
        "demand_mw": 4.0,
        "shed_cost_eur_per_mwh": 0.0,
        "provides": ["fr_mfrr_up", "fr_capacity"],
    }
    return solved({"fr_mfrr_up": RESERVE, "fr_capacity": CAPACITY}, process)


def test_the_certified_level_is_among_the_commitments(capacity_run: Run) -> None:
    assert capacity_run.objective == pytest.approx(390.0)
    table = capacity_run.commitments
    assert list(table.columns) == ["product", "direction", "block_start", "block_end", "volume_mw"]
    (row,) = table[table["product"] == "fr_capacity"].to_dict("records")
    assert row["volume_mw"] == pytest.approx(1.5)
    assert row["direction"] == "certified"
    assert row["block_end"] - row["block_start"] == capacity_run.tree.time[-1] - capacity_run.tree.time[0] + (
        capacity_run.tree.time[1] - capacity_run.tree.time[0]
    )
    listed = [entry for entry in capacity_run.summary["commitments"] if entry["product"] == "fr_capacity"]
    assert [entry["volume_mw"] for entry in listed] == pytest.approx([1.5])


def test_it_reads_back_and_is_shown(capacity_run: Run, tmp_path: Path) -> None:
    again = read_run(capacity_run.write(tmp_path / "run"))
    assert list(again.commitments["direction"]) == list(capacity_run.commitments["direction"])
    lines = report_text(again).splitlines()
    assert any("fr_capacity" in line and "fr_mfrr_up" in line for line in lines)
    assert any(line.split()[-2:] == ["1.0", "1.5"] for line in lines)


def test_the_figure_of_reserve_leaves_it_out(capacity_run: Run) -> None:
    """What is counted may be held as reserve too: stacked on it, the figure would show MW that are not there."""
    figure = draw_commitments_dispatch(capacity_run, "s0")
    assert figure.axes[0].dataLim.y1 == pytest.approx(1.0)
    plt.close(figure)


@pytest.fixture(scope="module")
def voltage_run() -> Run:
    """2 Mvar beside 2 MW of a diamond, at 30 an hour, in blocks of 12 h; in one hour energy is sold at 50 instead.

    Short of 2 Mvar for that hour, 100 - 2 x (30 + 5) are gained: 24 x 60 + 30.
    """
    battery = {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 2.0,
        "initial_mwh": 2.0,
        "terminal_mwh": 0.0,
        "charge_max_mw": 2.0,
        "discharge_max_mw": 2.0,
        "provides": ["fr_voltage"],
    }
    voltage = {
        "block_h": 12,
        "volume_max_mvar": 3.0,
        "price_eur_per_mvar_h": 30.0,
        "units": {"device": {"apparent_power_mva": 2.0, "sides": 4}},
    }
    idle = {**RESERVE, "volume_max_mw": 0.0}
    return solved({"fr_mfrr_up": idle, "fr_voltage": voltage}, battery, [50.0 if t == 5 else 0.0 for t in range(24)])


def test_reactive_power_has_a_column_of_its_own(voltage_run: Run, tmp_path: Path) -> None:
    assert voltage_run.objective == pytest.approx(1470.0)
    again = read_run(voltage_run.write(tmp_path / "run"))
    for table in (voltage_run.commitments, again.commitments):
        assert list(table.columns) == ["product", "direction", "block_start", "block_end", "volume_mw", "volume_mvar"]
        reactive, reserve = (table[table["product"] == name] for name in ("fr_voltage", "fr_mfrr_up"))
        assert list(reactive["volume_mvar"]) == pytest.approx([2.0, 2.0])
        assert set(reactive["direction"]) == {"both"}
        assert reactive["volume_mw"].isna().all()
        assert reserve["volume_mvar"].isna().all()
        assert reserve["volume_mw"].notna().all()
    listed = [entry for entry in again.summary["commitments"] if entry["product"] == "fr_voltage"]
    assert [entry["volume_mvar"] for entry in listed] == pytest.approx([2.0, 2.0])
    assert all("volume_mw" not in entry for entry in listed)


def test_reactive_power_is_shown_with_its_unit_and_its_slack(voltage_run: Run) -> None:
    (used,) = voltage_run.summary["slack"]
    assert (used["name"], used["unit"]) == ("fr_voltage.short_mvar", "Mvar h")
    assert used["expected"] == pytest.approx(2.0)
    lines = report_text(voltage_run).splitlines()
    assert any("fr_voltage, Mvar" in line for line in lines)
    assert any(line.split()[:2] == ["all", "blocks"] and line.split()[-1] == "2.0" for line in lines)
