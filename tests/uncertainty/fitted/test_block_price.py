"""Capacity prices by block: laws found again, zeros and dependence as they were, exact draws."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fitted_support import PRICE, ZONE, context
from scipy.stats import norm

from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.parts.block_price import BlockPrice, BlockPriceOptions

FCR, MFRR = "fcr_capacity_price_eur_per_mw_h", "mfrr_up_capacity_price_eur_per_mw_h"


def past(days: int, **blocks: np.ndarray) -> History:
    """Hourly series from six numbers a day each."""
    time = pd.date_range("2021-04-01", periods=24 * days, freq="h", tz=ZONE, name="time")
    return History(
        pd.DataFrame({name: np.repeat(values.ravel(), 4) for name, values in blocks.items()}, index=time), "FR"
    )


def fitted(history: History, *series: str, **options: object) -> BlockPrice:
    return BlockPrice.fit(history, BlockPriceOptions.model_validate({"series": list(series), **options}))


def test_a_price_that_never_changes_is_drawn_exactly() -> None:
    """Block b costs b + 1; the day of 25 hours has five in its first block, that of 23 has three."""
    part = fitted(past(40, **{FCR: np.tile(np.arange(1.0, 7.0), (40, 1))}), FCR)
    usual = part.draw(np.random.default_rng(1), context("2022-01-14", 24), {})[FCR]
    assert usual.tolist() == [float(1 + hour // 4) for hour in range(24)]
    longer = part.draw(np.random.default_rng(1), context("2022-10-30", 25), {})[FCR]
    assert longer.tolist() == [1.0] * 5 + [float(1 + hour // 4) for hour in range(4, 24)]
    shorter = part.draw(np.random.default_rng(1), context("2022-03-27", 23), {})[FCR]
    assert shorter.tolist() == [1.0] * 3 + [float(1 + hour // 4) for hour in range(4, 24)]


def test_a_lognormal_law_is_found_again() -> None:
    """log c = b / 10 + 0.5 z: 400 days, four standard errors are 0.1 of the mean and 0.071 of the deviation."""
    z = np.random.default_rng(1).standard_normal((400, 6))
    part = fitted(past(400, **{FCR: np.exp(np.arange(6) / 10.0 + 0.5 * z)}), FCR, marginal="lognormal")
    law = part.marginals[0][0]
    assert [one.log_mean for one in law] == pytest.approx(np.arange(6) / 10.0, abs=0.1)
    assert [one.log_deviation for one in law] == pytest.approx([0.5] * 6, abs=0.071)
    # the quantile at Phi(1) is exp(mean + deviation)
    assert law[2].value(norm.cdf([1.0])) == pytest.approx([np.exp(law[2].log_mean + law[2].log_deviation)])


def test_zeros_come_as_often_and_in_the_same_rows() -> None:
    """A score that goes on by 0.9 from block to block; below its median the price is zero.

    P(both of two blocks are zero) = 1/4 + arcsin(0.9) / (2 pi) = 0.428 for a correlation of 0.9 (Sheppard's formula).
    """
    generator = np.random.default_rng(4)
    z = np.zeros(6 * 400)
    for t in range(1, len(z)):
        z[t] = 0.9 * z[t - 1] + np.sqrt(0.19) * generator.standard_normal()
    price = np.where(z > 0.0, np.exp(z), 0.0).reshape(400, 6)
    part = fitted(past(400, **{MFRR: price}), MFRR)
    drawn = part.draw(np.random.default_rng(1), context("2022-04-01", 24 * 180), {})[MFRR].reshape(180, 24)[:, ::4]
    zero = (drawn == 0.0).ravel()
    # 180 days that go on from each other: about 60 independent ones, deviation 0.06
    assert zero.mean() == pytest.approx(0.5, abs=0.15)
    both = np.mean(zero[1:] & zero[:-1]) / zero.mean()
    assert both == pytest.approx(0.428 / 0.5, abs=0.08)
    # without the augmentation, scores of zeros drawn alone, the correlation would be near 0.6
    assert part.same_day[0][1] == pytest.approx(0.9, abs=0.06)
    assert np.array(part.next_day)[5, 0] == pytest.approx(0.9, abs=0.12)


def test_products_and_the_mean_price_of_a_block_correlate_as_they_did() -> None:
    """Scores u of the price, 0.6 u + 0.8 e of FCR, the same e in mFRR: correlations 0.6 and 0.8, of 300 days."""
    generator = np.random.default_rng(6)
    u, e = generator.standard_normal((2, 300, 6))
    history = past(300, **{FCR: np.exp(0.6 * u + 0.8 * e), MFRR: np.exp(e), PRICE: 50.0 + 10.0 * u})
    part = fitted(history, FCR, MFRR, price=PRICE)
    matrix = np.array(part.same_day)
    # columns: FCR 0-5, mFRR 6-11, price 12-17
    # four times (1 - r^2) / sqrt(300) are 0.15 and 0.08, and shrinkage takes some
    assert [matrix[b, 12 + b] for b in range(6)] == pytest.approx([0.6] * 6, abs=0.15)
    assert [matrix[b, 6 + b] for b in range(6)] == pytest.approx([0.8] * 6, abs=0.15)
    price = np.repeat(50.0 + 10.0 * generator.standard_normal(180 * 6), 4)
    drawn = part.draw(np.random.default_rng(1), context("2022-04-01", 24 * 180), {PRICE: price})
    assert np.corrcoef(np.log(drawn[FCR][::4]), price[::4])[0, 1] == pytest.approx(0.6, abs=0.15)
    assert np.corrcoef(np.log(drawn[FCR][::4]), np.log(drawn[MFRR][::4]))[0, 1] == pytest.approx(0.8, abs=0.12)


def test_seasons_have_laws_of_their_own() -> None:
    """One in April and May, two from June to August."""
    days = 153
    month = pd.date_range("2021-04-01", periods=days).month
    part = fitted(past(days, **{FCR: np.tile(np.where(month < 6, 1.0, 2.0)[:, None], 6)}), FCR, by_season=True)
    assert part.draw(np.random.default_rng(1), context("2022-05-03", 4), {})[FCR].tolist() == [1.0] * 4
    assert part.draw(np.random.default_rng(1), context("2022-07-03", 4), {})[FCR].tolist() == [2.0] * 4


def test_what_cannot_be_fitted_is_told() -> None:
    prices = np.random.default_rng(1).normal(0.0, 1.0, (40, 6))
    with pytest.raises(UsageError, match="has negative prices"):
        fitted(past(40, **{FCR: prices}), FCR, marginal="lognormal")
    with pytest.raises(UsageError, match="10 past days"):
        fitted(past(10, **{FCR: prices[:10]}), FCR)
    with pytest.raises(UsageError, match="blocks of 5 h"):
        fitted(past(40, **{FCR: prices}), FCR, block_h=5.0)
