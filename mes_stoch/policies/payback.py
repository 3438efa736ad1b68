"""Modulations: what calls of committed volumes change, when, and in which periods that is given back.

A *modulation* is a volume of a product in a block, with what it is paid. In a scenario it has

- *called periods*, in which the data call some of it, and
- *payback periods*, which follow a call, and in which the energy that it has borrowed from stores is given back.

A discrete call runs over consecutive called periods. A product whose holders follow one signal all the time has one
call a block: from its first called period to its last. Either pays back in as many periods as the call would have
lasted in full, ``sum_t a[t]`` rounded up: giving back at the power of the call takes that long. Calls up and down name
payback periods of their own. Cut at the end of the horizon.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from mes_stoch.model.base_schedule import CalledProduct
from mes_stoch.model.program import BoolArray, FloatArray
from mes_stoch.model.site_program import SiteProgram
from mes_stoch.rules.time_axis import blocks
from mes_stoch.schema.flexibility import LEAST_CALLED_PER_UNIT

_ROUNDING = 1e-9


def modulated_periods(
    leaves: SiteProgram, index: int, sold: Mapping[str, BoolArray], payback_h: float | None = None
) -> tuple[BoolArray, BoolArray]:
    """Called periods and payback periods of all modulations in a scenario.

    Parameters
    ----------
    leaves : SiteProgram
    index : int
        The scenario.
    sold : dict of str to bool array, shape (blocks,), or (prices, blocks) of a product that is offered at prices
        In which blocks, and at which prices, a product is sold; products that are not named are sold in all of theirs.
        What the scenario does not accept is not called in it.
    payback_h : float, optional
        Length of every payback, h; default as long as the call in full.

    Returns
    -------
    called, payback : bool array, shape (periods,)
    """
    time, horizon = leaves.tree.time, leaves.instance.horizon
    period_h = float(horizon.period_h)
    called, payback = np.zeros(len(time), dtype=bool), np.zeros(len(time), dtype=bool)
    for product in leaves.called_products:
        spans = blocks(time, period_h, leaves.instance.products[product.product].volume_block_h)
        is_sold = _accepted(leaves, index, product.product, sold.get(product.product), spans)
        share = np.zeros(len(time))
        for span, yes in zip(spans, is_sold, strict=True):
            share[span] = _share(leaves, index, product)[span] * float(yes)
        is_called = share > LEAST_CALLED_PER_UNIT
        called |= is_called
        for call in _calls(product, is_called, spans):
            hours = float(share[call] @ horizon.lengths_h[call]) if payback_h is None else payback_h
            in_full = hours / period_h
            after = int(call[-1]) + 1
            payback[after : after + math.ceil(in_full - _ROUNDING)] = True
    return called, payback


def _accepted(
    leaves: SiteProgram, index: int, product: str, sold: BoolArray | None, spans: list[NDArray[np.int64]]
) -> BoolArray:
    """In which blocks something that is sold holds in the scenario, shape (blocks,)."""
    offers = leaves.instance.products[product].price_offers()
    if offers is None:
        return np.ones(len(spans), dtype=bool) if sold is None else sold
    first = [int(span[0]) for span in spans]
    accepted = [leaves.series(index, f"{product}.{step.name}_accepted_per_unit")[first] > 0 for step in offers.steps]
    held = np.array(accepted) if sold is None else np.array(accepted) & sold
    return np.asarray(held.any(axis=0))


def _share(leaves: SiteProgram, index: int, product: CalledProduct) -> FloatArray:
    activation = product.activation
    if isinstance(activation, str):
        return leaves.series(index, activation)
    return np.full(len(leaves.tree.time), float(activation))


def _calls(product: CalledProduct, is_called: BoolArray, spans: list[NDArray[np.int64]]) -> Iterator[NDArray[np.int64]]:
    """Periods of every call."""
    periods = np.flatnonzero(is_called)
    if not product.is_continuous:
        yield from (run for run in np.split(periods, np.flatnonzero(np.diff(periods) > 1) + 1) if len(run))
        return
    for span in spans:
        own = span[is_called[span]]
        if len(own):
            yield own
