"""Volumes offered at a price, by hand: accepted or not, as data of the scenario, and what that is worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from helpers.site_builder import grid, make_instance, make_tree, optimum

from mes_stoch.model.mean_program import MeanProgram
from mes_stoch.model.site_program import build_program
from mes_stoch.schema.instance import Instance

DA = {"price_eur_per_mwh": "da_price_eur_per_mwh", "settlement_period_h": 1}
IMBALANCE = {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0}
HELD = {"block_h": 1, "activation_up_per_unit": 0.0, "shortfall_penalty_eur_per_mw_h": 100.0}
OFFERS = "capacity_offer_prices_eur_per_mw_h"
BID = {"capacity_pricing": "bid"}


def engines(
    costs: Sequence[float],
    size_mw: float = 1.0,
    *,
    periods: int = 1,
    bids: dict[str, bool] | None = None,
    **fields: Any,
) -> Instance:
    """Engines that sell energy or mFRR, whose price of capacity is drawn."""
    product = {**HELD, "volume_max_mw": 5.0, "capacity_price_eur_per_mw_h": "c_eur_per_mw_h", **fields}
    units = {
        f"engine_{number}": {
            "type": "source",
            "node": "power",
            "available_mw": size_mw,
            "cost_eur_per_mwh": cost,
            "provides": ["fr_mfrr_up"],
        }
        for number, cost in enumerate(costs)
    }
    products = {"da": DA, "imbalance": IMBALANCE, "fr_mfrr_up": product}
    return make_instance({"grid": grid(), **units}, products, periods=periods, bids=bids)


# -- paid as cleared --------------------------------------------------------------------------------------------------

LOW_OR_HIGH = {"da_price_eur_per_mwh": 50.0, "c_eur_per_mw_h": [[10.0], [40.0]]}


def test_a_price_between_is_accepted_in_the_high_scenario_alone() -> None:
    """1 MW is worth 20 as energy. Offered at 25: 40 where it is accepted, energy where not: 30.

    Accepted whatever the price it earns 10 or 40: 25. The step at 50 is accepted nowhere.
    """
    assert optimum(engines([30.0]), LOW_OR_HIGH, [0.5, 0.5]).profit == pytest.approx(25.0)
    result = optimum(engines([30.0], **{OFFERS: [25.0, 50.0]}), LOW_OR_HIGH, [0.5, 0.5])
    assert result.profit == pytest.approx(30.0)
    assert result.variable("fr_mfrr_up.offer_1_mw") == pytest.approx([1.0])
    accepted = [result.variable("fr_mfrr_up.accepted_mw", s)[0] for s in (0, 1)]
    assert accepted == pytest.approx([0.0, 1.0])
    assert result.stream("capacity.fr_mfrr_up") == pytest.approx(20.0)
    # were the rows left out that say what is accepted, the offer would be paid for and never held
    assert optimum(
        engines([30.0], **{OFFERS: [25.0, 50.0]}), LOW_OR_HIGH, [0.5, 0.5], drop=["fr_mfrr_up.acceptance"]
    ).profit == pytest.approx(0.5 * 40 * 5 + 20)


def test_a_price_that_is_met_exactly_is_accepted() -> None:
    """Means of a block are rounded: 0.1 three times is not 0.1 on the mean of floating point, and is accepted at it."""
    price = [[0.1, 0.1, 0.1], [0.0, 0.1, 0.2]]
    site = engines([30.0], periods=3, **{**HELD, "block_h": None, OFFERS: [0.1]})
    result = optimum(site, {"da_price_eur_per_mwh": 30.0, "c_eur_per_mw_h": price}, [0.5, 0.5])
    assert result.profit == pytest.approx(0.3)


def test_the_mean_price_of_the_obliged_hours_decides() -> None:
    """Obliged in the second of two hours, at 30 after 0: offered at 25 it is accepted, and pays 30 for that hour."""
    window = {"block_h": None, "calendar": [{"time_from": "01:00"}]}
    site = engines([50.0], periods=2, **window, **{OFFERS: [25.0]})
    data = {"da_price_eur_per_mwh": 50.0, "c_eur_per_mw_h": [0.0, 30.0]}
    assert optimum(site, data).profit == pytest.approx(30.0)
    # over both hours the mean would be 15
    assert optimum(engines([50.0], periods=2, block_h=None, **{OFFERS: [25.0]}), data).profit == pytest.approx(0.0)


def test_energy_of_calls_follows_what_is_accepted() -> None:
    """Called in full at 100 EUR/MWh in both scenarios, at a cost of 30: what is not accepted is not called.

    Offered at 25, accepted at 40 alone: 0.5 (40 + 100 - 30) + 0.5 x 20 = 65. Accepted everywhere: 25 + 70 = 95.
    """
    called = {"activation_up_per_unit": 1.0, "energy_price_up_eur_per_mwh": 100.0, "call": "continuous"}
    site = engines([30.0], **called, **{OFFERS: [25.0]})
    assert optimum(site, LOW_OR_HIGH, [0.5, 0.5]).profit == pytest.approx(65.0)
    assert optimum(engines([30.0], **called), LOW_OR_HIGH, [0.5, 0.5]).profit == pytest.approx(95.0)


def test_what_is_not_held_is_lost_at_the_clearing_price() -> None:
    """2 MW offered at 8, of which 1 can be held. Paid as bid at 8, lost at 40: 2 x 8 - 40 - penalty 1.

    At its own price a MW that is not there would earn nothing and cost 1; at 40 an offer of nothing never pays.
    """
    site = engines([50.0], shortfall_penalty_eur_per_mw_h=1.0, **BID, **{OFFERS: [8.0]})
    data = {"da_price_eur_per_mwh": 50.0, "c_eur_per_mw_h": 40.0}
    assert optimum(site, data, fixed={"fr_mfrr_up.offer_1_mw": 2.0}).profit == pytest.approx(16.0 - 40.0 - 1.0)
    assert optimum(site, data).profit == pytest.approx(8.0)


# -- paid as bid ------------------------------------------------------------------------------------------------------

#: Prices of capacity 10, 22 and 40, with probabilities 0.85, 0.1 and 0.05.
CURVE = {"da_price_eur_per_mwh": 80.0, "c_eur_per_mw_h": [[10.0], [22.0], [40.0]]}
WEIGHTS = [0.85, 0.1, 0.05]


@pytest.mark.parametrize(
    ("pricing", "profit", "offered"),
    [
        # as bid: 5 an hour of energy at 8, 15 at 20 (15.75 for 15.65 at 28), 20 at 28 (20.4 for 20 at 20)
        ("bid", 8.0 + 15.75 + 20.4, [1.0, 1.0, 1.0]),
        # as cleared: at 8 the mean price of 12.7; at 20 4.2 and energy in 0.85 of the cases
        ("cleared", 12.7 + (4.2 + 0.85 * 15) + (4.2 + 0.85 * 20), [1.0, 2.0, 0.0]),
    ],
)
def test_the_best_bid_curve(pricing: str, profit: float, offered: list[float]) -> None:
    """Engines whose MW is worth 5, 15 and 20 as energy; instances/bid_curve_fr/README.md has the table."""
    site = engines([60.0, 65.0, 75.0], capacity_pricing=pricing, **{OFFERS: [8.0, 20.0, 28.0]})
    result = optimum(site, CURVE, WEIGHTS)
    assert result.profit == pytest.approx(profit)
    assert [result.variable(f"fr_mfrr_up.offer_{g}_mw")[0] for g in (1, 2, 3)] == pytest.approx(offered)
    accepted = [result.variable("fr_mfrr_up.accepted_mw", s)[0] for s in range(3)]
    assert accepted == pytest.approx(np.cumsum(offered))


def test_another_price_never_lowers_the_optimum() -> None:
    """As bid with 8 alone: 8 + 15 + 20; with 20 as well 15.75 for 15 and nothing for the third: 43.75; then 44.15."""
    profits = [
        optimum(engines([60.0, 65.0, 75.0], **BID, **{OFFERS: prices}), CURVE, WEIGHTS).profit
        for prices in ([8.0], [8.0, 20.0], [8.0, 20.0, 28.0])
    ]
    assert profits == pytest.approx([43.0, 43.75, 44.15])


def test_a_minimum_bid_is_one_of_each_price() -> None:
    """Two engines of 0.75 MW, worth 5 and 20 an hour as energy: 18.75. Prices 10 (0.95) and 40 (0.05), paid as bid.

    Without bid rules 0.75 MW at 8 (3 more) and 0.75 at 35 (15 more where it is accepted): + 2.25 + 0.05 x 11.25. Each
    bid at least 1 MW: 1 MW at 8 loses 0.75, 1.5 MW at 35 earn 0.05 (1.5 x 35 - 18.75). A minimum of both together
    would let 0.75 and 0.75 pass.
    """
    data = {"da_price_eur_per_mwh": 80.0, "c_eur_per_mw_h": [[10.0], [40.0]]}
    prices = {OFFERS: [8.0, 35.0], "minimum_bid_mw": 1.0, **BID}
    free = optimum(engines([75.0, 60.0], 0.75, **prices), data, [0.95, 0.05])
    assert free.profit == pytest.approx(18.75 + 2.25 + 0.05 * 11.25)
    rules = {"minimum": True, "steps": False}
    ruled = optimum(engines([75.0, 60.0], 0.75, bids=rules, **prices), data, [0.95, 0.05])
    assert ruled.profit == pytest.approx(18.75 + 0.05 * (1.5 * 35 - 18.75))
    assert ruled.variable("fr_mfrr_up.offer_2_mw") == pytest.approx([1.5])


def test_the_largest_volume_is_of_all_prices_together() -> None:
    """2 MW at most: the two engines whose offers gain most, 3 at 8 and 0.75 at 20; a third MW would gain 0.4."""
    site = engines([60.0, 65.0, 75.0], volume_max_mw=2.0, **BID, **{OFFERS: [8.0, 20.0, 28.0]})
    assert optimum(site, CURVE, WEIGHTS).profit == pytest.approx(40.0 + 3.0 + 0.75)
    # at a price that nobody accepts as well: 1 MW offered at 50 leaves 1 MW to be offered at the others
    site = engines([60.0, 65.0, 75.0], volume_max_mw=2.0, **BID, **{OFFERS: [8.0, 50.0]})
    unsold = {"fr_mfrr_up.offer_2_mw": 1.5}
    assert optimum(site, CURVE, WEIGHTS, fixed=unsold).profit == pytest.approx(40.0 + 0.5 * 3.0)
    dropped = optimum(site, CURVE, WEIGHTS, fixed=unsold, drop=["fr_mfrr_up.offered_maximum"])
    assert dropped.profit == pytest.approx(40.0 + 3.0)


@pytest.mark.parametrize("pricing", ["cleared", "bid"])
@pytest.mark.parametrize("seed", range(6))
def test_random_curves_are_those_of_an_enumeration(seed: int, pricing: str) -> None:
    """Engines of one MW are apart: each is worth the best of energy and its prices, found by trying them all.

    The dearer an engine's energy, the dearer its best price, so that in every scenario those are held that should be.
    """
    draw = np.random.default_rng(seed)
    margins, clearing = draw.uniform(0, 40, 3), np.append(draw.uniform(0, 50, 3), 60.0)
    offers, weights = np.sort(draw.uniform(0, 60, 4)), draw.dirichlet(np.ones(4))
    site = engines([80.0 - m for m in margins], capacity_pricing=pricing, **{OFFERS: offers.tolist()})
    data = {"da_price_eur_per_mwh": 80.0, "c_eur_per_mw_h": clearing[:, None].tolist()}
    best = 0.0
    for margin in margins:
        worth = [margin]
        for offer in offers:
            paid = np.full(4, offer) if pricing == "bid" else clearing
            worth.append(float(weights @ np.where(clearing >= offer, paid, margin)))
        best += max(worth)
    assert optimum(site, data, weights.tolist()).profit == pytest.approx(best)


# -- exclusivity ------------------------------------------------------------------------------------------------------


def test_what_is_offered_excludes_though_nothing_of_it_is_accepted() -> None:
    """4 MW to shed at no cost. RC at 5 for 3 MW: 15. 1 MW of mFRR offered at 50, which no scenario accepts: 0."""
    process = {
        "type": "sheddable_demand",
        "node": "power",
        "demand_mw": 4.0,
        "shed_cost_eur_per_mwh": 0.0,
        "provides": ["fr_mfrr_up", "fr_rc_up"],
    }
    mfrr = {
        **HELD,
        "volume_max_mw": 2.0,
        "capacity_price_eur_per_mw_h": "c_eur_per_mw_h",
        OFFERS: [25.0, 50.0],
        "exclusive_with": ["fr_rc_up"],
    }
    rc = {**HELD, "volume_max_mw": 3.0, "capacity_price_eur_per_mw_h": 5.0}
    products = {"da": DA, "imbalance": IMBALANCE, "fr_mfrr_up": mfrr, "fr_rc_up": rc}
    site = make_instance({"grid": grid(), "process": process}, products)
    data = {"da_price_eur_per_mwh": 0.0, "c_eur_per_mw_h": [[10.0], [40.0]]}
    offered = {"fr_mfrr_up.offer_2_mw": 1.0}
    assert optimum(site, data, [0.5, 0.5], fixed={**offered, "fr_mfrr_up.offer_1_mw": 0.0}).profit == pytest.approx(0.0)
    rule = ["fr_mfrr_up.exclusive_with_fr_rc_up"]
    assert optimum(
        site, data, [0.5, 0.5], fixed={**offered, "fr_mfrr_up.offer_1_mw": 0.0}, drop=rule
    ).profit == pytest.approx(15.0)
    # left free: 2 MW at 25, accepted at 40 in half of the cases, against 3 MW at 5
    assert optimum(site, data, [0.5, 0.5]).profit == pytest.approx(0.5 * 2 * 40)
    program = build_program(site, make_tree(site, data, [0.5, 0.5]))
    near = _nearest(
        program, {"fr_mfrr_up.offer_1_mw[0]": 0.6, "fr_mfrr_up.offer_2_mw[0]": 0.6, "fr_rc_up.volume_mw[0]": 1}
    )
    # 1.2 MW are offered, more than 1 MW of RC
    assert (near["fr_rc_up.volume_mw[0]"], near["fr_mfrr_up.bid[0]"], near["fr_rc_up.bid[0]"]) == (0.0, 1.0, 0.0)


def _nearest(program: Any, values: dict[str, float]) -> dict[str, float]:
    root = program.root
    point = np.zeros(len(root.columns))
    for name, value in values.items():
        point[root.names.index(name)] = value
    return dict(zip(root.names, root.nearest(point), strict=True))


def test_nearest_offers_keep_the_rules_of_each_bid_and_of_all_together() -> None:
    """Steps of 1 MW, 3 MW at most: 1.6 becomes 2, 0.4 nothing, and of 1.8 the 1 MW that is left."""
    rules = {"minimum_bid_mw": 1.0, "bid_step_mw": 1.0, "volume_max_mw": 3.0}
    site = engines([60.0] * 4, bids={"minimum": True, "steps": True}, **rules, **{OFFERS: [8.0, 20.0, 28.0]})
    program = build_program(site, make_tree(site, CURVE, WEIGHTS))
    near = _nearest(program, {f"fr_mfrr_up.offer_{g}_mw[0]": v for g, v in ((1, 1.6), (2, 0.4), (3, 1.8))})
    assert [near[f"fr_mfrr_up.offer_{g}_mw[0]"] for g in (1, 2, 3)] == [2.0, 0.0, 1.0]
    assert [near[f"fr_mfrr_up.offer_{g}_bid[0]"] for g in (1, 2, 3)] == [1.0, 0.0, 1.0]
    assert [near[f"fr_mfrr_up.offer_{g}_bid_steps[0]"] for g in (1, 2, 3)] == [2.0, 0.0, 1.0]


# -- the mean scenario ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("pricing", "paid"), [("cleared", 0.1 * 22 + 0.05 * 40), ("bid", 0.15 * 20)])
def test_the_mean_scenario_accepts_the_share_that_accepts(pricing: str, paid: float) -> None:
    """Prices 10, 22 and 40: 0.15 accept 20. The mean price of 12.7 would not, and is not asked."""
    site = engines([60.0], capacity_pricing=pricing, **{OFFERS: [20.0]})
    program = build_program(site, make_tree(site, CURVE, WEIGHTS))
    mean = MeanProgram(program).scenario(0)
    groups = {group.name: int(group.positions[0]) for group in program.column_groups}
    (row,) = next(group.positions for group in program.row_groups if group.name == "fr_mfrr_up.acceptance")
    column = groups["fr_mfrr_up.offer_1_mw"]
    assert -mean.matrix.tocsr()[row, column] == pytest.approx(0.15)
    assert -mean.cost[column] == pytest.approx(paid)


# -- orders on an energy market ---------------------------------------------------------------------------------------


def traded(components: dict[str, Any], *, periods: int = 1, **fields: Any) -> Instance:
    return make_instance(
        {"grid": grid(), **components},
        {"da": {**DA, "stage": "commit", **fields}, "imbalance": IMBALANCE},
        periods=periods,
    )


ENGINE = {"engine": {"type": "source", "node": "power", "available_mw": 2.0, "cost_eur_per_mwh": 30.0}}
PRICES = {"da_price_eur_per_mwh": [[10.0], [60.0]]}


@pytest.mark.parametrize(
    ("orders", "profit"),
    [
        # 2 MW whatever the price, at 35 on the mean and a cost of 30
        ({}, 10.0),
        # sold at 60 alone: 0.5 x 2 x 30
        ({"sell_limit_prices_eur_per_mwh": [30.0]}, 30.0),
        # paid as bid, the dearer limit of the two that are kept: 0.5 x 2 x (50 - 30)
        ({"sell_limit_prices_eur_per_mwh": [30.0, 50.0, 70.0], "pricing": "bid"}, 20.0),
    ],
)
def test_energy_offered_at_a_limit_is_sold_where_the_price_keeps_it(orders: dict[str, Any], profit: float) -> None:
    assert optimum(traded(ENGINE, **orders), PRICES, [0.5, 0.5]).profit == pytest.approx(profit)


@pytest.mark.parametrize(("pricing", "paid"), [("cleared", 10.0), ("bid", 40.0)])
def test_energy_is_bought_where_the_price_is_at_most_the_limit(pricing: str, paid: float) -> None:
    """1 MW of a process that sheds for 50: bought at 10 with a limit of 40 (as bid: at 40), shed where it costs 60."""
    process = {"type": "sheddable_demand", "node": "power", "demand_mw": 1.0, "shed_cost_eur_per_mwh": 50.0}
    site = traded({"process": process}, buy_limit_prices_eur_per_mwh=[40.0], pricing=pricing)
    result = optimum(site, PRICES, [0.5, 0.5])
    assert result.profit == pytest.approx(-0.5 * paid - 0.5 * 50)
    # bought whatever the price: 35 on the mean, at a limit that the price always keeps; a limit alone is no worse here
    assert optimum(traded({"process": process}), PRICES, [0.5, 0.5]).profit == pytest.approx(-35.0)


def test_a_limit_is_that_of_the_mean_price_of_the_settlement_period() -> None:
    """2 h at 10 and 60: 35 on the mean, which keeps a limit of 30: 2 MW x (10 + 60 - 2 x 30)."""
    site = traded(ENGINE, periods=2, settlement_period_h=2, sell_limit_prices_eur_per_mwh=[30.0])
    result = optimum(site, {"da_price_eur_per_mwh": [10.0, 60.0]})
    assert result.profit == pytest.approx(20.0)
    high = traded(ENGINE, periods=2, settlement_period_h=2, sell_limit_prices_eur_per_mwh=[36.0])
    assert optimum(high, {"da_price_eur_per_mwh": [10.0, 60.0]}).profit == pytest.approx(0.0)


def test_orders_at_all_limits_fit_the_connection() -> None:
    """At 60 both limits are kept, over a connection of 1 MW: 0.5 x 1 MW x 30."""
    orders = {"sell_limit_prices_eur_per_mwh": [30.0, 50.0]}
    components = {"grid": grid(export_max_mw=1.0), **ENGINE}
    site = make_instance(components, {"da": {**DA, "stage": "commit", **orders}, "imbalance": IMBALANCE})
    assert optimum(site, PRICES, [0.5, 0.5]).profit == pytest.approx(15.0)


def test_an_order_costs_its_fee_where_it_is_accepted() -> None:
    """0.5 x 2 MW x (60 - 30 - 1)."""
    site = traded(ENGINE, sell_limit_prices_eur_per_mwh=[30.0], fee_eur_per_mwh=1.0)
    assert optimum(site, PRICES, [0.5, 0.5]).profit == pytest.approx(29.0)


def test_an_intraday_order_beside_a_day_ahead_position() -> None:
    """2 MW at 30; 40 day-ahead in both cases, intraday 10 or 60: 1 MW bought up to a limit of 20, or sold from 50 on.

    1 MW day-ahead: bought back at 10 in the first case (40 - 10), in the second 1 MW more sold at 60 (100 - 60).
    2 MW day-ahead: 80 - 10 - 30 in the first, 80 - 60 in the second.
    """
    orders = {"sell_limit_prices_eur_per_mwh": [50.0], "buy_limit_prices_eur_per_mwh": [20.0]}
    intraday = {
        "price_eur_per_mwh": "id_price_eur_per_mwh",
        "settlement_period_h": 1,
        "liquidity_mw": 1.0,
        "stage": "commit",
        **orders,
    }
    products = {"da": {**DA, "stage": "commit"}, "id": intraday, "imbalance": IMBALANCE}
    site = make_instance({"grid": grid(), **ENGINE}, products)
    data = {"da_price_eur_per_mwh": 40.0, "id_price_eur_per_mwh": [[10.0], [60.0]]}
    result = optimum(site, data, [0.5, 0.5])
    assert result.profit == pytest.approx(max(0.5 * 30 + 0.5 * 40, 0.5 * 40 + 0.5 * 20))
