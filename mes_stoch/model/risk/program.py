"""A risk-averse plan as a stochastic program like any other, so that every engine solves it.

Equations
---------
With ``beta`` the weight of the measure and the columns and rows of :mod:`mes_stoch.model.risk.measure`::

    maximise    sum_s p_s ((1 - beta) profit_s + beta (value_root' v + value_leaf' w_s))
    subject to  the rows of every scenario,   lower <= R v + L w_s + g profit_s <= upper      for every scenario s

In the minimisation form of a scenario, ``profit_s = -(c_s' x_s + o_s)``: its costs are multiplied by ``1 - beta``, and
a row of the measure holds its costs as coefficients. Columns of the root come after the scenario's own, then those of
the scenario, so that every column and row keeps its number. All of them count money in ``survey.unit``: what a solver's
absolute tolerances leave open (:mod:`mes_stoch.solvers.proofs.search_bounds`) is a share of how far they reach in it.

With three stages this is applied to the leaves, before they are bundled by day-ahead node: the measure is of the profit
of leaves, and its columns at the root are common to all nodes.

Source
------
Rockafellar & Uryasev (2000), DOI 10.21314/JOR.2000.038; two-stage mean-risk programs: Noyan (2012), Risk-averse
two-stage stochastic programming with an application to disaster management, DOI 10.1016/j.cor.2011.03.017.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from mes_stoch.model.extended_program import ExtendedProgram, P
from mes_stoch.model.program import FloatArray, IndexArray, LinearProgram, RootStage
from mes_stoch.model.risk.measure import ProfitSurvey, RiskMeasure, RiskTerms
from mes_stoch.schema.errors import ModelError, UsageError


class RiskProgram(ExtendedProgram[P]):
    """A :class:`~mes_stoch.model.program.StochasticProgram` that maximises expected profit and a measure of risk.

    Parameters
    ----------
    program : StochasticProgram
        All of its scenarios have the same columns.
    measure : RiskMeasure
    beta : float
        Weight of the measure, above 0 and at most 1; the expectation has the rest.
    survey : ProfitSurvey
        What is proven of the program's profits.

    Raises
    ------
    UsageError
        A weight outside of (0, 1].
    ModelError
        Profits without finite bounds, or, when a scenario is asked for, one with columns that others do not have.
    """

    def __init__(self, program: P, measure: RiskMeasure, beta: float, survey: ProfitSurvey) -> None:
        if not 0.0 < beta <= 1.0:
            raise UsageError(f"the weight of risk is above 0 and at most 1 in a risk-averse program; found {beta}")
        super().__init__(program)
        self.measure = measure
        self.beta = beta
        self._unit = survey.unit
        self._priced: IndexArray = np.asarray(survey.priced, dtype=np.int32)
        self._terms = measure.terms(np.asarray(program.probabilities, dtype=np.float64), survey)
        if not (np.isfinite(self._terms.root.lower) & np.isfinite(self._terms.root.upper)).all():
            raise ModelError(f"{program.name}: the profit has no proven finite bounds, which a measure of risk needs")
        self._pattern: _Pattern | None = None
        self._root = self._make_root()

    # -- the protocol -------------------------------------------------------------------------------------------------

    @property
    def column_names(self) -> tuple[str, ...]:
        return (*self.program.column_names, *self._terms.root.names, *self._terms.leaf.names)

    @property
    def row_names(self) -> tuple[str, ...]:
        return (*self.program.row_names, *self._terms.row_names)

    def scenario(self, index: int) -> LinearProgram:
        inner = self.program.scenario(index)
        if len(inner.cost) != self._width:
            raise ModelError(f"{self.name}: scenario {self.scenario_names[index]!r} has other columns than the rest")
        terms, beta = self._terms, self.beta
        moved, unit = terms.profit_coefficient * inner.offset, self._unit
        weight = -beta * unit
        none = np.zeros(len(terms.root.names) + len(terms.leaf.names), dtype=bool)
        return LinearProgram(
            matrix=self._matrix(inner),
            cost=np.concatenate([(1.0 - beta) * inner.cost, weight * terms.root.value, weight * terms.leaf.value]),
            offset=(1.0 - beta) * inner.offset,
            row_lower=np.concatenate([inner.row_lower, (terms.row_lower + moved) / unit]),
            row_upper=np.concatenate([inner.row_upper, (terms.row_upper + moved) / unit]),
            column_lower=np.concatenate([inner.column_lower, terms.root.lower / unit, terms.leaf.lower / unit]),
            column_upper=np.concatenate([inner.column_upper, terms.root.upper / unit, terms.leaf.upper / unit]),
            integer=np.concatenate([inner.integer, none]),
        )

    # -- back to the inner program ------------------------------------------------------------------------------------

    def root_near(self, inner: FloatArray, money: float) -> FloatArray:
        """A root point with the inner program's part, and the measure's columns as near to an amount as they may be."""
        own = self._terms.root
        return np.concatenate([inner, np.clip(money, own.lower, own.upper) / self._unit])

    def profit_weight(self, row_dual: FloatArray) -> float:
        """What a unit of a scenario's profit is worth to the plan, by the duals of the scenario's rows."""
        own = row_dual[self._height :]
        return float(1.0 - self.beta + self._terms.profit_coefficient @ own / self._unit)

    def inner_row_duals(self, row_dual: FloatArray) -> FloatArray:
        """Duals of the inner program's rows per unit of the scenario's own cost; ``nan`` where it is worth nothing."""
        weight = self.profit_weight(row_dual)
        return row_dual[: self._height] / (weight if weight > 1e-9 else np.nan)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _make_root(self) -> RootStage:
        added = self._terms.root
        # what a unit is worth, for a move of the likely size
        penalty = self.beta * np.abs(added.value) / self._terms.root_scale * self._unit**2
        return self._extended_root(added.names, penalty)

    def _nearest(self, point: FloatArray) -> FloatArray:
        inner, added = self.program.root, self._terms.root
        count = len(inner.columns)
        own = np.clip(point[count:], added.lower / self._unit, added.upper / self._unit)
        return np.concatenate([inner.nearest(point[:count]), own])

    def _matrix(self, inner: LinearProgram) -> sp.csc_array:
        """The inner matrix with the measure's rows below it and its columns behind it.

        Every column that costs in some scenario has an entry in all of them, so that scenarios have one pattern.
        """
        terms = self._terms
        if self._pattern is None or not self._pattern.is_that_of(inner.matrix):
            self._pattern = _Pattern.of(inner.matrix, terms, self._priced)
        entries = [
            inner.matrix.data,
            np.outer(-terms.profit_coefficient / self._unit, inner.cost[self._priced]).ravel(),
            terms.root_matrix.ravel(),
            terms.leaf_matrix.ravel(),
        ]
        return self._pattern.matrix(np.concatenate(entries))


@dataclass(frozen=True)
class _Pattern:
    """A sparsity pattern of scenarios, and where their entries go: ``data = entries [order]``."""

    inner_indices: IndexArray
    inner_pointers: IndexArray
    order: NDArray[np.int64]
    indices: IndexArray
    pointers: IndexArray
    shape: tuple[int, int]

    @staticmethod
    def of(inner: sp.csc_array, terms: RiskTerms, priced: IndexArray) -> _Pattern:
        """Entries are the inner ones, then row by row of the measure: costs, columns of the root, of the scenario."""
        rows, width = inner.shape
        count, first = len(terms.row_names), width + len(terms.root.names)
        last = first + len(terms.leaf.names)
        blocks = (priced, np.arange(width, first), np.arange(first, last))
        column = np.concatenate(
            [np.repeat(np.arange(width), np.diff(inner.indptr)), *(np.tile(columns, count) for columns in blocks)]
        )
        row = np.concatenate([inner.indices, *(np.repeat(rows + np.arange(count), len(columns)) for columns in blocks)])
        order = np.lexsort((row, column))
        return _Pattern(
            inner_indices=inner.indices,
            inner_pointers=inner.indptr,
            order=order,
            indices=row[order].astype(np.int32),
            pointers=np.concatenate([[0], np.cumsum(np.bincount(column, minlength=last))]).astype(np.int32),
            shape=(rows + count, last),
        )

    def is_that_of(self, inner: sp.csc_array) -> bool:
        if inner.indices is self.inner_indices and inner.indptr is self.inner_pointers:
            return True
        return np.array_equal(inner.indptr, self.inner_pointers) and np.array_equal(inner.indices, self.inner_indices)

    def matrix(self, entries: FloatArray) -> sp.csc_array:
        return sp.csc_array((entries[self.order], self.indices, self.pointers), shape=self.shape)
