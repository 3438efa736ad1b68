"""Trees: the same scenario whoever draws it, and the errors of asking for the wrong thing."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from uncertainty_support import explicit, synthetic

from mes_stoch.schema.errors import InstanceError, UsageError
from mes_stoch.uncertainty.process import DrawContext
from mes_stoch.uncertainty.processes.fr_synthetic_day import FrSyntheticDay
from mes_stoch.uncertainty.seeds import node_generator
from mes_stoch.uncertainty.tree import build_tree
from mes_stoch.uncertainty.tree_draws import draw_day_ahead_node, draw_leaf


def test_a_scenario_does_not_depend_on_how_many_are_drawn() -> None:
    few, many = build_tree(synthetic(), 3), build_tree(synthetic(), 20)
    assert few.scenario_names == many.scenario_names[:3] == ("root/d0000/r0", "root/d0001/r0", "root/d0002/r0")
    for name in few.series_names:
        np.testing.assert_array_equal(few.dataset[name].values, many.dataset[name].values[:3])


def test_a_scenario_does_not_depend_on_the_order_of_drawing() -> None:
    loaded = synthetic(seed=4)
    tree = build_tree(loaded, 6)
    process = FrSyntheticDay()
    context = DrawContext(loaded.time, 0.25)
    for node in (5, 0, 3):
        day_ahead = draw_day_ahead_node(process, context, 4, node)
        leaf = {**day_ahead, **draw_leaf(process, context, 4, node, 0, day_ahead)}
        for name in tree.series_names:
            np.testing.assert_array_equal(leaf[name], tree.values(name, node))


def test_a_node_is_the_same_in_another_process() -> None:
    script = "from mes_stoch.uncertainty.seeds import node_generator; print(node_generator(7, 'root/d0003').random())"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert float(answer.stdout) == float(node_generator(7, "root/d0003").random())


def test_seeds_and_scenarios_differ() -> None:
    one, other = build_tree(synthetic(), 2), build_tree(synthetic(), 2, seed=2)
    assert not np.allclose(one.values("da_price_eur_per_mwh", 0), other.values("da_price_eur_per_mwh", 0))
    assert not np.allclose(one.values("da_price_eur_per_mwh", 0), one.values("da_price_eur_per_mwh", 1))
    assert one.dataset.attrs["seed"] == 1
    assert other.dataset.attrs["seed"] == 2


def test_leaves_of_a_node_share_its_day_ahead_data() -> None:
    tree = build_tree(synthetic(), 6, leaves_per_day_ahead_node=3)
    assert not tree.is_two_stage
    assert tree.scenario_names[1] == "root/d0000/r1"
    np.testing.assert_array_equal(tree.values("da_price_eur_per_mwh", 0), tree.values("da_price_eur_per_mwh", 2))
    assert not np.allclose(tree.values("id_price_eur_per_mwh", 0), tree.values("id_price_eur_per_mwh", 2))
    # the first leaf is the one the two-stage tree has
    two_stage = build_tree(synthetic(), 2)
    assert two_stage.is_two_stage
    np.testing.assert_array_equal(two_stage.values("id_price_eur_per_mwh", 1), tree.values("id_price_eur_per_mwh", 3))


def test_number_defaults_to_the_instance() -> None:
    tree = build_tree(synthetic())
    assert len(tree.scenario_names) == 7
    assert tree.probabilities.sum() == pytest.approx(1.0)


@pytest.mark.parametrize(("start", "hours"), [("2025-03-30T00:00", 23), ("2025-10-26T00:00", 25)])
def test_days_of_23_and_25_hours(start: str, hours: int) -> None:
    tree = build_tree(synthetic(start=start, periods=4 * hours), 2)
    price = pd.Series(tree.values("fcr_capacity_price_eur_per_mw_h", 0), index=tree.time)
    blocks = price.groupby(price.index.hour // 4)
    assert len(blocks) == 6
    assert (blocks.nunique() == 1).all()
    assert blocks.size()[0] == (12 if hours == 23 else 20)


@pytest.mark.parametrize("period_h", [1.0, 0.5, 1 / 12])
def test_other_periods(period_h: float) -> None:
    tree = build_tree(synthetic(period_h=period_h, periods=round(48 / period_h)), 3)
    assert tree.dataset.sizes["time"] == round(48 / period_h)
    assert np.isfinite(tree.values("heat_demand_mw", 2)).all()


def test_explicit_scenarios_are_taken_as_written() -> None:
    frames = {"calm": {"da_price_eur_per_mwh": [10.0, 20.0]}, "wild": {"da_price_eur_per_mwh": [-5.0, 90.0]}}
    tree = build_tree(explicit(frames, {"calm": 0.75, "wild": 0.25}))
    assert tree.scenario_names == ("calm", "wild")
    assert tree.probabilities.tolist() == [0.75, 0.25]
    assert tree.values("da_price_eur_per_mwh", 1).tolist() == [-5.0, 90.0]
    assert build_tree(explicit(frames), 2).probabilities.tolist() == [0.5, 0.5]
    with pytest.raises(UsageError, match="2 explicit scenarios, and 3 were asked for"):
        build_tree(explicit(frames), 3)
    with pytest.raises(UsageError, match="seed has no meaning"):
        build_tree(explicit(frames), seed=1)


def test_common_series_have_no_scenario() -> None:
    loaded = synthetic()
    loaded.series["tariff_eur_per_mwh"] = 12.0
    tree = build_tree(loaded, 2)
    assert tree.dataset["tariff_eur_per_mwh"].dims == ("time",)
    assert tree.values("tariff_eur_per_mwh", 1).tolist() == [12.0] * 96


def test_unknown_parameters_are_all_reported() -> None:
    with pytest.raises(InstanceError) as caught:
        build_tree(synthetic(da_price_mean=50.0, afrr_up_share_per_unit=1.5), 2)
    assert len(caught.value.issues) == 2
    assert "write da_price_mean_eur_per_mwh: the unit is part of the name" in str(caught.value)
    assert "afrr_up_share_per_unit: found 1.5; expected a number in per unit of at most 1" in str(caught.value)


def test_a_series_has_one_source() -> None:
    loaded = synthetic()
    loaded.series["heat_demand_mw"] = 1.0
    with pytest.raises(InstanceError, match="heat_demand_mw"):
        build_tree(loaded, 2)


@pytest.mark.parametrize("number", [0, -3])
def test_number_must_be_positive(number: int) -> None:
    with pytest.raises(UsageError, match="at least 1"):
        build_tree(synthetic(), number)


def test_a_series_nobody_delivers_is_reported() -> None:
    loaded = synthetic()
    load = loaded.instance.components["load"].model_copy(update={"demand_mw": "steam_demand_mw"})
    components = {**loaded.instance.components, "load": load}
    loaded.instance = loaded.instance.model_copy(update={"components": components})
    with pytest.raises(InstanceError, match="steam_demand_mw"):
        build_tree(loaded, 2)
