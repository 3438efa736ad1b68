"""The flexibility operating region against calculations by hand: battery, CHP with heat store, heat pump with tank."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.settled_run import solved
from helpers.site_builder import grid, mains, make_instance, make_tree

from mes_stoch.evaluation.flexibility.region import FlexibilityRegion, FlexibilityRequest, flexibility_region
from mes_stoch.report.run import Run
from mes_stoch.schema.errors import MissingEntryError, UsageError
from mes_stoch.settlement.data import SettlementData

HOURS = 6
DAY_AHEAD = {"da": {"price_eur_per_mwh": 50.0, "settlement_period_h": 1, "fee_eur_per_mwh": 0.0}}
BATTERY = {
    "type": "storage",
    "node": "power",
    "energy_max_mwh": 8.0,
    "charge_max_mw": 4.0,
    "discharge_max_mw": 4.0,
    "charge_efficiency_per_unit": 0.9,
    "discharge_efficiency_per_unit": 0.9,
    "initial_mwh": 4.0,
    "throughput_cost_eur_per_mwh": 1.0,
}
HEATING = {"type": "demand", "node": "warmth", "demand_mw": 1.5}
PUMP = {
    "type": "converter",
    "reference": "power",
    "power_max_mw": 1.0,
    "inputs": [{"node": "power", "ratio_per_unit": 1.0}],
    "outputs": [{"node": "warmth", "ratio_per_unit": 3.0}],
}
TANK = {
    "type": "storage",
    "node": "warmth",
    "energy_max_mwh": 3.0,
    "charge_max_mw": 9.0,
    "discharge_max_mw": 9.0,
    "initial_mwh": 2.0,
    "throughput_cost_eur_per_mwh": 1.0,
}
BOILER = {
    "type": "converter",
    "reference": "warmth",
    "power_max_mw": 5.0,
    "inputs": [{"node": "fuel", "ratio_per_unit": 1.0}],
    "outputs": [{"node": "warmth", "ratio_per_unit": 1.0}],
}


def run_of(
    components: dict[str, dict[str, Any]], products: dict[str, dict[str, Any]] | None = None, **horizon: Any
) -> tuple[SettlementData, Run]:
    instance = make_instance(
        {"grid": grid(), **components}, DAY_AHEAD | (products or {}), **{"periods": HOURS, **horizon}
    )
    tree = make_tree(instance)
    run = solved(instance, tree)
    return SettlementData(instance, tree, run.solution, run.flow_data), run


def region_of(components: dict[str, dict[str, Any]], durations_h: list[float], **asked: Any) -> FlexibilityRegion:
    data, _ = run_of(components)
    return flexibility_region(data, FlexibilityRequest("s0", durations_h=durations_h, **asked))


def column(found: FlexibilityRegion, name: str, direction: str, start: int = 0) -> list[float]:
    points = found.points[found.points["direction"] == direction]
    own = points[points["start"] == points["start"].unique()[start]]
    return [float(value) for value in own[name]]


def test_an_exchange_deviates_within_what_is_available_of_its_connection() -> None:
    """A battery of 4 MW behind 6 MW of export, of which half is available: 3 MW up, 4 MW down."""
    connection = grid(export_max_mw=6.0, export_available_per_unit=0.5)
    found = region_of({"grid": connection, "battery": BATTERY}, [0.5])
    assert column(found, "deviation_mw", "up") == pytest.approx([3.0])
    assert column(found, "deviation_mw", "down") == pytest.approx([4.0])


def test_a_battery_gives_its_power_and_then_its_energy_over_the_time() -> None:
    found = region_of({"battery": BATTERY}, [0.5, 1.0, 2.0])
    # 4 MWh inside are 3.6 outside
    assert column(found, "deviation_mw", "up") == pytest.approx([4.0, 3.6, 1.8], abs=1e-5)
    most = (2 - 1.8 + 4 / 1.8) / (0.45 + 1 / 1.8)
    # 4 MWh of room: with c + d = 4 MW, c - d = f and 0.9 c - d / 0.9 = 2 MW for two hours, it loses what it can
    assert column(found, "deviation_mw", "down") == pytest.approx([4.0, 4.0, most], abs=1e-5)
    limits = found.points[found.points["direction"] == "up"]["limit"].tolist()[:3]
    assert limits == ["power", "energy", "energy"]
    assert set(found.points["limited_by"]) == {"battery"}
    assert not found.has_states


def test_a_deviation_costs_what_is_bought_back_for_it() -> None:
    found = region_of({"battery": BATTERY}, [1.0])
    # 3.6 MWh take 4 out, which 4 / 0.9 MWh at 50 put back, and wear of 1 on what was discharged
    assert column(found, "cost_eur_per_mwh", "up") == pytest.approx([4 / 0.9 * 50 / 3.6 + 1.0], abs=1e-3)
    # 4 MWh bought by the caller put in 3.6, of which 3.24 are sold
    assert column(found, "cost_eur_per_mwh", "down") == pytest.approx([(-50 + 1) * 3.24 / 4.0], abs=1e-3)


def test_without_time_to_recharge_energy_is_delivered_and_not_returned() -> None:
    found = region_of({"battery": BATTERY}, [1.0, 2.0])
    last = HOURS - 1
    assert column(found, "deviation_mw", "up", last) == pytest.approx([0.0, 0.0], abs=1e-4)
    # two hours are cut at the end of the horizon
    assert column(found, "delivered_mw", "up", last) == pytest.approx([3.6, 3.6], abs=1e-5)
    # the level may end above where it began
    assert column(found, "deviation_mw", "down", last) == pytest.approx([4.0, 4.0], abs=1e-5)
    # an hour before, what an hour of charging at 4 MW puts back, 3.6 MWh inside, limits
    assert column(found, "deviation_mw", "up", last - 1)[0] == pytest.approx(3.6 * 0.9, abs=1e-5)


def test_a_return_at_once_leaves_a_battery_nothing() -> None:
    free = region_of({"battery": BATTERY}, [1.0])
    at_once = region_of({"battery": BATTERY}, [1.0], return_h=0.0)
    within_an_hour = region_of({"battery": BATTERY}, [1.0], return_h=1.0)
    assert column(free, "deviation_mw", "up") == pytest.approx([3.6], abs=1e-5)
    assert column(at_once, "deviation_mw", "up") == pytest.approx([0.0], abs=1e-4)
    assert column(within_an_hour, "deviation_mw", "up") == pytest.approx([3.24], abs=1e-5)


def test_a_heat_pump_stops_as_long_as_its_tank_serves_the_heat() -> None:
    found = region_of({"pump": PUMP, "heating": HEATING, "tank": TANK}, [1.0, 2.0, 4.0])
    # it draws 0.5 MW for 1.5 MW of heat; 2 MWh in the tank replace 2/3 MWh, 1 MWh of room takes 1/3
    assert column(found, "deviation_mw", "up") == pytest.approx([0.5, 1 / 3, 1 / 6], abs=1e-5)
    assert column(found, "deviation_mw", "down") == pytest.approx([1 / 3, 1 / 6, 1 / 12], abs=1e-5)
    points = found.points.set_index(["direction", "duration_h", "start"])
    start = found.points["start"].iloc[0]
    # a larger pump would not help: it is off
    assert points.loc[("up", 1.0, start), ["limited_by", "limit"]].tolist() == ["pump", "least load"]
    assert points.loc[("up", 2.0, start), "limited_by"] == "tank"
    assert points.loc[("down", 2.0, start), "limited_by"] == "tank"


def test_with_redispatch_a_boiler_makes_the_heat_that_the_pump_does_not() -> None:
    parts = {"pump": PUMP, "heating": HEATING, "tank": TANK, "mains": mains(60.0), "boiler": BOILER}
    found = region_of(parts, [4.0])
    assert column(found, "deviation_mw", "up") == pytest.approx([0.5], abs=1e-5)
    assert column(found, "fixed_mw", "up") == pytest.approx([1 / 6], abs=1e-5)
    # 2 MWh of electricity are 6 of heat. The tank gives 2 of them, at a wear of 1, which the pump puts back in the two
    # hours that are left, at 50 / 3; the boiler makes 4 of gas at 60
    gas, refilled = 4.0 * 60.0, 2.0 * (50.0 / 3.0 + 1.0)
    assert column(found, "cost_eur_per_mwh", "up") == pytest.approx([(gas + refilled) / 2.0], abs=1e-3)


def test_a_chp_runs_up_while_its_heat_finds_room_and_down_while_the_store_serves() -> None:
    chp = {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 2.0,
        "inputs": [{"node": "fuel", "ratio_per_unit": 2.5}],
        "outputs": [{"node": "power", "ratio_per_unit": 1.0}, {"node": "warmth", "ratio_per_unit": 1.5}],
    }
    found = region_of({"mains": mains(40.0), "chp": chp, "heating": HEATING, "tank": TANK}, [0.5, 1.0, 2.0])
    # it runs at 1 MW for the heat: 1 MW more for an hour makes 1.5 MWh of heat for 1 MWh of room
    assert column(found, "deviation_mw", "up") == pytest.approx([1.0, 1 / 1.5, 0.5 / 1.5], abs=1e-5)
    # stopped, the store serves 1.5 MW from 2 MWh
    assert column(found, "deviation_mw", "down") == pytest.approx([1.0, 1.0, 1 / 1.5], abs=1e-5)


def test_a_unit_that_is_off_may_start_only_with_redispatch() -> None:
    engine = {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 2.0,
        "power_min_mw": 1.2,
        "start_cost_eur": 30.0,
        "initial_on": False,
        "inputs": [{"node": "fuel", "ratio_per_unit": 2.5}],
        "outputs": [{"node": "power", "ratio_per_unit": 1.0}],
    }
    found = region_of({"mains": mains(40.0), "engine": engine}, [1.0, 2.0])
    assert found.has_states
    assert column(found, "deviation_mw", "up") == pytest.approx([2.0, 2.0], abs=1e-5)
    assert column(found, "fixed_mw", "up") == pytest.approx([0.0, 0.0], abs=1e-5)
    # fuel for 2 MW at 100 EUR/MWh, and a start of 30 EUR
    assert column(found, "cost_eur_per_mwh", "up") == pytest.approx([100 + 30 / 2, 100 + 30 / 4], abs=1e-3)


def test_a_connection_limits_all_devices_behind_it() -> None:
    data, _ = run_of({"battery": BATTERY, "grid": grid(import_max_mw=1.0, export_max_mw=2.5)})
    found = flexibility_region(data, FlexibilityRequest("s0", durations_h=[0.5]))
    assert column(found, "deviation_mw", "up") == pytest.approx([2.5], abs=1e-5)
    assert column(found, "deviation_mw", "down") == pytest.approx([1.0], abs=1e-5)
    assert set(found.points[found.points["direction"] == "up"]["limited_by"].iloc[:4]) == {"grid"}


RESERVE = {
    "fr_afrr_up": {
        "block_h": 6,
        "volume_max_mw": 10.0,
        "minimum_bid_mw": 0.0,
        "bid_step_mw": 0.0,
        "sustain_h": 2.0,
        "capacity_price_eur_per_mw_h": 20.0,
        "activation_up_per_unit": 0.0,
    },
    "imbalance": {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 200.0},
}


def test_what_is_committed_lies_within_what_can_be_delivered() -> None:
    data, run = run_of({"battery": BATTERY | {"provides": ["fr_afrr_up"]}}, RESERVE)
    found = flexibility_region(data, FlexibilityRequest("s0"))
    volume = float(run.commitments.set_index("product").loc["fr_afrr_up", "volume_mw"])
    # the 4 MWh it begins with give 3.6 MWh, for two hours
    assert volume == pytest.approx(1.8, abs=1e-4)
    assert found.outside.empty
    points = found.points[(found.points["direction"] == "up") & (found.points["duration_h"] == 2.0)]
    assert points["committed_mw"].max() == pytest.approx(volume, abs=1e-5)
    assert (found.points[found.points["duration_h"] == 4.0]["committed_mw"] == 0).all()


def test_more_than_can_be_delivered_is_found() -> None:
    data, run = run_of({"battery": BATTERY | {"provides": ["fr_afrr_up"]}}, RESERVE)
    solution = run.solution.copy(deep=True)
    solution["battery.fr_afrr_up_held_mw"] = solution["battery.fr_afrr_up_held_mw"] + 0.1
    other = SettlementData(data.instance, data.tree, solution, data.flows)
    found = flexibility_region(other, FlexibilityRequest("s0", durations_h=[2.0]))
    assert set(found.outside["direction"]) == {"up"}


def test_durations_that_are_no_multiple_of_the_period() -> None:
    found = region_of({"battery": BATTERY}, [0.25, 1.25])
    assert column(found, "delivered_mw", "up") == pytest.approx([4.0, 3.6 / 1.25], abs=1e-5)
    for name in ("deviation_mw", "delivered_mw", "fixed_mw"):
        values = np.array([column(found, name, "up", start) for start in range(HOURS)])
        assert (np.diff(values, axis=1) <= 1e-5).all()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"scenario": "s9"}, "no scenario 's9'"),
        ({"connection": "battery"}, "no connection 'battery'"),
        ({"durations_h": [0.0, 1.0]}, "lasts 0.00025 h or more"),
        ({"durations_h": [1e-7]}, "lasts 0.00025 h or more"),
        ({"durations_h": [99.0]}, "no longer than the horizon of 6 h"),
        ({"return_h": -1.0}, "0 h or more"),
    ],
)
def test_what_makes_no_sense_is_told(asked: dict[str, Any], message: str) -> None:
    data, _ = run_of({"battery": BATTERY})
    with pytest.raises(UsageError, match=message):
        flexibility_region(data, FlexibilityRequest(**{"scenario": "s0", **asked}))


CHP = {
    "type": "converter",
    "reference": "power",
    "power_max_mw": 2.0,
    "inputs": [{"node": "fuel", "ratio_per_unit": 2.5}],
    "outputs": [{"node": "power", "ratio_per_unit": 1.0}, {"node": "warmth", "ratio_per_unit": 1.0}],
}
#: Fields of which one more MW, or MW for the hours of the deviation, is tried.
SIZES = {
    "battery": {"power": ("charge_max_mw", "discharge_max_mw"), "energy": ("energy_max_mwh",)},
    "tank": {"power": ("charge_max_mw", "discharge_max_mw"), "energy": ("energy_max_mwh",)},
    "pump": {"power": ("power_max_mw",)},
    "chp": {"power": ("power_max_mw",)},
    "grid": {"power": ("import_max_mw", "export_max_mw")},
}


@pytest.mark.parametrize(
    ("parts", "hours"),
    [
        ({"battery": BATTERY, "chp": CHP, "pump": PUMP, "mains": mains(15.0), "tank": TANK, "heating": HEATING}, 0.5),
        ({"battery": BATTERY, "chp": CHP, "pump": PUMP, "mains": mains(40.0), "tank": TANK, "heating": HEATING}, 1.0),
        ({"battery": BATTERY | {"charge_max_mw": 1.0}, "pump": PUMP, "tank": TANK, "heating": HEATING}, 1.0),
        ({"battery": BATTERY, "grid": grid(import_max_mw=1.0, export_max_mw=2.0)}, 1.0),
    ],
)
def test_a_larger_device_that_is_named_brings_what_is_said_and_no_other_brings_more(
    parts: dict[str, dict[str, Any]], hours: float
) -> None:
    data, _ = run_of(parts)
    request = FlexibilityRequest("s0", durations_h=[hours])
    found = flexibility_region(data, request).points
    brought = {name: np.zeros(len(found)) for name in SIZES if name in data.instance.components}
    step = 0.01
    for name in brought:
        for what, fields in SIZES[name].items():
            for field in fields:
                spec = data.instance.components[name]
                more = step if what == "power" else step * hours
                larger = spec.model_copy(update={field: getattr(spec, field) + more})
                components = {**data.instance.components, name: larger}
                instance = data.instance.model_copy(update={"components": components})
                other = flexibility_region(SettlementData(instance, data.tree, data.solution, data.flows), request)
                gain = (other.points["deviation_mw"] - found["deviation_mw"]).to_numpy() / step
                brought[name] = np.maximum(brought[name], gain)
    table = np.array(list(brought.values()))
    for place, point in enumerate(found.itertuples()):
        named = str(point.limited_by).split(", ") if isinstance(point.limited_by, str) else []
        # energy that is in the store at the start is no size of the device; all else is
        if point.limit == "energy" and point.direction == "up":
            continue
        if point.limit == "least load":
            assert table[:, place].max() < 0.01
            continue
        assert brought[named[0]][place] == pytest.approx(point.limit_per_mw, rel=0.02)
        assert brought[named[0]][place] >= table[:, place].max() - 0.02
        assert all(brought[name][place] == pytest.approx(point.limit_per_mw, rel=0.02) for name in named)


def test_devices_that_take_turns_hold_what_is_committed_together() -> None:
    products = {**RESERVE, "fr_afrr_up": RESERVE["fr_afrr_up"] | {"volume_max_mw": 1.0}}
    parts = {name: BATTERY | {"provides": ["fr_afrr_up"]} for name in ("first", "second")}
    data, run = run_of(parts, products)
    solution = run.solution.copy(deep=True)
    turns = np.arange(HOURS) % 2
    for name, share in (("first", turns), ("second", 1 - turns)):
        solution[f"{name}.fr_afrr_up_held_mw"][:] = share.astype(float)
    other = SettlementData(data.instance, data.tree, solution, data.flows)
    found = flexibility_region(other, FlexibilityRequest("s0", durations_h=[2.0]))
    points = found.points[found.points["direction"] == "up"]
    assert points["committed_mw"].iloc[: HOURS - 1].tolist() == pytest.approx([1.0] * (HOURS - 1))


def test_nothing_is_nothing_at_short_durations_too() -> None:
    load = {"type": "demand", "node": "power", "demand_mw": 1.0}
    data, _ = run_of({"battery": BATTERY, "load": load, "grid": grid(import_max_mw=1.0, export_max_mw=0.0)})
    found = flexibility_region(data, FlexibilityRequest("s0", durations_h=[1 / 600, 1 / 12]))
    up = found.points[found.points["direction"] == "up"]
    # what is taken out of the battery cannot be put back: all that can be imported goes to the load
    assert (up["deviation_mw"] == 0).all()
    assert up["cost_eur_per_mwh"].isna().all()


def test_a_level_that_the_files_lack_is_told() -> None:
    data, run = run_of({"battery": BATTERY})
    lacking = SettlementData(data.instance, data.tree, run.solution.drop_vars("battery.level_mwh"), data.flows)
    with pytest.raises(MissingEntryError, match=r"battery\.level_mwh"):
        flexibility_region(lacking, FlexibilityRequest("s0"))


def test_points_without_a_base_are_counted_and_not_compared() -> None:
    found = region_of({"battery": BATTERY}, [1.0])
    points = found.points.assign(committed_mw=5.0)
    points.loc[0, ["deviation_mw", "delivered_mw", "fixed_mw"]] = np.nan
    other = replace(found, points=points)
    assert len(other.without_base) == 1
    assert len(other.outside) == len(points) - 1
    assert other.unreturned.empty


def test_the_document_has_every_point() -> None:
    found = region_of({"battery": BATTERY}, [1.0])
    document = found.result()
    assert len(document.points) == 2 * HOURS
    assert document.points[0].deviation_mw == pytest.approx(3.6, abs=1e-5)
    assert pd.Timestamp(document.points[-1].start).hour == HOURS - 1
