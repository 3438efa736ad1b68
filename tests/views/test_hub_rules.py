"""Every rule of every kind in the energy hub: the least cost by hand, with the rule and without it.

Each case is a site of one or two components around a demand. ``with_rule`` and ``without`` are worked out by hand in
the comment above it; a hub that lacks the rule has the second optimum and fails. The model, built node by node, is held
against the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from helpers.site_builder import grid, mains, make_instance, make_tree
from helpers.two_views import least_cost_of, two_views

from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.views.hub import Hub
from mes_stoch.views.hub_assembly import build_hub

NO_SLACK = {"unserved_penalty_eur_per_mwh": None, "dump_penalty_eur_per_mwh": None}
#: A change of 1 MW within an hour.
RAMP = {"energy_ramp_mw_per_min": 1 / 60}


@dataclass
class Case:
    """A rule at work.

    Parameters
    ----------
    rule : dict
        Fields of the component that state it.
    no_rule : dict
        Fields in their place without it.
    with_rule, without : float
        Least costs.
    """

    name: str
    component: str
    components: dict[str, dict[str, Any]]
    rule: dict[str, Any]
    with_rule: float
    without: float
    no_rule: dict[str, Any] = field(default_factory=dict)
    nodes: dict[str, dict[str, Any]] = field(default_factory=dict)
    series: dict[str, list[float]] = field(default_factory=dict)
    periods: int = 1
    period_h: float = 1.0
    start: str = "2025-01-15T00:00"


# -- a boiler (fuel at 10 a MWh, its heat is its reference) and a backup at 100 a MWh ---------------------------------


def boiler(
    name: str,
    demand: list[float],
    rule: dict[str, Any],
    with_rule: float,
    without: float,
    *,
    base: dict[str, Any] | None = None,
    no_rule: dict[str, Any] | None = None,
    fuel: float = 10.0,
    **site: Any,
) -> Case:
    unit = {
        "type": "converter",
        "reference": "warmth",
        "power_max_mw": 4.0,
        "inputs": [{"node": "fuel", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "warmth", "ratio_per_unit": 1.0}],
        **(base or {}),
    }
    components = {
        "mains": mains(fuel),
        "boiler": unit,
        "backup": {"type": "source", "node": "warmth", "available_mw": 100.0, "curtailable": True}
        | {"cost_eur_per_mwh": 100.0},
        "heating": {"type": "demand", "node": "warmth", "demand_mw": demand},
    }
    return Case(name, "boiler", components, rule, with_rule, without, no_rule or {}, periods=len(demand), **site)


FREE: dict[str, Any] = {"power_min_mw": 1.0}
MINIMUM = FREE | {"initial_on": False}
NO_LOAD = {"inputs": [{"node": "fuel", "ratio_per_unit": 1.0, "no_load_mw": 1.0}]}
CONVERTER = [
    # 4 MW for 40, the fifth for 100; a boiler of 9 MW: 50
    boiler("largest power", [5.0], {"power_max_mw": 4.0}, 140.0, 50.0, no_rule={"power_max_mw": 9.0}),
    # 2 MW for 20, the other two for 200
    boiler("share that is available", [4.0], {"available_per_unit": 0.5}, 220.0, 40.0),
    # the same of a unit that is on or off, and with a limit of its start
    boiler("share that is available when on", [4.0], {"available_per_unit": 0.5}, 220.0, 40.0, base=FREE),
    boiler(
        "share that is available at a start",
        [4.0],
        {"available_per_unit": 0.5},
        220.0,
        130.0,
        base=MINIMUM | {"start_power_max_mw": 3.0},
    ),
    # less than its least power
    boiler("outage", [4.0], {"available_per_unit": 0.2}, 400.0, 40.0, base=FREE),
    # the unit cannot run at 1 MW: the backup for 100, not 10
    boiler("least power", [1.0], {"power_min_mw": 2.0}, 100.0, 10.0),
    # 1 MW for the demand, 1 MW of fuel for being on
    boiler("no-load flow", [1.0], NO_LOAD, 20.0, 10.0, base={"power_min_mw": 0.5}),
    # from 1 MW to at most 2: 10 + 20 and two MWh of backup; 50 without
    boiler("ramp up", [1.0, 4.0], RAMP, 230.0, 50.0),
    boiler("ramp down", [4.0, 1.0], RAMP, 230.0, 50.0),
    # off may go to its least 2 MW and a MW further: 30 + 100; 40 without
    boiler("ramp from off", [0.0, 4.0], RAMP, 130.0, 40.0, base={"power_min_mw": 2.0}),
    # half-hours: a ramp of 1 MW an hour is 0.5 MW from one to the next; 1 + 1.5 MW for half an hour each
    boiler(
        "ramp over half-hours",
        [1.0, 4.0],
        RAMP,
        0.5 * (10 * 2.5 + 100 * 2.5),
        25.0,
        period_h=0.5,
    ),
    # on for an hour is too short, and nobody takes the heat of a second
    boiler("minimum time on", [1.0, 0.0], {"minimum_up_h": 2.0}, 100.0, 10.0, base=MINIMUM),
    # a stop in the second hour lasts into the third: once 10, once 100
    boiler("minimum time off", [1.0, 0.0, 1.0], {"minimum_down_h": 2.0}, 110.0, 20.0, base=MINIMUM),
    # 2 MW in the hour of the start: 20 + 200
    boiler("largest power of a start", [0.0, 4.0], {"start_power_max_mw": 2.0}, 220.0, 40.0, base=MINIMUM),
    # 2 MW in the hour before a stop: 20 + 200
    boiler("largest power before a stop", [4.0, 0.0], {"stop_power_max_mw": 2.0}, 220.0, 40.0, base=FREE),
    # on before, so that the limit of a start is none
    boiler(
        "stop alone, of a unit with both limits",
        [4.0, 0.0],
        {"start_power_max_mw": 3.0, "stop_power_max_mw": 2.0},
        220.0,
        40.0,
        base=FREE | {"initial_on": True},
    ),
    # on for one hour alone: both limits meet in it, and the lower one holds
    boiler(
        "start and stop in an hour, start lower",
        [0.0, 4.0, 0.0],
        {"start_power_max_mw": 2.0, "stop_power_max_mw": 3.0},
        220.0,
        40.0,
        base=MINIMUM,
    ),
    boiler(
        "start and stop in an hour, stop lower",
        [0.0, 4.0, 0.0],
        {"start_power_max_mw": 3.0, "stop_power_max_mw": 2.0},
        220.0,
        40.0,
        base=MINIMUM,
    ),
    # one of the two starts of the day: 10 + 100
    boiler("starts per day", [1.0, 0.0, 1.0], {"starts_max_per_day": 1}, 110.0, 20.0, base=MINIMUM),
    # the second start falls into the next day, and none is left for a third hour of that day
    boiler(
        "starts per day over midnight",
        [1.0, 0.0, 1.0, 0.0, 1.0],
        {"starts_max_per_day": 1},
        120.0,
        30.0,
        base=MINIMUM,
        start="2025-01-15T22:00",
    ),
    boiler("cost of a start", [1.0], {"start_cost_eur": 5.0}, 15.0, 10.0, base=MINIMUM),
    # the first state is free: being on in it is no start
    boiler(
        "no start before a free state",
        [1.0, 0.0, 1.0],
        {"initial_on": None},
        25.0,
        30.0,
        base={"power_min_mw": 1.0, "start_cost_eur": 5.0},
        no_rule={"initial_on": False},
    ),
    # dear fuel (200): kept on for two of its three hours at 0.5 MW, 2 x (100 + 50) + 100; off at once: 300
    boiler(
        "kept on from before",
        [1.0, 1.0, 1.0],
        {"initial_state_h": 1.0},
        400.0,
        300.0,
        base={"power_min_mw": 0.5, "minimum_up_h": 3.0, "initial_on": True},
        fuel=200.0,
    ),
    # the same, and nobody takes the heat: what the unit cannot help, its least 0.5 MW for two hours, is thrown away at
    # 300 a MWh, 2 x (100 + 150); free to stop at once: 0
    boiler(
        "kept on from before, for nobody",
        [0.0, 0.0, 0.0],
        {"initial_state_h": 1.0},
        500.0,
        0.0,
        base={"power_min_mw": 0.5, "minimum_up_h": 3.0, "initial_on": True},
        fuel=200.0,
        nodes={"warmth": {"unserved_penalty_eur_per_mwh": None, "dump_penalty_eur_per_mwh": 300.0}},
    ),
    # stopped an hour ago, and for two at least: the first hour from the backup
    boiler(
        "kept off from before",
        [1.0, 1.0],
        {"initial_state_h": 1.0},
        110.0,
        20.0,
        base={**MINIMUM, "minimum_down_h": 2.0},
    ),
    # on means on for two hours, and nobody takes the heat of the second
    boiler("state blocks", [1.0, 0.0], {"state_block_h": 2.0}, 100.0, 10.0, base=FREE),
    # 2 MWh of heat need 1 MWh of fuel in the first hour, 4 in the second; always 2: 40
    boiler(
        "ratio of a series",
        [2.0, 2.0],
        {"inputs": [{"node": "fuel", "ratio_per_unit": "fuel_per_unit"}]},
        50.0,
        40.0,
        series={"fuel_per_unit": [0.5, 2.0]},
    ),
    boiler("cost of operation", [1.0], {"cost_eur_per_mwh": 3.0}, 13.0, 10.0),
]


# -- a store at the node of a demand, bought power at a price by period -----------------------------------------------


def store(
    name: str,
    demand: list[float],
    rule: dict[str, Any],
    with_rule: float,
    without: float,
    *,
    price: list[float] | float = 100.0,
    no_rule: dict[str, Any] | None = None,
    period_h: float = 1.0,
    **base: Any,
) -> Case:
    fields = {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 10.0,
        "charge_max_mw": 5.0,
        "discharge_max_mw": 5.0,
        "initial_mwh": 0.0,
        "terminal_mwh": 0.0,
        "terminal_penalty_eur_per_mwh": None,
        **base,
    }
    components = {
        "grid": grid(export_max_mw=0.0, import_price_eur_per_mwh=price),
        "battery": fields,
        "process": {"type": "demand", "node": "power", "demand_mw": demand},
    }
    time = {"periods": len(demand), "period_h": period_h}
    return Case(name, "battery", components, rule, with_rule, without, no_rule or {}, **time)


FULL = {"energy_min_mwh": 1.0, "energy_max_mwh": 1.0, "initial_mwh": 1.0}
WASTE = {**FULL, "charge_efficiency_per_unit": 0.5, "discharge_efficiency_per_unit": 0.5}
BY_DEPTH = [{"depth_per_unit": 0.1, "cost_eur_per_mwh": 5.0}, {"depth_per_unit": 1.0, "cost_eur_per_mwh": 40.0}]
LEVELS_UP = [{"level_per_unit": 0.0, "power_per_unit": 0.0}, {"level_per_unit": 1.0, "power_per_unit": 1.0}]
LEVELS_DOWN = [{"level_per_unit": 0.0, "power_per_unit": 1.0}, {"level_per_unit": 1.0, "power_per_unit": 0.0}]
STORE = [
    # paid 10 a MWh for taking power, full at 1 MWh: of c MW a quarter comes out again, 0.75 c are taken for good.
    # Both share the time: c / 2 + 0.25 c / d = 1 with d = 2 gives c = 1.6; a discharge of 1000 MW needs no time: c = 2
    store("sharing", [0.0], {"discharge_max_mw": 2.0}, -12.0, -15.0 / (1 + 0.5 / 1000), price=-10.0,
          no_rule={"discharge_max_mw": 1000.0}, charge_max_mw=2.0, **WASTE),
    # 4 MWh become 2, and 1 after two hours: of 3 MWh one comes from the store
    store("standing loss", [0.0, 3.0], {"standing_loss_per_h": 0.5}, 200.0, 0.0, initial_mwh=4.0),
    # 1 of 10 MWh at a wear of 5, a second at 40
    store("wear by depth", [2.0], {"degradation_cost_by_depth": BY_DEPTH}, 45.0, 0.0, initial_mwh=10.0),
    # d <= 0.5 (2 - d): two thirds of 2 MWh
    store("weak when empty", [2.0], {"discharge_max_by_level": LEVELS_UP}, 400.0 / 3.0, 0.0, initial_mwh=2.0),
    # c <= 5 - 0.5 c: 10/3 MWh at 10 and 5/3 at 100
    store("slow when full", [0.0, 5.0], {"charge_max_by_level": LEVELS_DOWN}, 200.0, 50.0, price=[10.0, 100.0]),
    # 4 MWh lose nine tenths in each hour: c <= 5 - 0.5 x 4 at the start, of which 0.34 MWh are left
    store("slow when full at the start", [0.0, 5.0], {"charge_max_by_level": LEVELS_DOWN}, 3.0 + 466.0, 5.0 + 446.0,
          price=[1.0, 100.0], initial_mwh=4.0, standing_loss_per_h=0.9),
    # paid 10 a MWh for taking power: 2 MWh fill an empty store of 1 MWh, which has no power to discharge at its start;
    # with it c + d = 5 and 0.5 c - 2 d = 1
    store("weak when empty at the start", [0.0], {"discharge_max_by_level": LEVELS_UP}, -20.0, -38.0, price=-10.0,
          energy_max_mwh=1.0, charge_efficiency_per_unit=0.5, discharge_efficiency_per_unit=0.5),
    # d <= 0.5 (1 - d), then d <= 0.5 (2/3 - d): 1/3 and 2/9 MWh of 1 MWh
    store("weaker and weaker", [1.0, 1.0], {"discharge_max_by_level": LEVELS_UP}, 100.0 * (2 - 5 / 9), 100.0,
          initial_mwh=1.0),
    # of 4 MWh 2 are lost, and one is bought
    store("fixed loss", [0.0, 3.0], {"fixed_loss_mw": [0.5, 1.5]}, 100.0, 0.0, initial_mwh=4.0, charge_max_mw=0.0,
          level_penalty_eur_per_mwh=None, no_rule={"fixed_loss_mw": 0.0}),
    # an empty store that cannot be charged: 1 MW for an hour at 300, or at 100
    store("loss that is not covered", [0.0, 0.0], {"level_penalty_eur_per_mwh": 300.0}, 300.0, 100.0, charge_max_mw=0.0,
          fixed_loss_mw=1.0, period_h=0.5, no_rule={"level_penalty_eur_per_mwh": 100.0}),
    # 0.75 lost in an hour is half in half an hour: 4 MWh become 2 and 1; 3 MW for half an hour need 1.5
    store("standing loss of a half-hour", [0.0, 3.0], {"standing_loss_per_h": 0.75}, 50.0, 0.0, initial_mwh=4.0,
          period_h=0.5),
    # 2 MWh bought at 10, the third at 100
    store("largest level", [0.0, 3.0], {"energy_max_mwh": 2.0}, 120.0, 30.0, price=[10.0, 100.0]),
    store("least level", [2.0], {"energy_min_mwh": 1.0}, 100.0, 0.0, initial_mwh=2.0),
    # 1 MWh is to be left after the first hour, in which 2 MWh are wanted: one is bought, or 40 paid for it
    store("least level of a period", [2.0, 1.0], {"level_min_mwh": [1.0, 0.0], "level_penalty_eur_per_mwh": None},
          200.0, 100.0, price=[200.0, 100.0], initial_mwh=2.0, no_rule={"level_min_mwh": None}),
    store("penalty of the least level", [2.0, 0.0], {"level_penalty_eur_per_mwh": 40.0}, 40.0, 200.0,
          price=[200.0, 100.0], initial_mwh=2.0, level_min_mwh=[1.0, 0.0],
          no_rule={"level_penalty_eur_per_mwh": None}),
    # 2 MWh bought at 10, the third at 100
    store("largest level of a period", [0.0, 3.0], {"level_max_mwh": [2.0, 9.0], "level_penalty_eur_per_mwh": None},
          120.0, 30.0, price=[10.0, 100.0], no_rule={"level_max_mwh": None}),
    store("level to leave", [1.0], {"terminal_mwh": 2.0}, 100.0, 0.0, initial_mwh=2.0),
    # a MWh less than is to be left costs 30, a MWh of the grid 100
    store("penalty of the level to leave", [1.0], {"terminal_penalty_eur_per_mwh": 30.0}, 30.0, 100.0, initial_mwh=2.0,
          no_rule={"terminal_penalty_eur_per_mwh": None}, terminal_mwh=2.0),
    # a MWh left behind is worth 130, one of the grid costs 100: all 2 MWh stay
    store("value of what is left", [1.0], {"terminal_value_eur_per_mwh": 130.0}, 100.0 - 260.0, 0.0, initial_mwh=2.0,
          charge_max_mw=0.0),
    # a MWh that is there at the start is bought back at 100, and not at 200
    store("level that comes back", [1.0, 0.0], {"initial_mwh": "cyclic", "terminal_mwh": None}, 100.0, 200.0,
          price=[200.0, 100.0]),
    # 2 MWh at the start become 1, and are bought back at 100
    store("level that comes back, with losses", [1.0, 0.0], {"initial_mwh": "cyclic", "terminal_mwh": None}, 200.0,
          300.0, price=[300.0, 100.0], standing_loss_per_h=0.5),
    # of a level that need not come back for 30 a MWh
    store("penalty of a level that comes back", [1.0], {"terminal_penalty_eur_per_mwh": 30.0}, 30.0, 100.0,
          no_rule={"terminal_penalty_eur_per_mwh": None}, initial_mwh="cyclic", terminal_mwh=None),
    # from 0 to 1 MW, from 2 MW down to 1: one MWh from the grid
    store("ramp up", [0.0, 2.0], RAMP, 100.0, 0.0, initial_mwh=2.0),
    store("ramp down", [2.0, 0.0], RAMP, 100.0, 0.0, initial_mwh=2.0),
    # 1 MWh bought at 10, two at 100
    store("largest charge", [0.0, 3.0], {"charge_max_mw": 1.0}, 210.0, 30.0, price=[10.0, 100.0]),
    store("largest discharge", [3.0], {"discharge_max_mw": 1.0}, 200.0, 0.0, initial_mwh=3.0),
    # the same where nothing is shared: only one direction
    store("largest charge of one that only charges", [0.0], {"charge_max_mw": 1.0}, 70.0, 30.0, price=10.0,
          discharge_max_mw=0.0, terminal_mwh=3.0, terminal_penalty_eur_per_mwh=30.0),
    store("largest discharge of one that only discharges", [3.0], {"discharge_max_mw": 1.0}, 200.0, 0.0,
          initial_mwh=3.0, charge_max_mw=0.0),
    # 1 of 5 MW in the first hour: as with a largest charge of 1 MW
    store("charge that is available", [0.0, 3.0], {"charge_available_per_unit": [0.2, 1.0]}, 210.0, 30.0,
          price=[10.0, 100.0]),
    store("discharge that is available", [3.0], {"discharge_available_per_unit": 0.2}, 200.0, 0.0, initial_mwh=3.0),
    # of a full store that may not share its time nothing comes round
    store("one way at a time", [0.0], {"exclusive_charging": True}, 0.0, -12.0, price=-10.0, charge_max_mw=2.0,
          discharge_max_mw=2.0, **WASTE),
    # 1 MWh of 3, two bought
    store("throughput of a day", [3.0], {"throughput_max_mwh_per_day": 1.0}, 200.0, 0.0, initial_mwh=3.0),
    # half a cycle of 10 MWh draws 5 MWh, of which half come out: 0.5 of 3 MWh are bought
    store("cycles of a day", [2.0, 1.0], {"cycles_max_per_day": 0.5}, 50.0, 0.0, initial_mwh=9.0,
          discharge_efficiency_per_unit=0.5),
    # c + 0.25 c / 0.5 = 1 of 2 MW each way and half of that out: c = 4 / 3, of which 1 MW is taken for good
    store("sharing of what is available", [0.0], {"discharge_available_per_unit": [0.5]}, -10.0, -12.0, price=-10.0,
          charge_max_mw=2.0, discharge_max_mw=2.0, **WASTE),
    # 2 MWh drawn from the grid make 1 in the store
    store("charge efficiency", [0.0, 1.0], {"charge_efficiency_per_unit": 0.5}, 20.0, 10.0, price=[10.0, 100.0]),
    store("discharge efficiency", [1.0], {"discharge_efficiency_per_unit": 0.5}, 50.0, 0.0, initial_mwh=1.0),
    # wear counts what comes out: 0.5 MWh of 1 MWh at an efficiency of a half
    store("throughput cost", [1.0], {"throughput_cost_eur_per_mwh": 4.0}, 52.0, 50.0, initial_mwh=1.0,
          discharge_efficiency_per_unit=0.5),
]  # fmt: skip


# -- networks, sources, demands and slack ------------------------------------------------------------------------------


def site(
    name: str,
    component: str,
    components: dict[str, dict[str, Any]],
    rule: dict[str, Any],
    with_rule: float,
    without: float,
    *,
    no_rule: dict[str, Any] | None = None,
    **node: float,
) -> Case:
    own = {name: dict(fields) for name, fields in components.items()}
    return Case(name, component, own, rule, with_rule, without, no_rule or {}, {"power": NO_SLACK | node})


GRID = grid(import_price_eur_per_mwh=100.0, export_max_mw=0.0)
SUN = {"type": "source", "node": "power", "available_mw": 3.0, "curtailable": True}
LOAD = {"type": "demand", "node": "power", "demand_mw": 2.0}
SHED = {"type": "sheddable_demand", "node": "power", "demand_mw": 2.0, "shed_cost_eur_per_mwh": 30.0}
ALL = {"shed_max_per_unit": 1.0}
PAID = grid(import_price_eur_per_mwh=-100.0, export_max_mw=0.0)
SELL = grid(import_max_mw=0.0, export_price_eur_per_mwh=30.0, export_max_mw=10.0)
OTHERS = [
    # a MW of two is bought at 10, the other one shed at 30
    site("import limit", "grid", {"grid": GRID | {"import_price_eur_per_mwh": 10.0}, "shed": SHED | ALL},
         {"import_max_mw": 1.0}, 40.0, 20.0),
    site("export limit", "grid", {"grid": SELL, "sun": SUN}, {"export_max_mw": 2.0}, -60.0, -90.0),
    # what the sun gives, 1 MW; the other one is bought
    site("available power", "sun", {"grid": GRID, "sun": SUN, "load": LOAD}, {"available_mw": 1.0}, 100.0, 0.0),
    site("cost of a source", "sun", {"grid": GRID, "sun": SUN, "load": LOAD}, {"cost_eur_per_mwh": 5.0}, 10.0, 0.0),
    # 1 MW too much, of which 20 a MWh must be paid to be rid
    site("no curtailment", "sun", {"grid": SELL | {"export_price_eur_per_mwh": -20.0}, "sun": SUN, "load": LOAD},
         {"curtailable": False}, 20.0, 0.0),
    site("share of a demand", "load", {"grid": GRID, "load": LOAD}, {"share_per_unit": 0.25}, 50.0, 200.0),
    # half of 2 MW can be shed at 30; the rest is bought
    site("share that can be shed", "shed", {"grid": GRID, "shed": SHED}, {"shed_max_per_unit": 0.5}, 130.0, 60.0,
         no_rule=ALL),
    site("cost of shedding", "shed", {"grid": GRID, "shed": SHED | ALL},
         {"shed_cost_eur_per_mwh": 40.0}, 80.0, 60.0),
    # nothing is bought: 1 MW is shed at 30, and the firm half goes unserved at 500
    site("firm part of a demand that can be shed", "shed", {"grid": grid(import_max_mw=0.0), "shed": SHED},
         {"shed_max_per_unit": 0.5}, 530.0, 60.0, no_rule=ALL, unserved_penalty_eur_per_mwh=500.0),
    # unserved at 1 a MWh: no more than the demand of 2 MW, though each more would sell for 30. A demand of 12: 12
    site("limit of what goes unserved", "load", {"grid": SELL, "load": LOAD}, {"demand_mw": 2.0}, 2.0, 12.0,
         no_rule={"demand_mw": 12.0}, unserved_penalty_eur_per_mwh=1.0),
    # paid 100 for each MWh taken, 50 to be rid of one: no more is thrown away than the sun's 3 MW, so that 2 MW are
    # bought (-200 + 150); a sun that can be curtailed leaves nothing to throw away: -200
    site("limit of what is thrown away", "sun", {"grid": PAID, "sun": SUN, "load": LOAD}, {"curtailable": False},
         -50.0, -200.0, dump_penalty_eur_per_mwh=50.0),
]  # fmt: skip


def charged(name: str, rule: dict[str, Any], with_rule: float, without: float = 60.0, **fields: Any) -> Case:
    """Loads of 2 and 4 MW, bought at 10 a MWh (60 in all), or its own at 60."""
    connection = grid(import_price_eur_per_mwh=10.0, export_max_mw=0.0)
    own = {"type": "source", "node": "power", "available_mw": 10.0, "cost_eur_per_mwh": 60.0}
    load = {"type": "demand", "node": "power", "demand_mw": [2.0, 4.0]}
    components = {"grid": connection, "own": own, "load": load}
    return Case(name, "grid", components, rule, with_rule, without, nodes={"power": NO_SLACK}, periods=2, **fields)


CHARGES = [
    # 2 MW at 90, and 2 MWh of its own: 180 + 40 + 120
    charged("demand charge", {"demand_charge_eur_per_mw": 90.0}, 340.0),
    # 3 MW at 90, for a MWh less saves 45
    charged("interval of the meter", {"demand_charge_eur_per_mw": 90.0, "demand_charge_interval_h": 2.0}, 330.0),
    # the first hour alone counts
    charged("hours that count",
            {"demand_charge_eur_per_mw": 90.0, "demand_charge_counts_per_unit": [1.0, 0.0]}, 160.0),
    # 3 MW in January, nothing of February: 20 + 240
    charged("peaks of two months", {"demand_charge_eur_per_mw": 90.0, "peak_so_far_mw": 3.0}, 260.0,
            start="2025-01-31T23:00"),
    # 3 MW, and 60 for another MWh
    # 2 of 24 hours: 10
    charged("fixed cost", {"fixed_cost_eur_per_day": 120.0}, 70.0),
    # a MWh at 70 that is paid at 65 anyhow: 5 of them, and one of its own: 350 + 60; without it 6 of its own
    charged("take or pay", {"take_or_pay_mwh": 5.0, "take_or_pay_price_eur_per_mwh": 65.0,
                            "import_price_eur_per_mwh": 70.0}, 410.0,
            no_rule={"import_price_eur_per_mwh": 70.0}, without=360.0),
    charged("subscribed power", {"subscribed_power_mw": 3.0, "excess_charge_eur_per_mw": 90.0}, 110.0),
]  # fmt: skip

CASES = [*CONVERTER, *STORE, *OTHERS, *CHARGES]


def site_of(case: Case, *, is_ruled: bool = True) -> tuple[Instance, ScenarioTree]:
    components = {name: dict(spec) for name, spec in case.components.items()}
    components[case.component] |= case.rule if is_ruled else case.no_rule
    series: dict[str, Any] = dict(case.series)
    for name, spec in components.items():
        for key, value in spec.items():
            if isinstance(value, list) and all(isinstance(number, float) for number in value):
                series[f"{name}_{key}"] = value
                spec[key] = f"{name}_{key}"
    instance = make_instance(
        components,
        periods=case.periods,
        period_h=case.period_h,
        start=case.start,
        nodes=dict.fromkeys(("warmth", "fuel", "power"), NO_SLACK) | case.nodes,
    )
    return instance, make_tree(instance, series)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.component}: {case.name}")
def test_a_rule_costs_what_it_does_by_hand(case: Case) -> None:
    assert abs(case.with_rule - case.without) > 0.5, "a rule that does not bind tests nothing"
    for is_ruled, expected in ((True, case.with_rule), (False, case.without)):
        views = two_views(*site_of(case, is_ruled=is_ruled))
        assert views.hub.least_cost() == pytest.approx(expected, abs=1e-6)
        assert views.model.least_cost() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    "name",
    [
        "standing loss",
        "ramp from off",
        "kept on from before",
        "state blocks",
        "sharing",
        "demand charge",
        "interval of the meter",
    ],
)
def test_a_cut_within_periods_changes_nothing_where_loads_do_not(name: str) -> None:
    """What is lost, changes and stays on goes by periods, however many steps they are cut into."""
    (case,) = (case for case in CASES if case.name == name)
    hub = build_hub(*site_of(case), cuts_h=[0.25, 0.5])
    assert len(hub.steps) == 3 * case.periods
    assert least_cost_of(hub)[0] == pytest.approx(case.with_rule, abs=1e-6)


def test_no_row_and_no_bound_of_a_hub_could_be_left_out_unseen() -> None:
    """Each kind of row, dropped, and each limit of a column, lifted, changes the optimum of some case."""
    seen: dict[tuple[str, str], bool] = {}
    for case in CASES:
        hub = build_hub(*site_of(case))
        for part, lacking in _lacking(hub):
            cost, _ = least_cost_of(lacking)
            seen[part] = seen.get(part, False) or not abs(cost - case.with_rule) <= 1e-6
    # costs rise with the depth, so that nothing is gained by drawing on the last segment before it holds anything
    assert sorted(part for part, is_seen in seen.items() if not is_seen) == [("row", "segment_1")]
    assert {name for what, name in seen if what == "row"} == {
        *("change", "minimum_up", "minimum_down", "starts_per_day", "maximum", "maximum_stop", "minimum"),
        *("ramp_up", "ramp_down", "level", "sharing", "terminal", "demand_peak", "subscribed_power", "take_or_pay"),
        *(
            "charging",
            "discharging",
            "throughput",
            "level_min",
            "level_max",
            "segment_0",
            "segment_1",
            "segments_in",
            "segments_out",
        ),
        *("charge_by_level_0", "charge_by_level_start_0", "discharge_by_level_0", "discharge_by_level_start_0"),
    }


def _lacking(hub: Hub) -> Iterator[tuple[tuple[str, str], Hub]]:
    """The hub without one kind of row, or without the limits of one kind of column."""
    names = hub.limits.rows.get_level_values("row")
    for name in names.unique():
        lower, upper = hub.limit_lower.copy(), hub.limit_upper.copy()
        lower[names == name], upper[names == name] = -np.inf, np.inf
        yield ("row", name), replace(hub, limit_lower=lower, limit_upper=upper)
    columns = hub.columns
    kinds = columns["name"].where(~columns["component"].isin(["unserved", "dumped"]), columns["component"])
    physical = columns["role"].isin(["flow", "stored", "drawn", "level"])
    kept = (columns["role"] == "state") & (columns["lower"] == columns["upper"])
    limits = {
        "upper": (physical & np.isfinite(columns["upper"]), {"upper": 1000.0}),
        "lower": (physical & (columns["lower"] > 0), {"lower": 0.0}),
        "state before": (kept, {"lower": 0.0, "upper": 1.0}),
    }
    for what, (where, values) in limits.items():
        for name in kinds[where].unique():
            changed = columns.copy()
            changed.loc[where & (kinds == name), list(values)] = list(values.values())
            yield (what, name), replace(hub, columns=changed)
