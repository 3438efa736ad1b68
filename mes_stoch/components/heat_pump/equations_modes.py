"""Heat pumps that heat or cool, and never both within a period."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mes_stoch.components.heat_pump.format import HeatPump
from mes_stoch.components.shared.context import Expression, HeldReserve, ModelContext


def limit_modes(
    context: ModelContext, name: str, spec: HeatPump, powers: Mapping[str, Any], reserve: HeldReserve
) -> None:
    """One mode at a time, where the modes exclude each other.

    Equations
    ---------
    With ``x[k]`` 1 where the machine may heat and 0 where it may cool, over periods or blocks of ``mode_block_h``::

        P_heating[t] + held_down[t] <= P_max x[k]                (heating_mode)
        P_cooling[t] + held_down[t] <= P_max (1 - x[k])          (cooling_mode)

    ``held_down`` counts in the mode that calls change.

    Symbols
    -------
    ``heats`` (x) : binary, (periods,) or (mode blocks,), realtime.
    """
    if not spec.is_exclusive:
        return
    if spec.mode_block_h is None:
        spans = [np.asarray([t], dtype=np.int64) for t in context.periods]
        heats = context.variable(name, "heats", "1", "realtime", upper=1.0, integer=True)
    else:
        spans, dimension = context.spans(spec.mode_block_h), f"mode_{name}"
        heats = context.variable(
            name, "heats", "1", "realtime", upper=1.0, integer=True, spans=spans, dimension=dimension
        )
    place = {int(t): k for k, span in enumerate(spans) for t in span}
    called = spec.called_use

    def used(mode: str, t: int) -> Expression:
        is_called = called is not None and called.name == mode
        return powers[mode][t] + (reserve.held_down(t) if is_called else 0.0)

    context.constraint(
        name,
        "heating_mode",
        f"{name} heats only where it does not cool",
        lambda t: used("heating", t) <= spec.power_max_mw * heats[place[t]],
        role="headroom",
    )
    context.constraint(
        name,
        "cooling_mode",
        f"{name} cools only where it does not heat",
        lambda t: used("cooling", t) <= spec.power_max_mw * (1 - heats[place[t]]),
        role="headroom",
    )
