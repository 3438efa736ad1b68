"""The driver ``scripts/fitted_hospital.py``: its pipeline on invented donors, and a small run on real ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mes_stoch.io.market_data.pairing import DonorGroup
from mes_stoch.schema.errors import UsageError

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import fitted_hospital

    return fitted_hospital


def _hours(first: str, last: str, levels: dict[str, float], seed: int, spread_per_unit: float) -> pd.DataFrame:
    """Hours around levels that never change; those of the sun are 0 at night."""
    time = pd.date_range(f"{first} 00:00", f"{last} 23:00", freq="h", tz="Europe/Paris")
    generator = np.random.default_rng(seed)
    noise = {name: 1.0 + spread_per_unit * generator.standard_normal(len(time)) for name in levels}
    frame = pd.DataFrame({name: level * noise[name] for name, level in levels.items()}, index=time)
    if "pv_available_mw" in frame:
        frame.loc[(time.hour < 8) | (time.hour > 16), "pv_available_mw"] = 0.0
    return frame


def _groups(spread_per_unit: float) -> list[DonorGroup]:
    """October to December of three years that are all alike."""
    market = {
        "da_price_eur_per_mwh": 50.0,
        "id_spread_eur_per_mwh": 1.0,
        "ttf_gas_eur_per_mwh": 20.0,
        "afrr_up_capacity_price_eur_per_mw_h": 15.0,
        "afrr_down_capacity_price_eur_per_mw_h": 12.0,
    }
    balancing = {
        "fcr_capacity_price_eur_per_mw_h": 1.0,
        "mfrr_up_capacity_price_eur_per_mw_h": 1.0,
        "balancing_up_spread_eur_per_mwh": 2.0,
        "imbalance_spread_eur_per_mwh": 3.0,
    }
    called = {"afrr_activation_up_per_unit": 0.06, "afrr_activation_down_per_unit": 0.05}
    site = {"heat_demand_mw": 4.0, "cooling_demand_mw": 0.5, "electricity_demand_mw": 2.3, "pv_available_mw": 0.4}
    balancing_hours = _hours("2021-10-01", "2021-12-31", balancing, 2, spread_per_unit)
    # called every day at noon, for an hour and in part
    noon = pd.DatetimeIndex(balancing_hours.index).hour == 12
    balancing_hours["mfrr_called_up_per_unit"] = np.where(noon, 0.5, 0.0)
    return [
        DonorGroup("market", [_hours("2019-10-01", "2019-12-31", market, 1, spread_per_unit)], ("FR",), ()),
        DonorGroup("balancing", [balancing_hours], ("FR",), ()),
        DonorGroup("called", [_hours("2016-10-01", "2016-12-31", called, 3, spread_per_unit)], ("FR",), ()),
        DonorGroup("site", [_hours("2017-10-01", "2017-12-31", site, 4, spread_per_unit)], ("FR",), ()),
    ]


@pytest.fixture
def found(driver: Any, tmp_path: Path) -> dict[str, Any]:
    """Days that are alike but for a thousandth, in hours; of what stays synthetic the least bid is sold at most."""
    changes = {
        "horizon.period_h": 1,
        "horizon.periods": 24,
        "products.da.settlement_period_h": 1,
        "products.id.settlement_period_h": 1,
        "products.fr_fcr.volume_max_mw": 0.1,
        "products.fr_rc_up.volume_max_mw": 0.1,
    }
    experiment = driver.Experiment(_groups(1e-3), 2, 3, 1e-3, time_limit_s=60.0, site_changes=changes)
    result: dict[str, Any] = driver.measured(experiment, tmp_path)
    return result | {"folder": tmp_path}


def test_plans_are_held_against_days_that_nobody_has_seen(found: dict[str, Any]) -> None:
    plans = found["plans"]
    assert set(plans) == {"synthetic", "fitted", "real_days"}
    # October and December are fitted to, November is kept back, in every donor year
    assert {day[5:7] for pair in found["pairs_fitted_to"] for day in pair.values()} <= {"10", "12"}
    assert {day[5:7] for pair in found["pairs_kept_back"] for day in pair.values()} == {"11"}
    process = json.loads((found["folder"] / "fitted" / "process.json").read_text(encoding="utf-8"))
    assert {"2016-11", "2017-11", "2019-11", "2021-11"} <= set(process["fitted_to"]["months_kept_back"])
    days = {pair["market"] for pair in found["pairs_kept_back"]}
    assert len(days) == 3
    assert all(set(plan["profits_eur_by_day"]) == days for plan in plans.values())
    # days that are all alike keep what a tree of such days promises, to the gaps of plan (0.1 %) and dispatch (0.2 %);
    # so that no other plan is better by more than these
    own, gaps = plans["real_days"], 0.003
    assert abs(own["promise_less_kept_back_eur"]) <= gaps * abs(own["promised_eur"])
    for name in ("synthetic", "fitted"):
        assert plans[name]["kept_back_eur"] <= own["kept_back_eur"] + gaps * abs(own["promised_eur"])
    # the shipped process is of other prices, and its promise is far off
    assert abs(plans["synthetic"]["promise_less_kept_back_eur"]) > 4 * abs(own["promise_less_kept_back_eur"])
    _check_differences(found)


def _check_differences(found: dict[str, Any]) -> None:
    """Pairs by hand: mean and deviation of the difference of the same days."""
    for one in found["differences"]:
        first = found["plans"][one["plan"]]["profits_eur_by_day"]
        other = found["plans"][one["against"]]["profits_eur_by_day"]
        apart = [first[day] - other[day] for day in first]
        mean = sum(apart) / len(apart)
        deviation = (sum((value - mean) ** 2 for value in apart) / (len(apart) - 1)) ** 0.5
        assert one["mean_eur"] == pytest.approx(mean, abs=0.02)
        assert one["standard_error_eur"] == pytest.approx(deviation / len(apart) ** 0.5, abs=0.02)
        assert one["days_better"] == sum(value > 0 for value in apart)


@pytest.mark.data
@pytest.mark.slow
def test_a_small_run_on_real_days(driver: Any, data_folder: Path, tmp_path: Path) -> None:
    arguments = ["--data-folder", str(data_folder), "--out", str(tmp_path), "--scenarios", "2", "--days", "3"]
    assert driver.main([*arguments, "--gap", "0.05", "--time-limit", "60"]) == 0
    found = json.loads((tmp_path / "fitted_hospital.json").read_text(encoding="utf-8"))
    assert {pair["fr_de_2019_2020"][:7] for pair in found["pairs_kept_back"]} <= {"2019-11", "2020-02"}
    for plan in found["plans"].values():
        assert plan["kept_back_eur"] <= plan["kept_back_at_most_eur"] + 0.01
        assert plan["promised_eur"] <= plan["promised_at_most_eur"] + 0.01
    _check_differences(found)


def test_kept_plans_are_of_one_experiment(driver: Any, tmp_path: Path) -> None:
    experiment = driver.Experiment([], scenarios=2, days=3, gap_rel=0.01)
    written = {"experiment": {"scenarios": 2, "days": 3, "seed": 1}, "plan": {"promised_eur": -1.0}}
    (tmp_path / "fitted.json").write_text(json.dumps(written), encoding="utf-8")
    assert driver._finished(tmp_path, "fitted", experiment) == {"promised_eur": -1.0}
    assert driver._finished(tmp_path, "real_days", experiment) is None
    other = driver.Experiment([], scenarios=4, days=3, gap_rel=0.01)
    with pytest.raises(UsageError, match="another experiment"):
        driver._finished(tmp_path, "fitted", other)
