"""How fast a schedule may change between periods, by hand."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.site_builder import engine, grid, mains, make_instance, optimum


@pytest.mark.parametrize(
    ("ramp", "power", "profit"),
    [
        # 0.3 MW an hour: nothing may run in the third hour, so 0.3 MW before and after it, 0.6 MW in the first
        (0.3 / 60, [0.6, 0.3, 0.0, 0.3], -420.0),
        (None, [2.0, 2.0, 0.0, 2.0], -180.0),
        # an hour is enough for 2 MW
        (2.0 / 60, [2.0, 2.0, 0.0, 2.0], -180.0),
    ],
)
def test_a_slow_unit_beside_a_dear_grid(ramp: float | None, power: list[float], profit: float) -> None:
    """Demand of 2, 2, 0 and 2 MW; the unit makes power at 30, the grid sells it at 80 and takes none back.

    With the ramp 1.2 MWh come from the unit and 4.8 from the grid, 36 + 384; without it 6 MWh from the unit, 180.
    """
    unit: dict[str, Any] = engine(power_min_mw=0.0, energy_ramp_mw_per_min=ramp)
    load = {"type": "demand", "node": "power", "demand_mw": "load_mw"}
    meter = grid(export_max_mw=0.0, import_price_eur_per_mwh=80.0)
    site = {"grid": meter, "mains": mains(30.0), "unit": unit, "load": load}
    instance = make_instance(site, periods=4)
    series = {"load_mw": [2.0, 2.0, 0.0, 2.0]}
    result = optimum(instance, series)
    assert result.profit == pytest.approx(profit)
    assert result.variable("unit.power_mw") == pytest.approx(power, abs=1e-9)
    if ramp is not None:
        free = optimum(instance, series, drop=("unit.energy_ramp_up", "unit.energy_ramp_down"))
        assert free.profit == pytest.approx(-180.0)
