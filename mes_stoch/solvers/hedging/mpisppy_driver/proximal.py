"""A piecewise-linear proximal term inside a HiGHS model, of fixed size and moved with the average.

HiGHS solves no mixed-integer quadratic program, so progressive hedging's quadratic term is replaced by its chords
between break points that stand closer together near the average. The term steers the iterates only; no bound is ever
computed with it.

Equations
---------
``x_j - sum_k u_jk + sum_k d_jk = average_j`` with ``0 <= u_jk, d_jk <= b_{k+1} - b_k`` and cost
``rho_j (b_k + b_{k+1}) / 2`` per unit, the slope of ``rho_j / 2 (x - average)^2`` between ``b_k`` and ``b_{k+1}``.
Break points ``b = width_j (0, 1, 3, 9, ...)`` reach far enough out that no scenario runs away when the others agree;
``width_j`` follows the spread of the scenarios, so that the term's kink at the average fades as they agree.
"""

from __future__ import annotations

import numpy as np

from mes_stoch.model.program import FloatArray, IndexArray
from mes_stoch.solvers.highs.model import HighsModel

_SEGMENTS = 8
_RATIO = 3.0
_WIDTH_OF_SPREAD = 0.25
_SHRINK = 0.5
_SMALLEST_WIDTH = 1e-7
_BREAK_POINTS = np.concatenate([[0.0], _RATIO ** np.arange(_SEGMENTS)])
_SLOPES = (_BREAK_POINTS[:-1] + _BREAK_POINTS[1:]) / 2
_LENGTHS = np.diff(_BREAK_POINTS)
_LENGTHS[-1] = np.inf


class ProximalTerm:
    """Rows and columns of the term for some columns of a model; without effect until :meth:`update`.

    Parameters
    ----------
    model : HighsModel
    columns : int array
        Columns pulled towards the average, ascending.
    """

    def __init__(self, model: HighsModel, columns: IndexArray) -> None:
        count = len(columns)
        self._model = model
        self._width: FloatArray | None = None
        added = 2 * _SEGMENTS * count
        self._segments = model.add_columns(np.zeros(added), np.zeros(added), np.full(added, np.inf))
        own = self._segments.reshape(count, 2 * _SEGMENTS)
        indices = np.concatenate([np.asarray(columns, dtype=np.int32)[:, None], own], axis=1)
        values = np.concatenate([np.ones((count, 1)), np.full(own[:, :_SEGMENTS].shape, -1.0)], axis=1)
        values = np.concatenate([values, np.ones((count, _SEGMENTS))], axis=1)
        starts = np.arange(count, dtype=np.int32) * (2 * _SEGMENTS + 1)
        nothing = np.zeros(count)
        self._rows = model.add_rows(nothing, nothing, starts, indices.ravel(), values.ravel())

    def update(self, rho: FloatArray, average: FloatArray, spread: FloatArray) -> None:
        """Centre the term.

        Parameters
        ----------
        rho : array
            Penalty, cost per squared unit.
        average, spread : array
            Mean and standard deviation of the columns over the scenarios.
        """
        smallest = _SMALLEST_WIDTH * np.maximum(1.0, np.abs(average))
        width = _WIDTH_OF_SPREAD * spread
        if self._width is not None:
            # All agree on a point that need not be the best: let the kink fade, or nothing would move any more.
            width = np.maximum(width, _SHRINK * self._width)
        else:
            width = np.where(width > 0, width, 1e-2 * np.maximum(1.0, np.abs(average)))
        width = np.maximum(width, smallest)
        self._width = width
        slopes = (rho * width)[:, None] * _SLOPES
        lengths = width[:, None] * _LENGTHS
        costs = np.concatenate([slopes, slopes], axis=1).ravel()
        upper = np.concatenate([lengths, lengths], axis=1).ravel()
        self._model.change_costs(self._segments, costs)
        self._model.change_column_bounds(self._segments, np.zeros_like(upper), upper)
        self._model.change_row_bounds(self._rows, average, average)
