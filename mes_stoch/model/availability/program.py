"""Rules of availability: what is held must suffice with a probability, over all scenarios of a program.

Equations
---------
A product with the rule has, in scenario ``s`` and each period ``t`` of a block ``b`` (or of the horizon), a shortfall
``short[s,t]`` and, where calls are shared out, a miss ``missed[s,t]``. With the probability ``1 - epsilon`` neither may
occur anywhere in the block::

    P(short[s,t] = missed[s,t] = 0 for all t in b) >= 1 - epsilon                  (availability)

*Exactly*, with a binary ``w[b,s]`` a block and scenario and the largest volume ``V`` of the product::

    short[s,t] <= V w[b,s],   missed[s,t] <= V w[b,s],   sum_s p_s w[b,s] <= epsilon

*By CVaR*, convex and conservative. ``spare[s,t] >= 0`` is what the devices hold beyond the volume, so that the margin
``short - spare`` is below zero where there is more than enough, and ``held + short - spare = volume``::

    z[b,s] >= short[s,t] - spare[s,t] - eta[b],   z[b,s] >= 0,   eta[b] + sum_s p_s z[b,s] / epsilon <= 0
    missed[s,t] <= short[s,t]                                                     what is held is delivered

The mean of the worst ``epsilon`` of the margins is then not above zero, hence the margin is above zero with a
probability below ``epsilon``. Plenty in some of the worst scenarios makes up for what is missing in others.

``w``, ``eta`` and ``z`` of all scenarios are columns of the root, and each scenario states the rows of its own: a
stochastic program like any other, whose scenarios have no longer much to do with each other but through the root. The
penalties of shortfalls and misses stay what the data say.

Source
------
Charnes & Cooper (1959), Chance-constrained programming, DOI 10.1287/mnsc.6.1.73; Nemirovski & Shapiro (2006), Convex
approximations of chance constrained programs, DOI 10.1137/050622328. The P90 rule of reserves from stochastic sources:
Lunde, Damm, Gade & Kazempour (2024), Aggregator of electric vehicles bidding in Nordic FCR-D markets: a
chance-constrained program, arXiv 2404.12818.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from mes_stoch.model.availability.layout import laid_out
from mes_stoch.model.availability.obligations import Obligation, obligations_of
from mes_stoch.model.extended_program import ExtendedProgram, P
from mes_stoch.model.program import FloatArray, LinearProgram, RootStage
from mes_stoch.model.site_program import SiteProgram
from mes_stoch.schema.errors import ModelError

#: What a part says of its columns at the root.
_OF_ROOT = ("root_lower", "root_upper", "root_is_binary")


def with_availability(leaves: SiteProgram) -> SiteProgram | AvailabilityProgram[SiteProgram]:
    """The program with the rules of availability that its products have; without any the program itself."""
    found = obligations_of(leaves)
    return AvailabilityProgram(leaves, found) if found else leaves


class AvailabilityProgram(ExtendedProgram[P]):
    """A :class:`~mes_stoch.model.program.StochasticProgram` with rules over the probability of shortfalls.

    Columns of the root come after the scenario's own, then what is held beyond the volumes, so that every column and
    row keeps its number.

    Parameters
    ----------
    program : StochasticProgram
        All of its scenarios have the same columns and rows.
    obligations : sequence of Obligation
    """

    def __init__(self, program: P, obligations: Sequence[Obligation]) -> None:
        super().__init__(program)
        self.obligations = tuple(obligations)
        weights = np.asarray(program.probabilities, dtype=np.float64)
        self._parts = laid_out(self.obligations, weights, self._width, self._height)
        self._added = sum(part.root_count for part in self._parts)
        self._spare_bounds = np.concatenate([np.empty(0), *(part.spare_bounds for part in self._parts)])
        self._rows = len(self._parts) + sum(one.limits for one in self.obligations)
        self._root = self._make_root()

    # -- the protocol -------------------------------------------------------------------------------------------------

    @property
    def column_names(self) -> tuple[str, ...]:
        spare = [f"{part.obligation.name}.spare[{k}]" for part in self._parts for k in range(len(part.spare_bounds))]
        return (*self.program.column_names, *self._root.names[len(self.program.root.names) :], *spare)

    @property
    def row_names(self) -> tuple[str, ...]:
        limits = [f"{one.name}.limit[{k}]" for one in self.obligations for k in range(one.limits)]
        return (*self.program.row_names, *(f"{one.name}.probability" for one in self.obligations), *limits)

    def scenario(self, index: int) -> LinearProgram:
        inner = self.program.scenario(index)
        if inner.matrix.shape != (self._height, self._width):
            raise ModelError(f"{self.name}: scenario {self.scenario_names[index]!r} has other columns than the rest")
        entries = [entry for part in self._parts for entry in part.entries(index, inner.matrix)]
        own = sp.coo_array(inner.matrix)
        places = (
            np.concatenate([own.coords[0], *(entry.row for entry in entries)]),
            np.concatenate([own.coords[1], *(entry.column for entry in entries)]),
        )
        shape = (self._height + self._rows, self._width + self._added + len(self._spare_bounds))
        values = np.concatenate([own.data, *(entry.value for entry in entries)])
        matrix = sp.csc_array(sp.coo_array((values, places), shape=shape))
        matrix.sort_indices()
        limits, zeros = sum(one.limits for one in self.obligations), np.zeros(len(self._spare_bounds))
        lower, upper, binary = (np.concatenate([getattr(part, name) for part in self._parts]) for name in _OF_ROOT)
        return replace(
            inner,
            matrix=matrix,
            cost=np.concatenate([inner.cost, np.zeros(self._added), zeros]),
            row_lower=np.concatenate([inner.row_lower, np.full(self._rows, -np.inf)]),
            row_upper=np.concatenate([inner.row_upper, [part.allowed for part in self._parts], np.zeros(limits)]),
            column_lower=np.concatenate([inner.column_lower, lower, zeros]),
            column_upper=np.concatenate([inner.column_upper, upper, self._spare_bounds]),
            integer=np.concatenate([inner.integer, binary.astype(bool), zeros.astype(bool)]),
        )

    # -- back to the inner program ------------------------------------------------------------------------------------

    def inner_row_duals(self, row_dual: FloatArray) -> FloatArray:
        """Duals of the inner program's rows."""
        return row_dual[: self._height]

    # -- inside -------------------------------------------------------------------------------------------------------

    def _make_root(self) -> RootStage:
        names = [f"{part.obligation.name}.{name}" for part in self._parts for name in part.root_names]
        return self._extended_root(names, np.ones(len(names)))

    def _nearest(self, point: FloatArray) -> FloatArray:
        count = len(self.program.root.columns)
        lower, upper, binary = (np.concatenate([getattr(part, name) for part in self._parts]) for name in _OF_ROOT)
        own = np.clip(point[count:], lower, upper)
        return np.concatenate([self.program.root.nearest(point[:count]), np.where(binary > 0, np.round(own), own)])
