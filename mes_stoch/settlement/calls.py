"""What products called for, what was held ready for them, and what came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mes_stoch.registry import PRODUCT_FAMILIES, kind
from mes_stoch.rules.calendar import obliged
from mes_stoch.schema.base import Quantity
from mes_stoch.schema.component import providers
from mes_stoch.schema.flexibility import Direction, Flexibility, as_called, directed_name
from mes_stoch.schema.reserve_ways import delivered_per_unit
from mes_stoch.settlement.data import Array, SettlementData, Span
from mes_stoch.settlement.offers import volume as committed


@dataclass(frozen=True)
class Call:
    """One direction of a product over (scenarios, periods); powers in MW, never negative.

    ``obliged`` must be held ready; ``ordered`` was called of the volume, ``delivered`` is what the devices gave.
    """

    product_id: str
    product: Flexibility
    direction: Direction
    obliged: Array
    held: Array
    share: Array
    ordered: Array
    delivered: Array

    @property
    def sign(self) -> int:
        """+1 where a call means more injection."""
        return 1 if self.direction == "up" else -1

    @property
    def short(self) -> Array:
        """Obliged and not held."""
        return np.maximum(self.obliged - self.held, 0.0)

    @property
    def missed(self) -> Array:
        """Called and not delivered; where all holders follow one signal, the called share of what is short."""
        if self.product.call == "continuous":
            return self.share * self.short
        return np.maximum(self.ordered - self.delivered, 0.0)

    @property
    def penalised(self) -> Array:
        """What of the missed power is beyond the tolerance of delivery."""
        return np.maximum(self.missed - self.product.delivery_tolerance_per_unit * self.ordered, 0.0)


@dataclass(frozen=True)
class CallPayment:
    """Money per MWh called: ``sign`` is +1 where the site receives ``price`` for energy in the product's direction."""

    stream: str
    price: Quantity
    sign: int


def payments(product: Flexibility, direction: Direction) -> Sequence[CallPayment]:
    """What a called MWh is paid, by stream: the settlement of every family that is called says so itself."""
    family = kind(PRODUCT_FAMILIES, product.family)
    found: Sequence[CallPayment] = family.function("settlement", "call_payments", CallPayment)(product, direction)
    return found


def volume_blocks(data: SettlementData, product: Flexibility) -> list[Span]:
    """Periods of each block of a product's volume."""
    return data.spans(product.block_h)


def calls(data: SettlementData, product_id: str, product: Flexibility) -> Iterator[Call]:
    """The directions of a product."""
    inside = window(data, product)
    volume = data.by_period(committed(data, product_id, product, inside), volume_blocks(data, product))
    for direction in product.directions:
        share = called_share(data, product, direction)
        held = _arriving(data, product, delivered_by(data, product_id, product, direction, "held"))
        if product.call == "continuous":
            delivered = share * held
        else:
            delivered = _arriving(data, product, delivered_by(data, product_id, product, direction, "called"))
        # a market that enables what is offered asks for no more than that
        obliged = held if product.is_enabled_by_market else inside * volume
        yield Call(product_id, product, direction, obliged, held, share, share * volume, delivered)


def delivered_by(
    data: SettlementData, product_id: str, product: Flexibility, direction: Direction, what: str
) -> dict[str, Array]:
    """Power that each component holds (``held``) or gives on a discrete call (``called``), MW."""
    directed = directed_name(product_id, direction)
    names = {name: f"{name}.{directed}_{what}_mw" for name in providers(data.instance.components, product_id)}
    return {component: data.decided(name) for component, name in names.items() if data.has(name)}


def _arriving(data: SettlementData, product: Flexibility, powers: dict[str, Array]) -> Array:
    """What of some powers of devices counts at the connection of a product, MW: links on the way lose a share."""
    total = np.zeros((len(data.scenarios), len(data.time)))
    for device, power in powers.items():
        total = total + delivered_per_unit(data.instance.components, device, product.connection) * power
    return total


def net_delivery(data: SettlementData, component: str, directions: tuple[Direction, ...] = ("up", "down")) -> Array:
    """What calls add to the injection of a component, MW."""
    spec = data.instance.components[component]
    total = np.zeros((len(data.scenarios), len(data.time)))
    for product_id in spec.provided:
        product = as_called(data.instance.products[product_id])
        if product is None:
            continue
        for direction in product.directions:
            if direction not in directions:
                continue
            sign = 1 if direction == "up" else -1
            if product.call == "continuous":
                held = delivered_by(data, product_id, product, direction, "held").get(component)
                given = None if held is None else called_share(data, product, direction) * held
            else:
                given = delivered_by(data, product_id, product, direction, "called").get(component)
            if given is not None:
                total = total + sign * given
    return total


def window(data: SettlementData, product: Flexibility) -> Array:
    """Share of the volume to be held: inside contract and calendar, and as the data say."""
    return data.values(product.window_per_unit) * obliged(product, data.time)


def called_share(data: SettlementData, product: Flexibility, direction: Direction) -> Array:
    """Called share of the volume: in merit order where energy is offered at a price, in its window where it is sold."""
    stated = product.activation(direction)
    share = data.values(0.0 if stated is None else stated)
    prices = product.merit_order()
    if prices is not None:
        own, last = (data.values(price) for price in prices)
        share = np.where(last >= own if direction == "up" else last <= own, share, 0.0)
    if product.is_own_offer:
        share = np.minimum(share, window(data, product))
    return share
