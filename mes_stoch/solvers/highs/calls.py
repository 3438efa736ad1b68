"""The calls of highspy that :mod:`mes_stoch.solvers.highs.model` is made of: statuses, options, threads, arrays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import highspy
import numpy as np

from mes_stoch.model.program import FloatArray, IndexArray
from mes_stoch.schema.errors import SolveError
from mes_stoch.solvers.highs import statistics
from mes_stoch.solvers.highs.solution import SolutionStatus

OptionValue = str | bool | int | float

#: HiGHS numbers rows, columns and coefficients with 32 bits.
LARGEST_INDEX = 2**31 - 1

INFEASIBLE_OR_UNBOUNDED = highspy.HighsModelStatus.kUnboundedOrInfeasible
STATUS: dict[Any, SolutionStatus] = {
    highspy.HighsModelStatus.kOptimal: "optimal",
    highspy.HighsModelStatus.kModelEmpty: "optimal",
    highspy.HighsModelStatus.kInfeasible: "infeasible",
    highspy.HighsModelStatus.kUnbounded: "unbounded",
    highspy.HighsModelStatus.kTimeLimit: "time_limit",
    highspy.HighsModelStatus.kIterationLimit: "time_limit",
    highspy.HighsModelStatus.kInterrupt: "time_limit",
}

_KIND_WORDS = {
    highspy.HighsOptionType.kBool: "True or False",
    highspy.HighsOptionType.kInt: "a whole number within its limits",
    highspy.HighsOptionType.kDouble: "a number within its limits",
    highspy.HighsOptionType.kString: "one of its words",
}


class SilentHighs(highspy.Highs):  # type: ignore[misc]
    """HiGHS without a word: from 1.16 on its constructor prints a banner before any option can be set."""

    def enableCallbacks(self) -> None:  # noqa: N802 - the constructor's first call of its own
        """Switch the output off, then what the constructor wants."""
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()


def deciding(basis: Any) -> tuple[IndexArray, IndexArray]:
    """Basic columns of a basis, and rows without a basic slack: the square part of a program that decides."""
    is_basic = highspy.HighsBasisStatus.kBasic
    columns = np.flatnonzero([status == is_basic for status in basis.col_status])
    rows = np.flatnonzero([status != is_basic for status in basis.row_status])
    return columns.astype(np.int32), rows.astype(np.int32)


def check(status: Any, action: str, *, warning_is_fine: bool = False) -> None:
    """Raise :class:`SolveError` where a call did not end well."""
    if status == highspy.HighsStatus.kOk or (warning_is_fine and status == highspy.HighsStatus.kWarning):
        return
    raise SolveError(f"HiGHS failed while {action} ({status})")


def set_option(model: Any, name: str, value: OptionValue) -> None:
    """Set an option by its own name.

    Raises
    ------
    SolveError
        There is no such option, or the value is of the wrong kind or beyond its limits.
    """
    known, kind = model.getOptionType(name)
    if known != highspy.HighsStatus.kOk:
        raise SolveError(f"HiGHS has no option {name!r}")
    plain = value.item() if isinstance(value, np.generic) else value
    try:
        if kind == highspy.HighsOptionType.kDouble and not isinstance(plain, bool | str):
            plain = float(plain)
        # HiGHS takes "not a number" for a number
        taken = plain == plain and model.setOptionValue(name, plain) == highspy.HighsStatus.kOk
    except (TypeError, ValueError, RuntimeError):  # the binding's answer to 64-bit numbers and other kinds of object
        taken = False
    if not taken:
        raise SolveError(f"HiGHS refuses {value!r} for option {name!r}: it must be {_KIND_WORDS[kind]}")


@contextmanager
def changed_option(model: Any, name: str, value: OptionValue) -> Iterator[None]:
    """Another value for a while."""
    status, before = model.getOptionValue(name)
    check(status, f"reading the option {name}")
    set_option(model, name, value)
    try:
        yield
    finally:
        set_option(model, name, before)


@contextmanager
def own_scheduler() -> Iterator[None]:
    """HiGHS' task scheduler, one a thread of the process, for the time of a run.

    It keeps the number of threads of whoever ran HiGHS first, and refuses any other; so it is torn down before a run
    for whoever was before, and after it for whoever comes. With one thread that costs nothing to speak of.
    """
    highspy.Highs.resetGlobalScheduler(True)
    try:
        yield
    finally:
        highspy.Highs.resetGlobalScheduler(True)


def counted(*arrays: Any, changes: int = 1) -> tuple[Any, ...]:
    """The arrays of a change in place, once they are counted."""
    statistics.record(changes=changes, bytes_handed_over=bytes_of(*arrays))
    return arrays


def bytes_of(*arrays: Any) -> int:
    """Size of the arrays, bytes."""
    return sum(array.nbytes for array in arrays)


def as_float(values: FloatArray) -> FloatArray:
    """As HiGHS reads numbers."""
    return np.ascontiguousarray(values, dtype=np.float64)


def as_index(values: IndexArray) -> IndexArray:
    """As HiGHS reads indices."""
    return np.ascontiguousarray(values, dtype=np.int32)
