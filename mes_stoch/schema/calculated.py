"""Quantities that are calculated from others, period by period: a COP from temperatures."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mes_stoch.schema.base import Quantity

Values = NDArray[np.float64]


class CalculatedQuantity(str):
    """What is calculated from series, by the name that it goes by: wherever a quantity can name a series, it can stand.

    The name says all that the numbers depend on: two of one name are the same.

    Parameters
    ----------
    name : str
    inputs : tuple of Quantity
    rule : callable
        Gets an array per input, each of the same shape, and calculates element by element.

    >>> lift = calculated("lift of air_degc", ("air_degc", 50.0), lambda air, supply: supply - air)
    >>> lift, lift.values(lambda entry: np.array([10.0 if entry == "air_degc" else 50.0]))
    ('lift of air_degc', array([40.]))
    """

    inputs: tuple[Quantity, ...]
    rule: Callable[..., Values]

    def values(self, known: Callable[[Quantity], Values]) -> Values:
        """Numbers, from those of the inputs."""
        return np.asarray(self.rule(*(known(entry) for entry in self.inputs)), dtype=float)


def calculated(name: str, inputs: tuple[Quantity, ...], rule: Callable[..., Values]) -> Quantity:
    """A number where all inputs are numbers, or a quantity that is calculated from series.

    >>> calculated("lift", (10.0, 50.0), lambda air, supply: supply - air)
    40.0
    """
    if not any(isinstance(entry, str) for entry in inputs):
        return float(rule(*(np.array([float(entry)]) for entry in inputs))[0])
    quantity = CalculatedQuantity(name)
    quantity.inputs, quantity.rule = inputs, rule
    return quantity
