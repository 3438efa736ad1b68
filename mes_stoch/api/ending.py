"""What ends an evaluation of several solves early: its time limit, and a signal that somebody listens to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mes_stoch.schema.errors import InterruptedRunError, TimeLimitError
from mes_stoch.solvers.certificate.bounds import NotInTimeError
from mes_stoch.solvers.interruption.signals import listening
from mes_stoch.solvers.interruption.stop import Stop


@contextmanager
def ended(name: str, time_limit_s: float | None) -> Iterator[Stop]:
    """What the work within is to poll.

    Parameters
    ----------
    name : str
        What is evaluated, for messages.
    time_limit_s : float, optional
        For all of it, from now on.

    Raises
    ------
    TimeLimitError
        The time was too short for any answer.
    InterruptedRunError
        A signal came: HiGHS drops an exception that is raised in its callbacks, and what was cut short is no result.
    """
    stop = Stop.within(time_limit_s, listening())
    try:
        yield stop
    except NotInTimeError as error:
        _require_no_interruption(name, stop)
        raise TimeLimitError(f"{error}; give it a longer time limit, or fewer scenarios") from None
    _require_no_interruption(name, stop)


def _require_no_interruption(name: str, stop: Stop) -> None:
    if stop.is_interrupted:
        raise InterruptedRunError(f"{name}: interrupted before everything was evaluated")
