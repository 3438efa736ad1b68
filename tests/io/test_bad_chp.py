"""Mistakes about combined heat and power: one message each."""

from __future__ import annotations

import pytest
from site_folder import SiteFolder

UNIT = """\
  turbine:
    type: chp
    fuel_node: fuel
    power_node: power
    heat_node: warmth
    points:
      - {power_mw: 5, heat_mw: 0, fuel_mw: 10}
      - {power_mw: 3, heat_mw: 5, fuel_mw: 10}
      - {power_mw: 1.5, heat_mw: 2.5, fuel_mw: 5}
products:
"""

LAST = "{power_mw: 1.5, heat_mw: 2.5, fuel_mw: 5}"


@pytest.fixture
def turbine(site: SiteFolder) -> SiteFolder:
    return site.with_converter().edit("products:\n", UNIT)


def test_it_is_sound(turbine: SiteFolder) -> None:
    unit = turbine.read().instance.components["turbine"]
    assert unit.can_be_off
    assert [(arc.node, [ratio.constant for ratio in arc.ratios_per_unit]) for arc in unit.arcs()] == [
        ("fuel", pytest.approx([2.0, 10 / 3])),
        ("power", [1.0]),
        ("warmth", pytest.approx([0.0, 5 / 3])),
    ]
    # at constant heat 2 MW of fuel a MW of power, from 10 = 2 x 5, 10 = 2 x 3 + 4, 5 = 2 x 1.5 + 2
    fuel = [conversion.inputs[0] for conversion in unit.called_conversions()]
    assert [(port.ratio_per_unit, port.no_load_mw) for port in fuel] == [
        pytest.approx((2.0, no_load), abs=1e-9) for no_load in (0.0, 4.0, 2.0)
    ]


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        (LAST, "{power_mw: 0, heat_mw: 2.5, fuel_mw: 3}", "points.2.power_mw", ("2.5 MW of heat", "boiler of its own")),
        (LAST, "{power_mw: 1, heat_mw: 2.5, fuel_mw: 0}", "power_node", ("1 MW of electricity", "at most 0 MW")),
        (LAST, "{power_mw: 3, heat_mw: 5, fuel_mw: 9}", "points.2", ("power and heat of point 1 again",)),
        (LAST, "{power_mw: 1.5, heat_mw: -1, fuel_mw: 5}", "points.2.heat_mw", ("-1", "at least 0")),
        (LAST, "{power_mw: 1.5, heat_mw: 1}", "points.2.fuel_mw", ()),
        ("heat_node: warmth", "heat_node: power", "heat_node", ("'power'", "it is the power_node already")),
        ("heat_node: warmth", "heat_node: warmht", "heat_node", ("did you mean warmth?",)),
        (
            "    fuel_node: fuel\n",
            "    fuel_node: fuel\n    eta_condensing: 0.5\n",
            "eta_condensing",
            ("write points",),
        ),
        (
            "    fuel_node: fuel\n",
            "    fuel_node: fuel\n    power_max_mw: 5\n",
            "power_max_mw",
            ("points of power_mw, heat_mw and fuel_mw",),
        ),
        (
            "    fuel_node: fuel\n",
            "    fuel_node: fuel\n    start_power_max_mw: 1\n",
            "start_power_max_mw",
            ("between the least power_mw of its points (1.5) and the largest one (5)",),
        ),
        (
            LAST,
            "{power_mw: 0, heat_mw: 0, fuel_mw: 0}\n    minimum_up_h: 2",
            "minimum_up_h",
            ("leave out the point without power, heat and fuel or leave minimum_up_h out",),
        ),
        (
            LAST,
            "{power_mw: 1.5, heat_mw: 0, fuel_mw: 12}\n    provides: [fr_fcr]",
            "points",
            ("0.5714 MW less fuel", "fuel that does not fall with power"),
        ),
    ],
)
def test_one_message(turbine: SiteFolder, old: str, new: str, key: str, words: tuple[str, ...]) -> None:
    turbine.edit(old, new)
    (issue,) = [issue for issue in turbine.issues() if issue.key.startswith("components.turbine")]
    assert issue.key == f"components.turbine.{key}"
    for word in words:
        assert word in f"{issue.found} | {issue.expected} | {issue.hint}"
