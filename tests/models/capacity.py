"""Build capacity in steps, then run units that start or stand still: integers in both stages.

The first-stage cost differs by scenario and the objective has a constant: both are natural, and both are what some
decomposition codes silently get wrong.
"""

import mpisppy.utils.sputils as sputils
import pyomo.environ as pyo

DEMAND_MW = (6.0, 11.0, 17.0, 23.0, 9.0, 14.0)
BUILD_COST = (4.0, 5.0, 6.5, 5.5, 4.5, 7.0)
PROBABILITY = (0.1, 0.25, 0.2, 0.15, 0.2, 0.1)
UNITS = (0, 1, 2)
UNIT_SIZE_MW = (5.0, 8.0, 13.0)
START_COST = (9.0, 14.0, 21.0)
RUN_COST = (2.0, 1.6, 1.1)
SHORTAGE_COST = 30.0
STANDING_COST = 1000.0
STEP_MW = 2.0


def scenario_names_creator(num_scens, start=None):
    return [f"Scenario{number}" for number in range(start or 0, (start or 0) + num_scens)]


def kw_creator(cfg):
    return {"num_scens": cfg.get("num_scens")}


def scenario_creator(scenario_name, num_scens=6):
    number = int(scenario_name.removeprefix("Scenario"))
    total = sum(PROBABILITY[:num_scens])
    model = pyo.ConcreteModel(scenario_name)
    model.steps = pyo.Var(within=pyo.NonNegativeIntegers, bounds=(0, 15))
    model.capacity_mw = pyo.Var(bounds=(0, 30))
    model.built = pyo.Constraint(expr=model.capacity_mw == STEP_MW * model.steps)
    model.on = pyo.Var(UNITS, within=pyo.Binary)
    model.output_mw = pyo.Var(UNITS, bounds=(0, None))
    model.shortage_mw = pyo.Var(bounds=(0, None))
    model.size = pyo.Constraint(UNITS, rule=lambda m, unit: m.output_mw[unit] <= UNIT_SIZE_MW[unit] * m.on[unit])
    model.least = pyo.Constraint(UNITS, rule=lambda m, unit: m.output_mw[unit] >= 0.4 * UNIT_SIZE_MW[unit] * m.on[unit])
    model.limit = pyo.Constraint(expr=sum(model.output_mw[unit] for unit in UNITS) <= model.capacity_mw)
    model.demand = pyo.Constraint(
        expr=sum(model.output_mw[unit] for unit in UNITS) + model.shortage_mw >= DEMAND_MW[number]
    )
    running = sum(START_COST[unit] * model.on[unit] + RUN_COST[unit] * model.output_mw[unit] for unit in UNITS)
    model.cost = pyo.Objective(
        expr=BUILD_COST[number] * model.capacity_mw + running + SHORTAGE_COST * model.shortage_mw + STANDING_COST
    )
    sputils.attach_root_node(model, BUILD_COST[number] * model.capacity_mw, [model.capacity_mw, model.steps])
    model._mpisppy_probability = PROBABILITY[number] / total
    return model
