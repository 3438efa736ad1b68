"""What a horizon hands on to the next one of the same calendar month, from meters."""

from __future__ import annotations

from mes_stoch.registry import COMPONENTS, kind
from mes_stoch.schema.instance import Instance
from mes_stoch.settlement.data import SettlementData


def fresh_month(instance: Instance) -> dict[str, float]:
    """Fields that are handed on, by their path (``components.grid.peak_so_far_mw``), as a month begins with them."""
    return {
        f"components.{name}.{field}": float(type(spec).model_fields[field].default)
        for name, spec in instance.components.items()
        for field in spec.carried_in_month
    }


def carried_in_month(data: SettlementData) -> dict[str, float]:
    """The same fields as the next horizon of the month begins with them, after the only scenario of a run."""
    found: dict[str, float] = {}
    for name, spec in data.instance.components.items():
        if spec.carried_in_month:
            fields = kind(COMPONENTS, spec.type).function("settlement", "carried_in_month")(data, name, spec)
            found |= {f"components.{name}.{field}": float(value) for field, value in fields.items()}
    return found
