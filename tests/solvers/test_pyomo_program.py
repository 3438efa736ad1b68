"""Reading mpi-sppy model modules."""

from __future__ import annotations

import types

import numpy as np
import pyomo.environ as pyo
import pytest

from mes_stoch.schema.errors import ModelError
from mes_stoch.solvers.highs import model as highs
from mes_stoch.solvers.pyomo_program import PyomoProgram


def node(name, variables):
    return types.SimpleNamespace(name=name, nonant_vardata_list=variables, nonant_ef_suppl_vardata_list=[])


def test_every_scenario_is_what_pyomo_makes_of_it(farmer, capacity):
    for module, count in ((farmer, 5), (capacity, 6)):
        program = PyomoProgram.from_module(module, count)
        for index, name in enumerate(program.scenario_names):
            model = module.scenario_creator(name, count)
            pyo.SolverFactory("highs").solve(model)
            objective = next(model.component_data_objects(pyo.Objective, active=True))
            assert highs.solve(program.scenario(index)).objective == pytest.approx(pyo.value(objective), rel=1e-4)
        assert program.probabilities.sum() == pytest.approx(1.0)


def test_probabilities_are_the_modules(capacity):
    assert PyomoProgram.from_module(capacity, 6).probabilities == pytest.approx(capacity.PROBABILITY)


def test_keyword_arguments_go_to_the_creator(farmer):
    program = PyomoProgram.from_module(farmer, 3, num_scens=3, use_integer=True)
    assert program.scenario(0).integer[program.root.columns].all()


def test_unused_fixed_and_supplementary_variables():
    def creator(name):
        model = pyo.ConcreteModel(name)
        model.unused = pyo.Var(bounds=(1, 2))
        model.x = pyo.Var(bounds=(0, 5))
        model.fixed = pyo.Var()
        model.fixed.fix(2.5)
        model.twice = pyo.Var()
        model.link = pyo.Constraint(expr=model.twice == 2 * model.x)
        model.between = pyo.Constraint(expr=(1, model.x + model.fixed, 4))
        model.cost = pyo.Objective(expr=-model.x + 3)
        root = node("ROOT", [model.x, model.unused])
        root.nonant_ef_suppl_vardata_list = [model.twice]
        model._mpisppy_node_list = [root]
        return model

    program = PyomoProgram(creator, ["a", "b"])
    assert program.column_names == ("unused", "x", "fixed", "twice")
    assert program.root.names == ("unused", "x", "twice")
    assert program.root.consensus.tolist() == [True, True, False]
    assert program.probabilities.tolist() == [0.5, 0.5]
    solution = highs.solve(program.scenario(0))
    assert solution.objective == pytest.approx(-1.5 + 3)
    # The supplementary column follows, however far from the point asked for.
    assert program.root.nearest(np.array([1.0, 1.2, 0.0])) == pytest.approx([1.0, 1.2, 2.4])


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        (lambda m: [], "root node"),
        (lambda m: [node("ROOT", [m.x]), node("ROOT_0", [m.y])], "two-stage"),
        (lambda m: [node("ROOT", [])], "no non-anticipative"),
    ],
)
def test_what_cannot_be_read_is_refused(nodes, message):
    def creator(name):
        model = pyo.ConcreteModel(name)
        model.x, model.y = pyo.Var(bounds=(0, 1)), pyo.Var(bounds=(0, 1))
        model.cost = pyo.Objective(expr=model.x + model.y)
        model._mpisppy_node_list = nodes(model)
        return model

    with pytest.raises(ModelError, match=message):
        PyomoProgram(creator, ["a"])


def test_non_linear_models_and_wrong_probabilities_are_refused():
    def creator(name, power=1, probability=0.5):
        model = pyo.ConcreteModel(name)
        model.x = pyo.Var(bounds=(0, 1))
        model.cost = pyo.Objective(expr=model.x**power)
        model._mpisppy_node_list = [node("ROOT", [model.x])]
        model._mpisppy_probability = probability
        return model

    with pytest.raises(ModelError, match="linear"):
        PyomoProgram(creator, ["a"], creator_kwargs={"power": 3})
    with pytest.raises(ModelError, match="sum to 1"):
        _ = PyomoProgram(creator, ["a", "b", "c"]).probabilities


def test_module_without_the_functions_is_refused():
    with pytest.raises(ModelError, match="scenario_creator"):
        PyomoProgram.from_module(types.ModuleType("empty"), 3)


def test_nearest_root_point_keeps_the_roots_own_rules(farmer, capacity):
    program = PyomoProgram.from_module(farmer, 3, options={"use_integer": True})
    nearest = program.root.nearest(np.array([200.4, 199.8, 150.3]))
    assert nearest.sum() <= 500
    assert np.all(nearest == np.round(nearest))
    assert np.abs(nearest - [200.4, 199.8, 150.3]).sum() <= 51
    steps, megawatts = PyomoProgram.from_module(capacity, 6).root.nearest(np.array([7.9, 15.5]))
    assert (steps, megawatts) == pytest.approx((8, 16))
