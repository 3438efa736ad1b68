"""What calls of devices behind a link change of its flow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mes_stoch.components.shared.context import DirectedProduct, HeldReserve, LinkFlow, OfPeriod
from mes_stoch.schema.component import Component
from mes_stoch.schema.reserve_ways import arrives_per_unit, way_of_reserve


@dataclass(frozen=True)
class Carried:
    """What a link carries for one device and one connection.

    ``near`` and ``far`` are the shares of the device's power at the end towards the connection and at that towards the
    device.
    """

    reserve: HeldReserve
    directed_products: tuple[DirectedProduct, ...]
    toward: str
    near: float
    far: float


def base_into(flow: LinkFlow, node: str, carried: Iterable[Carried]) -> OfPeriod:
    """Flow of a link into one of its nodes if nothing is called, MW."""
    operated = flow.into_to if node == flow.to_node else flow.into_from
    parts = [
        ((-own.near if own.toward == node else own.far) * directed.sign, own.reserve.called[directed.name](1.0))
        for own in carried
        for directed in own.directed_products
        if directed.is_ever_called
    ]
    return lambda t: operated(t) + sum(factor * part(t) for factor, part in parts)


def carried_over(
    flow: LinkFlow, components: Mapping[str, Component], holders: Mapping[str, Sequence[HeldReserve]]
) -> Iterator[Carried]:
    """What a link carries for each device that is sold over a connection on its other side."""
    for device, reserves in holders.items():
        for reserve in reserves:
            for connection in dict.fromkeys(directed.product.connection for directed in reserve.directed_products):
                own = tuple(d for d in reserve.directed_products if d.product.connection == connection)
                way = () if connection is None else way_of_reserve(components, device, connection)
                for number, leg in enumerate(way):
                    if leg.link == flow.name:
                        far = arrives_per_unit(way[:number])
                        yield Carried(reserve, own, leg.target, far * leg.arrives_per_unit, far)
