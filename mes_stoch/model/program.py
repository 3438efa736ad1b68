"""What the solve layer sees of any two-stage problem: sparse arrays, one scenario at a time.

Nothing here knows of sites, products or markets. A site compiles to a :class:`StochasticProgram`
(:mod:`mes_stoch.model.compile`); so does any mpi-sppy model module (:mod:`mes_stoch.solvers.pyomo_program`). With three
stages a scenario is a day-ahead node with the leaves below it (:mod:`mes_stoch.model.bundle`).

Equations
---------
::

    minimise    sum_s p_s (c_s' x_s + o_s)
    subject to  row_lower_s <= A_s x_s <= row_upper_s,  column_lower_s <= x_s <= column_upper_s   for every scenario s
                x_s[j] integer                      for j with integer[j]
                x_s[root columns] equal in all s    (non-anticipativity)

Everything is in minimisation form: the sign of a profit flips once, where the site program is compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.int32]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class LinearProgram:
    """One scenario as numeric arrays; infinite bounds are ``numpy.inf``.

    Parameters
    ----------
    matrix : scipy.sparse.csc_array, shape (rows, columns)
        Coefficients; sorted indices, no duplicates.
    cost : array, shape (columns,)
        Minimised.
    offset : float
        Constant of the objective.
    row_lower, row_upper : array, shape (rows,)
    column_lower, column_upper : array, shape (columns,)
    integer : bool array, shape (columns,)
    """

    matrix: sp.csc_array
    cost: FloatArray
    offset: float
    row_lower: FloatArray
    row_upper: FloatArray
    column_lower: FloatArray
    column_upper: FloatArray
    integer: BoolArray


def _identity(root: FloatArray) -> FloatArray:
    return root


@dataclass(frozen=True)
class RootStage:
    """The first stage, common to all scenarios.

    Parameters
    ----------
    columns : int array
        Columns of the scenario program that belong to the root, ascending.
    names : tuple of str
        One name per root column.
    consensus : bool array
        Which root columns carry the commitment. The others (bid-step counters, on/off of a bid) follow from them,
        so progressive hedging prices only the consensus columns; the extensive form shares all of them.
    nearest : callable
        Maps any root point (for example the average over scenarios) to a nearby point that satisfies the root's own
        constraints: steps, minimum bids, bounds.
    rho_scale : array
        Positive penalty scale per root column, cost per squared unit of the column, before any tuning factor.
    has_common_bounds : bool
        Whether bounds and integrality of the root columns are known to be the same in every scenario, so that nobody
        need look.
    """

    columns: IndexArray
    names: tuple[str, ...]
    consensus: BoolArray
    rho_scale: FloatArray
    nearest: Callable[[FloatArray], FloatArray] = field(default=_identity)
    has_common_bounds: bool = False


class StochasticProgram(Protocol):
    """A two-stage program whose scenarios are stamped one at a time, where they are solved."""

    @property
    def name(self) -> str: ...

    @property
    def scenario_names(self) -> tuple[str, ...]: ...

    @property
    def probabilities(self) -> FloatArray: ...

    @property
    def root(self) -> RootStage: ...

    @property
    def column_names(self) -> tuple[str, ...]: ...

    @property
    def row_names(self) -> tuple[str, ...]: ...

    def scenario(self, index: int) -> LinearProgram:
        """Numeric arrays of scenario ``index``; the same whichever process asks."""
        ...
