"""How often the market accepts what is offered at each price."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mes_stoch.products.shared.equations_offers import accepts
from mes_stoch.products.shared.equations_windows import block_mean
from mes_stoch.rules.calendar import obliged
from mes_stoch.rules.volume_blocks import volume_blocks
from mes_stoch.schema.flexibility import Flexibility

if TYPE_CHECKING:
    from mes_stoch.model.site_program import SiteProgram


def accepted_blocks(program: SiteProgram, product: Flexibility) -> NDArray[np.float64]:
    """Expected number of blocks that accept each price of a product, shape (prices,); none where it has no prices."""
    offers, tree = product.price_offers(), program.tree
    if offers is None:
        return np.empty(0)
    spans = volume_blocks(product, tree.time, program.instance.horizon.period_h)
    first = [int(span[0]) for span in spans]
    inside = np.asarray(obliged(product, tree.time), dtype=float)
    total = np.zeros(len(offers.steps))
    for index, weight in enumerate(program.probabilities):
        price, share = (
            tree.values(quantity, index) if isinstance(quantity, str) else np.full(tree.periods, float(quantity))
            for quantity in (offers.clearing_price, product.window_per_unit)
        )
        clearing = block_mean(price, program.instance.horizon.lengths_h * inside * share, spans)[first]
        total += [weight * accepts(step, clearing).sum() for step in offers.steps]
    return total
