"""Power of a converter as it is run, for the stress test."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.components.converter.format import Converter
from mes_stoch.components.shared.stress_on_off import state_decision, states_and_ceilings
from mes_stoch.schema.flexibility import directed_name
from mes_stoch.settlement.data import Array, SettlementData


def decisions(data: SettlementData, name: str, spec: Converter) -> Iterator[tuple[str, int]]:
    """Quantities of the solution that the limits are told from, and over how many spans each goes."""
    yield f"{name}.power_mw", len(data.time)
    yield from state_decision(data, name, spec)
    for held in _standing(data, name, spec):
        yield held, len(data.time)


def power_limits(data: SettlementData, name: str, spec: Converter, sign: int) -> Iterator[tuple[str, Array, Array]]:
    """Name of each limit in a direction, the load on it before any call, and the most it takes, MW."""
    power = data.decided(f"{name}.power_mw")
    on, ceiling = states_and_ceilings(data, name, spec, spec.available_per_unit)
    if (sign > 0) == spec.reference_is_output:
        yield "largest power", power, np.maximum(ceiling, _from_standstill(data, name, spec, on))
    else:
        yield "smallest power", np.zeros_like(power), power - spec.power_min_mw * on


def _standing(data: SettlementData, name: str, spec: Converter) -> list[str]:
    """Quantities that say for which products the unit stands ready to start."""
    if spec.quick_start_h is None:
        return []
    found = []
    for product_id, product in data.instance.called_products().items():
        if product_id not in spec.provides or product.call == "continuous":
            continue
        if spec.quick_start_h * 3600.0 > product.response_time_s * (1.0 + 1e-9):
            continue
        names = [f"{name}.{directed_name(product_id, direction)}_standing" for direction in product.directions]
        found += [one for one in names if data.has(one)]
    return found


def _from_standstill(data: SettlementData, name: str, spec: Converter, on: Array) -> Array:
    """Largest power of a unit that is off and stands ready to start, MW; 0 elsewhere, and right after it has run."""
    ready = sum((np.round(data.decided(one)) for one in _standing(data, name, spec)), np.zeros_like(on))
    before = np.full((len(on), 1), float(bool(spec.initial_on)))
    ran = np.concatenate([before, on[:, :-1]], axis=1)
    available = spec.power_max_mw * np.broadcast_to(data.values(spec.available_per_unit), on.shape)
    most = np.minimum(available, spec.standstill_max_mw)
    return np.where((on < 1) & (ran < 1) & (ready == 1), most, 0.0)
