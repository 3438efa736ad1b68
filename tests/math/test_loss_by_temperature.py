"""Losses of a store that follow temperatures: each optimum by hand, and what it would be without."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.settled_run import settled, solved
from helpers.site_builder import grid, make_instance, make_tree, optimum

from mes_stoch.evaluation.stress.outcome import stress
from mes_stoch.settlement.data import SettlementData

DA = {"da": {"price_eur_per_mwh": "da", "settlement_period_h": 1}}


@pytest.mark.parametrize(
    ("fields", "air", "left"),
    [
        # 0.05 MW/K: 10 K and 30 K, 2 MWh in two hours
        ({"store_temperature_degc": 60.0}, [50.0, 30.0], 2.0),
        # a cold store in the warmth: the same
        ({"store_temperature_degc": 5.0}, [15.0, 35.0], 2.0),
        # on top of a fixed loss of 0.25 MW: 2.5 MWh
        ({"store_temperature_degc": 60.0, "fixed_loss_mw": 0.25}, [50.0, 30.0], 1.5),
        # the temperature of the store as a series, 10 K each hour
        ({"store_temperature_degc": "inside"}, [50.0, 30.0], 3.0),
        # all without
        ({"loss_mw_per_kelvin": 0.0}, [50.0, 30.0], 4.0),
    ],
)
def test_what_temperatures_cost(fields: dict[str, Any], air: list[float], left: float) -> None:
    """4 MWh to be sold at 100 in the second hour, and nothing in the first: what is lost is missing."""
    store = {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 4.0,
        "charge_max_mw": 0.0,
        "discharge_max_mw": 4.0,
        "initial_mwh": 4.0,
        "terminal_mwh": 0.0,
        "level_penalty_eur_per_mwh": None,
        "loss_mw_per_kelvin": 0.05,
        "ambient_temperature_degc": "air",
        **fields,
    }
    if store["loss_mw_per_kelvin"] == 0:
        del store["ambient_temperature_degc"]
    instance = make_instance({"grid": grid(), "battery": store}, DA, periods=2)
    data = {"da": [0.0, 100.0], "air": air, "inside": [60.0, 40.0]}
    assert optimum(instance, data).profit == pytest.approx(100.0 * left)
    tree = make_tree(instance, data)
    assert settled(instance, tree).agrees
    run = solved(instance, tree)
    # the stress test knows the same loss, or the level would not follow from what flows
    assert stress(SettlementData(instance, tree, run.solution, run.flow_data)).passed
