"""Bids called in merit order: the curve by hand, exact shares, prices that agree, known noise found again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fitted_support import ZONE, context
from pydantic import ValidationError

from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.parts.merit_order import KNOTS, MeritOrder, MeritOrderOptions

VOLUME, PRICE, SPOT = "mfrr_volume_mw", "mfrr_price_eur_per_mwh", "da_price_eur_per_mwh"


def past(volume: object, price: object, **others: object) -> History:
    values = np.asarray(volume, dtype=float)
    time = pd.date_range("2021-01-04", periods=len(values), freq="h", tz=ZONE)
    return History(pd.DataFrame({VOLUME: values, PRICE: price, **others}, index=time), "FR")


def fitted(history: History, *prices: float, **options: object) -> MeritOrder:
    bids = [{"series": f"called_{k}_per_unit", "price_eur_per_mwh": price} for k, price in enumerate(prices)]
    known = {"volume": VOLUME, "price": PRICE, "bids": bids}
    return MeritOrder.fit(history, MeritOrderOptions.model_validate({**known, **options}))


def test_the_curve_by_hand() -> None:
    """Prices 40, 60, 50, 90 at 10, 20, 30, 40 MW: 60 and 50 are pooled to 55. At 0 MW nothing is a price."""
    part = fitted(past([0, 10, 20, 30, 40], [999.0, 40.0, 60.0, 50.0, 90.0]), 50.0)
    assert part.curve_mw == [10.0, 20.0, 30.0, 40.0]
    assert part.curve_eur_per_mwh == pytest.approx([40.0, 55.0, 55.0, 90.0])


def test_shares_on_a_curve_without_noise() -> None:
    """``f`` from 40 at 10 MW to 80 at 50: below 40 EUR nothing is offered, before 60 EUR 30 MW, beyond 80 no end.

    Of bids of 10 MW at 35, 60, 70 and 85: with 36 MW (66 EUR) 1, 0.6, 0, 0; with 20 MW (50 EUR) the first alone; with
    50 (80 EUR) 1, 1, 1 (40 MW before it), 0; without an activation none, at the reference.
    """
    line = np.arange(10.0, 51.0)
    part = fitted(past(line, line + 30.0), 35.0, 60.0, 70.0, 85.0, bid_size_mw=10)
    drawn = part.draw(np.random.default_rng(1), context("2022-01-12", 4), {VOLUME: np.array([36.0, 20.0, 50.0, 0.0])})
    shares = np.array([drawn[f"called_{k}_per_unit"] for k in range(4)]).T
    assert shares == pytest.approx(np.array([[1, 0.6, 0, 0], [1, 0, 0, 0], [1, 1, 1, 0], [0, 0, 0, 0]]))
    assert drawn[PRICE] == pytest.approx([66.0, 50.0, 80.0, 0.0])


def test_downward_the_dearest_bid_is_called_first() -> None:
    """Prices fall from 40 at 10 MW to 0 at 50: with 30 MW at 20 EUR the bids that pay 35 and 25 are called, not 15."""
    line = np.arange(10.0, 51.0)
    part = fitted(past(line, 50.0 - line), 35.0, 25.0, 15.0, direction="down")
    drawn = part.draw(np.random.default_rng(1), context("2022-01-12", 1), {VOLUME: np.array([30.0])})
    assert [drawn[f"called_{k}_per_unit"][0] for k in range(3)] == [1.0, 1.0, 0.0]
    assert drawn[PRICE][0] == pytest.approx(20.0)


def test_the_price_leaves_its_curve_by_the_class_of_the_volume() -> None:
    """Prices 50 +- 1 at 10 MW and 50 +- 20 at 40 MW, as often: a flat curve at 50, the edge between 10 and 40, and from
    each volume the two prices of its own. One class draws all four at both volumes.
    """
    volume, price = np.tile([10.0, 10.0, 40.0, 40.0], 60), np.tile([49.0, 51.0, 30.0, 70.0], 60)
    drawn = {}
    for classes in (1, 2):
        part = fitted(past(volume, price), 60.0, rest_classes=classes)
        volumes = np.repeat([10.0, 40.0], 2000)
        prices = part.draw(np.random.default_rng(1), context("2022-01-12", 4000), {VOLUME: volumes})[PRICE]
        drawn[classes] = [prices[:2000], prices[2000:]]
    assert (drawn[2][0].min(), drawn[2][0].max()) == pytest.approx((49.0, 51.0))
    assert (drawn[2][1].min(), drawn[2][1].max()) == pytest.approx((30.0, 70.0))
    assert (drawn[1][0].min(), drawn[1][0].max()) == pytest.approx((30.0, 70.0))


def noisy_past(periods: int = 6000) -> History:
    """``price = spot + 20 + V / 10 + e``, with ``e`` an AR(1) of 0.7 and a deviation of 8 EUR/MWh."""
    generator = np.random.default_rng(8)
    noise = [0.0]
    for step in generator.standard_normal(periods):
        noise.append(0.7 * noise[-1] + 8.0 * np.sqrt(1.0 - 0.49) * step)
    volume = generator.uniform(1.0, 400.0, periods)
    spot = generator.normal(50.0, 15.0, periods)
    return past(volume, spot + 20.0 + volume / 10.0 + np.array(noise[1:]), **{SPOT: spot})


def test_known_noise_is_found_again() -> None:
    """Within four deviations: 0.7 by sqrt(0.51 / 6,000) = 0.009; the curve, of 100 periods a point, by
    8 sqrt(5.7 / 100) = 1.9 EUR/MWh at most.
    """
    part = fitted(noisy_past(), 60.0, reference=SPOT)
    assert len(part.curve_mw) == KNOTS
    line = 20.0 + np.array(part.curve_mw) / 10.0
    assert np.abs(np.array(part.curve_eur_per_mwh) - line).max() < 7.6
    assert np.abs(np.array(part.curve_eur_per_mwh) - line).mean() < 1.9
    assert part.persistence.autocorrelations == pytest.approx([0.7], abs=0.04)
    assert part.rest[0].values_at(np.array([-1.0, 1.0])) == pytest.approx([-8.0, 8.0], abs=0.6)


@pytest.mark.parametrize("direction", ["up", "down"])
@pytest.mark.parametrize("is_drawn", [False, True])
def test_prices_agree_with_what_is_called(direction: str, is_drawn: bool) -> None:
    """Over 3,000 periods: what is called is paid more than its bid (down: pays less), never more of a dearer bid."""
    history = noisy_past()
    if direction == "down":
        history.frame[PRICE] = 2.0 * history.frame[SPOT] - history.frame[PRICE]
    prices = [60.0, 75.0, 90.0] if direction == "up" else [40.0, 25.0, 10.0]
    part = fitted(history, *prices, reference=SPOT, direction=direction, bid_size_mw=5, price_is_drawn=is_drawn)
    generator = np.random.default_rng(2)
    known = {VOLUME: generator.uniform(-100.0, 400.0, 3000).clip(0.0), SPOT: generator.normal(50.0, 15.0, 3000)}
    if is_drawn:
        known[PRICE] = known[SPOT] + (1 if direction == "up" else -1) * generator.uniform(0.0, 60.0, 3000)
    drawn = part.draw(generator, context("2022-01-01", 3000), known)
    price = known[PRICE] if is_drawn else drawn[PRICE]
    shares = np.array([drawn[f"called_{k}_per_unit"] for k in range(3)])
    assert (np.diff(shares, axis=0) <= 0.0).all()
    assert 0.05 < shares.mean() < 0.95
    for bid, share in zip(prices, shares, strict=True):
        called = share > 0.0
        assert called.any()
        assert ((price[called] > bid) if direction == "up" else (price[called] < bid)).all()
        assert (known[VOLUME][called] > 0.0).all()


def test_a_share_called_stands_for_the_volume() -> None:
    """A share of 0.5 of 80 MW is 40 MW, at 70 EUR/MWh."""
    line = np.arange(10.0, 51.0)
    part = fitted(past(line, line + 30.0), 60.0, drawn_volume="mfrr_activation_up_per_unit", drawn_volume_mw=80)
    drawn = part.draw(
        np.random.default_rng(1), context("2022-01-12", 1), {"mfrr_activation_up_per_unit": np.array([0.5])}
    )
    assert drawn[PRICE][0] == pytest.approx(70.0)
    assert drawn["called_0_per_unit"][0] == 1.0


def test_what_is_wrong_is_told() -> None:
    with pytest.raises(UsageError, match="no three periods"):
        fitted(past([0, 0, 10, 10], [1.0, 2.0, 3.0, np.nan]), 50.0)
    bid = {"series": "called_per_unit", "price_eur_per_mwh": 5.0}
    with pytest.raises(ValidationError, match="a series of its own for each bid"):
        MeritOrderOptions.model_validate({"volume": VOLUME, "price": PRICE, "bids": [bid, bid]})
