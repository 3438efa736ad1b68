"""``fr_wind_day``: the draws of its parent, a Weibull speed, and a power curve by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from mes_stoch.schema.errors import InstanceError
from mes_stoch.schema.instance import SyntheticScenarios
from mes_stoch.uncertainty.process import DrawContext, Drawn
from mes_stoch.uncertainty.processes.fr_synthetic_day import FrSyntheticDay
from mes_stoch.uncertainty.processes.fr_wind_day import WIND, FrWindDay, FrWindDayParameters, wind_power_mw
from mes_stoch.uncertainty.tree import make_process

TIME = pd.date_range("2026-01-14", periods=96, freq="15min", tz="Europe/Paris")


def draw(process: FrSyntheticDay, seed: int) -> Drawn:
    context = DrawContext(TIME, 0.25)
    node, leaf = np.random.default_rng(seed), np.random.default_rng(seed + 10_000)
    day_ahead = process.draw_day_ahead(node, context)
    return day_ahead | process.draw_realtime(leaf, context, day_ahead)


def test_everything_else_is_what_the_parent_draws() -> None:
    parent, child = draw(FrSyntheticDay(), 3), draw(FrWindDay(), 3)
    assert set(child) - set(parent) == {WIND}
    assert set(FrWindDay().series_names()) == set(child)
    for name, values in parent.items():
        assert np.array_equal(values, child[name]), name


def test_power_curve_by_hand() -> None:
    """10 MW, cut-in 2, rated 4, cut-out 25 m/s: at 3 m/s 10 (27 - 8) / (64 - 8) = 3.39 MW."""
    parameters = FrWindDayParameters(wind_cut_in_m_per_s=2.0, wind_rated_m_per_s=4.0)
    power = wind_power_mw(np.array([1.0, 2.0, 3.0, 4.0, 20.0, 25.0, 30.0]), parameters)
    assert power == pytest.approx([0.0, 0.0, 190 / 56, 10.0, 10.0, 0.0, 0.0])


def test_share_of_time_at_standstill_and_at_rated_power() -> None:
    """Weibull with scale 8 and form 2: P(speed < 3) = 1 - exp(-9/64) = 0.131, P(speed > 12.5) = exp(-2.441) = 0.087.

    1000 days of which each is nearly one draw: deviations 0.011 and 0.009.
    """
    power = np.stack([draw(FrWindDay(), seed)[WIND] for seed in range(1000)])
    assert (power == 0).mean() == pytest.approx(0.131, abs=0.033)
    assert (power == 10.0).mean() == pytest.approx(0.087, abs=0.027)


@pytest.mark.parametrize("speeds", [{"wind_cut_in_m_per_s": 12.5}, {"wind_cut_out_m_per_s": 12.0}])
def test_speeds_out_of_order(speeds: dict[str, float]) -> None:
    """With the rated speed at 12.5: a cut-in that is not below it, where the curve has no slope; a cut-out below it."""
    with pytest.raises(ValidationError, match="cut-in below rated"):
        FrWindDayParameters(**speeds)
    uncertainty = SyntheticScenarios(kind="synthetic", process="fr_wind_day", seed=1, parameters=speeds)
    with pytest.raises(InstanceError) as caught:
        make_process("site", uncertainty)
    (issue,) = caught.value.issues
    assert issue.key == "uncertainty.parameters"
    assert issue.expected.startswith("wind speeds in order")
