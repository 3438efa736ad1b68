"""Nodes, components and arcs of an energy lattice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mes_stoch.schema.arc import LinearQuantity

#: What a component is within the lattice, as its arcs and answers tell.
Role = Literal["network", "source", "conversion", "store", "demand"]


@dataclass(frozen=True)
class LatticeNode:
    """A node and the layer it lies in."""

    name: str
    carrier: str


@dataclass(frozen=True)
class LatticeComponent:
    """A component and where it stands.

    Parameters
    ----------
    name, kind : str
        ``kind`` is the ``type`` that the instance writes.
    role : str
    nodes : tuple of str
        Nodes it meets, each once.
    carriers : tuple of str
        Their layers, each once.
    reference : str, optional
        Node of the port to which ratios refer, where it converts.
    capacity_mwh : float, optional
        Energy it can hold, where it is a store.
    """

    name: str
    kind: str
    role: Role
    nodes: tuple[str, ...]
    carriers: tuple[str, ...]
    reference: str | None = None
    capacity_mwh: float | None = None


@dataclass(frozen=True)
class LatticeArc:
    """A directed arc between a component and a node.

    Parameters
    ----------
    component, node, carrier : str
    supplies : bool
        From the component into the node; else from the node into the component.
    ratios_per_unit : tuple of LinearQuantity
        MW per MW at the component's reference port; several where it changes with the load.
    power_max_mw : LinearQuantity, optional
        Largest power, MW; ``None``: no limit.
    energy_mwh : float, optional
        Over the horizon, where flows are known.
    is_reference : bool
        Whether it is at the port to which the ratios of its component refer.
    """

    component: str
    node: str
    carrier: str
    supplies: bool
    ratios_per_unit: tuple[LinearQuantity, ...] = ()
    power_max_mw: LinearQuantity | None = None
    energy_mwh: float | None = None
    is_reference: bool = False

    @property
    def direction(self) -> Literal["into node", "out of node"]:
        return "into node" if self.supplies else "out of node"

    @property
    def ratio(self) -> str:
        """The ratio in words: a number, a series, or from the least to the most; empty where nothing is converted."""
        constants = [ratio.constant for ratio in self.ratios_per_unit]
        numbers = [number for number in constants if number is not None]
        if len(numbers) > 1 and len(numbers) == len(constants):
            return f"{min(numbers):.4g} to {max(numbers):.4g}"
        return " or ".join(str(ratio) for ratio in self.ratios_per_unit)

    @property
    def ratio_number_per_unit(self) -> float | None:
        """The ratio where it is one number."""
        return self.ratios_per_unit[0].constant if len(self.ratios_per_unit) == 1 else None

    @property
    def power_max(self) -> str:
        """The limit in words."""
        return "no limit" if self.power_max_mw is None else str(self.power_max_mw)
