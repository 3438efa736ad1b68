"""Arcs of the energy lattice: the ways that energy takes between a component and the nodes at which it stands.

Source
------
Energy lattice: Corsetti, Riaz, Riello and Mancarella, *Advances in Applied Energy* 2 (2021), 100030.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mes_stoch.schema.base import Quantity


@dataclass(frozen=True)
class LinearQuantity:
    """A number plus multiples of series; its unit is that of whoever has it.

    Parameters
    ----------
    number : float
    series : tuple of (str, float)
        Names of series with the factor of each.

    >>> share = LinearQuantity.of("heat_demand_mw").scaled(0.45)
    >>> str(share), str(share + LinearQuantity(0.2)), str(LinearQuantity(2.4))
    ('0.45 x heat_demand_mw', '0.2 + 0.45 x heat_demand_mw', '2.4')
    """

    number: float = 0.0
    series: tuple[tuple[str, float], ...] = ()

    @classmethod
    def of(cls, quantity: Quantity) -> LinearQuantity:
        """A field's number, or the series that it names."""
        return cls(series=((quantity, 1.0),)) if isinstance(quantity, str) else cls(float(quantity))

    @property
    def constant(self) -> float | None:
        """The number, where no series has a part in it."""
        return None if self.series else self.number

    def scaled(self, factor: float) -> LinearQuantity:
        return LinearQuantity(self.number * factor, tuple((name, own * factor) for name, own in self.series))

    def times(self, share: LinearQuantity) -> LinearQuantity:
        """The product with a share of at most 1; without the share where both have series.

        >>> str(LinearQuantity(2.0).times(LinearQuantity.of("chp_available_per_unit")))
        '2 x chp_available_per_unit'
        """
        if share.constant is not None:
            return self.scaled(share.constant)
        return self if self.constant is None else share.scaled(self.constant)

    def __add__(self, other: LinearQuantity) -> LinearQuantity:
        factors = dict(self.series)
        for name, factor in other.series:
            factors[name] = factors.get(name, 0.0) + factor
        return LinearQuantity(self.number + other.number, tuple(factors.items()))

    def __str__(self) -> str:
        parts = [f"{self.number:.4g}"] if self.number or not self.series else []
        parts += [name if factor == 1.0 else f"{factor:.4g} x {name}" for name, factor in self.series]
        return " + ".join(parts)


@dataclass(frozen=True)
class Arc:
    """One way of energy between a component and a node; a component that gives and takes at a node has two.

    Parameters
    ----------
    node : str
    supplies : bool
        Whether the energy flows from the component into the node.
    ratios_per_unit : tuple of LinearQuantity
        MW here per MW at the reference port, leaving aside what flows at no load; several where it changes with the
        load, of which it lies between the least and the most. None where the component does not convert.
    power_max_mw : LinearQuantity, optional
        Largest power, MW; ``None``: no limit is stated.
    """

    node: str
    supplies: bool
    ratios_per_unit: tuple[LinearQuantity, ...] = ()
    power_max_mw: LinearQuantity | None = None


def largest(limits: Iterable[LinearQuantity]) -> LinearQuantity:
    """The largest of some limits that are numbers; the first where series keep them from being compared."""
    found = list(limits)
    return max(found, key=lambda limit: limit.number) if all(not limit.series for limit in found) else found[0]
