"""The stamped arrays and the plain Pyomo model of a scenario are the same problem, over random sites and data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest
from helpers.site_builder import grid, mains, make_instance, make_tree
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

from mes_stoch.model.site_program import build_program, build_pyomo_scenario

PERIODS = 4


def draw_on_off(draw: Any) -> dict[str, Any]:
    """Rules about starts and stops that fit states of one and of two periods of an hour."""
    cost = st.floats(1.0, 50.0).map(lambda x: round(x, 2))
    power = st.sampled_from([None, 2.0, 3.0])
    initial_on = draw(st.sampled_from([None, False, True]))
    return {
        "minimum_up_h": draw(st.sampled_from([0.0, 2.0, 4.0])),
        "minimum_down_h": draw(st.sampled_from([0.0, 2.0, 4.0])),
        "start_cost_eur": draw(st.one_of(st.just(0.0), cost)),
        "starts_max_per_day": draw(st.sampled_from([None, 0, 1])),
        "start_power_max_mw": draw(power),
        "stop_power_max_mw": draw(power),
        "initial_on": initial_on,
        "initial_state_h": None if initial_on is None else draw(st.sampled_from([None, 0.0, 1.0])),
    }


def flexible_site(draw: Any) -> tuple[Any, dict[str, Any]]:
    """A site with a random choice of devices, products and rules, and two scenarios of random data."""
    number = st.floats(0.1, 5.0).map(lambda x: round(x, 3))
    share = st.floats(0.0, 0.5).map(lambda x: round(x, 3))
    flag = st.booleans()
    up = [p for p in ("fr_fcr", "fr_afrr_up", "fr_mfrr_up", "fr_rc_up") if draw(flag)]
    down = [p for p in ("fr_afrr_down",) if draw(flag)]
    asymmetric = [p for p in (*up, *down) if p != "fr_fcr"]
    components: dict[str, Any] = {
        "grid": grid(import_price_eur_per_mwh=draw(number)),
        "mains": {**mains("gas_price_eur_per_mwh"), "import_max_mw": draw(st.sampled_from([None, 6.0]))},
        "load": {"type": "demand", "node": "power", "demand_mw": "load_mw"},
        "heating": {
            "type": "demand",
            "node": "warmth",
            "demand_mw": "heat_mw",
            "share_per_unit": draw(st.sampled_from([1.0, 0.3])),
        },
        "chp": {
            "type": "converter",
            "reference": "power",
            "power_max_mw": 4.0,
            "power_min_mw": draw(st.sampled_from([0.0, 1.5])),
            "state_block_h": draw(st.sampled_from([None, 2.0])),
            **(draw_on_off(draw) if draw(flag) else {}),
            "inputs": [{"node": "fuel", "ratio_per_unit": 2.5}],
            "outputs": [{"node": "power", "ratio_per_unit": 1.0}, {"node": "warmth", "ratio_per_unit": draw(number)}],
            "cost_eur_per_mwh": draw(number),
            "ramp_mw_per_min": draw(st.sampled_from([None, 0.2])),
            "provides": asymmetric if draw(flag) else [],
        },
        "heat_pump": {
            "type": "converter",
            "reference": "power",
            "power_max_mw": 2.0,
            "inputs": [{"node": "power", "ratio_per_unit": 1.0}],
            "outputs": [{"node": "warmth", "ratio_per_unit": "cop_per_unit"}],
            "cost_eur_per_mwh": draw(number),
            "provides": asymmetric if draw(flag) else [],
        },
        "battery": {
            "type": "storage",
            "node": "power",
            "energy_max_mwh": 4.0,
            "charge_max_mw": draw(number),
            "discharge_max_mw": draw(number),
            "charge_efficiency_per_unit": 0.9,
            "discharge_efficiency_per_unit": 0.8,
            "initial_mwh": 2.0,
            "throughput_cost_eur_per_mwh": draw(number),
            "provides": [*up, *down],
        },
        "tank": {
            "type": "storage",
            "node": "warmth",
            "energy_max_mwh": 10.0,
            "charge_max_mw": 5.0,
            "discharge_max_mw": 5.0,
            "standing_loss_per_h": 0.01,
            "initial_mwh": 5.0,
        },
        "pv": {"type": "source", "node": "power", "available_mw": "pv_mw", "provides": down},
    }
    if draw(flag):
        components["heat_network"] = {**mains(draw(number)), "node": "warmth", "import_max_mw": draw(number)}
    products: dict[str, Any] = {
        "da": {"price_eur_per_mwh": "da_eur_per_mwh", "fee_eur_per_mwh": draw(st.sampled_from([0.0, 0.5]))},
        "id": {"price_eur_per_mwh": "id_eur_per_mwh", "liquidity_mw": draw(number)},
        "imbalance": {"price_long_eur_per_mwh": "long_eur_per_mwh", "price_short_eur_per_mwh": "short_eur_per_mwh"},
    }
    series: dict[str, Any] = {
        name: draw(st.lists(st.lists(values, min_size=PERIODS, max_size=PERIODS), min_size=2, max_size=2))
        for name, values in {
            "gas_price_eur_per_mwh": number,
            "load_mw": number,
            "heat_mw": number,
            "cop_per_unit": number,
            "pv_mw": number,
            "da_eur_per_mwh": st.floats(-50, 200).map(lambda x: round(x, 2)),
            "id_eur_per_mwh": st.floats(-50, 200).map(lambda x: round(x, 2)),
            "long_eur_per_mwh": st.floats(-50, 0).map(lambda x: round(x, 2)),
            "short_eur_per_mwh": st.floats(200, 300).map(lambda x: round(x, 2)),
            "call_per_unit": share,
            "price_eur_per_mw_h": number,
        }.items()
    }
    for product in (*up, *down):
        fields: dict[str, Any] = {
            "volume_max_mw": 3.0,
            "capacity_price_eur_per_mw_h": "price_eur_per_mw_h",
            "block_h": draw(st.sampled_from([1, 2, 4])),
            "minimum_bid_mw": 0.5,
            "bid_step_mw": 0.5,
            "energy_settlement": draw(st.sampled_from(["ordered", "delivered", "uncorrected"])),
        }
        for direction in ("up", "down"):
            if product.endswith(direction) or product == "fr_fcr":
                fields[f"activation_{direction}_per_unit"] = "call_per_unit"
                fields[f"energy_price_{direction}_eur_per_mwh"] = "da_eur_per_mwh"
        products[product] = fields
    instance = make_instance(
        components, products, periods=PERIODS, period_h=1.0, bids={"minimum": draw(flag), "steps": draw(flag)}
    )
    return instance, series


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_stamped_arrays_equal_plain_pyomo(data: st.DataObject) -> None:
    instance, series = flexible_site(data.draw)
    tree = make_tree(instance, series, [0.5, 0.5])
    program = build_program(instance, tree)
    for scenario in range(2):
        stamped = program.scenario(scenario)
        site = build_pyomo_scenario(instance, tree, scenario)
        form = LinearStandardFormCompiler().write(site.model, mixed_form=True)
        names = [variable.name for _, members in site.variables for variable in members]
        column_of = {name: k for k, name in enumerate(names)}
        order = np.asarray([column_of[variable.name] for variable in form.columns])

        cost = np.zeros(len(names))
        cost[order] = np.asarray(form.c.todense()).ravel()
        assert stamped.cost == pytest.approx(cost, abs=1e-9)
        assert stamped.offset == pytest.approx(float(form.c_offset[0]), abs=1e-9)

        rows = {member.name: k for k, member in enumerate(m for _, group in site.constraints for m in group)}
        plain = form.A.tocsr()
        dense = stamped.matrix.toarray()
        for position, row in enumerate(form.rows):
            expected = np.zeros(len(names))
            part = plain[[position]].tocoo()
            expected[order[part.col]] = part.data
            k = rows[row.constraint.name]
            assert dense[k] == pytest.approx(expected, abs=1e-12)
            bound = stamped.row_upper[k] if row.bound_type >= 0 else stamped.row_lower[k]
            assert bound == pytest.approx(float(form.rhs[position]), abs=1e-9)
        for variable, column in zip(form.columns, order, strict=True):
            lower = -np.inf if variable.lb is None else variable.lb
            upper = np.inf if variable.ub is None else variable.ub
            assert (stamped.column_lower[column], stamped.column_upper[column]) == (lower, upper)
            assert bool(stamped.integer[column]) == (not variable.is_continuous())


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_pyomos_own_solver_agrees(data: st.DataObject) -> None:
    """The optimum through Pyomo's HiGHS interface equals the one of the stamped arrays through SciPy."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    instance, series = flexible_site(data.draw)
    tree = make_tree(instance, series, [0.5, 0.5])
    stamped = build_program(instance, tree).scenario(1)
    arrays = milp(
        stamped.cost,
        integrality=stamped.integer.astype(int),
        bounds=Bounds(stamped.column_lower, stamped.column_upper),
        constraints=LinearConstraint(stamped.matrix, stamped.row_lower, stamped.row_upper),
        options={"mip_rel_gap": 1e-9},
    )
    site = build_pyomo_scenario(instance, tree, 1)
    solver = pyo.SolverFactory("highs")
    solver.options["mip_rel_gap"] = 1e-9
    solver.solve(site.model)
    plain = float(pyo.value(site.model.objective))
    assert float(arrays.fun) + stamped.offset == pytest.approx(plain, rel=1e-6, abs=1e-4)
