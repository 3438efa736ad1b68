"""Columns of products that were decided before the horizon."""

from __future__ import annotations

from mes_stoch.schema.instance import Instance


def given_at_start(instance: Instance, owner: str, quantity: str) -> list[float]:
    """Values of the first columns of a group that follow from what ``start`` gives; none where it gives nothing.

    Equations
    ---------
    With ``v`` the volumes and ``q`` the positions given, from the first block or settlement period on, as bounds::

        r[b] = v[b],   z[b] = 1 where v[b] > 0,   n[b] = v[b] / step
        q[m] given:    position[m] = q[m], or sold[m] = max(q[m], 0) and bought[m] = max(-q[m], 0)
    """
    start, product = instance.start, instance.products.get(owner)
    if start is None or product is None:
        return []
    volumes, positions = start.commitments_mw.get(owner, []), start.positions_mw.get(owner, [])
    if quantity == "bid_steps":
        rules = product.bid_rules()
        step = 0.0 if rules is None else rules.bid_step_mw
        return [float(round(volume / step)) for volume in volumes] if step > 0 else []
    found = {
        "volume_mw": volumes,
        "bid": [float(volume > 0) for volume in volumes],
        "position_mw": positions,
        "sold_mw": [max(position, 0.0) for position in positions],
        "bought_mw": [max(-position, 0.0) for position in positions],
    }
    return found.get(quantity, [])
