"""A unit as FCAS sees it: its energy in its own direction, and what it may be enabled for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mes_stoch.components.shared.context import DirectedProduct, OfPeriod
from mes_stoch.products.fcas.equations_trapezium import Trapezium, obstacles, scale_to_limits, scale_to_ramp
from mes_stoch.products.fcas.format import FcasService, FcasUnit
from mes_stoch.products.shared.context import MarketContext
from mes_stoch.schema.base import Quantity
from mes_stoch.schema.errors import ModelError

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Unit:
    """A unit's energy target by period, MW in its own direction, and the range it can take.

    ``sign`` is +1 where that direction is injection and -1 where it is consumption; ``high`` is a number or a series;
    ``forecast`` the series that bounds what a source can inject, which also scales its trapezia.
    """

    name: str
    sign: int
    energy: OfPeriod
    low_mw: float
    high: Quantity
    forecast: Quantity | None

    def rises(self, direction: str) -> bool:
        """Whether a service moves the unit's own energy up: raise for generation, lower for a load."""
        return (direction == "up") == (self.sign > 0)


@dataclass(frozen=True)
class Enablement:
    """One service of one unit: its scaled trapezium (``None``: independent of energy) and the enabled MW."""

    product_id: str
    product: FcasService
    offer: FcasUnit
    trapezium: Trapezium | None
    max_available_mw: float
    rises: bool
    enabled: OfPeriod

    @property
    def is_regulation(self) -> bool:
        return self.product.is_regulation

    def available_mw(self, hours: float) -> float:
        """What can be enabled in a period of some hours: of regulation as much as automatic control reaches in it."""
        ramp = self.offer.agc_ramp_mw_per_min
        if ramp is None or not self.is_regulation:
            return self.max_available_mw
        return min(self.max_available_mw, ramp * hours * 60.0)


def make_unit(context: MarketContext, name: str, connection: str) -> Unit:
    """The unit behind a component, seen from the node of a grid connection.

    Raises
    ------
    ModelError
        If the component has no energy of its own at the node.
    """
    spec = context.component(name)
    node = context.connection(connection).node
    own = spec.operating_range(node)
    if own is None:
        raise ModelError(f"a {spec.type} cannot provide FCAS")
    sign = -1 if own.is_consumption else 1
    injection = context.planned(name, node)
    return Unit(
        name=name,
        sign=sign,
        energy=lambda t: sign * injection(t),
        low_mw=own.low_mw,
        high=_available(context, own.high, own.available_per_unit),
        forecast=None if own.forecast is None else _available(context, own.forecast, own.available_per_unit),
    )


def _available(context: MarketContext, power: Quantity, share: Quantity) -> Quantity:
    """A power times the share of it that can be used: a number, or the name of data."""
    if not isinstance(power, str) and not isinstance(share, str):
        return power * share
    if not isinstance(share, str) and share == 1:
        return power
    name = f"{power} x {share}"
    context.derived(name, [power, share], np.multiply)
    return name


def make_enablement(context: MarketContext, unit: Unit, directed: DirectedProduct, product: FcasService) -> Enablement:
    """Scale the trapezium of a service to the unit's automatic control.

    Contingency services are not scaled: they do not wait for automatic control.
    """
    offer = product.units[unit.name]
    limits = offer.energy_limits
    whole = Trapezium(*(limits or (0.0, 0.0, 0.0, 0.0)), max_available_mw=offer.max_available_mw)
    if product.is_regulation:
        whole = scale_to_limits(whole, offer.agc_min_mw, offer.agc_max_mw) if limits else whole
        whole = scale_to_ramp(whole, offer.agc_ramp_mw_per_min, context.period_h)
    return Enablement(
        product_id=directed.product_id,
        product=product,
        offer=offer,
        trapezium=whole if limits else None,
        max_available_mw=whole.max_available_mw if offer.agc_on or not product.is_regulation else 0.0,
        rises=unit.rises(product.direction),
        enabled=context.held_by(unit.name, directed),
    )


def is_stranded_at_start(unit: Unit, own: Enablement) -> bool:
    """Whether the energy before the horizon keeps the unit out of the trapezium in the first period."""
    if own.trapezium is None:
        return False
    high = own.trapezium.en_max_mw if isinstance(unit.high, str) else float(unit.high)
    reasons = obstacles(
        own.trapezium,
        offered_mw=own.product.volume_max_mw,
        initial_mw=own.offer.initial_mw,
        energy_max_mw=high,
        automatic_control=own.offer.agc_on or not own.is_regulation,
    )
    return bool(reasons)


def excess_above(context: MarketContext, unit: Unit, limit_mw: float) -> OfPeriod:
    """How far a unit's energy can lie above a limit, MW."""
    if not isinstance(unit.high, str):
        return context.quantity(max(0.0, float(unit.high) - limit_mw))

    def beyond(high: Values) -> Values:
        return np.maximum(high - limit_mw, 0.0)

    return context.derived(f"{unit.high} above {limit_mw:g}", [unit.high], beyond)


def enablement_maximum(context: MarketContext, unit: Unit, trapezium: Trapezium) -> OfPeriod:
    """Enablement maximum by period, MW: a source's is scaled to the forecast of what it can inject."""
    if unit.forecast is None:
        return context.quantity(trapezium.en_max_mw)
    if not isinstance(unit.forecast, str):
        return context.quantity(min(trapezium.en_max_mw, float(unit.forecast)))

    def scaled(forecast: Values) -> Values:
        return np.minimum(forecast, trapezium.en_max_mw)

    return context.derived(f"{unit.forecast} up to {trapezium.en_max_mw:g}", [unit.forecast], scaled)


def can_leave(unit: Unit, trapezium: Trapezium) -> bool:
    """Whether the unit's energy can lie outside a trapezium, so that being inside it is a decision."""
    above = isinstance(unit.high, str) or float(unit.high) > trapezium.en_max_mw
    return above or unit.low_mw < trapezium.en_min_mw
