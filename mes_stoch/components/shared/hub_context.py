"""What a component may ask of the energy hub it is put into.

The hub is the site's physics as matrices, written a second time: the ``hub`` module of a kind shares nothing with its
``equations``. Everything is an array over the **steps** of the hub. A step is a period, or a part of one where the hub
was asked for moments within periods; on/off states go by periods, and so by the steps within them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Columns = NDArray[np.int64]
Values = NDArray[np.float64]
Numbers = float | Values

#: What a column of the hub is: a flow ``P`` (MW), a state that is on or off, energy that goes into a store (``stored``)
#: or comes out of it (``drawn``), both MWh inside the store and a step, its level, what is missing of a state to leave
#: behind (``slack``), or what only helps to state a rule.
HubRole = Literal["flow", "state", "stored", "drawn", "level", "slack", "auxiliary"]

#: What a row limits: a device in any step, only how its schedule changes from one period to the next (``ramp``), or the
#: state that it leaves behind at the end of the horizon (``target``).
HubRowRole = Literal["limit", "ramp", "target"]

#: What a device cannot help: power that it must have, or power that it must bring.
Firm = Literal["demand", "supply"]


class HubRows(Protocol):
    """Rows under construction: ``lower <= sum of terms <= upper``."""

    def add(self, columns: Columns, coefficients: Numbers = 1.0, rows: Columns | None = None) -> HubRows:
        """Add a term to every row, or to those of ``rows``; one column a row."""
        ...


class HubContext(Protocol):
    """The hub under construction, for one scenario."""

    @property
    def steps(self) -> int:
        """Number of steps."""
        ...

    @property
    def hours(self) -> Values:
        """Length of each step, h."""
        ...

    @property
    def period_of_step(self) -> Columns: ...

    @property
    def period_h(self) -> float:
        """Length of a period, h; the first may be shorter."""
        ...

    @property
    def begun_h(self) -> float:
        """What is over of the first period when the horizon starts, h."""
        ...

    @property
    def lengths_h(self) -> Values:
        """Length of each period, h."""
        ...

    def hours_of(self, periods: Columns) -> float:
        """Length of some periods together, h."""
        ...

    @property
    def periods(self) -> int:
        """Number of periods."""
        ...

    @property
    def co2_eur_per_kg(self) -> float:
        """Price of CO2; a cap is none of the hub's."""
        ...

    @property
    def clock_days(self) -> float:
        """Length of the horizon in days of local clock time."""
        ...

    @property
    def month_of_period(self) -> Columns:
        """Number of the calendar month of each period, from 0."""
        ...

    def values(self, quantity: float | str) -> Values:
        """A number or a series, shape (steps,)."""
        ...

    def spans(self, hours: float | None) -> list[Columns]:
        """Periods of each block of so many local clock hours; ``None``: one block, the horizon."""
        ...

    def columns(
        self,
        owner: str,
        name: str,
        unit: str,
        role: HubRole,
        *,
        lower: Numbers = 0.0,
        upper: Numbers = np.inf,
        cost: Numbers = 0.0,
        is_integer: bool = False,
        spans: Sequence[Columns] | None = None,
    ) -> Columns:
        """Columns, one a step or one a span of periods; ``cost`` is money per unit of the column."""
        ...

    def arc(
        self,
        owner: str,
        branch: str,
        node: str,
        columns: Columns,
        per_unit: Numbers,
        direction: int,
        *,
        is_reference: bool = False,
    ) -> None:
        """What a unit of a column brings to a node (+1) or takes from it (-1): MW, one column a step.

        Columns are flows, states, or energy stored or drawn. Arcs of one branch, node and direction add up.
        ``is_reference``: the flow of the column is that on this arc.
        """
        ...

    def load(self, owner: str, node: str, power_mw: Values) -> None:
        """Power that leaves the hub at a node whatever is decided."""
        ...

    def firm(self, node: str, kind: Firm, power_mw: Values) -> None:
        """Power that may go unserved, or be thrown away, at a penalty."""
        ...

    def rows(
        self,
        owner: str,
        name: str,
        unit: str,
        count: int,
        *,
        lower: Numbers = -np.inf,
        upper: Numbers = np.inf,
        role: HubRowRole = "limit",
        numbers: Columns | None = None,
    ) -> HubRows:
        """So many rows, with a number each in their labels: the step, period, state or day; default from 0."""
        ...
