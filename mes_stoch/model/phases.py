"""Where the time of a run goes: phases are marked where they happen, and timed by whoever installs a clock.

The steps that every method takes (build, compile and stamp a program, hand it over, solve it, prove bounds, report) are
marked by the decorator :func:`phase`. A mark costs one look-up, changes no result, and tells nobody anything until
:func:`timed_by` installs a :class:`Clock`. A clock belongs to the thread that installs it; every MPI rank that is to be
timed installs one of its own.

>>> class Prints:
...     @contextmanager
...     def phase(self, name):
...         print("begin", name)
...         yield
...         print("end", name)
>>> @phase("solve")
... def double(number):
...     return 2 * number
>>> double(1)
2
>>> with timed_by(Prints()):
...     double(2)
begin solve
end solve
4
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Literal, ParamSpec, Protocol, TypeVar

Phase = Literal["build", "compile", "stamp", "hand_over", "solve", "bounds", "report"]

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")


class Clock(Protocol):
    """What is told of phases; they may lie inside each other."""

    def phase(self, name: Phase) -> AbstractContextManager[None]:
        """Entered when a phase begins and left when it ends, by an error as well."""


_installed: ContextVar[Clock | None] = ContextVar("mes_stoch phase clock", default=None)


@contextmanager
def timed_by(clock: Clock) -> Iterator[None]:
    """Tell ``clock`` of every phase that this thread runs through inside the block."""
    before = _installed.set(clock)
    try:
        yield
    finally:
        _installed.reset(before)


def phase(name: Phase) -> Callable[[Callable[_Parameters, _Result]], Callable[_Parameters, _Result]]:
    """Mark a function or method as a phase."""

    def mark(function: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
        @functools.wraps(function)
        def marked(*arguments: _Parameters.args, **keywords: _Parameters.kwargs) -> _Result:
            clock = _installed.get()
            if clock is None:
                return function(*arguments, **keywords)
            with clock.phase(name):
                return function(*arguments, **keywords)

        return marked

    return mark
