"""Imbalance prices by rule, worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fitted_support import PRICE, ZONE, context
from pydantic import ValidationError

from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.parts.imbalance import Imbalance, ImbalanceOptions

BALANCING = "balancing_price_eur_per_mwh"
LONG, SHORT = "imbalance_long_eur_per_mwh", "imbalance_short_eur_per_mwh"
#: Four hours at a day-ahead price of 50: the system short, long, balanced, and long at a negative price.
KNOWN = {BALANCING: np.array([100.0, 20.0, 50.0, -40.0]), PRICE: np.full(4, 50.0)}


def part(history: History | None = None, **options: object) -> Imbalance:
    time = pd.date_range("2021-01-04", periods=4, freq="h", tz=ZONE)
    chosen = ImbalanceOptions.model_validate({"balancing": BALANCING, **options})
    return Imbalance.fit(history or History(pd.DataFrame({PRICE: np.ones(4)}, index=time), "FR"), chosen)


def drawn(made: Imbalance) -> dict[str, list[float]]:
    found = made.draw(np.random.default_rng(1), context("2022-01-14", 4), KNOWN)
    return {name: values.tolist() for name, values in found.items()}


def test_the_french_rule() -> None:
    """k = 0.05: 95 and 105, 19 and 21, ...; at -40 long gets -42 and short pays -38."""
    assert drawn(part(rule="k_spread", k_per_unit=0.05)) == {
        LONG: pytest.approx([95.0, 19.0, 47.5, -42.0]),
        SHORT: pytest.approx([105.0, 21.0, 52.5, -38.0]),
    }


def test_one_price() -> None:
    assert drawn(part(rule="single")) == {LONG: [100.0, 20.0, 50.0, -40.0], SHORT: [100.0, 20.0, 50.0, -40.0]}


def test_two_prices() -> None:
    """Who helps the system has the day-ahead price of 50, who harms it the balancing price."""
    found = drawn(part(rule="two_price", day_ahead=PRICE, direction="system_direction_per_unit"))
    assert found[LONG] == [50.0, 20.0, 50.0, -40.0]
    assert found[SHORT] == [100.0, 50.0, 50.0, 50.0]
    assert found["system_direction_per_unit"] == [1.0, -1.0, 0.0, -1.0]


def test_a_direction_that_is_drawn_before_counts() -> None:
    """Short in all hours: nobody short pays less than the day-ahead price, nobody long gets another."""
    made = part(rule="two_price", day_ahead=PRICE, shortage="latent_shortage")
    found = made.draw(np.random.default_rng(1), context("2022-01-14", 4), {**KNOWN, "latent_shortage": np.full(4, 0.3)})
    assert found[LONG].tolist() == [50.0] * 4
    assert found[SHORT].tolist() == [100.0, 50.0, 50.0, 50.0]
    assert found["latent_direction"].tolist() == [1.0] * 4


@pytest.mark.parametrize("rule", ["k_spread", "single", "two_price"])
def test_long_is_never_above_short(rule: str) -> None:
    generator = np.random.default_rng(2)
    known = {name: generator.normal(20.0, 60.0, 500) for name in (BALANCING, PRICE, "latent_shortage")}
    made = part(rule=rule, day_ahead=PRICE, shortage="latent_shortage", k_per_unit=0.1)
    found = made.draw(generator, context("2022-01-14", 500), known)
    assert (found[LONG] <= found[SHORT]).all()


def test_k_of_the_past_is_found_again() -> None:
    """Long 0.92 p, short 1.08 p, the other way round where p is negative; about zero nothing can be seen."""
    price = np.array([50.0, 80.0, -30.0, 0.001])
    sides = np.sort([0.92 * price, 1.08 * price], axis=0)
    time = pd.date_range("2021-01-04", periods=4, freq="h", tz=ZONE)
    history = History(pd.DataFrame({LONG: sides[0], SHORT: sides[1]}, index=time), "FR")
    assert part(history, rule="k_spread").k_per_unit == pytest.approx(0.08)


def test_what_is_missing_is_told() -> None:
    with pytest.raises(UsageError, match=f"have no {LONG}"):
        part(rule="k_spread")
    with pytest.raises(ValidationError, match="two_price needs day_ahead"):
        part(rule="two_price")
