"""The farmer of Birge & Louveaux (2011), section 1.1, as an mpi-sppy model module.

Published optimum: expected profit 108,390 with 170 acres of wheat, 80 of corn and 250 of sugar beets. Scenarios beyond
the third repeat the three with yields shifted at random, as mpi-sppy's own example does.
"""

import mpisppy.utils.sputils as sputils
import numpy as np
import pyomo.environ as pyo

CROPS = ("wheat", "corn", "beets")
BASE_YIELD_T_PER_ACRE = {"wheat": 2.5, "corn": 3.0, "beets": 20.0}
YIELD_FACTOR = (0.8, 1.0, 1.2)
PLANTING_COST = {"wheat": 150.0, "corn": 230.0, "beets": 260.0}
NEED_T = {"wheat": 200.0, "corn": 240.0}
SELLING_PRICE = {"wheat": 170.0, "corn": 150.0, "beets": 36.0}
PURCHASE_PRICE = {"wheat": 238.0, "corn": 210.0}
BEETS_BEYOND_QUOTA_PRICE = 10.0
BEETS_QUOTA_T = 6000.0
ACRES = 500.0


def scenario_names_creator(num_scens, start=None):
    first = start or 0
    return [f"scen{number}" for number in range(first, first + num_scens)]


def kw_creator(cfg):
    return {
        "num_scens": cfg.get("num_scens"),
        "use_integer": cfg.get("use_integer", False),
        "sense": cfg.get("sense", pyo.minimize),
    }


def scenario_creator(scenario_name, num_scens=3, use_integer=False, sense=pyo.minimize):
    number = int(scenario_name.removeprefix("scen"))
    stream = np.random.RandomState(number)
    shift = {crop: stream.rand() if number >= len(YIELD_FACTOR) else 0.0 for crop in CROPS}
    factor = YIELD_FACTOR[number % len(YIELD_FACTOR)]

    model = pyo.ConcreteModel(scenario_name)
    model.acres = pyo.Var(CROPS, bounds=(0, ACRES), within=pyo.NonNegativeIntegers if use_integer else pyo.Reals)
    model.sold_t = pyo.Var(CROPS, bounds=(0, None))
    model.beets_beyond_quota_t = pyo.Var(bounds=(0, None))
    model.purchased_t = pyo.Var(NEED_T, bounds=(0, None))
    model.land = pyo.Constraint(expr=sum(model.acres[crop] for crop in CROPS) <= ACRES)

    def harvest(crop):
        return (BASE_YIELD_T_PER_ACRE[crop] * factor + shift[crop]) * model.acres[crop]

    model.feed = pyo.Constraint(
        NEED_T,
        rule=lambda _, crop: harvest(crop) + model.purchased_t[crop] - model.sold_t[crop] >= NEED_T[crop],
    )
    model.beets = pyo.Constraint(expr=model.sold_t["beets"] + model.beets_beyond_quota_t <= harvest("beets"))
    model.quota = pyo.Constraint(expr=model.sold_t["beets"] <= BEETS_QUOTA_T)

    model.planting_cost = pyo.Expression(expr=sum(PLANTING_COST[crop] * model.acres[crop] for crop in CROPS))
    model.trade_cost = pyo.Expression(
        expr=sum(PURCHASE_PRICE[crop] * model.purchased_t[crop] for crop in NEED_T)
        - sum(SELLING_PRICE[crop] * model.sold_t[crop] for crop in CROPS)
        - BEETS_BEYOND_QUOTA_PRICE * model.beets_beyond_quota_t
    )
    sign = 1 if sense == pyo.minimize else -1
    model.objective = pyo.Objective(expr=sign * (model.planting_cost + model.trade_cost), sense=sense)
    sputils.attach_root_node(model, model.planting_cost, [model.acres])
    model._mpisppy_probability = 1 / num_scens
    return model
