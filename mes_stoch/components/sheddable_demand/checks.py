"""What must hold for a sheddable demand."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.components.sheddable_demand.format import SheddableDemand
from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.io.validation.component_rules import below_zero
from mes_stoch.schema.errors import Issue


def issues(context: CheckContext, name: str, spec: SheddableDemand) -> Iterator[Issue]:
    """A number below zero where there can be none."""
    yield from below_zero(context.locator, ("components", name, "demand_mw"), spec.demand_mw)
