"""Calls in part and calls that are rounding: what they leave to be held, worked by hand."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.site_builder import grid, make_instance, optimum

from mes_stoch.schema.instance import Instance

NO_LIMITS = {"call_maximum_h": None, "call_hours_max_per_day": None, "calls_max_per_day": None}


def site(energy_mwh: float, **product: Any) -> Instance:
    """A battery that can only discharge, 24 hours, one volume for all of them at 50 EUR/MW/h."""
    battery = {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 10.0,
        "charge_max_mw": 0.0,
        "discharge_max_mw": 2.0,
        "initial_mwh": energy_mwh,
        "terminal_mwh": 0.0,
        "provides": ["fr_mfrr_up"],
    }
    reserve = {
        "block_h": None,
        "volume_max_mw": 1.0,
        "sustain_h": 1.0,
        "capacity_price_eur_per_mw_h": 50.0,
        "shortfall_penalty_eur_per_mw_h": 500.0,
        "missed_penalty_eur_per_mwh": 1000.0,
        **NO_LIMITS,
        **product,
    }
    products = {
        "da": {"price_eur_per_mwh": "da", "settlement_period_h": 1},
        "imbalance": {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0},
        "fr_mfrr_up": reserve,
    }
    return make_instance({"grid": grid(), "battery": battery}, products, periods=24)


@pytest.mark.parametrize("call", ["discrete", "continuous"])
def test_a_call_in_part_may_be_raised_at_any_time(call: str) -> None:
    """A quarter of the volume is called in every hour at 50, from 6 MWh: 6 r, and 0.75 r for the hour of a full call.

    So r = 6 / 6.75, for 24 x 50 r of readiness and 6 x 50 r of energy. Were the hour used up after four quarters, 1 MW
    would be sold for 1,500 (the 6 MWh then are what is called and no more).
    """
    instance = site(6.0, call=call, activation_up_per_unit=0.25, energy_price_up_eur_per_mwh=50.0)
    assert optimum(instance, {"da": 50}).profit == pytest.approx(1500 * 6 / 6.75)


@pytest.mark.parametrize(("share", "profit"), [(0.0, 1200.0), (1e-12, 1200.0), (1e-7, 1200.0), (0.01, 1392.5)])
def test_rounding_is_no_call(share: float, profit: float) -> None:
    """One call a day and 1 MWh: held all day for 24 x 50, or sold at 200 once the call has been.

    A call of a hundredth of the volume in the first hour is one: 0.99 MWh are left to sell at 200. It may go on in the
    second hour, where 0.01 MW is short for 0.01 x (50 + 500). A share that is rounding leaves the call to come.
    """
    instance = site(
        1.0,
        call="discrete",
        calls_max_per_day=1,
        call_maximum_h=1.0,
        activation_up_per_unit="call",
        energy_price_up_eur_per_mwh=0.0,
    )
    data = {"da": [50.0] * 2 + [200.0] + [50.0] * 21, "call": [share] + [0.0] * 23}
    assert optimum(instance, data).profit == pytest.approx(profit, abs=1e-3)
