"""Which function builds which kind of component."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mes_stoch.components.context import ModelContext
from mes_stoch.components.converter import build_converter
from mes_stoch.components.demand import build_demand
from mes_stoch.components.grid_connection import build_grid_connection
from mes_stoch.components.sheddable_demand import build_sheddable_demand
from mes_stoch.components.source import build_source
from mes_stoch.components.storage import build_storage
from mes_stoch.schema.components import Component

_BUILDERS: dict[str, Callable[[ModelContext, str, Any], None]] = {
    "grid_connection": build_grid_connection,
    "demand": build_demand,
    "source": build_source,
    "converter": build_converter,
    "storage": build_storage,
    "sheddable_demand": build_sheddable_demand,
}


def build_component(context: ModelContext, name: str, spec: Component) -> None:
    """Add one component to the model."""
    _BUILDERS[spec.type](context, name, spec)
