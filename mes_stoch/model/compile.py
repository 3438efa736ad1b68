"""From one Pyomo model with data placeholders to numeric patches.

Equations
---------
With ``d`` the data of a scenario (all placeholder series one after another), every number of the scenario program is
affine in it::

    v(d) = constant + slope d

where ``v`` holds, one after another, the matrix coefficients, the data part of each row, the coefficients of each
profit stream, its constant, and the coefficients and constants of the reported flows. Pyomo walks the model once per
structure; a scenario then costs one sparse matrix-vector product.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from pyomo.repn import generate_standard_repn

from mes_stoch.model.phases import phase
from mes_stoch.model.program import FloatArray, IndexArray, LinearProgram
from mes_stoch.model.site_model import SiteModel
from mes_stoch.schema.errors import ModelError


@dataclass(frozen=True)
class AffineForm:
    """Sparse linear expressions of the columns whose coefficients and constants are affine in the data.

    ``expression``, ``column`` locate each coefficient; ``coefficient_slice`` and ``constant_slice`` find it in
    ``v(d)``.
    """

    count: int
    expression: IndexArray
    column: IndexArray
    coefficient_slice: slice
    constant_slice: slice

    def matrix(self, stamped: FloatArray, columns: int) -> sp.csr_array:
        """Coefficients as a sparse matrix, shape (expressions, columns)."""
        return sp.csr_array(
            (stamped[self.coefficient_slice], (self.expression, self.column)), shape=(self.count, columns)
        )


class _AffineBuilder:
    """Collects ``v(d)`` entry by entry."""

    def __init__(self, column_of: dict[int, int], datum_of: dict[int, int]) -> None:
        self._column_of = column_of
        self._datum_of = datum_of
        self.constant: list[float] = []
        self._slope_row: list[int] = []
        self._slope_column: list[int] = []
        self._slope_value: list[float] = []

    def add(self, expressions: Iterable[tuple[object, Any]]) -> AffineForm:
        """Append the coefficients of some expressions, then their constants.

        What an expression is called is put into words only where it must be named.
        """
        rows: list[int] = []
        columns: list[int] = []
        constants: list[tuple[float, dict[int, float]]] = []
        start = len(self.constant)
        count = 0
        for index, (label, expression) in enumerate(expressions):
            coefficients, constant = self._read(label, expression)
            for column in sorted(coefficients):
                rows.append(index)
                columns.append(column)
                self._append(*coefficients[column])
            constants.append(constant)
            count += 1
        middle = len(self.constant)
        for constant in constants:
            self._append(*constant)
        return AffineForm(
            count,
            np.asarray(rows, dtype=np.int32),
            np.asarray(columns, dtype=np.int32),
            slice(start, middle),
            slice(middle, len(self.constant)),
        )

    def _append(self, constant: float, slopes: dict[int, float]) -> None:
        entry = len(self.constant)
        self.constant.append(constant)
        for datum, slope in slopes.items():
            self._slope_row.append(entry)
            self._slope_column.append(datum)
            self._slope_value.append(slope)

    def _read(
        self, label: object, expression: Any
    ) -> tuple[dict[int, tuple[float, dict[int, float]]], tuple[float, dict[int, float]]]:
        form = generate_standard_repn(expression, compute_values=True, quadratic=True)
        if form.nonlinear_expr is not None:
            raise ModelError(f"{label}: not linear in the variables and the data")
        fixed: dict[int, float] = {}
        by_data: dict[int, dict[int, float]] = {}
        constant_slopes: dict[int, float] = {}
        for value, variable in zip(form.linear_coefs, form.linear_vars, strict=True):
            column = self._column_of.get(id(variable))
            if column is not None:
                fixed[column] = fixed.get(column, 0.0) + float(value)
            else:
                datum = self._datum_of[id(variable)]
                constant_slopes[datum] = constant_slopes.get(datum, 0.0) + float(value)
        for value, (first, second) in zip(form.quadratic_coefs, form.quadratic_vars, strict=True):
            column, datum = self._column_and_datum(label, first, second)
            slopes = by_data.setdefault(column, {})
            slopes[datum] = slopes.get(datum, 0.0) + float(value)
        coefficients = {column: (fixed.get(column, 0.0), by_data.get(column, {})) for column in {*fixed, *by_data}}
        return coefficients, (float(form.constant), constant_slopes)

    def _column_and_datum(self, label: object, first: Any, second: Any) -> tuple[int, int]:
        for variable, datum in ((first, second), (second, first)):
            if id(variable) in self._column_of and id(datum) in self._datum_of:
                return self._column_of[id(variable)], self._datum_of[id(datum)]
        raise ModelError(f"{label}: product of two variables or of two data series; derive the data instead")

    def slope(self, data: int) -> sp.csr_array:
        return sp.csr_array(
            (self._slope_value, (self._slope_row, self._slope_column)), shape=(len(self.constant), data)
        )


@dataclass(frozen=True)
class CompiledStructure:
    """Everything of a scenario program but the data; see the module's equations."""

    constant: FloatArray
    slope: sp.csr_array
    rows: AffineForm
    streams: AffineForm
    flows: AffineForm
    stream_names: tuple[str, ...]
    row_lower: FloatArray
    row_upper: FloatArray
    column_lower: FloatArray
    column_upper: FloatArray
    integer: np.ndarray[Any, np.dtype[np.bool_]]
    _order: IndexArray
    _indices: IndexArray
    _pointers: IndexArray

    @property
    def columns(self) -> int:
        return len(self.column_lower)

    def stamp(self, data: FloatArray) -> FloatArray:
        """All data-dependent numbers of a scenario, shape (entries,)."""
        return np.asarray(self.constant + self.slope @ data, dtype=float)

    def program(self, data: FloatArray) -> LinearProgram:
        """The scenario as arrays, in minimisation form."""
        stamped = self.stamp(data)
        matrix = sp.csc_array(
            (stamped[self.rows.coefficient_slice][self._order], self._indices, self._pointers),
            shape=(self.rows.count, self.columns),
        )
        shift = stamped[self.rows.constant_slice]
        cost = -np.bincount(
            self.streams.column, weights=stamped[self.streams.coefficient_slice], minlength=self.columns
        )
        return LinearProgram(
            matrix=matrix,
            cost=np.asarray(cost, dtype=float),
            offset=-float(stamped[self.streams.constant_slice].sum()),
            row_lower=self.row_lower - shift,
            row_upper=self.row_upper - shift,
            column_lower=self.column_lower.copy(),
            column_upper=self.column_upper.copy(),
            integer=self.integer,
        )


@phase("compile")
def compile_structure(site: SiteModel, flows: Sequence[tuple[str, Any]]) -> CompiledStructure:
    """Walk the Pyomo model once.

    Parameters
    ----------
    site : SiteModel
        Assembled, placeholders free.
    flows : sequence of (label, expression)
        Linear expressions to evaluate on solutions, besides the profit streams.

    Raises
    ------
    ModelError
        Where an expression is not affine in the variables with coefficients affine in the data.
    """
    variables = [variable for _, members in site.variables for variable in members]
    column_of = {id(variable): k for k, variable in enumerate(variables)}
    datum_of = {
        id(placeholder[t]): k * len(site.periods) + t
        for k, placeholder in enumerate(site.placeholders.values())
        for t in site.periods
    }
    builder = _AffineBuilder(column_of, datum_of)
    members = [constraint for _, group in site.constraints for constraint in group]
    # once each: Pyomo derives all three from the relation whenever one of them is asked for
    bounded = [constraint.to_bounded_expression(evaluate_bounds=True) for constraint in members]
    rows = builder.add((constraint, body) for constraint, (_, body, _) in zip(members, bounded, strict=True))
    streams = builder.add((name, sum(parts)) for name, parts in site.streams.items())
    reported = builder.add(flows)

    order = np.lexsort((rows.expression, rows.column)).astype(np.int32)
    pointers = np.zeros(len(variables) + 1, dtype=np.int32)
    np.add.at(pointers, rows.column + 1, 1)
    return CompiledStructure(
        constant=np.asarray(builder.constant, dtype=float),
        slope=builder.slope(len(datum_of)),
        rows=rows,
        streams=streams,
        flows=reported,
        stream_names=tuple(site.streams),
        row_lower=_bounds([lower for lower, _, _ in bounded], -np.inf),
        row_upper=_bounds([upper for _, _, upper in bounded], np.inf),
        column_lower=_bounds([v.lb for v in variables], -np.inf),
        column_upper=_bounds([v.ub for v in variables], np.inf),
        integer=np.asarray([not v.is_continuous() for v in variables], dtype=bool),
        _order=order,
        _indices=rows.expression[order],
        _pointers=np.cumsum(pointers, dtype=np.int32),
    )


def _bounds(values: Sequence[float | None], missing: float) -> FloatArray:
    return np.asarray([missing if value is None else float(value) for value in values], dtype=float)
