"""Units whose flows are listed port by port, and follow the flow at one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from mes_stoch.components.shared.format_on_off import UnitWithStarts
from mes_stoch.schema.base import Identifier, Model
from mes_stoch.schema.component import OperatingRange, Port


class UnitPort(Model):
    """A flow of a unit at a node."""

    node: Identifier = Field(description="Node that the flow comes from or goes to.")


class UnitWithPorts(UnitWithStarts):
    """A unit with lists of inputs and outputs, one of which is its reference port; a kind says what stands in them."""

    if TYPE_CHECKING:

        @property
        def reference(self) -> str: ...
        @property
        def inputs(self) -> Sequence[UnitPort]: ...
        @property
        def outputs(self) -> Sequence[UnitPort]: ...

    @property
    def reference_is_output(self) -> bool:
        """Whether more flow at the reference port is more injection there."""
        return any(port.node == self.reference for port in self.outputs)

    def ports(self) -> Sequence[Port]:
        return [
            Port(port.node, (side, index, "node"), supplies=side == "outputs", takes=side == "inputs")
            for side, own in (("inputs", self.inputs), ("outputs", self.outputs))
            for index, port in enumerate(own)
        ]

    @property
    def delivery_node(self) -> str | None:
        return self.reference

    @property
    def counts_for_capacity(self) -> bool:
        return self.reference_is_output

    @property
    def has_reactive_power(self) -> bool:
        return True

    def operating_range(self, node: str) -> OperatingRange | None:
        is_consumption = any(port.node == node for port in self.inputs)
        return OperatingRange(0.0, self.power_max_mw, is_consumption=is_consumption)
