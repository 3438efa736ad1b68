"""Energy held for calls along the path of a store's level: by hand, and against every call there is.

Prices: 50 EUR/MW/h for readiness, 100 EUR/MWh for energy, unless said otherwise.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.site_builder import grid, make_instance, optimum

from mes_stoch.components.shared.context import Buffer, HeldReserve
from mes_stoch.components.shared.equations_moments import PeriodGrid, moments
from mes_stoch.model.call_path import PathRow

ENERGY = {
    "da": {"price_eur_per_mwh": "da", "settlement_period_h": 1},
    "imbalance": {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0},
}


def reserve(direction: str = "up", **fields: Any) -> dict[str, Any]:
    return {
        "block_h": 1,
        "volume_max_mw": 1.0,
        "sustain_h": 1.0,
        "capacity_price_eur_per_mw_h": 50.0,
        f"activation_{direction}_per_unit": 0.0,
        "shortfall_penalty_eur_per_mw_h": 150.0,
        "missed_penalty_eur_per_mwh": 200.0,
        **fields,
    }


def battery(**fields: Any) -> dict[str, Any]:
    return {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 2.0,
        "charge_max_mw": 2.0,
        "discharge_max_mw": 2.0,
        "initial_mwh": 1.0,
        "terminal_mwh": 0.0,
        "provides": ["fr_afrr_up"],
        **fields,
    }


def site(store: dict[str, Any], product: str = "fr_afrr_up", periods: int = 1, **fields: Any) -> Any:
    rules = reserve(product.rsplit("_", 1)[1], **fields)
    return make_instance({"grid": grid(), "battery": store}, {**ENERGY, product: rules}, periods=periods)


def test_a_megawatt_hour_is_sold_or_held() -> None:
    """1 MWh in the last hour: 100 as energy. Sold and held for an hour as well it would be 150."""
    instance = site(battery())
    assert optimum(instance, {"da": 100}).profit == pytest.approx(100.0)
    assert optimum(instance, {"da": 100}, drop=["battery.energy_taken"]).profit == pytest.approx(150.0)


def test_energy_held_in_a_block_is_not_sold_in_its_last_hour() -> None:
    """1 MW in a block of four hours: 200, and the MWh stays; sold in the last hour on top it would be 300."""
    instance = site(battery(charge_max_mw=0.0), periods=4, block_h=4)
    assert optimum(instance, {"da": 100}).profit == pytest.approx(200.0)
    assert optimum(instance, {"da": 100}, drop=["battery.energy_taken"]).profit == pytest.approx(300.0)


def test_energy_held_in_one_block_is_not_sold_at_the_start_of_the_next() -> None:
    """1 MWh: an hour of readiness at 50, and its energy worth 100 in the next.

    A call of two hours' time to be held that begins late in the first hour would still be to be bought back in the
    second: 100, and not 150. A call of one hour is over when the second has passed, and its energy bought back.
    """
    data = {"da": [0, 100], "price": [50, 0]}
    instance = site(battery(charge_max_mw=0.0), periods=2, sustain_h=2.0, capacity_price_eur_per_mw_h="price")
    assert optimum(instance, data).profit == pytest.approx(100.0)
    assert optimum(instance, data, drop=["battery.energy_taken"]).profit == pytest.approx(150.0)
    instance = site(battery(charge_max_mw=0.0), periods=2, sustain_h=1.0, capacity_price_eur_per_mw_h="price")
    assert optimum(instance, data).profit == pytest.approx(150.0)


def test_room_is_used_once() -> None:
    """At -100 the store is paid 100 for the MWh it has room for, or 50 for keeping it, and not both."""
    instance = site(battery(provides=["fr_afrr_down"]), "fr_afrr_down")
    assert optimum(instance, {"da": -100}).profit == pytest.approx(100.0)
    assert optimum(instance, {"da": -100}, drop=["battery.energy_added"]).profit == pytest.approx(150.0)


def test_an_empty_store_that_charges_sells_to_stop() -> None:
    """1 MWh must be charged at 10 in two hours. Charged in the first, stopping that can be sold, then what is there.

    2 x 50 - 10. Held at the start of a period, only the second hour could be sold.
    """
    store = battery(
        energy_max_mwh=4.0,
        initial_mwh=0.0,
        terminal_mwh=1.0,
        terminal_penalty_eur_per_mwh=None,
        charge_max_mw=1.0,
        discharge_max_mw=1.0,
    )
    assert optimum(site(store, periods=2), {"da": 10}).profit == pytest.approx(90.0)


@pytest.mark.parametrize(("sustain_h", "profit"), [(0.25, 50.0), (1.0, 25.0)])
def test_a_call_inside_a_period_finds_what_is_there_by_then(sustain_h: float, profit: float) -> None:
    """Half a MWh charged at 0 in an hour from empty: after a quarter 1/8 MWh, which is 0.5 MW for a quarter: 25.

    0.5 MWh at the end are 2 MW for a quarter, and half a MW for an hour. The power is that of the charge and more.
    """
    store = battery(initial_mwh=0.0, charge_max_mw=0.5, energy_max_mwh=0.5)
    result = optimum(site(store, sustain_h=sustain_h), {"da": 0})
    assert result.profit == pytest.approx(25.0)
    if sustain_h < 1:
        assert optimum(site(store, sustain_h=sustain_h), {"da": 0}, drop=["*_after_900s"]).profit == pytest.approx(
            profit
        )


def test_what_a_call_gave_is_not_sold_as_readiness() -> None:
    """An empty store, called down by 1 MW in the first hour of two.

    Had an upward call come instead there would be nothing for it: 1 MW up is held in the second hour alone. Were the
    MWh of the call counted it would be held in both.
    """
    store = battery(initial_mwh=0.0, charge_max_mw=1.0, discharge_max_mw=1.0, provides=["fr_afrr_up", "fr_afrr_down"])
    down = reserve(
        "down", capacity_price_eur_per_mw_h=0.0, activation_down_per_unit="call", energy_price_down_eur_per_mwh=0
    )
    products = {**ENERGY, "fr_afrr_up": reserve(), "fr_afrr_down": down}
    instance = make_instance({"grid": grid(import_max_mw=1.0), "battery": store}, products, periods=2)
    data = {"da": 0, "call": [1, 0]}
    fixed = {"fr_afrr_down.volume_mw": [1.0, 0.0], "battery.charge_mw": 0.0}
    result = optimum(instance, data, fixed=fixed)
    assert result.variable("fr_afrr_up.volume_mw") == pytest.approx([0.0, 1.0])
    free = optimum(instance, data, fixed=fixed, drop=["battery.energy_taken"])
    assert free.variable("fr_afrr_up.volume_mw") == pytest.approx([1.0, 1.0])


# -- every call there is ----------------------------------------------------------------------------------------------


def path(generator: np.random.Generator, periods: int, grid: PeriodGrid) -> tuple[np.ndarray, np.ndarray]:
    """Level at the ends of periods (the first entry before them) and what a full call asks for, MW."""
    lengths = np.full(periods, grid.period_h)
    lengths[0] -= grid.begun_h
    steps = generator.uniform(-1.0, 1.0, periods) * lengths
    level = 2.0 + np.concatenate([[0.0], np.cumsum(steps)])
    return level, np.where(generator.random(periods) < 0.6, generator.uniform(0.0, 1.0, periods), 0.0)


def least_of_rows(level: np.ndarray, asked: np.ndarray, grid: PeriodGrid, sustain_h: float) -> float:
    """Least level that the rows know of: the greatest minimum with which all of them hold, by bisection."""

    def hold(minimum: float) -> bool:
        store = Buffer(
            name="store",
            level=lambda t: float(level[t + 1]),
            charge=lambda t: 0.0,
            discharge=lambda t: 0.0,
            cancelled=None,
            energy_min_mwh=minimum,
            energy_max_mwh=np.inf,
            charge_max_mw=1.0,
            discharge_max_mw=1.0,
            charge_efficiency=1.0,
            discharge_efficiency=1.0,
            keep=1.0,
            reserve=HeldReserve((), {}, {}, {}),
        )
        for moment in moments([sustain_h], grid, len(asked)):
            row = PathRow(moment, store, "taken", {sustain_h: lambda t: float(asked[t])}).row
            if not all(row(k) for k in range(len(asked) if moment.periods is None else len(moment.periods))):
                return False
        return True

    low, high = -100.0, 100.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if hold(middle) else (low, middle)
    return low


def least_of_calls(level: np.ndarray, asked: np.ndarray, grid: PeriodGrid, sustain_h: float, parts: int) -> float:
    """Least level under any call that begins and ends on a grid of ``parts`` a period and is not too long."""
    step = grid.period_h / parts
    begun = round(grid.begun_h / step)
    borders = np.arange(len(level)) * grid.period_h
    borders[0] = grid.begun_h
    fine_level = np.interp(np.arange(begun, len(asked) * parts + 1) * step, borders, level)
    taken = np.concatenate([[0.0], np.cumsum(np.repeat(asked, parts)[begun:] * step)])
    longest = round(sustain_h / step)
    # the level with no call at all counts from the end of the first moment looked at
    return min(
        fine_level[end] - (taken[end] - taken[start])
        for end in range(1, len(fine_level))
        for start in range(max(0, end - longest), end)
    )


@pytest.mark.parametrize(("period_h", "sustain_h"), [(1.0, 1.0), (0.25, 1.0), (1.0, 0.25), (1.0, 1.5), (0.5, 1.25)])
@pytest.mark.parametrize("seed", range(20))
def test_one_row_a_period_stands_for_every_start_and_duration(period_h: float, sustain_h: float, seed: int) -> None:
    """The least level of all calls on a grid of quarters of a period is what the rows find.

    In the first period the rows begin with the first moment at which a window is complete; before it the level lies
    above the straight line to there, or the initial level is the least.
    """
    compare(PeriodGrid(period_h), sustain_h, seed)


@pytest.mark.parametrize("begun", [1, 2, 3])
@pytest.mark.parametrize(("period_h", "sustain_h"), [(1.0, 1.0), (0.25, 1.0), (1.0, 0.25), (1.0, 1.5), (0.5, 1.25)])
@pytest.mark.parametrize("seed", range(10))
def test_where_the_first_period_has_begun(period_h: float, sustain_h: float, begun: int, seed: int) -> None:
    """The same where one to three quarters of the first period are over: the start of the horizon is a border too."""
    compare(PeriodGrid(period_h, begun * period_h / 4), sustain_h, seed)


def test_a_call_from_the_start_on_ends_where_no_other_does() -> None:
    """Hours of which the first has a quarter left; 1 MW asked in it alone, for an hour and a half.

    A call from the start on takes 0.25 MWh and ends a quarter of an hour into the third hour, in which the level falls
    from 2 to 1.8: 1.95 - 0.25 = 1.7 are there. At the end of the second hour it is 2 - 0.25, half an hour into the
    third 1.9, with all bought back, and at its end 1.8.
    """
    grid, asked = PeriodGrid(1.0, 0.75), np.array([1.0, 0.0, 0.0])
    assert [(moment.within, moment.periods) for moment in moments([1.5], grid, 3)] == [
        (1.0, None),
        (0.25, (2,)),
        (0.5, (1, 2)),
    ]
    assert least_of_rows(np.array([2.0, 2.0, 2.0, 1.8]), asked, grid, 1.5) == pytest.approx(1.7)


def compare(grid: PeriodGrid, sustain_h: float, seed: int) -> None:
    generator = np.random.default_rng([seed, round(100 * sustain_h)])
    level, asked = path(generator, 8, grid)
    every_call = least_of_calls(level, asked, grid, sustain_h, 4)
    rows = least_of_rows(level, asked, grid, sustain_h)
    assert min(rows, level[0]) == pytest.approx(min(every_call, level[0]), abs=1e-9)
