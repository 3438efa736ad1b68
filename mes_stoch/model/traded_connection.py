"""A connection that is traded over: its scheduled exchange, limited together with the reserve behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from mes_stoch.components.shared.context import DirectedProduct, Direction, HeldReserve, ModelContext, OfPeriod
from mes_stoch.model.stacking import stack_at_connection
from mes_stoch.schema.base import Quantity
from mes_stoch.schema.component import Component
from mes_stoch.schema.connection import Connection, export_share, import_share
from mes_stoch.schema.errors import ModelError
from mes_stoch.schema.reserve_ways import delivered_per_unit


def scheduled_exchange(
    site: ModelContext,
    name: str,
    connection: Connection,
    components: Mapping[str, Component],
    directed_products: Sequence[DirectedProduct],
    holders: Mapping[str, list[HeldReserve]],
) -> tuple[Any, dict[Direction, OfPeriod]]:
    """Declare the scheduled exchange of a connection and its headroom.

    Equations
    ---------
    With the scheduled exchange ``x`` (into the network above zero), the reserve ``R`` kept behind the connection, its
    limits and the shares of them that can be used::

        x[t] + R_up[t] <= share_export[t] export_max                                            (headroom_up)
        -x[t] + R_down[t] <= share_import[t] import_max                                         (headroom_down)

    Parameters
    ----------
    directed_products : sequence of DirectedProduct
        Of all products; those of other connections are left out.
    holders : mapping
        Reserve that components hold.

    Returns
    -------
    tuple
        The exchange by period, MW, and the room kept for reserve by direction.
    """
    if connection.import_max_mw is None:
        raise ModelError(f"connection {name} is traded over and needs a finite import_max_mw")
    scheduled = site.variable(
        name, "scheduled_mw", "MW", "realtime", lower=-connection.import_max_mw, upper=connection.export_max_mw
    )
    sides: tuple[tuple[Direction, int, float, Quantity, str], ...] = (
        ("up", 1, connection.export_max_mw, export_share(connection), "export limit"),
        ("down", -1, connection.import_max_mw, import_share(connection), "import limit"),
    )
    arrives = partial(delivered_per_unit, components, connection=name)
    reserved: dict[Direction, OfPeriod] = {}
    for direction, sign, limit_mw, share, text in sides:
        own = [one for one in directed_products if one.direction == direction and one.product.connection == name]
        reserved[direction] = stack_at_connection(site, name, own, direction, holders, arrives)
        # without reserve the row would only repeat a bound of the schedule, unless that changes
        if own or share != 1:
            site.constraint(
                name,
                f"headroom_{direction}",
                f"schedule and reserve together stay within the {text} of {name}",
                _within(scheduled, sign, reserved[direction], site.quantity(share), limit_mw),
                role="headroom",
            )
    return scheduled, reserved


def _within(scheduled: Any, sign: int, reserved: OfPeriod, share: OfPeriod, limit_mw: float) -> OfPeriod:
    return lambda t: sign * scheduled[t] + reserved(t) <= share(t) * limit_mw
