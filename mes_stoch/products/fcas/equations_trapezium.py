"""The FCAS trapezium of a unit: slopes, scaling, what is available at an energy target, and who may be enabled.

Energy is that of the unit in its own direction (injection of a generator, consumption of a load), MW. Whether a
service *rises*, that is moves the unit's energy up, follows from both: raise for generation, lower for a load.

Source
------
AEMO, "FCAS Model in NEMDE", May 2017: sections 4 (scaling), 5 (pre-conditions), 6 (joint constraints), 7.1
(availability).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

#: Difference of energies that is rounding, MW.
TOLERANCE_MW = 1e-9


@dataclass(frozen=True)
class Trapezium:
    """Most FCAS that can be enabled as a function of energy, all in MW.

    Equations
    ---------
    Slopes, in MW of energy per MW of FCAS::

        upper = (en_max - high_breakpoint) / max_available
        lower = (low_breakpoint - en_min) / max_available
    """

    en_min_mw: float
    low_breakpoint_mw: float
    high_breakpoint_mw: float
    en_max_mw: float
    max_available_mw: float

    @property
    def upper_slope(self) -> float:
        return self._slope(self.en_max_mw - self.high_breakpoint_mw)

    @property
    def lower_slope(self) -> float:
        return self._slope(self.low_breakpoint_mw - self.en_min_mw)

    def _slope(self, energy_mw: float) -> float:
        return energy_mw / self.max_available_mw if self.max_available_mw > 0 else 0.0

    def holds(self, energy_mw: float) -> bool:
        """Whether an energy lies between the enablement limits."""
        return self.en_min_mw - TOLERANCE_MW <= energy_mw <= self.en_max_mw + TOLERANCE_MW


def scale_to_limits(
    trapezium: Trapezium, minimum_mw: float | None = None, maximum_mw: float | None = None
) -> Trapezium:
    """Enablement limits cut to those of automatic control (or of a forecast); the slopes stay.

    >>> scale_to_limits(Trapezium(0, 10, 40, 50, 10), maximum_mw=45)
    Trapezium(en_min_mw=0, low_breakpoint_mw=10.0, high_breakpoint_mw=35.0, en_max_mw=45, max_available_mw=10)
    """
    en_min = trapezium.en_min_mw if minimum_mw is None else max(trapezium.en_min_mw, minimum_mw)
    en_max = trapezium.en_max_mw if maximum_mw is None else min(trapezium.en_max_mw, maximum_mw)
    return replace(
        trapezium,
        en_min_mw=en_min,
        low_breakpoint_mw=en_min + trapezium.lower_slope * trapezium.max_available_mw,
        high_breakpoint_mw=en_max - trapezium.upper_slope * trapezium.max_available_mw,
        en_max_mw=en_max,
    )


def scale_to_ramp(trapezium: Trapezium, ramp_mw_per_min: float | None, interval_h: float) -> Trapezium:
    """Availability cut to what automatic control reaches in a dispatch interval; the slopes stay.

    >>> scale_to_ramp(Trapezium(0, 10, 40, 50, 10), 1.0, 5 / 60)
    Trapezium(en_min_mw=0, low_breakpoint_mw=5.0, high_breakpoint_mw=45.0, en_max_mw=50, max_available_mw=5.0)
    """
    if ramp_mw_per_min is None:
        return trapezium
    available = min(trapezium.max_available_mw, ramp_mw_per_min * interval_h * 60.0)
    return replace(
        trapezium,
        low_breakpoint_mw=trapezium.en_min_mw + trapezium.lower_slope * available,
        high_breakpoint_mw=trapezium.en_max_mw - trapezium.upper_slope * available,
        max_available_mw=available,
    )


def obstacles(
    trapezium: Trapezium,
    *,
    offered_mw: float,
    initial_mw: float | None,
    energy_max_mw: float,
    automatic_control: bool = True,
) -> tuple[str, ...]:
    """What keeps a unit from being enabled in an interval, in words; empty if nothing does.

    A unit is *stranded* where its energy at the start of the interval lies outside the enablement limits. Once enabled
    it is *trapped*: its energy target has to stay between them.
    """
    reasons = {
        "nothing is available": trapezium.max_available_mw <= 0,
        "nothing is offered": offered_mw <= 0,
        "energy cannot reach the enablement minimum": energy_max_mw < trapezium.en_min_mw - TOLERANCE_MW,
        "the enablement maximum is below zero": trapezium.en_max_mw < 0,
        "stranded outside the trapezium": initial_mw is not None and not trapezium.holds(initial_mw),
        "automatic control is off": not automatic_control,
    }
    return tuple(reason for reason, applies in reasons.items() if applies)


def joint_ramp_limit_mw(initial_mw: float, ramp_mw_per_min: float, interval_h: float, *, rises: bool) -> float:
    """Energy that a unit reaches under automatic control by the end of an interval, MW."""
    reach = ramp_mw_per_min * interval_h * 60.0
    return initial_mw + reach if rises else initial_mw - reach


def regulation_available_mw(
    trapezium: Trapezium,
    energy_mw: float,
    *,
    rises: bool,
    contingencies: Sequence[tuple[Trapezium, float]] = (),
    joint_ramp_mw: float | None = None,
) -> float:
    """Regulation that a unit could be enabled for at an energy target, MW.

    Parameters
    ----------
    contingencies : sequence
        Trapezium and enabled MW of every contingency service in the same direction.
    joint_ramp_mw : float, optional
        :func:`joint_ramp_limit_mw`; ``None`` where automatic control has no ramp limit.
    """
    limits = _own_limits(trapezium, energy_mw, 0.0, 0.0)
    for other, enabled_mw in contingencies:
        limits.append(
            other.en_max_mw - energy_mw - other.upper_slope * enabled_mw
            if rises
            else energy_mw - other.en_min_mw - other.lower_slope * enabled_mw
        )
    if joint_ramp_mw is not None:
        limits.append(joint_ramp_mw - energy_mw if rises else energy_mw - joint_ramp_mw)
    return _smallest(trapezium, energy_mw, limits)


def contingency_available_mw(
    trapezium: Trapezium, energy_mw: float, *, rises: bool, regulation_mw: float = 0.0
) -> float:
    """Contingency service that a unit could be enabled for beside regulation in the same direction, MW."""
    above, below = (regulation_mw, 0.0) if rises else (0.0, regulation_mw)
    return _smallest(trapezium, energy_mw, _own_limits(trapezium, energy_mw, above, below))


def _own_limits(trapezium: Trapezium, energy_mw: float, above_mw: float, below_mw: float) -> list[float]:
    limits = [trapezium.max_available_mw]
    # a vertical side limits energy, not the service
    if trapezium.upper_slope > 0:
        limits.append((trapezium.en_max_mw - energy_mw - above_mw) / trapezium.upper_slope)
    if trapezium.lower_slope > 0:
        limits.append((energy_mw - trapezium.en_min_mw - below_mw) / trapezium.lower_slope)
    return limits


def _smallest(trapezium: Trapezium, energy_mw: float, limits: Sequence[float]) -> float:
    return max(0.0, min(limits)) if trapezium.holds(energy_mw) else 0.0
