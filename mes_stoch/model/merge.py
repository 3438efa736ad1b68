"""Programs side by side that share some of their columns, as one program.

Equations
---------
From programs ``k`` with columns split into shared ones and their own, and weights ``w_k``::

    minimise    sum_k w_k (c_k[shared]' x + c_k[own]' y_k + o_k)
    subject to  the rows of every program k on (x, y_k)

with one copy ``x`` of the shared columns (bounds intersected, integer where any program says so) and one block ``y_k``
per program. Rows that hold shared columns alone stand once where a program states them as the first one does.

Layout: columns are the shared ones, then block after block; rows are all of the first program, then those of each
further one without its rows on shared columns alone, and last such rows of programs that state them differently.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp

from mes_stoch.model.program import BoolArray, FloatArray, IndexArray, LinearProgram

_EPSILON = 2.0**-52  # twice the error of one rounding


@dataclass(frozen=True)
class Merged:
    """The merged program and where things stand in it.

    Parameters
    ----------
    program : LinearProgram
    block_starts : int array
        First column of every member's own block; the columns before the first are shared.
    cost_rounding : array, shape (columns,)
        By how much the costs may differ from the members' weighted ones, which are rounded and added up.
    offset_rounding : float
        The same for the constant.
    own_cost : array, shape (columns of all blocks)
        Costs of the members' own columns without their weights, so that signs and sums are those of the members;
        zero where the weight is.
    """

    program: LinearProgram
    block_starts: IndexArray
    cost_rounding: FloatArray
    offset_rounding: float
    own_cost: FloatArray
    _structure: _Structure

    def rows_of(self, member: int) -> IndexArray:
        """Row of the merged program for every row of a member; rows stated once have the first member's place."""
        return self._structure.rows[member]


class Merger:
    """Merges programs that share the same columns.

    Programs of one sparsity pattern are taken apart once; so is a merged program of as many members as an earlier one.

    Parameters
    ----------
    shared : int array
        Shared columns, in the order they take in the merged program.
    """

    def __init__(self, shared: IndexArray) -> None:
        self._shared = np.asarray(shared, dtype=np.int32)
        self._last: _Pattern | None = None

    def merge(self, programs: Iterable[LinearProgram], weights: Sequence[float] | FloatArray) -> Merged:
        """One program of all ``programs``, the cost of each times its weight."""
        shared = _SharedPart(self._shared)
        patterns: list[_Pattern] = []
        entries: list[FloatArray] = []
        differs: list[bool] = []
        costs, alone, rounded, lowers, uppers, integers = [], [], [], [], [], []
        row_bounds: list[tuple[FloatArray, FloatArray]] = []
        for program, weight in zip(programs, weights, strict=True):
            pattern = self._pattern(program)
            patterns.append(pattern)
            entries.append(program.matrix.data)
            differs.append(not shared.add(program, float(weight), pattern))
            own = pattern.own_columns
            costs.append(weight * program.cost[own])
            alone.append(program.cost[own] * float(weight != 0))
            # times a power of two nothing is rounded
            rounded.append(np.abs(costs[-1]) if math.frexp(weight)[0] != 0.5 else np.zeros(len(own)))
            lowers.append(program.column_lower[own])
            uppers.append(program.column_upper[own])
            integers.append(program.integer[own])
            row_bounds.append((program.row_lower, program.row_upper))
        structure = _structure(patterns, differs, len(self._shared))
        row_lower, row_upper = structure.take_rows(row_bounds)
        cost = np.concatenate([shared.cost, *costs])
        rounding = _EPSILON * np.concatenate([(len(patterns) + 1) * shared.cost_size, *rounded])
        return Merged(
            LinearProgram(
                matrix=structure.matrix(entries),
                cost=cost,
                offset=shared.offset,
                row_lower=row_lower,
                row_upper=row_upper,
                column_lower=np.concatenate([shared.lower, *lowers]),
                column_upper=np.concatenate([shared.upper, *uppers]),
                integer=np.concatenate([shared.integer, *integers]),
            ),
            structure.block_starts,
            rounding,
            (len(patterns) + 1) * _EPSILON * shared.offset_size,
            np.concatenate(alone),
            structure,
        )

    def _pattern(self, program: LinearProgram) -> _Pattern:
        if self._last is None or not self._last.is_that_of(program):
            self._last = _Pattern.of(program, self._shared)
        return self._last


@dataclass(frozen=True)
class _Pattern:
    """Where the entries of a sparsity pattern belong.

    ``*_entries`` are positions among the matrix's entries, column by column. ``alone`` marks rows on shared columns
    alone; ``later_rows`` numbers the others.
    """

    indices: IndexArray
    pointers: IndexArray
    own_columns: IndexArray
    own_entries: IndexArray
    own_pointers: IndexArray
    shared_entries: IndexArray
    shared_columns: IndexArray
    alone: BoolArray
    alone_entries: IndexArray
    bound_entries: BoolArray
    later_rows: IndexArray
    structures: dict[int, _Structure] = field(default_factory=dict)

    @staticmethod
    def of(program: LinearProgram, shared: IndexArray) -> _Pattern:
        indices, pointers = program.matrix.indices, program.matrix.indptr
        counts = np.diff(pointers)
        is_own = np.ones(len(counts), dtype=bool)
        is_own[shared] = False
        own_entries = np.flatnonzero(np.repeat(is_own, counts)).astype(np.int32)
        parts = [np.arange(pointers[column], pointers[column + 1], dtype=np.int32) for column in shared]
        shared_entries = np.concatenate([np.empty(0, dtype=np.int32), *parts])
        alone = np.bincount(indices[own_entries], minlength=program.matrix.shape[0]) == 0
        in_alone = alone[indices[shared_entries]]
        return _Pattern(
            indices=indices,
            pointers=pointers,
            own_columns=np.flatnonzero(is_own).astype(np.int32),
            own_entries=own_entries,
            own_pointers=np.concatenate([[0], np.cumsum(counts[is_own])]).astype(np.int32),
            shared_entries=shared_entries,
            shared_columns=np.repeat(np.arange(len(shared), dtype=np.int32), counts[shared]),
            alone=alone,
            alone_entries=shared_entries[in_alone],
            bound_entries=~in_alone,
            later_rows=(np.cumsum(~alone) - 1).astype(np.int32),
        )

    def is_that_of(self, program: LinearProgram) -> bool:
        matrix = program.matrix
        if matrix.indices is self.indices and matrix.indptr is self.pointers:
            return True
        return (
            matrix.shape == (len(self.alone), len(self.pointers) - 1)
            and np.array_equal(matrix.indptr, self.pointers)
            and np.array_equal(matrix.indices, self.indices)
        )

    @property
    def row_count(self) -> int:
        return len(self.alone)


class _SharedPart:
    """Collects what the members say of the shared columns."""

    def __init__(self, columns: IndexArray) -> None:
        self._columns = columns
        self.cost = np.zeros(len(columns))
        self.offset = 0.0
        self.cost_size = np.zeros(len(columns))
        self.offset_size = 0.0
        self.lower = np.full(len(columns), -np.inf)
        self.upper = np.full(len(columns), np.inf)
        self.integer = np.zeros(len(columns), dtype=bool)
        self._first: tuple[_Pattern, LinearProgram] | None = None

    def add(self, program: LinearProgram, weight: float, pattern: _Pattern) -> bool:
        """Take a member in; whether it states its rows on shared columns alone as the first one did."""
        columns = self._columns
        self.cost += weight * program.cost[columns]
        self.offset += weight * program.offset
        self.cost_size += np.abs(weight * program.cost[columns])
        self.offset_size += abs(weight * program.offset)
        self.lower = np.maximum(self.lower, program.column_lower[columns])
        self.upper = np.minimum(self.upper, program.column_upper[columns])
        self.integer |= program.integer[columns]
        if self._first is None:
            self._first = pattern, program
            return True
        first_pattern, first = self._first
        mine, theirs = pattern.alone, first_pattern.alone
        return (
            np.array_equal(program.row_lower[mine], first.row_lower[theirs])
            and np.array_equal(program.row_upper[mine], first.row_upper[theirs])
            and self._same_coefficients(pattern, program)
        )

    def _same_coefficients(self, pattern: _Pattern, program: LinearProgram) -> bool:
        if self._first is None:  # pragma: no cover - asked of later members alone
            return True
        first_pattern, first = self._first
        if pattern is first_pattern:
            entries = pattern.alone_entries
            return np.array_equal(program.matrix.data[entries], first.matrix.data[entries])
        one, other = (
            sp.csc_array(p.matrix[:, self._columns])[q.alone, :].toarray()
            for q, p in ((pattern, program), (first_pattern, first))
        )
        return np.array_equal(one, other)


@dataclass(frozen=True)
class _Structure:
    """The merged matrix but for its numbers: ``data = all members' entries [take]``."""

    take: IndexArray
    indices: IndexArray
    pointers: IndexArray
    shape: tuple[int, int]
    block_starts: IndexArray
    rows: tuple[IndexArray, ...]
    stated: tuple[BoolArray, ...]

    def matrix(self, entries: Sequence[FloatArray]) -> sp.csc_array:
        data = np.concatenate(entries)[self.take]
        return sp.csc_array((data, self.indices, self.pointers), shape=self.shape)

    def take_rows(self, bounds: Sequence[tuple[FloatArray, FloatArray]]) -> tuple[FloatArray, FloatArray]:
        lower, upper = np.empty(self.shape[0]), np.empty(self.shape[0])
        for rows, stated, (low, high) in zip(self.rows, self.stated, bounds, strict=True):
            lower[rows[stated]], upper[rows[stated]] = low[stated], high[stated]
        return lower, upper


def _structure(patterns: Sequence[_Pattern], differs: Sequence[bool], shared_count: int) -> _Structure:
    """Looked up where all members have one pattern and agree on their common rows."""
    first = patterns[0]
    if any(differs) or any(pattern is not first for pattern in patterns):
        return _new_structure(patterns, differs, shared_count)
    known = first.structures.get(len(patterns))
    if known is None:
        known = first.structures[len(patterns)] = _new_structure(patterns, differs, shared_count)
    return known


def _new_structure(patterns: Sequence[_Pattern], differs: Sequence[bool], shared_count: int) -> _Structure:
    rows, stated, row_count = _place_rows(patterns, differs)
    entry_offset, column_offset, pointer_offset = 0, shared_count, 0
    starts: list[int] = []
    shared_take, shared_column, shared_row = [], [], []
    own_take, own_row, own_pointers = [], [], []
    for pattern, row, whole in zip(patterns, rows, (mask.all() for mask in stated), strict=True):
        entries, columns = pattern.shared_entries, pattern.shared_columns
        if not whole:
            entries, columns = entries[pattern.bound_entries], columns[pattern.bound_entries]
        shared_take.append(entries + entry_offset)
        shared_column.append(columns)
        shared_row.append(row[pattern.indices[entries]])
        own_take.append(pattern.own_entries + entry_offset)
        own_row.append(row[pattern.indices[pattern.own_entries]])
        own_pointers.append(pattern.own_pointers[1:] + pointer_offset)
        starts.append(column_offset)
        entry_offset += len(pattern.indices)
        pointer_offset += len(pattern.own_entries)
        column_offset += len(pattern.own_columns)
    column, row = np.concatenate(shared_column), np.concatenate(shared_row)
    # members follow one another with rising rows, unless rows were put last
    order = np.lexsort((row, column)) if any(differs) else np.argsort(column, kind="stable")
    shared_pointers = np.concatenate([[0], np.cumsum(np.bincount(column, minlength=shared_count))])
    pointers = np.concatenate([shared_pointers, *(own + shared_pointers[-1] for own in own_pointers)])
    return _Structure(
        take=np.concatenate([np.concatenate(shared_take)[order], *own_take]).astype(np.int32),
        indices=np.concatenate([row[order], *own_row]).astype(np.int32),
        pointers=pointers.astype(np.int32),
        shape=(row_count, column_offset),
        block_starts=np.array(starts, dtype=np.int32),
        rows=rows,
        stated=stated,
    )


def _place_rows(
    patterns: Sequence[_Pattern], differs: Sequence[bool]
) -> tuple[tuple[IndexArray, ...], tuple[BoolArray, ...], int]:
    """Merged row of every member's rows, which of them the member states itself, and how many there are."""
    first = patterns[0]
    first_alone = np.flatnonzero(first.alone).astype(np.int32)
    rows = [np.arange(first.row_count, dtype=np.int32)]
    stated = [np.ones(first.row_count, dtype=bool)]
    count = first.row_count
    for pattern, differing in zip(patterns[1:], differs[1:], strict=True):
        place = pattern.later_rows + np.int32(count)
        if not differing:
            place[pattern.alone] = first_alone
        rows.append(place)
        stated.append(np.ones(pattern.row_count, dtype=bool) if differing else ~pattern.alone)
        count += int(pattern.row_count - pattern.alone.sum())
    for pattern, place, differing in zip(patterns, rows, differs, strict=True):
        if differing:
            extra = int(pattern.alone.sum())
            place[pattern.alone] = np.arange(count, count + extra, dtype=np.int32)
            count += extra
    return tuple(rows), tuple(stated), count
