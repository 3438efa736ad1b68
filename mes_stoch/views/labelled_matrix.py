"""A sparse matrix whose rows and columns say what they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from mes_stoch.schema.errors import UsageError

Positions = NDArray[np.int64]

#: Level of an index that says when.
TIME = "time"


@dataclass(frozen=True)
class LabelledMatrix:
    """A sparse matrix with an index for its rows and one for its columns.

    Parameters
    ----------
    matrix : scipy.sparse.csr_array, shape (rows, columns)
    rows, columns : pandas.MultiIndex
        Their last level is ``time`` where a row or a column belongs to a step.
    """

    matrix: Any
    rows: pd.MultiIndex
    columns: pd.MultiIndex

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.rows), len(self.columns)

    def to_frame(self) -> pd.DataFrame:
        """The whole matrix as a data frame of sparse columns."""
        accessor: Any = pd.DataFrame.sparse
        frame: pd.DataFrame = accessor.from_spmatrix(sp.csr_matrix(self.matrix))
        return frame.set_axis(self.rows, axis=0).set_axis(self.columns, axis=1)

    def at(self, step: int) -> pd.DataFrame:
        """Rows of one step and all columns, dense, without the time in their labels.

        A column stands for what acts in that step, such as the state of a unit that is kept for several.

        Raises
        ------
        UsageError
            There is no such step, or rows do not go by steps.
        """
        if TIME not in self.rows.names:
            raise UsageError("rows of this matrix have no time; to_frame() and entries() give all of them")
        moments = self.rows.unique(TIME).sort_values()
        if not _is_whole(step) or not 0 <= step < len(moments):
            raise UsageError(f"there are steps 0 to {len(moments) - 1}; found {step!r}")
        rows = np.flatnonzero(self.rows.get_level_values(TIME) == moments[step])
        labels = self.columns.droplevel(TIME)
        names = labels.unique()
        places = (np.arange(len(labels)), names.get_indexer(labels))
        gather = sp.csr_array((np.ones(len(labels)), places), shape=(len(labels), len(names)))
        return pd.DataFrame((self.matrix[rows] @ gather).toarray(), self.rows[rows].droplevel(TIME), names)

    def entries(self) -> pd.DataFrame:
        """A row for each entry that is not zero: labels of its row, labels of its column, and ``value``."""
        found = sp.coo_array(self.matrix)
        order = np.lexsort((found.col, found.row))
        rows, columns = found.row[order], found.col[order]
        parts = [
            self.rows[rows].to_frame(index=False).add_prefix("row_"),
            self.columns[columns].to_frame(index=False).add_prefix("column_"),
            pd.DataFrame({"value": found.data[order]}),
        ]
        return pd.concat(parts, axis=1)

    def __matmul__(self, other: LabelledMatrix) -> LabelledMatrix:
        product = sp.csr_array(self.matrix @ other.matrix)
        product.eliminate_zeros()
        return LabelledMatrix(product, self.rows, other.columns)

    def __neg__(self) -> LabelledMatrix:
        return LabelledMatrix(-self.matrix, self.rows, self.columns)

    def with_columns(self, columns: Positions) -> LabelledMatrix:
        """Some of the columns, by position."""
        return LabelledMatrix(sp.csr_array(self.matrix[:, columns]), self.rows, self.columns[columns])


def _is_whole(number: Any) -> bool:
    return isinstance(number, int | np.integer) and not isinstance(number, bool)
