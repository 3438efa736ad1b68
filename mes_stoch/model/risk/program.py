"""A risk-averse plan as a stochastic program like any other, so that every engine solves it.

Equations
---------
With ``beta`` the weight of the measure and the columns and rows of :mod:`mes_stoch.model.risk.measure`::

    maximise    sum_s p_s ((1 - beta) profit_s + beta (value_root' v + value_leaf' w_s))
    subject to  the rows of every scenario,   lower <= R v + L w_s + g profit_s <= upper      for every scenario s

In the minimisation form of a scenario, ``profit_s = -(c_s' x_s + o_s)``: its costs are multiplied by ``1 - beta``, and
a row of the measure holds its costs as coefficients. Columns of the root come after the scenario's own, then those of
the scenario, so that every column and row keeps its number.

With three stages this is applied to the leaves, before they are bundled by day-ahead node: the measure is of the profit
of leaves, and its columns at the root are common to all nodes.

Source
------
Rockafellar & Uryasev (2000), DOI 10.21314/JOR.2000.038; two-stage mean-risk programs: Noyan (2012), Risk-averse
two-stage stochastic programming with an application to disaster management, DOI 10.1016/j.cor.2011.03.017.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Generic, TypeVar

import numpy as np
import scipy.sparse as sp

from mes_stoch.model.program import FloatArray, IndexArray, LinearProgram, RootStage, StochasticProgram
from mes_stoch.model.risk.measure import ProfitSurvey, RiskMeasure
from mes_stoch.schema.errors import ModelError, UsageError

P = TypeVar("P", bound=StochasticProgram)


class RiskProgram(Generic[P]):
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
        self.program = program
        self.measure = measure
        self.beta = beta
        self._priced: IndexArray = np.asarray(survey.priced, dtype=np.int32)
        self._terms = measure.terms(np.asarray(program.probabilities, dtype=np.float64), survey)
        if not (np.isfinite(self._terms.root.lower) & np.isfinite(self._terms.root.upper)).all():
            raise ModelError(f"{program.name}: the profit has no proven finite bounds, which a measure of risk needs")
        self._width = len(program.column_names)
        self._pattern: tuple[IndexArray, IndexArray] | None = None
        self._order, self._indices, self._pointers = np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.int32)
        self._root = self._make_root()

    # -- the protocol -------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        return self.program.name

    @property
    def scenario_names(self) -> tuple[str, ...]:
        return self.program.scenario_names

    @property
    def probabilities(self) -> FloatArray:
        return self.program.probabilities

    @property
    def root(self) -> RootStage:
        return self._root

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
        moved = terms.profit_coefficient * inner.offset
        none = np.zeros(len(terms.root.names) + len(terms.leaf.names), dtype=bool)
        return LinearProgram(
            matrix=self._matrix(inner),
            cost=np.concatenate([(1.0 - beta) * inner.cost, -beta * terms.root.value, -beta * terms.leaf.value]),
            offset=(1.0 - beta) * inner.offset,
            row_lower=np.concatenate([inner.row_lower, terms.row_lower + moved]),
            row_upper=np.concatenate([inner.row_upper, terms.row_upper + moved]),
            column_lower=np.concatenate([inner.column_lower, terms.root.lower, terms.leaf.lower]),
            column_upper=np.concatenate([inner.column_upper, terms.root.upper, terms.leaf.upper]),
            integer=np.concatenate([inner.integer, none]),
        )

    # -- what columns and rows are ------------------------------------------------------------------------------------

    def describe_column(self, column: int) -> str:
        """What the inner program says of a column; the name of one that the measure adds."""
        if column >= self._width:
            return self.column_names[column]
        return str(getattr(self.program, "describe_column", self.program.column_names.__getitem__)(column))

    def describe_row(self, row: int) -> str:
        """What the inner program says of a row; the name of one that the measure adds."""
        count = len(self.program.row_names)
        if row >= count:
            return self._terms.row_names[row - count] if row < count + len(self._terms.row_names) else f"row {row}"
        return str(getattr(self.program, "describe_row", self.program.row_names.__getitem__)(row))

    def row_is_target(self, row: int) -> bool:
        """What the inner program says of a row."""
        said = getattr(self.program, "row_is_target", None)
        return said is not None and row < len(self.program.row_names) and bool(said(row))

    # -- back to the inner program ------------------------------------------------------------------------------------

    def inner_values(self, values: FloatArray) -> FloatArray:
        """Values of the inner program's columns."""
        return values[: self._width]

    def inner_root(self, root: FloatArray) -> FloatArray:
        """The inner program's part of a root point."""
        return root[: len(self.program.root.columns)]

    def profit_weight(self, row_dual: FloatArray) -> float:
        """What a unit of a scenario's profit is worth to the plan, by the duals of the scenario's rows."""
        own = row_dual[len(self.program.row_names) :]
        return float(1.0 - self.beta + self._terms.profit_coefficient @ own)

    def inner_row_duals(self, row_dual: FloatArray) -> FloatArray:
        """Duals of the inner program's rows per unit of the scenario's own cost; ``nan`` where it is worth nothing."""
        weight = self.profit_weight(row_dual)
        return row_dual[: len(self.program.row_names)] / (weight if weight > 1e-9 else np.nan)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _make_root(self) -> RootStage:
        inner, added = self.program.root, self._terms.root
        count = len(inner.columns)

        def nearest(point: FloatArray) -> FloatArray:
            own = np.clip(point[count:], added.lower, added.upper)
            return np.concatenate([inner.nearest(point[:count]), own])

        return replace(
            inner,
            columns=np.concatenate([inner.columns, self._width + np.arange(len(added.names))]).astype(np.int32),
            names=(*inner.names, *added.names),
            consensus=np.concatenate([inner.consensus, np.ones(len(added.names), dtype=bool)]),
            # what a unit is worth, for a move of the likely size
            rho_scale=np.concatenate([inner.rho_scale, self.beta * np.abs(added.value) / self._terms.root_scale]),
            nearest=nearest,
        )

    def _matrix(self, inner: LinearProgram) -> sp.csc_array:
        """The inner matrix with the measure's rows below it and its columns behind it.

        Every column that costs in some scenario has an entry in all of them, so that scenarios have one pattern.
        """
        matrix, terms = inner.matrix, self._terms
        if self._pattern is None or not _is_pattern_of(self._pattern, matrix):
            self._remember(matrix)
        entries = [
            matrix.data,
            np.outer(-terms.profit_coefficient, inner.cost[self._priced]).ravel(),
            terms.root_matrix.ravel(),
            terms.leaf_matrix.ravel(),
        ]
        shape = (matrix.shape[0] + len(terms.row_names), self._width + len(terms.root.names) + len(terms.leaf.names))
        return sp.csc_array((np.concatenate(entries)[self._order], self._indices, self._pointers), shape=shape)

    def _remember(self, matrix: sp.csc_array) -> None:
        """Note where the entries go for all scenarios of this pattern."""
        count = len(self._terms.row_names)
        root = np.arange(self._width, self._width + len(self._terms.root.names))
        leaf = np.arange(self._width + len(root), self._width + len(root) + len(self._terms.leaf.names))
        blocks = (self._priced, root, leaf)
        column_parts = [np.repeat(np.arange(self._width), np.diff(matrix.indptr))]
        row_parts = [np.asarray(matrix.indices, dtype=np.int64)]
        column_parts += [np.tile(columns, count) for columns in blocks]
        row_parts += [np.repeat(matrix.shape[0] + np.arange(count), len(columns)) for columns in blocks]
        column, row = np.concatenate(column_parts), np.concatenate(row_parts)
        self._order = np.lexsort((row, column))
        self._indices = row[self._order].astype(np.int32)
        self._pointers = np.concatenate(
            [[0], np.cumsum(np.bincount(column, minlength=self._width + len(root) + len(leaf)))]
        ).astype(np.int32)
        self._pattern = matrix.indices, matrix.indptr


def _is_pattern_of(pattern: tuple[IndexArray, IndexArray], matrix: sp.csc_array) -> bool:
    indices, pointers = pattern
    if matrix.indices is indices and matrix.indptr is pointers:
        return True
    return np.array_equal(matrix.indptr, pointers) and np.array_equal(matrix.indices, indices)
