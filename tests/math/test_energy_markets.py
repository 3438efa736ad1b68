"""Positions on energy markets by hand: time units, liquidity, spread, fee, hours of delivery, stage, price limits."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.site_builder import Optimum, grid, mains, make_instance, make_tree, optimum

from mes_stoch.uncertainty.quality import check_tree

GENERATOR = {
    "type": "converter",
    "reference": "power",
    "power_max_mw": 2.0,
    "inputs": [{"node": "fuel", "ratio_per_unit": 2.5}],
    "outputs": [{"node": "power", "ratio_per_unit": 1.0}],
}
QUARTERS = [60.0, 70.0, 80.0, 100.0]


def trade(
    markets: dict[str, dict[str, Any]],
    series: dict[str, Any],
    *,
    periods: int = 1,
    period_h: float = 1.0,
    probabilities: tuple[float, ...] = (1.0,),
    connection_mw: float = 100.0,
) -> Optimum:
    """A generator of 2 MW at 75 EUR/MWh sells on markets whose prices are the series ``<market>_eur_per_mwh``."""
    components = {
        "grid": grid(import_max_mw=connection_mw, export_max_mw=connection_mw),
        "mains": mains(),
        "generator": GENERATOR,
    }
    products = {
        name: {"price_eur_per_mwh": f"{name}_eur_per_mwh", "settlement_period_h": period_h, **fields}
        for name, fields in markets.items()
    }
    instance = make_instance(components, products, periods=periods, period_h=period_h)
    return optimum(instance, series, probabilities)


@pytest.mark.parametrize(("unit_h", "profit"), [(0.25, 15.0), (1.0, 5.0)])
def test_an_hourly_position_is_settled_at_the_mean_of_its_quarters(unit_h: float, profit: float) -> None:
    """2 MW in the last two quarters earn 0.25 h x 2 x (5 + 25) = 15; in all four 2 x (mean 77.5 - 75) = 5."""
    market = {"da": {"settlement_period_h": unit_h}}
    assert trade(market, {"da_eur_per_mwh": QUARTERS}, periods=4, period_h=0.25).profit == pytest.approx(profit)


def test_quarters_beside_an_hourly_market() -> None:
    """Sold by the hour at 77.5, bought back in the quarters at 60 and 70 instead of running at 75.

    Hour: 2 x 77.5 = 155. Quarters: 0.25 h x 2 x (60 + 70 + 75 + 75) = 140. Without the market of quarters 5.
    """
    hourly = {"settlement_period_h": 1.0}
    data = {"da_eur_per_mwh": 77.5, "id_eur_per_mwh": QUARTERS}
    both = trade({"da": hourly, "id": {"liquidity_mw": 2.0}}, data, periods=4, period_h=0.25, connection_mw=2.0)
    assert both.profit == pytest.approx(15.0)
    alone = trade({"da": hourly}, data, periods=4, period_h=0.25, connection_mw=2.0)
    assert alone.profit == pytest.approx(5.0)


@pytest.mark.parametrize(("liquidity_mw", "moved_mw"), [(0.5, 0.5), (3.0, 3.0), (None, 10.0)])
def test_liquidity_limits_a_position(liquidity_mw: float | None, moved_mw: float) -> None:
    """2 MW earn 100 - 75 day-ahead, and a MW sold intraday at 120 instead, or bought at 100 for it, 20 more.

    Without a limit the position is as large as the connection, 10 MW.
    """
    data = {"da_eur_per_mwh": 100.0, "id_eur_per_mwh": 120.0}
    result = trade({"da": {}, "id": {"liquidity_mw": liquidity_mw}}, data, connection_mw=10.0)
    assert result.profit == pytest.approx(2 * 25 + 20 * moved_mw)
    assert result.stream("energy.id_spread") == pytest.approx(20 * moved_mw)


@pytest.mark.parametrize(
    ("cost", "profit"),
    [
        ({}, 60.0),
        ({"half_spread_eur_per_mwh": 3.0}, 54.0),
        ({"fee_eur_per_mwh": 0.5}, 59.0),
        ({"half_spread_eur_per_mwh": 3.0, "fee_eur_per_mwh": 0.5}, 53.0),
        # more than the two markets differ by
        ({"half_spread_eur_per_mwh": 6.0}, 50.0),
    ],
)
@pytest.mark.parametrize("intraday", [105.0, 95.0])
def test_half_spread_and_fee_are_paid_on_what_is_traded_either_way(
    intraday: float, cost: dict[str, float], profit: float
) -> None:
    """2 MW earn 100 - 75 day-ahead: 50. 2 MW more sold intraday at 105, or bought at 95, earn 5 each less the cost."""
    data = {"da_eur_per_mwh": 100.0, "id_eur_per_mwh": intraday}
    result = trade({"da": {}, "id": {"liquidity_mw": 2.0, **cost}}, data)
    assert result.profit == pytest.approx(profit)
    for name in ("half_spread", "fee"):
        paid = cost.get(f"{name}_eur_per_mwh", 0.0)
        if paid and profit > 50:
            assert result.stream(f"energy.id_{name}") == pytest.approx(-2 * paid)


@pytest.mark.parametrize(("calendar", "profit"), [([], 140.0), ([{"time_from": "02:00"}], 110.0)])
def test_an_auction_sells_the_hours_of_its_calendar_alone(calendar: list[dict[str, str]], profit: float) -> None:
    """Four hours of 2 MW at 85 - 75: 80. 3 MW moved to an auction at 90 earn 15 an hour, in four hours or in two."""
    data = {"da_eur_per_mwh": 85.0, "ida3_eur_per_mwh": 90.0}
    result = trade({"da": {}, "ida3": {"liquidity_mw": 3.0, "calendar": calendar}}, data, periods=4)
    assert result.profit == pytest.approx(profit)


def test_the_third_auction_delivers_from_noon() -> None:
    """By the catalogue: of 24 hours the last 12 are traded, 3 MW at 5 EUR/MWh; none of the first 12."""
    data = {"da_eur_per_mwh": 85.0, "ida1_eur_per_mwh": 90.0, "ida3_eur_per_mwh": 90.0}
    for market, hours in (("ida1", 24), ("ida3", 12)):
        result = trade({"da": {}, market: {"liquidity_mw": 3.0}}, data, periods=24)
        assert result.profit == pytest.approx(24 * 20 + hours * 15)
    # a market none of whose hours are in the horizon is none
    morning = trade({"da": {}, "ida3": {"liquidity_mw": 3.0}}, data, periods=4)
    assert morning.profit == pytest.approx(4 * 20)


def test_markets_stand_beside_each_other() -> None:
    """Three auctions of 1 MW at 90, 95 and 60 against 85: bought where cheap, sold where dear: 20 + 5 + 10 + 25."""
    prices = {"da": 85.0, "ida1": 90.0, "ida2": 95.0, "id": 60.0}
    data = {f"{name}_eur_per_mwh": price for name, price in prices.items()}
    markets = {"da": {}, **{name: {"liquidity_mw": 1.0} for name in ("ida1", "ida2", "id")}}
    result = trade(markets, data)
    assert result.profit == pytest.approx(60.0)
    spreads = [result.stream(f"energy.{name}_spread") for name in ("ida1", "ida2", "id")]
    assert spreads == pytest.approx([5.0, 10.0, 25.0])


@pytest.mark.parametrize(("stage", "profit"), [("realtime", 35.0), ("commit", 5.0)])
def test_a_position_decided_before_prices_are_known_is_one(stage: str, profit: float) -> None:
    """Intraday 40 above or 30 below day-ahead, 1 MW of liquidity; at 75 the generator earns nothing.

    Decided when the price is known (40 + 30) / 2 = 35; decided before, 1 MW sold: (40 - 30) / 2 = 5.
    """
    data = {"da_eur_per_mwh": 75.0, "id_eur_per_mwh": [[115.0], [45.0]]}
    markets = {"da": {}, "id": {"liquidity_mw": 1.0, "stage": stage}}
    result = trade(markets, data, probabilities=(0.5, 0.5))
    assert result.profit == pytest.approx(profit)


@pytest.mark.parametrize(
    ("price", "limits", "found"),
    [
        (-500.0, {}, 0),
        (-500.1, {}, 1),
        (4000.0, {}, 0),
        (4000.1, {}, 1),
        (4000.1, {"price_maximum_eur_per_mwh": None}, 0),
        (-501.0, {"price_minimum_eur_per_mwh": None}, 0),
    ],
)
def test_prices_beyond_the_limits_of_a_market_are_mistakes(price: float, limits: dict[str, Any], found: int) -> None:
    """The day-ahead auction takes -500 to 4,000 EUR/MWh by the catalogue."""
    market = {"price_eur_per_mwh": "da_eur_per_mwh", "settlement_period_h": 1, **limits}
    instance = make_instance({"grid": grid(), "mains": mains(), "generator": GENERATOR}, {"da": market}, periods=3)
    issues = check_tree(instance, make_tree(instance, {"da_eur_per_mwh": [50.0, price, 50.0]}))
    assert len(issues) == found
    if found:
        assert issues[0].key == "products.da.price_eur_per_mwh"
        assert "limit of the market" in issues[0].expected
        assert "01:00" in issues[0].found
