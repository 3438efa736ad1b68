"""Products that exclude each other, by hand and through the methods that keep integers in the first stage."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.site_builder import grid, make_instance, make_tree, optimum

from mes_stoch.model.site_program import build_program
from mes_stoch.schema.instance import Instance
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.decomposition.algorithm import solve_decomposition
from mes_stoch.solvers.extensive.algorithm import assemble, solve_extensive
from mes_stoch.solvers.highs import model as highs

MARKETS = {
    "da": {"price_eur_per_mwh": "da_price_eur_per_mwh", "settlement_period_h": 1},
    "imbalance": {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0},
}
FREE = {"da_price_eur_per_mwh": 0}
NAMES = ("fr_mfrr_up", "fr_rc_up")


def site(
    first: dict[str, Any], second: dict[str, Any], *, bids: dict[str, bool] | None = None, demand_mw: float = 4.0
) -> Instance:
    """4 hours, 4 MW to shed; mFRR of at most 2 MW and RC of at most 3 MW, in blocks of 2 h unless said otherwise."""
    common = {
        "block_h": 2,
        "activation_up_per_unit": 0.0,
        "shortfall_penalty_eur_per_mw_h": 50.0,
        "minimum_bid_mw": 1.0,
        "bid_step_mw": 0.5,
    }
    return make_instance(
        {
            "grid": grid(),
            "process": {
                "type": "sheddable_demand",
                "node": "power",
                "demand_mw": demand_mw,
                "shed_cost_eur_per_mwh": 0.0,
                "provides": list(NAMES),
            },
        },
        {
            **MARKETS,
            "fr_mfrr_up": {**common, "volume_max_mw": 2.0, "capacity_price_eur_per_mw_h": 10.0, **first},
            "fr_rc_up": {**common, "volume_max_mw": 3.0, "capacity_price_eur_per_mw_h": 5.0, **second},
        },
        periods=4,
        bids=bids,
    )


EXCLUDES = {"exclusive_with": ["fr_rc_up"]}


@pytest.mark.parametrize("bids", [None, {"minimum": True, "steps": True}])
@pytest.mark.parametrize("who", [0, 1])
def test_the_dearer_product_is_sold_alone(who: int, bids: dict[str, bool] | None) -> None:
    """2 MW x 10 and 2 MW x 5 share 4 MW: 30 an hour. Excluded 20, whichever of the two says so: 80 over 4 h."""
    rule = [{"exclusive_with": [NAMES[1 - who]]} if who == place else {} for place in range(2)]
    instance = site(rule[0], rule[1], bids=bids)
    result = optimum(instance, FREE)
    assert result.profit == pytest.approx(80.0)
    assert result.variable("fr_rc_up.volume_mw") == pytest.approx(np.zeros(2))
    assert optimum(instance, FREE, drop=["fr_mfrr_up.exclusive_with_fr_rc_up"]).profit == pytest.approx(120.0)
    assert optimum(site({}, {}, bids=bids), FREE).profit == pytest.approx(120.0)


def test_a_minimum_bid_and_its_exclusion_share_a_binary() -> None:
    with_bids = optimum(site(EXCLUDES, {}, bids={"minimum": True, "steps": False}), FREE).program
    names = [f.name for f in with_bids.column_groups if f.quantity == "bid"]
    assert names == ["fr_mfrr_up.bid", "fr_rc_up.bid"]
    assert not [f for f in optimum(site({}, {}), FREE).program.column_groups if f.quantity == "bid"]


def test_each_block_is_sold_to_the_dearer() -> None:
    """RC at 8 in the first two hours (3 MW: 24 an hour against 20) and 5 after: 2 x 24 + 2 x 20 = 88."""
    instance = site(EXCLUDES, {"capacity_price_eur_per_mw_h": "rc_eur_per_mw_h"})
    result = optimum(instance, {**FREE, "rc_eur_per_mw_h": [8, 8, 5, 5]})
    assert result.profit == pytest.approx(88.0)
    assert result.variable("fr_rc_up.volume_mw") == pytest.approx([3.0, 0.0])


@pytest.mark.parametrize(("price", "profit"), [(8.0, 96.0), (6.0, 80.0)])
def test_a_contract_excludes_every_block_it_covers(price: float, profit: float) -> None:
    """RC as one contract over 4 h, 3 MW: 4 x 24 = 96 against 80 for mFRR in both blocks; at 6 it is 72 against 80."""
    instance = site(EXCLUDES, {"block_h": None, "capacity_price_eur_per_mw_h": price})
    assert optimum(instance, FREE).profit == pytest.approx(profit)


def test_products_of_other_hours_do_not_exclude_each_other() -> None:
    """RC obliges in the last two of four hours only, and mFRR is dearer in the first two: 2 x 20 + 2 x 3 x 8 = 88.

    Were the whole contract excluded, mFRR could be sold in neither block beside it: 80 for mFRR alone.
    """
    window = {"block_h": None, "capacity_price_eur_per_mw_h": 8.0, "calendar": [{"time_from": "02:00"}]}
    instance = site(EXCLUDES, window)
    result = optimum(instance, FREE)
    assert result.profit == pytest.approx(88.0)
    assert result.variable("fr_mfrr_up.volume_mw") == pytest.approx([2.0, 0.0])


def test_a_commitment_excludes_what_is_decided_later() -> None:
    """RC is offered in real time, at 20 or 1: 3 MW x 20 x 4 h = 240 or 12, a mean of 126, against 80 for mFRR.

    Without the rule 1 MW of mFRR stands beside 3 MW of RC: 40 + 126.
    """
    later = {"stage": "realtime", "capacity_price_eur_per_mw_h": "rc_eur_per_mw_h"}
    data = {**FREE, "rc_eur_per_mw_h": [[20.0] * 4, [1.0] * 4]}
    instance = site(EXCLUDES, later)
    assert optimum(instance, data, [0.5, 0.5]).profit == pytest.approx(126.0)
    dropped = optimum(instance, data, [0.5, 0.5], drop=["fr_mfrr_up.exclusive_with_fr_rc_up"])
    assert dropped.profit == pytest.approx(166.0)


def test_nearest_commitment_keeps_the_larger_of_two() -> None:
    """2.2 and 1.3 MW in the first block, 0.7 and 1.6 in the second: 2 and 0, 0 and 1.5, with the integers to match."""
    instance = site(EXCLUDES, {}, bids={"minimum": True, "steps": True})
    program = build_program(instance, make_tree(instance, FREE))
    root = program.root
    point = np.zeros(len(root.columns))
    for name, value in {
        "fr_mfrr_up.volume_mw[0]": 2.2,
        "fr_rc_up.volume_mw[0]": 1.3,
        "fr_mfrr_up.volume_mw[1]": 0.7,
        "fr_rc_up.volume_mw[1]": 1.6,
    }.items():
        point[root.names.index(name)] = value
    assert root.nearest is not None
    found = dict(zip(root.names, root.nearest(point), strict=True))
    assert [found[f"{name}.volume_mw[{b}]"] for b in (0, 1) for name in NAMES] == pytest.approx([2.0, 0.0, 0.0, 1.5])
    assert [found[f"{name}.bid[{b}]"] for b in (0, 1) for name in NAMES] == [1.0, 0.0, 0.0, 1.0]
    assert [found[f"{name}.bid_steps[{b}]"] for b in (0, 1) for name in NAMES] == [4.0, 0.0, 0.0, 3.0]


@pytest.mark.parametrize("solve", [solve_extensive, solve_decomposition])
@pytest.mark.parametrize("bids", [{"minimum": False, "steps": False}, {"minimum": True, "steps": True}])
def test_methods_agree_on_the_commitment(solve: Any, bids: dict[str, bool]) -> None:
    """2.5 MW to shed. RC at 4 or 12.8, mean 8.4, in the first two hours: 2.5 x 8.4 = 21 against 2 x 10 = 20.

    In the last two hours RC pays 6: 15 against 20. So 2 x 21 + 2 x 20 = 82. With half of each binary the first two
    hours would sell 1 MW of mFRR and 1.5 MW of RC, 22.6 each: 85.2; without the rule 2 and 0.5 MW, 24.2 and 23: 94.4.
    """
    rc = {"capacity_price_eur_per_mw_h": "rc_eur_per_mw_h"}
    data = {**FREE, "rc_eur_per_mw_h": [[4, 4, 6, 6], [12.8, 12.8, 6, 6]]}
    instance = site(EXCLUDES, rc, bids=bids, demand_mw=2.5)
    program = build_program(instance, make_tree(instance, data, [0.5, 0.5]))
    result = solve(program, SolveOptions(gap_rel=1e-6, time_limit_s=60.0))
    assert result is not None
    assert (-result.upper, -result.lower) == pytest.approx((82.0, 82.0))
    volume = dict(zip(program.root.names, result.root, strict=True))
    assert [volume[f"{name}.volume_mw[{b}]"] for b in (0, 1) for name in NAMES] == pytest.approx([0.0, 2.5, 2.0, 0.0])
    if not bids["minimum"]:
        form = assemble(program)
        assert -highs.solve(form.program, relax=True).objective / form.scale == pytest.approx(85.2)
        free = site({}, rc, bids=bids, demand_mw=2.5)
        assert optimum(free, data, [0.5, 0.5]).profit == pytest.approx(94.4)
