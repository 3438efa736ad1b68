"""Penalties against hand calculations, and what they do to a run."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
from array_programs import newsvendor

from mes_stoch.io.instance import read_instance
from mes_stoch.model.site_program import build_program
from mes_stoch.schema.errors import UsageError
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.hedging import serial as serial_hedging
from mes_stoch.solvers.hedging.mpisppy_driver import models as mpisppy_models
from mes_stoch.solvers.hedging.mpisppy_driver import setup as mpisppy_setup
from mes_stoch.solvers.hedging.mpisppy_driver.vectorised import vectorised
from mes_stoch.solvers.hedging.progressive_hedging import solve_ph
from mes_stoch.solvers.hedging.rho import PriceRho, RhoControl, SpreadRho, Waiting, rho_rule, waiting_of
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.uncertainty.tree import build_tree


def after_iteration_0(program, control):
    mpisppy_setup.load()
    with mpisppy_setup.quiet():
        hedging = vectorised(importlib.import_module("mpisppy.opt.ph").PH)(
            serial_hedging.hedging_options(SolveOptions(), Stop()),
            list(program.scenario_names),
            mpisppy_models.scenario_creator,
            scenario_creator_kwargs=mpisppy_models.creator_kwargs(program, mpisppy_models.SolverSettings()),
        )
        hedging.PH_Prep()
        hedging.Iter0()
    control.choose(hedging)
    return hedging


def penalties(hedging):
    return [model._mpisppy_model.rho["ROOT", 0].value for model in hedging.local_scenarios.values()]


def test_rules_by_hand():
    """Orders by themselves 10, 20, 60 at 1/3 each: average 30, mean distance (20 + 10 + 30) / 3 = 20; price 0.02."""
    program = newsvendor([10.0, 20.0, 60.0], [0.5, 0.5, 0.5])
    hedging = after_iteration_0(program, RhoControl(program, PriceRho(), factor=2.0))
    waiting = waiting_of(hedging)
    assert waiting.average == pytest.approx([30.0])
    assert waiting.deviation == pytest.approx([20.0])
    assert penalties(hedging) == pytest.approx([2 * 3 * 0.02] * 3)
    RhoControl(program, SpreadRho()).choose(hedging)
    assert penalties(hedging) == pytest.approx([0.02 / 20] * 3)
    # Where the scenarios agree, the least spread counts: 1 unit as published, or what is asked for.
    agreed = Waiting(np.array([30.0]), np.array([0.0]))
    assert SpreadRho()(program, agreed) == pytest.approx([0.02])
    assert SpreadRho(least=0.5)(program, agreed) == pytest.approx([0.04])


def test_price_of_a_reserve(instances):
    """A MW of tiny_site's reserve earns 4 h x 10 = 40 everywhere, and 200 for the hour it is called in one of four."""
    loaded = read_instance(instances / "tiny_site")
    program = build_program(loaded.instance, build_tree(loaded, None, None))
    nobody = Waiting(np.zeros(1), np.zeros(1))
    assert PriceRho()(program, nobody) == pytest.approx([3 * (40 + 200 / 4)])


def test_unknown_rule_is_a_usage_error():
    with pytest.raises(UsageError, match="price, spread"):
        rho_rule("cost")


def test_rule_is_chosen_by_options():
    """``min r/2 - (min(r,10) + min(r,20) + min(r,60))/3``: slope -1/6 up to 20, +1/6 after it, so 10 - 50/3 at 20.

    The spread's penalty is 60 times smaller (20 units against a factor of 3), and too small to end in time.
    """
    program = newsvendor([10.0, 20.0, 60.0], [0.5, 0.5, 0.5])
    found = {}
    for name in ("price", "spread"):
        result = solve_ph(program, SolveOptions(rho_rule=name, iteration_limit=100), warm=False)
        assert result is not None
        assert result.lower - 1e-9 <= 10 - 50 / 3 <= result.upper + 1e-9
        found[name] = result.status
    assert found == {"price": "gap_reached", "spread": "limit"}


def test_penalties_fall_while_multipliers_repeat_and_no_further():
    program = newsvendor([20.0, 20.0], [0.5, 0.5])
    control = RhoControl(program, PriceRho())
    hedging = after_iteration_0(program, control)

    def set_multipliers(*values):
        for model, value in zip(hedging.local_scenarios.values(), values, strict=True):
            model._mpisppy_model.W["ROOT", 0].value = value

    # Back and forth between two states.
    set_multipliers(1.0, -1.0)
    assert not control.ease(hedging)
    set_multipliers(-1.0, 1.0)
    assert not control.ease(hedging)
    set_multipliers(1.0, -1.0)
    assert control.ease(hedging)
    assert penalties(hedging) == pytest.approx([0.03, 0.03])
    # Standing still; what was seen under the old penalty does not count.
    assert not control.ease(hedging)
    assert control.ease(hedging)
    assert penalties(hedging) == pytest.approx([0.015, 0.015])
    set_multipliers(1.0 + 1e-3, -1.0 - 1e-3)
    assert not control.ease(hedging)
    for _ in range(100):
        control.ease(hedging)
    # 2^-14 is the first power below a ten-thousandth.
    assert penalties(hedging) == pytest.approx([0.06 * 2.0**-14] * 2)


@pytest.mark.parametrize("factor", [1 / 3, 1.0])
def test_scenarios_held_by_bid_steps_move_on(instances, monkeypatch, factor):
    """Steps of 1 MW hold the scenarios at 2 MW (factor 1/3) or make them go back and forth (factor 1).

    The optimum is 687.5 at 3 MW: see the instance.
    """
    loaded = read_instance(instances / "tiny_site")
    program = build_program(loaded.instance, build_tree(loaded, None, None))
    options = SolveOptions(gap_rel=1e-3, iteration_limit=60, rho_rule="price", rho_factor=factor)
    eased = solve_ph(program, options, warm=False)
    monkeypatch.setattr(RhoControl, "ease", lambda self, hedging: False)
    held = solve_ph(program, options, warm=False)
    assert eased is not None
    assert held is not None
    assert eased.status == "gap_reached"
    assert eased.lower <= 687.5 + 1e-6
    assert eased.upper >= 687.5 - 1e-6
    assert held.gap_rel > 0.02
