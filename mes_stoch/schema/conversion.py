"""How a component turns carriers into others.

Powers are in MW at the port named, money in the instance's currency; a
:data:`~mes_stoch.schema.base.Quantity` is a number or the name of a series.
"""

from __future__ import annotations

from dataclasses import dataclass

from mes_stoch.schema.arc import LinearQuantity
from mes_stoch.schema.base import Quantity


@dataclass(frozen=True)
class ConversionPort:
    """One flow of a conversion, ``ratio P + no_load`` MW for ``P`` MW at the reference port while it is on."""

    node: str
    ratio_per_unit: Quantity
    no_load_mw: float = 0.0


@dataclass(frozen=True)
class Conversion:
    """How a component turns carriers into others, in proportion to the flow ``P`` at its reference port.

    A component whose ratios change with its load gives several: the conversions between which all its points lie.

    Parameters
    ----------
    reference : str
        Node of the port that carries the limits.
    inputs, outputs : tuple of ConversionPort
    power_min_mw, power_max_mw : float
        Least flow at the reference port while it is on (0: it need not be), and the largest.
    cost_eur_per_mwh : float
        Of operation, per MWh at the reference port.
    start_cost_eur : float
    available_per_unit : float or str
        Share of ``power_max_mw`` that can be used.
    passed_mw : tuple of float
        Flows at the reference port below the least that it passes through, on its way up and down.
    """

    reference: str
    inputs: tuple[ConversionPort, ...]
    outputs: tuple[ConversionPort, ...]
    power_min_mw: float
    power_max_mw: float
    cost_eur_per_mwh: float = 0.0
    start_cost_eur: float = 0.0
    available_per_unit: Quantity = 1.0
    passed_mw: tuple[float, ...] = ()

    @property
    def ports(self) -> tuple[ConversionPort, ...]:
        return (*self.inputs, *self.outputs)

    @property
    def looked_at_mw(self) -> tuple[float, ...]:
        """Flows at the reference port between which all others lie: the least, the largest, and those passed."""
        return tuple(sorted({self.power_min_mw or self.power_max_mw, self.power_max_mw, *self.passed_mw}))

    @property
    def reference_is_output(self) -> bool:
        """Whether more flow at the reference port is more injection there."""
        return any(port.node == self.reference for port in self.outputs)

    def ports_at(self, node: str, supplies: bool) -> tuple[ConversionPort, ...]:
        """Its flows into a node (``supplies``) or out of it."""
        return tuple(port for port in (self.outputs if supplies else self.inputs) if port.node == node)

    def ratio_at(self, node: str, supplies: bool) -> LinearQuantity:
        """MW there per MW at the reference port, without what flows at no load; two ports at one node add up."""
        ratios = (LinearQuantity.of(port.ratio_per_unit) for port in self.ports_at(node, supplies))
        return sum(ratios, start=LinearQuantity())

    def power_max_at(self, node: str, supplies: bool) -> LinearQuantity:
        """Largest flow there, MW; where ratio and availability are both series, with all available."""
        no_load_mw = sum(port.no_load_mw for port in self.ports_at(node, supplies))
        most = self.ratio_at(node, supplies).scaled(self.power_max_mw)
        return most.times(LinearQuantity.of(self.available_per_unit)) + LinearQuantity(no_load_mw)
