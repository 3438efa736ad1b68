"""The peak of a month through the days of a backtest, by hand.

Import costs 10 a MWh and 600 a MW of the month's peak, own power 60 a MWh: 400 more for a MW over a period of 8 hours.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import mes_stoch as ms

SITE = """
format: 1
name: peaks
horizon: {start: 2021-01-01T00:00, timezone: Europe/Copenhagen, period_h: 8, periods: 3}
carriers: [electricity]
nodes:
  power: {carrier: electricity}
components:
  grid:
    type: grid_connection
    node: power
    import_max_mw: 20
    import_price_eur_per_mwh: 10
    demand_charge_eur_per_mw: 600
    peak_so_far_mw: 1
  load: {type: demand, node: power, demand_mw: load_mw}
  own: {type: source, node: power, available_mw: 10, cost_eur_per_mwh: 60}
price_cap_eur_per_mwh: 1000
uncertainty: {kind: synthetic, process: fr_synthetic_day, seed: 1}
solve: {method: ef, gap_rel: 1.0e-6, time_limit_s: 60}
"""

#: Two days for windows alone, then those that are operated; the window of a day is the one before the last.
LOADS = {
    "2021-01-26": (4, 4, 0),
    "2021-01-27": (4, 4, 0),
    "2021-01-28": (4, 4, 0),
    "2021-01-29": (4, 4, 0),
    "2021-01-30": (5, 0, 0),
    "2021-01-31": (6, 6, 0),
    "2021-02-01": (4, 4, 0),
}

#: By hand: what a day earns, and the peak it leaves.
REALISED = {
    # 1 MW is stated, 3 MW more are worth it for two periods: 3 x 600 + 64 x 10
    "2021-01-28": (-2440.0, 4.0),
    # the peak is there: 64 x 10
    "2021-01-29": (-640.0, 4.0),
    # 4 MW are there, the fifth is its own for one period: 32 x 10 + 8 x 60
    "2021-01-30": (-800.0, 4.0),
    # 4 MW are expected after the first period, so that its own gives 2 MW; then again: 64 x 10 + 32 x 60
    "2021-01-31": (-2560.0, 4.0),
    # another month, and after the first period nothing is expected: its own, 64 x 60
    "2021-02-01": (-3840.0, 0.0),
}


def real_days() -> ms.RealDays:
    stamps = [pd.Timestamp(f"{day}T{hour:02d}:00", tz="Europe/Copenhagen") for day in LOADS for hour in (0, 8, 16)]
    loads = [float(load) for day in LOADS.values() for load in day]
    return ms.RealDays("made_up", pd.DataFrame({"load_mw": loads}, index=pd.DatetimeIndex(stamps, name="time")))


@pytest.fixture
def peaks(tmp_path: Path) -> ms.Site:
    folder = tmp_path / "peaks"
    folder.mkdir()
    (folder / "instance.yaml").write_text(SITE, encoding="utf-8")
    return ms.read(folder)


def test_a_peak_is_handed_on_within_its_month(peaks: ms.Site, tmp_path: Path) -> None:
    out = tmp_path / "backtest"
    found = ms.backtest(peaks, real_days(), days=5, window_days=1, out=out)
    assert {str(day.day): day.realised for day in found.days} == pytest.approx(
        {day: money for day, (money, _) in REALISED.items()}
    )
    assert {str(day.day): day.carried["components.grid.peak_so_far_mw"] for day in found.days} == pytest.approx(
        {day: peak for day, (_, peak) in REALISED.items()}, abs=1e-9
    )
    # 4 MW of January, less the one stated, are paid once
    assert found.totals.streams["demand_charge.grid"] == pytest.approx(-1800.0)
    # with the last day known as a whole: 4 x 600 + 640
    assert found.days[-1].perfect_lower == pytest.approx(-3040.0)

    # what is there counts again, but for days after one that has changed
    changed = out / "days" / "2021-01-28.json"
    day = json.loads(changed.read_text(encoding="utf-8"))
    day["carried"]["components.grid.peak_so_far_mw"] = 5.0
    changed.write_text(json.dumps(day), encoding="utf-8")
    told: list[str] = []
    again = ms.backtest(peaks, real_days(), days=5, window_days=1, out=out, resume=True, told=told.append)
    assert told[0] == "2 of 5 days are there already"
    # a peak of 5 MW: 32 + 8 MWh at 10 on the third day
    assert again.days[2].realised == pytest.approx(-400.0)
    assert again.days[4].model_dump() == found.days[4].model_dump()


def test_months_side_by_side_give_the_same(peaks: ms.Site) -> None:
    found = ms.backtest(peaks, real_days(), days=5, window_days=1, workers=2)
    assert [day.realised for day in found.days] == pytest.approx([money for money, _ in REALISED.values()])
