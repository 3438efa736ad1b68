"""A program with columns and rows of its own behind those of another one, as a risk measure or a rule adds them.

Columns of the inner program keep their numbers, and so do its rows. What is added has a name; of the rest the inner
program says what it is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Generic, TypeVar

import numpy as np

from mes_stoch.model.program import FloatArray, LinearProgram, RootStage, StochasticProgram

P = TypeVar("P", bound=StochasticProgram)


class ExtendedProgram(ABC, Generic[P]):
    """A :class:`~mes_stoch.model.program.StochasticProgram` that adds columns and rows to every scenario of another.

    Who extends it sets ``_root``, for which :meth:`_extended_root` is there.

    Parameters
    ----------
    program : StochasticProgram
        All of its scenarios have the same columns and rows.
    """

    _root: RootStage

    def __init__(self, program: P) -> None:
        self.program = program
        self._width, self._height = len(program.column_names), len(program.row_names)

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
    @abstractmethod
    def column_names(self) -> tuple[str, ...]: ...

    @property
    @abstractmethod
    def row_names(self) -> tuple[str, ...]: ...

    @abstractmethod
    def scenario(self, index: int) -> LinearProgram: ...

    # -- what columns and rows are ------------------------------------------------------------------------------------

    def describe_column(self, column: int) -> str:
        """What the inner program says of a column; the name of one that is added."""
        if column >= self._width:
            return self.column_names[column]
        return str(getattr(self.program, "describe_column", self.program.column_names.__getitem__)(column))

    def describe_row(self, row: int) -> str:
        """What the inner program says of a row; the name of one that is added."""
        if row >= self._height:
            names = self.row_names
            return names[row] if row < len(names) else f"row {row}"
        return str(getattr(self.program, "describe_row", self.program.row_names.__getitem__)(row))

    def row_is_target(self, row: int) -> bool:
        """What the inner program says of a row."""
        said = getattr(self.program, "row_is_target", None)
        return said is not None and row < self._height and bool(said(row))

    # -- back to the inner program ------------------------------------------------------------------------------------

    def inner_values(self, values: FloatArray) -> FloatArray:
        """Values of the inner program's columns."""
        return values[: self._width]

    def inner_root(self, root: FloatArray) -> FloatArray:
        """The inner program's part of a root point."""
        return root[: len(self.program.root.columns)]

    # -- for those that extend it -------------------------------------------------------------------------------------

    def _extended_root(self, names: Sequence[str], rho_scale: FloatArray) -> RootStage:
        """The root with the first of the added columns, one a name, on which scenarios agree as well."""
        inner, count = self.program.root, len(names)
        return replace(
            inner,
            columns=np.concatenate([inner.columns, self._width + np.arange(count)]).astype(np.int32),
            names=(*inner.names, *names),
            consensus=np.concatenate([inner.consensus, np.ones(count, dtype=bool)]),
            rho_scale=np.concatenate([inner.rho_scale, rho_scale]),
            nearest=self._nearest,
        )

    @abstractmethod
    def _nearest(self, point: FloatArray) -> FloatArray:
        """A root point near to another one that satisfies the root's own constraints."""
