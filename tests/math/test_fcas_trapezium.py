"""The FCAS trapezium as arithmetic, held against the worked example of AEMO's "FCAS Model in NEMDE" (May 2017)."""

from __future__ import annotations

import pytest

from mes_stoch.products.fcas.equations_trapezium import (
    Trapezium,
    contingency_available_mw,
    joint_ramp_limit_mw,
    obstacles,
    regulation_available_mw,
    scale_to_limits,
    scale_to_ramp,
)

INTERVAL_H = 5 / 60
# offers of unit GEN01, appendix A.1
RAISE_REG = Trapezium(300, 300, 590, 680, 100)
LOWER_REG = Trapezium(300, 400, 690, 690, 100)
RAISE_5MIN = Trapezium(290, 300, 624, 690, 66)
LOWER_5MIN = Trapezium(290, 366, 690, 690, 76)
RAISE_RAMP, LOWER_RAMP = 3.0, 2.0


def scaled(offer: Trapezium, ramp: float) -> Trapezium:
    """Automatic control between 280 and 670 MW, appendix A.1."""
    return scale_to_ramp(scale_to_limits(offer, 280, 670), ramp, INTERVAL_H)


def as_numbers(trapezium: Trapezium) -> tuple[float, ...]:
    """Available, maximum, minimum, low and high break point: the order of the document's table."""
    return (
        trapezium.max_available_mw,
        trapezium.en_max_mw,
        trapezium.en_min_mw,
        trapezium.low_breakpoint_mw,
        trapezium.high_breakpoint_mw,
    )


def test_slopes_of_the_published_example() -> None:
    """Appendix A.2: 1 and 0 above, 0.152 and 1 below."""
    assert RAISE_5MIN.upper_slope == pytest.approx(1.0)
    assert LOWER_5MIN.upper_slope == pytest.approx(0.0)
    assert RAISE_5MIN.lower_slope == pytest.approx(0.152, abs=5e-4)
    assert LOWER_5MIN.lower_slope == pytest.approx(1.0)


def test_scaled_regulation_of_the_published_example() -> None:
    """Appendix A.1: (15, 670, 300, 300, 656.5) and (10, 670, 300, 310, 670), from 100 MW offered each way."""
    assert as_numbers(scaled(RAISE_REG, RAISE_RAMP)) == pytest.approx((15, 670, 300, 300, 656.5))
    assert as_numbers(scaled(LOWER_REG, LOWER_RAMP)) == pytest.approx((10, 670, 300, 310, 670))


def test_scaling_keeps_the_slopes_and_the_order_does_not_matter() -> None:
    other_way = scale_to_limits(scale_to_ramp(RAISE_REG, RAISE_RAMP, INTERVAL_H), 280, 670)
    assert as_numbers(other_way) == pytest.approx(as_numbers(scaled(RAISE_REG, RAISE_RAMP)))
    assert other_way.upper_slope == pytest.approx(RAISE_REG.upper_slope) == pytest.approx(0.9)


def test_wider_limits_change_nothing() -> None:
    assert scale_to_limits(RAISE_REG, 280, 700) == RAISE_REG
    assert scale_to_ramp(RAISE_REG, 30.0, INTERVAL_H) == RAISE_REG
    assert scale_to_ramp(RAISE_REG, None, INTERVAL_H) == RAISE_REG


def test_joint_ramp_limits_of_the_published_example() -> None:
    """Appendix A.2: from 450 MW, 465 up and 440 down."""
    assert joint_ramp_limit_mw(450, RAISE_RAMP, INTERVAL_H, rises=True) == pytest.approx(465)
    assert joint_ramp_limit_mw(450, LOWER_RAMP, INTERVAL_H, rises=False) == pytest.approx(440)


def test_availabilities_of_the_published_example() -> None:
    """Appendix A.4: 455 MW of energy, 10 MW of regulation and 50 MW of delayed service each way: 10, 10, 66, 76 MW.

    The document has slips in the second line of raise regulation: it divides 670 - 455 = 215 by 1.1, where its own
    slope is (680 - 590) / 100 = 0.9, and prints 193.5 where 215 / 1.1 is 195.5. The line is 238.9, and no matter:
    the smallest is the joint ramp, 465 - 455 = 10.
    """
    raise_reg = regulation_available_mw(
        scaled(RAISE_REG, RAISE_RAMP), 455, rises=True, contingencies=[(RAISE_5MIN, 50)], joint_ramp_mw=465
    )
    lower_reg = regulation_available_mw(
        scaled(LOWER_REG, LOWER_RAMP), 455, rises=False, contingencies=[(LOWER_5MIN, 50)], joint_ramp_mw=440
    )
    assert (raise_reg, lower_reg) == pytest.approx((10, 10))
    assert contingency_available_mw(RAISE_5MIN, 455, rises=True, regulation_mw=10) == pytest.approx(66)
    assert contingency_available_mw(LOWER_5MIN, 455, rises=False, regulation_mw=10) == pytest.approx(76)


def test_each_limit_of_regulation_in_turn() -> None:
    """Without the ramp 15 MW (scaled availability); without scaling the upper side, (680 - 635) / 0.9 = 50; with 50 MW
    of a steep contingency service 690 - 635 - 50 = 5."""
    wide = regulation_available_mw(scaled(RAISE_REG, RAISE_RAMP), 455, rises=True)
    side = regulation_available_mw(RAISE_REG, 635, rises=True)
    joint = regulation_available_mw(RAISE_REG, 635, rises=True, contingencies=[(RAISE_5MIN, 50)])
    assert (wide, side, joint) == pytest.approx((15, 50, 5))


def test_each_side_of_a_contingency_service() -> None:
    """690 - 650 = 40 above, 30 beside 10 MW of regulation; (295 - 290) / (10 / 66) = 33 below; 310 - 290 = 20."""
    assert contingency_available_mw(RAISE_5MIN, 650, rises=True) == pytest.approx(40)
    assert contingency_available_mw(RAISE_5MIN, 650, rises=True, regulation_mw=10) == pytest.approx(30)
    assert contingency_available_mw(RAISE_5MIN, 295, rises=True, regulation_mw=10) == pytest.approx(33)
    assert contingency_available_mw(LOWER_5MIN, 310, rises=False) == pytest.approx(20)
    assert contingency_available_mw(LOWER_5MIN, 310, rises=False, regulation_mw=5) == pytest.approx(15)


def test_nothing_is_available_outside() -> None:
    assert contingency_available_mw(RAISE_5MIN, 289, rises=True) == 0.0
    assert contingency_available_mw(RAISE_5MIN, 691, rises=True) == 0.0
    assert regulation_available_mw(RAISE_REG, 299, rises=True) == 0.0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"initial_mw": 680.0}, "stranded outside the trapezium"),
        ({"initial_mw": 299.0}, "stranded outside the trapezium"),
        ({"offered_mw": 0.0}, "nothing is offered"),
        ({"energy_max_mw": 250.0}, "energy cannot reach the enablement minimum"),
        ({"automatic_control": False}, "automatic control is off"),
    ],
)
def test_preconditions(changes: dict[str, float], reason: str | None) -> None:
    """Section 5; 680 MW is scenario 2 of the appendix: outside the scaled limit of 670, inside the offered one."""
    given = {"offered_mw": 1.0, "initial_mw": 450.0, "energy_max_mw": 690.0, **changes}
    found = obstacles(scaled(RAISE_REG, RAISE_RAMP), **given)  # type: ignore[arg-type]
    assert found == (() if reason is None else (reason,))


def test_preconditions_of_the_offer_itself() -> None:
    nothing = Trapezium(0, 0, 10, 10, 0)
    assert "nothing is available" in obstacles(nothing, offered_mw=1, initial_mw=None, energy_max_mw=10)
    negative = Trapezium(-20, -15, -10, -5, 5)
    assert "the enablement maximum is below zero" in obstacles(negative, offered_mw=1, initial_mw=-10, energy_max_mw=0)
    assert obstacles(RAISE_REG, offered_mw=1, initial_mw=680, energy_max_mw=690) == ()
