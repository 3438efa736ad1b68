"""The benchmark instance: its size, what its units do, and the interval it is known to lie in."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from instances.test_shipped import assert_matches_expected, command_line

from mes_stoch.components.converter.format import Converter
from mes_stoch.io.instance import LoadedInstance, read_instance
from mes_stoch.model.site_program import SiteProgram, build_program
from mes_stoch.solvers.highs.model import SCENARIO_MIP_OPTIONS, solve
from mes_stoch.uncertainty.tree import build_tree

DISTRICT = Path(__file__).resolve().parents[2] / "instances" / "bench_district"


@pytest.fixture(scope="module")
def district() -> LoadedInstance:
    return read_instance(DISTRICT)


def program_of(loaded: LoadedInstance, scenarios: int) -> SiteProgram:
    program = build_program(loaded.instance, build_tree(loaded, scenarios))
    assert isinstance(program, SiteProgram)
    return program


def test_size(district: LoadedInstance) -> None:
    """Five CHPs by 96 quarter-hours; six blocks of FCR and of aFRR each way, one day of mFRR and of RC."""
    program = program_of(district, 1)
    assert int(program.scenario(0).integer.sum()) == 5 * 96
    assert len(program.root.columns) == 6 + 2 * 6 + 1 + 1


def test_bid_rules_add_a_bid_and_a_number_of_steps_to_every_volume() -> None:
    program = program_of(read_instance(DISTRICT, {"bids": {"minimum": True, "steps": True}}), 1)
    assert int(program.scenario(0).integer.sum()) == 5 * 96 + 2 * 20
    assert len(program.root.columns) == 3 * 20


def test_units_keep_their_minimum_times_on_a_day_of_low_prices(district: LoadedInstance) -> None:
    """Runs of states between the first and the last change are at least as long as asked for, and there are some."""
    program = program_of(district, 3)
    solution = solve(program.scenario(2), options={**SCENARIO_MIP_OPTIONS, "mip_rel_gap": 5e-3})
    assert solution.values is not None
    families = {family.name: family.positions for family in program.column_groups}
    units = {n: s for n, s in district.instance.components.items() if isinstance(s, Converter) and s.power_min_mw > 0}
    starts, inner_runs = 0, 0
    for name, spec in units.items():
        states = np.round(solution.values[families[f"{name}.on"]]).astype(int)
        # the minimisation has no reason to set these, other than the rows: they must follow the states
        assert solution.values[families[f"{name}.start"]] == pytest.approx(np.maximum(np.diff(states), 0), abs=1e-6)
        assert solution.values[families[f"{name}.stop"]] == pytest.approx(np.maximum(-np.diff(states), 0), abs=1e-6)
        starts += int((np.diff(states) > 0).sum())
        runs = [(state, len(list(run)) * 0.25) for state, run in groupby(states)]
        for state, hours in runs[1:-1]:
            inner_runs += 1
            assert hours >= (spec.minimum_up_h if state else spec.minimum_down_h)
    assert len(units) == 5
    assert starts >= 3
    assert inner_runs >= 3


def test_boilers_alone_carry_the_heat(district: LoadedInstance) -> None:
    """So that the CHPs run for money; over fifty days, node by node."""
    tree = build_tree(district, 50)
    largest = max(tree.values("heat_demand_mw", k).max() for k in range(50))
    for node in ("centre", "north", "south"):
        boiler, heating = (district.instance.components[f"{kind}_{node}"] for kind in ("boiler", "heating"))
        assert heating.share_per_unit * largest <= boiler.power_max_mw  # type: ignore[union-attr]
    shares = [spec.share_per_unit for spec in district.instance.components.values() if spec.type == "demand"]
    assert sum(shares) == pytest.approx(1.0 + 1.0)  # the heat, and the buildings' electricity


@pytest.mark.slow
def test_the_interval_of_the_decomposition_meets_the_recorded_one(tmp_path: Path) -> None:
    """To 1 %, in about a minute of CPU time; several volumes are neither zero nor at their limit.

    RC is left out: its 0.3 MW are worth 0.1 % of the profit, so that an incumbent within 1 % may do without.
    """
    arguments = [str(DISTRICT), "--method", "ph", "--gap", "0.01", "--time-limit", "300"]
    summary = command_line(arguments, tmp_path / "run")
    assert summary["gap_rel"] <= 0.01
    assert_matches_expected(summary, DISTRICT)
    limits = {"fr_fcr": 6.0, "fr_afrr_up": 12.0, "fr_afrr_down": 12.0}
    for product, limit in limits.items():
        volumes = [c["volume_mw"] for c in summary["commitments"] if c["product"] == product]
        assert any(0.1 < volume < limit - 0.1 for volume in volumes), product
