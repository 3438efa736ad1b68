"""Hedging on arrays follows mpi-sppy's own hedging digit by digit."""

from __future__ import annotations

import importlib

import numpy as np
import pyomo.environ as pyo
import pytest
from array_programs import newsvendor

from mes_stoch.io.instance import read_instance
from mes_stoch.model.site_program import build_program
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.hedging import serial as serial_hedging
from mes_stoch.solvers.hedging.mpisppy_driver import models as mpisppy_models
from mes_stoch.solvers.hedging.mpisppy_driver import setup as mpisppy_setup
from mes_stoch.solvers.hedging.mpisppy_driver.vectorised import vectorised
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.pyomo_program import PyomoProgram
from mes_stoch.uncertainty.tree import build_tree

ITERATIONS = 12


def stock_class():
    mpisppy_setup.load()
    return importlib.import_module("mpisppy.opt.ph").PH


def recorder(control):
    """An extension that keeps W, averages, spread and the convergence metric of every iteration."""
    extension = importlib.import_module("mpisppy.extensions.extension").Extension

    class Recorder(extension):
        def __init__(self, opt):
            super().__init__(opt)
            self.history = []

        def post_iter0(self):
            control.choose(self.opt)

        def miditer(self):
            state = [
                [
                    model._mpisppy_model.component(name)["ROOT", column].value
                    for name in ("W", "xbars", "xsqbars", "rho")
                    for column in range(len(model.commitment))
                ]
                for model in self.opt.local_scenarios.values()
            ]
            self.history.append(np.append(np.array(state).ravel(), self.opt.conv))
            if len(self.history) == 4:
                # What an extension writes into mpi-sppy's parameters must count, as in any rho updater.
                for model in self.opt.local_scenarios.values():
                    model._mpisppy_model.rho["ROOT", 0] = 1.5 * model._mpisppy_model.rho["ROOT", 0].value

    return Recorder


def trajectory(program, hedging_class):
    options = SolveOptions(iteration_limit=ITERATIONS)
    with mpisppy_setup.quiet():
        hedging = hedging_class(
            serial_hedging.hedging_options(options, Stop()),
            list(program.scenario_names),
            mpisppy_models.scenario_creator,
            scenario_creator_kwargs=mpisppy_models.creator_kwargs(program, mpisppy_models.SolverSettings(gap_rel=1e-9)),
            extensions=recorder(serial_hedging.rho_control(program, options)),
        )
        hedging.ph_main(finalize=False)
    assert len(hedging.extobject.history) == ITERATIONS
    return hedging, np.array(hedging.extobject.history)


def assert_same(program):
    """Every number of every iteration within 1e-10 of its size; returns the faster of the two."""
    stock = stock_class()
    _, expected = trajectory(program, stock)
    hedging, found = trajectory(program, vectorised(stock))
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10 * np.abs(expected).max())
    assert np.ptp(found[:, 0]) > 0
    return hedging


@pytest.mark.parametrize("use_integer", [False, True])
def test_farmer(farmer, use_integer):
    hedging = assert_same(PyomoProgram.from_module(farmer, 5, options={"use_integer": use_integer}))
    cache = np.zeros(5 * 3 + 1)
    hedging._populate_W_cache(cache, padding=1)
    sent = dict(zip(hedging.local_scenario_names, cache[:-1].reshape(5, 3).tolist(), strict=True))
    for name, model in hedging.local_scenarios.items():
        order = [key[1] for key in model._mpisppy_data.nonant_indices]
        assert sent[name] == [model._mpisppy_model.W["ROOT", column].value for column in order]
    hedging.W_from_flat_list(np.arange(15.0))
    hedging._populate_W_cache(cache, padding=1)
    assert cache[:-1].tolist() == list(range(15))
    with pytest.raises(RuntimeError, match="15"):
        hedging._populate_W_cache(np.zeros(15), padding=1)


def test_site(instances):
    loaded = read_instance(instances / "tiny_site")
    assert_same(build_program(loaded.instance, build_tree(loaded, None, None)))


def test_two_scenarios_by_hand():
    """Orders 10 and 20 (probability 1/2 each): average 15, mean square 250, rho = 3 x 0.02."""
    program = newsvendor([10.0, 20.0], [0.5, 0.5])
    _, found = trajectory(program, vectorised(stock_class()))
    assert found[0][:4] == pytest.approx([0.06 * (10 - 15), 15.0, 250.0, 0.06])
    assert found[0][4:8] == pytest.approx([0.06 * (20 - 15), 15.0, 250.0, 0.06])
    assert found[0][8] == pytest.approx(5.0)


def three_stages(name):
    """Four scenarios on a binary tree, two variables at the root and one at each of the two second-stage nodes."""
    tree = importlib.import_module("mpisppy.scenario_tree").ScenarioNode
    number = int(name.removeprefix("scen"))
    model = pyo.ConcreteModel(name)
    model.root = pyo.Var(range(2))
    model.later = pyo.Var()
    model.cost = pyo.Objective(expr=pyo.quicksum(model.root.values()) + model.later)
    model._mpisppy_node_list = [
        tree("ROOT", 1.0, 1, model.root[0], [model.root], model),
        tree(
            f"ROOT_{number // 2}", 0.4 if number < 2 else 0.6, 2, model.later, [model.later], model, parent_name="ROOT"
        ),
    ]
    model._mpisppy_probability = (0.1, 0.3, 0.2, 0.4)[number]
    return model


def without_the_first(model):
    """The second root variable does not exist in scenario 0; mpi-sppy wants one such entry at every node."""
    number = int(model.name.removeprefix("scen"))
    return [(id(model.root[1]), (0.0, 0.4, 0.2, 0.4)[number]), (id(model.later), (1 / 4, 3 / 4, 1 / 3, 2 / 3)[number])]


def test_three_stages_and_variable_probability():
    """Bookkeeping alone: the variables' values are given, no solver runs."""
    stock = stock_class()
    names = [f"scen{number}" for number in range(4)]
    points = np.random.default_rng(3).normal(size=(3, 12))
    nodes = importlib.import_module("mpisppy.utils.sputils").create_nodenames_from_branching_factors([2, 2])
    options = {**serial_hedging.hedging_options(SolveOptions(), Stop()), "defaultPHrho": 2.0}
    seen = []
    for hedging_class in (stock, vectorised(stock)):
        with mpisppy_setup.quiet():
            hedging = hedging_class(
                dict(options), names, three_stages, all_nodenames=nodes, variable_probability=without_the_first
            )
            hedging.attach_Ws_and_prox()
        history = []
        for point in points:
            for position, model in enumerate(hedging.local_scenarios.values()):
                own = point[3 * position : 3 * position + 3]
                for variable, value in zip(model._mpisppy_data.nonant_indices.values(), own, strict=True):
                    variable.set_value(value)
            hedging.Compute_Xbar(False)
            hedging.Update_W(False)
            terms = [model._mpisppy_model for model in hedging.local_scenarios.values()]
            keys = [list(model._mpisppy_data.nonant_indices) for model in hedging.local_scenarios.values()]
            history.append(
                [
                    getattr(own, name)[key].value
                    for own, its in zip(terms, keys, strict=True)
                    for name in ("W", "xbars", "xsqbars")
                    for key in its
                ]
                + [hedging.convergence_diff()]
            )
        seen.append(np.array(history))
    np.testing.assert_allclose(seen[1], seen[0], rtol=1e-12, atol=1e-12)
    # Scenarios 0 and 1 share the node ROOT_0 with weights 1/4 and 3/4.
    later = 0.25 * points[0][2] + 0.75 * points[0][5]
    assert seen[1][0][5] == pytest.approx(later)
    assert seen[1][0][1] == 0
    assert seen[1][0][4] == pytest.approx(0.4 * points[0][4] + 0.2 * points[0][7] + 0.4 * points[0][10])
