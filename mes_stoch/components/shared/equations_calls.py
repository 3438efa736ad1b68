"""What calls of a unit change at the nodes of its other ports."""

from __future__ import annotations

from mes_stoch.components.shared.context import CallEffect, DirectedProduct, HeldReserve, ModelContext
from mes_stoch.schema.base import Quantity


def tell_call(
    context: ModelContext,
    name: str,
    node: str,
    directed: DirectedProduct,
    reserve: HeldReserve,
    ratio: Quantity,
    *,
    adds: bool,
    lowers_flow: bool,
) -> None:
    """Tell the model what calls of a product change at a node, in proportion to what is called.

    Parameters
    ----------
    ratio : Quantity
        MW at the node per MW called.
    adds : bool
        Whether a call brings more to the node, or takes less from it.
    lowers_flow : bool
        Whether a call lowers the flow of the unit there.
    """
    per_unit, held = context.quantity(ratio), reserve.held[directed.name]
    context.call_effect(
        node,
        CallEffect(
            device=name,
            directed=directed,
            effect="added" if adds else "taken",
            held=lambda t: per_unit(t) * held[t],
            called=reserve.called[directed.name](ratio),
            uncalled=reserve.uncalled[directed.name](ratio),
            lowers_flow=lowers_flow,
        ),
    )
