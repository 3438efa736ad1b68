"""Imbalance by hand: the French rule for its prices, and the period in which it is netted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.site_builder import Optimum, grid, make_instance, make_tree, optimum

import mes_stoch as ms
from mes_stoch.products.imbalance.equations_prices import imbalance_prices
from mes_stoch.schema.errors import InstanceError
from mes_stoch.uncertainty.quality import check_tree

FRENCH = {
    "vwap_up_eur_per_mwh": "up_eur_per_mwh",
    "vwap_down_eur_per_mwh": "down_eur_per_mwh",
    "system_trend_per_unit": "trend_per_unit",
    "k_per_unit": 0.05,
}


@pytest.mark.parametrize(
    ("vwap_up", "vwap_down", "trend", "long", "short"),
    [
        # the system is short, or balanced: the price of upward energy, of either sign
        (100.0, 20.0, 1.0, 95.0, 105.0),
        (100.0, 20.0, 0.0, 95.0, 105.0),
        (-100.0, 20.0, 1.0, -105.0, -95.0),
        # the system is long: that of downward energy
        (100.0, 20.0, -1.0, 19.0, 21.0),
        (100.0, -20.0, -1.0, -21.0, -19.0),
        (100.0, 0.0, -1.0, 0.0, 0.0),
    ],
)
def test_the_matrix_of_the_transmission_operator(
    vwap_up: float, vwap_down: float, trend: float, long: float, short: float
) -> None:
    """RTE: long at min(V (1 - k), V (1 + k)), short at max(V (1 - k), V (1 + k)), V by the trend; k = 0.05."""
    prices = imbalance_prices(*(np.array([value]) for value in (vwap_up, vwap_down, trend, 0.05)))
    assert (prices.long[0], prices.short[0]) == pytest.approx((long, short))


def missed(
    imbalance: dict[str, Any], data: dict[str, Any], *, direction: str = "up", periods: int = 1, period_h: float = 1.0
) -> Optimum:
    """2 MW of rapid reserve committed by a site that cannot deliver: what is called is missed without penalty.

    A penalty of 1 EUR/MWh is the least the format takes; readiness earns nothing and costs 1 EUR/MW/h to miss.
    """
    product = {
        "block_h": None,
        "volume_max_mw": 2.0,
        "capacity_price_eur_per_mw_h": 0.0,
        "shortfall_penalty_eur_per_mw_h": 1.0,
        "missed_penalty_eur_per_mwh": 1.0,
        f"activation_{direction}_per_unit": "call_per_unit",
    }
    markets = {
        "da": {"price_eur_per_mwh": 0.0, "settlement_period_h": period_h},
        "imbalance": imbalance,
        f"fr_mfrr_{direction}": product,
    }
    instance = make_instance({"grid": grid()}, markets, periods=periods, period_h=period_h)
    return optimum(instance, {"call_per_unit": 1.0, **data}, fixed={f"fr_mfrr_{direction}.volume_mw": 2.0})


@pytest.mark.parametrize(
    ("direction", "trend", "vwap", "amount"),
    [
        # 2 MWh not delivered upward leave the site short: it pays V (1 + k), receives where V is negative
        ("up", 1.0, 100.0, -210.0),
        ("up", -1.0, 40.0, -84.0),
        ("up", 1.0, -100.0, 190.0),
        # 2 MWh not taken downward leave it long: it receives V (1 - k), pays where V is negative
        ("down", 1.0, 100.0, 190.0),
        ("down", -1.0, 40.0, 76.0),
        ("down", -1.0, -100.0, -210.0),
    ],
)
@pytest.mark.parametrize("k", [0.05, 0.0])
def test_both_signs_of_price_and_of_imbalance(
    direction: str, trend: float, vwap: float, amount: float, k: float
) -> None:
    """2 MWh at V (1 +- 0.05); without the spread at V itself, whatever the sign."""
    data = {"up_eur_per_mwh": 7.0, "down_eur_per_mwh": 7.0, "trend_per_unit": trend}
    data["up_eur_per_mwh" if trend >= 0 else "down_eur_per_mwh"] = vwap
    result = missed({**FRENCH, "k_per_unit": k}, data, direction=direction)
    expected = amount if k else (-2 * vwap if direction == "up" else 2 * vwap)
    assert result.stream("imbalance") == pytest.approx(expected)


@pytest.mark.parametrize(("settlement_period_h", "amount"), [(None, -75.0), (0.25, -75.0), (0.5, -60.0), (1.0, -52.5)])
def test_imbalance_is_netted_in_its_settlement_period(settlement_period_h: float | None, amount: float) -> None:
    """2 MW short, long, short and balanced in four quarters; 30 EUR/MWh long; 90, 90, 90 and 150 short.

    By the quarter -45 + 15 - 45. By the half-hour the first is balanced, the second 1 MW short at the mean of 90 and
    150: -0.5 h x 120. By the hour 0.5 MW short at a mean of 105.
    """
    imbalance = {
        "price_long_eur_per_mwh": 30.0,
        "price_short_eur_per_mwh": "short_eur_per_mwh",
        "settlement_period_h": settlement_period_h,
    }
    common = {
        "block_h": None,
        "volume_max_mw": 2.0,
        "capacity_price_eur_per_mw_h": 0.0,
        "shortfall_penalty_eur_per_mw_h": 1.0,
        "missed_penalty_eur_per_mwh": 1.0,
    }
    markets = {
        "da": {"price_eur_per_mwh": 0.0},
        "imbalance": imbalance,
        "fr_mfrr_up": {**common, "activation_up_per_unit": "up_per_unit"},
        "fr_mfrr_down": {**common, "activation_down_per_unit": "down_per_unit"},
    }
    instance = make_instance({"grid": grid()}, markets, periods=4, period_h=0.25)
    data = {"up_per_unit": [1, 0, 1, 0], "down_per_unit": [0, 1, 0, 0], "short_eur_per_mwh": [90, 90, 90, 150]}
    volumes = {"fr_mfrr_up.volume_mw": 2.0, "fr_mfrr_down.volume_mw": 2.0}
    assert optimum(instance, data, fixed=volumes).stream("imbalance") == pytest.approx(amount)


def one_hour(folder: Path, imbalance: str) -> Path:
    (folder / "instance.yaml").write_text(
        f"""\
format: 1
name: rules
horizon: {{start: 2025-01-15T00:00, timezone: Europe/Paris, period_h: 1, periods: 1}}
carriers: [electricity]
nodes:
  power: {{carrier: electricity}}
components:
  grid: {{type: grid_connection, node: power, import_max_mw: 5, export_max_mw: 5}}
products:
  da: {{price_eur_per_mwh: 50, settlement_period_h: 1}}
  imbalance: {imbalance}
uncertainty: {{kind: explicit}}
""",
        encoding="utf-8",
    )
    (folder / "scenarios.csv").write_text("scenario,time\nonly,2025-01-15T00:00\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("imbalance", "key", "words"),
    [
        ("{}", "products.imbalance", ("no prices", "price_long_eur_per_mwh and price_short_eur_per_mwh, or vwap_up")),
        (
            "{price_long_eur_per_mwh: 1, price_short_eur_per_mwh: 2, k_per_unit: 0.05}",
            "products.imbalance.k_per_unit",
            ("prices given, and a rule for them", "remove k_per_unit"),
        ),
        ("{price_long_eur_per_mwh: 1}", "products.imbalance.price_short_eur_per_mwh", ("nothing",)),
        (
            "{vwap_up_eur_per_mwh: 1, vwap_down_eur_per_mwh: 1, k_per_unit: 0.05}",
            "products.imbalance.system_trend_per_unit",
            ("nothing", "it goes with vwap_up_eur_per_mwh"),
        ),
        (
            "{price_long_eur_per_mwh: 3, price_short_eur_per_mwh: 2}",
            "products.imbalance.price_long_eur_per_mwh",
            ("above price_short_eur_per_mwh (2)",),
        ),
        (
            "{price_long_eur_per_mwh: 1, price_short_eur_per_mwh: 2, settlement_period_h: 0.5}",
            "products.imbalance.settlement_period_h",
            ("a whole multiple of the period of 1 h",),
        ),
    ],
)
def test_prices_are_told_in_one_way(tmp_path: Path, imbalance: str, key: str, words: tuple[str, ...]) -> None:
    with pytest.raises(InstanceError) as caught:
        ms.read(one_hour(tmp_path, imbalance))
    (issue,) = [issue for issue in caught.value.issues if issue.key == key]
    assert issue.line == 11
    for word in words:
        assert word in str(issue)


def test_either_way_reads(tmp_path: Path) -> None:
    given = "{price_long_eur_per_mwh: 1, price_short_eur_per_mwh: 2, settlement_period_h: 1}"
    rule = "{vwap_up_eur_per_mwh: 90, vwap_down_eur_per_mwh: 20, system_trend_per_unit: 1, k_per_unit: 0.05}"
    for text in (given, rule):
        assert ms.read(one_hour(tmp_path, text)).instance.products["imbalance"]


def test_a_called_price_above_the_rule_is_taken_back() -> None:
    """Energy called up at 120 EUR/MWh with 105 for being short and a penalty of 10: ignoring a call would earn 5.

    Nothing stands behind the connection: 1 MW committed, called and missed is paid 120, loses 10 + 105 by the miss, 5
    are taken back and 50 is the shortfall. At 115 nothing is taken back, and the loss is the same.
    """
    product = {
        "block_h": None,
        "volume_max_mw": 1.0,
        "capacity_price_eur_per_mw_h": 1.0,
        "shortfall_penalty_eur_per_mw_h": 50.0,
        "missed_penalty_eur_per_mwh": 10.0,
        "activation_up_per_unit": 1.0,
        "energy_price_up_eur_per_mwh": "paid_eur_per_mwh",
    }
    markets = {"da": {"price_eur_per_mwh": 0.0, "settlement_period_h": 1}, "imbalance": FRENCH, "fr_mfrr_up": product}
    instance = make_instance({"grid": grid()}, markets)
    data = {"up_eur_per_mwh": 100.0, "down_eur_per_mwh": 20.0, "trend_per_unit": 1.0}
    for paid, kept in ((115.0, 115.0), (120.0, 115.0), (12000.0, 115.0)):
        series = {**data, "paid_eur_per_mwh": paid}
        assert check_tree(instance, make_tree(instance, series)) == []
        result = optimum(instance, series, fixed={"fr_mfrr_up.volume_mw": 1.0})
        assert result.stream("activation.fr_mfrr_up") == pytest.approx(kept)
        assert result.profit == pytest.approx(kept - 10.0 - 105.0 - 50.0)
        assert optimum(instance, series).profit == pytest.approx(0.0, abs=1e-9)
