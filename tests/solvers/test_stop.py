"""Deadlines: what is left for closing, and when even that is over."""

from __future__ import annotations

import time

from mes_stoch.cli.solve_clock import SolveClock
from mes_stoch.solvers.interruption.stop import Request, Stop


def test_closing_has_its_grace_however_late_it_is() -> None:
    now = time.perf_counter()
    late = Stop(now - 5.0)
    assert late()
    assert 0.0 < late.closing(1.0).seconds_left() <= 1.0
    assert 1.0 < Stop(now + 60.0).closing(1.0).seconds_left() <= 60.0


def test_closing_is_over_at_the_end() -> None:
    now = time.perf_counter()
    stop = Stop(now - 5.0, end=now + 10.0)
    assert stop.closing(30.0).deadline == stop.end
    assert stop.earlier(now - 6.0).closing(30.0).deadline == stop.end
    assert Stop(now - 5.0, end=now - 1.0).closing(30.0)()


def test_closing_hears_requests() -> None:
    request = Request()
    closing = Stop(time.perf_counter(), request).closing(30.0)
    assert not closing()
    request.make("SIGTERM")
    assert closing()


def test_a_command_closes_before_the_tolerance_of_its_limit_is_used_up() -> None:
    """A tenth and two seconds may be missed: 13 s at 10 s, of which writing and leaving take the last."""
    begun = time.perf_counter()
    stop = SolveClock(begun, 10.0, draws=True, request=Request()).stop
    assert begun + 9.0 - 2.0 <= stop.deadline <= begun + 9.0
    assert stop.deadline <= stop.end <= begun + 13.0 - 0.8
