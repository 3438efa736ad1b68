"""The stress test with calls before the horizon: what of a full call is still to come, by hand, with and without."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.plan_by_hand import books_by_hand
from helpers.site_builder import grid, make_instance

from mes_stoch.evaluation.stress.outcome import StressTest, stress
from mes_stoch.schema.instance import Start

UP = "fr_mfrr_up"


def stressed(
    limits: dict[str, Any], calls: dict[str, Any] | None, called: Any = 0.0, left_mwh: float = 1.0
) -> StressTest:
    """From 10:00 on four hours in which 1 MW is held for calls of two hours, with ``left_mwh`` in store throughout.

    What the scenario calls is taken from a store that begins with as much more.
    """
    given = [called] * 4 if isinstance(called, float) else called
    battery = {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 4.0,
        "charge_max_mw": 2.0,
        "discharge_max_mw": 2.0,
        "initial_mwh": left_mwh + sum(given),
        "provides": [UP],
    }
    reserve = {
        "volume_max_mw": 5.0,
        "capacity_price_eur_per_mw_h": 10.0,
        "block_h": None,
        "sustain_h": 2.0,
        "activation_up_per_unit": "call",
        "call_maximum_h": None,
        "call_hours_max_per_day": None,
        "calls_max_per_day": None,
        **limits,
    }
    products = {"da": {"price_eur_per_mwh": 50.0, "settlement_period_h": 1}, UP: reserve}
    instance = make_instance({"grid": grid(), "battery": battery}, products, periods=4, start="2025-01-15T10:00")
    start = Start.model_validate({"calls": {} if calls is None else {UP: calls}})
    plan = {
        "grid.scheduled_mw": 0.0,
        "battery.charge_mw": 0.0,
        "battery.discharge_mw": 0.0,
        "battery.level_mwh": [left_mwh + sum(given[t + 1 :]) for t in range(4)],
        f"battery.{UP}_held_mw": 1.0,
        f"battery.{UP}_called_mw": given,
    }
    return stress(books_by_hand(instance.model_copy(update={"start": start}), plan, series={"call": given}))


@pytest.mark.parametrize(
    ("limits", "calls", "missing"),
    [
        # a call of two hours may come
        ({"calls_max_per_day": 1}, None, 1.0),
        # the one call of the day runs, and has an hour left, or one and a half
        ({"calls_max_per_day": 1}, {"running_h": 1.0}, 0.0),
        ({"calls_max_per_day": 1}, {"running_h": 0.5}, 0.5),
        # half an hour at half the volume: it may be raised to a full one of two hours, or what is left of the longest
        ({"calls_max_per_day": 1}, {"running_h": 0.5, "running_per_unit": 0.5}, 1.0),
        ({"calls_max_per_day": 1, "call_maximum_h": 2.0}, {"running_h": 0.5, "running_per_unit": 0.5}, 0.75),
        # another may follow
        ({"calls_max_per_day": 2}, {"running_h": 1.0}, 1.0),
        ({"calls_max_per_day": 1}, {"calls_today": 1, "since_last_h": 3.0}, 0.0),
        ({"calls_max": 1}, {"calls_so_far": 1}, 0.0),
        # 1.5 h of the three of the day are left
        ({"call_hours_max_per_day": 3.0}, {"calls_today": 1, "called_today_h": 1.5}, 0.5),
        # the rest ends at 12:00, two hours before the end of the horizon, or at 13:00
        ({"rest_minimum_h": 3.0}, {"since_last_h": 1.0}, 1.0),
        ({"rest_minimum_h": 4.0}, {"since_last_h": 1.0}, 0.0),
        ({"rest_minimum_h": 3.0}, {"running_h": 1.0}, 0.0),
        ({"rest_minimum_h": 2.0}, {"running_h": 1.0}, 1.0),
    ],
)
def test_what_may_still_be_called(limits: dict[str, Any], calls: Any, missing: float) -> None:
    assert stressed(limits, None).largest_miss("MWh") == pytest.approx(1.0)
    assert stressed(limits, calls).largest_miss("MWh") == pytest.approx(missing)


@pytest.mark.parametrize(("calls", "missing"), [(None, 0.5), ({"running_h": 1.0}, 0.0)])
def test_a_call_that_goes_on_has_used_two_hours(calls: Any, missing: float) -> None:
    """The call of the day goes on in the first hour and takes 1 of 1.5 MWh; begun an hour before, it is over then.

    Begun with the horizon it may go on for a second hour, which finds half a MWh.
    """
    found = stressed({"calls_max_per_day": 1}, calls, [1.0, 0.0, 0.0, 0.0], left_mwh=0.5)
    assert found.largest_miss("MWh") == pytest.approx(missing)
