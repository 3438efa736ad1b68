"""The ranks that share the scenarios of one computation, or the one process that has them all.

Nothing is communicated here that mpi4py's collectives do not do; the class only spares every caller the question
whether there is a communicator at all.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from mes_stoch.model.program import FloatArray

T = TypeVar("T")


class ScenarioCommunicator:
    """Collectives that also work alone.

    Parameters
    ----------
    communicator : mpi4py communicator or None
        ``None``: this process does everything.
    """

    def __init__(self, communicator: Any | None = None) -> None:
        self.mpi = communicator
        self.rank = 0 if communicator is None else int(communicator.Get_rank())
        self.size = 1 if communicator is None else int(communicator.Get_size())

    @property
    def is_rank_zero(self) -> bool:
        """Whether this is the rank that decides and speaks."""
        return self.rank == 0

    def local_indices(self, count: int) -> range:
        """This rank's part of ``range(count)``: consecutive, as even as can be."""
        return range(count * self.rank // self.size, count * (self.rank + 1) // self.size)

    def sum(self, values: FloatArray) -> FloatArray:
        """Elementwise sum over the ranks."""
        return values if self.mpi is None else np.asarray(self.mpi.allreduce(values))

    def total(self, value: float) -> float:
        """Sum of one number over the ranks."""
        return value if self.mpi is None else float(self.mpi.allreduce(value))

    def largest(self, value: float) -> float:
        """Largest of one number over the ranks."""
        return value if self.mpi is None else max(self.mpi.allgather(value))

    def all(self, condition: bool) -> bool:
        """Whether it holds on every rank."""
        return condition if self.mpi is None else all(self.mpi.allgather(condition))

    def any(self, condition: bool) -> bool:
        """Whether it holds on some rank."""
        return condition if self.mpi is None else any(self.mpi.allgather(condition))

    def everyones(self, value: T) -> list[T]:
        """Everyone's value, in order of ranks, on every rank."""
        return [value] if self.mpi is None else list(self.mpi.allgather(value))

    def broadcast(self, value: T) -> T:
        """What the leading rank says."""
        if self.mpi is None:
            return value
        answer: T = self.mpi.bcast(value)
        return answer

    def gathered(self, value: T) -> list[T]:
        """Everyone's value, in order of ranks; on the leading rank only, elsewhere nothing."""
        if self.mpi is None:
            return [value]
        found: list[T] | None = self.mpi.gather(value)
        return found or []

    def gathered_rows(self, own: FloatArray) -> FloatArray | None:
        """Everyone's rows below each other, in order of ranks; on the leading rank only.

        Numbers go from array to array, without a copy in between.

        Parameters
        ----------
        own : array, shape (any number of rows, columns)
            Of as many columns on every rank.
        """
        if self.mpi is None:
            return own
        counts = self.mpi.gather(own.size)
        if counts is None:
            self.mpi.Gatherv(np.ascontiguousarray(own), None)
            return None
        found = np.empty((sum(counts) // own.shape[1], own.shape[1]))
        self.mpi.Gatherv(np.ascontiguousarray(own), [found, counts])
        return found
