"""Power of a storage that follows its level: each optimum by hand, and what it would be without."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.settled_run import settled, solved
from helpers.site_builder import grid, make_instance, make_tree, optimum

from mes_stoch.evaluation.stress.outcome import stress
from mes_stoch.schema.instance import Instance
from mes_stoch.settlement.data import SettlementData

DA = {"da": {"price_eur_per_mwh": "da", "settlement_period_h": 1}}
ENERGY = DA | {"imbalance": {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0}}


def table(*points: tuple[float, float]) -> list[dict[str, float]]:
    return [{"level_per_unit": level, "power_per_unit": power} for level, power in points]


#: Of 4 MW and 4 MWh: min(4, 8 - 2 L), and min(4, 2 L).
SLOW_WHEN_FULL = {"charge_max_by_level": table((0.0, 1.0), (0.5, 1.0), (1.0, 0.0))}
WEAK_WHEN_EMPTY = {"discharge_max_by_level": table((0.0, 0.0), (0.5, 1.0), (1.0, 1.0))}
BY_LEVEL = "battery.*_by_level_*"


def battery(*provides: str, **fields: Any) -> dict[str, Any]:
    return {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 4.0,
        "charge_max_mw": 4.0,
        "discharge_max_mw": 4.0,
        "initial_mwh": 2.0,
        "terminal_mwh": 0.0,
        "provides": list(provides),
        **fields,
    }


@pytest.mark.parametrize(
    ("periods", "charged", "charged_without"),
    [
        # c <= 8 - 2 (2 + c)
        (1, 4.0 / 3.0, 2.0),
        # then c <= 8 - 2 (10/3 + c): another 4/9
        (2, 16.0 / 9.0, 2.0),
    ],
)
def test_charging_slows_down(periods: int, charged: float, charged_without: float) -> None:
    """Bought at 10 for what is worth 40 in the end: 2 x 40 and 30 for every MWh."""
    store = battery(**SLOW_WHEN_FULL, terminal_value_eur_per_mwh=40.0)
    instance = make_instance({"grid": grid(), "battery": store}, DA, periods=periods)
    assert optimum(instance, {"da": 10.0}).profit == pytest.approx(80.0 + 30.0 * charged)
    without = optimum(instance, {"da": 10.0}, drop=[BY_LEVEL])
    assert without.profit == pytest.approx(80.0 + 30.0 * charged_without)
    found = settled(instance, make_tree(instance, {"da": 10.0}))
    assert found.agrees
    assert found.expected_profit == pytest.approx(80.0 + 30.0 * charged, abs=1e-6)


def test_discharging_weakens() -> None:
    """``d <= 2 (2 - d)``: 4/3 MWh of 2 are sold for 100."""
    instance = make_instance({"grid": grid(), "battery": battery(**WEAK_WHEN_EMPTY)}, DA)
    assert optimum(instance, {"da": 100.0}).profit == pytest.approx(400.0 / 3.0)
    assert optimum(instance, {"da": 100.0}, drop=[BY_LEVEL]).profit == pytest.approx(200.0)
    assert settled(instance, make_tree(instance, {"da": 100.0})).agrees


def test_the_start_of_a_period_counts() -> None:
    """``c <= 4 - L`` at the end of each hour, from an empty store: 2 MWh and 1 MWh, half of what is missing."""
    store = battery(charge_max_by_level=table((0.0, 1.0), (1.0, 0.0)), initial_mwh=0.0, terminal_value_eur_per_mwh=1.0)
    instance = make_instance({"grid": grid(), "battery": store}, DA, periods=2)
    assert optimum(instance, {"da": 0.0}).profit == pytest.approx(3.0)
    # where the end of the hour is left out, what it has at the start counts in a store that is weak when empty
    store = battery(**WEAK_WHEN_EMPTY, initial_mwh=0.5)
    instance = make_instance({"grid": grid(), "battery": store}, DA)
    result = optimum(instance, {"da": 100.0}, drop=["battery.discharge_by_level_0"])
    # d <= 2 x 0.5, of 0.5 MWh
    assert result.profit == pytest.approx(50.0)
    # d <= 2 (0.5 - d)
    assert optimum(instance, {"da": 100.0}).profit == pytest.approx(100.0 / 3.0)


def test_the_same_share_at_all_levels() -> None:
    """A table without a slope is a smaller limit: 2 of 4 MW."""
    store = battery(discharge_max_by_level=table((0.0, 0.5), (1.0, 0.5)), initial_mwh=4.0)
    instance = make_instance({"grid": grid(), "battery": store}, DA)
    assert optimum(instance, {"da": 100.0}).profit == pytest.approx(200.0)
    assert optimum(instance, {"da": 100.0}, drop=[BY_LEVEL]).profit == pytest.approx(400.0)


def reserve(**fields: Any) -> dict[str, Any]:
    return {
        "block_h": 1,
        "volume_max_mw": 4.0,
        "sustain_h": 1.0,
        "capacity_price_eur_per_mw_h": 10.0,
        "shortfall_penalty_eur_per_mw_h": 30.0,
        "missed_penalty_eur_per_mwh": 200.0,
        **fields,
    }


def reserve_site(product: str, periods: int, fields: dict[str, Any], curves: dict[str, Any]) -> Instance:
    products = ENERGY | {product: reserve(block_h=periods, **fields)}
    instance: Instance = make_instance(
        {"grid": grid(), "battery": battery(product, **curves)}, products, periods=periods
    )
    return instance


@pytest.mark.parametrize("product", ["fr_afrr_down", "fr_afrr_up"])
@pytest.mark.parametrize(
    ("periods", "sustain_h", "held", "without"),
    [
        # p <= 4 - 2 p, where p moves the level by 1 h; 2 MWh of room without
        (1, 1.0, 4.0 / 3.0, 2.0),
        (2, 1.0, 4.0 / 3.0, 2.0),
        # p <= 4 - 4 p
        (2, 2.0, 0.8, 1.0),
        # no energy behind it: the power at the level as it is, 4 MW
        (1, 0.0, 4.0, 4.0),
    ],
)
def test_what_is_held_is_there_after_a_full_call(
    product: str, periods: int, sustain_h: float, held: float, without: float
) -> None:
    """Held without a schedule, 10 an hour for every MW."""
    curves = SLOW_WHEN_FULL if product.endswith("down") else WEAK_WHEN_EMPTY
    instance = reserve_site(product, periods, {"sustain_h": sustain_h}, curves)
    still = {"battery.charge_mw": 0.0, "battery.discharge_mw": 0.0}
    result = optimum(instance, {"da": 0.0}, fixed=still)
    assert result.profit == pytest.approx(10.0 * periods * held)
    assert optimum(instance, {"da": 0.0}, fixed=still, drop=[BY_LEVEL]).profit == pytest.approx(10 * periods * without)


def test_what_is_called_keeps_to_the_level() -> None:
    """Called down whole for an hour, nothing else at stake: ``e <= 8 - 2 (2 + e)``, 4/3 MW without a shortfall."""
    fields = {"sustain_h": 0.0, "activation_down_per_unit": 1.0, "energy_price_down_eur_per_mwh": 0.0}
    instance = reserve_site("fr_afrr_down", 1, fields, SLOW_WHEN_FULL)
    still = {"battery.charge_mw": 0.0, "battery.discharge_mw": 0.0}
    result = optimum(instance, {"da": 0.0}, fixed=still)
    assert result.profit == pytest.approx(40.0 / 3.0)
    # 2 MWh of room without
    assert optimum(instance, {"da": 0.0}, fixed=still, drop=[BY_LEVEL]).profit == pytest.approx(20.0)
    assert settled(instance, make_tree(instance, {"da": 0.0})).agrees


@pytest.mark.parametrize("product", ["fr_afrr_down", "fr_afrr_up"])
def test_stress_test_knows_the_limit(product: str) -> None:
    """What was planned without the tables cannot be delivered with them; what was planned with them can."""
    curves = SLOW_WHEN_FULL if product.endswith("down") else WEAK_WHEN_EMPTY
    instance = reserve_site(product, 2, {}, curves)
    tree = make_tree(instance, {"da": 0.0})
    for planned, is_sound in ((instance, True), (reserve_site(product, 2, {}, {}), False)):
        run = solved(planned, tree)
        data = SettlementData(instance, tree, run.solution, run.flow_data)
        found = stress(data)
        assert found.passed is is_sound, found.table()
        if not is_sound:
            assert any("power at the level it comes to" in limit for limit in found.table()["limit"])


def test_a_store_takes_over_what_its_level_allows() -> None:
    """Heat of a heater called to draw more goes into the tank alone: ``h <= 8 - 2 (2 + h)``; 2 MWh of room without."""
    heater = {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 4.0,
        "inputs": [{"node": "power", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "warmth", "ratio_per_unit": 1.0}],
        "provides": ["fr_afrr_down"],
    }
    products = ENERGY | {"fr_afrr_down": reserve()}
    profits = []
    for curves in (SLOW_WHEN_FULL, {}):
        tank = battery(node="warmth", **curves)
        del tank["provides"]
        components = {"grid": grid(), "heater": heater, "tank": tank}
        instance = make_instance(components, products, nodes={"warmth": {"carrier": "heat"}})
        still = {"heater.power_mw": 0.0, "tank.charge_mw": 0.0, "tank.discharge_mw": 0.0}
        profits.append(optimum(instance, {"da": 0.0}, fixed=still).profit)
        tree = make_tree(instance, {"da": 0.0})
        run = solved(instance, tree)
        assert stress(SettlementData(instance, tree, run.solution, run.flow_data)).passed
    assert profits == pytest.approx([40.0 / 3.0, 20.0])
