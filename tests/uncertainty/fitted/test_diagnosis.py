"""A process held against days: statistics and scores by hand, what is right inside and what is wrong outside."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fitted_support import PRICE, ZONE, numbered_days

from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.diagnosis import diagnose, energy_score, past_of, plain_bootstrap, sliced_wasserstein
from mes_stoch.uncertainty.fitted.document import process_of
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.parts.spread import Spread, SpreadOptions
from mes_stoch.uncertainty.fitted.process import FittedProcess
from mes_stoch.uncertainty.fitted.specification import Specification, fit

INTRADAY = "id_price_eur_per_mwh"


def noisy(days: int, seed: int, shift: float = 0.0) -> History:
    """Hourly prices about 50, a daily wave, an AR(1) of 0.8."""
    time = pd.date_range("2021-06-01", periods=24 * days, freq="h", tz=ZONE, name="time")
    noise = np.random.default_rng(seed).standard_normal(24 * days)
    for t in range(1, len(noise)):
        noise[t] = 0.8 * noise[t - 1] + 0.6 * noise[t]
    values = 50.0 + shift + 10.0 * np.sin(2.0 * np.pi * np.arange(24 * days) / 24.0) + 4.0 * noise
    return History(pd.DataFrame({PRICE: values}, index=time), "FR")


def rows_of(table: pd.DataFrame) -> dict[str, pd.Series]:
    return {row["statistic"]: row for _, row in table.iterrows()}


def test_statistics_of_the_past_by_hand() -> None:
    """14 days of 100 day + hour: mean 650 + 11.5; variance of days 14^2 - 1 over 12 times 10^4, of hours 575 / 12.

    A day later everything is 100 more: correlation one. Prices below 1,287 are 99 %: floor(0.01 x 336) = 3 above.
    """
    history = numbered_days("2021-01-04", 14)
    found = rows_of(diagnose(plain_bootstrap(history, [PRICE]), history, draws_per_day=2))
    assert found["mean"]["past"] == pytest.approx(661.5)
    assert found["sd"]["past"] == pytest.approx(np.sqrt(195.0 / 12.0 * 1e4 + 575.0 / 12.0))
    assert found["quantile 0.5"]["past"] == pytest.approx((623.0 + 700.0) / 2.0)
    assert found["autocorrelation 24 h"]["past"] == pytest.approx(1.0)
    assert found["spike frequency"]["past"] == pytest.approx(4.0 / 336.0)
    assert found["share of zeros"]["past"] == pytest.approx(1.0 / 336.0)


def test_a_process_of_the_same_days_is_inside() -> None:
    history = noisy(60, 1)
    table = diagnose(plain_bootstrap(history, [PRICE]), history, draws_per_day=5)
    found = rows_of(table[table["series"] == PRICE])
    for name in ("mean", "sd", "quantile 0.05", "quantile 0.5", "quantile 0.95", "autocorrelation 1 period"):
        assert found[name]["inside"], name
        assert found[name]["band_low"] <= found[name]["past"] <= found[name]["band_high"]


def test_a_process_that_is_ten_too_high_is_outside_and_scores_worse() -> None:
    """The mean of 60 days varies by far less than 10; the baseline has the right one."""
    kept_back = noisy(60, 1)
    right, wrong = (plain_bootstrap(noisy(60, 2, shift), [PRICE]) for shift in (0.0, 10.0))
    found = rows_of(diagnose(wrong, kept_back, draws_per_day=5, baseline=right))
    assert not found["mean"]["inside"]
    assert found["mean"]["drawn"] - found["mean"]["past"] == pytest.approx(10.0, abs=2.0)
    for score in ("energy score", "sliced Wasserstein distance"):
        assert found[f"{score} over baseline"]["drawn"] > 1.2
        assert not found[f"{score} over baseline"]["inside"]
    other_way = rows_of(diagnose(right, kept_back, draws_per_day=5, baseline=wrong))
    assert other_way["energy score over baseline"]["drawn"] < 1.0
    assert other_way["energy score over baseline"]["inside"]


def test_what_a_process_reads_is_taken_from_the_history() -> None:
    """A spread of two on the price of the history, both drawn as they were: no difference at all, correlation one."""
    history = noisy(28, 1)
    frame = history.frame.assign(**{INTRADAY: history.frame[PRICE] + 2.0})
    both = History(frame, "FR")
    part = Spread.fit(both, SpreadOptions(series=INTRADAY, base=PRICE))
    found = rows_of(diagnose(FittedProcess([part], "EUR"), both, draws_per_day=2))
    assert found["mean"]["drawn"] == pytest.approx(found["mean"]["past"], abs=1e-6)
    assert found["energy score"]["drawn"] == pytest.approx(0.0, abs=1e-6)


def called_by_day() -> History:
    """28 days, 40 MW called from 8 to 10 on every other day and 80 MW on the others; what goes the other way is half.

    The frequency is 49.9 Hz in those hours and 50 Hz else; a price of ten.
    """
    time = pd.date_range("2021-06-01", periods=24 * 28, freq="h", tz=ZONE, name="time")
    is_called = (time.hour >= 8) & (time.hour < 10)
    power_mw = is_called * np.where(time.day_of_year % 2 == 0, 40.0, 80.0)
    noise = np.random.default_rng(1).uniform(0.0, 0.002, len(time))
    columns = {
        "called_mw": power_mw,
        "down_mw": 0.5 * (time.hour == 20) * 80.0,
        "grid_hz": 50.0 - 0.1 * is_called - noise,
        "in_service_per_unit": np.where(is_called, 0.5, 1.0),
        PRICE: np.full(len(time), 10.0),
    }
    return History(pd.DataFrame(columns, index=time), "FR")


def test_past_shares_are_those_of_the_series_that_a_part_was_fitted_to() -> None:
    """A chain, events and a ratio of 80 MW (the most ever called) or of 160 MW offered; 0.1 Hz less is half of 0.2 Hz.

    Kept to what was the most when they were fitted: of 14 days with 40 MW alone shares are still of 80.
    """
    history = called_by_day()
    parts = [
        {"kind": "call_chain", "called": "called_mw", "series": "chain_per_unit", "threshold": 50},
        {"kind": "contingency", "called": "called_mw", "series": "event_per_unit", "offered": 160, "refractory_h": 0},
        {"kind": "signed_ratio", "up": "called_mw", "down": "down_mw", "down_offered": 80},
        {"kind": "frequency_response", "frequency": "grid_hz", "dead_band_hz": 0.01},
        {"kind": "unit_outage", "available": "in_service_per_unit", "series": "unit_per_unit"},
    ]
    content = fit(Specification(country="FR", parts=parts), history).model_dump(mode="json")
    process = process_of("house", "process.json", content)
    lower = history.frame.assign(called_mw=np.minimum(history.values("called_mw"), 40.0))
    past, left_out = past_of(process, history)
    assert left_out == ()
    first = past.frame.iloc[24 + 7 : 24 + 11]  # 2 June, day 153 of the year: 80 MW
    assert first["chain_per_unit"].tolist() == [0.0, 1.0, 1.0, 0.0]
    assert first["event_per_unit"].tolist() == [0.0, 0.5, 0.5, 0.0]
    assert first["afrr_activation_up_per_unit"].tolist() == [0.0, 1.0, 1.0, 0.0]
    assert past.frame["afrr_activation_down_per_unit"].iloc[19:22].tolist() == [0.0, 0.5, 0.0]
    assert first["fcr_activation_up_per_unit"].to_numpy() == pytest.approx([0.0, 0.5, 0.5, 0.0], abs=0.01)
    assert first["fcr_activation_down_per_unit"].tolist() == [0.0] * 4
    assert first["unit_per_unit"].tolist() == [1.0, 0.5, 0.5, 1.0]
    less = past_of(process, History(lower, "FR"))[0].frame.iloc[24 + 7 : 24 + 11]
    assert less["afrr_activation_up_per_unit"].tolist() == [0.0, 0.5, 0.5, 0.0]
    assert less["chain_per_unit"].tolist() == [0.0] * 4


def test_a_share_is_held_against_the_power_called_and_what_has_no_past_is_left_out() -> None:
    """Shares of 80 MW from 40 and 80 MW in two hours of 24: a mean of 0.75 / 12. Bids have no past of their own."""
    chain = {"kind": "call_chain", "called": "called_mw", "series": "mfrr_activation_up_per_unit"}
    bids = [{"series": "bid_per_unit", "price_eur_per_mwh": 20}]
    order = {"kind": "merit_order", "volume": "called_mw", "price": PRICE, "bids": bids}
    both = fit(Specification(country="FR", parts=[chain, order]), called_by_day())
    table = diagnose(both, called_by_day(), draws_per_day=2)
    found = table[(table["series"] == "mfrr_activation_up_per_unit") & (table["statistic"] == "mean")].iloc[0]
    assert found["past"] == pytest.approx(0.75 / 12.0)
    assert table.attrs["left_out"] == ["bid_per_unit"]
    assert not table["series"].str.contains("bid_per_unit").any()
    alone = fit(Specification(country="FR", parts=[chain]), called_by_day())
    without = called_by_day().frame.drop(columns="called_mw")
    with pytest.raises(UsageError, match="have nothing to hold mfrr_activation_up_per_unit against"):
        diagnose(alone, History(without, "FR"))


def test_series_are_compared_with_each_other_and_a_document_does_as_well() -> None:
    history = noisy(28, 1)
    both = History(history.frame.assign(**{INTRADAY: -history.frame[PRICE]}), "FR")
    document = fit(Specification(country="FR", parts=[{"kind": "day_bootstrap", "series": [PRICE, INTRADAY]}]), both)
    table = diagnose(document, both, draws_per_day=2)
    row = table[table["series"] == f"{PRICE} * {INTRADAY}"].iloc[0]
    assert (row["past"], row["drawn"]) == pytest.approx((-1.0, -1.0))


def test_the_energy_score_by_hand() -> None:
    """Draws (0, 0) and (6, 8) of (3, 4): both 5 away, 10 apart: 5 - 10 / 2 = 0; of (0, 0): (0 + 10) / 2 - 5 = 0.

    Draws 0 and 2 of 5: (5 + 3) / 2 - 2 / 2 = 3.
    """
    draws = np.array([[0.0, 0.0], [6.0, 8.0]])
    assert energy_score(draws, np.array([3.0, 4.0])) == pytest.approx(0.0)
    assert energy_score(draws, np.zeros(2)) == pytest.approx(0.0)
    assert energy_score(np.array([[0.0], [2.0]]), np.array([5.0])) == pytest.approx(3.0)


def test_the_sliced_distance_by_hand_and_by_scipy() -> None:
    """On a line the distance of a sample and itself moved by three is three; else scipy's, direction by direction."""
    from scipy.stats import wasserstein_distance

    generator = np.random.default_rng(1)
    first, second = generator.normal(0.0, 1.0, (2000, 1)), generator.normal(1.0, 2.0, (1500, 1))
    assert sliced_wasserstein(first, first + 3.0, generator) == pytest.approx(3.0)
    assert sliced_wasserstein(first, second, generator) == pytest.approx(
        wasserstein_distance(first[:, 0], second[:, 0]), rel=0.02
    )


def test_a_history_without_a_whole_day_is_told() -> None:
    history = numbered_days("2021-01-04", 1)
    part = plain_bootstrap(history, [PRICE])
    history.frame.iloc[3, 0] = np.nan
    with pytest.raises(UsageError, match="no day of the history has all of"):
        diagnose(part, history)


def test_a_baseline_without_a_series_is_told() -> None:
    history = noisy(28, 1)
    both = History(history.frame.assign(**{INTRADAY: -history.frame[PRICE]}), "FR")
    wide, narrow = plain_bootstrap(both, [PRICE, INTRADAY]), plain_bootstrap(both, [PRICE])
    with pytest.raises(UsageError, match=f"the baseline does not draw {INTRADAY}"):
        diagnose(wide, both, draws_per_day=2, baseline=narrow)
