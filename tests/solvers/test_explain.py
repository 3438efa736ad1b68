"""Infeasible and unbounded instances are explained in the user's words: device or node, what, when, how much."""

from __future__ import annotations

import math
from typing import Any

import pytest
from helpers.site_builder import grid, mains, make_instance, make_tree

from mes_stoch.model.site_program import SiteProgram, build_program
from mes_stoch.schema.errors import InfeasibleError, UnboundedError
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.extensive.algorithm import solve_extensive
from mes_stoch.solvers.hedging.progressive_hedging import solve_ph

METHODS = [solve_extensive, solve_ph]
BOILER = {
    "type": "converter",
    "reference": "warmth",
    "power_max_mw": 1.0,
    "inputs": [{"node": "fuel", "ratio_per_unit": 1.0}],
    "outputs": [{"node": "warmth", "ratio_per_unit": 1.0}],
}


def program(heat_mw: list[list[float]], nodes: dict[str, Any]) -> SiteProgram:
    instance = make_instance(
        {
            "mains": mains(30.0),
            "heating": {"type": "demand", "node": "warmth", "demand_mw": "heat_mw"},
            "boiler": BOILER,
        },
        periods=3,
        nodes=nodes,
    )
    return build_program(instance, make_tree(instance, {"heat_mw": heat_mw}, [0.5, 0.5]))


@pytest.mark.parametrize("method", METHODS)
def test_infeasible_names_node_period_and_amount(method: Any) -> None:
    """1 MW of boiler against 1.7 MW of heat in the second hour of the second scenario: 0.7 MW must give way."""
    site = program([[0.5, 0.5, 0.5], [0.5, 1.7, 0.5]], {"warmth": {"unserved_penalty_eur_per_mwh": None}})
    with pytest.raises(InfeasibleError) as caught:
        method(site, SolveOptions())
    message = str(caught.value)
    assert "'s1'" in message
    assert "'s0'" not in message
    assert "what flows into warmth flows out of it (period from 2025-01-15 01:00)" in message
    assert "0.7 " in message
    assert message.count("\n  - ") == 1


def test_slack_makes_the_same_site_feasible() -> None:
    site = program([[0.5, 0.5, 0.5], [0.5, 1.7, 0.5]], {})
    result = solve_extensive(site, SolveOptions())
    # 0.7 MWh unserved at 1.5 times the worth of heat, 30; 1.5 and 2.0 MWh of gas heat at 30
    assert result.upper == pytest.approx(0.5 * (45 + 60 + 0.7 * 45))


def test_unbounded_names_what_earns_it() -> None:
    """Gas that pays 5 EUR/MWh for being taken from a main without limit, and a flare without limit to burn it."""
    flare = {"type": "grid_connection", "node": "fuel", "import_max_mw": 0.0, "export_max_mw": 1.0}
    limited = make_instance({"mains": mains(-5.0), "flare": flare})
    endless = limited.components["flare"].model_copy(update={"export_max_mw": math.inf})
    instance = limited.model_copy(update={"components": {**limited.components, "flare": endless}})
    with pytest.raises(UnboundedError) as caught:
        solve_extensive(build_program(instance, make_tree(instance)), SolveOptions())
    message = str(caught.value)
    assert "import_mw of mains (period from 2025-01-15" in message
    assert "export_mw of flare" in message


def test_terminal_level_is_named() -> None:
    """A terminal level that must be met and cannot be."""
    instance = make_instance(
        {
            "grid": grid(import_max_mw=0.0),
            "battery": {
                "type": "storage",
                "node": "power",
                "energy_max_mwh": 4.0,
                "charge_max_mw": 1.0,
                "discharge_max_mw": 1.0,
                "standing_loss_per_h": 0.5,
                "initial_mwh": 2.0,
                "terminal_penalty_eur_per_mwh": None,
            },
        },
        nodes={"power": {"unserved_penalty_eur_per_mwh": None}},
    )
    with pytest.raises(InfeasibleError, match=r"battery ends at or above its terminal level \(end of the horizon\)"):
        solve_extensive(build_program(instance, make_tree(instance)), SolveOptions())
