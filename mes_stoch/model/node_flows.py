"""What flows at every node in a scenario that is solved."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from mes_stoch.model.compile import CompiledStructure
from mes_stoch.model.groups import ColumnGroup
from mes_stoch.model.program import FloatArray, IndexArray
from mes_stoch.schema.instance import Instance

#: Slack of a node; a component may have the name of a node, and slack of its own.
_NODE_SLACK = ("unserved_mw", "dumped_mw")


class NodeFlows:
    """Called operation at every node, with what is unserved and dumped there.

    Parameters
    ----------
    instance : Instance
    column_groups : sequence of ColumnGroup
    labels : sequence of (node, component, period)
        Of the flows that were compiled, in their order.
    periods : int
    """

    def __init__(
        self,
        instance: Instance,
        column_groups: Sequence[ColumnGroup],
        labels: Sequence[tuple[str, str, int]],
        periods: int,
    ) -> None:
        self._labels = labels
        self._periods = periods
        self._carriers = {name: node.carrier for name, node in instance.nodes.items()}
        self._slack = tuple(
            group
            for group in column_groups
            if group.role == "slack" and group.owner in instance.nodes and group.quantity in _NODE_SLACK
        )

    @cached_property
    def names(self) -> tuple[tuple[str, str, str], ...]:
        """Carrier, node and component of every flow, with ``unserved`` and ``dumped`` as components."""
        names = dict.fromkeys((self._carriers[node], node, owner) for node, owner, _ in self._labels)
        names |= dict.fromkeys(self._slack_name(group) for group in self._slack)
        return tuple(names)

    def _slack_name(self, group: ColumnGroup) -> tuple[str, str, str]:
        return self._carriers[group.owner], group.owner, group.quantity.removesuffix("_mw")

    def table(self, structure: CompiledStructure, data: FloatArray, values: FloatArray) -> FloatArray:
        """MW into the node, shape (periods, flows), by the data and the solution of a scenario."""
        stamped = structure.stamp(data)
        form = structure.flows
        amounts = form.matrix(stamped, structure.columns) @ values + stamped[form.constant_slice]
        table = np.zeros((self._periods, len(self.names)))
        # two ports of one component at one node add up
        np.add.at(table, self._places, amounts)
        for group in self._slack:
            sign = 1.0 if group.quantity == "unserved_mw" else -1.0
            table[:, self._place[self._slack_name(group)]] += sign * values[group.positions]
        return table

    @cached_property
    def _place(self) -> dict[tuple[str, str, str], int]:
        return {name: number for number, name in enumerate(self.names)}

    @cached_property
    def _places(self) -> tuple[IndexArray, IndexArray]:
        """Period and flow of every amount."""
        place = self._place
        places = np.array(
            [(t, place[self._carriers[node], node, owner]) for node, owner, t in self._labels], dtype=np.int32
        ).reshape(-1, 2)
        return places[:, 0], places[:, 1]
