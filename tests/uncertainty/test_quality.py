"""The quality check finds each kind of bad data, and says where."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from uncertainty_support import SITE, tree_of

from mes_stoch.schema.errors import InstanceError
from mes_stoch.schema.instance import Instance
from mes_stoch.uncertainty.quality import check_tree, require_sound

RESERVE: dict[str, Any] = {
    "family": "reserve",
    "block_h": 4,
    "volume_max_mw": 1,
    "full_activation_time_s": 300,
    "sustain_h": 1,
    "capacity_price_eur_per_mw_h": "capacity_eur_per_mw_h",
    "shortfall_penalty_eur_per_mw_h": 10,
    "missed_penalty_eur_per_mwh": 50,
}
SOUND: dict[str, Any] = {
    "load_mw": [[1.0, 2.0, 0.0], [1.0, 1.0, 1.0]],
    "sun_mw": [0.0, 1.0, 0.0],
    "cop_per_unit": [3.0, 3.0, 3.0],
    "da_eur_per_mwh": [[10.0, -20.0, 30.0], [10.0, 20.0, 30.0]],
    "long_eur_per_mwh": [[0.0, 0.0, 0.0], [5.0, 5.0, 5.0]],
    "short_eur_per_mwh": [[10.0, 10.0, 10.0], [5.0, 5.0, 5.0]],
    "capacity_eur_per_mw_h": [0.0, 1.0, 2.0],
    "called_per_unit": [[0.0, 0.5, 1.0], [0.0, 0.0, 0.0]],
    "called_down_per_unit": [0.0, 0.5, 0.0],
    "paid_up_eur_per_mwh": [[60.0, 60.0, 60.0], [55.0, 55.0, 55.0]],
    "paid_down_eur_per_mwh": [[-50.0, -50.0, -50.0], [-45.0, -45.0, -45.0]],
    "tariff_eur_per_mwh": [5.0, 0.0, 5.0],
}


def instance(settlement: str = "ordered") -> Instance:
    components = {
        "grid": {
            "type": "grid_connection",
            "node": "power",
            "import_max_mw": 10,
            "export_max_mw": 10,
            "import_price_eur_per_mwh": "tariff_eur_per_mwh",
        },
        "load": {"type": "demand", "node": "power", "demand_mw": "load_mw"},
        "sun": {"type": "source", "node": "power", "available_mw": "sun_mw"},
        "pump": {
            "type": "converter",
            "reference": "power",
            "power_max_mw": 1,
            "inputs": [{"node": "power", "ratio_per_unit": 1}],
            "outputs": [{"node": "warmth", "ratio_per_unit": "cop_per_unit"}],
        },
    }
    products: dict[str, Any] = {
        "da": {"family": "energy", "price_eur_per_mwh": "da_eur_per_mwh"},
        "fr_fcr": {
            **RESERVE,
            "direction": "symmetric",
            "activation_up_per_unit": "called_per_unit",
            "activation_down_per_unit": "called_down_per_unit",
            "energy_price_up_eur_per_mwh": "paid_up_eur_per_mwh",
            "energy_price_down_eur_per_mwh": "paid_down_eur_per_mwh",
            "energy_settlement": settlement,
        },
    }
    products["imbalance"] = {
        "family": "imbalance",
        "price_long_eur_per_mwh": "long_eur_per_mwh",
        "price_short_eur_per_mwh": "short_eur_per_mwh",
    }
    return Instance.model_validate(
        {
            **SITE,
            "carriers": ["electricity", "heat"],
            "nodes": {"power": {"carrier": "electricity"}, "warmth": {"carrier": "heat"}},
            "components": components,
            "products": products,
            "horizon": {"start": "2025-01-15T00:00", "period_h": 1.0, "periods": 3},
            "uncertainty": {"kind": "explicit"},
        }
    )


def changed(name: str, scenario: int, period: int, value: float) -> dict[str, Any]:
    values = np.broadcast_to(np.asarray(SOUND[name], dtype=float), (2, 3)).copy()
    values[scenario, period] = value
    return {**SOUND, name: values}


def test_sound_data_pass() -> None:
    require_sound(instance(), tree_of(SOUND))


@pytest.mark.parametrize(
    ("name", "value", "key", "expected"),
    [
        ("load_mw", -0.5, "components.load.demand_mw", "0 or more"),
        ("sun_mw", -0.5, "components.sun.available_mw", "0 or more"),
        ("cop_per_unit", 0.0, "components.pump.outputs[0].ratio_per_unit", "above 0"),
        ("tariff_eur_per_mwh", -1.0, "components.grid.import_price_eur_per_mwh", "at or above the export price"),
        ("da_eur_per_mwh", np.nan, "products.da.price_eur_per_mwh", "finite"),
        ("capacity_eur_per_mw_h", -1.0, "products.fr_fcr.capacity_price_eur_per_mw_h", "0 or more"),
        ("called_per_unit", 1.2, "products.fr_fcr.activation_up_per_unit", "between 0 and 1"),
        ("called_down_per_unit", -0.2, "products.fr_fcr.activation_down_per_unit", "between 0 and 1"),
        ("called_down_per_unit", 0.7, "products.fr_fcr.activation_up_per_unit", "sum to at most 1"),
        ("long_eur_per_mwh", 11.0, "products.imbalance", "at or below that of a short one"),
    ],
)
def test_each_kind_is_found_with_its_place(name: str, value: float, key: str, expected: str) -> None:
    issues = check_tree(instance(), tree_of(changed(name, 0, 1, value)))
    matching = [issue for issue in issues if issue.key == key and expected in issue.expected]
    assert len(matching) == 1, issues
    # 23:00 UTC is midnight in Paris: the second period starts at one o'clock
    assert "scenario s0, 2025-01-15 01:00" in matching[0].found


@pytest.mark.parametrize("settlement", ["ordered", "delivered"])
def test_no_price_of_called_energy_is_refused(settlement: str) -> None:
    """What a missed call would earn is taken back where energy is settled as ordered, so any price is sound."""
    assert check_tree(instance(settlement), tree_of(changed("paid_up_eur_per_mwh", 0, 1, 12000.0))) == []


def test_probabilities_and_missing_series() -> None:
    issues = check_tree(instance(), tree_of(SOUND, (0.5, 0.4)))
    assert [(issue.key, issue.found) for issue in issues] == [("probabilities", "sum 0.9")]
    fewer = {name: values for name, values in SOUND.items() if name != "load_mw"}
    with pytest.raises(InstanceError, match="'load_mw'"):
        require_sound(instance(), tree_of(fewer))


def test_many_violations_are_one_issue() -> None:
    issues = check_tree(instance(), tree_of({**SOUND, "load_mw": -np.ones((2, 3))}))
    assert len(issues) == 1
    assert issues[0].found.endswith("and 3 more")


@pytest.mark.parametrize(
    ("regime", "name", "value", "expected"),
    [
        ("decentralised", "price_eur_per_mw_year", -1.0, "0 or more"),
        ("decentralised", "reference_price_eur_per_mw_year", -1.0, "0 or more"),
        ("centralised", "penalty_eur_per_mw_year", -1.0, "0 or more"),
        ("decentralised", "critical_per_unit", 1.5, "1 in critical hours"),
        ("decentralised", "critical_per_unit", -0.5, "1 in critical hours"),
        # the price of the other regime settles nothing
        ("centralised", "reference_price_eur_per_mw_year", -1.0, ""),
    ],
)
def test_data_of_a_capacity_mechanism(regime: str, name: str, value: float, expected: str) -> None:
    mechanism = {
        "family": "capacity_mechanism",
        "regime": regime,
        "available_mw": 1,
        "daily_stock_factor_per_unit": 1,
        "weekly_stock_factor_per_unit": 1,
        "price_eur_per_mw_year": "price",
        "reference_price_eur_per_mw_year": "reference",
        "penalty_eur_per_mw_year": "penalty",
        "critical_per_unit": "critical",
        "critical_hours_per_year": 150,
        name: "changed",
    }
    sound = instance()
    products = {**sound.model_dump()["products"], "fr_capacity": mechanism}
    data = {**SOUND, "critical": [0.0, 1.0, 1.0]}
    data |= {"price": [20000.0] * 3, "reference": [6000.0] * 3, "penalty": [9000.0] * 3}
    data["changed"] = [1.0, value, 1.0]
    issues = check_tree(Instance.model_validate({**sound.model_dump(), "products": products}), tree_of(data))
    if not expected:
        assert not issues
        return
    (issue,) = issues
    assert issue.key == f"products.fr_capacity.{name}"
    assert expected in issue.expected


@pytest.mark.parametrize(("price", "sound"), [(0.0, True), (-1.0, False)])
def test_reactive_power_is_paid_for(price: float, sound: bool) -> None:
    service = {
        "family": "voltage",
        "block_h": None,
        "volume_max_mvar": 1,
        "price_eur_per_mvar_h": "mvar_price",
        "shortfall_penalty_eur_per_mvar_h": 1,
        "units": {"sun": {"apparent_power_mva": 1}},
    }
    site = instance().model_dump()
    issues = check_tree(
        Instance.model_validate({**site, "products": {**site["products"], "fr_voltage": service}}),
        tree_of({**SOUND, "mvar_price": [1.0, price, 1.0]}),
    )
    assert [issue.key for issue in issues] == ([] if sound else ["products.fr_voltage.price_eur_per_mvar_h"])
